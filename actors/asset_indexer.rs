//! AssetIndexer: the whole library in memory, as it is on disk.
//!
//! Theory of operation: everybody reads the published [`AssetsView`]; nothing is read from disk for a request. The index
//! of a root ([`index`]) changes by diffs only ([`diff`]). They come from whole scans ([`scan`]) and from reading single
//! folders again, when somebody asks for it ([`Refresh`]). Disk work runs on other threads, one scan and one reading at a
//! time for each root ([`library`]), so that a hanging network folder costs a waiting thread and not the mailbox.

pub mod diff;
pub mod index;
pub mod kind;
mod library;
pub mod scan;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::commons::Commons;
use crate::events::Fact;
use crate::guard::{Answer, Ctx, Reply, Service, Timers};

use diff::Counts;
pub use index::{Entry, Index};
use library::{Library, ReadJob, ReadResult, ScanJob, ScanResult};
use scan::Progress;

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
}

/// How the indexer works.
#[derive(Debug, Clone)]
pub struct IndexSettings {
    /// How often everything is scanned, whatever was heard in between.
    pub scan_every: Duration,
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
}

impl AssetIndexer {
    /// Made with what an earlier life has published.
    pub fn new(commons: Commons, settings: IndexSettings) -> Self {
        let view = commons.views.assets.get();
        let paths = commons.views.config.get().asset_paths.clone();
        let clock = u64::try_from(Utc::now().timestamp_micros()).unwrap_or(1);
        Self {
            assets: Library::new(paths.assets, view.assets.clone(), &view.assets_state),
            manual: Library::new(paths.manual_assets, view.manual.clone(), &view.manual_state),
            generation: clock.max(view.generation + 1),
            commons,
            settings,
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

    /// Publishes after a change, and tells of it.
    fn changed(&mut self, root: Root, counts: Counts, index_changed: bool) {
        if index_changed {
            self.generation += 1;
        }
        self.publish();
        let Counts { added, changed, removed } = counts;
        if !counts.is_zero() {
            let generation = self.generation;
            self.commons.facts.publish(Fact::AssetsChanged { root, added, changed, removed, generation });
        }
    }

    /// Starts what is wanted and may start.
    fn work(&mut self, root: Root, ctx: &mut Ctx<Self>) {
        let this = ctx.address();
        let library = self.library(root);
        if let Some(job) = library.next_scan() {
            let this = this.clone();
            actix::spawn(async move {
                this.do_send(Scanned { root, result: off_thread(job, ScanJob::run).await });
            });
            self.publish();
        }
        if let Some(job) = self.library(root).next_reading() {
            actix::spawn(async move {
                this.do_send(ReadAgain { root, result: off_thread(job, ReadJob::run).await });
            });
        }
    }

    fn scan_and_rearm(&mut self, ctx: &mut Ctx<Self>) {
        for root in Root::ALL {
            self.library(root).want_scan(None);
            self.work(root, ctx);
        }
        ctx.later(self.settings.scan_every, Self::scan_and_rearm);
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
    result: Option<ScanResult>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct ReadAgain {
    root: Root,
    result: Option<ReadResult>,
}

impl Service for AssetIndexer {
    const NAME: &'static str = "AssetIndexer";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.publish();
        self.scan_and_rearm(ctx);
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
    fn answer(&mut self, Scanned { root, result }: Scanned, ctx: &mut Ctx<Self>) -> Reply<()> {
        let begun = Instant::now();
        let outcome = self.library(root).scanned(result);
        self.changed(root, outcome.counts, outcome.index_changed);
        outcome.tell();
        tracing::debug!(?root, took = ?begun.elapsed(), "a scan was taken over");
        self.work(root, ctx);
        ().into()
    }
}

impl Answer<ReadAgain> for AssetIndexer {
    fn answer(&mut self, ReadAgain { root, result }: ReadAgain, ctx: &mut Ctx<Self>) -> Reply<()> {
        let outcome = self.library(root).read(result);
        self.changed(root, outcome.counts, outcome.index_changed);
        outcome.tell();
        self.work(root, ctx);
        ().into()
    }
}
