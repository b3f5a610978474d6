//! From a picture to a small JPEG.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, RgbImage};

use crate::pictures::{self, PictureError};

const QUALITY: u8 = 82;
/// Pictures with more pixels than this are decoded one at a time; a 4K background has 8 million.
const LARGE: u64 = 12_000_000;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A JPEG of the picture at this width, or at its own if that is smaller. Blocks for disk and processor.
pub fn thumbnail(picture: &Path, width: u32) -> Result<Vec<u8>, PictureError> {
    let picture = pictures::open(picture)?;
    let large = picture.pixels() > LARGE;
    let _turn = large.then(|| ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner));
    let image = opaque(picture.decode()?);
    encoded(&resized(image, width)?)
}

/// Transparent parts become black, as on a poster wall.
fn opaque(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let on_black = |channel: u8, alpha: u8| (u16::from(channel) * u16::from(alpha) / 255) as u8;
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let image::Rgba([red, green, blue, alpha]) = *from;
        *to = image::Rgb([red, green, blue].map(|channel| on_black(channel, alpha)));
    }
    flat
}

fn resized(image: RgbImage, width: u32) -> Result<RgbImage, PictureError> {
    let (from_width, from_height) = image.dimensions();
    if from_width <= width {
        return Ok(image);
    }
    let height = u64::from(from_height) * u64::from(width) / u64::from(from_width);
    let height = u32::try_from(height).unwrap_or(u32::MAX).max(1);
    let failed = |error: &dyn std::error::Error| PictureError::Unreadable(error.to_string());
    let from = ImageRef::new(from_width, from_height, &image, PixelType::U8x3).map_err(|error| failed(&error))?;
    let mut to = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize(&from, &mut to, &options).map_err(|error| failed(&error))?;
    RgbImage::from_raw(width, height, to.into_vec())
        .ok_or_else(|| PictureError::Unreadable("it could not be made smaller".to_owned()))
}

fn encoded(image: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut jpeg = Vec::new();
    let (width, height) = image.dimensions();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode(image, width, height, ExtendedColorType::Rgb8)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba, RgbaImage};

    use super::*;

    fn made(image: &DynamicImage, format: ImageFormat, width: u32) -> RgbImage {
        let file = tempfile::NamedTempFile::new().unwrap();
        image.save_with_format(file.path(), format).unwrap();
        let jpeg = thumbnail(file.path(), width).unwrap();
        image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap().into_rgb8()
    }

    #[test]
    fn a_picture_is_made_smaller_but_never_larger() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let image = DynamicImage::new_rgb8(400, 600);
            assert_eq!(made(&image, format, 160).dimensions(), (160, 240), "{format:?}");
            assert_eq!(made(&image, format, 640).dimensions(), (400, 600), "{format:?}");
        }
        assert_eq!(made(&DynamicImage::new_luma8(2000, 1), ImageFormat::Png, 160).dimensions(), (160, 1));
    }

    #[test]
    fn colours_stay_and_transparent_parts_are_black() {
        let image =
            RgbaImage::from_fn(
                320,
                320,
                |x, _| if x < 160 { Rgba([200, 30, 60, 255]) } else { Rgba([255, 255, 255, 0]) },
            );
        let made = made(&image.into(), ImageFormat::Png, 160);
        let near = |pixel: &image::Rgb<u8>, wanted: [u8; 3]| pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 8);
        assert!(near(made.get_pixel(20, 80), [200, 30, 60]), "{:?}", made.get_pixel(20, 80));
        assert!(near(made.get_pixel(140, 80), [0, 0, 0]), "{:?}", made.get_pixel(140, 80));
    }
}
