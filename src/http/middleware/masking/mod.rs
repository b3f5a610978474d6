//! No answer tells a secret: the one place where texts are masked on their way out.
//!
//! Theory of operation: [`mask`] sees every answer before it is compressed, and masks what is text by its media type
//! (JSON, plain text, CSV, server-sent events, JSON lines), whole or as it streams. What a new route says is masked
//! without its doing anything. The exceptions are in [`extent`]: the configuration for an admin who asks for it, a new API key
//! in the one answer that gives it, and texts that come with the program. WebSocket frames do not pass here; their lines are
//! masked where they are read, by the LogTailer.

mod recent;
pub(in crate::http) mod secrets;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use posterizarr_base::redact::json::mask_json;
use posterizarr_base::redact::stream::Stream;
use posterizarr_base::redact::{Depth, mask_bytes};

use crate::actors::access::Scope;
use crate::http::State;
use crate::http::auth::Principal;
pub use secrets::Secrets;

/// How much of an answer is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Nothing: there is no secret in it, or it is asked for.
    Nothing,
    /// What cannot be a word of a title. For lists of files: a client sends their names back.
    Names,
    /// All.
    Text,
}

/// Answers whose texts come with the program.
const OURS: [&str; 4] = ["/docs", "/redoc", "/openapi.json", "/api/licences"];
/// Answers that list files and folders of the user.
const FILES: [&str; 15] = [
    "/api/gallery",
    "/api/backgrounds",
    "/api/seasons",
    "/api/titlecards",
    "/api/manual-assets",
    "/api/test-gallery",
    "/api/assets/folders",
    "/api/assets/stats",
    "/api/assets-folder",
    "/api/folder-view",
    "/api/asset-type-lookup",
    "/api/recent-assets",
    "/api/trash",
    "/api/overlayfiles",
    "/api/fonts",
];
/// The configuration.
const CONFIG: [&str; 2] = ["/api/config", "/api/config-db/"];

/// What is masked for whom. `path` is decoded, as routes are matched.
fn extent(method: &Method, path: &str, is_admin: bool) -> Extent {
    let begins_with = |paths: &[&str]| paths.iter().any(|begin| path.starts_with(begin));
    if path == "/api/auth/keys" || path == "/api/admin/records" || begins_with(&OURS) {
        return Extent::Nothing;
    }
    if path.starts_with("/api/config/") && path != "/api/config/schema" {
        return Extent::Text;
    }
    if begins_with(&CONFIG) {
        // Secret keys are masked by their names where they are to be; an admin must get back the rest as it is, since
        // a settings page sends it back.
        return match *method {
            Method::GET | Method::HEAD if is_admin => Extent::Nothing,
            Method::GET | Method::HEAD => Extent::Names,
            _ => Extent::Text,
        };
    }
    if begins_with(&FILES) { Extent::Names } else { Extent::Text }
}

/// What kind of text an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Lines,
    LinesOfJson,
}

impl Form {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        match kind.split(';').next().unwrap_or_default().trim() {
            "application/json" => Some(Self::Json),
            "text/plain" | "text/csv" | "application/openmetrics-text" => Some(Self::Lines),
            "text/event-stream" | "application/jsonl" => Some(Self::LinesOfJson),
            _ => None,
        }
    }
}

/// In an answer's extensions: it was masked where it was made, as compressed ones are, and is not to be searched again.
#[derive(Debug, Clone, Copy)]
pub struct MaskedBefore;

/// Middleware: masks secrets in answers.
pub async fn mask<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<State>().cloned();
    let response = next.call(request).await?;
    if let Some(state) = state {
        state.secrets.follow(&state.views.config.get(), &state.settings.notify);
    }
    let is_masked = is_encoded(response.headers()) || response.response().extensions().contains::<MaskedBefore>();
    let (Some(form), false) = (Form::of(response.headers()), is_masked) else {
        return Ok(response.map_into_boxed_body());
    };
    let asked = response.request();
    let is_admin = asked.extensions().get::<Principal>().is_some_and(|principal| principal.may(Scope::Admin));
    let depth = match extent(asked.method(), asked.match_info().as_str(), is_admin) {
        Extent::Nothing => return Ok(response.map_into_boxed_body()),
        Extent::Names => Depth::Names,
        Extent::Text => Depth::Text,
    };
    Ok(response.map_body(|_, body| masked(body, form, depth)))
}

/// Whether it was compressed before: such answers are masked where they are made.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding.as_bytes() != b"identity")
}

fn masked<B: MessageBody + 'static>(body: B, form: Form, depth: Depth) -> BoxBody {
    match body.try_into_bytes() {
        Ok(text) => BoxBody::new(recent::masked(text, form, depth, |text| whole(text, form, depth))),
        Err(body) => {
            let stream = match form {
                Form::Json => Stream::json(depth),
                Form::Lines => Stream::lines(),
                Form::LinesOfJson => Stream::lines_of_json(),
            };
            BoxBody::new(Masked { body: body.boxed(), stream, ended: false })
        }
    }
}

/// A text that is there as a whole, masked.
fn whole(text: &Bytes, form: Form, depth: Depth) -> Bytes {
    match form {
        Form::Json => kept(text, mask_json(text, depth)),
        Form::Lines => kept(text, mask_bytes(text)),
        Form::LinesOfJson => {
            let mut stream = Stream::lines_of_json();
            let mut out = stream.push(text);
            out.extend(stream.finish());
            Bytes::from(out)
        }
    }
}

/// The text itself where nothing was masked in it.
fn kept(text: &Bytes, masked: std::borrow::Cow<'_, [u8]>) -> Bytes {
    match masked {
        std::borrow::Cow::Borrowed(_) => text.clone(),
        std::borrow::Cow::Owned(masked) => masked.into(),
    }
}

/// A body that is masked as it is sent. Its length is not known before.
struct Masked {
    body: BoxBody,
    stream: Stream,
    ended: bool,
}

impl MessageBody for Masked {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        match self.body.size() {
            BodySize::None => BodySize::None,
            _ => BodySize::Stream,
        }
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        while !this.ended {
            let out = match ready!(Pin::new(&mut this.body).poll_next(context)) {
                Some(Ok(piece)) => this.stream.push(&piece),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.ended = true;
                    this.stream.finish()
                }
            };
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(out.into())));
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_masked_but_what_is_asked_for_what_comes_with_the_program_and_names_of_files() {
        for (method, path, is_admin, expected) in [
            (Method::GET, "/api/status", true, Extent::Text),
            (Method::GET, "/api/logs/Scriptlog.log/download", true, Extent::Text),
            (Method::GET, "/api/a-route-of-tomorrow", true, Extent::Text),
            (Method::GET, "/api/config", true, Extent::Nothing),
            (Method::GET, "/api/config", false, Extent::Names),
            (Method::POST, "/api/config", true, Extent::Text),
            (Method::GET, "/api/config/backups", true, Extent::Text),
            (Method::GET, "/api/config/schema", false, Extent::Names),
            (Method::GET, "/api/config-db/value/ApiPart/PlexToken", false, Extent::Names),
            (Method::POST, "/api/auth/keys", true, Extent::Nothing),
            (Method::GET, "/api/gallery", false, Extent::Names),
            (Method::GET, "/openapi.json", false, Extent::Nothing),
        ] {
            assert_eq!(extent(&method, path, is_admin), expected, "{method} {path}");
        }
    }
}
