//! What the Thumbnailer is asked.

use std::path::PathBuf;

use actix::Message;

use super::ThumbnailName;
use crate::library::pictures::PictureError;

/// Makes a thumbnail, unless it is there or being made. Answers with its file.
#[derive(Debug, Message)]
#[rtype(result = "Result<PathBuf, PictureError>")]
pub struct MakeThumbnail {
    /// The picture, which the caller may see.
    pub picture: PathBuf,
    /// The thumbnail's name.
    pub name: ThumbnailName,
    /// Its width; a smaller picture keeps its own.
    pub width: u32,
}
