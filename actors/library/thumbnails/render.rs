//! From a picture to a small one.

use std::path::Path;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage};

use super::Encoding;
use crate::library::picture_budget;
use crate::library::pictures::{self, PictureError};

/// The picture at this width, or at its own if that is smaller. Blocks for disk and processor.
pub fn thumbnail(picture: &Path, width: u32, encoding: Encoding) -> Result<Vec<u8>, PictureError> {
    if let Some(avif) = pictures::open_avif(picture)? {
        let _share = picture_budget::reserve(avif.cost())?;
        return encoding.encode(&resized(opaque(avif.decode()?), width)?);
    }
    let picture = pictures::open(picture)?;
    let _share = picture_budget::reserve(picture.cost())?;
    encoding.encode(&resized(opaque(picture.decode()?), width)?)
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

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba, RgbaImage};

    use super::*;

    fn made(image: &DynamicImage, format: ImageFormat, width: u32) -> RgbImage {
        let file = tempfile::NamedTempFile::new().unwrap();
        image.save_with_format(file.path(), format).unwrap();
        let jpeg = thumbnail(file.path(), width, Encoding::Jpeg).unwrap();
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

    /// A picture with shades and edges, as posters have them.
    #[cfg(feature = "webp")]
    fn poster() -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let shade = |x: u32, y: u32| match (x / 250 + y / 250) % 2 {
            0 => [(x / 4) as u8, (y / 6) as u8, 90],
            _ => [200, 180 - (y / 10) as u8, (x / 5) as u8],
        };
        let image = image::RgbImage::from_fn(1000, 1500, |x, y| image::Rgb(shade(x, y)));
        image.save_with_format(file.path(), ImageFormat::Png).unwrap();
        file
    }

    #[cfg(feature = "webp")]
    #[test]
    fn as_webp_it_is_the_same_picture_in_fewer_bytes() {
        let picture = poster();
        let made = [Encoding::Jpeg, Encoding::WebP].map(|encoding| thumbnail(picture.path(), 320, encoding).unwrap());
        assert_eq!(
            made.each_ref().map(|made| image::guess_format(made).unwrap()),
            [ImageFormat::Jpeg, ImageFormat::WebP]
        );
        assert!(made[1].len() < made[0].len(), "{} and {} bytes", made[1].len(), made[0].len());
        let [jpeg, webp] = made.map(|made| image::load_from_memory(&made).unwrap().into_rgb8());
        assert_eq!(jpeg.dimensions(), webp.dimensions());
        let apart: u64 = jpeg.iter().zip(webp.iter()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
        let values = u64::from(jpeg.width()) * u64::from(jpeg.height()) * 3;
        assert!(apart / values < 3, "{} apart on average", apart / values);
    }
}
