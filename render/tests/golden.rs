//! Each variant of artwork against a small picture of how it looked when it was last looked at by a person.
//!
//! `POSTERIZARRD_GOLDEN=write cargo test -p posterizarr-render --test golden` makes them anew; look at them then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{fs, path::PathBuf};

use chrono::NaiveDate;
use image::{Rgb, RgbImage, imageops};
use posterizarr_render::{
    TitleLogo,
    badge::{Badge, Shape, Spacing, Style},
    config::{Document, Look},
    design::{ArtworkKind, Design, Typography},
    finish::{Finish, SeasonalBorder},
    geometry::Gravity,
    hiding::{Hiding, Strength},
    overlays,
    picture::{Canvas, Colour, Source, encode},
    prepared::{AssetCache, PreparedDesign},
};
use serde_json::Value;

/// What differs from a fresh configuration: section, key and value.
type Change = (&'static str, &'static str, &'static str);

struct Variant {
    name: &'static str,
    kind: ArtworkKind,
    title: &'static str,
    second: &'static str,
    changes: &'static [Change],
    /// A drawing in the place of the title.
    logo: Option<&'static str>,
}

impl Variant {
    /// A poster.
    const fn poster(name: &'static str, title: &'static str, changes: &'static [Change]) -> Self {
        Self { name, kind: ArtworkKind::Poster, title, second: "", changes, logo: None }
    }

    /// A picture of another kind, named after it, as a fresh configuration makes it.
    const fn of(name: &'static str, kind: ArtworkKind, title: &'static str, second: &'static str) -> Self {
        Self { name, kind, title, second, changes: &[], logo: None }
    }

    /// A picture with a logo.
    const fn with_logo(name: &'static str, kind: ArtworkKind, logo: &'static str, changes: &'static [Change]) -> Self {
        Self { name, kind, title: "Season 1", second: "Dark", changes, logo: Some(logo) }
    }
}

const POSTER: &str = "PosterOverlayPart";
const SHOW_TITLE: &str = "ShowTitleOnSeasonPosterPart";

/// A colourful logo, and a grey one.
const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><circle cx="20" cy="20" r="18" fill="#e4572e"/><path d="M44 36 60 4 76 36 92 4 116 36z" fill="#17bebb"/></svg>"##;
const GREY_LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path d="M4 36 20 4 36 36 52 4 76 36h40V4H84" fill="none" stroke="#ddd" stroke-width="7"/></svg>"##;

const VARIANTS: [Variant; 18] = [
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
        ..Variant::of("season", ArtworkKind::Season, "Season 1", "Dark")
    },
    Variant::of("background", ArtworkKind::Background, "Am\u{e9}lie gy", ""),
    Variant::of("titlecard", ArtworkKind::TitleCard, "Secrets and Lies", "Season 1 \u{2022} Episode 2"),
    Variant::of("collection", ArtworkKind::Collection, "James Bond", "Collection"),
    Variant::with_logo("poster-logo", ArtworkKind::Poster, LOGO, &[]),
    Variant::with_logo(
        "poster-logo-recoloured",
        ArtworkKind::Poster,
        GREY_LOGO,
        &[("PrerequisitePart", "ConvertLogoColor", "true"), ("PrerequisitePart", "LogoFlatColor", "gold")],
    ),
    Variant::with_logo(
        "season-logo",
        ArtworkKind::Season,
        LOGO,
        &[
            (SHOW_TITLE, "AddShowTitletoSeason", "true"),
            (SHOW_TITLE, "text_offset", "+100"),
            (SHOW_TITLE, "MaxHeight", "250"),
        ],
    ),
    Variant::with_logo("background-logo", ArtworkKind::Background, LOGO, &[]),
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
fn make(variant: &Variant, shelf: &mut AssetCache) -> (RgbImage, String) {
    let look = look(variant.changes);
    let prepared = shelf.prepared(look.design(variant.kind).unwrap()).unwrap();
    let base = prepared.compose(source());
    let mut canvas: Canvas = base.clone();
    if let Some(logo) = variant.logo {
        let logo = TitleLogo::decode(logo.as_bytes()).unwrap();
        prepared.letter_with_logo(&mut canvas, &logo, look.logo_colour, (variant.title, variant.second)).unwrap();
    } else {
        prepared.letter(&mut canvas, variant.title, variant.second, None);
    }
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
    let mut shelf = AssetCache::new(folder.path());
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

/// A sky and a beach, so bright that a white title is lost on them.
fn bright() -> Source {
    let pixels = RgbImage::from_fn(400, 600, |x, y| {
        let shade = (x * 7 + y * 13) % 23;
        if y < 380 { Rgb([200 + shade as u8, 225, 250]) } else { Rgb([245, 225 - shade as u8, 170 + shade as u8]) }
    });
    Source { pixels, had_alpha: false }
}

fn bare_design(changes: &[Change], legibility: bool) -> PreparedDesign {
    let bare: &[Change] = &[(POSTER, "AddOverlay", "false"), (POSTER, "AddBorder", "false")];
    let mut design = look(&[bare, changes].concat()).design(ArtworkKind::Poster).unwrap().clone();
    design.legibility = legibility;
    AssetCache::new(std::path::Path::new("/nowhere")).prepared(&design).unwrap()
}

fn lettered(prepared: &PreparedDesign, source: Source) -> RgbImage {
    let mut canvas = prepared.compose(source);
    prepared.letter(&mut canvas, "The Beach", "", None);
    canvas.pixels().clone()
}

fn badges() -> Vec<Badge> {
    let badge = |text: &str, place: &str, shape, ground| Badge {
        text: text.to_owned(),
        icon: None,
        place: Gravity::parse(place).unwrap(),
        style: Style { shape, ground: Colour::opaque(ground), ..Style::default() },
    };
    vec![
        badge("4K", "northwest", Shape::Pill, [0x18, 0x18, 0x1b]),
        badge("HDR", "northwest", Shape::Pill, [0xb4, 0x53, 0x09]),
        badge("8.4", "northeast", Shape::Plate, [0x15, 0x80, 0x3d]),
        badge("RETURNING", "south", Shape::Plate, [0x1d, 0x4e, 0xd8]),
        badge("Director's Cut", "southeast", Shape::Bare, [0, 0, 0]),
    ]
}

/// A landscape at dusk, with somebody in it.
fn scene((width, height): (u32, u32)) -> Source {
    let (across, down) = (width as f32, height as f32);
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 / across, y as f32 / down);
        let hill = |at: f32, steep: f32, top: f32| y > top + steep * (x - at) * (x - at);
        let is_near =
            |at: (f32, f32), size: f32| ((x - at.0) * across).hypot((y - at.1) * down) < size * across.min(down);
        if is_near((0.62, 0.50), 0.045) {
            Rgb([236, 190, 160])
        } else if y > 0.53 && y < 0.80 && ((x - 0.62) * across).abs() < (y - 0.45) * 0.28 * across.min(down) {
            Rgb([150, 30, 50])
        } else if hill(0.2, 0.9, 0.62) {
            Rgb([40, 62, 52])
        } else if hill(0.8, 1.4, 0.52) {
            Rgb([64, 92, 84])
        } else if is_near((0.28, 0.30), 0.10) {
            Rgb([255, 226, 150])
        } else {
            Rgb([(90.0 + 150.0 * y) as u8, (110.0 + 60.0 * y) as u8, (170.0 - 60.0 * y) as u8])
        }
    });
    Source { pixels, had_alpha: false }
}

/// The picture of the docs: a poster with badges, and a title card as it is, blurred and grey.
fn badges_and_hidden_cards() -> RgbImage {
    let poster = bare_design(&[], true);
    let mut canvas = poster.compose(scene((1000, 1500)));
    poster.letter(&mut canvas, "The Long Way Home", "", None);
    poster.badges(&mut canvas, &badges(), Spacing::default());
    let design =
        Design { overlay: None, legibility: true, ..look(&[]).design(ArtworkKind::TitleCard).unwrap().clone() };
    let card = AssetCache::new(std::path::Path::new("/nowhere")).prepared(&design).unwrap();
    let mut all = RgbImage::from_pixel(860, 480, Rgb([255; 3]));
    imageops::replace(&mut all, &imageops::thumbnail(canvas.pixels(), 320, 480), 0, 0);
    for (hiding, x, y, width) in [
        (None, 340, 0, 520),
        (Some(Hiding::Blur(Strength::FULL)), 340, 306, 255),
        (Some(Hiding::Grey(Strength::FULL)), 605, 306, 255),
    ] {
        let mut canvas = card.compose_hidden(scene((1280, 720)), hiding);
        card.letter(&mut canvas, "The Letter", "Season 1 \u{2022} Episode 4", None);
        imageops::replace(&mut all, &imageops::thumbnail(canvas.pixels(), width, width * 9 / 16), x, y);
    }
    all
}

const SEASONS: &str = "10-24..10-31 darkorange; 12-01..01-06 #b3001b";

/// A poster with its overlay and border on a day.
fn on(month: u32, day: u32, balanced_lines: bool, title: &str) -> RgbImage {
    let borders = SeasonalBorder::parse_all(SEASONS).unwrap();
    let finish =
        Finish { typography: Typography { balanced_lines, ..Typography::default() }, legibility: false, borders };
    let look = finish.applied(look(&[]), NaiveDate::from_ymd_opt(2026, month, day).unwrap());
    poster_of(look.design(ArtworkKind::Poster).unwrap(), title, "")
}

fn poster_of(design: &Design, title: &str, second: &str) -> RgbImage {
    let folder = tempfile::tempdir().unwrap();
    overlays::put_missing(folder.path()).unwrap();
    let prepared = AssetCache::new(folder.path()).prepared(design).unwrap();
    let mut canvas = prepared.compose(scene((1000, 1500)));
    prepared.letter(&mut canvas, title, second, None);
    canvas.pixels().clone()
}

/// Pictures of one size side by side, a tenth as large, for the docs.
fn in_a_row(pictures: &[RgbImage]) -> RgbImage {
    let small = pictures.iter().map(small).collect::<Vec<_>>();
    let (width, height) = small[0].dimensions();
    let mut row = RgbImage::from_pixel((width + 20) * small.len() as u32 - 20, height, Rgb([255; 3]));
    for (at, picture) in small.iter().enumerate() {
        imageops::replace(&mut row, picture, i64::from(width + 20) * at as i64, 0);
    }
    row
}

/// The pictures of the docs: borders of the year, and a collection's poster beside a picked picture as it came and as it is made.
fn rows_of_the_docs() -> [(&'static str, RgbImage); 2] {
    let title = "The Long Way Home";
    let seasons = [on(5, 1, false, title), on(10, 31, false, title), on(12, 24, false, title)];
    let collection = look(&[]).design(ArtworkKind::Collection).unwrap().clone();
    let picked = bare_design(&[], false).compose(scene((1000, 1500))).pixels().clone();
    let collections = [poster_of(&collection, "The Long Way", "Collection"), picked, on(5, 1, false, title)];
    [("seasonal-borders", in_a_row(&seasons)), ("collections-and-sets", in_a_row(&collections))]
}

/// What the script does not know, each by its golden.
#[test]
fn what_is_drawn_beyond_the_script_looks_as_it_did() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let writes = std::env::var("POSTERIZARRD_GOLDEN").is_ok_and(|how| how == "write");
    let (plain, helped) = (bare_design(&[], false), bare_design(&[], true));
    let dark_text = bare_design(&[(POSTER, "fontcolor", "black")], true);
    let with_badges = |source| {
        let mut canvas = plain.compose(source);
        plain.badges(&mut canvas, &badges(), Spacing::default());
        canvas.pixels().clone()
    };
    let hidden = |hiding| plain.compose_hidden(source(), Some(hiding)).pixels().clone();
    let night = || Source { pixels: RgbImage::from_pixel(400, 600, Rgb([30, 30, 50])), had_alpha: false };
    let mut wrong = Vec::new();
    for (name, picture) in [
        ("legible", lettered(&helped, bright())),
        ("legible-dark-text", lettered(&dark_text, night())),
        ("badges", with_badges(source())),
        ("hidden-blur", hidden(Hiding::Blur(Strength::FULL))),
        ("hidden-grey", hidden(Hiding::Grey(Strength::FULL))),
        ("border-in-season", on(12, 24, false, "The Long Way Home")),
        ("border-out-of-season", on(5, 1, false, "The Long Way Home")),
        ("balanced-lines", on(5, 1, true, "The Hobbit is a great movie that we all loved")),
    ] {
        let path = folder.join(format!("fixtures/golden/{name}.png"));
        if writes {
            small(&picture).save(&path).unwrap();
        } else {
            let mean = difference(&image::open(&path).unwrap().into_rgb8(), &small(&picture));
            wrong.extend((mean >= TOLERANCE).then(|| format!("{name}: mean difference {mean:.2}")));
        }
    }
    if writes {
        let (before, after) = (lettered(&plain, bright()), lettered(&helped, bright()));
        let mut both = RgbImage::from_pixel(2 * 500 + 20, 300, Rgb([255; 3]));
        for (picture, x) in [(before, 0), (after, 520)] {
            let part = imageops::crop_imm(&picture, 0, 1800, 2000, 1200).to_image();
            imageops::replace(&mut both, &imageops::thumbnail(&part, 500, 300), x, 0);
        }
        let docs = folder.join("../docs/pictures");
        fs::create_dir_all(&docs).unwrap();
        fs::write(docs.join("legibility.jpg"), encode(&both, 85, false).unwrap()).unwrap();
        for (name, picture) in rows_of_the_docs() {
            fs::write(docs.join(format!("{name}.jpg")), encode(&picture, 85, false).unwrap()).unwrap();
        }
        fs::write(docs.join("badges.jpg"), encode(&badges_and_hidden_cards(), 85, false).unwrap()).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
