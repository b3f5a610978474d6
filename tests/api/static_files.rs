use std::path::Path;

use reqwest::{Method, StatusCode};

use super::harness::{Answer, TestApp};

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A daemon whose assets lie where config.json says.
fn app() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "config.json", r#"{"PrerequisitePart": {"AssetPath": "my assets"}}"#);
    write(folder.path(), "my assets/TV Shows/Dark (2017) {tvdb-1}/poster.jpg", "0123456789");
    write(folder.path(), "my assets/.posterizarrd-1.jpg", "x");
    write(folder.path(), "my assets/picture.svg", "<svg/>");
    write(folder.path(), "manualassets/own.jpg", "own");
    write(folder.path(), "assetsbackup/Movies/Heat/poster.jpg", "saved");
    write(folder.path(), "test/poster.jpg", "test");
    write(folder.path(), "images/logo.png", "logo");
    write(folder.path(), "secret.jpg", "secret");
    std::os::unix::fs::symlink("../secret.jpg", folder.path().join("my assets/out.jpg")).unwrap();
    TestApp::start_in(folder, |_| {})
}

async fn with(app: &TestApp, method: Method, path: &str, header: (&str, &str)) -> Answer {
    app.send(method, path, |request| request.header(header.0, header.1)).await
}

const POSTER: &str = "/poster_assets/TV%20Shows%2FDark%20%282017%29%20%7Btvdb-1%7D/poster.jpg?t=1";

#[actix_web::test]
async fn each_mount_serves_its_folder_with_a_day_of_cache() {
    let app = app();
    for (path, content) in [
        (POSTER, "0123456789"),
        ("/manual_poster_assets/own.jpg", "own"),
        ("/backup_assets/Movies/Heat/poster.jpg", "saved"),
        ("/test/poster.jpg", "test"),
        ("/images/logo.png", "logo"),
    ] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, content), "{path}");
        assert_eq!(answer.headers["cache-control"], "public, max-age=86400", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("image/"), "{path}");
        assert!(answer.headers.contains_key("etag") && answer.headers.contains_key("last-modified"), "{path}");
    }
}

#[actix_web::test]
async fn the_pictures_that_overlays_are_tried_on_are_drawn_where_they_are_not_there() {
    let app = app();
    for (name, size) in [("default_poster.jpg", (2000, 3000)), ("default_background.jpg", (3840, 2160))] {
        let drawn = app.get(&format!("/images/{name}")).await;
        assert_eq!((drawn.status.as_u16(), &drawn.headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
        let found = image::load_from_memory(&drawn.body).unwrap();
        assert_eq!((found.width(), found.height()), size);
        write(app.path(), &format!("images/{name}"), "own");
        assert_eq!(app.get(&format!("/images/{name}")).await.text(), "own", "the user's own comes first");
    }
    assert_eq!(app.get("/images/default_other.jpg").await.status, 404);
}

#[actix_web::test]
async fn a_picture_that_is_unchanged_is_not_sent_again() {
    let app = app();
    let first = app.get(POSTER).await;
    for (ask, known) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
        let known = first.headers[known].to_str().unwrap();
        let again = with(&app, Method::GET, POSTER, (ask, known)).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{ask}");
        assert_eq!(again.headers["cache-control"], "public, max-age=86400");
    }
    assert_eq!(with(&app, Method::GET, POSTER, ("if-none-match", "\"other\"")).await.status, 200);
}

#[actix_web::test]
async fn ranges_and_head_are_answered() {
    let app = app();
    let part = with(&app, Method::GET, POSTER, ("range", "bytes=2-4")).await;
    assert_eq!((part.status, part.text().as_str()), (StatusCode::PARTIAL_CONTENT, "234"));
    assert_eq!(part.headers["content-range"], "bytes 2-4/10");
    assert_eq!(with(&app, Method::GET, POSTER, ("range", "bytes=99-")).await.status, 416);
    let head = app.send(Method::HEAD, POSTER, |request| request).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.headers["content-length"], "10");
}

#[actix_web::test]
async fn what_is_missing_unfinished_or_outside_is_a_404_with_a_body() {
    let app = app();
    for path in [
        "/poster_assets/nope.jpg",
        "/poster_assets/",
        "/poster_assets/TV%20Shows",
        "/poster_assets/.posterizarrd-1.jpg",
        "/poster_assets/out.jpg",
        "/poster_assets/..%2fsecret.jpg",
        "/poster_assets/%2fetc%2fpasswd",
        "/poster_assets/a%00b",
        "/poster_assets/%ff",
        "/test/%2e%2e%2fconfig.json",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["code"], "not_found", "{path}");
        assert!(!answer.headers["cache-control"].to_str().unwrap().contains("public"), "{path}");
    }
    // A client may resolve the dots itself; what is then asked for is a page of the web UI.
    assert_ne!(app.get("/poster_assets/%2e%2e/secret.jpg").await.text(), "secret");
}

#[actix_web::test]
async fn a_way_out_of_the_folder_never_leads_to_the_secret_however_it_is_written() {
    let app = app();
    // A client that does not resolve the dots itself, as browsers do.
    for path in [
        "/poster_assets/%2e%2e/secret.jpg",
        "/poster_assets/%2e%2e%2fsecret.jpg",
        "/poster_assets/../secret.jpg",
        "/poster_assets/TV%20Shows/..%2f..%2fsecret.jpg",
        "/poster_assets/..%5csecret.jpg",
        "/poster_assets/%252e%252e/secret.jpg",
        "/poster_assets//../secret.jpg",
    ] {
        let answer = raw(&app, path).await;
        assert!(answer.starts_with("HTTP/1.1 "), "{path}: {answer}");
        assert!(!answer.ends_with("secret") && !answer.contains("image/jpeg"), "{path}: {answer}");
    }
}

/// The answer to a path that is sent as it is written here.
async fn raw(app: &TestApp, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_web::test]
async fn other_methods_are_refused_with_those_that_work() {
    let app = app();
    let answer = app.delete("/poster_assets/TV%20Shows/x.jpg").await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.headers["allow"], "GET, HEAD");
    assert_eq!(answer.json()["code"], "method_not_allowed");
}

#[actix_web::test]
async fn a_page_whose_name_begins_like_a_mount_is_not_part_of_it() {
    let app = app();
    assert_eq!(app.get("/test-gallery").await.headers["content-type"], "text/html; charset=utf-8", "the web UI's page");
}

#[actix_web::test]
async fn a_folder_that_appears_later_is_served() {
    let app = TestApp::start();
    assert_eq!(app.get("/images/logo.png").await.status, 404);
    write(app.path(), "images/logo.png", "logo");
    assert_eq!(app.get("/images/logo.png").await.text(), "logo");
}

#[actix_web::test]
async fn a_picture_opened_on_its_own_cannot_run_script() {
    let app = app();
    let answer = with(&app, Method::GET, "/poster_assets/picture.svg", ("accept-encoding", "gzip")).await;
    assert_eq!(answer.headers["content-type"], "image/svg+xml");
    assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(answer.text(), "<svg/>", "a range of it must be one of the bytes on disk");
}
