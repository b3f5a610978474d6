//! Triggers against the real binary: what was acknowledged outlives a kill and a full disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::api::harness::{eventually, number_from};
use super::attacks::store_damage::Dice;
use super::daemon::{Daemon, command};

const BINARY: &str = env!("CARGO_BIN_EXE_posterizarrd");
const CLIENTS: u64 = 4;
/// The pause between two webhooks of a client.
const PAUSE: Duration = Duration::from_millis(20);

/// A movie's import, whose title is its number.
fn import(id: u64) -> Value {
    json!({"eventType": "Download", "movie": {"title": format!("Movie {id}"), "tmdbId": id, "year": 2024}, "movieFile": {"id": id}})
}

/// Posts imports one after the other until the daemon is gone, and gives the jobs that were acknowledged, by title.
async fn post_imports(url: String, client: u64, killed: Arc<AtomicBool>) -> BTreeMap<String, String> {
    let http = reqwest::Client::new();
    let mut acknowledged = BTreeMap::new();
    for id in client * 1_000 + 1.. {
        match http.post(format!("{url}/api/webhook/arr")).json(&import(id)).send().await {
            Ok(answer) if answer.status() == 200 => {
                // The status is the acknowledgement; the rest of the answer may be cut off by the kill.
                let Ok(body) = answer.json::<Value>().await else { continue };
                acknowledged.insert(format!("Movie {id}"), body["job_ids"][0].as_str().unwrap().to_owned());
            }
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => {
                assert!(killed.load(Ordering::SeqCst), "only the kill cuts a request off");
                return acknowledged;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    unreachable!("the numbers do not end")
}

async fn get(url: &str, path: &str) -> Value {
    reqwest::get(format!("{url}{path}")).await.unwrap().json().await.unwrap()
}

/// The titles that the script was started with, in order.
fn started_titles(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("argv")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A daemon whose script writes down the title that it was started with.
fn daemon_that_runs(folder: &Path) -> Daemon {
    // -ArrTrigger -arr_platform Radarr -event Download -arr_movie_title TITLE …: the title is the seventh.
    let script = "printf '%s\\n' \"$7\" >> argv";
    let settings = format!("[runner]\ncommand = ['sh', '-c', '''{script}''', 'run']\n");
    std::fs::write(folder.join("posterizarrd.toml"), settings).unwrap();
    let mut command = command(BINARY, folder);
    command.args(["--webhooks-arr-delay", "0s", "--updates-enabled=false"]);
    Daemon::start_with(command)
}

/// Waits until nothing waits or runs, and fails where a job did.
async fn all_done(url: &str) {
    let patience = std::time::Instant::now() + Duration::from_secs(180);
    loop {
        let triggers = get(url, "/api/triggers").await;
        let states: Vec<_> = triggers["triggers"].as_array().unwrap().iter().map(|job| job["state"].clone()).collect();
        if states.iter().all(|state| state == "done") {
            return;
        }
        assert!(!states.contains(&json!("failed")), "{triggers:#}");
        assert!(std::time::Instant::now() < patience, "{triggers:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// `POSTERIZARRD_KILLS=n` kills n times instead of a few.
#[actix_web::test]
async fn every_acknowledged_webhook_runs_exactly_once_however_often_the_daemon_is_killed_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let (kills, mut dice) = (number_from("POSTERIZARRD_KILLS", 2), Dice(number_from("POSTERIZARRD_KILLS_SEED", 5)));
    let (mut total, mut cut_short) = (0, 0);
    let mut daemon = daemon_that_runs(folder.path());
    for round in 0..kills {
        let first_title = started_titles(folder.path()).len();
        let killed = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                actix_web::rt::spawn(post_imports(daemon.url.clone(), round * CLIENTS + client, killed.clone()))
            })
            .collect();
        eventually("some have been started", async || {
            (started_titles(folder.path()).len() > first_title + 2).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_micros(dice.below(200_000))).await;
        killed.store(true, Ordering::SeqCst);
        daemon.signal(Signal::KILL);
        drop(daemon);
        let mut acknowledged = BTreeMap::new();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        assert!(acknowledged.len() >= 3, "{acknowledged:?}");

        daemon = daemon_that_runs(folder.path());
        all_done(&daemon.url).await;
        let mut times = BTreeMap::<String, usize>::new();
        let titles = started_titles(folder.path());
        titles.into_iter().for_each(|title| *times.entry(title).or_default() += 1);
        let runs = get(&daemon.url, "/api/runs?limit=500").await;
        for (title, job) in &acknowledged {
            let of_job = runs["runs"].as_array().unwrap().iter().filter(|run| run["job"] == json!(job));
            let repeated = of_job.filter(|run| run["outcome"] != "completed").count();
            let ran = times.get(title).copied().unwrap_or_default();
            assert!(ran == 1 || ran == 1 + repeated, "{title} ran {ran} times, {repeated} of its runs were cut short");
            cut_short += repeated;
        }
        total += acknowledged.len();
        assert_eq!(get(&daemon.url, "/api/health").await["store_damage"], Value::Null, "a kill is no damage");
        eventually("no trigger file is left", async || {
            let files = std::fs::read_dir(folder.path().join("watcher")).unwrap().count();
            (files == 0).then_some(())
        })
        .await;
    }
    eprintln!(
        "{kills} kills, {total} acknowledged webhooks: each ran once, 0 lost, 0 doubled; {cut_short} runs were cut short by \
         the kill and took place again"
    );
}

/// A daemon whose jobs wait for an hour.
fn patient_daemon(folder: &Path) -> Daemon {
    let mut command = command(BINARY, folder);
    command.args(["--webhooks-arr-delay", "1h", "--updates-enabled=false"]);
    Daemon::start_with(command)
}

/// Posts two imports; gives their trigger files.
async fn two_trigger_files(url: &str) -> [PathBuf; 2] {
    let http = reqwest::Client::new();
    let mut files = Vec::new();
    for id in 1..=2 {
        let answer = http.post(format!("{url}/api/webhook/arr")).json(&import(id)).send().await.unwrap();
        let body: Value = answer.error_for_status().unwrap().json().await.unwrap();
        files.push(PathBuf::from(body["file"].as_str().unwrap()));
    }
    files.try_into().unwrap()
}

fn names(files: &[PathBuf]) -> BTreeSet<String> {
    files.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_trigger_file_that_a_loss_of_power_took_or_emptied_is_written_again_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let first = patient_daemon(folder.path());
    let files = two_trigger_files(&first.url).await;
    let written = files.clone().map(|file| std::fs::read_to_string(file).unwrap());
    first.signal(Signal::KILL);
    drop(first);
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::write(&files[1], "").unwrap();
    let second = patient_daemon(folder.path());
    eventually("both are as they were", async || {
        let read = files.clone().map(|file| std::fs::read_to_string(file).unwrap_or_default());
        (read == written).then_some(())
    })
    .await;
    assert_eq!(waiting_jobs(&second.url).await, names(&files));
}

#[actix_web::test]
async fn where_the_store_is_damaged_the_trigger_files_become_jobs_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = patient_daemon(folder.path());
    let files = two_trigger_files(&first.url).await;
    first.signal(Signal::KILL);
    drop(first);
    std::fs::write(folder.path().join("store/db"), [7; 700_000]).unwrap();
    let second = patient_daemon(folder.path());
    eventually("both wait again", async || (waiting_jobs(&second.url).await == names(&files)).then_some(())).await;
    let triggers = get(&second.url, "/api/triggers").await["triggers"].clone();
    for trigger in triggers.as_array().unwrap() {
        assert_eq!((&trigger["mode"], &trigger["state"]), (&json!("arr"), &json!("waiting")));
    }
    assert_eq!(triggers[1]["position"], 2);
}

/// A mount namespace with a small disk of its own, as long as this lives.
struct SmallDisk {
    holder: Child,
    folder: PathBuf,
}

impl SmallDisk {
    /// None where namespaces or mounts are not allowed.
    fn new(folder: &Path, size: &str) -> Option<Self> {
        let script =
            format!("mount -t tmpfs -o size={size} tmpfs '{}' && echo up && exec sleep 7200", folder.display());
        let mut holder = Command::new("unshare")
            .args(["-m", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = [0; 2];
        std::io::Read::read_exact(holder.stdout.as_mut()?, &mut said).ok()?;
        Some(Self { holder, folder: folder.to_owned() })
    }

    fn daemon(&self) -> Daemon {
        let mut entered = Command::new("nsenter");
        entered.args(["-t", &self.holder.id().to_string(), "-m", BINARY]).args(["--webhooks-arr-delay", "1h"]);
        let plain = command(BINARY, &self.folder);
        entered.env_clear();
        for (name, value) in plain.get_envs() {
            entered.env(name, value.unwrap_or_default());
        }
        Daemon::start_with(entered)
    }

    /// A path on the disk, as it is seen from here.
    fn path(&self, name: &str) -> PathBuf {
        let inside = self.folder.join(name);
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(inside.strip_prefix("/").unwrap())
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.path("filler")).unwrap();
        while std::io::Write::write_all(&mut file, &[1; 1024]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

async fn waiting_jobs(url: &str) -> BTreeSet<String> {
    let triggers = get(url, "/api/triggers").await;
    triggers["triggers"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_full_disk_refuses_webhooks_and_once_there_is_room_they_are_taken_again_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::new(folder.path(), "24m") else {
        eprintln!("SKIPPED: mount namespaces are not allowed here, so a full disk cannot be made; nothing was tested");
        return;
    };
    let first = disk.daemon();
    // No connection is kept: the daemon closes an idle one just when the next request may go out on it.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let mut next = 0;
    let mut acknowledged = BTreeSet::new();
    let mut post = async |acknowledged: &mut BTreeSet<String>| {
        next += 1;
        let answer = http.post(format!("{}/api/webhook/arr", first.url)).json(&import(next)).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        if status == 200 {
            acknowledged.insert(body["job_ids"][0].as_str().unwrap().to_owned());
        }
        (status, body)
    };
    assert_eq!(post(&mut acknowledged).await.0, 200);
    disk.fill();
    let refused = eventually("the disk is full for the store too", async || {
        let (status, body) = post(&mut acknowledged).await;
        (status != 200).then_some((status, body))
    })
    .await;
    assert!([StatusCode::SERVICE_UNAVAILABLE, StatusCode::INSUFFICIENT_STORAGE].contains(&refused.0), "{refused:?}");
    assert!(refused.1["message"].as_str().unwrap().contains("could not be stored"), "{refused:?}");
    for _ in 0..20 {
        assert_ne!(post(&mut acknowledged).await.0, 200, "nothing is acknowledged while nothing can be stored");
    }
    eventually("health tells", async || {
        (get(&first.url, "/api/health").await["checks"]["database"] == "error").then_some(())
    })
    .await;
    assert_eq!(waiting_jobs(&first.url).await, acknowledged);

    disk.make_room();
    eventually("webhooks are taken again", async || (post(&mut acknowledged).await.0 == 200).then_some(())).await;
    eventually("health recovers", async || {
        (get(&first.url, "/api/health").await["checks"]["database"] == "ok").then_some(())
    })
    .await;
    assert_eq!(waiting_jobs(&first.url).await, acknowledged);
    first.signal(Signal::KILL);
    drop(first);
    let second = disk.daemon();
    assert_eq!(waiting_jobs(&second.url).await, acknowledged, "all that was acknowledged, and nothing that was not");
}

/// What a client got to know of its webhooks.
#[derive(Default)]
struct Told {
    acknowledged: BTreeSet<String>,
    /// Refused, or without an answer: they may have been stored or not.
    unknown: usize,
}

/// Posts imports until it is told to stop, whatever the answers are.
async fn post_whatever_happens(url: String, first: u64, stop: Arc<AtomicBool>) -> Told {
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let mut told = Told::default();
    for id in first.. {
        if stop.load(Ordering::SeqCst) {
            return told;
        }
        let answer = http.post(format!("{url}/api/webhook/arr")).json(&import(id)).send().await;
        let job = match answer {
            Ok(answer) if answer.status() == 200 => match answer.json::<Value>().await {
                Ok(body) => body["job_ids"][0].as_str().map(str::to_owned),
                Err(_) => None,
            },
            _ => None,
        };
        match job {
            Some(job) => drop(told.acknowledged.insert(job)),
            None => told.unknown += 1,
        }
        tokio::time::sleep(PAUSE).await;
    }
    unreachable!("the numbers do not end")
}

/// `POSTERIZARRD_KILLS=n` kills n times instead of a few.
#[actix_web::test]
async fn a_disk_that_fills_and_frees_and_kills_in_between_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::new(folder.path(), "48m") else {
        eprintln!("SKIPPED: mount namespaces are not allowed here, so a full disk cannot be made; nothing was tested");
        return;
    };
    let (kills, mut dice) = (number_from("POSTERIZARRD_KILLS", 3), Dice(number_from("POSTERIZARRD_KILLS_SEED", 6)));
    let (mut acknowledged, mut unknown) = (BTreeSet::new(), 0);
    let mut full_kills = 0;
    for round in 0..kills {
        let daemon = disk.daemon();
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let first = (round * CLIENTS + client) * 1_000 + 1;
                actix_web::rt::spawn(post_whatever_happens(daemon.url.clone(), first, stop.clone()))
            })
            .collect();
        let pause = async |dice: &mut Dice| tokio::time::sleep(Duration::from_millis(dice.below(400))).await;
        pause(&mut dice).await;
        disk.fill();
        pause(&mut dice).await;
        // Half of the kills come while the disk is full.
        let while_full = dice.below(2) == 0;
        if !while_full {
            disk.make_room();
            pause(&mut dice).await;
            pause(&mut dice).await;
        }
        stop.store(true, Ordering::SeqCst);
        daemon.signal(Signal::KILL);
        drop(daemon);
        if while_full {
            full_kills += 1;
            disk.make_room();
        }
        for client in clients {
            let told = client.await.unwrap();
            acknowledged.extend(told.acknowledged);
            unknown += told.unknown;
        }
        let daemon = disk.daemon();
        let waiting = waiting_jobs(&daemon.url).await;
        let lost: Vec<_> = acknowledged.difference(&waiting).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
        assert!(waiting.len() <= acknowledged.len() + unknown, "round {round}: a webhook became two jobs");
        assert_eq!(get(&daemon.url, "/api/health").await["store_damage"], Value::Null, "round {round}");
        daemon.signal(Signal::KILL);
    }
    eprintln!(
        "{kills} kills, {full_kills} of them on a full disk, {} acknowledged webhooks, {unknown} refused or unanswered: 0 \
         lost, 0 doubled",
        acknowledged.len()
    );
}
