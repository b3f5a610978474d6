//! TVDB, version 4 of its API.

use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

use super::languages::two_letters;
use super::{Found, Hit, Picture, Subject, Title};
use crate::answers::{Answers, Remembered};
use crate::http::{HttpClient, HttpError, Request, below};
use crate::model::ItemKind;
use crate::service::{Client, Service, ServiceError};

/// Kinds of artwork, as TVDB numbers them.
mod kind {
    pub(super) const SHOW_POSTER: u32 = 2;
    pub(super) const SHOW_BACKGROUND: u32 = 3;
    pub(super) const SEASON_POSTER: u32 = 7;
    pub(super) const MOVIE_POSTER: u32 = 14;
    pub(super) const MOVIE_BACKGROUND: u32 = 15;
    pub(super) const SHOW_CLEAR_ART: u32 = 22;
    pub(super) const SHOW_LOGO: u32 = 23;
    pub(super) const MOVIE_CLEAR_ART: u32 = 24;
    pub(super) const MOVIE_LOGO: u32 = 25;
}

/// No series has more pages of episodes.
const MAX_PAGES: u32 = 200;

/// The API, with the user's key.
pub struct Tvdb {
    service: Service,
    base: String,
    key: String,
    pin: Option<String>,
    token: Mutex<Option<String>>,
    answers: Arc<Answers>,
}

impl std::fmt::Debug for Tvdb {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tvdb").field("base", &self.base).finish_non_exhaustive()
    }
}

/// What is known of one title, so that it is asked for once.
#[derive(Debug, Default)]
pub struct TvdbMemo {
    records: Remembered<Option<Record>>,
    episodes: Remembered<Option<Episodes>>,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
    #[serde(default)]
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// A movie, a series or a season.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Record {
    #[serde(default)]
    slug: Option<String>,
    #[serde(default)]
    artworks: Option<Vec<Artwork>>,
    /// A season calls them so.
    #[serde(default)]
    artwork: Option<Vec<Artwork>>,
    #[serde(default)]
    seasons: Option<Vec<Season>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Artwork {
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(rename = "type", default)]
    kind: u32,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    width: Option<u32>,
    #[serde(default)]
    height: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Season {
    id: u64,
    number: u32,
    #[serde(rename = "type", default)]
    order: Order,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Order {
    #[serde(rename = "type", default)]
    name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Episodes {
    #[serde(default)]
    series: Option<Record>,
    #[serde(default)]
    episodes: Vec<Episode>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Episode {
    id: u64,
    #[serde(rename = "seasonNumber", default)]
    season: Option<u32>,
    #[serde(default)]
    number: Option<u32>,
    #[serde(default)]
    image: Option<String>,
}

/// What a search has found.
#[derive(Clone, Debug, Deserialize)]
struct Match {
    #[serde(default)]
    tvdb_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl Match {
    fn hit(self) -> Option<Hit> {
        Some(Hit { id: self.tvdb_id?, name: self.name.unwrap_or_default() })
    }
}

/// What comes of logging in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    Accepted,
    Refused,
    /// Neither; TVDB is known to fail for good keys now and then.
    Unclear,
}

/// Logs in to the API at `base`, once.
///
/// # Errors
/// Why there is no use in another attempt, such as an address that does not exist.
pub async fn log_in(http: &HttpClient, base: &str, key: &str, pin: Option<&str>) -> Result<Login, HttpError> {
    match http.fetch(login(base, key, pin)?).await {
        Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => Ok(Login::Refused),
        Ok(answer) if answer.status == StatusCode::OK && has_token(&answer.body) => Ok(Login::Accepted),
        Ok(_) | Err(HttpError::TimedOut | HttpError::Broken(_)) => Ok(Login::Unclear),
        Err(hopeless) => Err(hopeless),
    }
}

fn has_token(body: &[u8]) -> bool {
    serde_json::from_slice::<Answer<Token>>(body).is_ok_and(|answer| !answer.data.token.is_empty())
}

/// The two parts of `KEY#PIN`; a key may come alone.
pub fn key_and_pin(key: &str) -> (&str, Option<&str>) {
    let (key, pin) = key.split_once('#').unwrap_or((key, ""));
    (key.trim(), Some(pin.trim()).filter(|pin| !pin.is_empty()))
}

fn login(base: &str, key: &str, pin: Option<&str>) -> Result<Request, HttpError> {
    let login = match pin {
        Some(pin) => json!({ "apikey": key, "pin": pin }),
        None => json!({ "apikey": key }),
    };
    Ok(Request::post_json(below(base, &["login"])?, login.to_string()).wanting_json())
}

impl Tvdb {
    /// `key` may be `KEY#PIN`.
    pub fn new(client: &Client, base: &str, key: &str) -> Self {
        let (key, pin) = key_and_pin(key);
        Self {
            service: Service::new(client, "TVDB", client.limits().tvdb),
            base: base.to_owned(),
            key: key.to_owned(),
            pin: pin.map(str::to_owned),
            token: Mutex::new(None),
            answers: Arc::default(),
        }
    }

    /// Keeps answers, and asks for nothing that is kept.
    #[must_use]
    pub fn remembering(self, answers: Arc<Answers>) -> Self {
        Self { answers, ..self }
    }

    /// The host, with its state.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// What there is for an asset; none if it cannot be asked for want of an id.
    ///
    /// # Errors
    /// What the host answers instead. Something that TVDB does not have is no error.
    pub async fn find(
        &self,
        title: Title<'_>,
        subject: Subject,
        memo: &TvdbMemo,
    ) -> Option<Result<Found, ServiceError>> {
        let id = title.ids.tvdb.as_deref()?;
        Some(match (title.kind, subject) {
            (ItemKind::Movie, Subject::Poster) => self.title(id, "movies", kind::MOVIE_POSTER, memo).await,
            (ItemKind::Movie, Subject::Logo) => self.title(id, "movies", kind::MOVIE_LOGO, memo).await,
            (ItemKind::Movie, Subject::ClearArt) => self.title(id, "movies", kind::MOVIE_CLEAR_ART, memo).await,
            (ItemKind::Movie, _) => self.title(id, "movies", kind::MOVIE_BACKGROUND, memo).await,
            (ItemKind::Show, Subject::Logo) => self.title(id, "series", kind::SHOW_LOGO, memo).await,
            (ItemKind::Show, Subject::ClearArt) => self.title(id, "series", kind::SHOW_CLEAR_ART, memo).await,
            (ItemKind::Show, Subject::Poster) => self.title(id, "series", kind::SHOW_POSTER, memo).await,
            (ItemKind::Show, Subject::Background) => self.title(id, "series", kind::SHOW_BACKGROUND, memo).await,
            (ItemKind::Show, Subject::Season(number)) => self.season(id, number, memo).await,
            (ItemKind::Show, Subject::Episode { season, episode }) => self.still(id, (season, episode), memo).await,
        })
    }

    /// What is called so, best match first.
    ///
    /// # Errors
    /// What the host answers instead.
    pub async fn search(&self, kind: ItemKind, name: &str, year: Option<u32>) -> Result<Vec<Hit>, ServiceError> {
        let what = if kind == ItemKind::Movie { "movie" } else { "series" };
        let year = year.map(|year| year.to_string());
        let query = [("query", name), ("type", what)].into_iter().chain(year.as_deref().map(|year| ("year", year)));
        let found = self.ask::<Vec<Match>>(&["search"], query).await?.map(|answer| answer.data).unwrap_or_default();
        Ok(found.into_iter().filter_map(Match::hit).collect())
    }

    async fn title(&self, id: &str, what: &str, kind: u32, memo: &TvdbMemo) -> Result<Found, ServiceError> {
        let has = |record: &Record| record.artworks.iter().flatten().any(|artwork| artwork.kind == kind);
        let record = self.record(&[what, id, "extended"], has, memo).await?;
        let Some(record) = record else { return Ok(Found::default()) };
        let artworks = record.artworks.unwrap_or_default().into_iter().filter(|artwork| artwork.kind == kind);
        let page = record.slug.map(|slug| format!("https://thetvdb.com/{what}/{slug}#artwork"));
        Ok(Found { pictures: artworks.filter_map(picture).collect(), page })
    }

    async fn season(&self, id: &str, number: u32, memo: &TvdbMemo) -> Result<Found, ServiceError> {
        let has = |series: &Record| series.seasons.iter().flatten().any(|season| season.number == number);
        let series = self.record(&["series", id, "extended"], has, memo).await?;
        let Some(series) = series else { return Ok(Found::default()) };
        let seasons = series.seasons.unwrap_or_default();
        let of = |order: &str| seasons.iter().find(|season| season.number == number && season.order.name == order);
        let Some(season) = of("official").or_else(|| of("alternate")) else { return Ok(Found::default()) };
        let has = |season: &Record| season.artwork.iter().flatten().any(|artwork| artwork.kind == kind::SEASON_POSTER);
        let record =
            self.record(&["seasons", &season.id.to_string(), "extended"], has, memo).await?.unwrap_or_default();
        let artworks =
            record.artwork.unwrap_or_default().into_iter().filter(|artwork| artwork.kind == kind::SEASON_POSTER);
        let order = &season.order.name;
        let page =
            series.slug.map(|slug| format!("https://thetvdb.com/series/{slug}/seasons/{order}/{number}#artwork"));
        Ok(Found { pictures: artworks.filter_map(picture).collect(), page })
    }

    async fn still(&self, id: &str, place: (u32, u32), memo: &TvdbMemo) -> Result<Found, ServiceError> {
        let at = |episode: &&Episode| episode.season == Some(place.0) && episode.number == Some(place.1);
        let has_still = |episode: &Episode| episode.image.as_ref().is_some_and(|image| !image.is_empty());
        let lacks =
            |list: &Option<Episodes>| !list.iter().flat_map(|list| &list.episodes).find(at).is_some_and(has_still);
        let address = below(&self.base, &["series", id, "episodes", "default"])?;
        let ask = async || self.episodes(id).await;
        let list = memo.episodes.get(&self.answers, address.as_str(), lacks, ask).await?;
        let Some(list) = list else { return Ok(Found::default()) };
        let Some(episode) = list.episodes.iter().find(at) else { return Ok(Found::default()) };
        let slug = list.series.and_then(|series| series.slug);
        let page = slug.map(|slug| format!("https://thetvdb.com/series/{slug}/episodes/{}", episode.id));
        let image = episode.image.clone().filter(|image| !image.is_empty());
        let still =
            image.map(|url| Picture { url, language: None, width: u32::MAX, height: u32::MAX, rating: 0.0, votes: 0 });
        Ok(Found { pictures: still.into_iter().collect(), page })
    }

    /// A record; one that does not have what is sought is asked for again sooner.
    async fn record(
        &self,
        segments: &[&str],
        has: impl Fn(&Record) -> bool,
        memo: &TvdbMemo,
    ) -> Result<Option<Record>, ServiceError> {
        let address = below(&self.base, segments)?;
        let lacks = |record: &Option<Record>| !record.as_ref().is_some_and(&has);
        let ask = async || Ok(self.ask::<Record>(segments, []).await?.map(|answer| answer.data));
        memo.records.get(&self.answers, address.as_str(), lacks, ask).await
    }

    async fn episodes(&self, id: &str) -> Result<Option<Episodes>, ServiceError> {
        let mut all = Episodes { series: None, episodes: Vec::new() };
        for page in 0..MAX_PAGES {
            let number = page.to_string();
            let query = [("page", number.as_str())];
            let answer = self.ask::<Episodes>(&["series", id, "episodes", "default"], query).await?;
            let Some(answer) = answer else { return Ok(None) };
            all.series = all.series.or(answer.data.series);
            let was_empty = answer.data.episodes.is_empty();
            all.episodes.extend(answer.data.episodes);
            if was_empty || answer.links.is_none_or(|links| links.next.is_none()) {
                break;
            }
        }
        Ok(Some(all))
    }

    /// Asks with the token; where that is refused once, with a new one.
    async fn ask<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        query: impl IntoIterator<Item = (&str, &str)>,
    ) -> Result<Option<Answer<T>>, ServiceError> {
        let mut url = below(&self.base, segments)?;
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut refused = None;
        loop {
            let token = self.token(refused.as_deref()).await?;
            let request = Request::get(url.clone()).header(AUTHORIZATION, &format!("Bearer {token}"));
            match self.service.json(&request).await {
                Err(ServiceError::NotFound { .. }) => return Ok(None),
                Err(ServiceError::Refused { .. }) if refused.is_none() => refused = Some(token),
                other => return other.map(Some),
            }
        }
    }

    /// The token; a new one if there is none, or only the one that was refused.
    async fn token(&self, refused: Option<&str>) -> Result<String, ServiceError> {
        let mut token = self.token.lock().await;
        if let Some(token) = token.as_deref().filter(|token| Some(*token) != refused) {
            return Ok(token.to_owned());
        }
        let request = login(&self.base, &self.key, self.pin.as_deref())?;
        match self.service.json::<Answer<Token>>(&request).await {
            Ok(answer) => Ok(token.insert(answer.data.token).clone()),
            Err(trouble) => {
                // Whoever comes next would only fail at the same door.
                self.service.give_up();
                Err(trouble)
            }
        }
    }
}

fn picture(artwork: Artwork) -> Option<Picture> {
    Some(Picture {
        url: artwork.image.filter(|image| !image.is_empty())?,
        language: artwork.language.filter(|language| !language.is_empty()).map(|language| two_letters(&language)),
        width: artwork.width.unwrap_or_default(),
        height: artwork.height.unwrap_or_default(),
        rating: artwork.score.unwrap_or_default(),
        votes: 0,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{body_json, header, path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::model::Ids;
    use crate::sources::tests::client;

    fn login(token: &str) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_json(json!({"data": {"token": token}}))
    }

    #[tokio::test]
    async fn titles_are_found_by_name() {
        let server = MockServer::start().await;
        Mock::given(path("/login")).respond_with(login("t")).mount(&server).await;
        Mock::given(path("/search"))
            .and(header("Authorization", "Bearer t"))
            .and(query_param("query", "Dark"))
            .and(query_param("type", "series"))
            .and(query_param("year", "2017"))
            .respond_with(
                ResponseTemplate::new(200)
                    .set_body_json(json!({"data": [{"tvdb_id": "334824", "name": "Dark"}, {"name": "No id"}]})),
            )
            .mount(&server)
            .await;
        let tvdb = Tvdb::new(&client(), &server.uri(), "key");
        let found = tvdb.search(ItemKind::Show, "Dark", Some(2017)).await.unwrap();
        assert_eq!(found, [Hit { id: "334824".into(), name: "Dark".into() }]);
    }

    #[tokio::test]
    async fn a_refused_token_is_renewed_once_and_the_pin_goes_with_the_key() {
        let server = MockServer::start().await;
        let wanted = body_json(json!({"apikey": "k", "pin": "p"}));
        Mock::given(path("/login"))
            .and(wanted)
            .respond_with(login("old"))
            .up_to_n_times(1)
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(path("/login")).respond_with(login("new")).expect(1).mount(&server).await;
        Mock::given(path("/movies/1/extended"))
            .and(header("Authorization", "Bearer old"))
            .respond_with(ResponseTemplate::new(401))
            .mount(&server)
            .await;
        Mock::given(path("/movies/1/extended"))
            .and(header("Authorization", "Bearer new"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": {"slug": "heat", "artworks": [
                {"image": "http://a/p.jpg", "language": "deu", "type": 14, "score": 3, "width": 680, "height": 1000},
                {"image": "http://a/b.jpg", "language": null, "type": 15}]}})))
            .expect(1)
            .mount(&server)
            .await;
        let tvdb = Tvdb::new(&client(), &server.uri(), "k#p");
        let ids = Ids { tvdb: Some("1".into()), ..Ids::default() };
        let (title, memo) = (Title { kind: ItemKind::Movie, ids: &ids }, TvdbMemo::default());
        let poster = tvdb.find(title, Subject::Poster, &memo).await.unwrap().unwrap();
        assert_eq!((poster.pictures.len(), poster.pictures[0].language.as_deref()), (1, Some("de")));
        let background = tvdb.find(title, Subject::Background, &memo).await.unwrap().unwrap();
        assert_eq!(background.page.as_deref(), Some("https://thetvdb.com/movies/heat#artwork"));
    }

    #[tokio::test]
    async fn episode_lists_are_read_to_their_last_page_once() {
        let server = MockServer::start().await;
        Mock::given(path("/login")).respond_with(login("t")).mount(&server).await;
        for (page, next) in [("0", json!("more")), ("1", json!(null))] {
            let number: u32 = page.parse().unwrap();
            let episode = json!({"id": 10 + number, "seasonNumber": 1, "number": number, "image": "http://a/s.jpg"});
            Mock::given(path("/series/7/episodes/default"))
                .and(query_param("page", page))
                .respond_with(ResponseTemplate::new(200).set_body_json(
                    json!({"data": {"series": {"slug": "dark"}, "episodes": [episode]}, "links": {"next": next}}),
                ))
                .expect(1)
                .mount(&server)
                .await;
        }
        let tvdb = Tvdb::new(&client(), &server.uri(), "k");
        let ids = Ids { tvdb: Some("7".into()), ..Ids::default() };
        let (title, memo) = (Title { kind: ItemKind::Show, ids: &ids }, TvdbMemo::default());
        for _ in 0..2 {
            let found = tvdb.find(title, Subject::Episode { season: 1, episode: 1 }, &memo).await.unwrap().unwrap();
            assert_eq!(found.page.as_deref(), Some("https://thetvdb.com/series/dark/episodes/11"));
            assert_eq!(found.pictures.len(), 1);
        }
    }
}
