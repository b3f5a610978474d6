//! Samples with settings that are not saved.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use posterizarr_base::config::keys::{self, Key};
use posterizarr_base::config::validation::ValueKind;
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::harness::{Answer, TestApp, eventually};
use super::runs::{upload_to, uploads};

#[actix_web::test]
async fn a_sample_shows_posted_settings_and_saves_nothing() {
    let app = TestApp::start();
    let before = std::fs::read(app.path().join("config.json")).unwrap();
    let border =
        json!({"kind": "poster", "settings": {"PosterOverlayPart": {"bordercolor": "#ff0000", "borderwidth": "100"}}});
    let sample = app.post("/api/preview", &border).await;
    assert_eq!((sample.status.as_u16(), &sample.headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    assert!(sample.headers["x-preview-warnings"].to_str().unwrap().contains("Colus-Regular.ttf"));
    let picture = image::load_from_memory(&sample.body).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (2000, 3000));
    let [red, green, _] = picture.get_pixel(90, 1500).0;
    assert!(red > 240 && green < 15, "{red} {green}");
    assert_eq!(std::fs::read(app.path().join("config.json")).unwrap(), before);
}

#[actix_web::test]
async fn every_kind_has_a_sample() {
    let app = TestApp::start();
    for (kind, size) in [
        ("season", (2000, 3000)),
        ("background", (3840, 2160)),
        ("titlecard", (3840, 2160)),
        ("collection", (2000, 3000)),
    ] {
        let sample = app.post("/api/preview", &json!({"kind": kind, "title": "Hello", "boxes": true})).await;
        let made = imagesize::blob_size(&sample.body).unwrap();
        assert_eq!((made.width, made.height), size, "{kind}");
    }
}

#[actix_web::test]
async fn a_sample_shows_what_is_drawn_beyond_the_scripts_settings() {
    let app = TestApp::start();
    let sample = async |drawing: Value| {
        let order = json!({"kind": "poster", "title": "Heat", "drawing": drawing});
        let sample = app.post("/api/preview", &order).await;
        assert_eq!(sample.status, 200, "{}", String::from_utf8_lossy(&sample.body));
        image::load_from_memory(&sample.body).unwrap().into_rgb8()
    };
    let plain = sample(json!({})).await;
    let borders = "10-24..10-31 orange; 12-01..01-06 red";
    let at_christmas = sample(json!({"seasonal_borders": borders, "date": "2026-12-24"})).await;
    let in_may = sample(json!({"seasonal_borders": borders, "date": "2026-05-01"})).await;
    assert!(at_christmas.get_pixel(5, 1500).0[0] > 240 && in_may.get_pixel(5, 1500).0[0] < 15);
    let badges = json!([{"text": "4K", "place": "northwest", "ground": "blue", "shape": "plate", "height": 60}]);
    let with_badge = sample(json!({"badges": badges})).await;
    let blue = |picture: &RgbImage| picture.pixels().filter(|pixel| pixel.0[2] > 200 && pixel.0[0] < 60).count();
    assert!(blue(&with_badge) > 10_000 && blue(&plain) == 0);
    let grey = sample(json!({"hide": "grey"})).await;
    let coloured = |picture: &RgbImage| picture.get_pixel(600, 600).0[0].abs_diff(picture.get_pixel(600, 600).0[2]);
    assert!(coloured(&grey) < 8 && coloured(&plain) > 100);
    let rules =
        json!(["hdr northwest plate ground=blue height=60", "status=ended north", "resolution north on=season"]);
    let told = sample(json!({ "badge_rules": rules })).await;
    assert!(blue(&told) > blue(&plain) + 10_000, "everything is known of a sample, and it is returning");
    let half_grey = sample(json!({"hide": "grey 50%"})).await;
    assert!(coloured(&half_grey) > 30 && coloured(&half_grey) < coloured(&plain));
    // The ground is so bright that its title is helped, where the overlay has not darkened it already.
    let bright = json!({"kind": "poster", "title": "Heat", "drawing": {"legibility": true}, "settings": {
        "PosterOverlayPart": {"AddOverlay": "false", "AddBorder": "false"}}});
    let helped = app.post("/api/preview", &bright).await;
    let picture = image::load_from_memory(&helped.body).unwrap().into_rgb8();
    let darkest = picture.pixels().map(|pixel| pixel.0[0]).min().unwrap();
    assert!(darkest < 200, "a shadow lies on the orange ground: {darkest}");

    for wrong in [
        json!({"seasonal_borders": "christmas red"}),
        json!({"font_weight": 5}),
        json!({"badges": [{"text": "4K", "place": "top"}]}),
        json!({"badge_rules": ["hdr top"]}),
        json!({"hide": "blur 0%"}),
        json!({"badges": [{"text": "4K", "place": "north", "ground": "nored"}]}),
    ] {
        let refused = app.post("/api/preview", &json!({"drawing": wrong})).await;
        let body = refused.json();
        assert_eq!((refused.status.as_u16(), &body["code"]), (400, &json!("invalid_value")), "{body}");
        assert!(body["message"].as_str().unwrap().contains("drawing."), "{body}");
    }
}

#[actix_web::test]
async fn a_value_that_cannot_be_used_is_named() {
    let app = TestApp::start();
    for (settings, section, key) in [
        (json!({"PosterOverlayPart": {"MaxWidth": "wide"}}), "PosterOverlayPart", "MaxWidth"),
        (json!({"PrerequisitePart": {"font": "../config.json"}}), "PrerequisitePart", "font"),
        (json!({"overlaypart": {"OUTPUTQUALITY": "0%"}}), "OverlayPart", "outputQuality"),
        (json!({"PosterOverlayPart": {"fontcolor": "notacolour"}}), "PosterOverlayPart", "fontcolor"),
    ] {
        let refused = app.post("/api/preview", &json!({"settings": settings})).await;
        let body = refused.json();
        assert_eq!((refused.status.as_u16(), &body["code"]), (400, &json!("invalid_value")), "{body}");
        assert_eq!((&body["section"], &body["key"]), (&json!(section), &json!(key)), "{body}");
    }
    let missing = json!({"settings": {"PrerequisitePart": {"overlayfile": "mine.png"}}});
    let refused = app.post("/api/preview", &missing).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["message"].as_str().unwrap().contains("mine.png"));
    assert_eq!(app.post("/api/preview", &json!({"kind": "sticker"})).await.status, 400);
}

fn encoded(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(DynamicImage::new_rgb8(width, height), ImageFormat::Png)
}

fn noise(x: u32, y: u32) -> Rgb<u8> {
    Rgb([(x * 31 + y * 17) as u8, (x * y) as u8, (x ^ y) as u8])
}

/// A JPEG that says how it is to be turned: 6 is a quarter to the right, 3 is half a turn.
fn turned_jpeg(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut file = encoded(DynamicImage::new_rgb8(width, height), ImageFormat::Jpeg);
    let entry = [0x12, 0x01, 0x03, 0x00, 1, 0, 0, 0, orientation, 0, 0, 0];
    let exif = [b"Exif\0\0II*\0\x08\0\0\0\x01\0".as_slice(), &entry, &[0; 4]].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let segment = [b"\xff\xe1".as_slice(), &length, &exif].concat();
    file.splice(2..2, segment);
    file
}

#[actix_web::test]
async fn a_photograph_is_as_wide_as_it_is_seen() {
    let app = TestApp::start();
    for (picture, poster_type, taken) in [
        (turned_jpeg(300, 200, 6), "standard", true),
        (turned_jpeg(300, 200, 3), "standard", false),
        (turned_jpeg(200, 300, 6), "standard", false),
        (turned_jpeg(200, 300, 3), "standard", true),
        (turned_jpeg(180, 320, 8), "background", true),
        (turned_jpeg(320, 180, 8), "background", false),
    ] {
        let answer = shown(&app, "a.jpg", picture, &[("posterType", poster_type)]).await;
        let expected = if taken { 200 } else { 400 };
        assert_eq!(answer.status.as_u16(), expected, "{poster_type}: {}", String::from_utf8_lossy(&answer.body).len());
        if !taken {
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with("Invalid aspect ratio"), "{message}");
        }
    }
}

#[actix_web::test]
async fn a_gif_is_shown_by_its_first_frame() {
    let app = TestApp::start();
    let gif = encoded(DynamicImage::from(RgbImage::from_pixel(20, 30, Rgb([250, 10, 10]))), ImageFormat::Gif);
    let answer = shown(&app, "a.gif", gif, &[]).await;
    assert_eq!(answer.status, 200);
    let [red, green, _] = image::load_from_memory(&answer.body).unwrap().into_rgb8().get_pixel(1000, 600).0;
    assert!(red > 200 && green < 60, "{red} {green}");
}

#[actix_web::test]
async fn characters_that_no_font_has_are_told() {
    let app = TestApp::start();
    for kind in ["poster", "season", "background", "titlecard", "collection"] {
        let answer = app.post("/api/preview", &json!({"kind": kind, "title": "\u{e000}\u{e001}"})).await;
        let warnings = answer.headers["x-preview-warnings"].to_str().unwrap().to_owned();
        assert!(
            warnings.contains("no font has these characters") && warnings.contains("u{e000}"),
            "{kind}: {warnings}"
        );
    }
    let picture = shown(&app, "a.png", png(200, 300), &[("titletext", "\u{e000}\u{e001}")]).await;
    let warnings = picture.headers["x-preview-warnings"].to_str().unwrap().to_owned();
    assert!(warnings.contains("no font has these characters"), "{warnings}");
    let plain = app.post("/api/preview", &json!({"title": "Heat"})).await;
    assert!(!plain.headers["x-preview-warnings"].to_str().unwrap().contains("no font has"));
}

#[actix_web::test]
async fn a_bad_value_of_one_kind_of_artwork_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let bad =
        json!({"CollectionPosterOverlayPart": {"fontcolor": "nope"}, "SeasonPosterOverlayPart": {"MaxWidth": "wide"}});
    std::fs::write(folder.path().join("config.json"), bad.to_string()).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    for (kind, status) in
        [("poster", 200), ("background", 200), ("titlecard", 200), ("season", 400), ("collection", 400)]
    {
        let answer = app.post("/api/preview", &json!({"kind": kind})).await;
        assert_eq!(answer.status.as_u16(), status, "{kind}");
        if status == 400 {
            assert_eq!(answer.json()["code"], "invalid_value");
        }
    }
}

/// Saving, and then samples of what was saved: every key at its limits.
#[actix_web::test]
async fn whatever_saving_accepts_can_be_previewed() {
    let app = TestApp::start();
    let sections = keys::SECTIONS.iter().filter(|section| section.keys.iter().any(shows));
    for section in sections {
        let kinds = ["poster", "season", "background", "titlecard", "collection"];
        let kind = kinds.into_iter().find(|kind| section.name.to_lowercase().starts_with(kind)).unwrap_or("season");
        for round in 0..section.keys.iter().map(|key| key.kind.samples().len()).max().unwrap_or_default() {
            let saved = app.post("/api/config?mode=merge", &json!({"config": samples_of(section, round)})).await;
            assert_eq!(saved.status, 200, "{} {round}: {}", section.name, saved.json());
            // The least and the greatest of all numbers; the rest differs in words only.
            if round == 0 || round == 2 {
                let order = json!({"kind": kind, "title": "Up and away", "settings": without_files()});
                let shown = app.post("/api/preview", &order).await;
                let body = String::from_utf8_lossy(&shown.body);
                assert_eq!(shown.status, 200, "{} {round}: {body}", section.name);
            }
        }
    }
}

/// The section's keys, each with one of its samples, and everything on, so that nothing is passed over.
pub fn samples_of(section: &keys::Section, round: usize) -> Value {
    let sample = |key: &Key| match key.kind {
        ValueKind::Switch => json!("true"),
        _ => {
            let samples = key.kind.samples();
            samples[round % samples.len()].clone()
        }
    };
    section.keys.iter().filter(|key| shows(key)).map(|key| (key.flat.to_owned(), sample(key))).collect()
}

/// No overlay files: those that samples name are not there.
fn without_files() -> Value {
    let keys =
        ["overlayfile", "seasonoverlayfile", "backgroundoverlayfile", "titlecardoverlayfile", "collectionoverlayfile"];
    json!({"PrerequisitePart": keys.into_iter().map(|key| (key.to_owned(), json!(""))).collect::<Map<_, _>>()})
}

/// Whether the key has to do with how artwork looks.
pub fn shows(key: &Key) -> bool {
    key.section.contains("Overlay") || key.section.contains("Text") || key.section.contains("Title")
}

async fn shown(app: &TestApp, name: &str, picture: Vec<u8>, fields: &[(&'static str, &'static str)]) -> Answer {
    upload_to(app, "/api/preview-upload", name, picture, fields).await
}

#[actix_web::test]
async fn a_picture_is_shown_with_the_saved_settings_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let border = json!({"PosterOverlayPart": {"bordercolor": "#ff0000", "borderwidth": "100"}});
    std::fs::write(folder.path().join("config.json"), border.to_string()).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    let bare = shown(&app, "a.png", png(200, 300), &[]).await;
    assert_eq!((bare.status.as_u16(), &bare.headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    assert_eq!(bare.headers["cache-control"], "no-store");
    assert!(bare.headers["x-preview-warnings"].to_str().unwrap().contains("Colus-Regular.ttf"));
    let picture = image::load_from_memory(&bare.body).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (2000, 3000));
    let [red, green, _] = picture.get_pixel(90, 1500).0;
    assert!(red > 240 && green < 15, "{red} {green}");
    let lettered = shown(&app, "a.png", png(200, 300), &[("titletext", "Heat")]).await;
    assert_ne!(lettered.body, bare.body, "the title is on it");
    assert_eq!(uploads(&app), [""; 0]);
}

#[actix_web::test]
async fn a_picture_that_no_manual_run_would_take_is_not_shown_and_leaves_nothing() {
    let app = TestApp::start();
    let ratio = "Invalid aspect ratio for background/title card. Image is 200x300 (ratio ~0.67), but must be 16:9 (ratio ~1.78).";
    let mut damaged = png(200, 300);
    damaged.truncate(60);
    let mut cut_jpeg = encoded(DynamicImage::from(RgbImage::from_fn(200, 300, noise)), ImageFormat::Jpeg);
    cut_jpeg.truncate(cut_jpeg.len() / 2);
    let heic = "Uploaded file cannot be used: this is a HEIC picture; take a JPEG, PNG or WebP picture instead";
    let avif = "Uploaded file cannot be used: the picture is damaged";
    let page = "Uploaded file cannot be used: this is a web page and no picture";
    for (name, picture, fields, code, message) in [
        ("a.svg", png(200, 300), &[][..], "invalid_value", "Invalid file type '.svg'."),
        ("a.png", Vec::new(), &[], "invalid_value", "Uploaded file is empty"),
        ("a.jpg", b"hello".to_vec(), &[], "invalid_value", "Uploaded file is not an image."),
        ("a.png", damaged, &[], "invalid_value", "the picture is damaged"),
        ("a.jpg", cut_jpeg, &[], "invalid_value", "the picture is damaged"),
        ("a.jpg", b"\0\0\0\x14ftypheic\0\0\0\0mif1".to_vec(), &[], "invalid_value", heic),
        ("a.avif", b"\0\0\0\x14ftypavif\0\0\0\0mif1".to_vec(), &[], "invalid_value", avif),
        ("a.jpg", b"<!doctype html><title>404".to_vec(), &[], "invalid_value", page),
        ("a.png", png(200, 300), &[("posterType", "titlecard")], "invalid_value", ratio),
        ("a.png", png(200, 300), &[("posterType", "sticker")], "invalid_request", "posterType is standard, season,"),
    ] {
        let refused = shown(&app, name, picture, fields).await;
        let body = refused.json();
        assert_eq!((refused.status.as_u16(), &body["code"]), (400, &json!(code)), "{body}");
        assert!(body["message"].as_str().unwrap().starts_with(message), "{body}");
        assert_eq!(uploads(&app), [""; 0], "{message}");
    }
    let form = reqwest::multipart::Form::new().text("titletext", "Heat");
    let missing = app.send(reqwest::Method::POST, "/api/preview-upload", |request| request.multipart(form)).await;
    assert_eq!((missing.status.as_u16(), &missing.json()["detail"][0]["loc"]), (400, &json!(["body", "file"])));
    let large = shown(&app, "a.png", vec![0; 65 * 1024 * 1024], &[]).await;
    assert_eq!((large.status.as_u16(), &large.json()["code"]), (413, &json!("payload_too_large")));
    assert_eq!(uploads(&app), [""; 0]);
}

#[actix_web::test]
async fn a_picture_whose_client_goes_away_goes_too() {
    let app = TestApp::start();
    let host = app.url.strip_prefix("http://").unwrap();
    let mut client = TcpStream::connect(host).await.unwrap();
    let part = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nthe beginning";
    let head = format!(
        "POST /api/preview-upload HTTP/1.1\r\nhost: {host}\r\ncontent-type: multipart/form-data; boundary=b\r\n\
         content-length: 100000\r\n\r\n{part}"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    eventually("the picture begins", async || (uploads(&app).len() == 1).then_some(())).await;
    drop(client);
    eventually("the picture is gone", async || uploads(&app).is_empty().then_some(())).await;
}

#[actix_web::test]
async fn a_saved_value_that_cannot_be_used_is_named_and_the_picture_goes() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = json!({"PosterOverlayPart": {"MaxWidth": "wide"}});
    std::fs::write(folder.path().join("config.json"), wrong.to_string()).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    let refused = shown(&app, "a.png", png(200, 300), &[]).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["key"]), (400, &json!("MaxWidth")));
    assert_eq!(uploads(&app), [""; 0]);
}

#[actix_web::test]
async fn a_sample_is_made_of_a_picture_in_the_sets() {
    let sets = tempfile::tempdir().unwrap();
    let folder = sets.path().join("Heat (1995)");
    std::fs::create_dir(&folder).unwrap();
    RgbImage::from_pixel(400, 600, Rgb([20, 200, 40])).save(folder.join("poster.png")).unwrap();
    std::fs::write(folder.join("notes.txt"), "no picture").unwrap();
    let none = TestApp::start();
    let order = json!({"set": "Heat (1995)/poster.png"});
    assert_eq!(none.post("/api/preview", &order).await.status, 409);
    let app = TestApp::start_with(|settings| settings.sets = Some(sets.path().to_owned()));
    let sample = app.post("/api/preview", &order).await;
    assert_eq!(sample.status, 200, "{}", sample.text());
    let picture = image::load_from_memory(&sample.body).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (2000, 3000));
    let [red, green, _] = picture.get_pixel(1000, 300).0;
    assert!(green > 100 && red < 90, "{red} {green}: the picture is there");
    for (set, status) in [("../secret.png", 400), ("Heat (1995)/background.png", 404), ("Heat (1995)/notes.txt", 400)] {
        let refused = app.post("/api/preview", &json!({"set": set})).await;
        assert_eq!(refused.status, status, "{set}: {}", refused.text());
    }
}
