//! Runs: starting, ending, listing. Shapes and texts of the first seven routes are upstream's.

mod assets;
mod queued;
mod restore;
mod source;
pub mod start;
pub mod status;
mod upload;
mod upload_path;

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use self::assets::record;
use self::start::{BUSY, BUSY_MANUAL, DryRun, RunStarted, label, refused, refused_request, start};
use crate::actors::logs::Page;
use crate::actors::runs::{
    CheckStart, DeleteRunningFile, HoldQueue, ListRuns, LogoChange, ManualForm, RunId, RunRequest, StopReply, StopRun,
    Trigger, log_of,
};
use crate::http::api::logs::query::LinesQuery;
use crate::http::api::logs::{Content, page};
use crate::http::auth::{LocalOwner, Principal};
use crate::http::extract::json::Json;
use crate::http::extract::parameters::{FromQuery, Parameters, Query, size};
use crate::http::respond::done::Done;
use crate::http::respond::run::RunAnswer;
use crate::http::{ApiError, AppState, Code, State, ask, ask_within, to_the_end};

/// Runs listed where the client does not say how many.
const LISTED: i64 = 50;
/// Runs listed at most.
const LISTED_AT_MOST: i64 = 500;

const BUSY_RESET: &str = "Cannot reset posters while script is running. Please stop the script first.";
const BUSY_LOGOS: &str = "Cannot run LogoUpdater while script is already running.";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(restyle)
        .service(restore::restore)
        .service(restore::run_restore)
        .service(update_logos)
        .service(run_mode)
        .service(assets::run_assets)
        .service(assets::remake)
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

/// Starts a run: `normal`, `testing`, `backup`, `syncjelly` or `syncemby`. A dry run, of all but `testing`, and of
/// `scheduled`, is the built-in engine's: it reports what would be done, and changes nothing.
#[utoipa::path(tag = "runs", params(("mode" = String, Path), DryRun),
    responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or no such mode"),
    (status = 404, description = "the script is missing"), (status = 500, description = "PowerShell is missing")))]
#[post("/api/run/{mode}")]
async fn run_mode(
    request: HttpRequest,
    state: State,
    mode: web::Path<String>,
    Query(DryRun { dry_run }): Query<DryRun>,
) -> Result<impl Responder, ApiError> {
    // Over the local socket it is `posterizarrd run` that asks.
    let local = request.conn_data::<LocalOwner>().is_some();
    let trigger = if local { Trigger::CommandLine } else { Trigger::Api };
    let wanted = match mode.as_str() {
        "scheduled" if dry_run => Ok(RunRequest::scheduled()),
        mode => RunRequest::plain(mode),
    };
    let wanted = wanted.and_then(|request| if dry_run { request.dry_run() } else { Ok(request) });
    let started = start(&state, trigger, wanted, BUSY).await?;
    let how = if dry_run { "a dry run of " } else { "" };
    Ok(web::Json(RunStarted::new(started, format!("Started in {how}{mode} mode"))))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Restyled {
    /// Only this library.
    library: Option<String>,
}

impl FromQuery for Restyled {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { library: parameters.text("library").map(str::to_owned) }
    }
}

/// Recreates, from the same pictures, all artwork that was made with another design. The built-in engine does it.
#[utoipa::path(tag = "runs",
    params(Restyled, DryRun),
    responses((status = 200, body = RunStarted), (status = 400, description = "busy, or runs are the script's here")))]
#[post("/api/run/restyle")]
async fn restyle(state: State, asked: Query<(Restyled, DryRun)>) -> Result<impl Responder, ApiError> {
    let Query((Restyled { library }, DryRun { dry_run })) = asked;
    let request = RunRequest::restyle(library.as_deref());
    let request = request.and_then(|request| if dry_run { request.dry_run() } else { Ok(request) });
    let started = start(&state, Trigger::Api, request, BUSY).await?;
    Ok(web::Json(RunStarted::new(started, "Started in restyle mode".to_owned())))
}

/// Which logos.
#[derive(Deserialize, ToSchema)]
struct Logos {
    /// The Plex library, or `all`.
    library: String,
    /// Also where there is one already.
    #[serde(default)]
    force_replace: bool,
    /// Takes away what came from us, instead.
    #[serde(default)]
    revert: bool,
    /// Only tells what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// Adds the logos of providers to movies and shows of Plex, or removes them again. The built-in engine does it.
#[utoipa::path(tag = "runs", request_body = Logos, responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, no library named, or runs are the script's here")))]
#[post("/api/run-logoupdater")]
async fn update_logos(state: State, logos: Json<Logos>) -> Result<impl Responder, ApiError> {
    let Logos { library, force_replace, revert, dry_run } = logos.0;
    let change = match (revert, force_replace) {
        (true, _) => LogoChange::Revert,
        (false, true) => LogoChange::Replace,
        (false, false) => LogoChange::Fill,
    };
    let request = RunRequest::logos(&library, change);
    let request = request.and_then(|request| if dry_run { request.dry_run() } else { Ok(request) });
    let started = start(&state, Trigger::Api, request, BUSY_LOGOS).await?;
    let what = if revert { "LogoRevert" } else { "LogoUpdater" };
    Ok(web::Json(RunStarted::new(started, format!("Started {what} for library: {library}"))))
}

/// Creates one asset from a picture.
#[utoipa::path(tag = "runs", request_body = ManualForm, responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or a field is missing"),
    (status = 404, description = "the script is missing"), (status = 500, description = "PowerShell is missing")))]
#[post("/api/run-manual")]
async fn run_manual(state: State, form: Json<ManualForm>) -> Result<HttpResponse, ApiError> {
    let form = form.0;
    source::check_place(&state, &form.picture_path).await?;
    if form.add_to_queue {
        return queued::of_form(&state, form).await;
    }
    let message = format!("Started manual mode for {}", label(form.poster_type));
    if let Err(invalid) = RunRequest::manual(&form) {
        return Err(refused_request(&state, invalid, BUSY_MANUAL).await);
    }
    // The picture is copied only for a run that may start.
    ask(&state.supervisor, CheckStart).await?.map_err(|error| refused(error, BUSY_MANUAL))?;
    let started = to_the_end(async move { source::start(&state, form).await }).await?;
    Ok(HttpResponse::Ok().json(RunStarted::new(started, message)))
}

/// Which posters are reset.
#[derive(Deserialize, ToSchema)]
struct Reset {
    /// The Plex library whose posters are reset.
    library: String,
    /// Only tells what would be reset. The built-in engine does it.
    #[serde(default)]
    dry_run: bool,
}

/// Resets the posters of a Plex library.
#[utoipa::path(tag = "runs", request_body = Reset, responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or no library named"),
    (status = 404, description = "the script is missing"), (status = 500, description = "PowerShell is missing")))]
#[post("/api/reset-posters")]
async fn reset_posters(state: State, reset: Json<Reset>) -> Result<impl Responder, ApiError> {
    let Reset { library, dry_run } = reset.0;
    let request = RunRequest::reset(&library);
    let request = request.and_then(|request| if dry_run { request.dry_run() } else { Ok(request) });
    let started = start(&state, Trigger::Api, request, BUSY_RESET).await?;
    let message = format!("Started resetting posters for library: {library}");
    Ok(web::Json(RunStarted::new(started, message)))
}

/// Whether what waits is to start when the run has ended.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct HoldAsked {
    /// `true`: the queue is held first, as by `/api/triggers/hold`, so that nothing starts in place of the run.
    #[param(required = false)]
    hold: bool,
}

impl FromQuery for HoldAsked {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { hold: parameters.switch("hold") }
    }
}

impl HoldAsked {
    async fn obey(self, state: &AppState, principal: Principal) -> Result<(), ApiError> {
        if self.hold {
            ask(&state.supervisor, HoldQueue { by: principal.name }).await??;
        }
        Ok(())
    }
}

/// A run that was ended, or could not be.
#[derive(Serialize, ToSchema)]
struct Stopped {
    #[serde(flatten)]
    done: Done,
    /// What to do instead, where nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl From<Done> for Stopped {
    fn from(done: Done) -> Self {
        Self { done, hint: None }
    }
}

/// Ends the current run: its processes are asked to end, and killed if they do not.
#[utoipa::path(tag = "runs", params(HoldAsked), responses((status = 200, body = Stopped), (status = 503, description = "the queue cannot be held; the run goes on")))]
#[post("/api/stop")]
async fn stop(state: State, principal: Principal, Query(hold): Query<HoldAsked>) -> Result<impl Responder, ApiError> {
    hold.obey(&state, principal).await?;
    Ok(web::Json(match end(&state, false).await? {
        StopReply::NothingRuns { foreign } => nothing_runs(foreign.and_then(|foreign| foreign.pid)),
        StopReply::Ended { trigger, forced: false, .. } => Done::new(format!("Stopped: {}", slot(trigger))).into(),
        StopReply::Ended { trigger, forced: true, .. } => {
            Done::new(format!("Stopped: {} (force killed after timeout)", slot(trigger))).into()
        }
        StopReply::Stuck { .. } => stuck("Failed to stop processes"),
    }))
}

/// Kills the current run.
#[utoipa::path(tag = "runs", params(HoldAsked), responses((status = 200, body = Stopped), (status = 503, description = "the queue cannot be held; the run goes on")))]
#[post("/api/force-kill")]
async fn force_kill(
    state: State,
    principal: Principal,
    Query(hold): Query<HoldAsked>,
) -> Result<impl Responder, ApiError> {
    hold.obey(&state, principal).await?;
    Ok(web::Json(match end(&state, true).await? {
        StopReply::NothingRuns { foreign } => nothing_runs(foreign.and_then(|foreign| foreign.pid)),
        StopReply::Ended { trigger, .. } => Done::new(format!("Force killed: {}", slot(trigger))).into(),
        StopReply::Stuck { .. } => stuck("Failed to kill processes"),
    }))
}

/// Removes the file that keeps the script from starting twice.
#[utoipa::path(tag = "runs", responses((status = 200, body = Done)))]
#[delete("/api/running-file")]
async fn delete_running_file(state: State) -> Result<impl Responder, ApiError> {
    match ask(&state.supervisor, DeleteRunningFile).await? {
        Ok(true) => Ok(web::Json(Done::new("Running file deleted successfully"))),
        Ok(false) => Ok(web::Json(Done::nothing("Running file does not exist"))),
        Err(error) => Err(ApiError::told(Code::Internal, "{cause}", [("cause", error.to_string().into())])),
    }
}

/// Runs, newest first.
#[derive(Serialize, ToSchema)]
struct Runs {
    runs: Vec<RunAnswer>,
    /// Give this as `before` for the next page; null on the last one.
    next: Option<RunId>,
}

/// Which part of them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ListedRuns {
    /// How many at most; 50 if absent.
    #[param(required = false, minimum = 1, maximum = 500)]
    limit: usize,
    /// Only runs with a lower number.
    #[param(value_type = Option<u64>)]
    before: Option<RunId>,
}

impl FromQuery for ListedRuns {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let before = parameters.optional_number("before", 1, i64::MAX);
        Self {
            limit: size(parameters.number("limit", LISTED, 1, LISTED_AT_MOST)),
            before: before.map(|before| RunId(before.unsigned_abs())),
        }
    }
}

/// Lists runs, newest first.
#[utoipa::path(tag = "runs",
    params(ListedRuns),
    responses((status = 200, body = Runs), (status = 400)))]
#[get("/api/runs")]
async fn list_runs(
    state: State,
    Query(ListedRuns { limit, before }): Query<ListedRuns>,
) -> Result<impl Responder, ApiError> {
    // One more than is shown tells whether there is a next page.
    let mut runs = ask(&state.supervisor, ListRuns { limit: limit + 1, before }).await??;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next = runs.last().map(|run| run.id).filter(|_| more);
    Ok(web::Json(Runs { runs: runs.into_iter().map(RunAnswer::from).collect(), next }))
}

/// Returns one run.
#[utoipa::path(tag = "runs", params(("id" = u64, Path)), responses((status = 200, body = RunAnswer), (status = 404)))]
#[get("/api/runs/{id}")]
async fn get_run(state: State, id: web::Path<u64>) -> Result<impl Responder, ApiError> {
    Ok(web::Json(RunAnswer::from(record(&state, *id).await?)))
}

/// Returns the log of one run, even after later runs: what the script logged, or what it printed if it logged nothing.
#[utoipa::path(tag = "runs",
    params(
        ("id" = u64, Path),
        LinesQuery,
    ),
    responses((status = 200, body = Content), (status = 404, description = "no such run, or its log is gone")))]
#[get("/api/runs/{id}/log")]
async fn run_log(state: State, id: web::Path<u64>, Query(lines): Query<LinesQuery>) -> Result<HttpResponse, ApiError> {
    let record = record(&state, *id).await?;
    let data = state.shared.data.clone();
    page(lines, move |part, filter| {
        let gone = |_| ApiError::not_found("the log of this run is gone");
        Page::open(&log_of(&data, &record), part, filter).map_err(gone)
    })
    .await
}

async fn end(state: &AppState, kill: bool) -> Result<StopReply, ApiError> {
    let patience = state.settings.stop_grace + Duration::from_secs(10);
    ask_within(patience, &state.supervisor, StopRun { kill }).await
}

fn nothing_runs(foreign: Option<u32>) -> Stopped {
    let hint = foreign
        .map(|pid| format!("process {pid} runs the script, but not for this server; end it where it was started"));
    Stopped { done: Done::nothing("No script is running"), hint }
}

fn stuck(message: &'static str) -> Stopped {
    let hint = "a process hangs inside the system, mostly on a disk or a network share; the run ends when that answers";
    Stopped { done: Done::nothing(message), hint: Some(hint.to_owned()) }
}

/// Upstream's name of the slot.
fn slot(trigger: Trigger) -> &'static str {
    if trigger == Trigger::Schedule { "scheduled" } else { "manual" }
}
