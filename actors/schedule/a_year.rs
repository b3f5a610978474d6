//! A `scheduler.json` of Posterizarr 3.x over a whole year in three zones, fire by fire against a model of what 3.x does with it.
//!
//! The model goes through the days and asks of each whether it fits; it shares no code with [`super::recurrence`]. For daily,
//! weekly and monthly entries it gave the very instants of the triggers of APScheduler 3.11, with which 3.x works, for 2026 in
//! these zones. Three things are otherwise here on purpose, so that the entries keep away from them: at a time that the change of
//! the clocks leaves out APScheduler fires half an hour or an hour late, at one that it doubles again and again; and 3.x counts
//! intervals as elapsed time from the day of its last start, where here they go on where they were and keep their times of day.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::due::{advance, due};
use super::timetable::Timetable;

const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
/// How far the clock goes between two looks: as on a machine that sleeps most of the time.
const LOOK: TimeDelta = TimeDelta::minutes(47);

fn days_since(date: NaiveDate) -> i64 {
    (date - monday_of_2024()).num_days()
}

/// When an entry fires, as the model sees it.
enum Model {
    /// On the days that fit, at these times.
    Days(fn(NaiveDate) -> bool, &'static [&'static str]),
    /// Counted in hours from the first Monday of 2024, at this time.
    Hours(i64, &'static str),
}

fn monday_of_2024() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap()
}

/// Each entry, with every field that 3.x writes.
fn entries() -> Vec<(Value, Model)> {
    let entry = |time: &str, frequency: &str, change: Value| {
        let mut entry = json!({"time": time, "description": "", "mode": "normal", "frequency": frequency, "day_of_week": "*",
            "day": "*", "month": "*", "interval_value": 1, "interval_unit": "hours"});
        entry.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        entry
    };
    let every =
        |time, value: Value, unit| entry(time, "interval", json!({"interval_value": value, "interval_unit": unit}));
    vec![
        // Daily ignores the three other fields.
        (entry("03:30", "daily", json!({"day_of_week": "mon", "day": "1"})), Model::Days(|_| true, &["03:30"])),
        (
            entry("04:00", "weekly", json!({"day_of_week": "mon,sat-sun", "mode": "backup"})),
            Model::Days(|date| [Weekday::Mon, Weekday::Sat, Weekday::Sun].contains(&date.weekday()), &["04:00"]),
        ),
        (entry("04:15", "monthly", json!({"day": 31})), Model::Days(|date| date.day() == 31, &["04:15"])),
        (
            entry(
                "22:45",
                "monthly",
                json!({"day": "1,15", "month": "jan,7", "mode": "logoupdater", "library": "all"}),
            ),
            Model::Days(|date| [1, 15].contains(&date.day()) && [1, 7].contains(&date.month()), &["22:45"]),
        ),
        (
            entry("00:00", "monthly", json!({"day": "1-7", "day_of_week": "sun", "mode": "syncjelly"})),
            Model::Days(|date| date.day() < 8 && date.weekday() == Weekday::Sun, &["00:00"]),
        ),
        (
            entry("23:59", "monthly", json!({"day": "last"})),
            Model::Days(|date| (date + Days::new(1)).day() == 1, &["23:59"]),
        ),
        (every("05:10", json!(6), "hours"), Model::Days(|_| true, &["05:10", "11:10", "17:10", "23:10"])),
        (every("05:20", json!("2"), "days"), Model::Days(|date| days_since(date) % 2 == 0, &["05:20"])),
        (every("05:30", json!(2), "weeks"), Model::Days(|date| days_since(date) % 14 == 0, &["05:30"])),
        (every("05:40", json!(7), "hours"), Model::Hours(7, "05:40")),
    ]
}

impl Model {
    /// The fires of a year.
    fn fires(&self, zone: Tz, (begin, end): (DateTime<Utc>, DateTime<Utc>)) -> Vec<DateTime<Utc>> {
        let at = |date: NaiveDate, time: &str| {
            let time: NaiveTime = format!("{time}:00").parse().unwrap();
            zone.from_local_datetime(&date.and_time(time)).single().expect("a time that is there once").to_utc()
        };
        match self {
            Self::Days(fits, times) => {
                let first = begin.with_timezone(&zone).date_naive();
                let days = first.iter_days().take(366).filter(|date| fits(*date));
                let fires = days.flat_map(|date| times.iter().map(move |time| at(date, time)));
                fires.filter(|fire| *fire > begin && *fire <= end).collect()
            }
            Self::Hours(hours, time) => {
                let start = at(monday_of_2024(), time);
                let fires = (0..).map(|count| start + TimeDelta::hours(hours * count));
                fires.skip_while(|fire| *fire <= begin).take_while(|fire| *fire <= end).collect()
            }
        }
    }
}

#[test]
fn a_timetable_of_version_3_fires_on_the_instants_of_version_3_for_a_year_in_three_zones() {
    let (file, models): (Vec<_>, Vec<_>) = entries().into_iter().unzip();
    let written = json!({"enabled": true, "skip_if_running": true, "schedules": file}).to_string();
    let timetable = Timetable::parse(&written).unwrap();
    let entries = timetable.entries();
    assert_eq!((entries.len(), timetable.idle().len()), (models.len(), 0), "each of them fires");
    for name in ZONES {
        let zone: Tz = name.parse().unwrap();
        let at = |year| zone.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap().to_utc() - TimeDelta::seconds(1);
        let (begin, end) = (at(2026), at(2027));
        let mut fired: BTreeMap<usize, Vec<DateTime<Utc>>> = BTreeMap::new();
        let mut horizon = begin;
        while horizon < end {
            let now = (horizon + LOOK).min(end);
            for fire in due(&entries, zone, horizon, now, TimeDelta::hours(1)) {
                fired.entry(fire.index).or_default().push(fire.at.to_utc());
            }
            horizon = advance(horizon, now);
        }
        for (index, model) in models.iter().enumerate() {
            let expected = model.fires(zone, (begin, end));
            assert!(!expected.is_empty());
            let fired = fired.remove(&index).unwrap_or_default();
            let odd = fired.iter().zip(&expected).find(|(fired, expected)| fired != expected);
            assert_eq!((odd, fired.len()), (None, expected.len()), "{name}: {}", file[index]);
        }
        assert!(fired.is_empty());
    }
}
