//! Samples: a plain picture with a mark in the place of artwork, so that what a setting does can be seen.

use std::path::Path;

use crate::{
    badge::{Badge, Spacing},
    config::Look,
    design::ArtworkKind,
    geometry::Gravity,
    hiding::Hiding,
    logo,
    picture::{Canvas, Colour, EncodeError, Source, encode},
    prepared::{AssetCache, MakeError, PreparedDesign},
    title_logo::TitleLogo,
};

const GROUND: Colour = Colour::opaque([0xfc, 0x7e, 0x10]);
/// What fills the boxes of texts where they are to be seen.
pub const BOX: Colour = Colour::opaque([0xf3, 0xac, 0x7c]);

const STAND_IN_QUALITY: u8 = 85;

/// What stands in the place of a title where logos are wanted: a pale one, so that a colour for such shows.
const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 80"><g fill="none" stroke="#eee" stroke-width="12" stroke-linejoin="round" stroke-linecap="round"><path d="M12 68V12h24a16 16 0 0 1 0 32H12"/><path d="M72 68V12l28 36 28-36v56"/><path d="M188 24a28 28 0 1 0 0 32"/></g></svg>"##;

/// What samples say where nothing else is asked for.
const TITLE: &str = "The Hobbit is a great movie";
const SEASON: &str = "Season 1";

/// What a sample shows.
#[derive(Debug, Clone)]
pub struct SampleSpec {
    pub kind: ArtworkKind,
    /// What is printed; where there is none, a title, or a season's name where that is printed alone.
    pub title: Option<String>,
    /// Whether the boxes for texts are filled.
    pub boxes: bool,
    /// How the picture is kept from giving anything away.
    pub hiding: Option<Hiding>,
    /// What is put on top.
    pub badges: Vec<Badge>,
}

impl SampleSpec {
    /// The usual sample of a kind.
    pub fn of(kind: ArtworkKind) -> Self {
        Self { kind, title: None, boxes: false, hiding: None, badges: Vec::new() }
    }
}

/// A sample as JPEG, and what had to be done in another way than configured. Fonts and overlays come from the folder.
pub fn sample(look: &Look, folder: &Path, spec: &SampleSpec) -> Result<(Vec<u8>, Vec<String>), MakeError> {
    let mut shelf = AssetCache::new(folder);
    let prepared = shelf.prepared(look.design(spec.kind)?)?;
    let mut warnings = shelf.take_warnings();
    let mut canvas = if look.processing { hidden(&prepared, spec.hiding) } else { bare(spec.kind) };
    if look.processing {
        let title = spec.title.as_deref().unwrap_or(TITLE).to_owned();
        let (first, second) = match spec.kind {
            ArtworkKind::Poster | ArtworkKind::Background => (title, String::new()),
            // As on a season's poster made by hand: without a box for the show's title, the given one is all that it says.
            ArtworkKind::Season if prepared.design.second.is_some_and(|show| show.enabled) => {
                (SEASON.to_owned(), title)
            }
            ArtworkKind::Season => (spec.title.clone().unwrap_or_else(|| SEASON.to_owned()), String::new()),
            ArtworkKind::TitleCard => (title, look.episode_line(1, 1)),
            ArtworkKind::Collection => (title, look.collection_word.clone()),
        };
        let printed = if look.wants_logo(spec.kind) && !spec.boxes {
            let logo = TitleLogo::decode(LOGO.as_bytes())?;
            prepared.letter_with_logo(&mut canvas, &logo, look.logo_colour, (&first, &second))?
        } else {
            prepared.letter(&mut canvas, &first, &second, spec.boxes.then_some(BOX))
        };
        warnings.extend(printed.complaints());
        prepared.badges(&mut canvas, &spec.badges, Spacing::default());
    }
    Ok((encode(canvas.pixels(), look.quality, look.processing)?, warnings))
}

/// The picture under the text.
pub fn ground(prepared: &PreparedDesign) -> Canvas {
    let mut canvas = bare(prepared.design.kind);
    prepared.dress(&mut canvas);
    canvas
}

fn hidden(prepared: &PreparedDesign, hiding: Option<Hiding>) -> Canvas {
    let source = Source { pixels: bare(prepared.design.kind).pixels().clone(), had_alpha: false };
    match hiding {
        Some(_) => prepared.compose_hidden(source, hiding),
        None => ground(prepared),
    }
}

/// A picture without texts, for where none is at hand, as JPEG.
///
/// # Errors
/// None for the kinds there are: their canvas has pixels.
pub fn stand_in(kind: ArtworkKind) -> Result<Vec<u8>, EncodeError> {
    encode(bare(kind).pixels(), STAND_IN_QUALITY, false)
}

fn bare(kind: ArtworkKind) -> Canvas {
    let mut canvas = Canvas::plain(kind.canvas(), GROUND);
    canvas.overlay(&logo::draw(), Gravity::CENTER);
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hiding::Strength;
    use crate::{
        config::tests::{fresh, with},
        picture::decode,
    };

    fn made(document: &crate::config::Document, kind: ArtworkKind) -> Result<(Vec<u8>, Vec<String>), MakeError> {
        let folder = tempfile::tempdir().unwrap();
        crate::overlays::put_missing(folder.path()).unwrap();
        let spec = SampleSpec { title: Some("The Hobbit".into()), ..SampleSpec::of(kind) };
        sample(&Look::read(document).unwrap(), folder.path(), &spec)
    }

    #[test]
    fn every_kind_has_a_sample_of_its_size() {
        for kind in ArtworkKind::ALL {
            let (file, warnings) = made(&fresh(), kind).unwrap();
            assert_eq!(decode(&file).unwrap().pixels.dimensions(), (kind.canvas().width, kind.canvas().height));
            assert_eq!(warnings.len(), 1, "the font is missing: {warnings:?}");
        }
    }

    #[test]
    fn settings_are_seen() {
        let (plain, _) = made(&fresh(), ArtworkKind::Poster).unwrap();
        let (red, _) = made(&with("PosterOverlayPart", "bordercolor", "red"), ArtworkKind::Poster).unwrap();
        let corner = |file: &[u8]| decode(file).unwrap().pixels.get_pixel(5, 5).0;
        assert!(corner(&plain)[0] < 10 && corner(&red)[0] > 240, "{:?} {:?}", corner(&plain), corner(&red));
    }

    #[test]
    fn a_logo_stands_in_the_place_of_the_title_where_it_is_wanted() {
        let seen = |changes: &[(&str, &str)], kind| {
            let mut document = fresh();
            for (key, value) in changes {
                document.get_mut("PrerequisitePart").unwrap()[*key] = (*value).into();
            }
            made(&document, kind).unwrap().0
        };
        for (key, kind, other) in [
            ("UseLogo", ArtworkKind::Poster, ArtworkKind::Background),
            ("UseBGLogo", ArtworkKind::Background, ArtworkKind::Poster),
        ] {
            let gold = [(key, "true"), ("ConvertLogoColor", "true"), ("LogoFlatColor", "gold")];
            let [title, logo, golden] = [&[][..], &gold[..1], &gold].map(|changes| seen(changes, kind));
            assert!(title != logo && logo != golden, "{key}");
            assert_eq!(seen(&[], other), seen(&gold[..1], other), "{key}");
        }
    }

    #[test]
    fn a_hidden_sample_keeps_its_text_and_badges_stand_on_top() {
        let folder = tempfile::tempdir().unwrap();
        crate::overlays::put_missing(folder.path()).unwrap();
        let look = Look::read(&fresh()).unwrap();
        let seen = |spec: &SampleSpec| decode(&sample(&look, folder.path(), spec).unwrap().0).unwrap().pixels;
        let plain = seen(&SampleSpec::of(ArtworkKind::TitleCard));
        let grey =
            seen(&SampleSpec { hiding: Some(Hiding::Grey(Strength::FULL)), ..SampleSpec::of(ArtworkKind::TitleCard) });
        let [red, green, blue] = grey.get_pixel(600, 600).0;
        assert!(red.abs_diff(green) < 8 && green.abs_diff(blue) < 8, "{red} {green} {blue}");
        let white =
            |picture: &image::RgbImage| picture.pixels().filter(|pixel| pixel.0.iter().all(|one| *one > 250)).count();
        assert!(white(&grey) > white(&plain) / 2, "the text is there");
        let badge = Badge {
            text: "4K".into(),
            icon: None,
            place: Gravity::parse("northeast").unwrap(),
            style: crate::badge::Style { ground: Colour::opaque([0, 0, 255]), ..Default::default() },
        };
        let with_badge = seen(&SampleSpec { badges: vec![badge], ..SampleSpec::of(ArtworkKind::TitleCard) });
        let is_blue = |pixel: &image::Rgb<u8>| pixel.0[2] > 200 && pixel.0[0] < 60;
        assert!(with_badge.pixels().any(is_blue) && !plain.pixels().any(is_blue));
    }

    #[test]
    fn characters_that_no_font_has_are_told() {
        let folder = tempfile::tempdir().unwrap();
        crate::overlays::put_missing(folder.path()).unwrap();
        for kind in ArtworkKind::ALL {
            let spec = SampleSpec { title: Some("\u{5343}\u{3068}\u{5343}".into()), ..SampleSpec::of(kind) };
            let (_, warnings) = sample(&Look::read(&fresh()).unwrap(), folder.path(), &spec).unwrap();
            assert!(warnings.iter().any(|warning| warning.contains("\u{5343}\u{3068}")), "{kind:?}: {warnings:?}");
        }
    }
}
