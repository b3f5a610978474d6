//! The rows of all four exports in the store, and what they add up to.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use chrono::NaiveDateTime;
use posterizarr_base::media_exports::{ExportFamily, ExportKind, Rows};

use super::row::ExportRow;
use super::tally::{self, KindTally, Statistics};
use crate::servers::library_types::LibraryTypes;
use crate::store::old_database::{Cells, OldDatabase, OldDatabaseError};
use crate::store::{Store, StoreError, Table};

/// Rows written in one go: what of a file is in memory at a time.
const BATCH: usize = 1_000;

/// Why a file was not imported, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The old database cannot be read.
    #[error("{0}")]
    Old(#[from] OldDatabaseError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// The sums of all four.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums([KindTally; 4]);

impl Sums {
    /// Of one of the four.
    pub fn of(&self, kind: ExportKind) -> &KindTally {
        let [plex_library, plex_episodes, other_library, other_episodes] = &self.0;
        match kind {
            ExportKind::PlexLibrary => plex_library,
            ExportKind::PlexEpisodes => plex_episodes,
            ExportKind::OtherLibrary => other_library,
            ExportKind::OtherEpisodes => other_episodes,
        }
    }

    fn of_mut(&mut self, kind: ExportKind) -> &mut KindTally {
        let [plex_library, plex_episodes, other_library, other_episodes] = &mut self.0;
        match kind {
            ExportKind::PlexLibrary => plex_library,
            ExportKind::PlexEpisodes => plex_episodes,
            ExportKind::OtherLibrary => other_library,
            ExportKind::OtherEpisodes => other_episodes,
        }
    }

    /// Upstream's statistics.
    pub fn statistics(&self, server: ExportFamily) -> Statistics {
        tally::statistics(self.of(server.library()), self.of(server.episodes()))
    }

    /// The imports of which rows are left, newest first.
    pub fn runs(&self, server: ExportFamily) -> Vec<String> {
        tally::runs(self.of(server.library()), self.of(server.episodes()))
    }

    /// Which libraries hold what.
    pub fn library_types(&self) -> LibraryTypes {
        tally::library_types(self.of(ExportKind::PlexLibrary), self.of(ExportKind::OtherLibrary))
    }
}

pub struct ExportStore {
    table: Table<ExportRow>,
    sums: Sums,
}

impl ExportStore {
    /// Adds up what the store has.
    pub fn open(store: &Store) -> Result<Self, StoreError> {
        let mut export_store = Self { table: store.table()?, sums: Sums::default() };
        export_store.add_up();
        Ok(export_store)
    }

    /// What the rows add up to.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Reads every row anew: a row that is exported again takes the place of the one before.
    fn add_up(&mut self) {
        self.sums = Sums::default();
        for (kind, row) in all(&self.table) {
            self.sums.of_mut(kind).add(kind, &row);
        }
    }

    /// Takes in a file of the script, stamped with one time. Nothing is removed: a file without rows changes nothing.
    /// Gives how many rows it has.
    pub fn import(&mut self, kind: ExportKind, file: &Path, now: NaiveDateTime) -> Result<usize, ImportError> {
        let run_timestamp = now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
        let created_at = now.format("%Y-%m-%d %H:%M:%S").to_string();
        let mut id = self.sums.of(kind).highest_id;
        let rows = Rows::open(file, kind)?.map(|row| {
            id += 1;
            row.map(|values| ExportRow {
                id,
                run_timestamp: run_timestamp.clone(),
                created_at: created_at.clone(),
                updated_at: created_at.clone(),
                values,
            })
        });
        let imported = self.write(kind, rows.map(|row| row.map_err(ImportError::from)));
        // Also after a failure: what came before it is there.
        self.add_up();
        imported
    }

    fn write(
        &self,
        kind: ExportKind,
        rows: impl Iterator<Item = Result<ExportRow, ImportError>>,
    ) -> Result<usize, ImportError> {
        let (mut count, mut batch) = (0, Vec::with_capacity(BATCH));
        for row in rows {
            let row = row?;
            batch.push((row.key(kind), Some(row)));
            count += 1;
            if batch.len() == BATCH {
                self.table.apply(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))?;
            }
        }
        if !batch.is_empty() {
            self.table.apply(batch)?;
        }
        Ok(count)
    }

    /// Takes over a table of the old database. A row that was exported since stays as it is; of several for one item, which
    /// the oldest schema has, the newest counts. Gives how many were found, and how many are new.
    pub fn import_old(&mut self, kind: ExportKind, database: &OldDatabase) -> Result<(usize, usize), ImportError> {
        let rows = read_old(kind, database)?;
        let found = rows.len();
        // Numbers are kept where none were given here.
        let given = self.sums.of(kind).highest_id;
        let mut newest: HashMap<Vec<u8>, ExportRow> = HashMap::new();
        for row in rows {
            newest.insert(row.key(kind), row);
        }
        let mut new = Vec::new();
        for (key, row) in newest {
            let known = self.table.get(&key)?.map(|known| known.run_timestamp);
            if known.is_none_or(|known| known < row.run_timestamp) {
                new.push(ExportRow { id: given + row.id, ..row });
            }
        }
        let imported = self.write(kind, new.into_iter().map(Ok));
        self.add_up();
        Ok((found, imported?))
    }
}

/// The rows of a table of the old database, oldest export first.
fn read_old(kind: ExportKind, database: &OldDatabase) -> Result<Vec<ExportRow>, OldDatabaseError> {
    let own = ["id", "run_timestamp", "created_at", "updated_at"];
    let columns: Vec<_> = own.into_iter().chain(kind.columns().iter().map(|column| column.name)).collect();
    let mut rows = Vec::new();
    database.each(kind.table(), &columns, &["run_timestamp", "id"], |cells: &Cells<'_>| {
        let text = |column| cells.text(column).unwrap_or_default();
        rows.push(ExportRow {
            id: cells.whole(0).and_then(|id| u64::try_from(id).ok()).unwrap_or_default(),
            run_timestamp: text(1),
            created_at: text(2),
            updated_at: text(3),
            values: (own.len()..columns.len()).map(text).collect(),
        });
    })?;
    Ok(rows)
}

/// Every row with its kind. One that cannot be read is told and left out.
fn all(table: &Table<ExportRow>) -> impl Iterator<Item = (ExportKind, ExportRow)> {
    table.iter().filter_map(|stored| match stored {
        Ok((key, row)) => Some((ExportKind::ALL.into_iter().find(|kind| key.first() == Some(&(*kind as u8)))?, row)),
        Err(error) => {
            tracing::warn!(%error, "a row of an export cannot be read and is left out");
            None
        }
    })
}

/// Which rows of an export are asked for.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Which export.
    pub kind: ExportKind,
    /// The import; the newest where it is not named.
    pub run: Option<String>,
    /// At most so many; all where it is not said.
    pub limit: Option<usize>,
}

/// The keys of the rows that are asked for, in upstream's order.
pub fn select(store: &Store, sums: &Sums, selection: &Selection) -> Result<Vec<Vec<u8>>, StoreError> {
    let Selection { kind, run, limit } = selection;
    let Some(run) = run.as_deref().or_else(|| sums.of(*kind).latest()) else { return Ok(Vec::new()) };
    let table = store.table::<ExportRow>()?;
    let end = [*kind as u8 + 1];
    // A kind's keys lie together, right before those of the next.
    let of_kind =
        table.before(&end).rev().filter_map(Result::ok).take_while(|(key, _)| key.first() == Some(&(*kind as u8)));
    let mut found: Vec<_> = of_kind
        .filter(|(_, row)| row.run_timestamp == run)
        .map(|(key, row)| {
            let order: Vec<_> = kind.order().iter().map(|column| row.value(*kind, column).to_owned()).collect();
            (order, row.id, key)
        })
        .collect();
    found.sort_unstable();
    found.truncate(limit.unwrap_or(usize::MAX));
    Ok(found.into_iter().map(|(_, _, key)| key).collect())
}

/// The rows under these keys.
pub fn rows(store: &Store, keys: &[Vec<u8>]) -> Result<Vec<ExportRow>, StoreError> {
    let table = store.table::<ExportRow>()?;
    keys.iter().filter_map(|key| table.get(key).transpose()).collect()
}
