//! Deliveries that came a short time ago, each with the job that does its work.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

/// Two deliveries of one event within this time are one.
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// How many are remembered; the oldest of any more are forgotten, and their jobs know a second delivery while they wait.
const MAX_COUNT: usize = 100_000;

/// The deliveries of the last ten minutes.
#[derive(Debug, Default)]
pub struct RecentDeliveries {
    jobs: HashMap<String, (DateTime<Utc>, String)>,
    /// In the order in which they came.
    order: VecDeque<(DateTime<Utc>, String)>,
}

impl RecentDeliveries {
    /// Takes note of a delivery; those that are too old are forgotten.
    pub fn add(&mut self, at: DateTime<Utc>, delivery: &str, job: &str) {
        let is_full = self.order.len() >= MAX_COUNT;
        let mut surplus = usize::from(is_full);
        while let Some((old, delivery)) = self.order.pop_front_if(|(old, _)| surplus > 0 || is_over(*old, at)) {
            surplus = 0;
            // Unless it came again since.
            if self.jobs.get(&delivery).is_some_and(|(last, _)| *last == old) {
                self.jobs.remove(&delivery);
            }
        }
        self.order.push_back((at, delivery.to_owned()));
        self.jobs.insert(delivery.to_owned(), (at, job.to_owned()));
    }

    /// The job that does the work of a delivery.
    pub fn job_of(&self, delivery: &str, now: DateTime<Utc>) -> Option<&str> {
        let (at, job) = self.jobs.get(delivery)?;
        (!is_over(*at, now)).then_some(job)
    }
}

/// Also of one that came later than it is now: the clock was set back since, and nobody knows how long ago that was.
fn is_over(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(at).abs() >= WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_known_for_ten_minutes_after_it_came_last_among_any_number_of_others() {
        let minute = |n| DateTime::UNIX_EPOCH + TimeDelta::minutes(n);
        let mut recent = RecentDeliveries::default();
        recent.add(minute(0), "a", "job a");
        recent.add(minute(1), "b", "job b");
        (0..1_000).for_each(|n| recent.add(minute(2), &n.to_string(), "job"));
        assert_eq!((recent.job_of("a", minute(9)), recent.job_of("a", minute(10))), (Some("job a"), None));
        recent.add(minute(9), "a", "job a again");
        recent.add(minute(11), "c", "job c");
        assert_eq!(recent.job_of("a", minute(18)), Some("job a again"));
        assert_eq!(recent.job_of("b", minute(18)), None);
        assert_eq!(recent.job_of("a", minute(-60)), None, "a clock that was set back by an hour");
        recent.add(minute(30), "d", "job d");
        assert_eq!((recent.jobs.len(), recent.order.len()), (1, 1), "what is over is forgotten");
    }
}
