//! Historian: every run becomes a row of the history, once.
//!
//! Theory of operation: a run becomes a row when its result file appears. Those of the daemon's own runs were collected in
//! `runs/<id>/` before the run was told as finished; those of others are found in `Logs` by looking at the paths, since the
//! script moves the whole folder away at its next start, and in the folders it was moved to. The same run found twice
//! is one row. A run of the daemon that left no result gets a row with its true outcome. Rows are in the store; what is
//! shown is an index of a few dozen bytes per row, and the rows of a page are read when they are asked for.

pub mod database;
mod index;
mod intake;
mod log_text;
mod messages;
pub mod query;
mod result_row;
mod row;
mod run_rows;
mod state;
mod view;
mod worker;

pub use index::{Day, Filter, Sort};
pub use row::{HistoryRow, StoredHistoryRow, format_duration, parse_iso};

pub use messages::{CleanUp, ImportReport, LogReport, MigrateLogs, ReformatRuntimes, TakeOldHistory, TakeResults};
pub use view::HistoryView;

use futures_util::FutureExt;
use worker::HistoryWorker;

use crate::runtime::events::Facts;
use crate::runtime::guard::{Ctx, Handler, Reply, Service};
use crate::runtime::offload::{Offload, keep_looking};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::StoreError;
use crate::store::old_database::Moved;

pub use intake::Problem;
pub use state::{HistoryState, Marker};

/// Owns the rows of the history. Clones are its next life after a crash, with the same worker.
#[derive(Clone)]
pub struct Historian {
    view: View<HistoryView>,
    facts: Facts,
    bench: Offload<HistoryWorker>,
}

impl Historian {
    /// Made without reading anything: that is done once it has started.
    pub fn new(shared: Shared, shown: View<HistoryView>) -> Self {
        let (view, facts) = (shown.clone(), shared.facts.clone());
        let bench = Offload::new(move || HistoryWorker::open(&shared.data, &shared.store));
        Self { view, facts, bench }
    }

    /// Has the worker do something, shows what came of it and tells of it.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HistoryWorker) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + 'static {
        let (view, facts) = (self.view.clone(), self.facts.clone());
        let done = self.bench.work(move |worker| {
            let done = work(worker);
            view.publish(worker.view());
            worker.take_news().into_iter().for_each(|news| facts.publish(news));
            done
        });
        done.map(|done| done.inspect_err(|error| tracing::error!(%error, "the history cannot be read or written")))
    }
}

impl Service for Historian {
    const NAME: &'static str = "Historian";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let this = self.clone();
        keep_looking(ctx, &self.facts, async move || this.work(HistoryWorker::take_all).await);
    }
}

impl Handler<TakeResults> for Historian {
    fn answer(&mut self, _: TakeResults, _: &mut Ctx<Self>) -> Reply<Result<ImportReport, StoreError>> {
        Reply::later(self.work(HistoryWorker::take_files_again))
    }
}

impl Handler<MigrateLogs> for Historian {
    fn answer(&mut self, _: MigrateLogs, _: &mut Ctx<Self>) -> Reply<Result<Option<LogReport>, StoreError>> {
        Reply::later(self.work(HistoryWorker::migrate_logs))
    }
}

impl Handler<ReformatRuntimes> for Historian {
    fn answer(&mut self, _: ReformatRuntimes, _: &mut Ctx<Self>) -> Reply<Result<usize, StoreError>> {
        Reply::later(self.work(HistoryWorker::speak_anew))
    }
}

impl Handler<CleanUp> for Historian {
    fn answer(&mut self, CleanUp { before }: CleanUp, _: &mut Ctx<Self>) -> Reply<Result<usize, StoreError>> {
        Reply::later(self.work(move |worker| worker.remove_before(before)))
    }
}

impl Handler<TakeOldHistory> for Historian {
    fn answer(&mut self, old: TakeOldHistory, _: &mut Ctx<Self>) -> Reply<Result<Moved, StoreError>> {
        Reply::later(self.work(move |worker| worker.take_database(&old.file)))
    }
}

#[cfg(test)]
mod tests;
