//! Pictures behind a login: browsers send a cookie with `<img>`, so that none of them needs to be open.

use reqwest::Method;

use super::{cookie, locked, raw};

#[actix_web::test]
async fn security_1_no_delete_is_open_because_of_its_extension() {
    let app = locked();
    let overlays = app.path().join("Overlayfiles");
    for name in ["overlay.png", "font.ttf"] {
        std::fs::write(overlays.join(name), "x").unwrap();
    }
    for target in [
        "/api/gallery/a.jpg",
        "/api/backgrounds/a.jpg",
        "/api/seasons/a.jpg",
        "/api/titlecards/a.jpg",
        "/api/manual-assets/a.webp",
        "/api/overlayfiles/overlay.png",
        "/api/fonts/font.ttf",
        "/api/trash/x.png",
        "/api/trash",
    ] {
        let (status, answer) = raw(&app, "DELETE", target, &[("connection", "close")]).await;
        assert_eq!(status, 401, "{target}: {answer}");
    }
    for target in [
        "/api/gallery/bulk-delete",
        "/api/manual-assets/bulk-delete",
        "/api/overlayfiles/upload",
        "/api/fonts/upload",
        "/api/trash/x.png/restore",
    ] {
        let (status, answer) = raw(&app, "POST", target, &[("connection", "close"), ("content-length", "0")]).await;
        assert_eq!(status, 401, "{target}: {answer}");
    }
    for file in ["assets/a.jpg", "own/a.webp", "Overlayfiles/overlay.png", "Overlayfiles/font.ttf"] {
        assert!(app.path().join(file).try_exists().unwrap(), "{file}");
    }
}

#[actix_web::test]
async fn security_11_pictures_need_a_login_and_a_browser_has_one_in_its_cookie() {
    let app = locked();
    std::fs::write(app.path().join("Overlayfiles/overlay.png"), "x").unwrap();
    image::DynamicImage::new_rgb8(4, 4).save(app.path().join("assets/a.jpg")).unwrap();
    let session = cookie(&app).await;
    for target in [
        "/poster_assets/a.jpg",
        "/manual_poster_assets/a.webp",
        "/test/x.png",
        "/images/logo.svg",
        "/api/thumbnail?path=/poster_assets/a.jpg",
        "/api/overlayfiles/preview/overlay.png",
    ] {
        let (status, _) = raw(&app, "GET", target, &[("connection", "close")]).await;
        assert_eq!(status, 401, "{target}");
        let answer = app.send(Method::GET, target, |request| request.header("cookie", &session)).await;
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        let cache = answer.headers["cache-control"].to_str().unwrap();
        assert!(cache.starts_with("private"), "{target}: {cache}");
    }
}
