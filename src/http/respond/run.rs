//! A run as the API shows it.

use chrono::{DateTime, Utc};
use posterizarr_base::said::Clause;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actors::runs::{Ending, Exit, Mode, Outcome, RunId, RunRecord, Trigger};

/// A run, from its start on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunRecord)]
pub struct RunAnswer {
    /// The run's number.
    id: RunId,
    /// What it does.
    mode: Mode,
    /// What asked for it.
    trigger: Trigger,
    /// What it is about, such as `Heat (1995)` or `Dark, S01E02`; null where that is nothing in particular.
    title: Option<String>,
    /// Whether the built-in engine does it.
    native: bool,
    /// Whether it only tells what it would do.
    dry_run: bool,
    /// The job in the queue it came from, where there was one.
    job: Option<String>,
    /// The script's arguments, secrets masked.
    arguments: Vec<String>,
    /// The process id of the script.
    pid: Option<u32>,
    /// When it started.
    started: DateTime<Utc>,
    /// What was done to end it, if it did not end by itself.
    ending: Option<Ending>,
    /// When it ended; null while it runs.
    ended: Option<DateTime<Utc>>,
    /// How it ended; null while it runs.
    outcome: Option<Outcome>,
    /// Why, where the outcome alone does not tell: the last error lines, or what the system said.
    reason: Option<String>,
    /// The same sentence by sentence, for those who say it in another language; empty where nobody noted it so.
    because: Vec<Clause>,
    /// The exit code, if it exited.
    exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    signal: Option<i32>,
    /// The highest memory use of the process tree, in bytes.
    peak_memory_bytes: u64,
    /// Processor time of the process tree, in seconds.
    cpu_seconds: f64,
    /// The log file in `Logs/` it wrote to.
    log: String,
    /// Whether this daemon found it running when it started.
    adopted: bool,
}

impl From<RunRecord> for RunAnswer {
    fn from(record: RunRecord) -> Self {
        let title = record.title();
        let (ending, end) = (record.ending(), record.end().cloned());
        let (exit_code, signal) = match end.as_ref().and_then(|end| end.exit) {
            Some(Exit::Code(code)) => (Some(code), None),
            Some(Exit::Signal(signal)) => (None, Some(signal)),
            None => (None, None),
        };
        Self {
            id: record.id,
            mode: record.mode,
            trigger: record.trigger,
            title,
            native: record.native,
            dry_run: record.dry_run,
            job: record.job,
            arguments: record.arguments,
            pid: record.pid,
            started: record.started,
            ending,
            ended: end.as_ref().map(|end| end.at),
            outcome: end.as_ref().map(|end| end.outcome),
            because: end.as_ref().map(|end| end.because.clone()).unwrap_or_default(),
            reason: end.and_then(|end| end.reason),
            exit_code,
            signal,
            peak_memory_bytes: record.peak_memory_bytes,
            cpu_seconds: record.cpu_seconds,
            log: record.log,
            adopted: record.adopted,
        }
    }
}
