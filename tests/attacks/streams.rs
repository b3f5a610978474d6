//! Streams through whatever stands between a browser and the daemon: whoever waits must be able to tell silence from a
//! connection that does not get through.
//!
//! The routes are taken from the API's own description, so that a new stream is covered without being named here.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Response;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::api::harness::TestApp;

/// Generous, for a machine that has much else to do; the heartbeats themselves are 4 seconds apart.
const PATIENCE: Duration = Duration::from_secs(60);

/// The paths of all GET routes that answer with this content type, or with this status.
async fn routes(app: &TestApp, fits: impl Fn(&str, &Value) -> bool) -> Vec<String> {
    let document = app.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let streams = |operation: &Value| {
        operation["responses"].as_object().is_some_and(|all| all.iter().any(|(status, answer)| fits(status, answer)))
    };
    let found: Vec<_> = paths.iter().filter(|(_, path)| streams(&path["get"])).map(|(path, _)| path.clone()).collect();
    assert!(!found.is_empty());
    found
}

async fn event_streams(app: &TestApp) -> Vec<String> {
    routes(app, |_, answer| answer["content"].get("text/event-stream").is_some()).await
}

/// Reads until this text came.
async fn read_until(response: &mut Response, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let piece = tokio::time::timeout(PATIENCE, response.chunk()).await;
        let piece = piece.unwrap_or_else(|_| panic!("no {wanted:?} in time, only {text:?}"));
        text.push_str(&String::from_utf8_lossy(&piece.unwrap().expect("the stream goes on")));
    }
    text
}

#[actix_web::test]
async fn every_event_stream_sends_something_at_once_and_beats_while_nothing_happens() {
    let app = TestApp::start();
    for path in event_streams(&app).await {
        for query in ["", "?types=heartbeat", "?types=run_started,heartbeat", "?types=run_started"] {
            let mut response = app.client.get(format!("{}{path}{query}", app.url)).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}{query}");
            let beat = if query.contains("heartbeat") { "event: heartbeat\ndata: " } else { ": heartbeat\n" };
            read_until(&mut response, if query.contains("heartbeat") { beat } else { ":" }).await;
            read_until(&mut response, beat).await;
        }
    }
}

#[actix_web::test]
async fn every_event_stream_asks_proxies_not_to_hold_it_back() {
    let app = TestApp::start();
    for path in event_streams(&app).await {
        let request = app.client.get(format!("{}{path}", app.url)).header("accept-encoding", "gzip, br, zstd");
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("x-accel-buffering").as_deref(), Some("no"), "{path}");
        assert!(header("cache-control").is_some_and(|value| value.contains("no-cache")), "{path}");
        assert!(
            header("content-encoding").is_none_or(|encoding| encoding == "identity"),
            "{path}: nothing compresses it"
        );
        assert_eq!(header("content-length"), None, "{path}");
    }
}

#[actix_web::test]
async fn every_socket_beats_for_those_who_ask_and_stays_as_it_was_for_others() {
    let app = TestApp::start();
    for path in routes(&app, |status, _| status == "101").await {
        let url = format!("{}{path}", app.url.replace("http://", "ws://"));
        let (mut socket, _) = tokio_tungstenite::connect_async(format!("{url}?heartbeat=true")).await.unwrap();
        for _ in 0..2 {
            let message = tokio::time::timeout(PATIENCE, async {
                loop {
                    match socket.next().await.expect("an open socket").unwrap() {
                        Message::Text(text) if text.contains("heartbeat") => return text.to_string(),
                        _ => {}
                    }
                }
            });
            assert_eq!(message.await.expect("a heartbeat in time"), r#"{"type":"heartbeat"}"#);
        }
        let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        let later = Duration::from_secs(6);
        while let Ok(message) = tokio::time::timeout(later, socket.next()).await {
            let text = message.expect("an open socket").unwrap().into_text().unwrap_or_default();
            assert!(!text.contains("heartbeat"), "nobody asked for it");
        }
    }
}
