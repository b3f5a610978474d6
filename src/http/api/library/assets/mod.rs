//! What is in the asset folders: galleries, folders, counts. All of it from the index in memory.
//!
//! Every listing has an ETag of the index's generation, so that a client that asks again gets a 304. Until the first
//! scan after an installation is done, requests wait a few seconds for it rather than answer that there is nothing.

mod backup;
mod cache;
mod folder_asset;
mod folders;
mod galleries;
mod manual;
mod stats;
mod why;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::library::assets::{AssetsView, Root};
use crate::http::respond::ASK_EACH_TIME;
use crate::http::respond::conditional::knows;
use crate::http::{ApiError, AppState, Code};

pub use stats::LastStats;

/// How long a request waits for the first scan.
pub(in crate::http) const FIRST_SCAN: Duration = Duration::from_secs(5);

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

/// The view, once it knows something of this root.
async fn known(state: &AppState, root: Root) -> Result<Arc<AssetsView>, ApiError> {
    let view = state.views.assets.get();
    if view.state(root).is_known() {
        return Ok(view);
    }
    let known = state.views.assets.wait_for(|view| view.state(root).is_known());
    tokio::time::timeout(FIRST_SCAN, known).await.map_err(|_| {
        let files = view.state(root).scanning.as_ref().map_or(0, |progress| progress.files());
        let template = "the images are being read for the first time ({files} so far); try again in a moment";
        ApiError::told(Code::ActorUnavailable, template, [("files", files.into())])
    })
}

/// The ETag of what is derived from an index.
fn tag(view: &AssetsView) -> String {
    format!("\"{:x}\"", view.generation)
}

/// Answers with what `body` gives, or that the client has it already.
fn listing(
    request: &HttpRequest,
    view: &AssetsView,
    body: impl FnOnce(&mut HttpResponseBuilder) -> HttpResponse,
) -> HttpResponse {
    let tag = tag(view);
    let known = knows(request, &tag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // Weak: the same answer may go out compressed.
    response.insert_header((ETAG, format!("W/{tag}"))).insert_header((CACHE_CONTROL, ASK_EACH_TIME));
    if known { response.finish() } else { body(&mut response) }
}

/// [`listing`] for what is small enough to be made at once.
fn json_listing<T: Serialize>(request: &HttpRequest, view: &AssetsView, body: impl FnOnce() -> T) -> HttpResponse {
    listing(request, view, |response| response.json(body()))
}
