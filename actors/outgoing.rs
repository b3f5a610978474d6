//! The HTTP client for addresses that an admin names: media servers, providers, hooks, release feeds; and, behind a guard,
//! for pictures that a client names ([`picture`]).
//!
//! Theory of operation: what an admin names may be a private address, it mostly is one. Everything else is limited: the time
//! of the whole call, the size of the answer, the redirects. A request that holds a secret follows redirects on its own host
//! only, and never from https to http. One without goes anywhere, but once a public address has answered, only public ones
//! are asked. That, and what a client names, goes through the guarded door: its name lookup gives public addresses only, and
//! the connection is made to exactly those, so that a name which changes its address between check and use gains nothing.
//!
//! Each request has a connection of its own. Dropping the future ends the call. Every failure is a [`Trouble`], whose text
//! says what to do and never holds a path, a query or a body.

pub mod addresses;
pub mod picture;
mod resolver;
#[cfg(test)]
mod tests;
mod trouble;
mod urls;

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Method, Response, StatusCode, Url};

use resolver::Resolver;
pub use trouble::Trouble;
pub use urls::{below, parse};

/// Redirects that are followed at most.
const MOST_REDIRECTS: usize = 5;
/// The largest answer where the caller does not say otherwise, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// How the daemon asks others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingSettings {
    /// How long an ordinary call may take, from looking up the name to the last byte of the answer.
    pub timeout: Duration,
    /// Whether pictures that a client names may come from private addresses.
    pub allow_private: bool,
}

impl Default for OutgoingSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), allow_private: false }
    }
}

/// The client. Clones share it.
#[derive(Debug, Clone)]
pub struct Outgoing {
    timeout: Duration,
    // Where the machine has no certificates at all, each call says so instead of the daemon not starting.
    doors: Result<Doors, String>,
}

#[derive(Debug, Clone)]
struct Doors {
    open: Door,
    guarded: Door,
}

/// A client for one kind of address.
#[derive(Debug, Clone)]
struct Door {
    client: Client,
    public_only: bool,
}

/// A question to a server.
#[derive(Debug, Clone)]
pub struct Ask {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<String>,
    secret: bool,
    largest: usize,
    patience: u32,
}

/// A server's answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, no larger than was asked for.
    pub body: Vec<u8>,
}

impl Ask {
    /// Asks for what is at this address. What is sent counts as secret until [`Ask::without_secret`] says otherwise.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            secret: true,
            largest: LARGEST_ANSWER,
            patience: 1,
        }
    }

    /// Posts a JSON text to this address.
    pub fn post_json(url: Url, json: String) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Self { method: Method::POST, headers, body: Some(json), ..Self::get(url) }
    }

    /// Says that JSON is wanted.
    pub fn wanting_json(mut self) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self
    }

    /// Adds a header; fails where the value cannot be one, as with a key that was copied with a line break inside.
    pub fn header(mut self, name: HeaderName, value: &str) -> Result<Self, Trouble> {
        self.headers.insert(name, HeaderValue::from_str(value).map_err(|_| Trouble::NotSendable)?);
        Ok(self)
    }

    /// Says that there is no secret in it, not even in its address: redirects may lead to other hosts.
    pub fn without_secret(mut self) -> Self {
        self.secret = false;
        self
    }

    /// Allows an answer of so many bytes.
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Allows so many times the ordinary time.
    pub fn times(mut self, patience: u32) -> Self {
        self.patience = patience;
        self
    }
}

impl Outgoing {
    /// Made once, for all.
    pub fn new(settings: &OutgoingSettings) -> Self {
        let doors = Doors::new(settings).map_err(|error| trouble::chain(&error));
        if let Err(reason) = &doors {
            tracing::warn!(reason, "nothing can be fetched from other machines");
        }
        Self { timeout: settings.timeout, doors }
    }

    /// Asks, and reads the whole answer.
    pub async fn fetch(&self, ask: Ask) -> Result<Answer, Trouble> {
        let (time, largest) = (self.timeout * ask.patience, ask.largest);
        within(time, async {
            let doors = self.doors()?;
            let mut response = follow(&doors.open, &doors.guarded, ask).await?;
            let mut body = Vec::new();
            let keep = async |part: &[u8]| {
                body.extend_from_slice(part);
                Ok(())
            };
            read(&mut response, largest, keep).await?;
            Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
        })
        .await
    }

    /// Asks, and reads no more than how it went.
    pub async fn tell(&self, ask: Ask) -> Result<StatusCode, Trouble> {
        within(self.timeout * ask.patience, async {
            let doors = self.doors()?;
            Ok(follow(&doors.open, &doors.guarded, ask).await?.status())
        })
        .await
    }

    /// How long an ordinary call may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    fn doors(&self) -> Result<&Doors, Trouble> {
        self.doors.as_ref().map_err(|reason| Trouble::NoClient(reason.clone()))
    }
}

impl Doors {
    fn new(settings: &OutgoingSettings) -> reqwest::Result<Self> {
        let client = |public_only| {
            Client::builder()
                .user_agent(concat!("posterizarrd/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                // Shorter than the whole, so that a host that does not answer is told apart from a slow one.
                .connect_timeout(settings.timeout / 2)
                .pool_max_idle_per_host(0)
                .dns_resolver(Resolver { public_only })
        };
        let open = Door { client: client(false).build()?, public_only: false };
        let guarded = if settings.allow_private {
            open.clone()
        } else {
            // Without proxies: one would look up the name again, and decide for itself.
            Door { client: client(true).no_proxy().build()?, public_only: true }
        };
        Ok(Self { open, guarded })
    }
}

impl Door {
    async fn send(&self, ask: &Ask) -> Result<Response, Trouble> {
        if self.public_only && addresses::literal(&ask.url).is_some_and(|address| !addresses::is_public(address)) {
            return Err(Trouble::Private(urls::host(&ask.url)));
        }
        let mut request = self.client.request(ask.method.clone(), ask.url.clone()).headers(ask.headers.clone());
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|error| Trouble::of(&error, &ask.url))
    }
}

/// Asks at the first door and follows redirects; after a public address has answered, through the guarded one.
async fn follow(first: &Door, guarded: &Door, mut ask: Ask) -> Result<Response, Trouble> {
    let mut door = first;
    for _ in 0..=MOST_REDIRECTS {
        urls::check_scheme(&ask.url)?;
        let response = door.send(&ask).await?;
        let Some(next) = redirected(&ask, response.status(), response.headers()) else { return Ok(response) };
        if ask.secret && !keeps_secret(&ask.url, &next) {
            return Err(Trouble::Redirected(urls::host(&next)));
        }
        if response.remote_addr().is_some_and(|peer| addresses::is_public(peer.ip())) {
            door = guarded;
        }
        ask.url = next;
    }
    Err(Trouble::TooManyRedirects)
}

/// Where the answer sends the same request; none where it does not, or where it would become another request.
fn redirected(ask: &Ask, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    let repeats = match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => ask.method == Method::GET,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => false,
    };
    let location = headers.get(LOCATION).filter(|_| repeats)?;
    ask.url.join(location.to_str().ok()?).ok()
}

/// Whether what may be told at the one address may be told at the other.
fn keeps_secret(from: &Url, to: &Url) -> bool {
    let same_port = from.port_or_known_default() == to.port_or_known_default();
    let upgraded = from.scheme() == "http" && to.scheme() == "https";
    from.host() == to.host() && (upgraded || (from.scheme() == to.scheme() && same_port))
}

/// Hands on the body piece by piece, no more than `largest` bytes of it.
async fn read(
    response: &mut Response,
    largest: usize,
    mut take: impl AsyncFnMut(&[u8]) -> Result<(), Trouble>,
) -> Result<usize, Trouble> {
    let mut size = 0;
    while let Some(part) = response.chunk().await.map_err(|error| Trouble::of(&error, response.url()))? {
        size += part.len();
        if size > largest {
            return Err(Trouble::too_large(largest));
        }
        take(&part).await?;
    }
    Ok(size)
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::time::timeout(time, work).await.unwrap_or(Err(Trouble::TimedOut))
}
