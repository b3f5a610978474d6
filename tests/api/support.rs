use std::io::{Cursor, Read};
use std::path::Path;

use serde_json::{Value, json};
use zip::ZipArchive;

use super::harness::{Answer, TestApp};

const TOKEN: &str = "Tk-3f9QzmR1x77";
const PASSWORD: &str = "correct/horse battery";

fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let config = json!({
        "WebUI": {"basicAuthEnabled": false, "basicAuthPassword": PASSWORD},
        "ApiPart": {"PlexToken": TOKEN, "FavProvider": "tvdb"},
        "Notification": {"Discord": "https://discord.com/api/webhooks/77/abcdef"},
        "Unknown": {"OtherToken": TOKEN},
    });
    write(root, "config.json", config.to_string());
    write(root, "scheduler.json", "{}");
    write(
        root,
        "Logs/Scriptlog.log",
        format!("[INFO] token {TOKEN} used\r\nPOST /api/push/kuma123?msg=OK {PASSWORD}\n"),
    );
    write(
        root,
        "Logs/ImageChoices.csv",
        format!(
            "\"Title\";\"Download Source\"\r\n\"x\";\"http://10.0.0.7:32400/a?X-Plex-Token={TOKEN}\"\r\n\"y\";\"https://image.tmdb.org/t/p/b.jpg\"\r\n"
        ),
    );
    write(root, "Logs/normal.json", "{}");
    write(root, "Logs/old.log.gz", b"\x1f\x8b\x08\0binary");
    write(root, "RotatedLogs/Logs_1/Scriptlog.log", "Authorization: Basic YTpi\ncorrect%2Fhorse%20battery\n");
    write(root, "UILogs/webui_settings.json", r#"{"log_level":"INFO"}"#);
    write(root, "UILogs/__pycache__/x.log", "x");
    write(root, "database/runtime_stats.db", b"SQLite format 3\0fine");
    write(root, "database/media_export.db", format!("SQLite format 3\0http://plex/a?X-Plex-Token={TOKEN}\0"));
    write(root, "database/config.db", TOKEN);
    write(root, "database/imagechoices.db", TOKEN);
    std::os::unix::fs::symlink("../config.json", root.join("Logs/link.log")).unwrap();
    folder
}

async fn support_zip(app: &TestApp) -> Answer {
    app.send(reqwest::Method::POST, "/api/admin/support-zip", |request| request.header("accept-encoding", "gzip")).await
}

fn entries(answer: &Answer) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(answer.body.clone())).unwrap();
    let names: Vec<_> =
        (0..archive.len()).map(|index| archive.by_index(index).unwrap().name().unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut content = Vec::new();
        archive.by_name(&name).unwrap().read_to_end(&mut content).unwrap();
        (name, String::from_utf8_lossy(&content).into_owned())
    };
    names.into_iter().map(read).collect()
}

#[actix_web::test]
async fn the_archive_holds_logs_and_records_but_no_secret_in_any_form() {
    let app = TestApp::start_in(folder(), |_| {});
    let answer = support_zip(&app).await;
    assert_eq!(answer.status, 200);
    let entries = entries(&answer);
    let names: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
    for name in [
        "Logs/Scriptlog.log",
        "Logs/ImageChoices.csv",
        "RotatedLogs/Logs_1/Scriptlog.log",
        "UILogs/webui_settings.json",
        "database/runtime_stats.db",
        "posterizarrd/config.json",
        "posterizarrd/runs.json",
        "posterizarrd/health.json",
        "README.txt",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    for (name, content) in &entries {
        for secret in [TOKEN, PASSWORD, "correct%2Fhorse", "kuma123", "YTpi", "webhooks/77", "10.0.0.7"] {
            assert!(!content.contains(secret), "{secret} is in {name}: {content}");
        }
        assert!(!name.contains("pycache") && !name.ends_with("normal.json") && !name.contains("config.db"), "{name}");
    }
}

#[actix_web::test]
async fn what_cannot_be_checked_is_left_out_and_listed() {
    let app = TestApp::start_in(folder(), |_| {});
    let entries = entries(&support_zip(&app).await);
    let readme = &entries.iter().find(|(name, _)| name == "README.txt").unwrap().1;
    for left_out in ["Logs/old.log.gz", "Logs/link.log", "database/media_export.db", "database/imagechoices.db"] {
        assert!(readme.contains(&format!("- {left_out}: ")), "{left_out} is not in {readme}");
        assert!(!entries.iter().any(|(name, _)| name == left_out), "{left_out}");
    }
}

#[actix_web::test]
async fn the_rest_stays_readable() {
    let app = TestApp::start_in(folder(), |_| {});
    let entries = entries(&support_zip(&app).await);
    let content = |wanted: &str| &entries.iter().find(|(name, _)| name == wanted).unwrap().1;
    assert!(content("Logs/Scriptlog.log").starts_with("[INFO] token [MASKED] used\r\n"));
    let csv = content("Logs/ImageChoices.csv");
    assert!(csv.contains("http://[MASKED_HOST]/a?X-Plex-Token=[MASKED]"), "{csv}");
    assert!(csv.contains("https://image.tmdb.org/t/p/b.jpg"), "{csv}");
    let config: Value = serde_json::from_str(content("posterizarrd/config.json")).unwrap();
    assert_eq!(config["ApiPart"], json!({"PlexToken": "[MASKED]", "FavProvider": "tvdb"}));
    assert_eq!(config["Unknown"]["OtherToken"], "[MASKED]");
    assert!(serde_json::from_str::<Value>(content("posterizarrd/runs.json")).unwrap().is_array());
}

#[actix_web::test]
async fn it_is_a_download_with_a_quoted_name_and_leaves_nothing_on_disk() {
    let app = TestApp::start_in(folder(), |_| {});
    let answer = support_zip(&app).await;
    assert_eq!(answer.headers["content-type"], "application/zip");
    assert_eq!(answer.headers["content-length"].to_str().unwrap(), answer.body.len().to_string());
    let disposition = answer.headers["content-disposition"].to_str().unwrap();
    let stamp = disposition
        .strip_prefix("attachment; filename=\"posterizarr_support_")
        .and_then(|rest| rest.strip_suffix(".zip\""))
        .unwrap_or_else(|| panic!("{disposition}"));
    assert!(chrono::NaiveDateTime::parse_from_str(stamp, "%Y-%m-%d_%H-%M-%S").is_ok(), "{stamp}");
    assert_eq!(std::fs::read_dir(app.path().join("temp")).unwrap().count(), 0);
}

#[actix_web::test]
async fn a_fresh_installation_gives_an_archive_too() {
    let app = TestApp::start();
    let names: Vec<_> = entries(&support_zip(&app).await).into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"README.txt".to_owned()) && names.contains(&"posterizarrd/system.json".to_owned()));
}
