//! `/ws/logs`: the lines of a log as they are written, over a WebSocket.
//!
//! The protocol is upstream's: the last hundred lines, then new ones, each as `{"type":"log","content":"…"}`, with all but
//! ASCII escaped. A client that asked for `Scriptlog.log` follows the runs: when the mode changes to one with another log,
//! it gets `{"type":"log_file_changed",…}` and the lines of that log from then on. The client sends nothing but pongs.
//!
//! One task per client. It waits for whatever comes first: lines, a change of the run, the client, the next ping, the
//! daemon's stop. A client that does not take what is sent to it for [`PATIENCE`] is gone.

use std::io;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use serde::Serialize;
use serde_json::ser::Formatter;
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa_actix_web::service_config::ServiceConfig;

use super::logs::{Parameters, parameter};
use super::{ApiError, Code, State, ask};
use crate::actors::log_tailer::{Batch, Subscribe, Subscription};
use crate::actors::runs::Mode;
use crate::actors::script_supervisor::RunView;

/// The log that is shown where the client names none, and that follows the runs.
const SCRIPT_LOG: &str = "Scriptlog.log";
/// Lines that are there already and are sent first.
const HISTORY: usize = 100;
/// The pause between pings.
const PING: Duration = Duration::from_secs(20);
/// A client that is silent, or takes nothing, for this long is gone.
const PATIENCE: Duration = Duration::from_secs(50);
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
    /// The end, and why.
    Error { message: &'a str },
}

/// Streams a log over a WebSocket.
#[utoipa::path(
    tag = "logs",
    params(("log_file" = Option<String>, Query, description = "a file of Logs or UILogs; Scriptlog.log follows the runs")),
    responses((status = 101, description = "a WebSocket"), (status = 400, description = "no WebSocket handshake")),
)]
#[get("/ws/logs")]
async fn logs(
    state: State,
    request: HttpRequest,
    payload: web::Payload,
    query: Parameters,
) -> Result<HttpResponse, ApiError> {
    let (response, session, messages) = actix_ws::handle(&request, payload)
        .map_err(|error| ApiError::new(Code::InvalidRequest, format!("this is a websocket: {error}")))?;
    let file = parameter(&query, "log_file").unwrap_or(SCRIPT_LOG).to_owned();
    actix_web::rt::spawn(serve(state, session, messages, file));
    Ok(response)
}

async fn serve(state: State, session: Session, mut messages: MessageStream, file: String) {
    let _counted = state.metrics.listener("logs");
    let mut client = Client { session, stopping: state.stopping.clone() };
    let ending = follow(&state, &mut client, &mut messages, file).await;
    client.close(ending).await;
}

/// Why a connection ends.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    /// The client closed it, or is gone.
    Gone,
    /// The daemon stops.
    Stopping,
    /// The log cannot be followed.
    Refused,
}

async fn follow(
    state: &State,
    client: &mut Client,
    messages: &mut MessageStream,
    mut file: String,
) -> Result<(), Ending> {
    let (mut stopping, mut runs) = (state.stopping.clone(), state.commons.views.runs.subscribe());
    let mut mode = running_mode(&runs.borrow_and_update());
    let follows_runs = file == SCRIPT_LOG;
    let mut subscription = subscribe(state, client, &file, HISTORY).await?;
    for line in std::mem::take(&mut subscription.history) {
        client.send(&Frame::Log { content: &line }).await?;
    }
    let mut heard = Instant::now();
    let mut ping = Instant::now() + PING;
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return Err(Ending::Stopping),
            message = messages.recv() => {
                client.hear(message).await?;
                heard = Instant::now();
            }
            () = tokio::time::sleep_until(ping) => {
                if heard.elapsed() >= PATIENCE {
                    return Err(Ending::Gone);
                }
                client.ping().await?;
                ping = Instant::now() + PING;
            }
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

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the daemon is gone altogether.
    let _ = stopping.wait_for(|stopping| *stopping).await;
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
struct Client {
    session: Session,
    stopping: watch::Receiver<bool>,
}

impl Client {
    async fn send(&mut self, frame: &Frame<'_>) -> Result<(), Ending> {
        let text = to_ascii_json(frame).map_err(|_| Ending::Gone)?;
        tokio::select! {
            sent = self.session.text(text) => sent.map_err(|_| Ending::Gone),
            () = stopped(&mut self.stopping) => Err(Ending::Stopping),
            () = tokio::time::sleep(PATIENCE) => Err(Ending::Gone),
        }
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

    async fn ping(&mut self) -> Result<(), Ending> {
        // All that was sent before may still wait; then the client is slow, and the next ping tells whether it is gone.
        match tokio::time::timeout(RETRY, self.session.ping(b"")).await {
            Ok(sent) => sent.map_err(|_| Ending::Gone),
            Err(_) => Ok(()),
        }
    }

    /// Takes what the client sent; its close ends the connection.
    async fn hear(&mut self, message: Option<Result<Message, actix_ws::ProtocolError>>) -> Result<(), Ending> {
        match message {
            None | Some(Err(_) | Ok(Message::Close(_))) => Err(Ending::Gone),
            Some(Ok(Message::Ping(bytes))) => self.session.pong(&bytes).await.map_err(|_| Ending::Gone),
            Some(Ok(_)) => Ok(()),
        }
    }

    async fn close(self, ending: Result<(), Ending>) {
        let reason = match ending {
            Ok(()) | Err(Ending::Gone) => CloseReason::from(CloseCode::Normal),
            Err(Ending::Stopping) => CloseReason::from((CloseCode::Away, "the daemon stops")),
            Err(Ending::Refused) => CloseReason::from((CloseCode::Policy, "this log cannot be followed")),
        };
        // Whether the client takes it is its own affair.
        let _ = tokio::time::timeout(RETRY, self.session.close(Some(reason))).await;
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
