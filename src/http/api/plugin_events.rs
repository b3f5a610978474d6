//! `/ws/events`: tells the Jellyfin and Emby plugins of later versions of Posterizarr which pictures are new, so that they show
//! them at once rather than after their daily look.
//!
//! The protocol is theirs: a question without a WebSocket is answered with what is there; then `connected`, `ping` now and
//! then (they answer `pong`), and `asset_updated` with each name twice, in both spellings. A key is taken from headers alone:
//! addresses end up in logs. Who names `heartbeat=true` gets one every few seconds, as from every socket here.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::UPGRADE;
use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_ws::MessageStream;
use chrono::{SecondsFormat, Utc};
use posterizarr_base::artwork::AssetName;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::library::assets::touched;
use crate::actors::library::assets::{AssetsView, Freshness};
use crate::actors::library::assets::{Family, asset_type, media_type, title_of_flat};
use crate::actors::servers::library_types::LibraryTypes;
use crate::http::auth::{Principal, StreamLogin};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::socket::{Ending, Socket, no_websocket};
use crate::http::{ApiError, Code, State};

/// The version of the protocol.
const VERSION: &str = "2.0";
/// The pause between pings.
const PING: Duration = Duration::from_secs(15);
/// The pause between heartbeats, for those who asked for them.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// More pictures at once are a library that came back, which the plugins find by themselves.
const MAX_AT_ONCE: usize = 1_000;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(events);
}

/// What is there, for a plugin's settings page.
#[derive(Serialize, ToSchema)]
struct Probe {
    /// `online`.
    status: &'static str,
    websocket: bool,
    endpoint: &'static str,
    version: &'static str,
    authenticated: bool,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// `true`: a message of type `heartbeat` every 4 seconds.
    #[param(required = false)]
    heartbeat: bool,
    /// What upstream's plugins may send, and what belongs into a header.
    #[param(ignore)]
    key_in_address: bool,
}

impl FromQuery for EventsQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let keys = ["api_key", "secret", "apikey"];
        Self {
            heartbeat: parameters.switch("heartbeat"),
            key_in_address: keys.iter().any(|name| parameters.text(name).is_some()),
        }
    }
}

/// Tells the plugins of Jellyfin and Emby about new pictures, over a WebSocket; a plain request is told that the WebSocket is there.
#[utoipa::path(tag = "events",
    params(EventsQuery),
    responses((status = 101, description = "a WebSocket"), (status = 200, body = Probe),
    (status = 400, description = "a key in the address")))]
#[get("/ws/events")]
async fn events(
    state: State,
    request: HttpRequest,
    principal: Principal,
    payload: web::Payload,
    Query(EventsQuery { heartbeat, key_in_address }): Query<EventsQuery>,
) -> Result<HttpResponse, ApiError> {
    if key_in_address {
        let text = "the key goes into the header X-API-Key here, not into the address";
        return Err(ApiError::new(Code::InvalidRequest, text));
    }
    if !request.headers().contains_key(UPGRADE) {
        let (status, endpoint) = ("online", "/ws/events");
        let probe = Probe { status, websocket: true, endpoint, version: VERSION, authenticated: true };
        return Ok(HttpResponse::Ok().json(probe));
    }
    let (response, session, messages) = actix_ws::handle(&request, payload).map_err(no_websocket)?;
    let socket = Socket::new(session, StreamLogin::new(principal, &state.views), &state);
    actix_web::rt::spawn(serve(state, socket, messages, heartbeat));
    Ok(response)
}

async fn serve(state: State, mut socket: Socket, mut messages: MessageStream, beats: bool) {
    let _counted = state.metrics.listener("plugins");
    let ending = tell(&state, &mut socket, &mut messages, beats).await;
    socket.close(ending, "").await;
}

async fn tell(state: &State, socket: &mut Socket, messages: &mut MessageStream, beats: bool) -> Result<(), Ending> {
    let mut assets = state.views.assets.subscribe();
    let mut known = assets.borrow_and_update().clone();
    socket.send(json!({ "event": "connected" }).to_string()).await?;
    let now = tokio::time::Instant::now();
    let (mut ping, mut beat) =
        (tokio::time::interval_at(now + PING, PING), tokio::time::interval_at(now + HEARTBEAT, HEARTBEAT));
    loop {
        tokio::select! {
            biased;
            kept = socket.keep(messages) => kept?,
            _ = ping.tick() => socket.send(json!({ "event": "ping" }).to_string()).await?,
            _ = beat.tick(), if beats => socket.send(json!({ "type": "heartbeat" }).to_string()).await?,
            changed = assets.changed() => {
                changed.map_err(|_| Ending::Stopping)?;
                let now = assets.borrow_and_update().clone();
                for text in news(&known, &now, &state.views.library_types.get()) {
                    socket.send(text).await?;
                }
                known = now;
            }
        }
    }
}

/// What there is to tell. The first look at a library makes nothing in it new.
fn news(before: &AssetsView, now: &Arc<AssetsView>, types: &LibraryTypes) -> Vec<String> {
    if before.assets_state.knowledge != Freshness::Current || Arc::ptr_eq(&before.assets, &now.assets) {
        return Vec::new();
    }
    let paths = touched(&before.assets, &now.assets);
    paths.iter().take(MAX_AT_ONCE).map(|path| updated(path, types).to_string()).collect()
}

/// The news of one picture.
fn updated(path: &str, types: &LibraryTypes) -> Value {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let library = folders.split('/').next().unwrap_or_default();
    let folder = match folders.rsplit_once('/') {
        Some((_, folder)) => folder,
        None => title_of_flat(name),
    };
    let kind = asset_type(media_type(name, Family::of(library, types)));
    let (season, episode) = numbers(name);
    json!({
        "event": "asset_updated",
        "library_name": library,
        "folder_name": folder,
        "asset_type": kind,
        "season_number": season,
        "episode_number": episode,
        "title": folder.split(" (").next(),
        "relative_path": path,
        "timestamp": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        "libraryName": library,
        "folderName": folder,
        "assetType": kind,
        "seasonNumber": season,
        "episodeNumber": episode,
        "relativePath": path,
    })
}

/// The season and the episode in a file's name, such as `Season01.jpg` and `Dark (2017)_S01E02.jpg`.
fn numbers(name: &str) -> (Option<u32>, Option<u32>) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let code = stem.rsplit('_').next().unwrap_or_default();
    AssetName::of_stem(code).map_or((None, None), AssetName::numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_with_its_place_in_both_spellings() {
        let types = LibraryTypes::default();
        for (path, library, folder, kind, season, episode, title) in [
            ("Movies/Heat (1995)/poster.jpg", "Movies", "Heat (1995)", "poster", None, None, "Heat"),
            ("TV/Dark (2017)/Season01.jpg", "TV", "Dark (2017)", "season", Some(1), None, "Dark"),
            ("TV/more/Dark (2017)/S02E03.jpg", "TV", "Dark (2017)", "titlecard", Some(2), Some(3), "Dark"),
            ("Dark (2017)_S02E03.jpg", "", "Dark (2017)", "titlecard", Some(2), Some(3), "Dark"),
            ("Movies/Seven (1995)/background.jpg", "Movies", "Seven (1995)", "background", None, None, "Seven"),
        ] {
            let told = updated(path, &types);
            for (one, other, expected) in [
                ("library_name", "libraryName", json!(library)),
                ("folder_name", "folderName", json!(folder)),
                ("asset_type", "assetType", json!(kind)),
                ("season_number", "seasonNumber", json!(season)),
                ("episode_number", "episodeNumber", json!(episode)),
                ("relative_path", "relativePath", json!(path)),
                ("title", "title", json!(title)),
            ] {
                assert_eq!((&told[one], &told[other]), (&expected, &expected), "{path}: {one}");
            }
        }
    }
}
