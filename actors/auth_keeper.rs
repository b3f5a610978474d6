//! AuthKeeper: owner of API keys and sessions.

use crate::commons::Commons;
use crate::guard::Service;

/// What is known of keys and sessions.
#[derive(Debug, Clone, Default)]
pub struct AuthView {}

/// The actor.
pub struct AuthKeeper {
    _commons: Commons,
}

impl AuthKeeper {
    /// Made from the store.
    pub fn new(commons: Commons) -> Self {
        Self { _commons: commons }
    }
}

impl Service for AuthKeeper {
    const NAME: &'static str = "AuthKeeper";
}
