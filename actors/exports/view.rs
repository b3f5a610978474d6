//! What the ExportKeeper shows.

use super::export_store::Sums;

/// What is known of exports.
#[derive(Debug, Clone, Default)]
pub struct ExportView {
    /// Whether the store has been read; before that there only seem to be no rows.
    pub loaded: bool,
    /// What the rows add up to.
    pub sums: Sums,
}
