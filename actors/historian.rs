//! Historian: every run becomes a row of the history, once.
//!
//! Theory of operation: a run becomes a row when its result file appears. Those of the daemon's own runs were collected in
//! `runs/<id>/` before the run was told as finished; those of others are found in `Logs` by looking at the paths, since the
//! script moves the whole folder away at its next start, and in the folders it was moved to. The same run found twice
//! is one row. A run of the daemon that left no result gets a row with its true outcome. Rows are in the store; what is
//! shown is an index of a few dozen bytes per row, and the rows of a page are read when they are asked for.

pub mod database;
mod desk;
pub mod index;
mod intake;
mod ledger;
mod log_text;
pub mod query;
mod result_file;
pub mod row;
mod state;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use actix::Message;
use chrono::NaiveDateTime;
use futures_util::FutureExt;

use crate::commons::Commons;
use crate::events::Facts;
use crate::guard::{Answer, Ctx, Reply, Service};
use crate::old_database::Moved;
use crate::store::StoreError;
use crate::view::View;
use crate::workbench::{Workbench, keep_looking};
use desk::Desk;
use index::Index;

pub use intake::Problem;
pub use state::{HistoryState, Marker};

/// What is known of the history.
#[derive(Debug, Clone, Default)]
pub struct HistoryView {
    /// Whether the store has been read; before that there only seem to be no rows.
    pub loaded: bool,
    /// The rows at a glance.
    pub index: Arc<Index>,
    /// Upstream's notes of its migrations.
    pub markers: BTreeMap<String, Marker>,
    /// Result files that cannot be read. They are tried again.
    pub problems: Vec<Problem>,
}

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
    fn add(&mut self, other: Self) {
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
pub struct SpeakAnew;

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

/// The actor. Clones are its next life after a crash, at the same workbench.
#[derive(Clone)]
pub struct Historian {
    view: View<HistoryView>,
    facts: Facts,
    bench: Workbench<Desk>,
}

impl Historian {
    /// Made without reading anything: that is done once it has started.
    pub fn new(commons: Commons) -> Self {
        let (view, facts) = (commons.views.history.clone(), commons.facts.clone());
        let bench = Workbench::new(move || Desk::open(&commons.data, &commons.store, &commons.facts));
        Self { view, facts, bench }
    }

    /// Does work at the desk and shows what came of it.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + 'static {
        let view = self.view.clone();
        let done = self.bench.work(move |desk| {
            let done = work(desk);
            view.publish(desk.view());
            done
        });
        done.map(|done| done.inspect_err(|error| tracing::error!(%error, "the history cannot be read or written")))
    }
}

impl Service for Historian {
    const NAME: &'static str = "Historian";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let this = self.clone();
        keep_looking(ctx, &self.facts, async move || this.work(Desk::take_all).await);
    }

    fn observe(&self) -> serde_json::Value {
        let view = self.view.get();
        serde_json::json!({ "loaded": view.loaded, "rows": view.index.len(), "problems": view.problems })
    }
}

impl Answer<TakeResults> for Historian {
    fn answer(&mut self, _: TakeResults, _: &mut Ctx<Self>) -> Reply<Result<ImportReport, StoreError>> {
        Reply::later(self.work(Desk::take_files_again))
    }
}

impl Answer<MigrateLogs> for Historian {
    fn answer(&mut self, _: MigrateLogs, _: &mut Ctx<Self>) -> Reply<Result<Option<LogReport>, StoreError>> {
        Reply::later(self.work(Desk::migrate_logs))
    }
}

impl Answer<SpeakAnew> for Historian {
    fn answer(&mut self, _: SpeakAnew, _: &mut Ctx<Self>) -> Reply<Result<usize, StoreError>> {
        Reply::later(self.work(Desk::speak_anew))
    }
}

impl Answer<CleanUp> for Historian {
    fn answer(&mut self, CleanUp { before }: CleanUp, _: &mut Ctx<Self>) -> Reply<Result<usize, StoreError>> {
        Reply::later(self.work(move |desk| desk.remove_before(before)))
    }
}

impl Answer<TakeOldHistory> for Historian {
    fn answer(&mut self, old: TakeOldHistory, _: &mut Ctx<Self>) -> Reply<Result<Moved, StoreError>> {
        Reply::later(self.work(move |desk| desk.take_database(&old.file)))
    }
}

#[cfg(test)]
mod tests;
