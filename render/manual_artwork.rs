//! Pictures made by hand: a given picture in the design of its kind, with its texts. The manual mode makes assets of them;
//! they can also be looked at before.

use std::path::Path;

use posterizarr_base::artwork::{Episode, season_number};

use crate::{
    config::Look,
    design::ArtworkKind,
    picture::{Canvas, Source, encode},
    prepared::{AssetCache, MakeError, PreparedDesign},
    title_logo::TitleLogo,
};

/// What a picture made by hand is to be, and to say.
#[derive(Debug, Clone)]
pub struct ManualArtwork {
    pub kind: ArtworkKind,
    pub title: String,
    /// The season's name, for its poster.
    pub season: String,
    /// The place in its show, for a title card; nothing tells it where it is not known.
    pub episode: Option<Episode>,
    /// Whether a poster or a background is a show's, which may have an overlay of its own.
    pub of_show: bool,
}

/// A picture that is made.
#[derive(Debug)]
pub struct Rendered {
    /// A JPEG.
    pub file: Vec<u8>,
    /// Whether a text does not fit, even at its smallest size.
    pub truncated: bool,
    /// The characters of its texts that no font has, each once; they stay blank.
    pub missing: Vec<char>,
    /// What had to be done in another way than configured or asked for.
    pub warnings: Vec<String>,
}

impl ManualArtwork {
    /// With the texts as a manual run is given them, except that any may be missing: then it is not on the picture.
    pub fn new(kind: ArtworkKind, title: &str, season: &str, episode: &str) -> Self {
        let [title, season, episode] = [title, season, episode].map(plain_value);
        let place = season_number(&season).zip(episode.parse().ok());
        let episode = place.map(|(season, episode)| Episode { season, episode });
        Self { kind, title, season, episode, of_show: false }
    }

    /// Makes it of a picture, with a logo in the place of the title where there is one. Fonts and overlays come from the folder.
    pub fn make(
        &self,
        source: Source,
        logo: Option<&TitleLogo>,
        look: &Look,
        folder: &Path,
    ) -> Result<Rendered, MakeError> {
        if !look.processing {
            let canvas = Canvas::covered_by(source, self.kind.canvas());
            let file = encode(canvas.pixels(), look.quality, false)?;
            return Ok(Rendered { file, truncated: false, missing: Vec::new(), warnings: Vec::new() });
        }
        let mut shelf = AssetCache::new(folder);
        let design = look.design(self.kind)?.clone();
        let prepared = shelf.prepared(&if self.of_show { design.of_show() } else { design })?;
        let too_small = prepared.too_small(&source);
        let mut canvas = prepared.compose(source);
        let (title, second) = self.texts(look, &prepared);
        let printed = match logo {
            Some(logo) => prepared.letter_with_logo(&mut canvas, logo, look.logo_colour, (title, &second))?,
            None => prepared.letter(&mut canvas, title, &second, None),
        };
        let mut warnings = shelf.take_warnings();
        warnings.extend(too_small);
        warnings.extend(printed.complaints());
        let file = encode(canvas.pixels(), look.quality, true)?;
        Ok(Rendered { file, truncated: printed.truncated, missing: printed.missing, warnings })
    }

    /// What belongs on this kind of picture.
    fn texts(&self, look: &Look, prepared: &PreparedDesign) -> (&str, String) {
        let show_has_box = prepared.design.second.is_some_and(|part| part.enabled);
        let (show, season) = without_season(&self.title);
        match self.kind {
            ArtworkKind::Poster | ArtworkKind::Background => (&self.title, String::new()),
            ArtworkKind::Collection => (&self.title, look.collection_word.clone()),
            // The show's title has a box of its own: then the first is for the season.
            ArtworkKind::Season if show_has_box => (season.unwrap_or(printed_season(&self.season)), show.to_owned()),
            ArtworkKind::Season => (show, String::new()),
            ArtworkKind::TitleCard => {
                let line = self.episode.map(|place| look.episode_line(place.season, place.episode));
                (&self.title, line.unwrap_or_default())
            }
        }
    }
}

/// A value as it counts: without quotes and outer blanks.
pub fn plain_value(value: &str) -> String {
    value.replace('"', "").trim().to_owned()
}

/// `Dark | Season 1`, in either order: the show, and the season where the title names one.
pub fn without_season(title: &str) -> (&str, Option<&str>) {
    match title.split_once('|').map(|(one, other)| (one.trim(), other.trim())) {
        Some((show, season)) if season_number(season).is_some() => (show, Some(season)),
        Some((season, show)) if season_number(season).is_some() => (show, Some(season)),
        _ => (title, None),
    }
}

/// What is printed of a season's name: of `Book One | Season 01` the part that is not there for the number alone.
fn printed_season(name: &str) -> &str {
    match name.split_once('|').map(|(one, other)| (one.trim(), other.trim())) {
        Some((own, number)) if season_number(own).is_none() && season_number(number).is_some() && !own.is_empty() => {
            own
        }
        Some((number, own)) if season_number(number).is_some() && season_number(own).is_none() && !own.is_empty() => {
            own
        }
        _ => name,
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
            (ArtworkKind::TitleCard, [" \"Lies\" ", "Season 1", " 2 "], ("Lies", "Season 1 \u{2022} Episode 2")),
            (ArtworkKind::TitleCard, ["Lies", "Season 1", ""], ("Lies", "")),
            (ArtworkKind::TitleCard, ["Lies", "", "2"], ("Lies", "")),
            (ArtworkKind::TitleCard, ["Lies", "Seas", "two"], ("Lies", "")),
            (ArtworkKind::Season, ["Dark", "Season 1", ""], ("Season 1", "Dark")),
            (ArtworkKind::Season, ["", "Season 1", ""], ("Season 1", "")),
            (ArtworkKind::Season, ["Avatar", "Book One | Season 01", ""], ("Book One", "Avatar")),
            (ArtworkKind::Season, ["Avatar", "Season 01 | Book One", ""], ("Book One", "Avatar")),
            (ArtworkKind::Season, ["Avatar", "Book 1 | Season 01", ""], ("Book 1 | Season 01", "Avatar")),
            (ArtworkKind::Poster, ["", "Season 1", "2"], ("", "")),
            (ArtworkKind::Collection, ["Alien", "", ""], ("Alien", "Collection")),
        ] {
            let prepared = AssetCache::new(folder.path()).prepared(look.design(kind).unwrap()).unwrap();
            let manual_artwork = ManualArtwork::new(kind, title, season, episode);
            let (title, second) = manual_artwork.texts(&look, &prepared);
            assert_eq!((title, second.as_str()), expected, "{manual_artwork:?}");
        }
    }

    #[test]
    fn without_processing_a_picture_is_brought_to_its_size_and_nothing_else() {
        let look = Look::read(&with("OverlayPart", "ImageProcessing", "false")).unwrap();
        let source = Source { pixels: image::RgbImage::from_pixel(20, 30, image::Rgb([200; 3])), had_alpha: false };
        let nothing = tempfile::tempdir().unwrap();
        let made =
            ManualArtwork::new(ArtworkKind::Poster, "Heat", "", "").make(source, None, &look, nothing.path()).unwrap();
        let pixels = decode(&made.file).unwrap().pixels;
        assert_eq!(pixels.dimensions(), (2000, 3000));
        assert!(pixels.pixels().all(|pixel| pixel.0.iter().all(|channel| channel.abs_diff(200) < 3)));
        assert!(made.warnings.is_empty(), "{:?}", made.warnings);
    }
}
