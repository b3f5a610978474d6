//! From characters to glyphs, once per text and independent of its size.
//!
//! Scripts in which one character is one glyph are looked up directly, with the font's old-style `kern` table and nothing
//! else, as ImageMagick without a shaping library does it. All others (Arabic, Hebrew, Thai, the Indic scripts, combining
//! marks) are cut into runs of one direction, script and font and go through the shaper.

use std::{collections::HashMap, ops::Range};

use rustybuzz::{
    UnicodeBuffer,
    ttf_parser::{Face, GlyphId},
};
use unicode_bidi::{Level, ParagraphBidiInfo};
use unicode_script::{Script, UnicodeScript};

use super::font::{Fonts, glyph_for};

/// The direction of a paragraph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// That of its first letter.
    #[default]
    FromText,
    LeftToRight,
    RightToLeft,
}

/// A glyph of one of the fonts; lengths in units of that font.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub(super) font: usize,
    pub(super) id: GlyphId,
    pub(super) units_per_em: f64,
    pub(super) advance: f64,
    /// The left and right edge of the ink.
    pub(super) x_min: f64,
    pub(super) x_max: f64,
    /// Where the shaper wants it, relative to the pen; y is up.
    pub(super) shift: (f64, f64),
}

impl Glyph {
    /// A length of this glyph's font in pixels at a size, in the whole 64ths of a pixel that font renderers count in.
    pub(super) fn pixels(&self, units: f64, size: f64) -> f64 {
        let scale = (size * 64.0 * 65536.0 / self.units_per_em).round();
        (units * scale / 65536.0).round() / 64.0
    }

    fn missing_from(font: usize, face: &Face<'_>, id: GlyphId) -> Self {
        let bounds = face.glyph_bounding_box(id);
        Self {
            font,
            id,
            units_per_em: f64::from(face.units_per_em()),
            advance: f64::from(face.glyph_hor_advance(id).unwrap_or(0)),
            x_min: bounds.map_or(0.0, |bounds| f64::from(bounds.x_min)),
            x_max: bounds.map_or(0.0, |bounds| f64::from(bounds.x_max)),
            shift: (0.0, 0.0),
        }
    }
}

/// One character (with its marks and ligature parts) and its glyphs, from left to right.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) character: char,
    pub(super) level: Level,
    /// What the `kern` table says between the cluster before and this one, in units of this one's font.
    pub(super) kern: f64,
    pub(super) glyphs: Range<usize>,
}

/// The heights of the first font, in its units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heights {
    pub(super) units_per_em: f64,
    pub(super) ascender: f64,
    pub(super) descender: f64,
    /// How far the middle of the underline is below the base line; ImageMagick counts it into the height.
    pub(super) underline: f64,
}

/// A text whose glyphs are known, in reading order.
#[derive(Clone, Debug)]
pub struct Shaped {
    pub(super) fonts: Fonts,
    pub(super) heights: Heights,
    pub(super) clusters: Vec<Cluster>,
    glyphs: Vec<Glyph>,
    missing: Vec<char>,
}

impl Shaped {
    pub(super) fn glyphs(&self, cluster: &Cluster) -> &[Glyph] {
        self.glyphs.get(cluster.glyphs.clone()).unwrap_or_default()
    }

    /// The characters that none of the fonts has, each once; they stay blank.
    pub fn missing(&self) -> &[char] {
        &self.missing
    }
}

/// Looks up the glyphs of a text.
pub fn shape(text: &str, fonts: &Fonts, direction: Direction) -> Shaped {
    let faces = fonts.faces();
    let mut shaper = Shaper { fonts, faces: &faces, clusters: Vec::new(), glyphs: Vec::new(), known: HashMap::new() };
    for (index, paragraph) in text.split('\n').enumerate() {
        if index > 0 {
            shaper.clusters.push(Cluster { character: '\n', level: Level::ltr(), kern: 0.0, glyphs: 0..0 });
        }
        if direction != Direction::RightToLeft && paragraph.chars().all(is_simple) {
            shaper.look_up(paragraph);
        } else {
            shaper.shape_runs(paragraph, direction);
        }
    }
    let Shaper { clusters, glyphs, .. } = shaper;
    let mut missing: Vec<char> = Vec::new();
    for character in text.chars().filter(|character| !character.is_control() && !character.is_whitespace()) {
        if glyph_for(&faces, character).1 == GlyphId(0) && !missing.contains(&character) {
            missing.push(character);
        }
    }
    Shaped { fonts: fonts.clone(), heights: heights(&faces), clusters, glyphs, missing }
}

fn heights(faces: &[Face<'_>]) -> Heights {
    let Some(face) = faces.first() else {
        return Heights { units_per_em: 1.0, ascender: 1.0, descender: 0.0, underline: 0.0 };
    };
    let underline = face.underline_metrics().map_or(0, |line| i32::from(line.thickness) / 2 - i32::from(line.position));
    Heights {
        units_per_em: f64::from(face.units_per_em()),
        ascender: f64::from(face.ascender()),
        descender: f64::from(face.descender()),
        underline: f64::from(underline),
    }
}

/// Whether the character is one glyph, left to right, whatever is beside it.
fn is_simple(character: char) -> bool {
    matches!(
        character.script(),
        Script::Latin
            | Script::Greek
            | Script::Cyrillic
            | Script::Armenian
            | Script::Georgian
            | Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Hangul
            | Script::Bopomofo
            | Script::Common
            | Script::Unknown
    )
}

struct Shaper<'a> {
    fonts: &'a Fonts,
    faces: &'a [Face<'a>],
    clusters: Vec<Cluster>,
    glyphs: Vec<Glyph>,
    /// Glyphs looked up before: outlines of CFF fonts are slow to measure.
    known: HashMap<(usize, GlyphId), Glyph>,
}

impl Shaper<'_> {
    fn glyph(&mut self, font: usize, id: GlyphId) -> Option<Glyph> {
        let face = self.faces.get(font)?;
        Some(*self.known.entry((font, id)).or_insert_with(|| Glyph::missing_from(font, face, id)))
    }

    fn look_up(&mut self, text: &str) {
        let mut before: Option<(usize, GlyphId)> = None;
        for character in text.chars() {
            let (font, id) = glyph_for(self.faces, character);
            let Some(glyph) = self.glyph(font, id) else { return };
            let kern = match before {
                Some((last_font, last)) if last_font == font => self.kern(font, last, id),
                _ => 0.0,
            };
            self.push(character, Level::ltr(), kern, [glyph]);
            before = Some((font, id));
        }
    }

    fn kern(&self, font: usize, left: GlyphId, right: GlyphId) -> f64 {
        let Some(table) = self.faces.get(font).and_then(|face| face.tables().kern) else { return 0.0 };
        let pairs = table.subtables.into_iter().filter(|part| part.horizontal && !part.has_state_machine);
        f64::from(pairs.filter_map(|part| part.glyphs_kerning(left, right)).map(i32::from).sum::<i32>())
    }

    fn push(&mut self, character: char, level: Level, kern: f64, glyphs: impl IntoIterator<Item = Glyph>) {
        let start = self.glyphs.len();
        self.glyphs.extend(glyphs);
        self.clusters.push(Cluster { character, level, kern, glyphs: start..self.glyphs.len() });
    }

    fn shape_runs(&mut self, paragraph: &str, direction: Direction) {
        let base = match direction {
            Direction::FromText => None,
            Direction::LeftToRight => Some(Level::ltr()),
            Direction::RightToLeft => Some(Level::rtl()),
        };
        let bidi = ParagraphBidiInfo::new(paragraph, base);
        for (range, level, font) in runs(paragraph, &bidi.levels, self.faces) {
            if let Some(run) = paragraph.get(range) {
                self.shape_run(run, level, font);
            }
        }
    }

    fn shape_run(&mut self, run: &str, level: Level, font: usize) {
        let Some(face) = self.fonts.get(font).and_then(|font| font.shaping_face()) else { return };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(run);
        buffer.set_direction(if level.is_rtl() {
            rustybuzz::Direction::RightToLeft
        } else {
            rustybuzz::Direction::LeftToRight
        });
        buffer.guess_segment_properties();
        // With all features: rustybuzz 0.20 leaves right-to-left text reversed where "kern" is switched off.
        let shaped = rustybuzz::shape(&face, &[], buffer);

        let mut by_cluster: Vec<(usize, Vec<Glyph>)> = Vec::new();
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let id = GlyphId(u16::try_from(info.glyph_id).unwrap_or(0));
            let Some(mut glyph) = self.glyph(font, id) else { continue };
            glyph.advance = f64::from(position.x_advance);
            glyph.shift = (f64::from(position.x_offset), f64::from(position.y_offset));
            let start = info.cluster as usize;
            match by_cluster.last_mut().filter(|(last, _)| *last == start) {
                Some((_, glyphs)) => glyphs.push(glyph),
                None => by_cluster.push((start, vec![glyph])),
            }
        }
        if level.is_rtl() {
            by_cluster.reverse();
        }
        for (start, glyphs) in by_cluster {
            let character = run.get(start..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
            self.push(character, level, 0.0, glyphs);
        }
    }
}

/// Cuts a paragraph into runs of one direction, script and font, in reading order.
fn runs(paragraph: &str, levels: &[Level], faces: &[Face<'_>]) -> Vec<(Range<usize>, Level, usize)> {
    let mut runs: Vec<(Range<usize>, Level, usize)> = Vec::new();
    let mut run_script = Script::Common;
    for (start, character) in paragraph.char_indices() {
        let level = levels.get(start).copied().unwrap_or(Level::ltr());
        let script = character.script();
        let neutral = matches!(script, Script::Common | Script::Inherited);
        let (font, id) = glyph_for(faces, character);
        let end = start + character.len_utf8();
        if let Some((range, run_level, run_font)) = runs.last_mut() {
            // A mark stays with its letter, and a space that the font lacks does not break a word's run.
            let same_font = *run_font == font || id == GlyphId(0) || script == Script::Inherited;
            let same_script = neutral || run_script == Script::Common || run_script == script;
            if *run_level == level && same_font && same_script {
                range.end = end;
                if !neutral {
                    run_script = script;
                }
                continue;
            }
        }
        run_script = if neutral { Script::Common } else { script };
        runs.push((start..end, level, font));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{super::font::Font, *};

    fn fonts() -> Fonts {
        Fonts::new(Font::bundled().into())
    }

    #[test]
    fn arabic_letters_are_joined() {
        let joined = shape("\u{628}\u{628}\u{628}", &fonts(), Direction::FromText);
        let forms: Vec<u16> =
            joined.clusters.iter().flat_map(|cluster| joined.glyphs(cluster)).map(|g| g.id.0).collect();
        assert_eq!(forms.len(), 3);
        assert!(forms[0] != forms[1] && forms[1] != forms[2], "initial, medial and final form: {forms:?}");
    }

    #[test]
    fn clusters_come_in_reading_order_with_their_levels() {
        let mixed = shape("ab \u{5d0}\u{5d1}", &fonts(), Direction::FromText);
        assert_eq!(mixed.clusters.iter().map(|cluster| cluster.character).collect::<String>(), "ab \u{5d0}\u{5d1}");
        assert!(mixed.clusters.last().unwrap().level.is_rtl());
        assert!(mixed.clusters.first().unwrap().level.is_ltr());
    }

    #[test]
    fn a_missing_character_is_named_once() {
        let shaped = shape("\u{5343}a\u{5343} \n", &fonts(), Direction::FromText);
        assert_eq!(shaped.missing(), ['\u{5343}']);
    }

    #[test]
    fn another_font_lends_what_the_first_lacks_in_shaped_text_too() {
        let mono = Font::new(dejavu::sans_mono::regular()).unwrap();
        let shaped = shape("a \u{5d0}", &Fonts::new(mono.into()).or(Font::bundled().into()), Direction::FromText);
        let used: Vec<usize> =
            shaped.clusters.iter().flat_map(|cluster| shaped.glyphs(cluster)).map(|g| g.font).collect();
        assert_eq!(used, [0, 0, 1]);
        assert!(shaped.missing().is_empty());
    }
}
