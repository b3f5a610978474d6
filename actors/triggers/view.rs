//! What the WebhookIngest shows.

use std::sync::Arc;

use super::journal::Received;

/// What is known of webhooks and trigger files.
#[derive(Debug, Clone, Default)]
pub struct IngestView {
    /// The last received webhooks and trigger files, newest first.
    pub received: Vec<Arc<Received>>,
    /// Why `watcher/` cannot be read.
    pub problem: Option<String>,
}
