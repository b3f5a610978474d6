//! The book of fires: what was meant to happen, what became of it; kept in the store.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::timetable::{Entry, with_offset};
use crate::runs::{Mode, Outcome, RunId, RunRequest};
use crate::runtime::events::Fact;
use crate::store::{Record, Store, StoreError, Table};

/// Fires that are kept.
const KEPT: usize = 200;

/// What became of a fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FireState {
    /// Its run was queued in time.
    Fired,
    /// Its run was queued late, inside the grace window.
    CaughtUp,
    /// A run was on, and the timetable says to skip then.
    Skipped,
    /// It was too late to make up for.
    Missed,
    /// The run of an earlier fire of the same schedule waited in the queue still, and does for this one.
    Joined,
}

/// Names why a run was not queued.
pub const MISSED: [&str; 3] = [BUSY, TOO_LATE, JOINED];
const BUSY: &str = "busy";
const TOO_LATE: &str = "too_late";
const JOINED: &str = "joined";

/// One fire of the timetable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fire {
    /// The entry's id.
    pub schedule: String,
    /// The entry's time as it stood in the file.
    pub time: String,
    /// What it runs.
    pub mode: Mode,
    /// The run, where the mode alone does not tell all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<RunRequest>,
    /// The instant it was meant for, with offset.
    pub due: String,
    /// When it was decided.
    pub decided: DateTime<Utc>,
    /// What became of it.
    pub state: FireState,
    /// Its run, once that ended.
    pub run: Option<RunId>,
    /// How its run ended.
    pub outcome: Option<Outcome>,
    /// How often the clock had been set far back before: the same instant comes again then, and is another fire.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub epoch: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(epoch: &u32) -> bool {
    *epoch == 0
}

impl Fire {
    /// A fire as decided at `now`.
    pub fn new(entry: &Entry, due: DateTime<Tz>, state: FireState, now: DateTime<Utc>, epoch: u32) -> Self {
        Self {
            schedule: entry.id(),
            time: entry.time.clone(),
            mode: entry.request.mode(),
            details: Some(&entry.request).filter(|request| **request != of_mode(request.mode())).cloned(),
            due: with_offset(due),
            decided: now,
            state,
            run: None,
            outcome: None,
            epoch,
        }
    }

    /// What is queued for it; none if it does not run.
    pub fn request(&self) -> Option<RunRequest> {
        if !matches!(self.state, FireState::Fired | FireState::CaughtUp) {
            return None;
        }
        Some(self.details.clone().unwrap_or_else(|| of_mode(self.mode)))
    }

    /// The id of its job: the same whenever this fire is submitted.
    pub fn job_id(&self) -> String {
        let Self { schedule, due, epoch, .. } = self;
        if *epoch == 0 { format!("schedule {schedule} {due}") } else { format!("schedule {schedule} {due} ({epoch})") }
    }

    /// What is told to listeners.
    pub fn fact(&self) -> Fact {
        let (schedule, due) = (self.time.clone(), self.due.clone());
        let missed = |code, reason: &str| {
            let (schedule, due) = (self.time.clone(), self.due.clone());
            Fact::ScheduleMissed { schedule, due, reason: reason.to_owned(), code }
        };
        match self.state {
            FireState::Fired => Fact::ScheduleFired { schedule, due, late: false },
            FireState::CaughtUp => Fact::ScheduleFired { schedule, due, late: true },
            FireState::Skipped => missed(BUSY, "a run was on"),
            FireState::Missed => missed(TOO_LATE, "it was too late to make up for"),
            FireState::Joined => missed(JOINED, "the run of an earlier time still waits in the queue"),
        }
    }
}

/// The run that a mode alone tells.
fn of_mode(mode: Mode) -> RunRequest {
    RunRequest::plain(mode.name()).unwrap_or_else(|_| RunRequest::scheduled())
}

impl Record for Fire {
    const TABLE: &'static str = "fires";
    const VERSION: u8 = 1;
}

/// What tells one state of `scheduler.json` from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity {
    /// When it was written.
    pub modified: DateTime<Utc>,
    /// Its size in bytes.
    pub size: u64,
}

/// How far the timetable was decided, and from which file.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Horizon {
    at: DateTime<Utc>,
    file: Option<FileIdentity>,
    #[serde(default)]
    epoch: u32,
}

impl Record for Horizon {
    const TABLE: &'static str = "horizon";
    const VERSION: u8 = 1;
}

const KEY: &[u8] = b"scheduler";

/// The last fires, in memory and in the store. Without a store it still works, until the next start.
pub struct FireBook {
    fires: VecDeque<(u64, Fire)>,
    horizon: Option<Horizon>,
    /// How jobs ended that are no fire's, or not yet: a quick run may end before its fire is recorded.
    ended: VecDeque<(String, RunId, Outcome)>,
    tables: Option<(Table<Fire>, Table<Horizon>)>,
}

impl FireBook {
    /// Reads what the store knows; a record that cannot be read is passed over and told.
    pub fn open(store: &Store) -> Self {
        let tables = store.table::<Fire>().and_then(|fires| Ok((fires, store.table::<Horizon>()?)));
        let tables =
            tables.inspect_err(|error| tracing::error!(%error, "the scheduler's records are not available")).ok();
        let mut book = Self { fires: VecDeque::new(), horizon: None, ended: VecDeque::new(), tables };
        if let Some((fires, horizon)) = &book.tables {
            for entry in fires.iter() {
                match entry {
                    Ok((key, fire)) => book.fires.push_back((number(&key), fire)),
                    Err(error) => tracing::warn!(%error, "a record of a fire is not readable"),
                }
            }
            book.horizon = horizon.get(KEY).ok().flatten();
        }
        book
    }

    /// Up to when everything was decided, as the store knows.
    pub fn horizon(&self) -> Option<DateTime<Utc>> {
        self.horizon.map(|horizon| horizon.at)
    }

    /// The file it was decided from.
    pub fn file(&self) -> Option<FileIdentity> {
        self.horizon.and_then(|horizon| horizon.file)
    }

    /// How often the clock was set far back.
    pub fn epoch(&self) -> u32 {
        self.horizon.map_or(0, |horizon| horizon.epoch)
    }

    /// The clock was set far back: instants that were decided come again. Stored with the next horizon.
    pub fn begin_epoch(&mut self, at: DateTime<Utc>) {
        let (file, epoch) = (self.file(), self.epoch() + 1);
        self.horizon = Some(Horizon { at, file, epoch });
    }

    /// Stores up to when everything was decided.
    pub fn keep_horizon(&mut self, at: DateTime<Utc>, file: Option<FileIdentity>) -> Result<(), StoreError> {
        let horizon = Horizon { at, file, epoch: self.epoch() };
        self.horizon = Some(horizon);
        self.tables.as_ref().map_or(Ok(()), |(_, table)| table.put(KEY, &horizon))
    }

    /// Adds a fire, or replaces it when it was decided before a crash and is decided again.
    pub fn record(&mut self, mut fire: Fire) -> Result<(), StoreError> {
        let job = fire.job_id();
        let known = self.fires.iter().position(|(_, known)| known.job_id() == job);
        let number = match known.and_then(|at| self.fires.remove(at)) {
            Some((number, before)) => {
                (fire.run, fire.outcome) = (before.run, before.outcome);
                number
            }
            None => self.fires.back().map_or(1, |(number, _)| number + 1),
        };
        if let Some((_, run, outcome)) = self.ended.iter().rev().find(|(ended, _, _)| *ended == job) {
            (fire.run, fire.outcome) = (Some(*run), Some(*outcome));
        }
        let stored = self.store(number, &fire);
        self.fires.push_back((number, fire));
        while self.fires.len() > KEPT {
            if let Some((old, _)) = self.fires.pop_front()
                && let Some((fires, _)) = &self.tables
            {
                fires.remove(&old.to_be_bytes())?;
            }
        }
        stored
    }

    /// Notes how the run of a job ended. Tells whether it was the job of a fire.
    pub fn run_ended(&mut self, job: &str, run: RunId, outcome: Outcome) -> Result<bool, StoreError> {
        let Some((number, fire)) = self.fires.iter_mut().rev().find(|(_, fire)| fire.job_id() == job) else {
            self.ended.push_back((job.to_owned(), run, outcome));
            let surplus = self.ended.len().saturating_sub(KEPT);
            self.ended.drain(..surplus);
            return Ok(false);
        };
        if (fire.run, fire.outcome) == (Some(run), Some(outcome)) {
            return Ok(false);
        }
        fire.run = Some(run);
        fire.outcome = Some(outcome);
        let (number, fire) = (*number, fire.clone());
        self.store(number, &fire)?;
        Ok(true)
    }

    /// The fires that are kept, newest first.
    pub fn latest(&self) -> Vec<Fire> {
        self.fires.iter().rev().map(|(_, fire)| fire.clone()).collect()
    }

    fn store(&self, number: u64, fire: &Fire) -> Result<(), StoreError> {
        self.tables.as_ref().map_or(Ok(()), |(fires, _)| fires.put(&number.to_be_bytes(), fire))
    }
}

fn number(key: &[u8]) -> u64 {
    key.try_into().map(u64::from_be_bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::recurrence::Rule;
    use chrono::{TimeDelta, TimeZone};

    fn fire(day: u32) -> Fire {
        let entry = Entry {
            index: 0,
            time: "03:00".into(),
            name: String::new(),
            rule: Rule::daily("03:00", &[]).unwrap(),
            request: RunRequest::scheduled(),
        };
        let due = Tz::UTC.with_ymd_and_hms(2026, 1, 1, 3, 0, 0).unwrap() + TimeDelta::days(day.into());
        Fire::new(&entry, due, FireState::Fired, due.to_utc(), 0)
    }

    #[test]
    fn the_book_survives_a_restart_stays_bounded_and_learns_how_runs_ended() {
        let folder = tempfile::tempdir().unwrap();
        let last = u32::try_from(KEPT).unwrap() + 5;
        {
            let mut book = FireBook::open(&Store::open(folder.path()).unwrap());
            (0..=last).for_each(|day| book.record(fire(day)).unwrap());
            book.record(fire(last)).unwrap();
            book.keep_horizon(fire(last).decided, None).unwrap();
            assert!(book.run_ended(&fire(last).job_id(), RunId(7), Outcome::Completed).unwrap());
            assert!(!book.run_ended("something else", RunId(8), Outcome::Failed).unwrap());
            assert!(!book.run_ended(&fire(last).job_id(), RunId(7), Outcome::Completed).unwrap(), "it is known");
            book.record(fire(last)).unwrap();
        }
        let book = FireBook::open(&Store::open(folder.path()).unwrap());
        let fires = book.latest();
        assert_eq!(fires.len(), KEPT, "the same fire decided twice is one entry");
        assert_eq!((fires[0].run, fires[0].outcome), (Some(RunId(7)), Some(Outcome::Completed)));
        assert_eq!(book.horizon(), Some(fire(last).decided));
    }

    #[test]
    fn a_run_that_ends_before_its_fire_is_recorded_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = FireBook::open(&Store::open(folder.path()).unwrap());
        assert!(!book.run_ended(&fire(1).job_id(), RunId(7), Outcome::Failed).unwrap());
        book.record(fire(1)).unwrap();
        assert_eq!((book.latest()[0].run, book.latest()[0].outcome), (Some(RunId(7)), Some(Outcome::Failed)));
    }
}
