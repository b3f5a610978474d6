//! The web UI, and what happens to paths nobody else answers.
//!
//! Where upstream's built web UI lies beside the script (or where the settings say), it is served: its files, and its page
//! for every other path, since its pages are client-side routes. Without one there is a small page of our own. Unknown
//! paths of the API are a real 404; a known path with another method is a 405 that names the methods.

use std::io;
use std::path::PathBuf;

use actix_files::NamedFile;
use actix_web::http::Method;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, HeaderValue, IfNoneMatch,
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{ApiError, Code, State, docs, files};
use crate::settings::Settings;

/// Files whose names change with their content.
const HASHED: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
const BUILT_IN_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                               frame-ancestors 'self'";
/// A foreign page brings its own styles and pictures from elsewhere.
const FRONTEND_POLICY: &str = "object-src 'none'; base-uri 'self'; frame-ancestors 'self'";

/// The built-in page: path, type, content.
const BUILT_IN: [(&str, &str, &str); 4] = [
    ("", "text/html; charset=utf-8", include_str!("../ui/index.html")),
    ("index.html", "text/html; charset=utf-8", include_str!("../ui/index.html")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("../ui/app.js")),
    ("style.css", "text/css; charset=utf-8", include_str!("../ui/style.css")),
];

/// What the UI answers to a path.
enum Page {
    /// From the built web UI.
    File(Box<NamedFile>),
    /// From the built-in page.
    BuiltIn(&'static str, &'static str),
}

/// Whether a path belongs to the web UI: no route has it, and it is not the API's.
fn owns(request: &HttpRequest) -> bool {
    !is_api(request.path()) && request.match_pattern().is_none()
}

fn is_api(path: &str) -> bool {
    ["/api", "/ws"]
        .iter()
        .any(|area| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Answers what no route matched.
pub async fn fallback(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    if let Some(methods) = docs::methods_of(&request) {
        return Ok(not_allowed(methods));
    }
    if !owns(&request) {
        return Err(ApiError::not_found("nothing here; GET openapi.json lists what there is"));
    }
    let path = request.path().trim_start_matches('/').to_owned();
    let page = web::block(move || find(&state.settings, &path)).await.map_err(ApiError::internal)?;
    let page = page.map_err(ApiError::internal)?.ok_or_else(|| ApiError::not_found("nothing here"))?;
    if request.method() != Method::GET {
        return Ok(not_allowed(&[Method::GET, Method::HEAD]));
    }
    Ok(page.respond(&request))
}

/// The answer to a method that the path does not have.
fn not_allowed(methods: &[Method]) -> HttpResponse {
    let names = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut response = ApiError::new(Code::MethodNotAllowed, format!("use {names} here")).error_response();
    if let Ok(names) = HeaderValue::from_str(&names) {
        response.headers_mut().insert(ALLOW, names);
    }
    response
}

fn find(settings: &Settings, path: &str) -> io::Result<Option<Page>> {
    if settings.disable_ui {
        return Ok(None);
    }
    let Some(root) = frontend(settings) else {
        let built_in = BUILT_IN.into_iter().find(|(name, _, _)| *name == path);
        return Ok(built_in.map(|(_, kind, content)| Page::BuiltIn(kind, content)));
    };
    let file = match files::decoded(path).map_or(Ok(None), |path| files::open(&root, &path))? {
        None if !path.starts_with(HASHED) => files::open(&root, "index.html")?,
        file => file,
    };
    Ok(file.map(|file| Page::File(Box::new(file))))
}

/// The folder of the built web UI: what the settings say, else where upstream has it beside the script.
fn frontend(settings: &Settings) -> Option<PathBuf> {
    let beside = ["frontend/dist", "webui/frontend/dist"].map(|folder| settings.app_dir.join(folder));
    let mut candidates = settings.frontend_dir.iter().cloned().chain(beside);
    candidates.find(|folder| folder.join("index.html").is_file())
}

impl Page {
    fn respond(self, request: &HttpRequest) -> HttpResponse {
        let (mut response, policy) = match self {
            Self::File(file) => (file.disable_content_disposition().into_response(request), FRONTEND_POLICY),
            Self::BuiltIn(kind, content) => (built_in(request, kind, content), BUILT_IN_POLICY),
        };
        let hashed = request.path().trim_start_matches('/').starts_with(HASHED);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, if hashed { FOR_EVER } else { ASK_EACH_TIME });
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        response
    }
}

fn built_in(request: &HttpRequest, kind: &'static str, content: &'static str) -> HttpResponse {
    let etag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(Sha256::digest(content)));
    let known = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&etag)),
        Some(IfNoneMatch::Any) => true,
        None => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, etag.to_string())).insert_header((CONTENT_TYPE, kind));
    if known { response.finish() } else { response.body(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
