//! What the API shows of the configuration: flat, by sections, as a schema.

use super::*;

#[actix_web::test]
async fn the_configuration_has_upstreams_shape_and_a_sentence_for_every_key() {
    let app = TestApp::start();
    let answer = app.get("/api/config").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.json();
    assert_eq!(answer.headers["etag"], format!("{}", body["revision"]));
    assert_eq!(body["success"], true);
    assert_eq!(body["using_flat_structure"], true);
    let config = body["config"].as_object().unwrap();
    assert_eq!(config.len(), 263);
    assert_eq!(config["PosterTextOffset"], "+430");
    assert_eq!(config["basicAuthPassword"], "posterizarr", "an admin sees what is stored");
    let groups = body["ui_groups"].as_object().unwrap();
    assert_eq!(groups.len(), 20, "those of version 3");
    assert_eq!((&groups["Media Servers"][0], &groups["Poster Settings"][0]), (&json!("UsePlex"), &json!("Posters")));
    let grouped: Vec<&str> =
        groups.values().flat_map(|keys| keys.as_array().unwrap()).map(|key| key.as_str().unwrap()).collect();
    assert_eq!(grouped.len(), 262);
    for key in config.keys() {
        assert!(grouped.contains(&key.as_str()) || key == "AutoUpdateIM", "{key} is in a group");
        for texts in ["display_names", "tooltips"] {
            assert!(body[texts][key].as_str().is_some_and(|text| !text.is_empty()), "{texts}: {key}");
        }
    }
}

#[actix_web::test]
async fn unknown_keys_are_shown_and_named_and_a_broken_file_shows_the_last_good_one() {
    let app = app_with(r#"{"Own": {"newThing": 1}, "PosterOverlayPart": {"text_glow": "on"}}"#);
    let body = app.get("/api/config").await.json();
    assert_eq!(body["config"], json!({"newThing": 1, "PosterTextGlow": "on"}));
    assert_eq!(body["display_names"], json!({"newThing": "Newthing", "PosterTextGlow": "Postertextglow"}));
    let general = body["ui_groups"]["General Settings"].as_array().unwrap();
    assert_eq!(general.len(), 24, "a file of version 2 has the groups of version 2");
    assert_eq!(body["ui_groups"].as_object().unwrap().len(), 23);
    assert_eq!(body["ui_groups"]["Poster Settings"][0], "PosterFontAllCaps");
    std::fs::write(app.path().join("config.json"), "{").unwrap();
    app.post("/api/config-db/sync", &json!({})).await;
    let broken = app.get("/api/config").await;
    assert_eq!(broken.status, 200);
    assert_eq!(broken.json()["config"], body["config"]);
    assert!(broken.json()["problem"].as_str().unwrap().contains("is broken"));
}

#[actix_web::test]
async fn the_config_database_answers_from_the_file() {
    let app = app_with(r#"{"Zoo": {"b": "true", "a": [1]}, "root": 5, "ApiPart": {"PlexToken": "t"}}"#);
    let status = app.get("/api/config-db/status").await.json();
    assert_eq!(status["available"], true);
    assert_eq!(status["sections"], json!(["ApiPart", "Zoo"]));
    assert_eq!((&status["section_count"], &status["total_entries"]), (&json!(2), &json!(4)));
    assert_eq!(status["metadata"]["sync_status"], "success");
    assert_eq!(status["metadata"]["sync_message"], "Synced 4 entries");
    let section = app.get("/api/config-db/section/Zoo").await;
    assert_eq!(section.json(), json!({"success": true, "section": "Zoo", "data": {"a": [1], "b": "true"}}));
    assert!(section.text().contains(r#""a":[1],"b":"true""#), "sorted, and texts stay texts");
    assert_eq!(app.get("/api/config-db/section/_root").await.json()["data"], json!({"root": 5}));
    assert_eq!(app.get("/api/config-db/section/Nope").await.json()["data"], json!({}));
    assert_eq!(app.get("/api/config-db/value/Zoo/b").await.json()["value"], "true");
    let missing = app.get("/api/config-db/value/Zoo/c").await;
    assert_eq!(
        (missing.status.as_u16(), missing.json()["detail"].clone()),
        (404, json!("Config value not found: Zoo.c"))
    );
    let export = app.get("/api/config-db/export").await;
    assert!(export.text().contains(r#""config":{"ApiPart":{"PlexToken":"t"},"Zoo":{"a":[1],"b":"true"},"root":5}"#));
}

#[actix_web::test]
async fn a_sync_reads_an_edit_by_hand_at_once_and_says_what_is_wrong_with_it() {
    let app = app_with("{}");
    std::fs::write(app.path().join("config.json"), r#"{"PlexPart": {"UsePlex": "false"}}"#).unwrap();
    let synced = app.post("/api/config-db/sync", &json!({})).await.json();
    assert_eq!(synced["message"], "Config database synced successfully with config.json");
    assert_eq!(flat(&app).await, json!({"UsePlex": "false"}));
    std::fs::write(app.path().join("config.json"), "{").unwrap();
    let synced = app.post("/api/config-db/sync", &json!({})).await.json();
    assert_eq!(synced["success"], false);
    assert!(synced["problem"].as_str().unwrap().contains("is broken"));
    assert_eq!(app.get("/api/config-db/status").await.json()["metadata"]["sync_status"], "error");
}

#[actix_web::test]
async fn the_schema_describes_what_the_configuration_holds() {
    let app = TestApp::start();
    let schema = app.get("/api/config/schema").await.json();
    let config = flat(&app).await;
    for (key, value) in config.as_object().unwrap() {
        let property = &schema["properties"][key];
        // A new file names folders that are there.
        let is_folder = ["AssetPath", "ManualAssetPath", "BackupPath"].contains(&key.as_str());
        assert!(is_folder || property["default"] == *value, "{key}: {property} {value}");
        let kind = match value {
            Value::Bool(_) => "boolean",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
            _ => "string",
        };
        assert_eq!(property["type"], kind, "{key}");
        if let Some(pattern) = property["pattern"].as_str() {
            assert!(regex::Regex::new(pattern).unwrap().is_match(value.as_str().unwrap()), "{key}: {value}");
        }
    }
}
