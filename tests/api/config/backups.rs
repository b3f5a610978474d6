//! Earlier contents of the configuration.

use super::*;

async fn ids(app: &TestApp) -> Vec<String> {
    let list = app.get("/api/config/backups").await.json();
    list["backups"].as_array().unwrap().iter().map(|backup| backup["id"].as_str().unwrap().to_owned()).collect()
}

async fn restore(app: &TestApp, id: &str) -> Answer {
    app.post(&format!("/api/config/restore/{id}"), &json!({})).await
}

#[actix_web::test]
async fn what_a_post_replaces_can_be_put_back_byte_for_byte() {
    let odd = "{\r\n \"Own\":{\"k\":  1.0}, \"PlexPart\":{\"UsePlex\":\"true\"}}\r\n";
    let app = app_with(odd);
    let saved = post(&app, "", json!({"UsePlex": "false", "k": 2})).await.json();
    let changed = file(app.path());
    assert_eq!(ids(&app).await, [saved["backup"].as_str().unwrap()]);
    let restored = restore(&app, saved["backup"].as_str().unwrap()).await;
    assert_eq!(restored.status, 200, "{}", restored.text());
    assert_eq!(restored.json()["message"], "Config restored successfully");
    assert_eq!(restored.json()["changes_count"], 2);
    assert_eq!(restored.json()["changes"][1], json!({"key": "UsePlex", "old": "false", "new": "true"}));
    assert_eq!(file(app.path()), odd.as_bytes());
    assert_eq!(flat(&app).await["UsePlex"], "true", "in force at once");
    let newest = ids(&app).await[0].clone();
    restore(&app, &newest).await;
    assert_eq!(file(app.path()), changed, "the way back has a way back");
}

#[actix_web::test]
async fn only_backups_can_be_put_back() {
    let app = TestApp::start();
    std::fs::write(app.path().join("config-backups.json"), "{}").unwrap();
    for id in ["20260101T000000.000Z", "config-backups", "..%2Fconfig-backups", "x"] {
        let answer = restore(&app, id).await;
        assert_eq!(answer.status, 404, "{id}: {}", answer.text());
    }
    assert!(restore(&app, "x").await.json()["message"].as_str().unwrap().contains("/api/config/backups"));
    std::fs::create_dir(app.path().join("config-backups")).unwrap();
    std::fs::write(app.path().join("config-backups/20260101T000000.000Z.json"), "{").unwrap();
    let broken = restore(&app, "20260101T000000.000Z").await;
    assert_eq!(broken.status, 409);
    assert!(broken.json()["message"].as_str().unwrap().contains("cannot be put back"), "{}", broken.text());
    assert_eq!(document(&app).as_object().unwrap().len(), 17, "the file is as it was");
}

#[actix_web::test]
async fn a_broken_file_is_not_written_over_but_the_last_good_one_can_be_put_back() {
    let app = app_with(r#"{"PlexPart": {"UsePlex": "true"}}"#);
    std::fs::write(app.path().join("config.json"), "{ half").unwrap();
    let refused = post(&app, "?mode=merge", json!({"UsePlex": "false"})).await;
    assert_eq!(refused.status, 409);
    let text = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(text.contains("is broken") && text.contains("/api/config/restore/last-good"), "{text}");
    assert_eq!(file(app.path()), b"{ half");
    let restored = restore(&app, "last-good").await;
    assert_eq!(restored.status, 200, "{}", restored.text());
    assert_eq!(document(&app), json!({"PlexPart": {"UsePlex": "true"}}));
    let kept =
        std::fs::read(app.path().join(format!("config-backups/{}.json", restored.json()["backup"].as_str().unwrap())));
    assert_eq!(kept.unwrap(), b"{ half", "the edit by hand is kept");
    assert_eq!(app.get("/api/config").await.json()["problem"], Value::Null);
}

#[actix_web::test]
async fn a_restore_heeds_the_revision() {
    let app = TestApp::start();
    let backup = post(&app, "?mode=merge", json!({"maxLogs": "6"})).await.json()["backup"].as_str().unwrap().to_owned();
    let path = format!("/api/config/restore/{backup}");
    let stale = app.send(Method::POST, &path, |request| request.header("if-match", "\"old\"")).await;
    assert_eq!(stale.status, 412);
    let mine = format!("\"{}\"", app.get("/api/config").await.json()["revision"].as_str().unwrap());
    assert_eq!(app.send(Method::POST, &path, |request| request.header("if-match", mine)).await.status, 200);
}
