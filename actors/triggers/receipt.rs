//! What became of a webhook, or why it was not taken.

use posterizarr_base::said::{Params, Values, values};

use super::reason::IngestReason;
use crate::runtime::events::Handling;

/// What became of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was made of it.
    pub handling: Handling,
    /// Whether there was nothing in it.
    pub is_empty: bool,
    /// In words; upstream's where upstream has them.
    pub message: String,
    /// The jobs that do its work, new or joined, one per movie or episode.
    pub jobs: Vec<String>,
    /// How many of them are new.
    pub queued: usize,
}

/// Why a webhook was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// Not JSON, or not an object.
    #[error("{0}")]
    NotReadable(IngestReason),
    /// An event that should be acted on lacks what is needed.
    #[error("{0}")]
    Unprocessable(IngestReason),
    /// No such kept webhook, or its payload was not kept.
    #[error("{0}")]
    Missing(IngestReason),
    /// The jobs could not be stored; the sender should try again.
    #[error("{}", not_stored(.0))]
    Storage(String),
}

impl IngestError {
    /// The same as a sentence of the journal.
    pub(super) fn reason(&self) -> IngestReason {
        match self {
            Self::NotReadable(reason) | Self::Unprocessable(reason) | Self::Missing(reason) => reason.clone(),
            Self::Storage(cause) => not_stored(cause),
        }
    }
}

fn not_stored(cause: &str) -> IngestReason {
    IngestReason::NotStored { cause: cause.to_owned() }
}

impl Values for IngestError {
    fn values(&self) -> Params {
        match self {
            Self::NotReadable(cause) | Self::Unprocessable(cause) | Self::Missing(cause) => values([("cause", cause)]),
            Self::Storage(cause) => values([("cause", cause)]),
        }
    }
}
