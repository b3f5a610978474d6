//! `/api/folders`: the folders of the daemon's machine, for choosing where artwork is kept. Only folders are shown, one level at
//! a time, and only so many; a new one may be made where artwork may be kept.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::{Responder, get, post, web};
use posterizarr_base::said::Clause;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::asset_root;
use crate::http::extract::json::Json;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, Code, State};

/// More than anybody looks through.
const MAX_COUNT: usize = 1000;
/// How many entries of a folder are looked at: one of a million files must not take for ever.
const MAX_SEEN: usize = 50_000;
/// How long a disk may take; a network folder that is away takes for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(look).service(make);
}

/// Which folder.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct FolderQuery {
    /// Its whole path; left out: the data folder.
    path: Option<String>,
}

impl FromQuery for FolderQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { path: parameters.text("path").map(str::to_owned) }
    }
}

/// A folder that is to be made.
#[derive(Deserialize, ToSchema)]
struct NewFolder {
    /// Its whole path. The folder that it is in must be there.
    path: String,
}

/// A folder of the daemon's machine.
#[derive(Serialize, ToSchema)]
struct MachineFolder {
    path: String,
    /// The folder that it is in; null for `/`.
    parent: Option<String>,
    /// Whether the daemon may write into it.
    writable: bool,
    /// Why artwork cannot be kept in it; null where it can.
    refusal: Option<String>,
    /// The same by its code, for those who say it in another language; empty where it can.
    refusal_because: Vec<Clause>,
    /// The folders in it by name, without those whose names begin with a dot.
    folders: Vec<String>,
    /// Whether there are more than are listed.
    truncated: bool,
}

/// Lists the folders in a folder of the daemon's machine.
#[utoipa::path(tag = "system", operation_id = "machine_folder", params(FolderQuery), responses(
    (status = 200, body = MachineFolder), (status = 400), (status = 404)))]
#[get("/api/folders")]
async fn look(state: State, Query(wanted): Query<FolderQuery>) -> Result<impl Responder, ApiError> {
    let data = state.settings.data_dir.clone();
    let path = wanted.path.map_or_else(|| Ok(data.clone()), |path| whole(&path))?;
    in_time(move || describe(&path, &data)).await.map(web::Json)
}

/// Creates a folder.
#[utoipa::path(tag = "system", operation_id = "make_machine_folder", responses(
    (status = 200, body = MachineFolder), (status = 400), (status = 404), (status = 409, description = "something is there already")))]
#[post("/api/folders")]
async fn make(state: State, body: Json<NewFolder>) -> Result<impl Responder, ApiError> {
    let data = state.settings.data_dir.clone();
    let path = whole(&body.path)?;
    let made = move || {
        if let Some(refusal) = asset_root::refusal(&path, &data) {
            return Err(ApiError::of(Code::InvalidValue, &refusal));
        }
        std::fs::create_dir(&path).map_err(|error| wrong(&path, &error, "made"))?;
        describe(&path, &data)
    };
    in_time(made).await.map(web::Json)
}

/// A path that is whole, without `..`.
fn whole(path: &str) -> Result<PathBuf, ApiError> {
    let path = path.trim();
    let odd = path.contains('\0') || Path::new(path).components().any(|part| part.as_os_str() == "..");
    if odd || !path.starts_with('/') {
        let template = "{path:?} is not a whole path; give one that begins with / and has no .. in it";
        return Err(ApiError::told(Code::InvalidValue, template, [("path", path.into())]));
    }
    // Without slashes that are too many.
    Ok(Path::new(path).components().collect())
}

async fn in_time<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let late = || {
        ApiError::new(Code::StorageUnavailable, "the disk is not responding; check whether a network folder is offline")
    };
    let done = tokio::time::timeout(PATIENCE, web::block(work)).await.map_err(|_| late())?;
    done.map_err(ApiError::internal)?
}

fn describe(path: &Path, data: &Path) -> Result<MachineFolder, ApiError> {
    let (mut folders, truncated) = folders_in(path).map_err(|error| wrong(path, &error, "read"))?;
    folders.sort_by_key(|name| name.to_lowercase());
    let shown = truncated || folders.len() > MAX_COUNT;
    folders.truncate(MAX_COUNT);
    let refusal = asset_root::refusal(path, data);
    Ok(MachineFolder {
        path: path.display().to_string(),
        parent: path.parent().map(|parent| parent.display().to_string()),
        // Without a name from the start where the file system can, so that not even a crash leaves it behind.
        writable: tempfile::tempfile_in(path).is_ok(),
        refusal: refusal.as_ref().map(ToString::to_string),
        refusal_because: refusal.iter().map(|refusal| refusal.said().into()).collect(),
        folders,
        truncated: shown,
    })
}

/// The names of folders, and whether entries were left out.
fn folders_in(path: &Path) -> io::Result<(Vec<String>, bool)> {
    let mut names = Vec::new();
    for (seen, entry) in std::fs::read_dir(path)?.enumerate() {
        if seen == MAX_SEEN {
            return Ok((names, true));
        }
        let Ok(entry) = entry else { continue };
        // A path that is not UTF-8 cannot be in the settings.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let is_folder = if is_link { entry.path().is_dir() } else { entry.file_type().is_ok_and(|kind| kind.is_dir()) };
        if is_folder && !name.starts_with('.') {
            names.push(name);
        }
    }
    Ok((names, false))
}

fn wrong(path: &Path, error: &io::Error, what: &str) -> ApiError {
    let told = |code, template| ApiError::told(code, template, [("path", path.display().to_string().into())]);
    match error.kind() {
        ErrorKind::NotFound if what == "made" => {
            told(Code::NotFound, "the parent folder of {path} does not exist; create it first")
        }
        ErrorKind::NotFound => told(Code::NotFound, "there is no folder {path}"),
        ErrorKind::AlreadyExists => told(Code::Conflict, "{path} already exists"),
        ErrorKind::NotADirectory => told(Code::InvalidValue, "{path} is a file; choose a folder"),
        ErrorKind::PermissionDenied => ApiError::told(
            Code::InvalidValue,
            "{path} cannot be {done}: the daemon's user may not; give it the permission, or choose another",
            [("path", path.display().to_string().into()), ("done", what.into())],
        ),
        _ => ApiError::told(
            Code::StorageUnavailable,
            "{path} cannot be {done}: {cause}",
            [("path", path.display().to_string().into()), ("done", what.into()), ("cause", error.to_string().into())],
        ),
    }
}
