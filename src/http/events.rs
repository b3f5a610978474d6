//! `GET /api/events`: what happens, as server-sent events.
//!
//! Each fact is one event: `id` its place in the stream, `event` its type, `data` the fact as JSON. A client that comes
//! back names the last id it saw (`Last-Event-ID`, which browsers send by themselves) and gets what it missed. Where that
//! is no longer known, or the client was too slow, it gets `resync` and must read the state anew.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream;
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use super::logs::{Parameters, parameter};
use crate::actors::events::{Event, Facts};

/// A comment is sent after this long without an event, so that nobody takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Sent at once, so that the client knows it is connected, and how long to wait before it comes back.
const GREETING: &str = ": connected\nretry: 2000\n\n";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(events);
}

/// Streams what happens.
#[utoipa::path(
    tag = "events",
    params(
        ("types" = Option<String>, Query, description = "only these types, separated by commas, such as run_started,progress"),
        ("last_event_id" = Option<u64>, Query, description = "the last event seen, where the header cannot be set"),
        ("Last-Event-ID" = Option<u64>, Header, description = "the last event seen"),
    ),
    responses((status = 200, content_type = "text/event-stream", body = String)),
)]
#[get("/api/events")]
async fn events(state: State, request: HttpRequest, query: Parameters) -> HttpResponse {
    let header = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let last = header.or(parameter(&query, "last_event_id")).and_then(|id| id.trim().parse().ok());
    let types = parameter(&query, "types").filter(|types| !types.trim().is_empty());
    let types = types.map(|types| types.split(',').map(|name| name.trim().to_owned()).collect());
    let feed = Feed::new(&state.commons.facts, last, types, state.stopping.clone());
    let counted = state.metrics.listener("events");
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("x-accel-buffering", "no"))
        // Named, so that nothing on the way compresses and thereby holds back events.
        .insert_header(ContentEncoding::Identity)
        .streaming(stream::unfold((feed, counted), async |(mut feed, counted)| {
            let piece = feed.next().await?;
            Some((Ok::<_, Infallible>(piece), (feed, counted)))
        }))
}

/// The stream of one client.
struct Feed {
    ready: VecDeque<Bytes>,
    live: Receiver<Arc<Event>>,
    types: Option<Vec<String>>,
    stopping: watch::Receiver<bool>,
    quiet_until: Instant,
}

impl Feed {
    fn new(facts: &Facts, last: Option<u64>, types: Option<Vec<String>>, stopping: watch::Receiver<bool>) -> Self {
        let listening = facts.listen(last);
        let mut feed = Self {
            ready: VecDeque::from([Bytes::from_static(GREETING.as_bytes())]),
            live: listening.live,
            types,
            stopping,
            quiet_until: Instant::now() + HEARTBEAT,
        };
        if listening.gap {
            feed.ready.push_back(resync());
        }
        feed.ready.extend(listening.missed.iter().filter_map(|event| message(event, feed.types.as_deref())));
        feed
    }

    /// What is to be sent next; none once the daemon stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                self.quiet_until = Instant::now() + HEARTBEAT;
                return Some(piece);
            }
            tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                event = self.live.recv() => match event {
                    Ok(event) => self.ready.extend(message(&event, self.types.as_deref())),
                    Err(RecvError::Lagged(_)) => self.ready.push_back(resync()),
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(self.quiet_until) => self.ready.push_back(Bytes::from_static(b": heartbeat\n\n")),
            }
        }
    }
}

/// An event as it is sent, if its type is wanted.
fn message(event: &Event, types: Option<&[String]>) -> Option<Bytes> {
    let data = serde_json::to_value(event).ok()?;
    let name = data.get("type").and_then(Value::as_str)?;
    if types.is_some_and(|types| !types.iter().any(|wanted| wanted == name)) {
        return None;
    }
    Some(Bytes::from(format!("id: {}\nevent: {name}\ndata: {data}\n\n", event.id)))
}

fn resync() -> Bytes {
    Bytes::from_static(b"event: resync\ndata: {\"type\":\"resync\"}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::events::{Fact, REMEMBERED};

    fn feed(facts: &Facts, last: Option<u64>, types: Option<&str>) -> (Feed, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        let types = types.map(|types| types.split(',').map(str::to_owned).collect());
        (Feed::new(facts, last, types, stopping), stop)
    }

    async fn next(feed: &mut Feed) -> String {
        String::from_utf8(feed.next().await.expect("the stream goes on").to_vec()).unwrap()
    }

    fn queue(waiting: usize) -> Fact {
        Fact::QueueChanged { waiting }
    }

    #[tokio::test]
    async fn facts_are_sent_in_order_with_id_type_and_data() {
        let facts = Facts::new();
        let (mut feed, _stop) = feed(&facts, None, None);
        facts.publish(queue(3));
        assert_eq!(next(&mut feed).await, GREETING);
        let sent = next(&mut feed).await;
        let mut lines = sent.lines();
        let id: u64 = lines.next().unwrap().strip_prefix("id: ").unwrap().parse().unwrap();
        assert_eq!(lines.next(), Some("event: queue_changed"));
        let data: Value = serde_json::from_str(lines.next().unwrap().strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(
            (data["id"].as_u64(), data["waiting"].as_u64(), data["type"].as_str()),
            (Some(id), Some(3), Some("queue_changed"))
        );
        assert_eq!(lines.next(), Some(""));
    }

    #[tokio::test]
    async fn a_client_that_comes_back_gets_what_it_missed_and_is_told_of_a_gap() {
        let facts = Facts::new();
        (0..3).for_each(|n| facts.publish(queue(n)));
        let second = facts.listen(Some(0)).missed[1].id;
        let (mut resumed, _stop) = feed(&facts, Some(second), None);
        next(&mut resumed).await;
        assert!(next(&mut resumed).await.contains("\"waiting\":2"));
        let (mut stranger, _stop) = feed(&facts, Some(1), None);
        next(&mut stranger).await;
        assert!(next(&mut stranger).await.starts_with("event: resync\n"));
        assert!(next(&mut stranger).await.contains("\"waiting\":0"));
    }

    #[tokio::test]
    async fn only_the_wanted_types_are_sent() {
        let facts = Facts::new();
        let (mut feed, _stop) = feed(&facts, None, Some("config_changed,progress"));
        facts.publish(queue(1));
        facts.publish(Fact::ConfigChanged { generation: 1 });
        next(&mut feed).await;
        assert!(next(&mut feed).await.contains("event: config_changed\n"));
    }

    #[tokio::test]
    async fn a_client_that_is_too_slow_is_told_to_read_anew() {
        let facts = Facts::new();
        let (mut feed, _stop) = feed(&facts, None, None);
        (0..=REMEMBERED).for_each(|n| facts.publish(queue(n)));
        next(&mut feed).await;
        assert!(next(&mut feed).await.starts_with("event: resync\n"));
        assert!(next(&mut feed).await.contains("\"waiting\":1"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_beats_and_ends_when_the_daemon_stops() {
        let facts = Facts::new();
        let (mut feed, stop) = feed(&facts, None, None);
        next(&mut feed).await;
        let began = Instant::now();
        assert_eq!(next(&mut feed).await, ": heartbeat\n\n");
        assert_eq!(next(&mut feed).await, ": heartbeat\n\n");
        assert_eq!(began.elapsed(), 2 * HEARTBEAT);
        stop.send_replace(true);
        assert_eq!(feed.next().await, None);
    }
}
