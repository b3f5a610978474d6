//! A title as a picture: the logo of a movie or a show, which stands on artwork in the place of the printed title.
//!
//! It comes from others, as a picture with transparent parts or as an SVG drawing, and is brought to the size of the title's
//! box. Nothing that a drawing names is looked up: neither files, nor addresses, nor fonts.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::RgbaImage;
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{ImageHrefResolver, Options, Tree},
};

use crate::geometry::Size;
use crate::picture::{Colour, DecodeError, decode_transparent};
use posterizarr_base::unsupported::Unsupported;

/// A larger drawing is no logo.
const MAX_DRAWING_SIZE: usize = 8 * 1024 * 1024;
/// Logos whose colourfulness varies less than this, as a part of one, count as grey or pale.
const PALE: f64 = 0.25;

/// A logo as it came.
#[derive(Debug)]
pub struct TitleLogo(Form);

#[derive(Debug)]
enum Form {
    Pixels(RgbaImage),
    Drawing(Box<Tree>),
}

/// Why a logo cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    #[error(transparent)]
    Picture(#[from] DecodeError),
    #[error("the SVG drawing cannot be used: {0}")]
    Drawing(String),
    #[error("the picture is empty")]
    Empty,
}

impl TitleLogo {
    /// Reads a logo, whatever it is called.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, LogoError> {
        if Unsupported::of(bytes) == Some(Unsupported::Svg) {
            return Ok(Self(Form::Drawing(Box::new(drawing(bytes)?))));
        }
        let pixels = decode_transparent(bytes)?;
        if pixels.pixels().all(|pixel| pixel.0[3] == 0) {
            return Err(LogoError::Empty);
        }
        Ok(Self(Form::Pixels(pixels)))
    }

    /// The logo as large as it gets in a box; a pale one in the given colour.
    ///
    /// # Errors
    /// A drawing on which nothing is to be seen, for example because it needs a font.
    pub fn fitted(&self, space: Size, colour: Option<Colour>) -> Result<RgbaImage, LogoError> {
        let mut pixels = match &self.0 {
            Form::Pixels(pixels) => {
                resized(pixels, largest(f64::from(pixels.width()), f64::from(pixels.height()), space))
            }
            Form::Drawing(tree) => drawn(tree, space)?,
        };
        if let Some(colour) = colour.filter(|_| is_pale(&pixels)) {
            let [red, green, blue] = colour.rgb;
            pixels.pixels_mut().for_each(|pixel| pixel.0 = [red, green, blue, pixel.0[3]]);
        }
        Ok(pixels)
    }
}

/// The largest size of these proportions in a box.
fn largest(width: f64, height: f64, space: Size) -> Size {
    let scale = (f64::from(space.width) / width).min(f64::from(space.height) / height);
    // No longer than the box, which has 32 bits.
    let length = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most.max(1));
    Size::new(length(width, space.width), length(height, space.height))
}

fn drawing(bytes: &[u8]) -> Result<Tree, LogoError> {
    if bytes.len() > MAX_DRAWING_SIZE {
        return Err(LogoError::Drawing(format!("it has {} bytes", bytes.len())));
    }
    let nothing = ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let options = Options { image_href_resolver: nothing, ..Options::default() };
    Tree::from_data(bytes, &options).map_err(|error| LogoError::Drawing(error.to_string()))
}

fn drawn(tree: &Tree, space: Size) -> Result<RgbaImage, LogoError> {
    let (width, height) = (f64::from(tree.size().width()), f64::from(tree.size().height()));
    let size = largest(width, height, space);
    let mut sheet = Pixmap::new(size.width, size.height).ok_or(LogoError::Empty)?;
    let scale = Transform::from_scale((f64::from(size.width) / width) as f32, (f64::from(size.height) / height) as f32);
    resvg::render(tree, scale, &mut sheet.as_mut());
    let colours = sheet.pixels().iter().map(|pixel| pixel.demultiply());
    let bytes = colours.flat_map(|colour| [colour.red(), colour.green(), colour.blue(), colour.alpha()]).collect();
    let pixels = RgbaImage::from_raw(size.width, size.height, bytes).ok_or(LogoError::Empty)?;
    if pixels.pixels().all(|pixel| pixel.0[3] == 0) { Err(LogoError::Empty) } else { Ok(pixels) }
}

fn resized(pixels: &RgbaImage, size: Size) -> RgbaImage {
    let (width, height) = pixels.dimensions();
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let mut image = Image::new(size.width, size.height, PixelType::U8x4);
    let done = ImageRef::new(width, height, pixels, PixelType::U8x4)
        .map_err(|_| ())
        .and_then(|from| Resizer::new().resize(&from, &mut image, &options).map_err(|_| ()));
    // The buffers have their sizes by construction, so that nothing is ever missing.
    RgbaImage::from_raw(size.width, size.height, image.into_vec())
        .filter(|_| done.is_ok())
        .unwrap_or_else(|| pixels.clone())
}

/// Whether a logo is grey or pale all over: how colourful its pixels are, over black, hardly varies.
fn is_pale(pixels: &RgbaImage) -> bool {
    let Some((columns, rows)) = seen(pixels) else { return true };
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (x, y, pixel) in pixels.enumerate_pixels() {
        if columns.contains(&x) && rows.contains(&y) {
            let [red, green, blue, alpha] = pixel.0;
            let range = red.max(green).max(blue) - red.min(green).min(blue);
            let chroma = f64::from(range) / 255.0 * f64::from(alpha) / 255.0;
            (count, sum, squares) = (count + 1.0, sum + chroma, squares + chroma * chroma);
        }
    }
    let mean: f64 = sum / count;
    (squares / count - mean * mean).max(0.0).sqrt() < PALE
}

/// The columns and rows that have anything on them.
fn seen(pixels: &RgbaImage) -> Option<(std::ops::Range<u32>, std::ops::Range<u32>)> {
    let inked = pixels.enumerate_pixels().filter(|(.., pixel)| pixel.0[3] > 0);
    inked.fold(None, |all, (x, y, _)| {
        let (columns, rows) = all.unwrap_or((x..x + 1, y..y + 1));
        Some((columns.start.min(x)..columns.end.max(x + 1), rows.start.min(y)..rows.end.max(y + 1)))
    })
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, Rgba, codecs::png::PngEncoder};

    use super::*;

    /// A disc, as in the measurements with ImageMagick.
    fn disc([red, green, blue]: [u8; 3]) -> RgbaImage {
        RgbaImage::from_fn(100, 50, |x, y| {
            let (across, down) = (f64::from(x) - 49.5, f64::from(y) - 24.5);
            Rgba([red, green, blue, if across.hypot(down) < 24.0 { 255 } else { 0 }])
        })
    }

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (width, height) = picture.dimensions();
        PngEncoder::new(&mut bytes).write_image(picture, width, height, image::ExtendedColorType::Rgba8).unwrap();
        bytes
    }

    #[test]
    fn a_logo_fills_its_box_as_far_as_its_proportions_let_it() {
        let logo = TitleLogo::decode(&png(&disc([255, 0, 0]))).unwrap();
        assert_eq!(logo.fitted(Size::new(1900, 500), None).unwrap().dimensions(), (1000, 500));
        assert_eq!(logo.fitted(Size::new(40, 500), None).unwrap().dimensions(), (40, 20));
        assert_eq!(largest(3000.0, 1.0, Size::new(500, 400)), Size::new(500, 1), "never thinner than a pixel");
    }

    /// What ImageMagick makes of discs of these colours.
    #[test]
    fn greyish_and_pale_logos_are_recoloured_and_others_are_not() {
        for (colour, pale) in [
            ([255, 255, 255], true),
            ([0x80, 0x88, 0x90], true),
            ([0xd0, 0xb0, 0x60], true),
            ([0x33, 0x55, 0xff], false),
            ([255, 0, 0], false),
        ] {
            assert_eq!(is_pale(&disc(colour)), pale, "{colour:?}");
        }
        let logo = TitleLogo::decode(&png(&disc([255, 255, 255]))).unwrap();
        let [plain, navy] =
            [None, Some(Colour::opaque([0, 0, 128]))].map(|colour| logo.fitted(Size::new(100, 50), colour).unwrap());
        assert_eq!((plain.get_pixel(50, 25).0, navy.get_pixel(50, 25).0), ([255; 4], [0, 0, 128, 255]));
    }

    #[test]
    fn drawings_are_drawn_at_the_size_of_their_box() {
        let svg = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><rect width="20" height="10" fill="#ff0000"/></svg>"##;
        let drawn = TitleLogo::decode(svg).unwrap().fitted(Size::new(1900, 500), None).unwrap();
        assert_eq!((drawn.dimensions(), drawn.get_pixel(999, 499).0), ((1000, 500), [255, 0, 0, 255]));
    }

    #[test]
    fn a_drawing_sees_no_files_and_an_empty_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("a.svg");
        std::fs::write(
            &picture,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><rect width=\"9\" height=\"9\"/></svg>",
        )
        .unwrap();
        let uses = |href: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><image href=\"{href}\" width=\"9\" height=\"9\"/></svg>"
            )
        };
        let fitted =
            |svg: &str| TitleLogo::decode(svg.as_bytes()).and_then(|logo| logo.fitted(Size::new(90, 90), None));
        assert!(matches!(fitted(&uses(&picture.display().to_string())), Err(LogoError::Empty)));
        let text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><text y=\"9\">A</text></svg>";
        assert!(matches!(fitted(text), Err(LogoError::Empty)));
        assert!(matches!(fitted("<svg"), Err(LogoError::Drawing(_))));
        assert!(matches!(TitleLogo::decode(&png(&RgbaImage::new(3, 3))), Err(LogoError::Empty)));
        assert!(TitleLogo::decode(b"<!doctype html>").is_err());
    }
}
