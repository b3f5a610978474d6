//! What the WebhookIngest is asked.

use actix::Message;

use super::{IngestError, Receipt, Sender};
use crate::runs::JobError;

/// A webhook as it came in. Answered once everything that it asks for is on disk.
#[derive(Debug, Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
pub struct Receive {
    /// The way it came in.
    pub sender: Sender,
    /// Its body.
    pub body: Vec<u8>,
}

/// Processes a kept webhook once more, even if its deliveries are known.
#[derive(Debug, Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
pub struct Replay {
    /// The number of the kept webhook.
    pub id: u64,
}

/// Takes a waiting or failed trigger out of the queue, and its file out of `watcher/`.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), JobError>")]
pub struct RemoveTrigger {
    /// The job's id.
    pub id: String,
}

/// Takes all failed triggers out of the queue, and their files out of `watcher/`. Tells how many those were.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<usize, JobError>")]
pub struct RemoveFailedTriggers;
