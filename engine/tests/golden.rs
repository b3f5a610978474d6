//! Each variant of artwork against a small picture of how it looked when it was last looked at by a person.
//!
//! `POSTERIZARRD_GOLDEN=write cargo test -p posterizarr-engine --test golden` makes them anew; look at them then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{fs, path::PathBuf};

use image::{Rgb, RgbImage, imageops};
use posterizarr_engine::{
    config::{Document, Look},
    design::Kind,
    kit::Shelf,
    overlays,
    picture::{Canvas, Source},
};
use serde_json::Value;

/// What differs from a fresh configuration: section, key and value.
type Change = (&'static str, &'static str, &'static str);

struct Variant {
    name: &'static str,
    kind: Kind,
    title: &'static str,
    second: &'static str,
    changes: &'static [Change],
}

impl Variant {
    /// A poster.
    const fn poster(name: &'static str, title: &'static str, changes: &'static [Change]) -> Self {
        Self { name, kind: Kind::Poster, title, second: "", changes }
    }

    /// A picture of another kind, named after it, as a fresh configuration makes it.
    const fn of(name: &'static str, kind: Kind, title: &'static str, second: &'static str) -> Self {
        Self { name, kind, title, second, changes: &[] }
    }
}

const POSTER: &str = "PosterOverlayPart";
const SHOW_TITLE: &str = "ShowTitleOnSeasonPosterPart";

const VARIANTS: [Variant; 14] = [
    Variant::poster("poster", "The Hobbit", &[]),
    Variant::poster("poster-long", "The Hobbit is a great movie that we all loved", &[]),
    Variant::poster("poster-border", "Up", &[(POSTER, "AddOverlay", "false"), (POSTER, "bordercolor", "#aa2200")]),
    Variant::poster("poster-overlay", "Up", &[(POSTER, "AddBorder", "false")]),
    Variant::poster(
        "poster-bare",
        "Up",
        &[(POSTER, "AddBorder", "false"), (POSTER, "AddOverlay", "false"), (POSTER, "fontAllCaps", "false")],
    ),
    Variant::poster("poster-textless", "Up", &[(POSTER, "AddText", "false")]),
    Variant::poster(
        "poster-stroke",
        "Stroke of Genius",
        &[(POSTER, "AddTextStroke", "true"), (POSTER, "strokewidth", "16"), (POSTER, "strokecolor", "navy")],
    ),
    Variant::poster(
        "poster-northwest",
        "Two lines of text\nwest",
        &[(POSTER, "TextGravity", "NorthWest"), (POSTER, "lineSpacing", "60"), (POSTER, "maxPointSize", "120")],
    ),
    Variant::poster(
        "poster-breaks",
        "Mission - Reckoning",
        &[("PrerequisitePart", "NewLineOnSpecificSymbols", "true")],
    ),
    Variant::poster(
        "poster-arabic",
        "\u{627}\u{644}\u{633}\u{644}\u{627}\u{645} \u{639}\u{644}\u{64a}\u{643}\u{645} 24",
        &[],
    ),
    Variant {
        changes: &[
            (SHOW_TITLE, "AddShowTitletoSeason", "true"),
            (SHOW_TITLE, "text_offset", "+100"),
            (SHOW_TITLE, "MaxHeight", "250"),
        ],
        ..Variant::of("season", Kind::Season, "Season 1", "Dark")
    },
    Variant::of("background", Kind::Background, "Am\u{e9}lie gy", ""),
    Variant::of("titlecard", Kind::TitleCard, "Secrets and Lies", "Season 1 \u{2022} Episode 2"),
    Variant::of("collection", Kind::Collection, "James Bond", "Collection"),
];

/// Goldens are a tenth of the picture in each direction.
const SHRINK: u32 = 10;
/// The mean difference of a channel that is accepted, in 1/255.
const TOLERANCE: f64 = 1.5;

fn look(changes: &[Change]) -> Look {
    let mut document: Document = serde_json::from_str(include_str!("../fixtures/config.json")).unwrap();
    for (section, key, value) in changes {
        document.get_mut(*section).unwrap()[*key] = Value::from(*value);
    }
    Look::read(&document).unwrap()
}

fn source() -> Source {
    let pixels = RgbImage::from_fn(400, 500, |x, y| {
        Rgb([60 + (x / 4) as u8, 200 - (y / 5) as u8, ((x / 40 + y / 40) % 2 * 90) as u8])
    });
    Source { pixels, had_alpha: false }
}

/// Makes the picture, and finds the box around the ink of its texts.
fn make(variant: &Variant, shelf: &mut Shelf) -> (RgbImage, String) {
    let kit = shelf.kit(look(variant.changes).design(variant.kind)).unwrap();
    let base = kit.compose(&source());
    let mut canvas: Canvas = base.clone();
    kit.letter(&mut canvas, variant.title, variant.second, None);
    let changed =
        base.pixels().enumerate_pixels().zip(canvas.pixels().pixels()).filter(|((.., one), other)| one != other);
    let ink = changed.fold(None, |ink: Option<[u32; 4]>, ((x, y, _), _)| {
        let [left, top, right, bottom] = ink.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
    });
    (canvas.pixels().clone(), ink.map_or("none".to_owned(), |ink| ink.map(|edge| edge.to_string()).join(" ")))
}

/// A tenth of a picture.
fn small(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    imageops::thumbnail(picture, width / SHRINK, height / SHRINK)
}

/// The mean difference of two pictures' channels, in 1/255.
fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let off: u64 = one.iter().zip(other.iter()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    off as f64 / one.len() as f64
}

#[test]
fn every_variant_looks_as_it_did() {
    let goldens = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden");
    let writes = std::env::var("POSTERIZARRD_GOLDEN").is_ok_and(|how| how == "write");
    let folder = tempfile::tempdir().unwrap();
    overlays::put_missing(folder.path()).unwrap();
    let mut shelf = Shelf::new(folder.path());
    let recorded = fs::read_to_string(goldens.join("ink.txt")).unwrap_or_default();
    let (mut inks, mut wrong) = (String::new(), Vec::new());
    for variant in &VARIANTS {
        let (picture, ink) = make(variant, &mut shelf);
        let (path, line) = (goldens.join(format!("{}.png", variant.name)), format!("{}: {ink}", variant.name));
        inks += &format!("{line}\n");
        if writes {
            fs::create_dir_all(&goldens).unwrap();
            small(&picture).save(&path).unwrap();
            continue;
        }
        let mean = difference(&image::open(&path).unwrap().into_rgb8(), &small(&picture));
        if mean >= TOLERANCE || !recorded.lines().any(|known| known == line) {
            wrong.push(format!("{line}, mean difference {mean:.2}"));
        }
    }
    if writes {
        fs::write(goldens.join("ink.txt"), inks).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
