//! The record of a run.

use chrono::{DateTime, Utc};
use posterizarr_base::run::{Ending, Mode, Outcome, RunId, Trigger};
use posterizarr_base::said::{Clause, Reason};
use serde::{Deserialize, Serialize};

use super::arguments::title_of;
use crate::store::Record;

/// A run, from its start on; kept for ever, bounded by number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run's number.
    pub id: RunId,
    /// What it does.
    pub mode: Mode,
    /// What asked for it.
    pub trigger: Trigger,
    /// Whether the built-in engine does it.
    pub native: bool,
    /// Whether it only tells what it would do.
    pub dry_run: bool,
    /// The job in the queue it came from, where there was one.
    pub job: Option<String>,
    /// The script's arguments, secrets masked.
    pub arguments: Vec<String>,
    /// The process id of the script; absent until it has started.
    pub pid: Option<u32>,
    /// When it started.
    pub started: DateTime<Utc>,
    /// The highest memory use of the process tree, in bytes.
    pub peak_memory_bytes: u64,
    /// Processor time of the process tree, in seconds.
    pub cpu_seconds: f64,
    /// The log file in `Logs/` it wrote to.
    pub log: String,
    /// Whether this daemon found it running when it started.
    pub adopted: bool,
    /// Whether it runs, or how it ended.
    pub state: RunState,
}

/// Whether a run is on its way or over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It runs.
    Running {
        /// What was done to end it, if something was.
        ending: Option<Ending>,
    },
    /// It is over.
    Ended(RunEnd),
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEnd {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not tell: the last error lines, or what the system said.
    pub reason: Option<String>,
    /// The same sentence by sentence; empty in records of versions that did not note it so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Clause>,
    /// How its process ended, where that was seen.
    pub exit: Option<Exit>,
    /// What was done to end it, if it did not end by itself.
    pub ending: Option<Ending>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl RunRecord {
    /// A run of the script that begins, without arguments.
    pub fn new(id: RunId, mode: Mode, trigger: Trigger, started: DateTime<Utc>) -> Self {
        Self {
            id,
            mode,
            trigger,
            native: false,
            dry_run: false,
            job: None,
            arguments: Vec::new(),
            pid: None,
            started,
            peak_memory_bytes: 0,
            cpu_seconds: 0.0,
            log: mode.log_file().to_owned(),
            adopted: false,
            state: RunState::Running { ending: None },
        }
    }

    /// The run once it is over, by itself and for no reason that would be worth telling.
    #[must_use]
    pub fn ended(self, at: DateTime<Utc>, outcome: Outcome) -> Self {
        let end = RunEnd { at, outcome, reason: None, because: Vec::new(), exit: None, ending: None };
        Self { state: RunState::Ended(end), ..self }
    }

    /// What it is about; none where that is nothing in particular.
    pub fn title(&self) -> Option<String> {
        title_of(&self.arguments)
    }

    /// Its end, once it is over.
    pub fn end(&self) -> Option<&RunEnd> {
        match &self.state {
            RunState::Running { .. } => None,
            RunState::Ended(end) => Some(end),
        }
    }

    /// Why it ended as it did, where that was told.
    pub fn reason(&self) -> Option<Reason> {
        let end = self.end()?;
        end.reason.clone().map(|text| Reason { text, because: end.because.clone() })
    }

    /// How it ended, once it is over.
    pub fn outcome(&self) -> Option<Outcome> {
        self.end().map(|end| end.outcome)
    }

    /// What was done to end it, if something was.
    pub fn ending(&self) -> Option<Ending> {
        match &self.state {
            RunState::Running { ending } | RunState::Ended(RunEnd { ending, .. }) => *ending,
        }
    }

    /// The result file that it leaves in `Logs/`. Of what it gives back the script leaves none.
    pub fn result_file(&self) -> Option<String> {
        self.mode.result_file().filter(|_| self.native || self.mode != Mode::Restore)
    }
}

impl Record for RunRecord {
    const TABLE: &'static str = "runs";
    const VERSION: u8 = 2;

    fn upgrade(_version: u8, json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json).map(First::into)
    }
}

/// The record of the first version, in which an end was seven fields that could contradict each other.
#[derive(Deserialize)]
struct First {
    id: RunId,
    mode: Mode,
    trigger: Trigger,
    #[serde(default)]
    native: bool,
    #[serde(default)]
    dry_run: bool,
    job: Option<String>,
    arguments: Vec<String>,
    pid: Option<u32>,
    started: DateTime<Utc>,
    ending: Option<Ending>,
    ended: Option<DateTime<Utc>>,
    outcome: Option<Outcome>,
    reason: Option<String>,
    exit_code: Option<i32>,
    signal: Option<i32>,
    peak_memory_bytes: u64,
    cpu_seconds: f64,
    log: String,
    adopted: bool,
}

impl From<First> for RunRecord {
    fn from(first: First) -> Self {
        let state = match first.ended {
            None => RunState::Running { ending: first.ending },
            Some(at) => RunState::Ended(RunEnd {
                at,
                outcome: first.outcome.unwrap_or(Outcome::Unknown),
                reason: first.reason,
                because: Vec::new(),
                exit: first.exit_code.map(Exit::Code).or(first.signal.map(Exit::Signal)),
                ending: first.ending,
            }),
        };
        Self {
            id: first.id,
            mode: first.mode,
            trigger: first.trigger,
            native: first.native,
            dry_run: first.dry_run,
            job: first.job,
            arguments: first.arguments,
            pid: first.pid,
            started: first.started,
            peak_memory_bytes: first.peak_memory_bytes,
            cpu_seconds: first.cpu_seconds,
            log: first.log,
            adopted: first.adopted,
            state,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn first(changes: &Value) -> RunRecord {
        let mut record = json!({
            "id": 7, "mode": "backup", "trigger": "schedule", "job": null, "arguments": ["-Backup"], "pid": 12,
            "started": "2026-11-27T03:00:00Z", "ending": null, "ended": null, "outcome": null, "reason": null, "exit_code": null,
            "signal": null, "peak_memory_bytes": 4096, "cpu_seconds": 1.5, "log": "Scriptlog.log", "adopted": true,
        });
        let changes = changes.as_object().unwrap().clone();
        record.as_object_mut().unwrap().extend(changes);
        RunRecord::upgrade(1, record.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn records_of_the_first_version_keep_their_ends() {
        let running = first(&json!({"ending": "shutdown"}));
        assert_eq!((running.id, running.pid, running.adopted), (RunId(7), Some(12), true));
        assert_eq!(running.state, RunState::Running { ending: Some(Ending::Shutdown) });

        let at = "2026-11-27T04:00:00Z";
        let failed = first(&json!({"ended": at, "outcome": "failed", "reason": "why", "exit_code": 3}));
        let end = failed.end().unwrap();
        assert_eq!((end.at.to_rfc3339(), end.outcome), ("2026-11-27T04:00:00+00:00".to_owned(), Outcome::Failed));
        assert_eq!((end.reason.as_deref(), end.exit), (Some("why"), Some(Exit::Code(3))));

        let killed = first(&json!({"ended": at, "outcome": "killed", "signal": 9, "ending": "kill"}));
        assert_eq!((killed.end().unwrap().exit, killed.ending()), (Some(Exit::Signal(9)), Some(Ending::Kill)));
        assert_eq!(first(&json!({"ended": at})).outcome(), Some(Outcome::Unknown), "an end without an outcome");
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let begun = RunRecord::new(RunId(1), Mode::Normal, Trigger::Api, Utc::now());
        for record in [begun.clone(), begun.ended(Utc::now(), Outcome::Completed)] {
            let json = serde_json::to_vec(&record).unwrap();
            assert_eq!(serde_json::from_slice::<RunRecord>(&json).unwrap(), record);
        }
    }
}
