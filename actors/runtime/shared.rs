//! What every actor is given when it is made.

use crate::runtime::data_dir::DataDir;
use crate::runtime::events::Facts;
use crate::store::Store;

/// Shared by all actors; cheap to clone. What an actor shows, and what it reads of others, it is given besides: only who
/// starts the actors knows all of them.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Where the files are.
    pub data: DataDir,
    pub store: Store,
    /// Where facts are told.
    pub facts: Facts,
}
