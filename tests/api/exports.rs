//! The media exports through the API.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{TestApp, instant};

const MOVIES: &str = "\"Library Name\";\"Library Type\";\"title\";\"ratingKey\";\"year\"\n\
                      \"Movies\";\"movie\";\"Ronin\";\"2\";\"1998\"\n\"Movies\";\"movie\";\"Heat\";\"1\";\"1995\"\n";
const SEASONS: &str = "\"Show Name\";\"Type\";\"Library Name\";\"Season Number\";\"Episodes\"\n\
                       \"Dark\";\"episode\";\"TV Shows\";\"1\";\"1,2,3\"\n";

async fn import(app: &TestApp, server: &str) -> Value {
    app.send(Method::POST, &format!("/api/{server}/import"), |request| request).await.json()
}

#[actix_web::test]
async fn plex_exports_are_imported_counted_and_listed() {
    let app = TestApp::start();
    let logs = app.path().join("Logs");
    fs::write(logs.join("PlexLibexport.csv"), MOVIES).unwrap();
    fs::write(logs.join("PlexEpisodeExport.csv"), SEASONS).unwrap();
    let imported = import(&app, "plex-export").await;
    assert_eq!(
        (&imported["success"], &imported["message"]),
        (&json!(true), &json!("Imported 2 library + 1 episode records"))
    );
    let run = imported["results"]["run_timestamp"].clone();

    let statistics = app.get("/api/plex-export/statistics").await.json();
    let expected = json!({
        "total_runs": 1, "total_library_records": 2, "total_episode_records": 1, "latest_run": run,
        "latest_run_library_count": 2, "latest_run_episode_count": 1, "latest_run_total_episodes": 3,
    });
    assert_eq!(statistics, json!({ "success": true, "statistics": expected }));
    let runs = app.get("/api/plex-export/runs").await.json();
    let at = instant(&run);
    assert_eq!(runs, json!({"success": true, "runs": [run], "instants": [at], "count": 1}));

    let library = app.get("/api/plex-export/library").await;
    assert_eq!(library.headers["content-type"], "application/json");
    let library = library.json();
    let rows = library["data"].as_array().unwrap();
    assert_eq!(
        (&library["count"], &library["run_timestamp"], &rows[0]["title"]),
        (&json!(2), &json!("latest"), &json!("Heat"))
    );
    assert_eq!((rows[0].as_object().unwrap().len(), &rows[0]["labels"]), (26, &json!("")));
    let named = format!("/api/plex-export/library?limit=1&run_timestamp={}", run.as_str().unwrap());
    let one = app.get(&named).await.json();
    assert_eq!((&one["count"], &one["run_timestamp"]), (&json!(1), &run));
    for all in ["limit=0", "limit=-1", "limit="] {
        let answer = app.get(&format!("/api/plex-export/library?{all}")).await;
        assert_eq!(answer.status.as_u16(), if all == "limit=" { 400 } else { 200 }, "{all}");
    }
    let seasons = app.get("/api/plex-export/episodes").await.json();
    assert_eq!((&seasons["data"][0]["show_name"], seasons["data"][0].as_object().unwrap().len()), (&json!("Dark"), 15));
    assert_eq!(app.get("/api/plex-export/library?run_timestamp=1999").await.json()["data"], json!([]));
}

#[actix_web::test]
async fn the_newest_export_of_jellyfin_is_what_is_listed_and_a_missing_file_is_no_failure() {
    let app = TestApp::start();
    let nothing = import(&app, "other-media-export").await;
    assert_eq!((&nothing["success"], &nothing["results"]["library_count"]), (&json!(true), &json!(0)));
    let statistics = app.get("/api/other-media-export/statistics").await.json();
    assert_eq!(statistics["statistics"].as_object().unwrap().len(), 4, "{statistics}");

    let file = app.path().join("Logs/OtherMediaServerLibExport.csv");
    for title in ["Heat", "Ronin"] {
        let content = format!(
            "\"Library Name\";\"Library Type\";\"Id\";\"title\"\n\"Filme\";\"Movie\";\"{title}\";\"{title}\"\n"
        );
        fs::write(&file, content).unwrap();
        import(&app, "other-media-export").await;
    }
    let library = app.get("/api/other-media-export/library").await.json();
    let titles: Vec<_> = library["data"].as_array().unwrap().iter().map(|row| row["title"].clone()).collect();
    assert_eq!((titles, &library["run_timestamp"]), (vec![json!("Ronin")], &json!("latest")));
    assert_eq!(app.get("/api/other-media-export/runs").await.json()["count"], 2);
    assert_eq!(app.get("/api/other-media-export/episodes").await.json()["data"], json!([]));
}
