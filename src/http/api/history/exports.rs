//! What the media servers hold: statistics, rows, import. The routes of Plex and of the others are alike.
//!
//! Rows are sent as they are read, so that an answer of 100,000 of them costs little memory.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpResponse, Responder, get, post, web};
use chrono::{DateTime, FixedOffset};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::exports::Statistics;
use crate::actors::exports::export_store::{self, Selection};
use crate::actors::exports::{ExportView, ImportExports};
use crate::actors::store::Store;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::respond::ready::ready;
use crate::http::respond::time::with_offset;
use crate::http::{ApiError, AppState, State, ask_within, read_store};
use posterizarr_base::media_exports::{ExportFamily, ExportKind};

/// An import of a large library takes a while.
const LONG: Duration = Duration::from_secs(300);
/// Rows read in one step.
const STEP: usize = 500;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(plex_statistics)
        .service(plex_runs)
        .service(plex_library)
        .service(plex_episodes)
        .service(plex_import)
        .service(other_statistics)
        .service(other_runs)
        .service(other_library)
        .service(other_episodes)
        .service(other_import);
}

/// What the rows add up to.
#[derive(Serialize, ToSchema)]
struct ExportStatisticsAnswer {
    success: bool,
    statistics: Statistics,
}

/// The imports of which rows are left.
#[derive(Serialize, ToSchema)]
struct ExportRuns {
    success: bool,
    /// Newest first, in local time without offset.
    runs: Vec<String>,
    /// The same with their offsets, in the same order.
    #[schema(value_type = Vec<Option<String>>)]
    instants: Vec<Option<DateTime<FixedOffset>>>,
    count: usize,
}

/// Rows of an export.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "tells the document what is sent row by row")]
struct ExportRows {
    success: bool,
    /// The columns of upstream's table.
    #[schema(value_type = Vec<Object>)]
    data: Vec<Value>,
    count: usize,
    /// The import asked for, or `latest`.
    run_timestamp: String,
}

/// Which rows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct RowsQuery {
    /// Of this import; the newest if absent.
    run_timestamp: Option<String>,
    /// At most so many; all if absent, 0 or less.
    limit: Option<i64>,
}

impl FromQuery for RowsQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let limit = parameters.optional_number("limit", i64::MIN, i64::MAX);
        Self { run_timestamp: parameters.filled("run_timestamp"), limit }
    }
}

/// What came of an import.
#[derive(Serialize, ToSchema)]
struct ExportImport {
    success: bool,
    results: ExportImportResults,
    message: String,
    /// Files that were not read, or not to their end, each with the reason.
    problems: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct ExportImportResults {
    library_count: usize,
    episode_count: usize,
    run_timestamp: String,
}

/// Returns how much of Plex's libraries is known.
#[utoipa::path(tag = "exports", responses((status = 200, body = ExportStatisticsAnswer)))]
#[get("/api/plex-export/statistics")]
async fn plex_statistics(state: State) -> impl Responder {
    statistics(&state, ExportFamily::Plex).await
}

/// Lists the imports of Plex's exports.
#[utoipa::path(tag = "exports", responses((status = 200, body = ExportRuns)))]
#[get("/api/plex-export/runs")]
async fn plex_runs(state: State) -> impl Responder {
    runs(&state, ExportFamily::Plex).await
}

/// Lists Plex's movies and shows, by title.
#[utoipa::path(tag = "exports",
    params(RowsQuery),
    responses((status = 200, body = ExportRows), (status = 400)))]
#[get("/api/plex-export/library")]
async fn plex_library(state: State, asked: Query<RowsQuery>) -> Result<HttpResponse, ApiError> {
    rows(state, asked, ExportKind::PlexLibrary).await
}

/// Lists the seasons of Plex's shows.
#[utoipa::path(tag = "exports",
    params(RowsQuery),
    responses((status = 200, body = ExportRows), (status = 400)))]
#[get("/api/plex-export/episodes")]
async fn plex_episodes(state: State, asked: Query<RowsQuery>) -> Result<HttpResponse, ApiError> {
    rows(state, asked, ExportKind::PlexEpisodes).await
}

/// Imports Plex's exports that are in `Logs` now.
#[utoipa::path(tag = "exports", responses((status = 200, body = ExportImport)))]
#[post("/api/plex-export/import")]
async fn plex_import(state: State) -> Result<impl Responder, ApiError> {
    import(&state, ExportFamily::Plex).await
}

/// Returns how much of Jellyfin's or Emby's libraries is known.
#[utoipa::path(tag = "exports", responses((status = 200, body = ExportStatisticsAnswer)))]
#[get("/api/other-media-export/statistics")]
async fn other_statistics(state: State) -> impl Responder {
    statistics(&state, ExportFamily::Other).await
}

/// Lists the imports of Jellyfin's or Emby's exports.
#[utoipa::path(tag = "exports", responses((status = 200, body = ExportRuns)))]
#[get("/api/other-media-export/runs")]
async fn other_runs(state: State) -> impl Responder {
    runs(&state, ExportFamily::Other).await
}

/// Lists Jellyfin's or Emby's movies and shows, by library and title.
#[utoipa::path(tag = "exports",
    params(RowsQuery),
    responses((status = 200, body = ExportRows), (status = 400)))]
#[get("/api/other-media-export/library")]
async fn other_library(state: State, asked: Query<RowsQuery>) -> Result<HttpResponse, ApiError> {
    rows(state, asked, ExportKind::OtherLibrary).await
}

/// Lists the seasons of Jellyfin's or Emby's shows.
#[utoipa::path(tag = "exports",
    params(RowsQuery),
    responses((status = 200, body = ExportRows), (status = 400)))]
#[get("/api/other-media-export/episodes")]
async fn other_episodes(state: State, asked: Query<RowsQuery>) -> Result<HttpResponse, ApiError> {
    rows(state, asked, ExportKind::OtherEpisodes).await
}

/// Imports Jellyfin's or Emby's exports that are in `Logs` now.
#[utoipa::path(tag = "exports", responses((status = 200, body = ExportImport)))]
#[post("/api/other-media-export/import")]
async fn other_import(state: State) -> Result<impl Responder, ApiError> {
    import(&state, ExportFamily::Other).await
}

async fn statistics(state: &AppState, server: ExportFamily) -> web::Json<ExportStatisticsAnswer> {
    let statistics = view(state).await.sums.statistics(server);
    web::Json(ExportStatisticsAnswer { success: true, statistics })
}

async fn runs(state: &AppState, server: ExportFamily) -> web::Json<ExportRuns> {
    let runs = view(state).await.sums.runs(server);
    let instants = runs.iter().map(|run| with_offset(run)).collect();
    web::Json(ExportRuns { success: true, count: runs.len(), runs, instants })
}

async fn import(state: &AppState, server: ExportFamily) -> Result<web::Json<ExportImport>, ApiError> {
    let imported = ask_within(LONG, &state.exports, ImportExports(server)).await??;
    let message = format!("Imported {} library + {} episode records", imported.library, imported.episodes);
    let results = ExportImportResults {
        library_count: imported.library,
        episode_count: imported.episodes,
        run_timestamp: imported.run_timestamp,
    };
    // A missing file is no failure, upstream's clients rely on it; one that is there and cannot be read is.
    let problems = imported.problems;
    Ok(web::Json(ExportImport { success: problems.is_empty(), results, message, problems }))
}

async fn rows(state: State, asked: Query<RowsQuery>, kind: ExportKind) -> Result<HttpResponse, ApiError> {
    let Query(RowsQuery { run_timestamp: run, limit }) = asked;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
    let answered = Value::from(run.as_deref().unwrap_or("latest"));
    let (view, selection) = (view(&state).await, Selection { kind, run, limit });
    let keys = read_store(&state, move |store| export_store::select(store, &view.sums, &selection)).await?;
    let end = format!("],\"count\":{},\"run_timestamp\":{answered}}}", keys.len());
    let pieces = stream::try_unfold((state, keys, true), move |(state, keys, first)| async move {
        if keys.is_empty() {
            return Ok::<_, io::Error>(None);
        }
        let store = state.shared.store.clone();
        let step = move || {
            let mut keys = keys;
            let rest = keys.split_off(keys.len().min(STEP));
            piece(&store, kind, &keys, first).map(|piece| (piece, rest))
        };
        let (piece, rest) = web::block(step).await.map_err(io::Error::other)??;
        Ok(Some((piece, (state, rest, false))))
    });
    let text = |text: String| stream::once(async { Ok::<_, io::Error>(Bytes::from(text)) });
    let body = text("{\"success\":true,\"data\":[".to_owned()).chain(pieces).chain(text(end));
    Ok(HttpResponse::Ok().content_type("application/json").streaming(body))
}

/// Rows as the items of an array, with the comma that parts them from those before.
fn piece(store: &Store, kind: ExportKind, keys: &[Vec<u8>], first: bool) -> io::Result<Bytes> {
    let rows = export_store::rows(store, keys).map_err(io::Error::other)?;
    let mut piece = String::new();
    for row in rows {
        if !first || !piece.is_empty() {
            piece.push(',');
        }
        piece += &row.shown(kind).to_string();
    }
    Ok(piece.into())
}

/// The exports, once they have been read; as far as they are known where that takes long.
async fn view(state: &AppState) -> Arc<ExportView> {
    ready(&state.views.exports, |view| view.loaded).await.unwrap_or_else(|now| now)
}
