//! `POST /api/tmdb/search-posters`: pictures of the first titles that a search at TMDB finds. Shapes and texts are upstream's.

use std::collections::HashSet;

use actix_web::{Responder, post, web};
use posterizarr_base::items::{Ids, ItemKind};
use posterizarr_media::ServiceError;
use posterizarr_media::sources::tmdb::{Tmdb, TmdbMemo, small};
use posterizarr_media::sources::{Sought, Subject, Title};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::preferred::Preferred;
use super::providers::{InUse, providers};
use crate::actors::runs::PosterType;
use crate::http::extract::json::Json;
use crate::http::{ApiError, Code, State};

/// How many titles of a search are looked at.
const MAX_TITLES: usize = 5;

/// What is searched for.
#[derive(Deserialize, ToSchema)]
struct PosterSearch {
    /// A title, or TMDB's number of one.
    query: String,
    #[serde(default)]
    media_type: TmdbMedia,
    #[serde(default)]
    poster_type: PosterType,
    #[serde(default)]
    year: Option<u32>,
    #[serde(default)]
    season_number: Option<u32>,
    #[serde(default)]
    episode_number: Option<u32>,
}

/// Movies or shows.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TmdbMedia {
    #[default]
    Movie,
    Tv,
}

/// What was found.
#[derive(Serialize, ToSchema)]
struct PostersFound {
    success: bool,
    posters: Vec<PosterFound>,
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

/// A picture.
#[derive(Serialize, ToSchema)]
struct PosterFound {
    /// A number; a text where it was the query.
    #[schema(value_type = Object)]
    tmdb_id: Value,
    title: String,
    poster_path: String,
    poster_url: String,
    original_url: String,
    language: Option<String>,
    vote_average: f64,
    width: u32,
    height: u32,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Searches TMDB for pictures by the title, or the number, of a movie or show.
#[utoipa::path(tag = "assets", request_body = PosterSearch, responses((status = 200, body = PostersFound),
    (status = 400, description = "no token, or a number is missing"), (status = 500, description = "TMDB does not answer")))]
#[post("/api/tmdb/search-posters")]
pub async fn search_posters(
    state: State,
    kept: web::Data<InUse>,
    search: Json<PosterSearch>,
) -> Result<impl Responder, ApiError> {
    let search = search.0;
    let invalid = |text| ApiError::new(Code::InvalidValue, text);
    let providers = providers(&state, &kept)?;
    let tmdb = providers.tmdb.as_ref().ok_or_else(|| invalid("TMDB API token not configured"))?;
    let subject = subject(&search)?;
    let titles = titles(tmdb, &search).await.map_err(not_answered)?;
    if titles.is_empty() {
        let message = Some("No results found");
        return Ok(web::Json(PostersFound { success: true, posters: Vec::new(), count: 0, message }));
    }
    let preferred = Preferred::of(&state.views.config.get(), word(search.poster_type));
    let textless_only = search.poster_type == PosterType::Collection;
    let is_wanted = |language: Option<&str>| if textless_only { language.is_none() } else { preferred.has(language) };
    let (mut posters, mut seen) = (Vec::new(), HashSet::new());
    for title in titles {
        let found = of_title(tmdb, &title, kind(search.media_type), subject).await.map_err(not_answered)?;
        let wanted = found.into_iter().filter(|poster| is_wanted(poster.language.as_deref()));
        posters.extend(wanted.filter(|poster| seen.insert(poster.poster_path.clone())));
    }
    Ok(web::Json(PostersFound { success: true, count: posters.len(), posters, message: None }))
}

fn not_answered(trouble: ServiceError) -> ApiError {
    tracing::warn!(%trouble, "TMDB could not be searched");
    ApiError::new(Code::Internal, "Error communicating with TMDB API").with("reason", trouble.to_string())
}

fn kind(media_type: TmdbMedia) -> ItemKind {
    match media_type {
        TmdbMedia::Movie => ItemKind::Movie,
        TmdbMedia::Tv => ItemKind::Show,
    }
}

fn word(poster_type: PosterType) -> &'static str {
    match poster_type {
        PosterType::Standard | PosterType::Collection => "poster",
        PosterType::Season => "season",
        PosterType::TitleCard => "titlecard",
        PosterType::Background => "background",
    }
}

fn subject(search: &PosterSearch) -> Result<Subject, ApiError> {
    let missing = |text| ApiError::new(Code::InvalidValue, text);
    match (search.poster_type, search.season_number, search.episode_number) {
        (PosterType::Standard | PosterType::Collection, ..) => Ok(Subject::Poster),
        (PosterType::Background, ..) => Ok(Subject::Background),
        (PosterType::Season, Some(season), _) => Ok(Subject::Season(season)),
        (PosterType::Season, None, _) => Err(missing("Season number required for season posters")),
        (PosterType::TitleCard, Some(season), Some(episode)) => Ok(Subject::Episode { season, episode }),
        (PosterType::TitleCard, ..) => Err(missing("Season and episode numbers required for titlecards")),
    }
}

/// The ids of the titles that are meant: the query itself where it is a number, then what a search finds.
async fn titles(tmdb: &Tmdb, search: &PosterSearch) -> Result<Vec<Value>, ServiceError> {
    let query = search.query.trim();
    let number = (!query.is_empty() && query.bytes().all(|byte| byte.is_ascii_digit())).then(|| json!(query));
    let found = tmdb.search(Sought::Title(kind(search.media_type)), query, search.year).await?;
    let found = found.into_iter().take(MAX_TITLES).filter_map(|hit| hit.id.parse::<u64>().ok().map(|id| json!(id)));
    Ok(number.into_iter().chain(found).collect())
}

async fn of_title(tmdb: &Tmdb, id: &Value, kind: ItemKind, subject: Subject) -> Result<Vec<PosterFound>, ServiceError> {
    let number = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let Some(base) = tmdb.name(kind, &number, Subject::Poster).await? else { return Ok(Vec::new()) };
    let (title, word) = match subject {
        Subject::Season(_) => (with_part(&base, tmdb.name(ItemKind::Show, &number, subject).await?), "season_poster"),
        Subject::Episode { season, episode } => {
            let name = tmdb.name(ItemKind::Show, &number, subject).await?;
            let name = name.map_or(String::new(), |name| format!(": {name}"));
            (format!("{base} - S{season:02}E{episode:02}{name}"), "episode_still")
        }
        Subject::Background => (base, "backdrop"),
        Subject::Poster | Subject::Logo | Subject::ClearArt => (base, "show_poster"),
    };
    let ids = Ids { tmdb: Some(number), ..Ids::default() };
    let of_season = matches!(subject, Subject::Season(_) | Subject::Episode { .. });
    let whose = Title { kind: if of_season { ItemKind::Show } else { kind }, ids: &ids };
    let found = tmdb.find(whose, subject, &TmdbMemo::default()).await.transpose()?.unwrap_or_default();
    let poster = |picture: posterizarr_media::sources::Picture| PosterFound {
        tmdb_id: id.clone(),
        title: title.clone(),
        poster_path: picture.url.rsplit_once("/original").map_or(picture.url.as_str(), |(_, path)| path).to_owned(),
        poster_url: small(&picture.url),
        original_url: picture.url,
        language: picture.language,
        vote_average: picture.rating,
        width: picture.width,
        height: picture.height,
        kind: word,
    };
    Ok(found.pictures.into_iter().map(poster).collect())
}

fn with_part(base: &str, part: Option<String>) -> String {
    part.map_or_else(|| base.to_owned(), |part| format!("{base} - {part}"))
}
