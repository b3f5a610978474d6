//! A job: what is to be done, for whom, and where it stands.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::arguments::RunRequest;
use crate::runs::{Mode, Outcome, RunId, RunRecord, Trigger};
use crate::store::Record;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

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
    /// While a job with the same key waits, this one is not needed: the other takes over its request.
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

impl JobState {
    /// The names of all.
    pub const NAMES: [&str; 4] = ["waiting", "running", "done", "failed"];

    /// Its name, as clients see it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running { .. } => "running",
            Self::Done { .. } => "done",
            Self::Failed => "failed",
        }
    }
}

impl Record for Job {
    const TABLE: &'static str = "jobs";
    const VERSION: u8 = 1;
}

impl Job {
    /// The job as it begins.
    pub(super) fn new(new: NewJob, now: DateTime<Utc>) -> Self {
        Self {
            id: new.id,
            request: new.request,
            trigger: new.trigger,
            state: JobState::Waiting,
            priority: new.priority,
            created: now,
            not_before: new.not_before.unwrap_or(now),
            attempts: 0,
            max_attempts: new.max_attempts.max(1),
            dedupe: new.dedupe,
            last_error: None,
        }
    }

    /// The job after its run ended: done, waiting for another try (the first after `pause`, each later one after four times
    /// as long as the one before), or parked.
    pub(super) fn after(self, run: &RunRecord, now: DateTime<Utc>, pause: Duration) -> Self {
        let error = run.reason.clone().unwrap_or_else(|| format!("the run was {}", outcome_word(run.outcome)));
        match run.outcome.unwrap_or(Outcome::Unknown) {
            Outcome::Completed => Self { state: JobState::Done { run: run.id }, ..self },
            // Nobody wanted it ended: that try does not count.
            Outcome::Interrupted => {
                Self { state: JobState::Waiting, attempts: self.attempts.saturating_sub(1), ..self }
            }
            Outcome::Stopped | Outcome::Killed => Self { state: JobState::Failed, last_error: Some(error), ..self },
            Outcome::Failed | Outcome::Busy | Outcome::TimedOut | Outcome::Unknown => {
                self.after_failed_try(error, now, pause)
            }
        }
    }

    /// The job after a try that did not succeed.
    pub(super) fn after_failed_try(self, error: String, now: DateTime<Utc>, pause: Duration) -> Self {
        let last_error = Some(error);
        if self.attempts >= self.max_attempts {
            return Self { state: JobState::Failed, last_error, ..self };
        }
        let pause = pause.saturating_mul(4_u32.saturating_pow(self.attempts.saturating_sub(1))).min(LONGEST_PAUSE);
        Self { state: JobState::Waiting, not_before: now + pause, last_error, ..self }
    }
}

fn outcome_word(outcome: Option<Outcome>) -> &'static str {
    outcome.unwrap_or(Outcome::Unknown).name()
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
