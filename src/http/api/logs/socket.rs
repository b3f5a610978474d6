//! `/ws/logs`: the lines of a log as they are written, over a WebSocket.
//!
//! The protocol is upstream's: the last hundred lines, then new ones, each as `{"type":"log","content":"…"}`, with all but
//! ASCII escaped. A client that asked for `Scriptlog.log` follows the runs: when the mode changes to one with another log,
//! it gets `{"type":"log_file_changed",…}` and the lines of that log from then on. The client sends nothing but pongs.
//! With `heartbeat=true` it also gets `{"type":"heartbeat"}` after the first lines and every few seconds: scripts in browsers
//! do not see pings, and a proxy may hold a socket's messages back without an error.
//!
//! One task per client. It waits for whatever comes first: lines, a change of the run, the client, the next ping, the end
//! of the login, the daemon's stop. What all sockets have in common is in [`crate::http::socket`].

use std::io;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_ws::MessageStream;
use serde::Serialize;
use serde_json::ser::Formatter;
use tokio::time::Instant;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::logs::{Batch, Subscribe, Subscription};
use crate::actors::runs::{Mode, RunView};
use crate::http::auth::{Principal, StreamLogin};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::socket::{Ending, Socket, no_websocket};
use crate::http::{ApiError, State, ask};

/// The log that is shown where the client names none, and that follows the runs.
const SCRIPT_LOG: &str = "Scriptlog.log";
/// Lines that are there already and are sent first.
const HISTORY: usize = 100;
/// The pause between heartbeats, for those who asked for them.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// The pause before a new subscription when the LogTailer crashed.
const RETRY: Duration = Duration::from_secs(1);

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(logs);
}

/// What is sent.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame<'a> {
    /// A line.
    Log { content: &'a str },
    /// What follows is from another log.
    LogFileChanged { log_file: &'a str, mode: Mode },
    /// The connection works.
    Heartbeat,
    /// The end, and why.
    Error { message: &'a str },
}

/// Which log, and how.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Followed {
    /// A file of `Logs` or `UILogs`; `Scriptlog.log` (as if absent) follows the runs.
    #[param(required = false)]
    log_file: String,
    /// `true`: a message of type `heartbeat` after the first lines and every 4 seconds.
    #[param(required = false)]
    heartbeat: bool,
}

impl FromQuery for Followed {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self {
            log_file: parameters.text("log_file").unwrap_or(SCRIPT_LOG).to_owned(),
            heartbeat: parameters.switch("heartbeat"),
        }
    }
}

/// Streams a log over a WebSocket.
#[utoipa::path(
    tag = "logs",
    params(Followed),
    responses((status = 101, description = "a WebSocket"), (status = 400, description = "no WebSocket handshake")),
)]
#[get("/ws/logs")]
async fn logs(
    state: State,
    request: HttpRequest,
    principal: Principal,
    payload: web::Payload,
    Query(Followed { log_file: file, heartbeat }): Query<Followed>,
) -> Result<HttpResponse, ApiError> {
    let (response, session, messages) = actix_ws::handle(&request, payload).map_err(no_websocket)?;
    let client = Client(Socket::new(session, StreamLogin::new(principal, &state.views), &state));
    actix_web::rt::spawn(serve(state, client, messages, file, heartbeat));
    Ok(response)
}

async fn serve(state: State, mut client: Client, mut messages: MessageStream, file: String, beats: bool) {
    let _counted = state.metrics.listener("logs");
    let ending = follow(&state, &mut client, &mut messages, file, beats).await;
    client.0.close(ending, "this log cannot be followed").await;
}

async fn follow(
    state: &State,
    client: &mut Client,
    messages: &mut MessageStream,
    mut file: String,
    beats: bool,
) -> Result<(), Ending> {
    let mut runs = state.views.runs.subscribe();
    let mut mode = running_mode(&runs.borrow_and_update());
    let follows_runs = file == SCRIPT_LOG;
    let mut subscription = subscribe(state, client, &file, HISTORY).await?;
    for line in std::mem::take(&mut subscription.history) {
        client.send(&Frame::Log { content: &line }).await?;
    }
    if beats {
        client.send(&Frame::Heartbeat).await?;
    }
    let mut beat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    loop {
        tokio::select! {
            biased;
            kept = client.0.keep(messages) => kept?,
            _ = beat.tick(), if beats => client.send(&Frame::Heartbeat).await?,
            changed = runs.changed(), if follows_runs => {
                changed.map_err(|_| Ending::Stopping)?;
                let now = running_mode(&runs.borrow_and_update());
                if let Some(mode) = now.filter(|_| now != mode).filter(|mode| mode.log_file() != file) {
                    file = mode.log_file().to_owned();
                    subscription = subscribe(state, client, &file, 0).await?;
                    client.send(&Frame::LogFileChanged { log_file: &file, mode }).await?;
                }
                mode = now;
            }
            batch = subscription.lines.next() => match batch {
                Some(batch) => client.send_lines(&batch).await?,
                None => {
                    // The LogTailer crashed; it is back in a moment, with the files as they are then.
                    tokio::time::sleep(RETRY).await;
                    subscription = subscribe(state, client, &file, 0).await?;
                }
            },
        }
    }
}

fn running_mode(runs: &RunView) -> Option<Mode> {
    runs.holder().map(|holder| holder.mode)
}

/// Subscribes; a file that is refused ends the connection with the reason.
async fn subscribe(state: &State, client: &mut Client, file: &str, history: usize) -> Result<Subscription, Ending> {
    let reason = match ask(&state.tailer, Subscribe { file: file.to_owned(), history }).await {
        Ok(Ok(subscription)) => return Ok(subscription),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    client.send(&Frame::Error { message: &format!("WebSocket error: {reason}") }).await?;
    Err(Ending::Refused)
}

/// The way to the client.
struct Client(Socket);

impl Client {
    async fn send(&mut self, frame: &Frame<'_>) -> Result<(), Ending> {
        let text = to_ascii_json(frame).map_err(|_| Ending::Gone)?;
        self.0.send(text).await
    }

    async fn send_lines(&mut self, batch: &Batch) -> Result<(), Ending> {
        if batch.skipped > 0 {
            let content = format!("… {} lines were left out: this connection does not keep up", batch.skipped);
            self.send(&Frame::Log { content: &content }).await?;
        }
        for content in batch.lines() {
            self.send(&Frame::Log { content }).await?;
        }
        Ok(())
    }
}

/// JSON in which all but ASCII is escaped, as upstream's clients get it.
fn to_ascii_json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(128);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Ascii))?;
    // It is ASCII.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for letter in fragment.chars() {
            if letter.is_ascii() && letter != '\u{7f}' {
                write!(writer, "{letter}")?;
                continue;
            }
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_compact_ascii() {
        let frame = Frame::Log { content: "a \"b\"\t\\ é 🎬\u{7f}" };
        let expected = r#"{"type":"log","content":"a \"b\"\t\\ \u00e9 \ud83c\udfac\u007f"}"#;
        assert_eq!(to_ascii_json(&frame).unwrap(), expected);
        let frame = Frame::LogFileChanged { log_file: "Testinglog.log", mode: Mode::Testing };
        let expected = r#"{"type":"log_file_changed","log_file":"Testinglog.log","mode":"testing"}"#;
        assert_eq!(to_ascii_json(&frame).unwrap(), expected);
    }
}
