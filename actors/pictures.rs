//! Decoding pictures that may be anything: within bounds of file size, pixels and memory that are checked before decoding.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// The largest file that is looked at, in bytes.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;
/// The most pixels that are decoded; 8K has 33 million.
const MOST_PIXELS: u64 = 36_000_000;
/// The most memory a decoder may ask for; four channels of [`MOST_PIXELS`] fit, 16 bits deep do not.
const MOST_MEMORY: u64 = 192 * 1024 * 1024;

/// Why a picture cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No format that we know, or broken.
    #[error("it is not a picture that can be read: {0}")]
    Unreadable(String),
    /// Decoding it would take too much.
    #[error("the picture is too large: {0}")]
    TooLarge(String),
    /// Nothing is there.
    #[error("no such picture")]
    Missing,
    /// The disk failed.
    #[error("the picture cannot be read: {0}")]
    Disk(String),
}

impl From<io::Error> for PictureError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Disk(error.to_string()) }
    }
}

impl From<image::ImageError> for PictureError {
    fn from(error: image::ImageError) -> Self {
        match error {
            image::ImageError::Limits(error) => Self::TooLarge(error.to_string()),
            // A file that ends too early is no fault of the disk.
            error => Self::Unreadable(error.to_string()),
        }
    }
}

/// A picture whose head was read and found harmless.
pub struct Picture<D> {
    /// What it is, by its content.
    pub format: ImageFormat,
    /// Width and height, as they are stored.
    pub dimensions: (u32, u32),
    decoder: D,
}

/// Reads the head of a picture.
pub fn open(path: &Path) -> Result<Picture<impl ImageDecoder>, PictureError> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(PictureError::Missing);
    }
    if found.len() > LARGEST_FILE {
        return Err(PictureError::TooLarge(format!("its file has more than {} MiB", LARGEST_FILE / 1024 / 1024)));
    }
    read(BufReader::new(file))
}

fn read(reader: impl BufRead + Seek + 'static) -> Result<Picture<impl ImageDecoder>, PictureError> {
    let mut reader = ImageReader::new(reader).with_guessed_format()?;
    let format = reader.format().ok_or_else(|| PictureError::Unreadable("its format is not known".to_owned()))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(PictureError::TooLarge(format!("it has {width}x{height} pixels")));
    }
    Ok(Picture { format, dimensions: (width, height), decoder })
}

impl<D: ImageDecoder> Picture<D> {
    /// How many pixels it has.
    pub fn pixels(&self) -> u64 {
        u64::from(self.dimensions.0) * u64::from(self.dimensions.1)
    }

    /// The whole picture, the right way up.
    pub fn decode(mut self) -> Result<DynamicImage, PictureError> {
        let orientation = self.decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(self.decoder)?;
        image.apply_orientation(orientation);
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG's head that claims a size, with nothing after it.
    fn claims(width: u32, height: u32) -> Vec<u8> {
        let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        head.extend(width.to_be_bytes());
        head.extend(height.to_be_bytes());
        head.extend(b"\x08\x06\0\0\0");
        let crc = crc(&head[12..]);
        head.extend(crc.to_be_bytes());
        head.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        head
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }

    fn error(bytes: &[u8]) -> PictureError {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        open(file.path()).and_then(Picture::decode).unwrap_err()
    }

    #[test]
    fn a_decompression_bomb_is_refused_by_its_head() {
        for (width, height) in [(60_000, 60_000), (7000, 7000), (u32::MAX, 1), (1, 100_000_000)] {
            let error = error(&claims(width, height));
            assert!(matches!(error, PictureError::TooLarge(_)), "{width}x{height}: {error}");
        }
    }

    #[test]
    fn what_is_broken_or_no_picture_is_told_apart_from_what_is_missing() {
        for bytes in [b"".as_slice(), b"\xff\xd8\xff\xe0 and no more", b"GIF89a", b"<svg/>", &claims(10, 10)] {
            let error = error(bytes);
            assert!(matches!(error, PictureError::Unreadable(_)), "{error}");
        }
        assert_eq!(open(Path::new("/nope.jpg")).err(), Some(PictureError::Missing));
        assert_eq!(open(Path::new("/")).err(), Some(PictureError::Missing));
    }

    #[test]
    fn a_picture_is_known_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("really-png.jpg");
        DynamicImage::new_rgba8(3, 2).save_with_format(&path, ImageFormat::Png).unwrap();
        let picture = open(&path).unwrap();
        assert_eq!((picture.format, picture.dimensions, picture.pixels()), (ImageFormat::Png, (3, 2), 6));
        assert_eq!(picture.decode().unwrap().width(), 3);
    }
}
