//! Every kind of request with every kind of login.

use serde_json::Value;

use super::{BASIC, COOKIE, cookie, key, locked, locked_folder, raw, set_password};
use crate::api::harness::TestApp;

const PUBLIC: &str = "";

/// Method, target and the scope that is needed.
const REQUESTS: &[(&str, &str, &str)] = &[
    ("GET", "/", PUBLIC),
    ("GET", "/index.html", PUBLIC),
    ("GET", "/gallery/posters", PUBLIC),
    ("GET", "/logo.png", PUBLIC),
    ("HEAD", "/", PUBLIC),
    ("GET", "/api", PUBLIC),
    ("GET", "/api?x=/api/status", PUBLIC),
    ("GET", "/api/auth/check", PUBLIC),
    ("POST", "/api/auth/logout", PUBLIC),
    ("GET", "/api/health", PUBLIC),
    ("GET", "/api/health/live", PUBLIC),
    ("GET", "/api/health/ready", PUBLIC),
    ("GET", "/healthz", PUBLIC),
    ("GET", "/ping", PUBLIC),
    ("GET", "/api/", "read"),
    ("GET", "/api/status", "read"),
    ("HEAD", "/api/status", "read"),
    ("GET", "/api/status/", "read"),
    ("GET", "/api/status?x=.js", "read"),
    ("GET", "/api/health/more", "read"),
    ("GET", "/api/x.png", "read"),
    ("GET", "/api/config.js", "read"),
    ("GET", "/api/logs/x.png", "read"),
    ("GET", "/API/status", "read"),
    ("GET", "/%61pi/status", "read"),
    ("GET", "/api/%73tatus", "read"),
    ("GET", "/api%2fstatus", "admin"),
    ("GET", "/api/auth%2fcheck", "read"),
    ("GET", "http://elsewhere/api/status", "read"),
    ("GET", "/poster_assets/a.jpg", "read"),
    ("GET", "/manual_poster_assets/a.webp", "read"),
    ("GET", "/backup_assets/a.jpg", "read"),
    ("GET", "/test/x.png", "read"),
    ("GET", "/images/logo.svg", "read"),
    ("GET", "/Images/logo.svg", "read"),
    ("GET", "/poster_assets/nope.html", "read"),
    ("GET", "/ws/logs", "read"),
    ("GET", "/docs", "read"),
    ("GET", "/docs/index.css", "read"),
    ("GET", "/redoc", "read"),
    ("GET", "/openapi.json", "read"),
    ("GET", "/metrics", "metrics"),
    ("GET", "/metrics/", "metrics"),
    ("POST", "/api/webhook/arr", "webhook"),
    ("POST", "/api/webhook/x.png", "webhook"),
    ("GET", "/api/auth/keys", "admin"),
    ("GET", "/api/auth/keys/x.css", "admin"),
    ("GET", "/api/config", "read"),
    ("POST", "/api/config", "admin"),
    ("GET", "/api/config-db/export", "read"),
    ("POST", "/api/config/restore/x", "admin"),
    ("DELETE", "/api/gallery/Movies/x/poster.jpg", "admin"),
    ("DELETE", "/api/overlayfiles/overlay.png", "admin"),
    ("DELETE", "/api/running-file", "admin"),
    ("DELETE", "/api/health", "admin"),
    ("POST", "/api/stop", "admin"),
    ("POST", "/api/triggers/hold", "admin"),
    ("POST", "/api/triggers/release", "admin"),
    ("POST", "/api/webui-settings", "admin"),
    ("PUT", "/poster_assets/a.jpg", "admin"),
    ("POST", "/index.html", "admin"),
    ("OPTIONS", "/api/status", "admin"),
    ("GET", "//", "admin"),
    ("GET", "//api/status", "admin"),
    ("GET", "/api//status", "admin"),
    ("GET", "/./api/status", "admin"),
    ("GET", "/x/../api/status", "admin"),
    ("GET", "/test/../api/config", "admin"),
    ("GET", "/%2e%2e/config.json", "admin"),
    ("GET", "/assets/%2e%2e/api/status", "admin"),
    ("GET", "/assets/%252e%252e/api/status", "admin"),
    ("GET", "/..%2f..%2fconfig.json", "admin"),
    ("GET", "/assets/..%5c..%5cconfig.json", "admin"),
    ("GET", "/x%00.js", "admin"),
];

const REFUSALS: [u16; 3] = [401, 403, 429];

/// A login: what it may do, its header, and what is added to the target.
struct Login {
    scopes: Vec<String>,
    header: Option<(&'static str, String)>,
    query: String,
    /// The status of a refusal.
    refusal: u16,
}

impl Login {
    fn header(scopes: &[&str], name: &'static str, value: String, refusal: u16) -> Self {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Self { scopes, header: Some((name, value)), query: String::new(), refusal }
    }

    /// One key in its four places.
    fn key(scopes: &[&str], key: &str, refusal: u16) -> Vec<Self> {
        let mut logins = vec![
            Self::header(scopes, "x-api-key", key.to_owned(), refusal),
            Self::header(scopes, "authorization", format!("bearer {key}"), refusal),
        ];
        for name in ["api_key", "secret"] {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            logins.push(Self { scopes, header: None, query: format!("{name}={key}"), refusal });
        }
        logins
    }

    fn opens(&self, needed: &str) -> bool {
        needed == PUBLIC || self.scopes.iter().any(|scope| scope == needed || scope == "admin")
    }

    async fn send(&self, app: &TestApp, method: &str, target: &str, more: &[(&str, &str)]) -> (u16, String) {
        let mark = if target.contains('?') { "&" } else { "?" };
        let target = if self.query.is_empty() { target.to_owned() } else { format!("{target}{mark}{}", self.query) };
        let mut headers: Vec<_> = self.header.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.extend(more);
        raw(app, method, &target, &headers).await
    }
}

/// Logins that are none.
fn wrong() -> Vec<Login> {
    let mut logins = Login::key(&[], "pzr_0000000000000000000000000000000000000000000", 401);
    logins.push(Login { scopes: Vec::new(), header: None, query: String::new(), refusal: 401 });
    for header in ["Basic YWRtaW46d3Jvbmc=", "Basic %%%", "Digest x"] {
        logins.push(Login::header(&[], "authorization", header.to_owned(), 401));
    }
    logins.push(Login::header(&[], "cookie", format!("{COOKIE}=0000"), 401));
    logins
}

async fn right(app: &TestApp) -> Vec<Login> {
    let mut logins = vec![
        Login::header(&["admin"], BASIC.0, BASIC.1.to_owned(), 403),
        Login::header(&["admin"], BASIC.0, BASIC.1.replace("Basic", "bAsIC"), 403),
    ];
    for scopes in [["admin"].as_slice(), &["read"], &["webhook"], &["metrics"], &["read", "metrics"]] {
        logins.extend(Login::key(scopes, key(app, scopes).await["key"].as_str().unwrap(), 403));
    }
    logins
}

async fn check(app: &TestApp, login: &Login) {
    for (method, target, needed) in REQUESTS {
        let (status, answer) = login.send(app, method, target, &[("connection", "close")]).await;
        let what = format!("{method} {target} with {:?} {}: {answer}", login.header, login.query);
        assert_eq!(!REFUSALS.contains(&status), login.opens(needed), "{what}");
        if !login.opens(needed) {
            assert_eq!(status, login.refusal, "{what}");
            let answer = answer.to_lowercase();
            assert!(!answer.contains("www-authenticate") && answer.contains("no-store"), "{what}");
            assert!(answer.contains("content-type: application/json"), "{what}");
        }
    }
}

#[actix_web::test]
async fn nothing_that_needs_a_login_answers_without_one() {
    let app = locked();
    for login in wrong() {
        check(&app, &login).await;
    }
}

#[actix_web::test]
async fn a_login_opens_what_its_scopes_allow_and_nothing_else() {
    let app = locked();
    for login in right(&app).await {
        check(&app, &login).await;
    }
    for (method, target, needed) in REQUESTS {
        // A logout ends the session that is tried here.
        let session = Login::header(&["admin"], "cookie", cookie(&app).await, 403);
        let (status, answer) = session.send(&app, method, target, &[("connection", "close")]).await;
        assert!(!REFUSALS.contains(&status), "{method} {target} ({needed}): {answer}");
    }
}

#[actix_web::test]
async fn without_a_password_everyone_is_admin() {
    let folder = locked_folder();
    set_password(folder.path(), false, "secret");
    let app = TestApp::start_in(folder, |_| {});
    for login in wrong() {
        for (method, target, _) in REQUESTS {
            let (status, answer) = login.send(&app, method, target, &[("connection", "close")]).await;
            assert!(!REFUSALS.contains(&status), "{method} {target} with {:?}: {answer}", login.header);
        }
    }
}

#[actix_web::test]
async fn a_web_socket_needs_a_login_that_may_read() {
    const UPGRADE: [(&str, &str); 4] = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let app = locked();
    let session = Login::header(&["admin"], "cookie", cookie(&app).await, 403);
    let logins = right(&app).await.into_iter().chain(wrong()).chain([session]);
    for login in logins {
        for target in ["/ws/logs", "/ws/logs?log_file=Scriptlog.log", "/%77s/logs"] {
            let (status, answer) = login.send(&app, "GET", target, &UPGRADE).await;
            let expected = if login.opens("read") { 101 } else { login.refusal };
            assert_eq!(status, expected, "{target} with {:?}: {answer}", login.header);
        }
    }
}

#[actix_web::test]
async fn every_documented_operation_needs_a_login_except_the_public_ones() {
    let app = locked();
    let document = serde_json::to_value(posterizarrd::http::app::document()).unwrap();
    let mut public = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let target = path.replace(['{', '}'], "");
            let (status, _) = raw(&app, &method.to_uppercase(), &target, &[("connection", "close")]).await;
            if status != 401 {
                public.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    public.sort();
    let expected = [
        "GET /api",
        "GET /api/auth/check",
        "GET /api/health",
        "GET /api/health/live",
        "GET /api/health/ready",
        "GET /healthz",
        "GET /ping",
        "POST /api/auth/logout",
    ];
    assert_eq!(public, expected);
}

#[actix_web::test]
async fn the_owner_of_the_socket_is_admin() {
    let app = locked();
    let client = reqwest::Client::builder().unix_socket(app.state.shared.data.socket()).build().unwrap();
    let answer = client.get("http://localhost/api/auth/keys").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let check: Value = client.get("http://localhost/api/auth/check").send().await.unwrap().json().await.unwrap();
    assert_eq!(check, serde_json::json!({"enabled": true, "authenticated": true}));
}
