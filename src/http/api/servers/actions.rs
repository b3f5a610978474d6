//! What a media server is to do about one item or library. Routes and texts are those of Posterizarr 3.x.
//!
//! The server is asked at its stored address with its stored key, and what a client names is checked to be an id: it is
//! part of the address.

use actix_web::{Responder, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::{ConfigView, MASK};
use crate::actors::servers::checks::hint;
use crate::http::extract::json::Json;
use crate::http::respond::done::Done;
use crate::http::{ApiError, AppState, Code, State};
use posterizarr_base::servers::{Dialect, ServerKind};
use posterizarr_media::servers::admin::{ServerError, jellyfin, plex};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(plex_action).service(jellyfin_emby_action);
}

/// What Plex is to do.
#[derive(Deserialize, ToSchema)]
struct PlexAction {
    /// `refresh_item`, `analyze_item`, `scan_library` or `empty_trash`.
    action: String,
    /// The item, for the first two.
    rating_key: Option<String>,
    /// The library, for the last two.
    library_name: Option<String>,
}

/// What Jellyfin or Emby is to do.
#[derive(Deserialize, ToSchema)]
struct KeyedAction {
    /// `refresh_item` or `refresh_images`.
    action: String,
    /// The item.
    media_id: String,
}

/// Where a media server is and the key that it takes, as config.json has them.
struct ServerCredentials {
    url: String,
    key: String,
}

impl ServerCredentials {
    /// None where its address or its key is missing.
    fn of(config: &ConfigView, server: ServerKind) -> Option<Self> {
        let section = format!("{}Part", server.name());
        let url = config.text(&section, &format!("{}Url", server.name()))?;
        let key = if server == ServerKind::Plex { "PlexToken".to_owned() } else { format!("{}APIKey", server.name()) };
        let key = config.revealed("ApiPart", &key, MASK);
        (!url.trim().is_empty() && !key.trim().is_empty()).then_some(Self { url, key })
    }
}

/// Makes Plex refresh or analyse an item, or scan a library or empty its trash.
#[utoipa::path(tag = "libraries", request_body = PlexAction, responses((status = 200, body = Done),
    (status = 400, description = "not an action, not an id, or Plex does not take it"),
    (status = 404, description = "Plex has no such item or library"),
    (status = 422, description = "Plex refuses the stored token"),
    (status = 502, description = "Plex did not answer, or would not do it")))]
#[post("/api/plex/action")]
async fn plex_action(state: State, asked: Json<PlexAction>) -> Result<impl Responder, ApiError> {
    let PlexAction { action, rating_key, library_name } = asked.0;
    let server = ServerCredentials::of(&state.views.config.get(), ServerKind::Plex);
    let server = server.ok_or_else(|| invalid("Plex URL or Token not configured"))?;
    let (http, url, token) = (&state.http, &server.url, &server.key);
    let (done, message) = match action.as_str() {
        "refresh_item" => {
            let item = item(rating_key.as_deref())?;
            (plex::refresh_item(http, url, token, item).await, format!("Refreshed metadata for item {item}"))
        }
        "analyze_item" => {
            let item = item(rating_key.as_deref())?;
            (plex::analyze_item(http, url, token, item).await, format!("Started analysis for item {item}"))
        }
        "scan_library" => {
            let name = library(library_name.as_deref())?;
            let key = library_key(&state, &server, name).await?;
            (plex::scan_library(http, url, token, &key).await, format!("Started scan for library '{name}'"))
        }
        "empty_trash" => {
            let name = library(library_name.as_deref())?;
            let key = library_key(&state, &server, name).await?;
            (plex::empty_trash(http, url, token, &key).await, format!("Trash emptied for library '{name}'"))
        }
        other => {
            let values = [("action", shown(other).into())];
            return Err(ApiError::told(Code::InvalidValue, "Invalid action: {action}", values));
        }
    };
    done.map_err(|error| refused(error, ServerKind::Plex, "Plex Server"))?;
    Ok(web::Json(Done::new(message)))
}

/// Makes Jellyfin or Emby refresh the metadata or the pictures of an item.
#[utoipa::path(tag = "libraries", request_body = KeyedAction, responses((status = 200, body = Done),
    (status = 400, description = "not an action, not an id, or the server does not take it"),
    (status = 404, description = "the server has no such item"),
    (status = 422, description = "the server refuses the stored key"),
    (status = 502, description = "the server did not answer, or would not do it")))]
#[post("/api/jellyfin-emby/action")]
async fn jellyfin_emby_action(state: State, asked: Json<KeyedAction>) -> Result<impl Responder, ApiError> {
    let KeyedAction { action, media_id } = asked.0;
    let what = match action.as_str() {
        "refresh_item" => jellyfin::Refresh::Metadata,
        "refresh_images" => jellyfin::Refresh::Images,
        _ => return Err(invalid("Invalid action")),
    };
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_id(&media_id) {
        return Err(invalid("media_id is an id of the server: letters, digits and dashes"));
    }
    let (server, credentials) =
        enabled(&state).ok_or_else(|| invalid("Jellyfin/Emby not enabled or missing configuration"))?;
    let done = jellyfin::refresh(&state.http, server, &credentials.url, &credentials.key, &media_id, what).await;
    done.map_err(|error| refused(error, server.into(), server.name()))?;
    Ok(web::Json(Done::new(format!("Triggered '{action}' on {} for item {media_id}", server.name()))))
}

/// The one of the two servers that is in use.
fn enabled(state: &AppState) -> Option<(Dialect, ServerCredentials)> {
    let config = state.views.config.get();
    let mut in_use = [Dialect::Jellyfin, Dialect::Emby]
        .into_iter()
        .filter(|server| config.flag(&format!("{}Part", server.name()), &format!("Use{}", server.name())));
    in_use.find_map(|server| Some((server, ServerCredentials::of(&config, server.into())?)))
}

fn item(rating_key: Option<&str>) -> Result<&str, ApiError> {
    let given =
        rating_key.map(str::trim).filter(|key| !key.is_empty()).ok_or_else(|| invalid("Rating Key required"))?;
    let is_number = given.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(given) } else { Err(invalid("rating_key is Plex's number of the item: digits only")) }
}

fn library(name: Option<&str>) -> Result<&str, ApiError> {
    name.filter(|name| !name.trim().is_empty()).ok_or_else(|| invalid("Library Name required"))
}

/// Plex's number of the library with this name.
async fn library_key(state: &AppState, server: &ServerCredentials, name: &str) -> Result<String, ApiError> {
    let sections = plex::sections(&state.http, &server.url, &server.key).await.map_err(|error| match error {
        ServerError::Status(status) => caused(ApiError::new(whose(status), "Failed to fetch Plex libraries"), &error),
        ServerError::Http(_) => refused(error, ServerKind::Plex, "Plex Server"),
    })?;
    let found = sections.libraries.into_iter().find(|library| library.name == name).map(|library| library.id);
    // What the server says becomes part of an address again.
    let found = found.filter(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()));
    found.ok_or_else(|| {
        ApiError::told(Code::NotFound, "Library '{library}' not found", [("library", shown(name).into())])
    })
}

fn refused(error: ServerError, server: ServerKind, name: &str) -> ApiError {
    match &error {
        ServerError::Status(status) => {
            let (code, server_name) = (whose(*status), server.name().into());
            let refusal = if server == ServerKind::Plex {
                let values = [("server", server_name), ("status", (*status).into())];
                ApiError::told(code, "{server} API Error: {status}", values)
            } else {
                ApiError::told(code, "{server} API Error", [("server", server_name)])
            };
            caused(refusal, &error)
        }
        ServerError::Http(_) => {
            let values = [("server", name.into())];
            caused(ApiError::told(Code::MediaServer, "Failed to connect to {server}", values), &error)
        }
    }
}

/// Whose mistake a refusal of the server tells: that of the request, that of the settings (the server's 401 must not pass for
/// ours, which ends the user's session), or the server's own.
fn whose(status: u16) -> Code {
    match status {
        404 => Code::NotFound,
        401 | 403 => Code::Unprocessable,
        408 | 429 => Code::MediaServer,
        400..500 => Code::InvalidValue,
        _ => Code::MediaServer,
    }
}

/// Upstream's text, and beside it what happened and what to do about it.
fn caused(refusal: ApiError, error: &ServerError) -> ApiError {
    let refusal = refusal.with("cause", error.to_string());
    match error {
        ServerError::Status(status) => hint(*status).map_or(refusal.clone(), |hint| refusal.with("hint", hint)),
        ServerError::Http(_) => refusal,
    }
}

fn invalid(message: &'static str) -> ApiError {
    ApiError::new(Code::InvalidValue, message)
}

/// It is anybody's text.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}
