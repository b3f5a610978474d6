//! Trash: deleted images move to a folder of the data directory, from which they can be restored.
//!
//! Theory of operation: [`bin`] does the work on the folder, one job at a time and off the mailbox; the published view tells
//! what is in it. What a run of the engine took out of the library lies aside and is taken over when the run has ended. A delete is answered once the file is gone, the trash has it on disk, and the AssetIndexer has looked: the
//! next answer of a gallery lacks it. The trash is bounded by size and age; the oldest go first.

mod bin;
mod entry;
mod fault;
mod messages;
mod relocate;
mod view;

pub use bin::new_id;
pub use entry::{Discarded, TrashEntry, TrashSettings};
pub use fault::{DiscardError, RestoreError};
pub use messages::{Discard, Preserve, Purge, PurgeAll, RemoveStandIn, Restore, RestoreAll};
use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
pub use view::TrashView;

use actix::Recipient;
use chrono::Utc;
use futures_util::FutureExt;

use crate::config::ConfigView;
use crate::library::assets::{Refresh, Root};
use crate::runtime::events::Fact;
use crate::runtime::follow::{Since, follow};
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::offload::Offload;
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use bin::Bin;

/// How often the age of what is in the trash is looked at.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long the AssetIndexer may take to look at files that went or came.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub trash: View<TrashView>,
    pub config: View<ConfigView>,
}

/// Owns the trash folder.
pub struct Trash {
    shared: Shared,
    views: Views,
    refresh: Recipient<Refresh>,
    bin: Offload<Bin, Infallible>,
}

impl Trash {
    /// Made with what the folder holds. `refresh` is the AssetIndexer.
    pub fn new(shared: Shared, views: Views, settings: TrashSettings, refresh: Recipient<Refresh>) -> Self {
        let folder = shared.data.trash();
        let bin = Bin::open(folder.clone(), settings);
        views.trash.publish(bin.view());
        let bin = Offload::opened(bin, move || Ok(Bin::open(folder.clone(), settings)));
        Self { shared, views, refresh, bin }
    }

    /// Does a job on the folder, after those that were asked for before, and publishes what is in it then.
    fn work<T, J>(&self, job: J) -> impl Future<Output = T> + use<T, J>
    where
        T: Send + 'static,
        J: FnOnce(&mut Bin) -> T + Send + 'static,
    {
        let view = self.views.trash.clone();
        let done = self.bin.work(move |bin| {
            let result = job(bin);
            view.publish(bin.view());
            Ok(result)
        });
        done.map(|Ok(result)| result)
    }

    /// Takes over what a run took out of the library.
    fn take_over(&self) {
        let cleared = self.shared.data.cleared();
        actix::spawn(self.work(move |bin| {
            bin.take_over(&cleared);
            bin.prune(Utc::now());
        }));
    }

    fn prune(&mut self, ctx: &mut Ctx<Self>) {
        actix::spawn(self.work(|bin| bin.prune(Utc::now())));
        ctx.later(PRUNE_EVERY, Self::prune);
    }

    /// Where the libraries are now.
    fn libraries(&self) -> impl Fn(Root) -> PathBuf + use<> {
        let paths = self.views.config.get().asset_paths.clone();
        move |root| paths.of_root(root).clone()
    }
}

/// Lets the AssetIndexer look at files that went or came. Where it does not answer in time, its own watch finds them later.
async fn look(refresh: Recipient<Refresh>, root: Root, paths: Vec<String>) {
    if paths.is_empty() {
        return;
    }
    let looked = tokio::time::timeout(PATIENCE, refresh.send(Refresh { root, paths })).await;
    if !matches!(looked, Ok(Ok(()))) {
        tracing::warn!("the asset index is slow to take in a change; galleries show it later");
    }
}

impl Service for Trash {
    const NAME: &'static str = "Trash";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let facts = self.shared.facts.clone();
        let is_end = |fact: &Fact| matches!(fact, Fact::RunFinished { .. });
        follow(ctx, &facts, Since::Start, is_end, |this, _, _| this.take_over(), |this, _| this.take_over());
        // Of runs that ended while no daemon was there.
        self.take_over();
        self.prune(ctx);
    }
}

impl Handler<Discard> for Trash {
    fn answer(
        &mut self,
        Discard { root, paths }: Discard,
        _: &mut Ctx<Self>,
    ) -> Reply<Vec<Result<Discarded, DiscardError>>> {
        let (library, refresh) = (self.libraries()(root), self.refresh.clone());
        let work = self.work(move |bin| {
            let mut results: Vec<_> = paths.iter().map(|path| bin.discard(root, &library, path)).collect();
            bin.prune(Utc::now());
            for done in results.iter_mut().flatten() {
                done.trash_id.take_if(|id| !bin.has(id));
            }
            let gone = paths.into_iter().zip(&results).filter_map(|(path, result)| result.is_ok().then_some(path));
            (gone.collect(), results)
        });
        Reply::later(async move {
            let (gone, results) = work.await;
            look(refresh, root, gone).await;
            results
        })
    }
}

impl Handler<Preserve> for Trash {
    fn answer(
        &mut self,
        Preserve { id, root, path }: Preserve,
        _: &mut Ctx<Self>,
    ) -> Reply<Result<bool, DiscardError>> {
        let (library, refresh) = (self.libraries()(root), self.refresh.clone());
        let looked_at = path.clone();
        let work = self.work(move |bin| {
            let kept = bin.preserve(&id, root, &library, &path);
            bin.prune(Utc::now());
            kept.map(|kept| kept && bin.has(&id))
        });
        Reply::later(async move {
            let kept = work.await?;
            look(refresh, root, vec![looked_at]).await;
            Ok(kept)
        })
    }
}

impl Handler<RemoveStandIn> for Trash {
    fn answer(&mut self, RemoveStandIn { id }: RemoveStandIn, _: &mut Ctx<Self>) -> Reply<io::Result<()>> {
        let (libraries, refresh) = (self.libraries(), self.refresh.clone());
        let work = self.work(move |bin| bin.remove_stand_in(&id, libraries));
        Reply::later(async move {
            if let Some(entry) = work.await? {
                look(refresh, entry.root, vec![entry.path.clone()]).await;
            }
            Ok(())
        })
    }
}

impl Handler<Restore> for Trash {
    fn answer(&mut self, Restore { id }: Restore, _: &mut Ctx<Self>) -> Reply<Result<Arc<TrashEntry>, RestoreError>> {
        let (libraries, refresh) = (self.libraries(), self.refresh.clone());
        let work = self.work(move |bin| bin.restore(&id, libraries));
        Reply::later(async move {
            let entry = work.await?;
            look(refresh, entry.root, vec![entry.path.clone()]).await;
            Ok(entry)
        })
    }
}

impl Handler<RestoreAll> for Trash {
    fn answer(
        &mut self,
        RestoreAll { ids }: RestoreAll,
        _: &mut Ctx<Self>,
    ) -> Reply<Vec<Result<Arc<TrashEntry>, RestoreError>>> {
        let (libraries, refresh) = (self.libraries(), self.refresh.clone());
        let work = self.work(move |bin| ids.iter().map(|id| bin.restore(id, &libraries)).collect::<Vec<_>>());
        Reply::later(async move {
            let results = work.await;
            for root in Root::ALL {
                let back = results.iter().flatten().filter(|entry| entry.root == root);
                look(refresh.clone(), root, back.map(|entry| entry.path.clone()).collect()).await;
            }
            results
        })
    }
}

impl Handler<Purge> for Trash {
    fn answer(&mut self, Purge { id }: Purge, _: &mut Ctx<Self>) -> Reply<io::Result<bool>> {
        Reply::later(self.work(move |bin| bin.purge(&id)))
    }
}

impl Handler<PurgeAll> for Trash {
    fn answer(&mut self, PurgeAll: PurgeAll, _: &mut Ctx<Self>) -> Reply<io::Result<usize>> {
        Reply::later(self.work(Bin::purge_all))
    }
}

#[cfg(test)]
mod tests;
