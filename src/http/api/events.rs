//! `GET /api/events`: what happens, as server-sent events.
//!
//! Each fact is one event: `id` its place in the stream, `event` its type, `data` the fact as JSON. A client that comes
//! back names the last id it saw (`Last-Event-ID`, which browsers send by themselves) and gets what it missed. Where that
//! is no longer known, or the client was too slow, it gets `resync` and must read the state anew.
//!
//! A stream that is quiet beats. Scripts in browsers do not see comments, so a client that must know whether the stream gets
//! through (a proxy may hold it back without an error) names `heartbeat` among its types: it then gets an event of that
//! type at once, and one with each beat.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::runtime::events::{Event, Facts};
use crate::http::State;
use crate::http::auth::{Principal, StreamLogin};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};

/// A heartbeat is sent after this long without an event, so that nobody takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// The type that a client names to get heartbeats as events.
const BEATS: &str = "heartbeat";
/// Sent at once, so that the client knows it is connected, and how long to wait before it comes back.
const GREETING: &str = ": connected\nretry: 2000\n\n";
const BEAT_COMMENT: &[u8] = b": heartbeat\n\n";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(events);
}

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Only these types, separated by commas, such as `run_started,progress`; with `heartbeat` also an event at once and every 4
    /// seconds of quiet.
    types: Option<String>,
    /// The last event seen, where the header cannot be set.
    last_event_id: Option<u64>,
}

impl FromQuery for EventsQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        // A number that is none means a client that has seen nothing, as in the header.
        let last = parameters.text("last_event_id").and_then(|id| id.trim().parse().ok());
        Self { types: parameters.filled("types"), last_event_id: last }
    }
}

/// Streams events as they happen.
#[utoipa::path(
    tag = "events",
    params(
        EventsQuery,
        ("Last-Event-ID" = Option<u64>, Header, description = "the last event seen"),
    ),
    responses((status = 200, content_type = "text/event-stream", body = Message)),
)]
#[get("/api/events")]
async fn events(state: State, request: HttpRequest, principal: Principal, asked: Query<EventsQuery>) -> HttpResponse {
    let Query(EventsQuery { types, last_event_id }) = asked;
    let header = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let last = header.and_then(|id| id.trim().parse().ok()).or(last_event_id);
    let types = types.filter(|types| !types.trim().is_empty());
    let types = types.map(|types| types.split(',').map(|name| name.trim().to_owned()).collect());
    let login = StreamLogin::new(principal, &state.views);
    let feed = Feed::new(&state.shared.facts, last, types, login, state.stopping.clone());
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

/// The `data` of an event of the stream.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = StreamMessage)]
enum Message<'a> {
    /// Something happened.
    Fact(&'a Event),
    /// About the stream itself.
    Note(Note),
}

/// About the stream itself; no place in it, so without an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = StreamNote)]
enum Note {
    /// Events were missed: read the state again.
    Resync,
    /// The stream gets through.
    Heartbeat,
}

/// The stream of one client.
struct Feed {
    ready: VecDeque<Bytes>,
    live: Receiver<Arc<Event>>,
    types: Option<Vec<String>>,
    login: StreamLogin,
    stopping: watch::Receiver<bool>,
    quiet_until: Instant,
}

impl Feed {
    fn new(
        facts: &Facts,
        last: Option<u64>,
        types: Option<Vec<String>>,
        login: StreamLogin,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let listening = facts.listen(last);
        let mut feed = Self {
            ready: VecDeque::from([Bytes::from_static(GREETING.as_bytes())]),
            live: listening.live,
            types,
            login,
            stopping,
            quiet_until: Instant::now() + HEARTBEAT,
        };
        if feed.beats() {
            feed.ready.extend(sent(Message::Note(Note::Heartbeat), None));
        }
        if listening.gap {
            feed.ready.extend(sent(Message::Note(Note::Resync), None));
        }
        feed.ready
            .extend(listening.missed.iter().filter_map(|event| sent(Message::Fact(event), feed.types.as_deref())));
        feed
    }

    /// Whether heartbeats are events.
    fn beats(&self) -> bool {
        self.types.as_ref().is_some_and(|types| types.iter().any(|wanted| wanted == BEATS))
    }

    /// What is to be sent next; none once the daemon stops or the login is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.login.is_over() {
                return None;
            }
            if let Some(piece) = self.ready.pop_front() {
                self.quiet_until = Instant::now() + HEARTBEAT;
                return Some(piece);
            }
            let beats = self.beats();
            tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                () = self.login.over() => return None,
                event = self.live.recv() => match event {
                    Ok(event) => self.ready.extend(sent(Message::Fact(&event), self.types.as_deref())),
                    Err(RecvError::Lagged(_)) => self.ready.extend(sent(Message::Note(Note::Resync), None)),
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(self.quiet_until) => {
                    if beats {
                        self.ready.extend(sent(Message::Note(Note::Heartbeat), None));
                    } else {
                        self.ready.push_back(Bytes::from_static(BEAT_COMMENT));
                    }
                }
            }
        }
    }
}

/// A message as it is sent, if its type is wanted.
fn sent(message: Message<'_>, types: Option<&[String]>) -> Option<Bytes> {
    let data = serde_json::to_value(&message).ok()?;
    let name = data.get("type").and_then(Value::as_str)?;
    if types.is_some_and(|types| !types.iter().any(|wanted| wanted == name)) {
        return None;
    }
    let place = match message {
        Message::Fact(event) => format!("id: {}\n", event.id),
        Message::Note(_) => String::new(),
    };
    Some(Bytes::from(format!("{place}event: {name}\ndata: {data}\n\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::runtime::events::{Fact, REMEMBERED};
    use crate::views::Views;

    fn feed(facts: &Facts, last: Option<u64>, types: Option<&str>) -> (Feed, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        let types = types.map(|types| types.split(',').map(str::to_owned).collect());
        // The daemon's views outlive its streams.
        let views: &'static Views = Box::leak(Box::default());
        let login = StreamLogin::new(Principal::owner(), views);
        (Feed::new(facts, last, types, login, stopping), stop)
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
    async fn who_asks_for_heartbeats_gets_them_as_events_the_first_one_at_once() {
        let facts = Facts::new();
        let (mut feed, _stop) = feed(&facts, None, Some("heartbeat,progress"));
        let began = Instant::now();
        assert_eq!(next(&mut feed).await, GREETING);
        assert!(next(&mut feed).await.starts_with("event: heartbeat\ndata: "));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(next(&mut feed).await.starts_with("event: heartbeat\n"));
        assert!(began.elapsed() < Duration::from_secs(5), "well within the patience of the web UI");
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
