//! What became of a webhook, or why it was not taken.

use posterizarr_base::said::{Params, Values, values};

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
    NotReadable(String),
    /// An event that should be acted on lacks what is needed.
    #[error("{0}")]
    Unprocessable(String),
    /// No such kept webhook, or its payload was not kept.
    #[error("{0}")]
    Missing(String),
    /// The jobs could not be stored; the sender should try again.
    #[error("the trigger could not be stored, nothing was queued: {0}")]
    Storage(String),
}

impl Values for IngestError {
    fn values(&self) -> Params {
        match self {
            Self::NotReadable(cause) | Self::Unprocessable(cause) | Self::Missing(cause) | Self::Storage(cause) => {
                values([("cause", cause)])
            }
        }
    }
}
