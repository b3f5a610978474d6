//! How thumbnails are encoded: as JPEG, which everybody reads, or as WebP, which is smaller.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};

use crate::library::pictures::PictureError;

const JPEG_QUALITY: u8 = 82;
/// Looks as good as that JPEG; upstream has the same.
#[cfg(feature = "webp")]
const WEBP_QUALITY: f32 = 80.0;

/// How a thumbnail is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    Jpeg,
    #[cfg(feature = "webp")]
    WebP,
}

impl Encoding {
    /// The smallest of those that a client takes, by the media types that it names. A wildcard names none: who sends only that
    /// may be a tool of long ago.
    pub fn smallest(_is_named: impl Fn(&str) -> bool) -> Self {
        #[cfg(feature = "webp")]
        if _is_named(Self::WebP.media_type()) {
            return Self::WebP;
        }
        Self::Jpeg
    }

    /// What HTTP calls it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            #[cfg(feature = "webp")]
            Self::WebP => "image/webp",
        }
    }

    /// The end of a file's name.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            #[cfg(feature = "webp")]
            Self::WebP => "webp",
        }
    }

    /// The content of a file. Blocks for the processor.
    pub(super) fn encode(self, image: &RgbImage) -> Result<Vec<u8>, PictureError> {
        match self {
            Self::Jpeg => jpeg(image),
            #[cfg(feature = "webp")]
            Self::WebP => webp(image),
        }
    }
}

fn jpeg(image: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut jpeg = Vec::new();
    let (width, height) = image.dimensions();
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY).encode(image, width, height, ExtendedColorType::Rgb8)?;
    Ok(jpeg)
}

#[cfg(feature = "webp")]
fn webp(image: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let encoder = webp::Encoder::from_rgb(image, image.width(), image.height());
    let encoded = encoder.encode_simple(false, WEBP_QUALITY);
    let failed = |error| PictureError::Unreadable(format!("it cannot be encoded as WebP: {error:?}"));
    encoded.map(|webp| webp.to_vec()).map_err(failed)
}
