//! Samples with settings that are not saved.

use serde_json::json;

use super::harness::TestApp;

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
