//! What the ScriptSupervisor shows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use posterizarr_base::said::Params;
use serde::Serialize;
use utoipa::ToSchema;

use super::queue::{Hold, JobSummary};
use crate::runs::{Ending, Mode, RunId, RunRecord, Trigger};

/// How many waiting jobs the view shows.
pub const WAITING_SHOWN: usize = 100;

/// What is known of runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunView {
    /// The run that holds the slot.
    pub current: Option<CurrentRun>,
    /// A run of a trigger that works beside it.
    pub beside: Option<CurrentRun>,
    /// A run of the script that this daemon did not start.
    pub foreign: Option<ForeignRun>,
    /// The first [`WAITING_SHOWN`] jobs that wait, in the order in which they start when they are due.
    pub first_waiting: Arc<Vec<JobSummary>>,
    /// How many jobs wait in all.
    pub waiting_count: usize,
    /// When the oldest of all that wait was submitted.
    pub oldest_waiting: Option<DateTime<Utc>>,
    /// How many jobs failed for good and can be retried by hand.
    pub parked: usize,
    /// That the queue is held, if it is: what waits does not start.
    pub held: Option<Hold>,
    /// The run that ended last.
    pub last: Option<Arc<RunRecord>>,
    /// What would do the work.
    pub runner: Arc<RunnerState>,
    /// Whether the daemon stops: no run starts any more.
    pub stopping: bool,
}

impl RunView {
    /// Who holds the slot: the daemon's own run, or else a foreign one.
    pub fn holder(&self) -> Option<Holder> {
        let own = self.current.as_ref().map(CurrentRun::holder);
        own.or_else(|| self.foreign.as_ref().map(ForeignRun::holder))
    }
}

/// The run that holds the slot.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CurrentRun {
    /// The run's number.
    pub id: RunId,
    /// What it does.
    pub mode: Mode,
    /// What asked for it.
    pub trigger: Trigger,
    /// What it is about, such as `Heat (1995)`; null where that is nothing in particular.
    pub title: Option<String>,
    /// Whether the built-in engine does it.
    pub native: bool,
    /// Whether it only tells what it would do.
    pub dry_run: bool,
    /// The process id of the script; absent for the moment until it is known.
    pub pid: Option<u32>,
    /// When it started.
    pub started: DateTime<Utc>,
    /// The job it came from, where there was one.
    pub job: Option<String>,
    /// The memory of the process tree, in bytes, as of the last second.
    pub memory_bytes: u64,
    /// The processor use of the process tree in percent of one core, as of the last second.
    pub cpu_percent: f32,
    /// Whether this daemon found it running when it started.
    pub adopted: bool,
    /// Set once it was told to end.
    pub ending: Option<Ending>,
}

impl CurrentRun {
    /// The run as the holder of the slot.
    pub fn holder(&self) -> Holder {
        Holder { run: Some(self.id), mode: self.mode, trigger: self.trigger, pid: self.pid, started: self.started }
    }
}

/// A run of the script that this daemon did not start, found among the processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForeignRun {
    /// Its process id.
    pub pid: u32,
    /// What it does, as far as its command line tells.
    pub mode: Mode,
    /// When it was first seen, or when its running file was made.
    pub started: DateTime<Utc>,
}

impl ForeignRun {
    /// The run as the holder of the slot.
    pub fn holder(&self) -> Holder {
        Holder { run: None, mode: self.mode, trigger: Trigger::Foreign, pid: Some(self.pid), started: self.started }
    }
}

/// Who holds the slot, as told to those who find it busy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holder {
    /// The run's number; absent for a foreign run.
    pub run: Option<RunId>,
    /// What it does.
    pub mode: Mode,
    /// What asked for it.
    pub trigger: Trigger,
    /// Its process id.
    pub pid: Option<u32>,
    /// When it started.
    pub started: DateTime<Utc>,
}

/// What would do the work of the next run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunnerState {
    /// What kind of runner it is.
    pub kind: RunnerKind,
    /// Whether it could start a run now.
    pub available: bool,
    /// Why it could not; of the engine, why it stands in for the script.
    pub reason: Option<String>,
    /// Who does the runs, and why, in a sentence for people.
    pub why: String,
    /// Names `why`, for those who say it in another language.
    pub why_code: &'static str,
    /// The values in it.
    #[schema(value_type = BTreeMap<String, String>)]
    pub why_params: Params,
    /// The program with its leading arguments.
    pub command: Vec<String>,
    /// The modes it can do; null for all.
    pub modes: Option<Vec<Mode>>,
}

/// A kind of runner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunnerKind {
    /// `Posterizarr.ps1` in its interpreter.
    #[default]
    Script,
    /// Another program, which the user configured.
    Command,
    /// The engine that is part of the daemon.
    Native,
}
