//! ScriptSupervisor: owner of the run slot and the queue.

use crate::commons::Commons;
use crate::guard::Service;

/// What is known of runs.
#[derive(Debug, Clone, Default)]
pub struct RunView {}

/// The actor.
pub struct ScriptSupervisor {
    _commons: Commons,
}

impl ScriptSupervisor {
    /// Made from the store.
    pub fn new(commons: Commons) -> Self {
        Self { _commons: commons }
    }
}

impl Service for ScriptSupervisor {
    const NAME: &'static str = "ScriptSupervisor";
}
