//! Is it alive, is it ready, is it well: answers for monitors, load balancers and the service manager.
//!
//! Requests only read: [`keep`] looks every [`BEAT`] at the actors (each must answer a message) and at what is stored, one
//! look at a time, so that a disk that hangs costs one waiting thread and not a request. A look that is too old counts as
//! an error by itself. Texts and numbers are flat and stable, and tell no secret, path or host name.

use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, Responder, get, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{AppState, State};
use crate::actors::asset_indexer::{AssetsView, Root};
use crate::actors::commons::Commons;
use crate::actors::guard::ActorHealth;
use crate::actors::historian::Problem;
use crate::actors::runs::RunRecord;
use crate::actors::view::View;

/// How often is looked.
pub const BEAT: Duration = Duration::from_secs(5);
/// How long an actor may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// A look older than this means that looking itself is stuck.
const STALE: Duration = Duration::from_secs(30);
/// With less room than this, runs and logs soon fail.
const LOW_DISK_BYTES: u64 = 256 * 1024 * 1024;
/// How long a result file may be unreadable: the script writes it in place.
const UNREADABLE_FOR: TimeDelta = TimeDelta::seconds(30);

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(health).service(live).service(ready).service(healthz).service(ping);
}

/// How a part does; the worst part decides for the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It works.
    #[default]
    Ok,
    /// It works, but somebody should look.
    Degraded,
    /// It does not work.
    Error,
}

/// What was seen when it was last looked.
#[derive(Debug, Default)]
pub struct Vitals {
    actors: View<Option<Seen<Vec<ActorHealth>>>>,
    storage: View<Option<Seen<Storage>>>,
}

#[derive(Debug)]
struct Seen<T> {
    at: Instant,
    what: T,
}

#[derive(Debug, Clone, Copy)]
struct Storage {
    database: Condition,
    disk: Condition,
    logs: Condition,
}

impl Vitals {
    /// The actors as last seen; empty before the first look.
    pub fn actors(&self) -> Vec<ActorHealth> {
        self.actors.get().as_ref().as_ref().map(|seen| seen.what.clone()).unwrap_or_default()
    }

    fn seen(&self) -> bool {
        self.actors.get().is_some() && self.storage.get().is_some()
    }
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
        let actors = state.troupe.health(PATIENCE).await;
        let alive = actors.iter().all(|actor| actor.alive);
        state.vitals.actors.publish(Some(Seen { at: Instant::now(), what: actors }));
        beat(alive);
        tokio::time::sleep(BEAT).await;
    }
}

async fn look_at_storage(state: &AppState) {
    loop {
        let commons = state.commons.clone();
        if let Ok(storage) = web::block(move || Storage::look(&commons)).await {
            state.vitals.storage.publish(Some(Seen { at: Instant::now(), what: storage }));
        }
        tokio::time::sleep(BEAT).await;
    }
}

impl Storage {
    fn look(commons: &Commons) -> Self {
        let newest_run = commons.store.table::<RunRecord>().and_then(|runs| runs.last_key());
        let works = newest_run.is_ok() && commons.store.failure().is_none();
        Self {
            database: if works { Condition::Ok } else { Condition::Error },
            disk: disk(commons.data.root()),
            logs: logs(&commons.data.logs()),
        }
    }
}

fn disk(folder: &Path) -> Condition {
    match rustix::fs::statvfs(folder) {
        Err(_) => Condition::Error,
        Ok(disk) if disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) => Condition::Error,
        Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < LOW_DISK_BYTES => Condition::Degraded,
        Ok(_) => Condition::Ok,
    }
}

/// The script moves the whole folder away when it starts, so that it is missing for a moment is no fault.
fn logs(folder: &Path) -> Condition {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Condition::Error,
        _ => Condition::Ok,
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
    queue: Queue,
    run: Run,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct Checks {
    /// `degraded`: config.json is broken and the last good one is used.
    config: Condition,
    /// The record store.
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
}

#[derive(Debug, Serialize, ToSchema)]
struct Queue {
    /// Jobs that wait.
    pending: usize,
    /// Jobs that failed for good and wait for somebody.
    failed: usize,
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
        let runs = state.commons.views.runs.get();
        let checks = Checks::now(state);
        let last = runs.last.as_ref();
        Self {
            status: checks.worst(),
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: state.started.elapsed().as_secs(),
            ready: is_ready(state),
            checks,
            queue: Queue { pending: runs.waiting_count, failed: runs.parked },
            run: Run {
                active: runs.holder().is_some(),
                last_status: last.and_then(|run| run.outcome).map_or("none", |outcome| outcome.name()),
                last_age_seconds: last.and_then(|run| run.ended).map(|at| (Utc::now() - at).num_seconds().max(0)),
            },
        }
    }

    /// Each check with its name.
    pub fn checks(&self) -> [(&'static str, Condition); 7] {
        let Checks { config, database, actors, logs, assets, disk, history } = self.checks;
        [
            ("config", config),
            ("database", database),
            ("actors", actors),
            ("logs", logs),
            ("assets", assets),
            ("disk", disk),
            ("history", history),
        ]
    }

    fn code(&self) -> StatusCode {
        if self.status == Condition::Error { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    }
}

impl Checks {
    fn now(state: &AppState) -> Self {
        let storage = state.vitals.storage.get();
        let look = |part: fn(&Storage) -> Condition| judge(&storage, part);
        Self {
            config: match state.commons.views.config.get().problem {
                Some(_) => Condition::Degraded,
                None => Condition::Ok,
            },
            database: look(|storage| storage.database),
            actors: judge(&state.vitals.actors.get(), |actors| {
                if actors.iter().all(|actor| actor.alive) { Condition::Ok } else { Condition::Error }
            }),
            logs: look(|storage| storage.logs),
            assets: assets(&state.commons.views.assets.get()),
            disk: look(|storage| storage.disk),
            history: history(&state.commons.views.history.get().problems, Utc::now()),
        }
    }

    fn worst(&self) -> Condition {
        let Self { config, database, actors, logs, assets, disk, history } = *self;
        [config, database, actors, logs, assets, disk, history].into_iter().max().unwrap_or_default()
    }
}

fn assets(view: &AssetsView) -> Condition {
    let well = Root::ALL
        .iter()
        .map(|root| view.state(*root))
        .all(|root| root.problem.is_none() && root.watch_problem.is_none());
    if well { Condition::Ok } else { Condition::Degraded }
}

/// A file that is just being written is no trouble yet.
fn history(problems: &[Problem], now: DateTime<Utc>) -> Condition {
    let lasts = problems.iter().any(|problem| now.signed_duration_since(problem.since) >= UNREADABLE_FOR);
    if lasts { Condition::Degraded } else { Condition::Ok }
}

/// What a look says; before the first one nothing is wrong yet.
fn judge<T>(seen: &Option<Seen<T>>, part: impl Fn(&T) -> Condition) -> Condition {
    match seen {
        None => Condition::Ok,
        Some(seen) if seen.at.elapsed() > STALE => Condition::Error,
        Some(seen) => part(&seen.what),
    }
}

fn is_ready(state: &AppState) -> bool {
    state.vitals.seen() && !*state.stopping.borrow()
}

fn answer(code: StatusCode, body: impl Serialize) -> HttpResponse {
    HttpResponse::build(code).insert_header((CACHE_CONTROL, "no-store")).json(body)
}

/// How the daemon and its parts do.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Health, description = "ok or degraded"),
    (status = 503, body = Health, description = "error")))]
#[get("/api/health")]
async fn health(state: State) -> impl Responder {
    let health = Health::now(&state);
    answer(health.code(), health)
}

/// A sign of life.
#[derive(Debug, Serialize, ToSchema)]
struct Alive {
    status: &'static str,
}

/// Whether the process answers at all.
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

/// Whether requests and runs can be taken: not before the start is done, and not while the daemon stops.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/api/health/ready")]
async fn ready(state: State) -> impl Responder {
    let ready = is_ready(&state);
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(code, Readiness { ready })
}

/// Whether the process answers at all, where Kubernetes and exporters look.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Alive)))]
#[get("/healthz")]
async fn healthz() -> impl Responder {
    answer(StatusCode::OK, Alive { status: "OK" })
}

/// Whether the process answers at all, as Sonarr and Radarr put it.
#[utoipa::path(tag = "health", security(()), responses((status = 200, body = Alive)))]
#[get("/ping")]
async fn ping() -> impl Responder {
    answer(StatusCode::OK, Alive { status: "OK" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(age: Duration) -> Option<Seen<Storage>> {
        let what = Storage { database: Condition::Ok, disk: Condition::Degraded, logs: Condition::Ok };
        Instant::now().checked_sub(age).map(|at| Seen { at, what })
    }

    #[test]
    fn a_look_that_is_too_old_is_an_error_whatever_it_saw() {
        assert_eq!(judge(&storage(Duration::ZERO), |storage| storage.disk), Condition::Degraded);
        assert_eq!(judge(&storage(STALE + BEAT), |storage| storage.disk), Condition::Error);
        assert_eq!(judge(&None::<Seen<Storage>>, |storage| storage.disk), Condition::Ok);
    }

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

    #[test]
    fn a_folder_that_is_gone_is_an_error_for_the_disk_but_not_for_the_logs() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        assert_eq!(disk(&gone), Condition::Error);
        assert_eq!(logs(&gone), Condition::Ok);
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(logs(&file), Condition::Error);
        assert_ne!(disk(folder.path()), Condition::Error);
    }
}
