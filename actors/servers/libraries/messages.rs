//! What the LibraryKeeper is asked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use actix::Message;

use super::known::ServerLibraries;
use crate::store::StoreError;
use crate::store::old_database::Moved;
use posterizarr_base::servers::ServerKind;
use posterizarr_media::servers::admin::Library;

/// Keeps the libraries that a server has now. Gives what is known of it afterwards.
#[derive(Debug, Message)]
#[rtype(result = "Result<ServerLibraries, StoreError>")]
pub struct KeepLibraries {
    /// Whose libraries.
    pub server: ServerKind,
    /// All of them.
    pub libraries: Vec<Library>,
}

/// Excludes exactly these libraries of a server.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct ExcludeLibraries {
    /// Whose libraries.
    pub server: ServerKind,
    pub names: BTreeSet<String>,
}

/// Takes over what an old backend knew of its servers; a server that is known here stays as it is.
#[derive(Debug, Message)]
#[rtype(result = "Result<Moved, StoreError>")]
pub struct TakeOldLibraries {
    /// Its `server_libraries.db`.
    pub file: PathBuf,
}
