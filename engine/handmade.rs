//! Pictures made by hand: a given picture in the design of its kind, with its texts. The manual mode makes assets of them;
//! they can also be looked at before.

use std::path::Path;

use crate::{
    arguments::{Card, Manual, plain_value},
    config::Look,
    design::Kind,
    kit::{Kit, MakeError, Printed, Shelf},
    naming::{Episode, season_number},
    picture::{Canvas, Source, encode},
};

/// What a picture made by hand is to be, and to say.
#[derive(Debug, Clone)]
pub struct Handmade {
    kind: Kind,
    title: String,
    /// The season's name, for its poster.
    season: String,
    /// The place in its show, for a title card; nothing tells it where it is not known.
    episode: Option<Episode>,
}

/// A picture that is made.
#[derive(Debug)]
pub struct Made {
    /// The JPEG.
    pub file: Vec<u8>,
    /// Whether a text does not fit, even at its smallest size.
    pub truncated: bool,
    /// What had to be done in another way than configured or asked for.
    pub warnings: Vec<String>,
}

impl From<&Manual> for Handmade {
    fn from(manual: &Manual) -> Self {
        let (season, episode) = match &manual.card {
            Card::Season { name, .. } => (name.clone(), None),
            Card::Episode(episode) => (String::new(), Some(*episode)),
            Card::Poster | Card::Background | Card::Collection => (String::new(), None),
        };
        Self { kind: manual.card.kind(), title: manual.title.clone(), season, episode }
    }
}

impl Handmade {
    /// With the texts as a manual run is given them, except that any may be missing: then it is not on the picture.
    pub fn new(kind: Kind, title: &str, season: &str, episode: &str) -> Self {
        let [title, season, episode] = [title, season, episode].map(plain_value);
        let place = season_number(&season).zip(episode.parse().ok());
        Self { kind, title, season, episode: place.map(|(season, episode)| Episode { season, episode }) }
    }

    /// Makes it of a picture. Fonts and overlays come from the folder.
    pub fn make(&self, source: &Source, look: &Look, folder: &Path) -> Result<Made, MakeError> {
        let design = look.design(self.kind);
        if !look.processing {
            let canvas = Canvas::covered_by(source, design.kind.canvas());
            let file = encode(canvas.pixels(), look.quality, false)?;
            return Ok(Made { file, truncated: false, warnings: Vec::new() });
        }
        let mut shelf = Shelf::new(folder);
        let kit = shelf.kit(design)?;
        let mut canvas = kit.compose(source);
        let (title, second) = self.texts(look, &kit);
        let printed = kit.letter(&mut canvas, title, &second, None);
        let mut warnings = shelf.take_warnings();
        warnings.extend(self.complaints(&printed));
        let file = encode(canvas.pixels(), look.quality, true)?;
        Ok(Made { file, truncated: printed.truncated, warnings })
    }

    /// What belongs on this kind of picture.
    fn texts(&self, look: &Look, kit: &Kit) -> (&str, String) {
        let show_has_box = kit.design.second.is_some_and(|part| part.enabled);
        let (show, season) = without_season(&self.title);
        match self.kind {
            Kind::Poster | Kind::Background => (&self.title, String::new()),
            Kind::Collection => (&self.title, look.collection_word.clone()),
            // The show's title has a box of its own: then the first is for the season.
            Kind::Season if show_has_box => (season.unwrap_or(&self.season), show.to_owned()),
            Kind::Season => (show, String::new()),
            Kind::TitleCard => {
                let line = self.episode.map(|place| look.episode_line(place.season, place.episode));
                (&self.title, line.unwrap_or_default())
            }
        }
    }

    fn complaints(&self, printed: &Printed) -> impl Iterator<Item = String> {
        let cut = printed.truncated.then(|| format!("the text of {} does not fit and is cut off", self.title));
        let missing: String = printed.missing.iter().collect();
        let blank = (!missing.is_empty()).then(|| format!("no font has these characters, they stay blank: {missing}"));
        cut.into_iter().chain(blank)
    }
}

/// `Dark | Season 1`, in either order: the show, and the season where the title names one.
pub(crate) fn without_season(title: &str) -> (&str, Option<&str>) {
    match title.split_once('|').map(|(one, other)| (one.trim(), other.trim())) {
        Some((show, season)) if season_number(season).is_some() => (show, Some(season)),
        Some((season, show)) if season_number(season).is_some() => (show, Some(season)),
        _ => (title, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::tests::with, picture::decode};

    #[test]
    fn a_season_in_the_title_is_not_printed_as_the_title() {
        assert_eq!(without_season("Dark | Season 1"), ("Dark", Some("Season 1")));
        assert_eq!(without_season("Specials | Dark"), ("Dark", Some("Specials")));
        assert_eq!(without_season("Face|Off"), ("Face|Off", None));
        assert_eq!(without_season("Dark"), ("Dark", None));
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let look = Look::read(&with("ShowTitleOnSeasonPosterPart", "AddShowTitletoSeason", "true")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        crate::overlays::put_missing(folder.path()).unwrap();
        for (kind, [title, season, episode], expected) in [
            (Kind::TitleCard, [" \"Lies\" ", "Season 1", " 2 "], ("Lies", "Season 1 \u{2022} Episode 2")),
            (Kind::TitleCard, ["Lies", "Season 1", ""], ("Lies", "")),
            (Kind::TitleCard, ["Lies", "", "2"], ("Lies", "")),
            (Kind::TitleCard, ["Lies", "Seas", "two"], ("Lies", "")),
            (Kind::Season, ["Dark", "Season 1", ""], ("Season 1", "Dark")),
            (Kind::Season, ["", "Season 1", ""], ("Season 1", "")),
            (Kind::Poster, ["", "Season 1", "2"], ("", "")),
            (Kind::Collection, ["Alien", "", ""], ("Alien", "Collection")),
        ] {
            let kit = Shelf::new(folder.path()).kit(look.design(kind)).unwrap();
            let handmade = Handmade::new(kind, title, season, episode);
            let (title, second) = handmade.texts(&look, &kit);
            assert_eq!((title, second.as_str()), expected, "{handmade:?}");
        }
    }

    #[test]
    fn without_processing_a_picture_is_brought_to_its_size_and_nothing_else() {
        let look = Look::read(&with("OverlayPart", "ImageProcessing", "false")).unwrap();
        let source = Source { pixels: image::RgbImage::from_pixel(20, 30, image::Rgb([200; 3])), had_alpha: false };
        let nothing = tempfile::tempdir().unwrap();
        let made = Handmade::new(Kind::Poster, "Heat", "", "").make(&source, &look, nothing.path()).unwrap();
        let pixels = decode(&made.file).unwrap().pixels;
        assert_eq!(pixels.dimensions(), Kind::Poster.canvas());
        assert!(pixels.pixels().all(|pixel| pixel.0.iter().all(|channel| channel.abs_diff(200) < 3)));
        assert!(made.warnings.is_empty(), "{:?}", made.warnings);
    }
}
