//! LogTailer: owner of followed files and their subscribers.

mod view;

use std::sync::Arc;

use actix::Message;
use tokio::sync::mpsc;

use crate::commons::Commons;
use crate::guard::Service;
use crate::safe_path::PathError;

pub use view::{LAST_LINES, LogView, MAIN_LOGS, MainLog, Progress, active_log};

/// Follows a file of `Logs` (or, where it is not there, of `UILogs`), whether it exists yet or not. Ends when the
/// subscription is dropped.
#[derive(Debug, Message)]
#[rtype(result = "Result<Subscription, PathError>")]
pub struct Subscribe {
    /// The file's name; a path is refused.
    pub file: String,
    /// How many of the lines that are there already are wanted.
    pub history: usize,
}

/// What a subscriber gets: the lines that were there, then those to come, without gap or duplicate.
#[derive(Debug)]
pub struct Subscription {
    /// The last lines, oldest first: trimmed, none blank.
    pub history: Vec<String>,
    /// Lines as they are written. A subscriber that does not keep up loses lines; they are counted.
    pub lines: mpsc::Receiver<Batch>,
}

/// Lines that came together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How many lines this subscriber lost before these, because it did not keep up.
    pub skipped: u64,
    text: Arc<str>,
}

impl Batch {
    /// The lines, oldest first: trimmed, none blank.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        // Lines hold no line ends, so they share one allocation.
        self.text.split('\n').filter(|line| !line.is_empty())
    }
}

/// The actor.
pub struct LogTailer {
    _commons: Commons,
}

impl LogTailer {
    /// Made from the store.
    pub fn new(commons: Commons) -> Self {
        Self { _commons: commons }
    }
}

impl Service for LogTailer {
    const NAME: &'static str = "LogTailer";
}
