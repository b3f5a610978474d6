//! The web UI, and what happens to paths nobody else answers.
//!
//! Where a built web UI lies beside the script (upstream's) or where the settings say, it is served: its files, and its page
//! for every other path, since its pages are client-side routes. Else it is our own, which is built in ([`embedded`]); a
//! binary that was built without Node.js has a small page instead. Unknown paths of the API are a real 404; a known path
//! with another method is a 405 that names the methods.

mod embedded;

use std::io;
use std::path::{Path, PathBuf};

use actix_files::NamedFile;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, EntityTag, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use sha2::{Digest, Sha256};

use crate::http::api::library::files;
use crate::http::api::system::docs::Description;
use crate::http::respond::conditional::Conditional;
use crate::http::{ApiError, Code, State};
use crate::settings::Settings;

/// Files whose names change with their content.
const HASHED: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
/// Our own pages: nothing from elsewhere but the pictures of providers that are offered, no inline code. `blob:` is a picture
/// that the user is about to send.
const OWN_POLICY: &str = "default-src 'self'; img-src 'self' blob: data: {providers}; object-src 'none'; base-uri 'self'; \
                          form-action 'self'; frame-ancestors 'self'";
/// Where TVDB and Fanart.tv keep their pictures.
const PICTURE_HOSTS: &str = "https://artworks.thetvdb.com https://assets.fanart.tv";
/// A foreign page brings its own styles and pictures from elsewhere.
const FRONTEND_POLICY: &str = "object-src 'none'; base-uri 'self'; frame-ancestors 'self'";

/// The small page: path, type, content.
const SMALL: [(&str, &str, &str); 4] = [
    ("", "text/html; charset=utf-8", include_str!("ui/small/index.html")),
    ("index.html", "text/html; charset=utf-8", include_str!("ui/small/index.html")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("ui/small/app.js")),
    ("style.css", "text/css; charset=utf-8", include_str!("ui/small/style.css")),
];

/// What the UI answers to a path.
enum Page {
    /// From a web UI in a folder.
    File(Box<NamedFile>),
    /// From our own web UI, or the small page.
    Own(Conditional),
}

/// Whether a path belongs to the web UI: no route has it, and it is not the API's.
fn owns(request: &HttpRequest) -> bool {
    !is_api(request.path()) && request.match_pattern().is_none()
}

pub(super) fn is_api(path: &str) -> bool {
    ["/api", "/ws"]
        .iter()
        .any(|area| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

const NOTHING: &str = "nothing here; GET openapi.json lists what there is";

/// Answers what no route matched.
pub async fn fallback(
    request: HttpRequest,
    state: State,
    description: web::Data<Description>,
) -> Result<HttpResponse, ApiError> {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if let Some(methods) = description.methods_of(&request) {
        return Ok(not_allowed(methods));
    }
    if !owns(&request) {
        return Err(ApiError::not_found(NOTHING));
    }
    let page = find(&request, state.clone()).await?.ok_or_else(|| ApiError::not_found("nothing here"))?;
    if !reads {
        return Ok(not_allowed(&[Method::GET, Method::HEAD]));
    }
    Ok(page.respond(&request, &state.settings))
}

/// The answer to a method that the path does not have.
fn not_allowed(methods: &[Method]) -> HttpResponse {
    let names = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let refusal = ApiError::told(Code::MethodNotAllowed, "use {methods} here", [("methods", names.as_str().into())]);
    let mut response = refusal.error_response();
    if let Ok(allowed) = HeaderValue::from_str(&names) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

async fn find(request: &HttpRequest, state: State) -> Result<Option<Page>, ApiError> {
    if state.settings.disable_ui {
        return Ok(None);
    }
    let path = request.path().trim_start_matches('/').to_owned();
    let base_url = state.settings.base_url.clone();
    let looked = path.clone();
    let in_folder = web::block(move || frontend(&state.settings).map(|root| find_in(&root, &looked))).await;
    match in_folder.map_err(ApiError::internal)? {
        Some(found) => Ok(found.map_err(ApiError::internal)?.map(|file| Page::File(Box::new(file)))),
        None if embedded::present() => Ok(embedded::find(request, &path, &base_url).map(Page::Own)),
        None => Ok(small(&path).map(Page::Own)),
    }
}

fn find_in(root: &Path, path: &str) -> io::Result<Option<NamedFile>> {
    let shown = files::decoded(path).filter(|path| !path.split('/').any(|part| part.starts_with('.')));
    match shown.map_or(Ok(None), |path| files::open(root, &path))? {
        None if !path.starts_with(HASHED) => files::open(root, "index.html"),
        file => Ok(file),
    }
}

fn small(path: &str) -> Option<Conditional> {
    let (_, kind, content) = SMALL.into_iter().find(|(name, _, _)| *name == path)?;
    let etag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(Sha256::digest(content)));
    Some(Conditional { kind, content: web::Bytes::from_static(content.as_bytes()), encoding: None, etag })
}

/// The folder of the built web UI: what the settings say, else where upstream has it beside the script.
fn frontend(settings: &Settings) -> Option<PathBuf> {
    let beside = ["frontend/dist", "webui/frontend/dist"].map(|folder| settings.app_dir.join(folder));
    let mut candidates = settings.frontend_dir.iter().cloned().chain(beside);
    candidates.find(|folder| folder.join("index.html").is_file())
}

/// [`OWN_POLICY`], with where the pictures of providers are.
fn own_policy(tmdb: &str) -> HeaderValue {
    let tmdb = Url::parse(tmdb).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let policy = OWN_POLICY.replace("{providers}", &format!("{tmdb} {PICTURE_HOSTS}"));
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static(FRONTEND_POLICY))
}

impl Page {
    fn respond(self, request: &HttpRequest, settings: &Settings) -> HttpResponse {
        let (mut response, policy) = match self {
            Self::File(file) => {
                (file.disable_content_disposition().into_response(request), HeaderValue::from_static(FRONTEND_POLICY))
            }
            Self::Own(file) => (file.respond(request), own_policy(&settings.providers.tmdb_image_url)),
        };
        let hashed = request.path().trim_start_matches('/').starts_with(HASHED);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, if hashed { FOR_EVER } else { ASK_EACH_TIME });
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_page_is_small_and_needs_nothing_from_elsewhere_and_no_inline_code() {
        let [(_, _, html), _, (_, _, script), (_, _, style)] = SMALL;
        assert!(html.contains(r#"<script src="app.js" defer>"#) && html.contains(r#"href="style.css""#));
        assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("<style"));
        for text in [html, script, style] {
            assert!(!text.contains("http://") && !text.contains("https://"), "names another host");
            assert!(!text.contains("=\"/") && !text.contains("'/api") && !text.contains("'/ws"), "an absolute address");
        }
        assert!(html.len() + script.len() + style.len() < 20 * 1024);
    }

    #[test]
    fn the_small_page_has_its_three_files_and_no_other() {
        for path in ["", "index.html", "app.js", "style.css"] {
            assert!(small(path).is_some(), "{path}");
        }
        assert!(small("library").is_none());
    }

    #[test]
    fn api_paths_are_told_from_pages_that_only_look_alike() {
        for api in ["/api", "/api/", "/api/nope", "/ws", "/ws/nope"] {
            assert!(is_api(api), "{api}");
        }
        for page in ["/", "/apis", "/wsx/a", "/logs", "/assets/x.js"] {
            assert!(!is_api(page), "{page}");
        }
    }
}
