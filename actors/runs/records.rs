//! The records of runs in the store: numbered, kept, bounded.

use std::path::Path;

use super::run_folder;
use crate::runs::{RunId, RunRecord};
use crate::store::{Store, StoreError, Table};

/// How many records are kept.
const KEPT: u64 = 10_000;
/// How far back a record without an end is looked for. There can be one only, the newest, unless the store failed.
const LOOK_BACK: usize = 100;

/// All records.
#[derive(Debug)]
pub struct Records {
    store: Store,
    next: RunId,
}

impl Records {
    /// Numbers go on after the highest that a record or a run's folder has.
    pub fn load(store: Store, runs: &Path) -> Self {
        let mut records = Self { store, next: RunId(1) };
        let recorded = records.list(1, None).ok().and_then(|list| Some(list.first()?.id));
        let folder = run_folder::numbers(runs).ok().and_then(|numbers| numbers.first().copied());
        records.next = RunId(recorded.max(folder).map_or(0, |id| id.0) + 1);
        records
    }

    fn table(&self) -> Result<Table<RunRecord>, StoreError> {
        self.store.table()
    }

    /// The number of the next run. Given once.
    pub fn take_number(&mut self) -> RunId {
        let id = self.next;
        self.next = RunId(id.0 + 1);
        id
    }

    /// Writes a record; it is on disk when this returns. The oldest beyond what is kept goes.
    pub fn put(&self, record: &RunRecord) -> Result<(), StoreError> {
        let table = self.table()?;
        let old = record.id.0.checked_sub(KEPT).map(|old| old.to_be_bytes().to_vec());
        // Each change is flushed, and a run's record is written several times.
        let gone = old.filter(|old| table.get(old).is_ok_and(|old| old.is_some())).map(|old| (old, None));
        table.apply([(record.id.0.to_be_bytes().to_vec(), Some(record.clone()))].into_iter().chain(gone))
    }

    /// One record.
    pub fn get(&self, id: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.table()?.get(&id.0.to_be_bytes())
    }

    /// Records, newest first; `before` only those with lower numbers.
    pub fn list(&self, limit: usize, before: Option<RunId>) -> Result<Vec<RunRecord>, StoreError> {
        let end = before.map_or(u64::MAX, |id| id.0).to_be_bytes();
        let newest_first = self.table()?.before(&end).rev();
        // One that cannot be read does not hide the others.
        let readable = newest_first.filter_map(|record| match record {
            Ok((_, record)) => Some(record),
            Err(error) => {
                tracing::warn!(%error, "a run's record cannot be read and is left out");
                None
            }
        });
        Ok(readable.take(limit).collect())
    }

    /// The records without an end, oldest first.
    pub fn unfinished(&self) -> Result<Vec<RunRecord>, StoreError> {
        let newest = self.list(LOOK_BACK, None)?.into_iter().rev();
        Ok(newest.filter(|record| record.end().is_none()).collect())
    }

    /// The run that ended last.
    pub fn last_finished(&self) -> Option<RunRecord> {
        let newest = self.list(LOOK_BACK, None).ok()?;
        newest.into_iter().find(|record| record.end().is_some())
    }
}
