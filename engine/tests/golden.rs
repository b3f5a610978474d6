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

const VARIANTS: [Variant; 14] = [
    Variant { name: "poster", kind: Kind::Poster, title: "The Hobbit", second: "", changes: &[] },
    Variant {
        name: "poster-long",
        kind: Kind::Poster,
        title: "The Hobbit is a great movie that we all loved",
        second: "",
        changes: &[],
    },
    Variant {
        name: "poster-border",
        kind: Kind::Poster,
        title: "Up",
        second: "",
        changes: &[("PosterOverlayPart", "AddOverlay", "false"), ("PosterOverlayPart", "bordercolor", "#aa2200")],
    },
    Variant {
        name: "poster-overlay",
        kind: Kind::Poster,
        title: "Up",
        second: "",
        changes: &[("PosterOverlayPart", "AddBorder", "false")],
    },
    Variant {
        name: "poster-bare",
        kind: Kind::Poster,
        title: "Up",
        second: "",
        changes: &[
            ("PosterOverlayPart", "AddBorder", "false"),
            ("PosterOverlayPart", "AddOverlay", "false"),
            ("PosterOverlayPart", "fontAllCaps", "false"),
        ],
    },
    Variant {
        name: "poster-textless",
        kind: Kind::Poster,
        title: "Up",
        second: "",
        changes: &[("PosterOverlayPart", "AddText", "false")],
    },
    Variant {
        name: "poster-stroke",
        kind: Kind::Poster,
        title: "Stroke of Genius",
        second: "",
        changes: &[
            ("PosterOverlayPart", "AddTextStroke", "true"),
            ("PosterOverlayPart", "strokewidth", "16"),
            ("PosterOverlayPart", "strokecolor", "navy"),
        ],
    },
    Variant {
        name: "poster-northwest",
        kind: Kind::Poster,
        title: "Two lines of text\nwest",
        second: "",
        changes: &[
            ("PosterOverlayPart", "TextGravity", "NorthWest"),
            ("PosterOverlayPart", "lineSpacing", "60"),
            ("PosterOverlayPart", "maxPointSize", "120"),
        ],
    },
    Variant {
        name: "poster-breaks",
        kind: Kind::Poster,
        title: "Mission - Reckoning",
        second: "",
        changes: &[("PrerequisitePart", "NewLineOnSpecificSymbols", "true")],
    },
    Variant {
        name: "poster-arabic",
        kind: Kind::Poster,
        title: "\u{627}\u{644}\u{633}\u{644}\u{627}\u{645} \u{639}\u{644}\u{64a}\u{643}\u{645} 24",
        second: "",
        changes: &[],
    },
    Variant {
        name: "season",
        kind: Kind::Season,
        title: "Season 1",
        second: "Dark",
        changes: &[
            ("ShowTitleOnSeasonPosterPart", "AddShowTitletoSeason", "true"),
            ("ShowTitleOnSeasonPosterPart", "text_offset", "+100"),
            ("ShowTitleOnSeasonPosterPart", "MaxHeight", "250"),
        ],
    },
    Variant { name: "background", kind: Kind::Background, title: "Am\u{e9}lie gy", second: "", changes: &[] },
    Variant {
        name: "titlecard",
        kind: Kind::TitleCard,
        title: "Secrets and Lies",
        second: "Season 1 \u{2022} Episode 2",
        changes: &[],
    },
    Variant { name: "collection", kind: Kind::Collection, title: "James Bond", second: "Collection", changes: &[] },
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

#[test]
fn every_variant_looks_as_it_did() {
    let goldens = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden");
    let (folder, writes) =
        (tempfile::tempdir().unwrap(), std::env::var("POSTERIZARRD_GOLDEN").is_ok_and(|how| how == "write"));
    overlays::put_missing(folder.path()).unwrap();
    let mut shelf = Shelf::new(folder.path());
    let recorded = fs::read_to_string(goldens.join("ink.txt")).unwrap_or_default();
    let (mut inks, mut wrong) = (String::new(), Vec::new());
    for variant in &VARIANTS {
        let (picture, ink) = make(variant, &mut shelf);
        let (width, height) = picture.dimensions();
        let small = imageops::thumbnail(&picture, width / SHRINK, height / SHRINK);
        let (path, line) = (goldens.join(format!("{}.png", variant.name)), format!("{}: {ink}", variant.name));
        inks += &format!("{line}\n");
        if writes {
            fs::create_dir_all(&goldens).unwrap();
            small.save(&path).unwrap();
            continue;
        }
        let golden = image::open(&path).unwrap().into_rgb8();
        assert_eq!(golden.dimensions(), small.dimensions(), "{}", variant.name);
        let off: u64 = golden.iter().zip(small.iter()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
        let mean = off as f64 / golden.len() as f64;
        if mean >= TOLERANCE || !recorded.lines().any(|known| known == line) {
            wrong.push(format!("{line}, mean difference {mean:.2}"));
        }
    }
    if writes {
        fs::write(goldens.join("ink.txt"), inks).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
