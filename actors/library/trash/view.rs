//! What the Trash shows.

use std::sync::Arc;

use super::entry::TrashEntry;

/// What is in the trash.
#[derive(Debug, Clone, Default)]
pub struct TrashView {
    /// Newest first.
    pub entries: Vec<Arc<TrashEntry>>,
    /// Of all of them.
    pub bytes: u64,
}
