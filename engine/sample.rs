//! Samples: a plain picture with a mark in the place of artwork, so that what a setting does can be seen.

use std::path::Path;

use crate::{
    config::Look,
    design::Kind,
    geometry::Gravity,
    kit::{Kit, MakeError, Shelf},
    logo,
    picture::{Canvas, Colour, encode},
};

const GROUND: Colour = Colour::opaque([0xfc, 0x7e, 0x10]);
/// What fills the boxes of texts where they are to be seen.
pub(crate) const BOX: Colour = Colour::opaque([0xf3, 0xac, 0x7c]);

/// What is to be seen.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub kind: Kind,
    pub title: String,
    /// Whether the boxes for texts are filled.
    pub boxes: bool,
}

/// A sample as JPEG, and what had to be done in another way than configured. Fonts and overlays come from the folder.
pub fn sample(look: &Look, folder: &Path, wanted: &Wanted) -> Result<(Vec<u8>, Vec<String>), MakeError> {
    let mut shelf = Shelf::new(folder);
    let kit = shelf.kit(look.design(wanted.kind))?;
    let mut warnings = shelf.take_warnings();
    let mut canvas = if look.processing { ground(&kit) } else { bare(&kit) };
    if look.processing {
        let season = "Season 1".to_owned();
        let (first, second) = match wanted.kind {
            Kind::Poster | Kind::Background => (wanted.title.clone(), String::new()),
            Kind::Season => (season, wanted.title.clone()),
            Kind::TitleCard => (wanted.title.clone(), look.episode_line(1, 1)),
            Kind::Collection => (wanted.title.clone(), look.collection_word.clone()),
        };
        let printed = kit.letter(&mut canvas, &first, &second, wanted.boxes.then_some(BOX));
        if printed.truncated {
            warnings.push("the text does not fit, even at its smallest size".to_owned());
        }
    }
    Ok((encode(canvas.pixels(), look.quality, look.processing)?, warnings))
}

/// The picture under the text.
pub(crate) fn ground(kit: &Kit) -> Canvas {
    let mut canvas = bare(kit);
    kit.dress(&mut canvas);
    canvas
}

fn bare(kit: &Kit) -> Canvas {
    let mut canvas = Canvas::plain(kit.design.kind.canvas(), GROUND);
    canvas.overlay(&logo::draw(), Gravity::CENTER);
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::tests::{fresh, with},
        picture::decode,
    };

    fn made(document: &crate::config::Document, kind: Kind) -> Result<(Vec<u8>, Vec<String>), MakeError> {
        let folder = tempfile::tempdir().unwrap();
        crate::overlays::put_missing(folder.path()).unwrap();
        let wanted = Wanted { kind, title: "The Hobbit".into(), boxes: false };
        sample(&Look::read(document).unwrap(), folder.path(), &wanted)
    }

    #[test]
    fn every_kind_has_a_sample_of_its_size() {
        for kind in Kind::ALL {
            let (file, warnings) = made(&fresh(), kind).unwrap();
            assert_eq!(decode(&file).unwrap().pixels.dimensions(), kind.canvas());
            assert_eq!(warnings.len(), 1, "the font is missing: {warnings:?}");
        }
    }

    #[test]
    fn settings_are_seen() {
        let (plain, _) = made(&fresh(), Kind::Poster).unwrap();
        let (red, _) = made(&with("PosterOverlayPart", "bordercolor", "red"), Kind::Poster).unwrap();
        let corner = |file: &[u8]| decode(file).unwrap().pixels.get_pixel(5, 5).0;
        assert!(corner(&plain)[0] < 10 && corner(&red)[0] > 240, "{:?} {:?}", corner(&plain), corner(&red));
    }
}
