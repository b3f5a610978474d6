//! Pictures straight from disk: `/poster_assets`, `/manual_poster_assets`, `/backup_assets`, `/test`, `/images`.
//!
//! A folder is looked up at each request, so one that appears (or is configured) later is served without a restart. Only
//! pictures below the folder are given: no listing, nothing unfinished, nothing of a recycle bin, nothing through a link that
//! leaves it; all of that is a plain 404. Browsers may keep a picture for a day; the web UI adds `?t=` where it wants a new one.

use std::io;
use std::path::{Path, PathBuf};

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentEncoding, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use percent_encoding::percent_decode_str;
use posterizarr_render::design::ArtworkKind;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::files::is_in_the_making;
use crate::actors::library::assets::left_out;
use crate::actors::runtime::safe_path::{self, PathError};
use crate::http::{ApiError, AppState, Code, State};

const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
// Where a login is needed, no cache on the way may hand pictures to others.
const A_DAY_FOR_THIS_CLIENT: HeaderValue = HeaderValue::from_static("private, max-age=86400");
const IMMUTABLE_FOR_THIS_CLIENT: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
// A picture opened on its own must not run script in our origin; SVG can.
pub(in crate::http) const NO_SCRIPT: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(poster_assets)
        .service(manual_poster_assets)
        .service(backup_assets)
        .service(test_images)
        .service(script_images);
}

/// The folder of finished assets.
pub(in crate::http) fn assets_folder(state: &AppState) -> PathBuf {
    state.views.config.get().asset_paths.assets.clone()
}

/// The folder of the user's own assets.
pub(in crate::http) fn manual_assets_folder(state: &AppState) -> PathBuf {
    state.views.config.get().asset_paths.manual_assets.clone()
}

/// The folder of what was saved from the media servers.
pub(in crate::http) fn backup_folder(state: &AppState) -> PathBuf {
    state.views.config.get().asset_paths.backup.clone()
}

/// The folder of the testing mode's images.
pub(in crate::http) fn test_folder(state: &AppState) -> PathBuf {
    state.shared.data.test()
}

/// The folder that the URL of an image leads to, and the rest of the path, which is encoded still.
pub(in crate::http) fn mounted<'a>(state: &AppState, path: &'a str) -> Option<(PathBuf, &'a str)> {
    let below = |mount: &str, folder: fn(&AppState) -> PathBuf| Some((folder(state), path.strip_prefix(mount)?));
    below("/poster_assets/", assets_folder)
        .or_else(|| below("/manual_poster_assets/", manual_assets_folder))
        .or_else(|| below("/backup_assets/", backup_folder))
        .or_else(|| below("/test/", test_folder))
}

/// Returns a picture of the asset folder.
#[utoipa::path(
    tag = "files",
    params(("path" = String, Path, description = "path below the folder, percent-encoded; `%2F` counts as a separator")),
    responses((status = 200, description = "the file"), (status = 206, description = "the range asked for"),
        (status = 304, description = "unchanged"), (status = 404, description = "no such file"))
)]
#[get("/poster_assets/{path:.*}")]
async fn poster_assets(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    serve(&request, &state, "/poster_assets/", assets_folder(&state)).await
}

/// Returns a picture of the folder of manual assets.
#[utoipa::path(
    tag = "files",
    params(("path" = String, Path, description = "path below the folder, percent-encoded; `%2F` counts as a separator")),
    responses((status = 200, description = "the file"), (status = 206, description = "the range asked for"),
        (status = 304, description = "unchanged"), (status = 404, description = "no such file"))
)]
#[get("/manual_poster_assets/{path:.*}")]
async fn manual_poster_assets(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    serve(&request, &state, "/manual_poster_assets/", manual_assets_folder(&state)).await
}

/// Returns a picture that was saved from a media server.
#[utoipa::path(
    tag = "files",
    params(("path" = String, Path, description = "path below the folder, percent-encoded; `%2F` counts as a separator")),
    responses((status = 200, description = "the file"), (status = 206, description = "the range asked for"),
        (status = 304, description = "unchanged"), (status = 404, description = "no such file"))
)]
#[get("/backup_assets/{path:.*}")]
async fn backup_assets(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    serve(&request, &state, "/backup_assets/", backup_folder(&state)).await
}

/// Returns a picture made by the testing mode.
#[utoipa::path(
    tag = "files",
    params(("path" = String, Path, description = "path below the folder, percent-encoded; `%2F` counts as a separator")),
    responses((status = 200, description = "the file"), (status = 206, description = "the range asked for"),
        (status = 304, description = "unchanged"), (status = 404, description = "no such file"))
)]
#[get("/test/{path:.*}")]
async fn test_images(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    serve(&request, &state, "/test/", test_folder(&state)).await
}

/// Returns a picture that came with the script.
#[utoipa::path(
    tag = "files",
    params(("path" = String, Path, description = "path below the folder, percent-encoded; `%2F` counts as a separator")),
    responses((status = 200, description = "the file"), (status = 206, description = "the range asked for"),
        (status = 304, description = "unchanged"), (status = 404, description = "no such file"))
)]
#[get("/images/{path:.*}")]
async fn script_images(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    let served = serve(&request, &state, "/images/", state.settings.app_dir.join("images")).await;
    match served {
        Err(error) if error.code() == Code::NotFound => stand_in(&request, &state).await,
        served => served,
    }
}

/// The pictures that upstream draws at each start, to lay overlays over; here they are drawn when somebody asks.
async fn stand_in(request: &HttpRequest, state: &AppState) -> Result<HttpResponse, ApiError> {
    static DRAWN: [tokio::sync::OnceCell<web::Bytes>; 2] = [const { tokio::sync::OnceCell::const_new() }; 2];
    let [poster, background] = &DRAWN;
    let (kind, cell) = match request.path() {
        "/images/default_poster.jpg" => (ArtworkKind::Poster, poster),
        "/images/default_background.jpg" => (ArtworkKind::Background, background),
        _ => return Err(missing()),
    };
    let draw = || async move {
        let file = web::block(move || posterizarr_render::stand_in(kind)).await.map_err(ApiError::internal)?;
        file.map(web::Bytes::from).map_err(ApiError::internal)
    };
    let file = cell.get_or_try_init(draw).await?.clone();
    Ok(HttpResponse::Ok().content_type("image/jpeg").insert_header((CACHE_CONTROL, a_day(state))).body(file))
}

async fn serve(request: &HttpRequest, state: &State, mount: &str, root: PathBuf) -> Result<HttpResponse, ApiError> {
    let relative = request.path().strip_prefix(mount).and_then(decoded).ok_or_else(missing)?;
    let opened = web::block(move || open_picture(&root, &relative)).await.map_err(ApiError::internal)?;
    let file = opened.map_err(ApiError::internal)?.ok_or_else(missing)?;
    // Pictures do not shrink, and a range is one of the bytes on disk.
    let mut response = file.set_content_encoding(ContentEncoding::Identity).into_response(request);
    if response.status().is_success() || response.status().is_redirection() {
        response.headers_mut().insert(CACHE_CONTROL, a_day(state));
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, NO_SCRIPT);
    Ok(response)
}

/// Browsers may keep it for a day.
pub(in crate::http) fn a_day(state: &AppState) -> HeaderValue {
    if needs_login(state) { A_DAY_FOR_THIS_CLIENT } else { A_DAY }
}

/// Browsers may keep it and need not ask again.
pub(in crate::http) fn immutable(state: &AppState) -> HeaderValue {
    if needs_login(state) { IMMUTABLE_FOR_THIS_CLIENT } else { IMMUTABLE }
}

fn needs_login(state: &AppState) -> bool {
    state.views.config.get().web_auth.enabled
}

fn missing() -> ApiError {
    ApiError::not_found("no such file")
}

/// The path as it is on disk; none if it is not text.
pub(in crate::http) fn decoded(path: &str) -> Option<String> {
    percent_decode_str(path).decode_utf8().ok().map(Into::into)
}

/// Opens a file below `root`. None for whatever may not be seen: missing, a folder, unfinished, or outside.
pub(in crate::http) fn open(root: &Path, relative: &str) -> io::Result<Option<NamedFile>> {
    if is_in_the_making(relative) || left_out::hides(relative) {
        return Ok(None);
    }
    let path = match safe_path::existing(root, relative) {
        Ok(path) => path,
        Err(PathError::Forbidden | PathError::Missing) => return Ok(None),
        Err(PathError::Io(error)) => return Err(error),
    };
    open_file(&path)
}

/// Opens a picture below `root`; None also for any other kind of file.
fn open_picture(root: &Path, relative: &str) -> io::Result<Option<NamedFile>> {
    if is_picture(relative) { open(root, relative) } else { Ok(None) }
}

/// The only kinds of pictures that are given: by their names, since that is what browsers are told.
const PICTURES: [&str; 13] =
    ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "jxl", "svg", "ico"];

/// Whether a file is a picture by its name.
fn is_picture(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    PICTURES.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// Opens what is a file; anything else is None. Opening a pipe would wait for its other end.
fn open_file(path: &Path) -> io::Result<Option<NamedFile>> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => NamedFile::open(path).map(Some),
        Ok(_) => Ok(None),
        // It went, or became a link in a circle, since it was looked at.
        Err(error) if safe_path::is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("TV Shows/Dark (2017)")).unwrap();
        std::fs::create_dir(root.join(".posterizarrd-1")).unwrap();
        std::fs::create_dir(root.join("#recycle")).unwrap();
        for file in [
            "TV Shows/Dark (2017)/poster.jpg",
            ".posterizarrd-1/a.jpg",
            ".posterizarrd-b.jpg",
            "../secret.jpg",
            ".hack.jpg",
            "._a.jpg",
            "#recycle/a.jpg",
        ] {
            std::fs::write(root.join(file), "x").unwrap();
        }
        std::os::unix::fs::symlink("../secret.jpg", root.join("out.jpg")).unwrap();
        std::os::unix::fs::symlink("TV Shows", root.join("in")).unwrap();
        folder
    }

    #[test]
    fn only_visible_files_below_the_folder_are_opened() {
        let folder = tree();
        let root = folder.path().join("root");
        let opens = |path: &str| open(&root, path).unwrap().is_some();
        for good in ["TV Shows/Dark (2017)/poster.jpg", "in/Dark (2017)/poster.jpg", ".hack.jpg"] {
            assert!(opens(good), "{good}");
        }
        for bad in [
            "",
            "TV Shows",
            "nope.jpg",
            ".posterizarrd-b.jpg",
            ".posterizarrd-1/a.jpg",
            "../secret.jpg",
            "/etc/passwd",
            "out.jpg",
            "a\0b",
            "._a.jpg",
            "#recycle/a.jpg",
            "#RECYCLE/a.jpg",
        ] {
            assert!(!opens(bad), "{bad}");
        }
        assert!(open(&folder.path().join("later"), "a.jpg").unwrap().is_none(), "a missing folder is not an error");
    }

    #[test]
    fn an_encoded_separator_is_a_separator_and_encoding_is_undone_once() {
        assert_eq!(decoded("TV%20Shows%2FDark%20(2017)").as_deref(), Some("TV Shows/Dark (2017)"));
        assert_eq!(decoded("a+b%252e").as_deref(), Some("a+b%2e"));
        assert_eq!(decoded("%ff"), None);
    }
}
