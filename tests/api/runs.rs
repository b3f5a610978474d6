//! Starting, ending and listing runs through the API, with shell scripts in the place of PowerShell: they do what the real
//! engine (`engine_runs`) never would, at the moment a test wants it.

use std::fs;
use std::time::{Duration, Instant};

use posterizarrd::actors::config::Reread;
use posterizarrd::actors::runs::RunnerChoice;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::harness::{Answer, TestApp, eventually};

/// Says that it is there and waits for the test; makes its result then.
const WAIT: &str = "printf '%s\\n' \"$@\" > arguments
    while [ ! -e go ] && [ -d Logs ]; do sleep 0.01; done; echo '{}' > Logs/manual.json";

fn app(script: &str) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Posterizarr.ps1"), script).unwrap();
    TestApp::start_in(folder, |settings| {
        settings.runner = RunnerChoice::Script;
        settings.runner_command = vec!["sh".into(), "{script}".into()];
        settings.stop_grace = Duration::from_millis(300);
    })
}

async fn post(app: &TestApp, path: &str) -> Answer {
    app.send(reqwest::Method::POST, path, |request| request).await
}

/// The arguments of the run, once its script has written them.
async fn arguments(app: &TestApp) -> Vec<String> {
    let path = app.path().join("arguments");
    let text =
        eventually("the script runs", async || fs::read_to_string(&path).ok().filter(|text| !text.is_empty())).await;
    text.lines().map(str::to_owned).collect()
}

fn assert_refused(answer: &Answer, status: u16, code: &str, message: &str) {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["code"], &body["message"]), (status, &json!(code), &json!(message)));
    assert_eq!((&body["success"], &body["detail"]), (&json!(false), &json!(message)));
}

fn manual() -> Value {
    json!({"picturePath": "/p.jpg", "titletext": "T", "folderName": "F", "libraryName": "L", "unknown": 1})
}

#[actix_web::test]
async fn a_run_is_started_seen_refused_a_second_time_and_stopped() {
    let app = app(WAIT);
    let started = post(&app, "/api/run/testing").await;
    let body = started.json();
    assert_eq!(started.status, 200);
    assert_eq!((&body["success"], &body["message"]), (&json!(true), &json!("Started in testing mode")));
    let status = app.get("/api/status").await.json();
    assert_eq!((&status["running"], &status["current_mode"]), (&json!(true), &json!("testing")));
    assert_eq!((&status["pid"], &status["run_id"]), (&body["pid"], &body["run_id"]));
    assert_eq!(arguments(&app).await, ["-Testing"]);

    let refused = post(&app, "/api/run/normal").await;
    assert_refused(&refused, 400, "run_busy", "Script is already running");
    let holder = &refused.json()["holder"];
    assert_eq!(
        (&holder["run"], &holder["mode"], &holder["trigger"]),
        (&body["run_id"], &json!("testing"), &json!("api"))
    );
    let other = app.post("/api/run-manual", &manual()).await;
    assert_refused(&other, 400, "run_busy", "Script is already running. Please stop the script first.");
    let other = app.post("/api/reset-posters", &json!({"library": ""})).await;
    let text = "Cannot reset posters while script is running. Please stop the script first.";
    assert_refused(&other, 400, "run_busy", text);

    let stopped = post(&app, "/api/stop").await.json();
    assert_eq!(stopped, json!({"success": true, "message": "Stopped: manual"}));
    let status = app.get("/api/status").await.json();
    assert_eq!((&status["running"], &status["current_mode"]), (&json!(false), &Value::Null));
    let run = app.get(&format!("/api/runs/{}", body["run_id"])).await.json();
    assert_eq!((&run["outcome"], &run["signal"], &run["ending"]), (&json!("stopped"), &json!(15), &json!("stop")));
}

#[actix_web::test]
async fn a_run_is_stopped_and_the_queue_held_so_that_nothing_starts_in_between() {
    let app = app(WAIT);
    post(&app, "/api/run/testing").await;
    arguments(&app).await;
    let told = json!({"RatingKey": "51234", "mediatype": "movie"});
    assert_eq!(app.post("/api/webhook/tautulli", &told).await.json()["queued"], 1);
    let stopped = post(&app, "/api/stop?hold=true").await.json();
    assert_eq!(stopped["message"], "Stopped: manual");
    let queue = app.get("/api/triggers").await.json();
    assert!(queue["held"]["since"].is_string() && queue["held"]["by"].is_null(), "{queue}");
    assert_eq!((&queue["triggers"][0]["state"], &queue["triggers"][0]["attempts"]), (&json!("waiting"), &json!(0)));
    let status = app.get("/api/status").await.json();
    assert_eq!((&status["held"], &status["running"]), (&queue["held"], &json!(false)));

    // What somebody starts by hand starts, and what comes is taken.
    let by_hand = post(&app, "/api/run/testing").await;
    assert_eq!(by_hand.status, 200, "{}", by_hand.text());
    assert_eq!(app.post("/api/webhook/tautulli", &told).await.status, 200);
    assert_eq!(post(&app, "/api/stop").await.json()["message"], "Stopped: manual");
    assert_eq!(app.get("/api/triggers").await.json()["triggers"][0]["state"], "waiting");

    let released = post(&app, "/api/triggers/release").await.json();
    assert_eq!((&released["success"], &released["held"]), (&json!(true), &Value::Null));
    eventually("the job starts", async || {
        let status = app.get("/api/status").await.json();
        (status["trigger"] == "webhook" && status["held"].is_null()).then_some(())
    })
    .await;
    assert_eq!(post(&app, "/api/triggers/release").await.json()["message"], "The queue was not held");
    fs::write(app.path().join("go"), "").unwrap();
}

#[actix_web::test]
async fn what_version_3_asks_for_goes_to_version_3_of_the_script_alone() {
    let app = app(WAIT);
    let restore = json!({"library_name": "-Backup", "item_name": "Heat (1995)", "asset_type": "titlecard"});
    let logos = json!({"library": "-Backup", "force_replace": true, "revert": false});
    for (path, body) in [("/api/run-restore", &restore), ("/api/run-logoupdater", &logos)] {
        let old = app.post(path, body).await;
        assert_eq!((old.status.as_u16(), &old.json()["code"]), (400, &json!("mode_not_supported")), "{}", old.text());
    }
    fs::create_dir_all(app.path().join("modules/modes")).unwrap();
    let kind = app.post("/api/run-restore", &json!({"asset_type": "logo"})).await;
    assert_eq!((kind.status.as_u16(), &kind.json()["code"]), (400, &json!("invalid_value")), "{}", kind.text());
    let started = app.post("/api/run-restore", &restore).await;
    assert_eq!((started.status.as_u16(), &started.json()["message"]), (200, &json!("Started Restore mode")));
    // A value that begins with a dash stays a value.
    let given = ["-Restore", "-RestoreLibrary:-Backup", "-RestoreItem:Heat (1995)", "-RestoreType:titlecard"];
    assert_eq!(arguments(&app).await, given);
    assert_eq!(app.get("/api/status").await.json()["current_mode"], "restore");
    let busy = app.post("/api/run-restore", &json!({})).await;
    assert_refused(&busy, 400, "run_busy", "Cannot run Restore while script is already running.");
    let busy = app.post("/api/run-logoupdater", &logos).await;
    assert_refused(&busy, 400, "run_busy", "Cannot run LogoUpdater while script is already running.");
    post(&app, "/api/stop").await;
    fs::remove_file(app.path().join("arguments")).unwrap();
    let started = app.post("/api/run-logoupdater", &logos).await.json();
    assert_eq!(started["message"], "Started LogoUpdater for library: -Backup");
    assert_eq!(arguments(&app).await, ["-LogoUpdater", "-LibraryName:-Backup", "-ForceReplace"]);
}

#[actix_web::test]
async fn a_run_that_ignores_a_stop_is_killed_and_a_kill_kills() {
    let app = app("trap '' TERM; echo x > arguments; while :; do sleep 0.1; done");
    post(&app, "/api/run/normal").await;
    arguments(&app).await;
    let asked = Instant::now();
    let stopped = post(&app, "/api/stop").await.json();
    assert!(asked.elapsed() < Duration::from_millis(1300), "{:?}", asked.elapsed());
    assert_eq!(stopped, json!({"success": true, "message": "Stopped: manual (force killed after timeout)"}));
    post(&app, "/api/run/normal").await;
    assert_eq!(post(&app, "/api/force-kill").await.json(), json!({"success": true, "message": "Force killed: manual"}));
    for path in ["/api/stop", "/api/force-kill"] {
        let nothing = post(&app, path).await;
        assert_eq!(nothing.status, 200);
        assert_eq!(nothing.json(), json!({"success": false, "message": "No script is running"}));
    }
}

#[actix_web::test]
async fn what_cannot_run_is_refused_in_upstreams_order() {
    let app = app("");
    assert_refused(&post(&app, "/api/run/nonsense").await, 400, "invalid_value", "Invalid mode: nonsense");
    assert_refused(&post(&app, "/api/run/scheduled").await, 400, "invalid_value", "Invalid mode: scheduled");
    assert_eq!(post(&app, "/api/run/manual").await.json()["code"], "mode_not_supported");
    let blank = app.post("/api/reset-posters", &json!({"library": "  "})).await;
    assert_refused(&blank, 400, "invalid_value", "Library name is required");
    fs::remove_file(app.path().join("Posterizarr.ps1")).unwrap();
    for path in ["/api/run/nonsense", "/api/run/normal"] {
        assert_refused(&post(&app, path).await, 404, "not_found", "Posterizarr.ps1 not found");
    }
    let blank = app.post("/api/reset-posters", &json!({"library": "  "})).await;
    assert_refused(&blank, 404, "not_found", "Posterizarr.ps1 not found");
}

#[actix_web::test]
async fn a_missing_powershell_is_told_in_upstreams_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Posterizarr.ps1"), "").unwrap();
    let app = TestApp::start_in(folder, |settings| settings.runner = RunnerChoice::Script);
    if app.get("/api/status").await.json()["runner"]["available"] == true {
        return; // PowerShell is installed on this machine.
    }
    let text = "PowerShell not found. Please install PowerShell 7+ (pwsh) or ensure Windows PowerShell is in PATH.";
    let by_name = post(&app, "/api/run/normal").await;
    let with_cause = format!("{text} Error: [Errno 2] No such file or directory: 'pwsh'");
    assert_refused(&by_name, 500, "runner_unavailable", &with_cause);
    assert_refused(&app.post("/api/run-manual", &manual()).await, 500, "runner_unavailable", text);
}

#[actix_web::test]
async fn a_manual_run_names_the_field_that_is_wrong() {
    let app = app(WAIT);
    for (field, value, kind) in [
        ("titletext", None, "missing"),
        ("folderName", Some(json!(1)), "string_type"),
        ("posterType", Some(json!("poster")), "literal_error"),
    ] {
        let mut body = manual();
        match value {
            Some(value) => body[field] = value,
            None => drop(body.as_object_mut().unwrap().remove(field)),
        }
        let refused = app.post("/api/run-manual", &body).await;
        assert_eq!(refused.status, 400);
        let detail = &refused.json()["detail"][0];
        assert_eq!((&detail["type"], &detail["loc"]), (&json!(kind), &json!(["body", field])));
    }
    let mut body = manual();
    body["picturePath"] = json!(" ");
    let blank = app.post("/api/run-manual", &body).await;
    assert_refused(&blank, 400, "invalid_value", "Picture path is required");

    let mut body = manual();
    body["posterType"] = json!("background");
    let started = app.post("/api/run-manual", &body).await.json();
    assert_eq!(started["message"], "Started manual mode for background poster");
    let expected = [
        "-Manual",
        "-PicturePath",
        "/p.jpg",
        "-BackgroundCard",
        "-Titletext",
        "T",
        "-FolderName",
        "F",
        "-LibraryName",
        "L",
    ];
    assert_eq!(arguments(&app).await, expected);
    post(&app, "/api/force-kill").await;
}

#[actix_web::test]
async fn a_manual_run_gets_a_copy_of_a_picture_that_is_somebodys_own() {
    // The poster script moves its source away.
    let app = app("printf '%s\\n' \"$@\" > arguments; mv \"$3\" moved; echo '{}' > Logs/manual.json");
    fs::create_dir_all(app.path().join("assets/Movies")).unwrap();
    for own in ["assets/Movies/own.jpg", "own.jpg"] {
        let own = app.path().join(own);
        fs::write(&own, "a picture").unwrap();
        let mut body = manual();
        body["picturePath"] = json!(own);
        let started = app.post("/api/run-manual", &body).await.json();
        let run = format!("/api/runs/{}", started["run_id"]);
        eventually("the run ends", async || (!app.get(&run).await.json()["outcome"].is_null()).then_some(())).await;
        let given = &arguments(&app).await[2];
        assert!(given.starts_with(app.path().join("uploads").to_str().unwrap()), "{given}");
        assert_eq!(fs::read_to_string(app.path().join("moved")).unwrap(), "a picture");
        assert_eq!(fs::read_to_string(&own).unwrap(), "a picture");
        assert_eq!(uploads(&app), [""; 0]);
        fs::remove_file(app.path().join("moved")).unwrap();
    }
}

/// A PNG of this size.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_luma8(width, height).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

pub async fn upload(app: &TestApp, name: &str, bytes: Vec<u8>, fields: &[(&'static str, &'static str)]) -> Answer {
    upload_to(app, "/api/run-manual-upload", name, bytes, fields).await
}

pub async fn upload_to(
    app: &TestApp,
    path: &str,
    name: &str,
    bytes: Vec<u8>,
    fields: &[(&'static str, &'static str)],
) -> Answer {
    let mut form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
    for (field, value) in fields {
        form = form.text(*field, *value);
    }
    app.send(reqwest::Method::POST, path, |request| request.multipart(form)).await
}

pub fn uploads(app: &TestApp) -> Vec<String> {
    let entries = fs::read_dir(app.path().join("uploads")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

const FIELDS: [(&str, &str); 2] = [("folderName", "F"), ("libraryName", "L")];

#[actix_web::test]
async fn a_picture_that_comes_along_is_kept_for_its_run_alone() {
    let app = app(WAIT);
    let started = upload(&app, "../we ird(ü)#name.png", picture(1000, 1500), &FIELDS).await;
    assert_eq!(started.status, 200, "{}", started.text());
    let body = started.json();
    assert_eq!(body["message"], "Started manual mode for standard poster");
    let path = body["upload_path"].as_str().unwrap();
    assert!(path.ends_with("_..we irdüname.png"), "{path}");
    assert_eq!(fs::read(path).unwrap(), picture(1000, 1500));
    assert_eq!(arguments(&app).await[..4], ["-Manual", "-PicturePath", path, "-Titletext"]);
    assert_eq!(uploads(&app).len(), 1);
    fs::write(app.path().join("go"), "").unwrap();
    eventually("the picture is gone", async || uploads(&app).is_empty().then_some(())).await;
}

#[actix_web::test]
async fn a_picture_that_is_not_wanted_is_refused_and_leaves_nothing() {
    let app = app(WAIT);
    let poster = || picture(1000, 1500);
    let wide = || picture(1920, 1080);
    let card = [FIELDS[0], FIELDS[1], ("posterType", "titlecard")];
    let ratio = "Invalid aspect ratio for poster. Image is 1920x1080 (ratio ~1.78), but must be 2:3 (ratio ~0.67).";
    for (name, bytes, fields, message) in [
        (
            "a.svg",
            poster(),
            &FIELDS[..],
            "Invalid file type '.svg'. Allowed: .jpg, .jpeg, .png, .webp, .avif, .gif, .bmp, .tiff",
        ),
        ("a.png", poster(), &FIELDS[1..], "Folder name is required"),
        ("a.png", poster(), &card[..], "Episode title name is required for title cards"),
        ("a.png", Vec::new(), &FIELDS[..], "Uploaded file is empty"),
        (
            "a.jpg",
            b"hello".to_vec(),
            &FIELDS[..],
            "Uploaded file is not an image. Allowed: jpg, png, webp, avif, gif, bmp, tiff",
        ),
        ("a.png", wide(), &FIELDS[..], ratio),
    ] {
        assert_refused(&upload(&app, name, bytes, fields).await, 400, "invalid_value", message);
        assert_eq!(uploads(&app), [""; 0], "{message}");
    }
    let form = Form::new().text("folderName", "F");
    let missing = app.send(reqwest::Method::POST, "/api/run-manual-upload", |request| request.multipart(form)).await;
    assert_eq!(missing.json()["detail"][0]["loc"], json!(["body", "file"]));
    let not_a_form = app.post("/api/run-manual-upload", &json!({})).await;
    assert_eq!(not_a_form.status, 400);
    let large = upload(&app, "a.png", vec![0; 65 * 1024 * 1024], &FIELDS).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(uploads(&app), [""; 0]);

    post(&app, "/api/run/normal").await;
    let busy = upload(&app, "a.gif", poster(), &FIELDS).await;
    assert_refused(&busy, 400, "run_busy", "Script is already running. Please stop the script first.");
    assert_eq!(uploads(&app), [""; 0]);
    post(&app, "/api/force-kill").await;
}

#[actix_web::test]
async fn the_running_file_is_deleted_on_demand() {
    let app = app("");
    let path = app.path().join("temp/Posterizarr.Running");
    fs::write(&path, "").unwrap();
    let deleted = app.delete("/api/running-file").await;
    assert_eq!(deleted.json(), json!({"success": true, "message": "Running file deleted successfully"}));
    assert!(!fs::exists(&path).unwrap());
    let again = app.delete("/api/running-file").await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json(), json!({"success": false, "message": "Running file does not exist"}));
}

#[actix_web::test]
async fn runs_are_listed_in_pages_and_each_keeps_its_log() {
    let app = app("echo \"run in $1\"; echo '{}' > Logs/testing.json; echo '{}' > Logs/backup.json");
    for mode in ["testing", "backup", "testing"] {
        let id = post(&app, &format!("/api/run/{mode}")).await.json()["run_id"].clone();
        eventually("the run ended", async || {
            let run = app.get(&format!("/api/runs/{id}")).await.json();
            (run["outcome"] == "completed").then_some(())
        })
        .await;
    }
    let ids = |page: &Value| {
        page["runs"].as_array().unwrap().iter().map(|run| run["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let first = app.get("/api/runs?limit=2").await.json();
    assert_eq!((ids(&first), &first["next"]), (vec![3, 2], &json!(2)));
    let second = app.get("/api/runs?limit=2&before=2").await.json();
    assert_eq!((ids(&second), &second["next"]), (vec![1], &Value::Null));
    for (query, kind) in
        [("limit=0", "greater_than_equal"), ("limit=501", "less_than_equal"), ("before=x", "int_parsing")]
    {
        let refused = app.get(&format!("/api/runs?{query}")).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["detail"][0]["type"]), (400, &json!(kind)));
    }
    assert_eq!(app.get("/api/runs/2/log").await.json(), json!({"content": ["run in -Backup\n"]}));
    assert_eq!(app.get("/api/runs/9").await.status, 404);
    assert_eq!(app.get("/api/runs/9/log").await.status, 404);
    assert_eq!(app.get("/api/runs/x").await.status, 400);
}

#[actix_web::test]
async fn a_reset_is_refused_where_the_script_would_do_a_full_run() {
    let app = app("");
    let config = app.path().join("config.json");
    let mut document: Value = serde_json::from_str(&fs::read_to_string(&config).unwrap()).unwrap();
    document["EmbyPart"]["UseEmby"] = json!("true");
    fs::write(&config, document.to_string()).unwrap();
    app.state.config.send(Reread).await.unwrap();
    let refused = app.post("/api/reset-posters", &json!({"library": "Movies"})).await;
    assert_eq!(refused.json()["code"], "mode_not_supported");
    assert!(refused.json()["message"].as_str().unwrap().contains("Emby is enabled"));
}
