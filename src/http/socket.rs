//! What all WebSockets have in common: pings, patience, and their ends.
//!
//! A socket ends with the daemon, with the login it was opened with, and with a client that is silent, or does not take what
//! is sent to it, for [`PATIENCE`].

use std::time::Duration;

use actix_ws::{CloseCode, CloseReason, Message, MessageStream, ProtocolError, Session};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::http::auth::StreamLogin;
use crate::http::{ApiError, AppState, Code};

/// The pause between pings.
const PING: Duration = Duration::from_secs(20);
/// A client that is silent, or takes nothing, for this long is gone.
const PATIENCE: Duration = Duration::from_secs(50);
/// How long a ping or a close may take.
const MOMENT: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Ending {
    /// The client closed it, or is gone.
    Gone,
    /// The daemon stops.
    Stopping,
    /// The login it was opened with is over.
    SignedOut,
    /// What it was opened for cannot be had.
    Refused,
}

/// Why a request does not become a WebSocket.
pub(in crate::http) fn no_websocket(cause: actix_web::Error) -> ApiError {
    ApiError::told(Code::InvalidRequest, "this is a websocket: {cause}", [("cause", cause.to_string().into())])
}

/// The way to a client.
pub(in crate::http) struct Socket {
    session: Session,
    login: StreamLogin,
    stopping: watch::Receiver<bool>,
    heard: Instant,
    ping: Instant,
}

impl Socket {
    pub fn new(session: Session, login: StreamLogin, state: &AppState) -> Self {
        let now = Instant::now();
        Self { session, login, stopping: state.stopping.clone(), heard: now, ping: now + PING }
    }

    /// Sends a text.
    pub async fn send(&mut self, text: String) -> Result<(), Ending> {
        if self.login.is_over() {
            return Err(Ending::SignedOut);
        }
        tokio::select! {
            biased;
            sent = self.session.text(text) => sent.map_err(|_| Ending::Gone),
            () = stopped(&mut self.stopping) => Err(Ending::Stopping),
            () = self.login.over() => Err(Ending::SignedOut),
            () = tokio::time::sleep(PATIENCE) => Err(Ending::Gone),
        }
    }

    /// Waits for what is none of the sender's business, and does it: an end, a message, the next ping.
    pub async fn keep(&mut self, messages: &mut MessageStream) -> Result<(), Ending> {
        tokio::select! {
            biased;
            () = stopped(&mut self.stopping) => Err(Ending::Stopping),
            () = self.login.over() => Err(Ending::SignedOut),
            message = messages.recv() => {
                self.heard = Instant::now();
                self.hear(message).await
            }
            () = tokio::time::sleep_until(self.ping) => {
                if self.heard.elapsed() >= PATIENCE {
                    return Err(Ending::Gone);
                }
                self.ping = Instant::now() + PING;
                self.send_ping().await
            }
        }
    }

    async fn send_ping(&mut self) -> Result<(), Ending> {
        // All that was sent before may still wait; then the client is slow, and the next ping tells whether it is gone.
        match tokio::time::timeout(MOMENT, self.session.ping(b"")).await {
            Ok(sent) => sent.map_err(|_| Ending::Gone),
            Err(_) => Ok(()),
        }
    }

    /// Takes what the client sent; its close ends the connection.
    async fn hear(&mut self, message: Option<Result<Message, ProtocolError>>) -> Result<(), Ending> {
        match message {
            None | Some(Err(_) | Ok(Message::Close(_))) => Err(Ending::Gone),
            Some(Ok(Message::Ping(bytes))) => self.session.pong(&bytes).await.map_err(|_| Ending::Gone),
            Some(Ok(_)) => Ok(()),
        }
    }

    /// Closes it; `refusal` is what a client is told whose wish cannot be met.
    pub async fn close(self, ending: Result<(), Ending>, refusal: &str) {
        let reason = match ending {
            Ok(()) | Err(Ending::Gone) => CloseReason::from(CloseCode::Normal),
            Err(Ending::Stopping) => CloseReason::from((CloseCode::Away, "the daemon stops")),
            Err(Ending::SignedOut) => CloseReason::from((CloseCode::Policy, "the login has ended; sign in again")),
            Err(Ending::Refused) => CloseReason::from((CloseCode::Policy, refusal)),
        };
        // Whether the client takes it is its own affair.
        let _ = tokio::time::timeout(MOMENT, self.session.close(Some(reason))).await;
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the daemon is gone altogether.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
