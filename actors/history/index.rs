//! The history in a few dozen bytes per run: enough to page, sort and add up without reading the rows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::row::{COMPLETED, HistoryRow};

/// What is known of a row without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// Microseconds of its local time; rows without a readable one come before all others.
    at: i64,
    /// The row's number.
    id: u64,
    seconds: i64,
    images: i64,
    errors: i64,
    /// Its place in [`Index::modes`].
    mode: u16,
    completed: bool,
    /// Whether the script told it, rather than the daemon alone.
    has_result: bool,
}

/// All rows at a glance, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Index {
    glances: Vec<Glance>,
    modes: Vec<Option<String>>,
}

/// Which rows are meant.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this mode only.
    pub mode: Option<String>,
    /// Not before this local time.
    pub since: Option<NaiveDateTime>,
    /// Before this local time.
    pub until: Option<NaiveDateTime>,
}

/// What rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Their time.
    Timestamp,
    /// How long they took.
    Runtime,
    Images,
    Errors,
    /// The mode's name.
    Mode,
}

/// An order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: Column,
    /// Highest first.
    pub descending: bool,
}

impl Sort {
    /// Newest first: upstream's order.
    pub const NEWEST: Self = Self { by: Column::Timestamp, descending: true };

    /// `timestamp`, `runtime`, `images`, `errors` or `mode`; highest first with a minus before it.
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = match name {
            "timestamp" => Column::Timestamp,
            "runtime" => Column::Runtime,
            "images" => Column::Images,
            "errors" => Column::Errors,
            "mode" => Column::Mode,
            _ => return None,
        };
        Some(Self { by, descending })
    }
}

/// Sums over a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Rows.
    pub runs: usize,
    pub images: i64,
    pub errors: i64,
    /// The mean of those that took any time, cut to whole seconds.
    pub average_seconds: i64,
    /// Rows by mode; a row without one counts under `null`.
    pub modes: BTreeMap<String, usize>,
}

/// Sums over a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    /// The local day.
    pub date: NaiveDate,
    /// Runs that started on it.
    pub runs: usize,
    /// Those that did not complete.
    pub failed: usize,
    /// Images made.
    pub images: i64,
    /// Errors logged.
    pub errors: i64,
    /// How long they took together.
    pub runtime_seconds: i64,
}

impl Index {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.glances.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.glances.is_empty()
    }

    /// Every row's number, oldest first.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.glances.iter().map(|glance| glance.id)
    }

    /// Adds rows; many are better added in one go.
    pub fn add<'a>(&mut self, rows: impl IntoIterator<Item = &'a HistoryRow>) {
        for row in rows {
            let glance = self.glance(row);
            self.glances.push(glance);
        }
        // A new run is nearly always the newest, and this sort is quick on what is nearly sorted.
        if !self.glances.is_sorted_by_key(Glance::order) {
            self.glances.sort_by_key(Glance::order);
        }
    }

    /// Takes rows out.
    pub fn remove(&mut self, gone: impl Fn(u64) -> bool) {
        self.glances.retain(|glance| !gone(glance.id));
    }

    fn glance(&mut self, row: &HistoryRow) -> Glance {
        let known = self.modes.iter().position(|mode| *mode == row.mode);
        let mode = known.unwrap_or_else(|| {
            self.modes.push(row.mode.clone());
            self.modes.len() - 1
        });
        Glance {
            at: row.at().map_or(i64::MIN, micros),
            id: row.id,
            seconds: row.runtime_seconds.unwrap_or(-1),
            images: row.total_images,
            errors: row.errors,
            // A mode is a name the script uses; there are ten.
            mode: u16::try_from(mode).unwrap_or(u16::MAX),
            completed: row.status.as_deref() == Some(COMPLETED),
            has_result: row.log_file.is_some(),
        }
    }

    fn mode(&self, glance: &Glance) -> Option<&str> {
        self.modes.get(usize::from(glance.mode))?.as_deref()
    }

    /// The numbers of the rows on a page, and how many rows are meant in all.
    pub fn page(&self, filter: &Filter, sort: Sort, offset: usize, limit: usize) -> (Vec<u64>, usize) {
        let window = self.window(filter);
        if sort.by == Column::Timestamp && filter.mode.is_none() {
            let ids = window.iter().map(|glance| glance.id);
            let page = if sort.descending {
                ids.rev().skip(offset).take(limit).collect()
            } else {
                ids.skip(offset).take(limit).collect()
            };
            return (page, window.len());
        }
        let mut meant: Vec<_> = self.meant(filter).collect();
        match sort.by {
            Column::Timestamp => {}
            Column::Runtime => meant.sort_by_key(|glance| glance.seconds),
            Column::Images => meant.sort_by_key(|glance| glance.images),
            Column::Errors => meant.sort_by_key(|glance| glance.errors),
            Column::Mode => meant.sort_by_key(|glance| self.mode(glance)),
        }
        if sort.descending {
            meant.reverse();
        }
        (meant.iter().skip(offset).take(limit).map(|glance| glance.id).collect(), meant.len())
    }

    /// The sums over the rows that are meant.
    pub fn totals(&self, filter: &Filter) -> Totals {
        let (mut totals, mut timed, mut seconds) = (Totals::default(), 0, 0);
        let mut by_mode = vec![0; self.modes.len()];
        for glance in self.meant(filter) {
            totals.runs += 1;
            totals.images += glance.images;
            totals.errors += glance.errors;
            if glance.seconds > 0 {
                timed += 1;
                seconds += glance.seconds;
            }
            if let Some(count) = by_mode.get_mut(usize::from(glance.mode)) {
                *count += 1;
            }
        }
        totals.average_seconds = if timed == 0 { 0 } else { seconds / timed };
        let counted = self.modes.iter().zip(by_mode).filter(|(_, count)| *count > 0);
        totals.modes =
            counted.map(|(mode, count)| (mode.clone().unwrap_or_else(|| "null".to_owned()), count)).collect();
        totals
    }

    /// The sums of each day that has rows, oldest first.
    pub fn days(&self, filter: &Filter) -> Vec<Day> {
        let mut days: Vec<Day> = Vec::new();
        for glance in self.meant(filter) {
            let Some(date) = DateTime::from_timestamp_micros(glance.at).map(|at| at.date_naive()) else { continue };
            if days.last().is_none_or(|day| day.date != date) {
                days.push(Day { date, ..Day::default() });
            }
            let Some(day) = days.last_mut() else { continue };
            day.runs += 1;
            day.failed += usize::from(!glance.completed);
            day.images += glance.images;
            day.errors += glance.errors;
            day.runtime_seconds += glance.seconds.max(0);
        }
        days
    }

    /// The newest row that the script told.
    pub fn latest(&self) -> Option<u64> {
        self.glances.iter().rev().find(|glance| glance.has_result).map(|glance| glance.id)
    }

    /// The numbers of the rows of a mode that are less than `seconds` away from `at`.
    pub fn near(&self, mode: Option<&str>, at: NaiveDateTime, seconds: i64) -> impl Iterator<Item = u64> {
        let (at, reach) = (micros(at), seconds.saturating_mul(1_000_000));
        let from = self.glances.partition_point(|glance| glance.at <= at.saturating_sub(reach));
        let near = self.glances.iter().skip(from).take_while(move |glance| glance.at < at.saturating_add(reach));
        near.filter(move |glance| self.mode(glance) == mode).map(|glance| glance.id)
    }

    fn window(&self, filter: &Filter) -> &[Glance] {
        let place = |at: NaiveDateTime| self.glances.partition_point(|glance| glance.at < micros(at));
        let from = filter.since.map_or(0, place);
        let to = filter.until.map_or(self.glances.len(), place);
        self.glances.get(from..to).unwrap_or_default()
    }

    fn meant<'a>(&'a self, filter: &'a Filter) -> impl DoubleEndedIterator<Item = &'a Glance> {
        let mode = filter.mode.as_deref();
        let wanted = self.modes.iter().position(|known| known.as_deref() == mode);
        self.window(filter).iter().filter(move |glance| mode.is_none() || Some(usize::from(glance.mode)) == wanted)
    }
}

impl Glance {
    /// What rows are sorted by.
    fn order(&self) -> (i64, u64) {
        (self.at, self.id)
    }
}

fn micros(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::super::row::parse_iso;
    use super::*;

    fn row(id: u64, timestamp: &str, mode: &str, images: i64, seconds: i64) -> HistoryRow {
        HistoryRow {
            id,
            timestamp: timestamp.into(),
            mode: Some(mode.into()),
            total_images: images,
            errors: 1,
            status: Some("completed".into()),
            log_file: Some("normal.json".into()),
            ..HistoryRow::default()
        }
        .lasting(seconds)
    }

    fn index() -> Index {
        let mut index = Index::default();
        index.add(&[
            row(1, "2026-11-21T10:00:00", "normal", 5, 100),
            row(2, "2026-11-20T10:00:00", "arr", 1, 0),
            row(3, "2026-11-21T23:59:59.5", "arr", 2, 11),
            HistoryRow {
                status: Some("failed".into()),
                log_file: None,
                ..row(4, "2026-11-22T00:00:00", "normal", 0, 60)
            },
            row(5, "garbage", "testing", 9, 1),
        ]);
        index
    }

    fn page(filter: &Filter, sort: &str) -> Vec<u64> {
        index().page(filter, Sort::parse(sort).unwrap(), 0, 100).0
    }

    #[test]
    fn rows_come_in_every_order_and_page_by_page() {
        let all = Filter::default();
        assert_eq!(page(&all, "-timestamp"), [4, 3, 1, 2, 5], "an unreadable time is the oldest");
        assert_eq!(page(&all, "timestamp"), [5, 2, 1, 3, 4]);
        assert_eq!(page(&all, "-images"), [5, 1, 3, 2, 4]);
        assert_eq!(page(&all, "runtime"), [2, 5, 3, 4, 1]);
        assert_eq!(page(&all, "mode"), [2, 3, 1, 4, 5]);
        assert_eq!(index().page(&all, Sort::NEWEST, 1, 2), (vec![3, 1], 5));
        assert_eq!(index().page(&all, Sort::NEWEST, 9, 2), (vec![], 5));
        assert_eq!(Sort::parse("size"), None);
    }

    #[test]
    fn a_window_begins_with_since_and_ends_before_until() {
        let window =
            Filter { since: parse_iso("2026-11-20T10:00:00"), until: parse_iso("2026-11-22T00:00:00"), mode: None };
        assert_eq!(page(&window, "-timestamp"), [3, 1, 2]);
        let arr = Filter { mode: Some("arr".into()), ..window };
        assert_eq!(page(&arr, "-timestamp"), [3, 2]);
        assert_eq!(page(&Filter { mode: Some("Arr".into()), ..Filter::default() }, "timestamp"), [0; 0]);
    }

    #[test]
    fn sums_leave_out_runs_without_a_time_from_the_average() {
        let totals = index().totals(&Filter { since: parse_iso("2026-11-20T00:00:00"), ..Filter::default() });
        assert_eq!((totals.runs, totals.images, totals.errors, totals.average_seconds), (4, 8, 4, 57));
        assert_eq!(totals.modes, BTreeMap::from([("arr".into(), 2), ("normal".into(), 2)]));
    }

    #[test]
    fn days_are_local_days() {
        let days = index().days(&Filter { since: parse_iso("2026-11-21T00:00:00"), ..Filter::default() });
        let day = |date: &str, runs, failed, images, runtime_seconds| Day {
            date: date.parse().unwrap(),
            runs,
            failed,
            images,
            errors: i64::try_from(runs).unwrap(),
            runtime_seconds,
        };
        assert_eq!(days, [day("2026-11-21", 2, 0, 7, 111), day("2026-11-22", 1, 1, 0, 60)]);
    }

    #[test]
    fn the_latest_is_the_newest_with_figures() {
        assert_eq!(index().latest(), Some(3));
    }

    #[test]
    fn near_rows_are_of_the_same_mode_and_less_than_the_reach_away() {
        let index = index();
        let near = |mode, at| index.near(Some(mode), parse_iso(at).unwrap(), 5).collect::<Vec<_>>();
        assert_eq!(near("normal", "2026-11-21T10:00:04"), [1]);
        assert_eq!(near("normal", "2026-11-21T09:59:56"), [1]);
        assert_eq!(near("normal", "2026-11-21T10:00:05"), [0; 0]);
        assert_eq!(near("arr", "2026-11-21T10:00:00"), [0; 0]);
    }
}
