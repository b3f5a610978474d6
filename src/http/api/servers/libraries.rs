//! The libraries of media servers: fetched, kept, and left out. Shapes are upstream's: a failure is 200 with `success: false`.

use std::collections::BTreeSet;

use actix_web::{Responder, get, post, web};
use chrono::Local;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::servers::checks::hint;
use crate::actors::servers::libraries::{ExcludeLibraries, KeepLibraries, ServerLibraries};
use crate::http::api::servers::checks::{KeyedServer, PlexServer, server_key};
use crate::http::extract::json::Json;
use crate::http::{ApiError, State, ask};
use posterizarr_base::servers::{Dialect, ServerKind};
use posterizarr_media::servers::admin::{Library, ServerError, jellyfin, plex};

const INVALID_SERVER: &str = "Invalid server type";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(fetch_plex)
        .service(fetch_jellyfin)
        .service(fetch_emby)
        .service(plex_items)
        .service(cached)
        .service(exclude);
}

/// The libraries of a server, or why there are none.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum LibraryList {
    /// What was asked for.
    Fetched {
        success: bool,
        libraries: Vec<LibraryEntry>,
        /// Names of the libraries that are left out.
        excluded: Vec<String>,
    },
    /// Nothing came.
    Failed(Failure),
}

/// A failure that is told with status 200, as upstream does.
#[derive(Serialize, ToSchema)]
struct Failure {
    success: bool,
    error: String,
    /// What to do, where the error does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

impl Failure {
    fn new(error: impl Into<String>) -> Self {
        Self { success: false, error: error.into(), hint: None }
    }

    fn of(error: &ServerError, what: &str) -> Self {
        match error {
            ServerError::Status(status) => {
                Self { hint: hint(*status), ..Self::new(format!("Failed to fetch {what} (Status: {status})")) }
            }
            ServerError::Http(trouble) => Self::new(trouble.to_string()),
        }
    }
}

/// A library.
#[derive(Serialize, ToSchema)]
struct LibraryEntry {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Plex's number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Jellyfin's or Emby's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// When it was fetched, in local time; of a kept one.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_fetched: Option<String>,
}

impl LibraryEntry {
    fn fetched(server: ServerKind, library: Library) -> Self {
        let Library { name, kind, id } = library;
        let (key, id) = if server == ServerKind::Plex { (Some(id), None) } else { (None, Some(id)) };
        Self { name, kind, key, id, last_fetched: None }
    }
}

impl LibraryList {
    fn known(known: &ServerLibraries) -> Self {
        let fetched = known.fetched.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string();
        let entry = |name: &String, kind: &Option<String>| LibraryEntry {
            name: name.clone(),
            kind: kind.clone(),
            key: None,
            id: None,
            last_fetched: Some(fetched.clone()),
        };
        let libraries = known.libraries.iter().map(|library| entry(&library.name, &library.kind)).collect();
        Self::Fetched { success: true, libraries, excluded: known.excluded_now() }
    }
}

/// Fetches the libraries of Plex and stores the list.
#[utoipa::path(tag = "libraries", responses((status = 200, body = LibraryList), (status = 400), (status = 503)))]
#[post("/api/libraries/plex")]
async fn fetch_plex(state: State, body: Json<PlexServer>) -> Result<impl Responder, ApiError> {
    let token = server_key(&state, ServerKind::Plex, &body.url, &body.token)?;
    let sections = plex::sections(&state.http, &body.url, &token).await;
    keep(&state, ServerKind::Plex, sections.map(|sections| sections.libraries)).await
}

/// Fetches the libraries of Jellyfin and stores the list.
#[utoipa::path(tag = "libraries", responses((status = 200, body = LibraryList), (status = 400), (status = 503)))]
#[post("/api/libraries/jellyfin")]
async fn fetch_jellyfin(state: State, body: Json<KeyedServer>) -> Result<impl Responder, ApiError> {
    fetch_keyed(&state, Dialect::Jellyfin, &body).await
}

/// Fetches the libraries of Emby and stores the list.
#[utoipa::path(tag = "libraries", responses((status = 200, body = LibraryList), (status = 400), (status = 503)))]
#[post("/api/libraries/emby")]
async fn fetch_emby(state: State, body: Json<KeyedServer>) -> Result<impl Responder, ApiError> {
    fetch_keyed(&state, Dialect::Emby, &body).await
}

async fn fetch_keyed(state: &State, dialect: Dialect, body: &KeyedServer) -> Result<web::Json<LibraryList>, ApiError> {
    let key = server_key(state, dialect.into(), &body.url, &body.api_key)?;
    keep(state, dialect.into(), jellyfin::libraries(&state.http, dialect, &body.url, &key).await).await
}

async fn keep(
    state: &State,
    server: ServerKind,
    fetched: Result<Vec<Library>, ServerError>,
) -> Result<web::Json<LibraryList>, ApiError> {
    let libraries = match fetched {
        Ok(libraries) => libraries,
        Err(error) => return Ok(web::Json(LibraryList::Failed(Failure::of(&error, "libraries")))),
    };
    let known = ask(&state.libraries, KeepLibraries { server, libraries: libraries.clone() }).await??;
    let libraries = libraries.into_iter().map(|library| LibraryEntry::fetched(server, library)).collect();
    Ok(web::Json(LibraryList::Fetched { success: true, libraries, excluded: known.excluded_now() }))
}

/// Returns the libraries of a server as they were last fetched.
#[utoipa::path(tag = "libraries", params(("server_type" = String, Path, description = "plex, jellyfin or emby")),
    responses((status = 200, body = LibraryList)))]
#[get("/api/libraries/{server_type}/cached")]
async fn cached(state: State, server_type: web::Path<String>) -> impl Responder {
    let Some(server) = ServerKind::of_key(&server_type) else {
        return web::Json(LibraryList::Failed(Failure::new(INVALID_SERVER)));
    };
    let view = state.views.libraries.get();
    web::Json(LibraryList::known(view.get(&server).unwrap_or(&ServerLibraries::default())))
}

/// Which libraries to leave out.
#[derive(Deserialize, ToSchema)]
struct Exclusions {
    /// Their names; all others of the server are back in.
    excluded_libraries: BTreeSet<String>,
}

/// Whether it was done.
#[derive(Serialize, ToSchema)]
struct Excluded {
    success: bool,
    /// What is wrong, where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Excludes exactly these libraries of a server.
#[utoipa::path(tag = "libraries", params(("server_type" = String, Path, description = "plex, jellyfin or emby")),
    responses((status = 200, body = Excluded), (status = 400), (status = 503)))]
#[post("/api/libraries/{server_type}/exclusions")]
async fn exclude(
    state: State,
    server_type: web::Path<String>,
    body: Json<Exclusions>,
) -> Result<impl Responder, ApiError> {
    let Some(server) = ServerKind::of_key(&server_type) else {
        return Ok(web::Json(Excluded { success: false, error: Some(INVALID_SERVER) }));
    };
    let names = body.0.excluded_libraries;
    ask(&state.libraries, ExcludeLibraries { server, names }).await??;
    Ok(web::Json(Excluded { success: true, error: None }))
}

/// A library of a Plex server.
#[derive(Deserialize, ToSchema)]
struct PlexLibrary {
    /// The server's address.
    url: String,
    /// The token, or the mask for the stored one.
    token: String,
    /// The library's key.
    library_key: String,
}

/// What is in a library, or why nothing is known.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum ItemList {
    /// What was asked for.
    Fetched { success: bool, items: Vec<LibraryItem> },
    /// Nothing came.
    Failed(Failure),
}

/// Something in a library.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LibraryItem {
    title: String,
    year: String,
    /// The name a folder for it is likely to have.
    folder_name: String,
    #[serde(rename = "type")]
    kind: String,
    rating_key: String,
}

impl From<plex::Item> for LibraryItem {
    fn from(item: plex::Item) -> Self {
        let folder_name = item.folder_name();
        let plex::Item { title, year, kind, rating_key, .. } = item;
        Self { title, year, folder_name, kind, rating_key }
    }
}

/// Lists what is in a library of Plex.
#[utoipa::path(tag = "libraries", responses((status = 200, body = ItemList), (status = 400)))]
#[post("/api/libraries/plex/items")]
async fn plex_items(state: State, body: Json<PlexLibrary>) -> Result<impl Responder, ApiError> {
    let token = server_key(&state, ServerKind::Plex, &body.url, &body.token)?;
    let items = plex::items(&state.http, &body.url, &token, &body.library_key).await;
    Ok(web::Json(match items {
        Ok(items) => ItemList::Fetched { success: true, items: items.into_iter().map(LibraryItem::from).collect() },
        Err(error) => ItemList::Failed(Failure::of(&error, "items")),
    }))
}
