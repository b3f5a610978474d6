//! The queue of pictures with the real binary, which is killed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reqwest::multipart::{Form, Part};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::api::harness::eventually_in;
use super::daemon::Daemon;
use super::home::picture;

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

async fn get(daemon: &Daemon, path: &str) -> Value {
    reqwest::get(format!("{}{path}", daemon.url)).await.unwrap().json().await.unwrap()
}

async fn statuses(daemon: &Daemon) -> Vec<String> {
    let items = get(daemon, "/api/queue").await;
    items.as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap().to_owned()).collect()
}

/// Ends it without a word, and starts the next one.
fn killed(mut daemon: Daemon, folder: &Path) -> Daemon {
    daemon.signal(Signal::KILL);
    daemon.ended();
    drop(daemon);
    Daemon::start(folder)
}

#[actix_web::test]
async fn pictures_that_wait_and_those_that_were_let_go_outlive_a_kill_and_each_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir_all(folder.join("assets/Movies/Heat (1995)")).unwrap();
    fs::write(folder.join("assets/Movies/Heat (1995)/poster.jpg"), "old").unwrap();
    let config = json!({"PrerequisitePart": {"AssetPath": folder.join("assets")}});
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let daemon = Daemon::start(folder);
    for name in ["Heat (1995)", "Ran (1985)", "Alien (1979)"] {
        let file = Part::bytes(picture([9, 9, 9])).file_name("a.jpg");
        let path = format!("Movies/{name}/poster.jpg");
        let query = [("asset_path", path.as_str()), ("process_with_overlays", "true"), ("add_to_queue", "true")];
        let address = format!("{}/api/assets/upload-replacement", daemon.url);
        let request = reqwest::Client::new().post(reqwest::Url::parse_with_params(&address, query).unwrap());
        let answer = request.multipart(Form::new().part("file", file)).send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap()["queued"], true);
    }
    let daemon = killed(daemon, folder);
    assert_eq!(statuses(&daemon).await, ["pending"; 3]);
    assert_eq!(fs::read_dir(folder.join("queue_staging")).unwrap().count(), 3);

    let run = reqwest::Client::new().post(format!("{}/api/queue/run", daemon.url)).send().await.unwrap();
    assert_eq!(run.status(), 200);
    let daemon = killed(daemon, folder);
    eventually_in(PATIENCE, "all are made", async || (statuses(&daemon).await == ["completed"; 3]).then_some(())).await;
    for name in ["Heat (1995)", "Ran (1985)", "Alien (1979)"] {
        let made = fs::read(folder.join(format!("assets/Movies/{name}/poster.jpg"))).unwrap();
        assert!(made.starts_with(b"\xff\xd8"), "{name}");
    }
    assert_eq!(fs::read_dir(folder.join("queue_staging")).unwrap().count(), 0);
    assert_eq!(get(&daemon, "/api/trash").await["entries"].as_array().unwrap().len(), 1);
    let runs = get(&daemon, "/api/runs").await;
    let jobs: Vec<_> =
        runs["runs"].as_array().unwrap().iter().map(|run| run["job"].as_str().unwrap().to_owned()).collect();
    let once: BTreeSet<_> = jobs.iter().collect();
    assert_eq!((jobs.len(), once.len()), (3, 3), "{runs}");
    let cleared = reqwest::Client::new().post(format!("{}/api/queue/clear", daemon.url)).send().await.unwrap();
    assert_eq!(cleared.json::<Value>().await.unwrap(), json!({"success": true, "message": "Queue cleared"}));
    let daemon = killed(daemon, folder);
    assert!(statuses(&daemon).await.is_empty());
}

#[actix_web::test]
async fn a_kill_right_after_the_old_picture_is_kept_does_not_forget_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let poster = folder.join("assets/Movies/Heat (1995)/poster.jpg");
    fs::create_dir_all(poster.parent().unwrap()).unwrap();
    fs::write(&poster, "old").unwrap();
    let config = json!({"PrerequisitePart": {"AssetPath": folder.join("assets")}});
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("Posterizarr.ps1"), "exit 3").unwrap();
    let settings = "[runner]\nkind = \"script\"\ncommand = [\"sh\", \"{script}\"]\n";
    fs::write(folder.join("posterizarrd.toml"), settings).unwrap();
    let mut daemon = Daemon::start(folder);
    for round in 1..=10_usize {
        let file = Part::bytes(picture([9, 9, 9])).file_name("a.jpg");
        let query = [("asset_path", "Movies/Heat (1995)/poster.jpg"), ("process_with_overlays", "true")];
        let address = format!("{}/api/assets/upload-replacement", daemon.url);
        let request = reqwest::Client::new().post(reqwest::Url::parse_with_params(&address, query).unwrap());
        let form = Form::new().part("file", file);
        let sent = actix_web::rt::spawn(async move { request.multipart(form).send().await });
        // As soon as the trash has it, or a little later.
        let trash = folder.join("trash");
        eventually_in(PATIENCE, "the old one is kept", async || {
            fs::read_dir(&trash).ok()?.flatten().find(|entry| entry.path().join("poster.jpg").is_file())
        })
        .await;
        daemon = killed(daemon, folder);
        drop(sent.await);
        eventually_in(PATIENCE, "it failed", async || {
            let statuses = statuses(&daemon).await;
            (statuses.len() == round && statuses.iter().all(|status| status == "failed")).then_some(())
        })
        .await;
        assert_eq!(fs::read(&poster).unwrap(), b"old", "round {round}");
        assert_eq!(get(&daemon, "/api/trash").await["entries"], json!([]), "round {round}");
    }
}
