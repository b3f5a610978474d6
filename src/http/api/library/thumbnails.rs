//! `GET /api/thumbnail`: small versions of asset, manual and test images.

use std::path::PathBuf;
use std::time::SystemTime;

use actix_files::NamedFile;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::files::is_in_the_making;
use crate::actors::library::assets::left_out;
use crate::actors::library::pictures::PictureError;
use crate::actors::library::thumbnails::{Encoding, MakeThumbnail, ThumbnailName, USUAL_WIDTH, snapped};
use crate::actors::runtime::safe_path;
use crate::http::api::library::files::{self, decoded};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::respond::conditional::knows;
use crate::http::{ApiError, AppState, Code, Refusal, State, ask};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(thumbnail);
}

/// Which thumbnail.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ThumbnailQuery {
    /// The picture: a `url` as galleries give it (`/poster_assets/…`, `/manual_poster_assets/…`, `/backup_assets/…`, `/test/…`), or a path
    /// relative to `root`.
    path: String,
    /// What a relative path is relative to: `assets` if absent, `manual`, `backup` or `test`.
    #[param(value_type = Option<String>)]
    root: Folder,
    /// The width (also `width`); the next larger of 160, 320, 480, 640, 960, 1280 is given. 320 if absent.
    #[param(rename = "w", value_type = Option<u32>)]
    width: u32,
    /// When the picture last changed, in milliseconds since 1970: its `modified` in galleries times 1000. An address with the
    /// right time is answered for good; with another one, as without.
    t: Option<u64>,
}

/// What a path is relative to.
#[derive(Clone, Copy, Default)]
enum Folder {
    #[default]
    Assets,
    Manual,
    Backup,
    Test,
}

impl FromQuery for ThumbnailQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let root = |word: &str| match word {
            "assets" => Some(Folder::Assets),
            "manual" => Some(Folder::Manual),
            "backup" => Some(Folder::Backup),
            "test" => Some(Folder::Test),
            _ => None,
        };
        Self {
            path: parameters.required("path"),
            root: parameters.word("root", "assets, manual, backup or test", root).unwrap_or_default(),
            width: width(parameters, "w").or_else(|| width(parameters, "width")).unwrap_or(USUAL_WIDTH),
            // Of a page that knows better, or of none.
            t: parameters.text("t").and_then(|time| time.parse().ok()),
        }
    }
}

fn width(parameters: &mut Parameters<'_>, name: &str) -> Option<u32> {
    let pixels = |text: &str| text.parse().ok().filter(|width| *width > 0).map(snapped);
    parameters.parsed(name, "a number of pixels, such as 320", pixels)
}

impl Refusal for PictureError {
    fn code(&self) -> Code {
        match self {
            Self::Missing => Code::NotFound,
            Self::Unreadable(_) | Self::TooLarge(_) => Code::Unprocessable,
            Self::Disk(_) => Code::Internal,
        }
    }
}

/// Returns a thumbnail of an image: as WebP where the client's `Accept` names `image/webp`, else as JPEG. It is never wider than the image.
#[utoipa::path(tag = "files", params(ThumbnailQuery),
    responses((status = 200, description = "the thumbnail", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"))), (status = 304, description = "unchanged"),
        (status = 400), (status = 404), (status = 422, description = "not an image, broken, or too large")))]
#[get("/api/thumbnail")]
async fn thumbnail(
    request: HttpRequest,
    state: State,
    Query(wanted): Query<ThumbnailQuery>,
) -> Result<HttpResponse, ApiError> {
    let width = wanted.width;
    let encoding = Encoding::smallest(|kind| names(&request, kind));
    let (root, relative) = place(&state, &wanted)?;
    if is_in_the_making(&relative) || left_out::hides(&relative) {
        return Err(PictureError::Missing.into());
    }
    let named = web::block(move || {
        let picture = safe_path::existing(&root, &relative)?;
        Ok::<_, ApiError>((ThumbnailName::of(&picture, width, encoding)?, picture))
    });
    let (name, picture) = named.await.map_err(ApiError::internal)??;
    let tag = format!("\"{}\"", name.file());
    let immutable = wanted.t.is_some_and(|told| name.is_edition(told, SystemTime::now()));
    let keep = if immutable { files::immutable(&state) } else { files::a_day(&state) };
    if knows(&request, &tag) {
        return Ok(finished(HttpResponse::NotModified().finish(), encoding, keep, &tag));
    }
    let file = file(&state, picture, name, width).await?.use_etag(false).use_last_modified(false);
    Ok(finished(file.into_response(&request), encoding, keep, &tag))
}

/// Whether a client says by name that it takes a media type.
fn names(request: &HttpRequest, kind: &str) -> bool {
    let ranges = request.headers().get_all(ACCEPT).filter_map(|accepted| accepted.to_str().ok());
    ranges.flat_map(|accepted| accepted.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|named| named.eq_ignore_ascii_case(kind));
        let weight = parts.find_map(|parameter| parameter.strip_prefix("q=")?.trim().parse::<f32>().ok());
        is_it && weight != Some(0.0)
    })
}

/// The thumbnail from disk, or made now.
async fn file(state: &AppState, picture: PathBuf, name: ThumbnailName, width: u32) -> Result<NamedFile, ApiError> {
    let kept = state.shared.data.thumbnails().join(name.file());
    let open = |path: PathBuf| web::block(move || NamedFile::open(path).ok().filter(|file| file.metadata().len() > 0));
    if let Some(file) = open(kept).await.map_err(ApiError::internal)? {
        return Ok(file);
    }
    let made = ask(&state.thumbnailer, MakeThumbnail { picture, name, width }).await??;
    let file = open(made).await.map_err(ApiError::internal)?;
    file.ok_or_else(|| ApiError::internal("a thumbnail went as soon as it was made; is its cache too small?"))
}

fn finished(mut response: HttpResponse, encoding: Encoding, keep: HeaderValue, tag: &str) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, keep);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(encoding.media_type()));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// The folder and the path in it. A `url` is percent-encoded still, and may have a query.
fn place(state: &AppState, wanted: &ThumbnailQuery) -> Result<(PathBuf, String), ApiError> {
    let path = wanted.path.strip_prefix(&state.settings.base_url).unwrap_or(&wanted.path);
    if let Some((folder, rest)) = files::mounted(state, path) {
        let rest = rest.split('?').next().unwrap_or_default();
        return decoded(rest).map(|path| (folder, path)).ok_or_else(|| PictureError::Missing.into());
    }
    let folder = match wanted.root {
        Folder::Assets => files::assets_folder(state),
        Folder::Manual => files::manual_assets_folder(state),
        Folder::Backup => files::backup_folder(state),
        Folder::Test => files::test_folder(state),
    };
    Ok((folder, wanted.path.clone()))
}
