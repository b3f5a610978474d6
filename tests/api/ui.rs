use std::path::Path;

use reqwest::{Method, StatusCode};

use super::harness::TestApp;

fn frontend(root: &Path) {
    std::fs::create_dir_all(root.join("assets")).unwrap();
    std::fs::write(root.join("index.html"), "<!doctype html><title>upstream</title>").unwrap();
    std::fs::write(root.join("assets/index-1a2b.js"), "export const value = 1;".repeat(100)).unwrap();
    std::fs::write(root.join("logo.png"), "logo").unwrap();
    std::fs::write(root.join(".env"), "secret").unwrap();
}

fn with_frontend() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    frontend(&folder.path().join("webui/frontend/dist"));
    TestApp::start_in(folder, |_| {})
}

#[actix_web::test]
async fn the_built_in_page_needs_nothing_from_elsewhere_and_no_inline_code() {
    let app = TestApp::start();
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text();
    assert!(html.contains(r#"<script src="app.js" defer>"#) && html.contains(r#"href="style.css""#));
    assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("<style"));
    let mut size = html.len();
    for (path, kind) in [("/app.js", "text/javascript; charset=utf-8"), ("/style.css", "text/css; charset=utf-8")] {
        let file = app.get(path).await;
        assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (StatusCode::OK, kind));
        assert!(!file.text().contains("http://") && !file.text().contains("https://"), "{path} names another host");
        size += file.body.len();
    }
    assert!(size < 20 * 1024, "{size} bytes");
}

#[actix_web::test]
async fn the_built_in_page_uses_relative_addresses_only_and_works_below_a_base_url() {
    let app = TestApp::start_with(|settings| settings.base_url = "/posters".to_owned());
    let html = app.get("/posters/").await.text();
    let script = app.get("/posters/app.js").await.text();
    for text in [&html, &script] {
        assert!(!text.contains("=\"/") && !text.contains("'/api") && !text.contains("'/ws"), "an absolute address");
    }
    for path in ["/posters/style.css", "/posters/api/status", "/posters/docs/", "/posters/api/health"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn the_built_in_page_is_not_sent_again_while_it_is_the_same() {
    let app = TestApp::start();
    let page = app.get("/").await;
    assert_eq!(page.headers["cache-control"], "no-cache");
    let etag = page.headers["etag"].to_str().unwrap();
    let again = app.send(Method::GET, "/", |request| request.header("if-none-match", etag)).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let head = app.send(Method::HEAD, "/", |request| request).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}

#[actix_web::test]
async fn a_built_web_ui_is_served_with_its_page_for_every_other_path() {
    let app = with_frontend();
    for path in ["/", "/index.html", "/gallery/posters", "/test-gallery", "/foo.png", "/.env", "/..%2f..%2fconfig.json"]
    {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text().contains("<title>upstream</title>"), "{path}");
        assert_eq!(answer.headers["cache-control"], "no-cache", "{path}");
        assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'self'"));
    }
    let logo = app.get("/logo.png").await;
    assert_eq!((logo.text().as_str(), logo.headers["content-type"].to_str().unwrap()), ("logo", "image/png"));
}

#[actix_web::test]
async fn a_built_web_uis_scripts_are_compressed_and_kept_for_ever() {
    let app = with_frontend();
    let get = |path: &'static str| app.send(Method::GET, path, |request| request.header("accept-encoding", "gzip"));
    let script = get("/assets/index-1a2b.js").await;
    assert!(script.headers["content-type"].to_str().unwrap().starts_with("text/javascript"));
    assert_eq!(script.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(script.headers["content-encoding"], "gzip");
    assert!(!script.headers.contains_key("content-disposition"));
    let missing = get("/assets/index-old.js").await;
    assert_eq!(missing.status, 404, "a page in place of a script would break the whole UI");
    assert!(!missing.headers["cache-control"].to_str().unwrap().contains("immutable"));
}

#[actix_web::test]
async fn the_configured_folder_wins_and_one_that_appears_later_is_seen() {
    let app = TestApp::start_with(|settings| settings.frontend_dir = Some(settings.data_dir.join("own")));
    assert!(app.get("/").await.text().contains("app.js"), "the built-in page stands in");
    frontend(&app.path().join("own"));
    assert!(app.get("/").await.text().contains("<title>upstream</title>"));
}

#[actix_web::test]
async fn unknown_api_paths_never_get_the_page() {
    let app = with_frontend();
    for path in ["/api/nope", "/api/status/", "/ws/nope", "/api/x.js"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["code"], "not_found", "{path}");
    }
}

#[actix_web::test]
async fn a_known_path_with_another_method_names_the_methods() {
    let app = TestApp::start();
    for (method, path, allowed) in [
        (Method::GET, "/api/admin/support-zip", "POST"),
        (Method::POST, "/api/status", "GET, HEAD"),
        (Method::HEAD, "/api/admin/support-zip", "POST"),
        (Method::PUT, "/", "GET, HEAD"),
        (Method::DELETE, "/docs/index.html", "GET, HEAD"),
    ] {
        let answer = app.send(method, path, |request| request).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.headers["allow"], allowed, "{path}");
    }
    assert_eq!(app.post("/nope", &serde_json::Value::Null).await.status, 404);
}

#[actix_web::test]
async fn a_daemon_without_ui_answers_only_its_api() {
    let app = TestApp::start_with(|settings| settings.disable_ui = true);
    for path in ["/", "/index.html", "/app.js"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["code"], "not_found", "{path}");
    }
    assert_eq!(app.get("/api").await.status, 200);
}

#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::start();
    for path in ["/", "/api", "/api/nope", "/docs/", "/test/x.jpg", "/metrics"] {
        let answer = app.get(path).await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}
