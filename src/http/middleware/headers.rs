//! Headers that every answer has.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;

use crate::http::AppState;

/// Who may show a page in a frame, as the pages' policies say it before the settings are asked.
const OURSELVES: &str = "frame-ancestors 'self'";

/// Middleware: types are not guessed, other sites learn nothing from links, pages are framed by ourselves only, and by
/// those that `frame_ancestors` names. That holds for every page, whoever wrote it: a policy that a handler sets says
/// [`OURSELVES`], and is completed here.
pub async fn secure<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let state = request.app_data::<actix_web::web::Data<AppState>>().cloned();
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if is_page(headers) {
        frame(headers, state.as_ref().map_or(&[], |state| &state.settings.frame_ancestors));
    }
    Ok(response)
}

/// `X-Frame-Options` cannot name others, and browsers that know the policy go by that; with named ancestors it is left out,
/// lest older ones refuse them.
fn frame(headers: &mut HeaderMap, ancestors: &[String]) {
    if ancestors.is_empty() {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    let policy = headers.get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok()).unwrap_or(OURSELVES);
    let completed = policy.replace(OURSELVES, &directive(ancestors));
    if let Ok(policy) = HeaderValue::from_str(&completed) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
}

fn directive(ancestors: &[String]) -> String {
    match ancestors {
        [] => OURSELVES.to_owned(),
        [all] if all == "*" => "frame-ancestors *".to_owned(),
        named => format!("{OURSELVES} {}", named.join(" ")),
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(policy: Option<&'static str>, ancestors: &[&str]) -> (String, bool) {
        let mut headers = HeaderMap::new();
        if let Some(policy) = policy {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        let ancestors: Vec<_> = ancestors.iter().map(|one| (*one).to_owned()).collect();
        frame(&mut headers, &ancestors);
        let policy = headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap().to_owned();
        (policy, headers.contains_key(X_FRAME_OPTIONS))
    }

    #[test]
    fn pages_are_framed_by_ourselves_and_by_whom_the_settings_name() {
        let own = "default-src 'self'; frame-ancestors 'self'";
        assert_eq!(framed(None, &[]), ("frame-ancestors 'self'".to_owned(), true));
        assert_eq!(framed(Some(own), &[]), (own.to_owned(), true));
        let named = framed(Some(own), &["https://dash.example", "http://ha:8123"]);
        assert_eq!(named, (format!("{own} https://dash.example http://ha:8123"), false));
        assert_eq!(framed(Some(own), &["*"]), ("default-src 'self'; frame-ancestors *".to_owned(), false));
        assert_eq!(framed(Some("sandbox"), &["*"]), ("sandbox".to_owned(), false), "a file is left as it is");
    }
}
