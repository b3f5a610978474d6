//! What the Trash is asked.

use std::io;
use std::sync::Arc;

use actix::Message;

use super::entry::{Discarded, TrashEntry};
use super::fault::{DiscardError, RestoreError};
use crate::library::assets::Root;

/// Deletes images of a library: one answer per path, in their order, once the index shows it.
#[derive(Debug, Message)]
#[rtype(result = "Vec<Result<Discarded, DiscardError>>")]
pub struct Discard {
    pub root: Root,
    /// Paths relative to it.
    pub paths: Vec<String>,
}

/// Puts a copy of an image into the trash and leaves the image in place until another one takes it; for the index it is another
/// file from then on. Asked again it does nothing. Tells whether the trash has it.
#[derive(Debug, Message)]
#[rtype(result = "Result<bool, DiscardError>")]
pub struct Preserve {
    /// Of the trash, from [`super::new_id`].
    pub id: String,
    pub root: Root,
    /// Relative to it.
    pub path: String,
}

/// Removes what [`Preserve`] left in place, unless something else is there now; the index shows it when this is answered.
#[derive(Debug, Message)]
#[rtype(result = "io::Result<()>")]
pub struct RemoveStandIn {
    /// Of the trash.
    pub id: String,
}

/// Puts a file back where it was; the index shows it when this is answered.
#[derive(Debug, Message)]
#[rtype(result = "Result<Arc<TrashEntry>, RestoreError>")]
pub struct Restore {
    /// Of the trash.
    pub id: String,
}

/// Puts files back where they were: one answer per id, in their order; the index shows them when this is answered.
#[derive(Debug, Message)]
#[rtype(result = "Vec<Result<Arc<TrashEntry>, RestoreError>>")]
pub struct RestoreAll {
    /// Of the trash.
    pub ids: Vec<String>,
}

/// Deletes a file of the trash for good. Tells whether it was there.
#[derive(Debug, Message)]
#[rtype(result = "io::Result<bool>")]
pub struct Purge {
    /// Of the trash.
    pub id: String,
}

/// Deletes everything in the trash for good. Tells how many files that were.
#[derive(Debug, Message)]
#[rtype(result = "io::Result<usize>")]
pub struct PurgeAll;
