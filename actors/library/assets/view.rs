//! What the AssetIndexer shows.

use std::sync::Arc;

use posterizarr_base::artwork::Root;

use super::index::Index;
use super::state::RootState;

/// The library as it is known.
#[derive(Debug, Clone, Default)]
pub struct AssetsView {
    /// Of [`Root::Assets`].
    pub assets: Arc<Index>,
    /// Of [`Root::Manual`].
    pub manual: Arc<Index>,
    /// Of [`Root::Backup`].
    pub backup: Arc<Index>,
    /// Counts up with each change of an index, also across restarts of the daemon (it starts at the wall clock's
    /// microseconds).
    pub generation: u64,
    /// How [`Root::Assets`] does.
    pub assets_state: RootState,
    /// How [`Root::Manual`] does.
    pub manual_state: RootState,
    /// How [`Root::Backup`] does.
    pub backup_state: RootState,
}

impl AssetsView {
    /// The index of a root.
    pub fn of(&self, root: Root) -> &Arc<Index> {
        match root {
            Root::Assets => &self.assets,
            Root::Manual => &self.manual,
            Root::Backup => &self.backup,
        }
    }

    /// The state of a root.
    pub fn state(&self, root: Root) -> &RootState {
        match root {
            Root::Assets => &self.assets_state,
            Root::Manual => &self.manual_state,
            Root::Backup => &self.backup_state,
        }
    }
}
