//! Why the ImageChoices did not do something.

use posterizarr_base::image_choices::FILE;
use posterizarr_base::said::{Params, Values, values};

/// Why something was not done. The texts are upstream's where it has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The store could not be opened.
    #[error("Database not available")]
    Unavailable,
    /// The store did not take the change; nothing was changed.
    #[error("the change could not be stored: {0}")]
    Storage(String),
    /// Another row has the key.
    #[error(
        "another record has this Title, Rootfolder, Type and LibraryName (UNIQUE constraint failed: \
         imagechoices.Title, imagechoices.Rootfolder, imagechoices.Type, imagechoices.LibraryName)"
    )]
    Clash,
    /// There is nothing to import.
    #[error("ImageChoices.csv not found in Logs directory")]
    NoFile,
    /// The file is something else.
    #[error("{FILE} cannot be used: {0}")]
    Unusable(String),
    /// The file, or what is made of the rows, failed.
    #[error("{0}")]
    Failed(String),
}

impl Values for ChoiceError {
    fn values(&self) -> Params {
        match self {
            Self::Unavailable | Self::Clash | Self::NoFile => values([]),
            Self::Storage(cause) | Self::Unusable(cause) | Self::Failed(cause) => values([("cause", cause)]),
        }
    }
}

/// Why an asset was not deleted. The texts are upstream's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeleteAssetError {
    /// No such row, or it went with an earlier one of the same request.
    #[error("Record not found in database")]
    Unknown,
    /// The store could not be opened.
    #[error("Database not available")]
    Unavailable,
    /// The file is still there, and the row too.
    #[error("Failed to delete file: {0}")]
    File(String),
    /// The file is gone, the row is still there.
    #[error("File deleted, but DB delete failed: {0}")]
    RowStayed(String),
    /// The row is still there; it had no file.
    #[error("{0}")]
    Storage(String),
}

impl Values for DeleteAssetError {
    fn values(&self) -> Params {
        match self {
            Self::Unknown | Self::Unavailable => values([]),
            Self::File(cause) | Self::RowStayed(cause) | Self::Storage(cause) => values([("cause", cause)]),
        }
    }
}
