//! The fires to come.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use super::messages::{ScheduleError, Timer};
use super::timetable::{self, Entry, Timetable, with_offset};

/// Fires that are shown ahead.
pub const AHEAD: usize = 5;

/// The timers of these entries, soonest first.
pub fn timers(entries: &[Entry], zone: Tz, now: DateTime<Utc>) -> Vec<Timer> {
    let ahead = |entry: &Entry| {
        std::iter::successors(entry.rule.next_after(zone, now), |fire| entry.rule.next_after(zone, fire.to_utc()))
            .take(AHEAD)
            .collect::<Vec<_>>()
    };
    let mut timers: Vec<_> = entries.iter().map(|entry| (ahead(entry), entry)).collect();
    timers.sort_by_key(|(fires, entry)| (fires.first().copied(), entry.index));
    timers
        .into_iter()
        .map(|(fires, entry)| {
            let mut fires = fires.into_iter().map(with_offset);
            Timer {
                id: entry.id(),
                entry: entry.index,
                name: entry.name.clone(),
                mode: entry.request.mode(),
                next_run: fires.next(),
                following: fires.collect(),
            }
        })
        .collect()
}

/// Fires a rule would have: for the preview of a schedule that is not stored.
pub fn preview(entry: Value, timezone: &str, now: DateTime<Utc>) -> Result<Vec<String>, ScheduleError> {
    let zone = timetable::zone(timezone).ok_or_else(|| ScheduleError::Zone(timezone.to_owned()))?;
    let mut table = Timetable::default();
    table.add(entry)?;
    let timers = timers(&table.entries(), zone, now);
    Ok(timers.into_iter().flat_map(|timer| timer.next_run.into_iter().chain(timer.following)).collect())
}
