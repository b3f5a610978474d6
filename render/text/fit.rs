//! The largest size at which a text goes into a box, and where its lines break then.
//!
//! The arithmetic is that of ImageMagick 7's `caption:` (whole-pixel advances, its search for the size, its idea of a
//! text's height), because titles have to come out as large as those on the artwork that users already have. It is
//! compared with 861 recorded results below.

use std::ops::Range;

use super::{
    breaks::is_wide,
    shape::{Cluster, Glyph, Shaped, pixels},
};
use crate::geometry::Size;

/// What a text has to go into; pixels, and points of one pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextBox {
    pub width: u32,
    pub height: u32,
    /// Added between lines; may be negative.
    pub line_spacing: i32,
    /// The width of the stroke; 0 for none.
    pub stroke: u32,
    pub min_size: u32,
    pub max_size: u32,
}

impl TextBox {
    /// In pixels.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// The stroke as measured: ImageMagick counts one pixel where there is none.
    fn stroke_space(&self) -> f64 {
        f64::from(self.stroke.max(1))
    }
}

/// A size and the lines at that size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    pub size: u32,
    /// Ranges of clusters, without the space or line break at the end of each.
    pub(super) lines: Vec<Range<usize>>,
    /// The text would have to be smaller than the box allows; at its smallest size it does not fit.
    pub truncated: bool,
}

impl Fit {
    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }
}

impl Shaped {
    /// The largest allowed size at which the text goes into the box.
    pub fn fit(&self, space: &TextBox) -> Fit {
        let best = self.search(space);
        let size = best.clamp(f64::from(space.min_size), f64::from(space.max_size.max(space.min_size)));
        Fit {
            // Between two integers of 32 bits.
            size: size as u32,
            lines: self.wrap(size, space),
            truncated: best < f64::from(space.min_size),
        }
    }

    /// The same size and as many lines, but of lengths as even as can be.
    #[must_use]
    pub fn balanced(&self, fit: Fit, space: &TextBox) -> Fit {
        let size = f64::from(fit.size);
        let widest = |lines: &[Range<usize>]| {
            let widths = lines.iter().map(|line| self.line_width(line, hinted(size)));
            (widths.fold(0.0, f64::max) + space.stroke_space() + 0.5).floor()
        };
        let (mut narrow, mut wide) = (0.0, widest(&fit.lines));
        let mut lines = fit.lines;
        while wide - narrow >= 1.0 {
            let middle = f64::midpoint(narrow, wide).floor();
            let tried = self.wrap_within(size, middle, space);
            // A word that is wider than the limit stands alone, and makes its line no better.
            if tried.len() <= lines.len() && widest(&tried) <= middle {
                (lines, wide) = (tried, middle);
            } else {
                narrow = middle + 1.0;
            }
        }
        Fit { lines, ..fit }
    }

    fn search(&self, space: &TextBox) -> f64 {
        let (mut low, mut size) = (1.0, 12.0);
        for _ in 0..32 {
            let (width, height) = self.block(size, space);
            if width > f64::from(space.width) && height > f64::from(space.height) {
                break;
            }
            if self.fits(size, space) {
                low = size;
            }
            size *= 2.0;
        }
        let mut high = size;
        while high - low > 0.5 {
            let middle = f64::midpoint(low, high);
            if self.fits(middle, space) {
                low = middle + 0.5;
            } else {
                high = middle - 0.5;
            }
        }
        (low - 0.5).floor()
    }

    fn fits(&self, size: f64, space: &TextBox) -> bool {
        let (width, height) = self.block(size, space);
        width <= f64::from(space.width) && height <= f64::from(space.height)
    }

    /// Width and height of all lines at a size.
    fn block(&self, size: f64, space: &TextBox) -> (f64, f64) {
        let scale = hinted(size);
        let (mut widest, mut overhang) = (0.0, 0.0);
        let lines = self.wrap(size, space);
        for line in &lines {
            let width = self.line_width(line, scale);
            if width > widest {
                widest = width;
                overhang = self.left_overhang(line, scale);
            }
        }
        let count = lines.len() as f64;
        let spacing = f64::from(space.line_spacing);
        let underline = self.heights.underline * size.round() / self.heights.units_per_em;
        let width = (widest + 2.0 * overhang + space.stroke_space() + 0.5).floor();
        let line_height = self.line_height(size);
        let height = count * line_height + (count - 1.0) * spacing + underline + spacing + space.stroke_space() + 0.5;
        (width, height.floor())
    }

    /// The pixels above the base line, those below it (negative), both whole.
    pub(super) fn ascent_and_descent(&self, size: f64) -> (f64, f64) {
        // Whole 64ths first, whole pixels then: 361.003 is 361 pixels, not 362.
        let scaled = |units| pixels(units, self.heights.units_per_em, hinted(size));
        (scaled(self.heights.ascender).ceil(), scaled(self.heights.descender).floor())
    }

    pub(super) fn line_height(&self, size: f64) -> f64 {
        let (ascent, descent) = self.ascent_and_descent(size);
        ascent - descent
    }

    pub(super) fn line_width(&self, line: &Range<usize>, size: f64) -> f64 {
        let mut pen = Pen::default();
        for cluster in self.clusters.get(line.clone()).unwrap_or_default() {
            pen.add(cluster, self.glyphs(cluster), size);
        }
        pen.width()
    }

    fn left_overhang(&self, line: &Range<usize>, size: f64) -> f64 {
        let clusters = self.clusters.get(line.clone()).unwrap_or_default();
        // Marks without an advance stand over the letter before: what they reach to the left is no overhang of the line.
        let glyphs = clusters.iter().flat_map(|cluster| self.glyphs(cluster)).filter(|glyph| glyph.advance > 0.0);
        let left = glyphs.map(|glyph| glyph.pixels(glyph.x_min, size)).fold(0.0, f64::min);
        if left < 0.0 { (left.abs() + 0.5).ceil() } else { 0.0 }
    }

    /// Breaks the text into lines that are no wider than the box, as far as there are places to break.
    fn wrap(&self, size: f64, space: &TextBox) -> Vec<Range<usize>> {
        self.wrap_within(size, f64::from(space.width), space)
    }

    fn wrap_within(&self, size: f64, limit: f64, space: &TextBox) -> Vec<Range<usize>> {
        let scale = hinted(size);
        let mut lines = Vec::new();
        let (mut start, mut at) = (0, 0);
        // Where this line may end, and the next begin.
        let mut last_break: Option<(usize, usize)> = None;
        let mut pen = Pen::default();
        while let Some(cluster) = self.clusters.get(at) {
            let mut next = None;
            if cluster.character == '\n' {
                next = Some((at, at + 1));
            } else {
                if is_break_space(cluster.character) {
                    last_break = Some((at, at + 1));
                } else if cluster.may_begin_line && at > start {
                    last_break = Some((at, at));
                }
                pen.add(cluster, self.glyphs(cluster), scale);
                if (pen.width() + space.stroke_space() + 0.5).floor() > limit {
                    next = last_break.or_else(|| (is_wide(cluster.character) && at > start).then_some((at, at)));
                }
            }
            match next {
                Some((end, begin)) => {
                    lines.push(start..end);
                    (start, at) = (begin, begin);
                    (last_break, pen) = (None, Pen::default());
                }
                None => at += 1,
            }
        }
        lines.push(start..self.clusters.len());
        lines
    }
}

/// Adds up the advances of a line; the last glyph counts with its ink where that is wider.
#[derive(Default)]
struct Pen {
    advanced: f64,
    before_last: f64,
    last_ink: f64,
    started: bool,
}

impl Pen {
    fn add(&mut self, cluster: &Cluster, glyphs: &[Glyph], size: f64) {
        for (index, glyph) in glyphs.iter().enumerate() {
            if index == 0 && self.started {
                self.advanced += glyph.pixels(cluster.kern, size).round();
            }
            self.started = true;
            self.before_last = self.advanced;
            self.advanced += glyph.pixels(glyph.advance, size).round();
            self.last_ink = glyph.pixels(glyph.x_max, size);
        }
    }

    fn width(&self) -> f64 {
        self.advanced.max(self.before_last + self.last_ink).ceil()
    }
}

/// A size as the font renderer takes it: whole 64ths of a pixel.
pub(super) fn hinted(size: f64) -> f64 {
    (size * 64.0).floor() / 64.0
}

fn is_break_space(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use super::{
        super::{
            font::{Font, Fonts},
            shape::{Direction, shape},
        },
        *,
    };

    const RECORDED: &str = include_str!("../fixtures/caption_fit.tsv");

    fn space(width: u32, height: u32, line_spacing: i32) -> TextBox {
        TextBox { width, height, line_spacing, stroke: 0, min_size: 0, max_size: u32::MAX }
    }

    /// Debian's fonts are compared where they are installed (`.ci/run` does that), the bundled one everywhere.
    fn font(name: &str) -> Option<Font> {
        let debian = |path: &str| Path::new("/usr/share/fonts").join(path).join(name);
        match name {
            "DejaVuSans.ttf" => Some(with_debians_underline(dejavu::sans::regular())),
            "Comfortaa-Bold.ttf" => Font::open(&debian("truetype/comfortaa")).ok(),
            "BebasNeue-Bold.otf" => Font::open(&debian("opentype/bebas-neue")).ok(),
            other => panic!("{other} is not one of the fonts that were recorded"),
        }
    }

    /// Debian builds DejaVu with its underline 40 units below the base line in place of 130; ImageMagick counts that into
    /// the height, and the results were recorded with Debian's file. All else is equal.
    fn with_debians_underline(font: &[u8]) -> Font {
        let mut data = font.to_vec();
        let entry = data.windows(4).position(|tag| tag == b"post").unwrap();
        let table = u32::from_be_bytes(data[entry + 8..entry + 12].try_into().unwrap()) as usize;
        data[table + 8..table + 10].copy_from_slice(&(-40_i16).to_be_bytes());
        Font::new(data).unwrap()
    }

    #[test]
    fn balanced_lines_are_as_many_and_of_lengths_as_even_as_can_be() {
        let fonts = Fonts::new(Arc::new(Font::bundled()));
        let shaped = shape("The Hobbit and the Battle of the Five Armies in One", &fonts, Direction::FromText);
        let space = TextBox { max_size: 80, ..space(1300, 400, 0) };
        let fit = shaped.fit(&space);
        let widths = |fit: &Fit| -> Vec<f64> { fit.lines.iter().map(|line| shaped.line_width(line, 80.0)).collect() };
        let spread = |widths: &[f64]| {
            widths.iter().copied().fold(0.0, f64::max) - widths.iter().copied().fold(f64::MAX, f64::min)
        };
        let even = shaped.balanced(fit.clone(), &space);
        assert_eq!((even.size, even.lines.len()), (fit.size, fit.lines.len()));
        assert!(fit.lines.len() > 1 && spread(&widths(&even)) < spread(&widths(&fit)) / 2.0, "{:?}", widths(&even));
        let word = shape("Indivisible", &fonts, Direction::FromText);
        let narrow = TextBox { min_size: 80, max_size: 80, ..space };
        assert_eq!(word.balanced(word.fit(&narrow), &narrow).lines.len(), 1);
    }

    #[test]
    fn sizes_and_line_counts_are_those_recorded_from_imagemagick() {
        let (mut compared, mut wrong) = (0, Vec::new());
        let mut current: Option<(&str, Option<Fonts>)> = None;
        for record in RECORDED.lines() {
            let fields: Vec<&str> = record.split('\t').collect();
            let [name, width, height, spacing, text, size, lines] = fields[..] else { panic!("{record}") };
            if current.as_ref().is_none_or(|(last, _)| *last != name) {
                current = Some((name, font(name).map(|font| Fonts::new(Arc::new(font)))));
            }
            let Some((_, Some(fonts))) = &current else { continue };
            let shaped = shape(&text.replace("\\n", "\n"), fonts, Direction::FromText);
            let fit = shaped.fit(&space(width.parse().unwrap(), height.parse().unwrap(), spacing.parse().unwrap()));
            compared += 1;
            if (fit.size.to_string().as_str(), fit.lines().to_string().as_str()) != (size, lines) {
                wrong.push(format!("{record}: {} in {}", fit.size, fit.lines()));
            }
        }
        assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
        println!("{compared} of {} recorded results compared", RECORDED.lines().count());
        assert!(compared >= 287);
    }

    /// DejaVu with other heights of its lines.
    fn with_heights(ascender: i16, descender: i16) -> Fonts {
        let mut data = dejavu::sans::regular().to_vec();
        let entry = data.windows(4).position(|tag| tag == b"hhea").unwrap();
        let table = u32::from_be_bytes(data[entry + 8..entry + 12].try_into().unwrap()) as usize;
        data[table + 4..table + 6].copy_from_slice(&ascender.to_be_bytes());
        data[table + 6..table + 8].copy_from_slice(&descender.to_be_bytes());
        Fonts::new(Arc::new(Font::new(data).unwrap()))
    }

    /// Font renderers count in 64ths of a pixel before they count in whole ones: a product that is above a whole number by
    /// less than a 128th is that number.
    #[test]
    fn heights_are_rounded_to_64ths_before_they_are_rounded_up() {
        for (ascender, descender, size, above, below) in [
            // Products of 1.0005 and 4.0005.
            (683, -2731, 3.0, 1.0, -4.0),
            // 4.0015 and 3.0005.
            (1639, -1229, 5.0, 4.0, -3.0),
            // 6.0020 and 3.0010.
            (1756, -878, 7.0, 6.0, -3.0),
            // 681.9995 and 227.7778.
            (2045, -683, 683.0, 682.0, -228.0),
            // 271.0425 and 54.7974: more than a 128th above.
            (1657, -335, 335.0, 272.0, -55.0),
        ] {
            let text = shape("Up", &with_heights(ascender, descender), Direction::FromText);
            assert_eq!(text.ascent_and_descent(size), (above, below), "{ascender} {descender} at {size}");
        }
    }

    /// Thai vowels and tones, Hebrew points and others have no width and stand over the letter before.
    #[test]
    fn marks_over_letters_take_no_room() {
        let fonts = Fonts::new(Arc::new(Font::bundled()));
        let size = |text: &str| {
            let fit = shape(text, &fonts, Direction::FromText).fit(&space(1900, 500, 0));
            (fit.size, fit.lines())
        };
        let plain = "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}";
        let pointed = "\u{5e9}\u{5b8}\u{5c1}\u{5dc}\u{5d5}\u{5b9}\u{5dd} \u{5e2}\u{5d5}\u{5b9}\u{5dc}\u{5b8}\u{5dd}";
        let (plain, pointed) = (size(plain), size(pointed));
        assert_eq!(plain.1, pointed.1);
        // Without the mend the pointed one is a third smaller.
        assert!(plain.0.abs_diff(pointed.0) <= 3, "{plain:?} {pointed:?}");
    }

    #[test]
    fn the_size_stays_between_its_bounds_and_says_when_the_text_does_not_fit() {
        let text = shape("The Hobbit", &Fonts::new(Font::bundled().into()), Direction::FromText);
        let bounds = |min_size, max_size| TextBox { min_size, max_size, ..space(1900, 500, 0) };
        assert_eq!(text.fit(&bounds(45, 100)).size, 100);
        assert!(!text.fit(&bounds(45, 100)).truncated);
        let forced = text.fit(&bounds(1000, 2000));
        assert_eq!((forced.size, forced.truncated), (1000, true));
    }

    /// R-32 of the reference: the stroke counted when the text was drawn but not when it was sized.
    #[test]
    fn a_stroke_takes_room() {
        let text = shape("THE HOBBIT", &Fonts::new(Font::bundled().into()), Direction::FromText);
        let plain = text.fit(&space(1900, 500, 0));
        let stroked = text.fit(&TextBox { stroke: 40, ..space(1900, 500, 0) });
        assert!(stroked.size < plain.size, "{stroked:?} {plain:?}");
    }

    #[test]
    fn ten_thousand_characters_and_no_character_are_texts_too() {
        let fonts = Fonts::new(Font::bundled().into());
        for text in [
            String::new(),
            " ".into(),
            "\n\n\n".into(),
            "W".repeat(10_000),
            "a b ".repeat(2_500),
            "\u{5d0}".repeat(10_000),
        ] {
            let fit = shape(&text, &fonts, Direction::FromText).fit(&TextBox {
                min_size: 45,
                max_size: 300,
                ..space(1900, 500, 0)
            });
            assert!((45..=300).contains(&fit.size));
        }
    }
}
