//! Which fires are due: pure decisions over the time that passed since the last look.
//!
//! The *horizon* is the instant up to which every fire has been decided. At each look the fires between horizon and now are
//! decided once, whatever happened to the clock in between, so that a sleep, a jump or a downtime neither loses nor
//! doubles one.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::timetable::Entry;

/// A fire noticed within this time after its instant is on time.
pub const ON_TIME: TimeDelta = TimeDelta::seconds(60);
/// A clock further back than this behind the horizon was set wrong before; the horizon follows it. Shorter than a day: a
/// clock that is set back by a day must not cost the next night's run.
const MAX_STEP_BACK: TimeDelta = TimeDelta::hours(6);
/// Missed fires of one entry that are recorded one by one.
const MISSED_LISTED: usize = 50;

/// What is done about a fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FireVerdict {
    /// It is time.
    OnTime,
    /// It is late, but inside the grace window and the latest of its entry: it is made up for.
    CatchUp,
    /// It is too late, or a later fire of the same entry stands for it.
    Missed,
}

/// A fire to decide on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The entry's place in the file.
    pub index: usize,
    /// The instant it was meant for.
    pub at: DateTime<Tz>,
    /// What is done about it.
    pub verdict: FireVerdict,
}

/// The fires after `horizon` up to `now`, oldest first.
pub fn due(entries: &[Entry], zone: Tz, horizon: DateTime<Utc>, now: DateTime<Utc>, grace: TimeDelta) -> Vec<Due> {
    let mut due: Vec<_> = entries.iter().flat_map(|entry| due_of(entry, zone, horizon, now, grace)).collect();
    due.sort_by_key(|fire| (fire.at, fire.index));
    due
}

fn due_of(entry: &Entry, zone: Tz, horizon: DateTime<Utc>, now: DateTime<Utc>, grace: TimeDelta) -> Vec<Due> {
    // Fires older than the grace window can only be missed; a bounded number of the newest is enough to tell about them.
    let recent = horizon.max(now - grace - ON_TIME);
    let fires = entry.rule.between(zone, recent, now, usize::MAX);
    let older = entry.rule.between(zone, horizon, recent, MISSED_LISTED);
    let latest = fires.last().copied();
    older
        .into_iter()
        .chain(fires)
        .map(|at| {
            let late = now.signed_duration_since(at);
            let verdict = if Some(at) != latest || late > grace.max(ON_TIME) {
                FireVerdict::Missed
            } else if late <= ON_TIME {
                FireVerdict::OnTime
            } else {
                FireVerdict::CatchUp
            };
            Due { index: entry.index, at, verdict }
        })
        .collect()
}

/// Whether the clock was set back so far that fires which were decided come again.
pub fn begins_anew(horizon: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    horizon - now > MAX_STEP_BACK
}

/// The horizon after a look at `now`. A clock that stepped back a little does not bring fires back that were decided.
pub fn advance(horizon: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    if begins_anew(horizon, now) { now } else { horizon.max(now) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::RunRequest;
    use crate::schedule::recurrence::Rule;

    fn utc(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn entry(index: usize, rule: Rule) -> Entry {
        Entry { index, time: String::new(), name: String::new(), rule, request: RunRequest::scheduled() }
    }

    fn daily(time: &str) -> Entry {
        entry(0, Rule::daily(time, &[]).unwrap())
    }

    fn verdicts(entry: Entry, horizon: &str, now: &str) -> Vec<FireVerdict> {
        let fires = due(&[entry], Tz::UTC, utc(horizon), utc(now), TimeDelta::hours(1));
        fires.into_iter().map(|fire| fire.verdict).collect()
    }

    #[test]
    fn a_fire_is_on_time_made_up_for_or_missed() {
        use FireVerdict::{CatchUp, Missed, OnTime};
        let table: [(&str, &str, &[FireVerdict]); 6] = [
            ("2026-05-01T02:59:00Z", "2026-05-01T02:59:59Z", &[]),
            ("2026-05-01T02:59:00Z", "2026-05-01T03:00:00Z", &[OnTime]),
            ("2026-05-01T02:59:00Z", "2026-05-01T03:00:59Z", &[OnTime]),
            ("2026-05-01T02:59:00Z", "2026-05-01T03:40:00Z", &[CatchUp]),
            ("2026-05-01T02:59:00Z", "2026-05-01T04:00:01Z", &[Missed]),
            // Three days down, back half an hour after a fire: two missed, one made up for.
            ("2026-04-28T12:00:00Z", "2026-05-01T03:30:00Z", &[Missed, Missed, CatchUp]),
        ];
        for (horizon, now, expected) in table {
            assert_eq!(verdicts(daily("03:00"), horizon, now), expected, "{horizon} → {now}");
        }
    }

    #[test]
    fn of_a_dense_rule_only_the_latest_fire_is_made_up_for() {
        use FireVerdict::{CatchUp, Missed};
        let dense = entry(0, Rule::cron("*/15 * * * *").unwrap());
        assert_eq!(verdicts(dense, "2026-05-01T03:01:00Z", "2026-05-01T03:50:00Z"), [Missed, Missed, CatchUp]);
    }

    #[test]
    fn a_clock_that_steps_back_does_not_fire_again() {
        let horizon = advance(utc("2026-05-01T02:59:00Z"), utc("2026-05-01T03:00:10Z"));
        // Three hours back: 03:00 comes again on the wall, but was decided.
        let back = utc("2026-05-01T00:00:10Z");
        let horizon = advance(horizon, back);
        let again = due(&[daily("03:00")], Tz::UTC, horizon, utc("2026-05-01T03:00:05Z"), TimeDelta::hours(1));
        assert_eq!(again, []);
        // A day or a year back means the clock was wrong before.
        assert_eq!(advance(horizon, utc("2026-04-30T03:00:20Z")), utc("2026-04-30T03:00:20Z"));
        assert_eq!(advance(horizon, utc("2025-05-01T00:00:00Z")), utc("2025-05-01T00:00:00Z"));
    }

    #[test]
    fn a_clock_that_jumps_three_hours_ahead_makes_up_for_what_is_inside_the_window() {
        assert_eq!(verdicts(daily("03:00"), "2026-05-01T00:30:00Z", "2026-05-01T03:30:00Z"), [FireVerdict::CatchUp]);
        assert_eq!(verdicts(daily("01:00"), "2026-05-01T00:30:00Z", "2026-05-01T03:30:00Z"), [FireVerdict::Missed]);
    }

    #[test]
    fn in_a_simulated_year_of_looks_every_fire_is_decided_exactly_once() {
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"] {
            let zone: Tz = zone.parse().unwrap();
            let entries = [daily("02:30"), entry(1, Rule::daily("14:00", &[]).unwrap())];
            let (mut horizon, end) = (utc("2026-01-01T12:00:00Z"), utc("2027-01-01T12:00:00Z"));
            let mut fired = Vec::new();
            let mut now = horizon;
            while now < end {
                now += TimeDelta::minutes(31);
                fired.extend(due(&entries, zone, horizon, now, TimeDelta::hours(1)));
                horizon = advance(horizon, now);
            }
            assert!(fired.iter().all(|fire| fire.verdict != FireVerdict::Missed));
            assert_eq!(fired.len(), 2 * 365, "{zone}");
            fired.dedup();
            assert_eq!(fired.len(), 2 * 365, "{zone}");
        }
    }
}
