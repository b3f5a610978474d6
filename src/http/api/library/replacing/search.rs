//! `POST /api/assets/fetch-replacements`: the pictures that TMDB, TVDB and Fanart.tv have for an asset. Shapes are upstream's.
//!
//! A provider that does not answer is no error: its list is empty, and `problems` tells why.

use actix_web::{Responder, post, web};
use posterizarr_media::sources::offers::{Offer, Offered, Origin};
use posterizarr_media::sources::{Subject, tmdb};
use serde::Serialize;
use utoipa::ToSchema;

use super::preferred::Preferred;
use super::providers::{InUse, providers};
use super::wish::ReplacementsWanted;
use crate::http::extract::json::Json;
use crate::http::{ApiError, State};

/// What the providers have.
#[derive(Serialize, ToSchema)]
struct Replacements {
    success: bool,
    results: ReplacementLists,
    total_count: usize,
    /// The kind of id that was given in the place of a title: `tmdb`, `tvdb` or `imdb`.
    detected_provider: Option<&'static str>,
    problems: ProviderProblems,
}

/// What each of them has; those in a preferred language come first.
#[derive(Default, Serialize, ToSchema)]
struct ReplacementLists {
    tmdb: Vec<Replacement>,
    tvdb: Vec<Replacement>,
    fanart: Vec<Replacement>,
}

/// Why a provider's list may be shorter than it should be; null where it answered.
#[derive(Default, Serialize, ToSchema)]
struct ProviderProblems {
    tmdb: Option<String>,
    tvdb: Option<String>,
    fanart: Option<String>,
}

/// A picture.
#[derive(Serialize, ToSchema)]
struct Replacement {
    /// A small version, where the provider has one.
    url: String,
    /// The picture itself.
    original_url: String,
    source: &'static str,
    /// How its title was found: `provided_id`, `manual_id_entry`, `title_search` or `imdb_id`.
    source_type: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Two letters; null for one without text.
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vote_average: Option<f64>,
    /// 0 where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// Fanart.tv's votes, as a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    likes: Option<String>,
}

/// Asks the providers for pictures of an asset.
#[utoipa::path(tag = "assets", request_body = ReplacementsWanted, responses((status = 200, body = Replacements), (status = 400)))]
#[post("/api/assets/fetch-replacements")]
pub async fn fetch_replacements(
    state: State,
    kept: web::Data<InUse>,
    wanted: Json<ReplacementsWanted>,
) -> Result<impl Responder, ApiError> {
    let Some((wish, detected_provider)) = wanted.0.wish(&state.views.choices.get()) else {
        return Ok(web::Json(Replacements {
            success: true,
            results: ReplacementLists::default(),
            total_count: 0,
            detected_provider: None,
            problems: ProviderProblems::default(),
        }));
    };
    let offers = providers(&state, &kept)?.offers(&wish).await;
    let asset_type = wanted.0.asset_type.as_str();
    let preferred = Preferred::of(&state.views.config.get(), asset_type);
    let subject = wish.subjects.first().copied().unwrap_or(Subject::Poster);
    let (tmdb, of_tmdb) = shown(offers.tmdb, &preferred, |offer| of_tmdb(offer, subject));
    let (tvdb, of_tvdb) = shown(offers.tvdb, &preferred, |offer| of_tvdb(offer, asset_type));
    let (fanart, of_fanart) = shown(offers.fanart, &preferred, |offer| of_fanart(offer, asset_type));
    let total_count = tmdb.len() + tvdb.len() + fanart.len();
    Ok(web::Json(Replacements {
        success: true,
        results: ReplacementLists { tmdb, tvdb, fanart },
        total_count,
        detected_provider,
        problems: ProviderProblems { tmdb: of_tmdb, tvdb: of_tvdb, fanart: of_fanart },
    }))
}

/// A provider's pictures in the preferred order, or why there are none.
fn shown(
    offered: Offered,
    preferred: &Preferred,
    show: impl Fn(Offer) -> Replacement,
) -> (Vec<Replacement>, Option<String>) {
    match offered {
        Ok(mut offers) => {
            offers.sort_by_key(|offer| preferred.place(offer.picture.language.as_deref()));
            (offers.into_iter().map(show).collect(), None)
        }
        Err(trouble) => {
            tracing::warn!(%trouble, "a provider could not be asked for replacements");
            (Vec::new(), Some(trouble.to_string()))
        }
    }
}

fn of_tmdb(offer: Offer, subject: Subject) -> Replacement {
    let kind = match subject {
        Subject::Poster => "poster",
        Subject::Background => "backdrop",
        Subject::Logo | Subject::ClearArt => "logo",
        Subject::Season(_) => "season_poster",
        Subject::Episode { .. } => "episode_still",
    };
    let url = tmdb::small(&offer.picture.url);
    Replacement { url, ..Replacement::new(offer, "TMDB", kind).with_size() }
}

fn of_tvdb(offer: Offer, asset_type: &str) -> Replacement {
    Replacement::new(offer, "TVDB", known_type(asset_type)).with_size()
}

fn of_fanart(offer: Offer, asset_type: &str) -> Replacement {
    let likes = Some(format!("{}", offer.picture.rating));
    let shown = Replacement::new(offer, "Fanart.tv", known_type(asset_type));
    Replacement { likes, vote_average: None, width: None, height: None, ..shown }
}

/// The asset type in its own words.
fn known_type(asset_type: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["standard", "background", "season", "titlecard", "collection", "logo", "poster"];
    KNOWN.into_iter().find(|known| *known == asset_type).unwrap_or("poster")
}

impl Replacement {
    fn new(offer: Offer, source: &'static str, kind: &'static str) -> Self {
        let Offer { picture, origin } = offer;
        let source_type = match origin {
            Origin::Id => "provided_id",
            Origin::TypedId => "manual_id_entry",
            Origin::Imdb => "imdb_id",
            Origin::Search => "title_search",
        };
        Self {
            url: picture.url.clone(),
            original_url: picture.url,
            source,
            source_type,
            kind,
            language: picture.language,
            vote_average: Some(picture.rating),
            width: Some(picture.width),
            height: Some(picture.height),
            likes: None,
        }
    }

    /// A size that the provider does not tell is none.
    fn with_size(self) -> Self {
        let told = |side: Option<u32>| side.map(|side| if side == u32::MAX { 0 } else { side });
        Self { width: told(self.width), height: told(self.height), ..self }
    }
}
