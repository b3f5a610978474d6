//! The one queue of work: jobs that wait for the slot, kept in the store.
//!
//! A job is on disk before its submission is acknowledged, and is marked as running, with its run's number, before the run's
//! shim starts. So after a crash it is known of every job whether its run took place: it is started exactly once, unless
//! the run failed and is tried again.

mod index;
mod job;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use job::{Job, JobState, JobSummary, NewJob};

use index::Index;

use super::arguments::RunRequest;
use super::messages::{JobError, Submitted};
use crate::runs::{RunId, RunRecord};
use crate::store::{Commit, Store, StoreError, Table};

/// How many jobs that were done are remembered, so that one submitted again is known.
const DONE_REMEMBERED: usize = 500;

/// All jobs. What it tells is in memory; what it changes is on disk when the method returns, except for [`Queue::submit`].
#[derive(Debug)]
pub struct Queue {
    store: Store,
    jobs: BTreeMap<String, Job>,
    index: Index,
    /// Jobs that are on their way to the disk.
    storing: BTreeMap<String, Job>,
}

/// What became of a submission.
#[derive(Debug)]
pub struct Submission {
    /// The job that does the work.
    pub submitted: Submitted,
    /// Tells when that job is on disk; none if it is.
    pub stored: Option<Commit>,
}

impl Queue {
    /// Reads all jobs. What cannot be read is left where it is and told in the log.
    pub fn load(store: Store) -> Self {
        let mut queue = Self { jobs: BTreeMap::new(), index: Index::default(), storing: BTreeMap::new(), store };
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

    /// Adds a job, unless it is known, or another one that has not started does its work already: that one then does
    /// what was asked for last. A new job is shown, and can start, once [`Queue::stored`] was told that it is on disk.
    pub fn submit(&mut self, new: NewJob, now: DateTime<Utc>) -> Result<Submission, StoreError> {
        if self.jobs.contains_key(&new.id) {
            return Ok(Submission { submitted: Submitted::Known { id: new.id }, stored: None });
        }
        if let Some(of) = new.dedupe.as_deref().and_then(|key| self.index.with_key(key)).map(str::to_owned) {
            let stored = self.renew(&of, new.request)?;
            return Ok(Submission { submitted: Submitted::Duplicate { of }, stored });
        }
        // Whoever joins a job that is not on disk yet writes it as well: the first one's write may fail.
        let table = self.store.table::<Job>()?;
        if let Some(job) = self.storing.get(&new.id) {
            let stored = Some(table.put_later(job.id.as_bytes(), job));
            return Ok(Submission { submitted: Submitted::Known { id: new.id }, stored });
        }
        let same = |job: &&mut Job| new.dedupe.is_some() && job.dedupe == new.dedupe;
        if let Some(job) = self.storing.values_mut().find(same) {
            job.request = new.request;
            let submitted = Submitted::Duplicate { of: job.id.clone() };
            return Ok(Submission { submitted, stored: Some(table.put_later(job.id.as_bytes(), job)) });
        }
        let job = Job::new(new, now);
        let stored = Some(table.put_later(job.id.as_bytes(), &job));
        let submitted = Submitted::Queued { id: job.id.clone() };
        self.storing.insert(job.id.clone(), job);
        Ok(Submission { submitted, stored })
    }

    /// Gives a waiting job the newest event's values: they tell where the title is now.
    fn renew(&mut self, id: &str, request: RunRequest) -> Result<Option<Commit>, StoreError> {
        let Some(job) = self.jobs.get(id).filter(|job| job.request != request) else { return Ok(None) };
        let job = Job { request, ..job.clone() };
        let stored = self.table()?.put_later(job.id.as_bytes(), &job);
        self.remember(job);
        Ok(Some(stored))
    }

    /// Takes note that a submitted job is on disk, or could not be stored and is not in the queue.
    pub fn stored(&mut self, id: &str, is_stored: bool) {
        let job = self.storing.remove(id);
        if !is_stored || self.jobs.contains_key(id) {
            return;
        }
        // The first one's write may have failed, and that of one who joined it not.
        if let Some(job) = job.or_else(|| self.table().ok()?.get(id.as_bytes()).ok()?) {
            self.remember(job);
        }
    }

    /// The job that starts next, if one is due.
    pub fn next_due(&self, now: DateTime<Utc>) -> Option<&Job> {
        self.index.first_due().filter(|first| *first <= now)?;
        self.waiting().find(|job| job.not_before <= now)
    }

    /// Marks a job as running.
    pub fn begin(&mut self, id: &str, run: RunId) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id) else { return Ok(()) };
        let state = JobState::Running { run };
        self.write(Job { state, attempts: job.attempts + 1, last_error: None, ..job.clone() })
    }

    /// Takes note of how a job's run ended; `pause` is the one before the second try.
    pub fn settle(&mut self, run: &RunRecord, now: DateTime<Utc>, pause: Duration) -> Result<(), StoreError> {
        let job = run.job.as_ref().and_then(|id| self.jobs.get(id));
        let Some(job) = job.filter(|job| job.state == JobState::Running { run: run.id }).cloned() else {
            return Ok(());
        };
        self.write(job.after(run, now, pause))?;
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
        self.write(Job { attempts: job.attempts + 1, ..job }.after_failed_try(error, now, pause))
    }

    /// Takes note that a job asks for what cannot be done as things are: no further try would help.
    pub fn park(&mut self, id: &str, error: String) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id).cloned() else { return Ok(()) };
        self.write(Job { state: JobState::Failed, attempts: job.attempts + 1, last_error: Some(error), ..job })
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
        self.index.waiting().filter_map(|id| self.jobs.get(id))
    }

    /// How many jobs wait.
    pub fn waiting_count(&self) -> usize {
        self.index.waiting().len()
    }

    /// All jobs: those that wait in their order, then the running one, those that failed, and those that were done, each
    /// newest first.
    pub fn all(&self) -> Vec<Job> {
        let mut others: Vec<_> = self.jobs.values().filter(|job| job.state != JobState::Waiting).collect();
        others.sort_by_key(|job| (after_the_waiting(job.state), Reverse(job.created)));
        self.waiting().chain(others).cloned().collect()
    }

    /// How many jobs are parked.
    pub fn parked(&self) -> usize {
        self.index.parked()
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
        if let Some(before) = self.jobs.get(&job.id) {
            self.index.remove(before);
        }
        self.index.add(&job);
        self.jobs.insert(job.id.clone(), job);
    }

    fn erase(&mut self, id: &str) -> Result<(), StoreError> {
        self.table()?.remove(id.as_bytes())?;
        if let Some(job) = self.jobs.remove(id) {
            self.index.remove(&job);
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

/// The order of the states in a list.
fn after_the_waiting(state: JobState) -> u8 {
    match state {
        JobState::Waiting => 0,
        JobState::Running { .. } => 1,
        JobState::Failed => 2,
        JobState::Done { .. } => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Mode, Outcome, Trigger};

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
            let submitted = self.queue.submit(new, self.now).unwrap().submitted;
            if let Submitted::Queued { id } = &submitted {
                self.queue.stored(id, true);
            }
            submitted
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

    #[actix::test]
    async fn a_job_counts_once_it_is_on_disk_and_whoever_joins_it_waits_for_that_too() {
        let mut f = fixture();
        let keyed = |id: &str| NewJob { dedupe: Some("series 1".into()), ..job(id) };
        let first = f.queue.submit(keyed("a"), f.now).unwrap();
        let joined = f.queue.submit(keyed("b"), f.now).unwrap();
        assert_eq!(joined.submitted, Submitted::Duplicate { of: "a".into() });
        assert_eq!((f.next(), f.queue.waiting_count()), (None, 0));
        joined.stored.expect("it is not on disk yet").await.unwrap();
        first.stored.unwrap().await.unwrap();
        f.queue.stored("a", true);
        assert_eq!(f.next().unwrap(), "a");
        assert!(f.queue.submit(keyed("c"), f.now).unwrap().stored.is_none());
        f.queue.submit(job("lost"), f.now).unwrap();
        f.queue.stored("lost", false);
        assert_eq!(f.queue.waiting_count(), 1, "what could not be stored is not in the queue");
        let keyed = |id: &str| NewJob { dedupe: Some("series 2".into()), ..job(id) };
        f.queue.submit(keyed("d"), f.now).unwrap();
        f.queue.submit(keyed("e"), f.now).unwrap().stored.unwrap().await.unwrap();
        f.queue.stored("d", false);
        f.queue.stored("d", true);
        assert_eq!(f.queue.waiting_count(), 2, "it is in the queue if the write of one who joined it went well");
        f.queue.submit(job("f"), f.now).unwrap();
        f.queue.submit(job("f"), f.now).unwrap().stored.unwrap().await.unwrap();
        f.queue.stored("f", false);
        f.queue.stored("f", true);
        assert_eq!(f.queue.waiting_count(), 3, "and if that of the same one, submitted again, did");
    }

    #[actix::test]
    async fn a_job_that_waits_does_what_was_asked_for_last() {
        let mut f = fixture();
        let asks = |id: &str, mode: &str| NewJob {
            dedupe: Some("series 1".into()),
            request: RunRequest::plain(mode).unwrap(),
            ..job(id)
        };
        let first = f.queue.submit(asks("a", "normal"), f.now).unwrap();
        let joined = f.queue.submit(asks("b", "testing"), f.now).unwrap();
        first.stored.unwrap().await.unwrap();
        joined.stored.unwrap().await.unwrap();
        f.queue.stored("a", true);
        assert_eq!(f.queue.jobs["a"].request, asks("a", "testing").request);
        let again = f.queue.submit(asks("c", "backup"), f.now).unwrap();
        again.stored.expect("it is written before it is acknowledged").await.unwrap();
        assert_eq!(f.queue.jobs.len(), 1);
        let read = Queue::load(f.store.clone());
        assert_eq!(read.jobs["a"].request, asks("a", "backup").request);
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
    fn a_job_that_cannot_be_done_is_parked_at_once_and_can_be_retried() {
        let mut f = fixture();
        f.submit(job("a"));
        f.queue.park("a", "no such mode".into()).unwrap();
        let parked = &f.queue.jobs["a"];
        assert_eq!((parked.state, parked.last_error.as_deref()), (JobState::Failed, Some("no such mode")));
        assert_eq!((f.queue.parked(), f.next()), (1, None));
        f.queue.retry("a", f.now).unwrap();
        assert_eq!((f.queue.parked(), f.next().as_deref()), (0, Some("a")));
    }

    #[test]
    fn the_queue_comes_back_from_the_store_as_it_was() {
        let mut f = fixture();
        for id in ["a", "b", "c", "d", "e", "f"] {
            f.submit(NewJob { dedupe: Some(id.to_uppercase()), ..job(id) });
        }
        f.run("e", 5, Outcome::Stopped);
        f.run("f", 6, Outcome::Failed);
        f.queue.begin("a", RunId(7)).unwrap();
        f.queue.remove("b").unwrap();
        assert!(matches!(f.queue.remove("a"), Err(JobError::Running)));
        let again = Queue::load(f.store.clone());
        assert_eq!((&again.jobs, &again.index), (&f.queue.jobs, &f.queue.index));
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
