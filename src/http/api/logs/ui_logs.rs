//! The web UI's own log: `UILogs/FrontendUI.log`, to which browsers send their console, and which shows both sides.

use std::io;

use actix_web::{Responder, get, post, web};
use chrono::{DateTime, Local};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::logs::parse::{self, Record};
use crate::actors::logs::{Filter, Page, Part, Step};
use crate::http::api::logs::in_background;
use crate::http::api::logs::query::UnifiedLinesQuery;
use crate::http::extract::json::Json;
use crate::http::extract::parameters::Query;
use crate::http::{ApiError, Code, State};
use crate::telemetry::line::one_line;
use crate::telemetry::redact::mask;
use crate::telemetry::rotating::RotatingFile;

/// The log's name in `UILogs`.
const FILE: &str = "FrontendUI.log";
/// Entries taken at once; upstream's UI sends fifty.
const MAX_ENTRIES: usize = 1000;
/// A longer message is cut.
const MAX_MESSAGE: usize = 32 * 1024;
/// A longer level or component is cut.
const MAX_NAME: usize = 64;
/// The unified log is put in order over this many of the newest lines.
const MAX_UNIFIED: usize = 100_000;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(unified).service(add).service(add_batch);
}

/// A line of a browser's console.
#[derive(Debug, Deserialize, ToSchema)]
struct UiEntry {
    level: String,
    message: String,
    /// Not used: the line gets the server's time.
    #[serde(rename = "timestamp")]
    _timestamp: String,
    /// The part of the UI it comes from.
    #[serde(default = "ui")]
    component: String,
}

fn ui() -> String {
    "UI".to_owned()
}

/// Lines of a browser's console.
#[derive(Debug, Deserialize, ToSchema)]
struct UiBatch {
    logs: Vec<UiEntry>,
}

/// Whether the lines were written.
#[derive(Debug, Serialize, ToSchema)]
struct Written {
    success: bool,
    /// How many lines, for a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Adds a line to the web UI's log.
#[utoipa::path(tag = "logs", request_body = UiEntry, responses((status = 200, body = Written), (status = 400)))]
#[post("/api/logs/ui")]
async fn add(state: State, entry: Json<UiEntry>) -> Result<impl Responder, ApiError> {
    write(&state, vec![entry.0], None).await
}

/// Adds lines to the web UI's log, at most a thousand.
#[utoipa::path(
    tag = "logs",
    request_body = UiBatch,
    responses((status = 200, body = Written), (status = 400), (status = 413, description = "too many lines")),
)]
#[post("/api/logs/ui/batch")]
async fn add_batch(state: State, batch: Json<UiBatch>) -> Result<impl Responder, ApiError> {
    let entries = batch.0.logs;
    if entries.len() > MAX_ENTRIES {
        let values = [("lines", MAX_ENTRIES.into())];
        return Err(ApiError::told(Code::PayloadTooLarge, "send at most {lines} lines at once", values));
    }
    let count = entries.len();
    write(&state, entries, Some(count)).await
}

/// Appends the lines. A disk that fails is told with status 200, as upstream does: the UI must not log its logging.
async fn write(state: &State, entries: Vec<UiEntry>, count: Option<usize>) -> Result<web::Json<Written>, ApiError> {
    let path = state.shared.data.ui_logs().join(FILE);
    let now = Local::now();
    let written = in_background(move || {
        let lines: String = entries.iter().map(|entry| line(entry, now)).collect();
        RotatingFile::new(path).append(lines.as_bytes())
    });
    Ok(web::Json(match written.await? {
        Ok(()) => Written { success: true, count, error: None },
        Err(error) => Written { success: false, count: None, error: Some(error.to_string()) },
    }))
}

/// An entry in upstream's form, as exactly one line that is what it claims to be, secrets masked.
fn line(entry: &UiEntry, now: DateTime<Local>) -> String {
    let (level, component) = (name(&entry.level.to_uppercase()), name(&entry.component));
    let (message, cut) = cut(&entry.message, MAX_MESSAGE);
    let message = one_line(message);
    let line = format!(
        "[{}] [{level:<8}] [UI:{component}] - {message}{}",
        now.format("%Y-%m-%d %H:%M:%S"),
        if cut { " …" } else { "" }
    );
    format!("{}\n", mask(&line))
}

/// A name as part of a line: brackets would end its field.
fn name(text: &str) -> String {
    one_line(cut(text, MAX_NAME).0).replace('[', "(").replace(']', ")")
}

fn cut(text: &str, length: usize) -> (&str, bool) {
    let end = text.floor_char_boundary(length);
    (text.get(..end).unwrap_or(text), end < text.len())
}

/// The web UI's log, taken apart and in order.
#[derive(Debug, Serialize, ToSchema)]
struct Unified {
    logs: Vec<Record>,
    /// How many are given.
    total: usize,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_all: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

/// Returns the backend's and the browsers' lines as records, in the order of their time; lines without one come first.
#[utoipa::path(
    tag = "logs",
    params(UnifiedLinesQuery),
    responses((status = 200, body = Unified), (status = 400, description = "tail is not a number")),
)]
#[get("/api/logs/ui/unified")]
async fn unified(
    state: State,
    Query(UnifiedLinesQuery { tail: part }): Query<UnifiedLinesQuery>,
) -> Result<impl Responder, ApiError> {
    let path = state.shared.data.ui_logs().join(FILE);
    let logs = in_background(move || {
        let mut lines = Vec::new();
        let mut page = Page::open(&path, Part::Last(MAX_UNIFIED), Filter::default())?;
        loop {
            match page.step()? {
                Step::Searching => {}
                Step::Lines(more) => lines.extend(more),
                Step::End => return Ok::<_, io::Error>(in_order(&lines)),
            }
        }
    });
    Ok(web::Json(match logs.await? {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Unified { logs: Vec::new(), total: 0, total_all: None, message: Some("No UI logs available yet") }
        }
        Err(error) => return Err(ApiError::internal(error)),
        Ok(logs) => {
            let total_all = Some(logs.len());
            let logs = take(logs, part);
            Unified { total: logs.len(), total_all, logs, message: None }
        }
    }))
}

fn in_order(lines: &[String]) -> Vec<Record> {
    let lines = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let mut records: Vec<_> = lines.map(parse::unified_record).collect();
    records.sort_by(|a, b| a.timestamp.cmp(&b.timestamp));
    records
}

fn take(mut records: Vec<Record>, part: Part) -> Vec<Record> {
    let first = match part {
        Part::All => 0,
        Part::Last(count) => records.len().saturating_sub(count),
        Part::AfterFirst(count) => count.min(records.len()),
    };
    records.split_off(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn written(level: &str, component: &str, message: &str) -> String {
        let entry = UiEntry {
            level: level.to_owned(),
            message: message.to_owned(),
            _timestamp: String::new(),
            component: component.to_owned(),
        };
        line(&entry, Local.with_ymd_and_hms(2025, 11, 23, 3, 0, 5).unwrap())
    }

    #[test]
    fn a_line_has_upstreams_form() {
        assert_eq!(
            written("info", "LogViewer", "opened"),
            "[2025-11-23 03:00:05] [INFO    ] [UI:LogViewer] - opened\n"
        );
    }

    #[test]
    fn a_line_cannot_be_forged() {
        let forged =
            written("info]\n[x", "a] - b\r\n[UI:c", "x\n[2025-11-23 03:00:05] [ERROR   ] [BACKEND:main] - gone");
        assert_eq!(forged.lines().count(), 1);
        let record = parse::unified_record(&forged);
        assert_eq!(record.source, "frontend");
        assert!(record.component.starts_with("a) - b"));
        assert!(record.message.starts_with("x\\n[2025"));
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_character() {
        let long = written("i", &"ä".repeat(500), &"ö".repeat(100_000));
        assert!(long.len() < MAX_MESSAGE + MAX_NAME + 100);
        assert!(long.ends_with("ö …\n"));
    }

    #[test]
    fn records_are_put_in_order_and_unknown_ones_come_first() {
        let line = |second: u32, text: &str| format!("[2025-11-23 03:00:0{second}] [INFO    ] [UI:x] - {text}\n");
        let lines = [line(2, "b"), "torn\n".to_owned(), "\n".to_owned(), line(1, "a"), line(2, "c")];
        let messages = |records: Vec<Record>| records.into_iter().map(|record| record.message).collect::<Vec<_>>();
        assert_eq!(messages(in_order(&lines)), ["torn", "a", "b", "c"]);
        assert_eq!(messages(take(in_order(&lines), Part::Last(2))), ["b", "c"]);
        assert_eq!(messages(take(in_order(&lines), Part::AfterFirst(3))), ["c"]);
        assert_eq!(messages(take(in_order(&lines), Part::All)).len(), 4);
    }
}
