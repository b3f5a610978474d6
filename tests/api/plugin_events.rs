//! The plugins of Jellyfin and Emby, as they ask.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::harness::TestApp;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const PATIENCE: Duration = Duration::from_secs(120);

async fn app() -> (TestApp, String) {
    let folder = tempfile::tempdir().unwrap();
    let config =
        json!({"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    std::fs::create_dir_all(folder.path().join("assets/TV/Dark (2017)")).unwrap();
    std::fs::write(folder.path().join("assets/TV/Dark (2017)/poster.jpg"), "old").unwrap();
    let app = TestApp::start_in(folder, |_| {});
    let body = json!({"name": "Jellyfin", "scopes": ["read"]});
    let made =
        app.send(Method::POST, "/api/auth/keys", |request| request.basic_auth("admin", Some("secret")).json(&body));
    let key = made.await.json()["key"].as_str().unwrap().to_owned();
    (app, key)
}

async fn connect(app: &TestApp, name: &'static str, value: &str) -> Result<Socket, u16> {
    let mut request = format!("{}/ws/events", app.url.replace("http://", "ws://")).into_client_request().unwrap();
    request.headers_mut().insert(name, value.parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// The next event that is no ping.
async fn event(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a message in time");
        if let Message::Text(text) = message.expect("an open socket").unwrap() {
            let event: Value = serde_json::from_str(&text).unwrap();
            if event["event"] != "ping" {
                return event;
            }
        }
    }
}

#[actix_web::test]
async fn a_settings_page_learns_that_the_socket_is_there_with_its_key_in_a_header_only() {
    let (app, key) = app().await;
    let bearer = format!("Bearer {key}");
    for (name, value) in [("x-api-key", key.as_str()), ("authorization", bearer.as_str())] {
        let answer = app.send(Method::GET, "/ws/events", |request| request.header(name, value)).await;
        let expected = json!({"status": "online", "websocket": true, "endpoint": "/ws/events", "version": "2.0", "authenticated": true});
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    }
    assert_eq!(app.get("/ws/events").await.status, 401);
    for name in ["api_key", "secret"] {
        let answer = app.get(&format!("/ws/events?{name}={key}")).await;
        assert_eq!(answer.status, 400, "a key in an address ends up in logs: {}", answer.text());
    }
    assert_eq!(connect(&app, "x-api-key", "wrong").await.err(), Some(401));
}

#[actix_web::test]
async fn a_new_picture_is_told_at_once_and_what_was_there_is_not() {
    let (app, key) = app().await;
    app.state.views.assets.wait_for(|view| view.assets.totals().files() == 1).await;
    let mut socket = connect(&app, "x-api-key", &key).await.unwrap();
    assert_eq!(event(&mut socket).await, json!({"event": "connected"}));
    socket.send(Message::text("pong")).await.unwrap();
    std::fs::write(app.path().join("assets/TV/Dark (2017)/S01E02.jpg"), "new").unwrap();
    let told = event(&mut socket).await;
    assert_eq!(
        (&told["event"], &told["relative_path"]),
        (&json!("asset_updated"), &json!("TV/Dark (2017)/S01E02.jpg"))
    );
    assert_eq!((&told["libraryName"], &told["folderName"]), (&json!("TV"), &json!("Dark (2017)")));
    assert_eq!((&told["season_number"], &told["episodeNumber"]), (&json!(1), &json!(2)));
    std::fs::write(app.path().join("assets/TV/Dark (2017)/poster.jpg"), "another one").unwrap();
    let told = event(&mut socket).await;
    assert_eq!((&told["relativePath"], &told["asset_type"]), (&json!("TV/Dark (2017)/poster.jpg"), &json!("poster")));
}
