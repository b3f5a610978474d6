//! What is in the asset folders: galleries, folders, counts. All of it from the index in memory.
//!
//! Every listing has an ETag of the index's generation, so that a client that asks again gets a 304. Until the first
//! scan after an installation is done, requests wait a few seconds for it rather than answer that there is nothing.

mod backup;
mod cache;
mod folder_asset;
mod folders;
mod galleries;
mod listing;
mod manual;
mod stats;
mod why;

use utoipa_actix_web::service_config::ServiceConfig;

pub use stats::LastStats;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    galleries::routes(config);
    folders::routes(config);
    stats::routes(config);
    manual::routes(config);
    backup::routes(config);
    cache::routes(config);
    why::routes(config);
}
