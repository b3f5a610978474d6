//! Why a file was not deleted, or not restored.

use std::io;

use posterizarr_base::said::{Params, Values, values};

use crate::runtime::safe_path::PathError;

/// Why a file was not deleted. The first three texts are upstream's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscardError {
    /// The path leaves the library.
    #[error("Access denied: Invalid path")]
    Forbidden,
    /// Nothing is there.
    #[error("File not found")]
    Missing,
    /// A folder, or something stranger.
    #[error("Path is not a file")]
    NotAFile,
    /// Not an image by its name.
    #[error("Only images (jpg, jpeg, png, webp) can be deleted here; delete other files by hand")]
    NotAnImage,
    /// The disk failed, or forbids it.
    #[error(
        "the file cannot be deleted: {0}; check the permissions of its folder, and the room for the trash in the data folder"
    )]
    Disk(String),
}

impl Values for DiscardError {
    fn values(&self) -> Params {
        match self {
            Self::Forbidden | Self::Missing | Self::NotAFile | Self::NotAnImage => values([]),
            Self::Disk(cause) => values([("cause", cause)]),
        }
    }
}

/// Why a file was not restored; it is still in the trash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// It was restored, purged, or never there.
    #[error("the trash has no such entry")]
    Unknown,
    /// Something is there now.
    #[error("'{path}' is there again; delete or rename that file, then restore this one")]
    Taken {
        /// The place.
        path: String,
    },
    /// The library is gone, or the way leads out of it.
    #[error(
        "the folder for '{path}' cannot be reached; check that the library is mounted and holds no link in its place"
    )]
    NoWay {
        /// The place.
        path: String,
    },
    /// The disk failed, or forbids it.
    #[error("the file cannot be restored: {0}")]
    Disk(String),
}

impl Values for RestoreError {
    fn values(&self) -> Params {
        match self {
            Self::Unknown => values([]),
            Self::Taken { path } | Self::NoWay { path } => values([("path", path)]),
            Self::Disk(cause) => values([("cause", cause)]),
        }
    }
}

impl From<PathError> for DiscardError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Forbidden => Self::Forbidden,
            PathError::Missing => Self::Missing,
            PathError::Io(error) => Self::Disk(error.to_string()),
        }
    }
}

impl From<io::Error> for DiscardError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Disk(error.to_string()) }
    }
}

impl From<io::Error> for RestoreError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error.to_string())
    }
}
