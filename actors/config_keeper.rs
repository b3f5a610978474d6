//! ConfigKeeper: sole reader and writer of config.json and the web UI settings.

use crate::commons::Commons;
use crate::guard::Service;

/// What is known of the configuration.
#[derive(Debug, Clone, Default)]
pub struct ConfigView {
    /* STUB */
    pub problem: Option<String>,
}
impl ConfigView {
    pub fn flag(&self, _: &str, _: &str) -> bool {
        false
    }
    pub fn text(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

/// The actor.
pub struct ConfigKeeper {
    _commons: Commons,
}

impl ConfigKeeper {
    /// Made from the store.
    pub fn new(commons: Commons) -> Self {
        Self { _commons: commons }
    }
}

impl Service for ConfigKeeper {
    const NAME: &'static str = "ConfigKeeper";
}
