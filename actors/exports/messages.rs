//! What the ExportKeeper is asked.

use std::path::PathBuf;

use actix::Message;

use crate::store::StoreError;
use crate::store::old_database::Moved;
use posterizarr_base::media_exports::ExportFamily;

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Movies and shows.
    pub library: usize,
    /// Seasons.
    pub episodes: usize,
    /// The time that all of them carry.
    pub run_timestamp: String,
    /// Files that were not read, or not to their end, each with the reason.
    pub problems: Vec<String>,
}

/// Takes in the exports of a server that are in `Logs` now.
#[derive(Debug, Message)]
#[rtype(result = "Result<Imported, StoreError>")]
pub struct ImportExports(pub ExportFamily);

/// Takes over the exports of an old backend, table by table.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Moved>, StoreError>")]
pub struct TakeOldExports {
    /// Its `media_export.db`.
    pub file: PathBuf,
}
