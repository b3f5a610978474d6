//! Whether what a user entered works: an address and a key for a media server, a provider or a notification service.
//!
//! Each check is a function that asks the service once, within the time of [`HttpClient`](posterizarr_media::http::HttpClient), and
//! gives a [`CheckVerdict`] in the words the web UI knows. A verdict never holds a key, nor anything of a service's body that is
//! not one of a few known fields.

mod finding;
mod media_server;
mod notification;
mod provider;

use posterizarr_base::said::Clause;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use posterizarr_media::http::HttpError;

pub use finding::Finding;
pub use media_server::{jellyfin_or_emby, plex};
pub use notification::{apprise, discord, uptime_kuma};
pub use provider::{Providers, fanart, tmdb, tvdb};

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Verdict)]
pub struct CheckVerdict {
    /// Whether it works.
    pub valid: bool,
    /// The result for people. Where a text of upstream begins with a space, so does it here.
    pub message: String,
    /// The same sentence by sentence, for those who say it in another language.
    pub because: Vec<Clause>,
    /// What is behind it; `hint` says what to do where the message does not.
    pub details: Map<String, Value>,
}

impl CheckVerdict {
    /// `space` is what upstream's text begins with.
    fn new(valid: bool, space: &str, finding: &Finding) -> Self {
        let message = format!("{space}{}", finding.english());
        Self { valid, message, because: vec![finding.said().into()], details: Map::new() }
    }

    fn with(mut self, detail: &str, value: impl Into<Value>) -> Self {
        self.details.insert(detail.to_owned(), value.into());
        self
    }

    /// Whether the other side was reached and does not take the key.
    pub fn refused(&self) -> bool {
        !self.valid
            && self.details.get("status_code").and_then(Value::as_u64).is_some_and(|status| matches!(status, 401 | 403))
    }

    /// On a status that is no success.
    fn status(status: u16, space: &str, finding: &Finding) -> Self {
        let verdict = Self::new(false, space, finding).with("status_code", status);
        if let Some(hint) = hint(status) { verdict.with("hint", hint) } else { verdict }
    }

    /// On a call that brought no answer to speak of.
    fn trouble(trouble: &HttpError, space: &str, finding: &Finding) -> Self {
        let verdict = Self::new(false, space, finding);
        let message = format!("{}: {trouble}", verdict.message);
        Self { message, ..verdict }.caused_by(trouble).with("error", trouble.to_string())
    }

    fn caused_by(mut self, trouble: &HttpError) -> Self {
        self.because.push(trouble.said().into());
        self
    }
}

/// What to do about a status.
pub fn hint(status: u16) -> Option<&'static str> {
    match status {
        300..=399 => Some("the server answers somewhere else; enter the address that a browser ends up at"),
        401 | 403 => Some("the server refuses the key or token; make a new one there and enter it here"),
        404 => Some("nothing is at this path; check the address, and whether a reverse proxy needs a path in it"),
        429 => Some("the server was asked too often; try again in some minutes"),
        500..=599 => Some("the server has a problem of its own; look into its log, or try again later"),
        _ => None,
    }
}
