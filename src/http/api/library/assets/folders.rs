//! The tree of folders: the pickers of the web UI, and its folder view.

use std::path::Path;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::listing::{json_listing, known};
use crate::actors::library::asset_url;
use crate::actors::library::assets::Folder;
use crate::actors::library::assets::{Entry, Index, Root};
use crate::actors::library::assets::{Family, asset_type, media_type};
use crate::actors::runtime::safe_path;
use crate::actors::servers::library_types::LibraryTypes;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, Code, State};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(pickers).service(browse);
}

/// Which library's folders.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct PickerQuery {
    /// The library; absent or empty for the list of libraries.
    library_name: Option<String>,
}

impl FromQuery for PickerQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { library_name: parameters.filled("library_name") }
    }
}

/// Libraries, or the folders of one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Pickers {
    /// Without a library.
    Libraries {
        success: bool,
        libraries: Vec<LibraryFolder>,
        /// The asset folder.
        path: String,
    },
    /// With one; also, without folders, where there is no asset folder.
    Folders {
        success: bool,
        folders: Vec<TitleFolder>,
        /// Folders of titles one level below, in a folder without pictures of its own.
        nested_folders: Vec<TitleFolder>,
        #[serde(skip_serializing_if = "Option::is_none")]
        library: Option<String>,
        path: String,
    },
    /// There is no such library.
    Failed { success: bool, error: String },
}

/// A folder at the top of the asset folder.
#[derive(Serialize, ToSchema)]
struct LibraryFolder {
    name: String,
    path: String,
    /// Folders in it.
    #[serde(rename = "itemCount")]
    item_count: usize,
}

/// The folder of a movie or show.
#[derive(Serialize, ToSchema)]
struct TitleFolder {
    #[serde(rename = "folderName")]
    folder_name: String,
    /// The name up to the year.
    title: String,
    /// Four digits; empty where the name has none.
    year: String,
    /// Below the asset folder.
    path: String,
}

impl TitleFolder {
    fn new(parent: &str, name: &str) -> Self {
        let (title, year) = title_and_year(name);
        Self { folder_name: name.to_owned(), title, year, path: format!("{parent}/{name}") }
    }

    /// The folders of a library, by name.
    fn all(library: &str, folder: &Folder) -> Vec<Self> {
        by_name(folder).into_iter().map(|title| Self::new(library, title.name())).collect()
    }

    /// Those of an extra level: in a folder without pictures whose folders have some.
    fn nested(library: &str, folder: &Folder) -> Vec<Self> {
        let extra = by_name(folder).into_iter().filter(|extra| extra.files().is_empty());
        extra
            .flat_map(|extra| {
                let parent = format!("{library}/{}", extra.name());
                let titles = by_name(extra).into_iter().filter(|title| title.totals().files() > 0);
                titles.map(|title| Self::new(&parent, title.name())).collect::<Vec<_>>()
            })
            .collect()
    }
}

fn by_name(folder: &Folder) -> Vec<&Folder> {
    let mut folders: Vec<_> = folder.folders().iter().map(AsRef::as_ref).collect();
    folders.sort_unstable_by_key(|folder| folder.name());
    folders
}

/// `Heat (1995) {tmdb-949}` is `Heat` of `1995`.
fn title_and_year(name: &str) -> (String, String) {
    let year = name.match_indices('(').find_map(|(at, _)| {
        let year = name.get(at + 1..at + 5)?;
        let closed = name.get(at + 5..)?.starts_with(')');
        (closed && year.bytes().all(|byte| byte.is_ascii_digit())).then(|| (name.get(..at), year))
    });
    match year {
        Some((Some(title), year)) => (title.trim().to_owned(), year.to_owned()),
        _ => (name.to_owned(), String::new()),
    }
}

/// Lists the libraries, or the folders of one.
#[utoipa::path(tag = "assets", params(PickerQuery),
    responses((status = 200, body = Pickers), (status = 304, description = "unchanged"), (status = 503)))]
#[get("/api/assets/folders")]
async fn pickers(request: HttpRequest, state: State, query: Query<PickerQuery>) -> Result<HttpResponse, ApiError> {
    let view = known(&state, Root::Assets).await?;
    let Query(PickerQuery { library_name: library }) = query;
    let root = &view.assets_state.folder;
    Ok(json_listing(&request, &view, || pick(&view.assets, root, library)))
}

fn pick(index: &Index, root: &Path, library: Option<String>) -> Pickers {
    let path = root.display().to_string();
    let Some(library) = library else {
        let libraries = by_name(index.root()).into_iter().map(|folder| LibraryFolder {
            name: folder.name().to_owned(),
            path: folder.name().to_owned(),
            item_count: folder.folders().len(),
        });
        return Pickers::Libraries { success: true, libraries: libraries.collect(), path };
    };
    // A name, not a path: it is looked up among the folders we know, so nothing outside can be asked for.
    match index.root().child(&library) {
        Some(folder) => Pickers::Folders {
            success: true,
            folders: TitleFolder::all(&library, folder),
            nested_folders: TitleFolder::nested(&library, folder),
            path: library.clone(),
            library: Some(library),
        },
        None => Pickers::Failed { success: false, error: format!("Library folder '{library}' not found") },
    }
}

/// Which folder.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct BrowseQuery {
    /// Below the asset folder; absent or empty for the asset folder itself.
    path: Option<String>,
}

impl FromQuery for BrowseQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { path: parameters.filled("path") }
    }
}

/// What is in a folder.
#[derive(Serialize, ToSchema)]
struct FolderContent {
    success: bool,
    /// The folder, below the asset folder.
    path: String,
    /// Folders first, each by name.
    items: Vec<FolderItem>,
}

/// A folder or a picture.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum FolderItem {
    /// A folder.
    Folder {
        name: String,
        path: String,
        /// Files and folders of any kind in it.
        item_count: u32,
        /// When the newest of its pictures was made, in seconds since 1970; null without one.
        created: Option<f64>,
        /// When one of its pictures changed last, in seconds since 1970; null without one.
        modified: Option<f64>,
    },
    /// A picture.
    Asset {
        name: String,
        path: String,
        url: String,
        size: u64,
        /// `poster`, `background`, `season` or `titlecard`.
        asset_type: &'static str,
        /// As `type` of the galleries.
        full_type: &'static str,
        /// When its inode last changed, in seconds since 1970.
        created: f64,
        /// When its content last changed, in seconds since 1970.
        modified: f64,
    },
}

/// Lists what is in a folder of the asset folder.
#[utoipa::path(tag = "assets", params(BrowseQuery),
    responses((status = 200, body = FolderContent), (status = 304, description = "unchanged"), (status = 400), (status = 403),
        (status = 404), (status = 503)))]
#[get("/api/folder-view/browse")]
async fn browse(
    request: HttpRequest,
    state: State,
    Query(query): Query<BrowseQuery>,
) -> Result<HttpResponse, ApiError> {
    let view = known(&state, Root::Assets).await?;
    let mut path = normal(query.path.as_deref().unwrap_or_default())?;
    if view.assets.folder(&path).is_none_or(|folder| folder.is_link()) {
        path = behind_links(view.assets_state.folder.clone(), path).await?;
    }
    let folder = view.assets.folder(&path).ok_or_else(|| ApiError::not_found("Path not found"))?;
    let types = state.views.library_types.get();
    Ok(json_listing(&request, &view, || FolderContent { success: true, items: items(&path, folder, &types), path }))
}

/// The path without empty parts and dots.
fn normal(path: &str) -> Result<String, ApiError> {
    if path.split(['/', '\\']).any(|part| part == "..") {
        return Err(ApiError::new(Code::InvalidValue, "Invalid path"));
    }
    if path.starts_with('/') || path.contains('\0') {
        return Err(ApiError::new(Code::Forbidden, "Access denied: Invalid path"));
    }
    Ok(path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/"))
}

/// Where links on the way lead, if that is below the root.
async fn behind_links(root: std::path::PathBuf, path: String) -> Result<String, ApiError> {
    let found = web::block(move || {
        let real = safe_path::existing(&root, &path).and_then(|found| Ok(found.canonicalize()?))?;
        let root = root.canonicalize().map_err(safe_path::PathError::from)?;
        Ok(real.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned))
    });
    match found.await.map_err(ApiError::internal)? {
        Ok(Some(path)) => Ok(path),
        Err(safe_path::PathError::Forbidden) => Err(ApiError::new(Code::Forbidden, "Access denied: Invalid path")),
        Ok(None) | Err(safe_path::PathError::Missing | safe_path::PathError::Io(_)) => {
            Err(ApiError::not_found("Path not found"))
        }
    }
}

fn items(path: &str, folder: &Folder, types: &LibraryTypes) -> Vec<FolderItem> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    let family = match path.split('/').next() {
        Some(library) if !library.is_empty() => Family::of(library, types),
        _ => Family::Unknown,
    };
    let folders = by_name(folder).into_iter().map(|folder| FolderItem::Folder {
        name: folder.name().to_owned(),
        path: below(folder.name()),
        item_count: folder.entries(),
        created: newest(folder, |entry| entry.created),
        modified: newest(folder, |entry| entry.modified),
    });
    let assets = folder.files().iter().map(|file| {
        let (path, full_type) = (below(file.name), media_type(file.name, family));
        FolderItem::Asset {
            name: file.name.to_owned(),
            url: asset_url::of(asset_url::ASSETS, &path),
            path,
            size: file.size,
            asset_type: asset_type(full_type),
            full_type,
            created: file.entry().created,
            modified: file.entry().modified,
        }
    });
    folders.chain(assets).collect()
}

/// The latest of a time of the pictures in a folder and below.
fn newest(folder: &Folder, time: fn(&Entry) -> f64) -> Option<f64> {
    let own = folder.files().iter().map(|file| time(&file.entry()));
    let below = folder.folders().iter().filter_map(|folder| newest(folder, time));
    own.chain(below).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_ends_before_the_first_year() {
        for (name, title, year) in [
            ("Heat (1995) {tmdb-949}", "Heat", "1995"),
            ("Heat (Director's Cut) (1995) (2005)", "Heat (Director's Cut)", "1995"),
            ("Ödd (19ö5) (1999)", "Ödd (19ö5)", "1999"),
            ("Specials", "Specials", ""),
            ("Broken (199", "Broken (199", ""),
        ] {
            assert_eq!(title_and_year(name), (title.to_owned(), year.to_owned()), "{name}");
        }
    }

    #[test]
    fn paths_lose_what_means_nothing_and_are_refused_where_they_climb() {
        for (given, path) in [("", ""), (".", ""), ("Movies/", "Movies"), ("a//./b", "a/b"), ("Foo..Bar", "Foo..Bar")] {
            assert_eq!(normal(given).unwrap(), path, "{given}");
        }
        for bad in ["..", "a/../b", "..\\x"] {
            assert_eq!(normal(bad).unwrap_err().code(), Code::InvalidValue, "{bad}");
        }
        for bad in ["/etc", "a\0"] {
            assert_eq!(normal(bad).unwrap_err().code(), Code::Forbidden, "{bad}");
        }
    }
}
