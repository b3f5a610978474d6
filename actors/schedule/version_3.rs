//! What Posterizarr 3.x writes into `scheduler.json`: an entry with a `frequency`, which is daily, weekly, monthly or an interval.
//!
//! Weekly and monthly mean what 3.x's scheduler made of them: the day of the month, the month and the weekday must all fit, and a
//! day that a month lacks is left out. An interval is counted from a Monday long ago, at the entry's time: 3.x counted from the
//! day of its own last start, so that every seven hours was another grid after each restart.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde_json::Value;

use super::fault::EntryError;
use super::recurrence::{Rule, Step, parse_time};

/// A Monday before all entries.
const ANCHOR: NaiveDate = match NaiveDate::from_ymd_opt(2024, 1, 1) {
    Some(monday) => monday,
    None => NaiveDate::MIN,
};
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const A_DAY: i64 = 24 * 60 * 60;

/// The fields by which two entries of one time differ.
pub const FIELDS: [&str; 10] = [
    "mode",
    "frequency",
    "day_of_week",
    "day",
    "month",
    "interval_value",
    "interval_unit",
    "library",
    "force_replace",
    "revert",
];

/// The rule of an entry with a `frequency`; none for an entry without one.
///
/// # Errors
/// What cannot be understood: such an entry never fires, rather than at other times than it says.
pub fn rule(entry: &Value) -> Option<Result<Rule, EntryError>> {
    let frequency = word(entry, "frequency")?;
    let time = entry.get("time").and_then(Value::as_str).unwrap_or_default();
    let Some(at) = parse_time(time) else { return Some(Err(EntryError::Time { time: time.to_owned() })) };
    Some(match frequency.as_str() {
        "daily" => Rule::daily(time, &[]),
        "weekly" => weekdays(&field(entry, "day_of_week")).map(|days| Rule::at_on(at, &days)),
        "monthly" => monthly(entry, at),
        "interval" => step(entry).map(|step| Rule::Every { at, step }),
        other => Err(EntryError::Frequency { value: other.to_owned() }),
    })
}

/// What 3.x adds to the name of an entry's timer: nothing for a daily one.
pub fn name(entry: &Value) -> Option<String> {
    let time = entry.get("time").and_then(Value::as_str).unwrap_or_default();
    Some(match word(entry, "frequency")?.as_str() {
        "weekly" => format!("(Weekly) @ {time}"),
        "monthly" => format!("(Monthly) @ {time}"),
        "interval" => {
            let (value, unit) = (word(entry, "interval_value"), word(entry, "interval_unit"));
            let (value, unit) = (value.as_deref().unwrap_or("1"), unit.as_deref().unwrap_or("hours"));
            format!("(Every {value} {unit} starting @ {time})")
        }
        _ => format!("@ {time}"),
    })
}

/// A value as 3.x may have written it, a text or a number, in lower case; none where it is absent or empty.
fn word(entry: &Value, key: &str) -> Option<String> {
    let text = match entry.get(key)? {
        Value::String(text) => text.trim().to_lowercase(),
        Value::Number(number) => number.to_string(),
        Value::Null => return None,
        other => other.to_string(),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The same for fields of which absence means everything.
fn field(entry: &Value, key: &str) -> String {
    word(entry, key).unwrap_or_else(|| "*".to_owned())
}

/// The weekdays of a list such as `mon`, `mon,thu`, `mon-fri` or `0-4` (0 is Monday); empty for `*`, which is every day.
fn weekdays(list: &str) -> Result<Vec<String>, EntryError> {
    if list == "*" {
        return Ok(Vec::new());
    }
    let wrong = || EntryError::Weekdays { value: list.to_owned() };
    let place = |day: &str| {
        let number = day.parse::<usize>().ok().filter(|number| *number < WEEKDAYS.len());
        number.or_else(|| WEEKDAYS.iter().position(|known| *known == day)).ok_or_else(wrong)
    };
    let mut days = Vec::new();
    for part in list.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (place(from.trim())?, place(to.trim())?);
        if from > to {
            return Err(wrong());
        }
        days.extend(WEEKDAYS.iter().skip(from).take(to - from + 1).map(|day| (*day).to_owned()));
    }
    Ok(days)
}

fn monthly(entry: &Value, at: NaiveTime) -> Result<Rule, EntryError> {
    let (day, month) = (field(entry, "day"), field(entry, "month"));
    let days = weekdays(&field(entry, "day_of_week"))?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || b"*,-/".contains(&byte));
    let day_of_month = if day == "last" { "L".to_owned() } else { day.clone() };
    if day != "last" && !is_plain(&day) {
        return Err(EntryError::DayOfMonth { value: day });
    }
    if !month.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*,-/".contains(&byte)) {
        return Err(EntryError::Month { value: month });
    }
    let of_week = if days.is_empty() { "*".to_owned() } else { days.join(",") };
    Rule::all_of(at, &day_of_month, &month, &of_week)
        .map_err(|_| EntryError::NoSuchDay { value: format!("{day} {month}") })
}

fn step(entry: &Value) -> Result<Step, EntryError> {
    let value = word(entry, "interval_value").unwrap_or_else(|| "1".to_owned());
    let count = value.parse::<u32>().ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| EntryError::Interval { value: value.clone() })?;
    let unit = word(entry, "interval_unit").unwrap_or_else(|| "hours".to_owned());
    let elapsed = |seconds: i64| TimeDelta::try_seconds(seconds * i64::from(count)).unwrap_or(TimeDelta::MAX);
    match unit.as_str() {
        "weeks" => Ok(Step::Days { every: count.saturating_mul(7), from: ANCHOR }),
        "days" => Ok(Step::Days { every: count, from: ANCHOR }),
        "hours" if A_DAY % elapsed(60 * 60).num_seconds() == 0 => Ok(Step::HoursOfDay(count)),
        "hours" => Ok(Step::Elapsed { every: elapsed(60 * 60), from: ANCHOR }),
        "minutes" => Ok(Step::Elapsed { every: elapsed(60), from: ANCHOR }),
        "seconds" if count >= 60 => Ok(Step::Elapsed { every: elapsed(1), from: ANCHOR }),
        "seconds" => Err(EntryError::TooOften { value }),
        _ => Err(EntryError::Unit { value: unit }),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeZone, Utc};
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    /// The first fires from the beginning of 2026 on, as local dates and times.
    fn fires(entry: &Value, zone: &str, count: usize) -> String {
        let zone: Tz = zone.parse().unwrap();
        let begin = zone.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap().to_utc();
        let rule = rule(entry).unwrap().unwrap_or_else(|error| panic!("{entry}: {error}"));
        let found = rule.between(zone, begin, begin + TimeDelta::days(400), count);
        found.iter().map(|fire| fire.format("%m-%d %H:%M").to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn entries_of_version_3_fire_when_3_would_fire_them() {
        for (entry, expected) in [
            (
                json!({"time": "03:00", "frequency": "daily", "day_of_week": "mon"}),
                "01-01 03:00 01-02 03:00 01-03 03:00",
            ),
            (
                json!({"time": "03:00", "frequency": "weekly", "day_of_week": "mon"}),
                "01-05 03:00 01-12 03:00 01-19 03:00",
            ),
            (
                json!({"time": "3:00", "frequency": "Weekly", "day_of_week": "0,sat-sun"}),
                "01-03 03:00 01-04 03:00 01-05 03:00",
            ),
            (
                json!({"time": "03:00", "frequency": "weekly", "day_of_week": "*"}),
                "01-01 03:00 01-02 03:00 01-03 03:00",
            ),
            (json!({"time": "03:00", "frequency": "monthly", "day": 31}), "01-31 03:00 03-31 03:00 05-31 03:00"),
            (
                json!({"time": "03:00", "frequency": "monthly", "day": "1,15", "month": "*", "day_of_week": "*"}),
                "01-01 03:00 01-15 03:00 02-01 03:00",
            ),
            (json!({"time": "03:00", "frequency": "monthly", "day": "last"}), "01-31 03:00 02-28 03:00 03-31 03:00"),
            (
                json!({"time": "03:00", "frequency": "monthly", "day": "1", "month": "jan,7"}),
                "01-01 03:00 07-01 03:00 01-01 03:00",
            ),
            // All three must fit: the first of a month, where it is a Sunday.
            (
                json!({"time": "03:00", "frequency": "monthly", "day": "1", "day_of_week": "sun"}),
                "02-01 03:00 03-01 03:00 11-01 03:00",
            ),
            (
                json!({"time": "04:00", "frequency": "interval", "interval_value": 6}),
                "01-01 04:00 01-01 10:00 01-01 16:00",
            ),
            (
                json!({"time": "04:00", "frequency": "interval", "interval_value": "2", "interval_unit": "days"}),
                "01-02 04:00 01-04 04:00 01-06 04:00",
            ),
            // 1 January 2024 was a Monday.
            (
                json!({"time": "04:00", "frequency": "interval", "interval_value": 2, "interval_unit": "weeks"}),
                "01-12 04:00 01-26 04:00 02-09 04:00",
            ),
        ] {
            assert_eq!(fires(&entry, "Europe/Berlin", 3), expected, "{entry}");
        }
    }

    #[test]
    fn an_interval_goes_on_where_it_was_whenever_it_is_looked_at() {
        let entry = json!({"time": "04:00", "frequency": "interval", "interval_value": 7, "interval_unit": "hours"});
        let (rule, zone) = (rule(&entry).unwrap().unwrap(), Tz::Europe__Berlin);
        let begin = zone.with_ymd_and_hms(2026, 3, 28, 0, 0, 0).unwrap().to_utc();
        let grid = rule.between(zone, begin, begin + TimeDelta::days(3), 100);
        assert!(grid.windows(2).all(|pair| pair[1] - pair[0] == TimeDelta::hours(7)), "{grid:?}");
        for later in [1, 5, 13, 40] {
            let from: DateTime<Utc> = begin + TimeDelta::hours(later);
            let next = rule.next_after(zone, from).unwrap();
            assert!(grid.contains(&next), "a restart after {later} hours moves nothing");
        }
    }

    #[test]
    fn intervals_within_a_day_keep_their_times_over_both_clock_changes() {
        let entry = json!({"time": "02:30", "frequency": "interval", "interval_value": 12, "interval_unit": "hours"});
        let rule = rule(&entry).unwrap().unwrap();
        let on = |day: &str| {
            let zone = Tz::Europe__Berlin;
            let from = zone.from_local_datetime(&format!("{day}T00:00:00").parse().unwrap()).unwrap().to_utc();
            let found = rule.between(zone, from, from + TimeDelta::hours(22), 9);
            found.iter().map(|fire| fire.format("%H:%M").to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((on("2026-03-29").as_str(), on("2026-10-25").as_str()), ("03:00 14:30", "02:30 14:30"));
    }

    #[test]
    fn what_cannot_be_understood_never_fires_and_says_why() {
        for (entry, reason) in [
            (json!({"time": "99:99", "frequency": "daily"}), "Invalid time format '99:99'"),
            (json!({"time": "03:00", "frequency": "yearly"}), "frequency 'yearly'"),
            (json!({"time": "03:00", "frequency": "weekly", "day_of_week": "someday"}), "day_of_week 'someday'"),
            (json!({"time": "03:00", "frequency": "weekly", "day_of_week": "sun-mon"}), "day_of_week 'sun-mon'"),
            (json!({"time": "03:00", "frequency": "monthly", "day": "2nd fri"}), "day '2nd fri'"),
            (json!({"time": "03:00", "frequency": "monthly", "day": 31, "month": 2}), "there is no such day"),
            (json!({"time": "03:00", "frequency": "interval", "interval_value": 0}), "interval_value '0'"),
            (json!({"time": "03:00", "frequency": "interval", "interval_unit": "moons"}), "interval_unit 'moons'"),
            (json!({"time": "03:00", "frequency": "interval", "interval_unit": "seconds"}), "at most once a minute"),
        ] {
            let error = rule(&entry).unwrap().unwrap_err().to_string();
            assert!(error.contains(reason), "{entry}: {error}");
        }
        assert!(rule(&json!({"time": "03:00", "frequency": null})).is_none(), "an entry of before version 3");
    }
}
