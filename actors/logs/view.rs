//! What the LogTailer shows: the newest lines of the main logs, and how far the run is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
pub use posterizarr_base::run_events::Results;
use serde::Serialize;
use utoipa::ToSchema;

use crate::runs::Mode;

/// The logs a run writes, in the order in which upstream looks for the newest one.
pub const MAIN_LOGS: [&str; 3] = ["Testinglog.log", "Manuallog.log", "Scriptlog.log"];

/// How many lines of a main log are shown.
pub const LAST_LINES: usize = 25;

/// What is known of the logs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogView {
    /// The main logs, in the order of [`MAIN_LOGS`].
    pub main: [MainLog; 3],
    /// How far the current run is; absent while nothing runs.
    pub progress: Option<Progress>,
    /// The files that clients follow.
    pub followed: BTreeSet<String>,
}

/// One of the main logs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MainLog {
    /// Whether the file is there.
    pub exists: bool,
    /// When it was last written.
    pub modified: Option<SystemTime>,
    /// Its newest lines, oldest first, at most [`LAST_LINES`]: trimmed, without blank lines and rulers.
    pub last: Arc<[String]>,
}

impl LogView {
    /// The main log of this name; none for any other name.
    pub fn of(&self, file: &str) -> Option<&MainLog> {
        self.main.get(index(file)?)
    }

    /// The newest lines of a main log; empty for any other name.
    pub fn last(&self, file: &str) -> Arc<[String]> {
        self.of(file).map(|log| log.last.clone()).unwrap_or_default()
    }
}

/// The place of a main log in [`MAIN_LOGS`].
pub fn index(file: &str) -> Option<usize> {
    MAIN_LOGS.iter().position(|name| *name == file)
}

/// The log to look at: that of the running mode, else the main log written last (the earlier of [`MAIN_LOGS`] where two
/// are equally new), else `Scriptlog.log`.
pub fn active_log(view: &LogView, running: Option<Mode>) -> &'static str {
    if let Some(mode) = running {
        return mode.log_file();
    }
    let mut newest: Option<(&'static str, SystemTime)> = None;
    for (name, log) in MAIN_LOGS.into_iter().zip(&view.main) {
        let Some(modified) = log.modified.filter(|_| log.exists) else { continue };
        if newest.is_none_or(|(_, before)| modified > before) {
            newest = Some((name, modified));
        }
    }
    newest.map_or("Scriptlog.log", |(name, _)| name)
}

/// How far a run is, as its log tells. Only what the log says is here: the PowerShell script announces no total.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    /// The log it is read from; of a run of the engine, its event file.
    pub log: String,
    /// Images made, downloaded, sent or found in place since the run started.
    pub done: u64,
    /// Of how many, where the log tells.
    pub total: Option<u64>,
    /// Movies and shows in the libraries, where the log tells. Not the same unit as `done`: each has several images.
    pub library_items: Option<u64>,
    /// The title it works on, where the log tells.
    pub current: Option<String>,
    /// What it is at, in the log's words.
    pub phase: Option<String>,
    /// Lines of level ERROR or CRITICAL since the run started.
    pub errors: u64,
    /// Lines of level WARNING since the run started.
    pub warnings: u64,
    /// Items per minute since the run started.
    pub per_minute: f64,
    /// When the run started.
    pub since: DateTime<Utc>,
    /// What became of the assets; only told of runs of the engine.
    #[serde(flatten)]
    pub results: Option<Results>,
    /// Whether nothing is changed: what is told as created would be.
    pub dry_run: bool,
    /// In how many seconds the run will be done, if it goes on like this; null where that cannot be told.
    pub remaining_seconds: Option<u64>,
}

impl Progress {
    /// With what is known from its numbers: how fast it goes, and when it will be done.
    pub fn with_pace(self, now: DateTime<Utc>) -> Self {
        let minutes = (now - self.since).as_seconds_f64() / 60.0;
        let per_minute = if minutes > 0.0 { self.done as f64 / minutes } else { 0.0 };
        let left = self.total.map(|total| total.saturating_sub(self.done) as f64);
        let remaining = left.filter(|_| per_minute > 0.0).map(|left| (left / per_minute * 60.0).round() as u64);
        Self { per_minute: (per_minute * 10.0).round() / 10.0, remaining_seconds: remaining, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn view(ages: [Option<u64>; 3]) -> LogView {
        let main = ages.map(|age| MainLog {
            exists: age.is_some(),
            modified: age.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - seconds)),
            last: Arc::default(),
        });
        LogView { main, progress: None, followed: BTreeSet::new() }
    }

    #[test]
    fn the_active_log_is_that_of_the_running_mode_else_the_newest() {
        assert_eq!(active_log(&view([None, None, None]), None), "Scriptlog.log");
        assert_eq!(active_log(&view([Some(3), Some(2), Some(1)]), None), "Scriptlog.log");
        assert_eq!(active_log(&view([Some(3), Some(2), None]), None), "Manuallog.log");
        assert_eq!(active_log(&view([Some(1), Some(2), Some(3)]), None), "Testinglog.log");
        assert_eq!(active_log(&view([Some(1), Some(2), Some(3)]), Some(Mode::Reset)), "Scriptlog.log");
        assert_eq!(active_log(&view([None, None, None]), Some(Mode::Testing)), "Testinglog.log");
    }

    #[test]
    fn equally_new_logs_keep_the_earlier_of_the_list() {
        assert_eq!(active_log(&view([Some(1), Some(1), Some(1)]), None), "Testinglog.log");
        assert_eq!(active_log(&view([None, Some(1), Some(1)]), None), "Manuallog.log");
    }
}
