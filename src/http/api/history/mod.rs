//! The run history: the newest run, pages, sums, and upstream's migrations.
//!
//! Rows are read from the store on the blocking pool; which rows a page has comes from the published index.

pub mod exports;

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, Responder, delete, get, post, web};
use chrono::{DateTime, Days, FixedOffset, Local};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use self::filters::{KeptDays, LastDays, Paging, Selection, midnight};
use crate::actors::history::{
    CleanUp, HistoryView, Marker, MigrateLogs, Problem, ReformatRuntimes, TakeResults, query,
};
use crate::actors::history::{Day, Filter};
use crate::actors::history::{HistoryRow, format_duration};
use crate::actors::runs::GetRun;
use crate::http::api::schedule::SchedulerStatus;
use crate::http::extract::parameters::{Query, size};
use crate::http::respond::ready::ready;
use crate::http::respond::run::RunAnswer;
use crate::http::respond::time::with_offset;
use crate::http::{ApiError, AppState, Code, State, ask, ask_within, read_store};

mod csv;
mod filters;

/// What touches every row may take a while.
const LONG: Duration = Duration::from_secs(120);

/// The routes of this area. The number comes last: it would take the other names.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(runtime_stats)
        .service(list_rows)
        .service(runtime_summary)
        .service(csv::history_csv)
        .service(list_days)
        .service(clean_up)
        .service(migrate)
        .service(migration_status)
        .service(migrate_format)
        .service(import_json)
        .service(get_row);
}

/// The newest run with figures.
#[derive(Serialize, ToSchema)]
struct RuntimeStats {
    success: bool,
    /// How long it took, as `0h 12m 7s`.
    runtime: Option<String>,
    #[serde(flatten)]
    figures: Figures,
    mode: Option<String>,
    timestamp: String,
    /// The timetable in brief.
    #[schema(value_type = Object)]
    scheduler: Value,
    /// Always `database`.
    source: &'static str,
}

/// The figures of a run.
#[derive(Serialize, ToSchema)]
struct Figures {
    total_images: i64,
    posters: i64,
    seasons: i64,
    backgrounds: i64,
    titlecards: i64,
    collections: i64,
    errors: i64,
    fallbacks: i64,
    textless: i64,
    truncated: i64,
    text: i64,
    tba_skipped: i64,
    jap_chines_skipped: i64,
    notification_sent: bool,
    uptime_kuma: bool,
    images_cleared: i64,
    folders_cleared: i64,
    space_saved: Option<String>,
    script_version: Option<String>,
    im_version: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
}

impl From<HistoryRow> for Figures {
    fn from(row: HistoryRow) -> Self {
        Self {
            total_images: row.total_images,
            posters: row.posters,
            seasons: row.seasons,
            backgrounds: row.backgrounds,
            titlecards: row.titlecards,
            collections: row.collections,
            errors: row.errors,
            fallbacks: row.fallbacks,
            textless: row.textless,
            truncated: row.truncated,
            text: row.text,
            tba_skipped: row.tba_skipped,
            jap_chines_skipped: row.jap_chines_skipped,
            notification_sent: row.notification_sent == 1,
            uptime_kuma: row.uptime_kuma == 1,
            images_cleared: row.images_cleared,
            folders_cleared: row.folders_cleared,
            space_saved: row.space_saved,
            script_version: row.script_version,
            im_version: row.im_version,
            start_time: row.start_time,
            end_time: row.end_time,
        }
    }
}

/// A row as it is shown: with the instant of its time.
#[derive(Serialize, ToSchema)]
struct HistoryRun {
    #[serde(flatten)]
    row: HistoryRow,
    /// `timestamp` with its offset; null where that is no time.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<DateTime<FixedOffset>>,
}

impl From<HistoryRow> for HistoryRun {
    fn from(row: HistoryRow) -> Self {
        Self { at: with_offset(&row.timestamp), row }
    }
}

/// A page of the history.
#[derive(Serialize, ToSchema)]
struct HistoryPage {
    success: bool,
    history: Vec<HistoryRun>,
    /// How many rows this page has.
    count: usize,
    /// How many rows there are in all, with this filter.
    total: usize,
    limit: i64,
    offset: i64,
    /// The mode that was asked for.
    mode_filter: Option<String>,
}

/// The sums of the last days.
#[derive(Serialize, ToSchema)]
struct SummaryAnswer {
    success: bool,
    summary: Summary,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RuntimeSummary)]
struct Summary {
    total_runs: usize,
    total_images: i64,
    /// Of the runs that took any time.
    average_runtime_seconds: i64,
    average_runtime_formatted: String,
    total_errors: i64,
    #[schema(value_type = Object)]
    mode_counts: std::collections::BTreeMap<String, usize>,
    days: i64,
    /// The newest run with figures, whenever it was; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_run: Option<LatestRun>,
}

#[derive(Serialize, ToSchema)]
struct LatestRun {
    #[serde(flatten)]
    figures: Figures,
    runtime_formatted: Option<String>,
    mode: Option<String>,
}

/// The sums of each day that had runs.
#[derive(Serialize, ToSchema)]
struct DaysAnswer {
    success: bool,
    /// Oldest first.
    days: Vec<Day>,
}

/// One row, with the daemon's own record of the run.
#[derive(Serialize, ToSchema)]
struct HistoryEntry {
    success: bool,
    row: HistoryRun,
    /// Null for a run that the daemon did not see, or whose record was given up.
    run: Option<RunAnswer>,
}

/// How many old rows were removed.
#[derive(Serialize, ToSchema)]
struct CleanedUp {
    success: bool,
    deleted_count: usize,
    message: String,
}

/// What is noted of migrations, and what could not be read.
#[derive(Serialize, ToSchema)]
struct MigrationStatus {
    success: bool,
    is_migrated: bool,
    #[schema(value_type = Object)]
    migration_info: std::collections::BTreeMap<String, Marker>,
    /// Result files that cannot be read; they are tried again until they can.
    problems: Vec<Problem>,
}

/// Returns the newest run with figures. A run that left none is in the history only.
#[utoipa::path(tag = "history", responses((status = 200, body = RuntimeStats)))]
#[get("/api/runtime-stats")]
async fn runtime_stats(state: State) -> Result<HttpResponse, ApiError> {
    let view = view(&state).await;
    let Some(row) = read_store(&state, move |store| query::latest(&view, store)).await? else {
        let message = "No runtime data available. Please run the script or import JSON files.";
        return Ok(HttpResponse::Ok().json(json!({
            "success": false, "message": message, "runtime": null, "total_images": 0, "posters": 0, "seasons": 0,
            "backgrounds": 0, "titlecards": 0, "collections": 0, "errors": 0,
        })));
    };
    Ok(HttpResponse::Ok().json(RuntimeStats {
        success: true,
        runtime: row.runtime_formatted.clone(),
        mode: row.mode.clone(),
        timestamp: row.timestamp.clone(),
        figures: row.into(),
        scheduler: SchedulerStatus::brief(&state),
        source: "database",
    }))
}

/// Lists runs, newest first.
#[utoipa::path(tag = "history", params(Paging, Selection), responses((status = 200, body = HistoryPage), (status = 400)))]
#[get("/api/runtime-history")]
async fn list_rows(state: State, asked: Query<(Paging, Selection)>) -> Result<impl Responder, ApiError> {
    let Query((Paging { limit, offset }, rows)) = asked;
    let (mode_filter, (filter, sort)) = (rows.mode.clone(), rows.split());
    let (view, skip, most) = (view(&state).await, size(offset), size(limit));
    let page = read_store(&state, move |store| query::page(&view, store, &filter, sort, skip, most)).await?;
    Ok(web::Json(HistoryPage {
        success: true,
        count: page.rows.len(),
        history: page.rows.into_iter().map(HistoryRun::from).collect(),
        total: page.total,
        limit,
        offset,
        mode_filter,
    }))
}

/// Adds up the runs of the last days; today is the first of them.
#[utoipa::path(tag = "history", params(LastDays), responses((status = 200, body = SummaryAnswer), (status = 400)))]
#[get("/api/runtime-summary")]
async fn runtime_summary(state: State, Query(LastDays { days }): Query<LastDays>) -> Result<impl Responder, ApiError> {
    let view = view(&state).await;
    let since = Local::now().date_naive().checked_sub_days(Days::new(days.unsigned_abs().saturating_sub(1)));
    let filter = Filter { since: since.map(midnight), ..Filter::default() };
    let (latest, totals) =
        read_store(&state, move |store| Ok((query::latest(&view, store)?, view.index.totals(&filter)))).await?;
    let summary = Summary {
        total_runs: totals.runs,
        total_images: totals.images,
        average_runtime_seconds: totals.average_seconds,
        average_runtime_formatted: format_duration(totals.average_seconds),
        total_errors: totals.errors,
        mode_counts: totals.modes,
        days,
        latest_run: latest.map(|row| LatestRun {
            runtime_formatted: row.runtime_formatted.clone(),
            mode: row.mode.clone(),
            figures: row.into(),
        }),
    };
    Ok(web::Json(SummaryAnswer { success: true, summary }))
}

/// Adds up the runs of each day, for charts.
#[utoipa::path(tag = "history", params(Selection), responses((status = 200, body = DaysAnswer), (status = 400)))]
#[get("/api/runtime-history/days")]
async fn list_days(state: State, Query(rows): Query<Selection>) -> Result<impl Responder, ApiError> {
    let (filter, _) = rows.split();
    let days = view(&state).await.index.days(&filter);
    Ok(web::Json(DaysAnswer { success: true, days }))
}

/// Returns one row, with the daemon's record of its run where there is one.
#[utoipa::path(tag = "history", params(("id" = u64, Path)),
    responses((status = 200, body = HistoryEntry), (status = 404)))]
#[get("/api/runtime-history/{id:[0-9]+}")]
async fn get_row(state: State, id: web::Path<u64>) -> Result<impl Responder, ApiError> {
    let id = id.into_inner();
    let row = read_store(&state, move |store| query::one(store, id)).await?;
    let row =
        row.ok_or_else(|| ApiError::told(Code::NotFound, "there is no row {id} in the history", [("id", id.into())]))?;
    let run = match row.run {
        Some(id) => ask(&state.supervisor, GetRun { id }).await??,
        None => None,
    };
    Ok(web::Json(HistoryEntry { success: true, row: row.into(), run: run.map(RunAnswer::from) }))
}

/// Removes old rows.
#[utoipa::path(tag = "history", params(KeptDays), responses((status = 200, body = CleanedUp), (status = 400)))]
#[delete("/api/runtime-history/cleanup")]
async fn clean_up(state: State, Query(KeptDays { days }): Query<KeptDays>) -> Result<impl Responder, ApiError> {
    let now = Local::now().naive_local();
    let before = now.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(now);
    let deleted_count = ask_within(LONG, &state.historian, CleanUp { before }).await??;
    let message = format!("Deleted {deleted_count} entries older than {days} days");
    Ok(web::Json(CleanedUp { success: true, deleted_count, message }))
}

/// Imports the runs that are found in logs, unless that was done at the first start.
#[utoipa::path(tag = "history", responses((status = 200, body = Object)))]
#[post("/api/runtime-history/migrate")]
async fn migrate(state: State) -> Result<impl Responder, ApiError> {
    let answer = match ask_within(LONG, &state.historian, MigrateLogs).await?? {
        None => json!({ "success": true, "already_migrated": true,
            "message": "Migration was already performed. Database contains migrated data." }),
        Some(report) => json!({ "success": true, "imported": report.imported, "skipped": report.skipped,
            "errors": report.errors,
            "message": format!("Migrated {} runtime entries from log files", report.imported) }),
    };
    Ok(web::Json(answer))
}

/// Returns what is recorded about migrations, and which result files cannot be read.
#[utoipa::path(tag = "history", responses((status = 200, body = MigrationStatus)))]
#[get("/api/runtime-history/migration-status")]
async fn migration_status(state: State) -> impl Responder {
    let view = view(&state).await;
    let is_migrated = view.markers.get("logs_migrated").is_some_and(|marker| marker.value == "true");
    let (migration_info, problems) = (view.markers.clone(), view.problems.clone());
    web::Json(MigrationStatus { success: true, is_migrated, migration_info, problems })
}

/// Rewrites the text of every run time from its seconds.
#[utoipa::path(tag = "history", responses((status = 200, body = Object)))]
#[post("/api/runtime-history/migrate-format")]
async fn migrate_format(state: State) -> Result<impl Responder, ApiError> {
    let updated_count = ask_within(LONG, &state.historian, ReformatRuntimes).await??;
    let message = format!("Migrated {updated_count} runtime entries to new format (Xh:Ym:Zs)");
    Ok(web::Json(json!({ "success": true, "updated_count": updated_count, "message": message })))
}

/// Imports the result files in `Logs` now. A file that cannot be read is named; the others are imported all the same.
#[utoipa::path(tag = "history", responses((status = 200, body = Object)))]
#[post("/api/runtime-history/import-json")]
async fn import_json(state: State) -> Result<impl Responder, ApiError> {
    let report = ask_within(LONG, &state.historian, TakeResults).await??;
    let success = report.problems.is_empty();
    let message = match report.problems.as_slice() {
        [] => "JSON files imported successfully".to_owned(),
        problems => format!("Not all JSON files could be imported: {}", problems.join("; ")),
    };
    Ok(web::Json(json!({ "success": success, "message": message, "found": report.found,
        "imported": report.imported, "problems": report.problems })))
}

/// The history, once it has been read; as far as it is known where that takes long.
async fn view(state: &AppState) -> Arc<HistoryView> {
    ready(&state.views.history, |view| view.loaded).await.unwrap_or_else(|now| now)
}
