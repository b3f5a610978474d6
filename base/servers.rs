//! The kinds of media servers.

use serde::{Deserialize, Serialize};

use crate::media_exports::ExportFamily;

/// The kinds of media servers. Emby and Jellyfin speak nearly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerKind {
    Plex,
    Jellyfin,
    Emby,
}

impl ServerKind {
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

    /// The dialect of a server that is Jellyfin or Emby; `None` for Plex.
    pub fn dialect(self) -> Option<Dialect> {
        match self {
            Self::Plex => None,
            Self::Jellyfin => Some(Dialect::Jellyfin),
            Self::Emby => Some(Dialect::Emby),
        }
    }

    /// Whose exports list what is on it.
    pub fn export_family(self) -> ExportFamily {
        if self == Self::Plex { ExportFamily::Plex } else { ExportFamily::Other }
    }
}

impl From<Dialect> for ServerKind {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Jellyfin => Self::Jellyfin,
            Dialect::Emby => Self::Emby,
        }
    }
}

/// Which of the two: Jellyfin and Emby have one interface of old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Jellyfin,
    Emby,
}

impl Dialect {
    /// The name for people.
    pub fn name(self) -> &'static str {
        ServerKind::from(self).name()
    }
}
