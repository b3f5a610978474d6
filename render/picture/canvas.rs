//! The steps of a picture, in order: cover the canvas, overlay, frame, letter.

use std::path::Path;

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{DynamicImage, LumaA, RgbImage, Rgba, RgbaImage};

use super::{
    Colour, DecodeError, Source,
    decode::{decode_any, read},
};
use crate::{
    geometry::{Area, Gravity, Point, Size},
    text::{Coverage, Lettering},
};

/// A picture with transparency that is laid over others.
#[derive(Clone, Debug)]
pub struct Overlay {
    size: Size,
    /// For each pixel what it adds to each channel, and how much of what is below stays.
    pixels: Vec<[u8; 4]>,
}

impl Overlay {
    /// Reads and decodes an overlay file.
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        Ok(match decode_any(&read(path)?)?.picture {
            // Ours are of this kind; the general conversion takes long.
            DynamicImage::ImageLumaA8(grey) => {
                let pixels = grey.pixels().map(|LumaA([shade, alpha])| multiplied([*shade, *shade, *shade, *alpha]));
                Self { size: grey.dimensions().into(), pixels: pixels.collect() }
            }
            other => other.into_rgba8().into(),
        })
    }

    /// In pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The same brought to another size.
    #[must_use]
    pub fn scaled(&self, size: Size) -> Self {
        // Its channels are multiplied by its opacity already, so that each can be resampled for itself.
        let flat: Vec<u8> = self.pixels.iter().flatten().copied().collect();
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Mitchell)).use_alpha(false);
        let mut to = Image::new(size.width, size.height, PixelType::U8x4);
        let from = ImageRef::new(self.size.width, self.size.height, &flat, PixelType::U8x4);
        // Fails for pictures without pixels only, which then stay clear.
        let done = from.is_ok_and(|from| Resizer::new().resize(&from, &mut to, &options).is_ok());
        let pixels = to.buffer().as_chunks::<4>().0.iter().map(|pixel| if done { *pixel } else { [0, 0, 0, 255] });
        Self { size, pixels: pixels.collect() }
    }
}

impl From<RgbaImage> for Overlay {
    fn from(picture: RgbaImage) -> Self {
        let pixels = picture.pixels().map(|Rgba(pixel)| multiplied(*pixel)).collect();
        Self { size: picture.dimensions().into(), pixels }
    }
}

fn multiplied([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let part = |channel| share(channel, alpha);
    [part(red), part(green), part(blue), 255 - alpha]
}

/// So many 255ths of a channel, rounded.
fn share(channel: u8, part: u8) -> u8 {
    let product = u16::from(channel) * u16::from(part) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

/// A picture in work.
#[derive(Clone, Debug)]
pub struct Canvas(RgbImage);

impl From<RgbImage> for Canvas {
    fn from(pixels: RgbImage) -> Self {
        Self(pixels)
    }
}

impl Canvas {
    /// A canvas of one colour.
    pub fn plain(size: Size, colour: Colour) -> Self {
        Self(RgbImage::from_pixel(size.width, size.height, image::Rgb(colour.rgb)))
    }

    /// A canvas that the picture covers from edge to edge; what is too much is cut off evenly on both sides.
    ///
    /// Only the part that stays is resampled, so the shape of the source does not decide on the memory used. A source that
    /// has the size already becomes the canvas as it is.
    pub fn covered_by(source: Source, size: Size) -> Self {
        let own = Size::from(source.pixels.dimensions());
        if own == size {
            return Self(source.pixels);
        }
        let cover = Cover::new(own, size);
        if cover.same_scale {
            let (x, y) = (cover.left as u32, cover.top as u32);
            return Self(image::imageops::crop_imm(&source.pixels, x, y, size.width, size.height).to_image());
        }
        let filter = if cover.enlarges || source.had_alpha { FilterType::Mitchell } else { FilterType::Lanczos3 };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false).crop(
            cover.left,
            cover.top,
            cover.width,
            cover.height,
        );
        let mut resized = Image::new(size.width, size.height, PixelType::U8x3);
        let done = ImageRef::new(own.width, own.height, &source.pixels, PixelType::U8x3)
            .map_err(|_| ())
            .and_then(|from| Resizer::new().resize(&from, &mut resized, &options).map_err(|_| ()));
        // The buffer has the canvas's size by construction, so neither alternative is ever taken.
        match RgbImage::from_raw(size.width, size.height, resized.into_vec()) {
            Some(pixels) if done.is_ok() => Self(pixels),
            _ => Self(RgbImage::new(size.width, size.height)),
        }
    }

    /// In pixels.
    pub fn size(&self) -> Size {
        self.0.dimensions().into()
    }

    /// The finished picture.
    pub fn pixels(&self) -> &RgbImage {
        &self.0
    }

    /// Lays an overlay over the picture, not scaled, where gravity pulls it.
    pub fn overlay(&mut self, overlay: &Overlay, gravity: Gravity) {
        self.overlay_at(overlay, gravity.place(overlay.size(), self.size()));
    }

    /// Lays an overlay over the picture, not scaled, with its corner at a place.
    pub fn overlay_at(&mut self, overlay: &Overlay, Point { x, y }: Point) {
        let width = overlay.size.width as usize;
        for (row, pixels) in overlay.pixels.chunks_exact(width.max(1)).enumerate() {
            self.with_row(x, y + row as i64, width, |skipped, canvas| {
                let shown = pixels.get(skipped..).unwrap_or_default();
                // Without branches, so that the compiler does many pixels at once.
                for ([red, green, blue], above) in canvas.as_chunks_mut::<3>().0.iter_mut().zip(shown) {
                    let [add_red, add_green, add_blue, stays] = *above;
                    *red = add_red.saturating_add(share(*red, stays));
                    *green = add_green.saturating_add(share(*green, stays));
                    *blue = add_blue.saturating_add(share(*blue, stays));
                }
            });
        }
    }

    /// Paints the outer pixels.
    pub fn frame(&mut self, width: u32, colour: Colour) {
        let Size { width: columns, height: rows } = self.size();
        let across = width.min(rows);
        let rims = [
            (0, 0, columns, across),
            (0, rows.saturating_sub(width).max(across), columns, rows.min(width)),
            (0, across, width.min(columns), rows.saturating_sub(2 * width)),
            (columns.saturating_sub(width).max(width.min(columns)), across, width, rows.saturating_sub(2 * width)),
        ];
        for (x, y, columns, rows) in rims {
            self.fill(Point::new(x.into(), y.into()), Size::new(columns, rows), colour);
        }
    }

    pub fn fill(&mut self, Point { x, y }: Point, size: Size, colour: Colour) {
        for row in 0..i64::from(size.height) {
            self.with_row(x, y + row, size.width as usize, |_, canvas| {
                canvas.chunks_exact_mut(3).for_each(|pixel| colour.over(pixel, 255));
            });
        }
    }

    /// Paints as much of each pixel as is covered, from a place on.
    pub fn cover(&mut self, coverage: &Coverage, place: Point, colour: Colour) {
        self.paint(coverage, &Place { ink: place, clip: place, space: coverage.size() }, colour);
    }

    /// Makes one pixel of so many in each direction, so that only shapes and colours can be made out.
    pub fn blur(&mut self, factor: u32) {
        let size = self.size();
        let small = |length: u32| length.div_ceil(factor.max(1));
        let shrunk = image::imageops::thumbnail(&self.0, small(size.width), small(size.height));
        *self = Self::covered_by(Source { pixels: shrunk, had_alpha: true }, size);
    }

    /// Takes so many percent of the colours away.
    pub fn grey(&mut self, percent: u32) {
        for pixel in self.0.pixels_mut() {
            let [red, green, blue] = pixel.0.map(u32::from);
            // The shares of brightness by BT.709, in 65536ths.
            let grey = (13_933 * red + 46_871 * green + 4_732 * blue) >> 16;
            let rest = 100_u32.saturating_sub(percent);
            pixel.0 = [red, green, blue].map(|colour| ((grey * (100 - rest) + colour * rest) / 100) as u8);
        }
    }

    /// Puts text into a box at a place: the ink goes where gravity pulls it, and what sticks out of the box is cut off. Gives
    /// where the ink is, if there is any.
    pub fn letter(
        &mut self,
        lettering: &Lettering,
        gravity: Gravity,
        at: Point,
        space: Size,
        (fill, stroke): (Colour, Colour),
    ) -> Option<Area> {
        let place = Place { ink: lettering.place(gravity, at, space), clip: at, space };
        // The stroke goes under the fill. It follows every contour, and in many fonts the parts of a letter overlap: on top
        // of the fill it would show as seams inside of the letters.
        if let Some(outline) = &lettering.stroke {
            self.paint(outline, &place, stroke);
        }
        self.paint(&lettering.fill, &place, fill);
        for (at, picture) in &lettering.pictures {
            self.paint_picture(picture, &Place { ink: place.ink + *at, ..place });
        }
        let inked = Area { place: place.ink, size: lettering.fill.size() };
        (inked.size.width > 0).then_some(inked)
    }

    fn paint(&mut self, coverage: &Coverage, place: &Place, colour: Colour) {
        let width = coverage.width as usize;
        let cut = usize::try_from(place.clip.x - place.ink.x).unwrap_or(0);
        let right_end = place.clip.x + i64::from(place.space.width) - place.ink.x;
        let shown = usize::try_from(right_end).unwrap_or(0).min(width).saturating_sub(cut);
        for (row, values) in coverage.values.chunks_exact(width.max(1)).enumerate() {
            let y = place.ink.y + row as i64;
            if y < place.clip.y || y >= place.clip.y + i64::from(place.space.height) {
                continue;
            }
            self.with_row(place.ink.x + cut as i64, y, shown, |skipped, canvas| {
                let values = values.iter().skip(cut + skipped);
                for (pixel, value) in canvas.chunks_exact_mut(3).zip(values).filter(|(_, value)| **value > 0) {
                    colour.over(pixel, *value);
                }
            });
        }
    }

    fn paint_picture(&mut self, picture: &RgbaImage, place: &Place) {
        let (left, right) = (place.ink.x.max(place.clip.x), place.clip.x + i64::from(place.space.width));
        for (row, y) in picture.rows().zip(place.ink.y..) {
            let end = right.min(place.ink.x + i64::from(picture.width()));
            if y < place.clip.y || y >= place.clip.y + i64::from(place.space.height) || end <= left {
                continue;
            }
            let cut = (left - place.ink.x) as usize;
            self.with_row(left, y, (end - left) as usize, |skipped, canvas| {
                for (pixel, Rgba([red, green, blue, alpha])) in canvas.chunks_exact_mut(3).zip(row.skip(cut + skipped))
                {
                    Colour::opaque([*red, *green, *blue]).over(pixel, *alpha);
                }
            });
        }
    }

    /// Gives the part of a row that is on the canvas, and how many pixels of the wanted part are left of it.
    fn with_row(&mut self, x: i64, y: i64, length: usize, work: impl FnOnce(usize, &mut [u8])) {
        let (width, height) = (i64::from(self.0.width()), i64::from(self.0.height()));
        let (start, end) = (x.max(0), (x + length as i64).min(width));
        if y < 0 || y >= height || start >= end {
            return;
        }
        let first = (y * width + start) as usize * 3;
        let last = (y * width + end) as usize * 3;
        if let Some(row) = self.0.get_mut(first..last) {
            work((start - x) as usize, row);
        }
    }
}

#[derive(Clone, Copy)]
struct Place {
    ink: Point,
    clip: Point,
    space: Size,
}

/// The part of a source that becomes the canvas, in the source's pixels.
struct Cover {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    enlarges: bool,
    same_scale: bool,
}

impl Cover {
    fn new(Size { width, height }: Size, canvas: Size) -> Self {
        let Size { width: canvas_width, height: canvas_height } = canvas;
        let scale = (ratio(canvas_width, width)).max(ratio(canvas_height, height));
        let scaled = |length: u32, at_least: u32| (f64::from(length) * scale).round().max(f64::from(at_least));
        let (whole_width, whole_height) = (scaled(width, canvas_width), scaled(height, canvas_height));
        let offset = |whole: f64, canvas: u32| (whole / 2.0).floor() - f64::from(canvas / 2);
        let (across, down) = (f64::from(width) / whole_width, f64::from(height) / whole_height);
        let left = (offset(whole_width, canvas_width) * across).max(0.0);
        let top = (offset(whole_height, canvas_height) * down).max(0.0);
        Self {
            left,
            top,
            width: (f64::from(canvas_width) * across).min(f64::from(width) - left),
            height: (f64::from(canvas_height) * down).min(f64::from(height) - top),
            enlarges: whole_width * whole_height > f64::from(width) * f64::from(height),
            same_scale: whole_width == f64::from(width) && whole_height == f64::from(height),
        }
    }
}

fn ratio(one: u32, other: u32) -> f64 {
    f64::from(one) / f64::from(other)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn source(width: u32, height: u32) -> Source {
        let pixels =
            RgbImage::from_fn(width, height, |x, y| Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 0]));
        Source { pixels, had_alpha: false }
    }

    /// What ImageMagick's `-resize 2000x3000^ -gravity center -extent 2000x3000` takes, by its rounding.
    #[test]
    fn the_part_that_stays_is_the_one_imagemagick_takes() {
        for (width, height, scaled, left, top) in [
            (1000, 1426, (2104.0, 3000.0), 52.0, 0.0),
            (680, 1000, (2040.0, 3000.0), 20.0, 0.0),
            (1333, 1500, (2666.0, 3000.0), 333.0, 0.0),
            (1999, 3000, (2000.0, 3002.0), 0.0, 1.0),
            (2000, 2999, (2001.0, 3000.0), 0.0, 0.0),
        ] {
            let cover = Cover::new(Size::new(width, height), Size::new(2000, 3000));
            let (across, down) = (scaled.0 / f64::from(width), scaled.1 / f64::from(height));
            let near = |one: f64, other: f64| (one - other).abs() < 1e-6;
            assert!(near(cover.left * across, left) && near(cover.top * down, top), "{width}x{height}");
            assert!(near(cover.width * across, 2000.0) && near(cover.height * down, 3000.0), "{width}x{height}");
        }
    }

    #[test]
    fn a_picture_of_any_shape_covers_the_canvas() {
        for (width, height) in [(1, 1), (1, 4000), (4000, 1), (20, 30), (21, 30), (20, 31), (40, 60), (3, 2)] {
            let covered = Canvas::covered_by(source(width, height), Size::new(20, 30));
            assert_eq!(covered.size(), Size::new(20, 30), "{width}x{height}");
        }
        let same = source(20, 30);
        let (pixels, buffer) = (same.pixels.clone(), same.pixels.as_ptr());
        let canvas = Canvas::covered_by(same, Size::new(20, 30));
        assert_eq!(canvas.pixels(), &pixels, "nothing is resampled at the same size");
        assert_eq!(canvas.pixels().as_ptr(), buffer, "nor copied");
        let wide = source(30, 30);
        let middle = image::imageops::crop_imm(&wide.pixels, 5, 0, 20, 30).to_image();
        assert_eq!(Canvas::covered_by(wide, Size::new(20, 30)).pixels(), &middle, "what is too wide is only cut");
    }

    #[test]
    fn a_frame_covers_the_outer_pixels_and_no_others() {
        for width in [0, 1, 3, 5, 9, 100] {
            let mut canvas = Canvas::plain(Size::new(12, 10), Colour::WHITE);
            canvas.frame(width, Colour::BLACK);
            for (x, y, pixel) in canvas.pixels().enumerate_pixels() {
                let inside = x >= width && y >= width && x + width < 12 && y + width < 10;
                assert_eq!(pixel.0 == [255, 255, 255], inside, "{width}: {x},{y}");
            }
        }
    }

    #[test]
    fn what_is_half_transparent_is_half_seen() {
        for (below, above, alpha) in
            [(0, 255, 128), (255, 0, 1), (200, 100, 77), (13, 250, 254), (90, 90, 0), (90, 5, 255)]
        {
            let mut canvas = Canvas::plain(Size::new(3, 1), Colour::opaque([below; 3]));
            canvas.overlay(&RgbaImage::from_pixel(3, 1, Rgba([above, above, above, alpha])).into(), Gravity::SOUTH);
            let exact = (f64::from(above) * f64::from(alpha) + f64::from(below) * f64::from(255 - alpha)) / 255.0;
            for pixel in canvas.pixels().pixels() {
                assert!((f64::from(pixel.0[0]) - exact).abs() <= 1.0, "{below} {above} {alpha}: {pixel:?}");
            }
        }
    }

    #[test]
    fn an_overlay_of_another_size_stands_at_the_bottom_and_is_cut() {
        let mut canvas = Canvas::plain(Size::new(4, 4), Colour::WHITE);
        canvas.overlay(&RgbaImage::from_pixel(2, 1, Rgba([0, 0, 0, 255])).into(), Gravity::SOUTH);
        let black: Vec<_> =
            canvas.pixels().enumerate_pixels().filter(|(.., p)| p.0 == [0; 3]).map(|(x, y, _)| (x, y)).collect();
        assert_eq!(black, [(1, 3), (2, 3)]);
        canvas.overlay(&RgbaImage::from_pixel(9, 9, Rgba([0, 0, 0, 255])).into(), Gravity::SOUTH);
        assert!(canvas.pixels().pixels().all(|pixel| pixel.0 == [0; 3]));
    }

    /// Fonts whose letters are made of parts that overlap had seams inside of them.
    #[test]
    fn a_stroke_is_seen_around_letters_and_not_inside() {
        let full = |values: Vec<u8>| Coverage { width: 3, height: 1, values };
        let stroke = Some(full(vec![255, 255, 255]));
        let lettering = Lettering {
            size: Size::new(3, 1),
            origin: Point::default(),
            fill: full(vec![0, 255, 0]),
            stroke,
            pictures: Vec::new(),
        };
        let mut canvas = Canvas::plain(Size::new(3, 1), Colour::WHITE);
        let red = Colour::opaque([255, 0, 0]);
        canvas.letter(&lettering, Gravity::CENTER, Point::default(), Size::new(3, 1), (red, Colour::BLACK));
        let seen: Vec<_> = canvas.pixels().pixels().map(|pixel| pixel.0).collect();
        assert_eq!(seen, [[0, 0, 0], [255, 0, 0], [0, 0, 0]]);
    }

    #[test]
    fn text_stands_flush_in_its_box_and_never_leaves_it() {
        let ink = |width, height| {
            let fill = Coverage { width, height, values: vec![255; (width * height) as usize] };
            Lettering { size: Size::new(width, height), origin: Point::default(), fill, ..Lettering::default() }
        };
        let black = |canvas: &Canvas| {
            canvas
                .pixels()
                .enumerate_pixels()
                .filter(|(.., p)| p.0 == [0; 3])
                .map(|(x, y, _)| (x, y))
                .collect::<Vec<_>>()
        };
        let mut canvas = Canvas::plain(Size::new(8, 8), Colour::WHITE);
        canvas.letter(&ink(2, 1), Gravity::SOUTH, Point::new(1, 2), Size::new(4, 3), (Colour::BLACK, Colour::BLACK));
        assert_eq!(black(&canvas), [(2, 4), (3, 4)]);
        let mut canvas = Canvas::plain(Size::new(8, 8), Colour::WHITE);
        canvas.letter(&ink(20, 20), Gravity::SOUTH, Point::new(1, 2), Size::new(2, 2), (Colour::BLACK, Colour::BLACK));
        assert_eq!(black(&canvas), [(1, 2), (2, 2), (1, 3), (2, 3)]);
        canvas.letter(&ink(5, 5), Gravity::CENTER, Point::new(-2, -2), Size::new(5, 5), (Colour::BLACK, Colour::BLACK));
        assert_eq!(canvas.pixels().get_pixel(0, 0).0, [0; 3], "a box may begin outside of the canvas");
    }
}
