//! The HTTP client: media servers, providers, hooks and release feeds, whose addresses an admin names; and, behind a guard,
//! pictures that somebody else names ([`picture`]).
//!
//! Theory of operation: what an admin names may be a private address, it mostly is one. Everything else is limited: the time
//! of the whole call, the size of the answer, the redirects. A request that holds a secret follows redirects on its own host
//! only, and never from https to http. One without goes anywhere, but once a public address has answered, only public ones
//! are asked. That, and what somebody else names, goes through the guarded door: its name lookup gives public addresses only,
//! and the connection is made to exactly those, so that a name which changes its address between check and use gains nothing.
//!
//! Dropping the future ends the call. Every failure is an [`HttpError`], whose text says what to do and never holds a path, a
//! query or a body. Limits, retries and the rest of good manners towards one host are added by [`crate::service`].

pub mod addresses;
mod doors;
mod error;
pub mod picture;
mod request;
mod resolver;
#[cfg(test)]
mod tests;
mod urls;

use std::time::Duration;

use reqwest::StatusCode;

pub(crate) use doors::next_part;
use doors::{Doors, follow, read};
pub use error::HttpError;
pub use request::{Request, Response};
pub use urls::{below, parse, same_server};

/// How others are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// How long an ordinary call may take, from looking up the name to the last byte of the answer.
    pub timeout: Duration,
    /// Whether pictures that somebody else names may come from private addresses.
    pub allow_private: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), allow_private: false }
    }
}

/// The client. Clones share it.
#[derive(Debug, Clone)]
pub struct HttpClient {
    timeout: Duration,
    // Where the machine has no certificates at all, each call says so instead of the daemon not starting.
    doors: Result<Doors, String>,
}

impl HttpClient {
    /// A client with a connection of its own for each request, as for rare questions to many hosts.
    pub fn new(settings: &HttpSettings) -> Self {
        Self::with(settings, 0)
    }

    /// A client that keeps connections for the next question, as for many questions to few hosts.
    pub fn pooled(settings: &HttpSettings) -> Self {
        Self::with(settings, usize::MAX)
    }

    fn with(settings: &HttpSettings, most_idle: usize) -> Self {
        let doors = Doors::new(settings, most_idle).map_err(|error| error::chain(&error));
        if let Err(reason) = &doors {
            tracing::warn!(reason, "nothing can be fetched from other machines");
        }
        Self { timeout: settings.timeout, doors }
    }

    /// Asks, and reads the whole answer.
    pub async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let (time, largest) = (self.timeout * request.patience, request.largest);
        within(time, async {
            let mut response = self.send(request).await?;
            let mut body = Vec::new();
            let keep = async |part: &[u8]| {
                body.extend_from_slice(part);
                Ok(())
            };
            read(&mut response, largest, keep).await?;
            Ok(Response { status: response.status(), headers: response.headers().clone(), body })
        })
        .await
    }

    /// Asks, and reads no more than how it went.
    pub async fn tell(&self, request: Request) -> Result<StatusCode, HttpError> {
        within(self.timeout * request.patience, async { Ok(self.send(request).await?.status()) }).await
    }

    /// Asks, and leaves the answer's body to be read. Not limited in time.
    pub(crate) async fn send(&self, request: Request) -> Result<reqwest::Response, HttpError> {
        let doors = self.doors()?;
        follow(&doors.open, &doors.guarded, request).await
    }

    /// How long an ordinary call may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    fn doors(&self) -> Result<&Doors, HttpError> {
        self.doors.as_ref().map_err(|reason| HttpError::NoClient(reason.clone()))
    }
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, HttpError>>) -> Result<T, HttpError> {
    tokio::time::timeout(time, work).await.unwrap_or(Err(HttpError::TimedOut))
}
