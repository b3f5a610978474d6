//! The record store: sled under `DATA/store/`, opened by the daemon alone.
//!
//! Few trees, small records. A record is a version byte followed by JSON; keys sort as bytes, so numbers are big-endian.
//! [`Table::put`] and [`Table::remove`] return only once the change is on disk: sled loses unflushed writes on a kill.

use std::fs::{DirBuilder, Permissions};
use std::marker::PhantomData;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Memory sled may use to cache pages.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the store's lock.
    #[error("another posterizarrd is already using this data folder")]
    Locked,
    /// The disk or the store's files failed.
    #[error("the record store failed: {0}")]
    Disk(#[from] sled::Error),
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

/// The opened store.
#[derive(Debug, Clone)]
pub struct Store {
    db: sled::Db,
}

impl Store {
    /// Opens or creates the store. Fails with [`StoreError::Locked`] while another process has it open.
    ///
    /// The folder is closed to other users: the last good configuration in it holds the user's secrets.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(sled::Error::from)?;
        // Of a folder that was there before; where it belongs to somebody else, that is the operator's decision.
        let _ = std::fs::set_permissions(folder, Permissions::from_mode(0o700));
        let opened = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).open();
        match opened {
            Ok(db) => Ok(Self { db }),
            Err(sled::Error::Io(error)) if is_lock_error(&error) => Err(StoreError::Locked),
            Err(error) => Err(error.into()),
        }
    }

    /// The table of one record type.
    pub fn table<T: Record>(&self) -> Result<Table<T>, StoreError> {
        Ok(Table { tree: self.db.open_tree(T::TABLE)?, record: PhantomData })
    }

    /// Writes out everything that is still in memory.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.db.flush()?;
        Ok(())
    }
}

// sled 0.34 wraps the lock failure in a new error of kind Other, so its text is all there is to go by.
fn is_lock_error(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
}

/// One tree of records of one type.
#[derive(Debug)]
pub struct Table<T> {
    tree: sled::Tree,
    record: PhantomData<fn() -> T>,
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { tree: self.tree.clone(), record: PhantomData }
    }
}

impl<T: Record> Table<T> {
    /// The record under `key`.
    pub fn get(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.tree.get(key)?.map(|value| decode(&value)).transpose()
    }

    /// Writes a record; it is on disk when this returns.
    pub fn put(&self, key: &[u8], record: &T) -> Result<(), StoreError> {
        self.tree.insert(key, encode(record)?)?;
        self.tree.flush()?;
        Ok(())
    }

    /// Removes a record; gone from disk when this returns. Tells whether it was there.
    pub fn remove(&self, key: &[u8]) -> Result<bool, StoreError> {
        let was_there = self.tree.remove(key)?.is_some();
        self.tree.flush()?;
        Ok(was_there)
    }

    /// Writes (`Some`) and removes (`None`) records as one change: after a crash all of it is there or nothing; on disk when
    /// this returns. For imports: one flush instead of one per record.
    pub fn apply(&self, changes: impl IntoIterator<Item = (Vec<u8>, Option<T>)>) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, record) in changes {
            match record {
                Some(record) => batch.insert(key, encode(&record)?),
                None => batch.remove(key),
            }
        }
        self.tree.apply_batch(batch)?;
        self.tree.flush()?;
        Ok(())
    }

    /// All records in key order. A record that cannot be read is an error item, not the end.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, T), StoreError>> + use<T> {
        self.tree.iter().map(decode_pair)
    }

    /// The records with keys below `end`, in key order.
    pub fn before(&self, end: &[u8]) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, T), StoreError>> + use<T> {
        self.tree.range(..end.to_vec()).map(decode_pair)
    }

    /// The highest key.
    pub fn last_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tree.last()?.map(|(key, _)| key.to_vec()))
    }

    /// How many records there are. Walks the tree.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }
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
        let tree = store.db.open_tree("notes").unwrap();
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
}
