//! What is known of the media servers' libraries.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use posterizarr_base::servers::ServerKind;
use posterizarr_media::servers::admin::Library;
use serde::{Deserialize, Serialize};

use crate::store::Record;

/// What is known of each server that was ever asked.
pub type LibrariesView = BTreeMap<ServerKind, ServerLibraries>;

/// The libraries of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerLibraries {
    /// As they were last fetched, by name.
    pub libraries: Vec<KnownLibrary>,
    /// Names that are excluded, of libraries that are there or were.
    pub excluded: BTreeSet<String>,
    /// When they were fetched.
    pub fetched: DateTime<Utc>,
}

/// A library that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownLibrary {
    /// In the server's words.
    pub name: String,
    /// What is in it, in the server's words.
    pub kind: Option<String>,
}

impl Record for ServerLibraries {
    const TABLE: &'static str = "libraries";
    const VERSION: u8 = 1;
}

impl ServerLibraries {
    /// The excluded names of libraries that are there.
    pub fn excluded_now(&self) -> Vec<String> {
        self.excluded.iter().filter(|name| self.has(name)).cloned().collect()
    }

    fn has(&self, name: &str) -> bool {
        self.libraries.iter().any(|library| library.name == name)
    }

    /// Takes over what was fetched; what is excluded stays so.
    pub fn refreshed(self, libraries: &[Library], now: DateTime<Utc>) -> Self {
        let mut known: Vec<_> = libraries
            .iter()
            .map(|library| KnownLibrary { name: library.name.clone(), kind: library.kind.clone() })
            .collect();
        known.sort();
        Self { libraries: known, excluded: self.excluded, fetched: now }
    }

    /// Excludes exactly these; names of libraries that are not there are ignored.
    pub fn excluding(mut self, names: BTreeSet<String>) -> Self {
        self.excluded = names.into_iter().filter(|name| self.has(name)).collect();
        self
    }
}
