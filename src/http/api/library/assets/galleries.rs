//! Lists of pictures by kind. A long one is written while it is sent, so that a million pictures need no more memory than
//! a hundred.

use std::collections::BTreeMap;
use std::convert::Infallible;

use actix_web::{HttpRequest, HttpResponse, get, web};
use futures_util::stream;
use posterizarr_base::title::Words;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{known, listing};
use crate::actors::library::asset_url;
use crate::actors::library::assets::Root;
use crate::actors::library::assets::kind::Gallery;
use crate::actors::library::assets::query::{Listed, Listing, Query, SortBy};
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
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct Wanted {
    /// How many at most.
    #[param(value_type = Option<u64>)]
    pub limit: Option<String>,
    /// How many to pass over.
    #[param(value_type = Option<u64>)]
    pub offset: Option<String>,
    /// Words that the path has, in any order, letter case and accents; `S1E3` and `season 2` as files have them.
    pub q: Option<String>,
    /// `path` (as if absent), `name`, `title` (over all libraries, as people look for it), `size`, `created` or `modified`;
    /// with a `-` before it the other way round.
    pub sort: Option<String>,
    /// Only this library: the first folder of the path.
    pub library: Option<String>,
    /// Only this type, such as `Movie` or `Show Background`.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    pub media_type: Option<String>,
}

impl Wanted {
    /// As a query for pictures of this kind, `most` of them where nobody asks for a number.
    pub fn query(self, kind: Option<Gallery>, most: Option<u64>) -> Result<Query, ApiError> {
        let (sort, descending) = sort(self.sort.as_deref().unwrap_or_default())?;
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Query {
            limit: number("limit", self.limit.as_deref())?.or(most),
            offset: number("offset", self.offset.as_deref())?.unwrap_or_default(),
            under: self.library.unwrap_or_default(),
            kind,
            text: filled(self.q).map(|typed| Words::of(&typed)),
            media_type: filled(self.media_type),
            sort,
            descending,
        })
    }
}

/// A number of a query; empty counts as absent.
fn number(name: &str, given: Option<&str>) -> Result<Option<u64>, ApiError> {
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
    given.parse().map(Some).map_err(|_| {
        ApiError::validation("int_parsing", &["query", name], format!("{name} is a whole number, 0 or more"))
    })
}

fn sort(given: &str) -> Result<(SortBy, bool), ApiError> {
    let (name, descending) = given.strip_prefix('-').map_or((given, false), |name| (name, true));
    let by = match name {
        "" | "path" => SortBy::Path,
        "name" => SortBy::Name,
        "title" => SortBy::Title,
        "size" => SortBy::Size,
        "created" => SortBy::Created,
        "modified" => SortBy::Modified,
        _ => {
            let allowed =
                "sort is path, name, title, size, created or modified, with a - before it for the other way round";
            return Err(ApiError::validation("enum", &["query", "sort"], allowed));
        }
    };
    Ok((by, descending))
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
async fn images(request: &HttpRequest, state: &State, query: Query) -> Result<HttpResponse, ApiError> {
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
#[utoipa::path(tag = "assets", params(Wanted),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/gallery")]
async fn posters(request: HttpRequest, state: State, wanted: web::Query<Wanted>) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.into_inner().query(Some(Gallery::Poster), Some(GALLERY))?).await
}

/// Lists backgrounds, the first 200 if nothing else is asked for.
#[utoipa::path(tag = "assets", params(Wanted),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/backgrounds-gallery")]
async fn backgrounds(request: HttpRequest, state: State, wanted: web::Query<Wanted>) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.into_inner().query(Some(Gallery::Background), Some(GALLERY))?).await
}

/// Lists season posters, the first 200 if nothing else is asked for.
#[utoipa::path(tag = "assets", params(Wanted),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/seasons-gallery")]
async fn seasons(request: HttpRequest, state: State, wanted: web::Query<Wanted>) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.into_inner().query(Some(Gallery::Season), Some(GALLERY))?).await
}

/// Lists title cards, the first 200 if nothing else is asked for.
#[utoipa::path(tag = "assets", params(Wanted),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/titlecards-gallery")]
async fn title_cards(request: HttpRequest, state: State, wanted: web::Query<Wanted>) -> Result<HttpResponse, ApiError> {
    images(&request, &state, wanted.into_inner().query(Some(Gallery::TitleCard), Some(GALLERY))?).await
}

/// Lists the pictures of one kind in a folder and below; all of them if nothing else is asked for. For a picture right in
/// the asset folder its name is its folder.
#[utoipa::path(tag = "assets",
    params(("image_type" = String, Path, description = "posters, backgrounds, seasons or titlecards"),
        ("folder_path" = String, Path, description = "below the asset folder; `%2F` counts as a separator"), Wanted),
    responses((status = 200, body = AssetImages), (status = 304, description = "unchanged"), (status = 400), (status = 503)))]
#[get("/api/assets-folder-images/{image_type}/{folder_path:.*}")]
async fn folder_images(
    request: HttpRequest,
    state: State,
    path: web::Path<(String, String)>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse, ApiError> {
    let (image_type, folder) = path.into_inner();
    let kind = kind(&image_type)?;
    let query = Query { under: folder, ..wanted.into_inner().query(Some(kind), None)? };
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
