//! Sessions, guesses, origins, keys.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{BASIC, COOKIE, cookie, key, locked, locked_folder, raw, set_password};
use crate::api::harness::{Answer, TestApp, eventually};
use crate::daemon::Daemon;

async fn with(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let all: HeaderMap = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    app.send(method, path, |request| request.headers(all)).await
}

async fn status(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> u16 {
    with(app, Method::GET, path, headers).await.status.as_u16()
}

#[actix_web::test]
async fn the_check_tells_whether_the_sent_login_is_right() {
    let app = locked();
    let check = async |headers: &[(&str, &str)]| {
        let answer = with(&app, Method::GET, "/api/auth/check", headers).await;
        assert_eq!(answer.status, 200);
        answer.json()
    };
    let cookie = cookie(&app).await;
    let (yes, no) = (json!({"enabled": true, "authenticated": true}), json!({"enabled": true, "authenticated": false}));
    assert_eq!(check(&[]).await, no);
    assert_eq!(check(&[BASIC]).await, yes);
    assert_eq!(check(&[("cookie", &cookie)]).await, yes);
    assert_eq!(check(&[("authorization", "Basic YWRtaW46d3Jvbmc=")]).await, no);
    assert_eq!(check(&[("authorization", "Basic YWRtaW46d3Jvbmc="), ("cookie", &cookie)]).await, no);
    let open = TestApp::start();
    assert_eq!(open.get("/api/auth/check").await.json(), json!({"enabled": false, "authenticated": true}));
}

#[actix_web::test]
async fn a_password_gives_a_cookie_that_covers_pictures() {
    let app = locked();
    let session = cookie(&app).await;
    let picture = with(&app, Method::GET, "/poster_assets/a.jpg", &[("cookie", &session)]).await;
    assert_eq!((picture.status.as_u16(), picture.text().as_str()), (200, "picture"));
    let cached = picture.headers["cache-control"].to_str().unwrap();
    assert!(cached.starts_with("private"), "a shared cache must not keep it: {cached}");
    let with_both = with(&app, Method::GET, "/api/status", &[BASIC, ("cookie", &session)]).await;
    assert!(!with_both.headers.contains_key("set-cookie"), "one is enough");
    let of_picture = with(&app, Method::GET, "/poster_assets/a.jpg", &[BASIC]).await;
    assert!(!of_picture.headers.contains_key("set-cookie"), "what caches may keep carries no cookie");
}

#[actix_web::test]
async fn where_posterizarrs_own_web_ui_is_served_the_cookie_goes_with_the_browser() {
    for (frontend, lasts) in [(None, true), (Some("frontend"), false)] {
        let folder = locked_folder();
        let frontend = frontend.map(|name| folder.path().join(name));
        let app = TestApp::start_in(folder, |settings| settings.frontend_dir = frontend);
        let answer = app.send(Method::GET, "/api/status", |request| request.basic_auth("admin", Some("secret"))).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert_eq!(cookie.contains("Max-Age="), lasts, "{cookie}");
    }
}

#[actix_web::test]
async fn each_login_is_a_session_of_its_own_until_a_program_leaves_too_many_behind() {
    let app = locked();
    let first = cookie(&app).await;
    assert_ne!(cookie(&app).await, first);
    let mut last = cookie(&app).await;
    for _ in 0..5 {
        last = cookie(&app).await;
    }
    assert_eq!(cookie(&app).await, last, "a program that keeps no cookies");
    let other = with(&app, Method::GET, "/api/status", &[BASIC, ("user-agent", "another")]).await;
    assert!(!other.headers["set-cookie"].to_str().unwrap().starts_with(&last));
    assert_eq!(status(&app, "/api/status", &[("cookie", &first)]).await, 200);
}

#[actix_web::test]
async fn a_logout_ends_the_session_and_can_be_repeated() {
    let app = locked();
    let session = cookie(&app).await;
    for _ in 0..2 {
        let answer = with(&app, Method::POST, "/api/auth/logout", &[("cookie", &session)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["success"], true);
        let gone = answer.headers["set-cookie"].to_str().unwrap();
        let name = session.split('=').next().unwrap();
        assert!(name.starts_with(COOKIE) && gone.starts_with(&format!("{name}=; Path=/; Max-Age=0")), "{gone}");
    }
    assert_eq!(status(&app, "/api/status", &[("cookie", &session)]).await, 401);
    assert_ne!(cookie(&app).await, session, "the next login is a new session");
}

#[actix_web::test]
async fn a_session_survives_a_killed_daemon_and_ends_with_its_password() {
    let folder = locked_folder();
    let client = reqwest::Client::new();
    let ask = async |daemon: &Daemon, header: (&str, &str)| {
        client.get(format!("{}/api/status", daemon.url)).header(header.0, header.1).send().await.unwrap()
    };
    let mut daemon = Daemon::start(folder.path());
    let answer = ask(&daemon, BASIC).await;
    let session = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    daemon.signal(rustix::process::Signal::KILL);
    daemon.ended();
    let daemon = Daemon::start(folder.path());
    assert_eq!(ask(&daemon, ("cookie", &session)).await.status(), 200);
    set_password(folder.path(), true, "changed");
    eventually("the session ended", async || (ask(&daemon, ("cookie", &session)).await.status() == 401).then_some(()))
        .await;
    assert_eq!(ask(&daemon, BASIC).await.status(), 401);
    assert_eq!(ask(&daemon, ("authorization", "Basic YWRtaW46Y2hhbmdlZA==")).await.status(), 200);
}

#[actix_web::test]
async fn a_configuration_that_breaks_never_opens_the_door() {
    let app = locked();
    for broken in ["{", "", "[]", "null"] {
        std::fs::write(app.path().join("config.json"), broken).unwrap();
        eventually("the problem is noticed", async || app.state.views.config.get().problem.clone()).await;
        assert_eq!(status(&app, "/api/status", &[]).await, 401, "{broken:?}");
        assert_eq!(status(&app, "/api/status", &[BASIC]).await, 200, "{broken:?}");
    }
    let wrong = with(&app, Method::GET, "/api/status", &[("authorization", "Basic YWRtaW46d3Jvbmc=")]).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["code"].as_str()), (401, Some("config_unreadable")));
    assert!(wrong.json()["message"].as_str().unwrap().contains("last good"), "{}", wrong.text());
    set_password(app.path(), false, "secret");
    eventually("a good file is obeyed", async || (status(&app, "/api/status", &[]).await == 200).then_some(())).await;
}

#[actix_web::test]
async fn a_broken_configuration_at_the_first_start_locks_the_door() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), "{").unwrap();
    let app = TestApp::start_in(folder, |_| {});
    let headers: [&[(&str, &str)]; 3] =
        [&[], &[("authorization", "Basic YWRtaW46cG9zdGVyaXphcnI=")], &[("x-api-key", "k")]];
    for headers in headers {
        for _ in 0..6 {
            let answer = with(&app, Method::GET, "/api/status", headers).await;
            assert_eq!(answer.status, 503, "no guess can be right, so none is counted");
            assert_eq!(answer.json()["code"], "config_unreadable");
        }
    }
    let hook = with(&app, Method::POST, "/api/webhook/arr", &[]).await;
    assert_eq!((hook.status.as_u16(), hook.json()["code"].as_str()), (503, Some("config_unreadable")));
    let check = with(&app, Method::GET, "/api/auth/check", &[]).await.json();
    assert_eq!((&check["enabled"], &check["authenticated"]), (&json!(true), &json!(false)));
    assert_eq!(check["problem"]["code"], "config_unreadable");
    let health = with(&app, Method::GET, "/api/health", &[]).await.json();
    assert_eq!(health["checks"]["config"], "degraded");
    let reason = health["reasons"]["config"].as_str().unwrap();
    assert!(reason.contains("nobody can sign in") && !reason.contains('/'), "{reason}");
    assert_eq!(status(&app, "/", &[]).await, 200);
    assert_eq!(status(&app, "/api/health/live", &[]).await, 200);
}

fn guess(n: usize) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("admin:guess{n}")))
}

#[actix_web::test]
async fn guessing_is_slowed_down_and_sessions_and_keys_go_on() {
    let app = locked();
    let (session, key) = (cookie(&app).await, key(&app, &["read"]).await);
    for _ in 0..20 {
        assert_eq!(status(&app, "/api/status", &[("authorization", &guess(0))]).await, 401, "the same stale login");
    }
    for n in 1..5 {
        assert_eq!(status(&app, "/api/auth/check", &[("authorization", &guess(n))]).await, 200);
    }
    let answer = with(&app, Method::GET, "/api/status", &[BASIC]).await;
    assert_eq!(answer.status, 429, "the right one would tell the guesser");
    assert_eq!(answer.json()["code"], "too_many_attempts");
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    let check = with(&app, Method::GET, "/api/auth/check", &[BASIC]).await;
    assert_eq!(check.json(), json!({"enabled": true, "authenticated": false}));
    assert_eq!(status(&app, "/api/status", &[("cookie", &session)]).await, 200);
    assert_eq!(status(&app, "/api/status", &[("x-api-key", key["key"].as_str().unwrap())]).await, 200);
    assert_eq!(status(&app, "/api/status", &[]).await, 401);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(status(&app, "/api/status", &[BASIC]).await, 200, "the wait that was told is enough");
}

#[actix_web::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_guesses() {
    let proxied = TestApp::start_in(locked_folder(), |settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let direct = locked();
    for app in [&proxied, &direct] {
        for n in 0..5 {
            let headers = [("authorization", guess(n)), ("x-forwarded-for", "192.0.2.1".to_owned())];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            assert_eq!(status(app, "/api/status", &headers).await, 401);
        }
    }
    let other = [BASIC, ("x-forwarded-for", "192.0.2.2"), ("x-forwarded-proto", "https")];
    let answer = with(&proxied, Method::GET, "/api/status", &other).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers["set-cookie"].to_str().unwrap().ends_with("; Secure"));
    assert_eq!(status(&direct, "/api/status", &other).await, 429, "the header is anybody's claim");
}

#[actix_web::test]
async fn a_page_from_elsewhere_cannot_use_the_cookie() {
    let app = TestApp::start_in(locked_folder(), |settings| {
        settings.cors_origins = vec!["https://dash.example".to_owned()];
    });
    let session = cookie(&app).await;
    let stop = async |headers: &[(&str, &str)]| with(&app, Method::POST, "/api/stop", headers).await;
    for foreign in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let answer = stop(&[("cookie", &session), ("origin", foreign)]).await;
        assert_eq!(answer.status, 403, "{foreign}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("cors_origins"));
        assert_eq!(stop(&[BASIC, ("origin", foreign)]).await.status, 403, "nor a password");
        let read = with(&app, Method::GET, "/api/status", &[("cookie", &session), ("origin", foreign)]).await;
        assert_eq!(read.status, 403);
        assert!(!read.headers.contains_key("access-control-allow-origin"));
        let upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
        let upgrade = [&upgrade[..], &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]].concat();
        let own: &str = &app.url;
        for (origin, expected) in [(foreign, 403), (own, 101)] {
            let headers = [&upgrade[..], &[("cookie", session.as_str()), ("origin", origin)]].concat();
            assert_eq!(raw(&app, "GET", "/ws/logs", &headers).await.0, expected, "{origin}");
        }
    }
    for own in [app.url.as_str(), "https://dash.example"] {
        assert_eq!(stop(&[("cookie", &session), ("origin", own)]).await.status, 200, "{own}");
    }
    assert_eq!(stop(&[("cookie", &session)]).await.status, 200);
}

#[actix_web::test]
async fn named_origins_alone_get_cors_headers_also_on_refusals() {
    let app = TestApp::start_in(locked_folder(), |settings| {
        settings.cors_origins = vec!["https://dash.example".to_owned()];
    });
    let ask = [("access-control-request-method", "POST"), ("access-control-request-headers", "x-api-key")];
    let preflight = [&ask[..], &[("origin", "https://dash.example")]].concat();
    let answer = with(&app, Method::OPTIONS, "/api/stop", &preflight).await;
    assert_eq!(answer.status, 204, "before any login");
    assert_eq!(answer.headers["access-control-allow-origin"], "https://dash.example");
    assert_eq!(answer.headers["access-control-allow-headers"], "x-api-key");
    let refused = with(&app, Method::GET, "/api/status", &[("origin", "https://dash.example")]).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.headers["access-control-allow-origin"], "https://dash.example");
    let foreign = with(&app, Method::OPTIONS, "/api/stop", &[&ask[..], &[("origin", "https://evil")]].concat()).await;
    assert_eq!(foreign.status, 403);
    assert!(!foreign.headers.contains_key("access-control-allow-origin"));
    let plain = locked();
    let answer = with(&plain, Method::OPTIONS, "/api/stop", &preflight).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[actix_web::test]
async fn a_configuration_that_turns_odd_keeps_the_door_shut() {
    let app = locked();
    let config = app.path().join("config.json");
    let odd = [
        r#"{"WebUI": "x"}"#,
        r#"{"WebUI": null}"#,
        r#"{"WebUI": []}"#,
        r#"{"WebUI": {}}"#,
        "{}",
        r#"{"WebUI": {"basicAuthEnabled": null, "basicAuthPassword": "secret"}}"#,
        r#"{"WebUI": {"basicAuthEnabled": "maybe", "basicAuthPassword": "secret"}}"#,
        r#"{"WebUI": {"basicAuthEnabled": "ture", "basicAuthPassword": "secret"}}"#,
        r#"{"WebUI": {"basicAuthEnabled": 0, "basicAuthPassword": "secret"}}"#,
        r#"{"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": null}}"#,
        r#"{"WebUI": {"basicAuthEnabled": true}}"#,
    ];
    for odd in odd {
        let before = app.state.views.config.get().generation;
        std::fs::write(&config, odd).unwrap();
        eventually("it is read", async || (app.state.views.config.get().generation > before).then_some(())).await;
        assert_eq!(status(&app, "/api/status", &[]).await, 401, "{odd}");
        assert_eq!(status(&app, "/api/status", &[BASIC]).await, 200, "{odd}");
        let health = with(&app, Method::GET, "/api/health", &[]).await.json();
        assert_eq!(health["checks"]["config"], "degraded", "{odd}");
        assert!(health["reasons"]["config"].as_str().unwrap().contains("the login stays on"), "{health}");
    }
    set_password(app.path(), false, "secret");
    eventually("a clear no is obeyed", async || (status(&app, "/api/status", &[]).await == 200).then_some(())).await;
}

#[actix_web::test]
async fn an_odd_configuration_keeps_the_door_shut_over_a_restart() {
    let folder = locked_folder();
    let mut daemon = Daemon::start(folder.path());
    std::fs::write(folder.path().join("config.json"), r#"{"WebUI": "x"}"#).unwrap();
    let client = reqwest::Client::new();
    let config = async |daemon: &Daemon| {
        let health = client.get(format!("{}/api/health", daemon.url)).send().await.unwrap();
        health.json::<Value>().await.unwrap()["checks"]["config"].clone()
    };
    eventually("it is noticed", async || (config(&daemon).await == "degraded").then_some(())).await;
    daemon.signal(rustix::process::Signal::KILL);
    daemon.ended();
    let daemon = Daemon::start(folder.path());
    let ask = async |header: (&str, &str)| {
        client.get(format!("{}/api/status", daemon.url)).header(header.0, header.1).send().await.unwrap().status()
    };
    assert_eq!(config(&daemon).await, "degraded");
    assert_eq!(ask(("accept", "*/*")).await, 401);
    assert_eq!(ask(BASIC).await, 200, "by the last good password");
}

#[actix_web::test]
async fn the_login_cannot_be_turned_on_with_the_shipped_password() {
    let app = TestApp::start();
    let post = async |path: &str, config: Value| app.post(path, &json!({ "config": config })).await;
    let on = json!({"basicAuthEnabled": true});
    for (path, config) in [
        ("/api/config?mode=merge", on.clone()),
        ("/api/config", on.clone()),
        ("/api/config?mode=merge&dry_run=true", on.clone()),
        ("/api/config?mode=merge", json!({"basicAuthEnabled": "yes", "basicAuthPassword": "posterizarr"})),
        ("/api/config?mode=merge", json!({"basicAuthEnabled": true, "basicAuthPassword": "********"})),
        ("/api/config?mode=merge", json!({"basicAuthEnabled": true, "basicAuthUsername": "root"})),
    ] {
        let answer = post(path, config.clone()).await;
        assert_eq!(answer.status, 400, "{path} {config}: {}", answer.text());
        let body = answer.json();
        assert_eq!(body["code"], "shipped_password", "{body}");
        assert_eq!(body["detail"][0]["loc"], json!(["body", "config", "basicAuthPassword"]), "at the field");
        assert_eq!(app.get("/api/auth/check").await.json()["enabled"], false);
    }
    let both = json!({"basicAuthEnabled": true, "basicAuthPassword": "my own"});
    assert_eq!(post("/api/config?mode=merge&dry_run=true", both).await.status, 200);
    assert_eq!(post("/api/config?mode=merge", json!({"basicAuthPassword": "my own"})).await.status, 200, "before");
    assert_eq!(post("/api/config?mode=merge", on).await.status, 200);
    assert_eq!(status(&app, "/api/status", &[]).await, 401);
}

#[actix_web::test]
async fn a_backup_does_not_bring_the_shipped_password_back() {
    let app = TestApp::start();
    let config = app.path().join("config.json");
    let shipped = r#"{"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": "posterizarr"}}"#;
    std::fs::write(&config, shipped).unwrap();
    let header = ("authorization", "Basic YWRtaW46cG9zdGVyaXphcnI=");
    eventually("it is read", async || (status(&app, "/api/status", &[]).await == 401).then_some(())).await;
    let health = with(&app, Method::GET, "/api/health", &[]).await.json();
    assert_eq!(health["checks"]["config"], "degraded", "it is told where it is so already");
    assert!(health["reasons"]["config"].as_str().unwrap().contains("everybody knows"), "{health}");
    let body = json!({"config": {"basicAuthEnabled": false}});
    let off =
        app.send(Method::POST, "/api/config?mode=merge", |request| request.header(header.0, header.1).json(&body));
    assert_eq!(off.await.status, 200, "nobody is locked out");
    let backups = app.get("/api/config/backups").await.json();
    let id = backups["backups"][0]["id"].as_str().unwrap().to_owned();
    let restored = app.post(&format!("/api/config/restore/{id}"), &json!({})).await;
    assert_eq!((restored.status.as_u16(), restored.json()["code"].as_str()), (400, Some("shipped_password")));
    assert_eq!(status(&app, "/api/status", &[]).await, 200);
}

#[actix_web::test]
async fn below_a_base_url_the_cookie_and_the_rules_are_the_same() {
    let app = TestApp::start_in(locked_folder(), |settings| settings.base_url = "/posters".to_owned());
    assert_eq!(status(&app, "/posters/api/status", &[]).await, 401);
    assert_eq!(status(&app, "/posters/", &[]).await, 200);
    assert_eq!(raw(&app, "GET", "/posters//api/status", &[]).await.0, 401);
    let answer = with(&app, Method::GET, "/posters/api/status", &[BASIC]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("; Path=/posters; "));
}

#[actix_web::test]
async fn a_key_is_shown_once_and_stops_working_when_it_is_deleted() {
    let app = locked();
    let created = key(&app, &["read", "webhook"]).await;
    let secret = created["key"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("pzr_") && secret.starts_with(created["prefix"].as_str().unwrap()));
    assert_eq!(created["last_used"], Value::Null);
    assert_eq!(status(&app, "/api/status", &[("x-api-key", &secret)]).await, 200);
    let used = eventually("the use is written down", async || {
        let listed = with(&app, Method::GET, "/api/auth/keys", &[BASIC]).await;
        assert!(!listed.text().contains(&secret));
        let key = listed.json()["keys"][0].clone();
        (key["last_used"] != Value::Null).then_some(key)
    });
    assert_eq!(used.await["scopes"], json!(["read", "webhook"]));
    let path = format!("/api/auth/keys/{}", created["id"].as_str().unwrap());
    assert_eq!(with(&app, Method::DELETE, &path, &[("x-api-key", &secret)]).await.status, 403);
    let refused = with(&app, Method::POST, "/api/stop", &[("x-api-key", &secret)]).await;
    assert!(refused.json()["detail"].as_str().unwrap().contains("scope admin"), "{}", refused.text());
    assert_eq!(with(&app, Method::DELETE, &path, &[BASIC]).await.status, 200);
    assert_eq!(status(&app, "/api/status", &[("x-api-key", &secret)]).await, 401);
    assert_eq!(with(&app, Method::DELETE, &path, &[BASIC]).await.status, 404);
}

#[actix_web::test]
async fn a_key_without_a_name_or_a_scope_is_refused() {
    let app = TestApp::start();
    for (body, field) in [
        (json!({"name": " ", "scopes": ["read"]}), "name"),
        (json!({"name": "a\nb", "scopes": ["read"]}), "name"),
        (json!({"name": "x".repeat(65), "scopes": ["read"]}), "name"),
        (json!({"name": "x", "scopes": []}), "scopes"),
    ] {
        let answer = app.post("/api/auth/keys", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", field]));
    }
    assert_eq!(app.post("/api/auth/keys", &json!({"name": "x", "scopes": ["root"]})).await.status, 400);
    assert_eq!(app.get("/api/auth/keys").await.json(), json!({"success": true, "keys": []}));
    // As the page of version 3 asks, which knows no scopes.
    let made = app.post("/api/auth/keys", &json!({"name": "x"})).await;
    assert_eq!((made.status.as_u16(), &made.json()["scopes"]), (201, &json!(["admin"])));
    assert_eq!(made.json()["message"], "Key generated. Save it now, it won't be shown again!");
    let listed = app.get("/api/auth/keys").await.json()["keys"][0].clone();
    let created = listed["created_at"].as_str().unwrap();
    assert!(chrono::NaiveDateTime::parse_from_str(created, "%Y-%m-%d %H:%M:%S").is_ok(), "{created}");
    assert_eq!(listed["last_used_at"], Value::Null);
    assert_eq!(app.get("/api/config-db/status").await.json()["api_key_count"], 1);
}
