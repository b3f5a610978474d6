//! What the ExportKeeper is asked.

use std::path::PathBuf;

use actix::Message;

use super::Imported;
use crate::store::StoreError;
use crate::store::old_database::Moved;
use posterizarr_base::media_exports::ExportFamily;

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
