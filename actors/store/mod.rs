//! The record store: sled under `DATA/store/`, opened by the daemon alone.
//!
//! Few trees, small records. A record is a version byte followed by JSON, sealed; keys sort as bytes, so numbers are big-endian.
//! [`Table::put`] and [`Table::remove`] return only once the change is on disk: sled loses unflushed writes on a kill.
//!
//! Theory of operation: a change is made in sled's memory by whoever asks for it, and brought to the disk by the one
//! [`committer`], which answers all that wait with one flush: a hundred changes at once cost hardly more than one. sled
//! keeps its first I/O error for ever, so after one the committer opens the database anew ([`opening`]) as soon as the disk
//! takes writes again. Handles stay good throughout, because they name a tree instead of holding it. While the disk takes
//! nothing, changes are refused and what was read before can still be read.
//!
//! Each record has a checksum ([`sealed`]), and the [`ledger`] beside the database knows which records there must be; both
//! are compared whenever the store is opened ([`check`]). One that is damaged is refused; [`Rebuild`] makes a new one of what
//! can still be read and of a backup.

mod before_upgrade;
mod changes;
mod check;
mod committer;
mod current;
mod fault;
mod ledger;
pub mod old_database;
mod opening;
mod raw;
mod rebuild;
mod sealed;
pub mod swap;

pub use fault::StoreError;
pub use raw::RawRecord;
pub use rebuild::{Rebuild, TableLoss, Tables};

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, RwLock, mpsc};
use std::task::{Context, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use changes::Before;
use committer::{Committer, Done};
use current::{Current, Open, State};
use ledger::Ledger;
use sealed::Found;

/// A type that is kept in the store.
pub trait Record: Serialize + DeserializeOwned {
    /// The tree it lives in.
    const TABLE: &'static str;
    /// The version written today.
    const VERSION: u8;

    /// Reads a record that an older version wrote. The default reads the same shape; override it where a version changed the shape.
    fn upgrade(_version: u8, json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }
}

/// The opened store. Clones share it; it is closed when the last one, and the last table, is gone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Dropped first: its thread ends, and the database with the last field, before anybody can open the folder again.
    committer: Committer,
    current: Arc<Current>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("folder", &self.inner.current.folder).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens or creates the store. Fails with [`StoreError::Locked`] while another process has it open, and with
    /// [`StoreError::Damaged`] where records are missing.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::begin(folder, opening::open(folder)?)
    }

    fn begin(folder: &Path, (database, ledger): (sled::Db, Ledger)) -> Result<Self, StoreError> {
        let state = RwLock::new(State { open: Some(Open::new(database, ledger)), opening: 0, failure: None });
        let current = Arc::new(Current { folder: folder.to_owned(), state });
        Ok(Self { inner: Arc::new(Inner { committer: Committer::start(current.clone())?, current }) })
    }

    /// Like [`Store::open`], but a lock is waited for a moment: a process that the opener before this one was just starting
    /// holds it until it runs.
    pub fn open_once_free(folder: &Path) -> Result<Self, StoreError> {
        Self::begin(folder, opening::open_once_free(folder)?)
    }

    /// The table of one record type.
    pub fn table<T: Record>(&self) -> Result<Table<T>, StoreError> {
        self.inner.current.tree(T::TABLE)?;
        Ok(Table { store: self.clone(), record: PhantomData })
    }

    /// Why nothing can be stored at present; none if all is well.
    pub fn failure(&self) -> Option<StoreError> {
        self.inner.current.read(|state| state.failure.clone())
    }

    /// Writes out everything that is still in memory.
    pub fn flush(&self) -> Result<(), StoreError> {
        let (tell, told) = mpsc::sync_channel(1);
        let opening = self.inner.current.read(|state| state.opening);
        self.inner.committer.ask(opening, Ok(Before::nothing()), sender(tell));
        answer(&told)
    }
}

fn sender(tell: mpsc::SyncSender<Result<(), StoreError>>) -> Done {
    // Whoever asked waits.
    Box::new(move |result| drop(tell.send(result)))
}

fn answer(told: &mpsc::Receiver<Result<(), StoreError>>) -> Result<(), StoreError> {
    told.recv().unwrap_or_else(|_| Err(committer_gone()))
}

fn committer_gone() -> StoreError {
    StoreError::Damaged("its writer has ended; restart the daemon".to_owned())
}

/// A change that is made and on its way to the disk, whether or not somebody waits for it.
#[derive(Debug)]
#[must_use = "the change may still fail to reach the disk"]
pub struct Commit {
    told: oneshot::Receiver<Result<(), StoreError>>,
}

impl Commit {
    /// For a change that nobody waits for: it is on disk shortly, and if it fails to get there the next one tells.
    pub fn unattended(self) {}
}

impl Future for Commit {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.told).poll(context).map(|told| told.unwrap_or_else(|_| Err(committer_gone())))
    }
}

/// One tree of records of one type. After an error a change was not made, unless the process ends before the disk works again.
#[derive(Debug)]
pub struct Table<T> {
    store: Store,
    record: PhantomData<fn() -> T>,
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), record: PhantomData }
    }
}

impl<T: Record> Table<T> {
    fn tree(&self) -> Result<sled::Tree, StoreError> {
        self.store.inner.current.tree(T::TABLE)
    }

    /// The record under `key`.
    pub fn get(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.tree()?.get(key)?.map(|value| decode(key, &value)).transpose()
    }

    /// Writes a record; it is on disk when this returns.
    pub fn put(&self, key: &[u8], record: &T) -> Result<(), StoreError> {
        self.now(|| Ok(vec![(key.to_vec(), Some(encode(record)?))]))
    }

    /// Writes a record; it is on disk when the answer comes. Changes that wait at the same time share one flush.
    pub fn put_later(&self, key: &[u8], record: &T) -> Commit {
        self.later(|| Ok(vec![(key.to_vec(), Some(encode(record)?))]))
    }

    /// Removes a record; gone from disk when this returns. Tells whether it was there.
    pub fn remove(&self, key: &[u8]) -> Result<bool, StoreError> {
        let was_there = self.tree()?.contains_key(key)?;
        // Also where there is nothing: that the disk fails is told.
        self.now(|| Ok(if was_there { vec![(key.to_vec(), None)] } else { Vec::new() }))?;
        Ok(was_there)
    }

    /// Writes (`Some`) and removes (`None`) records as one change: after a crash all of it is there or nothing; on disk when
    /// this returns. For imports: one flush instead of one per record.
    pub fn apply(&self, changes: impl IntoIterator<Item = (Vec<u8>, Option<T>)>) -> Result<(), StoreError> {
        self.now(|| encoded(changes))
    }

    /// Like [`Table::apply`]; on disk when the answer comes.
    pub fn apply_later(&self, changes: impl IntoIterator<Item = (Vec<u8>, Option<T>)>) -> Commit {
        self.later(|| encoded(changes))
    }

    /// All records in key order. A record that cannot be read is an error item, not the end.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, T), StoreError>> + use<T> {
        pairs(self.tree().map(|tree| tree.iter()))
    }

    /// The records with keys below `end`, in key order.
    pub fn before(&self, end: &[u8]) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, T), StoreError>> + use<T> {
        pairs(self.tree().map(|tree| tree.range(..end.to_vec())))
    }

    /// The highest key.
    pub fn last_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tree()?.last()?.map(|(key, _)| key.to_vec()))
    }

    /// How many records there are. Walks the tree.
    pub fn len(&self) -> usize {
        self.tree().map_or(0, |tree| tree.len())
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.tree().is_ok_and(|tree| tree.is_empty())
    }

    fn now(&self, change: impl FnOnce() -> Result<Changes, StoreError>) -> Result<(), StoreError> {
        let (tell, told) = mpsc::sync_channel(1);
        self.change(change, sender(tell));
        answer(&told)
    }

    fn later(&self, change: impl FnOnce() -> Result<Changes, StoreError>) -> Commit {
        let (tell, told) = oneshot::channel();
        self.change(change, Box::new(move |result| drop(tell.send(result))));
        Commit { told }
    }

    fn change(&self, change: impl FnOnce() -> Result<Changes, StoreError>, done: Done) {
        let Inner { current, committer } = &*self.store.inner;
        match current.to_change(T::TABLE) {
            Ok((tree, open, opening)) => {
                let made = change().and_then(|changes| changes::apply(&tree, &open.ledger, T::TABLE, changes));
                committer.ask(opening, made, done);
            }
            Err(error) => done(Err(error)),
        }
    }
}

/// By key, what is to be stored there (a version byte and JSON), or none for nothing.
type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn encoded<T: Record>(changes: impl IntoIterator<Item = (Vec<u8>, Option<T>)>) -> Result<Changes, StoreError> {
    let encoded = changes.into_iter().map(|(key, record)| Ok((key, record.as_ref().map(encode).transpose()?)));
    encoded.collect()
}

/// The records of an iterator, or the one error that there is none.
fn pairs<T: Record>(
    found: Result<sled::Iter, StoreError>,
) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, T), StoreError>> + use<T> {
    let (records, error) = match found {
        Ok(records) => (Some(records), None),
        Err(error) => (None, Some(Err(error))),
    };
    error.into_iter().chain(records.into_iter().flatten().map(decode_pair))
}

fn decode_pair<T: Record>(pair: sled::Result<(sled::IVec, sled::IVec)>) -> Result<(Vec<u8>, T), StoreError> {
    let (key, value) = pair?;
    Ok((key.to_vec(), decode(&key, &value)?))
}

fn encode<T: Record>(record: &T) -> Result<Vec<u8>, StoreError> {
    let mut value = vec![T::VERSION];
    serde_json::to_writer(&mut value, record).map_err(|error| unreadable::<T>(T::VERSION, &error))?;
    Ok(value)
}

fn decode<T: Record>(key: &[u8], stored: &[u8]) -> Result<T, StoreError> {
    let record = match sealed::open(key, stored) {
        Found::Sealed(_, record) | Found::Unsealed(record) => record,
        Found::Broken => return Err(StoreError::Damaged(format!("a record of {} has a wrong checksum", T::TABLE))),
    };
    let (version, json) = record.split_first().unwrap_or((&0, &[]));
    let decoded = if *version == T::VERSION { serde_json::from_slice(json) } else { T::upgrade(*version, json) };
    decoded.map_err(|error| unreadable::<T>(*version, &error))
}

fn unreadable<T: Record>(version: u8, error: &serde_json::Error) -> StoreError {
    StoreError::Record { table: T::TABLE, version, reason: error.to_string() }
}

#[cfg(test)]
mod tests;
