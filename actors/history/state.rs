//! What the Historian remembers besides the rows: which files and runs it has taken, and upstream's notes of migrations.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::files::Stamp;
use crate::runs::RunId;
use crate::store::Record;

/// The key of the one record.
pub const KEY: &[u8] = b"state";

/// A note of a migration, as upstream keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Marker {
    /// `true`, or a number.
    pub value: String,
    /// When it was noted, in local time.
    pub updated_at: String,
}

/// The record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryState {
    /// Upstream's notes.
    pub markers: BTreeMap<String, Marker>,
    /// The number of the next row: numbers of removed rows are not given again.
    pub next: u64,
    /// Runs up to this one have their row.
    pub runs: Option<RunId>,
    /// The result files in `Logs` as they were when they were taken.
    pub files: BTreeMap<String, Stamp>,
    /// The folders of `RotatedLogs` that were looked into.
    pub rotated: BTreeSet<String>,
}

impl HistoryState {
    /// Whether what was there before the first start has been taken.
    pub fn is_migrated(&self) -> bool {
        self.markers.get("logs_migrated").is_some_and(|marker| marker.value == "true")
    }

    /// Notes that it has, and how many results there were.
    pub fn mark_migrated(&mut self, entries: usize, now: chrono::NaiveDateTime) {
        let updated_at = now.format("%Y-%m-%d %H:%M:%S").to_string();
        for (key, value) in [("logs_migrated", "true".to_owned()), ("migrated_entries", entries.to_string())] {
            self.markers.insert(key.to_owned(), Marker { value, updated_at: updated_at.clone() });
        }
    }
}

impl Record for HistoryState {
    const TABLE: &'static str = "history_state";
    const VERSION: u8 = 1;
}
