//! A question to a server, and its answer.

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};

/// The largest answer where the caller does not say otherwise, in bytes.
const MAX_ANSWER_SIZE: usize = 1024 * 1024;

/// A question to a server, to be sent as often as is needed.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// Shared by all attempts.
    pub(super) body: Option<Bytes>,
    pub(super) secret: bool,
    pub(super) largest: usize,
    pub(super) patience: u32,
    /// Whether a header was given what no header can hold.
    pub(super) unsendable: bool,
}

/// A server's answer, read whole.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body, no larger than was asked for.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without a body. What is sent counts as secret until [`Request::without_secret`] says otherwise.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            secret: true,
            largest: MAX_ANSWER_SIZE,
            patience: 1,
            unsendable: false,
        }
    }

    /// Asks for what is at this address.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Posts a JSON text to this address.
    pub fn post_json(url: Url, json: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Self { headers, ..Self::new(Method::POST, url) }.body(json)
    }

    /// Where it goes.
    pub fn address(&self) -> &str {
        self.url.as_str()
    }

    /// Says that JSON is wanted.
    #[must_use]
    pub fn wanting_json(mut self) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self
    }

    /// Adds a header. Where the value cannot be one, as with a key that was copied with a line break inside, sending fails with
    /// [`HttpError::NotSendable`](super::HttpError::NotSendable).
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            Err(_) => self.unsendable = true,
        }
        self
    }

    /// Adds to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Gives the request a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Says that there is no secret in it, not even in its address: redirects may lead to other hosts.
    #[must_use]
    pub fn without_secret(mut self) -> Self {
        self.secret = false;
        self
    }

    /// Allows an answer of so many bytes.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Allows so many times the ordinary time.
    #[must_use]
    pub fn times(mut self, patience: u32) -> Self {
        self.patience = patience;
        self
    }
}
