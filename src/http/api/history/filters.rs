//! What is asked of the history.

use chrono::{DateTime, Days, Local, NaiveDate, NaiveDateTime, NaiveTime};
use utoipa::IntoParams;

use crate::actors::history::{Filter, Sort, parse_iso};
use crate::http::extract::parameters::{FromQuery, Parameters};

/// Which rows, in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Selection {
    /// Only this mode.
    pub mode: Option<String>,
    /// Only runs from this day or time on.
    #[param(value_type = Option<String>)]
    since: Option<NaiveDateTime>,
    /// Only runs up to the end of this day, or before this time.
    #[param(value_type = Option<String>)]
    until: Option<NaiveDateTime>,
    /// `timestamp`, `runtime`, `images`, `errors` or `mode`; highest first with a minus (`-timestamp`, as if absent).
    #[param(value_type = Option<String>)]
    sort: Option<Sort>,
}

impl FromQuery for Selection {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let time = "a day or a time, such as 2026-11-23 or 2026-11-23T08:00:00";
        let order = "timestamp, runtime, images, errors or mode, with a minus for highest first";
        Self {
            mode: parameters.text("mode").map(str::to_owned),
            since: parameters.parsed("since", time, |text| local(text, 0)),
            until: parameters.parsed("until", time, |text| local(text, 1)),
            sort: parameters.parsed("sort", order, Sort::parse),
        }
    }
}

impl Selection {
    pub fn split(self) -> (Filter, Sort) {
        let mode = self.mode.filter(|mode| !mode.is_empty());
        let filter = Filter { mode, since: self.since, until: self.until };
        (filter, self.sort.unwrap_or(Sort::NEWEST))
    }
}

/// Which part of the rows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many at most; 50 if absent.
    #[param(required = false, minimum = 1, maximum = 500)]
    pub limit: i64,
    /// How many to pass over; 0 if absent.
    #[param(required = false, minimum = 0)]
    pub offset: i64,
}

impl FromQuery for Paging {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { limit: parameters.number("limit", 50, 1, 500), offset: parameters.number("offset", 0, 0, i64::MAX) }
    }
}

/// The days up to today.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LastDays {
    /// How many; 30 if absent.
    #[param(required = false, minimum = 1, maximum = 365)]
    pub days: i64,
}

impl FromQuery for LastDays {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { days: parameters.number("days", 30, 1, 365) }
    }
}

/// The days whose rows stay.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KeptDays {
    /// How many; 90 if absent.
    #[param(required = false, minimum = 30, maximum = 365)]
    pub days: i64,
}

impl FromQuery for KeptDays {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { days: parameters.number("days", 90, 30, 365) }
    }
}

/// Local time of a day (`days_on` days later, at midnight), of a local time, or of a time with offset.
fn local(text: &str, days_on: u64) -> Option<NaiveDateTime> {
    let day = text.parse::<NaiveDate>().ok().and_then(|day| day.checked_add_days(Days::new(days_on)));
    let with_offset = || DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Local).naive_local());
    day.map(midnight).or_else(|| parse_iso(text)).or_else(with_offset)
}

/// When a day begins.
pub fn midnight(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN)
}
