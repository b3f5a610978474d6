//! Samples of a font: a line of text as a picture. Layout and limits of the text are upstream's.
//!
//! What is made is kept on disk under a name that holds the font's path, time and size, so that a replaced font is shown anew.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use image::{ImageFormat, Rgb, RgbImage};
use posterizarr_base::disk_cache::DiskCache;
use posterizarr_base::files::short_hex;
use posterizarr_base::said::{Params, Values, values};
use posterizarr_render::text::{Font, FontError, Fonts, Lettering, draw_line};
use sha2::{Digest, Sha256};

/// Bytes on disk; a sample has some ten thousand.
const MAX_SIZE: u64 = 16 * 1024 * 1024;
const MAX_LENGTH: usize = 100;
const USUAL_TEXT: &str = "Aa";
const BACKGROUND: u8 = 42;

/// Why a font cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// Not a font, or one that is compressed for the web.
    #[error("Cannot load font file: {0}")]
    Font(#[from] FontError),
    #[error("the preview cannot be kept: {0}")]
    Disk(#[from] std::io::Error),
}

impl Values for PreviewError {
    fn values(&self) -> Params {
        match self {
            Self::Font(cause) => values([("cause", cause)]),
            Self::Disk(cause) => values([("cause", cause)]),
        }
    }
}

/// The samples on disk. One is made at a time: fonts are large, and who waits for the same one finds it made.
#[derive(Debug)]
pub struct FontPreviews {
    cache: DiskCache,
    making: Mutex<()>,
}

impl FontPreviews {
    /// Kept in this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { cache: DiskCache::new(folder, MAX_SIZE), making: Mutex::new(()) }
    }

    /// The picture of this text in this font, made if need be. Blocks.
    pub fn get(&self, font: &Path, text: &str) -> Result<PathBuf, PreviewError> {
        let text = printable(text);
        let name = name(font, &text)?;
        if let Some(path) = self.cache.get(&name) {
            return Ok(path);
        }
        let _turn = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = self.cache.get(&name) {
            return Ok(path);
        }
        let picture = picture(&Font::open(font)?.into(), &text);
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, ImageFormat::Png).map_err(std::io::Error::other)?;
        Ok(self.cache.put(&name, &png.into_inner())?)
    }
}

fn name(font: &Path, text: &str) -> std::io::Result<String> {
    let found = std::fs::metadata(font)?;
    let changed = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let hash = Sha256::new()
        .chain_update(font.as_os_str().as_encoded_bytes())
        .chain_update([0])
        .chain_update(changed.as_nanos().to_be_bytes())
        .chain_update(found.len().to_be_bytes())
        .chain_update(text)
        .finalize();
    Ok(format!("font_preview_{}.png", short_hex(&hash)))
}

/// What is shown of a text: its first printable characters.
fn printable(text: &str) -> String {
    let text: String = text.chars().filter(|letter| is_printable(*letter)).take(MAX_LENGTH).collect();
    if text.is_empty() { USUAL_TEXT.to_owned() } else { text }
}

/// Neither a control, nor a separator other than the space, nor one of the invisible marks that steer writing.
fn is_printable(letter: char) -> bool {
    let invisible = matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    letter == ' ' || !(letter.is_control() || letter.is_whitespace() || invisible)
}

/// Width, height and size of the letters, by how many there are.
fn layout(letters: usize) -> (u32, u32, u32) {
    match letters {
        0..=6 => (400, 200, 48),
        7..=20 => (600, 150, 36),
        _ => (800, 150, 32),
    }
}

/// White on dark, in the middle; what is wider is cut off at the right.
fn picture(font: &Arc<Font>, text: &str) -> RgbImage {
    let (width, height, size) = layout(text.chars().count());
    let mut picture = RgbImage::from_pixel(width, height, Rgb([BACKGROUND; 3]));
    let Lettering { fill, .. } = draw_line(text, &Fonts::new(font.clone()), size);
    let (left, top) = (width.saturating_sub(fill.width) / 2, height.saturating_sub(fill.height) / 2);
    let rows = fill.values.chunks_exact((fill.width as usize).max(1));
    for (row, y) in rows.zip(top..height) {
        for (covered, x) in row.iter().zip(left..width) {
            picture.put_pixel(x, y, Rgb([blended(*covered); 3]));
        }
    }
    picture
}

fn blended(covered: u8) -> u8 {
    let more = u16::from(u8::MAX - BACKGROUND) * u16::from(covered) / u16::from(u8::MAX);
    BACKGROUND + more as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> (tempfile::TempDir, FontPreviews, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let font = folder.path().join("Sample.ttf");
        std::fs::write(&font, dejavu::sans::regular()).unwrap();
        let previews = folder.path().join("previews");
        std::fs::create_dir(&previews).unwrap();
        (folder, FontPreviews::new(previews), font)
    }

    #[test]
    fn only_printable_letters_are_shown_and_at_most_a_hundred() {
        assert_eq!(printable("a\u{0}b\nc\u{202e}d\u{a0}e f"), "abcde f");
        assert_eq!(printable("\u{200b}\t"), "Aa");
        assert_eq!(printable(&"ü".repeat(500)), "ü".repeat(100));
    }

    #[test]
    fn the_layout_follows_the_length_and_the_letters_are_in_the_middle() {
        let font = Arc::new(Font::bundled());
        for (text, size) in [("AaBbCc", (400, 200)), ("AaBbCcD", (600, 150)), (&"x".repeat(21), (800, 150))] {
            let picture = picture(&font, text);
            assert_eq!(picture.dimensions(), size, "{text}");
            let lit = |x: u32| (0..size.1).any(|y| picture.get_pixel(x, y).0[0] > 200);
            let (first, last) = ((0..size.0).find(|x| lit(*x)).unwrap(), (0..size.0).rfind(|x| lit(*x)).unwrap());
            assert!((first + last).abs_diff(size.0) <= 4, "{text}: {first}..{last}");
        }
    }

    #[test]
    fn text_that_is_too_wide_is_cut_off() {
        let picture = picture(&Arc::new(Font::bundled_bold()), &"W".repeat(100));
        assert_eq!(picture.dimensions(), (800, 150));
        assert!((0..150).any(|y| picture.get_pixel(799, y).0[0] > 200));
    }

    #[test]
    fn a_preview_is_made_once_until_its_font_is_replaced() {
        let (_folder, previews, font) = samples();
        let first = previews.get(&font, "Aa").unwrap();
        let made = std::fs::metadata(&first).unwrap().modified().unwrap();
        assert_eq!(previews.get(&font, "A\u{0}a").unwrap(), first);
        assert_eq!(std::fs::metadata(&first).unwrap().modified().unwrap(), made);
        assert_ne!(previews.get(&font, "Bb").unwrap(), first);
        std::fs::write(&font, dejavu::sans::bold()).unwrap();
        let bold = previews.get(&font, "Aa").unwrap();
        assert_ne!(std::fs::read(&bold).unwrap(), std::fs::read(&first).unwrap());
        assert_eq!(image::open(bold).unwrap().width(), 400);
    }

    #[test]
    fn what_is_no_font_is_told_so() {
        let (_folder, previews, font) = samples();
        std::fs::write(&font, [b"\0\x01\0\0".as_slice(), &[0; 1000]].concat()).unwrap();
        assert!(previews.get(&font, "Aa").unwrap_err().to_string().starts_with("Cannot load font file: "));
    }
}
