//! From what a request brings to who it is.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::HttpRequest;
use chrono::Utc;

use super::client::Client;
use super::credentials::Presented;
use super::principal::{LocalOwner, NOTHING, Principal, Via};
use super::session;
use crate::actors::access::{AdoptKey, ApiKey, Used};
use crate::actors::config::WebAuth;
use crate::http::{AppState, ask};

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
    Throttled(Duration),
}

/// Who sent this request.
///
/// A key or password in the request decides alone: next to a wrong one, a cookie does not count, so that a login form
/// learns the truth. A right key passes even while the address is slowed down: 256 bits are not guessed.
pub async fn of(request: &HttpRequest, state: &AppState) -> Login {
    if request.conn_data::<LocalOwner>().is_some() {
        return Login::Known(Principal::owner());
    }
    let presented = session::presented(request, state);
    let key = of_key(&presented, state);
    let config = state.views.config.get();
    if !config.web_auth.enabled {
        return Login::Known(Principal::admin(Via::Open, key.and_then(|key| key.name), NOTHING));
    }
    if let Some(principal) = key {
        return Login::Known(principal);
    }
    if let Some(principal) = of_old_key(request, &presented, state).await {
        return Login::Known(principal);
    }
    if presented.is_explicit() {
        return of_password(request, state, &presented, &config.web_auth).await;
    }
    session::of(&presented, state, &config.web_auth).map_or(Login::Missing, |(cookie, session)| {
        Login::Known(Principal::admin(Via::Session, Some(session.user.clone()), cookie))
    })
}

fn of_key(presented: &Presented, state: &AppState) -> Option<Principal> {
    let view = state.views.auth.get();
    presented.keys.iter().find_map(|key| view.key(key)).map(|key| of_known_key(key, state))
}

fn of_known_key(key: &ApiKey, state: &AppState) -> Principal {
    if key.use_is_news(Utc::now()) {
        // If the mailbox is full, the next use is written down.
        let _ = state.auth.try_send(Used { token: key.fingerprint });
    }
    let (scopes, name) = (key.scopes.clone(), Some(key.name.clone()));
    Principal { scopes, via: Via::Key, name, proof: key.fingerprint }
}

/// The first use of a key of Posterizarr 3.x. Checking one is slow, so that an address which guesses is slowed down first.
async fn of_old_key(request: &HttpRequest, presented: &Presented, state: &AppState) -> Option<Principal> {
    let view = state.views.auth.get();
    let like = presented.keys.iter().map(|key| (key.clone(), view.old_keys_like(key)));
    let candidates: Vec<_> = like.filter(|(_, keys)| !keys.is_empty()).collect();
    let client = Client::of(request, &state.settings.trusted_proxies).address;
    if candidates.is_empty() || state.logins.closed_for(client).is_some() {
        return None;
    }
    let is_open = || state.logins.closed_for(client).is_none();
    let (old, token) = state.logins.verified.old_key(candidates, is_open).await?;
    let adopted = ask(&state.auth, AdoptKey { id: old.id.clone(), token }).await.ok()?;
    let adopted =
        adopted.inspect_err(|error| tracing::error!(%error, "a key of the old backend cannot be kept")).ok()?;
    adopted.map(|key| of_known_key(&key, state))
}

async fn of_password(request: &HttpRequest, state: &AppState, presented: &Presented, auth: &WebAuth) -> Login {
    if auth.is_locked() {
        // No guess can be right, so none is counted.
        return Login::Wrong;
    }
    let client = Client::of(request, &state.settings.trusted_proxies).address;
    if let Some(wait) = state.logins.closed_for(client) {
        return Login::Throttled(wait);
    }
    if let Some((user, password)) = &presented.basic {
        let is_open = || state.logins.closed_for(client).is_none();
        match state.logins.verified.accepts(auth, user, password, is_open).await {
            Some(true) => return Login::Known(Principal::admin(Via::Basic, Some(user.clone()), auth.fingerprint)),
            Some(false) => {}
            None => return Login::Throttled(state.logins.closed_for(client).unwrap_or_default()),
        }
    }
    if state.logins.failed(client, presented.fingerprint()) {
        notify_failure(presented, client);
    }
    Login::Wrong
}

/// The name is quoted and cut: it is anybody's text.
fn notify_failure(presented: &Presented, client: IpAddr) {
    match &presented.basic {
        Some((user, _)) => {
            let user: String = user.chars().take(64).collect();
            tracing::warn!(target: "auth", "failed login of user {user:?} from {client}");
        }
        None => tracing::warn!(target: "auth", "wrong API key or unreadable login from {client}"),
    }
}
