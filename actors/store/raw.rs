//! The records as they are stored, whatever they are of: for backups.

use super::current::lock;
use super::fault::StoreError;
use super::sealed::{self, Found};
use super::{Store, check};

/// A record of any table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    pub key: Vec<u8>,
    /// The number of the change that wrote it; none where that is not known.
    pub number: Option<u64>,
    /// A version byte and JSON.
    pub record: Vec<u8>,
}

impl Store {
    /// The tables that are there, by name.
    pub fn table_names(&self) -> Vec<String> {
        let open = self.inner.current.read(|state| state.open.clone());
        open.map(|open| check::table_names(&open.database)).unwrap_or_default()
    }

    /// Every record of a table. One whose bits were changed is an error item, not the end.
    pub fn raw(&self, table: &str) -> Result<impl Iterator<Item = Result<RawRecord, StoreError>> + use<>, StoreError> {
        let name = table.to_owned();
        let records = self.inner.current.tree(table)?.iter();
        Ok(records.map(move |pair| {
            let (key, stored) = pair?;
            let (number, record) = match sealed::open(&key, &stored) {
                Found::Sealed(identity, record) => (Some(identity.number), record),
                Found::Unsealed(record) => (None, record),
                Found::Broken => return Err(StoreError::Damaged(format!("a record of {name} has a wrong checksum"))),
            };
            Ok(RawRecord { key: key.to_vec(), number, record: record.to_vec() })
        }))
    }

    /// Writes records as [`Store::raw`] gives them; on disk after [`Store::flush`].
    pub fn put_raw(&self, table: &'static str, records: Vec<RawRecord>) -> Result<(), StoreError> {
        let (tree, open, _) = self.inner.current.to_change(table)?;
        let mut ledger = lock(&open.ledger);
        let sealed = records.into_iter().map(|RawRecord { key, number, record }| {
            let number = number.unwrap_or_else(|| ledger.take_number());
            let sealed = sealed::seal(&key, number, &record).1;
            (key, Some(sealed))
        });
        let sealed = sealed.collect();
        super::changes::make(&tree, &mut ledger, table, sealed).map(drop)
    }
}
