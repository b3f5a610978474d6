//! The records as they are stored, whatever they are of: for backups.

use super::opening::MARK;
use super::{Store, StoreError};

/// sled's own tree, which is always there and which we never use.
const UNUSED: &str = "__sled__default";

/// A key, and what is stored under it: a version byte and JSON.
pub type RawRecord = (Vec<u8>, Vec<u8>);

impl Store {
    /// The tables that are there, by name.
    pub fn table_names(&self) -> Vec<String> {
        let trees = self.inner.current.read(|state| state.database.as_ref().map(sled::Db::tree_names));
        let named = trees.into_iter().flatten().filter_map(|name| String::from_utf8(name.to_vec()).ok());
        let mut names: Vec<_> = named.filter(|name| ![UNUSED, MARK].contains(&name.as_str())).collect();
        names.sort();
        names
    }

    /// Every record of a table.
    pub fn raw(&self, table: &str) -> Result<impl Iterator<Item = Result<RawRecord, StoreError>> + use<>, StoreError> {
        let records = self.inner.current.tree(table)?.iter();
        Ok(records.map(|record| record.map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(StoreError::from)))
    }

    /// Writes records as [`Store::raw`] gives them; on disk after [`Store::flush`].
    pub fn put_raw(&self, table: &str, records: Vec<RawRecord>) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        records.into_iter().for_each(|(key, value)| batch.insert(key, value));
        Ok(self.inner.current.tree(table)?.apply_batch(batch)?)
    }
}
