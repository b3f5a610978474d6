//! Blueprints: the portable part of the configuration, out and in; and backups on demand.

use posterizarrd::actors::config::keys;

use super::*;

const SECRET: &str = "t0ken-of-this-house";

fn full() -> String {
    let mut document = keys::defaults();
    document["ApiPart"]["PlexToken"] = SECRET.into();
    document["WebUI"]["basicAuthPassword"] = SECRET.into();
    document["PrerequisitePart"]["AssetPath"] = "/srv/assets".into();
    document.insert("Own".to_owned(), json!({"secret": SECRET}));
    Value::Object(document).to_string()
}

#[actix_web::test]
async fn an_export_has_the_look_and_nothing_of_the_house() {
    let app = app_with(full());
    let exported = app.get("/api/config/export").await;
    assert_eq!(exported.headers["content-disposition"], "attachment; filename=\"custom_blueprint.json\"");
    let text = exported.text();
    for absent in [SECRET, "/srv/assets", "PlexUrl", "192.168.1.93"] {
        assert!(!text.contains(absent), "{absent}");
    }
    assert_eq!(exported.json().as_object().unwrap().len(), 11);
    let imported = app.post("/api/config/import", &exported.json()).await;
    assert_eq!((imported.status.as_u16(), &imported.json()["changes_count"]), (200, &json!(0)), "{}", imported.text());
}

#[actix_web::test]
async fn an_import_takes_all_or_nothing_and_a_dry_run_nothing() {
    let app = app_with(full());
    let blueprint = json!({"PosterOverlayPart": {"fontcolor": "gold"}, "PrerequisitePart": {"UseLogo": true}});
    let tried = app.post("/api/config/import?dry_run=true", &blueprint).await.json();
    assert_eq!((&tried["changes_count"], &tried["message"]), (&json!(2), &json!("Nothing was changed")));
    assert_eq!(document(&app)["PosterOverlayPart"]["fontcolor"], "white");
    let imported = app.post("/api/config/import", &blueprint).await.json();
    assert_eq!((&imported["success"], &imported["message"]), (&json!(true), &json!("Blueprint imported successfully")));
    assert!(imported["backup"].is_string(), "what it replaced is kept: {imported}");
    let now = document(&app);
    assert_eq!(
        (&now["PosterOverlayPart"]["fontcolor"], &now["PrerequisitePart"]["UseLogo"]),
        (&json!("gold"), &json!("true"))
    );
    assert_eq!(now["ApiPart"]["PlexToken"], SECRET, "the rest stays");
}

/// What upstream merges without a look: another login, another server, other folders, other sections.
#[actix_web::test]
async fn an_import_cannot_open_a_door_or_move_a_folder() {
    let app = app_with(full());
    let before = file(app.path());
    for (section, name, value) in [
        ("WebUI", "basicAuthEnabled", json!(false)),
        ("webui", "BASICAUTHENABLED", json!(false)),
        ("PlexPart", "PlexUrl", json!("http://evil.example")),
        ("ApiPart", "tmdbtoken", json!("x")),
        ("Notification", "AppriseUrl", json!("json://evil.example")),
        ("PrerequisitePart", "AssetPath", json!("/")),
        ("PrerequisitePart", "magickinstalllocation", json!("/tmp/evil")),
        ("Evil", "x", json!(1)),
        ("PrerequisitePart", "nope", json!(1)),
        ("PosterOverlayPart", "minPointSize", json!("huge")),
    ] {
        let blueprint = json!({"PosterOverlayPart": {"fontcolor": "gold"}, section: {name: value}});
        let refused = app.post("/api/config/import", &blueprint).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (400, &json!("invalid_value")),
            "{section}.{name}"
        );
    }
    for odd in [json!([1]), json!("x"), json!({"OverlayPart": [1]})] {
        assert_eq!(app.post("/api/config/import", &odd).await.status, 400, "{odd}");
    }
    assert_eq!(file(app.path()), before);
}

#[actix_web::test]
async fn a_backup_is_made_on_demand_and_put_back() {
    let app = app_with(full());
    let before = file(app.path());
    let made = app.post("/api/config/backup", &Value::Null).await.json();
    assert_eq!((&made["success"], &made["message"]), (&json!(true), &json!("Backup created successfully")));
    let kept = app.path().join("config-backups").join(made["backup_file"].as_str().unwrap());
    assert_eq!(std::fs::read(kept).unwrap(), before);
    post(&app, "?mode=merge", json!({"PosterFontcolor": "gold"})).await;
    assert_ne!(file(app.path()), before);
    let id = made["id"].as_str().unwrap();
    assert_eq!(app.post(&format!("/api/config/restore/{id}"), &json!({})).await.status, 200);
    assert_eq!(file(app.path()), before);
    std::fs::remove_file(app.path().join("config.json")).unwrap();
    let none = app.post("/api/config/backup", &Value::Null).await.json();
    assert_eq!(none, json!({"success": false, "message": "No config.json found to backup"}));
}
