//! From glyphs to coverage.

use std::ops::Range;

use harfrust::GlyphId;
use image::RgbaImage;
use read_fonts::{
    model::glyph::outline::{DrawMemory, DrawOptions},
    types::Matrix,
};
use unicode_bidi::BidiInfo;
use zeno::{Command, Join, Mask, Stroke, Transform};

use super::{
    colour::{self, Picture},
    fit::{Fit, TextBox, hinted},
    font::Fonts,
    outline::Outline,
    shape::{Cluster, Direction, Glyph, Shaped, shape},
};
use crate::geometry::{Align, Area, Gravity, Point, Size};

/// The most pixels that are drawn on to see where the ink ends: eight 4K pictures.
const MAX_SHEET_SIZE: u64 = 64_000_000;

/// How much of each pixel is covered, 0 to 255, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub width: u32,
    pub height: u32,
    pub values: Vec<u8>,
}

impl Coverage {
    /// In pixels.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.values.chunks_exact((self.width as usize).max(1))
    }

    /// The part of the picture that has anything on it, as columns and rows.
    fn ink(&self) -> Option<(Range<usize>, Range<usize>)> {
        let mut ink: Option<(Range<usize>, Range<usize>)> = None;
        for (y, row) in self.rows().enumerate() {
            let Some(first) = row.iter().position(|value| *value > 0) else { continue };
            let end = row.iter().rposition(|value| *value > 0).unwrap_or(first) + 1;
            ink = Some(match ink {
                None => (first..end, y..y + 1),
                Some((columns, rows)) => (columns.start.min(first)..columns.end.max(end), rows.start..y + 1),
            });
        }
        ink
    }

    fn cut(&self, columns: &Range<usize>, rows: &Range<usize>) -> Self {
        let kept = self.rows().skip(rows.start).take(rows.len());
        let values = kept.flat_map(|row| row.get(columns.clone()).unwrap_or_default()).copied().collect();
        // Parts of a picture whose size has 32 bits.
        Self { width: columns.len() as u32, height: rows.len() as u32, values }
    }
}

/// Drawn text; fill and stroke have the same size. The stroke belongs under the fill: it follows every contour, also those
/// inside of a letter whose parts overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lettering {
    /// Of all the ink.
    pub size: Size,
    /// Where in it the drawn part begins: at its corner, unless only a part of very large ink is drawn.
    pub origin: Point,
    pub fill: Coverage,
    pub stroke: Option<Coverage>,
    /// What has colours of its own, as emoji have; each at its place from the corner of the drawn part.
    pub pictures: Vec<(Point, RgbaImage)>,
}

impl Lettering {
    /// Where the corner of the drawn part comes to be, in a box at a place.
    pub fn place(&self, gravity: Gravity, at: Point, space: Size) -> Point {
        at + gravity.place(self.size, space) + self.origin
    }

    /// Of a sheet with all the ink on it, cut to that.
    fn trimmed(fill: &Coverage, stroke: Option<&Coverage>, mut pictures: Vec<(Point, RgbaImage)>) -> Self {
        let around = |one: &Range<usize>, other: &Range<usize>| one.start.min(other.start)..one.end.max(other.end);
        let within = |start: i64, length: u32, end: u32| {
            let edge = |at: i64| at.clamp(0, i64::from(end)) as usize;
            edge(start)..edge(start + i64::from(length))
        };
        let seen = pictures.iter().map(|(Point { x, y }, picture)| {
            (within(*x, picture.width(), fill.width), within(*y, picture.height(), fill.height))
        });
        let seen = seen.filter(|(columns, rows)| !columns.is_empty() && !rows.is_empty());
        let ink = fill.ink().into_iter().chain(stroke.and_then(Coverage::ink)).chain(seen);
        let ink = ink.reduce(|one, other| (around(&one.0, &other.0), around(&one.1, &other.1)));
        let Some((columns, rows)) = ink else { return Self::default() };
        let fill = fill.cut(&columns, &rows);
        let stroke = stroke.map(|stroke| stroke.cut(&columns, &rows));
        let corner = Point::new(columns.start as i64, rows.start as i64);
        for (place, _) in &mut pictures {
            *place = *place - corner;
        }
        Self { size: fill.size(), origin: Point::default(), fill, stroke, pictures }
    }
}

/// One line of text at a size in pixels, without a stroke; for samples of a font.
pub fn draw_line(text: &str, fonts: &Fonts, size: u32) -> Lettering {
    let shaped = shape(&text.replace('\n', " "), fonts, Direction::FromText);
    let line = 0..shaped.clusters.len();
    let width = shaped.line_width(&line, f64::from(size)).clamp(1.0, f64::from(u16::MAX)) as u32;
    let height = shaped.line_height(f64::from(size)).clamp(1.0, f64::from(u16::MAX)) as u32;
    let space = TextBox { width, height, line_spacing: 0, stroke: 0, min_size: size, max_size: size };
    let all = Area { place: Point::default(), size: Size::new(width, height) };
    shaped.draw(&Fit { size, lines: vec![line], truncated: false }, &space, Gravity::CENTER, all)
}

impl Shaped {
    /// Draws the lines of a fit. What is outside of the box by more than its overhang is left out; of very large ink only the
    /// part is drawn that is in the shown area of the box.
    pub fn draw(&self, fit: &Fit, space: &TextBox, gravity: Gravity, shown: Area) -> Lettering {
        let margin = space.stroke + fit.size / 2 + 1;
        let sheet = Sheet {
            width: space.width + 2 * margin,
            height: space.height + 2 * margin,
            margin: f64::from(margin),
            offset: (0.0, 0.0),
        };
        let mut ink = self.ink(fit, space, gravity, &sheet);
        let mut pen = Stroke::new(space.stroke as f32);
        pen.join(Join::Round);
        let pen = (space.stroke > 0).then_some(pen);
        if u64::from(sheet.width) * u64::from(sheet.height) > MAX_SHEET_SIZE {
            return part(&mut ink, pen, space.size(), gravity, shown);
        }
        let fill = sheet.cover(&ink.path, zeno::Fill::NonZero);
        let stroke = pen.map(|pen| sheet.cover(&ink.path, pen));
        Lettering::trimmed(&fill, stroke.as_ref(), ink.pictures)
    }

    fn ink(&self, fit: &Fit, space: &TextBox, gravity: Gravity, sheet: &Sheet) -> Ink {
        let scale = f64::from(fit.size);
        let (_, descent) = self.ascent_and_descent(scale);
        let step = self.line_height(scale) + f64::from(space.line_spacing);
        let mut ink = Ink::default();
        for (line, above) in fit.lines.iter().rev().zip(0_u32..) {
            let base = f64::from(space.height) - f64::from(above) * step + descent + sheet.margin;
            if base < 0.0 {
                break;
            }
            let free = f64::from(space.width) - self.line_width(line, scale);
            let start = match gravity.horizontal {
                Align::Start => 0.0,
                Align::Middle => (free / 2.0 - 0.5).ceil(),
                Align::End => free,
            };
            self.ink_line(line, (start + sheet.margin, base), scale, sheet, &mut ink);
        }
        ink
    }

    /// Left, top, right and bottom of the ink in a box, whose bottom is the foot of the last line.
    #[cfg(test)]
    pub(super) fn ink_bounds(&self, fit: &Fit, space: &TextBox) -> [f64; 4] {
        let sheet = Sheet { width: space.width, height: space.height, margin: 0.0, offset: (0.0, 0.0) };
        self.ink(fit, space, Gravity::SOUTH, &sheet).bounds(None).unwrap_or_default()
    }

    fn ink_line(&self, line: &Range<usize>, (mut pen, base): (f64, f64), size: f64, sheet: &Sheet, ink: &mut Ink) {
        let scale = hinted(size);
        for (index, cluster) in visual_order(self.clusters.get(line.clone()).unwrap_or_default()).enumerate() {
            for (part, glyph) in self.glyphs(cluster).iter().enumerate() {
                if index > 0 && part == 0 {
                    pen += glyph.pixels(cluster.kern, scale).round();
                }
                if sheet.shows(pen, glyph, scale) && glyph.id != GlyphId::NOTDEF {
                    self.ink_glyph(glyph, (pen, base), scale, ink);
                }
                pen += glyph.pixels(glyph.advance, scale).round();
            }
        }
    }

    fn ink_glyph(&self, glyph: &Glyph, (pen, base): (f64, f64), size: f64, ink: &mut Ink) {
        let Some(font) = self.fonts.get(glyph.font) else { return };
        let (x, y) = (pen + glyph.pixels(glyph.shift.0, size), base - glyph.pixels(glyph.shift.1, size));
        if glyph.is_coloured {
            if let Some(Picture { place, pixels }) = colour::picture(font, glyph.id, size) {
                ink.pictures.push((Point::new(x.round() as i64 + place.0, y.round() as i64 + place.1), pixels));
            }
            return;
        }
        let Some(outline) = font.inner().outline_glyphs().get(glyph.id) else { return };
        let scale = (size / glyph.units_per_em) as f32;
        let to_pixels = Matrix::from_elements([scale, 0.0, 0.0, -scale, x as f32, y as f32]);
        let mut sink = Outline { path: &mut ink.path, to_pixels };
        // What of a broken outline was drawn stays.
        let _ = outline.draw(&DrawOptions::new(), DrawMemory::Scratch, &mut sink);
    }
}

/// What is drawn: outlines, and pictures where they stand.
#[derive(Default)]
struct Ink {
    path: Vec<Command>,
    pictures: Vec<(Point, RgbaImage)>,
}

impl Ink {
    /// Left, top, right and bottom of all of it.
    fn bounds(&self, pen: Option<&Stroke<'_>>) -> Option<[f64; 4]> {
        let path = match pen {
            Some(pen) => zeno::bounds(&*self.path, pen, None),
            None => zeno::bounds(&*self.path, zeno::Fill::NonZero, None),
        };
        let path = [path.min.x, path.min.y, path.max.x, path.max.y].map(f64::from);
        let pictures = self.pictures.iter().map(|(Point { x, y }, picture)| {
            let (x, y) = (*x as f64, *y as f64);
            [x, y, x + f64::from(picture.width()), y + f64::from(picture.height())]
        });
        let path = (!self.path.is_empty()).then_some(path);
        path.into_iter().chain(pictures).reduce(|[a, b, c, d], [e, f, g, h]| [a.min(e), b.min(f), c.max(g), d.max(h)])
    }
}

/// Draws what of the ink is in the shown area of the box. The ink's extent is computed here, and not looked up on the drawing.
fn part(ink: &mut Ink, pen: Option<Stroke>, space: Size, gravity: Gravity, shown: Area) -> Lettering {
    let Some([left, top, right, bottom]) = ink.bounds(pen.as_ref()) else { return Lettering::default() };
    let (left, top) = (left.floor(), top.floor());
    // A few times the box at most, which has 16 bits.
    let length = |from: f64, to: f64| (to.ceil() - from).clamp(0.0, f64::from(u32::MAX)) as u32;
    let size = Size::new(length(left, right), length(top, bottom));
    let area = Area { place: gravity.place(size, space) - shown.place, size };
    let Area { place: origin, size: Size { width, height } } = area.on(shown.size);
    if width == 0 || height == 0 {
        return Lettering { size, ..Lettering::default() };
    }
    let (left, top) = (left + origin.x as f64, top + origin.y as f64);
    let sheet = Sheet { width, height, margin: 0.0, offset: (left as f32, top as f32) };
    let fill = sheet.cover(&ink.path, zeno::Fill::NonZero);
    let stroke = pen.map(|pen| sheet.cover(&ink.path, pen));
    let mut pictures = std::mem::take(&mut ink.pictures);
    let corner = Point::new(left as i64, top as i64);
    for (place, _) in &mut pictures {
        *place = *place - corner;
    }
    Lettering { size, origin, fill, stroke, pictures }
}

/// The clusters of one line from left to right.
fn visual_order(clusters: &[Cluster]) -> impl Iterator<Item = &Cluster> {
    let levels: Vec<_> = clusters.iter().map(|cluster| cluster.level).collect();
    BidiInfo::reorder_visual(&levels).into_iter().filter_map(|index| clusters.get(index))
}

/// The pixels that are drawn on: the box with a margin all around.
struct Sheet {
    width: u32,
    height: u32,
    margin: f64,
    /// Where in the path its corner is.
    offset: (f32, f32),
}

impl Sheet {
    fn shows(&self, pen: f64, glyph: &Glyph, size: f64) -> bool {
        let left = pen + glyph.pixels(glyph.x_min + glyph.shift.0, size);
        let right = pen + glyph.pixels(glyph.x_max + glyph.shift.0, size);
        right > 0.0 && left < f64::from(self.width)
    }

    fn cover<'a>(&self, path: &'a [Command], style: impl Into<zeno::Style<'a>>) -> Coverage {
        let mut values = vec![0; self.width as usize * self.height as usize];
        let shift = Transform::translation(-self.offset.0, -self.offset.1);
        let shift = (self.offset != (0.0, 0.0)).then_some(shift);
        Mask::new(path).style(style).transform(shift).size(self.width, self.height).render_into(&mut values, None);
        Coverage { width: self.width, height: self.height, values }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::font::Font, *};

    fn fonts() -> Fonts {
        Fonts::new(Font::bundled().into())
    }

    fn space(stroke: u32) -> TextBox {
        TextBox { width: 1000, height: 140, line_spacing: 0, stroke, min_size: 50, max_size: 100 }
    }

    fn drawn(text: &str, stroke: u32) -> Lettering {
        let shaped = shape(text, &fonts(), Direction::FromText);
        let all = Area { place: Point::default(), size: Size::new(1000, 140) };
        shaped.draw(&shaped.fit(&space(stroke)), &space(stroke), Gravity::SOUTH, all)
    }

    #[test]
    fn the_picture_is_cut_to_its_ink() {
        let letters = draw_line("HH", &fonts(), 100);
        let (width, height) = (letters.fill.width, letters.fill.height);
        assert_eq!(letters.fill.ink(), Some((0..width as usize, 0..height as usize)));
        assert!((70..=76).contains(&height), "capitals of DejaVu are 0.73 em high: {height}");
        assert_eq!(letters.fill.values.iter().max(), Some(&255));
    }

    #[test]
    fn a_stroke_widens_the_ink_by_half_its_width_on_each_side() {
        let plain = drawn("II", 0);
        let stroked = drawn("II", 6);
        let border = stroked.stroke.as_ref().unwrap();
        assert_eq!((border.width, border.height), (stroked.fill.width, stroked.fill.height));
        assert!((5..=7).contains(&(border.height - plain.fill.height)), "{} {}", border.height, plain.fill.height);
    }

    /// Both ways of drawing show the same, to a pixel at the edges.
    #[test]
    fn a_part_of_the_ink_is_what_the_whole_has_there() {
        let shaped = shape("Hobbit", &fonts(), Direction::FromText);
        for stroke in [0, 6] {
            let space = space(stroke);
            let fit = shaped.fit(&space);
            let all = Area { place: Point::default(), size: Size::new(1000, 140) };
            let whole = shaped.draw(&fit, &space, Gravity::SOUTH, all);
            let sheet = Sheet { width: 1200, height: 300, margin: 80.0, offset: (0.0, 0.0) };
            let mut ink = shaped.ink(&fit, &space, Gravity::SOUTH, &sheet);
            let mut pen = Stroke::new(stroke as f32);
            pen.join(Join::Round);
            let shown = Area { place: Point::new(450, 20), size: Size::new(90, 100) };
            let pen = (stroke > 0).then_some(pen);
            let drawn = part(&mut ink, pen, Size::new(1000, 140), Gravity::SOUTH, shown);
            let (one, other) = (drawn.size, whole.size);
            assert!(one.width.abs_diff(other.width) <= 1 && one.height.abs_diff(other.height) <= 1, "{drawn:?}");
            let (width, height) = (drawn.fill.width as usize, drawn.fill.height as usize);
            // The ink ends before the part that is shown does.
            assert!(width == 90 && (50..=100).contains(&height), "{width} {height}");
            let (x, y) = (drawn.origin.x as usize, drawn.origin.y as usize);
            let cut = whole.fill.cut(&(x..x + width), &(y..y + height));
            assert_eq!(cut.values.len(), drawn.fill.values.len());
            let off =
                cut.values.iter().zip(&drawn.fill.values).filter(|(one, other)| one.abs_diff(**other) > 8).count();
            assert!(off < width * height / 20, "{off} pixels differ");
        }
    }

    #[test]
    fn blank_text_has_no_ink() {
        assert_eq!(drawn(" ", 6), Lettering::default());
        assert_eq!(draw_line("", &fonts(), 48), Lettering::default());
    }

    #[test]
    fn right_to_left_text_starts_at_the_right() {
        // The first letter, a wide shin, has to be the right one; on the left is a narrow vav.
        let word = draw_line("\u{5e9}\u{5d5}", &fonts(), 100).fill;
        let inked = |x: &usize| word.rows().any(|row| row[*x] > 0);
        let left = (0..word.width as usize).take_while(inked).count();
        let right = (0..word.width as usize).rev().take_while(inked).count();
        assert!(right > 2 * left, "{left} {right}");
    }

    #[test]
    fn ten_thousand_characters_are_drawn_in_bounded_time_and_space() {
        let long = drawn(&"W".repeat(10_000), 6);
        assert!(long.fill.width <= 1000 + 2 * (6 + 50 + 1));
    }
}
