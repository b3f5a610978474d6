//! `GET /api`: is anybody there.

use actix_web::{Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(root);
}

/// Name and state of the server; upstream's text.
#[derive(Serialize, ToSchema)]
struct Root {
    message: &'static str,
    status: &'static str,
}

/// Returns a greeting, which shows that the API answers.
#[utoipa::path(tag = "system", responses((status = 200, body = Root)))]
#[get("/api")]
async fn root() -> impl Responder {
    web::Json(Root { message: "Posterizarr Web UI API", status: "running" })
}
