//! What is built into this binary, with its licences and their texts.
//!
//! The build wrote and compressed both answers (`build/licences.rs`). They stay where they are in the program, and take
//! memory only while somebody asks.

use std::io::Read;

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding, EntityTag};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::ApiError;
use crate::http::respond::ASK_EACH_TIME;
use crate::http::respond::conditional::{Conditional, accepted};

static LIST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/licences.json.gz"));
static TEXTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/licences.txt.gz"));

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(texts);
}

/// What is built in.
#[derive(Deserialize, ToSchema)]
pub struct Licences {
    /// Sorted by name and version.
    pub packages: Vec<LicensedPackage>,
}

/// Something that is built in.
#[derive(Deserialize, ToSchema)]
pub struct LicensedPackage {
    /// Its name; `std` is Rust's standard library.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence as an SPDX expression.
    pub licence: String,
    /// What it is a package of.
    pub kind: PackageKind,
    /// Where its source is, if it tells.
    pub repository: Option<String>,
}

/// What something is a package of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PackageKind {
    /// Rust: the daemon.
    Crate,
    /// Node.js: the web UI and the viewer of the API's description.
    Npm,
}

/// Lists the built-in components with their licences.
#[utoipa::path(tag = "system",
    responses((status = 200, body = Licences), (status = 304, description = "unchanged")))]
#[get("/api/licences")]
async fn list(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    answer(&request, "application/json", LIST)
}

/// Returns all licences and notices of the built-in components, each below the names of those it belongs to.
#[utoipa::path(tag = "system",
    responses((status = 200, content_type = "text/plain", body = String), (status = 304, description = "unchanged")))]
#[get("/api/licences/texts")]
async fn texts(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    answer(&request, "text/plain; charset=utf-8", TEXTS)
}

fn answer(request: &HttpRequest, kind: &'static str, gzip: &'static [u8]) -> Result<HttpResponse, ApiError> {
    let (content, encoding) = match accepted(request, &[ContentEncoding::Gzip]) {
        ContentEncoding::Gzip => (Bytes::from_static(gzip), Some(ContentEncoding::Gzip)),
        _ => (inflated(gzip)?, None),
    };
    let etag = EntityTag::new_weak(URL_SAFE_NO_PAD.encode(Sha256::digest(gzip)));
    let answer = Conditional { kind, content, encoding, etag };
    let mut response = answer.respond(request);
    response.headers_mut().insert(CACHE_CONTROL, ASK_EACH_TIME);
    Ok(response)
}

/// Takes some milliseconds at most, and hardly anybody asks for it.
fn inflated(gzip: &[u8]) -> Result<Bytes, ApiError> {
    let mut plain = Vec::new();
    // unbounded: it is built in.
    GzDecoder::new(gzip).read_to_end(&mut plain).map_err(ApiError::internal)?;
    Ok(plain.into())
}
