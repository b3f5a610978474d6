//! The queue of pictures that are to replace others: what waits in it, letting it run, and clearing it. Shapes and texts are
//! upstream's.

use actix_web::{Responder, delete, get, post, web};
use chrono::{DateTime, Utc};
use posterizarr_base::said::Clause;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::actors::library::replacing::{Item, RemoveItems, RunItems, SourceKind, Step};
use crate::actors::runs::{CheckStart, StartError};
use crate::http::extract::body::Body;
use crate::http::respond::done::Done;
use crate::http::{ApiError, Code, State, ask};

/// A picture in the queue.
#[derive(Serialize, ToSchema)]
struct QueueItem {
    id: u64,
    /// The asset.
    asset_path: String,
    source_type: SourceKind,
    /// The address, or where the picture waits.
    source_data: String,
    /// What was asked for.
    #[schema(value_type = Object)]
    overlay_params: Map<String, Value>,
    /// `pending`, `processing`, `completed` or `failed`.
    status: &'static str,
    error_message: Option<String>,
    /// The same by codes, for those who say it in another language; empty where nobody noted it so.
    error_because: Vec<Clause>,
    /// UTC.
    created_at: String,
    /// UTC.
    updated_at: String,
    /// Whether it is to be done as soon as nothing runs: somebody has let it run.
    wanted: bool,
}

impl QueueItem {
    fn of(item: &Item) -> Self {
        let (error_message, error_because) = match &item.step {
            Step::Failed { error, because } => (Some(error.clone()), because.clone()),
            _ => (None, Vec::new()),
        };
        Self {
            id: item.id,
            asset_path: item.path.clone(),
            source_type: item.source,
            source_data: item.given.clone(),
            overlay_params: item.parameters.clone(),
            status: item.status(),
            error_message,
            error_because,
            created_at: at(item.created),
            updated_at: at(item.updated),
            wanted: item.step == Step::Wanted,
        }
    }
}

fn at(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Which pictures.
#[derive(Default, Deserialize, ToSchema)]
struct QueueChosen {
    /// Absent or null: all.
    #[serde(default)]
    item_ids: Option<Vec<u64>>,
}

/// Lists the queue, oldest first.
#[utoipa::path(tag = "queue", responses((status = 200, body = Vec<QueueItem>)))]
#[get("/api/queue")]
pub async fn list_queue(state: State) -> impl Responder {
    let items = &state.views.replacing.get().items;
    web::Json(items.iter().map(|item| QueueItem::of(item)).collect::<Vec<_>>())
}

/// Lets the queue run: one picture after the other, now and whenever nothing else runs, but not while the queue of jobs is
/// held; those that are named, also such that failed before, or all that are pending.
#[utoipa::path(tag = "queue", request_body(content = Option<QueueChosen>), responses((status = 200, body = Done),
    (status = 400, description = "not a list of numbers"), (status = 409, description = "a run is in progress")))]
#[post("/api/queue/run")]
pub async fn run_queue(state: State, body: Body) -> Result<impl Responder, ApiError> {
    let ids = chosen(body)?;
    match ask(&state.supervisor, CheckStart).await? {
        Err(StartError::Busy(_)) => return Err(ApiError::new(Code::Conflict, "Posterizarr is already running")),
        Err(error @ StartError::Stopping) => return Err(ApiError::of(Code::ActorUnavailable, &error)),
        // Pictures that need no run can be put in place all the same.
        Ok(()) | Err(_) => {}
    }
    ask(&state.replacer, RunItems { ids }).await??;
    Ok(web::Json(Done::new("Queue execution started")))
}

/// Removes all pictures from the queue, except for the one that is being processed.
#[utoipa::path(tag = "queue", responses((status = 200, body = Done)))]
#[post("/api/queue/clear")]
pub async fn clear_queue(state: State) -> Result<impl Responder, ApiError> {
    ask(&state.replacer, RemoveItems { ids: None }).await??;
    Ok(web::Json(Done::new("Queue cleared")))
}

/// Removes pictures from the queue.
#[utoipa::path(tag = "queue", request_body = QueueChosen, responses((status = 200, body = Done), (status = 400)))]
#[post("/api/queue/delete")]
pub async fn delete_several(state: State, body: Body) -> Result<impl Responder, ApiError> {
    let missing = || ApiError::validation("missing", &["body", "item_ids"], "Field required");
    let ids = Some(chosen(body)?.ok_or_else(missing)?);
    let removed = ask(&state.replacer, RemoveItems { ids }).await??;
    Ok(web::Json(Done::new(format!("Deleted {} items", removed.removed))))
}

/// Removes a picture from the queue; one that is not there is no error.
#[utoipa::path(tag = "queue", params(("item_id" = u64, Path)), responses((status = 200, body = Done), (status = 400),
    (status = 409, description = "it is being done")))]
#[delete("/api/queue/{item_id}")]
pub async fn delete_one(state: State, item_id: web::Path<String>) -> Result<impl Responder, ApiError> {
    let wrong = || {
        let text = "Input should be a valid integer, unable to parse string as an integer";
        ApiError::validation("int_parsing", &["path", "item_id"], text)
    };
    let id: i64 = item_id.parse().map_err(|_| wrong())?;
    // Negative numbers are ids that nobody has.
    let ids = Some(u64::try_from(id).into_iter().collect());
    if ask(&state.replacer, RemoveItems { ids }).await??.kept > 0 {
        return Err(ApiError::new(Code::Conflict, "this picture is being made; stop its run first"));
    }
    Ok(web::Json(Done::new("Item deleted")))
}

/// The ids of a body, which may be empty or null.
fn chosen(body: Body) -> Result<Option<Vec<u64>>, ApiError> {
    let text = body.into_bytes();
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let chosen: Option<QueueChosen> = serde_json::from_slice(&text).map_err(|error| {
        ApiError::validation("value_error", &["body", "item_ids"], format!("item_ids is a list of numbers: {error}"))
    })?;
    Ok(chosen.unwrap_or_default().item_ids)
}
