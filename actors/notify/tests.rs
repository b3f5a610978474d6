//! The Notifier with a receiver of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use super::*;
use crate::runtime::testing::Home;

use crate::runs::{Mode, RunId};
use crate::runtime::guard::testing::Crash;
use crate::runtime::guard::{ActorSystem, Handle};
use posterizarr_media::http::HttpSettings;

struct NotifierFixture {
    _folder: tempfile::TempDir,
    shared: Shared,
    actor_system: ActorSystem,
    notifier: Handle<Notifier>,
    called: Arc<Mutex<Vec<String>>>,
}

/// Takes every request, and writes down its path.
fn receiver() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let called = Arc::<Mutex<Vec<String>>>::default();
    let calls = called.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let text = whole_request(&mut stream);
            calls.lock().unwrap().push(text.split(' ').nth(1).unwrap_or_default().to_owned());
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, called)
}

/// Reads head and body: who closes a connection with something unread in it resets it.
fn whole_request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut part = [0; 4096];
    loop {
        let length = stream.read(&mut part).unwrap_or(0);
        read.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let head = text.find("\r\n\r\n").map(|end| end + 4);
        let body =
            text.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if length == 0 || head.is_some_and(|head| read.len() >= head + body.unwrap_or(0_usize)) {
            return text;
        }
    }
}

impl NotifierFixture {
    fn new() -> Self {
        let Home { folder, shared, actor_system } = Home::make();
        let (address, called) = receiver();
        let hooks = Hooks {
            on_success: vec![format!("{address}/{{run}}")],
            on_missed: vec![format!("{address}/missed")],
            ..Hooks::default()
        };
        let settings = NotifierSettings { hooks, ..NotifierSettings::default() };
        let (given, http) = (shared.clone(), HttpClient::new(&HttpSettings::default()));
        let notifier =
            actor_system.start(move || Notifier::new(given.clone(), Views::default(), settings.clone(), http.clone()));
        Self { _folder: folder, shared, actor_system, notifier, called }
    }

    fn run_succeeds(&self, run: u64) {
        let (mode, outcome) = (Mode::Normal, Outcome::Completed);
        self.shared.facts.publish(Fact::RunFinished { run: RunId(run), mode, outcome, seconds: 1.0 });
    }

    async fn is_called(&self, path: &str) {
        for _ in 0..3_000 {
            if self.called.lock().unwrap().iter().any(|called| called == path) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never called: {path}");
    }
}

impl Drop for NotifierFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

#[actix::test]
async fn after_crashes_each_run_is_told_once() {
    let fixture = NotifierFixture::new();
    fixture.notifier.send(crate::runtime::guard::Healthz).await.unwrap();
    for run in 1..=3 {
        fixture.run_succeeds(run);
        fixture.is_called(&format!("/{run}")).await;
        assert!(fixture.notifier.send(Crash).await.is_err());
        fixture.notifier.send(crate::runtime::guard::Healthz).await.unwrap();
    }
    fixture.run_succeeds(4);
    fixture.is_called("/4").await;
    fixture.notifier.send(Finish).await.unwrap();
    assert_eq!(*fixture.called.lock().unwrap(), ["/1", "/2", "/3", "/4"]);
}

#[actix::test]
async fn a_missed_run_calls_its_hook() {
    let fixture = NotifierFixture::new();
    fixture.notifier.send(crate::runtime::guard::Healthz).await.unwrap();
    let [schedule, due, reason] = ["03:00", "2026-05-01T03:00:00+00:00", "the daemon was off"].map(str::to_owned);
    fixture.shared.facts.publish(Fact::ScheduleMissed { schedule, due, reason, code: "too_late" });
    fixture.is_called("/missed").await;
}
