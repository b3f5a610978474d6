//! Bodies as bytes: bounded while they arrive, bounded while they are inflated, and not awaited for ever.
//!
//! The framework inflates a chunk before it looks at the limit: two megabytes may become two gigabytes. Here what comes out
//! of the inflater is counted as it comes, and everything that all requests hold together has a bound, too.

use std::io::Read;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, web};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::http::{ApiError, Code};

/// What a body may hold, in bytes, inflated or not: webhooks of season packs and mass renames are large.
pub const MAX_SIZE: usize = 8 * 1024 * 1024;
/// How long a client that owes the rest of its body may send nothing.
const IDLE: Duration = Duration::from_secs(30);
/// How long a whole body may take.
const MAX_TIME: Duration = Duration::from_secs(15 * 60);
/// What the bodies of all requests may hold together, in bytes.
const MAX_HELD: usize = 32 * 1024 * 1024;
/// How many bodies are inflated at once.
const INFLATED_AT_ONCE: usize = 2;
/// The most values that a JSON body may have: each takes some seventy bytes of memory, however short it is.
const MAX_VALUES: usize = 500_000;
/// How much is inflated at a time, in bytes.
const STEP: usize = 64 * 1024;

static HELD: AtomicUsize = AtomicUsize::new(0);
static INFLATING: Semaphore = Semaphore::const_new(INFLATED_AT_ONCE);

/// The body of a request, inflated. Meant for JSON: one that consists of very many small values is refused.
#[derive(Debug)]
pub struct Body {
    content: Vec<u8>,
    held: Held,
}

impl Body {
    /// The bytes, to keep for longer than the request.
    pub fn into_bytes(self) -> Vec<u8> {
        self.content
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.content
    }
}

impl FromRequest for Body {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let encoding = Encoding::of(request);
        let payload = payload.take();
        async move {
            let encoding = encoding?;
            let sent = collect(payload).await?;
            if encoding == Encoding::Identity {
                return sent.checked();
            }
            let _turn = INFLATING.acquire().await.map_err(ApiError::internal)?;
            web::block(move || inflate(encoding, &sent)?.checked()).await.map_err(ApiError::internal)?
        }
        .boxed_local()
    }
}

impl Body {
    fn empty() -> Self {
        Self { content: Vec::new(), held: Held(0) }
    }

    fn push(&mut self, more: &[u8]) -> Result<(), ApiError> {
        if self.content.len() + more.len() > MAX_SIZE {
            return Err(too_large());
        }
        let (needed, room) = (self.content.len() + more.len(), self.content.capacity());
        if needed > room {
            // Counted as it is allocated, and never allocated beyond the limit.
            let larger = room.saturating_mul(2).clamp(needed, MAX_SIZE);
            self.held.grow(larger - room)?;
            self.content.reserve_exact(larger - self.content.len());
        }
        self.content.extend_from_slice(more);
        Ok(())
    }

    fn checked(self) -> Result<Self, ApiError> {
        // Shorter ones cannot have so many.
        if self.content.len() > MAX_VALUES && values(&self.content) > MAX_VALUES {
            let template = "the body has more than {values} values; send it in parts";
            return Err(ApiError::told(Code::PayloadTooLarge, template, [("values", MAX_VALUES.into())]));
        }
        Ok(self)
    }
}

/// What a body takes of [`MAX_HELD`]; given back when it is dropped.
#[derive(Debug)]
struct Held(usize);

impl Held {
    fn grow(&mut self, by: usize) -> Result<(), ApiError> {
        if HELD.fetch_add(by, Ordering::Relaxed) + by > MAX_HELD {
            HELD.fetch_sub(by, Ordering::Relaxed);
            let message = "too many large bodies are being received at once; try again in a moment";
            return Err(ApiError::new(Code::ActorUnavailable, message));
        }
        self.0 += by;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Deflate,
}

impl Encoding {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let mut named = request.headers().get_all(CONTENT_ENCODING);
        let Some(first) = named.next() else { return Ok(Self::Identity) };
        let name = first.to_str().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            _ if named.next().is_some() => Err(not_known("more than one")),
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            _ => Err(not_known(&name)),
        }
    }
}

fn not_known(name: &str) -> ApiError {
    let template = "the content encoding {encoding:?} is not taken; send the body as it is, or as gzip or deflate";
    ApiError::told(Code::UnsupportedEncoding, template, [("encoding", name.into())])
}

fn too_large() -> ApiError {
    let mib = MAX_SIZE / 1024 / 1024;
    ApiError::told(Code::PayloadTooLarge, "the body is larger than {mib} MiB", [("mib", mib.into())])
}

fn unreadable(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::told(Code::InvalidRequest, "the body cannot be read: {cause}", [("cause", error.to_string().into())])
}

/// Waits for the next part of what a client sends: not longer than it may be silent, and not past `deadline`.
pub(in crate::http) async fn next_part<T>(
    deadline: Instant,
    part: impl Future<Output = Option<T>>,
) -> Result<Option<T>, ApiError> {
    let patience = IDLE.min(deadline.saturating_duration_since(Instant::now()));
    timeout(patience, part).await.map_err(|_| {
        let template = "the rest of the body did not come within {seconds} seconds";
        ApiError::told(Code::RequestTimeout, template, [("seconds", IDLE.as_secs().into())])
    })
}

/// By when a body that begins now must be there.
pub(in crate::http) fn deadline() -> Instant {
    Instant::now() + MAX_TIME
}

/// Reads a body as it was sent.
async fn collect(mut parts: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin) -> Result<Body, ApiError> {
    let deadline = deadline();
    let mut body = Body::empty();
    while let Some(part) = next_part(deadline, parts.next()).await? {
        body.push(&part.map_err(|error| unreadable(&error))?)?;
    }
    Ok(body)
}

/// Inflates a body step by step, and stops at the limit. Blocks for the processor.
fn inflate(encoding: Encoding, sent: &[u8]) -> Result<Body, ApiError> {
    match encoding {
        Encoding::Identity => drain(sent),
        Encoding::Gzip => drain(MultiGzDecoder::new(sent)),
        // By the standard it is in a zlib frame; some send it without.
        Encoding::Deflate if is_zlib(sent) => drain(ZlibDecoder::new(sent)),
        Encoding::Deflate => drain(DeflateDecoder::new(sent)),
    }
}

fn is_zlib(sent: &[u8]) -> bool {
    matches!(sent, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

fn drain(mut from: impl Read) -> Result<Body, ApiError> {
    let mut body = Body::empty();
    let mut step = vec![0; STEP];
    loop {
        let read = from.read(&mut step).map_err(|error| unreadable(&error))?;
        if read == 0 {
            return Ok(body);
        }
        body.push(step.get(..read).unwrap_or_default())?;
    }
}

/// How many values a JSON text has at most: one more than it has commas and opening brackets outside of texts.
fn values(json: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use futures_util::stream;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_is_inflated_and_a_broken_one_is_told() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"{}").unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"{}").unwrap();
        let cases = [
            (Encoding::Gzip, gzip(b"{}")),
            (Encoding::Deflate, zlib.finish().unwrap()),
            (Encoding::Deflate, raw.finish().unwrap()),
        ];
        for (encoding, sent) in cases {
            assert_eq!(&*inflate(encoding, &sent).unwrap(), b"{}", "{encoding:?}");
        }
        assert_eq!(inflate(Encoding::Gzip, b"{}").unwrap_err().code(), Code::InvalidRequest);
        let whole = gzip(b"{}");
        assert_eq!(inflate(Encoding::Gzip, &whole[..whole.len() - 9]).unwrap_err().code(), Code::InvalidRequest);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
        assert!(bomb.len() < 100_000);
        assert_eq!(inflate(Encoding::Gzip, &bomb).unwrap_err().code(), Code::PayloadTooLarge);
    }

    #[test]
    fn values_in_texts_do_not_count() {
        assert_eq!(values(br#"{"a": [1, 2], "b,[{": "\",,,"}"#), 5);
        let many = Body { content: [b"[", &b"0,".repeat(MAX_VALUES)[..], b"0]"].concat(), held: Held(0) };
        assert_eq!(many.checked().unwrap_err().code(), Code::PayloadTooLarge);
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_body_is_not_awaited_for_ever() {
        let half = stream::iter([Ok(Bytes::from_static(b"{\"a\":"))]).chain(stream::pending());
        let began = Instant::now();
        let error = collect(half.boxed_local()).await.unwrap_err();
        assert_eq!(error.code(), Code::RequestTimeout);
        assert_eq!(began.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_has_an_end_too() {
        let trickle = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            Some((Ok(Bytes::from_static(b" ")), ()))
        });
        let began = Instant::now();
        assert_eq!(collect(trickle.boxed_local()).await.unwrap_err().code(), Code::RequestTimeout);
        assert!(began.elapsed() <= MAX_TIME, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn more_than_the_limit_is_refused_as_it_comes() {
        let endless = stream::repeat_with(|| Ok(Bytes::from(vec![b' '; 1024 * 1024])));
        assert_eq!(collect(endless.boxed_local()).await.unwrap_err().code(), Code::PayloadTooLarge);
    }
}
