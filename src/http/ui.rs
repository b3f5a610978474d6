//! The web UI, and what happens to paths nobody else answers.

use actix_web::HttpRequest;

use super::ApiError;

/// Answers what no route matched.
pub async fn fallback(_request: HttpRequest) -> Result<String, ApiError> {
    Err(ApiError::not_found("nothing here"))
}
