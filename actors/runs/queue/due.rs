//! When waiting jobs are due, whatever happens to the clock.
//!
//! A job's not-before is an instant of the wall clock, because it has to outlive the daemon. A wall clock may be set back by
//! an hour or a day, or come from 2040. So each job also knows how long it was to wait when that instant was made, and a
//! job is due at its instant, or when it has waited that long by a clock that nobody sets, whichever comes first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::Job;

/// A moment by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the wall clock shows; it may jump.
    pub wall: DateTime<Utc>,
    /// A clock that only goes forward, and only while the machine is on.
    pub steady: Instant,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self { wall: Utc::now(), steady: Instant::now() }
    }
}

/// How long a job has still to wait whose not-before was made with this delay: never longer than the delay, for a clock
/// that shows more was set back since, or was wrong when the job came.
pub fn remaining(not_before: DateTime<Utc>, delay: Duration, now: DateTime<Utc>) -> Duration {
    (not_before - now).to_std().unwrap_or_default().min(delay)
}

/// When each job is due that waits, or waited and has not begun anew since.
#[derive(Debug, Default)]
pub struct DueTimes {
    of: BTreeMap<String, (DateTime<Utc>, Instant)>,
    waiting_wall: BTreeSet<(DateTime<Utc>, String)>,
    waiting_steady: BTreeSet<(Instant, String)>,
}

impl DueTimes {
    /// Takes up a waiting job as of now. A job that is known with the same not-before goes on waiting as it did.
    pub fn add(&mut self, job: &Job, now: Moment) {
        let known = self.of.get(&job.id).filter(|(not_before, _)| *not_before == job.not_before);
        let due = known.map_or_else(|| now.steady + remaining(job.not_before, job.delay, now.wall), |(_, due)| *due);
        self.stop_waiting(&job.id);
        self.of.insert(job.id.clone(), (job.not_before, due));
        self.waiting_wall.insert((job.not_before, job.id.clone()));
        self.waiting_steady.insert((due, job.id.clone()));
    }

    /// Takes note that a job does not wait any more. If it waits again for the same instant, it has not to wait anew.
    pub fn stop_waiting(&mut self, id: &str) {
        if let Some((not_before, due)) = self.of.get(id) {
            self.waiting_wall.remove(&(*not_before, id.to_owned()));
            self.waiting_steady.remove(&(*due, id.to_owned()));
        }
    }

    /// Forgets a job.
    pub fn forget(&mut self, id: &str) {
        self.stop_waiting(id);
        self.of.remove(id);
    }

    /// Whether any waiting job is due.
    pub fn any(&self, now: Moment) -> bool {
        self.waiting_wall.first().is_some_and(|(at, _)| *at <= now.wall)
            || self.waiting_steady.first().is_some_and(|(at, _)| *at <= now.steady)
    }

    /// Whether this job is due.
    pub fn is_due(&self, id: &str, now: Moment) -> bool {
        self.of.get(id).is_some_and(|(not_before, due)| *not_before <= now.wall || *due <= now.steady)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_never_waits_longer_than_the_delay_it_was_made_with() {
        let utc = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let (seconds, delay) = (Duration::from_secs, Duration::from_secs(300));
        let table = [
            // not before, now, what remains of five minutes
            ("2026-05-01T12:05:00Z", "2026-05-01T12:00:00Z", seconds(300)),
            ("2026-05-01T12:05:00Z", "2026-05-01T12:04:59Z", seconds(1)),
            ("2026-05-01T12:05:00Z", "2026-05-01T12:05:00Z", seconds(0)),
            ("2026-05-01T12:05:00Z", "2026-05-09T12:05:00Z", seconds(0)),
            // The clock was set back by a minute, an hour, a day; it came from 2040; it is 1970 for now.
            ("2026-05-01T12:05:00Z", "2026-05-01T11:59:00Z", seconds(300)),
            ("2026-05-01T12:05:00Z", "2026-05-01T11:04:00Z", seconds(300)),
            ("2026-05-01T12:05:00Z", "2026-04-30T12:04:00Z", seconds(300)),
            ("2040-06-02T12:05:00Z", "2026-05-01T12:00:00Z", seconds(300)),
            ("2026-05-01T12:05:00Z", "1970-01-01T00:00:10Z", seconds(300)),
        ];
        for (not_before, now, expected) in table {
            assert_eq!(remaining(utc(not_before), delay, utc(now)), expected, "{not_before} at {now}");
        }
        assert_eq!(remaining(utc("2040-06-02T12:05:00Z"), Duration::ZERO, utc("2026-05-01T12:00:00Z")), seconds(0));
    }
}
