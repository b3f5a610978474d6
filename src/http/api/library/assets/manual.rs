//! The user's own assets, and the pictures of the testing mode.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::folder_asset::FolderAsset;
use super::galleries::{GalleryQuery, Order};
use super::listing::{json_listing, known};
use crate::actors::library::asset_url;
use crate::actors::library::assets::Image;
use crate::actors::library::assets::query::{self, Listed, Listing, SortBy};
use crate::actors::library::assets::scan::{self, Progress};
use crate::actors::library::assets::{Index, Root};
use crate::actors::library::assets::{manual_type, title_of_flat};
use crate::http::extract::parameters::Query;
use crate::http::respond::ASK_EACH_TIME;
use crate::http::respond::conditional::Conditional;
use crate::http::{ApiError, State};

/// How many pictures the test gallery shows.
const TEST_GALLERY: u64 = 200;
/// The script keeps what it replaced under such names.
const BACKUP: &str = ".backup";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(manual_gallery).service(test_gallery);
}

/// The user's own assets.
#[derive(Serialize, ToSchema)]
struct ManualGallery {
    libraries: Vec<ManualLibrary>,
    total_assets: u64,
}

/// A library of them.
#[derive(Serialize, ToSchema)]
struct ManualLibrary {
    name: String,
    folders: Vec<ManualFolder>,
    folder_count: usize,
}

/// A folder of them.
#[derive(Serialize, ToSchema)]
struct ManualFolder {
    name: String,
    path: String,
    assets: Vec<FolderAsset>,
    asset_count: usize,
}

/// The library and the folder an asset is shown in: those it lies in. A flat one (`Title_Season01.jpg`, with a folder above
/// or none) is shown as if it lay in a folder with its title; without any folder its library is named `/`.
fn place(path: &str) -> (&str, String) {
    let mut parts = path.rsplitn(2, '/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match folder.split_once('/') {
        Some((library, _)) => (library, folder.to_owned()),
        None if folder.is_empty() => ("/", title_of_flat(name).to_owned()),
        None => (folder, format!("{folder}/{}", title_of_flat(name))),
    }
}

impl ManualGallery {
    fn of(index: &Index, wanted: &Filter) -> Self {
        let mut libraries: BTreeMap<String, BTreeMap<String, Vec<FolderAsset>>> = BTreeMap::new();
        // Media types are for finished assets.
        let mut listing = Listing::new(index, Arc::default(), &wanted.order);
        let (mut passed, mut total_assets) = (0, 0);
        while let Some(Listed { image, .. }) = listing.next() {
            let (library, folder) = place(image.path);
            if image.name.contains(BACKUP) || !wanted.fits(library, &image) {
                continue;
            }
            passed += 1;
            if passed > wanted.offset && wanted.limit.is_none_or(|limit| total_assets < limit) {
                total_assets += 1;
                let folders = libraries.entry(library.to_owned()).or_default();
                folders.entry(folder).or_default().push(FolderAsset::new(
                    &image,
                    manual_type(image.name),
                    asset_url::MANUAL,
                ));
            }
        }
        let libraries = libraries.into_iter().map(|(name, folders)| ManualLibrary::new(name, folders)).collect();
        Self { libraries, total_assets }
    }
}

impl ManualLibrary {
    fn new(name: String, folders: BTreeMap<String, Vec<FolderAsset>>) -> Self {
        let folder = |(path, assets): (String, Vec<FolderAsset>)| ManualFolder {
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            asset_count: assets.len(),
            path,
            assets,
        };
        let folders: Vec<_> = folders.into_iter().map(folder).collect();
        Self { name, folder_count: folders.len(), folders }
    }
}

/// Which of the user's own assets: they have libraries and types of their own, so that all are looked at for a part.
struct Filter {
    order: query::Query,
    limit: Option<u64>,
    offset: u64,
    library: Option<String>,
    asset_type: Option<String>,
}

impl From<GalleryQuery> for Filter {
    fn from(wanted: GalleryQuery) -> Self {
        let GalleryQuery { limit, offset, q, sort, library, media_type: asset_type } = wanted;
        let order = GalleryQuery { q, sort, ..GalleryQuery::default() }.listing(None, None);
        Self { order, limit, offset: offset.unwrap_or_default(), library, asset_type }
    }
}

impl Filter {
    fn fits(&self, library: &str, image: &Image<'_>) -> bool {
        self.library.as_ref().is_none_or(|wanted| wanted == library)
            && self.asset_type.as_ref().is_none_or(|wanted| manual_type(image.name).eq_ignore_ascii_case(wanted))
    }
}

/// Lists the user's own assets by library and folder, those of a folder in the order that is asked for; their types are
/// `poster`, `background`, `season`, `titlecard` and `other`.
#[utoipa::path(tag = "assets", params(GalleryQuery),
    responses((status = 200, body = ManualGallery), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/manual-assets-gallery")]
async fn manual_gallery(
    request: HttpRequest,
    state: State,
    Query(wanted): Query<GalleryQuery>,
) -> Result<HttpResponse, ApiError> {
    let filter = Filter::from(wanted);
    let view = known(&state, Root::Manual).await?;
    Ok(json_listing(&request, &view, || ManualGallery::of(&view.manual, &filter)))
}

/// A picture of the testing mode.
#[derive(Serialize, ToSchema)]
struct TestImage {
    path: String,
    name: String,
    size: u64,
    url: String,
    /// When its content last changed, in seconds since 1970.
    modified: f64,
}

/// The pictures of the testing mode.
#[derive(Serialize, ToSchema)]
struct TestImages {
    /// By name, at most 200.
    images: Vec<TestImage>,
}

impl TestImage {
    fn new(image: &Image<'_>) -> Self {
        Self {
            path: image.path.to_owned(),
            name: image.name.to_owned(),
            size: image.size,
            url: asset_url::of(asset_url::TEST, image.path),
            modified: image.entry().modified,
        }
    }
}

/// Lists the pictures that the testing mode made.
#[utoipa::path(tag = "assets", params(GalleryQuery),
    responses((status = 200, body = TestImages), (status = 304, description = "unchanged"), (status = 400)))]
#[get("/api/test-gallery")]
async fn test_gallery(
    request: HttpRequest,
    state: State,
    Query(wanted): Query<GalleryQuery>,
) -> Result<HttpResponse, ApiError> {
    let sort = wanted.sort.or(Some(Order { by: SortBy::Name, descending: false }));
    let query = GalleryQuery { sort, ..wanted }.listing(None, Some(TEST_GALLERY));
    let folder = state.shared.data.test();
    // Read each time: the folder is small, and not part of the index.
    let found =
        web::block(move || scan::scan(&folder, &Progress::default(), None)).await.map_err(ApiError::internal)?;
    let index = found.map(|found| Index::new(found.tree)).unwrap_or_default();
    let (mut listing, mut images) = (Listing::new(&index, Arc::default(), &query), Vec::new());
    while let Some(Listed { image, .. }) = listing.next() {
        images.push(TestImage::new(&image));
    }
    let mut response = Conditional::json(&TestImages { images })?.respond(&request);
    response.headers_mut().insert(CACHE_CONTROL, ASK_EACH_TIME);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_flat_and_extra_folder_assets_have_a_library_and_a_folder() {
        for (path, library, folder) in [
            ("Movies/Heat (1995)/poster.jpg", "Movies", "Movies/Heat (1995)"),
            ("Movies/extra/Heat (1995)/poster.jpg", "Movies", "Movies/extra/Heat (1995)"),
            ("Heat (1995).jpg", "/", "Heat (1995)"),
            ("Dark (2017)_S01E02.jpg", "/", "Dark (2017)"),
            ("extra/Dark (2017)_Season01.jpg", "extra", "extra/Dark (2017)"),
        ] {
            assert_eq!(place(path), (library, folder.to_owned()), "{path}");
        }
    }
}
