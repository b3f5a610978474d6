//! Logs cannot be steered by what strangers send, nor filled by it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::daemon::{BINARY, Daemon, command, within};

/// What turns text around, ends a line or steers a terminal.
const STEERING: [char; 8] =
    ['\u{202e}', '\u{2066}', '\u{2069}', '\u{200f}', '\u{9b}', '\u{1b}', '\u{2028}', '\u{feff}'];

fn send(daemon: &Daemon, bytes: &[u8]) {
    let mut connection = TcpStream::connect(daemon.url.trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(bytes).unwrap();
    // How the daemon answers, or whether, is its own affair.
    let _ = connection.read(&mut [0; 4096]);
}

#[actix_web::test]
async fn what_is_sent_can_neither_steer_a_log_nor_fill_it_with_errors() {
    let folder = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start_with(command(BINARY, folder.path()));
    let evil: String = STEERING.iter().collect();
    let webhook = json!({"eventType": format!("evil-{evil}-end"), "movie": {"title": format!("title-{evil}-end")}});
    let client = reqwest::Client::new();
    client.post(format!("{}/api/webhook/arr", daemon.url)).json(&webhook).send().await.unwrap();
    let line = json!({"level": "ERROR", "message": format!("browser-{evil}-end"), "timestamp": ""});
    client.post(format!("{}/api/logs/ui", daemon.url)).json(&line).send().await.unwrap();
    for _ in 0..20 {
        send(&daemon, b"\x16\x03\x01 this is not a HTTP\r\n\r\n");
        send(&daemon, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n");
    }
    daemon.signal(Signal::TERM);
    within("its end", || Some(daemon.ended()));
    let mut logs = daemon.log().join("\n");
    for file in std::fs::read_dir(folder.path().join("UILogs")).unwrap() {
        logs += &String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap());
    }
    assert!(logs.contains("browser-\\u{202e}"), "the line is told, harmless: {logs}");
    let steering: Vec<_> = logs.chars().filter(|letter| STEERING.contains(letter)).collect();
    assert!(steering.is_empty(), "{steering:?}");
    assert!(!logs.contains("dispatcher"), "malformed requests are no errors of ours: {logs}");
}
