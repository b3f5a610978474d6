//! What the ImageChoices are doing: reading files, building answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::answers::Answers;
use super::fault::ChoiceError;
use super::import::{ImportStats, Reading};
use super::source::Stamp;

/// Files are read one at a time.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) phase: Phase,
    pub(super) waiting: VecDeque<Reading>,
    /// What was read last in `Logs`, and whether nobody wrote to it then.
    pub(super) seen: Option<(Stamp, bool)>,
    /// Why the file could not be read when it was last tried.
    pub(super) problem: Option<String>,
    pub(super) last: Option<ImportStats>,
}

/// What the reader does.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not looked yet whether there is a file.
    #[default]
    Unread,
    /// It reads the file that was there at the start.
    ReadingFirst,
    /// There is nothing to read.
    Idle,
    Reading,
}

impl Phase {
    pub(super) fn is_reading(self) -> bool {
        matches!(self, Self::ReadingFirst | Self::Reading)
    }

    /// Whether the file that was there at the start has been read, or found missing.
    pub(super) fn has_read_first(self) -> bool {
        matches!(self, Self::Idle | Self::Reading)
    }
}

/// Answers are built one after the other.
#[derive(Default)]
pub(super) struct Maker {
    pub(super) answers: Option<Arc<Answers>>,
    pub(super) state: Building,
    /// Before this instant only those who ask get new ones.
    pub(super) rest_until: Option<Instant>,
    /// Who gets the next ones that are begun.
    pub(super) asking: Vec<Asker>,
}

/// What becomes of the next answers.
#[derive(Default)]
pub(super) enum Building {
    /// They are those of before: nothing has changed.
    #[default]
    Idle,
    /// They are begun at this time, unless somebody asks before.
    Due(Instant),
    /// They are being built.
    Running {
        /// Something has changed since they were begun.
        outdated: bool,
        /// Who gets them.
        askers: Vec<Asker>,
    },
}

/// Whoever waits for answers.
pub(super) type Asker = oneshot::Sender<Result<Arc<Answers>, ChoiceError>>;
