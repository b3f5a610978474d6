//! `import`, `export`, `backup` and `restore`, with the real binary, with and without a daemon.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::Output;

use posterizarrd::actors::recovery::records;
use posterizarrd::actors::runtime::data_dir::DataDir;
use posterizarrd::actors::store::Store;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::api::old_installation;
use crate::daemon::{BINARY, Daemon, command, within};

/// Records of every table, as the first version that had backups wrote them. It is never changed: this version, and every later
/// one, has to read it.
const FIRST_RECORDS: &str = concat!(
    include_str!("records/format-1.jsonl"),
    // The tables that the first file lacks, of the same version.
    include_str!("records/format-1-more.jsonl")
);

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command(BINARY, folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = run(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

fn count(lines: &str, table: &str) -> usize {
    lines.lines().filter(|line| line.starts_with(&format!("{{\"table\":\"{table}\""))).count()
}

#[test]
fn an_old_installation_is_counted_taken_over_backed_up_and_restored_elsewhere() {
    let old = tempfile::tempdir().unwrap();
    old_installation::make(old.path());
    let new = tempfile::tempdir().unwrap();
    let from = old.path().to_str().unwrap();

    let found = done(new.path(), &["import", "--from", from, "--dry-run"]);
    assert!(found.contains("runtime_stats.db: runtime_stats: 328 found\n"), "{found}");
    assert!(found.contains("imagechoices.db: imagechoices: 5000 found\n"), "{found}");
    assert_eq!(fs::read_dir(new.path()).unwrap().count(), 0, "a dry run leaves nothing behind");

    let taken = done(new.path(), &["import", "--from", from]);
    assert!(taken.contains("runtime_stats.db: runtime_stats: 328 found, 328 new, 0 known\n"), "{taken}");
    assert!(taken.contains("imagechoices.db: imagechoices: 5000 found, 5000 new, 0 known\n"), "{taken}");
    assert!(taken.contains("config.json: 1 found, 1 new, 0 known\n"), "rebuilt from config.db: {taken}");
    assert!(taken.contains("scheduler.json: nothing came over: "), "{taken}");
    let config: serde_json::Value = serde_json::from_slice(&fs::read(new.path().join("config.json")).unwrap()).unwrap();
    assert_eq!(config["PlexPart"]["UsePlex"], "true");

    let daemon = Daemon::start(new.path());
    let again = done(new.path(), &["import", "--from", from]);
    assert!(again.contains("runtime_stats.db: runtime_stats: 328 found, 0 new, 328 known\n"), "{again}");
    let live = done(new.path(), &["export"]);
    assert_eq!((count(&live, "history"), count(&live, "exports")), (328, 1200));
    let file = new.path().join("live.zip");
    done(new.path(), &["backup", file.to_str().unwrap()]);
    let (code, _, err) = run(new.path(), &["restore", file.to_str().unwrap()]);
    assert_eq!(
        (code, err.as_str()),
        (1, "posterizarrd: posterizarrd is running on this data folder; stop it first, then restore\n")
    );
    drop(daemon);

    let file = new.path().join("b.zip");
    done(new.path(), &["backup", file.to_str().unwrap()]);
    let (code, _, err) = run(new.path(), &["backup", file.to_str().unwrap()]);
    assert!(code == 1 && err.contains("exists"), "a backup does not overwrite another: {err}");

    let third = tempfile::tempdir().unwrap();
    let restored = done(third.path(), &["restore", file.to_str().unwrap()]);
    assert!(restored.contains("history: 328 records\n") && restored.contains("config.json: written\n"), "{restored}");
    let lines = |folder: &Path| {
        let records = done(folder, &["export"]);
        records.lines().filter(|line| !line.contains("\"table\":\"versions\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(third.path()), lines(new.path()));
    // Once more onto what is there: it is kept aside, and an edited file is left alone.
    fs::write(third.path().join("config.json"), "{}").unwrap();
    let restored = done(third.path(), &["restore", file.to_str().unwrap()]);
    assert!(restored.contains("config.json: is there with another content and was left alone"), "{restored}");
    assert!(restored.contains("store.before-restore-"), "{restored}");
    assert_eq!(fs::read_to_string(third.path().join("config.json")).unwrap(), "{}");
    done(third.path(), &["restore", file.to_str().unwrap(), "--overwrite"]);
    assert_ne!(fs::read_to_string(third.path().join("config.json")).unwrap(), "{}");
}

#[test]
fn a_backup_of_a_newer_form_and_what_is_none_are_refused_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let zip = |name: &str, manifest: &str, records: &str| {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (entry, content) in [("manifest.json", manifest), ("records.jsonl", records)] {
            archive.start_file(entry, SimpleFileOptions::default()).unwrap();
            archive.write_all(content.as_bytes()).unwrap();
        }
        let path = folder.path().join(name);
        fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let manifest = |form: u32, count: u32| {
        format!(
            r#"{{"format":{form},"posterizarrd":"9.0.0","made":"2026-11-25T00:00:00Z","tables":{{"history":{count}}},"files":[]}}"#
        )
    };
    let newer = r#"{"table":"history","version":200,"key":"0000000000000001","value":{}}"#;
    for (file, expected) in [
        (zip("form.zip", &manifest(2, 0), ""), "made by posterizarrd 9.0.0 in a newer form (2)"),
        (zip("record.zip", &manifest(1, 1), newer), "a record of \"history\" is of a newer posterizarrd"),
        (zip("torn.zip", &manifest(1, 5), ""), "its records are not complete"),
        (zip("other.zip", "{}", ""), "this is not a backup of posterizarrd"),
    ] {
        let (code, _, err) = run(folder.path(), &["restore", &file]);
        assert!(code == 1 && err.contains(expected), "{file}: {err}");
    }
    fs::write(folder.path().join("text.zip"), "hello").unwrap();
    let (code, _, err) = run(folder.path(), &["restore", folder.path().join("text.zip").to_str().unwrap()]);
    assert!(code == 1 && err.contains("this is not a backup"), "{err}");
    assert!(fs::metadata(folder.path().join("store.restoring")).is_err());
}

/// The store that the first version made of those records, as its files were: without checksums, and without a ledger.
const FIRST_STORE: &[u8] = include_bytes!("records/store-1.zip");

#[test]
fn a_store_of_the_first_version_is_opened_and_looked_after_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path()).unwrap();
    ZipArchive::new(Cursor::new(FIRST_STORE)).unwrap().extract(data.store()).unwrap();
    let before = fs::read(data.store().join("db")).unwrap();
    for _ in 0..2 {
        let lines = done(folder.path(), &["export"]);
        let values = |lines: &str| {
            let records = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            let keyed = records
                .map(|record| ((record["table"].to_string(), record["key"].to_string()), record["value"].clone()));
            keyed.collect::<std::collections::BTreeMap<_, _>>()
        };
        assert_eq!(values(&lines), values(FIRST_RECORDS));
        assert!(data.store().join("ledger").is_file());
        assert!(fs::read(folder.path().join("store.before-upgrade/db")).unwrap() == before, "the way back is kept");
    }
    drop(Daemon::start(folder.path()));
    fs::write(data.store().join("db"), "").unwrap();
    let daemon = Daemon::start(folder.path());
    // Before its first look health knows of no damage, and does not call itself ready.
    let health = within("it has looked", || {
        Some(json(&format!("{}/api/health", daemon.url))).filter(|health| health["ready"] == true)
    });
    let damage = &health["store_damage"];
    assert_eq!(
        damage["tables"]["history"]["lost"].as_u64().unwrap_or(0)
            + count(&done(folder.path(), &["export"]), "history") as u64,
        1
    );
    assert!(damage["noticed"].is_string(), "{damage}");
}

/// What the daemon answers.
fn json(url: &str) -> serde_json::Value {
    actix_web::rt::System::new().block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() })
}

/// A backup that holds these records.
fn backup_of(records: &str) -> Vec<u8> {
    let tables = records.lines().fold(std::collections::BTreeMap::new(), |mut tables, line| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        *tables.entry(record["table"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        tables
    });
    let manifest = serde_json::json!({"format": 1, "posterizarrd": "0.1.0", "made": "2026-11-25T00:00:00Z", "tables": tables, "files": []});
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (entry, content) in [("manifest.json", manifest.to_string()), ("records.jsonl", records.to_owned())] {
        archive.start_file(entry, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn the_records_of_the_first_version_are_read_from_now_on_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("first.zip");
    fs::write(&file, backup_of(FIRST_RECORDS)).unwrap();
    done(folder.path(), &["restore", file.to_str().unwrap()]);

    // Every table is read by the part of the daemon that owns it.
    let daemon = Daemon::start(folder.path());
    let get = |path: &str| json(&format!("{}{path}", daemon.url));
    let history = get("/api/runtime-history");
    assert_eq!((&history["total"], &history["history"][0]["posters"]), (&1.into(), &3.into()));
    assert_eq!((&history["history"][0]["run"], &history["history"][0]["space_saved"]), (&7.into(), &"1.23 GB".into()));
    let run = get("/api/runs/7");
    assert_eq!((&run["mode"], &run["outcome"]), (&"normal".into(), &"completed".into()));
    let movies = get("/api/plex-export/library");
    assert_eq!((&movies["data"][0]["title"], &movies["data"][0]["tmdbid"]), (&"Heat".into(), &"949".into()));
    let webhooks = get("/api/webhooks");
    assert_eq!(webhooks["webhooks"][0]["source"], "sonarr");
    let choice = within("the choices are loaded", || Some(get("/api/imagechoices/Heat")).filter(|row| row["id"] == 4));
    assert_eq!((&choice["Language"], &choice["tmdbid"]), (&"de".into(), &"949".into()));
    assert_eq!(get("/api/imagechoices/Dark%20%7C%20Season%201")["id"], 1);
    let libraries = get("/api/libraries/plex/cached");
    assert_eq!(libraries["libraries"][1]["name"], "TV Shows");
    let log = daemon.log().join("\n");
    assert!(!log.contains("is not readable"), "{log}");
    drop(daemon);

    // Nothing was lost on the way.
    let store = Store::open(&DataDir::new(folder.path()).unwrap().store()).unwrap();
    let mut lines = Vec::new();
    records::write(&store, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    for table in ["history", "runs", "exports", "webhooks", "jobs", "choices", "libraries", "taken_over"] {
        assert_eq!(count(&lines, table), count(FIRST_RECORDS, table), "{table}");
    }
    // Tables that came with the second version.
    let later = ["installation", "old_api_keys", "queue_hold", "replacements"];
    for table in records::known().into_keys().filter(|table| !later.contains(table)) {
        assert!(count(FIRST_RECORDS, table) > 0, "{table} has no record of the first version");
    }
}

#[test]
fn every_table_of_a_daemon_is_known_to_backups() {
    let folder = tempfile::tempdir().unwrap();
    drop(Daemon::start(folder.path()));
    let file = folder.path().join("b.zip");
    done(folder.path(), &["backup", file.to_str().unwrap()]);
    let mut manifest = String::new();
    let mut archive = ZipArchive::new(fs::File::open(&file).unwrap()).unwrap();
    archive.by_name("manifest.json").unwrap().read_to_string(&mut manifest).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let known = records::known();
    for table in manifest["tables"].as_object().unwrap().keys() {
        assert!(known.contains_key(table.as_str()), "{table} is missing from `known` in actors/recovery/records.rs");
    }
}
