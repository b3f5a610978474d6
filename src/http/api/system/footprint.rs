//! `GET /api/footprint`: what the daemon itself uses, and how much room its disk has.

use actix_web::{Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::{ApiError, State};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(footprint);
}

/// What the daemon uses.
#[derive(Debug, Serialize, ToSchema)]
struct Footprint {
    /// Its memory in RAM, in bytes, without that of runs; null if unknown.
    memory_bytes: Option<u64>,
    /// Its processor time since its start, in seconds; null if unknown.
    cpu_seconds: Option<f64>,
    /// Bytes that it can still write to the disk with the data folder; null if unknown.
    disk_free_bytes: Option<u64>,
    /// The size of that disk in bytes; null if unknown.
    disk_total_bytes: Option<u64>,
}

/// Returns what resources the daemon itself uses, and how much space is left on the disk of its data folder.
#[utoipa::path(tag = "system", responses((status = 200, body = Footprint)))]
#[get("/api/footprint")]
async fn footprint(state: State) -> Result<impl Responder, ApiError> {
    let look = move || {
        let process = state.machine.process();
        let disk = rustix::fs::statvfs(state.shared.data.root()).ok();
        Footprint {
            memory_bytes: process.map(|process| process.resident_bytes),
            cpu_seconds: process.map(|process| process.cpu_seconds),
            disk_free_bytes: disk.as_ref().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            disk_total_bytes: disk.as_ref().map(|disk| disk.f_blocks.saturating_mul(disk.f_frsize)),
        }
    };
    Ok(web::Json(web::block(look).await.map_err(ApiError::internal)?))
}
