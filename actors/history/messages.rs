//! What the Historian is asked.

use std::path::PathBuf;

use actix::Message;
use chrono::NaiveDateTime;

use super::{ImportReport, LogReport};
use crate::store::StoreError;
use crate::store::old_database::Moved;

/// Takes the result files in `Logs` now.
#[derive(Debug, Message)]
#[rtype(result = "Result<ImportReport, StoreError>")]
pub struct TakeResults;

/// Takes the runs that logs tell of, unless that was done before: then the answer is none.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<LogReport>, StoreError>")]
pub struct MigrateLogs;

/// Writes every run time anew from its seconds; gives how many rows have one.
#[derive(Debug, Message)]
#[rtype(result = "Result<usize, StoreError>")]
pub struct ReformatRuntimes;

/// Removes the rows before a local time; gives how many.
#[derive(Debug, Message)]
#[rtype(result = "Result<usize, StoreError>")]
pub struct CleanUp {
    /// The time.
    pub before: NaiveDateTime,
}

/// Takes over an old backend's history.
#[derive(Debug, Message)]
#[rtype(result = "Result<Moved, StoreError>")]
pub struct TakeOldHistory {
    /// Its `runtime_stats.db`.
    pub file: PathBuf,
}
