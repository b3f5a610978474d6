//! The log files: their list, their lines, whether they exist.
//!
//! A page of lines is read in steps on the blocking pool and sent as it is read, so that a file of any size costs little
//! memory, and a client that goes away costs no further step.

pub mod query;
pub mod socket;
pub mod ui_logs;

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use actix_web::http::header::{CACHE_CONTROL, ContentDisposition, ContentEncoding, ContentType};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, Responder, get, web};
use futures_util::{StreamExt, stream};
use posterizarr_base::bounded;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use self::query::LinesQuery;
use crate::actors::logs::parse::{self, Record};
use crate::actors::logs::{Filter, Page, Part, Step};
use crate::actors::runtime::data_dir::DataDir;
use crate::actors::runtime::safe_path::{self, PathError};
use crate::http::extract::parameters::Query;
use crate::http::{ApiError, Code, State};

/// What is read of a downloaded log at once, in bytes.
const DOWNLOAD_STEP: usize = 256 * 1024;
/// Answers up to this size are sent in one piece, with their length.
const ONE_PIECE: usize = 256 * 1024;

/// The routes of this area. Those of the UI's log come first: `{log_name}` would take them.
pub fn routes(config: &mut ServiceConfig<'_>) {
    ui_logs::routes(config);
    config.service(list).service(exists).service(download).service(content).service(watcher);
}

/// A log file.
#[derive(Debug, Serialize, ToSchema)]
struct LogFile {
    name: String,
    /// In bytes.
    size: u64,
    /// Seconds since 1970.
    modified: f64,
    /// `Logs` or `UILogs`.
    directory: &'static str,
}

/// The log files, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct LogFiles {
    logs: Vec<LogFile>,
}

/// Lists the log files of the script and of the web UI, newest first.
#[utoipa::path(tag = "logs", responses((status = 200, body = LogFiles)))]
#[get("/api/logs")]
async fn list(state: State) -> Result<impl Responder, ApiError> {
    let data = state.shared.data.clone();
    let mut logs = in_background(move || {
        let mut logs = log_files(&data.logs(), "Logs");
        logs.extend(log_files(&data.ui_logs(), "UILogs"));
        logs
    })
    .await?;
    logs.sort_by(|a, b| b.modified.total_cmp(&a.modified));
    Ok(web::Json(LogFiles { logs }))
}

fn log_files(folder: &Path, directory: &'static str) -> Vec<LogFile> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let file = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok().filter(|name| name.ends_with(".log"))?;
        let metadata = std::fs::metadata(entry.path()).ok().filter(Metadata::is_file)?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        Some(LogFile { name, size: metadata.len(), modified, directory })
    };
    entries.filter_map(|entry| file(entry.ok()?)).collect()
}

/// Whether a log file exists.
#[derive(Debug, Serialize, ToSchema)]
struct Existence {
    exists: bool,
    log_name: String,
    /// Its absolute path; null if it does not exist.
    path: Option<String>,
}

/// Returns whether a log file exists.
#[utoipa::path(
    tag = "logs",
    params(("log_name" = String, Path, description = "a file name; no path")),
    responses((status = 200, body = Existence), (status = 400, description = "a path instead of a name")),
)]
#[get("/api/logs/{log_name}/exists")]
async fn exists(state: State, log_name: web::Path<String>) -> Result<impl Responder, ApiError> {
    let log_name = log_name.into_inner();
    let (data, name) = (state.shared.data.clone(), log_name.clone());
    let path = match in_background(move || find(&data, &name)).await? {
        Ok(path) => Some(path.to_string_lossy().into_owned()),
        Err(PathError::Forbidden) => return Err(PathError::Forbidden.into()),
        Err(PathError::Missing | PathError::Io(_)) => None,
    };
    Ok(web::Json(Existence { exists: path.is_some(), log_name, path }))
}

/// Returns a whole log for download, secrets masked. It may have any size, and is streamed.
#[utoipa::path(
    tag = "logs",
    params(("log_name" = String, Path, description = "a file name; no path")),
    responses((status = 200, content_type = "text/plain", body = String),
        (status = 400, description = "a path instead of a name"), (status = 404, description = "no such file")),
)]
#[get("/api/logs/{log_name}/download")]
async fn download(state: State, log_name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let (data, name) = (state.shared.data.clone(), log_name.clone());
    let opened = in_background(move || locate(&data, &name).and_then(|path| bounded::open(&path).map_err(unreadable)));
    let (file, metadata) = opened.await??;
    // No ranges: what is masked has another length, and a range could begin inside a secret.
    let pieces = stream::try_unfold((file, 0), move |(file, offset)| {
        let wanted = usize::try_from(metadata.len() - offset).map_or(DOWNLOAD_STEP, |left| left.min(DOWNLOAD_STEP));
        async move {
            let read = move || {
                let mut piece = vec![0; wanted];
                let count = file.read_at(&mut piece, offset)?;
                piece.truncate(count);
                Ok::<_, io::Error>((Bytes::from(piece), file))
            };
            let (piece, file) = web::block(read).await.map_err(io::Error::other)??;
            let offset = offset + piece.len() as u64;
            Ok::<_, io::Error>(Some((piece, (file, offset))).filter(|(piece, _)| !piece.is_empty()))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .insert_header(ContentDisposition::attachment(log_name.into_inner()))
        .insert_header(ContentEncoding::Identity)
        // It grows while it is read; a copy of it is old at once.
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(pieces))
}

/// The lines of a log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Content {
    /// The lines, each with `\n` at its end.
    content: Vec<String>,
}

/// The lines of a log, taken apart (`structured=true`).
#[derive(Debug, Serialize, ToSchema)]
struct Records {
    records: Vec<Record>,
}

/// Returns lines of a file in `Logs` or `UILogs`. With a filter, the lines that pass it are what is counted.
#[utoipa::path(
    tag = "logs",
    params(
        ("log_name" = String, Path, description = "a file name; no path"),
        LinesQuery,
    ),
    responses(
        (status = 200, body = Content),
        (status = 200, body = Records, description = "with structured=true"),
        (status = 400, description = "a parameter that cannot be understood, a path, or a folder"),
        (status = 404, description = "no such file"),
    ),
)]
#[get("/api/logs/{log_name}")]
async fn content(
    state: State,
    log_name: web::Path<String>,
    Query(lines): Query<LinesQuery>,
) -> Result<HttpResponse, ApiError> {
    let data = state.shared.data.clone();
    page(lines, move |part, filter| open(&data, &log_name, part, filter)).await
}

/// Answers with the part of a log that the query asks for; `open` finds the log.
pub async fn page(
    asked: LinesQuery,
    open: impl FnOnce(Part, Filter) -> Result<Page, ApiError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let (part, filter, structured) = (asked.tail, asked.filter(), asked.structured);
    let page = in_background(move || open(part, filter)).await??;
    let (body, mut begun) = Body::new(page, structured).pull().await.map_err(ApiError::internal)?;
    let mut rest = body;
    while let Some(body) = rest.take_if(|_| begun.len() < ONE_PIECE) {
        let (body, more) = body.pull().await.map_err(ApiError::internal)?;
        begun.extend_from_slice(&more);
        rest = body;
    }
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    Ok(match rest {
        None => response.body(begun),
        Some(body) => {
            let first = stream::once(async { Ok::<_, io::Error>(Bytes::from(begun)) });
            response.streaming(first.chain(stream::try_unfold(Some(body), async |body| {
                let Some(body) = body else { return Ok(None) };
                let (body, piece) = body.pull().await?;
                Ok(Some((Bytes::from(piece), body)))
            })))
        }
    })
}

/// Where the log is: in `Logs`, else in `UILogs`.
fn find(data: &DataDir, name: &str) -> Result<PathBuf, PathError> {
    let in_logs = safe_path::file_name(&data.logs(), name)?;
    let in_ui_logs = safe_path::file_name(&data.ui_logs(), name)?;
    [in_logs, in_ui_logs].into_iter().find(|path| path.is_file()).ok_or(PathError::Missing)
}

fn open(data: &DataDir, name: &str, part: Part, filter: Filter) -> Result<Page, ApiError> {
    Page::open(&locate(data, name)?, part, filter).map_err(unreadable)
}

/// Like [`find`], with words for who asked for something else.
fn locate(data: &DataDir, name: &str) -> Result<PathBuf, ApiError> {
    find(data, name).map_err(|error| match error {
        PathError::Missing if data.logs().join(name).is_dir() || data.ui_logs().join(name).is_dir() => {
            ApiError::told(Code::InvalidValue, "{name} is a folder, not a log file", [("name", name.into())])
        }
        PathError::Missing => ApiError::not_found("Log file not found"),
        other => other.into(),
    })
}

fn unreadable(error: io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput => {
            ApiError::not_found("Log file not found")
        }
        _ => ApiError::internal(error),
    }
}

/// A page on its way to the client as JSON.
struct Body {
    page: Page,
    structured: bool,
    lines: usize,
}

impl Body {
    fn new(page: Page, structured: bool) -> Self {
        Self { page, structured, lines: 0 }
    }

    /// Reads on until there is something to send; gives itself back unless that was the end.
    async fn pull(mut self) -> io::Result<(Option<Self>, Vec<u8>)> {
        loop {
            let step = web::block(move || self.step()).await.map_err(io::Error::other)?;
            match step? {
                (Some(body), piece) if piece.is_empty() => self = body,
                step => return Ok(step),
            }
        }
    }

    fn step(mut self) -> io::Result<(Option<Self>, Vec<u8>)> {
        let mut piece = Vec::new();
        match self.page.step()? {
            Step::Searching => {}
            Step::Lines(lines) => {
                for line in lines {
                    self.open(&mut piece);
                    self.write(&line, &mut piece)?;
                }
            }
            Step::End => {
                if self.lines == 0 {
                    self.open(&mut piece);
                }
                piece.extend_from_slice(b"]}");
                return Ok((None, piece));
            }
        }
        Ok((Some(self), piece))
    }

    /// What goes before the first line, or between two.
    fn open(&self, piece: &mut Vec<u8>) {
        let before: &[u8] = match (self.lines, self.structured) {
            (0, true) => b"{\"records\":[",
            (0, false) => b"{\"content\":[",
            _ => b",",
        };
        piece.extend_from_slice(before);
    }

    fn write(&mut self, line: &str, piece: &mut Vec<u8>) -> io::Result<()> {
        self.lines += 1;
        if self.structured {
            serde_json::to_writer(piece, &parse::record(line))?;
        } else {
            serde_json::to_writer(piece, line)?;
        }
        Ok(())
    }
}

/// The state of what upstream calls the logs watcher.
#[derive(Debug, Serialize, ToSchema)]
struct WatcherStatus {
    success: bool,
    available: bool,
    running: bool,
    logs_dir: String,
    debounce_seconds: u32,
    poll_interval: u32,
    monitored_files: MonitoredFiles,
}

/// The result files that are imported.
#[derive(Debug, Serialize, ToSchema)]
struct MonitoredFiles {
    csv: &'static str,
    json: [&'static str; 10],
}

/// Returns which result files of runs are imported. That happens when a run ends; the intervals are upstream's.
#[utoipa::path(tag = "logs", responses((status = 200, body = WatcherStatus)))]
#[get("/api/logs-watcher/status")]
async fn watcher(state: State) -> impl Responder {
    web::Json(WatcherStatus {
        success: true,
        available: true,
        running: true,
        logs_dir: state.shared.data.logs().to_string_lossy().into_owned(),
        debounce_seconds: 2,
        poll_interval: 5,
        monitored_files: MonitoredFiles {
            csv: "ImageChoices.csv",
            json: [
                "arr.json",
                "backup.json",
                "manual.json",
                "normal.json",
                "replace.json",
                "scheduled.json",
                "syncemby.json",
                "syncjelly.json",
                "tautulli.json",
                "testing.json",
            ],
        },
    })
}

/// Does blocking file work off the HTTP workers.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    web::block(work).await.map_err(ApiError::internal)
}
