//! Webhooks in, the queue they fill, and what came.

use actix_web::http::header;
use actix_web::{HttpResponse, Responder, delete, get, post, route, web};
use chrono::{DateTime, Utc};
use posterizarr_base::said::Clause;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::runs::{
    Hold, HoldQueue, Job, JobError, JobState, JobSummary, ListJobs, Outcome, PutJobFirst, ReleaseQueue, RetryJob, RunId,
};
use crate::actors::runtime::events::Handling;
use crate::actors::triggers::Received;
use crate::actors::triggers::{
    IngestError, Receipt, Receive, RemoveFailedJobsAndFiles, RemoveJobAndFile, Replay, Sender,
};
use crate::http::auth::Principal;
use crate::http::extract::body::Body;
use crate::http::extract::parameters::{FromQuery, Parameters, Query, size};
use crate::http::respond::done::Done;
use crate::http::{ApiError, Code, Refusal, State, ask};
use crate::telemetry::redact;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(arr)
        .service(tautulli)
        .service(received)
        .service(replay)
        .service(triggers)
        .service(hold)
        .service(release)
        // Before the one whose pattern has it, too.
        .service(retry)
        .service(put_first)
        .service(remove_failed)
        .service(remove);
}

/// Where PUT does the same as POST: the Arrs let the user choose.
pub const PUT_TOO: [&str; 2] = ["/api/webhook/arr", "/api/webhook/tautulli"];

/// What became of a webhook: upstream's answers of all versions in one.
#[derive(Serialize, ToSchema)]
struct Accepted {
    success: bool,
    message: String,
    /// The first trigger file; null where there is none.
    file: Option<String>,
    /// All trigger files.
    files: Vec<String>,
    /// How many jobs are new.
    queued: usize,
    /// The jobs that do the work, new or joined.
    job_ids: Vec<String>,
}

impl Accepted {
    fn of(state: &State, receipt: Receipt) -> Self {
        let watcher = state.shared.data.watcher();
        let files: Vec<_> = receipt.jobs.iter().map(|job| watcher.join(job).display().to_string()).collect();
        Self {
            // Upstream's answer to an object without fields, which a client may look for.
            success: !receipt.is_empty,
            message: receipt.message,
            file: files.first().cloned(),
            files,
            queued: receipt.queued,
            job_ids: receipt.jobs,
        }
    }
}

/// How much of what came is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ReceivedOptions {
    /// How many at most; without it all that are kept.
    limit: Option<usize>,
    /// `false` leaves out what was sent, which is most of the answer; `true` if absent.
    #[param(required = false)]
    payloads: bool,
}

impl FromQuery for ReceivedOptions {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self {
            limit: parameters.optional_number("limit", 0, i64::MAX).map(size),
            payloads: parameters.optional_switch("payloads").unwrap_or(true),
        }
    }
}

/// Which of the queue.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ListedJobs {
    /// Only these: `waiting`, `running`, `failed`, `done`, separated by commas.
    #[param(value_type = Option<String>)]
    state: Option<Vec<&'static str>>,
    /// How many at most; all if absent.
    limit: Option<usize>,
}

impl FromQuery for ListedJobs {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self {
            state: parameters.parsed("state", "waiting, running, failed or done, or several with commas", states),
            limit: parameters.optional_number("limit", 0, i64::MAX).map(size),
        }
    }
}

/// The last received webhooks and trigger files.
#[derive(Serialize, ToSchema)]
struct ReceivedList {
    success: bool,
    /// Newest first.
    webhooks: Vec<ReceivedWebhook>,
}

/// One received webhook or trigger file.
#[derive(Serialize, ToSchema)]
struct ReceivedWebhook {
    /// Counts up with each one received.
    id: u64,
    /// When it came.
    at: DateTime<Utc>,
    /// `sonarr`, `radarr`, `tautulli`, or `unknown`.
    source: String,
    /// The event, as the sender names it.
    event: String,
    /// What it is about, such as `Heat (1995)` or `Dark, S01E02`; null where that is not told.
    title: Option<String>,
    /// What was made of it.
    verdict: Handling,
    /// Why, in words.
    reason: String,
    /// The same by its code, for those who say it in another language; empty where nobody noted it so.
    because: Vec<Clause>,
    /// The jobs that do its work.
    jobs: Vec<String>,
    /// The run that ended last for one of its jobs.
    run: Option<RunId>,
    /// How that run ended.
    outcome: Option<Outcome>,
    /// What came, secrets masked; null for a trigger file, where it was too large to keep, and where it is not wanted.
    payload: Option<String>,
}

impl ReceivedWebhook {
    fn of(entry: &Received, payloads: bool) -> Self {
        let payload = entry.payload.as_deref().filter(|_| payloads);
        Self {
            id: entry.id,
            at: entry.at,
            source: entry.source.name().to_owned(),
            event: entry.event.clone(),
            title: entry.title(),
            verdict: entry.handling,
            reason: entry.reason.clone(),
            because: entry.because.clone(),
            jobs: entry.jobs.clone(),
            run: entry.result.map(|result| result.run),
            outcome: entry.result.map(|result| result.outcome),
            payload: payload.map(|payload| redact::mask(payload).into_owned()),
        }
    }
}

/// The queue.
#[derive(Serialize, ToSchema)]
struct TriggerList {
    success: bool,
    /// Jobs that wait, in the order in which they will start, then the running one, those that failed, and the last done.
    triggers: Vec<TriggerEntry>,
    /// How many there are in the states that are asked for, with those that `limit` leaves out.
    total: usize,
    /// Since when the queue is held, and by whom; null where it is not. What waits in it does not start then.
    held: Option<Hold>,
}

/// A job with its place in the queue.
#[derive(Serialize, ToSchema)]
struct TriggerEntry {
    /// 1 for the job that starts next; null for one that does not wait.
    position: Option<usize>,
    #[serde(flatten)]
    job: JobSummary,
}

/// The states that are asked for; none for a word that is no state.
fn states(list: &str) -> Option<Vec<&'static str>> {
    list.split(',').map(|state| JobState::NAMES.into_iter().find(|name| *name == state.trim())).collect()
}

impl Refusal for IngestError {
    fn code(&self) -> Code {
        match self {
            Self::NotReadable(_) => Code::InvalidRequest,
            Self::Unprocessable(_) => Code::Unprocessable,
            Self::Missing(_) => Code::NotFound,
            Self::Storage(_) => Code::StorageUnavailable,
        }
    }
}

impl Refusal for JobError {
    fn code(&self) -> Code {
        match self {
            Self::Missing => Code::NotFound,
            Self::Running | Self::Done => Code::Conflict,
            Self::Store(_) => Code::StorageUnavailable,
        }
    }
}

/// Accepts a webhook of Sonarr or Radarr.
#[utoipa::path(post, path = "/api/webhook/arr", tag = "webhooks", request_body = Object,
    responses((status = 200, body = Accepted), (status = 400), (status = 422), (status = 503)))]
#[route("/api/webhook/arr", method = "POST", method = "PUT")]
async fn arr(state: State, body: Body) -> Result<impl Responder, ApiError> {
    let receipt = ask(&state.ingest, Receive { sender: Sender::Arr, body: body.into_bytes() }).await??;
    Ok(web::Json(Accepted::of(&state, receipt)))
}

/// Accepts a webhook of Tautulli.
#[utoipa::path(post, path = "/api/webhook/tautulli", tag = "webhooks", request_body = Object,
    responses((status = 200, body = Accepted), (status = 400), (status = 422), (status = 503)))]
#[route("/api/webhook/tautulli", method = "POST", method = "PUT")]
async fn tautulli(state: State, body: Body) -> Result<impl Responder, ApiError> {
    let receipt = ask(&state.ingest, Receive { sender: Sender::Tautulli, body: body.into_bytes() }).await??;
    Ok(web::Json(Accepted::of(&state, receipt)))
}

/// Lists the last received webhooks and trigger files with what became of them.
#[utoipa::path(tag = "webhooks", params(ReceivedOptions), responses((status = 200, body = ReceivedList)))]
#[get("/api/webhooks")]
async fn received(state: State, options: Query<ReceivedOptions>) -> Result<impl Responder, ApiError> {
    let view = state.views.ingest.get();
    let Query(ReceivedOptions { limit, payloads }) = options;
    // Payloads may be megabytes in all, and are searched for secrets.
    let shown = web::block(move || {
        let newest = view.received.iter().take(limit.unwrap_or(usize::MAX));
        newest.map(|entry| ReceivedWebhook::of(entry, payloads)).collect()
    });
    let list = ReceivedList { success: true, webhooks: shown.await.map_err(ApiError::internal)? };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(list))
}

/// Processes a stored webhook again.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = Accepted), (status = 404)))]
#[post("/api/webhooks/{id}/replay")]
async fn replay(state: State, id: web::Path<u64>) -> Result<impl Responder, ApiError> {
    let receipt = ask(&state.ingest, Replay { id: *id }).await??;
    Ok(web::Json(Accepted::of(&state, receipt)))
}

/// Lists the queue.
#[utoipa::path(tag = "webhooks",
    params(ListedJobs),
    responses((status = 200, body = TriggerList), (status = 400)))]
#[get("/api/triggers")]
async fn triggers(
    state: State,
    Query(ListedJobs { state: wanted, limit }): Query<ListedJobs>,
) -> Result<impl Responder, ApiError> {
    let limit = limit.unwrap_or(usize::MAX);
    let jobs = ask(&state.supervisor, ListJobs).await?;
    // Those that wait come first, in their order.
    let found =
        (1..).zip(&jobs).filter(|(_, job)| wanted.as_ref().is_none_or(|wanted| wanted.contains(&job.state.name())));
    let entry = |(place, job): (usize, &Job)| TriggerEntry {
        position: (job.state == JobState::Waiting).then_some(place),
        job: JobSummary::from(job),
    };
    let total = found.clone().count();
    let held = state.views.runs.get().held.clone();
    Ok(web::Json(TriggerList { success: true, triggers: found.take(limit).map(entry).collect(), total, held }))
}

/// Whether the queue is held now.
#[derive(Serialize, ToSchema)]
struct Holding {
    success: bool,
    message: &'static str,
    /// Since when it is held, and by whom; null where it is not.
    held: Option<Hold>,
}

/// Holds the queue: nothing that waits in it starts until it is released, also after a restart. What comes meanwhile is
/// taken and waits; what somebody starts by hand starts.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = Holding), (status = 503)))]
#[post("/api/triggers/hold")]
async fn hold(state: State, principal: Principal) -> Result<impl Responder, ApiError> {
    let held = ask(&state.supervisor, HoldQueue { by: principal.name }).await??;
    Ok(web::Json(Holding { success: true, message: "The queue is held", held: Some(held) }))
}

/// Releases a queue that is on hold.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = Holding), (status = 503)))]
#[post("/api/triggers/release")]
async fn release(state: State) -> Result<impl Responder, ApiError> {
    let was_held = ask(&state.supervisor, ReleaseQueue).await??;
    let message = if was_held { "The queue goes on" } else { "The queue was not held" };
    Ok(web::Json(Holding { success: true, message, held: None }))
}

/// Removes a job from the queue, and its file from the watcher folder.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = Done), (status = 404), (status = 409)))]
#[delete("/api/triggers/{id:.*}")]
async fn remove(state: State, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    ask(&state.ingest, RemoveJobAndFile { id: id.into_inner() }).await??;
    Ok(web::Json(Done::new("Trigger removed")))
}

/// What is to go.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Cleared {
    /// `failed`: nothing else can be cleared at once.
    #[param(value_type = String)]
    state: Option<()>,
}

impl FromQuery for Cleared {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { state: parameters.parsed("state", "failed", |state| (state == "failed").then_some(())) }
    }
}

/// What was removed.
#[derive(Serialize, ToSchema)]
struct JobsCleared {
    success: bool,
    message: String,
    /// How many jobs.
    removed: usize,
}

/// Removes all failed jobs from the queue, and their files from the watcher folder.
#[utoipa::path(tag = "webhooks", params(Cleared),
    responses((status = 200, body = JobsCleared), (status = 400, description = "not told that it is the failed ones"), (status = 503)))]
#[delete("/api/triggers")]
async fn remove_failed(
    state: State,
    Query(Cleared { state: wanted }): Query<Cleared>,
) -> Result<impl Responder, ApiError> {
    if wanted.is_none() {
        return Err(ApiError::validation("missing", &["query", "state"], "state should be failed"));
    }
    let removed = ask(&state.ingest, RemoveFailedJobsAndFiles).await??;
    Ok(web::Json(JobsCleared { success: true, message: format!("{removed} failed job(s) removed"), removed }))
}

/// Lets a waiting or failed job start as soon as the slot is free.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = JobSummary), (status = 404), (status = 409)))]
#[post("/api/triggers/{id:.*}/retry")]
async fn retry(state: State, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    Ok(web::Json(ask(&state.supervisor, RetryJob { id: id.into_inner() }).await??))
}

/// Puts a waiting or failed job before all others that wait: it is the next to start.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = JobSummary), (status = 404), (status = 409)))]
#[post("/api/triggers/{id:.*}/first")]
async fn put_first(state: State, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    Ok(web::Json(ask(&state.supervisor, PutJobFirst { id: id.into_inner() }).await??))
}
