//! File answers stay in their rooms: whatever a path, a link or the configuration says, only pictures below an asset root are
//! given.

use std::os::unix::fs::symlink;

use reqwest::Method;
use serde_json::json;

use crate::api::harness::{TestApp, eventually};

const OPERATIONS: &str = include_str!("../api/operations.txt");
/// What is in no picture.
const PRIVATE: &str = "not-for-anyone-9f3a";

/// An installation with private files around and within the rooms.
fn install() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for room in [
        "assets/Movies/Heat (1995)",
        "manualassets",
        "assetsbackup",
        "test",
        "Overlayfiles",
        "Logs",
        "uploads",
        "images",
    ] {
        std::fs::create_dir_all(folder.path().join(room)).unwrap();
    }
    for room in [
        "assets",
        "assets/Movies/Heat (1995)",
        "manualassets",
        "assetsbackup",
        "test",
        "Overlayfiles",
        "Logs",
        "images",
    ] {
        let room = folder.path().join(room);
        for name in ["config.json", "private.txt", "page.html", "noextension", "archive.zip", ".env", "jpg"] {
            std::fs::write(room.join(name), PRIVATE).unwrap();
        }
        std::fs::write(room.join("back\\slash.jpg"), PRIVATE).unwrap();
        symlink("circle.jpg", room.join("circle.jpg")).unwrap();
        symlink("/etc/passwd", room.join("out.jpg")).unwrap();
        symlink("/etc", room.join("etc")).unwrap();
        symlink(folder.path().join("config.json"), room.join("config.jpg")).unwrap();
    }
    std::fs::write(folder.path().join("config.json"), json!({"Extra": {"Note": PRIVATE}}).to_string()).unwrap();
    folder
}

fn hostile_names() -> Vec<String> {
    let names = [
        "config.json",
        "private.txt",
        "page.html",
        "noextension",
        "archive.zip",
        ".env",
        "jpg",
        "circle.jpg",
        "circle.jpg/x.jpg",
        "out.jpg",
        "etc/passwd",
        "config.jpg",
        "back\\slash.jpg",
        "..\\config.json",
        "../config.json",
        "/etc/passwd",
        "a\0b",
        "Movies/Heat (1995)/config.json",
        "Movies/Heat (1995)/circle.jpg",
    ];
    let long = ["x".repeat(300), format!("{}.jpg", "x".repeat(5000)), format!("{}a.jpg", "d/".repeat(2500))];
    names.iter().map(|name| (*name).to_owned()).chain(long).collect()
}

#[actix_web::test]
async fn no_route_that_takes_a_path_gives_what_is_no_picture_of_a_room_or_fails_over_it() {
    let app = TestApp::start_in(install(), |_| {});
    app.get("/api/gallery").await;
    let mut asked = 0;
    for operation in OPERATIONS.lines() {
        let (method, path) = operation.split_once(' ').unwrap();
        if !matches!(method, "GET" | "DELETE") || ["/ws/logs", "/api/events"].contains(&path) {
            continue;
        }
        for name in hostile_names() {
            let encoded: String =
                percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC).to_string();
            let place = path.split('/').map(|part| if part.starts_with('{') { encoded.as_str() } else { part });
            let place = place.collect::<Vec<_>>().join("/");
            let query = if path.contains('{') { vec![""] } else { vec!["path"] };
            for parameter in query {
                if place == path && parameter.is_empty() {
                    continue;
                }
                let url = if parameter.is_empty() { place.clone() } else { format!("{place}?{parameter}={encoded}") };
                if url.len() > 9000 {
                    continue;
                }
                let answer = app.send(Method::from_bytes(method.as_bytes()).unwrap(), &url, |request| request).await;
                let text = answer.text();
                let shown: String = url.chars().take(120).collect();
                assert!(answer.status.as_u16() < 500, "{method} {shown}: {} {text}", answer.status);
                assert!(!text.contains("root:x:0"), "{method} {shown} gives /etc/passwd");
                let is_asked_for =
                    ["/api/config", "/api/logs", "/api/admin"].iter().any(|begin| path.starts_with(begin));
                assert!(is_asked_for || !text.contains(PRIVATE), "{method} {shown} gives a private file");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

#[actix_web::test]
async fn roots_that_hold_the_system_or_the_data_folder_are_refused_where_they_are_set() {
    let app = TestApp::start();
    let data = app.path().canonicalize().unwrap();
    symlink("/etc", data.join("link-to-etc")).unwrap();
    symlink("..", data.join("link-to-parent")).unwrap();
    symlink(".", data.join("link-to-itself")).unwrap();
    let in_data = |name: &str| data.join(name).display().to_string();
    let bad = [
        "/".to_owned(),
        "/etc".to_owned(),
        "/etc/".to_owned(),
        "/proc".to_owned(),
        "/sys/class".to_owned(),
        "/usr".to_owned(),
        "/var".to_owned(),
        "/home".to_owned(),
        "/root".to_owned(),
        "/boot".to_owned(),
        "/mnt/../etc".to_owned(),
        data.display().to_string(),
        data.parent().unwrap().display().to_string(),
        in_data("assets/.."),
        in_data("link-to-etc"),
        in_data("link-to-parent"),
        in_data("link-to-itself"),
        ".".to_owned(),
        "..".to_owned(),
        "assets/..".to_owned(),
        "assets".to_owned(),
        "~/assets".to_owned(),
    ];
    for key in ["AssetPath", "ManualAssetPath", "BackupPath"] {
        for root in &bad {
            let answer = app.post("/api/config?mode=merge", &json!({"config": {key: root}})).await;
            assert_eq!(answer.status, 400, "{key} {root}: {}", answer.text());
            let answer = answer.json();
            assert_eq!(answer["code"], "invalid_value");
            assert_eq!(answer["detail"][0]["loc"], json!(["body", "config", key]), "{answer}");
        }
        for root in [in_data("assets"), "/mnt/nas/assets".to_owned()] {
            let answer = app.post("/api/config?mode=merge", &json!({"config": {key: root}})).await;
            assert_eq!(answer.status, 200, "{key} {root}: {}", answer.text());
        }
    }
}

#[actix_web::test]
async fn a_root_in_config_json_that_cannot_be_is_left_out_and_told() {
    let folder = install();
    let path = folder.path().join("config.json");
    std::fs::write(&path, r#"{"PrerequisitePart": {"AssetPath": "/", "ManualAssetPath": "."}}"#).unwrap();
    let passwd = ["/poster_assets/etc/passwd", "/manual_poster_assets/config.json", "/poster_assets/etc%2fpasswd"];
    let app = TestApp::start_in(folder, |_| {});
    for file in passwd {
        assert_eq!(app.get(file).await.status, 404, "{file}");
    }
    let thumbnail = app.get("/api/thumbnail?path=etc/passwd").await;
    assert!(thumbnail.status.is_client_error(), "{}", thumbnail.status);
    let health = app.get("/api/health").await.json();
    assert_eq!(health["checks"]["config"], "degraded", "{health}");
    std::fs::write(&path, r#"{"PrerequisitePart": {"AssetPath": "assets"}}"#).unwrap();
    eventually("health is good again", async || {
        (app.get("/api/health").await.json()["checks"]["config"] == "ok").then_some(())
    })
    .await;
}

#[actix_web::test]
async fn a_manual_run_takes_no_picture_from_elsewhere_on_the_machine() {
    let outside = tempfile::tempdir().unwrap();
    let picture = outside.path().join("own.jpg");
    std::fs::write(&picture, "a picture").unwrap();
    let app = TestApp::start_in(install(), |_| {});
    symlink(&picture, app.path().join("uploads/link.jpg")).unwrap();
    for path in [
        picture.display().to_string(),
        app.path().join("uploads/link.jpg").display().to_string(),
        "/etc/passwd".to_owned(),
    ] {
        let form = json!({"picturePath": path, "titletext": "T", "folderName": "F", "libraryName": "L"});
        let answer = app.post("/api/run-manual", &form).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", "picturePath"]));
    }
    assert!(picture.is_file());
}
