//! LogTailer: owner of followed files and their subscribers.

use crate::commons::Commons;
use crate::guard::Service;

/// What is known of the logs.
#[derive(Debug, Clone, Default)]
pub struct LogView {}

/// The actor.
pub struct LogTailer {
    _commons: Commons,
}

impl LogTailer {
    /// Made from the store.
    pub fn new(commons: Commons) -> Self {
        Self { _commons: commons }
    }
}

impl Service for LogTailer {
    const NAME: &'static str = "LogTailer";
}
