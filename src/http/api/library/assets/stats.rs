//! Counts, and the folders at the top. They are kept with the index; what is left is to write them down, once a generation.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::listing::{json_listing, known, listing};
use crate::actors::library::assets::{File, Folder, Gallery, Totals};
use crate::actors::library::assets::{Index, Root};
use crate::http::{ApiError, State};

/// How many folders the statistics name.
const MAX_COUNT: usize = 10;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(asset_stats).service(asset_folders);
}

/// A folder at the top of the asset folder; a picture that lies there is a folder of its own.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssetFolder<'a> {
    name: &'a str,
    path: &'a str,
    poster_count: u64,
    background_count: u64,
    season_count: u64,
    titlecard_count: u64,
    /// All pictures, with those that are of no kind.
    files: u64,
    /// Bytes of all pictures.
    size: u64,
    /// The sum of the four counts.
    total_count: u64,
}

impl<'a> AssetFolder<'a> {
    fn new(name: &'a str, totals: &Totals) -> Self {
        Self {
            name,
            path: name,
            poster_count: totals.of(Gallery::Poster),
            background_count: totals.of(Gallery::Background),
            season_count: totals.of(Gallery::Season),
            titlecard_count: totals.of(Gallery::TitleCard),
            files: totals.files(),
            size: totals.size,
            total_count: totals.listed(),
        }
    }

    /// All that hold a picture, by name.
    pub(super) fn all(root: &'a Folder) -> Vec<Self> {
        let folders = root.folders().iter().filter(|folder| folder.totals().files() > 0);
        let folders = folders.map(|folder| Self::new(folder.name(), folder.totals()));
        let flat = root.files().iter().map(|file: File<'a>| Self::new(file.name, &Totals::of_one(&file)));
        let mut all: Vec<_> = folders.chain(flat).collect();
        all.sort_unstable_by_key(|folder| folder.name);
        all
    }
}

/// What is in the asset folder.
#[derive(Serialize, ToSchema)]
struct AssetStats<'a> {
    posters: u64,
    backgrounds: u64,
    seasons: u64,
    titlecards: u64,
    /// Bytes of the pictures that are of one of the four kinds.
    total_size: u64,
    /// The ten folders with the most pictures.
    folders: Vec<AssetFolder<'a>>,
}

/// The statistics.
#[derive(Serialize, ToSchema)]
struct StatsAnswer<'a> {
    success: bool,
    stats: AssetStats<'a>,
}

impl<'a> StatsAnswer<'a> {
    fn of(index: &'a Index) -> Self {
        let totals = index.totals();
        let mut folders = AssetFolder::all(index.root());
        folders.sort_by_key(|folder| Reverse(folder.files));
        folders.truncate(MAX_COUNT);
        let stats = AssetStats {
            posters: totals.of(Gallery::Poster),
            backgrounds: totals.of(Gallery::Background),
            seasons: totals.of(Gallery::Season),
            titlecards: totals.of(Gallery::TitleCard),
            total_size: totals.listed_size,
            folders,
        };
        Self { success: true, stats }
    }
}

/// The statistics as they were last written down, with their generation.
#[derive(Debug, Default)]
pub struct LastStats(Mutex<(u64, web::Bytes)>);

impl LastStats {
    fn of(&self, generation: u64, index: &Index) -> Result<web::Bytes, serde_json::Error> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != generation {
            *last = (generation, serde_json::to_vec(&StatsAnswer::of(index))?.into());
        }
        Ok(last.1.clone())
    }
}

/// Counts the pictures of the asset folder.
#[utoipa::path(tag = "assets",
    responses((status = 200, body = StatsAnswer), (status = 304, description = "unchanged"), (status = 503)))]
#[get("/api/assets/stats")]
async fn asset_stats(request: HttpRequest, state: State, last: web::Data<LastStats>) -> Result<HttpResponse, ApiError> {
    let view = known(&state, Root::Assets).await?;
    let body = last.of(view.generation, &view.assets).map_err(ApiError::internal)?;
    Ok(listing(&request, &view, |response| response.content_type("application/json").body(body)))
}

/// The folders of the asset folder.
#[derive(Serialize, ToSchema)]
struct AssetFolders<'a> {
    folders: Vec<AssetFolder<'a>>,
}

/// Lists the folders at the top of the asset folder that hold pictures.
#[utoipa::path(tag = "assets",
    responses((status = 200, body = AssetFolders), (status = 304, description = "unchanged"), (status = 503)))]
#[get("/api/assets-folders")]
async fn asset_folders(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    let view = known(&state, Root::Assets).await?;
    Ok(json_listing(&request, &view, || AssetFolders { folders: AssetFolder::all(view.assets.root()) }))
}
