//! Why a run ended as it did, or did not start, and why a job waits again or failed: sentence by sentence.

use posterizarr_base::said::{Clause, Reason};
use posterizarr_base::sentences;

use crate::runs::Outcome;

sentences! {
    /// A sentence of such a reason.
    pub enum RunReason {
        // How it ended.
        NoProgram { cause: String } => "no_program", "install PowerShell 7 (pwsh), or set runner.command to a program that is there: {cause}";
        NotStarted { cause: String } => "not_started", "the run could not be started: {cause}";
        NotOnServer { text: String } => "not_on_server", "{text}";
        AnotherInstance => "another_instance", "Another Posterizarr instance already running";
        NoResult { file: String } => "no_result", "it ended without writing {file}";
        ExitCode { number: i32 } => "exit_code", "exit code {number}";
        Signal { number: i32 } => "signal", "ended by signal {number}";
        LastLines { lines: String } => "last_lines", "last lines: {lines}";
        Unseen => "unseen", "nobody saw its end: the machine, the container or the process that watched it ended first";
        NeverStarted => "never_started", "the daemon ended before the script was started";
        TooLong => "too_long", "it took longer than the longest duration allowed";
        Silent => "silent", "it neither printed nor logged anything for longer than allowed";
        Shutdown => "shutdown", "the daemon stopped";
        // What became of its job.
        Ended { outcome: &'static str } => "ended", "the run was {outcome}";
        LookedFor { times: u32 } => "looked_for", "it was looked for {times} times; see that the server scans the folder, and try again";
        // Why it did not start.
        Busy => "busy", "Script is already running";
        Stopping => "stopping", "the daemon is stopping; start the run again once it is back";
        ScriptMissing => "script_missing", "Posterizarr.ps1 not found";
        OnlyNative { mode: String } => "only_native", "only the built-in engine can do a {mode} run";
        NeedsVersion3 { mode: String } => "needs_version_3", "the script does a {mode} run from version 3 on";
        ResetNeedsPlex { server: &'static str } => "reset_needs_plex", "resetting posters works with Plex only, and {server} is enabled";
        LogosNeedPlex { server: &'static str } => "logos_need_plex", "logos can be set on Plex only, and {server} is enabled";
        Storage { cause: String } => "storage", "the run could not be started: {cause}; free some space in the data folder, or make it writable";
        Told { text: String } => "told", "{text}";
    }
}

impl RunReason {
    /// Of sentences in their order.
    pub fn reason(sentences: &[Self]) -> Reason {
        let mut reason = Reason::default();
        sentences.iter().for_each(|sentence| reason.add("; ", &sentence.english(), sentence.said()));
        reason
    }

    /// Why a job's run did not do its work, where the run itself has nothing to tell.
    pub fn of_outcome(outcome: Outcome) -> Reason {
        Self::reason(&[Self::Ended { outcome: outcome.name() }])
    }
}

/// Without the secrets that a script may have printed.
pub fn masked(Reason { text, because }: Reason) -> Reason {
    let mask = |text: String| posterizarr_base::redact::mask(&text).into_owned();
    let clause = |Clause { code, params }| {
        let params = params.into_iter().map(|(name, value): (String, String)| (name, mask(value))).collect();
        Clause { code, params }
    };
    Reason { text: mask(text), because: because.into_iter().map(clause).collect() }
}
