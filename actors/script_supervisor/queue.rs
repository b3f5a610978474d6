//! The one queue of work: jobs that wait for the slot, kept in the store.
//!
//! A job is on disk before its submission is acknowledged, and is marked as running, with its run's number, before the run's
//! shim starts. So after a crash it is known of every job whether its run took place: it is started exactly once, unless
//! the run failed and is tried again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::arguments::RunRequest;
use super::messages::{JobError, Submitted};
use crate::runs::{Mode, Outcome, RunId, RunRecord, Trigger};
use crate::store::{Record, Store, StoreError, Table};

/// How many jobs that were done are remembered, so that one submitted again is known.
const DONE_REMEMBERED: usize = 500;
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

/// All jobs. What it tells is in memory; what it changes is on disk when the method returns.
#[derive(Debug)]
pub struct Queue {
    store: Store,
    jobs: BTreeMap<String, Job>,
    waiting: BTreeSet<Place>,
}

/// Where a waiting job stands: higher priority first, then older first.
type Place = (Reverse<i32>, DateTime<Utc>, String);

fn place(job: &Job) -> Place {
    (Reverse(job.priority), job.created, job.id.clone())
}

impl Queue {
    /// Reads all jobs. What cannot be read is left where it is and told in the log.
    pub fn load(store: Store) -> Self {
        let mut queue = Self { jobs: BTreeMap::new(), waiting: BTreeSet::new(), store };
        match queue.table() {
            Ok(table) => table.iter().for_each(|job| match job {
                Ok((_, job)) => queue.remember(job),
                Err(error) => tracing::error!(%error, "a job cannot be read and will not be started"),
            }),
            Err(error) => tracing::error!(%error, "the queue cannot be read and no job will be started"),
        }
        queue
    }

    fn table(&self) -> Result<Table<Job>, StoreError> {
        self.store.table()
    }

    /// Adds a job, unless it is known or a waiting one does its work already.
    pub fn submit(&mut self, new: NewJob, now: DateTime<Utc>) -> Result<Submitted, StoreError> {
        if self.jobs.contains_key(&new.id) {
            return Ok(Submitted::Known { id: new.id });
        }
        if let Some(of) = self.waiting().find(|job| new.dedupe.is_some() && job.dedupe == new.dedupe) {
            return Ok(Submitted::Duplicate { of: of.id.clone() });
        }
        let id = new.id.clone();
        self.write(Job {
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
        })?;
        Ok(Submitted::Queued { id })
    }

    /// The job that starts next, if one is due.
    pub fn next_due(&self, now: DateTime<Utc>) -> Option<&Job> {
        self.waiting().find(|job| job.not_before <= now)
    }

    /// Marks a job as running.
    pub fn begin(&mut self, id: &str, run: RunId) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id) else { return Ok(()) };
        let state = JobState::Running { run };
        self.write(Job { state, attempts: job.attempts + 1, last_error: None, ..job.clone() })
    }

    /// Takes note of how a job's run ended: it is done, waits for another try (the first after `pause`, each later one
    /// after four times as long as the one before), or is parked.
    pub fn settle(&mut self, run: &RunRecord, now: DateTime<Utc>, pause: Duration) -> Result<(), StoreError> {
        let job = run.job.as_ref().and_then(|id| self.jobs.get(id));
        let Some(job) = job.filter(|job| job.state == JobState::Running { run: run.id }).cloned() else {
            return Ok(());
        };
        let error = run.reason.clone().unwrap_or_else(|| format!("the run was {}", outcome_word(run.outcome)));
        let job = match run.outcome.unwrap_or(Outcome::Unknown) {
            Outcome::Completed => Job { state: JobState::Done { run: run.id }, ..job },
            // Nobody wanted it ended: that try does not count.
            Outcome::Interrupted => Job { state: JobState::Waiting, attempts: job.attempts.saturating_sub(1), ..job },
            Outcome::Stopped | Outcome::Killed => Job { state: JobState::Failed, last_error: Some(error), ..job },
            Outcome::Failed | Outcome::Busy | Outcome::TimedOut | Outcome::Unknown => retried(job, error, now, pause),
        };
        self.write(job)?;
        self.forget_old()
    }

    /// Takes note that a due job could not even be started.
    pub fn could_not_start(
        &mut self,
        id: &str,
        error: String,
        now: DateTime<Utc>,
        pause: Duration,
    ) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id).cloned() else { return Ok(()) };
        self.write(retried(Job { attempts: job.attempts + 1, ..job }, error, now, pause))
    }

    /// Lets a job whose run never took place wait again.
    pub fn release(&mut self, id: &str) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id) else { return Ok(()) };
        self.write(Job { state: JobState::Waiting, attempts: job.attempts.saturating_sub(1), ..job.clone() })
    }

    /// Lets a waiting or parked job start as soon as it can, with all its tries.
    pub fn retry(&mut self, id: &str, now: DateTime<Utc>) -> Result<JobSummary, JobError> {
        let job = self.jobs.get(id).ok_or(JobError::Missing)?;
        match job.state {
            JobState::Running { .. } => return Err(JobError::Running),
            JobState::Done { .. } => return Err(JobError::Done),
            JobState::Waiting | JobState::Failed => {}
        }
        let job = Job { state: JobState::Waiting, not_before: now, attempts: 0, ..job.clone() };
        let summary = JobSummary::from(&job);
        self.write(job)?;
        Ok(summary)
    }

    /// Takes a job out.
    pub fn remove(&mut self, id: &str) -> Result<(), JobError> {
        match self.jobs.get(id).map(|job| job.state) {
            None => Err(JobError::Missing),
            Some(JobState::Running { .. }) => Err(JobError::Running),
            Some(_) => Ok(self.erase(id)?),
        }
    }

    /// The waiting jobs in their order.
    pub fn waiting(&self) -> impl Iterator<Item = &Job> {
        self.waiting.iter().filter_map(|(_, _, id)| self.jobs.get(id))
    }

    /// How many jobs wait.
    pub fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// All jobs, newest first.
    pub fn all(&self) -> Vec<Job> {
        let mut jobs: Vec<_> = self.jobs.values().cloned().collect();
        jobs.sort_by_key(|job| Reverse(job.created));
        jobs
    }

    /// How many jobs are parked.
    pub fn parked(&self) -> usize {
        self.jobs.values().filter(|job| job.state == JobState::Failed).count()
    }

    /// The jobs that were running when the queue was loaded, each with its run.
    pub fn running(&self) -> Vec<(String, RunId)> {
        let running = self.jobs.values().filter_map(|job| match job.state {
            JobState::Running { run } => Some((job.id.clone(), run)),
            _ => None,
        });
        running.collect()
    }

    fn write(&mut self, job: Job) -> Result<(), StoreError> {
        self.table()?.put(job.id.as_bytes(), &job)?;
        self.remember(job);
        Ok(())
    }

    fn remember(&mut self, job: Job) {
        if job.state == JobState::Waiting {
            self.waiting.insert(place(&job));
        } else {
            self.waiting.remove(&place(&job));
        }
        self.jobs.insert(job.id.clone(), job);
    }

    fn erase(&mut self, id: &str) -> Result<(), StoreError> {
        self.table()?.remove(id.as_bytes())?;
        if let Some(job) = self.jobs.remove(id) {
            self.waiting.remove(&place(&job));
        }
        Ok(())
    }

    fn forget_old(&mut self) -> Result<(), StoreError> {
        let done = self.jobs.values().filter(|job| matches!(job.state, JobState::Done { .. }));
        let mut done: Vec<_> = done.map(|job| (job.created, job.id.clone())).collect();
        done.sort_unstable_by(|one, other| other.cmp(one));
        done.into_iter().skip(DONE_REMEMBERED).try_for_each(|(_, id)| self.erase(&id))
    }
}

/// The job after a try that did not succeed.
fn retried(job: Job, error: String, now: DateTime<Utc>, pause: Duration) -> Job {
    let last_error = Some(error);
    if job.attempts >= job.max_attempts {
        return Job { state: JobState::Failed, last_error, ..job };
    }
    let pause = pause.saturating_mul(4_u32.saturating_pow(job.attempts.saturating_sub(1))).min(LONGEST_PAUSE);
    Job { state: JobState::Waiting, not_before: now + pause, last_error, ..job }
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

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    struct Fixture {
        _folder: tempfile::TempDir,
        store: Store,
        queue: Queue,
        now: DateTime<Utc>,
    }

    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let queue = Queue::load(store.clone());
        Fixture { _folder: folder, store, queue, now: DateTime::from_timestamp(1_000_000, 0).unwrap() }
    }

    fn job(id: &str) -> NewJob {
        NewJob {
            id: id.into(),
            request: RunRequest::scheduled(),
            trigger: Trigger::Webhook,
            priority: 0,
            not_before: None,
            max_attempts: 3,
            dedupe: None,
        }
    }

    impl Fixture {
        fn submit(&mut self, new: NewJob) -> Submitted {
            // Each a little later, as in life.
            self.now += Duration::from_millis(1);
            self.queue.submit(new, self.now).unwrap()
        }

        fn next(&self) -> Option<String> {
            self.queue.next_due(self.now).map(|job| job.id.clone())
        }

        fn run(&mut self, id: &str, run: u64, outcome: Outcome) -> Job {
            self.queue.begin(id, RunId(run)).unwrap();
            let record = RunRecord {
                id: RunId(run),
                mode: Mode::Scheduled,
                trigger: Trigger::Webhook,
                job: Some(id.into()),
                arguments: Vec::new(),
                pid: None,
                started: self.now,
                ending: None,
                ended: Some(self.now),
                outcome: Some(outcome),
                reason: None,
                exit_code: None,
                signal: None,
                peak_memory_bytes: 0,
                cpu_seconds: 0.0,
                log: String::new(),
                adopted: false,
            };
            self.queue.settle(&record, self.now, PAUSE).unwrap();
            self.queue.jobs[id].clone()
        }
    }

    #[test]
    fn the_next_job_is_due_then_most_urgent_then_oldest() {
        let mut f = fixture();
        f.submit(job("old"));
        f.submit(job("new"));
        f.submit(NewJob { priority: 5, not_before: Some(f.now + PAUSE), ..job("urgent but later") });
        f.submit(NewJob { priority: 1, ..job("urgent") });
        let order: Vec<_> = f.queue.waiting().map(|job| job.id.as_str()).collect();
        assert_eq!(order, ["urgent but later", "urgent", "old", "new"]);
        assert_eq!(f.next().unwrap(), "urgent");
        f.now += PAUSE;
        assert_eq!(f.next().unwrap(), "urgent but later");
    }

    #[test]
    fn a_job_is_taken_once() {
        let mut f = fixture();
        let keyed = |id: &str| NewJob { dedupe: Some("series 1".into()), ..job(id) };
        assert_eq!(f.submit(keyed("a")), Submitted::Queued { id: "a".into() });
        assert_eq!(f.submit(keyed("a")), Submitted::Known { id: "a".into() });
        assert_eq!(f.submit(keyed("b")), Submitted::Duplicate { of: "a".into() });
        f.run("a", 1, Outcome::Completed);
        assert_eq!(f.submit(keyed("a")), Submitted::Known { id: "a".into() }, "also when it was done");
        assert_eq!(f.submit(keyed("c")), Submitted::Queued { id: "c".into() }, "its key counts while it waits only");
    }

    #[test]
    fn a_failed_try_is_repeated_after_growing_pauses_and_then_parked() {
        let mut f = fixture();
        f.submit(job("a"));
        for (run, pause) in [(1, PAUSE), (2, PAUSE * 4)] {
            let tried = f.run("a", run, if run == 1 { Outcome::Failed } else { Outcome::Busy });
            assert_eq!((tried.state, tried.not_before), (JobState::Waiting, f.now + pause));
            assert_eq!(f.next(), None);
            f.now += pause;
        }
        assert_eq!(f.run("a", 3, Outcome::TimedOut).state, JobState::Failed);
        assert_eq!((f.queue.parked(), f.queue.waiting_count()), (1, 0));
        f.queue.retry("a", f.now).unwrap();
        assert_eq!(f.next().unwrap(), "a");
        assert!(matches!(f.queue.retry("none", f.now), Err(JobError::Missing)));
    }

    #[test]
    fn an_interrupted_try_does_not_count_and_a_stopped_one_is_not_repeated() {
        let mut f = fixture();
        f.submit(job("a"));
        let interrupted = f.run("a", 1, Outcome::Interrupted);
        assert_eq!((interrupted.state, interrupted.attempts), (JobState::Waiting, 0));
        assert_eq!(f.next().unwrap(), "a");
        let stopped = f.run("a", 2, Outcome::Stopped);
        assert_eq!((stopped.state, stopped.last_error.as_deref()), (JobState::Failed, Some("the run was stopped")));
    }

    #[test]
    fn a_job_that_cannot_start_is_tried_as_often_as_one_that_fails() {
        let mut f = fixture();
        f.submit(NewJob { max_attempts: 2, ..job("a") });
        f.queue.could_not_start("a", "no script".into(), f.now, PAUSE).unwrap();
        assert_eq!(f.queue.jobs["a"].state, JobState::Waiting);
        f.queue.could_not_start("a", "no script".into(), f.now, PAUSE).unwrap();
        assert_eq!(f.queue.jobs["a"].state, JobState::Failed);
    }

    #[test]
    fn the_queue_comes_back_from_the_store_as_it_was() {
        let mut f = fixture();
        ["a", "b", "c", "d"].into_iter().for_each(|id| drop(f.submit(job(id))));
        f.queue.begin("a", RunId(7)).unwrap();
        f.queue.remove("b").unwrap();
        assert!(matches!(f.queue.remove("a"), Err(JobError::Running)));
        let again = Queue::load(f.store.clone());
        assert_eq!((&again.jobs, &again.waiting), (&f.queue.jobs, &f.queue.waiting));
        assert_eq!(again.running(), [("a".to_owned(), RunId(7))]);
        f.queue.release("a").unwrap();
        assert_eq!(f.next().unwrap(), "a", "it was first and is first again");
        assert_eq!(f.queue.jobs["a"].attempts, 0);
    }

    #[test]
    fn old_done_jobs_are_forgotten() {
        let mut f = fixture();
        for n in 0..DONE_REMEMBERED + 2 {
            let id = n.to_string();
            f.submit(job(&id));
            f.run(&id, n as u64, Outcome::Completed);
        }
        assert_eq!(f.queue.jobs.len(), DONE_REMEMBERED);
        assert!(!f.queue.jobs.contains_key("0"));
        assert_eq!(Queue::load(f.store.clone()).jobs.len(), DONE_REMEMBERED);
    }
}
