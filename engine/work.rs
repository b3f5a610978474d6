//! What every run works with, and why one ends before its end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Local;
use posterizarr_base::run_events::{EventWriter, RunEvent};
use posterizarr_render::config::{Config, Document};

use crate::Drawing;
use crate::journal::Journal;
use crate::library::Network;

/// How many pictures are made at once at most: each has tens of megabytes in hand.
pub const WORKERS: usize = 4;

/// What a run needs from outside.
pub struct RunContext<'a> {
    /// The data folder, with `Logs`, `temp`, `test` and `Overlayfiles`.
    pub folder: PathBuf,
    /// `config.json` with defaults for what it lacks, or why it cannot be read.
    pub document: Result<Document, String>,
    /// Gets a picture by an address that the user gave, through a door that is guarded, or says why not.
    pub fetch: &'a (dyn Fn(&str) -> Result<Vec<u8>, String> + Sync),
    /// Where media servers and providers are.
    pub network: Network,
    /// What is drawn beyond what `config.json` tells.
    pub drawing: Drawing,
    /// Puts all logs into one archive for a report, and tells where it is, or why there is none.
    pub gather: &'a (dyn Fn() -> Result<PathBuf, String> + Sync),
    /// Where the run leaves its logs and results if it works beside another one; `None` for one that works alone.
    pub beside: Option<PathBuf>,
    /// Set from outside when the run is to end.
    pub stop: &'a AtomicBool,
    /// The program's version.
    pub version: &'static str,
}

impl RunContext<'_> {
    /// The configuration with what is drawn beyond it today.
    pub(crate) fn finished(&self, config: Config) -> Config {
        let look = self.drawing.applied(config.look, &self.folder, Local::now().date_naive());
        Config { look, ..config }
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.beside.clone().unwrap_or_else(|| self.folder.join("Logs"))
    }
}

/// Why a mode ended before its end.
#[derive(Debug)]
pub enum RunError {
    Stopped,
    /// The media server does not have the item yet; the text says which.
    NotOnServer(String),
    /// Nothing more can be done; the text says why, and what to do.
    Failed(String),
}

impl<E: std::error::Error> From<E> for RunError {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What the modes work with.
pub struct Work<'a> {
    pub config: &'a Config,
    pub journal: &'a Journal,
    /// What programs are told of the run, beside the log for people.
    pub events: &'a EventWriter,
    pub context: &'a RunContext<'a>,
}

impl Work<'_> {
    /// Ends the mode if the run is to end.
    pub fn check_cancelled(&self) -> Result<(), RunError> {
        if self.context.stop.load(Ordering::Relaxed) { Err(RunError::Stopped) } else { Ok(()) }
    }

    /// Warns of something that belongs to no single asset, in the log and in the event file.
    #[track_caller]
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        self.journal.warning(&text);
        self.events.write(&RunEvent::Warning { text });
    }

    /// The same for an error, which counts.
    #[track_caller]
    pub fn complain(&self, text: impl Into<String>) {
        let text = text.into();
        self.journal.error(&text);
        self.events.write(&RunEvent::Warning { text });
    }

    /// Where the user's fonts and overlays are.
    pub fn overlay_files(&self) -> PathBuf {
        self.context.folder.join("Overlayfiles")
    }

    pub fn logs(&self) -> PathBuf {
        self.context.logs()
    }
}
