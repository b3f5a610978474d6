//! From glyphs to coverage.

use std::ops::Range;

use rustybuzz::ttf_parser::{Face, OutlineBuilder};
use unicode_bidi::BidiInfo;
use zeno::{Command, Join, Mask, PathBuilder, Stroke};

use super::{
    fit::{Fit, TextBox, hinted},
    font::Fonts,
    shape::{Cluster, Direction, Glyph, Shaped, shape},
};
use crate::geometry::{Align, Gravity};

/// How much of each pixel is covered, 0 to 255, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub width: u32,
    pub height: u32,
    pub values: Vec<u8>,
}

impl Coverage {
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

/// Drawn text, cut to its ink; fill and stroke have the same size. The stroke belongs on top of the fill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lettering {
    pub fill: Coverage,
    pub stroke: Option<Coverage>,
}

impl Lettering {
    fn trimmed(fill: &Coverage, stroke: Option<&Coverage>) -> Self {
        let around = |one: Range<usize>, other: Range<usize>| one.start.min(other.start)..one.end.max(other.end);
        let ink = match (fill.ink(), stroke.and_then(Coverage::ink)) {
            (Some(fill), Some(stroke)) => Some((around(fill.0, stroke.0), around(fill.1, stroke.1))),
            (fill, stroke) => fill.or(stroke),
        };
        let Some((columns, rows)) = ink else { return Self::default() };
        Self { fill: fill.cut(&columns, &rows), stroke: stroke.map(|stroke| stroke.cut(&columns, &rows)) }
    }
}

/// One line of text at a size in pixels, without a stroke; for samples of a font.
pub fn draw_line(text: &str, fonts: &Fonts, size: u32) -> Lettering {
    let shaped = shape(&text.replace('\n', " "), fonts, Direction::FromText);
    let line = 0..shaped.clusters.len();
    let width = shaped.line_width(&line, f64::from(size)).clamp(1.0, f64::from(u16::MAX)) as u32;
    let height = shaped.line_height(f64::from(size)).clamp(1.0, f64::from(u16::MAX)) as u32;
    let space = TextBox { width, height, line_spacing: 0, stroke: 0, min_size: size, max_size: size };
    shaped.draw(&Fit { size, lines: vec![line], truncated: false }, &space, Gravity::CENTER)
}

impl Shaped {
    /// Draws the lines of a fit. What is outside of the box by more than its overhang is left out.
    pub fn draw(&self, fit: &Fit, space: &TextBox, gravity: Gravity) -> Lettering {
        let margin = space.stroke + fit.size / 2 + 1;
        let sheet =
            Sheet { width: space.width + 2 * margin, height: space.height + 2 * margin, margin: f64::from(margin) };
        let path = self.path(fit, space, gravity, &sheet);
        let fill = sheet.cover(&path, zeno::Fill::NonZero);
        let stroke = (space.stroke > 0).then(|| {
            let mut pen = Stroke::new(space.stroke as f32);
            sheet.cover(&path, pen.join(Join::Round))
        });
        Lettering::trimmed(&fill, stroke.as_ref())
    }

    fn path(&self, fit: &Fit, space: &TextBox, gravity: Gravity, sheet: &Sheet) -> Vec<Command> {
        let faces = self.fonts.faces();
        let scale = f64::from(fit.size);
        let (_, descent) = self.ascent_and_descent(scale);
        let step = self.line_height(scale) + f64::from(space.line_spacing);
        let mut path = Vec::new();
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
            self.line_path(line, (start + sheet.margin, base), scale, &faces, sheet, &mut path);
        }
        path
    }

    fn line_path(
        &self,
        line: &Range<usize>,
        (mut pen, base): (f64, f64),
        size: f64,
        faces: &[Face<'_>],
        sheet: &Sheet,
        path: &mut Vec<Command>,
    ) {
        let scale = hinted(size);
        for (index, cluster) in visual_order(self.clusters.get(line.clone()).unwrap_or_default()).enumerate() {
            for (part, glyph) in self.glyphs(cluster).iter().enumerate() {
                if index > 0 && part == 0 {
                    pen += glyph.pixels(cluster.kern, scale).round();
                }
                if sheet.shows(pen, glyph, scale) && glyph.id.0 != 0 {
                    outline(faces, glyph, (pen, base), scale, path);
                }
                pen += glyph.pixels(glyph.advance, scale).round();
            }
        }
    }
}

/// The clusters of one line from left to right.
fn visual_order(clusters: &[Cluster]) -> impl Iterator<Item = &Cluster> {
    let levels: Vec<_> = clusters.iter().map(|cluster| cluster.level).collect();
    BidiInfo::reorder_visual(&levels).into_iter().filter_map(|index| clusters.get(index))
}

fn outline(faces: &[Face<'_>], glyph: &Glyph, (pen, base): (f64, f64), size: f64, path: &mut Vec<Command>) {
    let Some(face) = faces.get(glyph.font) else { return };
    let origin = (pen + glyph.pixels(glyph.shift.0, size), base - glyph.pixels(glyph.shift.1, size));
    let scale = (size / glyph.units_per_em) as f32;
    face.outline_glyph(glyph.id, &mut Outline { path, origin: (origin.0 as f32, origin.1 as f32), scale });
}

/// The pixels that are drawn on: the box with a margin all around.
struct Sheet {
    width: u32,
    height: u32,
    margin: f64,
}

impl Sheet {
    fn shows(&self, pen: f64, glyph: &Glyph, size: f64) -> bool {
        let left = pen + glyph.pixels(glyph.x_min + glyph.shift.0, size);
        let right = pen + glyph.pixels(glyph.x_max + glyph.shift.0, size);
        right > 0.0 && left < f64::from(self.width)
    }

    fn cover<'a>(&self, path: &'a Vec<Command>, style: impl Into<zeno::Style<'a>>) -> Coverage {
        let mut values = vec![0; self.width as usize * self.height as usize];
        Mask::new(path).style(style).size(self.width, self.height).render_into(&mut values, None);
        Coverage { width: self.width, height: self.height, values }
    }
}

struct Outline<'a> {
    path: &'a mut Vec<Command>,
    origin: (f32, f32),
    scale: f32,
}

impl Outline<'_> {
    fn point(&self, x: f32, y: f32) -> [f32; 2] {
        [self.origin.0 + x * self.scale, self.origin.1 - y * self.scale]
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.path.move_to(to);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.path.line_to(to);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (control, to) = (self.point(x1, y1), self.point(x, y));
        self.path.quad_to(control, to);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, to) = (self.point(x1, y1), self.point(x2, y2), self.point(x, y));
        self.path.curve_to(first, second, to);
    }

    fn close(&mut self) {
        self.path.close();
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
        shaped.draw(&shaped.fit(&space(stroke)), &space(stroke), Gravity::SOUTH)
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
