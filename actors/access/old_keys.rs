//! API keys of Posterizarr 3.x, of which there only are bcrypt hashes.
//!
//! A hash takes a tenth of a second to check, and the key itself is not known until somebody presents it. So a key waits here
//! until its first use, when it becomes one of ours, known by its SHA-256: each key costs one check in its life. What became
//! one of ours, or was deleted, stays known by its number, so that taking the keys over again does not bring it back.

use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use super::records::{ApiKey, Scope};
use crate::config::Password;
use crate::store::Record;
use crate::store::old_database::{OldDatabase, OldDatabaseError};

/// The file in the old backend's `database` folder.
pub const FILE: &str = "config.db";
/// Its table; version 2 has none.
pub const TABLE: &str = "api_keys";

const COLUMNS: [&str; 6] = ["id", "name", "key_hash", "prefix", "created_at", "last_used_at"];

/// A key of the old backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OldKey {
    /// Its number there, which names it in the API.
    pub id: String,
    /// The user's name for it.
    pub name: String,
    /// The first characters of the key.
    pub prefix: String,
    /// Its bcrypt hash; none once it is one of ours, or was deleted.
    pub hash: Option<String>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was last used there.
    pub last_used: Option<DateTime<Utc>>,
}

impl Record for OldKey {
    const TABLE: &'static str = "old_api_keys";
    const VERSION: u8 = 1;
}

impl OldKey {
    /// Whether a presented text may be this key, at a glance.
    pub fn may_be(&self, presented: &str) -> bool {
        self.hash.is_some() && !self.prefix.is_empty() && presented.starts_with(&self.prefix)
    }

    /// Whether it is. Takes a tenth of a second.
    pub fn is(&self, presented: &str) -> bool {
        let hash = self.hash.as_deref().map(Password::of).filter(Password::is_slow);
        hash.is_some_and(|hash| hash.matches(presented))
    }

    /// The same as one of ours: it could do everything there, and so it can here.
    pub fn as_ours(&self, fingerprint: super::Fingerprint) -> ApiKey {
        ApiKey {
            id: self.id.clone(),
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            scopes: vec![Scope::Admin],
            fingerprint,
            created: self.created,
            last_used: self.last_used,
        }
    }
}

/// Reads the keys; none where there is no file or no such table.
pub fn read(file: &Path) -> Result<Option<Vec<OldKey>>, OldDatabaseError> {
    let mut keys = Vec::new();
    let database = match OldDatabase::open(file) {
        Err(OldDatabaseError::Missing(_)) => return Ok(None),
        opened => opened?,
    };
    let read = database.each(TABLE, &COLUMNS, &["id"], |cells| {
        let text = |column| cells.text(column).unwrap_or_default();
        let time = |column| NaiveDateTime::parse_from_str(&text(column), "%Y-%m-%d %H:%M:%S").ok();
        keys.push(OldKey {
            id: text(0),
            name: text(1),
            hash: cells.text(2),
            prefix: text(3),
            created: time(4).map(|time| time.and_utc()).unwrap_or_default(),
            last_used: time(5).map(|time| time.and_utc()),
        });
    });
    match read {
        Err(OldDatabaseError::NoTable { .. }) => Ok(None),
        read => read.map(|()| Some(keys)),
    }
}
