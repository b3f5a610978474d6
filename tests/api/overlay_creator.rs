//! Overlays by a recipe.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbaImage};
use serde_json::{Value, json};

use super::harness::TestApp;

fn png(bytes: &[u8]) -> RgbaImage {
    image::load_from_memory_with_format(bytes, ImageFormat::Png).unwrap().into_rgba8()
}

async fn preview(app: &TestApp, body: &Value) -> RgbaImage {
    let answer = app.post("/api/overlay-creator/preview", body).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["success"]), (200, &json!(true)), "{}", answer.text());
    png(&STANDARD.decode(answer.json()["image_base64"].as_str().unwrap()).unwrap())
}

#[actix_web::test]
async fn a_preview_shows_the_recipe_five_hundred_pixels_wide_and_keeps_nothing() {
    let app = TestApp::start();
    assert!(preview(&app, &json!({})).await.pixels().all(|pixel| pixel.0[3] == 0));
    let foot = preview(&app, &json!({"matte_height_ratio": 0.1, "gradient_color": "#102030"})).await;
    assert_eq!((foot.dimensions(), foot[(250, 749)].0, foot[(250, 100)].0[3]), ((500, 750), [16, 32, 48, 255], 0));
    let landscape =
        json!({"overlay_type": "background", "border_enabled": true, "border_px": 40, "border_color": "red"});
    let framed = preview(&app, &landscape).await;
    assert_eq!(
        (framed.dimensions(), framed[(1, 100)].0),
        ((500, 281), [0, 0, 0, 255]),
        "what is not a colour is black"
    );
    let guide = preview(&app, &json!({"show_text_area": true})).await;
    assert!(guide.pixels().any(|pixel| pixel.0 == [255, 0, 0, 80]), "where the title will be");
    let before = std::fs::read_dir(app.path().join("Overlayfiles")).unwrap().count();
    assert_eq!(before, std::fs::read_dir(app.path().join("Overlayfiles")).unwrap().count());
}

#[actix_web::test]
async fn an_overlay_is_kept_once_and_replaced_only_when_that_is_wanted() {
    let app = TestApp::start();
    let save = async |body: Value| app.post("/api/overlay-creator/save", &body).await;
    let order = json!({"filename": "a/b?.x", "vignette_strength": 1, "show_text_area": true});
    let saved = save(order.clone()).await;
    let expected = json!({"success": true, "message": "Saved ab.x.png", "filename": "ab.x.png"});
    assert_eq!((saved.status.as_u16(), saved.json()), (200, expected));
    let path = app.path().join("Overlayfiles/ab.x.png");
    let kept = std::fs::read(&path).unwrap();
    let drawn = png(&kept);
    assert_eq!(drawn.dimensions(), (2000, 3000));
    assert!(drawn.pixels().all(|pixel| pixel.0[0] == 0), "the guide is for previews");
    let listed = app.get("/api/overlayfiles").await.json();
    assert!(listed["files"].as_array().unwrap().iter().any(|file| file["name"] == "ab.x.png"), "{listed}");
    let taken = save(order.clone()).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["detail"]), (409, &json!("File already exists")));
    assert_eq!(std::fs::read(&path).unwrap(), kept);
    let mut replace = order;
    replace["overwrite"] = json!(true);
    replace["vignette_strength"] = json!(0.5);
    assert_eq!(save(replace).await.status, 200);
    assert_ne!(std::fs::read(&path).unwrap(), kept);
}

#[actix_web::test]
async fn names_that_lead_elsewhere_and_numbers_without_limit_do_no_harm() {
    let app = TestApp::start();
    for (name, status) in [("", 400), ("  ", 400), ("../..", 400), ("///", 400)] {
        let answer = app.post("/api/overlay-creator/save", &json!({"filename": name})).await;
        assert_eq!(answer.status.as_u16(), status, "{name:?}: {}", answer.text());
    }
    let outside = app.post("/api/overlay-creator/save", &json!({"filename": "../config.json"})).await;
    assert_eq!(outside.json()["filename"], "config.json.png");
    assert!(app.path().join("Overlayfiles/config.json.png").is_file());
    let wild = json!({"border_enabled": true, "border_px": -1e300, "corner_radius": 1e30, "matte_height_ratio": 1e30,
        "fade_height_ratio": -5, "inner_glow_strength": 1e30, "vignette_strength": 1e30, "grain_amount": 1e30, "grain_size": 0});
    assert_eq!(preview(&app, &wild).await.dimensions(), (500, 750));
    let wide = json!({"border_enabled": true, "border_px": 1e300, "grain_size": 1e30, "overlay_type": "nonsense"});
    assert_eq!(preview(&app, &wide).await.dimensions(), (500, 750));
    assert_eq!(app.post("/api/overlay-creator/preview", &json!({"border_px": "wide"})).await.status, 400);
}
