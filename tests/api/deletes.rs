use std::path::Path;

use posterizarrd::actors::library::assets::Rescan;
use serde_json::{Value, json};

use super::harness::TestApp;

/// The families: what their paths begin with, their folder, and their words.
const FAMILIES: [(&str, &str, &str, &str, &str); 6] = [
    ("gallery", "assets", "Poster", "poster(s)", "Poster not found"),
    ("backgrounds", "assets", "Background", "background(s)", "Background not found"),
    ("seasons", "assets", "Season", "season(s)", "Season not found"),
    ("titlecards", "assets", "TitleCard", "titlecard(s)", "TitleCard not found"),
    ("manual-assets", "manualassets", "Manual asset", "manual asset(s)", "Asset not found"),
    ("backup-assets", "assetsbackup", "Backup asset", "backup asset(s)", "Asset not found"),
];

const IMAGE: &str = "TV Shows/50% off #1 (2017) {tvdb-1}/Season01.jpg";
/// The same as a browser's `encodeURIComponent` writes it.
const ENCODED: &str = "TV%20Shows%2F50%25%20off%20%231%20(2017)%20%7Btvdb-1%7D%2FSeason01.jpg";

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn app() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    for root in ["assets", "manualassets", "assetsbackup"] {
        write(folder.path(), &format!("{root}/{IMAGE}"), "picture");
        write(folder.path(), &format!("{root}/notes.txt"), "x");
    }
    write(folder.path(), "secret.jpg", "secret");
    write(folder.path(), "config.json", "{}");
    TestApp::start_in(folder, |_| {})
}

fn is_there(app: &TestApp, name: &str) -> bool {
    app.path().join(name).try_exists().unwrap()
}

/// Whether the index has the image, at this very moment.
fn is_known(app: &TestApp, root: &str) -> bool {
    let view = app.state.views.assets.get();
    let index = match root {
        "assets" => &view.assets,
        "manualassets" => &view.manual,
        _ => &view.backup,
    };
    index.get(IMAGE).is_some()
}

#[actix_web::test]
async fn each_family_deletes_its_image_and_restores_it_where_it_was() {
    let app = app();
    app.state.indexer.send(Rescan).await.unwrap();
    for (family, root, word, _, missing) in FAMILIES {
        let file = format!("{root}/{IMAGE}");
        assert!(is_known(&app, root), "{family}");
        let answer = app.delete(&format!("/api/{family}/{ENCODED}")).await;
        let body = answer.json();
        assert_eq!((answer.status.as_u16(), &body["success"]), (200, &json!(true)), "{family}: {body}");
        assert_eq!(body["message"], format!("{word} '{IMAGE}' deleted successfully"));
        assert!(!is_there(&app, &file) && !is_known(&app, root), "{family}");
        let again = app.delete(&format!("/api/{family}/{ENCODED}")).await;
        assert_eq!((again.status.as_u16(), &again.json()["detail"]), (404, &json!(missing)));
        let listed = app.get("/api/trash").await.json();
        assert_eq!((&listed["entries"][0]["path"], &listed["total_size"]), (&json!(IMAGE), &json!(7)));
        let id = body["trash_id"].as_str().unwrap();
        assert_eq!(listed["entries"][0]["id"], id);
        std::fs::remove_dir_all(app.path().join(root).join("TV Shows")).unwrap();
        let restored = app.post(&format!("/api/trash/{id}/restore"), &Value::Null).await;
        assert_eq!((restored.status.as_u16(), &restored.json()["entry"]["path"]), (200, &json!(IMAGE)));
        assert_eq!(std::fs::read_to_string(app.path().join(&file)).unwrap(), "picture");
        assert!(is_known(&app, root), "{family}");
        assert_eq!(app.post(&format!("/api/trash/{id}/restore"), &Value::Null).await.status, 404);
    }
}

#[actix_web::test]
async fn many_come_back_with_one_request_and_each_that_cannot_says_why() {
    let app = app();
    let titles = ["Heat (1995)", "Ran (1985)", "Dune (2021)"].map(|title| format!("Movies/{title}/poster.jpg"));
    titles.iter().for_each(|path| write(app.path(), &format!("assets/{path}"), "picture"));
    app.state.indexer.send(Rescan).await.unwrap();
    let gone = app.post("/api/gallery/bulk-delete", &json!({ "paths": titles })).await.json();
    let mut ids: Vec<_> =
        gone["trashed"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3, "{gone}");
    // Somebody has put another picture there meanwhile.
    write(app.path(), &format!("assets/{}", titles[1]), "another");
    // What is named twice comes back once, and did not fail.
    ids.extend(["nothing", ids[0], "nothing"]);
    let answer = app.post("/api/trash/restore", &json!({ "ids": ids })).await;
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["restored"]), (200, &json!(2)), "{body}");
    let failed: Vec<_> =
        body["failed"].as_array().unwrap().iter().map(|one| (one["id"].clone(), one["code"].clone())).collect();
    assert_eq!(failed, [(json!(ids[1]), json!("conflict")), (json!("nothing"), json!("not_found"))]);
    assert!(is_there(&app, &format!("assets/{}", titles[0])) && is_there(&app, &format!("assets/{}", titles[2])));
    assert_eq!(std::fs::read_to_string(app.path().join(format!("assets/{}", titles[1]))).unwrap(), "another");
    assert!(app.state.views.assets.get().assets.get(&titles[2]).is_some(), "the index shows it at once");
    assert_eq!(app.get("/api/trash").await.json()["entries"].as_array().unwrap().len(), 1);
    for (bad, kind) in [(Vec::new(), "too_short"), (vec!["x"; 100_001], "too_long")] {
        let refused = app.post("/api/trash/restore", &json!({ "ids": bad })).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["detail"][0]["type"]), (400, &json!(kind)));
    }
}

#[actix_web::test]
async fn several_are_deleted_and_each_that_cannot_be_says_why() {
    let app = app();
    for (family, root, _, words, _) in FAMILIES {
        write(app.path(), &format!("{root}/{IMAGE}"), "picture");
        let paths = json!([IMAGE, "../secret.jpg", "/etc/passwd", "nope.jpg", "TV Shows", "notes.txt"]);
        let answer = app.post(&format!("/api/{family}/bulk-delete"), &json!({ "paths": paths })).await;
        let body = answer.json();
        assert_eq!((answer.status.as_u16(), &body["success"], &body["deleted"]), (200, &json!(true), &json!([IMAGE])));
        let message = match family {
            "backup-assets" => "Deleted 1 backup asset(s).".to_owned(),
            _ => format!("Successfully deleted 1 {words}. 5 failed."),
        };
        assert_eq!(body["message"], message);
        let failed: Vec<_> =
            body["failed"].as_array().unwrap().iter().map(|one| one["error"].as_str().unwrap()).collect();
        let denied = "Access denied: Invalid path";
        assert_eq!(failed[..4], [denied, denied, "File not found", "Path is not a file"]);
        assert!(failed[4].starts_with("Only images"), "{}", failed[4]);
        assert_eq!(body["trashed"][0]["path"], IMAGE);
        assert!(is_there(&app, &format!("{root}/notes.txt")) && is_there(&app, "secret.jpg"));
    }
    let none = app.post("/api/gallery/bulk-delete", &json!({"paths": []})).await.json();
    assert_eq!(none["message"], "Successfully deleted 0 poster(s). 0 failed.");
    let shapeless = app.post("/api/gallery/bulk-delete", &json!({"path": "x"})).await;
    assert_eq!((shapeless.status.as_u16(), &shapeless.json()["detail"][0]["loc"]), (400, &json!(["body", "paths"])));
}

#[actix_web::test]
async fn what_may_not_be_deleted_is_refused_with_its_own_status() {
    let app = app();
    for (path, status, says) in [
        ("..%2Fsecret.jpg", 403, "Access denied: Invalid path"),
        ("%2Fetc%2Fpasswd", 403, "Access denied: Invalid path"),
        ("a%00.jpg", 403, "Access denied: Invalid path"),
        ("TV%20Shows", 400, "Path is not a file"),
        ("notes.txt", 400, "Only images (jpg, jpeg, png, webp) can be deleted here; delete other files by hand"),
        ("", 400, "Path is not a file"),
        ("%ff.jpg", 404, "Poster not found"),
        ("nope.jpg", 404, "Poster not found"),
    ] {
        let answer = app.delete(&format!("/api/gallery/{path}")).await;
        assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str().unwrap()), (status, says), "{path}");
    }
    assert!(is_there(&app, "secret.jpg") && is_there(&app, "assets/notes.txt"));
}

#[actix_web::test]
async fn security_8_deleting_a_link_leaves_what_it_points_at() {
    let app = app();
    let link = app.path().join("assets/link.jpg");
    std::os::unix::fs::symlink(IMAGE, &link).unwrap();
    assert_eq!(app.delete("/api/gallery/link.jpg").await.status, 200);
    assert!(std::fs::symlink_metadata(link).is_err() && is_there(&app, &format!("assets/{IMAGE}")));
    let outside = app.path().join("assets/outside.jpg");
    std::os::unix::fs::symlink("../secret.jpg", &outside).unwrap();
    assert_eq!(app.get("/poster_assets/outside.jpg").await.status, 404);
    assert_eq!(app.get("/api/thumbnail?path=/poster_assets/outside.jpg").await.status, 400);
    assert_eq!(app.delete("/api/gallery/outside.jpg").await.status, 200);
    assert!(is_there(&app, "secret.jpg"));
}

#[actix_web::test]
async fn a_place_that_is_taken_is_a_conflict_and_a_purge_is_for_good() {
    let app = app();
    let id = app.delete(&format!("/api/gallery/{ENCODED}")).await.json()["trash_id"].as_str().unwrap().to_owned();
    write(app.path(), &format!("assets/{IMAGE}"), "new");
    let taken = app.post(&format!("/api/trash/{id}/restore"), &Value::Null).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["code"]), (409, &json!("conflict")));
    assert!(taken.json()["detail"].as_str().unwrap().contains("is there again"));
    assert_eq!(std::fs::read_to_string(app.path().join("assets").join(IMAGE)).unwrap(), "new");
    let second = app.delete(&format!("/api/gallery/{ENCODED}")).await.json()["trash_id"].clone();
    let listed = app.get("/api/trash").await.json();
    assert_eq!((listed["entries"].as_array().unwrap().len(), &listed["entries"][0]["id"]), (2, &second));
    assert_eq!(app.delete(&format!("/api/trash/{id}")).await.json()["deleted"], 1);
    for id in [id.as_str(), "nope", "..%2Fassets"] {
        assert_eq!(app.delete(&format!("/api/trash/{id}")).await.status, 404, "{id}");
    }
    assert_eq!(app.delete("/api/trash").await.json()["deleted"], 1);
    assert_eq!(app.get("/api/trash").await.json()["entries"], json!([]));
    assert_eq!(std::fs::read_dir(app.path().join("trash")).unwrap().count(), 0);
}

#[actix_web::test]
async fn without_a_trash_the_answer_says_that_it_is_for_good() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "assets/a.jpg", "x");
    write(folder.path(), "config.json", "{}");
    let app = TestApp::start_in(folder, |settings| settings.trash.enabled = false);
    let body = app.delete("/api/gallery/a.jpg").await.json();
    assert_eq!((&body["success"], &body["trash_id"]), (&json!(true), &Value::Null));
    let listed = app.get("/api/trash").await.json();
    assert_eq!((&listed["enabled"], &listed["entries"]), (&json!(false), &json!([])));
}
