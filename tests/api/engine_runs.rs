//! Runs of the real engine through the API, on folders where there is no script: what a new user has.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use posterizarr_base::config::keys;
use serde_json::{Value, json};

use super::harness::{TestApp, eventually_in};
use super::preview::{samples_of, shows};
use super::runs::{upload, upload_to, uploads};

/// Pictures are made by a child process, without much optimisation and beside other tests.
const PATIENCE: Duration = Duration::from_secs(300);

async fn ended(app: &TestApp, run: &Value) -> Value {
    eventually_in(PATIENCE, "the end of the run", async || {
        let run = app.get(&format!("/api/runs/{run}")).await.json();
        (!run["outcome"].is_null()).then_some(run)
    })
    .await
}

/// The kinds of the events up to the end of the run, and the last progress.
async fn told(mut stream: reqwest::Response) -> (BTreeSet<String>, Value) {
    let (mut text, mut kinds, mut progress) = (String::new(), BTreeSet::new(), Value::Null);
    while !(kinds.contains("run_finished") && kinds.contains("progress")) {
        let piece = tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("an event in time");
        text.push_str(std::str::from_utf8(&piece.unwrap().expect("the stream goes on")).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            if field("event: ") == "progress" {
                progress = serde_json::from_str(field("data: ")).unwrap();
            }
            kinds.insert(field("event: ").to_owned());
            // Comments keep the connection alive and have no kind.
            kinds.remove("");
            text = rest.to_owned();
        }
    }
    (kinds, progress)
}

/// Reads lines of a log over the WebSocket until one has this in it.
async fn lines_until(app: &TestApp, log: &str, end: &str) -> Vec<String> {
    let url = format!("{}/ws/logs?log_file={log}", app.url.replace("http://", "ws://"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut lines: Vec<String> = Vec::new();
    while !lines.last().is_some_and(|line| line.contains(end)) {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a line in time");
        let Ok(text) = message.expect("an open socket").unwrap().into_text() else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap_or_default();
        if frame["type"] == "log" {
            lines.push(frame["content"].as_str().unwrap().to_owned());
        }
    }
    lines
}

#[actix_web::test]
async fn on_a_fresh_folder_a_testing_run_is_seen_from_its_start_to_its_pictures() {
    let app = TestApp::start();
    let events = app.client.get(format!("{}/api/events?types=run_started,progress,run_finished", app.url));
    let events = events.send().await.unwrap();
    let started = app.post("/api/run/testing", &Value::Null).await.json();
    assert_eq!(started["success"], true, "{started}");
    let (lines, (kinds, progress)) =
        futures_util::join!(lines_until(&app, "Testinglog.log", "Script execution time"), told(events));
    assert!(lines.iter().any(|line| line.contains("progress: done=24 total=24")), "{lines:?}");
    assert_eq!(kinds, BTreeSet::from(["progress", "run_finished", "run_started"].map(str::to_owned)));
    assert_eq!(progress["total"], 24, "{progress}");

    let run = ended(&app, &started["run_id"]).await;
    assert_eq!((&run["outcome"], &run["mode"]), (&json!("completed"), &json!("testing")), "{run}");
    let gallery = eventually_in(PATIENCE, "the gallery", async || {
        let gallery = app.get("/api/test-gallery").await.json();
        (gallery["images"].as_array().unwrap().len() == 24).then_some(gallery)
    });
    let gallery = gallery.await;
    let url = gallery["images"][0]["url"].as_str().unwrap();
    let picture = app.get(url).await;
    assert_eq!((picture.status.as_u16(), &picture.headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    let decoded = posterizarr_render::picture::decode(&picture.body).unwrap();
    assert!([(2000, 3000), (3840, 2160)].contains(&decoded.pixels.dimensions()), "{url}");
    let row = eventually_in(PATIENCE, "the row in the history", async || {
        app.get("/api/runtime-history").await.json()["history"].get(0).cloned()
    });
    let row = row.await;
    assert_eq!((&row["mode"], &row["total_images"], &row["errors"]), (&json!("testing"), &json!(24), &json!(0)));
    assert_eq!(row["run"], started["run_id"]);
}

#[actix_web::test]
async fn a_stopped_run_leaves_whole_pictures_and_lets_the_next_one_start() {
    let app = TestApp::start();
    let started = app.post("/api/run/testing", &Value::Null).await.json();
    let test = app.path().join("test");
    eventually_in(PATIENCE, "a first picture", async || pictures(&test).pop()).await;
    app.post("/api/stop", &Value::Null).await;
    let run = ended(&app, &started["run_id"]).await;
    // It may have been done just before.
    assert!(run["outcome"] == "stopped" || run["outcome"] == "completed", "{run}");
    assert!(!fs::exists(app.path().join("temp/Posterizarr.Running")).unwrap());
    for name in pictures(&test) {
        let file = fs::read(test.join(&name)).unwrap();
        assert!(file.starts_with(b"\xff\xd8") && file.ends_with(b"\xff\xd9"), "{name} is not whole");
    }
    let again = eventually_in(PATIENCE, "a next start", async || {
        Some(app.post("/api/run/testing", &Value::Null).await.json()).filter(|again| again["success"] == true)
    });
    let again = again.await;
    app.post("/api/force-kill", &Value::Null).await;
    ended(&app, &again["run_id"]).await;
}

/// What is in a folder and no picture in the making.
fn pictures(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".jpg") && !name.starts_with('.'))
        .collect()
}

/// A daemon whose assets lie in its data folder.
fn app_with_assets() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let assets = folder.path().join("assets");
    fs::create_dir(&assets).unwrap();
    let config = json!({"PrerequisitePart": {"AssetPath": assets}});
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    TestApp::start_in(folder, |_| {})
}

#[actix_web::test]
async fn every_kind_of_picture_that_may_come_along_becomes_an_asset() {
    let app = app_with_assets();
    for (name, format) in [
        ("a.png", ImageFormat::Png),
        ("a.jpg", ImageFormat::Jpeg),
        ("a.webp", ImageFormat::WebP),
        ("a.gif", ImageFormat::Gif),
        ("a.bmp", ImageFormat::Bmp),
        ("a.tiff", ImageFormat::Tiff),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(200, 300).write_to(&mut bytes, format).unwrap();
        let fields = [("folderName", "Dark (2017)"), ("libraryName", "TV"), ("titletext", "$(id)")];
        let started = upload(&app, name, bytes.into_inner(), &fields).await;
        assert_eq!(started.status, 200, "{name}: {}", started.text());
        let run = ended(&app, &started.json()["run_id"]).await;
        assert_eq!(run["outcome"], "completed", "{name}: {run}");
        let made = app.path().join("assets/TV/Dark (2017)/poster.jpg");
        assert!(fs::read(&made).unwrap().starts_with(b"\xff\xd8"), "{name}");
        fs::remove_file(made).unwrap();
        assert!(uploads(&app).is_empty(), "{name}");
    }
}

#[actix_web::test]
async fn what_is_shown_of_a_picture_is_what_a_manual_run_makes_of_it() {
    let app = app_with_assets();
    // The font that stands in for a missing one comes with the program, which does the run; the tests show without it.
    let fonts = app.path().join("Overlayfiles");
    fs::create_dir_all(&fonts).unwrap();
    fs::write(fonts.join("Colus-Regular.ttf"), dejavu::sans::bold()).unwrap();
    let (upright, wide) = ((400, 600), (640, 360));
    for (poster_type, size, asset) in [
        ("standard", upright, "TV/Dark (2017)/poster.jpg"),
        ("season", upright, "TV/Dark (2017)/Season02.jpg"),
        ("collection", upright, "Collections/TV/Dark (2017)/poster.jpg"),
        ("background", wide, "TV/Dark (2017)/background.jpg"),
        ("titlecard", wide, "TV/Dark (2017)/S02E03.jpg"),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        let picture = RgbImage::from_fn(size.0, size.1, |x, y| Rgb([x as u8, y as u8, 90]));
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let fields = [
            ("posterType", poster_type),
            ("folderName", "Dark (2017)"),
            ("libraryName", "TV"),
            ("titletext", " \"Dark\" "),
            ("seasonPosterName", "Season 2"),
            ("epTitleName", "Ghosts"),
            ("episodeNumber", "3"),
        ];
        let shown = upload_to(&app, "/api/preview-upload", "a.png", bytes.get_ref().clone(), &fields).await;
        assert_eq!(shown.status, 200, "{poster_type}: {}", shown.text());
        let started = upload(&app, "a.png", bytes.into_inner(), &fields).await;
        assert_eq!(started.status, 200, "{poster_type}: {}", started.text());
        let run = ended(&app, &started.json()["run_id"]).await;
        assert_eq!(run["outcome"], "completed", "{poster_type}: {run}");
        assert!(fs::read(app.path().join("assets").join(asset)).unwrap() == shown.body, "{poster_type} differs");
    }
}

/// Also those whose head is sound: what is cut off was grey on the poster once, and the run a success.
#[actix_web::test]
async fn a_picture_that_cannot_be_decoded_ends_in_a_failure_that_says_why() {
    let app = app_with_assets();
    let noise = RgbImage::from_fn(200, 300, |x, y| Rgb([(x * 31 + y * 17) as u8, (x * y) as u8, (x ^ y) as u8]));
    for (name, format) in [
        ("a.png", ImageFormat::Png),
        ("a.jpg", ImageFormat::Jpeg),
        ("a.webp", ImageFormat::WebP),
        ("a.bmp", ImageFormat::Bmp),
        ("a.gif", ImageFormat::Gif),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        noise.write_to(&mut bytes, format).unwrap();
        let mut damaged = bytes.into_inner();
        damaged.truncate(damaged.len() / 2);
        let fields = [("folderName", "F"), ("libraryName", "L"), ("titletext", "T")];
        let started = upload(&app, name, damaged, &fields).await;
        assert_eq!(started.status, 200, "{name}: {}", started.text());
        let run = ended(&app, &started.json()["run_id"]).await;
        assert_eq!((&run["outcome"], &run["exit_code"]), (&json!("failed"), &json!(1)), "{name}: {run}");
        let log = app.get("/api/logs/Manuallog.log").await.text();
        assert!(log.contains("the picture is damaged"), "{name}: {log}");
        assert!(fs::read_dir(app.path().join("assets")).unwrap().next().is_none(), "{name}");
    }
}

#[actix_web::test]
async fn a_title_with_characters_that_no_font_has_is_told_of_in_log_row_and_event() {
    let app = app_with_assets();
    let events = app.client.get(format!("{}/api/events?types=characters_missing", app.url)).send().await.unwrap();
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(200, 300).write_to(&mut bytes, ImageFormat::Png).unwrap();
    let fields = [("folderName", "Chihiro (2001)"), ("libraryName", "Movies"), ("titletext", "\u{e000}A\u{e000}")];
    let started = upload(&app, "a.png", bytes.into_inner(), &fields).await.json();
    let run = ended(&app, &started["run_id"]).await;
    assert_eq!(run["outcome"], "completed", "{run}");
    let log = app.get("/api/logs/Manuallog.log").await.text();
    assert!(log.contains("no font has these characters, they stay blank: \u{e000}"), "{log}");
    let row = eventually_in(PATIENCE, "the row", async || {
        app.get("/api/imagechoices").await.json().as_array().and_then(|rows| rows.first().cloned())
    });
    assert_eq!(row.await["TextTruncated"], "true");
    let event = first_event(events).await;
    assert_eq!((&event["characters"], &event["title"]), (&json!("\u{e000}"), &json!("\u{e000}A\u{e000}")), "{event}");
}

/// What the first event of a stream tells.
async fn first_event(mut stream: reqwest::Response) -> Value {
    let mut text = String::new();
    loop {
        let piece = tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("an event in time");
        text.push_str(std::str::from_utf8(&piece.unwrap().expect("the stream goes on")).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                return serde_json::from_str(data).unwrap();
            }
            text = rest.to_owned();
        }
    }
}

/// A collection's folder has another name than the collection where file systems would stumble.
#[actix_web::test]
async fn a_collection_is_found_by_the_name_it_was_made_with() {
    let app = app_with_assets();
    let names = ["Saga", "Mission: Impossible Collection", "V/H/S", "REC [2] Collection", "What? *"];
    for name in names {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(200, 300).write_to(&mut bytes, ImageFormat::Png).unwrap();
        let fields =
            [("folderName", name), ("libraryName", "Movies"), ("titletext", name), ("posterType", "collection")];
        let started = upload(&app, "a.png", bytes.into_inner(), &fields).await;
        assert_eq!(started.status, 200, "{name}: {}", started.text());
        let run = ended(&app, &started.json()["run_id"]).await;
        assert_eq!(run["outcome"], "completed", "{name}: {run}");
    }
    let rows = eventually_in(PATIENCE, "the rows", async || {
        app.get("/api/imagechoices").await.json().as_array().filter(|rows| rows.len() == names.len()).cloned()
    });
    for row in rows.await {
        let path = format!("/api/imagechoices/{}/find-asset", row["id"]);
        let found = eventually_in(PATIENCE, "the picture", async || {
            Some(app.get(&path).await).filter(|found| found.status == 200)
        });
        let found = found.await.json();
        let path = found["asset"]["path"].as_str().unwrap().to_owned();
        assert!(path.starts_with("Collections/Movies/") && path.ends_with("/poster.jpg"), "{row}: {path}");
    }
}

/// Every key that has to do with looks at its greatest, as saving takes it.
#[actix_web::test]
async fn whatever_saving_accepts_a_run_accepts() {
    let app = TestApp::start();
    for section in keys::SECTIONS.iter().filter(|section| section.keys.iter().any(shows)) {
        let saved = app.post("/api/config?mode=merge", &json!({"config": samples_of(section, 2)})).await;
        assert_eq!(saved.status, 200, "{}: {}", section.name, saved.json());
    }
    // Files that samples name are not there.
    let files = ["overlayfile", "seasonoverlayfile", "backgroundoverlayfile", "titlecardoverlayfile"];
    let none: serde_json::Map<_, _> = files.into_iter().map(|key| (key.to_owned(), json!(""))).collect();
    assert_eq!(app.post("/api/config?mode=merge", &json!({ "config": none })).await.status, 200);
    let started = app.post("/api/run/testing", &Value::Null).await.json();
    let run = ended(&app, &started["run_id"]).await;
    assert_eq!(run["outcome"], "completed", "{run}");
    // The canvas of a title card alone has 25 million bytes; a sample each second sees less.
    let peak = run["peak_memory_bytes"].as_u64().unwrap();
    assert!(peak > 24_000_000, "{peak}");
}
