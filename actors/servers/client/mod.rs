//! What the daemon asks media servers by itself: who they are, and which libraries they have.

pub mod jellyfin;
pub mod plex;
pub mod plex_tv;

use serde::{Deserialize, Serialize};

use posterizarr_media::http::HttpError;

/// The kinds of media servers. Emby and Jellyfin speak nearly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// Plex.
    Plex,
    /// Jellyfin.
    Jellyfin,
    /// Emby.
    Emby,
}

impl Server {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plex, Self::Jellyfin, Self::Emby];

    /// The name in paths and in the store.
    pub fn key(self) -> &'static str {
        match self {
            Self::Plex => "plex",
            Self::Jellyfin => "jellyfin",
            Self::Emby => "emby",
        }
    }

    /// The one with this key.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|server| server.key() == key)
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plex => "Plex",
            Self::Jellyfin => "Jellyfin",
            Self::Emby => "Emby",
        }
    }

    fn not_understood(self) -> HttpError {
        HttpError::NotUnderstood(match self {
            Self::Plex => "a Plex server",
            Self::Jellyfin => "a Jellyfin server",
            Self::Emby => "an Emby server",
        })
    }
}

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
