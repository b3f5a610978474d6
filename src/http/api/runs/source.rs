//! The picture that a manual run is asked to use and that is on this machine already.
//!
//! It may only come from where pictures are: the data folder and the asset roots. The poster script moves its source away, so
//! a picture that was not uploaded for the run is somebody's own, and the run gets a copy.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use actix_web::web;
use posterizarr_base::bounded;
use posterizarr_base::said::Reason;

use super::start::{BUSY_MANUAL, refused};
use super::upload_path::free_path;
use crate::actors::config::AssetPaths;
use crate::actors::runs::{ManualForm, RunRequest, StartError, StartRun, Started, Trigger};
use crate::http::extract::picture_form;
use crate::http::{ApiError, AppState, ask};

/// Refuses a picture from elsewhere on this machine. One that is not there is left for the run to tell.
pub async fn check_place(state: &AppState, picture: &str) -> Result<(), ApiError> {
    let (rooms, picture) = (rooms(state), picture.trim().to_owned());
    web::block(move || is_in_a_room(&picture, &rooms)).await.map_err(ApiError::internal)?
}

/// Starts the run, with a copy of the picture where it is not an upload.
pub async fn start(state: &AppState, form: ManualForm) -> Result<Started, ApiError> {
    let (data, picture) = (state.shared.data.clone(), form.picture_path.trim().to_owned());
    let copied = web::block(move || copy(&data.root().join(&picture), &data.uploads(), &picture));
    let copy = copied.await.map_err(ApiError::internal)??;
    let picture_path = copy.as_ref().map_or(form.picture_path.clone(), |copy| copy.display().to_string());
    let request = RunRequest::manual(&ManualForm { picture_path, ..form })
        .map_err(|invalid| refused(StartError::Invalid(invalid), BUSY_MANUAL))?;
    let start = StartRun { request, trigger: Trigger::Api, remove_after: copy.clone() };
    // An actor that does not answer may not know of the copy.
    let started = ask(&state.supervisor, start).await.inspect_err(|_| {
        copy.iter().for_each(|copy| drop(std::fs::remove_file(copy)));
    })?;
    started.map_err(|error| refused(error, BUSY_MANUAL))
}

/// The folders from which a picture may be taken: uploads, the data folder, asset roots.
fn rooms(state: &AppState) -> Vec<PathBuf> {
    let AssetPaths { assets, manual_assets, backup } = state.views.config.get().asset_paths.clone();
    vec![state.shared.data.root().to_owned(), assets, manual_assets, backup]
}

pub(super) fn is_address(picture: &str) -> bool {
    let lower = picture.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

fn is_in_a_room(picture: &str, rooms: &[PathBuf]) -> Result<(), ApiError> {
    if is_address(picture) {
        return Ok(());
    }
    let data = rooms.first().map(PathBuf::as_path).unwrap_or(Path::new("/"));
    let Ok(real) = data.join(picture).canonicalize() else { return Ok(()) };
    if rooms.iter().any(|room| room.canonicalize().is_ok_and(|room| real.starts_with(room))) {
        return Ok(());
    }
    let text =
        "the picture must lie in the data folder or in an asset folder, or be an address; upload it, or copy it there";
    Err(ApiError::invalid_values(&["body"], [("picturePath", &Reason::from(text.to_owned()))], text))
}

/// A copy among the uploads, unless the picture is one of them, an address, or not there. Blocks for the disk.
fn copy(picture: &Path, uploads: &Path, given: &str) -> Result<Option<PathBuf>, ApiError> {
    let refused = |why: &str| {
        let text = format!("{given}: {why}");
        ApiError::invalid_values(&["body"], [("picturePath", &Reason::from(text.clone()))], text)
    };
    if is_address(given) {
        return Ok(None);
    }
    let Ok(real) = picture.canonicalize() else { return Ok(None) };
    if uploads.canonicalize().is_ok_and(|uploads| real.starts_with(uploads)) {
        return Ok(None);
    }
    let (source, metadata) = bounded::open(&real).map_err(|error| refused(&error.to_string()))?;
    if metadata.len() > picture_form::MAX_SIZE {
        return Err(refused(&bounded::too_large(picture_form::MAX_SIZE).to_string()));
    }
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let to = free_path(uploads, &name);
    let copied =
        File::create_new(&to).and_then(|mut file| io::copy(&mut source.take(picture_form::MAX_SIZE), &mut file));
    match copied {
        Ok(_) => Ok(Some(to)),
        Err(error) => {
            let _ = std::fs::remove_file(&to);
            Err(picture_form::not_written(&error))
        }
    }
}
