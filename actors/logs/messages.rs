//! What the LogTailer is asked.

use actix::Message;

use super::Subscription;
use crate::runtime::safe_path::PathError;

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
