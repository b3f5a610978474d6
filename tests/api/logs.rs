use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::harness::{TestApp, eventually};

const LOG: &str = "[2025-11-23 03:00:01] [INFO]    |L.1    | one\r\n\n  [2025-11-23 03:00:02] [ERROR]   |L.2    |      zwö\nmore\nno end";

fn app() -> TestApp {
    let app = TestApp::start();
    write(&app, "Logs/Scriptlog.log", LOG);
    app
}

fn write(app: &TestApp, path: &str, content: &str) {
    std::fs::write(app.path().join(path), content).unwrap();
}

async fn content(app: &TestApp, query: &str) -> Vec<String> {
    let answer = app.get(&format!("/api/logs/Scriptlog.log{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/json");
    serde_json::from_value(answer.json()["content"].clone()).unwrap()
}

#[actix_web::test]
async fn the_list_has_the_logs_of_both_folders_newest_first() {
    let app = TestApp::start();
    let made = [
        ("Logs/Scriptlog.log", 3),
        ("Logs/Testinglog.log", 2),
        ("UILogs/FrontendUI.log", 5),
        ("Logs/Manuallog.log", 1),
    ];
    for (path, seconds) in made {
        write(&app, path, "12345");
        let file = std::fs::File::options().write(true).open(app.path().join(path)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 500)).unwrap();
    }
    write(&app, "Logs/ImageChoices.csv", "no log");
    std::fs::create_dir(app.path().join("Logs/folder.log")).unwrap();
    let list = app.get("/api/logs").await.json();
    let names: Vec<_> = list["logs"].as_array().unwrap().iter().map(|log| log["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["FrontendUI.log", "Scriptlog.log", "Testinglog.log", "Manuallog.log"]);
    assert_eq!(list["logs"][1], json!({"name": "Scriptlog.log", "size": 5, "modified": 3.5, "directory": "Logs"}));
    assert_eq!(list["logs"][0]["directory"], "UILogs");
}

#[actix_web::test]
async fn lines_come_raw_with_one_kind_of_line_end_and_tail_counts_as_upstream_does() {
    let app = app();
    let all = content(&app, "?tail=0").await;
    assert_eq!(all.len(), 5);
    assert_eq!(all[0], "[2025-11-23 03:00:01] [INFO]    |L.1    | one\n");
    assert_eq!(all[1..], ["\n", "  [2025-11-23 03:00:02] [ERROR]   |L.2    |      zwö\n", "more\n", "no end"]);
    assert_eq!(content(&app, "").await, all);
    assert_eq!(content(&app, "?tail=2").await, all[3..]);
    assert_eq!(content(&app, "?tail=-2").await, all[2..]);
    assert_eq!(content(&app, "?tail=-99").await, Vec::<String>::new());
    assert_eq!(content(&app, "?tail=99&tail=1").await, all[4..], "the last one counts");
    for bad in ["x", "", "1.5", "99999999999999999999"] {
        let answer = app.get(&format!("/api/logs/Scriptlog.log?tail={bad}")).await;
        assert_eq!(answer.status, 400, "{bad:?}");
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["query", "tail"]));
        assert_eq!(answer.json()["code"], "invalid_request");
    }
}

#[actix_web::test]
async fn lines_are_filtered_by_level_and_text_and_come_as_records() {
    let app = app();
    assert_eq!(content(&app, "?level=ERROR").await.len(), 3, "with the lines that continue it");
    assert_eq!(content(&app, "?level=info,warning").await.len(), 2);
    assert_eq!(content(&app, "?min_level=WARNING&tail=1").await, ["no end"]);
    assert_eq!(content(&app, "?q=ZW%C3%96").await.len(), 1);
    assert_eq!(content(&app, "?q=nothing").await, Vec::<String>::new());
    let records = app.get("/api/logs/Scriptlog.log?structured=true&q=zw").await.json();
    let expected = json!({"records": [{"timestamp": "2025-11-23 03:00:02", "level": "ERROR", "source": "script", "component": "",
        "line": 2, "message": "zwö", "raw": "[2025-11-23 03:00:02] [ERROR]   |L.2    |      zwö"}]});
    assert_eq!(records, expected);
    assert_eq!(app.get("/api/logs/Scriptlog.log?structured=true&q=nothing").await.json(), json!({"records": []}));
    assert_eq!(
        app.get("/api/logs/Scriptlog.log?level=LOUD").await.json()["detail"][0]["loc"],
        json!(["query", "level"])
    );
}

#[actix_web::test]
async fn any_file_of_either_folder_is_given_and_logs_come_first() {
    let app = app();
    write(&app, "UILogs/webui_settings.json", "{}");
    write(&app, "UILogs/Scriptlog.log", "the wrong one");
    std::fs::write(app.path().join("Logs/binary"), b"a\xff\xfe\x00b\n").unwrap();
    assert_eq!(app.get("/api/logs/webui_settings.json").await.json(), json!({"content": ["{}"]}));
    assert_eq!(app.get("/api/logs/binary").await.json(), json!({"content": ["a\u{0}b\n"]}));
    assert_eq!(content(&app, "?tail=1").await, ["no end"]);
    write(&app, "Logs/empty.log", "");
    assert_eq!(app.get("/api/logs/empty.log").await.json(), json!({"content": []}));
}

#[actix_web::test]
async fn a_missing_log_is_a_404_and_a_folder_says_so() {
    let app = app();
    let missing = app.get("/api/logs/Nope.log").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json()["detail"], "Log file not found");
    assert_eq!(app.get("/api/logs/ui").await.status, 404);
    assert_eq!(app.get("/api/logs/ui/batch").await.status, 405);
    assert!(app.delete("/api/logs/Scriptlog.log").await.status.is_client_error(), "logs are not deleted here");
    std::fs::create_dir(app.path().join("Logs/folder")).unwrap();
    let folder = app.get("/api/logs/folder").await;
    assert_eq!(folder.status, 400);
    assert!(folder.json()["message"].as_str().unwrap().contains("folder"));
}

#[actix_web::test]
async fn a_path_never_gives_content() {
    let app = app();
    write(&app, "config.json", "secret");
    symlink("../config.json", app.path().join("Logs/link.log")).unwrap();
    let absolute = app.path().join("config.json").to_string_lossy().replace('/', "%2F");
    let names = [
        "..%2Fconfig.json",
        "%2e%2e%2fconfig.json",
        "..%5Cconfig.json",
        "..",
        "%2E%2E",
        ".",
        "x%00",
        "link.log",
        &absolute,
    ];
    for name in names {
        for suffix in ["?tail=0", "/exists"] {
            let answer = app.get(&format!("/api/logs/{name}{suffix}")).await;
            assert!(answer.status.is_client_error(), "{name}{suffix}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains("secret"), "{name}{suffix}");
            assert!(!answer.text().contains("\"exists\":true"), "{name}{suffix}");
        }
    }
}

#[actix_web::test]
async fn whether_a_log_exists_is_told_with_its_path() {
    let app = app();
    let path = app.path().join("Logs/Scriptlog.log");
    let expected = json!({"exists": true, "log_name": "Scriptlog.log", "path": path});
    assert_eq!(app.get("/api/logs/Scriptlog.log/exists").await.json(), expected);
    let expected = json!({"exists": false, "log_name": "Nope.log", "path": null});
    assert_eq!(app.get("/api/logs/Nope.log/exists").await.json(), expected);
}

#[actix_web::test]
async fn a_large_log_is_streamed_whole() {
    let app = TestApp::start();
    let lines: Vec<_> = (0..100_000).map(|n| format!("line {n} \"quoted\"\n")).collect();
    write(&app, "Logs/Scriptlog.log", &lines.concat());
    assert_eq!(content(&app, "?tail=0").await, lines);
    assert_eq!(content(&app, "?tail=-99990").await, lines[99_990..]);
    assert_eq!(content(&app, "?tail=3").await, lines[99_997..]);
}

#[actix_web::test]
async fn browser_lines_are_appended_and_found_in_the_unified_log() {
    let app = TestApp::start();
    let empty = app.get("/api/logs/ui/unified").await.json();
    assert_eq!(empty, json!({"logs": [], "total": 0, "message": "No UI logs available yet"}));
    write(&app, "UILogs/FrontendUI.log", "[2099-01-01 00:00:00] [INFO    ] [BACKEND:main:start:1] - from the future\n");
    let one = json!({"level": "warning", "message": "first\nforged", "timestamp": "ignored", "component": "LogViewer", "extra": 1});
    assert_eq!(app.post("/api/logs/ui", &one).await.json(), json!({"success": true}));
    let batch = json!({"logs": [{"level": "INFO", "message": "second", "timestamp": ""}, one]});
    assert_eq!(app.post("/api/logs/ui/batch", &batch).await.json(), json!({"success": true, "count": 2}));
    assert_eq!(app.post("/api/logs/ui/batch", &json!({"logs": []})).await.json(), json!({"success": true, "count": 0}));
    let unified = app.get("/api/logs/ui/unified").await.json();
    assert_eq!((&unified["total"], &unified["total_all"]), (&json!(4), &json!(4)));
    let field = |name: &str| -> Vec<Value> {
        unified["logs"].as_array().unwrap().iter().map(|log| log[name].clone()).collect()
    };
    assert_eq!(field("source"), ["frontend", "frontend", "frontend", "backend"]);
    assert_eq!(field("message"), ["first\\nforged", "second", "first\\nforged", "from the future"]);
    assert_eq!(field("component"), ["LogViewer", "UI", "LogViewer", "main:start:1"]);
    assert_eq!(app.get("/api/logs/ui/unified?tail=1").await.json()["logs"][0]["message"], "from the future");
    assert_eq!(app.get("/api/logs/ui/unified?tail=-3").await.json()["total"], 1);
    assert_eq!(app.get("/api/logs/ui/unified?tail=x").await.status, 400);
}

#[actix_web::test]
async fn a_bad_batch_is_refused_whole() {
    let app = TestApp::start();
    let good = json!({"level": "INFO", "message": "x", "timestamp": ""});
    for bad in [
        json!({}),
        json!({"logs": [good, {"level": "INFO"}]}),
        json!({"logs": [{"level": 1, "message": "", "timestamp": ""}]}),
    ] {
        let answer = app.post("/api/logs/ui/batch", &bad).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(answer.json()["detail"].is_array());
    }
    let many = json!({ "logs": vec![good; 1001] });
    assert_eq!(app.post("/api/logs/ui/batch", &many).await.status, 413);
    assert!(!std::fs::exists(app.path().join("UILogs/FrontendUI.log")).unwrap());
}

#[actix_web::test]
async fn the_status_shows_the_newest_lines_soon_after_they_are_written() {
    let app = app();
    eventually("the first lines", async || {
        (app.get("/api/status").await.json()["last_logs"].as_array()?.len() == 4).then_some(())
    })
    .await;
    write(&app, "Logs/Testinglog.log", "=====\ntesting\n");
    let status = async || app.get("/api/status").await.json();
    let shows_it =
        |status: &Value| status["active_log"] == "Testinglog.log" && status["last_logs"] == json!(["testing"]);
    eventually("the newer log", async || shows_it(&status().await).then_some(())).await;
}

#[actix_web::test]
async fn the_watcher_says_what_is_imported() {
    let app = TestApp::start();
    let status = app.get("/api/logs-watcher/status").await.json();
    assert_eq!(status["running"], true);
    assert_eq!(status["monitored_files"]["csv"], "ImageChoices.csv");
    assert_eq!(status["monitored_files"]["json"].as_array().unwrap().len(), 10);
}

#[actix_web::test]
async fn a_log_is_downloaded_as_the_file_it_is() {
    let app = TestApp::start();
    write(&app, "Logs/Big.log", &"a line of the log\n".repeat(10_000));
    let answer = app.get("/api/logs/Big.log/download").await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 180_000));
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"Big.log\"");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(app.get("/api/logs/Nope.log/download").await.status, 404);
    assert_eq!(app.get("/api/logs/..%2Fconfig.json/download").await.status, 400);
}
