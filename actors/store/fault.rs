//! Why the store fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Why the store cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the store's lock.
    #[error("another posterizarrd is already using this data folder")]
    Locked,
    /// The disk failed, or is full.
    #[error("the record store cannot be written or read: {}", in_words(.0))]
    Disk(Arc<sled::Error>),
    /// The store's files make no sense.
    #[error("the record store is damaged: {0}")]
    Damaged(String),
    /// Something else is where the store should be, or it may not be read. The text has the way out.
    #[error("{0}")]
    Misplaced(String),
    /// A record cannot be read by this version.
    #[error("a record in {table} is not readable (version {version}): {reason}")]
    Record {
        /// The table it is in.
        table: &'static str,
        version: u8,
        /// What the decoder said.
        reason: String,
    },
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(ref io) if is_nonsense(io) => Self::Damaged(io.to_string()),
            sled::Error::Io(_) => Self::Disk(Arc::new(error)),
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(Arc::new(sled::Error::Io(error)))
    }
}

/// sled copies an error by wrapping its debug text in a new one, of which only the kind is fit to be read.
fn in_words(error: &sled::Error) -> String {
    match error {
        sled::Error::Io(io) if io.raw_os_error().is_none() => io.kind().to_string(),
        sled::Error::Io(io) => io.to_string(),
        other => other.to_string(),
    }
}

/// A file that ends too early, or holds something else.
fn is_nonsense(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | InvalidData | InvalidInput)
}

/// sled asserts much; where it panics the store has failed, not the daemon.
pub fn caught<R>(work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(StoreError::Damaged("sled crashed".to_owned())))
}
