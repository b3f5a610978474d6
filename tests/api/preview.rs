//! Samples with settings that are not saved.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use serde_json::json;
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
async fn a_value_that_cannot_be_used_is_named() {
    let app = TestApp::start();
    for (settings, section, key) in [
        (json!({"PosterOverlayPart": {"MaxWidth": "wide"}}), "PosterOverlayPart", "MaxWidth"),
        (json!({"PrerequisitePart": {"font": "../config.json"}}), "PrerequisitePart", "font"),
        (json!({"overlaypart": {"OUTPUTQUALITY": "0%"}}), "OverlayPart", "outputQuality"),
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

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
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
    for (name, picture, fields, code, message) in [
        ("a.gif", png(200, 300), &[][..], "invalid_value", "Invalid file type '.gif'."),
        ("a.png", Vec::new(), &[], "invalid_value", "Uploaded file is empty"),
        ("a.jpg", b"hello".to_vec(), &[], "invalid_value", "Uploaded file is not an image."),
        ("a.png", damaged, &[], "invalid_value", "the picture is damaged"),
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
