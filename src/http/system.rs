//! TODO

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this area.
pub fn routes(_config: &mut ServiceConfig<'_>) {}

#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct SystemInfo {}
impl SystemInfo {
    pub fn now(_: &super::AppState) -> Self {
        Self {}
    }
}
