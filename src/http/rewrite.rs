//! What happens to a request before it is routed: the base URL is taken off, HEAD becomes GET.

use actix_web::body::{self, BodySize, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, Uri, header};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};

use super::AppState;

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

/// The URI without the base, if it is below it.
fn without_base(uri: &Uri, base: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(base)?;
    if rest.starts_with('/') { rest.parse().ok() } else { None }
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
    fn only_paths_below_the_base_lose_it() {
        let strip = |uri: &str| without_base(&uri.parse().unwrap(), "/posters").map(|uri| uri.to_string());
        assert_eq!(strip("/posters/api/status?x=1").as_deref(), Some("/api/status?x=1"));
        assert_eq!(strip("/posters/").as_deref(), Some("/"));
        assert_eq!(strip("/posters2/api"), None);
        assert_eq!(strip("/api/status"), None);
        assert_eq!(strip("/posters//evil.example/"), Some("//evil.example/".to_owned()), "still a path, not a host");
    }
}
