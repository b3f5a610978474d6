//! What the ImageChoices are asked, and what they answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::Message;

use super::answers::Answers;
use super::choice_rows::Marked;
use super::fault::{ChoiceError, DeleteAssetError};
use super::import::ImportStats;
use super::row::{ChoiceFields, ChoiceRow};
use crate::library::assets::Index;

/// Adds a row, unless one with its key is there. Gives its id, and whether it is new.
#[derive(Debug, Message)]
#[rtype(result = "Result<(u64, bool), ChoiceError>")]
pub struct CreateChoice(pub ChoiceFields);

/// Changes a row; an unknown one is no error, as upstream has it.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ChoiceError>")]
pub struct UpdateChoice {
    pub id: i64,
    /// What to set.
    pub fields: ChoiceFields,
}

/// Marks rows as dealt with, or not, as one change. Tells which were not so before, and which are not there.
#[derive(Debug, Message)]
#[rtype(result = "Result<Marked, ChoiceError>")]
pub struct MarkChoices {
    pub ids: BTreeSet<u64>,
    /// Whether somebody has dealt with them.
    pub resolved: bool,
}

/// Removes a row for good, and leaves its file; an unknown one is no error, as upstream has it.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ChoiceError>")]
pub struct DeleteChoice {
    pub id: i64,
}

/// Imports `Logs/ImageChoices.csv` now.
#[derive(Debug, Message)]
#[rtype(result = "Result<ImportStats, ChoiceError>")]
pub struct ImportFile;

/// Takes over rows with their ids, such as those of upstream's database; gives how many are new. A row with a known Title,
/// Rootfolder, Type and LibraryName is joined with ours, and one of ours whose id is taken gets a new one. Doing it again
/// changes nothing. A row with id 0 gets a new id.
#[derive(Debug, Message)]
#[rtype(result = "Result<usize, ChoiceError>")]
pub struct ImportRows(pub Vec<ChoiceRow>);

/// Deletes the rows and their files: one answer per id, in their order.
#[derive(Debug, Message)]
#[rtype(result = "Vec<Result<AssetDeleted, DeleteAssetError>>")]
pub struct DeleteAssets {
    pub ids: Vec<i64>,
}

/// An asset that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetDeleted {
    /// `Library/Folder (Title)`, or the title alone.
    pub info: String,
    /// Whether there was a file.
    pub file_deleted: bool,
    /// The file in the trash, by which it comes back with its rows; none where it is gone for good.
    pub trash_id: Option<String>,
}

/// Finished assets were deleted: their rows follow before this is answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct FilesRemoved {
    /// Below the asset folder.
    pub paths: Vec<String>,
    /// The asset folder as it was before: it tells the files when they come back.
    pub before: Arc<Index>,
}

/// Finished assets are back in their places: rows that were about them are back before this is answered, and the next
/// answers show the files.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct FilesReturned {
    /// Below the asset folder.
    pub paths: Vec<String>,
}

/// Makes answers of everything that was changed before this was asked.
#[derive(Debug, Message)]
#[rtype(result = "Result<Arc<Answers>, ChoiceError>")]
pub struct MakeAnswers;
