//! AssetIndexer: the whole library in memory, as it is on disk.
//!
//! Theory of operation: everybody reads the published [`AssetsView`]; nothing is read from disk for a request. The index
//! of a root ([`index`]) changes by diffs only ([`diff`]). They come from whole scans ([`scan`]: at the start, regularly,
//! after a run, when events were missed) and from reading single folders again, when an event names them ([`watch`]) or
//! somebody asks for it ([`Refresh`]). Disk work runs on other threads, one scan and one reading at a time for each root
//! ([`library`]), so that a hanging network folder costs a waiting thread and not the mailbox. A snapshot on disk
//! ([`snapshot`]) lets the next daemon answer before its first scan is done.

pub mod diff;
mod gallery;
mod index;
pub mod left_out;
mod library;
mod messages;
pub mod query;
pub mod scan;
mod snapshot;
mod state;
#[cfg(test)]
mod tests;
mod touched_pictures;
mod unreadable_names;
mod view;
mod watch;

pub use gallery::{Family, Gallery, asset_type, is_picture, manual_type, media_type, saved_type, title_of_flat};
#[cfg(test)]
pub(crate) use index::FilesBuilder;
pub use index::{Entry, File, Folder, Image, Index, Totals};
pub use state::{ChangeDetection, Freshness, IndexSettings, RootState, Watch};
pub use touched_pictures::touched;

pub use messages::{Refresh, Rescan};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
pub use view::AssetsView;

use actix::{AsyncContext, Message};
use chrono::Utc;

use crate::config::ConfigView;
use crate::files;
use crate::runtime::events::Fact;
use crate::runtime::follow::{Since, follow, follow_view};
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::offload::attempt;
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::servers::library_types::LibraryTypes;

use diff::Counts;
use library::{Library, Outcome, ReadJob, ReadResult, ScanJob, ScanResult};
pub use posterizarr_base::artwork::Root;
use snapshot::{Snapshot, SnapshotError};
use watch::Watcher;
pub(crate) use watch::is_shared;

/// How long it is waited after an event for more of them.
const SETTLE: Duration = Duration::from_millis(200);
/// How often is looked whether something is to be polled or saved.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub assets: View<AssetsView>,
    pub config: View<ConfigView>,
    /// Which libraries hold movies and which shows, from the exports.
    pub library_types: View<LibraryTypes>,
}

/// Owns the index of each root.
pub struct AssetIndexer {
    shared: Shared,
    views: Views,
    settings: IndexSettings,
    assets: Library,
    manual: Library,
    backup: Library,
    generation: u64,
}

impl Default for IndexSettings {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self { scan_every: minutes(10), watch: Watch::Auto, poll_every: minutes(1) }
    }
}

impl IndexSettings {
    fn library(&self, folder: PathBuf, index: Arc<Index>, before: &RootState) -> Library {
        let noticing = match self.watch {
            Watch::Auto if watch::is_shared(&folder) => ChangeDetection::Polling,
            Watch::Auto => ChangeDetection::Events,
            Watch::Poll => ChangeDetection::Polling,
            Watch::Off => ChangeDetection::Nothing,
        };
        Library::new(folder, index, before, noticing)
    }
}

impl AssetIndexer {
    /// Made with what an earlier life has published.
    pub fn new(shared: Shared, views: Views, settings: IndexSettings) -> Self {
        let view = views.assets.get();
        let paths = views.config.get().asset_paths.clone();
        let clock = u64::try_from(Utc::now().timestamp_micros()).unwrap_or(1);
        Self {
            assets: settings.library(paths.assets, view.assets.clone(), &view.assets_state),
            manual: settings.library(paths.manual_assets, view.manual.clone(), &view.manual_state),
            backup: settings.library(paths.backup, view.backup.clone(), &view.backup_state),
            generation: clock.max(view.generation + 1),
            shared,
            views,
            settings,
        }
    }

    fn library(&mut self, root: Root) -> &mut Library {
        match root {
            Root::Assets => &mut self.assets,
            Root::Manual => &mut self.manual,
            Root::Backup => &mut self.backup,
        }
    }

    fn publish(&self) {
        self.views.assets.publish(AssetsView {
            assets: self.assets.index().clone(),
            manual: self.manual.index().clone(),
            backup: self.backup.index().clone(),
            generation: self.generation,
            assets_state: self.assets.state().clone(),
            manual_state: self.manual.state().clone(),
            backup_state: self.backup.state().clone(),
        });
    }

    /// Publishes what came of a job, tells of it, and goes on.
    fn changed(&mut self, root: Root, outcome: Outcome, ctx: &mut Ctx<Self>) {
        self.generation += u64::from(outcome.index_changed);
        self.publish();
        let Counts { added, changed, removed } = outcome.counts;
        if !outcome.counts.is_zero() {
            let generation = self.generation;
            self.shared.facts.publish(Fact::AssetsChanged { root, added, changed, removed, generation });
        }
        outcome.tell();
        self.save(root);
        self.work(root, ctx);
    }

    /// Starts what is wanted and may start.
    fn work(&mut self, root: Root, ctx: &mut Ctx<Self>) {
        let this = ctx.address();
        let library = self.library(root);
        let folder = library.state().folder.clone();
        let scan = library.next_scan();
        if let Some(job) = library.next_reading() {
            let (this, folder) = (this.clone(), folder.clone());
            actix::spawn(async move {
                this.do_send(ReadAgain { root, folder, result: attempted(job, ReadJob::run).await });
            });
        }
        if let Some(job) = scan {
            actix::spawn(async move {
                this.do_send(Scanned { root, folder, result: attempted(job, ScanJob::run).await });
            });
            self.publish();
        }
    }

    fn scan(&mut self, ctx: &mut Ctx<Self>) {
        for root in Root::ALL {
            self.library(root).want_scan(None);
            self.work(root, ctx);
        }
    }

    fn scan_and_rearm(&mut self, ctx: &mut Ctx<Self>) {
        self.scan(ctx);
        ctx.later(self.settings.scan_every, Self::scan_and_rearm);
    }

    /// Looks where events do not tell, saves what is new, and comes back.
    fn look_and_rearm(&mut self, ctx: &mut Ctx<Self>) {
        for root in Root::ALL {
            let every = self.settings.poll_every;
            self.library(root).poll(every);
            self.work(root, ctx);
            self.save(root);
        }
        ctx.later(LOOK_EVERY, Self::look_and_rearm);
    }

    fn snapshot_path(&self, root: Root) -> PathBuf {
        match root {
            Root::Assets => self.shared.data.asset_index(),
            Root::Manual => self.shared.data.manual_asset_index(),
            Root::Backup => self.shared.data.backup_asset_index(),
        }
    }

    fn save(&mut self, root: Root) {
        let path = self.snapshot_path(root);
        let Some(snapshot) = self.library(root).snapshot() else { return };
        attempt(move || {
            if let Err(error) = snapshot.save(&path) {
                tracing::warn!(%error, path = %path.display(), "the index of assets is not kept for the next start");
            }
        });
    }

    fn load(&mut self, root: Root) {
        let path = self.snapshot_path(root);
        match Snapshot::load(&path) {
            Ok(snapshot) => self.library(root).remember(snapshot),
            Err(SnapshotError::Disk(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the kept index of assets is ignored; everything is scanned");
            }
        }
    }

    /// Has changes of this root told, where that is wanted.
    fn watch(&mut self, root: Root, ctx: &mut Ctx<Self>) {
        if self.settings.watch != Watch::Auto {
            return;
        }
        let this = ctx.address();
        match Watcher::new(move || this.do_send(FactReceived { root })) {
            Ok(watcher) => self.library(root).listen(watcher),
            Err(error) => {
                self.library(root).cannot_listen(format!(
                    "no events tell of changes ({error}), it is polled instead; if a limit is reached, raise the sysctl \
                     fs.inotify.max_user_instances and restart"
                ));
            }
        }
    }

    /// Follows the folders where `config.json` has them now.
    fn follow_config(&mut self, ctx: &mut Ctx<Self>) {
        let paths = self.views.config.get().asset_paths.clone();
        for root in Root::ALL {
            let folder = paths.of_root(root).clone();
            if self.library(root).state().folder != folder {
                tracing::info!(?root, folder = %folder.display(), "the folder of assets is another one now");
                *self.library(root) = self.settings.library(folder, Arc::default(), &RootState::default());
                self.watch(root, ctx);
                self.library(root).want_scan(None);
                self.generation += 1;
                self.publish();
                self.work(root, ctx);
            }
        }
    }

    /// Listens to whatever makes the index another one.
    fn listen(&mut self, ctx: &mut Ctx<Self>) {
        let (facts, views) = (self.shared.facts.clone(), self.views.clone());
        let is_end = |fact: &Fact| matches!(fact, Fact::RunFinished { .. });
        follow(ctx, &facts, Since::LastLife, is_end, |this, _, ctx| this.scan(ctx), Self::scan);
        follow_view(ctx, &views.config, Self::follow_config);
        // The media types of pictures may be others then.
        follow_view(ctx, &views.library_types, |this, _| {
            this.generation += 1;
            this.publish();
        });
    }
}

/// Runs a job on a thread for blocking work; none if it panicked.
async fn attempted<J: Send + 'static, R: Send + 'static>(job: J, run: fn(J) -> R) -> Option<R> {
    attempt(move || run(job)).await.ok()
}

#[derive(Message)]
#[rtype(result = "()")]
struct Scanned {
    root: Root,
    folder: PathBuf,
    result: Option<ScanResult>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct ReadAgain {
    root: Root,
    folder: PathBuf,
    result: Option<ReadResult>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct FactReceived {
    root: Root,
}

impl Service for AssetIndexer {
    const NAME: &'static str = "AssetIndexer";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.listen(ctx);
        if let Some(folder) = self.snapshot_path(Root::Assets).parent() {
            // What is left only takes room.
            let _ = files::remove_unfinished(folder);
        }
        for root in Root::ALL {
            self.load(root);
            self.watch(root, ctx);
        }
        self.publish();
        self.scan_and_rearm(ctx);
        ctx.later(LOOK_EVERY, Self::look_and_rearm);
    }
}

impl Handler<Refresh> for AssetIndexer {
    fn answer(&mut self, Refresh { root, paths }: Refresh, ctx: &mut Ctx<Self>) -> Reply<()> {
        let done = self.library(root).want_reading(paths);
        self.work(root, ctx);
        Reply::later(async move {
            // Closed without an answer only when the actor crashed; the scan after its restart sees everything.
            let _ = done.await;
        })
    }
}

impl Handler<Rescan> for AssetIndexer {
    fn answer(&mut self, _: Rescan, ctx: &mut Ctx<Self>) -> Reply<()> {
        let done = Root::ALL.map(|root| {
            let (sender, done) = tokio::sync::oneshot::channel();
            self.library(root).want_scan(Some(sender));
            self.work(root, ctx);
            done
        });
        Reply::later(async move {
            futures_util::future::join_all(done).await;
        })
    }
}

impl Handler<Scanned> for AssetIndexer {
    fn answer(&mut self, Scanned { root, folder, result }: Scanned, ctx: &mut Ctx<Self>) -> Reply<()> {
        // Of a folder that is not followed any more, nothing is taken over.
        if self.library(root).state().folder == folder {
            let outcome = self.library(root).scanned(result);
            self.changed(root, outcome, ctx);
        }
        ().into()
    }
}

impl Handler<ReadAgain> for AssetIndexer {
    fn answer(&mut self, ReadAgain { root, folder, result }: ReadAgain, ctx: &mut Ctx<Self>) -> Reply<()> {
        if self.library(root).state().folder == folder {
            let outcome = self.library(root).read(result);
            self.changed(root, outcome, ctx);
        }
        ().into()
    }
}

impl Handler<FactReceived> for AssetIndexer {
    fn answer(&mut self, FactReceived { root }: FactReceived, ctx: &mut Ctx<Self>) -> Reply<()> {
        // Changes come in crowds; one reading finds them all.
        ctx.later(SETTLE, move |this, ctx| {
            this.library(root).hear();
            this.work(root, ctx);
        });
        ().into()
    }
}
