//! The web UI of `web/`, as it was built into this binary, with the compressed copies its build made.
//!
//! In development builds the files are read from `web/dist` each time, so that a change of the web UI needs no compiler.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{AcceptEncoding, ContentEncoding, Encoding, EntityTag, Header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

const PAGE: &str = "index.html";
/// What the page's addresses are relative to, as its source has it.
const BASE: &str = r#"<base href="/""#;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Build;

/// A file of the web UI, ready to be sent.
pub struct File {
    pub kind: &'static str,
    pub content: Cow<'static, [u8]>,
    pub encoding: ContentEncoding,
    pub etag: EntityTag,
}

/// Whether a web UI was built in.
pub fn present() -> bool {
    Build::get(PAGE).is_some()
}

/// The file at a path, else the page: its views have addresses of their own. None for a missing part of the build.
pub fn find(request: &HttpRequest, path: &str, base_url: &str) -> Option<File> {
    let path = if path.is_empty() { PAGE } else { path };
    match best(request, path) {
        Some(file) if path != PAGE => Some(file),
        None if path.starts_with(super::HASHED) => None,
        _ => page(base_url),
    }
}

/// The smallest copy of a file that the client takes.
fn best(request: &HttpRequest, path: &str) -> Option<File> {
    let plain = Build::get(path)?;
    let copies = [(Encoding::brotli(), "br", ContentEncoding::Brotli), (Encoding::gzip(), "gz", ContentEncoding::Gzip)];
    let accepted = AcceptEncoding::parse(request).ok();
    let kind = kind_of(path);
    for (encoding, ending, content_encoding) in copies {
        let taken = accepted
            .as_ref()
            .is_some_and(|accepted| accepted.negotiate([&encoding].into_iter()) == Some(encoding.clone()));
        if taken && let Some(copy) = Build::get(&format!("{path}.{ending}")) {
            return Some(file(copy, kind, content_encoding));
        }
    }
    Some(file(plain, kind, ContentEncoding::Identity))
}

fn file(file: EmbeddedFile, kind: &'static str, encoding: ContentEncoding) -> File {
    let etag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash()));
    File { kind, content: file.data, encoding, etag }
}

/// The page, told below which path it is shown.
fn page(base_url: &str) -> Option<File> {
    let text = String::from_utf8(Build::get(PAGE)?.data.into_owned()).ok()?;
    let content = text.replacen(BASE, &format!(r#"<base href="{base_url}/""#), 1).into_bytes();
    let etag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(Sha256::digest(&content)));
    Some(File { kind: kind_of(PAGE), content: content.into(), encoding: ContentEncoding::Identity, etag })
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("json" | "webmanifest") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
