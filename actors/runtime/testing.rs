//! What the tests of actors begin with.

use std::sync::Arc;

use tempfile::TempDir;

use crate::runtime::data_dir::DataDir;
use crate::runtime::events::Facts;
use crate::runtime::guard::ActorSystem;
use crate::runtime::shared::Shared;
use crate::store::Store;

/// A data folder of its own with a store in it, and a system that may start actors there.
pub struct Home {
    pub folder: TempDir,
    pub shared: Shared,
    pub actor_system: ActorSystem,
}

impl Home {
    pub fn make() -> Self {
        Self::on(tempfile::tempdir().unwrap())
    }

    pub fn on(folder: TempDir) -> Self {
        let shared = shared(&folder);
        let actor_system = ActorSystem::new(shared.facts.clone(), Arc::new(|name| panic!("{name} crashed too often")));
        Self { folder, shared, actor_system }
    }
}

/// What actors in this folder share.
pub fn shared(folder: &TempDir) -> Shared {
    let data = DataDir::new(folder.path()).unwrap();
    data.create().unwrap();
    let store = Store::open(&data.store()).unwrap();
    Shared { data, store, facts: Facts::new() }
}
