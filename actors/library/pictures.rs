//! Decoding pictures that may be anything: within bounds of file size, pixels and memory that are checked before decoding.

use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use posterizarr_base::avif::is_avif;
use posterizarr_base::bounded;
use posterizarr_base::said::{Params, Values, values};
use posterizarr_render::picture::{self, DecodeError, Head, profile};

/// The largest file that is looked at, in bytes.
const MAX_FILE_SIZE: u64 = 64 * 1024 * 1024;
/// The most pixels that are decoded; 8K has 33 million.
const MAX_PIXELS: u64 = 36_000_000;
/// The most memory a decoder may ask for; four channels of [`MAX_PIXELS`] fit, 16 bits deep do not.
const MAX_MEMORY: u64 = 192 * 1024 * 1024;

/// As much of a file as tells what it is.
const HEAD: u64 = 256;
/// What decoding takes besides, in bytes: buffers, the profile, the result.
const OVERHEAD: u64 = 8 * 1024 * 1024;

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
    #[error("the picture cannot be read: {0}")]
    Disk(String),
}

impl Values for PictureError {
    fn values(&self) -> Params {
        match self {
            Self::Missing => values([]),
            Self::Unreadable(cause) | Self::TooLarge(cause) | Self::Disk(cause) => values([("cause", cause)]),
        }
    }
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
    let (mut file, found) = match bounded::open(path) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(PictureError::Missing),
        opened => opened?,
    };
    if found.len() > MAX_FILE_SIZE {
        return Err(PictureError::TooLarge(format!("its file has more than {} MiB", MAX_FILE_SIZE / 1024 / 1024)));
    }
    if profile::is_too_large(&mut BufReader::new(&mut file))? {
        let most = profile::MAX_PROFILE_BYTES / 1024 / 1024;
        return Err(PictureError::TooLarge(format!("its colour profile has more than {most} MiB")));
    }
    file.rewind()?;
    read(BufReader::new(file))
}

fn read(reader: impl BufRead + Seek + 'static) -> Result<Picture<impl ImageDecoder>, PictureError> {
    let mut reader = ImageReader::new(reader).with_guessed_format()?;
    let format = reader.format().ok_or_else(|| PictureError::Unreadable("its format is not known".to_owned()))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_MEMORY {
        return Err(PictureError::TooLarge(format!("it has {width}x{height} pixels")));
    }
    Ok(Picture { format, dimensions: (width, height), decoder })
}

impl<D: ImageDecoder> Picture<D> {
    /// How many pixels it has.
    pub fn pixels(&self) -> u64 {
        u64::from(self.dimensions.0) * u64::from(self.dimensions.1)
    }

    /// How much memory it takes to decode it and to make it opaque, in bytes; rather too much than too little.
    pub fn cost(&self) -> u64 {
        // A progressive JPEG keeps its coefficients, in two bytes each, until it is whole.
        let coefficients = if self.format == ImageFormat::Jpeg { 6 } else { 0 };
        // RGB is taken as it is; all else is copied to RGBA, and from there to RGB.
        let copies = if self.decoder.color_type() == ColorType::Rgb8 { 0 } else { 7 };
        self.decoder.total_bytes() + self.pixels() * (coefficients + copies) + OVERHEAD
    }

    /// The whole picture, the right way up.
    pub fn decode(mut self) -> Result<DynamicImage, PictureError> {
        let orientation = self.decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(self.decoder)?;
        image.apply_orientation(orientation);
        Ok(image)
    }
}

/// An AVIF picture, which is decoded elsewhere.
pub struct Avif {
    content: Vec<u8>,
    head: Head,
}

/// Reads an AVIF picture; none for a picture of another kind.
pub fn open_avif(path: &Path) -> Result<Option<Avif>, PictureError> {
    let (mut file, _) = match bounded::open(path) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(PictureError::Missing),
        opened => opened?,
    };
    let mut content = Vec::new();
    (&mut file).take(HEAD).read_to_end(&mut content)?;
    if !is_avif(&content) {
        return Ok(None);
    }
    file.take(MAX_FILE_SIZE - HEAD).read_to_end(&mut content)?;
    let head = picture::head(Cursor::new(&content))?;
    if head.pixels() > MAX_PIXELS {
        return Err(PictureError::TooLarge(format!("it has {}x{} pixels", head.width, head.height)));
    }
    Ok(Some(Avif { content, head }))
}

impl Avif {
    /// How much memory it takes, in bytes.
    pub fn cost(&self) -> u64 {
        // As it comes from its decoder, copied to RGBA, and from there to RGB.
        self.head.pixels() * (4 + 4 + 3) + self.content.len() as u64 + OVERHEAD
    }

    /// The whole picture, the right way up.
    pub fn decode(self) -> Result<DynamicImage, PictureError> {
        Ok(picture::decode_transparent(&self.content)?.into())
    }
}

impl From<DecodeError> for PictureError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Unreadable(error) => error.into(),
            DecodeError::FileTooLarge | DecodeError::TooManyPixels { .. } | DecodeError::TooMuchMemory => {
                Self::TooLarge(error.to_string())
            }
            error => Self::Unreadable(error.to_string()),
        }
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
