//! Is it alive, is it ready, is it well: answers for monitors, load balancers and the service manager.
//!
//! Requests only read: [`keep`] looks every [`BEAT`] at the actors (each must answer a message) and at what is stored, one
//! look at a time, so that a disk that hangs costs one waiting thread and not a request. A look that is too old counts as
//! an error by itself. Texts and numbers are flat and stable, and tell no secret, path or host name.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder, get, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::{ConfigView, contradictions};
use crate::actors::history::Problem;
use crate::actors::library::assets::{AssetsView, Root, RootState};
use crate::http::auth::Foreign;
use crate::http::vitals::{Condition, Storage, StoreDamage};
use crate::http::{AppState, State};

/// How often is looked.
pub const BEAT: Duration = Duration::from_secs(5);
/// How long an actor may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a result file may be unreadable: the script writes it in place.
const UNREADABLE_FOR: TimeDelta = TimeDelta::seconds(30);

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(health).service(live).service(ready).service(healthz).service(ping);
}

/// Looks at the actors and at what is stored until the daemon stops. `beat` is told after each look whether every actor
/// answered; the watchdog of the service manager is fed from there.
pub async fn keep(state: State, beat: impl Fn(bool)) {
    let mut stopping = state.stopping.clone();
    tokio::select! {
        _ = stopping.wait_for(|stopping| *stopping) => {}
        () = look_at_actors(&state, beat) => {}
        () = look_at_storage(&state) => {}
    }
}

async fn look_at_actors(state: &AppState, beat: impl Fn(bool)) {
    loop {
        let actors = state.actor_system.health(PATIENCE).await;
        let alive = actors.iter().all(|actor| actor.alive);
        state.vitals.saw_actors(actors);
        beat(alive);
        tokio::time::sleep(BEAT).await;
    }
}

async fn look_at_storage(state: &State) {
    loop {
        let state = state.clone();
        let _ = web::block(move || state.vitals.look_at_storage(&state.shared)).await;
        tokio::time::sleep(BEAT).await;
    }
}

/// How the daemon does.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// The worst of `checks`.
    status: Condition,
    version: &'static str,
    uptime_seconds: u64,
    /// Whether requests and runs can be taken.
    ready: bool,
    checks: Checks,
    /// Why a check is not `ok`, by its name, where that can be said in a sentence.
    reasons: BTreeMap<&'static str, String>,
    /// Names those sentences, for those who say them in another language.
    reason_codes: BTreeMap<&'static str, &'static str>,
    queue: QueueHealth,
    run: Run,
    /// Folders and pictures that are left out of the library because their names are not UTF-8; `/api/cache/status` has an
    /// example.
    unreadable_names: usize,
    /// What was lost when the record store was found damaged; null where it never was, or somebody has taken note
    /// (`POST /api/admin/store/acknowledge`, or `posterizarrd acknowledge-damage`).
    store_damage: Option<StoreDamage>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct Checks {
    /// `degraded`: config.json is broken and the last good one is used, or its login is odd, or has the shipped password, or
    /// one of its values cannot be followed and another one is.
    config: Condition,
    /// The record store. `degraded`: it was found damaged; `store_damage` tells what is lost.
    database: Condition,
    /// Whether every actor answers.
    actors: Condition,
    /// Whether the logs can be read.
    logs: Condition,
    /// `degraded`: an asset folder cannot be read, or is not mounted, and what was known of it is shown; or the system has no
    /// room to tell of changes in it, and it is polled. `/api/cache/status` says why.
    assets: Condition,
    /// `degraded`: almost full. `error`: not writable, or it hangs.
    disk: Condition,
    /// `degraded`: a result file of a run cannot be read; `/api/runtime-history/migration-status` names it.
    history: Condition,
    /// `degraded`: somebody holds the queue, so that what waits in it does not start.
    queue: Condition,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Queue)]
struct QueueHealth {
    /// Jobs that wait.
    pending: usize,
    /// Jobs that failed for good and wait for somebody.
    failed: usize,
    /// Whether it is held: what waits does not start.
    held: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Run {
    active: bool,
    /// How the last run ended; `none` before the first.
    #[schema(example = "completed")]
    last_status: &'static str,
    /// How long ago that was; null before the first.
    last_age_seconds: Option<i64>,
}

impl Health {
    /// The state as of now, from views.
    pub fn now(state: &AppState) -> Self {
        let runs = state.views.runs.get();
        let checks = Checks::now(state);
        let last = runs.last.as_ref();
        let assets = state.views.assets.get();
        let reasons = reasons(&state.views.config.get(), &assets, runs.held.is_some());
        Self {
            status: checks.worst(),
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: state.started.elapsed().as_secs(),
            ready: is_ready(state),
            checks,
            reason_codes: reasons.iter().map(|(check, (code, _))| (*check, *code)).collect(),
            reasons: reasons.into_iter().map(|(check, (_, why))| (check, why)).collect(),
            queue: QueueHealth { pending: runs.waiting_count, failed: runs.parked, held: runs.held.is_some() },
            unreadable_names: Root::ALL.iter().map(|root| assets.state(*root).unreadable_names).sum(),
            run: Run {
                active: runs.holder().is_some(),
                last_status: last.and_then(|run| run.outcome()).map_or("none", |outcome| outcome.name()),
                last_age_seconds: last.and_then(|run| run.end()).map(|end| (Utc::now() - end.at).num_seconds().max(0)),
            },
            store_damage: state.vitals.damage(),
        }
    }

    /// Each check with its name.
    pub fn checks(&self) -> [(&'static str, Condition); 8] {
        let Checks { config, database, actors, logs, assets, disk, history, queue } = self.checks;
        [
            ("config", config),
            ("database", database),
            ("actors", actors),
            ("logs", logs),
            ("assets", assets),
            ("disk", disk),
            ("history", history),
            ("queue", queue),
        ]
    }

    fn code(&self) -> StatusCode {
        if self.status == Condition::Error { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    }
}

impl Checks {
    fn now(state: &AppState) -> Self {
        let look = |part: fn(&Storage) -> Condition| state.vitals.of_storage(part);
        Self {
            config: degraded_if(config_problem(&state.views.config.get()).is_some()),
            database: look(|storage| storage.database),
            actors: state.vitals.of_actors(),
            logs: look(|storage| storage.logs),
            assets: degraded_if(assets_problem(&state.views.assets.get()).is_some()),
            disk: look(|storage| storage.disk),
            history: history(&state.views.history.get().problems, Utc::now()),
            queue: degraded_if(state.views.runs.get().held.is_some()),
        }
    }

    fn worst(&self) -> Condition {
        let Self { config, database, actors, logs, assets, disk, history, queue } = *self;
        [config, database, actors, logs, assets, disk, history, queue].into_iter().max().unwrap_or_default()
    }
}

/// Which one it is is in the log: this answer is public.
const NOT_FOLLOWED: &str =
    "a value of config.json cannot be followed, and another one is; the daemon's log says which, and why";

const HELD: &str = "the queue is on hold; nothing in it starts until it is released";

/// Why checks are not well, by their names, each with its code.
fn reasons(config: &ConfigView, assets: &AssetsView, is_held: bool) -> BTreeMap<&'static str, (&'static str, String)> {
    let config = config_problem(config).map(|reason| ("config", reason));
    let assets = assets_problem(assets).map(|(code, reason)| ("assets", (code, reason.to_owned())));
    let queue = is_held.then(|| ("queue", ("queue_held", HELD.to_owned())));
    config.into_iter().chain(assets).chain(queue).collect()
}

/// What is wrong with the configuration, without paths: its code, and a sentence.
fn config_problem(config: &ConfigView) -> Option<(&'static str, String)> {
    let unreadable = config.problem.as_ref().map(|_| {
        let (code, now) = match config.web_auth.is_locked() {
            true => ("config_unreadable_locked", "nobody can sign in"),
            false => ("config_unreadable", "the last good one stays in force"),
        };
        let text = format!(
            "config.json cannot be read; {now} until it is repaired; the daemon's log says what is wrong with it"
        );
        (code, text)
    });
    let odd_login = || config.web_auth.problem.clone().map(|problem| ("odd_login", problem));
    let has_shipped = config.web_auth.has_shipped_password();
    let shipped = || has_shipped.then(|| ("shipped_password", contradictions::SHIPPED_PASSWORD.to_owned()));
    let not_followed = || (!config.warnings.is_empty()).then(|| ("not_followed", NOT_FOLLOWED.to_owned()));
    unreadable.or_else(odd_login).or_else(shipped).or_else(not_followed)
}

/// What is wrong with the folders of pictures, without paths: its code, and a sentence. Only the library's has to be there.
fn assets_problem(view: &AssetsView) -> Option<(&'static str, &'static str)> {
    let any = |is_so: fn(&RootState) -> bool| Root::ALL.iter().any(|root| is_so(view.state(*root)));
    if view.state(Root::Assets).is_missing {
        Some(("assets_missing", "the folder for artwork is not there; create or mount it, or set AssetPath to another"))
    } else if any(|root| root.problem.is_some()) {
        Some(("assets_unreadable", "a folder of pictures cannot be read; the daemon's log says which, and why"))
    } else if any(|root| root.watch_problem.is_some()) {
        Some((
            "assets_unwatched",
            "changes in a folder of pictures are seen late; the daemon's log says which, and why",
        ))
    } else {
        None
    }
}

/// A file that is just being written is no trouble yet.
fn history(problems: &[Problem], now: DateTime<Utc>) -> Condition {
    let lasts = problems.iter().any(|problem| now.signed_duration_since(problem.since) >= UNREADABLE_FOR);
    degraded_if(lasts)
}

fn degraded_if(is_so: bool) -> Condition {
    if is_so { Condition::Degraded } else { Condition::Ok }
}

fn is_ready(state: &AppState) -> bool {
    state.vitals.seen() && !*state.stopping.borrow()
}

fn answer(code: StatusCode, body: impl Serialize) -> HttpResponse {
    HttpResponse::build(code).insert_header((CACHE_CONTROL, "no-store")).json(body)
}

/// Returns the health of the daemon and of its parts.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Health, description = "ok or degraded"),
    (status = 503, body = Health, description = "error")))]
#[get("/api/health")]
async fn health(request: HttpRequest, state: State) -> impl Responder {
    let health = Health::now(&state);
    // Under a name that may be a stranger's, anybody's page could read the answer.
    if matches!(request.extensions().get::<Foreign>(), Some(Foreign::Host(_))) {
        return answer(health.code(), json!({ "status": health.status, "ready": health.ready }));
    }
    answer(health.code(), health)
}

/// A sign of life.
#[derive(Debug, Serialize, ToSchema)]
struct Alive {
    status: &'static str,
}

/// Returns 200 whenever the process answers at all.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Alive)))]
#[get("/api/health/live")]
async fn live() -> impl Responder {
    answer(StatusCode::OK, Alive { status: "ok" })
}

/// Whether requests and runs can be taken.
#[derive(Debug, Serialize, ToSchema)]
struct Readiness {
    ready: bool,
}

/// Returns whether requests and runs are accepted: not before the start is complete, and not while the daemon stops.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/api/health/ready")]
async fn ready(state: State) -> impl Responder {
    let ready = is_ready(&state);
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(code, Readiness { ready })
}

/// Returns 200 whenever the process answers at all; the path that Kubernetes and exporters use.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Alive)))]
#[get("/healthz")]
async fn healthz() -> impl Responder {
    answer(StatusCode::OK, Alive { status: "OK" })
}

/// Returns 200 whenever the process answers at all; the path that Sonarr and Radarr use.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Alive)))]
#[get("/ping")]
async fn ping() -> impl Responder {
    answer(StatusCode::OK, Alive { status: "OK" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_decides() {
        let checks = |disk, actors| Checks {
            config: Condition::Degraded,
            database: Condition::Ok,
            actors,
            logs: Condition::Ok,
            assets: Condition::Ok,
            disk,
            history: Condition::Ok,
            queue: Condition::Ok,
        };
        assert_eq!(checks(Condition::Ok, Condition::Ok).worst(), Condition::Degraded);
        assert_eq!(checks(Condition::Ok, Condition::Error).worst(), Condition::Error);
    }

    #[test]
    fn a_result_file_that_stays_unreadable_is_told() {
        let since = Utc::now();
        let problems = [Problem { file: "normal.json".into(), reason: "not readable as JSON".into(), since }];
        assert_eq!(history(&problems, since), Condition::Ok);
        assert_eq!(history(&problems, since + UNREADABLE_FOR), Condition::Degraded);
        assert_eq!(history(&[], since), Condition::Ok);
    }
}
