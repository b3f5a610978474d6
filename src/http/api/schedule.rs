//! The timetable: reading, changing, previewing, running now.

use actix_web::{Responder, delete, get, post, web};
use chrono::{DateTime, FixedOffset, Utc};
use posterizarr_base::said::Clause;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::runs::{RunId, Trigger};
use crate::actors::schedule::Fire;
use crate::actors::schedule::Idle;
use crate::actors::schedule::{
    AddSchedule, ChangeTimetable, RemoveSchedule, Restart, RunNow, ScheduleError, Timer, preview as fires_of,
};
use crate::http::api::runs::start::{BUSY, refused};
use crate::http::extract::json::Json;
use crate::http::respond::time::with_offset;
use crate::http::{ApiError, AppState, Code, Refusal, State, ask};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(status)
        .service(timetable)
        .service(change)
        .service(add)
        .service(remove)
        .service(clear)
        .service(enable)
        .service(disable)
        .service(restart)
        .service(run_now)
        .service(preview);
}

/// The state of the timetable; the first eight fields after `success` are upstream's.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchedulerStatus {
    success: bool,
    /// What was done, in answers to commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The user's switch.
    enabled: bool,
    /// Whether timers are armed.
    running: bool,
    /// Whether a run is in progress that the timetable, or run-now, started.
    is_executing: bool,
    /// The entries as stored.
    #[schema(value_type = Vec<Object>)]
    schedules: Value,
    /// The zone that counts.
    timezone: &'static str,
    /// When the last run started: local time without offset.
    #[schema(value_type = Option<String>)]
    last_run: Value,
    /// The same with its offset.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_run_at: Option<DateTime<FixedOffset>>,
    /// The next fire, with offset.
    #[schema(value_type = Option<String>)]
    next_run: Value,
    /// The armed timers, soonest first.
    active_jobs: Vec<Timer>,
    /// The entries that never fire, and why.
    not_run: Vec<Idle>,
    /// The last fires with what became of them, newest first.
    history: Vec<Fire>,
    /// What is wrong with the file or the zone.
    problem: Option<String>,
    /// The same by its code, for those who say it in another language; empty where nothing is wrong.
    problem_because: Vec<Clause>,
}

impl SchedulerStatus {
    /// The fields of it that upstream repeats beside the last run's figures.
    pub fn brief(state: &AppState) -> Value {
        let Self { enabled, schedules, next_run, timezone, .. } = Self::now(state);
        json!({ "enabled": enabled, "schedules": schedules, "next_run": next_run, "timezone": timezone })
    }

    /// The state as of now.
    pub fn now(state: &AppState) -> Self {
        let view = state.views.scheduler.get();
        let field = |name: &str| view.fields.get(name).cloned().unwrap_or_default();
        let soonest = view.timers.first().and_then(|timer| timer.next_run.clone());
        let current = state.views.runs.get();
        let problem = view.problem.clone();
        Self {
            success: true,
            message: None,
            enabled: field("enabled").as_bool().unwrap_or_default(),
            running: view.running,
            is_executing: current.current.as_ref().is_some_and(|run| run.trigger == Trigger::Schedule),
            schedules: field("schedules"),
            timezone: view.timezone.name(),
            last_run_at: field("last_run").as_str().and_then(with_offset),
            last_run: field("last_run"),
            next_run: soonest.map_or_else(|| field("next_run"), Value::from),
            active_jobs: view.timers.clone(),
            not_run: view.idle.clone(),
            history: view.fires.clone(),
            problem: problem.clone().map(|problem| problem.text),
            problem_because: problem.map(|problem| problem.because).unwrap_or_default(),
        }
    }

    fn saying(state: &AppState, message: impl Into<String>) -> web::Json<Self> {
        web::Json(Self { message: Some(message.into()), ..Self::now(state) })
    }
}

/// `scheduler.json` as it is now.
#[derive(Serialize, ToSchema)]
#[schema(as = Stored)]
struct SchedulerConfig {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[schema(value_type = Object)]
    config: Map<String, Value>,
}

impl SchedulerConfig {
    fn now(state: &AppState, message: Option<&'static str>) -> web::Json<Self> {
        web::Json(Self { success: true, message, config: state.views.scheduler.get().fields.clone() })
    }
}

/// What was done.
#[derive(Serialize, ToSchema)]
struct SchedulerDone {
    success: bool,
    message: String,
    /// The run, where one was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
}

/// Changes of the timetable; what is absent or null stays.
#[derive(Deserialize, ToSchema)]
struct Change {
    enabled: Option<bool>,
    #[schema(value_type = Option<Vec<Object>>)]
    schedules: Option<Vec<Map<String, Value>>>,
    timezone: Option<String>,
    skip_if_running: Option<bool>,
}

/// A new entry: a daily `time` with optional `days`, a `cron` expression, or a `time` with a `frequency` as Posterizarr 3.x has
/// it; all with an optional `mode`.
#[derive(Deserialize, ToSchema)]
struct NewEntry {
    /// `HH:MM`; with `cron`, the name under which the entry is listed and removed (default: the expression).
    time: Option<String>,
    /// Empty if absent; null stays null.
    #[serde(default = "no_description")]
    description: Option<String>,
    /// Five fields, such as `30 2 * * MON-FRI`.
    cron: Option<String>,
    /// `mon` … `sun`; empty or absent means every day.
    days: Option<Vec<String>>,
    /// `scheduled` (default), `testing`, `backup`, `syncjelly`, `syncemby` or `logoupdater`.
    mode: Option<String>,
    /// As Posterizarr 3.x has it: `daily`, `weekly` (on `day_of_week`), `monthly` (on `day`, `month` and `day_of_week`) or
    /// `interval` (every `interval_value` of `interval_unit`).
    frequency: Option<String>,
    /// `mon` … `sun`, several with commas, or `*`.
    day_of_week: Option<String>,
    /// A day of the month such as 1, `1,15` or `last`, or `*`.
    #[schema(value_type = Option<String>)]
    day: Option<Value>,
    /// A month such as 1 or `1,7`, or `*`.
    #[schema(value_type = Option<String>)]
    month: Option<Value>,
    /// A whole number from 1.
    #[schema(value_type = Option<u32>)]
    interval_value: Option<Value>,
    /// `hours`, `days` or `weeks`.
    interval_unit: Option<String>,
    /// Of the logo updater: the library; all of them if absent.
    library: Option<String>,
    /// Of the logo updater: whether it replaces logos that are there.
    force_replace: Option<bool>,
    /// Of the logo updater: whether it takes its logos away again.
    revert: Option<bool>,
}

fn no_description() -> Option<String> {
    Some(String::new())
}

impl NewEntry {
    /// The entry as it stands in the file. Only what was given is written, so that upstream's files stay upstream's.
    fn into_value(self) -> Result<Value, ApiError> {
        let time = self.time.or_else(|| self.cron.clone());
        let time = time.ok_or_else(|| ApiError::validation("missing", &["body", "time"], "Field required"))?;
        let mut entry = json!({ "time": time, "description": self.description });
        let beyond = [
            ("cron", self.cron.map(Value::from)),
            ("days", self.days.map(Value::from)),
            ("mode", self.mode.map(Value::from)),
            ("frequency", self.frequency.map(Value::from)),
            ("day_of_week", self.day_of_week.map(Value::from)),
            ("day", self.day),
            ("month", self.month),
            ("interval_value", self.interval_value),
            ("interval_unit", self.interval_unit.map(Value::from)),
            ("library", self.library.map(Value::from)),
            ("force_replace", self.force_replace.map(Value::from)),
            ("revert", self.revert.map(Value::from)),
        ];
        if let Some(fields) = entry.as_object_mut() {
            fields.extend(beyond.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        }
        Ok(entry)
    }
}

/// An entry to look ahead for, and the zone to do it in (default: the timetable's).
#[derive(Deserialize, ToSchema)]
struct Previewed {
    timezone: Option<String>,
    #[serde(flatten)]
    entry: NewEntry,
}

/// The next fires of an entry that is not stored.
#[derive(Serialize, ToSchema)]
struct Preview {
    success: bool,
    timezone: String,
    /// The next five fires, with offset.
    next: Vec<String>,
}

impl Refusal for ScheduleError {
    fn code(&self) -> Code {
        match self {
            Self::Entry(_) | Self::Zone(_) => Code::InvalidValue,
            Self::Missing => Code::NotFound,
            Self::File(_) => Code::StorageUnavailable,
        }
    }
}

/// Returns the state of the timetable.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerStatus)))]
#[get("/api/scheduler/status")]
async fn status(state: State) -> impl Responder {
    web::Json(SchedulerStatus::now(&state))
}

/// Returns `scheduler.json`.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerConfig)))]
#[get("/api/scheduler/config")]
async fn timetable(state: State) -> impl Responder {
    SchedulerConfig::now(&state, None)
}

/// Changes the timetable as a whole: all of it, or nothing.
#[utoipa::path(tag = "scheduler", request_body = Change, responses((status = 200, body = SchedulerConfig), (status = 400)))]
#[post("/api/scheduler/config")]
async fn change(state: State, body: Json<Change>) -> Result<impl Responder, ApiError> {
    let Change { enabled, schedules, timezone, skip_if_running } = body.0;
    let schedules = schedules.map(|entries| entries.into_iter().map(Value::Object).collect());
    ask(&state.scheduler, ChangeTimetable { enabled, schedules, timezone, skip_if_running }).await??;
    Ok(SchedulerConfig::now(&state, Some("Scheduler configuration updated")))
}

/// Adds an entry.
#[utoipa::path(tag = "scheduler", request_body = NewEntry, responses((status = 200, body = SchedulerDone), (status = 400)))]
#[post("/api/scheduler/schedule")]
async fn add(state: State, body: Json<NewEntry>) -> Result<impl Responder, ApiError> {
    let entry = body.0.into_value()?;
    let time = entry.get("time").and_then(Value::as_str).unwrap_or_default().to_owned();
    ask(&state.scheduler, AddSchedule(entry)).await??;
    Ok(web::Json(SchedulerDone { success: true, message: format!("Schedule added: {time}"), run_id: None }))
}

/// Removes every entry with this exact time.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerStatus), (status = 404)))]
#[delete("/api/scheduler/schedule/{time:.*}")]
async fn remove(state: State, time: web::Path<String>) -> Result<impl Responder, ApiError> {
    // Upstream's web UI encodes the colon twice on some paths.
    let time = time.replace("%3A", ":").replace("%3a", ":");
    ask(&state.scheduler, RemoveSchedule(time.clone())).await??;
    Ok(SchedulerStatus::saying(&state, format!("Schedule removed: {time}")))
}

/// Removes all entries.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerStatus)))]
#[delete("/api/scheduler/schedules")]
async fn clear(state: State) -> Result<impl Responder, ApiError> {
    let none = ChangeTimetable { schedules: Some(Vec::new()), ..ChangeTimetable::default() };
    ask(&state.scheduler, none).await??;
    Ok(SchedulerStatus::saying(&state, "All schedules cleared"))
}

/// Arms the timers.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerConfig)))]
#[post("/api/scheduler/enable")]
async fn enable(state: State) -> Result<impl Responder, ApiError> {
    ask(&state.scheduler, ChangeTimetable { enabled: Some(true), ..ChangeTimetable::default() }).await??;
    Ok(SchedulerConfig::now(&state, Some("Scheduler enabled")))
}

/// Disarms the timers; a run in progress continues.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerConfig)))]
#[post("/api/scheduler/disable")]
async fn disable(state: State) -> Result<impl Responder, ApiError> {
    ask(&state.scheduler, ChangeTimetable { enabled: Some(false), ..ChangeTimetable::default() }).await??;
    Ok(SchedulerConfig::now(&state, Some("Scheduler disabled")))
}

/// Reads `scheduler.json` again and re-arms the timers.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerStatus)))]
#[post("/api/scheduler/restart")]
async fn restart(state: State) -> Result<impl Responder, ApiError> {
    ask(&state.scheduler, Restart).await?;
    Ok(SchedulerStatus::saying(&state, "Scheduler restarted"))
}

/// Starts a scheduled run now, even while the timers are off.
#[utoipa::path(tag = "scheduler", responses((status = 200, body = SchedulerDone), (status = 400)))]
#[post("/api/scheduler/run-now")]
async fn run_now(state: State) -> Result<impl Responder, ApiError> {
    let started = ask(&state.scheduler, RunNow).await?.map_err(|error| refused(error, BUSY))?;
    let message = "Manual run triggered successfully".to_owned();
    Ok(web::Json(SchedulerDone { success: true, message, run_id: Some(started.run) }))
}

/// Returns when an entry would fire, without storing it.
#[utoipa::path(tag = "scheduler", request_body = Previewed, responses((status = 200, body = Preview), (status = 400)))]
#[post("/api/scheduler/preview")]
async fn preview(state: State, body: Json<Previewed>) -> Result<impl Responder, ApiError> {
    let Previewed { timezone, entry } = body.0;
    let timezone = timezone.unwrap_or_else(|| state.views.scheduler.get().timezone.name().to_owned());
    let next = fires_of(entry.into_value()?, &timezone, Utc::now())?;
    Ok(web::Json(Preview { success: true, timezone, next }))
}
