//! Who may do what.
//!
//! Theory of operation: [`guard`] is the one middleware that every request passes, WebSocket upgrades and files included.
//! It asks [`needed_scope`] what the request needs, refuses what a foreign page made a browser send ([`foreign`]), looks who asks
//! ([`login`]) and lets it through or refuses. Handlers take the [`Principal`] where they care; streams hold a
//! [`StreamLogin`], since they outlive the look. Public requests are let through without a look at their login, so that
//! nothing but the slowed-down check can be used to guess one.

mod backoff;
mod client;
mod cors;
mod credentials;
mod foreign;
mod keys;
mod login;
pub(in crate::http) mod logins;
pub(in crate::http) mod names;
mod needed_scope;
mod principal;
mod session;
mod stream_login;
mod unclaimed;
mod verified;

use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError, get, post, web};
use client::Client;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::access::Scope;
use crate::actors::config::ConfigView;
use crate::http::respond::done::Done;
use crate::http::{ApiError, Code, State};
pub use credentials::COOKIE;
pub use foreign::Foreign;
use login::Login;
pub use logins::Logins;
pub use names::OwnNames;
pub use needed_scope::{Access, needed};
pub use principal::{LocalOwner, Principal, Via};
pub use stream_login::StreamLogin;

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
    let origin = cors::named_origin(&request, named);
    let mut response = match origin.as_ref().and_then(|_| cors::preflight(&request)) {
        Some(answer) => request.into_response(answer).map_into_right_body(),
        None => admit(request, next, &state).await?,
    };
    if !named.is_empty() {
        cors::vary(response.headers_mut());
    }
    if let Some(origin) = origin {
        cors::allow(origin, response.headers_mut());
    }
    Ok(response)
}

/// Middleware of addresses that ask for no login: refuses what a foreign page made a browser send.
pub async fn refuse_foreign<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(state) = request.app_data::<State>().cloned() else {
        return Err(ApiError::internal("the application was built without its state").into());
    };
    if let Err(foreign) = check_page(&request, &state) {
        return Ok(refuse_page(request, &state, &foreign));
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn refuse_page<B>(request: ServiceRequest, state: &State, foreign: &Foreign) -> ServiceResponse<EitherBody<B>> {
    let refusal = foreign.refusal();
    state.logins.told.tell(foreign, &refusal);
    request.into_response(refusal.error_response()).map_into_right_body()
}

async fn admit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
    state: &State,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let needed = needed(request.method(), request.match_info().as_str());
    if let Err(foreign) = check_page(&request, state) {
        if needed != Access::Public && !(needed == Access::Optional && is_read(&request)) {
            return Ok(refuse_page(request, state, &foreign));
        }
        // What anybody may read says less, or why the rest does not answer.
        request.extensions_mut().insert(foreign);
    }
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

/// Whether a foreign page may have made the browser send this, whoever is signed in. The owner's socket has no pages.
fn check_page(request: &ServiceRequest, state: &State) -> Result<(), Foreign> {
    if request.request().conn_data::<LocalOwner>().is_some() {
        return Ok(());
    }
    let by_proxy = Client::is_by_proxy(request.request(), &state.settings.trusted_proxies);
    foreign::decide(request.headers(), is_read(request), by_proxy, &state.names)
}

fn is_read(request: &ServiceRequest) -> bool {
    [Method::GET, Method::HEAD].contains(request.method())
}

/// Whether this login may do what needs `scope`. Webhooks from networks that the settings name need none.
fn check_scope(request: &ServiceRequest, state: &State, login: &Login, scope: Scope) -> Result<(), ApiError> {
    if scope == Scope::Webhook && is_from_open_network(request, state) {
        return Ok(());
    }
    match login {
        Login::Known(principal) if principal.may(scope) => Ok(()),
        Login::Known(_) => {
            let values = [("scope", scope.to_string().into())];
            Err(ApiError::told(Code::Forbidden, "this login lacks the scope {scope}; use one that has it", values))
        }
        Login::Throttled(wait) => {
            let template = "too many wrong logins from this address; try again in {seconds} s";
            Err(ApiError::told(Code::TooManyAttempts, template, [("seconds", rounded_up(*wait).into())]))
        }
        Login::Missing | Login::Wrong => Err(not_signed_in(login, &state.views.config.get())),
    }
}

/// Why a request without a right login is refused: the login is, or the configuration that would tell which one is right.
fn not_signed_in(login: &Login, config: &ConfigView) -> ApiError {
    if config.web_auth.is_locked() {
        return ApiError::new(Code::ConfigUnreadable, CONFIG_UNREADABLE);
    }
    match login {
        Login::Wrong if config.problem.is_some() => {
            let text = "this is not the user name and password of the last good config.json, which hold while the file \
                        cannot be read; repair it, the daemon's log says what is wrong";
            ApiError::new(Code::WrongWhileConfigUnreadable, text)
        }
        Login::Wrong => ApiError::new(Code::Unauthorized, "the login is wrong"),
        _ => ApiError::new(Code::Unauthorized, "a login is needed"),
    }
}

const CONFIG_UNREADABLE: &str = "config.json cannot be read, so nobody can sign in until it is repaired; the daemon's log says \
                                 what is wrong with it";

fn is_from_open_network(request: &ServiceRequest, state: &State) -> bool {
    let client = Client::of(request.request(), &state.settings.trusted_proxies).address;
    state.settings.webhook_networks.iter().any(|network| network.contains(&client))
}

/// A refusal without `WWW-Authenticate`: the browser's own dialog would cover the UI's form.
fn refusal(error: &ApiError, login: &Login) -> HttpResponse {
    let mut answer = error.error_response();
    if let Login::Throttled(wait) = login {
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
    /// Why nothing else would answer, or nobody can sign in; absent where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<CheckProblem>,
}

/// What stands in the way, whoever asks.
#[derive(Debug, Serialize, ToSchema)]
struct CheckProblem {
    /// `unknown_host`, `foreign_origin` or `config_unreadable`.
    code: &'static str,
    /// What is wrong, and what to do.
    message: String,
}

impl From<ApiError> for CheckProblem {
    fn from(error: ApiError) -> Self {
        Self { code: error.code().name(), message: error.to_string() }
    }
}

/// Returns whether a login is needed, and whether the one that was sent is correct.
#[utoipa::path(tag = "auth", responses((status = 200, body = Check)))]
#[get("/api/auth/check")]
async fn check(request: HttpRequest, state: State, principal: Option<Principal>) -> impl Responder {
    let login = state.views.config.get().web_auth.clone();
    let foreign = request.extensions().get::<Foreign>().map(Foreign::refusal);
    let unreadable = || login.is_locked().then(|| ApiError::new(Code::ConfigUnreadable, CONFIG_UNREADABLE));
    let problem = foreign.or_else(unreadable).map(CheckProblem::from);
    web::Json(Check { enabled: login.enabled, authenticated: principal.is_some(), problem })
}

/// Ends the session of the cookie that is sent, if there is one, and removes the cookie.
#[utoipa::path(tag = "auth", responses((status = 200, body = Done)))]
#[post("/api/auth/logout")]
async fn logout(request: HttpRequest, state: State) -> Result<impl Responder, ApiError> {
    session::end(&request, &state).await?;
    let gone = session::no_cookie(&state);
    Ok(HttpResponse::Ok().insert_header((header::SET_COOKIE, gone)).json(Done::new("Logged out")))
}
