//! The session cookie: it covers what cannot send a header, `<img>` and WebSocket.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderValue};
use chrono::Utc;
use sha2::{Digest, Sha256};

use super::Via;
use super::client::Client;
use super::credentials::{COOKIE, Presented};
use crate::actors::auth_keeper::{EndSession, Fingerprint, SESSION_LIFE, Session, StartSession, Used, fingerprint};
use crate::actors::config_keeper::WebAuth;
use crate::http::{ApiError, AppState, ask};

/// The open session that a request's cookie names.
pub fn of(presented: &Presented, state: &AppState, auth: &WebAuth) -> Option<Arc<Session>> {
    open_token(presented, state, auth).map(|(_, session)| session)
}

fn open_token<'a>(presented: &'a Presented, state: &AppState, auth: &WebAuth) -> Option<(&'a str, Arc<Session>)> {
    let (view, now) = (state.commons.views.auth.get(), Utc::now());
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
    let auth = state.commons.views.config.get().web_auth.clone();
    let presented = Presented::of(&request);
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
    if let Ok(cookie) = HeaderValue::from_str(&cookie(&token, &state.settings.base_url, https)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Opens a session. A program that sends its password each time and keeps no cookies is given the same one again.
async fn start(request: &HttpRequest, state: &AppState, auth: &WebAuth) -> Result<String, ApiError> {
    let program = program(request, state, auth);
    let (view, now) = (state.commons.views.auth.get(), Utc::now());
    if let Some(token) = state.logins.given(&program)
        && view.session(token.text(), &auth.fingerprint, now).is_some()
    {
        return Ok(token.text().to_owned());
    }
    let message = StartSession { user: auth.username.clone(), login: auth.fingerprint };
    let token = ask(&state.auth, message).await?.map_err(ApiError::internal)?;
    let text = token.text().to_owned();
    state.logins.remember(program, token);
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
    for token in Presented::of(request).cookies {
        ask(&state.auth, EndSession { token: fingerprint(&token) }).await?.map_err(ApiError::internal)?;
    }
    Ok(())
}

fn cookie(token: &str, base_url: &str, https: bool) -> String {
    let (path, seconds) = (path(base_url), SESSION_LIFE.num_seconds());
    let secure = if https { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// A cookie that removes the session's.
pub fn no_cookie(base_url: &str) -> String {
    format!("{COOKIE}=; Path={}; Max-Age=0; HttpOnly; SameSite=Strict", path(base_url))
}

fn path(base_url: &str) -> &str {
    if base_url.is_empty() { "/" } else { base_url }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        assert_eq!(
            cookie("t", "", false),
            "posterizarrd_session=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"
        );
        assert!(cookie("t", "/posters", true).contains("; Path=/posters;"));
        assert!(cookie("t", "/posters", true).ends_with("; Secure"));
        assert!(no_cookie("").contains("Max-Age=0"));
    }
}
