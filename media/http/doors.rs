//! The open and the guarded door, and the way of a request through them, redirects included.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, Method, Response, StatusCode, Url};

use super::addresses::Reach;
use super::resolver::Resolver;
use super::{HttpError, HttpSettings, Request, addresses, urls};

/// Redirects that are followed at most.
pub(super) const MAX_REDIRECTS: usize = 5;

#[derive(Debug, Clone)]
pub(super) struct Doors {
    pub(super) open: Door,
    pub(super) guarded: Door,
}

/// A client for one kind of address.
#[derive(Debug, Clone)]
pub(super) struct Door {
    client: Client,
    reach: Reach,
}

impl Doors {
    pub(super) fn new(settings: &HttpSettings, most_idle: usize) -> reqwest::Result<Self> {
        let client = |reach| {
            Client::builder()
                .user_agent(concat!("posterizarrd/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                // Shorter than the whole, so that a host that does not answer is told apart from a slow one.
                .connect_timeout(settings.timeout / 2)
                .pool_max_idle_per_host(most_idle)
                .pool_idle_timeout(Duration::from_secs(60))
                .dns_resolver(Resolver { reach })
        };
        let open = Door { client: client(Reach::Everywhere).build()?, reach: Reach::Everywhere };
        let guarded = if settings.allow_private {
            Door { client: client(Reach::Household).build()?, reach: Reach::Household }
        } else {
            // Without proxies: one would look up the name again, and decide for itself.
            Door { client: client(Reach::Public).no_proxy().build()?, reach: Reach::Public }
        };
        Ok(Self { open, guarded })
    }
}

impl Door {
    pub(super) async fn send(&self, request: &Request) -> Result<Response, HttpError> {
        if request.unsendable {
            return Err(HttpError::NotSendable);
        }
        if addresses::literal(&request.url).is_some_and(|address| !self.reach.includes(address)) {
            return Err(HttpError::Private(urls::host(&request.url)));
        }
        let mut sent =
            self.client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        sent.send().await.map_err(|error| HttpError::of(&error, &request.url))
    }
}

/// Asks at the first door and follows redirects; after a public address has answered, through the guarded one.
pub(super) async fn follow(first: &Door, guarded: &Door, mut request: Request) -> Result<Response, HttpError> {
    let mut door = first;
    for _ in 0..=MAX_REDIRECTS {
        urls::check_scheme(&request.url)?;
        let response = door.send(&request).await?;
        let Some(next) = redirected(&request, response.status(), response.headers()) else { return Ok(response) };
        if request.secret && !keeps_secret(&request.url, &next) {
            return Err(HttpError::Redirected(urls::host(&next)));
        }
        if response.remote_addr().is_some_and(|peer| addresses::is_public(peer.ip())) {
            door = guarded;
        }
        request.url = next;
    }
    Err(HttpError::TooManyRedirects)
}

/// Where the answer sends the same request; none where it does not, or where it would become another request.
pub(super) fn redirected(request: &Request, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    let repeats = match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => request.method == Method::GET,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => false,
    };
    let location = headers.get(LOCATION).filter(|_| repeats)?;
    request.url.join(location.to_str().ok()?).ok()
}

/// Whether what may be told at the one address may be told at the other.
pub(super) fn keeps_secret(from: &Url, to: &Url) -> bool {
    let same_port = from.port_or_known_default() == to.port_or_known_default();
    let upgraded = from.scheme() == "http" && to.scheme() == "https";
    from.host() == to.host() && (upgraded || (from.scheme() == to.scheme() && same_port))
}

/// The next piece of the body, as it came.
pub(crate) async fn next_part(response: &mut Response) -> Result<Option<Bytes>, HttpError> {
    response.chunk().await.map_err(|error| HttpError::of(&error, response.url()))
}

/// Hands on the body piece by piece, no more than `largest` bytes of it.
pub(super) async fn read(
    response: &mut Response,
    largest: usize,
    mut take: impl AsyncFnMut(&[u8]) -> Result<(), HttpError>,
) -> Result<usize, HttpError> {
    let mut size = 0;
    while let Some(part) = next_part(response).await? {
        size += part.len();
        if size > largest {
            return Err(HttpError::too_large(largest));
        }
        take(&part).await?;
    }
    Ok(size)
}
