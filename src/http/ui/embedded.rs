//! The web UI of `web/`, as it was built into this binary, with the compressed copies its build made.
//!
//! In development builds the files are read from `web/dist` each time, so that a change of the web UI needs no compiler.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{ContentEncoding, EntityTag};
use actix_web::web::Bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::http::respond::conditional::{Conditional, accepted};

const PAGE: &str = "index.html";
/// What the page's addresses are relative to, as its source has it.
const BASE: &str = r#"<base href="/""#;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Build;

/// Whether a web UI was built in.
pub fn present() -> bool {
    Build::get(PAGE).is_some()
}

/// The file at a path, else the page: its views have addresses of their own. None for a missing part of the build.
pub fn find(request: &HttpRequest, path: &str, base_url: &str) -> Option<Conditional> {
    let path = if path.is_empty() { PAGE } else { path };
    match best(request, path) {
        Some(file) if path != PAGE => Some(file),
        None if path.starts_with(super::HASHED) => None,
        _ => page(&base(request.path(), base_url)),
    }
}

/// The smallest copy of a file that the client takes.
fn best(request: &HttpRequest, path: &str) -> Option<Conditional> {
    let (plain, kind) = (Build::get(path)?, kind_of(path));
    let copies = [(ContentEncoding::Brotli, "br"), (ContentEncoding::Gzip, "gz")]
        .into_iter()
        .filter_map(|(encoding, ending)| Some((encoding, Build::get(&format!("{path}.{ending}"))?)));
    let copies: Vec<_> = copies.collect();
    let offered: Vec<_> = copies.iter().map(|(encoding, _)| *encoding).collect();
    let encoding = accepted(request, &offered);
    let copy = copies.into_iter().find(|(copy, _)| *copy == encoding);
    Some(match copy {
        Some((encoding, copy)) => file(copy, kind, Some(encoding)),
        None => file(plain, kind, None),
    })
}

fn file(file: EmbeddedFile, kind: &'static str, encoding: Option<ContentEncoding>) -> Conditional {
    let etag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash()));
    let content = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Conditional { kind, content, encoding, etag }
}

/// What the page's addresses are relative to. Without a configured path it leads from the page's own address up to where our
/// root is, so that it is right below the path of a proxy, too, that takes its path away before it asks us.
fn base(path: &str, base_url: &str) -> String {
    if !base_url.is_empty() {
        return format!("{base_url}/");
    }
    let depth = path.matches('/').count().saturating_sub(1);
    format!("./{}", "../".repeat(depth))
}

/// The page, told what its addresses are relative to.
fn page(base: &str) -> Option<Conditional> {
    let text = String::from_utf8(Build::get(PAGE)?.data.into_owned()).ok()?;
    let content = text.replacen(BASE, &format!(r#"<base href="{base}""#), 1).into_bytes();
    let etag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(Sha256::digest(&content)));
    Some(Conditional { kind: kind_of(PAGE), content: content.into(), encoding: None, etag })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_leads_back_to_our_root_from_any_depth_and_to_a_configured_path() {
        for (path, expected) in [
            ("/", "./"),
            ("/index.html", "./"),
            ("/library", "./"),
            ("/library/manual", "./../"),
            ("/library/folders/Movies/", "./../../../"),
            ("", "./"),
        ] {
            assert_eq!(base(path, ""), expected, "{path}");
            assert_eq!(base(path, "/posters"), "/posters/");
        }
    }
}
