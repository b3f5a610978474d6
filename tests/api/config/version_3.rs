//! What a file of version 3 asks for beyond its keys.

use posterizarrd::actors::config::keys;

use super::*;

fn fresh() -> Value {
    Value::Object(keys::defaults())
}

async fn onboarding(app: &TestApp) -> Value {
    app.get("/api/config").await.json()["_root"]["onboarding_completed"].clone()
}

#[actix_web::test]
async fn the_assistant_is_wanted_once_and_not_where_a_server_is_set() {
    let app = app_with(fresh().to_string());
    app.state.views.history.wait_for(|history| history.loaded).await;
    assert_eq!(onboarding(&app).await, false);
    let done = app.post("/api/onboarding/complete", &Value::Null).await;
    assert_eq!((done.status.as_u16(), done.json()), (200, json!({"success": true, "message": "Onboarding completed"})));
    assert_eq!(onboarding(&app).await, true);
    let stored = std::fs::read_to_string(app.path().join("UILogs/webui_settings.json")).unwrap();
    assert!(stored.contains("onboarding_completed"), "it is known after a restart: {stored}");
    let mut set_up = fresh();
    set_up["PlexPart"]["PlexUrl"] = json!("http://nas:32400");
    assert_eq!(onboarding(&app_with(set_up.to_string())).await, true);
}

/// Version 3 compares bcrypt hashes alone: in plain text the owner would be locked out after moving back.
#[actix_web::test]
async fn a_password_set_in_a_file_of_version_3_is_stored_as_a_hash_and_opens_the_login() {
    let app = app_with(fresh().to_string());
    let shipped =
        post(&app, "?mode=merge", json!({"basicAuthEnabled": true, "basicAuthPassword": "posterizarr"})).await;
    assert_eq!(shipped.json()["code"], "shipped_password");
    let long = post(&app, "?mode=merge", json!({"basicAuthPassword": "x".repeat(73)})).await;
    assert!(long.text().contains("at most 72 bytes"), "{}", long.text());
    let new = json!({"basicAuthEnabled": true, "basicAuthPassword": "pa:ss wort"});
    assert_eq!(post(&app, "?mode=merge", new).await.status, 200);
    let stored = document(&app)["WebUI"]["basicAuthPassword"].as_str().unwrap().to_owned();
    assert!(stored.starts_with("$2b$12$"), "{stored}");
    let as_admin = async |body: Value| {
        let request =
            app.client.post(format!("{}/api/config?mode=merge", app.url)).basic_auth("admin", Some("pa:ss wort"));
        request.json(&json!({"config": body})).send().await.unwrap().json::<Value>().await.unwrap()
    };
    for same in ["pa:ss wort", stored.as_str(), "********"] {
        let saved = as_admin(json!({"basicAuthPassword": same})).await;
        assert_eq!(
            (&saved["success"], saved["changes"].as_array().unwrap().len()),
            (&json!(true), 0),
            "{same}: {saved}"
        );
    }
    assert_eq!(app.get("/api/status").await.status, 401);
}

#[actix_web::test]
async fn a_password_set_in_a_file_of_version_2_stays_as_that_version_reads_it() {
    let app = app_with(r#"{"WebUI": {"basicAuthEnabled": false}}"#);
    assert_eq!(post(&app, "?mode=merge", json!({"basicAuthPassword": "plain one"})).await.status, 200);
    assert_eq!(document(&app)["WebUI"]["basicAuthPassword"], "plain one");
}
