//! Good manners towards one host: connections are pooled, each host has its limits, and passing error is tried again.
//!
//! A [`Service`] stands for a host. Every attempt waits for a place (requests in flight), then for its turn (requests a
//! second), is bounded in time and in bytes, and only counts as done when its content is what it should be: an HTML page in
//! place of JSON, or half a picture, is tried again like a closed connection. `Retry-After` is kept.

mod breaker;
mod error;
mod limits;
mod pace;

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use posterizarr_base::unsupported::Unsupported;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::http::{HttpClient, HttpError, HttpSettings, Request, next_part};
use breaker::Breaker;
pub use error::ServiceError;
pub use limits::{HostLimits, Limits};
use pace::Pace;

/// How often an address is tried at most.
const ATTEMPTS: usize = 5;
/// Pictures that arrive damaged are tried so often.
const DAMAGED_ATTEMPTS: usize = 3;
/// The largest answer that is not a picture.
const MAX_ANSWER_SIZE: usize = 64 * 1024 * 1024;
/// The largest picture, in bytes.
const MAX_PICTURE_SIZE: usize = 100 * 1024 * 1024;
/// A host that wants to be left alone for longer counts as down.
const MAX_WAIT: Duration = Duration::from_secs(90);
/// Added to what a host asks for, since clocks differ.
const MARGIN: Duration = Duration::from_millis(100);

/// The client with what each kind of host may be asked.
#[derive(Clone, Debug)]
pub struct Client {
    http: HttpClient,
    timeout: Duration,
    limits: HostLimits,
}

impl Client {
    /// A client without connections. An answer may be silent for the time that the settings allow to a whole ordinary call.
    pub fn new(settings: &HttpSettings, limits: HostLimits) -> Self {
        Self { http: HttpClient::pooled(settings), timeout: settings.timeout, limits }
    }

    /// How much each kind of host is asked.
    pub fn limits(&self) -> HostLimits {
        self.limits
    }
}

/// A host, with its limits.
pub struct Service {
    client: Client,
    places: Semaphore,
    pace: Option<Pace>,
    breaker: Breaker,
    /// As it is named in texts.
    name: String,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Service").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Service {
    /// A host by the name that texts give it.
    pub fn new(client: &Client, name: impl Into<String>, limits: Limits) -> Self {
        Self {
            client: client.clone(),
            places: Semaphore::new(limits.in_flight.max(1)),
            pace: limits.per_second.map(|(rate, burst)| Pace::new(rate, burst)),
            breaker: Breaker::default(),
            name: name.into(),
        }
    }

    /// Whether it is not asked at present, because it failed too often.
    pub fn is_down(&self) -> bool {
        self.breaker.is_open()
    }

    /// Whether it failed too often at some time.
    pub fn was_down(&self) -> bool {
        self.breaker.was_open()
    }

    /// Leaves the host alone from now on.
    pub(crate) fn give_up(&self) {
        self.breaker.open();
    }

    /// An answer in JSON.
    ///
    /// # Errors
    /// What stays after all attempts.
    pub async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ServiceError> {
        let parse = |_: &HeaderMap, body: Vec<u8>| serde_json::from_slice(&body).map_err(|error| error.to_string());
        self.attempts(request, MAX_ANSWER_SIZE, ATTEMPTS, parse).await
    }

    /// Sends something; the answer's content does not matter.
    ///
    /// # Errors
    /// What stays after all attempts.
    pub async fn send(&self, request: &Request) -> Result<(), ServiceError> {
        self.attempts(request, MAX_ANSWER_SIZE, ATTEMPTS, |_, _| Ok(())).await
    }

    /// Sends something, and gives the headers of the answer.
    ///
    /// # Errors
    /// What stays after all attempts.
    pub async fn send_for_headers(&self, request: &Request) -> Result<HeaderMap, ServiceError> {
        let headers = |headers: &HeaderMap, _| Ok(headers.clone());
        self.attempts(request, MAX_ANSWER_SIZE, ATTEMPTS, headers).await
    }

    /// A picture from a media server, which wants its key with the request: no redirects.
    ///
    /// # Errors
    /// What stays after all attempts; [`ServiceError::Malformed`] for what is no picture, or a cut one.
    pub async fn own_picture(&self, request: &Request) -> Result<Vec<u8>, ServiceError> {
        self.picture_from(request).await
    }

    /// A picture from an address without a key.
    ///
    /// # Errors
    /// As [`Service::own_picture`].
    pub async fn picture(&self, url: Url) -> Result<Vec<u8>, ServiceError> {
        self.picture_from(&Request::get(url).without_secret()).await
    }

    async fn picture_from(&self, request: &Request) -> Result<Vec<u8>, ServiceError> {
        let check = |_: &HeaderMap, body: Vec<u8>| match picture_fault(&body) {
            Some(fault) => Err(fault.to_owned()),
            None => Ok(body),
        };
        // Damaged content does not speak against the host, and is not worth as many attempts.
        self.attempts(request, MAX_PICTURE_SIZE, DAMAGED_ATTEMPTS, check).await
    }

    async fn attempts<T>(
        &self,
        request: &Request,
        largest: usize,
        most_damaged: usize,
        check: impl Fn(&HeaderMap, Vec<u8>) -> Result<T, String>,
    ) -> Result<T, ServiceError> {
        let back_off = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(Duration::from_millis(400))
            .with_max_delay(Duration::from_secs(10))
            .with_max_times(ATTEMPTS - 1);
        let mut damaged = 0;
        (|| self.attempt(request, largest, &check))
            .retry(back_off)
            .when(|error: &ServiceError| {
                damaged += usize::from(matches!(error, ServiceError::Malformed { .. }));
                error.is_passing() && damaged < most_damaged && !self.breaker.is_open()
            })
            .adjust(|error: &ServiceError, delay| match error.retry_after() {
                Some(after) => delay.map(|delay| delay.max(after + MARGIN)),
                None => delay,
            })
            .await
    }

    async fn attempt<T>(
        &self,
        request: &Request,
        largest: usize,
        check: impl Fn(&HeaderMap, Vec<u8>) -> Result<T, String>,
    ) -> Result<T, ServiceError> {
        // The semaphore is never closed.
        let _place = self.places.acquire().await.map_err(|_| self.down())?;
        if self.breaker.is_open() {
            return Err(self.down());
        }
        if let Some(pace) = &self.pace {
            pace.turn().await;
        }
        let result = self.once(request, largest).await.and_then(|(headers, body)| {
            check(&headers, body).map_err(|cause| ServiceError::Malformed { host: self.name.clone(), cause })
        });
        match &result {
            Err(ServiceError::TooManyRequests { after: Some(after), .. }) if *after > MAX_WAIT => self.breaker.open(),
            // A key that is refused for everything need not be shown with every item.
            Err(ServiceError::Refused { .. }) => self.breaker.failed(),
            Err(error) if error.is_passing() && !matches!(error, ServiceError::Malformed { .. }) => {
                self.breaker.failed()
            }
            _ => self.breaker.succeeded(),
        }
        result
    }

    async fn once(&self, request: &Request, largest: usize) -> Result<(HeaderMap, Vec<u8>), ServiceError> {
        let mut response = self.in_time(self.client.http.send(request.clone())).await?;
        self.status(&response)?;
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(part) = self.in_time(next_part(&mut response)).await? {
            if body.len() + part.len() > largest {
                return Err(ServiceError::TooLarge { host: self.name.clone(), limit: largest });
            }
            body.extend_from_slice(&part);
        }
        Ok((headers, body))
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, HttpError>>) -> Result<T, ServiceError> {
        let result = timeout(self.client.timeout, work).await.unwrap_or(Err(HttpError::TimedOut));
        result.map_err(|error| ServiceError::of(error, &self.name))
    }

    fn status(&self, response: &Response) -> Result<(), ServiceError> {
        let (host, status) = (self.name.clone(), response.status());
        Err(match status {
            good if good.is_success() => return Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ServiceError::Refused { host, status: status.as_u16() },
            StatusCode::NOT_FOUND | StatusCode::GONE => ServiceError::NotFound { host },
            StatusCode::TOO_MANY_REQUESTS => {
                let after =
                    response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
                ServiceError::TooManyRequests { host, after: after.map(Duration::from_secs) }
            }
            other => ServiceError::Status { host, status: other.as_u16() },
        })
    }

    fn down(&self) -> ServiceError {
        ServiceError::Down { host: self.name.clone() }
    }
}

/// Why these bytes are no whole picture, as far as can be seen without decoding them.
fn picture_fault(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [&[u8]; 7] = [b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"GIF8"];
    if bytes.is_empty() {
        return Some("it is empty");
    }
    if !KNOWN.iter().any(|start| bytes.starts_with(start)) && Unsupported::of(bytes) != Some(Unsupported::Svg) {
        return Some("it is not a picture");
    }
    // What follows the end of a JPEG is nobody's business, and rarely long.
    let tail = bytes.get(bytes.len().saturating_sub(64 * 1024)..).unwrap_or(bytes);
    let has_end = |end: &[u8]| tail.windows(end.len()).any(|part| part == end);
    let cut = (bytes.starts_with(b"\xff\xd8") && !has_end(b"\xff\xd9"))
        || (bytes.starts_with(b"\x89PNG") && !has_end(b"IEND"));
    cut.then_some("the picture is cut off")
}

#[cfg(test)]
#[path = "service/tests.rs"]
mod tests;
