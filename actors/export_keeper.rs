//! ExportKeeper: what the media servers hold, as the script exported it.
//!
//! Theory of operation: the script writes its exports to `Logs` during a run. Those of the daemon's own runs are
//! collected in `runs/<id>/` and taken in when the run has finished; those of others are found in `Logs` by looking at the
//! paths, and are taken once they no longer grow. A row is known by its library and the server's key; one that is exported
//! again takes the place of the one before, with the time of the import. Nothing is removed, so that an export without rows
//! leaves the last good one as it is. Files are read row by row, and rows are sent as they are read.

pub mod columns;
mod csv_file;
mod desk;
pub mod row;
pub mod shelf;
pub mod tally;

use std::path::PathBuf;

use actix::Message;
use futures_util::FutureExt;

use crate::commons::{Commons, Views};
use crate::events::Facts;
use crate::guard::{Answer, Ctx, Reply, Service};
use crate::old_database::Moved;
use crate::store::StoreError;
use crate::workbench::{Workbench, keep_looking};
use columns::Server;
use desk::Desk;
use shelf::Sums;

pub use desk::ExportState;

/// What is known of exports.
#[derive(Debug, Clone, Default)]
pub struct ExportView {
    /// Whether the store has been read; before that there only seem to be no rows.
    pub loaded: bool,
    /// What the rows add up to.
    pub sums: Sums,
}

/// Takes in the exports of a server that are in `Logs` now.
#[derive(Debug, Message)]
#[rtype(result = "Result<Imported, StoreError>")]
pub struct ImportExports(pub Server);

/// Takes over the exports of an old backend, table by table.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Moved>, StoreError>")]
pub struct TakeOldExports {
    /// Its `media_export.db`.
    pub file: PathBuf,
}

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

/// The actor. Clones are its next life after a crash, at the same workbench.
#[derive(Clone)]
pub struct ExportKeeper {
    views: Views,
    facts: Facts,
    bench: Workbench<Desk>,
}

impl ExportKeeper {
    /// Made without reading anything: that is done once it has started.
    pub fn new(commons: Commons) -> Self {
        let (views, facts) = (commons.views.clone(), commons.facts.clone());
        let bench = Workbench::new(move || Desk::open(&commons.data, &commons.store, &commons.facts));
        Self { views, facts, bench }
    }

    /// Does work at the desk and shows what came of it.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + 'static {
        let views = self.views.clone();
        let done = self.bench.work(move |desk| {
            let done = work(desk);
            let sums = desk.sums();
            let shown = views.exports.get();
            if !shown.loaded || shown.sums != *sums {
                views.library_types.publish(sums.library_types());
                views.exports.publish(ExportView { loaded: true, sums: sums.clone() });
            }
            done
        });
        done.map(|done| done.inspect_err(|error| tracing::error!(%error, "the exports cannot be read or written")))
    }
}

impl Service for ExportKeeper {
    const NAME: &'static str = "ExportKeeper";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let this = self.clone();
        keep_looking(ctx, &self.facts, async move || this.work(Desk::take_all).await);
    }

    fn observe(&self) -> serde_json::Value {
        let view = self.views.exports.get();
        let statistics = [Server::Plex, Server::Other].map(|server| view.sums.statistics(server));
        serde_json::json!({ "loaded": view.loaded, "statistics": statistics })
    }
}

impl Answer<ImportExports> for ExportKeeper {
    fn answer(
        &mut self,
        ImportExports(server): ImportExports,
        _: &mut Ctx<Self>,
    ) -> Reply<Result<Imported, StoreError>> {
        Reply::later(self.work(move |desk| desk.import_now(server)))
    }
}

impl Answer<TakeOldExports> for ExportKeeper {
    fn answer(&mut self, old: TakeOldExports, _: &mut Ctx<Self>) -> Reply<Result<Vec<Moved>, StoreError>> {
        Reply::later(self.work(move |desk| desk.take_database(&old.file)))
    }
}

#[cfg(test)]
mod tests;
