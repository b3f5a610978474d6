use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Answer, TestApp, eventually};

const HEADER: &str = "\"Title\";\"Type\";\"Rootfolder\";\"LibraryName\";\"Language\";\"Fallback\";\"TextTruncated\";\
                      \"Download Source\";\"Manual\";\"tmdbid\";\"tvdbid\";\"imdbid\";\"Fav Provider Link\"\n";
const HEAT: &str = "\"Heat\";\"Movie\";\"Heat (1995)\";\"Movies\";\"de\";\"false\";\"false\";\"https://image.tmdb.org/a.jpg\";\
                    \"false\";\"949\";\"false\";\"tt0113277\";\"https://www.themoviedb.org/x\"\n";
const DARK: &str = "\"Dark | Season 1\";\"Season\";\"Dark (2017)\";\"TV\";\"xx\";\"false\";\"true\";\"false\";\"true\";\"70523\";\
                    \"334824\";\"false\";\"false\"\n";

fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A daemon on a library of two titles and their records.
async fn library() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("Logs/ImageChoices.csv"), &format!("{HEADER}{HEAT}{DARK}"));
    write(&folder.path().join("assets/Movies/Heat (1995)/poster.jpg"), "x");
    write(&folder.path().join("assets/TV/Dark (2017)/Season01.webp"), "x");
    write(&folder.path().join("config.json"), "{}");
    let app = TestApp::start_in(folder, |_| {});
    eventually("the records are imported", async || (ids(&app).await == [2, 1]).then_some(())).await;
    app
}

async fn ids(app: &TestApp) -> Vec<u64> {
    let records = app.get("/api/imagechoices").await.json();
    records.as_array().unwrap().iter().map(|record| record["id"].as_u64().unwrap()).collect()
}

async fn put(app: &TestApp, id: u64, body: &Value) -> Answer {
    app.send(Method::PUT, &format!("/api/imagechoices/{id}"), |request| request.json(body)).await
}

async fn category(app: &TestApp, name: &str) -> Vec<u64> {
    let list = app.get("/api/assets/overview").await.json()["categories"][name].clone();
    let ids: Vec<_> = list["assets"].as_array().unwrap().iter().map(|asset| asset["id"].as_u64().unwrap()).collect();
    assert_eq!(list["count"], ids.len());
    ids
}

#[actix_web::test]
async fn the_columns_of_version_3_come_with_its_rows_and_with_those_alone() {
    let folder = tempfile::tempdir().unwrap();
    let header = HEADER.replace("\"Fallback\"", "\"Logo Source\";\"Logo Language\";\"Logo TextFallback\";\"Fallback\"");
    let heat = HEAT.replacen("\"false\"", "\"https://image.tmdb.org/logo.png\";\"en\";\"false\";\"false\"", 1);
    write(&folder.path().join("Logs/ImageChoices.csv"), &format!("{header}{heat}"));
    write(&folder.path().join("assets/Movies/Heat (1995)/poster.jpg"), "x");
    write(
        &folder.path().join("config.json"),
        r#"{"ApiPart": {"PreferredLanguageOrder": ["xx"], "LogoLanguageOrder": ["en"]}}"#,
    );
    let app = TestApp::start_in(folder, |_| {});
    eventually("the records are imported", async || (ids(&app).await == [1]).then_some(())).await;
    let logo = |row: &Value| ["LogoSource", "LogoLanguage", "LogoTextFallback"].map(|name| row[name].clone());
    let expected = [json!("https://image.tmdb.org/logo.png"), json!("en"), json!("false")];
    assert_eq!(logo(&app.get("/api/imagechoices").await.json()[0]), expected);
    assert_eq!(logo(&app.get("/api/recent-assets").await.json()["assets"][0]), expected);
    let overview = app.get("/api/assets/overview").await.json();
    assert_eq!(logo(&overview["categories"]["non_primary_lang"]["assets"][0]), expected);
    assert_eq!(overview["config"]["primary_language_titlecard"], "xx");
    let old = library().await;
    let row = old.get("/api/imagechoices").await.json()[0].clone();
    assert!(row.get("LogoSource").is_none(), "{row}");
    let config = old.get("/api/assets/overview").await.json()["config"].clone();
    assert_eq!(config.as_object().unwrap().len(), 2, "{config}");
}

#[actix_web::test]
async fn pictures_are_counted_by_day_and_provider() {
    let app = library().await;
    let today = chrono::Local::now().date_naive().to_string();
    let counted = app.get("/api/analytics/providers?days=7").await.json();
    let day = json!({"date": today, "TMDB": 1, "TVDB": 0, "Fanart": 0, "Other": 1});
    // At midnight the two rows may be of another day than the question.
    assert!(counted == json!({"success": true, "stats": [day]}) || counted["stats"][0]["date"] != today, "{counted}");
    for days in ["6", "366", "x"] {
        assert_eq!(app.get(&format!("/api/analytics/providers?days={days}")).await.status, 400, "{days}");
    }
}

#[actix_web::test]
async fn records_are_listed_newest_first_with_all_columns_and_the_titles_numbers() {
    let app = library().await;
    let records = app.get("/api/imagechoices").await.json();
    let created = records[1]["created_at"].as_str().unwrap().to_owned();
    assert_eq!(created.len(), "2026-11-25 03:00:00".len());
    let heat = json!({"id": 1, "Title": "Heat", "Type": "Movie", "Rootfolder": "Heat (1995)", "LibraryName": "Movies",
        "Language": "de", "Fallback": "false", "TextTruncated": "false", "DownloadSource": "https://image.tmdb.org/a.jpg",
        "FavProviderLink": "https://www.themoviedb.org/x", "Manual": "false", "tmdbid": "949", "tvdbid": null,
        "imdbid": "tt0113277", "created_at": created, "updated_at": created});
    assert_eq!(records[1], heat);
    assert_eq!(app.get("/api/imagechoices/Heat").await.json(), heat);
    let missing = app.get("/api/imagechoices/Ran").await;
    assert_eq!((missing.status.as_u16(), &missing.json()["detail"]), (404, &json!("Record not found")));
}

#[actix_web::test]
async fn a_record_is_created_changed_and_deleted_and_the_overview_shows_it_at_once() {
    let app = library().await;
    assert_eq!(category(&app, "assets_with_issues").await, [1]);
    assert_eq!(category(&app, "resolved").await, [2]);
    let ran = json!({"Title": "Ran", "Type": "Movie", "Rootfolder": "Ran (1985)", "LibraryName": "Movies"});
    let created = app.post("/api/imagechoices", &ran).await;
    assert_eq!(created.json(), json!({"id": 3, "message": "Record created successfully"}));
    assert_eq!(app.post("/api/imagechoices", &ran).await.json()["id"], 3);
    assert_eq!(category(&app, "missing_assets").await, [3]);

    // Many are marked with one request, and the answer is the way back.
    let marked = app.post("/api/imagechoices/resolve", &json!({"ids": [3, 1, 2, 99]})).await.json();
    assert_eq!(marked, json!({"success": true, "changed": [1, 3], "unknown": [99]}));
    assert_eq!(category(&app, "resolved").await.len(), 3);
    let back = json!({"ids": marked["changed"], "resolved": false});
    assert_eq!(app.post("/api/imagechoices/resolve", &back).await.json()["changed"], json!([1, 3]));
    assert_eq!((category(&app, "resolved").await, category(&app, "missing_assets").await), (vec![2], vec![3]));
    for bad in [json!({"ids": []}), json!({"ids": [-1]}), json!({"ids": vec![0; 100_001]}), json!({})] {
        assert_eq!(app.post("/api/imagechoices/resolve", &bad).await.status, 400);
    }

    let resolved = put(&app, 3, &json!({"Title": "Ran", "Manual": "Yes", "Language": null})).await;
    assert_eq!(resolved.json(), json!({"message": "Record updated successfully"}));
    assert_eq!(category(&app, "resolved").await, [3, 2]);
    assert_eq!(put(&app, 99, &json!({"Title": "x"})).await.status, 200, "as upstream has it");
    let clash = put(&app, 3, &json!({"Title": "Heat", "Rootfolder": "Heat (1995)"})).await;
    assert_eq!(clash.status, 409);
    assert!(clash.json()["detail"].as_str().unwrap().contains("UNIQUE constraint failed: imagechoices.Title"));
    for bad in [json!({}), json!({"Title": 1}), json!({"Title": "x", "Manual": true}), json!([])] {
        let refused = put(&app, 3, &bad).await;
        assert_eq!(refused.status, 400, "{bad}");
        assert!(refused.json()["detail"].is_array());
    }
    assert_eq!(app.send(Method::PUT, "/api/imagechoices/x", |request| request.json(&ran)).await.status, 400);

    let deleted = app.delete("/api/imagechoices/3").await;
    assert_eq!(deleted.json(), json!({"message": "Record deleted successfully"}));
    for unknown in ["3", "-1"] {
        assert_eq!(app.delete(&format!("/api/imagechoices/{unknown}")).await.status, 200, "as upstream has it");
    }
    assert_eq!(category(&app, "resolved").await, [2]);
    assert_eq!(ids(&app).await, [2, 1]);
}

#[actix_web::test]
async fn the_overview_follows_the_configuration_in_the_very_next_answer() {
    let app = library().await;
    let config = async |language: &str, provider: &str| {
        let generation = app.state.views.config.get().generation;
        let config = json!({"ApiPart": {"PreferredLanguageOrder": [language], "FavProvider": provider}});
        std::fs::write(app.path().join("config.json"), config.to_string()).unwrap();
        let view = &app.state.views.config;
        eventually("the file is seen", async || (view.get().generation != generation).then_some(())).await;
        app.get("/api/assets/overview").await.json()
    };
    let answer = config("DE", "TMDB").await;
    assert_eq!(answer["config"], json!({"primary_language": "DE", "primary_provider": "tmdb"}));
    assert_eq!(answer["categories"]["assets_with_issues"]["count"], 0);
    let answer = config("de", "tvdb").await;
    assert_eq!(answer["categories"]["non_primary_provider"]["count"], 1);
    let answer = config("en", "tmdb").await;
    assert_eq!(answer["categories"]["non_primary_lang"]["assets"][0]["id"], 1);
}

#[actix_web::test]
async fn a_token_in_a_link_is_masked_in_the_overview_whether_it_is_compressed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let heat = HEAT.replace("https://image.tmdb.org/a.jpg", "http://plex:32400/a.jpg?X-Plex-Token=swordfish4711");
    write(&folder.path().join("Logs/ImageChoices.csv"), &format!("{HEADER}{heat}"));
    write(&folder.path().join("assets/Movies/Heat (1995)/poster.jpg"), "x");
    write(&folder.path().join("config.json"), "{}");
    let app = TestApp::start_in(folder, |_| {});
    eventually("the record is shown", async || {
        let overview = app.get("/api/assets/overview").await;
        String::from_utf8_lossy(&overview.body).contains("a.jpg?X-Plex-Token=").then_some(())
    })
    .await;
    let path = "/api/assets/overview";
    let gzip = app.send(Method::GET, path, |request| request.header("accept-encoding", "gzip")).await;
    assert_eq!(gzip.headers["content-encoding"], "gzip");
    let mut unpacked = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&gzip.body[..]), &mut unpacked).unwrap();
    let plain = String::from_utf8(app.get(path).await.body.to_vec()).unwrap();
    for text in [unpacked, plain] {
        assert!(text.contains("X-Plex-Token=[MASKED]") && !text.contains("swordfish4711"), "{text}");
    }
}

#[actix_web::test]
async fn polled_answers_are_compressed_beforehand_and_unchanged_ones_are_not_sent_again() {
    let app = library().await;
    for path in ["/api/assets/overview", "/api/recent-assets"] {
        let get = async |header: &str, value: &str| {
            app.send(Method::GET, path, |request| request.header(header, value)).await
        };
        let plain = app.get(path).await;
        assert_eq!(plain.headers["content-type"], "application/json");
        assert_eq!(plain.headers["vary"], "accept-encoding");
        let gzip = get("accept-encoding", "gzip, deflate").await;
        assert_eq!(gzip.headers["content-encoding"], "gzip");
        assert_eq!(gzip.body[..2], [0x1f, 0x8b]);
        let mut unpacked = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&gzip.body[..]), &mut unpacked).unwrap();
        assert_eq!(unpacked, plain.body, "compressed once and not twice");
        let brotli = get("accept-encoding", "gzip, deflate, br, zstd").await;
        assert_eq!(brotli.headers["content-encoding"], "br");
        assert!(brotli.body.len() < plain.body.len());
        let refused = get("accept-encoding", "br;q=0, gzip;q=0").await;
        assert_eq!(refused.body, plain.body);
        let etag = plain.headers["etag"].to_str().unwrap();
        assert_eq!(etag, gzip.headers["etag"]);
        for known in [etag, etag.trim_start_matches("W/"), "*", &format!("\"other\", {etag}")] {
            let unchanged = get("if-none-match", known).await;
            assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0), "{known}");
            assert_eq!(unchanged.headers["etag"], etag);
        }
        assert_eq!(get("if-none-match", "\"other\"").await.status, 200);
        let head = app.send(Method::HEAD, path, |request| request).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    }
    let before = app.get("/api/assets/overview").await.headers["etag"].clone();
    put(&app, 1, &json!({"Title": "Heat", "Manual": "Yes"})).await;
    let changed =
        app.send(Method::GET, "/api/assets/overview", |request| request.header("if-none-match", &before)).await;
    assert_eq!(changed.status, 200);
}

#[actix_web::test]
async fn recent_assets_are_those_with_a_file_in_every_extension() {
    let app = library().await;
    app.post(
        "/api/imagechoices",
        &json!({"Title": "Gone", "Type": "Movie", "Rootfolder": "Gone", "LibraryName": "Movies"}),
    )
    .await;
    let answer = app.get("/api/recent-assets").await.json();
    assert_eq!((&answer["success"], &answer["total_count"]), (&json!(true), &json!(2)));
    let dark = answer["assets"].as_array().unwrap().iter().find(|asset| asset["library"] == "TV").unwrap();
    assert_eq!(dark["poster_url"], "/poster_assets/TV/Dark%20%282017%29/Season01.webp");
    assert_eq!((&dark["is_manually_created"], &dark["text_truncated"]), (&json!(true), &json!(true)));
    let empty = TestApp::start();
    assert_eq!(empty.get("/api/recent-assets").await.json(), json!({"success": true, "assets": [], "total_count": 0}));
}

#[actix_web::test]
async fn the_asset_of_a_record_is_found_in_the_index_or_told_to_be_missing() {
    let app = library().await;
    let find = async |id: u64| app.get(&format!("/api/imagechoices/{id}/find-asset")).await;
    let asset = json!({"name": "Season01.webp", "path": "TV/Dark (2017)/Season01.webp",
        "url": "/poster_assets/TV/Dark%20%282017%29/Season01.webp", "type": "season", "library": "TV"});
    assert_eq!(find(2).await.json(), json!({"success": true, "asset": asset}));
    for (library, folder, kind, status, detail) in [
        (
            "TV",
            "Dark (2017)",
            "Episode",
            404,
            "No matching asset found in TV/Dark (2017) with pattern S[0-9][0-9]E[0-9][0-9].*",
        ),
        ("TV", "Nope", "Show", 404, "Asset folder not found: TV/Nope"),
        ("TV", "", "Show", 400, "Record missing Rootfolder or LibraryName"),
        ("..", "Logs", "Show", 404, "Asset folder not found: ../Logs"),
        ("TV", "../../Logs", "Show", 404, "Asset folder not found: TV/../../Logs"),
    ] {
        let row = json!({"Title": "x", "Type": kind, "Rootfolder": folder, "LibraryName": library});
        let id = app.post("/api/imagechoices", &row).await.json()["id"].as_u64().unwrap();
        let answer = find(id).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (status, &json!(detail)));
    }
    assert_eq!(find(99).await.json()["detail"], "Record not found");
}

/// SEC 7: what a client wrote into a record leads nowhere outside of the asset folder.
#[actix_web::test]
async fn deleting_the_asset_of_a_record_that_names_a_place_outside_leaves_that_place_alone() {
    let app = library().await;
    let outside = app.path().join("outside/poster.jpg");
    write(&outside, "x");
    for (library, folder) in [("..", "outside"), ("Movies", "../../outside"), (app.path().to_str().unwrap(), "outside")]
    {
        let row = json!({"Title": "Evil", "Type": "Movie", "LibraryName": library, "Rootfolder": folder});
        let id = app.post("/api/imagechoices", &row).await.json()["id"].clone();
        let answer = app.post("/api/assets/bulk-delete-assets", &json!({"record_ids": [id]})).await.json();
        assert_eq!((&answer["deleted_count"], &answer["failed_count"]), (&json!(1), &json!(0)), "the record goes");
        assert!(outside.try_exists().unwrap(), "{library}/{folder}");
    }
    assert!(app.path().join("assets/Movies/Heat (1995)/poster.jpg").try_exists().unwrap());
}

#[actix_web::test]
async fn deleted_assets_are_gone_from_the_next_answers_and_come_back_from_the_trash() {
    let app = library().await;
    let gone = app.delete("/api/assets/delete-asset/1").await.json();
    let message = "Asset 'Movies/Heat (1995) (Heat)' deleted.";
    assert_eq!(gone, json!({"success": true, "message": message, "file_deleted": true, "db_deleted": true}));
    assert!(!app.path().join("assets/Movies/Heat (1995)/poster.jpg").try_exists().unwrap());
    assert_eq!(ids(&app).await, [2]);
    assert_eq!(app.get("/api/recent-assets").await.json()["total_count"], 1);
    assert!(category(&app, "assets_with_issues").await.is_empty());
    let again = app.delete("/api/assets/delete-asset/1").await;
    assert_eq!((again.status.as_u16(), &again.json()["detail"]), (404, &json!("Record not found in database")));

    let id = app.get("/api/trash").await.json()["entries"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(app.post(&format!("/api/trash/{id}/restore"), &Value::Null).await.status, 200);
    assert_eq!(ids(&app).await, [2, 1], "the record is back with the picture");
    assert_eq!(app.get("/api/recent-assets").await.json()["total_count"], 2);
    assert_eq!(category(&app, "assets_with_issues").await.len(), 1);

    let bulk = app.post("/api/assets/bulk-delete-assets", &json!({"record_ids": [2, 2, 99]})).await.json();
    assert_eq!(bulk["message"], "Deleted 1 assets. 2 failed.");
    let failed = json!([{"id": 2, "error": "Record not found in database"}, {"id": 99, "error": "Record not found in database"}]);
    assert_eq!(bulk["failed_items"], failed);
    assert!(!app.path().join("assets/TV/Dark (2017)/Season01.webp").try_exists().unwrap());
    for bad in [json!({"record_ids": []}), json!({}), json!({"record_ids": "1"})] {
        assert_eq!(app.post("/api/assets/bulk-delete-assets", &bad).await.status, 400, "{bad}");
    }
    assert_eq!(app.delete("/api/assets/delete-asset/x").await.status, 400);
}

#[actix_web::test]
async fn a_picture_deleted_in_a_gallery_takes_its_record_along() {
    let app = library().await;
    assert_eq!(app.get("/api/recent-assets").await.json()["total_count"], 2);
    assert_eq!(app.delete("/api/gallery/Movies%2FHeat%20(1995)%2Fposter.jpg").await.status, 200);
    assert_eq!(ids(&app).await, [2]);
    let season = json!({"paths": ["TV/Dark (2017)/Season01.webp", "TV/Dark (2017)/Season02.webp"]});
    assert_eq!(app.post("/api/seasons/bulk-delete", &season).await.json()["deleted"].as_array().unwrap().len(), 1);
    assert!(ids(&app).await.is_empty());
}

#[actix_web::test]
async fn the_table_is_imported_on_request_and_its_absence_is_a_404() {
    let app = library().await;
    let table = app.path().join("Logs/ImageChoices.csv");
    let import = async || app.post("/api/imagechoices/import", &Value::Null).await;
    let mut text = std::fs::read_to_string(&table).unwrap();
    text.push_str(&HEAT.replace("Heat", "Ran"));
    text.push_str("\"half\";\"a line\"\n");
    std::fs::write(&table, text).unwrap();
    let answer = import().await.json();
    assert_eq!(answer["message"], "CSV import completed");
    assert_eq!(answer["stats"]["errors"], 1);
    assert_eq!(answer["stats"]["error_details"], json!(["Row 4: it has 2 fields, the header has 13"]));
    assert_eq!(ids(&app).await, [3, 2, 1]);
    assert_eq!(import().await.json()["stats"]["skipped"], 3);
    std::fs::remove_file(&table).unwrap();
    let missing = import().await;
    assert_eq!(
        (missing.status.as_u16(), &missing.json()["detail"]),
        (404, &json!("ImageChoices.csv not found in Logs directory"))
    );
}

#[actix_web::test]
async fn tables_that_a_spreadsheet_saved_are_imported_and_other_files_are_refused_in_words() {
    let text = format!("{HEADER}{}", HEAT.replace("Heat", "M\u{fc}nchen"));
    let plain = text.replace('"', "");
    let utf_16: Vec<u8> = "\u{feff}"
        .chars()
        .chain(plain.replace(';', "\t").chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let windows: Vec<u8> = plain.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let files = [
        plain.replace(';', ",").into_bytes(),
        plain.replace(';', "\t").into_bytes(),
        format!("sep=;\r\n{plain}").into_bytes(),
        utf_16,
        windows,
        text.replace('\n', "\r").into_bytes(),
        format!("{text}{text}").into_bytes(),
    ];
    for content in files {
        let app = TestApp::start();
        std::fs::create_dir_all(app.path().join("Logs")).unwrap();
        std::fs::write(app.path().join("Logs/ImageChoices.csv"), &content).unwrap();
        let shown = String::from_utf8_lossy(&content).into_owned();
        let answer = app.post("/api/imagechoices/import", &Value::Null).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["stats"]["errors"]), (200, &json!(0)), "{shown}");
        let records = app.get("/api/imagechoices").await.json();
        assert_eq!(records.as_array().unwrap().len(), 1, "{shown}");
        assert_eq!(records[0]["Rootfolder"], "M\u{fc}nchen (1995)", "{shown}");
    }
    for content in ["Name;Year\nHeat;1995\n", "<html></html>", "PK\u{3}\u{4}"] {
        let app = TestApp::start();
        std::fs::create_dir_all(app.path().join("Logs")).unwrap();
        std::fs::write(app.path().join("Logs/ImageChoices.csv"), content).unwrap();
        let answer = app.post("/api/imagechoices/import", &Value::Null).await;
        assert_eq!(answer.status, 422, "{content}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("ImageChoices.csv") && detail.contains("no column Title"), "{detail}");
    }
}
