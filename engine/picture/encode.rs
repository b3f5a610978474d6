//! Writing JPEG files.

use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder, EncodingError, SamplingFactor};

/// The comment in every picture of ours, by which it is known as one.
pub const MARKER: &str = "created with posterizarr";

/// From this quality on, colours have the resolution of the light: ImageMagick's rule.
const FULL_COLOUR_QUALITY: u8 = 90;

/// Why a picture cannot be written as JPEG.
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be written as JPEG: {0}")]
pub struct EncodeError(String);

impl From<EncodingError> for EncodeError {
    fn from(error: EncodingError) -> Self {
        Self(error.to_string())
    }
}

/// The JPEG file of a picture; `marked` says whether it carries the [`MARKER`].
pub fn encode(picture: &RgbImage, quality: u8, marked: bool) -> Result<Vec<u8>, EncodeError> {
    let size = |length: u32| u16::try_from(length).map_err(|_| EncodeError(format!("{length} pixels are too many")));
    let (width, height) = (size(picture.width())?, size(picture.height())?);
    let mut file = Vec::with_capacity(picture.len() / 8);
    let mut encoder = Encoder::new(&mut file, quality.clamp(1, 100));
    let full = quality >= FULL_COLOUR_QUALITY;
    encoder.set_sampling_factor(if full { SamplingFactor::R_4_4_4 } else { SamplingFactor::R_4_2_0 });
    encoder.encode(picture, width, height, ColorType::Rgb)?;
    if marked {
        mark(&mut file);
    }
    Ok(file)
}

/// Puts the comment behind the first segment, which is the JFIF header.
fn mark(file: &mut Vec<u8>) {
    let header_length =
        file.get(4..6).map_or(0, |length| length.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)));
    let after_header = (4 + header_length).min(file.len());
    // The length counts itself.
    let [high, low] = (MARKER.len() as u16 + 2).to_be_bytes();
    let segment = [0xff, 0xfe, high, low].into_iter().chain(MARKER.bytes());
    file.splice(after_header..after_header, segment);
}

#[cfg(test)]
mod tests {
    use super::{super::decode, *};

    #[test]
    fn the_comment_is_in_the_file_and_the_picture_is_still_one() {
        let picture = RgbImage::from_fn(32, 48, |x, y| image::Rgb([x as u8 * 8, y as u8 * 5, 128]));
        let file = encode(&picture, 92, true).unwrap();
        let at = file.windows(MARKER.len()).position(|part| part == MARKER.as_bytes()).unwrap();
        assert_eq!(file[at - 4..at], [0xff, 0xfe, 0, 26]);
        let back = decode::decode(&file).unwrap().pixels;
        let off = back.iter().zip(picture.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        assert!(off < 2 * back.len() as u64, "{off}");
        assert!(!encode(&picture, 92, false).unwrap().windows(7).any(|part| part == b"created"));
    }

    #[test]
    fn colours_have_full_resolution_from_quality_90_on() {
        let picture = RgbImage::new(16, 16);
        let sampling = |quality| {
            let file = encode(&picture, quality, true).unwrap();
            let frame = file.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
            file[frame + 11]
        };
        assert_eq!((sampling(90), sampling(89)), (0x11, 0x22));
    }
}
