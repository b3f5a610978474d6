//! API keys and sessions as they are kept, and when they count.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::Fingerprint;
use crate::store::Record;

/// How long a session lives after its last use.
pub const SESSION_LIFE: TimeDelta = TimeDelta::days(30);
/// A last use is written down at most this often.
pub const USE_RESOLUTION: TimeDelta = TimeDelta::minutes(1);

/// What a login may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Everything.
    Admin,
    /// Look at everything that is no secret, and change nothing.
    Read,
    /// Deliver webhooks.
    Webhook,
    /// Fetch `/metrics`.
    Metrics,
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Admin => "admin",
            Self::Read => "read",
            Self::Webhook => "webhook",
            Self::Metrics => "metrics",
        })
    }
}

impl Scope {
    /// Whether someone with these scopes may do what needs this one.
    pub fn is_granted_by(self, granted: &[Self]) -> bool {
        granted.contains(&self) || granted.contains(&Self::Admin)
    }
}

/// An API key; the key itself is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Names the key in the API.
    pub id: String,
    /// The user's name for it.
    pub name: String,
    /// The first characters of the key, to recognise it by.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the key.
    pub fingerprint: Fingerprint,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was last used, to the minute; absent until then.
    pub last_used: Option<DateTime<Utc>>,
}

impl Record for ApiKey {
    const TABLE: &'static str = "api_keys";
    const VERSION: u8 = 1;
}

impl ApiKey {
    /// Whether a use now is worth writing down.
    pub fn use_is_news(&self, now: DateTime<Utc>) -> bool {
        self.last_used.is_none_or(|last| is_news(last, now))
    }
}

/// A browser that has logged in; its token is the key of the record, as a fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub user: String,
    /// The stored name and password it was opened with; see `WebAuth::fingerprint`.
    pub login: Fingerprint,
    /// When it was opened.
    pub created: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used: DateTime<Utc>,
}

impl Record for Session {
    const TABLE: &'static str = "sessions";
    const VERSION: u8 = 1;
}

/// What tells this data folder's daemon from another one's. It is made once and stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Eight random letters and digits.
    pub id: String,
}

impl Record for Installation {
    const TABLE: &'static str = "installation";
    const VERSION: u8 = 1;
}

impl Session {
    /// Whether it is open: the stored login is still the one it was opened with, and it was used not too long ago.
    pub fn is_open(&self, login: &Fingerprint, now: DateTime<Utc>) -> bool {
        self.login == *login && now - self.last_used < SESSION_LIFE
    }

    /// How long it stays open if nobody uses it; zero once it is over.
    pub fn time_left(&self, now: DateTime<Utc>) -> Duration {
        (self.last_used + SESSION_LIFE - now).to_std().unwrap_or_default()
    }

    /// Whether a use now is worth writing down.
    pub fn use_is_news(&self, now: DateTime<Utc>) -> bool {
        is_news(self.last_used, now)
    }
}

fn is_news(last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last >= USE_RESOLUTION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_may_everything_and_the_others_only_their_own() {
        for needed in [Scope::Admin, Scope::Read, Scope::Webhook, Scope::Metrics] {
            assert!(needed.is_granted_by(&[Scope::Admin]));
            assert!(needed.is_granted_by(&[needed]));
            assert!(!needed.is_granted_by(&[]));
        }
        assert!(!Scope::Admin.is_granted_by(&[Scope::Read, Scope::Webhook, Scope::Metrics]));
        assert!(!Scope::Metrics.is_granted_by(&[Scope::Read]));
    }

    #[test]
    fn a_session_ends_with_its_login_or_after_thirty_idle_days() {
        let now = Utc::now();
        let session = Session { user: "admin".to_owned(), login: [1; 32], created: now, last_used: now };
        assert!(session.is_open(&[1; 32], now + TimeDelta::days(29)));
        assert!(!session.is_open(&[1; 32], now + TimeDelta::days(30)));
        assert!(!session.is_open(&[2; 32], now));
        assert_eq!(session.time_left(now + TimeDelta::days(29)), Duration::from_secs(24 * 60 * 60));
        assert_eq!(session.time_left(now + TimeDelta::days(31)), Duration::ZERO);
        assert!(!session.use_is_news(now + TimeDelta::seconds(59)));
        assert!(session.use_is_news(now + TimeDelta::seconds(60)));
    }
}
