//! When a schedule fires: pure rules over time zones, no clock.
//!
//! A daily time that does not exist on the day the clocks go forward fires at the first instant after the gap; one that
//! comes twice fires at its first occurrence only. Cron expressions follow the same two rules.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::CronParser;

/// The longest gap or pattern distance that is searched for a daily rule: any weekday set fires within eight days.
const DAYS_SEARCHED: u64 = 9;
/// The longest gap in a zone's local time is a skipped day (Samoa, 2011).
const GAP_MINUTES: i64 = 24 * 60 + 1;

/// When something fires.
#[derive(Debug, Clone)]
pub enum Rule {
    /// At a time of day, on some weekdays.
    Daily {
        /// The time.
        at: NaiveTime,
        /// The weekdays; empty means every day.
        days: Vec<Weekday>,
    },
    /// By a cron expression of five fields, or six with seconds.
    Cron(Box<Cron>),
}

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not a time of day. The text is upstream's.
    #[error("Invalid time format '{0}'. Must be HH:MM (00:00-23:59)")]
    Time(String),
    /// Not a cron expression, or one that never fires.
    #[error("invalid cron expression '{expression}': {reason}; use five fields such as '30 2 * * MON-FRI'")]
    Cron {
        /// What was given.
        expression: String,
        /// What the parser said.
        reason: String,
    },
    /// Not a weekday.
    #[error("invalid weekday '{0}'; use mon, tue, wed, thu, fri, sat or sun")]
    Day(String),
}

impl Rule {
    /// A daily rule from a time such as `03:05` and weekday names.
    pub fn daily(time: &str, days: &[String]) -> Result<Self, RuleError> {
        let at = parse_time(time).ok_or_else(|| RuleError::Time(time.to_owned()))?;
        let days =
            days.iter().map(|day| day.parse().map_err(|_| RuleError::Day(day.clone()))).collect::<Result<_, _>>()?;
        Ok(Self::Daily { at, days })
    }

    /// A rule from a cron expression. One that can never fire (30 February) is refused.
    pub fn cron(expression: &str) -> Result<Self, RuleError> {
        let refuse = |reason: String| RuleError::Cron { expression: expression.to_owned(), reason };
        let cron = CronParser::new().parse(expression.trim()).map_err(|error| refuse(error.to_string()))?;
        cron.find_next_occurrence(&Utc::now(), false).map_err(|_| refuse("it never fires".to_owned()))?;
        Ok(Self::Cron(Box::new(cron)))
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
            Self::Cron(cron) => cron.find_next_occurrence(&local, false).ok(),
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
    fn weekdays_limit_a_daily_rule() {
        let rule = Rule::daily("04:00", &["mon".to_owned(), "Friday".to_owned()]).unwrap();
        // 23 November 2026 is a Monday.
        assert_eq!(next(&rule, "UTC", "2026-11-23T04:00:00Z"), "2026-11-27T04:00:00+00:00");
        assert_eq!(Rule::daily("04:00", &["someday".to_owned()]).unwrap_err(), RuleError::Day("someday".to_owned()));
    }

    #[test]
    fn rules_that_never_fire_or_make_no_sense_are_refused() {
        assert!(matches!(Rule::cron("0 0 31 2 *"), Err(RuleError::Cron { .. })));
        assert!(matches!(Rule::cron("soon"), Err(RuleError::Cron { .. })));
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
