//! A design with everything it needs in hand: its fonts and its overlay, read once for many pictures.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use unicode_bidi::{BidiClass, bidi_class};

use crate::{
    design::{Design, TextPart},
    geometry::Gravity,
    picture::{Canvas, Colour, DecodeError, EncodeError, Overlay, Source},
    text::{Direction, Font, Fonts, plain, shape, upper_cased},
};

/// Why a design cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("the overlay {name} cannot be used: {cause}; put it into {}, or choose another in config.json", folder.display())]
pub struct OverlayError {
    name: String,
    folder: PathBuf,
    cause: DecodeError,
}

/// Why a picture cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    #[error(transparent)]
    Overlay(#[from] OverlayError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// The folder with the user's fonts and overlays; each file is read once.
pub struct Shelf {
    folder: PathBuf,
    fonts: HashMap<String, Arc<Font>>,
    overlays: HashMap<String, Arc<Overlay>>,
    warnings: Vec<String>,
}

impl Shelf {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), fonts: HashMap::new(), overlays: HashMap::new(), warnings: Vec::new() }
    }

    /// What had to be done in another way than configured, since this was asked last.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Everything for a design.
    pub fn kit(&mut self, design: &Design) -> Result<Kit, OverlayError> {
        // Where the reference leaves a blank for a character that the chosen font lacks, the bundled fonts stand in: a title
        // with holes is never what somebody wants, and `config.json` has no switch that could ask for it. Texts whose
        // characters are all there are measured as before.
        let fallbacks = [Font::bundled_bold(), Font::bundled()].map(Arc::new);
        let [bold, regular] = &fallbacks;
        let font = self.font(&design.font, bold);
        let rtl = self.font(&design.rtl_font, bold);
        let with_fallbacks = |font| Fonts::new(font).or(bold.clone()).or(regular.clone());
        Ok(Kit {
            fonts: with_fallbacks(font.clone()),
            rtl_fonts: Fonts::new(rtl).or(font).or(bold.clone()).or(regular.clone()),
            overlay: design.overlay.as_deref().map(|name| self.overlay(name, design)).transpose()?,
            design: design.clone(),
        })
    }

    fn font(&mut self, name: &str, stand_in: &Arc<Font>) -> Arc<Font> {
        if let Some(font) = self.fonts.get(name) {
            return font.clone();
        }
        let font = Font::open(&self.folder.join(name)).map(Arc::new).unwrap_or_else(|error| {
            let folder = self.folder.display();
            self.warnings.push(format!("the font {name} in {folder}: {error}; DejaVu Sans Bold stands in for it"));
            stand_in.clone()
        });
        self.fonts.insert(name.to_owned(), font.clone());
        font
    }

    fn overlay(&mut self, name: &str, design: &Design) -> Result<Arc<Overlay>, OverlayError> {
        if let Some(overlay) = self.overlays.get(name) {
            return Ok(overlay.clone());
        }
        let overlay = Overlay::open(&self.folder.join(name)).map(Arc::new).map_err(|cause| OverlayError {
            name: name.to_owned(),
            folder: self.folder.clone(),
            cause,
        })?;
        let ((width, height), (wanted_width, wanted_height)) = (overlay.size(), design.kind.canvas());
        if (width, height) != (wanted_width, wanted_height) {
            self.warnings.push(format!(
                "the overlay {name} has {width}x{height} pixels in place of {wanted_width}x{wanted_height}; it is put at the bottom and cut"
            ));
        }
        self.overlays.insert(name.to_owned(), overlay.clone());
        Ok(overlay)
    }
}

/// A design, its fonts and its overlay.
#[derive(Debug)]
pub struct Kit {
    pub design: Design,
    fonts: Fonts,
    rtl_fonts: Fonts,
    overlay: Option<Arc<Overlay>>,
}

/// What became of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// It does not fit, even at its smallest size.
    pub truncated: bool,
    /// Characters that no font has.
    pub missing: Vec<char>,
}

impl Kit {
    /// The picture brought to its size, under its overlay and in its frame.
    pub fn compose(&self, source: &Source) -> Canvas {
        let mut canvas = Canvas::covered_by(source, self.design.kind.canvas());
        self.dress(&mut canvas);
        canvas
    }

    /// Adds overlay and frame.
    pub fn dress(&self, canvas: &mut Canvas) {
        if let Some(overlay) = &self.overlay {
            canvas.overlay(overlay, Gravity::SOUTH);
        }
        if let Some(border) = self.design.border {
            canvas.frame(border.width, border.colour);
        }
    }

    /// A title as it is printed: with plain quotes, in capitals and in lines, as far as that is set.
    pub fn wording(&self, part: &TextPart, title: &str) -> String {
        let plain = plain(title);
        let cased = if part.capitals { upper_cased(&plain) } else { plain };
        match &self.design.breaks {
            Some(breaks) => breaks.apply(&cased),
            None => cased,
        }
    }

    /// Prints the texts that are wanted, worded. A backdrop fills their boxes first.
    pub fn letter(&self, canvas: &mut Canvas, title: &str, second: &str, backdrop: Option<Colour>) -> Printed {
        let parts = [(Some(self.design.title), title), (self.design.second, second)];
        let mut all = Printed::default();
        for (part, text) in
            parts.into_iter().filter_map(|(part, text)| Some((part?, text))).filter(|(part, _)| part.enabled)
        {
            let printed = self.print(canvas, &part, &self.wording(&part, text), backdrop);
            all.truncated |= printed.truncated;
            all.missing.extend(printed.missing);
        }
        all
    }

    /// Prints a text as it is. A backdrop fills its box first. What does not fit is printed at the smallest size.
    pub fn print(&self, canvas: &mut Canvas, part: &TextPart, text: &str, backdrop: Option<Colour>) -> Printed {
        let place = part.place(canvas.size());
        let space = (part.space.width, part.space.height);
        if let Some(colour) = backdrop {
            canvas.fill(place, space, colour);
        }
        if text.trim().is_empty() {
            return Printed::default();
        }
        let fonts = if is_right_to_left(text) { &self.rtl_fonts } else { &self.fonts };
        let shaped = shape(text, fonts, Direction::FromText);
        let fit = shaped.fit(&part.space);
        let lettering = shaped.draw(&fit, &part.space, part.gravity);
        canvas.letter(&lettering, part.gravity, place, space, (part.fill, part.stroke));
        Printed { truncated: fit.truncated, missing: shaped.missing().to_vec() }
    }
}

/// Whether the first letter belongs to a script that is read from the right.
fn is_right_to_left(text: &str) -> bool {
    let strong =
        text.chars().map(bidi_class).find(|class| matches!(class, BidiClass::L | BidiClass::R | BidiClass::AL));
    matches!(strong, Some(BidiClass::R | BidiClass::AL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{
            Look,
            tests::{fresh, with},
        },
        design::Kind,
    };

    fn kit(document: &crate::config::Document) -> Result<(Kit, Vec<String>), OverlayError> {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::new(folder.path());
        let kit = shelf.kit(Look::read(document).unwrap().design(Kind::Poster))?;
        Ok((kit, shelf.take_warnings()))
    }

    #[test]
    fn a_missing_font_has_a_stand_in_and_is_told_once() {
        let (_, warnings) = kit(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("Colus-Regular.ttf") && warnings[0].contains("DejaVu"), "{warnings:?}");
    }

    #[test]
    fn a_missing_overlay_is_an_error_that_names_it() {
        let error = kit(&fresh()).unwrap_err().to_string();
        assert!(error.contains("overlay-innerglow.png") && error.contains("config.json"), "{error}");
    }

    #[test]
    fn a_title_is_worded_as_it_is_set() {
        let mut document = with("PosterOverlayPart", "AddOverlay", "false");
        document["PrerequisitePart"]["NewLineOnSpecificSymbols"] = "true".into();
        let (kit, _) = kit(&document).unwrap();
        assert_eq!(kit.wording(&kit.design.title, "\u{201c}Dead\u{201d} - Reckoning"), "\"DEAD\"\nRECKONING");
    }

    /// The lowest ink of a text stands exactly at its offset above the bottom edge.
    #[test]
    fn text_stands_on_its_offset() {
        let (kit, _) = kit(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        let mut canvas = Canvas::plain(Kind::Poster.canvas(), Colour::BLACK);
        let printed = kit.print(&mut canvas, &kit.design.title, "The Hobbit", None);
        assert_eq!(printed, Printed::default());
        let lowest = canvas
            .pixels()
            .enumerate_rows()
            .filter(|(_, row)| row.clone().any(|(.., pixel)| pixel.0[0] > 0))
            .map(|(y, _)| y)
            .max();
        assert_eq!(lowest, Some(3000 - 430 - 1));
    }

    #[test]
    fn hostile_titles_are_printed_as_they_are() {
        let (kit, _) = kit(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        for title in [
            "$(touch /tmp/owned)",
            "\"'`\\n %f %[EXIF:*] @/etc/passwd",
            "@/etc/passwd",
            "\n\n\r\t\0",
            "\u{1f600}\u{1f468}\u{200d}\u{1f469}",
            "\u{627}\u{644}\u{633}\u{644}\u{627}\u{645} \u{639}\u{644}\u{64a}\u{643}\u{645}",
            "\u{5343}\u{3068}\u{5343}\u{5c0b}",
            "a\u{301}\u{302}\u{303}\u{304}",
            "\u{202e}abc\u{202c}",
            &"x".repeat(10_000),
            &"\u{5343}".repeat(10_000),
            &"ab ".repeat(3_334),
            "   ",
        ] {
            let mut canvas = Canvas::plain((2000, 1000), Colour::BLACK);
            let worded = kit.wording(&kit.design.title, title);
            kit.print(&mut canvas, &kit.design.title, &worded, None);
        }
        assert!(!std::fs::exists("/tmp/owned").unwrap());
    }
}
