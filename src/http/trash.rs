//! The trash: what was deleted, restoring it, and deleting it for good.

use std::io;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, Responder, delete, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{ApiError, Code, State, ask};
use crate::actors::asset_indexer::Root;
use crate::actors::image_choices::FileReturned;
use crate::actors::trash::{Purge, PurgeAll, Restore, RestoreError, TrashEntry};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(restore).service(purge_all).service(purge);
}

/// What is in the trash, and what it keeps.
#[derive(Serialize, ToSchema)]
struct TrashList {
    success: bool,
    /// Whether deleted images are kept.
    enabled: bool,
    /// Newest first.
    #[schema(value_type = Vec<TrashEntry>)]
    entries: Vec<Arc<TrashEntry>>,
    /// Bytes of all of them.
    total_size: u64,
    /// How many bytes are kept.
    max_size: u64,
    /// How long an image is kept; null means for ever.
    max_age_seconds: Option<u64>,
}

/// An image that is back in its place.
#[derive(Serialize, ToSchema)]
struct ImageRestored {
    success: bool,
    message: String,
    #[schema(value_type = TrashEntry)]
    entry: Arc<TrashEntry>,
}

/// What was deleted for good.
#[derive(Serialize, ToSchema)]
struct TrashPurged {
    success: bool,
    message: String,
    /// How many files.
    deleted: usize,
}

impl From<RestoreError> for ApiError {
    fn from(error: RestoreError) -> Self {
        let code = match error {
            RestoreError::Unknown => Code::NotFound,
            RestoreError::Taken { .. } | RestoreError::NoWay { .. } => Code::Conflict,
            RestoreError::Disk(_) => Code::StorageUnavailable,
        };
        Self::new(code, error.to_string())
    }
}

/// Lists the trash.
#[utoipa::path(tag = "trash", responses((status = 200, body = TrashList)))]
#[get("/api/trash")]
async fn list(state: State) -> impl Responder {
    let (view, settings) = (state.commons.views.trash.get(), &state.settings.trash);
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(TrashList {
        success: true,
        enabled: settings.enabled,
        entries: view.entries.clone(),
        total_size: view.bytes,
        max_size: settings.max_size,
        max_age_seconds: settings.max_age.map(|age| age.as_secs()),
    })
}

/// Puts a deleted image back where it was.
#[utoipa::path(tag = "trash", params(("id" = String, Path)), responses((status = 200, body = ImageRestored), (status = 404),
    (status = 409, description = "something is there now, or the library is gone")))]
#[post("/api/trash/{id}/restore")]
async fn restore(state: State, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    let entry = ask(&state.trash, Restore { id: id.into_inner() }).await??;
    if entry.root == Root::Assets {
        // The file is back either way; rows that cannot follow now do so when the index is next looked at.
        let _ = ask(&state.choices, FileReturned { path: entry.path.clone() }).await;
    }
    Ok(web::Json(ImageRestored { success: true, message: format!("'{}' restored", entry.path), entry }))
}

/// Deletes an image of the trash for good.
#[utoipa::path(tag = "trash", params(("id" = String, Path)), responses((status = 200, body = TrashPurged), (status = 404)))]
#[delete("/api/trash/{id}")]
async fn purge(state: State, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    if !ask(&state.trash, Purge { id: id.into_inner() }).await?.map_err(|error| not_purged(&error))? {
        return Err(RestoreError::Unknown.into());
    }
    Ok(web::Json(TrashPurged { success: true, message: "deleted for good".to_owned(), deleted: 1 }))
}

/// Deletes everything in the trash for good.
#[utoipa::path(tag = "trash", responses((status = 200, body = TrashPurged)))]
#[delete("/api/trash")]
async fn purge_all(state: State) -> Result<impl Responder, ApiError> {
    let deleted = ask(&state.trash, PurgeAll).await?.map_err(|error| not_purged(&error))?;
    Ok(web::Json(TrashPurged { success: true, message: format!("{deleted} image(s) deleted for good"), deleted }))
}

fn not_purged(error: &io::Error) -> ApiError {
    ApiError::new(Code::StorageUnavailable, format!("the trash cannot be emptied: {error}; delete its folders by hand"))
}
