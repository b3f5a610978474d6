//! Font files, and which font draws a character.

use std::{borrow::Cow, path::Path, sync::Arc};

use rustybuzz::ttf_parser::{Face, GlyphId};

/// Why a file is no font to us.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    #[error("the font cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("the font cannot be used: {0}; TrueType and OpenType (.ttf .otf .ttc .otc) are")]
    Unusable(#[from] rustybuzz::ttf_parser::FaceParsingError),
    #[error("the font has {0} bytes, more than the {max} that a font may have", max = Font::MAX_BYTES)]
    TooLarge(u64),
}

/// A font file whose first face has been found to be readable.
#[derive(Debug)]
pub struct Font {
    data: Cow<'static, [u8]>,
}

impl Font {
    /// The largest fonts in use, for Chinese, have about 30 MB.
    const MAX_BYTES: u64 = 64 * 1024 * 1024;

    /// Reads a font file; of a collection, its first face.
    pub fn open(path: &Path) -> Result<Self, FontError> {
        let length = std::fs::metadata(path)?.len();
        if length > Self::MAX_BYTES {
            return Err(FontError::TooLarge(length));
        }
        Self::new(std::fs::read(path)?)
    }

    /// A font from the bytes of its file.
    pub fn new(data: impl Into<Cow<'static, [u8]>>) -> Result<Self, FontError> {
        let data = data.into();
        Face::parse(&data, 0)?;
        Ok(Self { data })
    }

    /// DejaVu Sans Bold, which comes with the program: for titles.
    pub fn bundled_bold() -> Self {
        Self { data: Cow::Borrowed(dejavu::sans::bold()) }
    }

    /// DejaVu Sans, which comes with the program: for right-to-left scripts, and for what other fonts lack.
    pub fn bundled() -> Self {
        Self { data: Cow::Borrowed(dejavu::sans::regular()) }
    }

    /// The parsed font. Parsing only finds the tables, so it is cheap; `None` cannot happen after [`Font::new`].
    pub(super) fn face(&self) -> Option<Face<'_>> {
        Face::parse(&self.data, 0).ok()
    }

    /// The font as the shaper wants it.
    pub(super) fn shaping_face(&self) -> Option<rustybuzz::Face<'_>> {
        rustybuzz::Face::from_slice(&self.data, 0)
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
    pub fn or(mut self, font: Arc<Font>) -> Self {
        self.0.push(font);
        self
    }

    pub(super) fn get(&self, index: usize) -> Option<&Font> {
        self.0.get(index).map(Arc::as_ref)
    }

    pub(super) fn faces(&self) -> Vec<Face<'_>> {
        self.0.iter().filter_map(|font| font.face()).collect()
    }
}

/// The font that has the character, and its glyph there; the first font's "missing" glyph where none has it.
pub(super) fn glyph_for(faces: &[Face<'_>], character: char) -> (usize, GlyphId) {
    faces
        .iter()
        .enumerate()
        .find_map(|(index, face)| face.glyph_index(character).map(|glyph| (index, glyph)))
        .unwrap_or((0, GlyphId(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_is_refused_with_the_formats_that_are() {
        let error = Font::new(b"<html>not found</html>".as_slice()).unwrap_err().to_string();
        assert!(error.contains(".ttf"), "{error}");
        assert!(matches!(Font::open(Path::new("/nowhere/a.ttf")), Err(FontError::Unreadable(_))));
    }

    #[test]
    fn a_character_comes_from_the_first_font_that_has_it() {
        let fonts =
            Fonts::new(Arc::new(Font { data: Cow::Borrowed(dejavu::sans_mono::regular()) })).or(Font::bundled().into());
        let faces = fonts.faces();
        assert_eq!(glyph_for(&faces, 'A').0, 0);
        assert_eq!(glyph_for(&faces, '\u{5d0}').0, 1, "DejaVu Sans Mono has no Hebrew");
        assert_eq!(glyph_for(&faces, '\u{5343}'), (0, GlyphId(0)), "no bundled font has Chinese");
    }
}
