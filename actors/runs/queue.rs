//! The one queue of work: jobs that wait for the slot, kept in the store.
//!
//! A job is on disk before its submission is acknowledged, and is marked as running, with its run's number, before the run's
//! shim starts. So after a crash it is known of every job whether its run took place: it is started exactly once, unless
//! the run failed and is tried again.

mod due;
mod hold;
mod index;
mod job;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use posterizarr_base::said::Reason;

pub use due::Moment;
pub use hold::Hold;
pub use job::{Job, JobState, JobSummary, NewJob};

use due::DueTimes;
use index::Index;

use super::arguments::RunRequest;
use super::fault::JobError;
use super::messages::Submitted;
use crate::runs::{RunId, RunRecord};
use crate::store::{Commit, Store, StoreError, Table};

/// How many jobs that were done are remembered, so that one submitted again is known.
const DONE_REMEMBERED: usize = 500;

/// All jobs, kept in memory. A change is on disk when its method returns, except for [`Queue::submit`].
#[derive(Debug)]
pub struct Queue {
    store: Store,
    jobs: BTreeMap<String, Job>,
    index: Index,
    due: DueTimes,
    storing: Storing,
    hold: Option<Hold>,
    changes: u64,
}

/// Jobs that are on their way to the disk.
#[derive(Debug, Default)]
struct Storing {
    jobs: BTreeMap<String, Job>,
    by_key: HashMap<String, String>,
}

impl Storing {
    fn add(&mut self, job: Job) {
        self.by_key.extend(job.dedupe.iter().map(|key| (key.clone(), job.id.clone())));
        self.jobs.insert(job.id.clone(), job);
    }

    fn remove(&mut self, id: &str) -> Option<Job> {
        let job = self.jobs.remove(id)?;
        if let Some(key) = &job.dedupe
            && self.by_key.get(key).is_some_and(|of| of == id)
        {
            self.by_key.remove(key);
        }
        Some(job)
    }

    fn with_key(&mut self, key: &str) -> Option<&mut Job> {
        self.jobs.get_mut(self.by_key.get(key)?)
    }
}

/// What became of submissions.
#[derive(Debug)]
pub struct Submission {
    /// The jobs that do the work, in the order of the submissions.
    pub submitted: Vec<Submitted>,
    /// Tells when they are on disk, or that they could not be stored; none where nothing is to be written.
    pub write: Option<Commit>,
}

impl Queue {
    /// Reads all jobs. What cannot be read is left where it is and told in the log.
    pub fn load(store: Store, now: Moment) -> Self {
        let (index, due, storing) = (Index::default(), DueTimes::default(), Storing::default());
        let hold = hold::load(&store, now.wall);
        let mut queue = Self { jobs: BTreeMap::new(), index, due, storing, hold, changes: 0, store };
        match queue.table() {
            Ok(table) => table.iter().for_each(|job| match job {
                Ok((_, job)) => queue.remember(job, now),
                Err(error) => tracing::error!(%error, "a job cannot be read and will not be started"),
            }),
            Err(error) => tracing::error!(%error, "the queue cannot be read and no job will be started"),
        }
        queue
    }

    fn table(&self) -> Result<Table<Job>, StoreError> {
        self.store.table()
    }

    /// Adds jobs, written as one change. A job is not added if it is known, or another one that has not started does its
    /// work already: that one then does what was asked for last. If it `renews`, a job with the same id that waits does
    /// what is asked for now, too, and one that has ended begins anew. A new job is shown, and can start, once
    /// [`Queue::write_finished`] was told that it is on disk.
    pub fn submit(&mut self, new: Vec<NewJob>, renews: bool, now: Moment) -> Result<Submission, StoreError> {
        let table = self.table()?;
        let mut changed = BTreeMap::new();
        let submitted = new.into_iter().map(|new| self.admit(new, renews, now, &mut changed)).collect();
        let write = (!changed.is_empty())
            .then(|| table.apply_later(changed.into_iter().map(|(id, job)| (id.into_bytes(), Some(job)))));
        Ok(Submission { submitted, write })
    }

    /// Finds the job that does the work of a submission, and notes which jobs have to be written for it.
    fn admit(&mut self, new: NewJob, renews: bool, now: Moment, changed: &mut BTreeMap<String, Job>) -> Submitted {
        if let Some(known) = self.jobs.get(&new.id)
            && !(renews && known.has_ended())
        {
            if renews && matches!(known.state, JobState::Running { .. }) {
                return Submitted::Running { id: new.id };
            }
            if renews {
                let id = new.id.clone();
                changed.extend(self.renew(&id, new.request, Some(new.dedupe), now));
            }
            return Submitted::Known { id: new.id };
        }
        if let Some(of) = new.dedupe.as_deref().and_then(|key| self.index.with_key(key)).map(str::to_owned) {
            changed.extend(self.renew(&of, new.request, None, now));
            return Submitted::Duplicate { of };
        }
        // Whoever joins a job that is not on disk yet writes it as well: the first one's write may fail.
        if let Some(job) = self.storing.jobs.get(&new.id) {
            changed.insert(job.id.clone(), job.clone());
            return Submitted::Known { id: new.id };
        }
        if let Some(job) = new.dedupe.as_deref().and_then(|key| self.storing.with_key(key)) {
            job.request = new.request;
            changed.insert(job.id.clone(), job.clone());
            return Submitted::Duplicate { of: job.id.clone() };
        }
        let job = Job::new(new, now.wall);
        changed.insert(job.id.clone(), job.clone());
        let id = job.id.clone();
        self.storing.add(job);
        Submitted::Queued { id }
    }

    /// Gives a waiting job the newest event's values: they tell where the title is now; and all its tries, as the event would
    /// have had as a job of its own. Gives the job if that changed it.
    fn renew(
        &mut self,
        id: &str,
        request: RunRequest,
        dedupe: Option<Option<String>>,
        now: Moment,
    ) -> Option<(String, Job)> {
        let before = self.jobs.get(id)?;
        let dedupe = dedupe.unwrap_or_else(|| before.dedupe.clone());
        let job = Job { request, dedupe, attempts: 0, absences: 0, ..before.clone() };
        if job == *before {
            return None;
        }
        self.remember(job.clone(), now);
        Some((job.id.clone(), job))
    }

    /// Takes note that the write of a submitted job has ended: it is on disk, or could not be stored and is not in the queue.
    pub fn write_finished(&mut self, id: &str, succeeded: bool, now: Moment) {
        let job = self.storing.remove(id);
        if !succeeded || self.jobs.get(id).is_some_and(|known| !(job.is_some() && known.has_ended())) {
            return;
        }
        // The first one's write may have failed, and that of one who joined it not.
        if let Some(job) = job.or_else(|| self.table().ok()?.get(id.as_bytes()).ok()?) {
            self.remember(job, now);
        }
    }

    /// The job that starts next, if one is due.
    #[cfg(test)]
    pub fn next_due(&self, now: Moment) -> Option<&Job> {
        self.next_due_of(now, |_| true)
    }

    /// The wanted job that starts next, if one is due.
    pub fn next_due_of(&self, now: Moment, wanted: impl Fn(&Job) -> bool) -> Option<&Job> {
        // Most of the time nothing is, and then nothing is searched.
        if !self.due.any(now) {
            return None;
        }
        let is_held = |job: &Job| self.hold.is_some() && !job.trigger.is_by_hand();
        self.waiting().find(|job| !is_held(job) && self.due.is_due(&job.id, now) && wanted(job))
    }

    /// That it is held, if it is: then only what somebody asked for by hand starts.
    pub fn held(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }

    /// Holds it; one that is held already stays as it is. Tells whether it was not.
    pub fn hold(&mut self, hold: Hold) -> Result<bool, StoreError> {
        if self.hold.is_some() {
            return Ok(false);
        }
        hold::keep(&self.store, &hold)?;
        self.hold = Some(hold);
        Ok(true)
    }

    /// Lets it go on. Tells whether it was held.
    pub fn let_go(&mut self) -> Result<bool, StoreError> {
        if self.hold.is_none() {
            return Ok(false);
        }
        hold::forget(&self.store)?;
        self.hold = None;
        Ok(true)
    }

    /// Marks a job as running.
    pub fn begin(&mut self, id: &str, run: RunId, now: Moment) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id) else { return Ok(()) };
        let state = JobState::Running { run };
        self.write(Job { state, attempts: job.attempts + 1, last_error: None, because: Vec::new(), ..job.clone() }, now)
    }

    /// Takes note of how a job's run ended; `pause` is the one before the second try.
    pub fn settle(&mut self, run: &RunRecord, now: Moment, pause: Duration) -> Result<(), StoreError> {
        let job = run.job.as_ref().and_then(|id| self.jobs.get(id));
        let Some(job) = job.filter(|job| job.state == JobState::Running { run: run.id }).cloned() else {
            return Ok(());
        };
        self.write(job.after(run, now.wall, pause), now)?;
        self.forget_old()
    }

    /// Takes note that a due job could not even be started.
    pub fn could_not_start(&mut self, id: &str, error: Reason, now: Moment, pause: Duration) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id).cloned() else { return Ok(()) };
        self.write(Job { attempts: job.attempts + 1, ..job }.after_failed_try(error, now.wall, pause), now)
    }

    /// Takes note that a job asks for what cannot be done as things are: no further try would help.
    pub fn park(&mut self, id: &str, error: Reason, now: Moment) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id).cloned() else { return Ok(()) };
        let job = Job { state: JobState::Failed, attempts: job.attempts + 1, ..job };
        self.write(job.because(error), now)
    }

    /// Lets a job whose run never took place wait again.
    pub fn release(&mut self, id: &str, now: Moment) -> Result<(), StoreError> {
        let Some(job) = self.jobs.get(id) else { return Ok(()) };
        self.write(Job { state: JobState::Waiting, attempts: job.attempts.saturating_sub(1), ..job.clone() }, now)
    }

    /// Lets a waiting or parked job start as soon as it can, with all its tries.
    pub fn retry(&mut self, id: &str, now: Moment) -> Result<JobSummary, JobError> {
        self.again(id, i32::MIN, now)
    }

    /// The same, before all others that wait.
    pub fn put_first(&mut self, id: &str, now: Moment) -> Result<JobSummary, JobError> {
        let first = self.waiting().find(|job| job.id != id).map_or(i32::MIN, |job| job.priority.saturating_add(1));
        self.again(id, first, now)
    }

    fn again(&mut self, id: &str, least_priority: i32, now: Moment) -> Result<JobSummary, JobError> {
        let job = self.jobs.get(id).ok_or(JobError::Missing)?;
        match job.state {
            JobState::Running { .. } => return Err(JobError::Running),
            JobState::Done { .. } => return Err(JobError::Done),
            JobState::Waiting | JobState::Failed => {}
        }
        let job = Job {
            state: JobState::Waiting,
            not_before: now.wall,
            delay: Duration::ZERO,
            attempts: 0,
            absences: 0,
            priority: job.priority.max(least_priority),
            ..job.clone()
        };
        let summary = JobSummary::from(&job);
        self.write(job, now)?;
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

    /// Takes out all jobs that are parked, as one change. Gives their ids.
    pub fn remove_parked(&mut self) -> Result<Vec<String>, StoreError> {
        let parked: Vec<_> = self.index.parked_ids().map(str::to_owned).collect();
        self.table()?.apply(parked.iter().map(|id| (id.clone().into_bytes(), None)))?;
        parked.iter().for_each(|id| self.forget(id));
        Ok(parked)
    }

    /// The waiting jobs in their order.
    pub fn waiting(&self) -> impl Iterator<Item = &Job> {
        self.index.waiting().filter_map(|id| self.jobs.get(id))
    }

    /// How many jobs wait.
    pub fn waiting_count(&self) -> usize {
        self.index.waiting().len()
    }

    /// When the oldest waiting job was submitted.
    pub fn oldest_waiting(&self) -> Option<DateTime<Utc>> {
        self.index.oldest()
    }

    /// All jobs: those that wait in their order, then the running one, those that failed, and those that were done, each
    /// newest first.
    pub fn all(&self) -> Vec<Job> {
        let mut others: Vec<_> = self.jobs.values().filter(|job| job.state != JobState::Waiting).collect();
        others.sort_by_key(|job| (after_the_waiting(job.state), Reverse(job.created)));
        self.waiting().chain(others).cloned().collect()
    }

    /// Goes up with each job that came, changed or went.
    pub fn changes(&self) -> u64 {
        self.changes
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

    fn write(&mut self, job: Job, now: Moment) -> Result<(), StoreError> {
        self.table()?.put(job.id.as_bytes(), &job)?;
        self.remember(job, now);
        Ok(())
    }

    fn remember(&mut self, job: Job, now: Moment) {
        self.changes += 1;
        match job.state {
            JobState::Waiting => self.due.add(&job, now),
            JobState::Running { .. } => self.due.stop_waiting(&job.id),
            JobState::Done { .. } | JobState::Failed => self.due.forget(&job.id),
        }
        if let Some(before) = self.jobs.get(&job.id) {
            self.index.remove(before);
        }
        self.index.add(&job);
        self.jobs.insert(job.id.clone(), job);
    }

    fn erase(&mut self, id: &str) -> Result<(), StoreError> {
        self.table()?.remove(id.as_bytes())?;
        self.forget(id);
        Ok(())
    }

    fn forget(&mut self, id: &str) {
        if let Some(job) = self.jobs.remove(id) {
            self.changes += 1;
            self.index.remove(&job);
            self.due.forget(id);
        }
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
