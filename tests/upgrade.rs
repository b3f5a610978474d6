//! What the first version with backups left, as its files were: taken over by this one.
//!
//! `records/first-version.zip` is the data folder of that version, killed while a run was on that ended after it: a login, a
//! key, an entry of the timetable, a record of a choice, a picture in the trash, two runs, and two acknowledged webhooks
//! (Sonarr's and Radarr's recorded bodies) that wait for the run's end. `records/first-version-backup.zip` is its backup of that.
//! Neither is ever changed: this version, and every later one, has to read them.

use std::io::Cursor;
use std::path::Path;

use serde_json::{Value, json};
use zip::ZipArchive;

use super::api::harness::eventually;
use super::daemon::{BINARY, Daemon, command, outcome};

const FOLDER: &[u8] = include_bytes!("records/first-version.zip");
const BACKUP: &[u8] = include_bytes!("records/first-version-backup.zip");
/// The key that was made in that version, with the scope `read`.
const KEY: &str = "pzr_BVl8FD1Y8n945nZo7byNItYY9Y7LXh6VH2tcffF766P";

/// A daemon whose runs write down their arguments, one a line and an empty line at the end.
fn daemon(folder: &Path) -> Daemon {
    let mut command = command(BINARY, folder);
    let runner = r#"sh -c '{ printf "%s\n" "$@"; echo; } >> argv' run"#;
    command.args(["--runner-command", runner, "--trash-max-age", "off"]);
    Daemon::start_with(command)
}

async fn ask(daemon: &Daemon, method: reqwest::Method, path: &str) -> Value {
    let request = reqwest::Client::new().request(method, format!("{}{path}", daemon.url));
    let answer = request.basic_auth("admin", Some("of-the-first-version")).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

async fn get(daemon: &Daemon, path: &str) -> Value {
    ask(daemon, reqwest::Method::GET, path).await
}

/// What was there in the first version is there; of the second testing run the outcome is this.
async fn is_all_there(daemon: &Daemon, second: &str) {
    let health = get(daemon, "/api/health").await;
    assert_eq!(health["store_damage"], Value::Null, "{health}");
    let with_key = reqwest::Client::new().get(format!("{}/api/status", daemon.url)).header("X-API-Key", KEY);
    assert_eq!(with_key.send().await.unwrap().status(), 200, "the key is known");
    let timetable = get(daemon, "/api/scheduler/config").await;
    assert_eq!(timetable["config"]["schedules"], json!([{"time": "03:00", "description": "nightly"}]), "{timetable}");
    let choices = get(daemon, "/api/imagechoices").await;
    assert_eq!((&choices[0]["Title"], &choices[1]), (&json!("Heat (1995)"), &Value::Null), "{choices}");
    let runs = get(daemon, "/api/runs?limit=100").await["runs"].clone();
    let testing = runs.as_array().unwrap().iter().filter(|run| run["mode"] == "testing");
    let told: Vec<_> = testing.map(|run| (run["id"].as_u64().unwrap(), run["outcome"].as_str().unwrap())).collect();
    assert_eq!(told, [(2, second), (1, "completed")], "{runs:#}");
    let webhooks = get(daemon, "/api/webhooks").await["webhooks"].clone();
    let sources: Vec<_> = webhooks.as_array().unwrap().iter().map(|webhook| &webhook["source"]).collect();
    assert_eq!(sources, ["radarr", "sonarr"]);
}

/// What was acknowledged by the first version is done, once.
async fn acknowledged_is_done(daemon: &Daemon, folder: &Path) {
    eventually("both webhooks' runs are over", async || {
        let triggers = get(daemon, "/api/triggers").await["triggers"].clone();
        triggers.as_array().unwrap().iter().all(|job| job["state"] == "done").then_some(())
    })
    .await;
    let told = std::fs::read_to_string(folder.join("argv")).unwrap();
    let runs: Vec<_> = told.split("\n\n").filter(|run| !run.is_empty()).collect();
    for platform in ["Sonarr", "Radarr"] {
        let of_it = |run: &&&str| run.contains(&format!("-ArrTrigger\n-arr_platform\n{platform}\n"));
        assert_eq!(runs.iter().filter(of_it).count(), 1, "{told}");
    }
    assert!(told.contains("-arr_episode_titles\nWho Is Alive?\n"), "{told}");
}

#[actix_web::test]
async fn the_data_folder_of_the_first_version_is_taken_over_whole_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    ZipArchive::new(Cursor::new(FOLDER)).unwrap().extract(folder.path()).unwrap();
    let file = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (config, store) = (file("config.json"), file("store/db"));

    let first = daemon(folder.path());
    is_all_there(&first, "completed").await;
    acknowledged_is_done(&first, folder.path()).await;
    eventually("the result of the run that ended in between is in the history", async || {
        (get(&first, "/api/runtime-history").await["total"].as_u64()? >= 2).then_some(())
    })
    .await;
    let trash = get(&first, "/api/trash").await;
    let id = trash["entries"][0]["id"].as_str().unwrap_or_else(|| panic!("{trash}"));
    ask(&first, reqwest::Method::POST, &format!("/api/trash/{id}/restore")).await;
    assert!(folder.path().join("assets/Movies/Heat (1995)/background.jpg").is_file(), "back from the trash");
    assert_eq!(file("config.json"), config, "no key of the configuration was touched");
    assert_eq!(file("store.before-upgrade/db"), store, "the way back is kept");
    drop(first);

    let again = daemon(folder.path());
    is_all_there(&again, "completed").await;
    acknowledged_is_done(&again, folder.path()).await;
}

#[actix_web::test]
async fn a_backup_of_the_first_version_is_restored_whole() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let backup = folder.path().join("first.zip");
    std::fs::write(&backup, BACKUP).unwrap();
    let restored = outcome(&data, &["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    let daemon = daemon(&data);
    // It was on when the backup was made, and its folder, which tells how it ended, is in no backup.
    is_all_there(&daemon, "interrupted").await;
    acknowledged_is_done(&daemon, &data).await;
}
