//! A `config.json` that turns odd keeps the door shut: the last good state stays, and health says so.

use std::path::Path;

use base64::Engine;
use serde_json::{Value, json};

use super::raw::{Odd, exchange, remove};
use crate::daemon::{Daemon, within};

const PASSWORD: &str = "correct horse";

fn login() -> String {
    let login = base64::engine::general_purpose::STANDARD.encode(format!("admin:{PASSWORD}"));
    format!("Authorization: Basic {login}\r\n")
}

fn good() -> String {
    let webui = json!({"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": PASSWORD});
    serde_json::to_string_pretty(&json!({ "WebUI": webui, "PrerequisitePart": {"logLevel": "2"} })).unwrap()
}

/// What the health says of the configuration.
fn config_health(daemon: &Daemon) -> Value {
    daemon.json("GET", "/api/health")["checks"]["config"].clone()
}

fn put(path: &Path, content: &[u8]) {
    remove(path);
    std::fs::write(path, content).unwrap();
}

/// How the file turns odd, and what does it.
type Damage = (String, Box<dyn Fn(&Path)>);

/// The ways in which the file turns odd.
fn damages() -> Vec<Damage> {
    let mut all: Vec<Damage> = vec![("deleted".to_owned(), Box::new(remove))];
    for odd in Odd::ALL {
        all.push((format!("{odd:?}"), Box::new(move |path| odd.put(path))));
    }
    let utf16: Vec<u8> = good().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_marked = [&b"\xff\xfe"[..], &utf16].concat();
    let latin1: Vec<u8> =
        good().replace("horse", "\u{1}").bytes().map(|byte| if byte == 1 { 0xfc } else { byte }).collect();
    let contents: [(&str, Vec<u8>); 7] = [
        ("empty", Vec::new()),
        ("UTF-16", utf16),
        ("UTF-16 with its mark", utf16_marked),
        ("Latin-1", latin1),
        ("cut", good().into_bytes()[..40].to_vec()),
        ("a list", b"[]".to_vec()),
        ("too large", [good().as_bytes(), &vec![b' '; 2 << 20]].concat()),
    ];
    for (name, content) in contents {
        all.push((name.to_owned(), Box::new(move |path| put(path, &content))));
    }
    all
}

#[test]
fn whatever_becomes_of_the_file_the_login_stays_on_and_nothing_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    put(&path, good().as_bytes());
    let mut daemon = Daemon::start(folder.path());
    for (damage, apply) in damages() {
        put(&path, good().as_bytes());
        within("the good file is in force", || (config_health(&daemon) == "ok").then_some(()));
        apply(&path);
        within(&format!("health tells that it is {damage}"), || (config_health(&daemon) == "degraded").then_some(()));
        assert_eq!(exchange(&daemon, "GET", "/api/status", "", b"").status, 401, "{damage}");
        assert_eq!(exchange(&daemon, "GET", "/api/config", "", b"").status, 401, "{damage}");
        assert_eq!(exchange(&daemon, "GET", "/api/status", &login(), b"").status, 200, "{damage}: the last good login");
        // The actor that owns the file answers, whatever it answers.
        let change = json!({"config": {"logLevel": "3"}}).to_string();
        exchange(&daemon, "POST", "/api/config?mode=merge", &login(), change.as_bytes());
        daemon.wait_for_line("the last good one stays in force");
    }
    drop(daemon);
    // Also over a restart.
    for odd in Odd::ALL {
        odd.put(&path);
        let daemon = Daemon::start(folder.path());
        assert_eq!(exchange(&daemon, "GET", "/api/status", "", b"").status, 401, "{odd:?}");
        assert_eq!(exchange(&daemon, "GET", "/api/status", &login(), b"").status, 200, "{odd:?}");
        assert_eq!(config_health(&daemon), "degraded", "{odd:?}");
    }
}

#[test]
fn comments_and_trailing_commas_are_read_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let text =
        "// how loud\n{\n  \"PrerequisitePart\": {\n    \"logLevel\": \"2\", // 1, 2 or 3\n  },\n  /* later */\n}\n";
    std::fs::write(&path, text).unwrap();
    let daemon = Daemon::start(folder.path());
    assert_eq!(config_health(&daemon), "ok");
    let change = json!({"config": {"logLevel": "3"}}).to_string();
    let answer = exchange(&daemon, "POST", "/api/config?mode=merge", "", change.as_bytes());
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text.replace("\"2\"", "\"3\""));
}

#[test]
fn what_is_written_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path());
    let change = json!({"config": {"AssetPath": "/x".repeat(1 << 20)}}).to_string();
    let answer = exchange(&daemon, "POST", "/api/config?mode=merge", "", change.as_bytes());
    assert!(answer.status == 413 || answer.status == 400, "{}", answer.head);
    assert_eq!(config_health(&daemon), "ok");
}

#[test]
fn the_unit_starts_wherever_the_daemon_does() {
    let unit = include_str!("../../systemd/posterizarrd.service");
    let lines: Vec<_> = unit.lines().filter(|line| !line.starts_with('#')).collect();
    let before: Vec<_> = lines.iter().filter(|line| line.starts_with("ExecStartPre=")).collect();
    assert!(
        before.iter().all(|line| line.starts_with("ExecStartPre=-")),
        "a finding must not keep it down: {before:?}"
    );
    assert!(lines.contains(&"StartLimitIntervalSec=0"), "a full disk may have room again at any time");
    assert!(lines.contains(&"OOMPolicy=continue") && lines.iter().any(|line| line.starts_with("MemoryMax=")));
}
