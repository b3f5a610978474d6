//! Agregarr: told of an item that got new artwork on Plex, it puts the item into its collections and draws its overlays on the
//! new pictures.
//!
//! It is asked with `POST /api/v1/posterizarr/trigger` and takes its time later. While it is busy with all of a library it
//! answers 409, with too much to do 429, and says when to come back.

use std::time::Duration;

use posterizarr_base::items::ItemKind;
use reqwest::header::{HeaderName, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::http::{self, HttpClient, HttpError, Request, Response};

const KEY: HeaderName = HeaderName::from_static("x-api-key");
/// How long it is left alone where it does not say.
const PAUSE: Duration = Duration::from_secs(5);

/// What got new artwork.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// Plex's key of the movie or show.
    pub rating_key: String,
    #[serde(serialize_with = "word")]
    pub media_type: ItemKind,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episode_number: Option<u32>,
}

fn word<S: serde::Serializer>(kind: &ItemKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match kind {
        ItemKind::Movie => "movie",
        ItemKind::Show => "show",
    })
}

/// Why it was not told.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgregarrError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("it refused the key (status {0}); check AgregarrApiKey, and that its Posterizarr integration is on")]
    Refused(u16),
    #[error(
        "it has no such address; only builds with the Posterizarr integration have, and AgregarrUrl must not have a path behind it"
    )]
    Unknown,
    #[error("it was still busy after {} s", .0.as_secs())]
    Busy(Duration),
    #[error("it answered with status {0}")]
    Status(u16),
}

pub struct Agregarr<'a> {
    http: &'a HttpClient,
    url: Url,
    key: &'a str,
    /// For how long it is asked again while it is busy.
    patience: Duration,
}

impl<'a> Agregarr<'a> {
    /// The one at this address, with this key.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(http: &'a HttpClient, address: &str, key: &'a str, patience: Duration) -> Result<Self, HttpError> {
        let url = http::parse(&format!("{}/api/v1/posterizarr/trigger", address.trim_end_matches('/')))?;
        Ok(Self { http, url, key, patience })
    }

    /// Tells of an item.
    ///
    /// # Errors
    /// What it answers instead, and does not take back in time.
    pub async fn tell(&self, upload: &Upload) -> Result<(), AgregarrError> {
        let body = serde_json::to_string(upload).unwrap_or_default();
        let request = Request::post_json(self.url.clone(), body).header(KEY, self.key);
        let until = Instant::now() + self.patience;
        loop {
            let response = self.http.fetch(request.clone()).await?;
            match response.status {
                status if status.is_success() => return Ok(()),
                StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => {
                    let pause = pause(&response);
                    if Instant::now() + pause > until {
                        return Err(AgregarrError::Busy(self.patience));
                    }
                    sleep(pause).await;
                }
                status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                    return Err(AgregarrError::Refused(status.as_u16()));
                }
                StatusCode::NOT_FOUND => return Err(AgregarrError::Unknown),
                status => return Err(AgregarrError::Status(status.as_u16())),
            }
        }
    }
}

/// How long it wants to be left alone; never not at all.
fn pause(response: &Response) -> Duration {
    let told = response.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    told.map_or(PAUSE, Duration::from_secs).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{body_json, header, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::http::HttpSettings;

    const AT: &str = "/at/api/v1/posterizarr/trigger";

    fn upload() -> Upload {
        Upload {
            rating_key: "12".into(),
            media_type: ItemKind::Show,
            title: "Dark".into(),
            season_number: Some(2),
            episode_number: Some(5),
        }
    }

    async fn tell(server: &MockServer, patience: u64) -> (Result<(), AgregarrError>, usize) {
        let http = HttpClient::new(&HttpSettings::default());
        let address = format!("{}/at/", server.uri());
        let told = Agregarr::new(&http, &address, "k", Duration::from_secs(patience)).unwrap().tell(&upload()).await;
        (told, server.received_requests().await.unwrap().len())
    }

    #[tokio::test]
    async fn it_is_told_with_its_key_and_asked_again_while_it_is_busy() {
        let server = MockServer::start().await;
        let busy = |status| ResponseTemplate::new(status).insert_header("retry-after", "1");
        for status in [409, 429] {
            Mock::given(path(AT)).respond_with(busy(status)).up_to_n_times(1).mount(&server).await;
        }
        let body =
            json!({"ratingKey": "12", "mediaType": "show", "title": "Dark", "seasonNumber": 2, "episodeNumber": 5});
        Mock::given(method("POST"))
            .and(path(AT))
            .and(header("x-api-key", "k"))
            .and(body_json(body))
            .respond_with(ResponseTemplate::new(202))
            .mount(&server)
            .await;
        assert_eq!(tell(&server, 60).await, (Ok(()), 3));
    }

    #[tokio::test]
    async fn what_will_not_pass_is_not_asked_again() {
        for (status, patience, expected) in [
            (401, 60, AgregarrError::Refused(401)),
            (403, 60, AgregarrError::Refused(403)),
            (404, 60, AgregarrError::Unknown),
            (500, 60, AgregarrError::Status(500)),
            (409, 0, AgregarrError::Busy(Duration::ZERO)),
            // Longer than it is waited for.
            (429, 4, AgregarrError::Busy(Duration::from_secs(4))),
        ] {
            let server = MockServer::start().await;
            Mock::given(path(AT)).respond_with(ResponseTemplate::new(status)).mount(&server).await;
            assert_eq!(tell(&server, patience).await, (Err(expected), 1));
        }
    }
}
