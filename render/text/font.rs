//! Font files, and which font draws a character.

use std::{borrow::Cow, collections::HashMap, path::Path, sync::Arc};

use harfrust::GlyphId;
use posterizarr_base::bounded;
use read_fonts::model::{
    Format,
    glyph::{
        GlyphSourceOrder,
        bitmap::{BitmapGlyph, BitmapSource},
    },
    metrics::GlyphExtents,
};

/// Why a file is no font to us.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    #[error("the font cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("this is a web font ({0}); convert it to TrueType or OpenType (.ttf .otf) first")]
    WebFont(&'static str),
    #[error(
        "the font cannot be used: it is damaged, or of another kind; TrueType and OpenType (.ttf .otf .ttc .otc) are"
    )]
    Unusable,
    #[error("the collection has {count} faces, counted from 0, and no face {face}")]
    NoSuchFace { face: u32, count: u32 },
    #[error("the font has more than the {max} bytes that a font may have", max = Font::MAX_BYTES)]
    TooLarge,
}

/// The name of a font's format that is compressed for web pages.
fn web_font(data: &[u8]) -> Option<&'static str> {
    match data.get(..4)? {
        b"wOFF" => Some("WOFF"),
        b"wOF2" => Some("WOFF2"),
        _ => None,
    }
}

/// One face of a font file, found to be readable.
#[derive(Clone)]
pub struct Font(harfrust::Font);

impl std::fmt::Debug for Font {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Font").field(&self.0.num_glyphs()).finish()
    }
}

impl Font {
    /// The largest fonts in use, for Chinese, have about 30 MB.
    pub const MAX_BYTES: u64 = 48 * 1024 * 1024;

    /// Reads a font file; of a collection its first face, or the one whose number follows the name after a `#`:
    /// `NotoSansCJK-Bold.ttc#2`.
    pub fn open(path: &Path) -> Result<Self, FontError> {
        let (path, face) = split_face(path);
        match bounded::read(&path, Self::MAX_BYTES) {
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => Err(FontError::TooLarge),
            content => Self::face(content?, face),
        }
    }

    /// A font from the bytes of its file; of a collection, its first face.
    pub fn new(data: impl Into<Cow<'static, [u8]>>) -> Result<Self, FontError> {
        Self::face(data, 0)
    }

    /// A face of a font file, counted from 0.
    pub fn face(data: impl Into<Cow<'static, [u8]>>, face: u32) -> Result<Self, FontError> {
        let data = data.into();
        if let Some(kind) = web_font(&data) {
            return Err(FontError::WebFont(kind));
        }
        let count = Format::new(&data).map_or(0, |format| format.num_fonts());
        if count > 0 && face >= count {
            return Err(FontError::NoSuchFace { face, count });
        }
        let font = match data {
            Cow::Borrowed(data) => harfrust::Font::new(data, face),
            Cow::Owned(data) => harfrust::Font::new(data, face),
        };
        let is_whole = |font: &harfrust::Font| font.metrics().raw_units_per_em > 0 && font.num_glyphs() > 0;
        font.filter(is_whole).map(Self).ok_or(FontError::Unusable)
    }

    /// The same at a weight (100 to 900), as far as the font has weights to choose from in one file.
    #[must_use]
    pub fn weighing(&self, weight: u16) -> Self {
        Self(self.0.instance_builder().variations([("wght", f32::from(weight))]).build())
    }

    /// DejaVu Sans Bold, which comes with the program: for titles.
    pub fn bundled_bold() -> Self {
        Self::bundled_as(dejavu::sans::bold())
    }

    /// DejaVu Sans, which comes with the program: for right-to-left scripts, and for what other fonts lack.
    pub fn bundled() -> Self {
        Self::bundled_as(dejavu::sans::regular())
    }

    #[allow(clippy::expect_used, reason = "the file is in the program; each test would end here were it broken")]
    fn bundled_as(data: &'static [u8]) -> Self {
        Self::new(data).expect("the bundled fonts are whole")
    }

    pub(super) fn inner(&self) -> &harfrust::Font {
        &self.0
    }

    pub(super) fn units_per_em(&self) -> f64 {
        f64::from(self.0.units_per_em())
    }

    /// The glyph of a character, if there is one.
    pub(super) fn glyph(&self, character: char) -> Option<GlyphId> {
        self.0.charmap().map_unicode(character).filter(|glyph| *glyph != GlyphId::NOTDEF)
    }

    /// Where the ink of a glyph is, in units; none where nothing is to be seen.
    pub(super) fn ink(&self, glyph: GlyphId) -> Option<GlyphExtents<f32>> {
        let order = if self.is_coloured(glyph) { GlyphSourceOrder::DEFAULT } else { GlyphSourceOrder::OUTLINES };
        let extents = self.0.glyph_metrics().with_extents_source_order(order).extents(glyph)?;
        (extents.width != 0.0 || extents.height != 0.0).then_some(extents)
    }

    /// Whether the glyph is a picture of its own colours.
    pub(super) fn is_coloured(&self, glyph: GlyphId) -> bool {
        self.0.color_glyphs().get(glyph).is_some() || self.bitmap(glyph, None).is_some()
    }

    pub(super) fn bitmap(&self, glyph: GlyphId, size: Option<f32>) -> Option<BitmapGlyph<'_>> {
        let strikes = self.0.bitmap_strikes();
        let is_coloured = strikes.source().is_some_and(|source| source != BitmapSource::Ebdt);
        if is_coloured { strikes.select_bitmap(glyph, size) } else { None }
    }
}

/// A file's path, and the face that is named after it.
fn split_face(path: &Path) -> (Cow<'_, Path>, u32) {
    let named = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.rsplit_once('#'));
    match named.and_then(|(name, face)| Some((name, face.parse().ok()?))) {
        Some((name, face)) => (path.with_file_name(name).into(), face),
        None => (path.into(), 0),
    }
}

/// A font, and the ones that stand in for characters it lacks, in order.
#[derive(Clone, Debug)]
pub struct Fonts(Vec<Arc<Font>>);

impl Fonts {
    pub fn new(font: Arc<Font>) -> Self {
        Self(vec![font])
    }

    /// The same, with one more font to look into for characters that those before lack.
    #[must_use]
    pub fn or(mut self, font: Arc<Font>) -> Self {
        self.0.push(font);
        self
    }

    /// The same, with the font unless it is among them already.
    pub(super) fn or_once(self, font: Arc<Font>) -> Self {
        if self.0.iter().any(|known| Arc::ptr_eq(known, &font)) { self } else { self.or(font) }
    }

    /// The characters of a text that none of the fonts can show, each once.
    pub fn missing_of(&self, text: &str) -> Vec<char> {
        Characters::new(self).missing_of(text)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Font> {
        self.0.get(index).map(Arc::as_ref)
    }

    pub(super) fn first(&self) -> Option<&Font> {
        self.get(0)
    }
}

/// Finds the font and the glyph of characters, and remembers them: outlines of some fonts are slow to look at.
pub(super) struct Characters<'a> {
    fonts: &'a Fonts,
    known: HashMap<char, (usize, GlyphId)>,
}

impl<'a> Characters<'a> {
    pub(super) fn new(fonts: &'a Fonts) -> Self {
        Self { fonts, known: HashMap::new() }
    }

    /// The first font that can show the character, and its glyph there; the first font's "missing" glyph where none can. A
    /// glyph without an outline or a picture shows nothing.
    pub(super) fn find(&mut self, character: char) -> (usize, GlyphId) {
        let fonts = &self.fonts.0;
        *self.known.entry(character).or_insert_with(|| {
            let shows = |font: &Font, glyph| is_blank(character) || font.ink(glyph).is_some();
            let found = fonts.iter().enumerate().find_map(|(index, font)| {
                font.glyph(character).filter(|glyph| shows(font, *glyph)).map(|glyph| (index, glyph))
            });
            found.unwrap_or((0, GlyphId::NOTDEF))
        })
    }

    /// The characters of a text that no font can show, each once.
    pub(super) fn missing_of(&mut self, text: &str) -> Vec<char> {
        let mut missing = Vec::new();
        for character in text.chars().filter(|character| !is_blank(*character)) {
            if self.find(character).1 == GlyphId::NOTDEF && !missing.contains(&character) {
                missing.push(character);
            }
        }
        missing
    }
}

/// Whether nothing is to be seen of the character by itself: spaces, controls, and what Unicode lets renderers ignore.
fn is_blank(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_is_refused_with_the_formats_that_are() {
        let error = Font::new(b"<html>not found</html>".as_slice()).unwrap_err().to_string();
        assert!(error.contains(".ttf"), "{error}");
        for mark in [b"wOFF", b"wOF2"] {
            let error =
                Font::new([mark.as_slice(), b"\0\x01\0\0\0\0\0\x10\0\x01\0\0"].concat()).unwrap_err().to_string();
            assert!(error.contains("web font (WOFF") && error.contains(".otf"), "{error}");
        }
        assert!(matches!(Font::open(Path::new("/nowhere/a.ttf")), Err(FontError::Unreadable(_))));
    }

    /// Fonts in one file.
    fn collection(fonts: &[&[u8]]) -> Vec<u8> {
        let number = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
        let head = 12 + 4 * fonts.len();
        let mut file = [&b"ttcf\0\x01\0\0"[..], &number(fonts.len())].concat();
        file.resize(head, 0);
        for (index, font) in fonts.iter().enumerate() {
            let base = file.len();
            file[12 + 4 * index..16 + 4 * index].copy_from_slice(&number(base));
            file.extend_from_slice(font);
            // Tables are found from the start of the file.
            for table in 0..usize::from(u16::from_be_bytes([font[4], font[5]])) {
                let at = base + 12 + 16 * table + 8;
                let offset = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
                file[at..at + 4].copy_from_slice(&number(base + offset));
            }
            file.resize(file.len().next_multiple_of(4), 0);
        }
        file
    }

    #[test]
    fn a_face_of_a_collection_is_named_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let both = collection(&[dejavu::sans::regular(), dejavu::sans_mono::regular()]);
        std::fs::write(folder.path().join("both.ttc"), both).unwrap();
        let open = |name: &str| Font::open(&folder.path().join(name));
        let has_hebrew = |name: &str| open(name).unwrap().glyph('\u{5d0}').is_some();
        assert_eq!(["both.ttc", "both.ttc#0", "both.ttc#1"].map(has_hebrew), [true, true, false]);
        let error = open("both.ttc#7").unwrap_err().to_string();
        assert!(error.contains("has 2 faces") && error.contains("face 7"), "{error}");
        assert!(matches!(open("a#b.ttf"), Err(FontError::Unreadable(_))), "a name may have the sign");
    }

    #[test]
    fn a_weight_is_followed_by_fonts_that_have_it() {
        let variable = Font::new(font_test_data::VAZIRMATN_VAR).unwrap();
        let glyph = GlyphId::new(1);
        let wide = |font: &Font| font.ink(glyph).unwrap().width;
        assert!(wide(&variable.weighing(900)) > wide(&variable.weighing(100)));
        let fixed = Font::bundled();
        let of = |font: &Font| font.ink(font.glyph('A').unwrap()).unwrap().width;
        assert_eq!(of(&fixed), of(&fixed.weighing(900)));
    }

    #[test]
    fn a_character_comes_from_the_first_font_that_has_it() {
        let mono = Font::new(dejavu::sans_mono::regular()).unwrap();
        let fonts = Fonts::new(mono.into()).or(Font::bundled().into());
        let mut characters = Characters::new(&fonts);
        assert_eq!(characters.find('A').0, 0);
        assert_eq!(characters.find('\u{5d0}').0, 1, "DejaVu Sans Mono has no Hebrew");
        assert_eq!(characters.find('\u{5343}'), (0, GlyphId::NOTDEF), "no bundled font has Chinese");
    }

    /// DejaVu Sans whose glyph of a letter has no outline, as all glyphs of fonts with coloured pictures.
    fn without_outline(letter: char) -> Font {
        let mut data = dejavu::sans::regular().to_vec();
        let glyph = Font::bundled().glyph(letter).unwrap().to_u32() as usize;
        let entry = data.windows(4).position(|tag| tag == b"loca").unwrap();
        let table = u32::from_be_bytes(data[entry + 8..entry + 12].try_into().unwrap()) as usize;
        let at = table + 4 * glyph;
        let next = data[at + 4..at + 8].to_vec();
        data[at..at + 4].copy_from_slice(&next);
        Font::new(data).unwrap()
    }

    #[test]
    fn a_glyph_without_an_outline_shows_nothing() {
        let blind = Arc::new(without_outline('R'));
        let alone = Fonts::new(blind.clone());
        assert_eq!(alone.missing_of("ARROW \u{200b}\u{fe0f}\n"), ['R']);
        let helped = Fonts::new(blind).or(Font::bundled_bold().into());
        let mut characters = Characters::new(&helped);
        assert_eq!((characters.find('A').0, characters.find('R').0, characters.find(' ').0), (0, 1, 0));
        assert!(characters.missing_of("ARROW").is_empty());
    }
}
