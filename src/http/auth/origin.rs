//! Which web pages may talk to us: the Origin check under a cookie, and CORS for origins the operator names.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// A page from elsewhere can make a browser send our cookie (from another port of the same host, say). It cannot choose
/// the `Origin` header: this tells whether that is our own host, or a named one. Without the header it was no browser.
pub fn may_use_cookie(headers: &HeaderMap, host: &str, named: &[String]) -> bool {
    match headers.get(header::ORIGIN).map(HeaderValue::to_str) {
        None => true,
        Some(Err(_)) => false,
        Some(Ok(origin)) => is_named(origin, named) || is_same_host(origin, host),
    }
}

fn is_named(origin: &str, named: &[String]) -> bool {
    named.iter().any(|name| name.eq_ignore_ascii_case(origin))
}

fn is_same_host(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |authority: &str| authority.strip_suffix(default_port).unwrap_or(authority).to_ascii_lowercase();
    !host.is_empty() && bare(authority) == bare(host)
}

/// Whether this request changes something or opens a WebSocket; browsers send both across origins without asking first.
pub fn needs_check(request: &ServiceRequest) -> bool {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    !safe || request.headers().contains_key(header::UPGRADE)
}

/// The named origin that a request comes from, if it does.
pub fn named_origin(request: &ServiceRequest, named: &[String]) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    origin.to_str().is_ok_and(|origin| is_named(origin, named)).then(|| origin.clone())
}

/// The answer to a browser's question whether a page from a named origin may send a request.
pub fn preflight(request: &ServiceRequest) -> Option<HttpResponse> {
    let headers = request.headers();
    if request.method() != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut answer = HttpResponse::NoContent();
    answer.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"));
    answer.insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"));
    if let Some(asked) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone()));
    }
    Some(answer.finish())
}

/// Lets a page from `origin` read the answer.
pub fn allow(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    let exposed = HeaderValue::from_static("content-disposition, etag, retry-after, x-request-id");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}

/// Tells caches that answers differ by origin.
pub fn vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_name(HeaderName::from_static("origin")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(origin: Option<&str>, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        may_use_cookie(&headers, host, &["https://dash.example".to_owned()])
    }

    #[test]
    fn only_our_own_host_and_named_origins_may_use_the_cookie() {
        assert!(may(None, "nas:8000"));
        assert!(may(Some("http://nas:8000"), "nas:8000"));
        assert!(may(Some("http://NAS"), "nas:80"));
        assert!(may(Some("https://posters.example"), "posters.example:443"));
        assert!(may(Some("https://dash.example"), "nas:8000"));
        for foreign in ["http://nas:9000", "http://nas", "http://evil", "null", "", "nas:8000", "http://nas:8000.evil"]
        {
            assert!(!may(Some(foreign), "nas:8000"), "{foreign}");
        }
        assert!(!may(Some("http://"), ""));
    }
}
