//! `GET /metrics`: numbers for Prometheus.
//!
//! Counters of requests and runs are kept as things happen ([`measure`], [`listen`]); everything else is read from views
//! when somebody asks. Labels are routes, modes, outcomes and names of our own parts: few, and never titles or paths.
//! The text is OpenMetrics; a client that does not ask for that gets the same lines as plain Prometheus text.

use std::sync::atomic::AtomicU64;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, CACHE_CONTROL};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::Utc;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::library::assets::Root;
use crate::actors::library::assets::Totals;
use crate::actors::library::choices::Category;
use crate::actors::runs::Mode;
use crate::actors::runtime::follow::{Follower, Notice};
use crate::http::api::system::{docs, health};
use crate::http::counters::OTHER;
use crate::http::{ApiError, AppState, State};

const OPEN_METRICS: &str = "application/openmetrics-text";
const OPEN_METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(metrics);
}

/// The one route of the separate address, which asks for no login.
pub fn separate(config: &mut web::ServiceConfig) {
    config.route("/metrics", web::get().to(page));
}

/// All numbers as text.
fn encode(state: &AppState) -> Result<String, std::fmt::Error> {
    let last = state.views.runs.get().last.clone();
    if let Some(run) = last
        && let Some(end) = run.end()
    {
        // A run from before the daemon's start was told by no fact.
        state.metrics.ended(run.mode, end.outcome, end.at.timestamp());
    }
    let mut text = String::with_capacity(16 * 1024);
    state.metrics.write(&mut text)?;
    encode_registry(&mut text, &as_of_now(state))?;
    encode_eof(&mut text)?;
    Ok(text)
}

/// What views and the system tell at this moment.
fn as_of_now(state: &AppState) -> Registry {
    let mut registry = Registry::default();
    let build = labelled("version", [(env!("CARGO_PKG_VERSION"), 1)]);
    registry.register("posterizarr_build_info", "The running version; always 1", build);
    runs_now(state, &mut registry);
    assets_now(state, &mut registry);
    let health = health::Health::now(state);
    registry.register(
        "posterizarr_check_status",
        "The checks of /api/health: 0 ok, 1 degraded, 2 error",
        labelled("check", health.checks().map(|(name, condition)| (name, condition as i64))),
    );
    let restarts: Family<[(&'static str, &'static str); 1], Counter> = Family::default();
    for actor in state.vitals.actors() {
        restarts.get_or_create(&[("actor", actor.name)]).inc_by(actor.restarts);
    }
    registry.register("posterizarr_actor_restarts", "Crashes of a part that were survived", restarts);
    media_now(state, &mut registry);
    process_now(state, &mut registry);
    registry
}

fn media_now(state: &AppState, registry: &mut Registry) {
    let thumbnails = *state.views.thumbnails.get();
    let made: Family<[(&'static str, &'static str); 1], Counter> = Family::default();
    for (result, count) in [("made", thumbnails.rendered), ("failed", thumbnails.failed)] {
        made.get_or_create(&[("result", result)]).inc_by(count);
    }
    registry.register("posterizarr_thumbnails", "Thumbnails that were rendered, or could not be", made);
    registry.register(
        "posterizarr_thumbnail_cache_bytes",
        "Disk that thumbnails take",
        value(count64(thumbnails.bytes)),
    );
    let trash = state.views.trash.get();
    registry.register(
        "posterizarr_trash_files",
        "Deleted images that can be restored",
        value(count(trash.entries.len())),
    );
    registry.register("posterizarr_trash_bytes", "Disk that they take", value(count64(trash.bytes)));
    choices_now(state, registry);
}

fn choices_now(state: &AppState, registry: &mut Registry) {
    let choices = state.views.choices.get();
    registry.register("posterizarr_image_choices", "Records of what was chosen", value(count(choices.rows.len())));
    if let Some(answers) = &choices.answers {
        let categories = Category::ALL.iter().zip(answers.counts).map(|(category, n)| (category.name(), count(n)));
        registry.register(
            "posterizarr_image_choices_in_category",
            "Records in each category of the overview",
            labelled("category", categories),
        );
    }
}

fn runs_now(state: &AppState, registry: &mut Registry) {
    let view = state.views.runs.get();
    let holder = view.holder().map(|holder| holder.mode);
    let active = Mode::ALL.map(|mode| (mode.name(), i64::from(holder == Some(mode))));
    registry.register("posterizarr_run_active", "Whether a run of this mode holds the slot", labelled("mode", active));
    let jobs = [("waiting", count(view.waiting_count)), ("failed", count(view.parked))];
    registry.register("posterizarr_queue_jobs", "Jobs in the queue", labelled("state", jobs));
    let held = i64::from(view.held.is_some());
    registry.register("posterizarr_queue_held", "Whether the queue is held, so that nothing in it starts", value(held));
    let age = view.oldest_waiting.map_or(0, |created| (Utc::now() - created).num_seconds().max(0));
    registry.register("posterizarr_queue_oldest_age_seconds", "How long the oldest job waits", value(age));
    if let Some(progress) = &state.views.logs.get().progress {
        registry.register(
            "posterizarr_run_items_done",
            "Images done in the current run",
            value(count64(progress.done)),
        );
        let problems = [("error", count64(progress.errors)), ("warning", count64(progress.warnings))];
        registry.register(
            "posterizarr_run_log_problems",
            "Lines of this level that the current run logged",
            labelled("level", problems),
        );
    }
}

fn assets_now(state: &AppState, registry: &mut Registry) {
    let view = state.views.assets.get();
    let roots = Root::ALL.map(|root| (root.name(), view.of(root).totals(), view.state(root)));
    let by_root = |of: fn(&Totals) -> u64| labelled("root", roots.map(|(name, totals, _)| (name, count64(of(totals)))));
    registry.register("posterizarr_asset_files", "Pictures in the index", by_root(Totals::files));
    registry.register("posterizarr_asset_folders", "Folders in the index", by_root(|totals| u64::from(totals.folders)));
    let scanned = roots.map(|(name, _, root)| (name, root.scanned.map_or(0, |at| at.timestamp())));
    registry.register(
        "posterizarr_asset_last_scan_timestamp_seconds",
        "When the last scan was done; 0 before the first",
        labelled("root", scanned),
    );
    let took: Family<[(&'static str, &'static str); 1], Gauge<f64, AtomicU64>> = Family::default();
    for (name, _, root) in roots {
        took.get_or_create(&[("root", name)]).set(root.scan_took.as_secs_f64());
    }
    registry.register("posterizarr_asset_scan_seconds", "How long the last scan took", took);
}

fn process_now(state: &AppState, registry: &mut Registry) {
    let Some(process) = state.machine.process() else { return };
    let cpu = Counter::<f64, AtomicU64>::default();
    cpu.inc_by(process.cpu_seconds);
    registry.register("process_cpu_seconds", "Processor time of the daemon", cpu);
    registry.register(
        "process_resident_memory_bytes",
        "Memory of the daemon in RAM",
        value(count64(process.resident_bytes)),
    );
    registry.register(
        "process_start_time_seconds",
        "When the process started",
        value(count64(process.started_seconds)),
    );
    if let Some(open) = process.open_files {
        registry.register("process_open_fds", "Open files and sockets", value(count(open)));
    }
}

fn value(now: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(now);
    gauge
}

type Labelled = Family<[(&'static str, &'static str); 1], Gauge>;

fn labelled(label: &'static str, values: impl IntoIterator<Item = (&'static str, i64)>) -> Labelled {
    let family = Labelled::default();
    for (name, value) in values {
        family.get_or_create(&[(label, name)]).set(value);
    }
    family
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count64(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What the separate address says of everything else.
pub async fn only_metrics() -> Result<HttpResponse, ApiError> {
    Err(ApiError::not_found("only /metrics is here"))
}

/// Counts runs as facts tell of them, until the daemon stops.
pub async fn listen(state: State) {
    let mut stopping = state.stopping.clone();
    // From the very first fact: the actors started before this.
    let mut follower = Follower::new(&state.shared.facts, 0);
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            heard = follower.next() => match heard {
                Some(Notice::Fact(event)) => state.metrics.note(&event),
                Some(Notice::Gap) => tracing::warn!("run counters missed facts; they are too low now"),
                None => return,
            },
        }
    }
}

/// Middleware: counts and times every answer under its route's pattern.
pub async fn measure<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let state = request.app_data::<State>().cloned();
    let (method, started) = (request.method().clone(), Instant::now());
    let answer = next.call(request).await;
    let (route, code) = match &answer {
        Ok(response) => (response.request().match_pattern(), response.status()),
        Err(error) => (None, error.as_response_error().status_code()),
    };
    if let Some(state) = state {
        let route = route.map_or_else(|| OTHER.to_owned(), |pattern| docs::without_expressions(&pattern));
        state.metrics.answered(route, &method, code, started.elapsed());
    }
    answer
}

/// Returns metrics for Prometheus.
#[utoipa::path(tag = "health", responses((status = 200, description = "OpenMetrics or Prometheus text", content_type = "text/plain"),
    (status = 404, description = "metrics are off")))]
#[get("/metrics")]
async fn metrics(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    if !state.settings.metrics {
        return Err(ApiError::not_found("metrics are off on this address; set metrics = true"));
    }
    page(request, state).await
}

async fn page(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    let text = encode(&state).map_err(ApiError::internal)?;
    let asked = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let kind = if asked.contains(OPEN_METRICS) { OPEN_METRICS_TYPE } else { PLAIN_TYPE };
    Ok(HttpResponse::Ok().content_type(kind).insert_header((CACHE_CONTROL, "no-store")).body(text))
}
