//! Making changes: noted in the ledger first, then made in the database.

use std::sync::Mutex;

use super::current::lock;
use super::fault::{StoreError, caught};
use super::ledger::Ledger;
use super::sealed::{self, Found, Identity};

/// What was under the keys of a change before it; none where there was nothing.
pub struct Before {
    values: Vec<(&'static str, Vec<u8>, Option<sled::IVec>)>,
}

impl Before {
    /// Of no change.
    pub fn nothing() -> Self {
        Self { values: Vec::new() }
    }

    /// Of one key.
    pub fn one(table: &'static str, key: Vec<u8>, value: Option<sled::IVec>) -> Self {
        Self { values: vec![(table, key, value)] }
    }

    /// Of one more key.
    pub fn add(&mut self, table: &'static str, key: Vec<u8>, value: Option<sled::IVec>) {
        self.values.push((table, key, value));
    }

    /// Of later changes besides.
    pub fn append(&mut self, later: Self) {
        self.values.extend(later.values);
    }

    /// Takes the changes back, the last one first.
    pub fn restore(&self, database: &sled::Db, ledger: &mut Ledger) -> Result<(), StoreError> {
        for (table, key, value) in self.values.iter().rev() {
            let tree = database.open_tree(table)?;
            make(&tree, ledger, table, vec![(key.clone(), value.as_ref().map(|value| value.to_vec()))])?;
        }
        Ok(())
    }
}

/// Writes (a version byte and JSON) or removes (none) records of a table, as one change. In memory only when this returns.
pub fn apply(
    tree: &sled::Tree,
    ledger: &Mutex<Ledger>,
    table: &'static str,
    changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
) -> Result<Before, StoreError> {
    let mut ledger = lock(ledger);
    let sealed = changes.into_iter().map(|(key, record)| {
        let sealed = record.map(|record| sealed::seal(&key, ledger.take_number(), &record).1);
        (key, sealed)
    });
    let sealed: Vec<_> = sealed.collect();
    make(tree, &mut ledger, table, sealed)
}

/// Like [`apply`], for records that are sealed already.
pub fn make(
    tree: &sled::Tree,
    ledger: &mut Ledger,
    table: &'static str,
    changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
) -> Result<Before, StoreError> {
    ledger.note(table, changes.iter().map(|(key, sealed)| (key.as_slice(), identity(key, sealed.as_deref()))))?;
    caught(|| write(tree, table, changes)).inspect_err(|_| ledger.distrust())
}

fn identity(key: &[u8], sealed: Option<&[u8]>) -> Option<Identity> {
    match sealed::open(key, sealed?) {
        Found::Sealed(identity, _) => Some(identity),
        // Cannot be: it was sealed by us. No record has the number.
        Found::Unsealed(_) | Found::Broken => Some(Identity { number: 0, checksum: 0 }),
    }
}

fn write(
    tree: &sled::Tree,
    table: &'static str,
    mut changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
) -> Result<Before, StoreError> {
    if changes.len() == 1
        && let Some((key, sealed)) = changes.pop()
    {
        let before = match sealed {
            Some(sealed) => tree.insert(&key, sealed)?,
            None => tree.remove(&key)?,
        };
        return Ok(Before::one(table, key, before));
    }
    let (mut batch, mut before) = (sled::Batch::default(), Before::nothing());
    for (key, sealed) in changes {
        before.add(table, key.clone(), tree.get(&key)?);
        match sealed {
            Some(sealed) => batch.insert(key, sealed),
            None => batch.remove(key),
        }
    }
    tree.apply_batch(batch)?;
    Ok(before)
}
