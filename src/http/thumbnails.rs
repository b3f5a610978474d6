//! `GET /api/thumbnail`: small versions of asset, manual and test images.

use std::path::PathBuf;
use std::time::SystemTime;

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::files::{self, decoded};
use super::representation::knows;
use super::{ApiError, AppState, Code, State, ask};
use crate::actors::files::is_in_the_making;
use crate::actors::pictures::PictureError;
use crate::actors::safe_path;
use crate::actors::thumbnailer::{MakeThumbnail, ThumbnailName, USUAL_WIDTH, snapped};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(thumbnail);
}

/// Which thumbnail.
#[derive(Deserialize, IntoParams)]
struct Wanted {
    /// The picture: a `url` as galleries give it (`/poster_assets/…`, `/manual_poster_assets/…`, `/test/…`), or a path
    /// relative to `root`.
    path: String,
    /// What a relative path is relative to: `assets` if absent, `manual` or `test`.
    #[param(value_type = Option<String>)]
    root: Option<String>,
    /// The width; the next larger of 160, 320, 480, 640, 960, 1280 is given. 320 if absent.
    #[param(value_type = Option<u32>)]
    w: Option<String>,
    /// When the picture last changed, in milliseconds since 1970: its `modified` in galleries times 1000. An address with the
    /// right time is answered for good; with another one, as without.
    #[param(value_type = Option<u64>)]
    t: Option<String>,
}

impl From<PictureError> for ApiError {
    fn from(error: PictureError) -> Self {
        let code = match error {
            PictureError::Missing => Code::NotFound,
            PictureError::Unreadable(_) | PictureError::TooLarge(_) => Code::Unprocessable,
            PictureError::Disk(cause) => return Self::internal(cause),
        };
        Self::new(code, error.to_string())
    }
}

/// A small JPEG of an image. It never is wider than the image.
#[utoipa::path(tag = "files", params(Wanted),
    responses((status = 200, description = "the thumbnail", content_type = "image/jpeg"), (status = 304, description = "unchanged"),
        (status = 400), (status = 404), (status = 422, description = "not an image, broken, or too large")))]
#[get("/api/thumbnail")]
async fn thumbnail(request: HttpRequest, state: State, wanted: web::Query<Wanted>) -> Result<HttpResponse, ApiError> {
    let width = width(wanted.w.as_deref())?;
    let (root, relative) = place(&state, &wanted)?;
    if is_in_the_making(&relative) {
        return Err(PictureError::Missing.into());
    }
    let named = web::block(move || {
        let picture = safe_path::existing(&root, &relative)?;
        Ok::<_, ApiError>((ThumbnailName::of(&picture, width)?, picture))
    });
    let (name, picture) = named.await.map_err(ApiError::internal)??;
    let tag = format!("\"{}\"", name.as_str());
    let told = wanted.t.as_deref().and_then(|told| told.parse().ok());
    let for_good = told.is_some_and(|told| name.is_edition(told, SystemTime::now()));
    let keep = if for_good { files::for_good(&state) } else { files::a_day(&state) };
    if knows(&request, &tag) {
        return Ok(finished(HttpResponse::NotModified().finish(), keep, &tag));
    }
    let file = file(&state, picture, name, width).await?;
    let response = file.use_etag(false).use_last_modified(false).into_response(&request);
    Ok(finished(response, keep, &tag))
}

/// The thumbnail from disk, or made now.
async fn file(state: &AppState, picture: PathBuf, name: ThumbnailName, width: u32) -> Result<NamedFile, ApiError> {
    let kept = state.commons.data.thumbnails().join(name.file());
    let open = |path: PathBuf| web::block(move || NamedFile::open(path).ok().filter(|file| file.metadata().len() > 0));
    if let Some(file) = open(kept).await.map_err(ApiError::internal)? {
        return Ok(file);
    }
    let made = ask(&state.thumbnailer, MakeThumbnail { picture, name, width }).await??;
    let file = open(made).await.map_err(ApiError::internal)?;
    file.ok_or_else(|| ApiError::internal("a thumbnail went as soon as it was made; is its cache too small?"))
}

fn finished(mut response: HttpResponse, keep: HeaderValue, tag: &str) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, keep);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

fn width(given: Option<&str>) -> Result<u32, ApiError> {
    let Some(given) = given else { return Ok(USUAL_WIDTH) };
    match given.parse() {
        Ok(width) if width > 0 => Ok(snapped(width)),
        _ => Err(ApiError::validation("int_parsing", &["query", "w"], "w is a number of pixels, such as 320")),
    }
}

/// The folder and the path in it. A `url` is percent-encoded still, and may have a query.
fn place(state: &AppState, wanted: &Wanted) -> Result<(PathBuf, String), ApiError> {
    let path = wanted.path.strip_prefix(&state.settings.base_url).unwrap_or(&wanted.path);
    if let Some((folder, rest)) = files::mounted(state, path) {
        let rest = rest.split('?').next().unwrap_or_default();
        return decoded(rest).map(|path| (folder, path)).ok_or_else(|| PictureError::Missing.into());
    }
    let folder = match wanted.root.as_deref() {
        None | Some("assets") => files::assets_folder(state),
        Some("manual") => files::manual_assets_folder(state),
        Some("test") => files::test_folder(state),
        Some(_) => return Err(ApiError::validation("enum", &["query", "root"], "root is assets, manual or test")),
    };
    Ok((folder, wanted.path.clone()))
}
