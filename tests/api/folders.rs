//! Choosing a folder of the daemon's machine.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::harness::{Answer, TestApp};

async fn folder(app: &TestApp, path: &std::path::Path) -> Answer {
    app.get(&format!("/api/folders?path={}", path.display())).await
}

#[actix_web::test]
async fn folders_are_shown_by_name_and_nothing_else() {
    let app = TestApp::start();
    let media = tempfile::tempdir().unwrap();
    for name in ["beta", "Alpha", ".hidden"] {
        fs::create_dir(media.path().join(name)).unwrap();
    }
    fs::write(media.path().join("file.txt"), "secret").unwrap();
    symlink(media.path().join("beta"), media.path().join("link")).unwrap();
    let told = folder(&app, media.path()).await.json();
    assert_eq!(told["folders"], json!(["Alpha", "beta", "link"]));
    assert_eq!(told["path"], media.path().to_str().unwrap());
    assert_eq!(told["parent"], media.path().parent().unwrap().to_str().unwrap());
    assert_eq!((&told["writable"], &told["refusal"], &told["truncated"]), (&json!(true), &Value::Null, &json!(false)));
    assert_eq!(fs::read_dir(media.path()).unwrap().count(), 5, "nothing is left behind");
}

#[actix_web::test]
async fn it_begins_in_the_data_folder_which_cannot_hold_artwork_itself() {
    let app = TestApp::start();
    let told = app.get("/api/folders").await.json();
    assert_eq!(told["path"], app.path().to_str().unwrap());
    assert!(told["refusal"].as_str().unwrap().contains("data folder"), "{told}");
    assert_eq!(told["refusal_because"][0]["code"], "asset_root_data", "{told}");
    assert_eq!(app.get("/api/folders?path=/").await.json()["parent"], Value::Null);
}

#[actix_web::test]
async fn of_very_many_folders_the_first_are_shown() {
    let app = TestApp::start();
    let media = tempfile::tempdir().unwrap();
    for number in 0..1001 {
        fs::create_dir(media.path().join(number.to_string())).unwrap();
    }
    let told = folder(&app, media.path()).await.json();
    assert_eq!((told["folders"].as_array().unwrap().len(), &told["truncated"]), (1000, &json!(true)));
}

#[actix_web::test]
async fn what_is_no_folder_is_told() {
    let app = TestApp::start();
    let file = app.path().join("file");
    fs::write(&file, "").unwrap();
    for (path, status, text) in [
        (file.to_str().unwrap(), 400, "is a file"),
        ("/nowhere/at/all", 404, "there is no folder /nowhere/at/all"),
        ("here", 400, "not a whole path"),
        ("/tmp/../etc", 400, "not a whole path"),
        ("/tmp/%00", 400, "not a whole path"),
    ] {
        let answer = app.get(&format!("/api/folders?path={path}")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
        assert!(answer.text().contains(text), "{path}: {}", answer.text());
    }
}

#[actix_web::test]
async fn a_folder_is_made_where_artwork_may_be() {
    let app = TestApp::start();
    let media = tempfile::tempdir().unwrap();
    let wanted = media.path().join("posters");
    let make = async |path: &std::path::Path| app.post("/api/folders", &json!({"path": path})).await;
    let made = make(&wanted).await;
    assert_eq!((made.status.as_u16(), &made.json()["writable"]), (200, &json!(true)), "{}", made.text());
    assert!(wanted.is_dir());
    assert_eq!(make(&wanted).await.status, 409);
    assert_eq!(make(&media.path().join("a/b")).await.status, 404);
    let refused = make(std::path::Path::new("/etc/posters")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("belongs to the system"), "{}", refused.text());
    assert!(!fs::exists("/etc/posters").unwrap());
}
