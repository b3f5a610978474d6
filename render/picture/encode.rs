//! Writing JPEG files.
//!
//! Encoding is half of what a picture costs, and the files are read by everybody: so it is baseline JPEG with the standard's
//! own tables, written here without anything beyond the language. The encoders there are for Rust either take twice as long,
//! or need more than a C compiler to be built.

mod baseline;
mod entropy;
mod planes;
mod tables;
mod transform;

use image::RgbImage;

use baseline::Form;

/// The comment in every picture of ours, by which it is known as one.
pub const MARKER: &str = "created with posterizarr";

/// From this quality on, colours have the resolution of the light: ImageMagick's rule.
const FULL_COLOUR_QUALITY: u8 = 90;

/// Why a picture cannot be written as JPEG.
#[derive(Debug, thiserror::Error)]
#[error(
    "a picture of {width}x{height} pixels cannot be written as JPEG, where each side has from 1 to {} pixels",
    u16::MAX
)]
pub struct EncodeError {
    width: u32,
    height: u32,
}

/// The JPEG file of a picture; `marked` says whether it carries the [`MARKER`].
///
/// # Errors
/// For a picture without pixels, or with a side of more than 65,535.
pub fn encode(picture: &RgbImage, quality: u8, marked: bool) -> Result<Vec<u8>, EncodeError> {
    let (width, height) = picture.dimensions();
    if [width, height].iter().any(|side| *side == 0 || *side > u32::from(u16::MAX)) {
        return Err(EncodeError { width, height });
    }
    let quality = quality.clamp(1, 100);
    let comment = marked.then_some(MARKER);
    Ok(baseline::file(picture, &Form { quality, full_colour: quality >= FULL_COLOUR_QUALITY, comment }))
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

    /// A photograph's kind of content: slopes, edges and noise.
    fn varied(width: u32, height: u32) -> RgbImage {
        let mut seed = width ^ height << 8;
        RgbImage::from_fn(width, height, |x, y| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = seed >> 28;
            let edge = if (x / 11 + y / 7) % 3 == 0 { 90 } else { 0 };
            image::Rgb([(x * 2 + noise + edge) as u8, (y * 3 + noise) as u8, (x + y + edge) as u8])
        })
    }

    fn mean_square(one: &RgbImage, other: &[u8]) -> f64 {
        let squares = one.iter().zip(other).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
        squares.sum::<f64>() / one.len() as f64
    }

    #[test]
    fn pictures_of_any_size_come_back_whole() {
        for (width, height) in [(1, 1), (1, 40), (40, 1), (7, 9), (8, 8), (16, 16), (17, 15), (33, 31), (64, 65)] {
            let picture = RgbImage::from_pixel(width, height, image::Rgb([200, 40, 90]));
            for quality in [1, 50, 89, 90, 92, 100] {
                let back = decode::decode(&encode(&picture, quality, true).unwrap()).unwrap().pixels;
                assert_eq!(back.dimensions(), (width, height), "{quality}");
                let off = back.iter().zip(picture.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
                assert!(off <= if quality == 1 { 40 } else { 5 }, "{width}x{height} at {quality}: {off}");
            }
        }
    }

    /// The widely used encoder takes the same tables: size and loss are the same within a hair.
    #[test]
    fn files_are_as_good_and_as_small_as_those_of_another_encoder() {
        let picture = varied(203, 151);
        for quality in [30, 75, 90, 92, 97, 100] {
            let ours = encode(&picture, quality, false).unwrap();
            let mut theirs = Vec::new();
            let mut encoder = jpeg_encoder::Encoder::new(&mut theirs, quality);
            let full = quality >= FULL_COLOUR_QUALITY;
            encoder.set_sampling_factor(if full {
                jpeg_encoder::SamplingFactor::R_4_4_4
            } else {
                jpeg_encoder::SamplingFactor::R_4_2_0
            });
            encoder.encode(&picture, 203, 151, jpeg_encoder::ColorType::Rgb).unwrap();
            let [our_loss, their_loss] =
                [&ours, &theirs].map(|file| mean_square(&picture, &decode::decode(file).unwrap().pixels));
            assert!(ours.len() as f64 <= theirs.len() as f64 * 1.02, "{quality}: {} {}", ours.len(), theirs.len());
            assert!(our_loss <= their_loss * 1.05 + 0.05, "{quality}: {our_loss} {their_loss}");
        }
    }

    #[test]
    fn a_picture_that_no_jpeg_can_hold_is_refused() {
        for (width, height) in [(0, 5), (5, 0), (65_536, 1)] {
            let error = encode(&RgbImage::new(width, height), 92, true).unwrap_err().to_string();
            assert!(error.contains(&format!("{width}x{height}")), "{error}");
        }
    }
}
