use std::io::Write;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use posterizarrd::actors::runs::{CurrentRun, Mode, RunId, RunView, Trigger};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::harness::{TestApp, eventually};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const PATIENCE: Duration = Duration::from_secs(60);

async fn connect(app: &TestApp, query: &str) -> Socket {
    let url = format!("{}/ws/logs{query}", app.url.replace("http://", "ws://"));
    tokio_tungstenite::connect_async(url).await.unwrap().0
}

fn append(app: &TestApp, path: &str, text: &str) {
    let path = app.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

async fn message(socket: &mut Socket) -> Message {
    tokio::time::timeout(PATIENCE, socket.next()).await.expect("a message in time").expect("an open socket").unwrap()
}

/// The next text frame; pings are answered by the client itself.
async fn text(socket: &mut Socket) -> String {
    loop {
        match message(socket).await {
            Message::Text(text) => return text.to_string(),
            Message::Ping(_) => {}
            other => panic!("expected text, got {other:?}"),
        }
    }
}

async fn frame(socket: &mut Socket) -> Value {
    serde_json::from_str(&text(socket).await).unwrap()
}

fn log(content: &str) -> Value {
    json!({"type": "log", "content": content})
}

fn run(app: &TestApp, mode: Option<Mode>) {
    let current = mode.map(|mode| CurrentRun {
        id: RunId(1),
        mode,
        trigger: Trigger::Api,
        title: None,
        native: false,
        dry_run: false,
        pid: Some(1),
        started: chrono::Utc::now(),
        job: None,
        memory_bytes: 0,
        cpu_percent: 0.0,
        adopted: false,
        ending: None,
    });
    app.state.views.runs.publish(RunView { current, ..RunView::default() });
}

#[actix_web::test]
async fn the_last_hundred_lines_come_first_then_new_ones_in_escaped_ascii() {
    let app = TestApp::start();
    let lines: String = (0..150).map(|n| format!("  line {n} \r\n\n")).collect();
    append(&app, "Logs/Scriptlog.log", &(lines + "=====\n"));
    let mut socket = connect(&app, "").await;
    for n in 51..150 {
        assert_eq!(frame(&mut socket).await, log(&format!("line {n}")));
    }
    assert_eq!(text(&mut socket).await, r#"{"type":"log","content":"====="}"#, "rulers are not left out here");
    append(&app, "Logs/Scriptlog.log", "größer 🎬\n");
    assert_eq!(text(&mut socket).await, r#"{"type":"log","content":"gr\u00f6\u00dfer \ud83c\udfac"}"#);
}

#[actix_web::test]
async fn a_client_that_came_before_the_log_sees_it_through_rotation() {
    let app = TestApp::start();
    let mut socket = connect(&app, "?log_file=Manuallog.log").await;
    std::fs::create_dir(app.path().join("RotatedLogs")).unwrap();
    for n in 0..3 {
        std::fs::rename(app.path().join("Logs"), app.path().join(format!("RotatedLogs/{n}"))).unwrap();
        append(&app, "Logs/Manuallog.log", &format!("run {n}\n"));
        assert_eq!(frame(&mut socket).await, log(&format!("run {n}")));
    }
}

#[actix_web::test]
async fn a_client_of_the_script_log_follows_the_mode_and_one_of_another_log_does_not() {
    let app = TestApp::start();
    append(&app, "Logs/Testinglog.log", "from before\n");
    append(&app, "Logs/Scriptlog.log", "script\n");
    let mut follows = connect(&app, "?log_file=x&log_file=Scriptlog.log").await;
    let mut stays = connect(&app, "?log_file=Manuallog.log").await;
    assert_eq!(frame(&mut follows).await, log("script"));
    run(&app, Some(Mode::Backup));
    run(&app, Some(Mode::Testing));
    let changed = json!({"type": "log_file_changed", "log_file": "Testinglog.log", "mode": "testing"});
    assert_eq!(frame(&mut follows).await, changed);
    append(&app, "Logs/Testinglog.log", "new\n");
    assert_eq!(frame(&mut follows).await, log("new"), "what was there is not sent");
    run(&app, None);
    append(&app, "Logs/Testinglog.log", "still\n");
    assert_eq!(frame(&mut follows).await, log("still"));
    run(&app, Some(Mode::Normal));
    let changed = json!({"type": "log_file_changed", "log_file": "Scriptlog.log", "mode": "normal"});
    assert_eq!(frame(&mut follows).await, changed);
    append(&app, "Logs/Manuallog.log", "manual\n");
    assert_eq!(frame(&mut stays).await, log("manual"));
}

#[actix_web::test]
async fn a_client_that_connects_during_a_run_is_not_switched() {
    let app = TestApp::start();
    run(&app, Some(Mode::Testing));
    let mut socket = connect(&app, "").await;
    append(&app, "Logs/Testinglog.log", "not for it\n");
    append(&app, "Logs/Scriptlog.log", "for it\n");
    assert_eq!(frame(&mut socket).await, log("for it"));
}

#[actix_web::test]
async fn a_log_that_may_not_be_read_is_an_error_and_the_end() {
    let app = TestApp::start();
    append(&app, "config.json", "secret\n");
    for file in ["", "../config.json", "%2Fetc%2Fpasswd", "..%5Cconfig.json", ".."] {
        let mut socket = connect(&app, &format!("?log_file={file}")).await;
        let error = frame(&mut socket).await;
        assert_eq!(error["type"], "error", "{file:?}");
        assert!(error["message"].as_str().unwrap().starts_with("WebSocket error: "));
        let Message::Close(Some(reason)) = message(&mut socket).await else { panic!("no close frame for {file:?}") };
        assert_eq!(reason.code, CloseCode::Policy);
    }
}

#[actix_web::test]
async fn a_closed_client_is_noticed_at_once() {
    let app = TestApp::start();
    let mut polite = connect(&app, "?log_file=a.log").await;
    let rude = connect(&app, "?log_file=b.log").await;
    let subscribed = async |name: &str| app.state.views.logs.get().followed.contains(name);
    eventually("both subscribed", async || (subscribed("a.log").await && subscribed("b.log").await).then_some(()))
        .await;
    polite.send(Message::text("ignored")).await.unwrap();
    polite.close(None).await.unwrap();
    assert!(matches!(message(&mut polite).await, Message::Close(_)));
    drop(rude);
    let gone = Instant::now();
    eventually("both forgotten", async || (!subscribed("a.log").await && !subscribed("b.log").await).then_some(()))
        .await;
    assert!(gone.elapsed() < Duration::from_secs(5));
}

#[actix_web::test]
async fn a_plain_request_is_told_that_this_is_a_websocket() {
    let app = TestApp::start();
    let answer = app.get("/ws/logs").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["code"], "invalid_request");
}

#[actix_web::test]
async fn clients_of_quiet_logs_are_sent_away_when_the_daemon_stops() {
    let app = TestApp::start();
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(connect(&app, "").await);
    }
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(app.client.get(format!("{}/api/events", app.url)).send().await.unwrap());
    }
    let running = app.stop();
    for mut socket in sockets {
        let Message::Close(Some(reason)) = message(&mut socket).await else { panic!("no close frame") };
        assert_eq!(reason.code, CloseCode::Away);
    }
    for stream in streams {
        // An error if it were cut off rather than ended.
        tokio::time::timeout(PATIENCE, stream.bytes()).await.unwrap().unwrap();
    }
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
}
