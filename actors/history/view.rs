//! What the Historian shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::Index;
use super::intake::Problem;
use super::state::Marker;

/// What is known of the history.
#[derive(Debug, Clone, Default)]
pub struct HistoryView {
    /// Whether the store has been read; before that there only seem to be no rows.
    pub loaded: bool,
    /// The rows at a glance.
    pub index: Arc<Index>,
    /// Upstream's notes of its migrations.
    pub markers: BTreeMap<String, Marker>,
    /// Result files that cannot be read. They are tried again.
    pub problems: Vec<Problem>,
}
