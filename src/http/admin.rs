//! What the command line asks of a running daemon for the whole of its records: moving over, export, backup.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::LocalOwner;
use super::{ApiError, Code, State, to_the_end};
use crate::actors::old_database::Moved;
use crate::actors::records;
use crate::backup;
use crate::moving_over::OldInstallation;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import).service(export).service(back_up);
}

/// What is to be taken over.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct OldFolder {
    /// The folder of the old installation; the daemon's own data folder if absent. Only over the local socket.
    #[schema(value_type = Option<String>)]
    from: Option<PathBuf>,
    /// Count only.
    dry_run: bool,
}

/// What came over.
#[derive(Debug, Serialize, ToSchema)]
struct MovedOver {
    success: bool,
    /// Table by table, file by file.
    moved: Vec<Moved>,
}

/// Takes over what the old backend has. What came over before is known and does not come again.
#[utoipa::path(tag = "records", request_body = OldFolder,
    responses((status = 200, body = MovedOver), (status = 400), (status = 403)))]
#[post("/api/admin/import")]
async fn import(request: HttpRequest, state: State, body: web::Bytes) -> Result<impl Responder, ApiError> {
    let asked: OldFolder = if body.is_empty() {
        OldFolder::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| ApiError::validation("json_invalid", &["body"], error.to_string()))?
    };
    // Over the network nobody is to look around on this machine.
    if asked.from.is_some() && request.conn_data::<LocalOwner>().is_none() {
        let text = "another folder is read for `posterizarrd import --from` on this machine only";
        return Err(ApiError::new(Code::Forbidden, text));
    }
    let folder = asked.from.unwrap_or_else(|| state.commons.data.root().to_owned());
    let old = OldInstallation::in_folder(&folder).map_err(ApiError::internal)?;
    let moved = if asked.dry_run {
        web::block(move || old.survey()).await.map_err(ApiError::internal)?
    } else {
        to_the_end(async move {
            let mut moved = old.take(&state).await?;
            let data = state.commons.data.clone();
            moved.extend(web::block(move || old.copy_files(&data)).await.map_err(ApiError::internal)?);
            Ok(moved)
        })
        .await?
    };
    Ok(web::Json(MovedOver { success: true, moved }))
}

/// Gives every record, as JSON lines.
#[utoipa::path(tag = "records",
    responses((status = 200, content_type = "application/jsonl", body = String), (status = 503)))]
#[get("/api/admin/records")]
async fn export(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    make(&request, &state, "records.jsonl", |state, file| {
        let mut lines = BufWriter::new(&file);
        records::write(&state.commons.store, &mut lines)?;
        lines.flush()?;
        drop(lines);
        Ok(file)
    })
    .await
}

/// Gives a backup of everything that is the daemon's, and of the configuration.
#[utoipa::path(tag = "records",
    responses((status = 200, content_type = "application/zip", description = "for `posterizarrd restore`"), (status = 503)))]
#[get("/api/admin/backup")]
async fn back_up(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    make(&request, &state, "posterizarrd-backup.zip", |state, file| {
        backup::write(&state.commons.store, &state.commons.data, file).map(|(_, file)| file)
    })
    .await
}

/// Sends a file that `write` makes. It has no name, and vanishes with its last reader.
async fn make(
    request: &HttpRequest,
    state: &State,
    name: &str,
    write: impl FnOnce(&State, std::fs::File) -> Result<std::fs::File, backup::BackupError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let given = state.clone();
    let made = web::block(move || {
        let mut file = write(&given, tempfile::tempfile_in(given.commons.data.runtime())?)?;
        file.seek(SeekFrom::Start(0))?;
        Ok::<_, backup::BackupError>(file)
    });
    let file = made.await.map_err(ApiError::internal)?.map_err(|error| {
        tracing::error!(%error, "the records cannot be written to a file");
        ApiError::new(Code::StorageUnavailable, format!("the records cannot be written to a file: {error}"))
    })?;
    let mut response = NamedFile::from_file(file, name).map_err(ApiError::internal)?.into_response(request);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
