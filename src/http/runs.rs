//! Runs: starting, ending, listing. Shapes and texts of the first seven routes are upstream's.

mod upload;

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::LocalOwner;
use super::body::Json;
use super::logs::{Content, Parameters, page};
use super::parameters::{self, Given, size};
use super::{ApiError, AppState, Code, State, ask, ask_within};
use crate::actors::log_tailer::page::Page;
use crate::actors::runs::{RunId, RunRecord, Trigger};
use crate::actors::script_supervisor::{
    CheckStart, DeleteRunningFile, GetRun, InvalidRequest, ListRuns, ManualForm, PosterType, RunRequest, StartError,
    StartRun, Started, StopReply, StopRun, log_of,
};

/// Runs listed where the client does not say how many.
const LISTED: i64 = 50;
/// Runs listed at most.
const LISTED_AT_MOST: i64 = 500;

/// What upstream says where a run is in the way.
pub(super) const BUSY: &str = "Script is already running";
const BUSY_MANUAL: &str = "Script is already running. Please stop the script first.";
const BUSY_RESET: &str = "Cannot reset posters while script is running. Please stop the script first.";
const NO_POWERSHELL: &str =
    "PowerShell not found. Please install PowerShell 7+ (pwsh) or ensure Windows PowerShell is in PATH.";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(run_mode)
        .service(run_manual)
        .service(upload::run_manual_upload)
        .service(reset_posters)
        .service(stop)
        .service(force_kill)
        .service(delete_running_file)
        .service(list_runs)
        .service(run_log)
        .service(get_run);
}

/// A run that was started.
#[derive(Serialize, ToSchema)]
struct RunStarted {
    success: bool,
    message: String,
    /// The process id of the script.
    pid: u32,
    /// The run's number.
    run_id: RunId,
    /// Where a picture that came with the request was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_path: Option<String>,
}

impl RunStarted {
    fn new(started: Started, message: String) -> Self {
        Self { success: true, message, pid: started.pid, run_id: started.run, upload_path: None }
    }
}

/// Something that was done, or could not be done.
#[derive(Serialize, ToSchema)]
struct Done {
    success: bool,
    message: String,
    /// What to do instead, where nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Done {
    fn new(success: bool, message: impl Into<String>) -> Self {
        Self { success, message: message.into(), hint: None }
    }
}

/// Starts a run: `normal`, `testing`, `backup`, `syncjelly` or `syncemby`.
#[utoipa::path(tag = "runs", params(("mode" = String, Path)), responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or no such mode"),
    (status = 404, description = "the script is missing"), (status = 500, description = "PowerShell is missing")))]
#[post("/api/run/{mode}")]
async fn run_mode(request: HttpRequest, state: State, mode: web::Path<String>) -> Result<impl Responder, ApiError> {
    // Over the local socket it is `posterizarrd run` that asks.
    let local = request.conn_data::<LocalOwner>().is_some();
    let trigger = if local { Trigger::CommandLine } else { Trigger::Api };
    let started = start(&state, trigger, RunRequest::plain(&mode), BUSY).await?;
    Ok(web::Json(RunStarted::new(started, format!("Started in {mode} mode"))))
}

/// Makes one asset from a picture.
#[utoipa::path(tag = "runs", request_body = ManualForm, responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or a field is missing"),
    (status = 404, description = "the script is missing"), (status = 500, description = "PowerShell is missing")))]
#[post("/api/run-manual")]
async fn run_manual(state: State, form: Json<ManualForm>) -> Result<impl Responder, ApiError> {
    let form = form.0;
    let started = start(&state, Trigger::Api, RunRequest::manual(&form), BUSY_MANUAL).await?;
    Ok(web::Json(RunStarted::new(started, format!("Started manual mode for {}", label(form.poster_type)))))
}

/// A reset.
#[derive(Deserialize, ToSchema)]
struct Reset {
    /// The Plex library whose posters are reset.
    library: String,
}

/// Resets the posters of a Plex library.
#[utoipa::path(tag = "runs", request_body = Reset, responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or no library named"),
    (status = 404, description = "the script is missing"), (status = 500, description = "PowerShell is missing")))]
#[post("/api/reset-posters")]
async fn reset_posters(state: State, reset: Json<Reset>) -> Result<impl Responder, ApiError> {
    let Reset { library } = reset.0;
    let started = start(&state, Trigger::Api, RunRequest::reset(&library), BUSY_RESET).await?;
    let message = format!("Started resetting posters for library: {library}");
    Ok(web::Json(RunStarted::new(started, message)))
}

/// Ends the current run: its processes are asked to end, and killed if they do not.
#[utoipa::path(tag = "runs", responses((status = 200, body = Done)))]
#[post("/api/stop")]
async fn stop(state: State) -> Result<impl Responder, ApiError> {
    Ok(web::Json(match end(&state, false).await? {
        StopReply::NothingRuns { foreign } => nothing_runs(foreign.and_then(|foreign| foreign.pid)),
        StopReply::Ended { trigger, forced: false, .. } => Done::new(true, format!("Stopped: {}", slot(trigger))),
        StopReply::Ended { trigger, forced: true, .. } => {
            Done::new(true, format!("Stopped: {} (force killed after timeout)", slot(trigger)))
        }
        StopReply::Stuck { .. } => stuck("Failed to stop processes"),
    }))
}

/// Kills the current run.
#[utoipa::path(tag = "runs", responses((status = 200, body = Done)))]
#[post("/api/force-kill")]
async fn force_kill(state: State) -> Result<impl Responder, ApiError> {
    Ok(web::Json(match end(&state, true).await? {
        StopReply::NothingRuns { foreign } => nothing_runs(foreign.and_then(|foreign| foreign.pid)),
        StopReply::Ended { trigger, .. } => Done::new(true, format!("Force killed: {}", slot(trigger))),
        StopReply::Stuck { .. } => stuck("Failed to kill processes"),
    }))
}

/// Removes the file that keeps the script from starting twice.
#[utoipa::path(tag = "runs", responses((status = 200, body = Done)))]
#[delete("/api/running-file")]
async fn delete_running_file(state: State) -> Result<impl Responder, ApiError> {
    match ask(&state.supervisor, DeleteRunningFile).await? {
        Ok(true) => Ok(web::Json(Done::new(true, "Running file deleted successfully"))),
        Ok(false) => Ok(web::Json(Done::new(false, "Running file does not exist"))),
        Err(error) => Err(ApiError::new(Code::Internal, error.to_string())),
    }
}

/// Runs, newest first.
#[derive(Serialize, ToSchema)]
struct Runs {
    runs: Vec<RunRecord>,
    /// Give this as `before` for the next page; null on the last one.
    next: Option<RunId>,
}

/// Lists runs, newest first.
#[utoipa::path(tag = "runs",
    params(
        ("limit" = Option<usize>, Query, description = "how many at most; 50 if absent, at most 500"),
        ("before" = Option<u64>, Query, description = "only runs with a lower number"),
    ),
    responses((status = 200, body = Runs), (status = 400)))]
#[get("/api/runs")]
async fn list_runs(state: State, given: Given) -> Result<impl Responder, ApiError> {
    let mut parameters = parameters::Parameters::of(&given);
    let limit = parameters.number("limit", LISTED, 1, LISTED_AT_MOST);
    let before = parameters.optional_number("before", 1, i64::MAX);
    parameters.checked()?;
    let (limit, before) = (size(limit), before.map(|before| RunId(before.unsigned_abs())));
    // One more than is shown tells whether there is a next page.
    let mut runs = ask(&state.supervisor, ListRuns { limit: limit + 1, before }).await??;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next = runs.last().map(|run| run.id).filter(|_| more);
    Ok(web::Json(Runs { runs, next }))
}

/// Tells of one run.
#[utoipa::path(tag = "runs", params(("id" = u64, Path)), responses((status = 200, body = RunRecord), (status = 404)))]
#[get("/api/runs/{id}")]
async fn get_run(state: State, id: web::Path<u64>) -> Result<impl Responder, ApiError> {
    Ok(web::Json(record(&state, *id).await?))
}

/// Shows the log of one run, also after later runs: what the script logged, or what it printed if it logged nothing.
#[utoipa::path(tag = "runs",
    params(
        ("id" = u64, Path),
        ("tail" = Option<i64>, Query, description = "the last so many lines (100); 0: all; -n: all but the first n"),
        ("level" = Option<String>, Query, description = "only these levels, separated by commas"),
        ("min_level" = Option<String>, Query, description = "only this level and graver ones"),
        ("q" = Option<String>, Query, description = "only lines that contain this text, in any case"),
        ("structured" = Option<bool>, Query, description = "true: records under `records` instead of lines"),
    ),
    responses((status = 200, body = Content), (status = 404, description = "no such run, or its log is gone")))]
#[get("/api/runs/{id}/log")]
async fn run_log(state: State, id: web::Path<u64>, query: Parameters) -> Result<HttpResponse, ApiError> {
    let record = record(&state, *id).await?;
    let data = state.commons.data.clone();
    page(&query, move |part, filter| {
        let gone = |_| ApiError::not_found("the log of this run is gone");
        Page::open(&log_of(&data, &record), part, filter).map_err(gone)
    })
    .await
}

async fn record(state: &AppState, id: u64) -> Result<RunRecord, ApiError> {
    let record = ask(&state.supervisor, GetRun { id: RunId(id) }).await??;
    record.ok_or_else(|| ApiError::not_found(format!("there is no run {id}")))
}

/// Starts a run for the API. That the slot is free and the script is there comes before what is wrong with the request.
async fn start(
    state: &AppState,
    trigger: Trigger,
    request: Result<RunRequest, InvalidRequest>,
    busy: &'static str,
) -> Result<Started, ApiError> {
    match request {
        Ok(request) => {
            let start = StartRun { request, trigger, remove_after: None };
            ask(&state.supervisor, start).await?.map_err(|error| refused(error, busy))
        }
        Err(invalid) => {
            ask(&state.supervisor, CheckStart).await?.map_err(|error| refused(error, busy))?;
            Err(refused(StartError::Invalid(invalid), busy))
        }
    }
}

async fn end(state: &AppState, kill: bool) -> Result<StopReply, ApiError> {
    let patience = state.settings.stop_grace + Duration::from_secs(10);
    ask_within(patience, &state.supervisor, StopRun { kill }).await
}

pub(super) fn refused(error: StartError, busy: &str) -> ApiError {
    let text = error.to_string();
    match error {
        StartError::Busy(holder) => {
            ApiError::new(Code::RunBusy, busy).with("holder", serde_json::to_value(holder).unwrap_or_default())
        }
        StartError::Stopping => ApiError::new(Code::ActorUnavailable, text),
        StartError::ScriptMissing => ApiError::not_found(text),
        StartError::Invalid(
            InvalidRequest::ManualNeedsParameters | InvalidRequest::ResetNeedsPlex(_) | InvalidRequest::NotInEngine(_),
        ) => ApiError::new(Code::ModeNotSupported, text),
        StartError::Invalid(_) => ApiError::new(Code::InvalidValue, text),
        StartError::InterpreterMissing { program, .. } if program == "pwsh" => {
            // Upstream's text for the modes that are started by name has the system's error at its end.
            let cause = if busy == BUSY { " Error: [Errno 2] No such file or directory: 'pwsh'" } else { "" };
            ApiError::new(Code::RunnerUnavailable, format!("{NO_POWERSHELL}{cause}"))
        }
        StartError::InterpreterMissing { .. } => {
            ApiError::new(Code::RunnerUnavailable, format!("{text}; set runner.command to a program that is there"))
        }
        StartError::Failed(_) => ApiError::new(Code::RunnerUnavailable, text),
        StartError::Store(_) => ApiError::new(Code::StorageUnavailable, text),
    }
}

fn nothing_runs(foreign: Option<u32>) -> Done {
    let hint = foreign
        .map(|pid| format!("process {pid} runs the script, but not for this server; end it where it was started"));
    Done { hint, ..Done::new(false, "No script is running") }
}

fn stuck(message: &str) -> Done {
    let hint = "a process hangs inside the system, mostly on a disk or a network share; the run ends when that answers";
    Done { hint: Some(hint.to_owned()), ..Done::new(false, message) }
}

/// Upstream's name of the slot.
fn slot(trigger: Trigger) -> &'static str {
    if trigger == Trigger::Schedule { "scheduled" } else { "manual" }
}

fn label(poster_type: PosterType) -> &'static str {
    match poster_type {
        PosterType::Standard => "standard poster",
        PosterType::Season => "season poster",
        PosterType::Collection => "collection poster",
        PosterType::TitleCard => "episode title card",
        PosterType::Background => "background poster",
    }
}

impl From<crate::actors::store::StoreError> for ApiError {
    fn from(error: crate::actors::store::StoreError) -> Self {
        tracing::error!(%error, "the record store failed");
        Self::new(Code::StorageUnavailable, "the record store failed; the daemon's log has the cause")
    }
}
