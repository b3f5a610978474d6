//! The one queue of work: jobs that wait for the slot, kept in the store.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::arguments::RunRequest;
use crate::runs::{Mode, RunId, Trigger};
use crate::store::Record;

/// A job as it is submitted.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id; for a trigger file, the file's name. Submitting the same id twice does nothing.
    pub id: String,
    /// What to do.
    pub request: RunRequest,
    /// What asks for it.
    pub trigger: Trigger,
    /// Higher starts first.
    pub priority: i32,
    /// It does not start before this.
    pub not_before: Option<DateTime<Utc>>,
    /// How often it is tried before it is parked as failed.
    pub max_attempts: u32,
    /// While a job with the same key waits, this one is not needed.
    pub dedupe: Option<String>,
}

/// A job in the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What to do.
    pub request: RunRequest,
    /// What asked for it.
    pub trigger: Trigger,
    /// Where it stands.
    pub state: JobState,
    /// Higher starts first.
    pub priority: i32,
    /// When it was submitted.
    pub created: DateTime<Utc>,
    /// It does not start before this.
    pub not_before: DateTime<Utc>,
    /// How often it was tried, the running try included.
    pub attempts: u32,
    /// How often it is tried at most.
    pub max_attempts: u32,
    /// While it waits, a job with the same key is not needed.
    pub dedupe: Option<String>,
    /// Why the last try did not succeed.
    pub last_error: Option<String>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// It starts when it is due and the slot is free.
    Waiting,
    /// Its run holds the slot.
    Running {
        /// The run.
        run: RunId,
    },
    /// Its run completed.
    Done {
        /// The run.
        run: RunId,
    },
    /// It was tried as often as allowed, or was stopped by request. It can be retried by hand.
    Failed,
}

impl Record for Job {
    const TABLE: &'static str = "jobs";
    const VERSION: u8 = 1;
}

/// A job as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobSummary {
    /// Its id.
    pub id: String,
    /// The mode its run is in.
    pub mode: Mode,
    /// What asked for it.
    pub trigger: Trigger,
    /// Where it stands.
    #[serde(flatten)]
    pub state: JobState,
    /// Higher starts first.
    pub priority: i32,
    /// When it was submitted.
    pub created: DateTime<Utc>,
    /// It does not start before this.
    pub not_before: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// How often it is tried at most.
    pub max_attempts: u32,
    /// Why the last try did not succeed.
    pub last_error: Option<String>,
}

impl From<&Job> for JobSummary {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id.clone(),
            mode: job.request.mode(),
            trigger: job.trigger,
            state: job.state,
            priority: job.priority,
            created: job.created,
            not_before: job.not_before,
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            last_error: job.last_error.clone(),
        }
    }
}
