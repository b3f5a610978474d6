//! The configuration and the web UI's own settings.

mod backups;
mod blueprints;
mod posts;
mod reading;
mod secrets;
mod version_3;

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Answer, TestApp};

/// A daemon on a data folder with this `config.json`.
fn app_with(config: impl AsRef<[u8]>) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    TestApp::start_in(folder, |_| {})
}

fn file(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("config.json")).unwrap()
}

fn document(app: &TestApp) -> Value {
    serde_json::from_slice(&file(app.path())).unwrap()
}

/// Posts these keys; `query` is what follows the path.
async fn post(app: &TestApp, query: &str, keys: Value) -> Answer {
    app.post(&format!("/api/config{query}"), &json!({ "config": keys })).await
}

/// What `/api/config` gives under `config`.
async fn flat(app: &TestApp) -> Value {
    app.get("/api/config").await.json()["config"].clone()
}

#[actix_web::test]
async fn the_web_uis_settings_have_upstreams_shape_and_defaults() {
    let app = TestApp::start();
    let answer = app.get("/api/webui-settings").await;
    let file = app.path().join("UILogs/webui_settings.json");
    let expected = json!({
        "success": true,
        "settings": {"log_level": "INFO", "theme": "dark", "auto_refresh_interval": 180, "current_log_level": "INFO"},
        "available_log_levels": ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        "config_file": file.to_str().unwrap(),
    });
    assert_eq!(answer.json(), expected);
}

#[actix_web::test]
async fn saved_settings_are_merged_and_kept() {
    let app = TestApp::start();
    let posted = app.post("/api/webui-settings", &json!({"settings": {"log_level": "warning", "own": 1}})).await;
    assert_eq!(posted.status, 200, "{}", posted.text());
    assert_eq!(posted.json()["message"], "Settings updated successfully");
    assert_eq!(app.post("/api/webui-settings", &json!({"other": 1})).await.status, 200, "nothing to change");
    let settings = app.get("/api/webui-settings").await.json()["settings"].clone();
    assert_eq!(settings["log_level"], "WARNING");
    assert_eq!(settings["current_log_level"], "WARNING");
    assert_eq!(settings["own"], 1);
    let stored = std::fs::read_to_string(app.path().join("UILogs/webui_settings.json")).unwrap();
    assert!(stored.starts_with("{\n  \"log_level\": \"WARNING\"") && !stored.contains("current_log_level"), "{stored}");
}

#[actix_web::test]
async fn settings_that_cannot_be_are_refused_and_nothing_is_stored() {
    let app = TestApp::start();
    for bad in [
        json!({"settings": {"log_level": "LOUD", "own": 1}}),
        json!({"settings": {"log_level": 5}}),
        json!({"settings": null}),
        json!({"settings": ["x"]}),
        json!(["x"]),
        json!("x"),
    ] {
        assert_eq!(app.post("/api/webui-settings", &bad).await.status, 400, "{bad}");
    }
    let empty = app.send(Method::POST, "/api/webui-settings", |request| request).await;
    assert_eq!(empty.status, 400);
    assert!(!std::fs::exists(app.path().join("UILogs/webui_settings.json")).unwrap());
    let answer = app.post("/api/webui-settings", &json!({"settings": {"log_level": "LOUD"}})).await;
    assert!(answer.json()["message"].as_str().unwrap().contains("DEBUG, INFO, WARNING, ERROR, CRITICAL"));
}

#[actix_web::test]
async fn the_first_start_makes_a_configuration_with_every_key() {
    let app = TestApp::start();
    let text = std::fs::read_to_string(app.path().join("config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sections = config.as_object().unwrap();
    assert_eq!(sections.len(), 17);
    assert_eq!(sections.values().map(|section| section.as_object().unwrap().len()).sum::<usize>(), 263);
    assert_eq!(config["WebUI"]["basicAuthEnabled"], false);
}
