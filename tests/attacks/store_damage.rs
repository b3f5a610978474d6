//! The record store, damaged at random places: nothing is ever lost in silence.
//!
//! `POSTERIZARRD_FLIPS=n` tries n damages instead of a few, `POSTERIZARRD_FLIPS_SEED=n` others than those of every day.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use posterizarrd::actors::recovery::{self, Damages, records};
use posterizarrd::actors::runtime::data_dir::DataDir;
use posterizarrd::actors::store::{RawRecord, Store};
use serde_json::{Value, json};

use crate::api::harness::number_from;
use crate::daemon::{BINARY, Daemon, command, within};

/// Numbers that look random and are the same each time (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}

/// Every record, by table and key.
type Records = BTreeMap<(String, String), Value>;

fn all_records(store: &Store) -> Records {
    let mut lines = Vec::new();
    records::write(store, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let records = lines.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        let name = |key: &str| record[key].as_str().unwrap().to_owned();
        ((name("table"), name("key")), record)
    });
    records.collect()
}

fn put(store: &Store, table: &'static str, key: Vec<u8>, value: &Value) {
    let record = [&[records::known()[table]], value.to_string().as_bytes()].concat();
    store.put_raw(table, vec![RawRecord { key, number: None, record }]).unwrap();
}

/// A store of several hundred kilobytes in which records were written, replaced and removed; some days ago it was backed up.
fn fill(data: &DataDir) -> Records {
    let store = recovery::open(data).unwrap();
    let mut dice = Dice(7);
    let tables: Vec<_> = records::known().into_keys().collect();
    let mut change = |rounds: u64, store: &Store| {
        for round in 0..rounds {
            let table = tables[dice.below(tables.len() as u64) as usize];
            let key = dice.below(60).to_be_bytes().to_vec();
            let text = "abcdefgh ".repeat(1 + dice.below(if round % 50 == 0 { 4_000 } else { 40 }) as usize);
            put(store, table, key, &json!({"round": round, "text": text}));
            if round % 20 == 0 {
                store.flush().unwrap();
            }
        }
        store.flush().unwrap();
    };
    change(600, &store);
    recovery::back_up_daily(&store, data).unwrap().unwrap();
    change(600, &store);
    let records = all_records(&store);
    let removed = store.table::<posterizarrd::actors::runs::RunRecord>().unwrap();
    for ((table, _), key) in records.keys().zip(0_u64..60) {
        assert!(records::known().contains_key(table.as_str()));
        removed.remove(&key.to_be_bytes()).unwrap();
    }
    store.flush().unwrap();
    all_records(&store)
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_of(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Damages one file of a store: most often one bit, now and then a byte, a page, or all from some place on. Says what it did.
fn damage(store: &Path, dice: &mut Dice) -> String {
    let files: Vec<_> = files_of(store).into_iter().filter(|file| fs::metadata(file).unwrap().len() > 0).collect();
    // Small files are hit as often as they deserve to be tested.
    let total: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    let file = if dice.below(4) == 0 {
        &files[dice.below(files.len() as u64) as usize]
    } else {
        let mut place = dice.below(total);
        files
            .iter()
            .find(|file| {
                let size = fs::metadata(file).unwrap().len();
                let here = place < size;
                place = place.saturating_sub(size);
                here
            })
            .unwrap()
    };
    let mut content = fs::read(file).unwrap();
    let place = dice.below(content.len() as u64) as usize;
    let what = match dice.below(10) {
        0 => {
            content.truncate(place);
            "cut off"
        }
        1 => {
            let end = content.len().min(place + 4096);
            content[place..end].fill(0);
            "a page of zeros"
        }
        2 => {
            content[place] = dice.below(256) as u8;
            "a byte"
        }
        _ => {
            content[place] ^= 1 << dice.below(8);
            "a bit"
        }
    };
    fs::write(file, content).unwrap();
    format!("{what} at {place} of {}", file.file_name().unwrap().to_str().unwrap())
}

/// What became of a damaged store.
enum Fate {
    Harmless,
    /// Noticed, and everything is there nevertheless.
    Whole,
    /// Noticed, and what is lost is told.
    Told,
}

/// Opens a damaged store and compares what is there, and what is told of it, with what was.
fn judge(data: &DataDir, before: &Records, did: &str) -> Fate {
    let store = recovery::open(data).unwrap_or_else(|error| panic!("{did}: {error}"));
    let after = all_records(&store);
    drop(store);
    let damages = Damages::read(&data.store_damage());
    for key in after.keys() {
        assert!(before.contains_key(key), "{did}: {key:?} came back although it had been removed");
    }
    let lost = before.keys().filter(|key| !after.contains_key(*key)).count();
    let older = after.iter().filter(|(key, record)| before[*key] != **record).count();
    assert!(damages.len() <= 1, "{did}: {damages:?}");
    let Some(damage) = damages.first() else {
        assert_eq!((lost, older), (0, 0), "{did}: SILENT LOSS");
        return Fate::Harmless;
    };
    let told = damage.totals().unwrap_or_else(|| panic!("{did}: {damage:?}"));
    assert_eq!((told.lost, told.older), (lost, older), "{did}: {damage:?}");
    // The new store is sound.
    drop(recovery::open(data).unwrap());
    assert_eq!(Damages::read(&data.store_damage()), damages, "{did}");
    if (lost, older) == (0, 0) { Fate::Whole } else { Fate::Told }
}

#[test]
fn whatever_is_damaged_in_the_store_everything_is_there_or_what_is_lost_is_told() {
    let template = tempfile::tempdir().unwrap();
    let data = DataDir::new(template.path().join("data")).unwrap();
    fs::create_dir(data.root()).unwrap();
    let before = fill(&data);
    let (mut harmless, mut whole, mut told) = (0, 0, 0);
    let (count, seed) = (number_from("POSTERIZARRD_FLIPS", 24), number_from("POSTERIZARRD_FLIPS_SEED", 1));
    for number in 0..count {
        let folder = template.path().join(format!("try {number}"));
        copy_folder(data.root(), &folder);
        let tried = DataDir::new(&folder).unwrap();
        // Sometimes there is no backup.
        let backed_up = number % 3 != 0;
        if !backed_up {
            fs::remove_dir_all(tried.store_backups()).unwrap();
        }
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let did = format!("damage {number} (seed {seed}, backup {backed_up}): {}", damage(&tried.store(), &mut dice));
        match judge(&tried, &before, &did) {
            Fate::Harmless => harmless += 1,
            Fate::Whole => whole += 1,
            Fate::Told => told += 1,
        }
        fs::remove_dir_all(folder).unwrap();
    }
    eprintln!(
        "{count} damages to a store of {} records: {harmless} harmless, {whole} mended without loss, {told} with a loss that \
         was told, 0 silent",
        before.len()
    );
}

fn post(daemon: &Daemon, path: &str, body: &Value) -> Value {
    actix_web::rt::System::new().block_on(async {
        let client = reqwest::Client::new();
        let answer = client.post(format!("{}{path}", daemon.url)).json(body).send().await.unwrap();
        answer.json().await.unwrap()
    })
}

fn start(folder: &Path) -> Daemon {
    let mut command = command(BINARY, folder);
    command.args(["--webhooks-arr-delay", "1h", "--updates-enabled=false"]);
    let daemon = Daemon::start_with(command);
    // Until it has looked once, health knows nothing of the store.
    within("the daemon is ready", || (daemon.json("GET", "/api/health")["ready"] == true).then_some(()));
    daemon
}

#[test]
fn health_and_the_log_name_what_was_lost_until_somebody_takes_note() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path()).unwrap();
    let daemon = start(folder.path());
    let key = |name: &str| post(&daemon, "/api/auth/keys", &json!({"name": name, "scopes": ["read"]}));
    let kept = key("kept");
    assert_eq!(kept["success"], true, "{kept}");
    within("the first backup", || fs::read_dir(data.store_backups()).ok()?.flatten().next());
    let movie = |id: u64| json!({"eventType": "Download", "movie": {"title": format!("M{id}"), "tmdbId": id}, "movieFile": {"id": id}});
    let jobs: Vec<_> = (1..=3).map(|id| post(&daemon, "/api/webhook/arr", &movie(id))["job_ids"][0].clone()).collect();
    assert_eq!(daemon.json("GET", "/api/health")["store_damage"], Value::Null);
    drop(daemon);
    fs::write(data.store().join("db"), [7; 700_000]).unwrap();

    let daemon = start(folder.path());
    let log = daemon.log().join("\n");
    assert!(log.contains("the record store was damaged") && log.contains("lost:"), "{log}");
    assert!(log.contains("jobs 3"), "{log}");
    let health = daemon.json("GET", "/api/health");
    assert_eq!((&health["status"], &health["checks"]["database"]), (&json!("degraded"), &json!("degraded")));
    assert_eq!(health["store_damage"]["tables"]["jobs"]["lost"], 3, "{health}");
    within("the jobs come back from their trigger files", || {
        let triggers = daemon.json("GET", "/api/triggers");
        let ids: Vec<_> = triggers["triggers"].as_array()?.iter().map(|job| job["id"].clone()).collect();
        jobs.iter().all(|job| ids.contains(job)).then_some(())
    });
    drop(daemon);

    // It is told after every start, until somebody takes note.
    let daemon = start(folder.path());
    assert_eq!(daemon.json("GET", "/api/health")["checks"]["database"], "degraded");
    let care = daemon.json("GET", "/api/admin/store");
    assert_eq!((care["damages"].as_array().unwrap().len(), care["backups"].as_array().unwrap().len()), (1, 1));
    let noted = command(BINARY, folder.path()).arg("acknowledge-damage").output().unwrap();
    assert!(String::from_utf8_lossy(&noted.stdout).contains("jobs 3"), "{noted:?}");
    let health = daemon.json("GET", "/api/health");
    assert_eq!((&health["checks"]["database"], &health["store_damage"]), (&json!("ok"), &Value::Null));
    assert_eq!(daemon.json("POST", "/api/admin/store/acknowledge")["acknowledged"], json!([]));
}

#[test]
fn a_restore_that_was_interrupted_between_its_two_renames_is_finished_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path()).unwrap();
    let before = {
        let made = DataDir::new(folder.path().join("made")).unwrap();
        let store = recovery::open(&made).unwrap();
        put(&store, "runs", 1_u64.to_be_bytes().to_vec(), &json!({"x": 1}));
        store.flush().unwrap();
        let records = all_records(&store);
        drop(store);
        fs::rename(made.store(), folder.path().join("store.restoring")).unwrap();
        records
    };
    fs::write(folder.path().join("store.restoring/complete"), "").unwrap();
    fs::create_dir(folder.path().join("store.before-restore-20261128-120000.000")).unwrap();
    assert_eq!(all_records(&recovery::open(&data).unwrap()), before);
    assert!(!folder.path().join("store.restoring").try_exists().unwrap());
}

#[test]
fn something_else_in_the_place_of_the_store_is_refused_with_the_way_out() {
    for make in
        [|store: &Path| fs::write(store, "").unwrap(), |store: &Path| fs::create_dir_all(store.join("db")).unwrap()]
    {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("store"));
        let refused = command(BINARY, folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("move it away") && said.contains("start again"), "{said}");
    }
}
