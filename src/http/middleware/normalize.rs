//! What happens to a request before it is routed: the base URL is taken off, needless slashes and upgrades are dropped, HEAD
//! becomes GET.

use actix_web::body::{self, BodySize, EitherBody, MessageBody};
use actix_web::dev::{Payload, RequestHead, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, Method, StatusCode, Uri, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use futures_util::{StreamExt, stream};

use crate::http::AppState;

/// Middleware: a request below `base_url` is routed as if it came without it; the bare base is sent to its folder form
/// (308), so that relative links work. A proxy that already strips the prefix works too.
pub async fn strip_base<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let base =
        request.app_data::<web::Data<AppState>>().map(|state| state.settings.base_url.clone()).unwrap_or_default();
    if !base.is_empty() {
        if request.path() == base {
            let folder =
                HttpResponse::PermanentRedirect().insert_header((header::LOCATION, format!("{base}/"))).finish();
            return Ok(request.into_response(folder).map_into_right_body());
        }
        if let Some(uri) = without_base(request.uri(), &base) {
            request.match_info_mut().get_mut().update(&uri);
            request.head_mut().uri = uri;
        }
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Where the webhooks are.
const WEBHOOKS: &str = "/api/webhook/";

/// The URI without the base, if it is below it.
fn without_base(uri: &Uri, base: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(base)?;
    if rest.starts_with('/') { rest.parse().ok() } else { None }
}

/// Middleware: in the path of a webhook, slashes too many do no harm: `/api/webhook/arr/` and `//api/webhook/arr` are what the
/// user meant, who typed it into Sonarr. It comes before the login, which sees the path that is routed.
pub async fn tidy_path<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if let Some(uri) = tidied(request.uri()) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

/// The URI without empty segments, if it is one of a webhook and has some.
fn tidied(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let has_too_many = path.contains("//") || (path.ends_with('/') && path.len() > 1);
    if !has_too_many {
        return None;
    }
    let tidy: String =
        path.split('/').filter(|segment| !segment.is_empty()).flat_map(|segment| ["/", segment]).collect();
    if !tidy.starts_with(WEBHOOKS) {
        return None;
    }
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("{tidy}{query}").parse().ok()
}

/// Middleware: a wish to change the protocol means nothing but where there is a WebSocket. Proxies that are set up by a
/// common example send it with every request; then the body has the length that it says, where the connection would take
/// all that follows for the body, and the answer says that the connection ends, which it does.
pub async fn harmless_upgrade<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if !wishes_upgrade(request.head()) {
        return next.call(request).await;
    }
    if !has_websocket(request.path()) && !request.headers().contains_key(header::TRANSFER_ENCODING) {
        let length =
            request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let body = request.take_payload();
        request.set_payload(first(length.unwrap_or(0), body));
    }
    let mut response = next.call(request).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

fn wishes_upgrade(head: &RequestHead) -> bool {
    head.upgrade() || head.headers().contains_key(header::UPGRADE)
}

fn has_websocket(path: &str) -> bool {
    path.trim_start_matches('/').starts_with("ws/")
}

/// The first bytes of a body; what the client still owes of them is an error, as it would be without an upgrade.
fn first(length: u64, body: Payload) -> Payload {
    if length == 0 {
        return Payload::None;
    }
    let parts = stream::try_unfold((length, body), |(left, mut body)| async move {
        if left == 0 {
            return Ok(None);
        }
        let Some(part) = body.next().await else { return Err(PayloadError::Incomplete(None)) };
        let mut part = part?;
        part.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - part.len() as u64;
        Ok(Some((part, (left, body))))
    });
    Payload::Stream { payload: parts.boxed_local() }
}

/// Middleware: every GET route answers HEAD too. The connection knows that the client asked for HEAD and sends no body,
/// but it would read a stream to its end, and some have none: those are dropped here.
pub async fn head_as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, body::None>>, actix_web::Error> {
    let is_head = request.method() == Method::HEAD;
    if is_head {
        request.head_mut().method = Method::GET;
    }
    let response = next.call(request).await?;
    let is_stream = response.response().body().size() == BodySize::Stream;
    Ok(response.map_body(|_, body| {
        if is_head && is_stream { EitherBody::right(body::None::new()) } else { EitherBody::left(body) }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_too_many_are_dropped_from_paths_of_webhooks_only() {
        let tidy = |uri: &str| tidied(&uri.parse().unwrap()).map(|uri| uri.to_string());
        for (sent, routed) in [
            ("/api/webhook/arr/", "/api/webhook/arr"),
            ("//api/webhook/arr", "/api/webhook/arr"),
            ("/api//webhook///arr//?secret=a//b/", "/api/webhook/arr?secret=a//b/"),
        ] {
            assert_eq!(tidy(sent).as_deref(), Some(routed), "{sent}");
        }
        for kept in [
            "/",
            "//",
            "/api/",
            "//api/status",
            "/api/status/",
            "/docs/",
            "/api",
            "/api/logs/%2F%2f",
            "/poster_assets//a/",
            "//evil.example/",
        ] {
            assert_eq!(tidy(kept), None, "{kept}");
        }
    }

    #[test]
    fn only_paths_below_the_base_lose_it() {
        let strip = |uri: &str| without_base(&uri.parse().unwrap(), "/posters").map(|uri| uri.to_string());
        assert_eq!(strip("/posters/api/status?x=1").as_deref(), Some("/api/status?x=1"));
        assert_eq!(strip("/posters/").as_deref(), Some("/"));
        assert_eq!(strip("/posters2/api"), None);
        assert_eq!(strip("/api/status"), None);
        assert_eq!(strip("/posters//evil.example/"), Some("//evil.example/".to_owned()), "still a path, not a host");
    }
}
