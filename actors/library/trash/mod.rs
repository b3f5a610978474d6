//! Trash: deleted images move to a folder of the data directory, from which they can be restored.
//!
//! Theory of operation: [`bin`] does the work on the folder, one job at a time and off the mailbox; the published view tells
//! what is in it. What a run of the engine took out of the library lies aside and is taken over when the run has ended. A delete is answered once the file is gone, the trash has it on disk, and the AssetIndexer has looked: the
//! next answer of a gallery lacks it. The trash is bounded by size and age; the oldest go first.

mod bin;
mod messages;
mod relocate;
mod view;

pub use bin::new_id;
pub use messages::{Discard, Preserve, Purge, PurgeAll, RemoveStandIn, Restore, RestoreAll};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
pub use view::TrashView;

use actix::Recipient;
use chrono::{DateTime, Utc};
use posterizarr_base::said::{Params, Values, values};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::config::ConfigView;
use crate::library::assets::{Refresh, Root};
use crate::runtime::events::Fact;
use crate::runtime::follow::{Since, follow};
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::safe_path::PathError;
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use bin::Bin;

/// How often the age of what is in the trash is looked at.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long the AssetIndexer may take to look at files that went or came.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the Trash is told at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrashSettings {
    /// Whether deleted files are kept at all.
    pub enabled: bool,
    /// How many bytes are kept.
    pub max_size: u64,
    /// How long a file is kept; none means for ever.
    pub max_age: Option<Duration>,
}

/// A file in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashEntry {
    /// Its name for restoring and purging.
    pub id: String,
    /// The library it was in.
    pub root: Root,
    /// Where it was, relative to that library.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// When it was deleted.
    pub deleted_at: DateTime<Utc>,
}

/// A file that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Under this id it can be restored; none if it is gone for good.
    pub trash_id: Option<String>,
}

/// Why a file was not deleted. The first three texts are upstream's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscardError {
    /// The path leaves the library.
    #[error("Access denied: Invalid path")]
    Forbidden,
    /// Nothing is there.
    #[error("File not found")]
    Missing,
    /// A folder, or something stranger.
    #[error("Path is not a file")]
    NotAFile,
    /// Not an image by its name.
    #[error("Only images (jpg, jpeg, png, webp) can be deleted here; delete other files by hand")]
    NotAnImage,
    /// The disk failed, or forbids it.
    #[error(
        "the file cannot be deleted: {0}; check the permissions of its folder, and the room for the trash in the data folder"
    )]
    Disk(String),
}

impl Values for DiscardError {
    fn values(&self) -> Params {
        match self {
            Self::Forbidden | Self::Missing | Self::NotAFile | Self::NotAnImage => values([]),
            Self::Disk(cause) => values([("cause", cause)]),
        }
    }
}

/// Why a file was not restored; it is still in the trash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// It was restored, purged, or never there.
    #[error("the trash has no such entry")]
    Unknown,
    /// Something is there now.
    #[error("'{path}' is there again; delete or rename that file, then restore this one")]
    Taken {
        /// The place.
        path: String,
    },
    /// The library is gone, or the way leads out of it.
    #[error(
        "the folder for '{path}' cannot be reached; check that the library is mounted and holds no link in its place"
    )]
    NoWay {
        /// The place.
        path: String,
    },
    /// The disk failed, or forbids it.
    #[error("the file cannot be restored: {0}")]
    Disk(String),
}

impl Values for RestoreError {
    fn values(&self) -> Params {
        match self {
            Self::Unknown => values([]),
            Self::Taken { path } | Self::NoWay { path } => values([("path", path)]),
            Self::Disk(cause) => values([("cause", cause)]),
        }
    }
}

impl From<PathError> for DiscardError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Forbidden => Self::Forbidden,
            PathError::Missing => Self::Missing,
            PathError::Io(error) => Self::Disk(error.to_string()),
        }
    }
}

impl From<io::Error> for DiscardError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Disk(error.to_string()) }
    }
}

impl From<io::Error> for RestoreError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error.to_string())
    }
}

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// The actor's own.
    pub trash: View<TrashView>,
    /// The configuration.
    pub config: View<ConfigView>,
}

/// The actor.
pub struct Trash {
    shared: Shared,
    views: Views,
    refresh: Recipient<Refresh>,
    bin: Arc<Mutex<Bin>>,
}

impl Trash {
    /// Made with what the folder holds. `refresh` is the AssetIndexer.
    pub fn new(shared: Shared, views: Views, settings: TrashSettings, refresh: Recipient<Refresh>) -> Self {
        let bin = Bin::open(shared.data.trash(), settings);
        views.trash.publish(bin.view());
        Self { shared, views, refresh, bin: Arc::new(Mutex::new(bin)) }
    }

    /// Does a job on the folder, after those that were asked for before, and publishes what is in it then.
    fn work<T, J>(&self, job: J) -> impl Future<Output = T> + use<T, J>
    where
        T: Send + 'static,
        J: FnOnce(&mut Bin) -> T + Send + 'static,
    {
        let (bin, view) = (self.bin.clone(), self.views.trash.clone());
        async move {
            let mut bin = bin.lock_owned().await;
            let job = tokio::task::spawn_blocking(move || {
                let result = job(&mut bin);
                view.publish(bin.view());
                result
            });
            job.await.unwrap_or_else(|crash| std::panic::resume_unwind(crash.into_panic()))
        }
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
