//! Moving over from Posterizarr 3.x: what version 2 did not have.

use std::path::Path;

use posterizarrd::actors::store::old_database::TakenOver;
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::harness::{Answer, TestApp, eventually};
use super::old_installation;
use crate::daemon::outcome;

/// As version 3 makes them: 43 characters that may stand in an address.
const KEY: &str = "4bkWz-gdXn2sT0uV1wXyZ3aBcDeFgHiJkLmNoPqRsTu";
/// Of that key, and of another one that begins alike; as cheap as can be.
const HASHES: [&str; 2] = [
    "$2b$04$t.ASETlG7QN1bx4oxN9LaeGwvjmCSxcZxJhTAsu4zOlpm1FHBZDni",
    "$2b$04$t.ASETlG7QN1bx4oxN9LaeKkLIO8xG1uk/cj3cRqjvRQpOunqo0uO",
];

/// The installation of version 2 with the tables and columns of version 3.
fn upgraded(root: &Path) {
    old_installation::make(root);
    let open = |file: &str| Connection::open(root.join("database").join(file)).unwrap();
    let config = open("config.db");
    config
        .execute_batch(
            "CREATE TABLE api_keys (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, key_hash TEXT NOT NULL,
                prefix TEXT NOT NULL, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, last_used_at TIMESTAMP);",
        )
        .unwrap();
    for (name, hash) in ["Sonarr", "widget"].into_iter().zip(HASHES) {
        config
            .execute(
                "INSERT INTO api_keys (name, key_hash, prefix, created_at) VALUES (?1, ?2, ?3, '2026-07-28 12:52:48')",
                [name, hash, &KEY[..8]],
            )
            .unwrap();
    }
    open("imagechoices.db")
        .execute_batch(
            "ALTER TABLE imagechoices ADD COLUMN LogoSource TEXT; ALTER TABLE imagechoices ADD COLUMN LogoLanguage TEXT;
             ALTER TABLE imagechoices ADD COLUMN LogoTextFallback TEXT;
             UPDATE imagechoices SET LogoSource = 'https://x/logo.png', LogoLanguage = 'en', LogoTextFallback = 'false' WHERE id = 3;",
        )
        .unwrap();
    for folder in ["assets", "manualassets"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    queue(root);
    let login =
        json!({"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"}});
    std::fs::write(root.join("config.json"), login.to_string()).unwrap();
}

/// Pictures that wait in it, and one that was made: overlay_params as version 3 writes them.
fn queue(root: &Path) {
    let connection = Connection::open(root.join("database/queue.db")).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE queue_items (id INTEGER PRIMARY KEY AUTOINCREMENT, asset_path TEXT NOT NULL, source_type TEXT NOT NULL,
                source_data TEXT NOT NULL, overlay_params TEXT, status TEXT DEFAULT 'pending', error_message TEXT,
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);",
        )
        .unwrap();
    let drawn = json!({"title_text": "Heat", "folder_name": "Heat (1995)", "library_name": "Movies", "asset_type": "poster",
        "mediaType": "undefined", "process_with_overlays": true});
    let manual = json!({"library_name": "TV", "folder_name": "Dark", "title_text": "Dark", "poster_type": "season",
        "season_number": "2", "episode_number": null, "episode_title": null, "process_with_overlays": true, "asset_type": "season"});
    for (path, source, given, parameters, status) in [
        ("Movies/Heat (1995)/poster.jpg", "upload", "/config/queue_staging/1795870304709_a b.png", drawn, "pending"),
        ("Movies/Ran (1985)/poster.jpg", "upload", "/config/queue_staging/2_b.png", json!({}), "processing"),
        ("Movies/Done/poster.jpg", "upload", "/config/queue_staging/3_c.png", json!({}), "completed"),
        ("Movies/Gone/poster.jpg", "upload", "/config/queue_staging/4_d.png", json!({}), "pending"),
        ("TV/Dark/own.png", "local_path", "own.png", manual, "pending"),
        ("Movies/Net/poster.jpg", "url", "http://169.254.169.254/x.jpg", json!({}), "pending"),
        ("Movies/Out/poster.jpg", "local_path", "/dev/shm/../null", json!({}), "pending"),
    ] {
        connection
            .execute(
                "INSERT INTO queue_items (asset_path, source_type, source_data, overlay_params, status, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, '2026-07-28 12:54:06')",
                [path, source, given, &parameters.to_string(), status],
            )
            .unwrap();
    }
    for name in ["queue_staging/1795870304709_a b.png", "queue_staging/2_b.png", "own.png"] {
        std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        std::fs::write(root.join(name), picture()).unwrap();
    }
}

fn picture() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let image = image::GrayImage::from_pixel(200, 300, image::Luma([7]));
    image::DynamicImage::from(image).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

async fn app() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    upgraded(folder.path());
    started(folder).await
}

async fn started(folder: tempfile::TempDir) -> TestApp {
    let app = TestApp::start_in(folder, |_| {});
    eventually("the keys are taken over", async || Some(()).filter(|()| app.state.views.auth.get().keys().len() == 2))
        .await;
    // The queue comes last.
    eventually("the queue is taken over", async || {
        let table = app.state.shared.store.table::<TakenOver>().unwrap();
        table.get(b"queue_items").unwrap()
    })
    .await;
    app
}

async fn imported(app: &TestApp) -> Vec<Value> {
    let answer = as_admin(app, Method::POST, "/api/admin/import").await.json();
    answer["moved"].as_array().unwrap().clone()
}

async fn waiting(app: &TestApp) -> Vec<Value> {
    as_admin(app, Method::GET, "/api/queue").await.json().as_array().unwrap().clone()
}

async fn as_admin(app: &TestApp, method: Method, path: &str) -> Answer {
    app.send(method, path, |request| request.basic_auth("admin", Some("secret"))).await
}

async fn listed(app: &TestApp) -> Vec<Value> {
    as_admin(app, Method::GET, "/api/auth/keys").await.json()["keys"].as_array().unwrap().clone()
}

async fn webhook(app: &TestApp, query: &str, header: Option<&str>) -> u16 {
    let body = json!({"eventType": "Test", "instanceName": "Sonarr", "series": {"title": "Dark"}});
    let request = |request: reqwest::RequestBuilder| match header {
        Some(key) => request.header("x-api-key", key).json(&body),
        None => request.json(&body),
    };
    app.send(Method::POST, &format!("/api/webhook/arr{query}"), request).await.status.as_u16()
}

#[actix_web::test]
async fn a_webhook_with_its_old_key_goes_on_working_in_each_of_its_places() {
    for (query, header) in
        [(format!("?api_key={KEY}"), None), (format!("?secret={KEY}"), None), (String::new(), Some(KEY))]
    {
        let app = app().await;
        assert_eq!(listed(&app).await[0]["last_used"], Value::Null);
        assert_eq!(webhook(&app, &query, header).await, 200, "{query}");
        // The second time it is known, and no hash is computed.
        assert!(app.state.views.auth.get().key(KEY).is_some(), "{query}");
        assert_eq!(webhook(&app, &query, header).await, 200, "{query}");
        let keys = listed(&app).await;
        assert_eq!((keys.len(), &keys[0]["name"], &keys[0]["id"]), (2, &json!("Sonarr"), &json!("1")));
        assert_eq!((&keys[0]["prefix"], &keys[0]["scopes"]), (&json!("4bkWz-gd"), &json!(["admin"])));
        assert_eq!(keys[0]["created_at"], "2026-07-28 12:52:48");
    }
}

#[actix_web::test]
async fn a_key_that_only_begins_right_is_wrong_and_guessing_is_slowed_down() {
    let app = app().await;
    for guess in ["4bkWz-gd", "4bkWz-gdXn2s", &format!("{KEY}x"), "other"] {
        assert_eq!(webhook(&app, "", Some(guess)).await, 401, "{guess}");
    }
    assert!(app.state.views.auth.get().key(KEY).is_none());
    let mut closed = 0;
    for number in 0..40 {
        let status = webhook(&app, "", Some(&format!("4bkWz-gd{number}"))).await;
        assert!([401, 429].contains(&status), "{status}");
        closed += usize::from(status == 429);
    }
    assert!(closed > 0, "an address that guesses has to wait");
}

#[actix_web::test]
async fn a_key_that_was_revoked_here_does_not_come_back_with_another_import() {
    let app = app().await;
    assert_eq!(webhook(&app, "", Some(KEY)).await, 200);
    for id in ["1", "2"] {
        assert_eq!(as_admin(&app, Method::DELETE, &format!("/api/auth/keys/{id}")).await.status, 200, "{id}");
        assert_eq!(as_admin(&app, Method::DELETE, &format!("/api/auth/keys/{id}")).await.status, 404, "{id}");
    }
    let moved = imported(&app).await;
    let keys = moved.iter().find(|one| one["what"] == "config.db: api_keys").unwrap();
    assert_eq!((&keys["found"], &keys["imported"]), (&json!(2), &json!(0)));
    assert_eq!(listed(&app).await, Vec::<Value>::new());
    assert_eq!(webhook(&app, "", Some(KEY)).await, 401);
}

#[actix_web::test]
async fn records_of_logos_come_over() {
    let app = app().await;
    let rows = eventually("the choices are taken over", async || {
        let rows = as_admin(&app, Method::GET, "/api/imagechoices").await.json();
        Some(rows).filter(|rows| rows.as_array().is_some_and(|rows| !rows.is_empty()))
    })
    .await;
    let logo = rows.as_array().unwrap().iter().find(|row| row["LogoSource"] == "https://x/logo.png").unwrap();
    assert_eq!((&logo["LogoLanguage"], &logo["LogoTextFallback"]), (&json!("en"), &json!("false")));
}

#[actix_web::test]
async fn pictures_that_wait_there_wait_here_and_come_once() {
    let app = app().await;
    let items = waiting(&app).await;
    let shown: Vec<_> = items.iter().map(|item| (item["asset_path"].clone(), item["source_type"].clone())).collect();
    let expected = [
        (json!("Movies/Heat (1995)/poster.jpg"), json!("upload")),
        (json!("Movies/Ran (1985)/poster.jpg"), json!("upload")),
        (json!("TV/Dark/Season02.jpg"), json!("local_path")),
    ];
    assert_eq!(shown, expected);
    for item in &items {
        assert_eq!((&item["status"], &item["wanted"]), (&json!("pending"), &json!(false)), "{item}");
        assert_eq!(item["created_at"], "2026-07-28 12:54:06");
    }
    let first = json!({"title_text": "Heat", "folder_name": "Heat (1995)", "library_name": "Movies", "asset_type": "poster",
        "process_with_overlays": true});
    assert_eq!(items[0]["overlay_params"], first);
    assert_eq!(items[1]["overlay_params"], json!({"process_with_overlays": false}));
    assert_eq!(std::fs::read(app.path().join("own.png")).unwrap(), picture(), "what is somebody's own stays");

    for _ in 0..2 {
        let moved = imported(&app).await;
        let of_queue: Vec<_> = moved
            .iter()
            .filter(|one| one["what"].as_str().unwrap().starts_with("queue.db"))
            .map(|one| (one["what"].as_str().unwrap(), one["imported"].as_u64().unwrap()))
            .collect();
        let rest = ["Movies/Gone", "Movies/Net", "Movies/Out"].map(|folder| format!("queue.db: {folder}/poster.jpg"));
        assert_eq!(of_queue, [("queue.db: queue_items", 0), (&rest[0], 0), (&rest[1], 0), (&rest[2], 0)]);
        let problem = |at: usize| moved[moved.len() - 3 + at]["problem"].as_str().unwrap();
        let gone = app.path().join("queue_staging/4_d.png");
        assert_eq!(problem(0), format!("its picture {} is gone; choose it again", gone.display()));
        assert!(problem(1).starts_with("Invalid or unsafe image URL: "), "{}", problem(1));
        assert!(problem(2).contains("/null is gone"), "{}", problem(2));
        assert_eq!(waiting(&app).await.len(), 3);
    }

    // What was taken out here does not come back, one whose picture is back does, and what is elsewhere on the machine never.
    assert_eq!(as_admin(&app, Method::POST, "/api/queue/clear").await.status, 200);
    std::fs::write(app.path().join("queue_staging/4_d.png"), picture()).unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("x.png"), picture()).unwrap();
    Connection::open(app.path().join("database/queue.db"))
        .unwrap()
        .execute(
            "UPDATE queue_items SET source_data = ?1 WHERE asset_path = 'Movies/Out/poster.jpg'",
            [outside.path().join("x.png").display().to_string()],
        )
        .unwrap();
    let moved = imported(&app).await;
    let out = moved.iter().find(|one| one["what"] == "queue.db: Movies/Out/poster.jpg").unwrap();
    assert!(out["problem"].as_str().unwrap().contains("is neither in the data folder nor in an asset folder"), "{out}");
    let items = waiting(&app).await;
    assert_eq!((items.len(), &items[0]["asset_path"]), (1, &json!("Movies/Gone/poster.jpg")));
}

#[actix_web::test]
async fn without_a_daemon_they_come_once_too() {
    let folder = tempfile::tempdir().unwrap();
    upgraded(folder.path());
    for _ in 0..2 {
        let done = outcome(folder.path(), &["import"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(said.contains("queue.db: queue_items: 3 found"), "{said}");
    }
    let app = started(folder).await;
    assert_eq!(waiting(&app).await.len(), 3);
}

#[actix_web::test]
async fn one_that_came_right_before_a_crash_is_known() {
    let app = app().await;
    let before = waiting(&app).await.len();
    let table = app.state.shared.store.table::<TakenOver>().unwrap();
    let keys: Vec<_> =
        table.iter().map(|entry| entry.unwrap().0).filter(|key| key.starts_with(b"queue_items/")).collect();
    assert_eq!((keys.len(), before), (3, 3));
    table.apply(keys.into_iter().map(|key| (key, None))).unwrap();
    imported(&app).await;
    assert_eq!(waiting(&app).await.len(), before);
}

#[actix_web::test]
async fn a_dry_run_counts_every_record_of_every_table_and_tells_which_pictures_are_gone() {
    /// Nothing in these is the user's: a mirror of `config.json`, and notes of that backend about itself.
    const NO_RECORDS: [&str; 4] = ["config", "config_metadata", "migration_info", "sqlite_sequence"];
    let app = app().await;
    let told = app
        .send(Method::POST, "/api/admin/import", |request| {
            request.basic_auth("admin", Some("secret")).json(&json!({"dry_run": true}))
        })
        .await
        .json();
    let moved = told["moved"].as_array().unwrap();
    let mut tables = 0;
    for file in std::fs::read_dir(app.path().join("database")).unwrap().map(|file| file.unwrap().path()) {
        let connection = Connection::open(&file).unwrap();
        let mut names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for table in names.iter().filter(|name| !NO_RECORDS.contains(&name.as_str())) {
            let what = format!("{}: {table}", file.file_name().unwrap().to_str().unwrap());
            // The two whose pictures are gone have lines of their own.
            let pending = if table == "queue_items" {
                "WHERE status IN ('pending', 'processing') AND asset_path NOT IN ('Movies/Gone/poster.jpg', 'Movies/Out/poster.jpg')"
            } else {
                ""
            };
            let count = format!("SELECT count(*) FROM {table} {pending}");
            let count: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
            let told = moved.iter().find(|one| one["what"] == what.as_str());
            assert_eq!(told.map(|told| &told["found"]), Some(&json!(count)), "{what}");
            tables += 1;
        }
    }
    assert_eq!(tables, 9, "{moved:#?}");
    let gone: Vec<_> = moved.iter().filter(|one| !one["problem"].is_null()).collect();
    let (what, problem) = (&gone[0]["what"], gone[0]["problem"].as_str().unwrap());
    assert_eq!((gone.len(), what), (2, &json!("queue.db: Movies/Gone/poster.jpg")), "{gone:#?}");
    assert!(problem.ends_with("4_d.png is gone; choose it again"), "{problem}");
}
