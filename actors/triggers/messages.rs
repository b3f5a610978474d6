//! What the WebhookIngest is asked.

use actix::Message;

use super::receipt::{IngestError, Receipt};
use crate::runs::JobError;

/// Who a webhook says it is from: which way it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Sonarr or Radarr.
    Arr,
    /// Tautulli.
    Tautulli,
}

/// A webhook as it came in. Answered once everything that it asks for is on disk.
#[derive(Debug, Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
pub struct Receive {
    /// The way it came in.
    pub sender: Sender,
    pub body: Vec<u8>,
}

/// Processes a kept webhook once more, even if its deliveries are known.
#[derive(Debug, Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
pub struct Replay {
    /// The number of the kept webhook.
    pub id: u64,
}

/// Takes a waiting or failed job out of the queue, and its trigger file out of `watcher/`.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), JobError>")]
pub struct RemoveJobAndFile {
    /// The job's id.
    pub id: String,
}

/// Takes all failed jobs out of the queue, and their trigger files out of `watcher/`. Tells how many jobs those were.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<usize, JobError>")]
pub struct RemoveFailedJobsAndFiles;
