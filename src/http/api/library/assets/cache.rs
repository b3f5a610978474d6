//! How well the index knows the disk, and the library types that pictures are named by.

use std::time::Duration;

use actix_web::{Responder, get, post, web};
use chrono::{DateTime, Local, Utc};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::stats::AssetFolder;
use crate::actors::library::assets::Gallery;
use crate::actors::library::assets::{AssetsView, ChangeDetection, Freshness, Rescan, RootState};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, State, ask_within};

/// How long a scan that somebody waits for may take.
const SCAN_PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Upstream tells it, and nothing depends on it.
const TTL_SECONDS: u64 = 300;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(refresh).service(status).service(library_type);
}

/// What a scan found.
#[derive(Serialize, ToSchema)]
struct Refreshed {
    success: bool,
    message: &'static str,
    posters: u64,
    backgrounds: u64,
    seasons: u64,
    titlecards: u64,
    folders: usize,
}

/// Scans the asset folders now; answers when that is done.
#[utoipa::path(tag = "assets", responses((status = 200, body = Refreshed), (status = 503)))]
#[post("/api/refresh-cache")]
async fn refresh(state: State) -> Result<impl Responder, ApiError> {
    ask_within(SCAN_PATIENCE, &state.indexer, Rescan).await?;
    let view = state.views.assets.get();
    let totals = view.assets.totals();
    Ok(web::Json(Refreshed {
        success: true,
        message: "Cache refreshed successfully",
        posters: totals.of(Gallery::Poster),
        backgrounds: totals.of(Gallery::Background),
        seasons: totals.of(Gallery::Season),
        titlecards: totals.of(Gallery::TitleCard),
        folders: AssetFolder::all(view.assets.root()).len(),
    }))
}

/// How well the index knows the disk.
#[derive(Serialize, ToSchema)]
struct IndexStatus {
    success: bool,
    cache: IndexAge,
    background_refresh: Refreshing,
    /// The asset folder.
    assets: FolderStatus,
    /// The folder of the user's own assets.
    manual: FolderStatus,
    /// The folder of what was saved from the media servers.
    backup: FolderStatus,
    /// Counts up with each change.
    generation: u64,
}

/// In upstream's words.
#[derive(Serialize, ToSchema)]
struct IndexAge {
    /// Local time without zone; null before the first scan.
    last_scanned: Option<String>,
    age_seconds: i64,
    ttl_seconds: u64,
    /// Seconds between scans.
    refresh_interval: u64,
    /// Whether answers come from before the daemon's start.
    is_stale: bool,
    /// Whether no scan was done yet.
    is_initial_scan: bool,
    posters_count: u64,
    backgrounds_count: u64,
    seasons_count: u64,
    titlecards_count: u64,
    folders_count: usize,
}

/// In upstream's words.
#[derive(Serialize, ToSchema)]
struct Refreshing {
    running: bool,
    thread_alive: bool,
    scan_in_progress: bool,
}

/// How one folder does.
#[derive(Serialize, ToSchema)]
struct FolderStatus {
    /// `nothing`, `stale` (as of the daemon's last life) or `current`.
    #[schema(value_type = String)]
    knowledge: Freshness,
    /// How changes are noticed between the regular scans: `events`, `polling` or `nothing`.
    #[schema(value_type = String)]
    noticed_by: ChangeDetection,
    /// Why it cannot be read now; what was known before is shown.
    problem: Option<String>,
    /// Why events do not tell of changes although they should; it is polled instead.
    watch_problem: Option<String>,
    /// When the last scan was done.
    scanned_at: Option<DateTime<Utc>>,
    /// How long it took.
    scan_seconds: f64,
    /// The scan that is on.
    scanning: Option<ScanProgress>,
    files: u64,
    folders: u32,
    /// How many folders and pictures are left out because their names are not UTF-8.
    unreadable_names: usize,
    /// One of them, with `\u{fffd}` for what cannot be read.
    unreadable_name: Option<String>,
}

/// How far a scan is.
#[derive(Serialize, ToSchema)]
struct ScanProgress {
    files: u64,
    folders: u64,
}

impl FolderStatus {
    fn new(state: &RootState, index: &crate::actors::library::assets::Index) -> Self {
        Self {
            knowledge: state.knowledge,
            noticed_by: state.noticing,
            problem: state.problem.clone(),
            watch_problem: state.watch_problem.clone(),
            scanned_at: state.scanned,
            scan_seconds: state.scan_took.as_secs_f64(),
            scanning: state
                .scanning
                .as_ref()
                .map(|progress| ScanProgress { files: progress.files(), folders: progress.folders() }),
            files: index.totals().files(),
            folders: index.totals().folders,
            unreadable_names: state.unreadable_names,
            unreadable_name: state.unreadable_name.clone(),
        }
    }
}

impl IndexAge {
    fn new(view: &AssetsView, every: Duration) -> Self {
        let (state, totals) = (&view.assets_state, view.assets.totals());
        let local = |at: DateTime<Utc>| at.with_timezone(&Local).format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
        Self {
            last_scanned: state.scanned.map(local),
            age_seconds: state.scanned.map_or(0, |at| (Utc::now() - at).num_seconds().max(0)),
            ttl_seconds: TTL_SECONDS,
            refresh_interval: every.as_secs(),
            is_stale: state.knowledge == Freshness::Stale,
            is_initial_scan: state.knowledge != Freshness::Current,
            posters_count: totals.of(Gallery::Poster),
            backgrounds_count: totals.of(Gallery::Background),
            seasons_count: totals.of(Gallery::Season),
            titlecards_count: totals.of(Gallery::TitleCard),
            folders_count: AssetFolder::all(view.assets.root()).len(),
        }
    }
}

/// Returns how well the index matches the disk.
#[utoipa::path(tag = "assets", responses((status = 200, body = IndexStatus)))]
#[get("/api/cache/status")]
async fn status(state: State) -> impl Responder {
    let view = state.views.assets.get();
    let alive = state.vitals.actors().iter().all(|actor| actor.name != "AssetIndexer" || actor.alive);
    web::Json(IndexStatus {
        success: true,
        cache: IndexAge::new(&view, state.settings.assets.scan_every),
        background_refresh: Refreshing {
            running: alive,
            thread_alive: alive,
            scan_in_progress: view.assets_state.scanning.is_some(),
        },
        assets: FolderStatus::new(&view.assets_state, &view.assets),
        manual: FolderStatus::new(&view.manual_state, &view.manual),
        backup: FolderStatus::new(&view.backup_state, &view.backup),
        generation: view.generation,
    })
}

/// Which library.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct TypeQuery {
    library_name: String,
}

impl FromQuery for TypeQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { library_name: parameters.required("library_name") }
    }
}

/// What kind of library it is.
#[derive(Serialize, ToSchema)]
struct LibraryType {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    library_name: Option<String>,
    /// `movie`, `show` or what else the export says; null where it does not know the library.
    media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Returns what kind of items a library holds, according to the media server's export.
#[utoipa::path(tag = "assets", params(TypeQuery),
    responses((status = 200, body = LibraryType), (status = 400)))]
#[get("/api/asset-type-lookup")]
async fn library_type(state: State, query: Query<TypeQuery>) -> Result<impl Responder, ApiError> {
    let Query(TypeQuery { library_name: library }) = query;
    if library.is_empty() {
        let error = Some("library_name parameter required");
        return Ok(web::Json(LibraryType { success: false, library_name: None, media_type: None, error }));
    }
    let media_type = state.views.library_types.get().text(&library).map(str::to_owned);
    let error = media_type.is_none().then_some("Library type not found in database");
    Ok(web::Json(LibraryType { success: error.is_none(), library_name: Some(library), media_type, error }))
}
