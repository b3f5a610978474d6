//! Giving back what a backup has saved: our route, and the one of Posterizarr 3.x.

use actix_web::{Responder, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::start::{BUSY, DryRun, RunStarted, start};
use crate::actors::runs::{RunRequest, Trigger};
use crate::http::extract::json::Json;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, State};

const BUSY_RESTORE: &str = "Cannot run Restore while script is already running.";

/// What is given back; all of it where nothing is named.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct RestoreQuery {
    /// Only this library.
    library: Option<String>,
    /// Only the movie or show with this title or folder.
    item: Option<String>,
    /// Only these: `poster`, `background`, `season` or `titlecard`.
    kind: Option<String>,
}

impl FromQuery for RestoreQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let [library, item, kind] = ["library", "item", "kind"].map(|name| parameters.text(name).map(str::to_owned));
        Self { library, item, kind }
    }
}

/// Gives the media server back what a backup has saved: all of it, or what is named. The built-in engine does it, or version 3
/// of the script.
#[utoipa::path(tag = "runs",
    params(RestoreQuery, DryRun),
    responses((status = 200, body = RunStarted), (status = 400, description = "busy, or version 2 of the script does the runs")))]
#[post("/api/run/restore")]
pub async fn restore(state: State, asked: Query<(RestoreQuery, DryRun)>) -> Result<impl Responder, ApiError> {
    let Query((RestoreQuery { library, item, kind }, DryRun { dry_run })) = asked;
    let request = RunRequest::restore(library.as_deref(), item.as_deref(), kind.as_deref());
    let request = request.and_then(|request| if dry_run { request.dry_run() } else { Ok(request) });
    let started = start(&state, Trigger::Api, request, BUSY).await?;
    Ok(web::Json(RunStarted::new(started, "Started in restore mode".to_owned())))
}

/// What is given back; all of it where nothing is named.
#[derive(Deserialize, ToSchema)]
struct Restored {
    /// Only this library.
    library_name: Option<String>,
    /// Only the movie or show with this title or folder.
    item_name: Option<String>,
    /// Only these: `poster`, `background`, `season` or `titlecard`.
    asset_type: Option<String>,
    /// Only tells what would be given back.
    #[serde(default)]
    dry_run: bool,
}

/// The same as `/api/run/restore`, as Posterizarr 3.x asks for it.
#[utoipa::path(tag = "runs", request_body = Restored, responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or version 2 of the script does the runs"),
    (status = 404, description = "the script is missing")))]
#[post("/api/run-restore")]
pub async fn run_restore(state: State, wanted: Json<Restored>) -> Result<impl Responder, ApiError> {
    let Restored { library_name, item_name, asset_type, dry_run } = wanted.0;
    let request = RunRequest::restore(library_name.as_deref(), item_name.as_deref(), asset_type.as_deref());
    let request = request.and_then(|request| if dry_run { request.dry_run() } else { Ok(request) });
    let started = start(&state, Trigger::Api, request, BUSY_RESTORE).await?;
    Ok(web::Json(RunStarted::new(started, "Started Restore mode".to_owned())))
}
