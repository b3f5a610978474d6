//! The queue held: what waits in it does not start until somebody lets it go on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::{Record, Store, StoreError, Table};

/// Since when the queue is held, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Who holds it: the name of a user or of an API key; null where whoever asked has none.
    pub by: Option<String>,
}

impl Record for Hold {
    const TABLE: &'static str = "queue_hold";
    const VERSION: u8 = 1;
}

const KEY: &[u8] = b"queue";

fn table(store: &Store) -> Result<Table<Hold>, StoreError> {
    store.table()
}

/// What the store knows. Where that cannot be read the queue is held: one that goes on too late does no harm.
pub fn load(store: &Store, now: DateTime<Utc>) -> Option<Hold> {
    table(store).and_then(|table| table.get(KEY)).unwrap_or_else(|error| {
        tracing::error!(%error, "cannot read whether the queue is on hold; holding it until it is released");
        Some(Hold { since: now, by: None })
    })
}

/// Puts it on disk.
pub fn keep(store: &Store, hold: &Hold) -> Result<(), StoreError> {
    table(store)?.put(KEY, hold)
}

/// Takes it off the disk.
pub fn forget(store: &Store) -> Result<(), StoreError> {
    table(store)?.remove(KEY).map(drop)
}
