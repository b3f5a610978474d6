//! What is in the trash, and for how long.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::library::assets::Root;

/// What the Trash is told at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrashSettings {
    /// Whether deleted files are kept at all.
    pub enabled: bool,
    /// How many bytes are kept.
    pub max_size: u64,
    /// How long a file is kept; none means for ever.
    pub max_age: Option<Duration>,
}

/// A file in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashEntry {
    /// Its name for restoring and purging.
    pub id: String,
    /// The library it was in.
    pub root: Root,
    /// Where it was, relative to that library.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// When it was deleted.
    pub deleted_at: DateTime<Utc>,
}

/// A file that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Under this id it can be restored; none if it is gone for good.
    pub trash_id: Option<String>,
}
