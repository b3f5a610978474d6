//! The configuration file under the real binary: crashes in the middle of writing, and what reaches the logs.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::daemon::{Daemon, within};

/// Posts in all, and how often the daemon is killed meanwhile.
const WRITES: u64 = 500;
const KILLS: u64 = 20;

async fn post(client: &reqwest::Client, url: &str, keys: Value) -> reqwest::Result<reqwest::Response> {
    client.post(format!("{url}/api/config?mode=merge")).json(&json!({ "config": keys })).send().await
}

/// The number that both values of the file have.
fn written(folder: &Path) -> u64 {
    let text = std::fs::read(folder.join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&text).expect("the file is never broken");
    let number = |key: &str| config["PrerequisitePart"][key].as_str().unwrap()[2..].parse().unwrap();
    let (assets, backup): (u64, u64) = (number("AssetPath"), number("BackupPath"));
    assert_eq!(assets, backup, "the file is never mixed");
    assert_eq!(config.as_object().unwrap().len(), 17, "and always whole");
    assets
}

#[actix_web::test]
async fn kill_minus_nine_in_the_middle_of_writing_leaves_the_old_file_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let client = reqwest::Client::new();
    let mut next = 1;
    for round in 1..=KILLS {
        let mut daemon = Daemon::start(folder.path());
        let (pid, mut acknowledged) = (daemon.pid(), next - 1);
        while next <= round * WRITES / KILLS {
            let path = format!("/v{next}");
            let answer = post(&client, &daemon.url, json!({"AssetPath": path, "BackupPath": path})).await.unwrap();
            assert_eq!(answer.status(), 200);
            acknowledged = next;
            next += 1;
        }
        assert_eq!(written(folder.path()), acknowledged, "what is acknowledged is on disk");
        let path = format!("/v{next}");
        let last = post(&client, &daemon.url, json!({"AssetPath": path, "BackupPath": path}));
        let kill = async {
            // At another point of the write each time.
            tokio::time::sleep(Duration::from_micros(round * 300)).await;
            rustix::process::kill_process(pid, Signal::KILL).unwrap();
        };
        let (_, ()) = futures_util::join!(last, kill);
        daemon.ended();
        let found = written(folder.path());
        assert!(found == acknowledged || found == next, "{found} is neither {acknowledged} nor {next}");
        next = found + 1;
    }
    let daemon = Daemon::start(folder.path());
    for place in [folder.path(), &folder.path().join("config-backups")] {
        let mut names =
            std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(!names.any(|name| name.ends_with(".tmp")), "nothing half-written is left");
    }
    let backups = client.get(format!("{}/api/config/backups", daemon.url)).send().await.unwrap();
    let backups: Value = backups.json().await.unwrap();
    let backups = backups["backups"].as_array().unwrap();
    assert!((20..=30).contains(&backups.len()), "a bounded number of backups: {}", backups.len());
    for backup in backups {
        let path = folder.path().join(format!("config-backups/{}.json", backup["id"].as_str().unwrap()));
        serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).expect("a backup is a whole file");
    }
}

#[actix_web::test]
async fn what_a_post_changes_is_told_in_the_log_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("config.json"),
        r#"{"Own": {"key": "own-s3cret"}, "ApiPart": {"tvdbapi": "old-s3cret#77"}}"#,
    )
    .unwrap();
    let mut daemon = Daemon::start(folder.path());
    let client = reqwest::Client::new();
    let keys = json!({"tvdbapi": "new-s3cret#88", "key": "own-s3cret-2", "PlexUrl": "http://nas:32400", "UptimeKumaUrl": "not-a-s3cret-url"});
    let refused = post(&client, &daemon.url, keys.clone()).await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(!refused.text().await.unwrap().contains("s3cret"));
    let mut keys = keys;
    keys["UptimeKumaUrl"] = json!("http://kuma/x/s3cret");
    assert_eq!(post(&client, &daemon.url, keys).await.unwrap().status(), 200);
    daemon.wait_for_line(r#"config.json: PlexUrl was nothing and is "http://nas:32400""#);
    daemon.wait_for_line(r#"config.json: tvdbapi was "********" and is "********""#);
    daemon.signal(Signal::TERM);
    within("its end", || Some(daemon.ended()));
    let files = std::fs::read_dir(folder.path().join("UILogs"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    for log in files.chain([daemon.log().join("\n")]) {
        assert!(!log.contains("s3cret"), "{log}");
    }
}
