//! From characters to glyphs, once per text and independent of its size.
//!
//! Scripts in which one character is one glyph are looked up directly, with the font's old-style `kern` table and nothing
//! else, as ImageMagick without a shaping library does it. All others (Arabic, Hebrew, Thai, the Indic scripts, combining
//! marks) are cut into runs of one direction, script and font and go through the shaper.

use std::{collections::HashMap, ops::Range};

use harfrust::{Buffer, GlyphId, ShapeOptions, ShaperFont};
use read_fonts::{
    TableProvider,
    tables::kern::{Subtable, SubtableKind},
};
use unicode_bidi::{Level, ParagraphBidiInfo};
use unicode_script::{Script, UnicodeScript};

use super::{
    breaks::Breaks,
    font::{Characters, Font, Fonts},
};

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
    /// It is a picture of its own colours.
    pub(super) is_coloured: bool,
}

impl Glyph {
    /// A length of this glyph's font in pixels at a size, in the whole 64ths of a pixel that font renderers count in.
    pub(super) fn pixels(&self, units: f64, size: f64) -> f64 {
        pixels(units, self.units_per_em, size)
    }

    fn unshifted(index: usize, font: &Font, id: GlyphId) -> Self {
        let ink = font.ink(id);
        let edge = |of: fn(f64, f64) -> f64| ink.map_or(0.0, |ink| of(f64::from(ink.x_bearing), f64::from(ink.width)));
        Self {
            font: index,
            id,
            units_per_em: font.units_per_em(),
            advance: f64::from(font.inner().glyph_metrics().h_advance(id)),
            x_min: edge(|left, _| left),
            x_max: edge(|left, width| left + width),
            shift: (0.0, 0.0),
            is_coloured: font.is_coloured(id),
        }
    }
}

/// A length of a font in pixels at a size, in the whole 64ths of a pixel that font renderers count in.
pub(super) fn pixels(units: f64, units_per_em: f64, size: f64) -> f64 {
    let scale = (size * 64.0 * 65536.0 / units_per_em).round();
    (units * scale / 65536.0).round() / 64.0
}

/// One character (with its marks and ligature parts) and its glyphs, from left to right.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) character: char,
    pub(super) level: Level,
    /// What the `kern` table says between the cluster before and this one, in units of this one's font.
    pub(super) kern: f64,
    /// A line may begin with it, though no space is before it.
    pub(super) may_begin_line: bool,
    pub(super) glyphs: Range<usize>,
}

impl Cluster {
    fn line_break() -> Self {
        Self { character: '\n', level: Level::ltr(), kern: 0.0, may_begin_line: false, glyphs: 0..0 }
    }
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

    /// The characters that none of the fonts can show, each once; they stay blank.
    pub fn missing(&self) -> &[char] {
        &self.missing
    }
}

/// Looks up the glyphs of a text.
pub fn shape(text: &str, fonts: &Fonts, direction: Direction) -> Shaped {
    let mut shaper = Shaper {
        fonts,
        characters: Characters::new(fonts),
        clusters: Vec::new(),
        glyphs: Vec::new(),
        known: HashMap::new(),
        kerning: HashMap::new(),
        breaks: Breaks::default(),
    };
    for (index, paragraph) in text.split('\n').enumerate() {
        if index > 0 {
            shaper.clusters.push(Cluster::line_break());
        }
        shaper.breaks = Breaks::of(paragraph);
        if direction != Direction::RightToLeft && paragraph.chars().all(is_simple) {
            shaper.look_up(paragraph);
        } else {
            shaper.shape_runs(paragraph, direction);
        }
    }
    let missing = shaper.characters.missing_of(text);
    let Shaper { clusters, glyphs, .. } = shaper;
    Shaped { fonts: fonts.clone(), heights: heights(fonts), clusters, glyphs, missing }
}

fn heights(fonts: &Fonts) -> Heights {
    let Some(font) = fonts.first() else {
        return Heights { units_per_em: 1.0, ascender: 1.0, descender: 0.0, underline: 0.0 };
    };
    let line = font.inner().metrics().h_line().unwrap_or_default();
    let underline = font.inner().style_metrics().underline;
    // Whole units, and the half of the thickness rounded down, as in the font's tables.
    let underline = underline
        .map_or(0.0, |line| (f64::from(line.thickness.to_f32()) / 2.0).trunc() - f64::from(line.position.to_f32()));
    Heights {
        units_per_em: font.units_per_em(),
        ascender: f64::from(line.ascender.to_f32()),
        descender: f64::from(line.descender.to_f32()),
        underline,
    }
}

/// Whether the character is one glyph, left to right, whatever is beside it.
fn is_simple(character: char) -> bool {
    // Letters for flags and shades of skin join with what is beside them.
    if matches!(character, '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}') {
        return false;
    }
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
    characters: Characters<'a>,
    clusters: Vec<Cluster>,
    glyphs: Vec<Glyph>,
    /// Glyphs looked up before: outlines of CFF fonts are slow to measure.
    known: HashMap<(usize, GlyphId), Glyph>,
    /// The tables with which each font moves pairs of letters.
    kerning: HashMap<usize, Vec<SubtableKind<'a>>>,
    /// Where lines may begin in the paragraph at hand.
    breaks: Breaks,
}

impl<'a> Shaper<'a> {
    fn glyph(&mut self, index: usize, id: GlyphId) -> Option<Glyph> {
        let font = self.fonts.get(index)?;
        Some(*self.known.entry((index, id)).or_insert_with(|| Glyph::unshifted(index, font, id)))
    }

    fn look_up(&mut self, text: &str) {
        let mut before: Option<(usize, GlyphId)> = None;
        for (start, character) in text.char_indices() {
            let (font, id) = self.characters.find(character);
            let Some(glyph) = self.glyph(font, id) else { return };
            let kern = match before {
                Some((last_font, last)) if last_font == font => self.kern(font, last, id),
                _ => 0.0,
            };
            self.push((start, character), Level::ltr(), kern, [glyph]);
            before = Some((font, id));
        }
    }

    fn kern(&mut self, index: usize, left: GlyphId, right: GlyphId) -> f64 {
        let fonts: &'a Fonts = self.fonts;
        let tables = self.kerning.entry(index).or_insert_with(|| fonts.get(index).map(kerning).unwrap_or_default());
        let pairs = tables.iter().filter_map(|table| match table {
            SubtableKind::Format0(table) => table.kerning(left, right),
            SubtableKind::Format2(table) => table.kerning(left, right),
            SubtableKind::Format3(table) => table.kerning(left, right),
            SubtableKind::Format1(_) => None,
        });
        f64::from(pairs.sum::<i32>())
    }

    fn push(
        &mut self,
        (at, character): (usize, char),
        level: Level,
        kern: f64,
        glyphs: impl IntoIterator<Item = Glyph>,
    ) {
        let start = self.glyphs.len();
        self.glyphs.extend(glyphs);
        let may_begin_line = self.breaks.are_before(at);
        self.clusters.push(Cluster { character, level, kern, may_begin_line, glyphs: start..self.glyphs.len() });
    }

    fn shape_runs(&mut self, paragraph: &str, direction: Direction) {
        let base = match direction {
            Direction::FromText => None,
            Direction::LeftToRight => Some(Level::ltr()),
            Direction::RightToLeft => Some(Level::rtl()),
        };
        let bidi = ParagraphBidiInfo::new(paragraph, base);
        for (range, level, font) in runs(paragraph, &bidi.levels, &mut self.characters) {
            if let Some(run) = paragraph.get(range.clone()) {
                self.shape_run(run, range.start, level, font);
            }
        }
    }

    fn shape_run(&mut self, run: &str, begins: usize, level: Level, font: usize) {
        let Some(shaping) = self.fonts.get(font).map(|font| ShaperFont::new(font.inner())) else { return };
        let mut buffer = Buffer::new();
        buffer.push_str(run);
        buffer.set_direction(if level.is_rtl() {
            harfrust::Direction::RightToLeft
        } else {
            harfrust::Direction::LeftToRight
        });
        buffer.guess_segment_properties();
        if harfrust::shape(&shaping, &mut buffer, ShapeOptions::new()).is_err() {
            return;
        }

        let mut by_cluster: Vec<(usize, Vec<Glyph>)> = Vec::new();
        for (info, position) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
            let Some(mut glyph) = self.glyph(font, GlyphId::new(info.glyph_id)) else { continue };
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
            self.push((begins + start, character), level, 0.0, glyphs);
        }
    }
}

/// The horizontal pairs of a font's old-style `kern` table.
fn kerning(font: &Font) -> Vec<SubtableKind<'_>> {
    let Ok(table) = font.inner().tables().kern() else { return Vec::new() };
    let parts = table.subtables().filter_map(Result::ok);
    let parts = parts.filter(|part: &Subtable<'_>| part.is_horizontal() && !part.is_state_machine());
    parts.filter_map(|part| part.kind().ok()).collect()
}

/// Cuts a paragraph into runs of one direction, script and font, in reading order.
fn runs(paragraph: &str, levels: &[Level], characters: &mut Characters<'_>) -> Vec<(Range<usize>, Level, usize)> {
    let mut runs: Vec<(Range<usize>, Level, usize)> = Vec::new();
    let mut run_script = Script::Common;
    for (start, character) in paragraph.char_indices() {
        let level = levels.get(start).copied().unwrap_or(Level::ltr());
        let script = character.script();
        let neutral = matches!(script, Script::Common | Script::Inherited);
        let (font, id) = characters.find(character);
        let end = start + character.len_utf8();
        if let Some((range, run_level, run_font)) = runs.last_mut() {
            // A mark stays with its letter, and a space that the font lacks does not break a word's run.
            let same_font = *run_font == font || id == GlyphId::NOTDEF || script == Script::Inherited;
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
        let forms: Vec<u32> =
            joined.clusters.iter().flat_map(|cluster| joined.glyphs(cluster)).map(|g| g.id.to_u32()).collect();
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
