use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{Answer, TestApp};

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(4, 6).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn upload(app: &TestApp, area: &str, name: &str, bytes: Vec<u8>) -> Answer {
    let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
    app.send(Method::POST, &format!("/api/{area}/upload"), |request| request.multipart(form)).await
}

/// The files of the folder, also those that are not listed.
fn on_disk(app: &TestApp) -> Vec<String> {
    let entries = std::fs::read_dir(app.path().join("Overlayfiles")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn put(app: &TestApp, name: &str, bytes: &[u8]) {
    std::fs::write(app.path().join("Overlayfiles").join(name), bytes).unwrap();
}

#[actix_web::test]
async fn overlays_and_fonts_are_uploaded_listed_shown_and_deleted() {
    let app = TestApp::start();
    let png = encoded(ImageFormat::Png);
    let uploaded = upload(&app, "overlayfiles", "../we ird(ü).PNG", png.clone()).await;
    let expected =
        json!({"success": true, "message": "File '..we irdü.PNG' uploaded successfully", "filename": "..we irdü.PNG"});
    assert_eq!((uploaded.status.as_u16(), uploaded.json()), (200, expected));
    let font = upload(&app, "fonts", "Sans.ttf", dejavu::sans::regular().to_vec()).await;
    assert_eq!(font.json()["message"], "Font 'Sans.ttf' uploaded successfully");
    put(&app, "shipped.zip", b"PK");
    let size = dejavu::sans::regular().len();
    let files = json!([
        {"name": "..we irdü.PNG", "type": "image", "extension": ".png", "size": png.len()},
        {"name": "Sans.ttf", "type": "font", "extension": ".ttf", "size": size},
    ]);
    let mut listed = app.get("/api/overlayfiles").await.json();
    for file in listed["files"].as_array_mut().unwrap() {
        let changed = file.as_object_mut().unwrap().remove("mtime").unwrap();
        assert!(changed.as_u64().is_some_and(|changed| changed > 1_700_000_000), "{changed}");
    }
    assert_eq!(listed, json!({"success": true, "files": files}));
    let download = app.get("/api/fonts/download/Sans.ttf").await;
    assert_eq!(
        (&download.body[..], &download.headers["content-type"]),
        (dejavu::sans::regular(), &"font/ttf".parse().unwrap())
    );
    for (name, status) in
        [("..we%20ird%C3%BC.PNG", 400), ("nope.ttf", 404), ("..%2Fconfig.json", 404), ("shipped.zip", 400)]
    {
        assert_eq!(app.get(&format!("/api/fonts/download/{name}")).await.status.as_u16(), status, "{name}");
    }
    assert_eq!(app.get("/api/fonts").await.json(), json!({"success": true, "files": ["Sans.ttf"]}));
    let shown = app.get("/api/overlayfiles/preview/..we%20ird%C3%BC.PNG").await;
    assert_eq!((shown.status.as_u16(), shown.body), (200, png));
    assert_eq!(shown.headers["cache-control"], "public, max-age=3600");
    let deleted = app.delete("/api/overlayfiles/..we%20ird%C3%BC.PNG").await.json();
    assert_eq!(
        (&deleted["success"], &deleted["message"]),
        (&json!(true), &json!("File '..we irdü.PNG' deleted successfully"))
    );
    assert_eq!((&deleted["used_by"], &deleted["warning"]), (&json!([]), &Value::Null));
    assert_eq!(app.delete("/api/fonts/Sans.ttf").await.json()["message"], "Font 'Sans.ttf' deleted successfully");
    assert_eq!(app.delete("/api/fonts/Sans.ttf").await.status, 404);
    assert_eq!(on_disk(&app), ["shipped.zip"]);
}

#[actix_web::test]
async fn security_9_uploads_are_bounded_and_are_what_they_say() {
    let app = TestApp::start();
    put(&app, "taken.png", b"mine");
    let png = encoded(ImageFormat::Png);
    let any = "Invalid file type. Only PNG, JPG, JPEG, TTF, OTF, TTC, and OTC files are allowed.";
    let fonts = "Invalid file type. Only TTF, OTF, TTC, and OTC files are allowed.";
    for (area, name, bytes, says) in [
        ("overlayfiles", "a.gif", png.clone(), any),
        ("overlayfiles", "a", png.clone(), any),
        ("fonts", "a.png", png.clone(), fonts),
        ("overlayfiles", "§.png", png.clone(), "Invalid filename"),
        ("overlayfiles", "taken.png", png.clone(), "File 'taken.png' already exists. Please rename or delete"),
        ("overlayfiles", "a.png", Vec::new(), "Uploaded file is empty"),
        ("overlayfiles", "a.png", b"x".to_vec(), "The file cannot be used as an overlay"),
        ("overlayfiles", "a.png", b"<script>".to_vec(), "The file cannot be used as an overlay"),
        ("fonts", "a.ttf", png.clone(), "The file is not a font"),
        ("fonts", "a.woff2", b"wOF2".to_vec(), "WOFF and WOFF2 are fonts for web pages"),
        ("fonts", "a.ttf", b"wOFF\0\x01\0\0".to_vec(), "WOFF and WOFF2 are fonts for web pages"),
    ] {
        let answer = upload(&app, area, name, bytes).await;
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!((answer.status.as_u16(), detail.starts_with(says)), (400, true), "{name}: {detail}");
    }
    let large = upload(&app, "overlayfiles", "a.png", vec![0; 33 * 1024 * 1024]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let form = Form::new().text("file", "no file");
    let field = app.send(Method::POST, "/api/fonts/upload", |request| request.multipart(form)).await;
    assert_eq!((field.status.as_u16(), &field.json()["detail"][0]["loc"]), (400, &json!(["body", "file"])));
    assert_eq!(app.post("/api/overlayfiles/upload", &json!({})).await.status, 400);
    assert_eq!(on_disk(&app), ["taken.png"], "nothing is left of what was refused");
    assert_eq!(std::fs::read(app.path().join("Overlayfiles/taken.png")).unwrap(), b"mine");
}

#[actix_web::test]
async fn security_9_only_overlays_and_fonts_are_deleted() {
    let app = TestApp::start();
    for name in ["shipped.zip", "a.png", "font.ttf"] {
        put(&app, name, b"x");
    }
    std::fs::write(app.path().join("config.json"), "{}").unwrap();
    for (path, status) in [
        ("overlayfiles/shipped.zip", 400),
        ("fonts/shipped.zip", 400),
        ("fonts/a.png", 400),
        ("overlayfiles/%C2%A7", 400),
        ("overlayfiles/..%2Fconfig.json", 404),
        ("overlayfiles/nope.png", 404),
    ] {
        let answer = app.delete(&format!("/api/{path}")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
    }
    assert_eq!(on_disk(&app), ["a.png", "font.ttf", "shipped.zip"]);
    assert!(app.path().join("config.json").try_exists().unwrap());
}

#[actix_web::test]
async fn security_10_a_preview_has_its_own_type_which_browsers_do_not_guess() {
    let app = TestApp::start();
    put(&app, "a.png", &encoded(ImageFormat::Png));
    put(&app, "b.jpg", &encoded(ImageFormat::Jpeg));
    put(&app, "really-jpeg.png", &encoded(ImageFormat::Jpeg));
    put(&app, "c.ttf", dejavu::sans::regular());
    put(&app, "d.png", b"<script>alert(1)</script>");
    put(&app, "e.zip", b"PK");
    for (name, kind) in [
        ("a.png", "image/png"),
        ("b.jpg", "image/jpeg"),
        ("really-jpeg.png", "image/jpeg"),
        ("c.ttf", "font/ttf"),
        ("d.png", "application/octet-stream"),
    ] {
        let path = format!("/api/overlayfiles/preview/{name}");
        let shown = app.get(&path).await;
        assert_eq!((shown.status.as_u16(), shown.headers["content-type"].to_str().unwrap()), (200, kind), "{name}");
        assert_eq!(shown.headers["x-content-type-options"], "nosniff");
        assert!(shown.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
        let tag = shown.headers["etag"].clone();
        let again = app.send(Method::GET, &path, |request| request.header("if-none-match", tag)).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{name}");
    }
    assert_eq!(app.get("/api/overlayfiles/preview/e.zip").await.status, 400);
    assert_eq!(app.get("/api/overlayfiles/preview/nope.png").await.json()["detail"], "File not found");
}

#[actix_web::test]
async fn a_file_that_is_in_use_is_deleted_and_the_answer_says_by_what() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"PrerequisitePart": {"overlayfile": "mine.png", "seasonoverlayfile": "mine.png"}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    put(&app, "mine.png", &encoded(ImageFormat::Png));
    let deleted = app.delete("/api/overlayfiles/mine.png").await.json();
    assert_eq!(deleted["used_by"], json!(["PrerequisitePart.overlayfile", "PrerequisitePart.seasonoverlayfile"]));
    assert!(deleted["warning"].as_str().unwrap().contains("still names 'mine.png'"));
    assert_eq!(on_disk(&app), [""; 0]);
}

#[actix_web::test]
async fn a_font_is_shown_as_a_picture_that_follows_the_font() {
    let app = TestApp::start();
    put(&app, "Sans.OTF", dejavu::sans::regular());
    let shown = async |query: &str| app.get(&format!("/api/fonts/preview/Sans.OTF?{query}")).await;
    for (query, expected) in [
        ("", (400, 200)),
        ("text=AaBbCc&v=100", (400, 200)),
        ("text=ABCDEFG", (600, 150)),
        ("text=The%20Quick%20Brown%20Fox%20Jumps", (800, 150)),
    ] {
        let answer = shown(query).await;
        assert_eq!(
            (answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()),
            (200, "image/png"),
            "{query}"
        );
        assert_eq!(answer.headers["cache-control"], "public, max-age=3600");
        let image = image::load_from_memory_with_format(&answer.body, ImageFormat::Png).unwrap();
        assert_eq!((image.width(), image.height()), expected, "{query}");
    }
    let before = shown("text=Aa").await;
    assert_eq!(shown("").await.body, before.body, "Aa is the usual text");
    put(&app, "Sans.OTF", dejavu::sans::bold());
    assert_ne!(shown("text=Aa").await.body, before.body);
}

#[actix_web::test]
async fn a_font_that_cannot_be_shown_is_told_so() {
    let app = TestApp::start();
    put(&app, "zeros.ttf", &[b"\0\x01\0\0".as_slice(), &[0; 1000]].concat());
    put(&app, "web.woff2", b"wOF2");
    put(&app, "a.png", &encoded(ImageFormat::Png));
    for (name, status, says) in [
        ("zeros.ttf", 422, "Cannot load font file: "),
        ("web.woff2", 422, "Cannot load font file: "),
        ("a.png", 400, "Not a valid font file"),
        ("nope.ttf", 404, "Font file not found"),
        ("%C2%A7", 400, "Invalid filename"),
    ] {
        let answer = app.get(&format!("/api/fonts/preview/{name}")).await;
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!((answer.status.as_u16(), detail.starts_with(says)), (status, true), "{name}: {detail}");
    }
    assert_eq!(app.get("/api/fonts").await.json()["files"], json!(["web.woff2", "zeros.ttf"]), "listed all the same");
}

#[actix_web::test]
async fn what_an_interrupted_upload_left_is_gone_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let overlays = folder.path().join("Overlayfiles");
    std::fs::create_dir(&overlays).unwrap();
    std::fs::write(overlays.join(".posterizarrd-half"), "x").unwrap();
    std::fs::write(overlays.join("mine.png"), "x").unwrap();
    let app = TestApp::start_in(folder, |_| {});
    assert_eq!(on_disk(&app), ["mine.png"]);
}
