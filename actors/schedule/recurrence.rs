//! When a schedule fires: pure rules over time zones, no clock.
//!
//! A daily time that does not exist on the day the clocks go forward fires at the first instant after the gap; one that
//! comes twice fires at its first occurrence only. Cron expressions that name their hours follow the same two rules for each
//! of their times; times that fall together after a gap are one fire. An expression for every hour goes by elapsed time: an
//! hour that does not exist is left out, and one that comes twice counts twice.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::CronParser;

use super::fault::EntryError;

/// The longest gap or pattern distance that is searched for a daily rule: any weekday set fires within eight days.
const DAYS_SEARCHED: u64 = 9;
/// The longest gap in a zone's local time is a skipped day (Samoa, 2011).
const GAP_MINUTES: i64 = 24 * 60 + 1;

/// When something fires.
#[derive(Debug, Clone)]
pub enum Rule {
    /// At a time of day, on some weekdays.
    Daily {
        at: NaiveTime,
        /// The weekdays; empty means every day.
        days: Vec<Weekday>,
    },
    /// Again and again, counted from a day, at a time of day.
    Every {
        /// The time on the day from which is counted.
        at: NaiveTime,
        /// How far apart.
        step: Step,
    },
    /// By a cron expression of five fields, or six with seconds.
    Cron {
        cron: Box<Cron>,
        /// Whether it is for every hour.
        hourly: bool,
    },
}

/// How far apart the fires of an interval are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many days, by the calendar.
    Days {
        /// At least 1.
        every: u32,
        /// The day from which is counted.
        from: NaiveDate,
    },
    /// So many hours, which divide a day: the same times on each day, whatever the clocks do.
    HoursOfDay(u32),
    /// Elapsed time.
    Elapsed {
        /// At least a minute.
        every: TimeDelta,
        /// The day from which is counted.
        from: NaiveDate,
    },
}

impl Rule {
    /// A daily rule from a time such as `03:05` and weekday names.
    pub fn daily(time: &str, days: &[String]) -> Result<Self, EntryError> {
        let at = parse_time(time).ok_or_else(|| EntryError::Time { time: time.to_owned() })?;
        let days = days
            .iter()
            .map(|day| day.parse().map_err(|_| EntryError::Day { day: day.clone() }))
            .collect::<Result<_, _>>()?;
        Ok(Self::Daily { at, days })
    }

    /// A rule from a cron expression. One that can never fire (30 February) is refused.
    pub fn cron(expression: &str) -> Result<Self, EntryError> {
        let refuse = |reason: String| EntryError::Cron { expression: expression.to_owned(), reason };
        let cron = CronParser::new().parse(expression.trim()).map_err(|error| refuse(error.to_string()))?;
        cron.find_next_occurrence(&Utc::now(), false).map_err(|_| refuse("it never fires".to_owned()))?;
        Ok(Self::Cron { cron: Box::new(cron), hourly: is_hourly(expression) })
    }

    /// A daily rule on some weekdays; on all where none is named.
    pub fn at_on(at: NaiveTime, days: &[String]) -> Self {
        Self::Daily { at, days: days.iter().filter_map(|day| day.parse().ok()).collect() }
    }

    /// A rule for days that fit in all of three fields of a cron expression: day of the month, month and weekday.
    pub fn all_of(at: NaiveTime, day: &str, month: &str, weekday: &str) -> Result<Self, EntryError> {
        let expression = format!("{} {} {day} {month} {weekday}", at.minute(), at.hour());
        let refuse = |reason: String| EntryError::Cron { expression: expression.clone(), reason };
        let parser = CronParser::builder().dom_and_dow(true).build();
        let cron = parser.parse(&expression).map_err(|error| refuse(error.to_string()))?;
        cron.find_next_occurrence(&Utc::now(), false).map_err(|_| refuse("it never fires".to_owned()))?;
        Ok(Self::Cron { cron: Box::new(cron), hourly: false })
    }

    /// The first fire strictly after `after`. None only for a rule that never fires again.
    pub fn next_after(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Tz>> {
        let local = after.with_timezone(&zone);
        match self {
            Self::Daily { at, days } => (0..DAYS_SEARCHED)
                .filter_map(|ahead| {
                    local.date_naive().checked_sub_days(Days::new(1))?.checked_add_days(Days::new(ahead))
                })
                .filter(|date| days.is_empty() || days.contains(&date.weekday()))
                .filter_map(|date| instant(zone, date, *at))
                .find(|fire| *fire > local),
            Self::Every { at, step } => step.next_after(zone, *at, local),
            Self::Cron { cron, hourly: true } => cron.find_next_occurrence(&local, false).ok(),
            // What the clock on the wall shows, taken for UTC, knows neither gaps nor overlaps.
            Self::Cron { cron, .. } => {
                let next = |shown: &DateTime<Utc>| cron.find_next_occurrence(shown, false).ok();
                std::iter::successors(next(&local.naive_local().and_utc()), next)
                    .filter_map(|shown| instant(zone, shown.date_naive(), shown.time()))
                    .find(|fire| *fire > local)
            }
        }
    }

    /// Every fire after `from` up to and including `to`, at most `limit`, oldest first.
    pub fn between(&self, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>, limit: usize) -> Vec<DateTime<Tz>> {
        std::iter::successors(self.next_after(zone, from), |fire| self.next_after(zone, fire.to_utc()))
            .take_while(|fire| *fire <= to)
            .take(limit)
            .collect()
    }
}

impl Step {
    fn next_after(self, zone: Tz, at: NaiveTime, after: DateTime<Tz>) -> Option<DateTime<Tz>> {
        let day_before = after.date_naive().checked_sub_days(Days::new(1))?;
        match self {
            Self::Days { every, from } => {
                let every = i64::from(every.max(1));
                let passed = (day_before - from).num_days().div_euclid(every) * every;
                let days =
                    (0..4).filter_map(|step| from.checked_add_signed(TimeDelta::try_days(passed + step * every)?));
                days.filter_map(|day| instant(zone, day, at)).find(|fire| *fire > after)
            }
            Self::HoursOfDay(hours) => {
                let mut times: Vec<NaiveTime> =
                    (0..24).step_by(hours.max(1) as usize).map(|hour| at + TimeDelta::hours(hour)).collect();
                times.sort();
                let days = (0..DAYS_SEARCHED).filter_map(|ahead| day_before.checked_add_days(Days::new(ahead)));
                let fires = days.flat_map(|day| times.iter().map(move |time| (day, *time)));
                fires.filter_map(|(day, time)| instant(zone, day, time)).find(|fire| *fire > after)
            }
            Self::Elapsed { every, from } => {
                let begin = instant(zone, from, at)?;
                let every = every.num_seconds().max(1);
                let passed = (after - begin).num_seconds().div_euclid(every) + 1;
                begin.checked_add_signed(TimeDelta::try_seconds(passed.checked_mul(every)?)?)
            }
        }
    }
}

/// Whether a cron expression is for every hour, or every minute.
fn is_hourly(expression: &str) -> bool {
    let fields: Vec<_> = expression.split_whitespace().collect();
    match fields.as_slice() {
        [nickname] => nickname.eq_ignore_ascii_case("@hourly"),
        // With seconds there is one more before the hour.
        [_, hour, _, _, _] | [_, _, hour, _, _, _, ..] => ["*", "*/1", "?", "0-23"].contains(hour),
        _ => false,
    }
}

/// The instant of a local date and time: the first of two, or the first after a gap.
fn instant(zone: Tz, date: NaiveDate, at: NaiveTime) -> Option<DateTime<Tz>> {
    let wanted = date.and_time(at);
    (0..GAP_MINUTES).find_map(|minutes| {
        let tried = wanted.checked_add_signed(TimeDelta::minutes(minutes))?;
        zone.from_local_datetime(&tried).earliest()
    })
}

/// Reads a time of day as leniently as upstream does: exactly one colon, whole numbers on both sides.
pub fn parse_time(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once(':')?;
    NaiveTime::from_hms_opt(parse_number(hour)?, parse_number(minute)?, 0)
}

/// Digits with single underscores between them, a plus sign before and spaces around.
fn parse_number(text: &str) -> Option<u32> {
    let digits = text.trim().trim_start_matches('+');
    let parts: Vec<_> = digits.split('_').collect();
    let sound = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if sound { parts.concat().parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn next(rule: &Rule, zone: &str, after: &str) -> String {
        rule.next_after(zone.parse().unwrap(), utc(after)).unwrap().to_rfc3339()
    }

    #[test]
    fn times_are_read_as_leniently_as_upstream() {
        for good in ["03:05", "3:5", " 3:5", "+3:05", "03: 05 ", "1_2:00", "0:0", "23:59"] {
            assert!(parse_time(good).is_some(), "{good:?}");
        }
        assert_eq!(parse_time("1_2:00"), NaiveTime::from_hms_opt(12, 0, 0));
        for bad in ["03:05:00", "3", "-1:00", "24:00", "23:60", "3.0:1", ":5", "a:b", "", "1__2:00", "_1:00", "1_:00"] {
            assert!(parse_time(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn daily_fires_over_zones_and_both_clock_changes_of_2026() {
        let table = [
            // zone, time, after, expected
            ("Europe/Berlin", "03:00", "2026-11-23T12:00:00Z", "2026-11-24T03:00:00+01:00"),
            ("Europe/Berlin", "03:00", "2026-11-24T01:59:59Z", "2026-11-24T03:00:00+01:00"),
            ("Europe/Berlin", "03:00", "2026-11-24T02:00:00Z", "2026-11-25T03:00:00+01:00"),
            // Forward on 29 March: 02:30 does not exist, the first instant after the gap is 03:00.
            ("Europe/Berlin", "02:30", "2026-03-28T12:00:00Z", "2026-03-29T03:00:00+02:00"),
            ("Europe/Berlin", "02:30", "2026-03-29T01:00:00Z", "2026-03-30T02:30:00+02:00"),
            // Back on 25 October: 02:30 comes twice, it fires once, at the first.
            ("Europe/Berlin", "02:30", "2026-10-24T12:00:00Z", "2026-10-25T02:30:00+02:00"),
            ("Europe/Berlin", "02:30", "2026-10-25T00:30:00Z", "2026-10-26T02:30:00+01:00"),
            ("America/New_York", "02:30", "2026-03-07T12:00:00Z", "2026-03-08T03:00:00-04:00"),
            ("America/New_York", "01:30", "2026-10-31T12:00:00Z", "2026-11-01T01:30:00-04:00"),
            ("America/New_York", "01:30", "2026-11-01T05:30:00Z", "2026-11-02T01:30:00-05:00"),
            // Lord Howe moves by half an hour: 02:15 on 4 October does not exist.
            ("Australia/Lord_Howe", "02:15", "2026-10-03T12:00:00Z", "2026-10-04T02:30:00+11:00"),
            ("Australia/Lord_Howe", "01:45", "2026-04-04T10:00:00Z", "2026-04-05T01:45:00+11:00"),
            ("Asia/Kolkata", "00:05", "2026-06-01T00:00:00Z", "2026-06-02T00:05:00+05:30"),
            ("UTC", "23:59", "2026-12-31T23:59:00Z", "2027-01-01T23:59:00+00:00"),
        ];
        for (zone, time, after, expected) in table {
            assert_eq!(next(&Rule::daily(time, &[]).unwrap(), zone, after), expected, "{zone} {time} after {after}");
        }
    }

    #[test]
    fn cron_keeps_the_two_rules_of_clock_changes() {
        let rule = Rule::cron("30 2 * * *").unwrap();
        assert_eq!(next(&rule, "America/New_York", "2026-03-07T12:00:00Z"), "2026-03-08T03:00:00-04:00");
        let rule = Rule::cron("30 1 * * *").unwrap();
        assert_eq!(next(&rule, "America/New_York", "2026-10-31T12:00:00Z"), "2026-11-01T01:30:00-04:00");
        assert_eq!(next(&rule, "America/New_York", "2026-11-01T05:30:00Z"), "2026-11-02T01:30:00-05:00");
    }

    #[test]
    fn cron_lists_and_steps_lose_nothing_in_a_gap_and_double_nothing_in_an_overlap() {
        let fires = |expression: &str, day: &str| {
            let zone: Tz = "Europe/Berlin".parse().unwrap();
            let from = zone.from_local_datetime(&format!("{day}T00:00:00").parse().unwrap()).unwrap().to_utc();
            // A day of 23 or 25 hours, up to four in the morning.
            let to = zone.from_local_datetime(&format!("{day}T04:00:00").parse().unwrap()).unwrap().to_utc();
            let found = Rule::cron(expression).unwrap().between(zone, from, to, 100);
            found.iter().map(|fire| fire.format("%H:%M%:::z").to_string()).collect::<Vec<_>>().join(" ")
        };
        let (gap, overlap) = ("2026-03-29", "2026-10-25");
        let table = [
            ("0,30 2 * * *", gap, "03:00+02"),
            ("*/30 2 * * *", gap, "03:00+02"),
            ("0 2,3 * * *", gap, "03:00+02"),
            ("15 1-3 * * *", gap, "01:15+01 03:00+02 03:15+02"),
            ("0 */2 * * *", gap, "03:00+02 04:00+02"),
            ("30 * * * *", gap, "00:30+01 01:30+01 03:30+02"),
            ("0,30 2 * * *", overlap, "02:00+02 02:30+02"),
            ("*/30 2 * * *", overlap, "02:00+02 02:30+02"),
            ("0 */2 * * *", overlap, "02:00+02 04:00+01"),
            ("30 * * * *", overlap, "00:30+02 01:30+02 02:30+02 02:30+01 03:30+01"),
            ("0 30 2 * * *", overlap, "02:30+02"),
        ];
        for (expression, day, expected) in table {
            assert_eq!(fires(expression, day), expected, "{expression} on {day}");
        }
    }

    #[test]
    fn weekdays_limit_a_daily_rule() {
        let rule = Rule::daily("04:00", &["mon".to_owned(), "Friday".to_owned()]).unwrap();
        // 23 November 2026 is a Monday.
        assert_eq!(next(&rule, "UTC", "2026-11-23T04:00:00Z"), "2026-11-27T04:00:00+00:00");
        assert_eq!(
            Rule::daily("04:00", &["someday".to_owned()]).unwrap_err(),
            EntryError::Day { day: "someday".to_owned() }
        );
    }

    #[test]
    fn rules_that_never_fire_or_make_no_sense_are_refused() {
        assert!(matches!(Rule::cron("0 0 31 2 *"), Err(EntryError::Cron { .. })));
        assert!(matches!(Rule::cron("soon"), Err(EntryError::Cron { .. })));
        let text = Rule::daily("25:00", &[]).unwrap_err().to_string();
        assert_eq!(text, "Invalid time format '25:00'. Must be HH:MM (00:00-23:59)");
    }

    #[test]
    fn in_a_whole_year_every_day_fires_exactly_once_in_every_zone() {
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"] {
            for time in ["00:00", "01:30", "02:15", "02:30", "03:00", "23:59"] {
                let zone: Tz = zone.parse().unwrap();
                let start = zone.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap().to_utc() - TimeDelta::seconds(1);
                let end = zone.with_ymd_and_hms(2027, 1, 1, 0, 0, 0).unwrap().to_utc() - TimeDelta::seconds(1);
                let fires = Rule::daily(time, &[]).unwrap().between(zone, start, end, 1000);
                let days: Vec<_> = fires.iter().map(DateTime::date_naive).collect();
                let all: Vec<_> = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().iter_days().take(365).collect();
                assert_eq!(days, all, "{zone} {time}");
            }
        }
    }
}
