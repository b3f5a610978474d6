//! What the ScriptSupervisor is asked, and what it answers.

use actix::Message;

use super::arguments::RunRequest;
use super::fault::{JobError, StartError};
use super::queue::{Hold, Job, JobSummary, NewJob};
use super::view::Holder;
use crate::runs::{RunId, RunRecord, Trigger};
use crate::store::StoreError;

/// Starts a run now, or tells why not. Answered when the script's process exists.
#[derive(Debug, Message)]
#[rtype(result = "Result<Started, StartError>")]
pub struct StartRun {
    /// What to do.
    pub request: RunRequest,
    /// What asks for it.
    pub trigger: Trigger,
    /// A file that is removed when the run has ended, or could not start: a picture sent for this run.
    pub remove_after: Option<std::path::PathBuf>,
}

/// A run that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// The run's number.
    pub run: RunId,
    /// The process id of the script.
    pub pid: u32,
}

/// Whether a run could start now: what [`StartRun`] checks before it looks at the request.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), StartError>")]
pub struct CheckStart;

/// Ends the current run: with time to end, or at once. Answered when its whole process tree is gone, or after the grace and
/// one second.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "StopReply")]
pub struct StopRun {
    /// Whether it is killed at once.
    pub kill: bool,
}

/// What came of [`StopRun`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReply {
    /// No run of this daemon.
    NothingRuns {
        /// The foreign run that was left alone, if there is one.
        foreign: Option<Holder>,
    },
    /// The run ended.
    Ended {
        run: RunId,
        /// What had asked for it.
        trigger: Trigger,
        /// Whether it had to be killed because it did not end in time.
        forced: bool,
    },
    /// Something of its process tree does not even die when it is killed: it hangs inside the system.
    Stuck { run: RunId },
}

/// Removes the running file, whoever made it. Tells whether it was there.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "std::io::Result<bool>")]
pub struct DeleteRunningFile;

/// Puts a job into the queue; it is on disk when this is answered.
#[derive(Debug, Message)]
#[rtype(result = "Result<Submitted, StoreError>")]
pub struct SubmitJob(pub NewJob);

/// Puts jobs into the queue as one change; all of them are on disk when this is answered, in their order, or none is. For
/// what may be thousands of jobs: in parts, so that others have their turn in between.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Submitted>, StoreError>")]
pub struct SubmitJobs {
    pub jobs: Vec<NewJob>,
    /// Whether a job with the same id that waits takes over what is asked for now, and one that has ended begins anew.
    pub renews: bool,
}

/// What became of a submitted job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// It is in the queue, or already runs.
    Queued {
        /// The job's id.
        id: String,
    },
    /// A job with the same id is known: nothing was changed.
    Known {
        /// The job's id.
        id: String,
    },
    /// The job with the same id runs just now, with what was asked for before. Only told to those who would renew it.
    Running {
        /// The job's id.
        id: String,
    },
    /// A waiting job with the same key does this work, with the values that came last.
    Duplicate {
        /// That job's id.
        of: String,
    },
}

impl Submitted {
    /// The job that does the work.
    pub fn job(&self) -> &str {
        match self {
            Self::Queued { id } | Self::Known { id } | Self::Running { id } | Self::Duplicate { of: id } => id,
        }
    }
}

/// Takes a job out of the queue. The job that runs cannot be removed; stop its run.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), JobError>")]
pub struct RemoveJob {
    /// The job's id.
    pub id: String,
}

/// Takes all failed jobs out of the queue, as one change. Gives their ids.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Vec<String>, JobError>")]
pub struct RemoveFailedJobs;

/// Lets a waiting or failed job start as soon as the slot is free.
#[derive(Debug, Message)]
#[rtype(result = "Result<JobSummary, JobError>")]
pub struct RetryJob {
    /// The job's id.
    pub id: String,
}

/// Puts a job before all others that wait; otherwise as [`RetryJob`].
#[derive(Debug, Message)]
#[rtype(result = "Result<JobSummary, JobError>")]
pub struct PutJobFirst {
    /// The job's id.
    pub id: String,
}

/// Holds the queue: nothing that waits in it starts until [`ReleaseQueue`], also after a restart; only what somebody asked
/// for by hand does. Answered when that is on disk, with the hold that holds, which may be an earlier one.
#[derive(Debug, Message)]
#[rtype(result = "Result<Hold, StoreError>")]
pub struct HoldQueue {
    /// Who asks for it, if they have a name.
    pub by: Option<String>,
}

/// Lets a held queue go on. Tells whether it was held.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<bool, StoreError>")]
pub struct ReleaseQueue;

/// All jobs that are known: those that wait in their order, then the running one, those that failed, and the last that were
/// done, each newest first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<Job>")]
pub struct ListJobs;

/// Runs, newest first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Vec<RunRecord>, StoreError>")]
pub struct ListRuns {
    /// How many at most.
    pub limit: usize,
    /// Only runs with a lower number.
    pub before: Option<RunId>,
}

/// One run.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Option<RunRecord>, StoreError>")]
pub struct GetRun {
    pub id: RunId,
}

/// Ends the current run because the daemon stops; no run starts any more. Answered when its process tree is gone, or after
/// the grace and two seconds. A job whose run this cut short waits again.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Shutdown;
