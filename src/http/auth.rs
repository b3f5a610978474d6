//! Who may do what.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this area.
pub fn routes(_config: &mut ServiceConfig<'_>) {}

/// Marks a connection over the owner-only socket.
#[derive(Debug, Clone, Copy)]
pub struct LocalOwner;

/// Middleware: lets a request through if its login allows it.
pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    next.call(request).await
}
