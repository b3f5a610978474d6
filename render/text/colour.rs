//! Glyphs that are pictures of their own colours, as emoji are: bitmaps (CBDT, sbix) and layers of outlines (COLR).

mod paint;
mod shade;

use std::io::Cursor;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use harfrust::GlyphId;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbaImage};
use read_fonts::model::glyph::bitmap::{BitmapGlyph, Origin, Pixels};

use super::font::Font;

/// Larger than any bitmap in a font; a file that claims more is not decoded.
const MAX_BITMAP_SIZE: u32 = 2048;
/// Layers are painted at this size at most, in pixels for an em, and enlarged from there.
const MAX_PAINTING: f64 = 512.0;

/// A glyph's picture.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    /// Where its top left corner is from the pen on the base line; y is down.
    pub(super) place: (i64, i64),
    pub(super) pixels: RgbaImage,
}

/// The picture of a glyph at a size in pixels for an em, if it is one of its own colours.
pub(super) fn picture(font: &Font, glyph: GlyphId, size: f64) -> Option<Picture> {
    if font.inner().color_glyphs().get(glyph).is_none() {
        return scaled_bitmap(&font.bitmap(glyph, Some(size as f32))?, font.units_per_em(), size);
    }
    let painted = size.min(MAX_PAINTING);
    let paint::Painting { place, pixels } = paint::paint(font, glyph, painted)?;
    let larger = size / painted;
    Some(Picture {
        place: ((place.0 * larger).round() as i64, (place.1 * larger).round() as i64),
        pixels: resized(pixels, larger, larger)?,
    })
}

fn scaled_bitmap(bitmap: &BitmapGlyph<'_>, units_per_em: f64, size: f64) -> Option<Picture> {
    let pixels = decoded(bitmap.pixels())?;
    let (across, down) = (size / f64::from(bitmap.ppem_x()), size / f64::from(bitmap.ppem_y()));
    let unit = size / units_per_em;
    let top = match bitmap.origin() {
        Origin::TopLeft => f64::from(bitmap.inner_y_bearing()),
        Origin::BottomLeft => f64::from(bitmap.inner_y_bearing()) + f64::from(pixels.height()),
    };
    let x = f64::from(bitmap.x_bearing()) * unit + f64::from(bitmap.inner_x_bearing()) * across;
    let y = f64::from(bitmap.y_bearing()) * unit + top * down;
    Some(Picture { place: (x.round() as i64, -y.round() as i64), pixels: resized(pixels, across, down)? })
}

fn decoded(pixels: Pixels<'_>) -> Option<RgbaImage> {
    match pixels {
        Pixels::Png(file) => {
            let mut reader = ImageReader::with_format(Cursor::new(file), ImageFormat::Png);
            let mut limits = Limits::default();
            limits.max_image_width = Some(MAX_BITMAP_SIZE);
            limits.max_image_height = Some(MAX_BITMAP_SIZE);
            reader.limits(limits);
            reader.decode().ok().map(DynamicImage::into_rgba8)
        }
        Pixels::Bgra(bitmap) => {
            let straight = |channel: u8, alpha: u8| (u16::from(channel) * 255 / u16::from(alpha.max(1))).min(255) as u8;
            let rgba = bitmap.data().as_chunks::<4>().0.iter().flat_map(|[blue, green, red, alpha]| {
                [straight(*red, *alpha), straight(*green, *alpha), straight(*blue, *alpha), *alpha]
            });
            RgbaImage::from_raw(bitmap.width(), bitmap.height(), rgba.collect())
        }
        Pixels::Mask(_) => None,
    }
}

/// The picture made so many times as wide and high.
fn resized(pixels: RgbaImage, across: f64, down: f64) -> Option<RgbaImage> {
    let scaled = |length: u32, scale: f64| (f64::from(length) * scale).round().clamp(1.0, f64::from(u16::MAX)) as u32;
    let (width, height) = (scaled(pixels.width(), across), scaled(pixels.height(), down));
    if (width, height) == pixels.dimensions() {
        return Some(pixels);
    }
    let filter = if across < 1.0 { FilterType::Lanczos3 } else { FilterType::Mitchell };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(true);
    let mut to = fast_image_resize::images::Image::new(width, height, fast_image_resize::PixelType::U8x4);
    let (from_width, from_height) = pixels.dimensions();
    let from =
        fast_image_resize::images::ImageRef::new(from_width, from_height, &pixels, fast_image_resize::PixelType::U8x4);
    Resizer::new().resize(&from.ok()?, &mut to, &options).ok()?;
    RgbaImage::from_raw(width, height, to.into_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn font(data: &'static [u8]) -> Font {
        Font::new(data).unwrap()
    }

    fn mean_of_seen(picture: &Picture) -> [u32; 3] {
        let seen: Vec<_> = picture.pixels.pixels().filter(|pixel| pixel.0[3] > 200).collect();
        let count = seen.len() as u32;
        assert!(count > 0, "nothing is seen");
        [0, 1, 2].map(|channel| seen.iter().map(|pixel| u32::from(pixel.0[channel])).sum::<u32>() / count)
    }

    #[test]
    fn a_bitmap_is_scaled_to_the_size_and_stands_on_the_base_line() {
        let font = font(font_test_data::CBDT);
        let glyph = (0..font.inner().num_glyphs()).map(GlyphId::new).find(|glyph| font.bitmap(*glyph, None).is_some());
        let [small, large] = [60.0, 120.0].map(|size| picture(&font, glyph.unwrap(), size).unwrap());
        let ratio = f64::from(large.pixels.width()) / f64::from(small.pixels.width());
        assert!((1.95..=2.05).contains(&ratio), "{ratio}");
        assert!(large.place.1 < 0, "it is above the base line: {:?}", large.place);
    }

    #[test]
    fn bitmaps_of_sbix_fonts_are_seen() {
        let font = font(font_test_data::NOTO_HANDWRITING_SBIX);
        let glyph = font.glyph('\u{270d}').unwrap();
        assert!(font.is_coloured(glyph) && picture(&font, glyph, 100.0).is_some());
    }

    /// The test font has a solid, and gradients from one colour to another.
    #[test]
    fn layers_and_gradients_are_painted() {
        let font = font(font_test_data::COLRV0V1);
        let coloured = (0..font.inner().num_glyphs()).map(GlyphId::new).filter(|glyph| font.is_coloured(*glyph));
        let painted = coloured.filter_map(|glyph| picture(&font, glyph, 100.0)).count();
        assert!(painted > 40, "{painted}");
    }

    #[test]
    fn a_flag_has_its_colours() {
        // The regional letters alone; the flags are their ligatures.
        let font = font(font_test_data::NOTO_COLOR_EMOJI_FLAGS);
        let of = |glyph| picture(&font, GlyphId::new(glyph), 100.0);
        let all: Vec<_> = (0..font.inner().num_glyphs()).filter_map(of).collect();
        assert!(!all.is_empty() && all.iter().any(|flag| mean_of_seen(flag)[0] > 100));
    }
}
