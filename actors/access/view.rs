//! What the AuthKeeper shows.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::old_keys::OldKey;
use super::records::{ApiKey, Session};
use super::token::{Fingerprint, fingerprint};

/// The keys and sessions there are.
#[derive(Debug, Clone, Default)]
pub struct AuthView {
    /// Names this installation; empty if the store could not tell.
    pub installation: String,
    pub(super) keys: HashMap<Fingerprint, Arc<ApiKey>>,
    /// Also those that are ours by now.
    pub(super) old_keys: Vec<Arc<OldKey>>,
    pub(super) sessions: HashMap<Fingerprint, Arc<Session>>,
}

impl AuthView {
    /// The API key that this text is.
    pub fn key(&self, presented: &str) -> Option<&Arc<ApiKey>> {
        self.keys.get(&fingerprint(presented))
    }

    /// The session that this cookie opens, if it is open: see [`Session::is_open`].
    pub fn session(&self, presented: &str, login: &Fingerprint, now: DateTime<Utc>) -> Option<&Arc<Session>> {
        self.session_of(&fingerprint(presented), login, now)
    }

    /// Whether there still is a key with this fingerprint.
    pub fn has_key(&self, key: &Fingerprint) -> bool {
        self.keys.contains_key(key)
    }

    /// The open session whose cookie has this fingerprint.
    pub fn session_of(&self, cookie: &Fingerprint, login: &Fingerprint, now: DateTime<Utc>) -> Option<&Arc<Session>> {
        self.sessions.get(cookie).filter(|session| session.is_open(login, now))
    }

    /// The keys of 3.x that this text may be.
    pub fn old_keys_like(&self, presented: &str) -> Vec<Arc<OldKey>> {
        self.old_keys.iter().filter(|key| key.may_be(presented)).cloned().collect()
    }

    /// All keys, oldest first; also those of 3.x that wait for their first use here.
    pub fn keys(&self) -> Vec<Arc<ApiKey>> {
        let waiting = self.old_keys.iter().filter(|key| key.hash.is_some());
        let waiting = waiting.map(|key| Arc::new(key.as_ours(Fingerprint::default())));
        let mut keys: Vec<_> = self.keys.values().cloned().chain(waiting).collect();
        keys.sort_by(|left, right| left.created.cmp(&right.created).then_with(|| left.id.cmp(&right.id)));
        keys
    }
}
