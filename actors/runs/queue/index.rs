//! Where jobs stand, found without going through all of them: a burst of triggers looks here for each one.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Job, JobState};

/// Where a waiting job stands: higher priority first, then older first.
type Position = (Reverse<i32>, DateTime<Utc>, String);

fn position(job: &Job) -> Position {
    (Reverse(job.priority), job.created, job.id.clone())
}

/// The ids of waiting and of parked jobs.
#[derive(Debug, Default, PartialEq)]
pub struct Index {
    waiting: BTreeSet<Position>,
    by_key: BTreeSet<(String, Position)>,
    by_age: BTreeSet<(DateTime<Utc>, String)>,
    parked: BTreeSet<String>,
}

impl Index {
    /// Takes a job up.
    pub fn add(&mut self, job: &Job) {
        match job.state {
            JobState::Waiting => {
                self.by_key.extend(job.dedupe.iter().map(|key| (key.clone(), position(job))));
                self.by_age.insert((job.created, job.id.clone()));
                self.waiting.insert(position(job));
            }
            JobState::Failed => {
                self.parked.insert(job.id.clone());
            }
            JobState::Running { .. } | JobState::Done { .. } => {}
        }
    }

    /// Takes a job out, as it was when it was added.
    pub fn remove(&mut self, job: &Job) {
        if let Some(key) = &job.dedupe {
            self.by_key.remove(&(key.clone(), position(job)));
        }
        self.by_age.remove(&(job.created, job.id.clone()));
        self.waiting.remove(&position(job));
        self.parked.remove(&job.id);
    }

    /// The waiting jobs in their order.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = &str> {
        self.waiting.iter().map(|(_, _, id)| id.as_str())
    }

    /// The first waiting job with this key.
    pub fn with_key(&self, key: &str) -> Option<&str> {
        let first = (key.to_owned(), (Reverse(i32::MAX), DateTime::<Utc>::MIN_UTC, String::new()));
        self.by_key.range(first..).next().filter(|(found, _)| found == key).map(|(_, (_, _, id))| id.as_str())
    }

    /// When the oldest waiting job was submitted.
    pub fn oldest(&self) -> Option<DateTime<Utc>> {
        self.by_age.first().map(|(created, _)| *created)
    }

    /// The parked jobs.
    pub fn parked_ids(&self) -> impl Iterator<Item = &str> {
        self.parked.iter().map(String::as_str)
    }

    /// How many jobs are parked.
    pub fn parked(&self) -> usize {
        self.parked.len()
    }
}
