//! ExportKeeper: what the media servers hold, as the script exported it.
//!
//! Theory of operation: the script writes its exports to `Logs` during a run. Those of the daemon's own runs are
//! collected in `runs/<id>/` and taken in when the run has finished; those of others are found in `Logs` by looking at the
//! paths, and are taken once they no longer grow. A row is known by its library and the server's key; one that is exported
//! again takes the place of the one before, with the time of the import. Nothing is removed, so that an export without rows
//! leaves the last good one as it is. Files are read row by row, and rows are sent as they are read.

pub mod export_store;
mod messages;
pub mod row;
mod tally;
mod view;
mod worker;

pub use tally::Statistics;

pub use messages::{ImportExports, Imported, TakeOldExports};
pub use view::ExportView;

use futures_util::FutureExt;
use worker::ExportWorker;

use crate::runtime::events::Facts;
use crate::runtime::guard::{Ctx, Handler, Reply, Service};
use crate::runtime::offload::{Offload, keep_looking};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::servers::library_types::LibraryTypes;
use crate::store::StoreError;
use crate::store::old_database::Moved;

pub use worker::ExportState;

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub exports: View<ExportView>,
    /// Which libraries hold movies and which shows, from the exports.
    pub library_types: View<LibraryTypes>,
}

/// Owns the rows of the exports. Clones are its next life after a crash, with the same worker.
#[derive(Clone)]
pub struct ExportKeeper {
    views: Views,
    facts: Facts,
    bench: Offload<ExportWorker>,
}

impl ExportKeeper {
    /// Made without reading anything: that is done once it has started.
    pub fn new(shared: Shared, views: Views) -> Self {
        let facts = shared.facts.clone();
        let bench = Offload::new(move || ExportWorker::open(&shared.data, &shared.store));
        Self { views, facts, bench }
    }

    /// Has the worker do something, shows what came of it and tells of it.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut ExportWorker) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + 'static {
        let (views, facts) = (self.views.clone(), self.facts.clone());
        let done = self.bench.work(move |worker| {
            let done = work(worker);
            let sums = worker.sums();
            let shown = views.exports.get();
            if !shown.loaded || shown.sums != *sums {
                views.library_types.publish(sums.library_types());
                views.exports.publish(ExportView { loaded: true, sums: sums.clone() });
            }
            worker.take_news().into_iter().for_each(|news| facts.publish(news));
            done
        });
        done.map(|done| done.inspect_err(|error| tracing::error!(%error, "the exports cannot be read or written")))
    }
}

impl Service for ExportKeeper {
    const NAME: &'static str = "ExportKeeper";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let this = self.clone();
        keep_looking(ctx, &self.facts, async move || this.work(ExportWorker::take_all).await);
    }
}

impl Handler<ImportExports> for ExportKeeper {
    fn answer(
        &mut self,
        ImportExports(server): ImportExports,
        _: &mut Ctx<Self>,
    ) -> Reply<Result<Imported, StoreError>> {
        Reply::later(self.work(move |worker| worker.import_now(server)))
    }
}

impl Handler<TakeOldExports> for ExportKeeper {
    fn answer(&mut self, old: TakeOldExports, _: &mut Ctx<Self>) -> Reply<Result<Vec<Moved>, StoreError>> {
        Reply::later(self.work(move |worker| worker.take_database(&old.file)))
    }
}

#[cfg(test)]
mod tests;
