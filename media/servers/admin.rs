//! What an admin asks of a media server, with an address and a key that may have been entered just now: who it is, which
//! libraries it has, and to look anew at something.
//!
//! Each is asked once, within the time of the [`HttpClient`](crate::http::HttpClient), and what went wrong is told exactly: it
//! is an answer to somebody who waits. A run asks with [`super::Server`], which tries again.

pub mod jellyfin;
pub mod plex;

use crate::http::HttpError;

/// A library of a media server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Its name; two may have the same.
    pub name: String,
    /// What is in it, in the server's words; none where the server says so.
    pub kind: Option<String>,
    /// What the server calls it: a number in Plex, an id elsewhere.
    pub id: String,
}

/// Why a server did not tell what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// It answered with another status than 200.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// It did not answer, or made no sense.
    #[error(transparent)]
    Http(#[from] HttpError),
}
