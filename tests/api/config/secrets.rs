//! Secrets of the configuration, and the login it sets.

use super::*;

/// Of the password `secret`, as cheap as can be.
const HASHES: [&str; 2] = [
    "$2b$04$t.ASETlG7QN1bx4oxN9LaeluMdvBhhQydZBgy3eNC76kFiQORPH/G",
    "$argon2id$v=19$m=64,t=1,p=1$qjx20GghmmOyHY8CFdJICQ$UaZcVc6Y6fpd4H5+cLvPLo8hLVodczXt1Si1Wp3uAtk",
];

const CONFIG: &str = r#"{
  "WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"},
  "ApiPart": {"tmdbtoken": "eyJ.tmdb", "tvdbapi": "TVDBAPIKEY", "PlexToken": ""},
  "Notification": {"Discord": "https://discord.com/api/webhooks/1/abc"},
  "Own": {"key": "mine"}
}"#;

async fn as_admin(app: &TestApp, method: Method, path: &str, body: Value) -> Answer {
    app.send(method, path, |request| request.basic_auth("admin", Some("secret")).json(&body)).await
}

async fn reader(app: &TestApp) -> String {
    let made = as_admin(app, Method::POST, "/api/auth/keys", json!({"name": "widget", "scopes": ["read"]})).await;
    made.json()["key"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn who_may_only_read_sees_masks_and_changes_nothing() {
    let app = app_with(CONFIG);
    let key = reader(&app).await;
    let body = app.send(Method::GET, "/api/config", |request| request.header("x-api-key", &key)).await.json();
    assert_eq!(body["secrets_masked"], true);
    let expected = json!({
        "basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "********",
        "tmdbtoken": "********", "tvdbapi": "TVDBAPIKEY", "PlexToken": "", "Discord": "********", "key": "********",
    });
    assert_eq!(body["config"], expected);
    for path in ["/api/config-db/export", "/api/config-db/section/ApiPart", "/api/config-db/value/ApiPart/tmdbtoken"] {
        let answer = app.send(Method::GET, path, |request| request.header("x-api-key", &key)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text().contains("********") && !answer.text().contains("eyJ.tmdb"), "{path}: {}", answer.text());
    }
    for path in ["/api/config", "/api/config/restore/last-good", "/api/config-db/sync"] {
        let body = json!({"config": {}});
        let refused = app.send(Method::POST, path, |request| request.header("x-api-key", &key).json(&body)).await;
        assert_eq!(refused.status, 403, "{path}");
    }
    assert_eq!(app.get("/api/config").await.status, 401);
    let admin = as_admin(&app, Method::GET, "/api/config", Value::Null).await.json();
    assert_eq!((&admin["config"]["tmdbtoken"], &admin["secrets_masked"]), (&json!("eyJ.tmdb"), &json!(false)));
    let page = as_admin(&app, Method::GET, "/api/config?masked=true", Value::Null).await.json();
    assert_eq!((&page["config"], &page["secrets_masked"]), (&expected, &json!(true)), "who wants no secrets gets none");
}

#[actix_web::test]
async fn masks_that_come_back_keep_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), CONFIG).unwrap();
    let app = TestApp::start_in(folder, |settings| settings.mask_secrets = true);
    let shown = as_admin(&app, Method::GET, "/api/config", Value::Null).await.json()["config"].clone();
    assert_eq!(shown["tmdbtoken"], "********", "also from the admin");
    let same = as_admin(&app, Method::POST, "/api/config", json!({"config": shown})).await;
    assert_eq!(same.json()["changes_count"], 0, "{}", same.text());
    assert_eq!(file(app.path()), CONFIG.as_bytes());
    let part = json!({"config": {"tmdbtoken": "********", "Discord": "https://discord.com/api/webhooks/2/def"}});
    let changed = as_admin(&app, Method::POST, "/api/config?mode=merge", part).await;
    assert_eq!(changed.json()["changes"], json!([{"key": "Discord", "old": "********", "new": "********"}]));
    let expected = CONFIG.replace("webhooks/1/abc", "webhooks/2/def");
    assert_eq!(file(app.path()), expected.as_bytes());
}

#[actix_web::test]
async fn the_login_is_switched_on_and_off_by_a_post_and_counts_for_the_next_request() {
    let app = TestApp::start();
    assert_eq!(app.get("/api/status").await.status, 200);
    let on = json!({"basicAuthEnabled": true, "basicAuthPassword": "secret"});
    assert_eq!(post(&app, "?mode=merge", on).await.status, 200);
    assert_eq!(app.get("/api/status").await.status, 401);
    assert_eq!(as_admin(&app, Method::GET, "/api/status", Value::Null).await.status, 200);
    assert_eq!(app.get("/api/auth/check").await.json()["enabled"], true);
    let off = json!({"config": {"basicAuthEnabled": false}});
    assert_eq!(as_admin(&app, Method::POST, "/api/config?mode=merge", off).await.status, 200);
    assert_eq!(app.get("/api/status").await.status, 200);
}

#[actix_web::test]
async fn a_password_may_be_stored_as_a_hash() {
    let app = TestApp::start();
    for stored in ["secret", HASHES[0], HASHES[1]] {
        let login = json!({"config": {"basicAuthEnabled": true, "basicAuthPassword": stored}});
        let set = as_admin(&app, Method::POST, "/api/config?mode=merge", login).await;
        assert_eq!(set.status, 200, "{stored}: {}", set.text());
        for _ in 0..3 {
            assert_eq!(as_admin(&app, Method::GET, "/api/status", Value::Null).await.status, 200, "{stored}");
        }
        let wrong = app.send(Method::GET, "/api/status", |request| request.basic_auth("admin", Some("Secret"))).await;
        assert_eq!(wrong.status, 401, "{stored}");
        let name = app.send(Method::GET, "/api/status", |request| request.basic_auth("Admin", Some("secret"))).await;
        assert_eq!(name.status, 401, "{stored}");
    }
}
