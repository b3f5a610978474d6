//! Fanart.tv, version 3 of its API.

use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::HeaderName;
use serde::{Deserialize, Serialize};

use super::{Found, Picture, Subject, Title};
use crate::answers::{Answers, Remembered};
use crate::http::{HttpClient, HttpError, Request, below};
use crate::model::ItemKind;
use crate::service::{Client, Service, ServiceError};

const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// The API, with the user's key.
#[derive(Debug)]
pub struct Fanart {
    service: Service,
    base: String,
    key: String,
    answers: Arc<Answers>,
}

/// What is known of one title, so that it is asked for once.
#[derive(Debug, Default)]
pub struct FanartMemo(Remembered<Artwork>);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Artwork {
    movieposter: Vec<Image>,
    moviebackground: Vec<Image>,
    tvposter: Vec<Image>,
    showbackground: Vec<Image>,
    seasonposter: Vec<Image>,
    hdmovielogo: Vec<Image>,
    hdtvlogo: Vec<Image>,
    hdmovieclearart: Vec<Image>,
    hdclearart: Vec<Image>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Image {
    url: String,
    lang: String,
    /// A number, as a text.
    likes: String,
    season: String,
}

impl Artwork {
    fn of(&self, kind: ItemKind, subject: Subject) -> Vec<&Image> {
        match (kind, subject) {
            (ItemKind::Movie, Subject::Background) => self.moviebackground.iter().collect(),
            (ItemKind::Movie, Subject::Logo) => self.hdmovielogo.iter().collect(),
            (ItemKind::Movie, Subject::ClearArt) => self.hdmovieclearart.iter().collect(),
            (ItemKind::Movie, _) => self.movieposter.iter().collect(),
            (ItemKind::Show, Subject::Logo) => self.hdtvlogo.iter().collect(),
            (ItemKind::Show, Subject::ClearArt) => self.hdclearart.iter().collect(),
            (ItemKind::Show, Subject::Poster) => self.tvposter.iter().collect(),
            (ItemKind::Show, Subject::Season(number)) => {
                let number = number.to_string();
                self.seasonposter.iter().filter(|image| image.season == number).collect()
            }
            (ItemKind::Show, _) => self.showbackground.iter().collect(),
        }
    }
}

/// A movie that Fanart.tv has for sure.
const SAMPLE: [&str; 2] = ["movies", "603"];

/// Whether the API at `base` takes a personal key: the status that it answers with. It is asked once.
///
/// # Errors
/// Why it does not answer, or why the key cannot be sent.
pub async fn check(http: &HttpClient, base: &str, key: &str) -> Result<StatusCode, HttpError> {
    http.tell(with_key(Request::get(below(base, &SAMPLE)?).wanting_json(), key.trim())).await
}

/// With the key in a header: in an address it would end up in the logs of proxies.
fn with_key(request: Request, key: &str) -> Request {
    request.header(API_KEY, key)
}

impl Fanart {
    pub fn new(client: &Client, base: &str, key: &str) -> Self {
        Self {
            service: Service::new(client, "Fanart.tv", client.limits().fanart),
            base: base.to_owned(),
            key: key.trim().to_owned(),
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

    /// What there is for an asset; none if it cannot be asked: for want of an id, or because there are no such pictures here.
    ///
    /// # Errors
    /// What the host answers instead. Something that Fanart.tv does not have is no error.
    pub async fn find(
        &self,
        title: Title<'_>,
        subject: Subject,
        memo: &FanartMemo,
    ) -> Option<Result<Found, ServiceError>> {
        if matches!(subject, Subject::Episode { .. }) {
            return None;
        }
        let (what, page, id) = match title.kind {
            ItemKind::Movie => ("movies", "movie", title.ids.tmdb.as_deref().or(title.ids.imdb.as_deref())?),
            ItemKind::Show => ("tv", "series", title.ids.tvdb.as_deref()?),
        };
        let has_none = |artwork: &Artwork| artwork.of(title.kind, subject).is_empty();
        let artwork = self.artwork(what, id, has_none, &memo.0).await;
        Some(artwork.map(|artwork| {
            let pictures = artwork.of(title.kind, subject).into_iter().cloned().filter_map(picture).collect();
            Found { pictures, page: Some(format!("https://fanart.tv/{page}/{id}")) }
        }))
    }

    async fn artwork(
        &self,
        what: &str,
        id: &str,
        has_none: impl Fn(&Artwork) -> bool,
        memo: &Remembered<Artwork>,
    ) -> Result<Artwork, ServiceError> {
        let request = Request::get(below(&self.base, &[what, id])?);
        let address = request.address().to_owned();
        let request = with_key(request, &self.key);
        let ask = async || match self.service.json(&request).await {
            Err(ServiceError::NotFound { .. }) => Ok(Artwork::default()),
            other => other,
        };
        memo.get(&self.answers, &address, has_none, ask).await
    }
}

fn picture(image: Image) -> Option<Picture> {
    // Both mean that there is no text on it.
    let language = Some(image.lang).filter(|language| !language.is_empty() && language != "00");
    let rating = image.likes.parse().unwrap_or_default();
    (!image.url.is_empty()).then_some(Picture { url: image.url, language, width: 0, height: 0, rating, votes: 0 })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{header, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::model::Ids;
    use crate::sources::tests::client;

    #[tokio::test]
    async fn seasons_are_told_apart_and_the_key_is_in_no_address() {
        let server = MockServer::start().await;
        Mock::given(path("/tv/7"))
            .and(header("api-key", "key"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"name": "Dark",
                "hdtvlogo": [{"url": "http://a/logo.png", "lang": "en"}], "hdclearart": [{"url": "http://a/art.png", "lang": "de"}],
                "seasonposter": [
                {"url": "http://a/1.jpg", "lang": "00", "likes": "10", "season": "1"},
                {"url": "http://a/all.jpg", "lang": "en", "likes": "3", "season": "all"}]})))
            .expect(1)
            .mount(&server)
            .await;
        let fanart = Fanart::new(&client(), &server.uri(), "key");
        let ids = Ids { tvdb: Some("7".into()), ..Ids::default() };
        let (title, memo) = (Title { kind: ItemKind::Show, ids: &ids }, FanartMemo::default());
        let found = fanart.find(title, Subject::Season(1), &memo).await.unwrap().unwrap();
        assert_eq!((found.pictures.len(), found.pictures[0].language.as_deref()), (1, None));
        for (subject, url) in [(Subject::Logo, "http://a/logo.png"), (Subject::ClearArt, "http://a/art.png")] {
            assert_eq!(fanart.find(title, subject, &memo).await.unwrap().unwrap().pictures[0].url, url);
        }
        assert!(fanart.find(title, Subject::Poster, &memo).await.unwrap().unwrap().pictures.is_empty());
        assert!(fanart.find(title, Subject::Episode { season: 1, episode: 1 }, &memo).await.is_none());
        let asked = &server.received_requests().await.unwrap()[0];
        assert_eq!(asked.url.query(), None);
    }
}
