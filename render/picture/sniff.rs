//! What a file is and how large its picture is, by its first bytes and without decoding it.

use std::{
    io::{BufRead, BufReader, Read, Seek},
    path::Path,
};

use image::{ImageDecoder, ImageReader, metadata::Orientation};
use posterizarr_base::{avif::is_avif, bounded, unsupported::Unsupported};

use super::{
    avif,
    decode::unusable,
    decoded::{DecodeError, MAX_FILE_BYTES},
    jpeg, profile,
};

/// What the head of a picture's file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// In pixels, as an eye sees the picture: a photograph that is stored lying on its side stands upright.
    pub width: u32,
    /// In pixels, as an eye sees the picture.
    pub height: u32,
}

impl Head {
    fn new((width, height): (u32, u32), orientation: Orientation) -> Self {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        match orientation {
            Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => Self { width: height, height: width },
            _ => Self { width, height },
        }
    }

    /// How many pixels there are.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// Reads the head of a picture's file. The size is not limited here.
///
/// # Errors
/// A file that cannot be read, or is no picture that could be decoded.
pub fn head_of_file(path: &Path) -> Result<Head, DecodeError> {
    let (file, _) = bounded::open(path)?;
    head(BufReader::new(file))
}

/// Reads the head of a picture. The size is not limited here.
///
/// # Errors
/// A source that cannot be read, or is no picture that could be decoded.
pub fn head(mut file: impl BufRead + Seek) -> Result<Head, DecodeError> {
    let start = file.fill_buf()?;
    if let Some(unsupported) = Unsupported::of(start) {
        return Err(DecodeError::Unsupported(unsupported));
    }
    if jpeg::is_jpeg(start) {
        return jpeg::head(file).map(|(size, orientation)| Head::new(size, orientation));
    }
    if is_avif(start) {
        let mut content = Vec::new();
        file.take(MAX_FILE_BYTES).read_to_end(&mut content)?;
        let (width, height) = avif::size(&content)?;
        return Ok(Head { width, height });
    }
    // Decoders inflate it with the head.
    if profile::is_too_large(&mut file)? {
        return Err(DecodeError::ProfileTooLarge);
    }
    let reader = ImageReader::new(file).with_guessed_format()?;
    if reader.format().is_none() {
        return Err(DecodeError::Format);
    }
    let mut decoder = reader.into_decoder().map_err(unusable)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok(Head::new(decoder.dimensions(), orientation))
}
