//! The trash: what was deleted, restoring it, and deleting it for good.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, Responder, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::library::assets::Root;
use crate::actors::library::choices::FilesReturned;
use crate::actors::library::trash::{DiscardError, Purge, PurgeAll, Restore, RestoreAll, RestoreError, TrashEntry};
use crate::http::api::library::deletes::discard;
use crate::http::extract::json::Json;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, AppState, Code, Refusal, State, ask, ask_within, to_the_end};

/// Many files between two slow disks take their time.
const RESTORING: Duration = Duration::from_secs(300);

/// Images that are restored with one request.
const RESTORED_AT_MOST: usize = 100_000;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(restore_all).service(restore).service(purge_all).service(purge);
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
    /// Under this id the trash has what was in its place; null where there was nothing.
    replaced: Option<String>,
}

/// Which deleted images are to be restored.
#[derive(Deserialize, ToSchema)]
struct ImagesToRestore {
    /// Their ids in the trash; one at least, 100,000 at most. One that is named twice is restored once.
    ids: Vec<String>,
}

/// What is back, and what not.
#[derive(Serialize, ToSchema)]
struct ImagesRestored {
    success: bool,
    message: String,
    /// How many are back.
    restored: usize,
    /// Those that are not; they are still in the trash, if they ever were.
    failed: Vec<NotRestored>,
}

/// An image that was not restored.
#[derive(Serialize, ToSchema)]
struct NotRestored {
    id: String,
    error: String,
    /// As of an answer that refuses one.
    code: &'static str,
}

/// What was deleted for good.
#[derive(Serialize, ToSchema)]
struct TrashPurged {
    success: bool,
    message: String,
    /// How many files.
    deleted: usize,
}

impl Refusal for RestoreError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown => Code::NotFound,
            Self::Taken { .. } | Self::NoWay { .. } => Code::Conflict,
            Self::Disk(_) => Code::StorageUnavailable,
        }
    }
}

/// Lists the trash.
#[utoipa::path(tag = "trash", responses((status = 200, body = TrashList)))]
#[get("/api/trash")]
async fn list(state: State) -> impl Responder {
    let (view, settings) = (state.views.trash.get(), &state.settings.trash);
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(TrashList {
        success: true,
        enabled: settings.enabled,
        entries: view.entries.clone(),
        total_size: view.bytes,
        max_size: settings.max_size,
        max_age_seconds: settings.max_age.map(|age| age.as_secs()),
    })
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Instead {
    /// `true`: what is there now goes to the trash.
    #[param(required = false)]
    replace: bool,
}

impl FromQuery for Instead {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { replace: parameters.switch("replace") }
    }
}

/// Restores a deleted image to where it was. What is there now stays, or with `replace` goes to the trash.
#[utoipa::path(tag = "trash",
    params(("id" = String, Path), Instead),
    responses((status = 200, body = ImageRestored), (status = 404),
        (status = 409, description = "something is there now, or the library is gone")))]
#[post("/api/trash/{id}/restore")]
async fn restore(
    state: State,
    id: web::Path<String>,
    Query(Instead { replace }): Query<Instead>,
) -> Result<impl Responder, ApiError> {
    let id = id.into_inner();
    to_the_end(async move {
        let replaced = if replace { make_room(&state, &id).await? } else { None };
        let entry = ask(&state.trash, Restore { id }).await??;
        if entry.root == Root::Assets {
            // The file is back either way; rows that cannot follow now do so when the index is next looked at.
            let _ = ask(&state.choices, FilesReturned { paths: vec![entry.path.clone()] }).await;
        }
        let message = format!("'{}' restored", entry.path);
        Ok(web::Json(ImageRestored { success: true, message, entry, replaced }))
    })
    .await
}

/// Restores deleted images to where they were. What is there now stays; one that fails does not keep the others.
#[utoipa::path(tag = "trash", responses((status = 200, body = ImagesRestored), (status = 400)))]
#[post("/api/trash/restore")]
async fn restore_all(state: State, asked: Json<ImagesToRestore>) -> Result<impl Responder, ApiError> {
    let mut ids = asked.0.ids;
    if ids.is_empty() {
        return Err(ApiError::validation("too_short", &["body", "ids"], "name at least one image"));
    }
    if ids.len() > RESTORED_AT_MOST {
        let text = format!("name at most {RESTORED_AT_MOST} images");
        return Err(ApiError::validation("too_long", &["body", "ids"], text));
    }
    let mut named = HashSet::new();
    ids.retain(|id| named.insert(id.clone()));
    to_the_end(async move {
        let results = ask_within(RESTORING, &state.trash, RestoreAll { ids: ids.clone() }).await?;
        let assets = results.iter().flatten().filter(|entry| entry.root == Root::Assets);
        let paths: Vec<_> = assets.map(|entry| entry.path.clone()).collect();
        if !paths.is_empty() {
            // The files are back either way, as above.
            let _ = ask_within(RESTORING, &state.choices, FilesReturned { paths }).await;
        }
        let restored = results.iter().flatten().count();
        let not_restored = |(id, result): (String, Result<_, RestoreError>)| {
            let error = ApiError::from(result.err()?);
            Some(NotRestored { id, error: error.to_string(), code: error.code().name() })
        };
        let failed: Vec<_> = ids.into_iter().zip(results).filter_map(not_restored).collect();
        let message = format!("{restored} image(s) restored, {} not", failed.len());
        Ok(web::Json(ImagesRestored { success: true, message, restored, failed }))
    })
    .await
}

/// Puts what is in an entry's place into the trash. Gives its id there.
async fn make_room(state: &AppState, id: &str) -> Result<Option<String>, ApiError> {
    let trash = state.views.trash.get();
    let entry = trash.entries.iter().find(|entry| entry.id == id).ok_or(RestoreError::Unknown)?;
    match discard(state, entry.root, vec![entry.path.clone()]).await?.pop() {
        Some(Ok(discarded)) => Ok(discarded.trash_id),
        Some(Err(DiscardError::Missing)) | None => Ok(None),
        Some(Err(error)) => Err(ApiError::of(Code::Conflict, &error)),
    }
}

/// Deletes an image in the trash permanently.
#[utoipa::path(tag = "trash", params(("id" = String, Path)), responses((status = 200, body = TrashPurged), (status = 404)))]
#[delete("/api/trash/{id}")]
async fn purge(state: State, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    if !ask(&state.trash, Purge { id: id.into_inner() }).await?.map_err(|error| not_purged(&error))? {
        return Err(RestoreError::Unknown.into());
    }
    Ok(web::Json(TrashPurged { success: true, message: "deleted for good".to_owned(), deleted: 1 }))
}

/// Deletes everything in the trash permanently.
#[utoipa::path(tag = "trash", responses((status = 200, body = TrashPurged)))]
#[delete("/api/trash")]
async fn purge_all(state: State) -> Result<impl Responder, ApiError> {
    let deleted = ask(&state.trash, PurgeAll).await?.map_err(|error| not_purged(&error))?;
    Ok(web::Json(TrashPurged { success: true, message: format!("{deleted} image(s) deleted for good"), deleted }))
}

fn not_purged(error: &io::Error) -> ApiError {
    let template = "the trash cannot be emptied: {cause}; delete its folders by hand";
    ApiError::told(Code::StorageUnavailable, template, [("cause", error.to_string().into())])
}
