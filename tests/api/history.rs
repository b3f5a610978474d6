//! The run history through the API.

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Local};
use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{TestApp, eventually};

/// A result as the script writes it, of a run on this day of November 2025.
fn result(day: u32, posters: u32) -> Value {
    json!({
        "Posters": posters, "Backgrounds": 2, "Titlecards": 4, "Seasons": 1, "Collections": 0, "Mode": "normal",
        "Runtime": "0:12:7", "Errors": 1, "Fallbacks": [{"Fallback": "true"}, {"Fallback": "true"}], "Textless": 0,
        "Truncated": {"TextTruncated": "true"}, "Text": 0, "TBA Skipped": 0, "Jap/Chines Skipped": 0,
        "Notification Sent": "false", "Uptime Kuma": "true", "Images cleared": 0, "Folders Cleared": 0,
        "Space saved": 0, "Script Version": "2.1.15", "IM Version": "7.1.2.8",
        "Start time": format!("{day}.11.2025 03:00:02"), "End Time": format!("{day}.11.2025 03:12:09"),
    })
}

fn put(folder: &Path, name: &str, result: &Value) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), result.to_string()).unwrap();
}

/// A daemon on a folder with results of three modes.
fn app() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("Logs");
    put(&logs, "normal.json", &result(10, 3));
    put(&logs, "arr.json", &result(12, 5));
    put(&logs, "testing.json", &result(11, 4));
    TestApp::start_in(folder, |_| {})
}

async fn rows(app: &TestApp, query: &str) -> Vec<Value> {
    app.get(&format!("/api/runtime-history{query}")).await.json()["history"].as_array().unwrap().clone()
}

async fn modes(app: &TestApp, query: &str) -> Vec<String> {
    rows(app, query).await.iter().map(|row| row["mode"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn what_was_there_before_the_first_start_is_in_the_history_with_upstreams_columns() {
    let app = app();
    let page = app.get("/api/runtime-history?limit=1&mode=").await.json();
    let counts = (&page["count"], &page["total"], &page["limit"], &page["offset"], &page["mode_filter"]);
    assert_eq!(counts, (&json!(1), &json!(3), &json!(1), &json!(0), &json!("")));
    let row = json!({
        "id": 3, "timestamp": "2025-11-12T03:00:02", "mode": "arr", "runtime_seconds": 727,
        "runtime_formatted": "0h 12m 7s", "total_images": 12, "posters": 5, "seasons": 1, "backgrounds": 2,
        "titlecards": 4, "collections": 0, "errors": 1, "fallbacks": 2, "tba_skipped": 0, "jap_chines_skipped": 0,
        "notification_sent": 0, "uptime_kuma": 1, "images_cleared": 0, "folders_cleared": 0, "space_saved": "0",
        "script_version": "2.1.15", "im_version": "7.1.2.8", "start_time": "2025-11-12T03:00:02",
        "end_time": "2025-11-12T03:12:09", "log_file": "arr.json", "status": "completed", "notes": null,
        "textless": 0, "truncated": 1, "text": 0, "run": null, "title": null,
        "at": page["history"][0]["at"],
    });
    let at = DateTime::parse_from_rfc3339(row["at"].as_str().unwrap()).unwrap().with_timezone(&Local);
    assert_eq!(at.format("%Y-%m-%dT%H:%M:%S").to_string(), "2025-11-12T03:00:02", "the same instant, with its offset");
    assert_eq!(page["history"][0], row);
    assert_eq!(
        page["history"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
        row.as_object().unwrap().keys().collect::<Vec<_>>()
    );
    let entry = app.get("/api/runtime-history/3").await.json();
    assert_eq!((&entry["row"], &entry["run"]), (&row, &Value::Null));
    assert_eq!(app.get("/api/runtime-history/99").await.status, 404);

    let stats = app.get("/api/runtime-stats").await.json();
    assert_eq!(
        (&stats["runtime"], &stats["mode"], &stats["uptime_kuma"]),
        (&json!("0h 12m 7s"), &json!("arr"), &json!(true))
    );
    assert_eq!(
        stats["scheduler"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["enabled", "schedules", "next_run", "timezone"]
    );
    let status = app.get("/api/runtime-history/migration-status").await.json();
    assert_eq!(
        (&status["is_migrated"], &status["migration_info"]["migrated_entries"]["value"]),
        (&json!(true), &json!("3"))
    );
    assert_eq!(status["problems"], json!([]));
}

#[actix_web::test]
async fn pages_are_filtered_and_sorted() {
    let app = app();
    assert_eq!(modes(&app, "").await, ["arr", "testing", "normal"]);
    assert_eq!(modes(&app, "?limit=1&offset=1").await, ["testing"]);
    assert_eq!(modes(&app, "?mode=normal").await, ["normal"]);
    assert_eq!(modes(&app, "?mode=Normal").await, [""; 0]);
    assert_eq!(modes(&app, "?since=2025-11-11&until=2025-11-11").await, ["testing"]);
    assert_eq!(modes(&app, "?until=2025-11-12T03:00:02").await, ["testing", "normal"]);
    assert_eq!(modes(&app, "?sort=images").await, ["normal", "testing", "arr"]);
    let days = app.get("/api/runtime-history/days?since=2025-11-11").await.json();
    let day = json!({"date": "2025-11-11", "runs": 1, "failed": 0, "images": 11, "errors": 1, "runtime_seconds": 727});
    assert_eq!((&days["days"][0], days["days"].as_array().unwrap().len()), (&day, 2));
    let csv = app.get("/api/runtime-history/csv?sort=timestamp").await;
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"runtime-history.csv\"");
    let (text, lines) = (csv.text(), csv.text().lines().count());
    assert!(text.starts_with("id,timestamp,mode,runtime_seconds,"), "{text}");
    assert!(text.lines().nth(1).unwrap().starts_with("1,2025-11-10T03:00:02,normal,727,0h 12m 7s,10,"), "{text}");
    assert_eq!(lines, 4);
}

#[actix_web::test]
async fn every_wrong_parameter_is_named_with_upstreams_words() {
    let app = app();
    let answer = app.get("/api/runtime-history?limit=abc&offset=-1&since=tomorrow&sort=size").await;
    assert_eq!(answer.status, 400);
    let detail = answer.json()["detail"].clone();
    let kinds: Vec<_> =
        detail.as_array().unwrap().iter().map(|one| (one["type"].clone(), one["loc"][1].clone())).collect();
    let expected =
        [("int_parsing", "limit"), ("greater_than_equal", "offset"), ("value_error", "since"), ("value_error", "sort")];
    assert_eq!(kinds, expected.map(|(kind, name)| (json!(kind), json!(name))));
    for wrong in ["/api/runtime-summary?days=0", "/api/runtime-summary?days=366", "/api/runtime-history?limit=501"] {
        assert_eq!(app.get(wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(app.delete("/api/runtime-history/cleanup?days=29").await.status, 400);
}

#[actix_web::test]
async fn an_empty_history_says_so_in_upstreams_shapes() {
    let app = TestApp::start();
    let stats = app.get("/api/runtime-stats").await;
    assert_eq!(
        (stats.status.as_u16(), &stats.json()["success"], &stats.json()["runtime"]),
        (200, &json!(false), &Value::Null)
    );
    let summary = app.get("/api/runtime-summary").await.json();
    let expected = json!({
        "total_runs": 0, "total_images": 0, "average_runtime_seconds": 0, "average_runtime_formatted": "0h 0m 0s",
        "total_errors": 0, "mode_counts": {}, "days": 30,
    });
    assert_eq!(summary["summary"], expected);
    let page = app.get("/api/runtime-history").await.json();
    assert_eq!((&page["history"], &page["mode_filter"]), (&json!([]), &Value::Null));
}

#[actix_web::test]
async fn the_summary_counts_the_window_and_shows_the_latest_run_whenever_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("Logs");
    put(&logs, "normal.json", &result(10, 3));
    let now = chrono::Local::now().format("%d.%m.%Y %H:%M:%S").to_string();
    let mut today = result(1, 7);
    today["Start time"] = json!(now);
    today["End Time"] = json!(now);
    put(&logs, "scheduled.json", &today);
    let app = TestApp::start_in(folder, |_| {});
    let summary = app.get("/api/runtime-summary?days=1").await.json()["summary"].clone();
    assert_eq!((&summary["total_runs"], &summary["total_images"]), (&json!(1), &json!(14)));
    assert_eq!((&summary["mode_counts"], &summary["latest_run"]["posters"]), (&json!({"scheduled": 1}), &json!(7)));

    let cleaned = app.delete("/api/runtime-history/cleanup").await.json();
    assert_eq!(
        (&cleaned["deleted_count"], &cleaned["message"]),
        (&json!(1), &json!("Deleted 1 entries older than 90 days"))
    );
    assert_eq!(modes(&app, "").await, ["scheduled"]);
    // The file is still in Logs, and does not bring the row back by itself.
    let formatted = app.send(Method::POST, "/api/runtime-history/migrate-format", |request| request).await.json();
    assert_eq!(formatted["message"], "Migrated 1 runtime entries to new format (Xh:Ym:Zs)");
    let migrated = app.send(Method::POST, "/api/runtime-history/migrate", |request| request).await.json();
    assert_eq!(migrated["already_migrated"], true);
}

#[actix_web::test]
async fn a_half_written_result_is_shown_and_taken_once_it_is_whole() {
    let app = TestApp::start();
    let logs = app.path().join("Logs");
    let whole = result(10, 3).to_string();
    fs::write(logs.join("normal.json"), &whole[..whole.len() / 2]).unwrap();
    let import = app.send(Method::POST, "/api/runtime-history/import-json", |request| request).await.json();
    assert_eq!((&import["success"], &import["imported"]), (&json!(false), &json!(0)));
    assert!(import["message"].as_str().unwrap().contains("normal.json: not readable as JSON"), "{import}");
    let status = app.get("/api/runtime-history/migration-status").await.json();
    assert!(status["problems"][0]["file"].as_str().unwrap().ends_with("Logs/normal.json"), "{status}");

    fs::write(logs.join("normal.json"), &whole).unwrap();
    eventually("the result is taken", async || Some(()).filter(|()| app.state.views.history.get().index.len() == 1))
        .await;
    let status = app.get("/api/runtime-history/migration-status").await.json();
    assert_eq!(status["problems"], json!([]));
    let again = app.send(Method::POST, "/api/runtime-history/import-json", |request| request).await.json();
    assert_eq!((&again["success"], &again["found"], &again["imported"]), (&json!(true), &json!(1), &json!(0)));
    assert_eq!(again["message"], "JSON files imported successfully");
}

/// A daemon whose runs are this shell script.
fn app_running(script: &str) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Posterizarr.ps1"), script).unwrap();
    TestApp::start_in(folder, |settings| {
        settings.runner_command = vec!["sh".into(), "{script}".into()];
        settings.stop_grace = Duration::from_millis(300);
    })
}

#[actix_web::test]
async fn a_run_becomes_one_row_with_its_figures_and_the_link_to_its_record() {
    let app = app_running(&format!("cat > Logs/testing.json <<'END'\n{}\nEND\n", result(10, 3)));
    let run = app.send(Method::POST, "/api/run/testing", |request| request).await.json()["run_id"].clone();
    let row =
        eventually("the run has a row", async || rows(&app, "").await.into_iter().find(|row| !row["run"].is_null()))
            .await;
    assert_eq!((&row["run"], &row["mode"], &row["posters"]), (&run, &json!("testing"), &json!(3)));
    let entry = app.get(&format!("/api/runtime-history/{}", row["id"])).await.json();
    assert_eq!((&entry["run"]["id"], &entry["run"]["outcome"]), (&run, &json!("completed")));
    app.send(Method::POST, "/api/runtime-history/import-json", |request| request).await;
    assert_eq!(rows(&app, "").await.len(), 1, "the file in Logs is the same run");
}

#[actix_web::test]
async fn a_run_without_a_result_is_a_row_with_its_true_outcome_and_does_not_hide_the_last_figures() {
    let app = app_running("echo 'no such library' >&2; exit 3");
    put(&app.path().join("Logs"), "normal.json", &result(10, 3));
    let run = app.send(Method::POST, "/api/run/backup", |request| request).await.json()["run_id"].clone();
    let row = eventually("the run has a row", async || rows(&app, "?mode=backup").await.into_iter().next()).await;
    assert_eq!((&row["run"], &row["status"], &row["log_file"]), (&run, &json!("failed"), &Value::Null));
    assert!(row["notes"].is_string(), "{row}");
    eventually("the other run has one too", async || rows(&app, "?mode=normal").await.into_iter().next()).await;
    assert_eq!(app.get("/api/runtime-stats").await.json()["mode"], "normal");
}
