//! Logins that end while a stream that was opened with them goes on, and browsers that share an address.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use posterizarrd::actors::library::assets::Freshness;
use posterizarrd::actors::runtime::events::Fact;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::api::harness::{Answer, TestApp, eventually};

const PATIENCE: Duration = Duration::from_secs(30);
const BASIC: (&str, &str) = ("authorization", "Basic YWRtaW46c2VjcmV0");

/// The routes that answer with a stream, of which each test opens all.
const STREAMS: [&str; 3] = ["/api/events", "/ws/logs", "/ws/events"];

type Header = (&'static str, String);

fn set_login(folder: &Path, enabled: bool, password: &str) {
    let web = json!({"basicAuthEnabled": enabled, "basicAuthUsername": "admin", "basicAuthPassword": password});
    std::fs::write(folder.join("config.json"), json!({ "WebUI": web }).to_string()).unwrap();
}

fn start(enabled: bool) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    set_login(folder.path(), enabled, "secret");
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    TestApp::start_in(folder, |_| {})
}

async fn with(app: &TestApp, method: Method, path: &str, header: &Header) -> Answer {
    app.send(method, path, |request| request.header(header.0, &header.1)).await
}

fn basic() -> Header {
    (BASIC.0, BASIC.1.to_owned())
}

/// Signs in as a browser that looks like every other one here, and gives its cookie.
async fn browser(app: &TestApp) -> Header {
    let answer = app.send(Method::GET, "/api/status", |request| {
        request.header(BASIC.0, BASIC.1).header("user-agent", "Mozilla/5.0 (the same everywhere)")
    });
    let answer = answer.await;
    assert_eq!(answer.status, 200);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    ("cookie", cookie)
}

/// A key that may read, with its id.
async fn key(app: &TestApp) -> (Header, String) {
    let body = json!({"name": "k", "scopes": ["read"]});
    let created = app.send(Method::POST, "/api/auth/keys", |request| request.header(BASIC.0, BASIC.1).json(&body));
    let created = created.await.json();
    (("x-api-key", created["key"].as_str().unwrap().to_owned()), created["id"].as_str().unwrap().to_owned())
}

/// All streams of one login.
struct Streams {
    events: Response,
    log: Socket,
    plugin: Socket,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn socket(app: &TestApp, target: &str, header: Option<&Header>) -> Socket {
    let address = format!("{}{target}", app.url.replace("http://", "ws://"));
    let mut request = address.into_client_request().unwrap();
    if let Some((name, value)) = header {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

/// Waits for a text with this in it.
async fn hears(socket: &mut Socket, mark: &str) {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) if text.contains(mark) => return,
            Message::Text(_) | Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Waits for the end of a socket, which says why.
async fn ends(mut socket: Socket, why: &str) {
    let reason = loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await;
        match message.unwrap_or_else(|_| panic!("the socket goes on: {why}")) {
            Some(Ok(Message::Close(reason))) => break reason,
            Some(Ok(Message::Ping(_) | Message::Text(_))) => {}
            other => panic!("{why}: {other:?}"),
        }
    };
    assert_eq!(reason.unwrap().code, CloseCode::Policy, "{why}");
}

impl Streams {
    async fn open(app: &TestApp, header: Option<&Header>) -> Self {
        let events = app.client.get(format!("{}{}", app.url, STREAMS[0]));
        let events = header.iter().fold(events, |request, (name, value)| request.header(*name, value));
        let events = events.send().await.unwrap();
        assert_eq!(events.status(), 200);
        let log = socket(app, &format!("{}?log_file=a.log", STREAMS[1]), header).await;
        // The first look at a library makes nothing in it new.
        app.state.views.assets.wait_for(|view| view.assets_state.knowledge == Freshness::Current).await;
        let mut plugin = socket(app, STREAMS[2], header).await;
        hears(&mut plugin, "connected").await;
        Self { events, log, plugin }
    }

    /// All still give what happens.
    async fn go_on(&mut self, app: &TestApp, mark: &str) {
        app.state.shared.facts.publish(Fact::QueueChanged { waiting: mark.len() });
        let mut seen = String::new();
        while !seen.contains("queue_changed") {
            let piece = tokio::time::timeout(PATIENCE, self.events.chunk()).await.unwrap().unwrap();
            seen += &String::from_utf8_lossy(&piece.expect("the stream goes on"));
        }
        std::fs::create_dir_all(app.path().join("Logs")).unwrap();
        let path = app.path().join("Logs/a.log");
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, format!("{before}{mark}\n")).unwrap();
        hears(&mut self.log, mark).await;
        std::fs::write(app.path().join(format!("assets/{mark}.jpg")), "picture").unwrap();
        hears(&mut self.plugin, mark).await;
    }

    /// All end by themselves, in order, and give nothing more.
    async fn end(self, why: &str) {
        ends(self.log, why).await;
        ends(self.plugin, why).await;
        let rest = tokio::time::timeout(PATIENCE, self.events.bytes()).await;
        rest.unwrap_or_else(|_| panic!("the events go on: {why}")).unwrap();
    }
}

#[test]
fn there_are_no_other_streams_than_those_that_are_tried_here() {
    let document = serde_json::to_value(posterizarrd::http::app::document()).unwrap();
    let is_stream = |item: &Value| {
        let answers = &item["get"]["responses"];
        answers["101"].is_object() || answers["200"]["content"]["text/event-stream"].is_object()
    };
    let paths = document["paths"].as_object().unwrap();
    let found: BTreeSet<_> = paths.iter().filter(|(_, item)| is_stream(item)).map(|(path, _)| path.as_str()).collect();
    assert_eq!(found, BTreeSet::from(STREAMS));
}

#[actix_web::test]
async fn a_logout_ends_the_streams_of_its_session_and_of_no_other() {
    let app = start(true);
    let (one, other) = (browser(&app).await, browser(&app).await);
    assert_ne!(one, other, "two browsers that look alike are two");
    let (ended, mut going_on) = (Streams::open(&app, Some(&one)).await, Streams::open(&app, Some(&other)).await);
    assert_eq!(with(&app, Method::POST, "/api/auth/logout", &one).await.status, 200);
    ended.end("logged out").await;
    going_on.go_on(&app, "still").await;
    assert_eq!(with(&app, Method::GET, "/api/status", &one).await.status, 401);
    assert_eq!(with(&app, Method::GET, "/api/status", &other).await.status, 200);
}

#[actix_web::test]
async fn a_new_password_ends_the_streams_of_sessions_and_passwords_and_not_of_keys() {
    let app = start(true);
    let session = Streams::open(&app, Some(&browser(&app).await)).await;
    let password = Streams::open(&app, Some(&basic())).await;
    let mut keyed = Streams::open(&app, Some(&key(&app).await.0)).await;
    set_login(app.path(), true, "changed");
    session.end("the password changed").await;
    password.end("the password changed").await;
    keyed.go_on(&app, "still").await;
}

#[actix_web::test]
async fn a_deleted_key_ends_its_streams() {
    let app = start(true);
    let ((one, id), (other, _)) = (key(&app).await, key(&app).await);
    let (ended, mut going_on) = (Streams::open(&app, Some(&one)).await, Streams::open(&app, Some(&other)).await);
    assert_eq!(with(&app, Method::DELETE, &format!("/api/auth/keys/{id}"), &basic()).await.status, 200);
    ended.end("the key is deleted").await;
    going_on.go_on(&app, "still").await;
}

#[actix_web::test]
async fn a_login_that_is_turned_on_ends_the_streams_that_needed_none() {
    let app = start(false);
    let mut streams = Streams::open(&app, None).await;
    streams.go_on(&app, "open").await;
    set_login(app.path(), true, "secret");
    streams.end("a login is needed now").await;
}

#[actix_web::test]
async fn a_login_that_turns_odd_ends_the_streams_that_needed_none() {
    let app = start(false);
    let streams = Streams::open(&app, None).await;
    std::fs::write(app.path().join("config.json"), r#"{"WebUI": {"basicAuthEnabled": "ture"}}"#).unwrap();
    streams.end("nobody knows whether a login is needed").await;
}

#[actix_web::test]
async fn a_program_that_keeps_no_cookies_does_not_push_out_a_browser() {
    let app = start(true);
    let browser = browser(&app).await;
    let mut cookies = BTreeSet::new();
    for _ in 0..150 {
        let answer = with(&app, Method::GET, "/api/status", &basic()).await;
        cookies.insert(answer.headers["set-cookie"].to_str().unwrap().to_owned());
    }
    assert!(cookies.len() <= 5, "{} sessions of one program", cookies.len());
    assert_eq!(with(&app, Method::GET, "/api/status", &browser).await.status, 200);
}

#[actix_web::test]
async fn two_daemons_on_one_host_do_not_sign_each_other_out() {
    let (one, other) = (start(true), start(true));
    let (first, second) = (browser(&one).await, browser(&other).await);
    let name = |cookie: &Header| cookie.1.split('=').next().unwrap().to_owned();
    assert_ne!(name(&first), name(&second));
    let both = ("cookie", format!("{}; {}", first.1, second.1));
    for app in [&one, &other] {
        assert_eq!(with(app, Method::GET, "/api/status", &both).await.status, 200);
    }
    let gone = with(&one, Method::POST, "/api/auth/logout", &both).await;
    assert!(gone.headers["set-cookie"].to_str().unwrap().starts_with(&format!("{}=;", name(&first))));
    assert_eq!(with(&other, Method::GET, "/api/status", &both).await.status, 200);
}

#[actix_web::test]
async fn a_cookie_under_the_earlier_name_still_opens_its_session() {
    let app = start(true);
    let value = browser(&app).await.1.split_once('=').unwrap().1.to_owned();
    let earlier = ("cookie", format!("posterizarrd_session={value}"));
    assert_eq!(with(&app, Method::GET, "/api/status", &earlier).await.status, 200);
    let foreign = ("cookie", "posterizarrd_session=another-daemons".to_owned());
    assert_eq!(with(&app, Method::GET, "/api/status", &foreign).await.status, 401);
    let signed_in =
        app.send(Method::GET, "/api/status", |request| request.header(BASIC.0, BASIC.1).header(foreign.0, &foreign.1));
    assert_eq!(signed_in.await.status, 200, "an old cookie is no hindrance");
    assert_eq!(with(&app, Method::POST, "/api/auth/logout", &earlier).await.status, 200);
    assert_eq!(with(&app, Method::GET, "/api/status", &earlier).await.status, 401);
}

#[actix_web::test]
async fn the_owners_socket_is_not_concerned() {
    let app = start(true);
    let client = reqwest::Client::builder().unix_socket(app.state.shared.data.socket()).build().unwrap();
    let mut events = client.get("http://localhost/api/events").send().await.unwrap();
    set_login(app.path(), true, "changed");
    eventually("the password is changed", async || {
        let changed = ("authorization", "Basic YWRtaW46Y2hhbmdlZA==".to_owned());
        (with(&app, Method::GET, "/api/status", &changed).await.status == 200).then_some(())
    })
    .await;
    app.state.shared.facts.publish(Fact::QueueChanged { waiting: 1 });
    let mut seen = String::new();
    while !seen.contains("queue_changed") {
        let piece = tokio::time::timeout(PATIENCE, events.chunk()).await.unwrap().unwrap();
        seen += &String::from_utf8_lossy(&piece.expect("the stream goes on"));
    }
}
