//! One log line per request, where `log.access` asks for it. The query is left out: keys may be in it.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::http::State;
use crate::http::middleware::request_id;

/// Middleware: tells method, path, client, status and time of each answer.
pub async fn tell<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if !request.app_data::<State>().is_some_and(|state| state.settings.access_log) {
        return next.call(request).await;
    }
    let (began, method, path) = (Instant::now(), request.method().clone(), request.path().to_owned());
    let client = request.peer_addr().map_or_else(|| "local".to_owned(), |address| address.ip().to_string());
    let response = next.call(request).await;
    let status = match &response {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let (id, milliseconds) = (request_id::current(), began.elapsed().as_millis());
    tracing::info!(%method, path, status = status.as_u16(), milliseconds, client, id, "answered");
    response
}
