//! `POST /api/admin/support-zip`: logs and records in one archive that can be shown to a stranger.
//!
//! The archive is written to a file without a name in the data folder, whose disk is the one that has room for logs, and
//! streamed from there. It vanishes with its last reader, whatever happens. One archive is made at a time.

mod bundle;
mod scrub;

use std::io;
use std::path::{Path, PathBuf};

use actix_files::NamedFile;
use actix_web::http::header::{
    CACHE_CONTROL, ContentDisposition, ContentEncoding, DispositionParam, DispositionType, HeaderValue,
};
use actix_web::{HttpRequest, HttpResponse, post, web};
use chrono::Local;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::document::{self, Document};
use crate::actors::files::is_full;
use crate::actors::runs::{ListRuns, RunRecord};
use crate::actors::runtime::data_dir::DataDir;
use crate::http::api::system::SystemInfo;
use crate::http::api::system::health::Health;
use crate::http::respond::run::RunAnswer;
use crate::http::{ApiError, AppState, Code, State, ask};
use crate::telemetry::redact;

/// How many run records go in.
const RUNS: usize = 50;

/// Two archives at once would only compete for the disk.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(support_zip);
}

/// Makes an archive of logs and records for a report. Secrets are masked; what cannot be checked is left out and listed in
/// its `README.txt`.
#[utoipa::path(
    tag = "system",
    responses((status = 200, description = "a zip archive", content_type = "application/zip"),
        (status = 503, description = "no room for it"))
)]
#[post("/api/admin/support-zip")]
async fn support_zip(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    // Whatever the logs were told of: this is what must not leave the house.
    redact::set_secrets("support", state.views.config.get().secrets());
    let turn = ONE_AT_A_TIME.acquire().await.map_err(ApiError::internal)?;
    let runs = ask(&state.supervisor, ListRuns { limit: RUNS, before: None }).await??;
    let made = web::block(move || {
        let _turn = turn;
        let archive = tempfile::tempfile_in(state.shared.data.temp())?;
        // A daemon that stops does not wait for an archive.
        let proceed = || match *state.stopping.borrow() {
            true => Err(io::ErrorKind::Interrupted.into()),
            false => Ok(()),
        };
        bundle::write(archive, &state.shared.data, &records(&state, &runs), &proceed)
    });
    let archive = made.await.map_err(ApiError::internal)?.map_err(failed)?;
    let mut response = download(archive).map_err(ApiError::internal)?.into_response(&request);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Makes the archive without a daemon, and leaves it in the data folder; gives its path.
///
/// # Errors
/// Those of the disk.
pub fn gather(data: &DataDir, document: &Document, proceed: &dyn Fn() -> io::Result<()>) -> io::Result<PathBuf> {
    redact::set_secrets("support", document::secrets(document));
    let (file, unfinished) = tempfile::NamedTempFile::new_in(data.root())?.into_parts();
    bundle::write(file, data, &[("config.json", scrub::config(document))], proceed)?.sync_all()?;
    let path = data.root().join(name());
    unfinished.persist(&path)?;
    Ok(path)
}

/// What the daemon itself knows, by the name of the file it goes to.
fn records(state: &AppState, runs: &[RunRecord]) -> [(&'static str, Value); 4] {
    let config = state.views.config.get();
    [
        ("config.json", scrub::config(&config.document)),
        ("runs.json", json!(runs.iter().cloned().map(RunAnswer::from).collect::<Vec<_>>())),
        ("health.json", json!({ "health": Health::now(state), "config_problem": config.problem })),
        ("system.json", json!(SystemInfo::now(state))),
    ]
}

fn failed(error: io::Error) -> ApiError {
    match error.kind() {
        _ if is_full(&error) => ApiError::new(
            Code::StorageUnavailable,
            "the data folder has no room for the support archive; free some space",
        ),
        io::ErrorKind::Interrupted => ApiError::new(Code::ActorUnavailable, "the daemon is stopping"),
        _ => ApiError::internal(error),
    }
}

fn name() -> String {
    format!("posterizarr_support_{}.zip", Local::now().format("%Y-%m-%d_%H-%M-%S"))
}

/// The archive as a download; upstream's web UI reads the name between the quotes.
fn download(archive: std::fs::File) -> io::Result<NamedFile> {
    let name = name();
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name.clone())],
    };
    let file = NamedFile::from_file(archive, Path::new(&name))?;
    // It is compressed already, and its length tells the browser how far the download is.
    Ok(file.set_content_disposition(disposition).set_content_encoding(ContentEncoding::Identity))
}
