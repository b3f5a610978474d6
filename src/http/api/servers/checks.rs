//! Checks of what a user entered, before it is saved. Shapes and texts are upstream's; the answer is always 200 with a verdict.
//!
//! Where a client shows a masked secret and sends it back, the stored one is checked, at the address it was stored with. A client that goes away ends its check.

use actix_web::{Responder, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::MASK;
use crate::actors::servers::checks::{self, CheckVerdict};
use crate::http::extract::json::Json;
use crate::http::{ApiError, AppState, Code, State};
use posterizarr_base::servers::{Dialect, ServerKind};
use posterizarr_media::http::same_server;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(plex)
        .service(jellyfin)
        .service(emby)
        .service(tmdb)
        .service(tvdb)
        .service(fanart)
        .service(discord)
        .service(apprise)
        .service(uptimekuma);
}

/// A Plex server.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct PlexServer {
    /// Its address, such as `http://192.168.1.10:32400`.
    pub(in crate::http) url: String,
    /// The token, or the mask for the stored one.
    pub(in crate::http) token: String,
}

/// A Jellyfin or Emby server.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct KeyedServer {
    /// Its address, such as `http://192.168.1.10:8096`.
    pub(in crate::http) url: String,
    /// The API key, or the mask for the stored one.
    pub(in crate::http) api_key: String,
}

/// TMDB's read access token.
#[derive(Deserialize, ToSchema)]
struct TmdbToken {
    token: String,
}

/// TVDB's project key.
#[derive(Deserialize, ToSchema)]
struct TvdbKey {
    /// The key, alone or as `key#pin`.
    api_key: String,
    /// The PIN of a user's subscription.
    pin: Option<String>,
}

/// Fanart.tv's personal key.
#[derive(Deserialize, ToSchema)]
struct FanartKey {
    api_key: String,
}

/// A Discord webhook.
#[derive(Deserialize, ToSchema)]
struct DiscordWebhook {
    webhook_url: String,
}

/// An address of Apprise, or a push address of Uptime Kuma.
#[derive(Deserialize, ToSchema)]
struct NotificationUrl {
    url: String,
}

/// The value of a secret key of the configuration, where what was posted is its mask.
pub(in crate::http) fn revealed(state: &AppState, section: &str, key: &str, posted: &str) -> String {
    state.views.config.get().revealed(section, key, posted)
}

/// The token or key of a media server for a call to `url`: the stored one where what was posted is its mask, and then only
/// for the address it was stored with. Whoever may name an address must not get the key sent there.
pub(in crate::http) fn server_key(
    state: &AppState,
    server: ServerKind,
    url: &str,
    posted: &str,
) -> Result<String, ApiError> {
    let (key, address) = match server {
        ServerKind::Plex => ("PlexToken", "PlexUrl"),
        ServerKind::Jellyfin => ("JellyfinAPIKey", "JellyfinUrl"),
        ServerKind::Emby => ("EmbyAPIKey", "EmbyUrl"),
    };
    let config = state.views.config.get();
    if posted.trim() != MASK {
        return Ok(posted.to_owned());
    }
    let stored_at = config.text(&format!("{}Part", server.name()), address).unwrap_or_default();
    if !same_server(&stored_at, url) {
        let template = "the stored {key} is only sent to the stored {address}; enter the {key} again to use it with another address";
        let values = [("key", key.into()), ("address", address.into())];
        return Err(ApiError::told(Code::SecretElsewhere, template, values).with("valid", false).with("key", key));
    }
    Ok(config.revealed("ApiPart", key, MASK))
}

/// Asks Plex for its libraries.
#[utoipa::path(tag = "validate", operation_id = "validate_plex", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/plex")]
async fn plex(state: State, body: Json<PlexServer>) -> Result<impl Responder, ApiError> {
    let token = server_key(&state, ServerKind::Plex, &body.url, &body.token)?;
    Ok(web::Json(checks::plex(&state.http, &body.url, &token).await))
}

/// Asks Jellyfin who it is.
#[utoipa::path(tag = "validate", operation_id = "validate_jellyfin", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/jellyfin")]
async fn jellyfin(state: State, body: Json<KeyedServer>) -> Result<impl Responder, ApiError> {
    keyed(&state, Dialect::Jellyfin, &body).await
}

/// Asks Emby who it is.
#[utoipa::path(tag = "validate", operation_id = "validate_emby", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/emby")]
async fn emby(state: State, body: Json<KeyedServer>) -> Result<impl Responder, ApiError> {
    keyed(&state, Dialect::Emby, &body).await
}

async fn keyed(state: &AppState, dialect: Dialect, body: &KeyedServer) -> Result<web::Json<CheckVerdict>, ApiError> {
    let key = server_key(state, dialect.into(), &body.url, &body.api_key)?;
    Ok(web::Json(checks::jellyfin_or_emby(&state.http, dialect, &body.url, &key).await))
}

/// Asks TMDB whether it accepts the token.
#[utoipa::path(tag = "validate", operation_id = "validate_tmdb", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/tmdb")]
async fn tmdb(state: State, body: Json<TmdbToken>) -> impl Responder {
    let token = revealed(&state, "ApiPart", "tmdbtoken", &body.token);
    web::Json(checks::tmdb(&state.http, &state.settings.providers, &token).await)
}

/// Asks TVDB whether it accepts the key and the PIN.
#[utoipa::path(tag = "validate", operation_id = "validate_tvdb", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/tvdb")]
async fn tvdb(state: State, body: Json<TvdbKey>) -> impl Responder {
    let key = revealed(&state, "ApiPart", "tvdbapi", &body.api_key);
    web::Json(checks::tvdb(&state.http, &state.settings.providers, &key, body.pin.as_deref()).await)
}

/// Asks Fanart.tv whether it accepts the key.
#[utoipa::path(tag = "validate", operation_id = "validate_fanart", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/fanart")]
async fn fanart(state: State, body: Json<FanartKey>) -> impl Responder {
    let key = revealed(&state, "ApiPart", "FanartTvAPIKey", &body.api_key);
    web::Json(checks::fanart(&state.http, &state.settings.providers, &key).await)
}

/// Posts a test message to a Discord webhook.
#[utoipa::path(tag = "validate", operation_id = "validate_discord", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/discord")]
async fn discord(state: State, body: Json<DiscordWebhook>) -> impl Responder {
    let webhook = revealed(&state, "Notification", "Discord", &body.webhook_url);
    web::Json(checks::discord(&state.http, &webhook).await)
}

/// Checks the form of an Apprise address; nothing is sent.
#[utoipa::path(tag = "validate", operation_id = "validate_apprise", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/apprise")]
async fn apprise(state: State, body: Json<NotificationUrl>) -> impl Responder {
    web::Json(checks::apprise(&revealed(&state, "Notification", "AppriseUrl", &body.url)))
}

/// Pushes a heartbeat to Uptime Kuma.
#[utoipa::path(tag = "validate", operation_id = "validate_uptime_kuma", responses((status = 200, body = CheckVerdict), (status = 400)))]
#[post("/api/validate/uptimekuma")]
async fn uptimekuma(state: State, body: Json<NotificationUrl>) -> impl Responder {
    let url = revealed(&state, "Notification", "UptimeKumaUrl", &body.url);
    web::Json(checks::uptime_kuma(&state.http, &url).await)
}
