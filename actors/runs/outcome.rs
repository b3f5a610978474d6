//! How a run ended, judged from what is left of it.
//!
//! The exit code alone does not tell: the script exits with 0 also when another instance runs, its configuration is broken
//! or the media server is down. A run that was told to end has the outcome of what it was told; one that ended by itself
//! completed only if it exited with 0 and wrote its result file.

use posterizarr_base::run::ANOTHER_INSTANCE;

use super::collect::Change;
use super::log_text;
use super::reason::RunReason;
use super::run_folder::ScriptEnd;
use crate::runs::{Ending, Outcome};

/// The engine's exit code where the media server does not have the item yet that a trigger told of.
const NOT_ON_SERVER: i32 = 66;
/// How much of the end of each log is looked at.
const LOOKED_AT: u64 = 256 * 1024;
/// How many lines make the reason.
const REASON_LINES: usize = 3;
/// How long a line of the reason may be, in characters.
const REASON_WIDTH: usize = 300;

/// What is left of a run.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What the shim saw; none if nobody saw the end.
    pub end: Option<ScriptEnd>,
    /// Whether the engine did it.
    pub native: bool,
    /// Whether the script's process ever existed.
    pub started: bool,
    /// What was done to end it.
    pub ending: Option<Ending>,
    /// The result file that a complete run writes; none where none is expected.
    pub expected: Option<String>,
    /// Whether that file was written.
    pub result_written: bool,
    /// What its logs tell.
    pub traces: Traces,
}

/// What the logs of a run tell of its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Whether it left because of another instance.
    pub another_instance: bool,
    /// The last error lines; where there are none, the last lines it printed.
    pub last_lines: Vec<String>,
}

/// How a run ended, as judged from what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunVerdict {
    /// How the run ended.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not tell; else empty.
    pub reason: Vec<RunReason>,
}

/// Judges a run that is over.
pub fn judge(evidence: &Evidence) -> RunVerdict {
    let Some(end) = &evidence.end else { return judge_unseen(evidence) };
    let (how, asked) = match end {
        ScriptEnd::NotStarted { missing, cause } => {
            let cause = cause.clone();
            let reason = if *missing { RunReason::NoProgram { cause } } else { RunReason::NotStarted { cause } };
            return RunVerdict::because(Outcome::Failed, reason);
        }
        ScriptEnd::Exited { code, circumstances } => (RunReason::ExitCode { number: *code }, circumstances.asked),
        ScriptEnd::Signalled { signal, circumstances } => (RunReason::Signal { number: *signal }, circumstances.asked),
    };
    if asked {
        return RunVerdict::of_ending(evidence.ending.unwrap_or(Ending::Stop));
    }
    if evidence.native && matches!(end, ScriptEnd::Exited { code: NOT_ON_SERVER, .. }) {
        return RunVerdict::because(Outcome::NotOnServer, evidence.traces.not_on_server());
    }
    let succeeded = matches!(end, ScriptEnd::Exited { code: 0, .. });
    let traces = &evidence.traces;
    match &evidence.expected {
        Some(_) if succeeded && evidence.result_written => RunVerdict::plain(Outcome::Completed),
        _ if traces.another_instance => RunVerdict::because(Outcome::Busy, RunReason::AnotherInstance),
        None if succeeded => RunVerdict::plain(Outcome::Completed),
        Some(name) if succeeded => traces.failure(RunReason::NoResult { file: name.clone() }),
        _ => traces.failure(how),
    }
}

fn judge_unseen(evidence: &Evidence) -> RunVerdict {
    match evidence.ending {
        Some(ending) => RunVerdict::of_ending(ending),
        None if evidence.started => RunVerdict::because(Outcome::Unknown, RunReason::Unseen),
        None => RunVerdict::because(Outcome::Interrupted, RunReason::NeverStarted),
    }
}

impl RunVerdict {
    fn plain(outcome: Outcome) -> Self {
        Self { outcome, reason: Vec::new() }
    }

    fn because(outcome: Outcome, reason: RunReason) -> Self {
        Self { outcome, reason: vec![reason] }
    }

    fn of_ending(ending: Ending) -> Self {
        let reason = match ending {
            Ending::Stop | Ending::Kill => None,
            Ending::TimeLimit => Some(RunReason::TooLong),
            Ending::Silence => Some(RunReason::Silent),
            Ending::Shutdown => Some(RunReason::Shutdown),
        };
        Self { outcome: ending.outcome(), reason: reason.into_iter().collect() }
    }
}

impl Traces {
    /// Reads the ends of the logs that were written since the start, and of what was printed.
    pub fn read<'a>(logs: impl Iterator<Item = &'a Change>, output: &std::path::Path) -> Self {
        let texts: Vec<_> = logs.map(|log| log_text::tail(&log.path, log.offset, LOOKED_AT)).collect();
        let printed = log_text::tail(output, 0, LOOKED_AT);
        let another_instance = texts.iter().chain([&printed]).any(|text| text.contains(ANOTHER_INSTANCE));
        let logged = last(texts.iter().flat_map(|text| text.lines()).filter(|line| line.contains("[ERROR]")));
        let last_lines = if logged.is_empty() { last(printed.lines()) } else { logged };
        Self { another_instance, last_lines }
    }

    /// What the engine said last, without what its log puts before.
    fn not_on_server(&self) -> RunReason {
        let said = self.last_lines.last().map(|line| line.rsplit_once("| ").map_or(line.as_str(), |(_, text)| text));
        RunReason::NotOnServer { text: said.unwrap_or("the media server does not have it yet").to_owned() }
    }

    fn failure(&self, how: RunReason) -> RunVerdict {
        let last = Some(RunReason::LastLines { lines: self.last_lines.join(" / ") });
        let reason = [how].into_iter().chain(last.filter(|_| !self.last_lines.is_empty()));
        RunVerdict { outcome: Outcome::Failed, reason: reason.collect() }
    }
}

fn last<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let lines: Vec<_> = lines.map(readable).filter(|line| !line.is_empty()).collect();
    lines.into_iter().rev().take(REASON_LINES).rev().collect()
}

/// The line without colours and control characters, not too long.
fn readable(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            // A colour: ESC [ numbers letter.
            let _ = rest.by_ref().find(char::is_ascii_alphabetic);
        } else if !character.is_control() {
            text.push(character);
        }
    }
    text.trim().chars().take(REASON_WIDTH).collect()
}

#[cfg(test)]
mod tests {
    use super::super::run_folder::Circumstances;
    use super::*;

    fn exited(code: i32) -> Evidence {
        let end = ScriptEnd::Exited { code, circumstances: Circumstances::default() };
        Evidence { end: Some(end), started: true, expected: Some("Logs/normal.json".into()), ..Evidence::default() }
    }

    fn told(evidence: &Evidence) -> String {
        RunReason::reason(&judge(evidence).reason).text
    }

    fn asked(ending: Ending) -> Evidence {
        let circumstances = Circumstances { asked: true, ..Circumstances::default() };
        Evidence { end: Some(ScriptEnd::Signalled { signal: 15, circumstances }), ending: Some(ending), ..exited(0) }
    }

    #[test]
    fn the_outcome_follows_from_what_is_left() {
        let busy = Traces { another_instance: true, last_lines: vec!["x".into()] };
        let signalled = ScriptEnd::Signalled { signal: 9, circumstances: Circumstances::default() };
        let unseen = Evidence { end: None, started: true, ..Evidence::default() };
        let table = [
            ("exit 0 with its result", Evidence { result_written: true, ..exited(0) }, Outcome::Completed),
            ("exit 0 without its result", exited(0), Outcome::Failed),
            ("exit 0 where no result is expected", Evidence { expected: None, ..exited(0) }, Outcome::Completed),
            ("exit 1 with its result", Evidence { result_written: true, ..exited(1) }, Outcome::Failed),
            ("another instance", Evidence { traces: busy.clone(), ..exited(0) }, Outcome::Busy),
            (
                "another instance, no result expected",
                Evidence { traces: busy.clone(), expected: None, ..exited(0) },
                Outcome::Busy,
            ),
            (
                "a complete run that mentions another instance",
                Evidence { traces: busy, result_written: true, ..exited(0) },
                Outcome::Completed,
            ),
            ("the server does not have it", Evidence { native: true, ..exited(66) }, Outcome::NotOnServer),
            ("the same exit code of the script", exited(66), Outcome::Failed),
            ("a signal from elsewhere", Evidence { end: Some(signalled), ..exited(0) }, Outcome::Failed),
            ("stopped", asked(Ending::Stop), Outcome::Stopped),
            ("killed", asked(Ending::Kill), Outcome::Killed),
            ("too long", asked(Ending::TimeLimit), Outcome::TimedOut),
            ("too silent", asked(Ending::Silence), Outcome::TimedOut),
            ("the daemon stops", asked(Ending::Shutdown), Outcome::Interrupted),
            (
                "ended by itself just before the stop arrived",
                Evidence { ending: Some(Ending::Stop), result_written: true, ..exited(0) },
                Outcome::Completed,
            ),
            ("nobody saw it", unseen.clone(), Outcome::Unknown),
            (
                "nobody saw it end, but it was told to",
                Evidence { ending: Some(Ending::Kill), ..unseen },
                Outcome::Killed,
            ),
            ("never started", Evidence::default(), Outcome::Interrupted),
        ];
        for (case, evidence, outcome) in table {
            assert_eq!(judge(&evidence).outcome, outcome, "{case}");
        }
    }

    #[test]
    fn a_failure_tells_the_last_errors() {
        let folder = tempfile::tempdir().unwrap();
        let (log, output) = (folder.path().join("Scriptlog.log"), folder.path().join("output.log"));
        std::fs::write(&log, "[ERROR] old\n[t] [ERROR]   |L.1 | one\n[t] [INFO] fine\n[t] [ERROR]   |L.2 | two\n")
            .unwrap();
        std::fs::write(&output, "\u{1b}[31;1mred text\u{1b}[0m\n\n").unwrap();
        let change = Change { name: "Scriptlog.log".into(), path: log, offset: 12 };
        let traces = Traces::read([&change].into_iter(), &output);
        assert_eq!(
            told(&Evidence { traces, ..exited(0) }),
            "it ended without writing Logs/normal.json; last lines: [t] [ERROR]   |L.1 | one / [t] [ERROR]   |L.2 | two"
        );
        let traces = Traces::read([].into_iter(), &output);
        assert_eq!(told(&Evidence { traces, ..exited(3) }), "exit code 3; last lines: red text");
    }

    #[test]
    fn an_item_that_the_server_lacks_is_told_in_the_engines_words() {
        let traces = Traces {
            another_instance: false,
            last_lines: vec!["[t] [ERROR]   |L.7 | Dark (2017) is not on Plex".into()],
        };
        assert_eq!(told(&Evidence { traces, native: true, ..exited(66) }), "Dark (2017) is not on Plex");
    }

    #[test]
    fn a_run_without_its_program_says_what_to_do() {
        let reason = |missing| {
            let end = ScriptEnd::NotStarted { missing, cause: "the cause".into() };
            told(&Evidence { end: Some(end), ..Evidence::default() })
        };
        assert!(
            reason(true).contains("install PowerShell") && reason(true).ends_with(": the cause"),
            "{}",
            reason(true)
        );
        assert_eq!(reason(false), "the run could not be started: the cause");
    }
}
