//! What the Replacer shows.

use std::sync::Arc;

use super::item::Item;

/// The pictures in the queue.
#[derive(Debug, Clone, Default)]
pub struct ReplacingView {
    /// Oldest first.
    pub items: Vec<Arc<Item>>,
}
