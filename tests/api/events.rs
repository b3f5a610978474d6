use std::time::Duration;

use posterizarrd::actors::runtime::events::Fact;
use reqwest::Response;

use super::harness::TestApp;

async fn open(app: &TestApp, path: &str, last: Option<u64>) -> Response {
    let mut request = app.client.get(format!("{}{path}", app.url)).header("accept-encoding", "gzip, br");
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    request.send().await.unwrap()
}

/// Reads until so many events have come; gives their `id` and `event` lines.
async fn events(mut response: Response, count: usize) -> Vec<(u64, String)> {
    let mut text = String::new();
    while text.matches("\ndata: ").count() < count {
        let piece = tokio::time::timeout(Duration::from_secs(30), response.chunk()).await.expect("an event in time");
        text.push_str(std::str::from_utf8(&piece.unwrap().expect("the stream goes on")).unwrap());
    }
    let field =
        |block: &str, name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let blocks = text.split("\n\n").filter(|block| block.contains("\ndata: "));
    blocks.map(|block| (field(block, "id: ").parse().unwrap_or(0), field(block, "event: "))).collect()
}

#[actix_web::test]
async fn events_come_as_they_happen_and_resume_after_the_last_one_seen() {
    let app = TestApp::start();
    let response = open(&app, "/api/events?types=queue_changed,config_changed", None).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-cache");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(response.headers()["content-encoding"], "identity");
    let facts = &app.state.shared.facts;
    facts.publish(Fact::QueueChanged { waiting: 1 });
    facts.publish(Fact::ActorRestarted { actor: "nobody" });
    facts.publish(Fact::ConfigChanged { generation: 1 });
    let seen = events(response, 2).await;
    assert_eq!(seen.iter().map(|(_, event)| event.as_str()).collect::<Vec<_>>(), ["queue_changed", "config_changed"]);
    let resumed = events(open(&app, "/api/events", Some(seen[0].0)).await, 2).await;
    assert_eq!(resumed[0].1, "actor_restarted");
    assert_eq!(resumed[1], seen[1]);
    let by_query = open(&app, &format!("/api/events?last_event_id={}", seen[0].0), None).await;
    assert_eq!(events(by_query, 2).await, resumed);
    let stranger = events(open(&app, "/api/events", Some(1)).await, 1).await;
    assert_eq!(stranger[0].1, "resync");
}

#[actix_web::test]
async fn a_head_request_of_the_stream_ends() {
    let app = TestApp::start();
    for _ in 0..3 {
        let answer = app.send(reqwest::Method::HEAD, "/api/events", |request| request).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.is_empty());
    }
    assert_eq!(app.get("/api").await.status, 200);
}
