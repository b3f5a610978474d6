//! A job: what is to be done, for whom, and where it stands.

use std::time::Duration;

use chrono::{DateTime, Utc};
use posterizarr_base::said::{Clause, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::arguments::RunRequest;
use super::super::reason::RunReason;
use crate::runs::{Mode, Outcome, RunId, RunRecord, Trigger};
use crate::store::Record;

/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// How long a job waits until the media server is asked again for an item that it did not have, as multiples of the first
/// pause: with 30 seconds that is 1, 2, 5, 10, and 30 minutes. Servers scan when they see fit.
const PAUSES_FOR_SERVER: [u32; 5] = [2, 4, 10, 20, 60];

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
    /// Given by whoever submits it; of a trigger it is the name of its file.
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
    /// It does not start before this, by the clock as it was when this was written.
    pub not_before: DateTime<Utc>,
    /// How long it was to wait then: it never waits longer, whatever the clock shows later.
    #[serde(with = "milliseconds")]
    pub delay: Duration,
    /// How often it was tried, the running try included.
    pub attempts: u32,
    /// How often it is tried at most.
    pub max_attempts: u32,
    /// How often the media server did not have its item yet; those tries do not count.
    #[serde(default)]
    pub absences: u32,
    /// While it waits, a job with the same key is not needed.
    pub dedupe: Option<String>,
    /// Why the last try did not succeed.
    pub last_error: Option<String>,
    /// The same sentence by sentence; empty in records of versions that did not note it so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Clause>,
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
    const VERSION: u8 = 2;

    /// Version 1 did not write the delay. It was at most what lies between the job's first instant and its not-before, and
    /// after a failed try at most the longest pause.
    fn upgrade(_: u8, json: &[u8]) -> Result<Self, serde_json::Error> {
        let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(json)?;
        fields.insert("delay".to_owned(), 0.into());
        let job: Self = serde_json::from_value(fields.into())?;
        let since_created = (job.not_before - job.created).to_std().unwrap_or_default();
        let delay = if job.attempts > 0 { since_created.min(MAX_PAUSE) } else { since_created };
        Ok(Self { delay, ..job })
    }
}

/// A duration as whole milliseconds.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

impl Job {
    /// The job as it begins.
    pub(super) fn new(new: NewJob, now: DateTime<Utc>) -> Self {
        let not_before = new.not_before.unwrap_or(now);
        Self {
            id: new.id,
            request: new.request,
            trigger: new.trigger,
            state: JobState::Waiting,
            priority: new.priority,
            created: now,
            not_before,
            // Rounded as it is written, so that a job is the same after it was read again.
            delay: whole_milliseconds((not_before - now).to_std().unwrap_or_default()),
            attempts: 0,
            max_attempts: new.max_attempts.max(1),
            absences: 0,
            dedupe: new.dedupe,
            last_error: None,
            because: Vec::new(),
        }
    }

    /// The job after its run ended: done, waiting for another try (the first after `pause`, each later one after four times
    /// as long as the one before), or parked.
    pub(super) fn after(self, run: &RunRecord, now: DateTime<Utc>, pause: Duration) -> Self {
        let outcome = run.outcome().unwrap_or(Outcome::Unknown);
        let error = run.reason().unwrap_or_else(|| RunReason::of_outcome(outcome));
        match outcome {
            Outcome::Completed => Self { state: JobState::Done { run: run.id }, ..self },
            // Nobody wanted it ended: that try does not count.
            Outcome::Interrupted => {
                Self { state: JobState::Waiting, attempts: self.attempts.saturating_sub(1), ..self }
            }
            Outcome::NotOnServer => self.after_absence(error, now, pause),
            Outcome::Stopped | Outcome::Killed => Self { state: JobState::Failed, ..self }.because(error),
            Outcome::Failed | Outcome::Busy | Outcome::TimedOut | Outcome::Unknown => {
                self.after_failed_try(error, now, pause)
            }
        }
    }

    /// The job after a try that found that the media server does not have the item yet.
    fn after_absence(self, mut error: Reason, now: DateTime<Utc>, pause: Duration) -> Self {
        let looked = self.absences + 1;
        let job = Self { attempts: self.attempts.saturating_sub(1), absences: looked, ..self };
        match usize::try_from(self.absences).ok().and_then(|before| PAUSES_FOR_SERVER.get(before)) {
            Some(factor) => job.because(error).waiting(now, pause.saturating_mul(*factor)),
            None => {
                let looked_for = RunReason::LookedFor { times: looked };
                error.add("; ", &looked_for.english(), looked_for.said());
                Self { state: JobState::Failed, ..job }.because(error)
            }
        }
    }

    /// The job waiting for as long as this.
    fn waiting(self, now: DateTime<Utc>, pause: Duration) -> Self {
        Self { state: JobState::Waiting, not_before: now + pause, delay: whole_milliseconds(pause), ..self }
    }

    /// The job after a try that did not succeed.
    pub(super) fn after_failed_try(self, error: Reason, now: DateTime<Utc>, pause: Duration) -> Self {
        if self.attempts >= self.max_attempts {
            return Self { state: JobState::Failed, ..self }.because(error);
        }
        let pause = pause.saturating_mul(4_u32.saturating_pow(self.attempts.saturating_sub(1))).min(MAX_PAUSE);
        self.because(error).waiting(now, pause)
    }

    /// The job with the reason why its last try did not succeed.
    pub(super) fn because(self, Reason { text, because }: Reason) -> Self {
        Self { last_error: Some(text), because, ..self }
    }

    /// Whether it will not run any more by itself.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, JobState::Done { .. } | JobState::Failed)
    }
}

/// Rounded up: nothing starts too early for it.
fn whole_milliseconds(duration: Duration) -> Duration {
    let floor = Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    if floor < duration { floor + Duration::from_millis(1) } else { floor }
}

/// A job as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobSummary {
    /// Given by whoever submits it; of a trigger it is the name of its file.
    pub id: String,
    /// The mode its run is in.
    pub mode: Mode,
    /// What asked for it.
    pub trigger: Trigger,
    /// What its run is about, such as `Heat (1995)` or `Dark, S01E02`; null where that is nothing in particular.
    pub title: Option<String>,
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
    /// How often the media server did not have its item yet; those tries do not count.
    pub absences: u32,
    /// Why the last try did not succeed.
    pub last_error: Option<String>,
    /// The same sentence by sentence, for those who say it in another language; empty where nobody noted it so.
    pub because: Vec<Clause>,
}

impl From<&Job> for JobSummary {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id.clone(),
            mode: job.request.mode(),
            trigger: job.trigger,
            title: job.request.title(),
            state: job.state,
            priority: job.priority,
            created: job.created,
            not_before: job.not_before,
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            absences: job.absences,
            last_error: job.last_error.clone(),
            because: job.because.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_an_older_version_wrote_gets_the_delay_it_must_have_had() {
        let table = [
            ("2026-05-01T12:00:00Z", "2026-05-01T12:05:00Z", 0, 300),
            ("2040-05-01T12:00:00Z", "2040-05-01T12:00:05Z", 0, 5),
            ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z", 0, 0),
            ("2026-05-01T12:00:00Z", "2026-05-03T12:00:00Z", 2, 3600),
        ];
        for (created, not_before, attempts, expected) in table {
            let old = serde_json::json!({
                "id": "a", "request": {"kind": "normal"}, "trigger": "webhook", "state": {"state": "waiting"},
                "priority": 0, "created": created, "not_before": not_before, "attempts": attempts, "max_attempts": 3,
                "dedupe": null, "last_error": null,
            });
            let job = Job::upgrade(1, old.to_string().as_bytes()).unwrap();
            assert_eq!(job.delay, Duration::from_secs(expected), "{created} {not_before}");
            let again: Job = serde_json::from_slice(&serde_json::to_vec(&job).unwrap()).unwrap();
            assert_eq!(again, job);
        }
    }
}
