//! What the Historian is asked.

use std::path::PathBuf;

use actix::Message;
use chrono::NaiveDateTime;

use crate::store::StoreError;
use crate::store::old_database::Moved;

/// What came of taking result files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Results that were read.
    pub found: usize,
    /// Those that are new rows.
    pub imported: usize,
    /// Files that could not be used, each with the reason.
    pub problems: Vec<String>,
}

impl ImportReport {
    /// Counts another to this one.
    pub fn add(&mut self, other: Self) {
        self.found += other.found;
        self.imported += other.imported;
        self.problems.extend(other.problems);
    }
}

/// What came of reading logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogReport {
    /// Logs that told of a run.
    pub imported: usize,
    /// Logs that did not.
    pub skipped: usize,
    /// Logs that could not be read.
    pub errors: usize,
}

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
    pub before: NaiveDateTime,
}

/// Takes over an old backend's history.
#[derive(Debug, Message)]
#[rtype(result = "Result<Moved, StoreError>")]
pub struct TakeOldHistory {
    /// Its `runtime_stats.db`.
    pub file: PathBuf,
}
