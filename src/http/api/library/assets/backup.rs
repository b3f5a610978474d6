//! What was saved from the media servers.

use std::collections::BTreeMap;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::folder_asset::FolderAsset;
use super::listing::known;
use crate::actors::library::asset_url;
use crate::actors::library::assets::query::{Listed, Listing, Query};
use crate::actors::library::assets::saved_type;
use crate::actors::library::assets::{Index, Root};
use crate::actors::servers::libraries::LibrariesView;
use crate::http::respond::ASK_EACH_TIME;
use crate::http::respond::conditional::Conditional;
use crate::http::{ApiError, State};

/// Where pictures are shown that lie in no folder of a library, in upstream's words.
const NO_FOLDER: &str = "Root Assets";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(gallery);
}

/// What was saved.
#[derive(Serialize, ToSchema)]
struct BackupGallery {
    libraries: Vec<BackupLibrary>,
    total_assets: usize,
}

/// A library of it.
#[derive(Serialize, ToSchema)]
struct BackupLibrary {
    name: String,
    folders: Vec<BackupFolder>,
    folder_count: usize,
    /// Whether a media server has a library of that name; true where none is known.
    is_configured: bool,
}

/// A movie or show of it.
#[derive(Serialize, ToSchema)]
struct BackupFolder {
    name: String,
    path: String,
    assets: Vec<FolderAsset>,
    asset_count: usize,
}

impl BackupGallery {
    fn of(index: &Index, servers: &LibrariesView) -> Self {
        let mut libraries: BTreeMap<String, BTreeMap<String, Vec<FolderAsset>>> = BTreeMap::new();
        let (mut listing, mut total_assets) = (Listing::new(index, Default::default(), &Query::default()), 0);
        while let Some(Listed { image, .. }) = listing.next() {
            // What lies beside the libraries is in none.
            let Some((folder, _)) = image.path.rsplit_once('/') else { continue };
            let library = folder.split('/').next().unwrap_or_default();
            total_assets += 1;
            let folders = libraries.entry(library.to_owned()).or_default();
            folders.entry(folder.to_owned()).or_default().push(FolderAsset::new(
                &image,
                saved_type(image.name),
                asset_url::BACKUP,
            ));
        }
        let known = || servers.values().flat_map(|server| &server.libraries);
        let is_configured = |name: &str| known().next().is_none() || known().any(|library| library.name == name);
        let libraries = libraries.into_iter().map(|(name, folders)| BackupLibrary {
            is_configured: is_configured(&name),
            folder_count: folders.len(),
            folders: folders.into_iter().map(|(path, assets)| BackupFolder::new(path, assets)).collect(),
            name,
        });
        Self { libraries: libraries.collect(), total_assets }
    }
}

impl BackupFolder {
    fn new(path: String, assets: Vec<FolderAsset>) -> Self {
        let name = path.rsplit_once('/').map_or(NO_FOLDER, |(_, name)| name).to_owned();
        Self { name, path, asset_count: assets.len(), assets }
    }
}

/// Lists what was saved from the media servers, by library and folder.
#[utoipa::path(tag = "assets",
    responses((status = 200, body = BackupGallery), (status = 304, description = "unchanged"), (status = 503)))]
#[get("/api/backup-assets-gallery")]
async fn gallery(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    let view = known(&state, Root::Backup).await?;
    // Its ETag is of the content, in which the servers' libraries have a part.
    let gallery = BackupGallery::of(&view.backup, &state.views.libraries.get());
    let mut response = Conditional::json(&gallery)?.respond(&request);
    response.headers_mut().insert(CACHE_CONTROL, ASK_EACH_TIME);
    Ok(response)
}
