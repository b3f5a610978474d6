//! How the indexer works, and how a root does.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::scan::Progress;

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
pub enum Freshness {
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
pub enum ChangeDetection {
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
    pub knowledge: Freshness,
    /// Why it cannot be read now; the index is what was known before.
    pub problem: Option<String>,
    /// When the last scan was done.
    pub scanned: Option<DateTime<Utc>>,
    /// How long that took.
    pub scan_took: Duration,
    /// Whether the folder was never there since the daemon started: it is taken for empty.
    pub is_missing: bool,
    /// How changes are noticed between the regular scans.
    pub noticing: ChangeDetection,
    /// Why events do not tell of changes although they should; it is polled instead.
    pub watch_problem: Option<String>,
    /// How many folders and pictures are left out because their names are not UTF-8; see
    /// [`RootState::unreadable_name`].
    pub unreadable_names: usize,
    /// One of them, as a path below the root with `\u{fffd}` for what is not UTF-8.
    pub unreadable_name: Option<String>,
    /// The scan that is on.
    pub scanning: Option<Arc<Progress>>,
}

impl RootState {
    /// Whether the index says something: a scan or an earlier daemon filled it, or there is nothing to be read.
    pub fn is_known(&self) -> bool {
        self.knowledge != Freshness::Nothing || self.problem.is_some()
    }
}
