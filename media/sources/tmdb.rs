//! TMDB, version 3 of its API.

use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};

use super::{Found, Hit, Picture, Sought, Subject, Title};
use crate::answers::{Answers, Remembered};
use crate::http::{HttpClient, HttpError, Request, below};
use crate::model::ItemKind;
use crate::service::{Client, Service, ServiceError};

/// The API, with the user's key.
#[derive(Debug)]
pub struct Tmdb {
    service: Service,
    base: String,
    pictures: String,
    token: String,
    /// The languages that are asked for, and pictures without text always; none for all there are.
    languages: Option<String>,
    answers: Arc<Answers>,
}

/// What is known of one title, so that it is asked for once.
#[derive(Debug, Default)]
pub struct TmdbMemo(Remembered<Images>);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Images {
    #[serde(default)]
    posters: Vec<Image>,
    #[serde(default)]
    backdrops: Vec<Image>,
    #[serde(default)]
    stills: Vec<Image>,
    #[serde(default)]
    logos: Vec<Image>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Image {
    file_path: String,
    #[serde(default)]
    iso_639_1: Option<String>,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    #[serde(default)]
    vote_average: f64,
    #[serde(default)]
    vote_count: u32,
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Named>,
}

/// A movie has a title, everything else a name.
#[derive(Deserialize)]
struct Named {
    id: u64,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl Named {
    fn name(self) -> String {
        self.title.or(self.name).unwrap_or_else(|| format!("TMDB ID: {}", self.id))
    }
}

/// Whether the API at `base` takes a read access token: the status that it answers with. It is asked once.
///
/// # Errors
/// Why it does not answer, or why the token cannot be sent.
pub async fn check(http: &HttpClient, base: &str, token: &str) -> Result<StatusCode, HttpError> {
    let request = Request::get(below(base, &["configuration"])?).wanting_json();
    http.tell(with_token(request, token.trim())).await
}

fn with_token(request: Request, token: &str) -> Request {
    request.header(AUTHORIZATION, &format!("Bearer {token}"))
}

/// The small version of a picture, for a page that shows many.
pub fn small(address: &str) -> String {
    address.replacen("/original/", "/w500/", 1)
}

impl Images {
    fn of(&self, subject: Subject) -> &[Image] {
        match subject {
            Subject::Poster | Subject::Season(_) => &self.posters,
            Subject::Background => &self.backdrops,
            Subject::Logo => &self.logos,
            Subject::ClearArt => &[],
            Subject::Episode { .. } => &self.stills,
        }
    }
}

impl Tmdb {
    /// `base` and `pictures` are addresses without a slash at the end; `languages` are those of any language order.
    pub fn new(client: &Client, base: &str, pictures: &str, token: &str, languages: &[String]) -> Self {
        let mut wanted: Vec<&str> = languages.iter().map(String::as_str).filter(|language| *language != "xx").collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.extend(["null", "xx"]);
        Self {
            service: Service::new(client, "TMDB", client.limits().tmdb),
            base: base.to_owned(),
            pictures: pictures.trim_end_matches('/').to_owned(),
            token: token.trim().to_owned(),
            languages: Some(wanted.join(",")),
            answers: Arc::default(),
        }
    }

    /// Keeps answers, and asks for nothing that is kept.
    #[must_use]
    pub fn remembering(self, answers: Arc<Answers>) -> Self {
        Self { answers, ..self }
    }

    /// Asks for pictures in whatever language.
    #[must_use]
    pub fn in_all_languages(self) -> Self {
        Self { languages: None, ..self }
    }

    /// The host, with its state.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// What there is for an asset; none if it cannot be asked: for want of an id, or because TMDB has no clear art.
    ///
    /// # Errors
    /// What the host answers instead. Something that TMDB does not have is no error.
    pub async fn find(
        &self,
        title: Title<'_>,
        subject: Subject,
        memo: &TmdbMemo,
    ) -> Option<Result<Found, ServiceError>> {
        let id = title.ids.tmdb.as_deref().filter(|_| subject != Subject::ClearArt)?;
        let kind = if title.kind == ItemKind::Movie { "movie" } else { "tv" };
        let (segments, link) = place(kind, id, subject);
        let images = self.images(&segments, subject, &memo.0).await;
        Some(images.map(|images| {
            let pictures = images.of(subject).iter().cloned().map(|image| self.picture(image)).collect();
            Found { pictures, page: Some(format!("https://www.themoviedb.org/{link}")) }
        }))
    }

    /// What there is for a collection.
    ///
    /// # Errors
    /// What the host answers instead. A collection that TMDB does not have is no error.
    pub async fn collection(&self, id: &str, subject: Subject, memo: &TmdbMemo) -> Result<Found, ServiceError> {
        let (segments, link) = place("collection", id, subject);
        let images = self.images(&segments, subject, &memo.0).await?;
        let pictures = images.of(subject).iter().cloned().map(|image| self.picture(image)).collect();
        Ok(Found { pictures, page: Some(format!("https://www.themoviedb.org/{link}")) })
    }

    /// What is called so, best match first: one page of it.
    ///
    /// # Errors
    /// What the host answers instead.
    pub async fn search(&self, sought: Sought, name: &str, year: Option<u32>) -> Result<Vec<Hit>, ServiceError> {
        let (what, year_is) = match sought {
            Sought::Title(ItemKind::Movie) => ("movie", Some("year")),
            Sought::Title(ItemKind::Show) => ("tv", Some("first_air_date_year")),
            Sought::Collection => ("collection", None),
        };
        let request = Request::get(below(&self.base, &["search", what])?).query("query", name);
        let request = match (year_is, year) {
            (Some(field), Some(year)) => request.query(field, &year.to_string()),
            _ => request,
        };
        let page: Results = self.service.json(&self.with_token(request)).await?;
        Ok(page.results.into_iter().map(|record| Hit { id: record.id.to_string(), name: record.name() }).collect())
    }

    /// What TMDB calls a movie or a show, or with a place in it that season or episode; none for what it does not have.
    ///
    /// # Errors
    /// What the host answers instead.
    pub async fn name(&self, kind: ItemKind, id: &str, subject: Subject) -> Result<Option<String>, ServiceError> {
        let (segments, _) = place(if kind == ItemKind::Movie { "movie" } else { "tv" }, id, subject);
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let request = self.with_token(Request::get(below(&self.base, &segments)?));
        match self.service.json::<Named>(&request).await {
            Ok(record) => Ok(Some(record.name())),
            Err(ServiceError::NotFound { .. }) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    fn with_token(&self, request: Request) -> Request {
        with_token(request, &self.token)
    }

    async fn images(
        &self,
        segments: &[String],
        subject: Subject,
        memo: &Remembered<Images>,
    ) -> Result<Images, ServiceError> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).chain(["images"]).collect();
        let request = Request::get(below(&self.base, &segments)?);
        let request = match &self.languages {
            Some(languages) => request.query("include_image_language", languages),
            None => request,
        };
        let address = request.address().to_owned();
        let request = self.with_token(request);
        let has_none = |images: &Images| images.of(subject).is_empty();
        let ask = async || match self.service.json(&request).await {
            Err(ServiceError::NotFound { .. }) => Ok(Images::default()),
            other => other,
        };
        memo.get(&self.answers, &address, has_none, ask).await
    }

    fn picture(&self, image: Image) -> Picture {
        let language = image.iso_639_1.filter(|language| !language.is_empty() && language != "xx");
        Picture {
            url: format!("{}/original{}", self.pictures, image.file_path),
            language,
            width: image.width,
            height: image.height,
            rating: image.vote_average,
            votes: image.vote_count,
        }
    }
}

/// The address and the page of an asset. TMDB has no season above 99: what is called so is a year, and the show's posters
/// are the nearest thing.
fn place(kind: &str, id: &str, subject: Subject) -> (Vec<String>, String) {
    let words = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    match subject {
        Subject::Season(season) if season <= 99 => {
            let season = season.to_string();
            let link = format!("{kind}/{id}/season/{season}/images/posters");
            (words(&[kind, id, "season", &season]), link)
        }
        Subject::Poster | Subject::Season(_) => (words(&[kind, id]), format!("{kind}/{id}/images/posters")),
        Subject::Background => (words(&[kind, id]), format!("{kind}/{id}/images/backdrops")),
        Subject::Logo | Subject::ClearArt => (words(&[kind, id]), format!("{kind}/{id}/images/logos")),
        Subject::Episode { season, episode } => {
            let (season, episode) = (season.to_string(), episode.to_string());
            let link = format!("{kind}/{id}/season/{season}/episode/{episode}/images/backdrops");
            (words(&[kind, id, "season", &season, "episode", &episode]), link)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{header, path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::model::Ids;
    use crate::sources::tests::client;

    #[tokio::test]
    async fn posters_and_backgrounds_of_a_title_are_one_call() {
        let server = MockServer::start().await;
        Mock::given(path("/movie/949/images"))
            .and(header("Authorization", "Bearer key"))
            .and(query_param("include_image_language", "de,en,null,xx"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({
                "posters": [{"file_path": "/p.jpg", "iso_639_1": "en", "width": 2000, "height": 3000, "vote_average": 5.5, "vote_count": 7}],
                "backdrops": [{"file_path": "/b.jpg", "iso_639_1": null}],
            })))
            .expect(1)
            .mount(&server)
            .await;
        let languages = ["xx", "en", "de", "en"].map(str::to_owned);
        let tmdb = Tmdb::new(&client(), &server.uri(), "http://i/t/p/", " key", &languages);
        let ids = Ids { tmdb: Some("949".into()), ..Ids::default() };
        let (title, memo) = (Title { kind: ItemKind::Movie, ids: &ids }, TmdbMemo::default());
        let poster = tmdb.find(title, Subject::Poster, &memo).await.unwrap().unwrap();
        let background = tmdb.find(title, Subject::Background, &memo).await.unwrap().unwrap();
        assert_eq!(poster.pictures[0].url, "http://i/t/p/original/p.jpg");
        assert_eq!((poster.pictures[0].language.as_deref(), poster.pictures[0].votes), (Some("en"), 7));
        assert_eq!(background.pictures[0].language, None);
        assert_eq!(background.page.unwrap(), "https://www.themoviedb.org/movie/949/images/backdrops");
    }

    #[tokio::test]
    async fn what_tmdb_does_not_have_is_no_error_and_without_an_id_nobody_is_asked() {
        let server = MockServer::start().await;
        let tmdb = Tmdb::new(&client(), &server.uri(), "http://i", "key", &[]);
        let ids = Ids { tmdb: Some("1".into()), ..Ids::default() };
        let title = Title { kind: ItemKind::Show, ids: &ids };
        let found = tmdb.find(title, Subject::Episode { season: 1, episode: 2 }, &TmdbMemo::default()).await;
        let page = "https://www.themoviedb.org/tv/1/season/1/episode/2/images/backdrops".to_owned();
        assert_eq!(found.unwrap().unwrap(), Found { pictures: Vec::new(), page: Some(page) });
        let title = Title { kind: ItemKind::Show, ids: &Ids::default() };
        assert!(tmdb.find(title, Subject::Poster, &TmdbMemo::default()).await.is_none());
    }

    #[tokio::test]
    async fn titles_are_found_by_name_and_their_pictures_in_every_language() {
        let server = MockServer::start().await;
        for (at, year) in
            [("/search/movie", Some("year")), ("/search/tv", Some("first_air_date_year")), ("/search/collection", None)]
        {
            let mock = Mock::given(path(at)).and(query_param("query", "Heat & Dust"));
            let mock = if let Some(field) = year { mock.and(query_param(field, "1983")) } else { mock };
            let found =
                json!({"results": [{"id": 7, "title": "Heat", "name": null}, {"id": 8, "name": "Dust"}, {"id": 9}]});
            mock.respond_with(ResponseTemplate::new(200).set_body_json(found)).mount(&server).await;
        }
        let images = json!({"posters": [{"file_path": "/c.jpg", "iso_639_1": "sw"}]});
        Mock::given(path("/collection/7/images"))
            .respond_with(ResponseTemplate::new(200).set_body_json(images))
            .mount(&server)
            .await;
        let tmdb = Tmdb::new(&client(), &server.uri(), "http://i", "key", &[]).in_all_languages();
        for sought in [Sought::Title(ItemKind::Movie), Sought::Title(ItemKind::Show), Sought::Collection] {
            let found = tmdb.search(sought, "Heat & Dust", Some(1983)).await.unwrap();
            let hit = |id: &str, name: &str| Hit { id: id.into(), name: name.into() };
            assert_eq!(found, [hit("7", "Heat"), hit("8", "Dust"), hit("9", "TMDB ID: 9")]);
        }
        let found = tmdb.collection("7", Subject::Poster, &TmdbMemo::default()).await.unwrap();
        assert_eq!(
            (found.pictures[0].language.as_deref(), small(&found.pictures[0].url).as_str()),
            (Some("sw"), "http://i/w500/c.jpg")
        );
        let asked = server.received_requests().await.unwrap();
        assert_eq!(asked.last().unwrap().url.query(), None);
        assert_eq!(tmdb.name(ItemKind::Show, "404", Subject::Season(1)).await, Ok(None));
    }

    #[test]
    fn years_as_seasons_get_the_shows_posters() {
        assert_eq!(place("tv", "1", Subject::Season(2019)), place("tv", "1", Subject::Poster));
        assert_eq!(place("tv", "1", Subject::Season(99)).0, ["tv", "1", "season", "99"]);
    }
}
