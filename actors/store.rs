//! The record store: sled under `DATA/store/`, opened by the daemon alone.
//!
//! Few trees, small records. A record is a version byte followed by JSON; keys sort as bytes, so numbers are big-endian.
//! [`Table::put`] and [`Table::remove`] return only once the change is on disk: sled loses unflushed writes on a kill.
//!
//! Theory of operation: a change is made in sled's memory by whoever asks for it, and brought to the disk by the one
//! [`committer`], which answers all that wait with one flush: a hundred changes at once cost hardly more than one. sled
//! keeps its first I/O error for ever, so after one the committer opens the database anew ([`opening`]) as soon as the disk
//! takes writes again. Handles stay good throughout, because they name a tree instead of holding it. While the disk takes
//! nothing, changes are refused and what was read before can still be read.

mod committer;
mod opening;
mod raw;

pub use raw::RawRecord;

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock, mpsc};
use std::task::{Context, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use committer::{Before, Committer, Done};

/// Why the store cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the store's lock.
    #[error("another posterizarrd is already using this data folder")]
    Locked,
    /// The disk failed, or is full.
    #[error("the record store cannot be written or read: {}", in_words(.0))]
    Disk(Arc<sled::Error>),
    /// The store's files make no sense.
    #[error("the record store is damaged: {0}")]
    Damaged(String),
    /// A record cannot be read by this version.
    #[error("a record in {table} is not readable (version {version}): {reason}")]
    Record {
        /// The table it is in.
        table: &'static str,
        /// Its version byte.
        version: u8,
        /// What the decoder said.
        reason: String,
    },
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(_) => Self::Disk(Arc::new(error)),
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        sled::Error::Io(error).into()
    }
}

/// sled copies an error by wrapping its debug text in a new one, of which only the kind is fit to be read.
fn in_words(error: &sled::Error) -> String {
    match error {
        sled::Error::Io(io) if io.raw_os_error().is_none() => io.kind().to_string(),
        sled::Error::Io(io) => io.to_string(),
        other => other.to_string(),
    }
}

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

/// The database behind all handles.
struct Current {
    folder: PathBuf,
    state: RwLock<State>,
}

struct State {
    /// None while it is being opened anew.
    database: Option<sled::Db>,
    /// Counts how often it was opened, so that a change to one database is never taken for a change to the next.
    opening: u64,
    /// Why nothing is written at present.
    failure: Option<StoreError>,
}

impl Current {
    fn read<R>(&self, work: impl FnOnce(&State) -> R) -> R {
        work(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn tree(&self, table: &str) -> Result<sled::Tree, StoreError> {
        self.read(|state| match (&state.database, &state.failure) {
            (Some(database), _) => Ok(database.open_tree(table)?),
            (None, Some(failure)) => Err(failure.clone()),
            (None, None) => Err(StoreError::Damaged("it is closed".to_owned())),
        })
    }

    /// The tree for a change, with the number of the opening it is of.
    fn tree_to_change(&self, table: &str) -> Result<(sled::Tree, u64), StoreError> {
        self.read(|state| match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(state.opening),
        })
        .and_then(|opening| Ok((self.tree(table)?, opening)))
    }
}

impl Store {
    /// Opens or creates the store. Fails with [`StoreError::Locked`] while another process has it open.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::begin(folder, opening::open(folder)?)
    }

    fn begin(folder: &Path, database: sled::Db) -> Result<Self, StoreError> {
        let state = RwLock::new(State { database: Some(database), opening: 0, failure: None });
        let current = Arc::new(Current { folder: folder.to_owned(), state });
        Ok(Self { inner: Arc::new(Inner { committer: Committer::start(current.clone())?, current }) })
    }

    /// Like [`Store::open`], but a damaged store is set aside, and an empty one takes its place. Tells where it is then. A
    /// lock is waited for a moment: a process that the opener before this one was just starting holds it until it runs.
    pub fn open_or_set_aside(folder: &Path) -> Result<(Self, Option<PathBuf>), StoreError> {
        match opening::open_once_free(folder).and_then(|database| Self::begin(folder, database)) {
            Err(StoreError::Damaged(reason)) => {
                tracing::error!(reason, "the record store is damaged");
                let aside = opening::set_aside(folder)?;
                Ok((Self::open(folder)?, Some(aside)))
            }
            opened => Ok((opened?, None)),
        }
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
        self.tree()?.get(key)?.map(|value| decode(&value)).transpose()
    }

    /// Writes a record; it is on disk when this returns.
    pub fn put(&self, key: &[u8], record: &T) -> Result<(), StoreError> {
        self.now(|tree| insert(tree, key, record))
    }

    /// Writes a record; it is on disk when the answer comes. Changes that wait at the same time share one flush.
    pub fn put_later(&self, key: &[u8], record: &T) -> Commit {
        self.later(|tree| insert(tree, key, record))
    }

    /// Removes a record; gone from disk when this returns. Tells whether it was there.
    pub fn remove(&self, key: &[u8]) -> Result<bool, StoreError> {
        let mut was_there = false;
        self.now(|tree| {
            let before = tree.remove(key)?;
            was_there = before.is_some();
            Ok(Before::one(T::TABLE, key.to_vec(), before))
        })?;
        Ok(was_there)
    }

    /// Writes (`Some`) and removes (`None`) records as one change: after a crash all of it is there or nothing; on disk when
    /// this returns. For imports: one flush instead of one per record.
    pub fn apply(&self, changes: impl IntoIterator<Item = (Vec<u8>, Option<T>)>) -> Result<(), StoreError> {
        self.now(|tree| apply(tree, changes))
    }

    /// Like [`Table::apply`]; on disk when the answer comes.
    pub fn apply_later(&self, changes: impl IntoIterator<Item = (Vec<u8>, Option<T>)>) -> Commit {
        self.later(|tree| apply(tree, changes))
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

    fn now(&self, change: impl FnOnce(&sled::Tree) -> Result<Before, StoreError>) -> Result<(), StoreError> {
        let (tell, told) = mpsc::sync_channel(1);
        self.change(change, sender(tell));
        answer(&told)
    }

    fn later(&self, change: impl FnOnce(&sled::Tree) -> Result<Before, StoreError>) -> Commit {
        let (tell, told) = oneshot::channel();
        self.change(change, Box::new(move |result| drop(tell.send(result))));
        Commit { told }
    }

    fn change(&self, change: impl FnOnce(&sled::Tree) -> Result<Before, StoreError>, done: Done) {
        let Inner { current, committer } = &*self.store.inner;
        match current.tree_to_change(T::TABLE) {
            Ok((tree, opening)) => committer.ask(opening, change(&tree), done),
            Err(error) => done(Err(error)),
        }
    }
}

fn insert<T: Record>(tree: &sled::Tree, key: &[u8], record: &T) -> Result<Before, StoreError> {
    let before = tree.insert(key, encode(record)?)?;
    Ok(Before::one(T::TABLE, key.to_vec(), before))
}

fn apply<T: Record>(
    tree: &sled::Tree,
    changes: impl IntoIterator<Item = (Vec<u8>, Option<T>)>,
) -> Result<Before, StoreError> {
    let (mut batch, mut before) = (sled::Batch::default(), Before::nothing());
    for (key, record) in changes {
        before.add(T::TABLE, key.clone(), tree.get(&key)?);
        match record {
            Some(record) => batch.insert(key, encode(&record)?),
            None => batch.remove(key),
        }
    }
    tree.apply_batch(batch)?;
    Ok(before)
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
    Ok((key.to_vec(), decode(&value)?))
}

fn encode<T: Record>(record: &T) -> Result<Vec<u8>, StoreError> {
    let mut value = vec![T::VERSION];
    serde_json::to_writer(&mut value, record).map_err(|error| unreadable::<T>(T::VERSION, &error))?;
    Ok(value)
}

fn decode<T: Record>(value: &[u8]) -> Result<T, StoreError> {
    let (version, json) = value.split_first().unwrap_or((&0, &[]));
    let decoded = if *version == T::VERSION { serde_json::from_slice(json) } else { T::upgrade(*version, json) };
    decoded.map_err(|error| unreadable::<T>(*version, &error))
}

fn unreadable<T: Record>(version: u8, error: &serde_json::Error) -> StoreError {
    StoreError::Record { table: T::TABLE, version, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, Instant};

    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Note {
        text: String,
    }

    impl Record for Note {
        const TABLE: &'static str = "notes";
        const VERSION: u8 = 2;

        fn upgrade(version: u8, json: &[u8]) -> Result<Self, serde_json::Error> {
            if version == 1 { Ok(Note { text: serde_json::from_slice(json)? }) } else { serde_json::from_slice(json) }
        }
    }

    #[test]
    fn records_come_back_in_key_order_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        {
            let notes = Store::open(folder.path()).unwrap().table::<Note>().unwrap();
            for n in [300_u64, 2, 70_000] {
                notes.put(&n.to_be_bytes(), &Note { text: n.to_string() }).unwrap();
            }
        }
        assert_eq!(std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        let notes = Store::open(folder.path()).unwrap().table::<Note>().unwrap();
        let texts: Vec<_> = notes.iter().map(|pair| pair.unwrap().1.text).collect();
        assert_eq!(texts, ["2", "300", "70000"]);
        assert_eq!(notes.last_key().unwrap().unwrap(), 70_000_u64.to_be_bytes());
        assert_eq!(notes.before(&300_u64.to_be_bytes()).count(), 1);
    }

    #[test]
    fn a_batch_writes_and_removes_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Store::open(folder.path()).unwrap().table::<Note>().unwrap();
        notes.put(b"old", &Note { text: "old".to_owned() }).unwrap();
        let new = Note { text: "new".to_owned() };
        notes.apply([(b"old".to_vec(), None), (b"new".to_vec(), Some(new))]).unwrap();
        let texts: Vec<_> = notes.iter().map(|pair| pair.unwrap().1.text).collect();
        assert_eq!(texts, ["new"]);
    }

    #[test]
    fn an_older_record_is_upgraded_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let tree = store.inner.current.tree("notes").unwrap();
        tree.insert(b"old", b"\x01\"was a bare string\"".as_slice()).unwrap();
        tree.insert(b"torn", b"\x02{".as_slice()).unwrap();
        let notes = store.table::<Note>().unwrap();
        assert_eq!(notes.get(b"old").unwrap().unwrap().text, "was a bare string");
        let error = notes.get(b"torn").unwrap_err().to_string();
        assert!(error.starts_with("a record in notes is not readable (version 2)"), "{error}");
    }

    #[test]
    fn a_second_opener_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Store::open(folder.path()).unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Locked)));
    }

    #[test]
    fn a_lock_that_is_let_go_in_a_moment_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::open(folder.path()).unwrap();
        let holder = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            drop(first);
        });
        assert_eq!(Store::open_or_set_aside(folder.path()).unwrap().1, None);
        holder.join().unwrap();
    }

    fn texts(notes: &Table<Note>) -> Vec<String> {
        notes.iter().map(|pair| pair.unwrap().1.text).collect()
    }

    fn note(text: &str) -> Note {
        Note { text: text.to_owned() }
    }

    #[actix::test]
    async fn many_changes_at_once_are_all_on_disk_when_they_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let notes = store.table::<Note>().unwrap();
        let commits: Vec<_> = (0..100_u64).map(|n| notes.put_later(&n.to_be_bytes(), &note("x"))).collect();
        notes.apply_later([(0_u64.to_be_bytes().to_vec(), None)]).await.unwrap();
        assert_eq!(notes.len(), 99, "they are made in the order in which they were asked for");
        for commit in commits {
            commit.await.unwrap();
        }
    }

    /// Makes the store fail as it does when the disk refuses a write.
    fn break_disk(store: &Store) {
        let full = Err(StoreError::from(std::io::Error::from(std::io::ErrorKind::StorageFull)));
        let (tell, told) = mpsc::sync_channel(1);
        store.inner.committer.ask(0, full, sender(tell));
        assert!(answer(&told).is_err());
    }

    #[test]
    fn after_an_error_of_the_disk_changes_are_refused_and_undone_and_then_the_store_works_again_behind_the_same_handles()
     {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let notes = store.table::<Note>().unwrap();
        notes.put(b"a", &note("kept")).unwrap();
        let reader = notes.iter();
        // A change that is in sled's memory when the disk fails, and so might be written or not.
        let (tree, opening) = store.inner.current.tree_to_change("notes").unwrap();
        break_disk(&store);
        let before = insert(&tree, b"a", &note("refused")).unwrap();
        drop(tree);
        let (tell, told) = mpsc::sync_channel(1);
        store.inner.committer.ask(opening, Ok(before), sender(tell));
        assert!(answer(&told).is_err());
        let error = notes.put(b"b", &note("refused too")).unwrap_err();
        assert_eq!(error.to_string(), "the record store cannot be written or read: no storage space");
        assert!(store.failure().is_some());
        // A reader that takes its time only delays it.
        drop(reader);
        let begun = Instant::now();
        while notes.put(b"c", &note("new")).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it never came back");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(store.failure().is_none());
        assert_eq!(texts(&notes), ["kept", "new"]);
        drop((store, notes));
        assert_eq!(texts(&Store::open(folder.path()).unwrap().table().unwrap()), ["kept", "new"]);
    }

    #[test]
    fn a_damaged_store_is_set_aside_and_an_empty_one_takes_its_place() {
        let damages: [fn(&Path); 3] = [
            |db| std::fs::write(db, [7; 700_000]).unwrap(),
            |db| std::fs::OpenOptions::new().write(true).open(db).unwrap().set_len(100).unwrap(),
            |db| std::fs::write(db.with_file_name("conf"), [255; 64]).unwrap(),
        ];
        for (n, damage) in damages.into_iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("store");
            Store::open(&place).unwrap().table::<Note>().unwrap().put(b"a", &note("lost")).unwrap();
            damage(&place.join("db"));
            let (store, aside) = Store::open_or_set_aside(&place).unwrap();
            let notes = store.table::<Note>().unwrap();
            notes.put(b"b", &note("new")).unwrap();
            assert_eq!(texts(&notes), ["new"], "damage {n}");
            let aside = aside.unwrap_or_else(|| panic!("damage {n} was not noticed"));
            assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("store.broken-"));
            assert!(aside.join("db").is_file());
        }
    }
}
