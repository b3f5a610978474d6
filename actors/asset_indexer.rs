//! AssetIndexer: the whole library in memory, as it is on disk.
//!
//! Theory of operation: everybody reads the published [`AssetsView`]; nothing is read from disk for a request. The index
//! of a root ([`index`]) changes by diffs only ([`diff`]). They come from whole scans ([`scan`]: at the start, regularly,
//! after a run, when events were missed) and from reading single folders again, when an event names them ([`watch`]) or
//! somebody asks for it ([`Refresh`]). Disk work runs on other threads, one scan and one reading at a time for each root
//! ([`library`]), so that a hanging network folder costs a waiting thread and not the mailbox. A snapshot on disk
//! ([`snapshot`]) lets the next daemon answer before its first scan is done.

pub mod diff;
pub mod index;
pub mod kind;
mod library;
pub mod query;
pub mod scan;
mod snapshot;
#[cfg(test)]
mod tests;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Message};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use crate::commons::Commons;
use crate::events::Fact;
use crate::files;
use crate::guard::{Answer, Ctx, Reply, Service, Timers};

use diff::Counts;
pub use index::{Entry, Index};
use library::{Library, Outcome, ReadJob, ReadResult, ScanJob, ScanResult};
use scan::Progress;
use snapshot::{Snapshot, SnapshotError};
use watch::Watcher;

/// How long it is waited after an event for more of them.
const SETTLE: Duration = Duration::from_millis(200);
/// How often is looked whether something is to be polled or saved.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// One of the two folders that are indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// Finished assets (`AssetPath`).
    Assets,
    /// The user's own assets (`ManualAssetPath`).
    Manual,
}

impl Root {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Assets, Self::Manual];

    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::Manual => "manual",
        }
    }
}

/// How the indexer works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexSettings {
    /// How often everything is scanned, whatever was heard in between.
    pub scan_every: Duration,
    /// What is done in between.
    pub watch: Watch,
    /// How often a folder is scanned that is polled.
    pub poll_every: Duration,
}

/// What is known of a root.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Knowledge {
    /// Nothing yet: the first scan is on.
    #[default]
    Nothing,
    /// What the last daemon knew; the first scan is on.
    Stale,
    /// What is on disk.
    Current,
}

/// How changes are noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Noticing {
    /// Events tell.
    Events,
    /// It is looked often.
    Polling,
    /// Only the regular scans find them.
    #[default]
    Nothing,
}

/// What is done to notice changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Watch {
    /// Events where they tell everything, polling elsewhere.
    #[default]
    Auto,
    /// Polling.
    Poll,
    /// Nothing between the regular scans.
    Off,
}

/// How a root does.
#[derive(Debug, Clone, Default)]
pub struct RootState {
    /// Where it is.
    pub folder: PathBuf,
    /// How good the index is.
    pub knowledge: Knowledge,
    /// Why it cannot be read now; the index is what was known before.
    pub problem: Option<String>,
    /// When the last scan was done.
    pub scanned: Option<DateTime<Utc>>,
    /// How long that took.
    pub scan_took: Duration,
    /// Whether the folder was never there since the daemon started: it is taken for empty.
    pub is_missing: bool,
    /// How changes are noticed between the regular scans.
    pub noticing: Noticing,
    /// Why events do not tell of changes although they should; it is polled instead.
    pub watch_problem: Option<String>,
    /// The scan that is on.
    pub scanning: Option<Arc<Progress>>,
}

impl RootState {
    /// Whether the index says something: a scan or an earlier daemon filled it, or there is nothing to be read.
    pub fn is_known(&self) -> bool {
        self.knowledge != Knowledge::Nothing || self.problem.is_some()
    }
}

/// The library as it is known.
#[derive(Debug, Clone, Default)]
pub struct AssetsView {
    /// Of [`Root::Assets`].
    pub assets: Arc<Index>,
    /// Of [`Root::Manual`].
    pub manual: Arc<Index>,
    /// Counts up with each change of an index, also across restarts of the daemon (it starts at the wall clock's
    /// microseconds).
    pub generation: u64,
    /// How [`Root::Assets`] does.
    pub assets_state: RootState,
    /// How [`Root::Manual`] does.
    pub manual_state: RootState,
}

impl AssetsView {
    /// The index of a root.
    pub fn of(&self, root: Root) -> &Arc<Index> {
        match root {
            Root::Assets => &self.assets,
            Root::Manual => &self.manual,
        }
    }

    /// The state of a root.
    pub fn state(&self, root: Root) -> &RootState {
        match root {
            Root::Assets => &self.assets_state,
            Root::Manual => &self.manual_state,
        }
    }
}

/// Reads these paths (files or folders below the root) again; when it is answered, the view shows them.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Refresh {
    /// The root they are in.
    pub root: Root,
    /// Relative, with `/` between folders.
    pub paths: Vec<String>,
}

/// Scans both roots; answered when scans that began after the message are done.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Rescan;

/// The actor.
pub struct AssetIndexer {
    commons: Commons,
    settings: IndexSettings,
    assets: Library,
    manual: Library,
    generation: u64,
    listening: Option<Listening>,
}

/// The task that listens to others; it ends with the life that started it.
struct Listening(tokio::task::JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
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
            Watch::Auto if watch::is_shared(&folder) => Noticing::Polling,
            Watch::Auto => Noticing::Events,
            Watch::Poll => Noticing::Polling,
            Watch::Off => Noticing::Nothing,
        };
        Library::new(folder, index, before, noticing)
    }
}

impl AssetIndexer {
    /// Made with what an earlier life has published.
    pub fn new(commons: Commons, settings: IndexSettings) -> Self {
        let view = commons.views.assets.get();
        let paths = commons.views.config.get().asset_paths.clone();
        let clock = u64::try_from(Utc::now().timestamp_micros()).unwrap_or(1);
        Self {
            assets: settings.library(paths.assets, view.assets.clone(), &view.assets_state),
            manual: settings.library(paths.manual_assets, view.manual.clone(), &view.manual_state),
            generation: clock.max(view.generation + 1),
            commons,
            settings,
            listening: None,
        }
    }

    fn library(&mut self, root: Root) -> &mut Library {
        match root {
            Root::Assets => &mut self.assets,
            Root::Manual => &mut self.manual,
        }
    }

    fn publish(&self) {
        self.commons.views.assets.publish(AssetsView {
            assets: self.assets.index().clone(),
            manual: self.manual.index().clone(),
            generation: self.generation,
            assets_state: self.assets.state().clone(),
            manual_state: self.manual.state().clone(),
        });
    }

    /// Publishes what came of a job, tells of it, and goes on.
    fn changed(&mut self, root: Root, outcome: Outcome, ctx: &mut Ctx<Self>) {
        self.generation += u64::from(outcome.index_changed);
        self.publish();
        let Counts { added, changed, removed } = outcome.counts;
        if !outcome.counts.is_zero() {
            let generation = self.generation;
            self.commons.facts.publish(Fact::AssetsChanged { root, added, changed, removed, generation });
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
                this.do_send(ReadAgain { root, folder, result: off_thread(job, ReadJob::run).await });
            });
        }
        if let Some(job) = scan {
            actix::spawn(async move {
                this.do_send(Scanned { root, folder, result: off_thread(job, ScanJob::run).await });
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
            Root::Assets => self.commons.data.asset_index(),
            Root::Manual => self.commons.data.manual_asset_index(),
        }
    }

    fn save(&mut self, root: Root) {
        let path = self.snapshot_path(root);
        let Some(snapshot) = self.library(root).snapshot() else { return };
        tokio::task::spawn_blocking(move || {
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
        match Watcher::new(move || this.do_send(Heard { root })) {
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
        let paths = self.commons.views.config.get().asset_paths.clone();
        for (root, folder) in [(Root::Assets, paths.assets), (Root::Manual, paths.manual_assets)] {
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
        let this = ctx.address();
        let mut facts = self.commons.facts.listen(None).live;
        let mut config = self.commons.views.config.subscribe();
        let mut types = self.commons.views.library_types.subscribe();
        self.listening = Some(Listening(actix::spawn(async move {
            loop {
                let noticed = tokio::select! {
                    fact = facts.recv() => match fact {
                        Ok(event) if !matches!(event.fact, Fact::RunFinished { .. }) => continue,
                        Ok(_) | Err(RecvError::Lagged(_)) => Noticed::RunFinished,
                        Err(RecvError::Closed) => return,
                    },
                    Ok(()) = config.changed() => Noticed::Config,
                    Ok(()) = types.changed() => Noticed::LibraryTypes,
                    else => return,
                };
                this.do_send(noticed);
            }
        })));
    }
}

/// Runs a job on a thread for blocking work; none if it panicked.
async fn off_thread<J: Send + 'static, R: Send + 'static>(job: J, run: fn(J) -> R) -> Option<R> {
    tokio::task::spawn_blocking(move || run(job)).await.ok()
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
struct Heard {
    root: Root,
}

#[derive(Message)]
#[rtype(result = "()")]
enum Noticed {
    RunFinished,
    Config,
    /// The media types of pictures may be others now.
    LibraryTypes,
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

    fn observe(&self) -> serde_json::Value {
        serde_json::json!({
            "generation": self.generation,
            "assets": self.assets.observe(),
            "manual": self.manual.observe(),
        })
    }
}

impl Answer<Refresh> for AssetIndexer {
    fn answer(&mut self, Refresh { root, paths }: Refresh, ctx: &mut Ctx<Self>) -> Reply<()> {
        let done = self.library(root).want_reading(paths);
        self.work(root, ctx);
        Reply::later(async move {
            // Closed without an answer only when the actor crashed; the scan after its restart sees everything.
            let _ = done.await;
        })
    }
}

impl Answer<Rescan> for AssetIndexer {
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

impl Answer<Scanned> for AssetIndexer {
    fn answer(&mut self, Scanned { root, folder, result }: Scanned, ctx: &mut Ctx<Self>) -> Reply<()> {
        // Of a folder that is not followed any more, nothing is taken over.
        if self.library(root).state().folder == folder {
            let outcome = self.library(root).scanned(result);
            self.changed(root, outcome, ctx);
        }
        ().into()
    }
}

impl Answer<ReadAgain> for AssetIndexer {
    fn answer(&mut self, ReadAgain { root, folder, result }: ReadAgain, ctx: &mut Ctx<Self>) -> Reply<()> {
        if self.library(root).state().folder == folder {
            let outcome = self.library(root).read(result);
            self.changed(root, outcome, ctx);
        }
        ().into()
    }
}

impl Answer<Heard> for AssetIndexer {
    fn answer(&mut self, Heard { root }: Heard, ctx: &mut Ctx<Self>) -> Reply<()> {
        // Changes come in crowds; one reading finds them all.
        ctx.later(SETTLE, move |this, ctx| {
            this.library(root).hear();
            this.work(root, ctx);
        });
        ().into()
    }
}

impl Answer<Noticed> for AssetIndexer {
    fn answer(&mut self, noticed: Noticed, ctx: &mut Ctx<Self>) -> Reply<()> {
        match noticed {
            Noticed::RunFinished => self.scan(ctx),
            Noticed::Config => self.follow_config(ctx),
            Noticed::LibraryTypes => {
                self.generation += 1;
                self.publish();
            }
        }
        ().into()
    }
}
