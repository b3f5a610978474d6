//! TODO

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this area.
pub fn routes(_config: &mut ServiceConfig<'_>) {}

impl From<crate::actors::script_supervisor::StartError> for super::ApiError {
    fn from(error: crate::actors::script_supervisor::StartError) -> Self {
        Self::internal(error)
    }
}
