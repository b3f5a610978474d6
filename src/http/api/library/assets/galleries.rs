//! Lists of pictures by kind. A long one is written while it is sent, so that a million pictures need no more memory than
//! a hundred.

use std::collections::BTreeMap;
use std::convert::Infallible;

use actix_web::{HttpRequest, HttpResponse, get, web};
use futures_util::stream;
use posterizarr_base::title::Words;
use serde::Serialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::listing::{known, listing};
use crate::actors::library::asset_url;
use crate::actors::library::assets::Gallery;
use crate::actors::library::assets::Root;
use crate::actors::library::assets::query::{self, Listed, Listing, SortBy};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, Code, State};

/// How many pictures a gallery shows where nobody asks for a number.
const GALLERY: u64 = 200;
/// A piece of a long answer.
const PIECE: usize = 64 * 1024;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(posters).service(backgrounds).service(seasons).service(title_cards).service(folder_images);
}

/// Which part of a gallery, and in which order.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GalleryQuery {
    /// How many at most.
    pub limit: Option<u64>,
    /// How many to pass over.
    pub offset: Option<u64>,
    /// Words that the path has, in any order, letter case and accents; `S1E3` and `season 2` as files have them.
    pub q: Option<String>,
    /// `path` (as if absent), `name`, `title` (over all libraries, as people look for it), `size`, `created` or `modified`;
    /// with a `-` before it the other way round.
    #[param(value_type = Option<String>)]
    pub sort: Option<Order>,
    /// Only this library: the first folder of the path.
    pub library: Option<String>,
    /// Only this type, such as `Movie` or `Show Background`.
    #[param(rename = "type")]
    pub media_type: Option<String>,
}

impl FromQuery for GalleryQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self {
            limit: parameters.count("limit"),
            offset: parameters.count("offset"),
            q: parameters.filled("q"),
            sort: parameters.word("sort", ORDERS, Order::of),
            library: parameters.filled("library"),
            media_type: parameters.filled("type"),
        }
    }
}

impl GalleryQuery {
    /// As a listing of pictures of this kind, `most` of them where nobody asks for a number.
    pub fn listing(self, kind: Option<Gallery>, most: Option<u64>) -> query::Query {
        let Order { by, descending } = self.sort.unwrap_or_default();
        query::Query {
            limit: self.limit.or(most),
            offset: self.offset.unwrap_or_default(),
            under: self.library.unwrap_or_default(),
            kind,
            text: self.q.map(|typed| Words::of(&typed)),
            media_type: self.media_type,
            sort: by,
            descending,
        }
    }
}

const ORDERS: &str = "path, name, title, size, created or modified, with a - before it for the other way round";

/// By what pictures are ordered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Order {
    pub by: SortBy,
    pub descending: bool,
}

impl Order {
    fn of(word: &str) -> Option<Self> {
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        let by = match name {
            "" | "path" => SortBy::Path,
            "name" => SortBy::Name,
            "title" => SortBy::Title,
            "size" => SortBy::Size,
            "created" => SortBy::Created,
            "modified" => SortBy::Modified,
            _ => return None,
        };
        Some(Self { by, descending })
    }
}

/// A picture of the asset folder.
#[derive(Debug, Serialize, ToSchema)]
struct AssetImage<'a> {
    /// Below the asset folder, with `/` between folders.
    path: &'a str,
    name: &'a str,
    /// Bytes.
    size: u64,
    /// Where it is served; without a query.
    url: String,
    /// When its inode last changed, in seconds since 1970.
    created: f64,
    /// When its content last changed, in seconds since 1970.
    modified: f64,
    /// `Movie`, `Show`, `Season`, `Episode`, `Movie Background`, `Show Background` or `Background`.
    #[serde(rename = "type")]
    media_type: &'static str,
}

impl<'a> From<Listed<'a>> for AssetImage<'a> {
    fn from(Listed { image, media_type }: Listed<'a>) -> Self {
        let entry = image.entry();
        Self {
            path: image.path,
            name: image.name,
            size: entry.size,
            url: asset_url::of(asset_url::ASSETS, image.path),
            created: entry.created,
            modified: entry.modified,
            media_type,
        }
    }
}

/// A list of pictures.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is written piece by piece; this is for the documentation")]
struct AssetImages<'a> {
    images: Vec<AssetImage<'a>>,
    /// How many there are, with those that `limit` and `offset` leave out.
    total: u64,
    /// By title: where each letter begins; `#` is what begins with none.
    letters: Option<BTreeMap<char, u64>>,
}

/// Writes a listing as JSON, piece by piece.
struct Writer {
    listing: Listing,
    begun: bool,
    done: bool,
}

impl Writer {
    /// The next piece; none after the last.
    fn piece(&mut self) -> Option<web::Bytes> {
        if self.done {
            return None;
        }
        let mut piece = Vec::with_capacity(PIECE + 1024);
        if !self.begun {
            piece.extend_from_slice(br#"{"images":["#);
        }
        while piece.len() < PIECE {
            let Some(listed) = self.listing.next() else {
                self.done = true;
                piece.extend_from_slice(self.end().as_bytes());
                break;
            };
            if std::mem::replace(&mut self.begun, true) {
                piece.push(b',');
            }
            // A picture is strings and numbers: it cannot fail to be written to memory.
            let _ = serde_json::to_writer(&mut piece, &AssetImage::from(listed));
        }
        Some(piece.into())
    }

    /// What follows the pictures.
    fn end(&self) -> String {
        let total = self.listing.total();
        match self.listing.letters() {
            None => format!(r#"],"total":{total}}}"#),
            Some(letters) => format!(r#"],"total":{total},"letters":{}}}"#, json!(letters)),
        }
    }
}

/// Lists what the query finds.
async fn images(request: &HttpRequest, state: &State, query: query::Query) -> Result<HttpResponse, ApiError> {
    let view = known(state, Root::Assets).await?;
    let types = state.views.library_types.get();
    let (index, plain) = (view.assets.clone(), query.is_plain());
    let begin = move || {
        let mut writer = Writer { listing: Listing::new(&index, types, &query), begun: false, done: false };
        (writer.piece().unwrap_or_default(), writer)
    };
    let (first, mut writer) = if plain { begin() } else { web::block(begin).await.map_err(ApiError::internal)? };
    Ok(listing(request, &view, |response| {
        response.content_type("application/json");
        if writer.done {
            return response.body(first);
        }
        let rest = std::iter::once(first).chain(std::iter::from_fn(move || writer.piece()));
        response.streaming(stream::iter(rest.map(Ok::<_, Infallible>)))
    }))
}

/// Lists posters, the first 200 if nothing else is asked for.
#[utoipa::path(tag = "assets", params(GalleryQuery),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/gallery")]
async fn posters(request: HttpRequest, state: State, wanted: Query<GalleryQuery>) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.0.listing(Some(Gallery::Poster), Some(GALLERY))).await
}

/// Lists backgrounds, the first 200 if nothing else is asked for.
#[utoipa::path(tag = "assets", params(GalleryQuery),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/backgrounds-gallery")]
async fn backgrounds(
    request: HttpRequest,
    state: State,
    wanted: Query<GalleryQuery>,
) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.0.listing(Some(Gallery::Background), Some(GALLERY))).await
}

/// Lists season posters, the first 200 if nothing else is asked for.
#[utoipa::path(tag = "assets", params(GalleryQuery),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/seasons-gallery")]
async fn seasons(request: HttpRequest, state: State, wanted: Query<GalleryQuery>) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.0.listing(Some(Gallery::Season), Some(GALLERY))).await
}

/// Lists title cards, the first 200 if nothing else is asked for.
#[utoipa::path(tag = "assets", params(GalleryQuery),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/titlecards-gallery")]
async fn title_cards(
    request: HttpRequest,
    state: State,
    wanted: Query<GalleryQuery>,
) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.0.listing(Some(Gallery::TitleCard), Some(GALLERY))).await
}

/// Lists the pictures of one kind in a folder and below; all of them if nothing else is asked for. For a picture right in
/// the asset folder its name is its folder.
#[utoipa::path(tag = "assets",
    params(("image_type" = String, Path, description = "posters, backgrounds, seasons or titlecards"),
        ("folder_path" = String, Path, description = "below the asset folder; `%2F` counts as a separator"), GalleryQuery),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/assets-folder-images/{image_type}/{folder_path:.*}")]
async fn folder_images(
    request: HttpRequest,
    state: State,
    path: web::Path<(String, String)>,
    wanted: Query<GalleryQuery>,
) -> Result<HttpResponse, ApiError> {
    let (image_type, folder) = path.into_inner();
    let kind = kind(&image_type)?;
    let query = query::Query { under: folder, ..wanted.0.listing(Some(kind), None) };
    images(&request, &state, query).await
}

fn kind(image_type: &str) -> Result<Gallery, ApiError> {
    Ok(match image_type {
        "posters" => Gallery::Poster,
        "backgrounds" => Gallery::Background,
        "seasons" => Gallery::Season,
        "titlecards" => Gallery::TitleCard,
        _ => {
            let known = "Invalid image type. Must be one of: ['posters', 'backgrounds', 'seasons', 'titlecards']";
            return Err(ApiError::new(Code::InvalidValue, known));
        }
    })
}
