//! What the Replacer is asked, and what it answers.

use std::path::PathBuf;

use actix::Message;
use chrono::{DateTime, Utc};
use posterizarr_base::artwork::Root;
use posterizarr_base::said::{Params, Said, Values, values};
use serde_json::{Map, Value};

use super::fault::ReplaceFault;
use super::item::SourceKind;
use crate::runs::{InvalidRequest, ManualForm};
use crate::runtime::safe_path::PathError;
use crate::store::StoreError;

/// How many pictures wait at most.
pub const MAX_WAITING: usize = 1000;

/// Puts a picture in place, as it is; what was there goes to the trash. Answered when the index shows it.
#[derive(Debug, Message)]
#[rtype(result = "Result<Placed, ReplaceError>")]
pub struct PlacePicture {
    /// Below this root.
    pub root: Root,
    /// Relative to it.
    pub path: String,
    /// The picture; it stays where it is.
    pub picture: PathBuf,
}

/// A picture that is in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Whether there was another one.
    pub replaced: bool,
    /// Under these ids the trash has what was replaced.
    pub trashed: Vec<String>,
}

/// Puts a picture into the queue, where it waits for [`RunItems`]; on disk when this is answered. Gives its number.
#[derive(Debug, Message)]
#[rtype(result = "Result<u64, ReplaceError>")]
pub struct AddItem {
    /// What it replaces.
    pub path: String,
    /// Where it came from.
    pub source: SourceKind,
    /// The address or path that was given.
    pub given: String,
    /// The name of its file in the folder of waiting pictures; the queue owns it from now on.
    pub staged: String,
    /// What becomes of it.
    pub wanted: WantedTreatment,
    /// What was asked for, as clients are shown it.
    pub parameters: Map<String, Value>,
    /// Whether it is done as soon as nothing runs, before all others, and is forgotten then.
    pub at_once: bool,
    /// Since when it waits.
    pub created: DateTime<Utc>,
}

/// What becomes of a picture.
#[derive(Debug)]
pub enum WantedTreatment {
    /// It is put below a root as it is.
    Placed(Root),
    /// A manual run makes the asset of it. Its picture is left out.
    Drawn(Box<ManualForm>),
}

/// Lets pictures that wait be done: those that are named, also such that failed, or all that are pending. Gives how many.
#[derive(Debug, Message)]
#[rtype(result = "Result<usize, StoreError>")]
pub struct RunItems {
    /// None: all that are pending.
    pub ids: Option<Vec<u64>>,
}

/// Takes pictures out of the queue: those that are named, or all. The one that is being done stays.
#[derive(Debug, Message)]
#[rtype(result = "Result<ItemsRemoved, StoreError>")]
pub struct RemoveItems {
    /// None: all.
    pub ids: Option<Vec<u64>>,
}

/// What was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemsRemoved {
    /// How many.
    pub removed: usize,
    /// How many are being done and stay.
    pub kept: usize,
}

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The path leads out of its folder. The text is upstream's.
    #[error("Path traversal attempt detected")]
    Forbidden,
    /// Not the name of a picture.
    #[error("{0:?} is not a picture of the library; give a path such as Movies/Heat (1995)/poster.jpg")]
    NoPicture(String),
    /// The folder of assets is not there.
    #[error("the folder of the assets cannot be reached; check that it is mounted, and its path in the settings")]
    NoFolder,
    /// The manual run cannot be.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// Too many wait.
    #[error("{MAX_WAITING} pictures wait already; let the queue run, or clear it")]
    Full,
    /// The disk failed, or forbids it.
    #[error("the picture cannot be put in place: {0}")]
    Disk(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Values for ReplaceError {
    fn values(&self) -> Params {
        match self {
            Self::Forbidden | Self::NoFolder => values([]),
            Self::NoPicture(path) => values([("path", path)]),
            Self::Invalid(invalid) => invalid.values(),
            Self::Full => values([("limit", &MAX_WAITING)]),
            Self::Disk(cause) => values([("cause", cause)]),
            Self::Store(cause) => values([("cause", cause)]),
        }
    }

    fn said(&self) -> Option<Said> {
        Some(ReplaceFault::from(self).said())
    }
}

impl From<PathError> for ReplaceError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Forbidden => Self::Forbidden,
            PathError::Missing => Self::NoFolder,
            PathError::Io(error) => Self::Disk(error.to_string()),
        }
    }
}
