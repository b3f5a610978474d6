//! What decoders of all formats give, and why they refuse a file.

use image::DynamicImage;
use posterizarr_base::said::{Params, Values, values};
use posterizarr_base::unsupported::Unsupported;

use super::profile;

/// The largest file that is read.
pub const MAX_FILE_BYTES: u64 = 100 * 1024 * 1024;
/// The most pixels that are decoded: twelve 4K pictures.
pub const MAX_PIXELS: u64 = 100_000_000;
/// What a decoder may use on top of its input.
pub(super) const MAX_ALLOCATION: u64 = 512 * 1024 * 1024;

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the picture cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("this is not a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF picture")]
    Format,
    #[error("this is {0}; take a JPEG, PNG or WebP picture instead")]
    Unsupported(Unsupported),
    #[error("the file is larger than {} MB", MAX_FILE_BYTES / 1024 / 1024)]
    FileTooLarge,
    #[error("the picture has {width}x{height} pixels; at most {} megapixels are taken", MAX_PIXELS / 1_000_000)]
    TooManyPixels { width: u32, height: u32 },
    #[error("decoding the picture takes more than {} MB of memory", MAX_ALLOCATION / 1024 / 1024)]
    TooMuchMemory,
    #[error("the picture's colour profile is larger than {} MB", profile::MAX_PROFILE_BYTES / 1024 / 1024)]
    ProfileTooLarge,
    #[error("the picture is damaged: {0}")]
    Damaged(String),
}

impl DecodeError {
    /// Says what is wrong with the file.
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}

impl Values for DecodeError {
    fn values(&self) -> Params {
        match self {
            Self::Format => values([]),
            Self::Unreadable(cause) => values([("cause", cause)]),
            Self::Unsupported(kind) => values([("kind", kind)]),
            Self::FileTooLarge => values([("mb", &(MAX_FILE_BYTES / 1024 / 1024))]),
            Self::TooManyPixels { width, height } => {
                values([("width", width), ("height", height), ("megapixels", &(MAX_PIXELS / 1_000_000))])
            }
            Self::TooMuchMemory => values([("mb", &(MAX_ALLOCATION / 1024 / 1024))]),
            Self::ProfileTooLarge => values([("mb", &(profile::MAX_PROFILE_BYTES / 1024 / 1024))]),
            Self::Damaged(cause) => values([("cause", cause)]),
        }
    }
}

/// What a file holds, before its colours and its transparency are dealt with.
pub(super) struct Decoded {
    /// The picture, turned as EXIF says.
    pub(super) picture: DynamicImage,
    /// An ICC profile; none: sRGB.
    pub(super) profile: Option<Vec<u8>>,
}

/// Refuses a size that is not decoded.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), DecodeError> {
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width == 0 || height == 0 {
        return Err(DecodeError::TooManyPixels { width, height });
    }
    Ok(())
}
