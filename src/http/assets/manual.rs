//! The user's own assets, and the pictures of the testing mode.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, Responder, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::galleries::number;
use super::{json_listing, known};
use crate::actors::asset_indexer::index::{Image, Walk};
use crate::actors::asset_indexer::kind::{manual_type, title_of_flat};
use crate::actors::asset_indexer::scan::{self, Progress};
use crate::actors::asset_indexer::{Index, Root};
use crate::actors::asset_url;
use crate::http::{ApiError, State};

/// How many pictures the test gallery shows.
const TEST_GALLERY: usize = 200;
/// The script keeps what it replaced under such names.
const BACKUP: &str = ".backup";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(manual_gallery).service(test_gallery);
}

/// Which of the user's own assets.
#[derive(Deserialize, IntoParams)]
struct Wanted {
    /// How many assets at most.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// How many assets to pass over.
    #[param(value_type = Option<u64>)]
    offset: Option<String>,
    /// A text that the path contains, in any letter case.
    q: Option<String>,
    /// Only this library.
    library: Option<String>,
    /// Only this type: `poster`, `background`, `season`, `titlecard` or `other`.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    asset_type: Option<String>,
}

/// The user's own assets.
#[derive(Serialize, ToSchema)]
struct ManualGallery {
    libraries: Vec<ManualLibrary>,
    total_assets: usize,
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
    assets: Vec<ManualAsset>,
    asset_count: usize,
}

/// One of them.
#[derive(Serialize, ToSchema)]
struct ManualAsset {
    name: String,
    path: String,
    #[serde(rename = "type")]
    asset_type: &'static str,
    size: u64,
    url: String,
}

impl ManualAsset {
    fn new(image: &Image<'_>) -> Self {
        Self {
            name: image.name.to_owned(),
            path: image.path.to_owned(),
            asset_type: manual_type(image.name),
            size: image.size,
            url: asset_url::of(asset_url::MANUAL, image.path),
        }
    }
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
        let mut libraries: BTreeMap<String, BTreeMap<String, Vec<ManualAsset>>> = BTreeMap::new();
        let mut walk = Walk::over(index, "", None);
        let (mut passed, mut total) = (0, 0);
        while let Some(image) = walk.next() {
            let (library, folder) = place(image.path);
            if image.name.contains(BACKUP) || !wanted.fits(library, &image) {
                continue;
            }
            passed += 1;
            if passed > wanted.offset && wanted.limit.is_none_or(|limit| total < limit) {
                total += 1;
                let folders = libraries.entry(library.to_owned()).or_default();
                folders.entry(folder).or_default().push(ManualAsset::new(&image));
            }
        }
        let libraries: Vec<_> =
            libraries.into_iter().map(|(name, folders)| ManualLibrary::new(name, folders)).collect();
        let total_assets = libraries.iter().flat_map(|library| &library.folders).map(|folder| folder.asset_count).sum();
        Self { libraries, total_assets }
    }
}

impl ManualLibrary {
    fn new(name: String, folders: BTreeMap<String, Vec<ManualAsset>>) -> Self {
        let folder = |(path, assets): (String, Vec<ManualAsset>)| ManualFolder {
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            asset_count: assets.len(),
            path,
            assets,
        };
        let folders: Vec<_> = folders.into_iter().map(folder).collect();
        Self { name, folder_count: folders.len(), folders }
    }
}

/// [`Wanted`], understood.
struct Filter {
    limit: Option<u64>,
    offset: u64,
    text: Option<String>,
    library: Option<String>,
    asset_type: Option<String>,
}

impl TryFrom<Wanted> for Filter {
    type Error = ApiError;

    fn try_from(wanted: Wanted) -> Result<Self, ApiError> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Self {
            limit: number("limit", wanted.limit.as_deref())?,
            offset: number("offset", wanted.offset.as_deref())?.unwrap_or_default(),
            text: filled(wanted.q).map(|text| text.to_lowercase()),
            library: filled(wanted.library),
            asset_type: filled(wanted.asset_type),
        })
    }
}

impl Filter {
    fn fits(&self, library: &str, image: &Image<'_>) -> bool {
        self.library.as_ref().is_none_or(|wanted| wanted == library)
            && self.asset_type.as_ref().is_none_or(|wanted| manual_type(image.name).eq_ignore_ascii_case(wanted))
            && self.text.as_ref().is_none_or(|text| image.path.to_lowercase().contains(text))
    }
}

/// Lists the user's own assets by library and folder.
#[utoipa::path(tag = "assets", params(Wanted),
    responses((status = 200, body = ManualGallery), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/manual-assets-gallery")]
async fn manual_gallery(
    request: HttpRequest,
    state: State,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse, ApiError> {
    let filter = Filter::try_from(wanted.into_inner())?;
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
}

/// The pictures of the testing mode.
#[derive(Serialize, ToSchema)]
struct TestImages {
    /// By name, at most 200.
    images: Vec<TestImage>,
}

/// Lists the pictures that the testing mode made.
#[utoipa::path(tag = "assets", responses((status = 200, body = TestImages)))]
#[get("/api/test-gallery")]
async fn test_gallery(state: State) -> Result<impl Responder, ApiError> {
    let folder = state.commons.data.test();
    // Read each time: the folder is small, and not part of the index.
    let found =
        web::block(move || scan::scan(&folder, &Progress::default(), None)).await.map_err(ApiError::internal)?;
    let index = found.map(|found| Index::new(found.tree)).unwrap_or_default();
    let (mut walk, mut images) = (Walk::over(&index, "", None), Vec::new());
    while let Some(image) = walk.next() {
        images.push(TestImage {
            path: image.path.to_owned(),
            name: image.name.to_owned(),
            size: image.size,
            url: asset_url::of(asset_url::TEST, image.path),
        });
    }
    images.sort_by(|a, b| a.name.cmp(&b.name));
    images.truncate(TEST_GALLERY);
    Ok(web::Json(TestImages { images }))
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
