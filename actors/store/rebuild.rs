//! A new store in place of a damaged one: of what can still be read in it, and of a backup.
//!
//! The ledger of the damaged one says which records there have to be, and in which state, so that a record that is older
//! than it should be is told from a good one, one that was removed does not come back, and what is lost can be counted.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{Open, open_states};
use super::current::lock;
use super::fault::{StoreError, caught};
use super::ledger::{Contents, Expected, key_hash};
use super::sealed::{self, Found, Identity};
use super::{RawRecord, Store, opening, swap};

/// Records written in one go.
const BATCH: usize = 500;

/// What became of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableLoss {
    /// Records that are nowhere.
    pub lost: usize,
    /// Records of which only an older state was found.
    pub older: usize,
}

impl TableLoss {
    /// Counts another loss to this one.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.older += other.older;
    }
}

/// Which tables there are, and which of them are of use in their last state only.
#[derive(Debug, Clone)]
pub struct Tables {
    /// All that this version knows; others are left out.
    pub known: Vec<&'static str>,
    /// In an older state, records of these would do harm: a job that was done would be done once more.
    pub exact: Vec<&'static str>,
}

/// A store that is being made.
#[derive(Debug)]
pub struct Rebuild {
    folder: PathBuf,
    made: Store,
    tables: Tables,
    /// What is not found yet, or only in an older state; none where there is no ledger.
    expected: Option<HashMap<u64, Expected>>,
    names: HashMap<u8, String>,
    /// The numbers of the older states that were found.
    older: HashMap<u64, u64>,
    /// Whether a record that the ledger does not name may be a good one nevertheless.
    ledger_is_whole: bool,
    last_number: u64,
    batches: BTreeMap<&'static str, Vec<RawRecord>>,
}

impl Rebuild {
    /// Takes what is still good in the store in `folder`, which need not be there.
    ///
    /// # Errors
    /// [`StoreError::Locked`], and those of the disk; the damaged store is as it was then.
    pub fn begin(folder: &Path, tables: Tables) -> Result<Self, StoreError> {
        let contents = Contents::read(folder).unwrap_or_else(|error| {
            tracing::warn!(%error, "the record store's ledger cannot be read");
            None
        });
        let damaged = match std::fs::exists(folder)? {
            true => opened(folder)?,
            false => None,
        };
        swap::clear(folder)?;
        let made = Store::open(&swap::making(folder))?;
        let mut open = contents.as_ref().map(open_states).unwrap_or_default();
        let mut rebuild = Self {
            folder: folder.to_owned(),
            made,
            tables,
            names: contents.as_ref().map(|contents| contents.tables.clone()).unwrap_or_default(),
            older: HashMap::new(),
            ledger_is_whole: contents.as_ref().is_some_and(|contents| contents.damaged == 0),
            last_number: contents.as_ref().map_or(0, |contents| contents.last_number),
            expected: contents.map(|contents| contents.records),
            batches: BTreeMap::new(),
        };
        if let Some(damaged) = damaged {
            rebuild.salvage(&damaged, &mut open)?;
            // Where it was damaged, sled may crash once more when it is closed.
            let _ = caught(move || {
                drop(damaged);
                Ok(())
            });
        }
        if let Some(expected) = &mut rebuild.expected {
            for (key, _) in open.into_iter().filter(|(_, states)| states.contains(&None)) {
                expected.remove(&key);
            }
        }
        Ok(rebuild)
    }

    /// Takes what can be read of each table: from its beginning up to the damage, and from its end back to there.
    fn salvage(&mut self, damaged: &sled::Db, open: &mut Open) -> Result<(), StoreError> {
        for table in self.tables.known.clone() {
            let (mut last, mut refused) = (None, Ok(()));
            let mut whole = true;
            for backwards in [false, true] {
                let read = caught(|| {
                    let mut records = damaged.open_tree(table)?.iter();
                    while let Some(pair) = if backwards { records.next_back() } else { records.next() } {
                        let (key, stored) = pair?;
                        if backwards && last.as_ref().is_some_and(|last| key <= *last) {
                            break;
                        }
                        refused = self.consider(table, &key, &stored, open);
                        if refused.is_err() {
                            break;
                        }
                        if !backwards {
                            last = Some(key);
                        }
                    }
                    Ok(())
                });
                // That the new store takes nothing is no damage of the old one.
                std::mem::replace(&mut refused, Ok(()))?;
                whole = read.is_ok();
                if whole {
                    break;
                }
            }
            if !whole {
                tracing::warn!(table, "a part of the damaged record store cannot be read");
            }
        }
        Ok(())
    }

    fn consider(&mut self, table: &'static str, key: &[u8], stored: &[u8], open: &mut Open) -> Result<(), StoreError> {
        match sealed::open(key, stored) {
            Found::Sealed(identity, record) if self.is_good(table, key, identity, open) => {
                self.put(table, RawRecord { key: key.to_vec(), number: Some(identity.number), record: record.to_vec() })
            }
            Found::Unsealed(record) if self.expected.is_none() => {
                self.put(table, RawRecord { key: key.to_vec(), number: None, record: record.to_vec() })
            }
            _ => Ok(()),
        }
    }

    /// Whether a record of the damaged store is to be kept.
    fn is_good(&mut self, table: &str, key: &[u8], identity: Identity, open: &mut Open) -> bool {
        let Some(expected) = &mut self.expected else { return true };
        let key = key_hash(table, key);
        let may_be = open.remove(&key).is_some_and(|states| states.contains(&Some(identity)));
        let is_ahead = identity.number > self.last_number;
        match expected.get(&key) {
            _ if may_be || is_ahead => {
                expected.remove(&key);
                true
            }
            Some(right) if right.identity == identity => {
                expected.remove(&key);
                true
            }
            Some(_) if self.tables.exact.contains(&table) => false,
            Some(_) => {
                self.older.insert(key, identity.number);
                true
            }
            // It had been removed.
            None => !self.ledger_is_whole,
        }
    }

    /// Takes a record of a backup, if it is one that is missing, or newer than what was found.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn offer(&mut self, table: &str, record: RawRecord) -> Result<(), StoreError> {
        let Some(table) = self.tables.known.iter().copied().find(|known| *known == table) else { return Ok(()) };
        let number = record.number.unwrap_or_default();
        let Some(expected) = &mut self.expected else {
            let is_missing = !self.made.inner.current.tree(table)?.contains_key(&record.key)?;
            return if is_missing { self.put(table, record) } else { Ok(()) };
        };
        let key = key_hash(table, &record.key);
        let Some(right) = expected.get(&key) else { return Ok(()) };
        if sealed::seal(&record.key, number, &record.record).0 == right.identity {
            expected.remove(&key);
        } else if self.tables.exact.contains(&table) || self.older.get(&key).is_some_and(|found| *found >= number) {
            return Ok(());
        } else {
            self.older.insert(key, number);
        }
        self.put(table, record)
    }

    fn put(&mut self, table: &'static str, record: RawRecord) -> Result<(), StoreError> {
        let batch = self.batches.entry(table).or_default();
        batch.push(record);
        if batch.len() >= BATCH {
            let batch = std::mem::take(batch);
            self.made.put_raw(table, batch)?;
        }
        Ok(())
    }

    /// Puts the new store in the place of the damaged one, which stays beside it under the name given. Gives the new one, and
    /// what is lost of each table; none where that cannot be told.
    ///
    /// # Errors
    /// Those of the disk. The damaged store is still in place then, or the next start puts the new one there.
    pub fn finish(mut self, aside: &Path) -> Result<(Store, Option<BTreeMap<String, TableLoss>>), StoreError> {
        for (table, batch) in std::mem::take(&mut self.batches) {
            self.made.put_raw(table, batch)?;
        }
        let losses = self.losses();
        let open = self.made.inner.current.open()?;
        {
            // Its first entry keeps the number for the next start.
            let mut ledger = lock(&open.ledger);
            ledger.continue_after(self.last_number);
            ledger.rewrite()?;
        }
        drop(open);
        self.made.flush()?;
        let Self { folder, made, .. } = self;
        drop(made);
        swap::put_in_place(&folder, aside)?;
        Ok((Store::open_once_free(&folder)?, losses))
    }

    fn losses(&self) -> Option<BTreeMap<String, TableLoss>> {
        let mut losses = BTreeMap::<_, TableLoss>::new();
        for (key, expected) in self.expected.as_ref()? {
            let name = self.names.get(&expected.table).cloned();
            let loss = losses.entry(name.unwrap_or_else(|| format!("table {}", expected.table))).or_default();
            if self.older.contains_key(key) { loss.older += 1 } else { loss.lost += 1 }
        }
        Some(losses)
    }
}

/// The damaged database, if it can be opened at all.
fn opened(folder: &Path) -> Result<Option<sled::Db>, StoreError> {
    let open = || match opening::once_free(|| opening::open_unchecked(folder)) {
        Err(StoreError::Damaged(_)) => Ok(None),
        opened => opened.map(Some),
    };
    match open()? {
        Some(database) => Ok(Some(database)),
        // sled's own settings and snapshots can be made anew; the records are in its main file.
        None => {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name == "conf" || name.starts_with("snap.") {
                    std::fs::rename(&path, folder.join(format!("damaged-{name}")))?;
                }
            }
            open()
        }
    }
}
