//! Moving over from an installation of the old backend.

use std::path::Path;

use reqwest::Method;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value, json};

use super::harness::{TestApp, eventually, instant};
use super::old_installation::{self, RUNS};

/// The rows of a table as the old API shows them: its columns, in this order.
fn rows(root: &Path, file: &str, table: &str, order: &str) -> Vec<Value> {
    let connection = Connection::open(root.join("database").join(file)).unwrap();
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY {order}")).unwrap();
    let names: Vec<_> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let mut shown = Map::new();
        for (place, name) in names.iter().enumerate() {
            let value = match row.get_ref(place).unwrap() {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => json!(number),
                ValueRef::Text(text) => json!(std::str::from_utf8(text).unwrap()),
                other => panic!("{other:?}"),
            };
            shown.insert(name.clone(), value);
        }
        all.push(Value::Object(shown));
    }
    all
}

async fn history(app: &TestApp) -> Vec<Value> {
    let mut all = Vec::new();
    for offset in [0, 300] {
        let page = app.get(&format!("/api/runtime-history?limit=300&offset={offset}")).await.json();
        all.extend(page["history"].as_array().unwrap().iter().cloned().map(|mut row| {
            // What the old backend's rows have not.
            let fields = row.as_object_mut().unwrap();
            assert_eq!([fields.remove("run"), fields.remove("title")], [const { Some(Value::Null) }; 2]);
            assert_eq!(fields.remove("at"), Some(instant(&fields["timestamp"])));
            row
        }));
    }
    all
}

async fn import(app: &TestApp) -> Vec<Value> {
    let answer = app.send(Method::POST, "/api/admin/import", |request| request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["moved"].as_array().unwrap().clone()
}

/// A daemon on an old installation, once the first start has taken it over.
async fn app() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    old_installation::make(folder.path());
    let app = TestApp::start_in(folder, |_| {});
    eventually("the exports are taken over", async || Some(()).filter(|()| app.state.views.exports.get().loaded)).await;
    // Nobody waits for these at a start: an import that comes before them would find something new.
    eventually("the image choices are taken over", async || {
        Some(()).filter(|()| !app.state.views.choices.get().rows.is_empty())
    })
    .await;
    app
}

#[actix_web::test]
async fn the_first_start_on_an_old_installation_gives_the_answers_that_the_old_backend_gave() {
    let app = app().await;
    let old = rows(app.path(), "runtime_stats.db", "runtime_stats", "timestamp DESC");
    assert_eq!(old.len(), usize::try_from(RUNS).unwrap() + 1);
    let new = history(&app).await;
    assert_eq!(new.len(), old.len());
    for (new, old) in new.iter().zip(&old) {
        assert_eq!(new, old);
    }
    let status = app.get("/api/runtime-history/migration-status").await.json();
    assert_eq!(status["migration_info"]["migrated_entries"]["value"], "3");

    for (path, table, order) in [
        ("plex-export/library", "plex_library_export", "title"),
        ("plex-export/episodes", "plex_episode_export", "show_name, season_number"),
        ("other-media-export/library", "other_media_library_export", "library_name, title"),
        ("other-media-export/episodes", "other_media_episode_export", "show_name, season_number"),
    ] {
        let new = app.get(&format!("/api/{path}")).await.json();
        assert_eq!(new["data"], Value::Array(rows(app.path(), "media_export.db", table, order)), "{path}");
    }
    let statistics = app.get("/api/plex-export/statistics").await.json()["statistics"].clone();
    assert_eq!((&statistics["total_runs"], &statistics["latest_run_total_episodes"]), (&json!(1), &json!(900)));
    assert_eq!(app.state.views.library_types.get().text("Serien"), Some("series"));
}

#[actix_web::test]
async fn image_choices_come_with_their_numbers_and_the_users_decisions() {
    let app = app().await;
    let shown = eventually("the choices are taken over", async || {
        let shown = app.get("/api/imagechoices").await.json();
        Some(shown).filter(|shown| shown.as_array().is_some_and(|rows| !rows.is_empty()))
    })
    .await;
    let by_id = |rows: &[Value]| {
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| row["id"].as_i64());
        rows
    };
    let old = rows(app.path(), "imagechoices.db", "imagechoices", "id");
    assert_eq!(by_id(shown.as_array().unwrap()), old);
}

#[actix_web::test]
async fn libraries_come_with_what_is_excluded_and_when_they_were_fetched() {
    let app = app().await;
    let cached = eventually("the libraries are taken over", async || {
        let cached = app.get("/api/libraries/plex/cached").await.json();
        Some(cached).filter(|cached| cached["libraries"] != json!([]))
    })
    .await;
    let library = |name: &str, kind: &str| json!({"name": name, "type": kind, "last_fetched": "2025-11-23 09:02:13"});
    assert_eq!(cached["libraries"], json!([library("Movies", "movie"), library("Music", "artist")]));
    assert_eq!(cached["excluded"], json!(["Music"]));
    assert_eq!(app.get("/api/libraries/jellyfin/cached").await.json()["libraries"][0]["type"], Value::Null);
}

#[actix_web::test]
async fn moving_over_again_brings_nothing_twice_and_says_what_was_found() {
    let app = app().await;
    let before = history(&app).await;
    for _ in 0..2 {
        let moved = import(&app).await;
        let history =
            json!({"what": "runtime_stats.db: runtime_stats", "found": RUNS + 1, "imported": 0, "problem": null});
        assert_eq!(moved[0], history);
        for table in &moved {
            assert_eq!((&table["imported"], &table["problem"]), (&json!(0), &Value::Null), "{table}");
        }
    }
    assert_eq!(history(&app).await, before);
    let dry = app.post("/api/admin/import", &json!({"dry_run": true})).await.json();
    assert_eq!((&dry["moved"][0]["found"], &dry["moved"][0]["imported"]), (&json!(RUNS + 1), &json!(0)));
    let elsewhere = app.post("/api/admin/import", &json!({"from": "/"})).await;
    assert_eq!(elsewhere.status, 403, "the network does not look around on this machine");
}

#[actix_web::test]
async fn a_folder_without_databases_is_told_table_by_table() {
    let app = TestApp::start();
    let moved = import(&app).await;
    assert!(moved.len() >= 5, "{moved:?}");
    for table in moved {
        assert!(table["problem"].as_str().unwrap().ends_with("is not there"), "{table}");
    }
}
