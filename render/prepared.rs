//! A design with everything it needs in hand: its fonts and its overlay, read once for many pictures.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use posterizarr_base::said::{Params, Values, values};
use unicode_bidi::{BidiClass, bidi_class};

use crate::{
    badge::{self, Badge, Spacing},
    config::Problem,
    design::{ArtworkKind, Design, TextPart},
    geometry::{Area, Gravity, Size},
    hiding::Hiding,
    legibility::{self, Ground, brightness},
    picture::{Canvas, Colour, DecodeError, EncodeError, Overlay, Source},
    text::{Direction, Font, Fonts, Lenders, Lettering, StandIn, plain, shape, upper_cased},
    title_logo::{LogoError, TitleLogo},
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
    Setting(#[from] Problem),
    #[error(transparent)]
    Overlay(#[from] OverlayError),
    #[error("the logo cannot be used: {0}")]
    Logo(#[from] LogoError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Values for MakeError {
    fn values(&self) -> Params {
        match self {
            Self::Setting(problem) => problem.values(),
            Self::Overlay(cause) => values([("cause", cause)]),
            Self::Logo(cause) => values([("cause", cause)]),
            Self::Encode(cause) => values([("cause", cause)]),
        }
    }
}

/// The folder beside the user's fonts whose fonts lend what those lack.
const LENT: &str = "fallback";

/// The folder with the user's fonts and overlays; each file is read once.
pub struct AssetCache {
    folder: PathBuf,
    /// None for those that cannot be used.
    fonts: HashMap<(String, Option<u16>), Option<Arc<Font>>>,
    lenders: Arc<Lenders>,
    /// For title fonts that are missing.
    stand_in: StandIn,
    overlays: HashMap<String, Arc<Overlay>>,
    warnings: Vec<String>,
}

impl AssetCache {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            fonts: HashMap::new(),
            lenders: Lenders::new(folder.join(LENT), Lenders::system_folders()).into(),
            stand_in: StandIn::of_titles(),
            overlays: HashMap::new(),
            warnings: Vec::new(),
        }
    }

    /// What had to be done in another way than configured, since this was asked last.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Everything for a design.
    pub fn prepared(&mut self, design: &Design) -> Result<PreparedDesign, OverlayError> {
        // Where the reference leaves a blank for a character that the chosen font lacks, others stand in: a title with holes
        // is never what somebody wants, and `config.json` has no switch that could ask for it. Texts whose characters are
        // all there are measured as before.
        let stand_ins = [Font::bundled_bold(), Font::bundled()].map(Arc::new);
        let weight = design.typography.weight;
        let (stand_in, rtl_stand_in) = (self.stand_in.clone(), StandIn::of_right_to_left());
        let font = match &design.font {
            Some(name) => self.font(name, weight, &stand_in),
            None => {
                self.warnings.push(format!("no font is set; {} stands in for it", stand_in.name));
                stand_in.font
            }
        };
        let rtl = match &design.rtl_font {
            Some(name) => self.font(name, weight, &rtl_stand_in),
            None => rtl_stand_in.font,
        };
        Ok(PreparedDesign {
            fonts: Fonts::new(font.clone()),
            rtl_fonts: Fonts::new(rtl).or(font),
            stand_ins,
            lenders: self.lenders.clone(),
            overlay: design.overlay.as_deref().map(|name| self.overlay(name, design)).transpose()?,
            design: design.clone(),
        })
    }

    /// A font of the folder; one that cannot be used is told once, also where it is wanted for both directions.
    fn font(&mut self, name: &str, weight: Option<u16>, stand_in: &StandIn) -> Arc<Font> {
        let key = (name.to_owned(), weight);
        if let Some(font) = self.fonts.get(&key) {
            return font.clone().unwrap_or_else(|| stand_in.font.clone());
        }
        let weighing = |font: Font| weight.map_or_else(|| font.clone(), |weight| font.weighing(weight));
        let font = match Font::open(&self.folder.join(name)) {
            Ok(font) => Some(Arc::new(weighing(font))),
            Err(error) => {
                let (folder, stand_in) = (self.folder.display(), stand_in.name);
                self.warnings.push(format!("the font {name} in {folder}: {error}; {stand_in} stands in for it"));
                None
            }
        };
        self.fonts.insert(key, font.clone());
        font.unwrap_or_else(|| stand_in.font.clone())
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
        let (size, wanted) = (overlay.size(), design.kind.canvas());
        if size != wanted {
            self.warnings.push(format!(
                "the overlay {name} has {size} pixels in place of {wanted}; it is put at the bottom and cut"
            ));
        }
        self.overlays.insert(name.to_owned(), overlay.clone());
        Ok(overlay)
    }
}

/// A design, its fonts and its overlay.
#[derive(Debug)]
pub struct PreparedDesign {
    pub design: Design,
    fonts: Fonts,
    rtl_fonts: Fonts,
    /// For what those and all lenders lack.
    stand_ins: [Arc<Font>; 2],
    lenders: Arc<Lenders>,
    overlay: Option<Arc<Overlay>>,
}

/// A picture enlarged more often than this is seen to be blurred.
const MAX_ENLARGED: f64 = 3.0;

/// What became of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Printed {
    /// It does not fit, even at its smallest size.
    pub truncated: bool,
    /// Characters that no font has, each once; they stay blank.
    pub missing: Vec<char>,
    /// Two texts lie over each other.
    pub overlapping: bool,
    /// The least contrast of a text to what is around it, after it was helped; none where nobody asked for it.
    pub contrast: Option<f64>,
    /// Where the ink is.
    ink: Option<Area>,
}

impl Printed {
    /// What is wrong with the texts, in words.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.truncated {
            complaints.push("the text does not fit, even at its smallest size, and is cut off".to_owned());
        }
        if !self.missing.is_empty() {
            let missing: String = self.missing.iter().collect();
            complaints.push(format!("no font has these characters, they stay blank: {missing}"));
        }
        if let Some(contrast) = self.contrast.filter(|contrast| *contrast < legibility::MIN_CONTRAST) {
            complaints.push(format!(
                "the text can hardly be read: no shadow gives its colour more contrast than {contrast:.1} : 1; choose a brighter or a darker fontcolor"
            ));
        }
        if self.overlapping {
            complaints.push("the two texts lie over each other; change the text_offset of one".to_owned());
        }
        complaints
    }

    /// Takes in what became of another text of the same picture.
    pub fn add(&mut self, other: Self) {
        self.truncated |= other.truncated;
        self.overlapping |= other.overlapping || self.ink.zip(other.ink).is_some_and(|(one, other)| one.meets(other));
        for character in other.missing {
            if !self.missing.contains(&character) {
                self.missing.push(character);
            }
        }
        self.contrast = [self.contrast, other.contrast].into_iter().flatten().reduce(f64::min);
        self.ink = other.ink.or(self.ink);
    }
}

impl PreparedDesign {
    /// The picture brought to its size, under its overlay and in its frame.
    pub fn compose(&self, source: Source) -> Canvas {
        self.compose_hidden(source, None)
    }

    /// The same, so that it gives nothing away.
    pub fn compose_hidden(&self, source: Source, hiding: Option<Hiding>) -> Canvas {
        let mut canvas = Canvas::covered_by(source, self.design.kind.canvas());
        if let Some(hiding) = hiding {
            hiding.apply(&mut canvas);
        }
        self.dress(&mut canvas);
        canvas
    }

    /// What is to be told of a picture that is much too small for this kind of artwork.
    pub fn too_small(&self, source: &Source) -> Option<String> {
        let (size, canvas) = (Size::from(source.pixels.dimensions()), self.design.kind.canvas());
        let times = |wanted: u32, length: u32| f64::from(wanted) / f64::from(length);
        let enlarged = times(canvas.width, size.width).max(times(canvas.height, size.height));
        (enlarged > MAX_ENLARGED)
            .then(|| format!("the picture has only {size} pixels, and is enlarged {enlarged:.1} times to {canvas}"))
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
            all.add(self.print(canvas, &part, &self.wording(&part, text), backdrop));
        }
        all
    }

    /// Puts a logo in the place of the title, or on a season in that of its show's; what else there is to say is printed.
    ///
    /// # Errors
    /// A logo that cannot be used; then nothing is on the canvas yet.
    pub fn letter_with_logo(
        &self,
        canvas: &mut Canvas,
        logo: &TitleLogo,
        colour: Option<Colour>,
        (title, second): (&str, &str),
    ) -> Result<Printed, LogoError> {
        let Some(part) = self.design.logo_part() else { return Ok(self.letter(canvas, title, second, None)) };
        let overlay = Overlay::from(logo.fitted(part.space.size(), colour)?);
        let place = part.place(canvas.size()) + part.gravity.place(overlay.size(), part.space.size());
        canvas.overlay_at(&overlay, place);
        let mut all = Printed { ink: Some(Area { place, size: overlay.size() }), ..Printed::default() };
        let (beside, text) = match self.design.kind {
            ArtworkKind::Season => (Some(self.design.title), title),
            _ => (self.design.second, second),
        };
        if let Some(part) = beside.filter(|part| part.enabled) {
            all.add(self.print(canvas, &part, &self.wording(&part, text), None));
        }
        Ok(all)
    }

    /// Prints a text as it is. A backdrop fills its box first. What does not fit is printed at the smallest size.
    pub fn print(&self, canvas: &mut Canvas, part: &TextPart, text: &str, backdrop: Option<Colour>) -> Printed {
        let place = part.place(canvas.size());
        let space = part.space.size();
        if let Some(colour) = backdrop {
            canvas.fill(place, space, colour);
        }
        if text.trim().is_empty() {
            return Printed::default();
        }
        let fonts = if is_right_to_left(text) { &self.rtl_fonts } else { &self.fonts };
        let typography = self.design.typography;
        let fonts = self.lenders.complete(fonts, &self.stand_ins, text, typography.system_fonts);
        let shaped = shape(text, &fonts, Direction::FromText);
        let fit = shaped.fit(&part.space);
        let fit = if typography.balanced_lines { shaped.balanced(fit, &part.space) } else { fit };
        let shown = Area { place, size: space }.on(canvas.size());
        let lettering = shaped.draw(&fit, &part.space, part.gravity, shown);
        let contrast = self.design.legibility.then(|| helped(canvas, part, &lettering, fit.size)).flatten();
        let ink = canvas.letter(&lettering, part.gravity, place, space, (part.fill, part.stroke));
        Printed { truncated: fit.truncated, missing: shaped.missing().to_vec(), overlapping: false, contrast, ink }
    }

    /// Puts badges on the finished picture, in the font of its title.
    pub fn badges(&self, canvas: &mut Canvas, badges: &[Badge], spacing: Spacing) {
        let words: String = badges.iter().map(|badge| badge.text.as_str()).collect();
        let with_system = self.design.typography.system_fonts;
        let fonts = self.lenders.complete(&self.fonts, &self.stand_ins, &words, with_system);
        badge::draw(canvas, badges, spacing, &fonts);
    }
}

/// Puts a shadow behind the ink of a text that can hardly be read; gives the contrast that it has then, if it has any ink.
fn helped(canvas: &mut Canvas, part: &TextPart, lettering: &Lettering, size: u32) -> Option<f64> {
    let ink = lettering.stroke.as_ref().unwrap_or(&lettering.fill);
    if ink.width == 0 {
        return None;
    }
    // A stroke that is wide enough to be seen is what is around the letters.
    let by_stroke = legibility::contrast(brightness(part.fill.rgb), brightness(part.stroke.rgb));
    if part.space.stroke * WIDE_STROKE >= size && by_stroke >= legibility::MIN_CONTRAST {
        return Some(by_stroke);
    }
    let place = lettering.place(part.gravity, part.place(canvas.size()), part.space.size());
    Some(Ground::around(canvas, ink, place, size / REACH).help(canvas, part.fill))
}

/// A stroke is seen if the text is at most so many times as high.
const WIDE_STROKE: u32 = 40;
/// How far around ink counts, as a part of the text's size.
const REACH: u32 = 8;

/// Whether the first letter belongs to a script that is read from the right.
fn is_right_to_left(text: &str) -> bool {
    let strong =
        text.chars().map(bidi_class).find(|class| matches!(class, BidiClass::L | BidiClass::R | BidiClass::AL));
    matches!(strong, Some(BidiClass::R | BidiClass::AL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        Look,
        tests::{fresh, with},
    };

    fn prepared(document: &crate::config::Document) -> Result<(PreparedDesign, Vec<String>), OverlayError> {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = AssetCache::new(folder.path());
        let prepared = shelf.prepared(Look::read(document).unwrap().design(ArtworkKind::Poster).unwrap())?;
        Ok((prepared, shelf.take_warnings()))
    }

    #[test]
    fn a_missing_font_has_a_stand_in_and_is_told_once() {
        let (_, warnings) = prepared(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("Colus-Regular.ttf") && warnings[0].contains("DejaVu"), "{warnings:?}");
    }

    #[test]
    fn a_display_face_stands_in_for_titles_and_not_for_scripts_that_are_read_from_the_right() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = AssetCache::new(folder.path());
        shelf.stand_in = StandIn::new("Tinos", font_test_data::TINOS_SUBSET).unwrap();
        let look = Look::read(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        for _ in 0..2 {
            let prepared = shelf.prepared(look.design(ArtworkKind::Poster).unwrap()).unwrap();
            assert_eq!(prepared.fonts.missing_of("A\u{5d0}"), ['\u{5d0}'], "the display face");
            assert_eq!(prepared.rtl_fonts.missing_of("A\u{5d0}"), [' '; 0], "DejaVu");
        }
        let warnings = shelf.take_warnings();
        assert!(matches!(warnings.as_slice(), [warning] if warning.contains("Tinos stands in")), "{warnings:?}");
    }

    #[test]
    fn a_missing_overlay_is_an_error_that_names_it() {
        let error = prepared(&fresh()).unwrap_err().to_string();
        assert!(error.contains("overlay-innerglow.png") && error.contains("config.json"), "{error}");
    }

    #[test]
    fn a_title_is_worded_as_it_is_set() {
        let mut document = with("PosterOverlayPart", "AddOverlay", "false");
        document["PrerequisitePart"]["NewLineOnSpecificSymbols"] = "true".into();
        let (prepared, _) = prepared(&document).unwrap();
        assert_eq!(prepared.wording(&prepared.design.title, "\u{201c}Dead\u{201d} - Reckoning"), "\"DEAD\"\nRECKONING");
    }

    /// The lowest ink of a text stands exactly at its offset above the bottom edge.
    #[test]
    fn text_stands_on_its_offset() {
        let (prepared, _) = prepared(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        let mut canvas = Canvas::plain(ArtworkKind::Poster.canvas(), Colour::BLACK);
        let printed = prepared.print(&mut canvas, &prepared.design.title, "The Hobbit", None);
        assert_eq!(printed.complaints(), [""; 0]);
        let lowest = canvas
            .pixels()
            .enumerate_rows()
            .filter(|(_, row)| row.clone().any(|(.., pixel)| pixel.0[0] > 0))
            .map(|(y, _)| y)
            .max();
        assert_eq!(lowest, Some(3000 - 430 - 1));
    }

    #[test]
    fn texts_that_lie_over_each_other_are_told() {
        let mut document = with("PosterOverlayPart", "AddOverlay", "false");
        document["ShowTitleOnSeasonPosterPart"]["AddShowTitletoSeason"] = "true".into();
        document["SeasonPosterOverlayPart"]["AddOverlay"] = "false".into();
        let folder = tempfile::tempdir().unwrap();
        let mut told = |offset: &str| {
            document["ShowTitleOnSeasonPosterPart"]["text_offset"] = offset.into();
            let look = Look::read(&document).unwrap();
            let prepared = AssetCache::new(folder.path()).prepared(look.design(ArtworkKind::Season).unwrap()).unwrap();
            prepared
                .letter(&mut Canvas::plain(ArtworkKind::Season.canvas(), Colour::BLACK), "Season 1", "Dark", None)
                .complaints()
        };
        assert!(told("+400")[0].contains("text_offset"));
        assert_eq!(told("+1500"), [""; 0]);
    }

    /// A red logo of twice the width of its height.
    fn logo() -> TitleLogo {
        let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><rect width="20" height="10" fill="#ff0000"/></svg>"##;
        TitleLogo::decode(svg.as_bytes()).unwrap()
    }

    /// Where anything is on a black canvas: left, top, and the first column and row that are free again.
    fn inked(canvas: &Canvas) -> (u32, u32, u32, u32) {
        let inked = canvas.pixels().enumerate_pixels().filter(|(.., pixel)| pixel.0 != [0; 3]);
        inked.fold((u32::MAX, u32::MAX, 0, 0), |(left, top, right, bottom), (x, y, _)| {
            (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1))
        })
    }

    #[test]
    fn a_logo_stands_in_the_box_of_the_title_where_its_gravity_says() {
        for (gravity, offset, place) in [
            ("south", "+430", (500, 2070, 1500, 2570)),
            ("center", "+430", (500, 2070, 1500, 2570)),
            ("SouthWest", "+430", (50, 2070, 1050, 2570)),
            ("east", "-30", (950, 2530, 1950, 3000)),
        ] {
            let mut document = with("PosterOverlayPart", "AddOverlay", "false");
            document["PosterOverlayPart"]["TextGravity"] = gravity.into();
            document["PosterOverlayPart"]["text_offset"] = offset.into();
            // A logo needs no switch for text.
            document["PosterOverlayPart"]["AddText"] = "false".into();
            let (prepared, _) = prepared(&document).unwrap();
            let mut canvas = Canvas::plain(Size::new(2000, 3000), Colour::BLACK);
            prepared.letter_with_logo(&mut canvas, &logo(), None, ("Heat", "")).unwrap();
            assert_eq!(inked(&canvas), place, "{gravity} {offset}");
        }
    }

    #[test]
    fn on_a_season_the_logo_is_that_of_the_show_and_the_season_is_printed() {
        let mut document = with("PosterOverlayPart", "AddOverlay", "false");
        document["SeasonPosterOverlayPart"]["AddOverlay"] = "false".into();
        let folder = tempfile::tempdir().unwrap();
        let mut colours = |switch: &str| {
            document["ShowTitleOnSeasonPosterPart"]["AddShowTitletoSeason"] = switch.into();
            let look = Look::read(&document).unwrap();
            let prepared = AssetCache::new(folder.path()).prepared(look.design(ArtworkKind::Season).unwrap()).unwrap();
            let mut canvas = Canvas::plain(Size::new(2000, 3000), Colour::BLACK);
            prepared.letter_with_logo(&mut canvas, &logo(), None, ("Season 1", "Dark")).unwrap();
            let has = |colour: [u8; 3]| canvas.pixels().pixels().any(|pixel| pixel.0 == colour);
            (has([255, 0, 0]), has([255, 255, 255]))
        };
        assert_eq!((colours("true"), colours("false")), ((true, true), (false, true)));
    }

    #[test]
    fn a_title_on_a_bright_picture_is_helped_where_that_is_wanted() {
        let (mut prepared, _) = prepared(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        let printed = |prepared: &PreparedDesign, ground: [u8; 3]| {
            let mut canvas = Canvas::plain(Size::new(2000, 3000), Colour::opaque(ground));
            (prepared.letter(&mut canvas, "Heat", "", None), canvas)
        };
        let darker = |canvas: &Canvas| canvas.pixels().pixels().filter(|pixel| pixel.0[0] < 0xd0).count();
        let (plain, canvas) = printed(&prepared, [0xe0; 3]);
        assert_eq!((plain.contrast, darker(&canvas)), (None, 0), "it is off");
        prepared.design.legibility = true;
        let (helped, canvas) = printed(&prepared, [0xe0; 3]);
        assert!(helped.contrast.unwrap() >= legibility::MIN_CONTRAST && darker(&canvas) > 50_000, "{helped:?}");
        assert_eq!(helped.complaints(), [""; 0]);
        let (legible, canvas) = printed(&prepared, [0x20; 3]);
        assert!(legible.contrast.unwrap() > 10.0);
        assert!(canvas.pixels().pixels().all(|pixel| pixel.0[0] >= 0x20), "nothing is darkened");
        // A stroke that is seen is help enough.
        prepared.design.title.space.stroke = 16;
        let (stroked, _) = printed(&prepared, [0xe0; 3]);
        assert!(stroked.contrast.unwrap() > 20.0, "{stroked:?}");
    }

    #[test]
    fn a_picture_that_is_much_too_small_is_told() {
        let (prepared, _) = prepared(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        let told = |width, height| {
            prepared.too_small(&Source { pixels: image::RgbImage::new(width, height), had_alpha: false })
        };
        assert!(told(300, 450).is_some_and(|told| told.contains("300x450") && told.contains("6.7 times")));
        assert_eq!((told(680, 1000), told(1000, 1500)), (None, None));
        assert!(told(2000, 100).is_some(), "one side is enough");
    }

    #[test]
    fn what_the_title_font_lacks_comes_from_the_folder_fallback() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(LENT)).unwrap();
        let lender = folder.path().join(LENT).join("hands.ttf");
        std::fs::write(lender, font_test_data::NOTO_HANDWRITING_SBIX).unwrap();
        // DejaVu has the sign, too, without colours; it comes after those in the folder.
        std::fs::write(folder.path().join("Colus-Regular.ttf"), font_test_data::TINOS_SUBSET).unwrap();
        let look = Look::read(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        let prepared = AssetCache::new(folder.path()).prepared(look.design(ArtworkKind::Poster).unwrap()).unwrap();
        let mut canvas = Canvas::plain(Size::new(2000, 3000), Colour::BLACK);
        let printed = prepared.letter(&mut canvas, "Write \u{270d}", "", None);
        assert!(printed.missing.is_empty(), "{printed:?}");
        let coloured = canvas.pixels().pixels().filter(|pixel| pixel.0[0].abs_diff(pixel.0[2]) > 60).count();
        assert!(coloured > 1000, "the sign has its colours: {coloured}");
    }

    #[test]
    fn a_missing_character_is_told_also_of_the_second_text() {
        let (prepared, _) = prepared(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
        let mut canvas = Canvas::plain(Size::new(2000, 3000), Colour::BLACK);
        let told = prepared.letter(&mut canvas, "\u{5343}A\u{5343}", "", None).complaints();
        assert_eq!(told, ["no font has these characters, they stay blank: \u{5343}"]);
    }

    /// Every value at its greatest, as saving takes it, and a long text: the box has 900 million pixels.
    #[test]
    fn the_largest_box_and_the_largest_text_take_no_more_than_the_canvas() {
        let mut document = with("PosterOverlayPart", "AddOverlay", "false");
        for (key, value) in [
            ("MaxWidth", "30000"),
            ("MaxHeight", "30000"),
            ("minPointSize", "5000"),
            ("maxPointSize", "5000"),
            ("AddTextStroke", "true"),
            ("strokewidth", "1000"),
            ("lineSpacing", "1000"),
            ("text_offset", "-13000"),
        ] {
            document["PosterOverlayPart"][key] = value.into();
        }
        let (prepared, _) = prepared(&document).unwrap();
        let mut canvas = Canvas::plain(Size::new(2000, 3000), Colour::opaque([9, 99, 199]));
        prepared.letter(&mut canvas, "THE HOBBIT IS A GREAT MOVIE THAT WE ALL LOVED AND ENJOYED WATCHING", "", None);
        let is_inked = |pixel: &image::Rgb<u8>| pixel.0 != Colour::opaque([9, 99, 199]).rgb;
        assert!(canvas.pixels().pixels().any(is_inked), "the text covers the middle of its box");
    }

    #[test]
    fn hostile_titles_are_printed_as_they_are() {
        let (prepared, _) = prepared(&with("PosterOverlayPart", "AddOverlay", "false")).unwrap();
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
            let mut canvas = Canvas::plain(Size::new(2000, 1000), Colour::BLACK);
            let worded = prepared.wording(&prepared.design.title, title);
            prepared.print(&mut canvas, &prepared.design.title, &worded, None);
        }
        assert!(!std::fs::exists("/tmp/owned").unwrap());
    }
}
