//! What the command line asks of a running daemon for the whole of its records: moving over, export, backup.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::recovery::{Damage, Damages, backups, records};
use crate::actors::store::old_database::Moved;
use crate::backup;
use crate::http::auth::LocalOwner;
use crate::http::extract::body::Body;
use crate::http::{ApiError, Code, State, to_the_end};
use crate::migration::OldInstallation;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import).service(export).service(back_up).service(store).service(acknowledge);
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

/// Imports the data of the old backend. What was imported before is not imported again.
#[utoipa::path(tag = "records", request_body = OldFolder,
    responses((status = 200, body = MovedOver), (status = 400), (status = 403)))]
#[post("/api/admin/import")]
async fn import(request: HttpRequest, state: State, body: Body) -> Result<impl Responder, ApiError> {
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
    let folder = asked.from.unwrap_or_else(|| state.shared.data.root().to_owned());
    let old = OldInstallation::in_folder(&folder).map_err(ApiError::internal)?;
    let moved = if asked.dry_run {
        web::block(move || old.survey()).await.map_err(ApiError::internal)?
    } else {
        to_the_end(async move {
            let mut moved = old.take(&state).await?;
            let data = state.shared.data.clone();
            moved.extend(web::block(move || old.copy_files(&data)).await.map_err(ApiError::internal)?);
            Ok(moved)
        })
        .await?
    };
    Ok(web::Json(MovedOver { success: true, moved }))
}

/// With `mask_secrets` nobody gets the secrets over the network; and a backup without them would be none.
fn check_place(request: &HttpRequest, state: &State, command: &str) -> Result<(), ApiError> {
    if !state.settings.mask_secrets || request.conn_data::<LocalOwner>().is_some() {
        return Ok(());
    }
    let template = "this holds secrets, which mask_secrets keeps off the network; run `{command}` on this machine";
    Err(ApiError::told(Code::LocalOnly, template, [("command", command.into())]))
}

/// Returns every record, as JSON lines.
#[utoipa::path(tag = "records",
    responses((status = 200, content_type = "application/jsonl", body = String), (status = 403), (status = 503)))]
#[get("/api/admin/records")]
async fn export(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    check_place(&request, &state, "posterizarrd export")?;
    make(&request, &state, "records.jsonl", |state, file| {
        let mut lines = BufWriter::new(&file);
        records::write(&state.shared.store, &mut lines)?;
        lines.flush()?;
        drop(lines);
        Ok(file)
    })
    .await
}

/// Returns a backup of all records and of the configuration, as a zip file.
#[utoipa::path(tag = "records",
    responses((status = 200, content_type = "application/zip", description = "for `posterizarrd restore`"), (status = 403), (status = 503)))]
#[get("/api/admin/backup")]
async fn back_up(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    check_place(&request, &state, "posterizarrd backup")?;
    make(&request, &state, "posterizarrd-backup.zip", |state, file| {
        backup::write(&state.shared.store, &state.shared.data, file).map(|(_, file)| file)
    })
    .await
}

/// How the record store is looked after.
#[derive(Debug, Serialize, ToSchema)]
struct StoreCare {
    /// Times it was found damaged that nobody has taken note of, oldest first.
    damages: Vec<Damage>,
    /// The nightly backups in `store-backups`, newest first.
    backups: Vec<DailyBackup>,
}

/// A nightly backup of all records.
#[derive(Debug, Serialize, ToSchema)]
struct DailyBackup {
    /// The file's name.
    file: String,
    /// Its size in bytes.
    size: u64,
}

/// Returns whether records were lost, and which nightly backups there are.
#[utoipa::path(tag = "records", responses((status = 200, body = StoreCare), (status = 503)))]
#[get("/api/admin/store")]
async fn store(state: State) -> Result<impl Responder, ApiError> {
    let data = state.shared.data.clone();
    let looked = web::block(move || {
        let damages = Damages::read(&data.store_damage());
        Ok::<_, std::io::Error>((damages, backups::list(&data.store_backups())?))
    });
    let (damages, backups) = looked.await.map_err(ApiError::internal)?.map_err(unlisted)?;
    let backups = backups.into_iter().map(|backup| DailyBackup {
        file: backup.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        size: backup.size,
    });
    Ok(web::Json(StoreCare { damages, backups: backups.collect() }))
}

fn unlisted(error: std::io::Error) -> ApiError {
    let values = [("cause", error.to_string().into())];
    ApiError::told(Code::StorageUnavailable, "the data folder cannot be read or written: {cause}", values)
}

/// What somebody has taken note of.
#[derive(Debug, Serialize, ToSchema)]
struct Acknowledged {
    success: bool,
    /// What health tells no more.
    acknowledged: Vec<Damage>,
}

/// Acknowledges what was lost when the record store was found damaged: health is ok again.
#[utoipa::path(tag = "records", responses((status = 200, body = Acknowledged), (status = 503)))]
#[post("/api/admin/store/acknowledge")]
async fn acknowledge(state: State) -> Result<impl Responder, ApiError> {
    let taken = web::block(move || {
        let acknowledged = Damages::acknowledge(&state.shared.data.store_damage());
        state.vitals.look_at_storage(&state.shared);
        acknowledged
    });
    let acknowledged = taken.await.map_err(ApiError::internal)?.map_err(unlisted)?;
    tracing::info!(damages = acknowledged.len(), "somebody has taken note of what the damaged record store lost");
    Ok(web::Json(Acknowledged { success: true, acknowledged }))
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
        let mut file = write(&given, tempfile::tempfile_in(given.shared.data.runtime())?)?;
        file.seek(SeekFrom::Start(0))?;
        Ok::<_, backup::BackupError>(file)
    });
    let file = made.await.map_err(ApiError::internal)?.map_err(|error| {
        tracing::error!(%error, "the records cannot be written to a file");
        let values = [("cause", error.to_string().into())];
        ApiError::told(Code::StorageUnavailable, "the records cannot be written to a file: {cause}", values)
    })?;
    let mut response = NamedFile::from_file(file, name).map_err(ApiError::internal)?.into_response(request);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
