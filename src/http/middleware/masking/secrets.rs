//! What is masked.

use std::sync::atomic::{AtomicU64, Ordering};

use posterizarr_base::redact::Owner;

use crate::actors::config::ConfigView;
use crate::actors::notify::NotifierSettings;

/// The secrets of this daemon: those of its configuration and those of its settings.
#[derive(Debug)]
pub struct Secrets {
    owner: Owner,
    /// The generation of the configuration that was told last, plus one.
    told: AtomicU64,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { owner: Owner::new("daemon"), told: AtomicU64::new(0) }
    }
}

impl Secrets {
    /// Masks the secrets of the configuration as it is now, and no longer those of an earlier one; and the addresses of
    /// hooks, which work as keys.
    pub fn follow(&self, config: &ConfigView, notify: &NotifierSettings) {
        let generation = config.generation + 1;
        if self.told.fetch_max(generation, Ordering::AcqRel) < generation {
            let hooks = &notify.hooks;
            let hooks = [&hooks.on_start, &hooks.on_success, &hooks.on_failure, &hooks.on_missed];
            let addresses = hooks.into_iter().flatten().chain(&notify.heartbeat_url).cloned();
            self.owner.tell(config.secrets().into_iter().chain(addresses));
        }
    }
}
