//! `GET /api/status`: what runs, how far it is, and the newest log lines. Answered from views; web UIs poll it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::{Responder, get, web};
use chrono::{DateTime, Local, Timelike, Utc};
use posterizarr_base::run::ANOTHER_INSTANCE;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::logs::{Progress, active_log};
use crate::actors::runs::{Hold, Mode, RunId, RunView, RunnerState, Trigger};
use crate::http::{ApiError, AppState, State};

/// How long it holds that a file is there, or is not.
const HOLDS: Duration = Duration::from_secs(1);
/// How many of the newest lines are searched for word of another instance.
const LINES_SEARCHED: usize = 5;

/// The engine is built with the daemon and has its version.
const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(status);
}

/// The state of the run slot. The first thirteen fields are upstream's, in its order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// Whether a run is in progress, whoever started it.
    running: bool,
    /// Whether the API started it.
    manual_running: bool,
    /// Whether the Scheduler started it.
    scheduler_running: bool,
    /// The same as `scheduler_running`.
    scheduler_is_executing: bool,
    /// The newest lines of the active log, at most 25, without blank lines and rulers.
    #[schema(value_type = Vec<String>)]
    last_logs: Arc<[String]>,
    /// Whether something is there that a run would start.
    script_exists: bool,
    /// Whether `config.json` is there.
    config_exists: bool,
    /// The process id of the script.
    pid: Option<u32>,
    /// The mode of the run; never null while one is on.
    current_mode: Option<Mode>,
    /// The log to look at.
    active_log: &'static str,
    /// Whether the newest lines say that another instance was running.
    already_running_detected: bool,
    /// Whether `temp/Posterizarr.Running` is there.
    running_file_exists: bool,
    /// When the run started: local time without offset.
    start_time: Option<String>,
    /// The run's number; null for a run that this daemon did not start.
    run_id: Option<RunId>,
    /// What asked for the run.
    trigger: Option<Trigger>,
    /// What the run is about, such as `Heat (1995)`; null where that is nothing in particular.
    title: Option<String>,
    /// How far the run is, as its log tells.
    progress: Option<Progress>,
    /// How many jobs wait.
    queued: usize,
    /// How many jobs failed for good, and wait for somebody to try them again.
    failed: usize,
    /// Since when the queue is held, and by whom; null where it is not. What waits in it does not start then.
    held: Option<Hold>,
    /// What would do the work of the next run.
    #[schema(value_type = RunnerState)]
    runner: Arc<RunnerState>,
    /// The version of the engine that is part of the daemon.
    engine_version: &'static str,
}

impl Status {
    /// The state as of now, but for files, which were looked for a moment ago.
    pub async fn now(state: &State, last: &LastLook) -> Result<Self, ApiError> {
        Ok(Self::with(state, last.files(state).await?))
    }

    fn with(state: &AppState, files: Files) -> Self {
        let runs = state.views.runs.get();
        let logs = state.views.logs.get();
        let holder = runs.holder();
        let active_log = active_log(&logs, holder.as_ref().map(|holder| holder.mode));
        let last_logs = logs.last(active_log);
        let started_by = |trigger| holder.as_ref().is_some_and(|holder| holder.trigger == trigger);
        Self {
            running: holder.is_some(),
            manual_running: started_by(Trigger::Api),
            scheduler_running: started_by(Trigger::Schedule),
            scheduler_is_executing: started_by(Trigger::Schedule),
            script_exists: files.script || runs.runner.available,
            config_exists: files.config,
            pid: holder.as_ref().and_then(|holder| holder.pid),
            current_mode: holder.as_ref().map(|holder| holder.mode),
            active_log,
            already_running_detected: tells_of_another_instance(&last_logs),
            running_file_exists: files.running,
            start_time: holder.as_ref().map(|holder| naive_local(holder.started)),
            run_id: holder.as_ref().and_then(|holder| holder.run),
            trigger: holder.as_ref().map(|holder| holder.trigger),
            title: runs.current.as_ref().and_then(|run| run.title.clone()),
            progress: logs.progress.clone().filter(|_| holder.is_some()),
            queued: runs.waiting_count,
            failed: runs.parked,
            held: runs.held.clone(),
            runner: runs.runner.clone(),
            engine_version: ENGINE_VERSION,
            last_logs,
        }
    }
}

fn tells_of_another_instance(lines: &[String]) -> bool {
    lines.iter().rev().take(LINES_SEARCHED).any(|line| line.contains(ANOTHER_INSTANCE))
}

/// Which of the files that the status tells of are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Files {
    script: bool,
    config: bool,
    running: bool,
}

impl Files {
    fn look(state: &AppState) -> Self {
        let data = &state.shared.data;
        Self {
            script: is_there(&state.settings.script()),
            config: is_there(&data.config()),
            running: is_there(&data.running_file()),
        }
    }
}

/// What was seen of the files last. They may lie on a disk that is slow, so that workers do not look themselves, and not for
/// each poll.
#[derive(Debug, Default)]
pub struct LastLook(Mutex<Option<Look>>);

#[derive(Debug)]
struct Look {
    files: Files,
    at: Instant,
    /// The views as they were: whoever hears of a run's end and asks must find its file gone.
    runs: Arc<RunView>,
    config: u64,
}

impl Look {
    fn holds(&self, runs: &Arc<RunView>, config: u64) -> bool {
        self.at.elapsed() < HOLDS && Arc::ptr_eq(&self.runs, runs) && self.config == config
    }
}

impl LastLook {
    async fn files(&self, state: &State) -> Result<Files, ApiError> {
        let (at, runs, config) = (Instant::now(), state.views.runs.get(), state.views.config.get().generation);
        let holds = |look: &&Look| look.holds(&runs, config);
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().filter(holds).map(|look| look.files);
        if let Some(files) = known {
            return Ok(files);
        }
        let state = state.clone();
        let files = web::block(move || Files::look(&state)).await.map_err(ApiError::internal)?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Look { files, at, runs, config });
        Ok(files)
    }
}

/// Whether a file is there; one that cannot be looked at counts as missing, as upstream has it.
fn is_there(path: &Path) -> bool {
    std::fs::exists(path).unwrap_or(false)
}

/// Local time without offset, as upstream writes it: microseconds, left out when they are exactly zero.
pub fn naive_local(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&Local);
    let format = if local.nanosecond() / 1_000 == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
    local.format(format).to_string()
}

/// Returns the current run and its progress.
#[utoipa::path(tag = "status", responses((status = 200, body = Status)))]
#[get("/api/status")]
async fn status(state: State, last: web::Data<LastLook>) -> Result<impl Responder, ApiError> {
    Ok(web::Json(Status::now(&state, &last).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_times_have_upstreams_form() {
        let local = naive_local(DateTime::parse_from_rfc3339("2026-11-23T08:55:14.977365Z").unwrap().to_utc());
        assert!(local.ends_with(":14.977365") && local.len() == 26, "{local}");
        let whole = naive_local(DateTime::parse_from_rfc3339("2026-11-23T08:55:14Z").unwrap().to_utc());
        assert_eq!(whole.len(), 19);
    }

    #[test]
    fn a_look_holds_for_a_moment_and_until_a_view_changes() {
        let runs = Arc::new(RunView::default());
        let files = Files { script: true, config: true, running: false };
        let look = |at| Look { files, at, runs: runs.clone(), config: 1 };
        assert!(look(Instant::now()).holds(&runs, 1));
        assert!(!look(Instant::now()).holds(&runs, 2), "the configuration changed");
        assert!(!look(Instant::now()).holds(&Arc::new(RunView::default()), 1), "something ran");
        assert!(!look(Instant::now().checked_sub(HOLDS).unwrap()).holds(&runs, 1), "it is old");
    }

    #[test]
    fn another_instance_is_told_by_the_last_five_lines_only() {
        let mut lines = vec![format!("[…] [WARNING] |L.7683 | {ANOTHER_INSTANCE}, exiting now...")];
        assert!(tells_of_another_instance(&lines));
        lines.extend((0..4).map(|n| n.to_string()));
        assert!(tells_of_another_instance(&lines));
        lines.push("one more".to_owned());
        assert!(!tells_of_another_instance(&lines));
    }
}
