//! Who may do what.
//!
//! Theory of operation: [`guard`] is the one middleware that every request passes, WebSocket upgrades and files included.
//! It asks [`access`] what the request needs, looks who asks ([`login`]) and lets it through or refuses. Handlers take the
//! [`Principal`] where they care. Public requests are let through without a look at their login, so that nothing but
//! the slowed-down check can be used to guess one.

mod access;
mod backoff;
mod client;
mod credentials;
mod keys;
mod login;
mod origin;
mod session;
mod verified;

use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{ApiError, Code, State};
use crate::actors::auth_keeper::Scope;
use access::Access;
use client::Client;
pub use credentials::COOKIE;
use login::Login;
pub use login::{Logins, Principal, Via};

/// Marks a connection over the owner-only socket.
#[derive(Debug, Clone, Copy)]
pub struct LocalOwner;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(check);
    config.service(logout);
    keys::routes(config);
}

/// Middleware: lets a request through if its login allows it. Answers preflights of named origins.
pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(state) = request.app_data::<State>().cloned() else {
        return Err(ApiError::internal("the application was built without its state").into());
    };
    let named = &state.settings.cors_origins;
    let origin = origin::named_origin(&request, named);
    let mut response = match origin.as_ref().and_then(|_| origin::preflight(&request)) {
        Some(answer) => request.into_response(answer).map_into_right_body(),
        None => admit(request, next, &state).await?,
    };
    if !named.is_empty() {
        origin::vary(response.headers_mut());
    }
    if let Some(origin) = origin {
        origin::allow(origin, response.headers_mut());
    }
    Ok(response)
}

async fn admit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
    state: &State,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let needed = access::needed(request.method(), request.match_info().as_str());
    if needed == Access::Public {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let login = login::of(request.request(), state).await;
    if let Access::Needs(scope) = needed
        && let Err(error) = check_scope(&request, state, &login, scope)
    {
        return Ok(request.into_response(refusal(&error, &login)).map_into_right_body());
    }
    let Login::Known(principal) = login else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let via = principal.via;
    request.extensions_mut().insert(principal);
    let mut response = next.call(request).await?.map_into_left_body();
    if via != Via::Open {
        keep_private(&mut response);
        session::renew(&mut response, state, via).await;
    }
    Ok(response)
}

/// Whether this login may do what needs `scope`. Webhooks from networks that the settings name need none.
fn check_scope(request: &ServiceRequest, state: &State, login: &Login, scope: Scope) -> Result<(), ApiError> {
    if scope == Scope::Webhook && is_from_open_network(request, state) {
        return Ok(());
    }
    let principal = match login {
        Login::Known(principal) => principal,
        Login::Missing => return Err(ApiError::new(Code::Unauthorized, "a login is needed")),
        Login::Wrong => return Err(ApiError::new(Code::Unauthorized, "the login is wrong")),
        Login::Closed(wait) => {
            let text = format!("too many wrong logins from this address; try again in {} s", rounded_up(*wait));
            return Err(ApiError::new(Code::TooManyAttempts, text));
        }
    };
    if !principal.may(scope) {
        let text = format!("this login lacks the scope {scope}; use one that has it");
        return Err(ApiError::new(Code::Forbidden, text));
    }
    if principal.via == Via::Session && origin::needs_check(request) { check_origin(request, state) } else { Ok(()) }
}

fn is_from_open_network(request: &ServiceRequest, state: &State) -> bool {
    let client = Client::of(request.request(), &state.settings.trusted_proxies).address;
    state.settings.webhook_networks.iter().any(|network| network.contains(&client))
}

fn check_origin(request: &ServiceRequest, state: &State) -> Result<(), ApiError> {
    let host = Client::of(request.request(), &state.settings.trusted_proxies).host;
    if origin::may_use_cookie(request.headers(), &host, &state.settings.cors_origins) {
        return Ok(());
    }
    let text = format!(
        "this page is not from {host}; let the proxy pass on the Host header, or list the page's origin in cors_origins"
    );
    Err(ApiError::new(Code::Forbidden, text))
}

/// A refusal without `WWW-Authenticate`: the browser's own dialog would cover the UI's form.
fn refusal(error: &ApiError, login: &Login) -> HttpResponse {
    let mut answer = error.error_response();
    if let Login::Closed(wait) = login {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(rounded_up(*wait)));
    }
    answer
}

fn rounded_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// What needs a login must not be kept by caches that others use.
fn keep_private<B>(response: &mut ServiceResponse<B>) {
    let headers = response.headers_mut();
    let public = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let Some(rest) = public.as_deref().and_then(|value| value.strip_prefix("public"))
        && let Ok(private) = HeaderValue::from_str(&format!("private{rest}"))
    {
        headers.insert(header::CACHE_CONTROL, private);
    }
}

/// Whether a login is needed, and whether this request has one.
#[derive(Debug, Serialize, ToSchema)]
struct Check {
    /// Whether a login is needed at all.
    enabled: bool,
    /// Whether the request may go on: no login is needed, or the one it brings is right.
    authenticated: bool,
}

/// Tells whether a login is needed, and whether the one that was sent is right.
#[utoipa::path(tag = "auth", responses((status = 200, body = Check)))]
#[get("/api/auth/check")]
async fn check(state: State, principal: Option<Principal>) -> impl Responder {
    let enabled = state.commons.views.config.get().web_auth.enabled;
    web::Json(Check { enabled, authenticated: principal.is_some() })
}

/// The session is over.
#[derive(Debug, Serialize, ToSchema)]
struct LoggedOut {
    success: bool,
    message: &'static str,
}

/// Ends the session of the cookie that is sent, if there is one, and removes the cookie.
#[utoipa::path(tag = "auth", responses((status = 200, body = LoggedOut)))]
#[post("/api/auth/logout")]
async fn logout(request: HttpRequest, state: State) -> Result<impl Responder, ApiError> {
    session::end(&request, &state).await?;
    let gone = session::no_cookie(&state.settings.base_url);
    Ok(HttpResponse::Ok()
        .insert_header((header::SET_COOKIE, gone))
        .json(LoggedOut { success: true, message: "Logged out" }))
}
