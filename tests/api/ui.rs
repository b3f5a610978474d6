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

/// The scripts and styles that a page names.
fn parts(html: &str) -> Vec<String> {
    let named =
        html.split([' ', '>']).filter_map(|word| word.strip_prefix("src=\"./").or(word.strip_prefix("href=\"./")));
    named.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[actix_web::test]
async fn the_own_page_needs_nothing_from_elsewhere_and_no_inline_code() {
    let app = TestApp::start();
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    // But for pictures that providers offer.
    let others =
        "img-src 'self' blob: data: https://image.tmdb.org https://artworks.thetvdb.com https://assets.fanart.tv;";
    assert!(policy.contains(others) && policy.matches("http").count() == 3, "{policy}");
    let html = page.text();
    assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("<style"));
    assert!(!html.contains("http://") && !html.contains("https://"));
}

#[actix_web::test]
async fn the_own_page_works_below_a_base_url_at_every_address_of_its_views() {
    let app = TestApp::start_with(|settings| settings.base_url = "/posters".to_owned());
    if !web_ui_is_built() {
        return;
    }
    for view in ["/posters/", "/posters/library/folders/TV%20Shows", "/posters/logs/Scriptlog.log"] {
        let html = app.get(view).await.text();
        assert!(html.contains(r#"<base href="/posters/""#), "{view}: {html}");
        let parts = parts(&html);
        assert!(parts.len() >= 3, "{parts:?}");
        for part in parts {
            assert_eq!(app.get(&format!("/posters/{part}")).await.status, 200, "{part}");
        }
    }
}

#[actix_web::test]
async fn the_own_page_works_below_a_path_that_a_proxy_takes_away() {
    let app = TestApp::start();
    if !web_ui_is_built() {
        return;
    }
    // As a browser resolves it: below the path that it knows, of which the daemon knows nothing.
    let outside = reqwest::Url::parse("https://example.org/behind/a/proxy/").unwrap();
    for view in ["", "library", "library/folders/TV%20Shows", "settings/", "logs/Scriptlog.log"] {
        let html = app.get(&format!("/{view}")).await.text();
        let base = html.split("<base href=\"").nth(1).unwrap().split('"').next().unwrap();
        let base = outside.join(view).unwrap().join(base).unwrap();
        assert_eq!(base, outside, "{view}");
    }
}

#[actix_web::test]
async fn the_own_pages_scripts_come_as_compressed_as_the_client_takes_them_and_are_kept_for_ever() {
    let app = TestApp::start();
    if !web_ui_is_built() {
        return;
    }
    let parts = parts(&app.get("/").await.text());
    let script = format!("/{}", parts.iter().find(|part| part.ends_with(".js")).unwrap());
    let get = async |accepted: &'static str| {
        app.send(Method::GET, &script, |request| request.header("accept-encoding", accepted)).await
    };
    let (plain, gzip, brotli) = (get("identity").await, get("gzip").await, get("gzip, br;q=0.9, *;q=0.1").await);
    assert_eq!(
        (gzip.headers["content-encoding"].as_bytes(), brotli.headers["content-encoding"].as_bytes()),
        (&b"gzip"[..], &b"br"[..])
    );
    assert!(!plain.headers.contains_key("content-encoding"));
    assert!(brotli.body.len() < gzip.body.len() && gzip.body.len() < plain.body.len());
    assert_eq!(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(
        app.get("/assets/index-old.js").await.status,
        404,
        "a page in place of a script would break the whole UI"
    );
}

/// Without Node.js the build leaves the web UI out, and there is nothing to test.
fn web_ui_is_built() -> bool {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist/index.html").is_file();
    if !built {
        eprintln!("LEFT OUT: the web UI was not built");
    }
    built
}

#[actix_web::test]
async fn the_own_page_is_not_sent_again_while_it_is_the_same() {
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
    assert!(!app.get("/").await.text().contains("<title>upstream</title>"), "our own page stands in");
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
    // What is not there is not there with any method.
    assert_eq!(app.post("/api/nope", &serde_json::Value::Null).await.status, 404);
    assert_eq!(app.post("/assets/nope.js", &serde_json::Value::Null).await.status, 404);
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
