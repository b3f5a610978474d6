//! From what a request brings to who it is.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::Utc;

use super::backoff::Backoff;
use super::client::Client;
use super::credentials::Presented;
use super::verified::Verified;
use super::{LocalOwner, session};
use crate::actors::auth_keeper::{Fingerprint, Scope, Token, Used};
use crate::actors::config_keeper::WebAuth;
use crate::http::{ApiError, AppState, Code};

/// How a request proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// No login is needed: everyone is admin.
    Open,
    /// The owner-only socket.
    LocalSocket,
    /// Name and password.
    Basic,
    /// The session cookie.
    Session,
    /// An API key.
    Key,
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What they may do.
    pub scopes: Vec<Scope>,
    /// How they proved who they are.
    pub via: Via,
    /// The user's or the key's name, where there is one.
    pub name: Option<String>,
}

impl Principal {
    fn admin(via: Via, name: Option<String>) -> Self {
        Self { scopes: vec![Scope::Admin], via, name }
    }

    /// Whether they may do what needs this scope.
    pub fn may(&self, scope: Scope) -> bool {
        scope.is_granted_by(&self.scopes)
    }
}

impl FromRequest for Principal {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(known.ok_or_else(|| ApiError::new(Code::Unauthorized, "a login is needed")))
    }
}

/// What the look at a request's login gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// It is right.
    Known(Principal),
    /// There is none.
    Missing,
    /// It is wrong.
    Wrong,
    /// It was not looked at: this address guessed too often and has to wait so long.
    Closed(Duration),
}

/// What is remembered of logins between requests, in memory only.
#[derive(Debug, Default)]
pub struct Logins {
    backoff: Mutex<Backoff>,
    recent: Mutex<HashMap<Fingerprint, Token>>,
    verified: Verified,
}

/// More programs than this that log in without keeping the cookie get new sessions.
const MOST_RECENT: usize = 256;

impl Logins {
    /// The session that this program was given for the same login before.
    pub fn given(&self, program: &Fingerprint) -> Option<Token> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).get(program).cloned()
    }

    /// Remembers the session that a program was given, so that one which does not keep cookies is given it again.
    pub fn remember(&self, program: Fingerprint, token: Token) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= MOST_RECENT {
            recent.clear();
        }
        recent.insert(program, token);
    }

    fn closed_for(&self, client: IpAddr) -> Option<Duration> {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner).closed_for(client, Instant::now())
    }

    fn failed(&self, client: IpAddr, login: Fingerprint) -> bool {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner).failed(client, login, Instant::now())
    }
}

/// Who sent this request.
///
/// A key or password in the request decides alone: next to a wrong one, a cookie does not count, so that a login form
/// learns the truth. A right key passes even while the address is slowed down: 256 bits are not guessed.
pub async fn of(request: &HttpRequest, state: &AppState) -> Login {
    if request.conn_data::<LocalOwner>().is_some() {
        return Login::Known(Principal::admin(Via::LocalSocket, None));
    }
    let presented = Presented::of(request);
    let key = of_key(&presented, state);
    let config = state.commons.views.config.get();
    if !config.web_auth.enabled {
        return Login::Known(Principal::admin(Via::Open, key.and_then(|key| key.name)));
    }
    if let Some(principal) = key {
        return Login::Known(principal);
    }
    if presented.is_explicit() {
        return of_password(request, state, &presented, &config.web_auth).await;
    }
    session::of(&presented, state, &config.web_auth)
        .map_or(Login::Missing, |session| Login::Known(Principal::admin(Via::Session, Some(session.user.clone()))))
}

fn of_key(presented: &Presented, state: &AppState) -> Option<Principal> {
    let view = state.commons.views.auth.get();
    let key = presented.keys.iter().find_map(|key| view.key(key))?;
    if key.use_is_news(Utc::now()) {
        // If the mailbox is full, the next use is written down.
        let _ = state.auth.try_send(Used { token: key.fingerprint });
    }
    Some(Principal { scopes: key.scopes.clone(), via: Via::Key, name: Some(key.name.clone()) })
}

async fn of_password(request: &HttpRequest, state: &AppState, presented: &Presented, auth: &WebAuth) -> Login {
    let client = Client::of(request, &state.settings.trusted_proxies).address;
    if let Some(wait) = state.logins.closed_for(client) {
        return Login::Closed(wait);
    }
    if let Some((user, password)) = &presented.basic {
        let is_open = || state.logins.closed_for(client).is_none();
        match state.logins.verified.accepts(auth, user, password, is_open).await {
            Some(true) => return Login::Known(Principal::admin(Via::Basic, Some(user.clone()))),
            Some(false) => {}
            None => return Login::Closed(state.logins.closed_for(client).unwrap_or_default()),
        }
    }
    if state.logins.failed(client, presented.fingerprint()) {
        tell_failure(presented, client);
    }
    Login::Wrong
}

/// The name is quoted and cut: it is anybody's text.
fn tell_failure(presented: &Presented, client: IpAddr) {
    match &presented.basic {
        Some((user, _)) => {
            let user: String = user.chars().take(64).collect();
            tracing::warn!(target: "auth", "failed login of user {user:?} from {client}");
        }
        None => tracing::warn!(target: "auth", "wrong API key or unreadable login from {client}"),
    }
}
