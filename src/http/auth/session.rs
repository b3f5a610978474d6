//! The session cookie: it covers what cannot send a header, `<img>` and WebSocket.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderValue};
use chrono::Utc;
use sha2::{Digest, Sha256};

use super::client::Client;
use super::credentials::{Presented, cookie_name};
use super::principal::Via;
use crate::actors::access::{EndSession, Fingerprint, SESSION_LIFE, Session, StartSession, Used, fingerprint};
use crate::actors::config::WebAuth;
use crate::http::{ApiError, AppState, ask};

/// What a request brings to prove who it is.
pub fn presented(request: &HttpRequest, state: &AppState) -> Presented {
    Presented::of(request, &name(state))
}

fn name(state: &AppState) -> String {
    cookie_name(&state.views.auth.get().installation)
}

/// The open session that a request's cookie names, after the fingerprint of the cookie.
pub fn of(presented: &Presented, state: &AppState, auth: &WebAuth) -> Option<(Fingerprint, Arc<Session>)> {
    let (token, session) = open_token(presented, state, auth)?;
    let cookie = fingerprint(token);
    state.logins.unclaimed.claimed(&cookie);
    Some((cookie, session))
}

fn open_token<'a>(presented: &'a Presented, state: &AppState, auth: &WebAuth) -> Option<(&'a str, Arc<Session>)> {
    let (view, now) = (state.views.auth.get(), Utc::now());
    let open = |token: &'a String| Some((token.as_str(), view.session(token, &auth.fingerprint, now)?.clone()));
    presented.cookies.iter().find_map(open)
}

/// Gives the answer to a password a cookie, and the answer to an old cookie a new date. Only answers of the API, which no
/// cache keeps, carry cookies.
pub async fn renew<B>(response: &mut ServiceResponse<B>, state: &AppState, via: Via) {
    let request = response.request().clone();
    if !matches!(via, Via::Basic | Via::Session) || !request.match_info().as_str().starts_with("/api/") {
        return;
    }
    let auth = state.views.config.get().web_auth.clone();
    let presented = presented(&request, state);
    let token = match open_token(&presented, state, &auth) {
        Some((_, session)) if !session.use_is_news(Utc::now()) => return,
        Some((token, _)) => {
            // If the mailbox is full, the next use is written down.
            let _ = state.auth.try_send(Used { token: fingerprint(token) });
            token.to_owned()
        }
        None if via == Via::Session => return,
        None => match start(&request, state, &auth).await {
            Ok(token) => token,
            Err(_) => return,
        },
    };
    let https = Client::of(&request, &state.settings.trusted_proxies).https;
    let settings = &state.settings;
    let (framed, lasts) = (!settings.frame_ancestors.is_empty(), settings.frontend_dir.is_none());
    let path = CookiePath { base_url: &settings.base_url, https, framed, lasts };
    if let Ok(cookie) = HeaderValue::from_str(&cookie(&name(state), &token, path)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Opens a session. A program that sends its password each time and keeps no cookies is given the same one again in the
/// end, see [`Unclaimed`](super::unclaimed::Unclaimed).
async fn start(request: &HttpRequest, state: &AppState, auth: &WebAuth) -> Result<String, ApiError> {
    let program = program(request, state, auth);
    let (view, now) = (state.views.auth.get(), Utc::now());
    if let Some(token) = state.logins.unclaimed.again(&program) {
        if view.session(token.text(), &auth.fingerprint, now).is_some() {
            return Ok(token.text().to_owned());
        }
        state.logins.unclaimed.claimed(&fingerprint(token.text()));
    }
    let message = StartSession { user: auth.username.clone(), login: auth.fingerprint };
    let token = ask(&state.auth, message).await?.map_err(ApiError::internal)?;
    let text = token.text().to_owned();
    state.logins.unclaimed.opened(program, token);
    Ok(text)
}

fn program(request: &HttpRequest, state: &AppState, auth: &WebAuth) -> Fingerprint {
    let client = Client::of(request, &state.settings.trusted_proxies).address.to_string();
    let agent = request.headers().get(header::USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    Sha256::new()
        .chain_update(auth.fingerprint)
        .chain_update(client)
        .chain_update("\n")
        .chain_update(agent)
        .finalize()
        .into()
}

/// Ends the session of this request's cookie, if it has one.
pub async fn end(request: &HttpRequest, state: &AppState) -> Result<(), ApiError> {
    for token in presented(request, state).cookies {
        ask(&state.auth, EndSession { token: fingerprint(&token) }).await?.map_err(ApiError::internal)?;
    }
    Ok(())
}

/// Where a cookie is to be sent.
#[derive(Debug, Clone, Copy)]
struct CookiePath<'a> {
    base_url: &'a str,
    https: bool,
    /// Whether pages of other sites may show the web UI in a frame.
    framed: bool,
    /// Whether it outlives the browser. Posterizarr's own web UI tells nobody of a sign-out, so that there the cookie goes with
    /// the browser at the latest.
    lasts: bool,
}

/// In a frame of another site a browser sends only cookies that say so, and those only by HTTPS. What such a page makes
/// the browser send is refused by [`super::foreign`] either way.
fn cookie(name: &str, token: &str, given: CookiePath<'_>) -> String {
    let path = path(given.base_url);
    let age = if given.lasts { format!(" Max-Age={};", SESSION_LIFE.num_seconds()) } else { String::new() };
    let sites = match (given.https, given.framed) {
        (true, true) => "SameSite=None; Partitioned; Secure",
        (true, false) => "SameSite=Strict; Secure",
        (false, _) => "SameSite=Strict",
    };
    format!("{name}={token}; Path={path};{age} HttpOnly; {sites}")
}

/// A cookie that removes the session's.
pub fn no_cookie(state: &AppState) -> String {
    format!("{}=; Path={}; Max-Age=0; HttpOnly; SameSite=Strict", name(state), path(&state.settings.base_url))
}

fn path(base_url: &str) -> &str {
    if base_url.is_empty() { "/" } else { base_url }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let path = CookiePath { base_url: "", https: false, framed: false, lasts: true };
        let expected = "posterizarrd_session_x=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict";
        assert_eq!(cookie("posterizarrd_session_x", "t", path), expected);
        let proxied = CookiePath { base_url: "/posters", https: true, ..path };
        assert!(cookie("c", "t", proxied).contains("; Path=/posters;"));
        assert!(cookie("c", "t", proxied).ends_with("; SameSite=Strict; Secure"));
        assert!(
            cookie("c", "t", CookiePath { framed: true, ..path }).ends_with("SameSite=Strict"),
            "not without HTTPS"
        );
        let of_the_old_page = cookie("c", "t", CookiePath { lasts: false, ..path });
        assert_eq!(of_the_old_page, "c=t; Path=/; HttpOnly; SameSite=Strict", "it goes with the browser");
        let framed = cookie("c", "t", CookiePath { framed: true, ..proxied });
        assert!(framed.contains("HttpOnly") && framed.ends_with("SameSite=None; Partitioned; Secure"));
    }
}
