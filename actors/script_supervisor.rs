//! ScriptSupervisor: owner of the run slot and the queue.

mod arguments;
mod messages;
mod queue;
mod view;

use std::path::PathBuf;
use std::time::Duration;

pub use arguments::{InvalidRequest, ManualForm, PosterType, RunRequest};
pub use messages::{
    CheckStart, DeleteRunningFile, GetRun, JobError, ListJobs, ListRuns, RemoveJob, RetryJob, Shutdown, StartError,
    StartRun, Started, StopReply, StopRun, SubmitJob, Submitted,
};
pub use queue::{Job, JobState, JobSummary, NewJob};
pub use view::{CurrentRun, ForeignRun, Holder, RunView, RunnerKind, RunnerState};

use crate::commons::Commons;
use crate::guard::Service;

/// What the supervisor is told at its start.
#[derive(Debug, Clone)]
pub struct SupervisorSettings {
    /// The script.
    pub script: PathBuf,
    /// The program that is run, with its leading arguments; `{script}` stands for the script's path.
    pub command: Vec<String>,
    /// This program, which is started again as `run-shim <folder>`.
    pub executable: PathBuf,
    /// How long a run may take to end after a stop, before it is killed.
    pub stop_grace: Duration,
    /// How long a run may take; none means no limit.
    pub max_duration: Option<Duration>,
    /// How long a run may be silent; none means no limit.
    pub silence_limit: Option<Duration>,
    /// How many runs keep their folder.
    pub keep_runs: usize,
}

/// The actor.
pub struct ScriptSupervisor {
    _commons: Commons,
    _settings: SupervisorSettings,
}

impl ScriptSupervisor {
    /// Made from the store and what still runs.
    pub fn new(commons: Commons, settings: SupervisorSettings) -> Self {
        Self { _commons: commons, _settings: settings }
    }
}

impl Service for ScriptSupervisor {
    const NAME: &'static str = "ScriptSupervisor";
}
