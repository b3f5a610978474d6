//! The rows in the store, their index, and which runs are known.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::NaiveDateTime;

use super::index::Index;
use super::row::{HistoryRow, StoredHistoryRow, format_duration, in_iso};
use crate::store::{Store, StoreError, Table};

/// Two results of one mode without dates are one if they were written less than this apart.
const SAME_RESULT_SECONDS: i64 = 5;
/// Rows written in one go.
const BATCH: usize = 1_000;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is new, under this number.
    New(u64),
    /// Its run was known; the row now says which of the daemon's runs it was.
    Linked(u64),
    /// Its run was known.
    Known(u64),
}

impl Recorded {
    /// Whether it is new.
    pub fn is_new(self) -> bool {
        matches!(self, Self::New(_))
    }
}

pub struct RunRows {
    table: Table<StoredHistoryRow>,
    index: Arc<Index>,
    /// Rows by what makes a run the same run. A hash is enough: two of 100,000 agree once in billions of installations.
    known: HashMap<u64, u64>,
    next: u64,
}

impl RunRows {
    /// Reads what the store has; a row that cannot be read is told and left where it is.
    pub fn open(store: &Store) -> Result<Self, StoreError> {
        let table = store.table::<StoredHistoryRow>()?;
        let mut run_rows = Self { table: table.clone(), index: Arc::default(), known: HashMap::new(), next: 1 };
        let readable = table.iter().filter_map(|stored| {
            let told =
                |error: &StoreError| tracing::warn!(%error, "a row of the history cannot be read and is left out");
            stored.inspect_err(told).ok()
        });
        let mut rows = readable.map(|(_, StoredHistoryRow(row))| row);
        loop {
            let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(run_rows);
            }
            run_rows.note(&batch);
        }
    }

    /// The rows at a glance.
    pub fn index(&self) -> Arc<Index> {
        self.index.clone()
    }

    /// Numbers go on from here, also where the highest rows were removed.
    pub fn number_from(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// The number of the next row.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Adds the row of a run, unless that run is known. On disk when this returns.
    pub fn record(&mut self, mut row: HistoryRow) -> Result<Recorded, StoreError> {
        if let Some(id) = self.find(&row)
            && let Some(recorded) = self.join(id, &row)?
        {
            return Ok(recorded);
        }
        row.id = self.next;
        self.write(vec![row])?;
        Ok(Recorded::New(self.next - 1))
    }

    /// Adds rows of another history. Each keeps its number where that is free. Gives how many were new.
    pub fn import(&mut self, rows: impl IntoIterator<Item = HistoryRow>) -> Result<usize, StoreError> {
        let mut new = Vec::new();
        for mut row in rows {
            normalise(&mut row);
            if !self.known.contains_key(&identity(&row)) {
                new.push(row);
            }
        }
        let taken: std::collections::HashSet<u64> = self.index.ids().collect();
        let highest = new.iter().map(|row| row.id).max().unwrap_or_default();
        self.number_from(highest + 1);
        for row in &mut new {
            if row.id == 0 || taken.contains(&row.id) {
                row.id = self.next;
                self.next += 1;
            }
        }
        let count = new.len();
        while !new.is_empty() {
            let rest = new.split_off(new.len().min(BATCH));
            self.write(std::mem::replace(&mut new, rest))?;
        }
        Ok(count)
    }

    /// Removes the rows before a local time. Gives how many.
    pub fn remove_before(&mut self, cutoff: NaiveDateTime) -> Result<usize, StoreError> {
        let old = super::index::Filter { until: Some(cutoff), ..super::index::Filter::default() };
        let (ids, count) = self.index.page(&old, super::index::Sort::NEWEST, 0, usize::MAX);
        self.table.apply(ids.iter().map(|id| (id.to_be_bytes().to_vec(), None)))?;
        let gone: std::collections::HashSet<u64> = ids.into_iter().collect();
        self.known.retain(|_, id| !gone.contains(id));
        Arc::make_mut(&mut self.index).remove(|id| gone.contains(&id));
        Ok(count)
    }

    /// Writes every run time anew from its seconds. Gives how many rows have one.
    pub fn speak_anew(&mut self) -> Result<usize, StoreError> {
        let (mut counted, mut changed) = (0, Vec::new());
        for stored in self.table.iter() {
            let Ok((key, StoredHistoryRow(mut row))) = stored else { continue };
            let Some(seconds) = row.runtime_seconds else { continue };
            counted += 1;
            let text = format_duration(seconds);
            if row.runtime_formatted.as_deref() != Some(&text) {
                row.runtime_formatted = Some(text);
                changed.push((key, Some(StoredHistoryRow(row))));
            }
        }
        if !changed.is_empty() {
            self.table.apply(changed)?;
        }
        Ok(counted)
    }

    fn find(&self, row: &HistoryRow) -> Option<u64> {
        if row.dated().is_some() {
            return self.known.get(&identity(row)).copied();
        }
        self.index.near(row.mode.as_deref(), row.at()?, SAME_RESULT_SECONDS).next()
    }

    /// What becomes of a row whose run seems to be that of row `id`; none where it is another run after all: two runs of the
    /// daemon can begin and end within the same seconds.
    fn join(&mut self, id: u64, row: &HistoryRow) -> Result<Option<Recorded>, StoreError> {
        let key = id.to_be_bytes();
        let Some(run) = row.run else { return Ok(Some(Recorded::Known(id))) };
        match self.table.get(&key)? {
            Some(StoredHistoryRow(known)) if known.run.is_none() => {
                self.table
                    .put(&key, &StoredHistoryRow(HistoryRow { run: Some(run), title: row.title.clone(), ..known }))?;
                Ok(Some(Recorded::Linked(id)))
            }
            // The script's own dates are never those of two runs.
            Some(StoredHistoryRow(known))
                if known.run == Some(run) || (known.log_file.is_some() && row.log_file.is_some()) =>
            {
                Ok(Some(Recorded::Known(id)))
            }
            _ => Ok(None),
        }
    }

    fn write(&mut self, rows: Vec<HistoryRow>) -> Result<(), StoreError> {
        self.table
            .apply(rows.iter().map(|row| (row.id.to_be_bytes().to_vec(), Some(StoredHistoryRow(row.clone())))))?;
        self.note(&rows);
        Ok(())
    }

    /// Makes rows that are in the store known.
    fn note(&mut self, rows: &[HistoryRow]) {
        for row in rows {
            self.next = self.next.max(row.id + 1);
            self.known.insert(identity(row), row.id);
        }
        Arc::make_mut(&mut self.index).add(rows);
    }
}

/// Rows of older databases have dates in the script's form, and none as an empty text.
fn normalise(row: &mut HistoryRow) {
    row.timestamp = in_iso(&row.timestamp);
    for date in [&mut row.start_time, &mut row.end_time] {
        *date = date.take().map(|text| in_iso(&text));
    }
}

/// A run is known by mode, start and end; one that is not dated, by mode and time.
fn identity(row: &HistoryRow) -> u64 {
    let mut hasher = DefaultHasher::new();
    match row.dated() {
        Some(dates) => (&row.mode, dates).hash(&mut hasher),
        None => (&row.mode, &row.timestamp).hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::index::{Filter, Sort};
    use super::super::row::parse_iso;
    use super::*;
    use crate::runs::RunId;

    fn row(mode: &str, start: &str, end: &str) -> HistoryRow {
        HistoryRow {
            timestamp: start.into(),
            mode: Some(mode.into()),
            start_time: Some(if end.is_empty() { String::new() } else { start.into() }),
            end_time: Some(end.into()),
            ..HistoryRow::default()
        }
    }

    fn run_rows() -> (tempfile::TempDir, Store, RunRows) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let run_rows = RunRows::open(&store).unwrap();
        (folder, store, run_rows)
    }

    const START: &str = "2026-11-23T08:00:00";
    const END: &str = "2026-11-23T08:12:07";

    #[test]
    fn a_run_is_recorded_once_and_linked_when_its_run_becomes_known() {
        let (_folder, store, mut run_rows) = run_rows();
        assert_eq!(run_rows.record(row("normal", START, END)).unwrap(), Recorded::New(1));
        assert_eq!(run_rows.record(row("normal", START, END)).unwrap(), Recorded::Known(1));
        assert_eq!(run_rows.record(row("arr", START, END)).unwrap(), Recorded::New(2), "another mode is another run");
        let run = HistoryRow { run: Some(RunId(9)), ..row("normal", START, END) };
        assert_eq!(run_rows.record(run.clone()).unwrap(), Recorded::Linked(1));
        let mut again = RunRows::open(&store).unwrap();
        assert_eq!(again.record(run.clone()).unwrap(), Recorded::Known(1));
        let same_seconds = HistoryRow { run: Some(RunId(10)), ..run };
        assert_eq!(again.record(same_seconds).unwrap(), Recorded::New(3), "two runs of the daemon are two rows");
        assert_eq!(again.index().len(), 3);
        assert_eq!(
            store.table::<StoredHistoryRow>().unwrap().get(&1_u64.to_be_bytes()).unwrap().unwrap().0.run,
            Some(RunId(9))
        );
    }

    #[test]
    fn results_without_dates_are_one_within_five_seconds_whatever_the_time_zone() {
        let (_folder, _store, mut run_rows) = run_rows();
        assert!(run_rows.record(row("testing", START, "")).unwrap().is_new());
        assert!(!run_rows.record(row("testing", "2026-11-23T08:00:04", "")).unwrap().is_new());
        assert!(run_rows.record(row("testing", "2026-11-23T08:00:06", "")).unwrap().is_new());
    }

    #[test]
    fn an_imported_row_keeps_its_number_where_that_is_free_and_comes_once() {
        let (_folder, _store, mut run_rows) = run_rows();
        run_rows.record(row("arr", START, END)).unwrap();
        let old: Vec<_> = [1, 5, 9]
            .into_iter()
            .map(|id| HistoryRow { id, ..row("normal", &format!("2{id}.11.2025 03:00:02"), "22.11.2025 03:12:09") })
            .collect();
        assert_eq!(run_rows.import(old.clone()).unwrap(), 3);
        assert_eq!(run_rows.import(old).unwrap(), 0);
        let page = run_rows.index().page(&Filter::default(), Sort::parse("timestamp").unwrap(), 0, 9);
        assert_eq!(page, (vec![10, 5, 9, 1], 4));
        assert_eq!(run_rows.record(row("backup", START, END)).unwrap(), Recorded::New(11));
    }

    #[test]
    fn old_rows_are_removed_and_their_numbers_are_not_given_again() {
        let (_folder, store, mut run_rows) = run_rows();
        run_rows.record(row("normal", "2026-01-01T00:00:00", "2026-01-01T00:10:00")).unwrap();
        run_rows.record(row("normal", START, END)).unwrap();
        let cutoff = parse_iso("2026-06-01T00:00:00").unwrap();
        assert_eq!(run_rows.remove_before(cutoff).unwrap(), 1);
        assert_eq!(run_rows.remove_before(cutoff).unwrap(), 0);
        assert_eq!(RunRows::open(&store).unwrap().index().ids().collect::<Vec<_>>(), [2]);
        assert_eq!(
            run_rows.record(row("normal", "2026-01-01T00:00:00", "2026-01-01T00:10:00")).unwrap(),
            Recorded::New(3)
        );
    }

    #[test]
    fn run_times_are_spoken_anew() {
        let (_folder, store, mut run_rows) = run_rows();
        let old = HistoryRow { runtime_formatted: Some("0h:12m:7s".into()), ..row("normal", START, END).lasting(727) };
        run_rows.record(HistoryRow { runtime_formatted: Some("0h:12m:7s".into()), ..old }).unwrap();
        run_rows.record(row("arr", START, END)).unwrap();
        assert_eq!(run_rows.speak_anew().unwrap(), 1);
        let row = store.table::<StoredHistoryRow>().unwrap().get(&1_u64.to_be_bytes()).unwrap().unwrap().0;
        assert_eq!(row.runtime_formatted.as_deref(), Some("0h 12m 7s"));
    }
}
