//! A picture on its way to the place of another one: from wherever it comes, it is looked at and put into the folder of
//! waiting pictures, under a name of our own.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use actix_web::web;
use chrono::Utc;
use posterizarr_base::avif::is_avif;
use posterizarr_base::bounded;
use posterizarr_media::http::HttpError;
use posterizarr_render::picture::{DecodeError, Head, head_of_file, open};
use tempfile::NamedTempFile;

use crate::actors::library::picture_budget;
use crate::actors::runs::UPLOAD_PREFIX;
use crate::http::extract::picture_form::{MAX_SIZE, not_written};
use crate::http::{ApiError, AppState, Code};

/// What decoding a pixel takes in memory, in bytes.
const BYTES_PER_PIXEL: u64 = 7;

/// A picture that was looked at and is in the folder of waiting pictures.
#[derive(Debug)]
pub(in crate::http) struct Staged {
    /// The name of its file there.
    pub name: String,
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
    /// Width and height, the right way up.
    pub head: Head,
}

/// Stages a picture that came with a request.
pub(in crate::http) async fn of_upload(state: &AppState, file: NamedTempFile) -> Result<Staged, ApiError> {
    let folder = state.shared.data.queue_staging();
    web::block(move || stage(file, &folder)).await.map_err(ApiError::internal)?
}

/// Stages what is at an address, through the guarded door.
pub(in crate::http) async fn of_address(state: &AppState, address: &str) -> Result<Staged, ApiError> {
    let file = new_file(&state.shared.data.uploads())?;
    let mut writer = tokio::fs::File::from_std(file.reopen().map_err(|error| not_written(&error))?);
    state.http.picture(address, &mut writer).await.map_err(|trouble| not_fetched(&trouble))?;
    drop(writer);
    of_upload(state, file).await
}

/// Stages a copy of a picture on this machine, of which it was looked that it may be read.
pub(in crate::http) async fn of_file(state: &AppState, picture: PathBuf) -> Result<Staged, ApiError> {
    let (uploads, folder) = (state.shared.data.uploads(), state.shared.data.queue_staging());
    web::block(move || {
        let unusable = |error: io::Error| {
            let values = [("path", picture.display().to_string().into()), ("cause", error.to_string().into())];
            ApiError::told(Code::InvalidValue, "{path}: {cause}", values)
        };
        let file = new_file(&uploads)?;
        let (source, _) = bounded::open(&picture).map_err(unusable)?;
        let copy = |mut to: &File| io::copy(&mut source.take(MAX_SIZE + 1), &mut to);
        if copy(file.as_file()).map_err(|error| not_written(&error))? > MAX_SIZE {
            return Err(unusable(bounded::too_large(MAX_SIZE)));
        }
        stage(file, &folder)
    })
    .await
    .map_err(ApiError::internal)?
}

fn new_file(folder: &Path) -> Result<NamedTempFile, ApiError> {
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let made = tempfile::Builder::new().prefix(UPLOAD_PREFIX).permissions(all).tempfile_in(folder);
    made.map_err(|error| not_written(&error))
}

/// Why there is no picture from an address. The first two texts are upstream's.
fn not_fetched(trouble: &HttpError) -> ApiError {
    let text = match trouble {
        HttpError::NoProtocol | HttpError::NotUrl(_) | HttpError::Private(_) => "Invalid or unsafe image URL",
        HttpError::NotStored(_) => return ApiError::of(Code::StorageUnavailable, trouble),
        _ => "Failed to download image from URL",
    };
    ApiError::new(Code::InvalidValue, text).with("reason", trouble.to_string())
}

/// Decodes the whole picture, for a damaged one is found out here and not by who looks at it later; then it gets its name.
/// Blocks for the disk.
fn stage(file: NamedTempFile, folder: &Path) -> Result<Staged, ApiError> {
    let size = file.as_file().metadata().map_err(|error| not_written(&error))?.len();
    if size == 0 {
        return Err(ApiError::new(Code::InvalidValue, "Uploaded file is empty"));
    }
    let head = match looked_at(file.path()) {
        Ok(head) => head,
        Err(DecodeError::Unreadable(error)) => return Err(not_written(&error)),
        Err(error @ (DecodeError::Format | DecodeError::Unsupported(_))) => {
            let refused = ApiError::new(Code::InvalidValue, "File must be an image");
            return Err(refused.with("reason", error.to_string()));
        }
        Err(error) => {
            let values = [("cause", error.to_string().into())];
            return Err(ApiError::told(Code::InvalidValue, "the picture cannot be used: {cause}", values));
        }
    };
    let extension = extension_of(file.path());
    file.as_file().sync_all().map_err(|error| not_written(&error))?;
    let mut file = file;
    let time = Utc::now().timestamp_millis();
    for number in 0..1000 {
        let name = format!("{time}_{number}.{extension}");
        let path = folder.join(&name);
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(Staged { name, path, size, head }),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(not_written(&error.error)),
        }
    }
    Err(ApiError::internal("there is no free name among the waiting pictures"))
}

fn looked_at(file: &Path) -> Result<Head, DecodeError> {
    let head = head_of_file(file)?;
    let _share = picture_budget::reserve(head.pixels().saturating_mul(BYTES_PER_PIXEL))
        .map_err(|_| DecodeError::TooMuchMemory)?;
    open(file).map(|_| head)
}

/// The extension of what the file holds, whatever it was called.
fn extension_of(file: &Path) -> &'static str {
    let mut start = [0; 64];
    let read = bounded::open(file).and_then(|(mut file, _)| file.read(&mut start)).unwrap_or_default();
    match start.get(..read).unwrap_or_default() {
        [0x89, b'P', b'N', b'G', ..] => "png",
        start if is_avif(start) => "avif",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        [b'B', b'M', ..] => "bmp",
        [b'G', b'I', b'F', ..] => "gif",
        [b'I', b'I', ..] | [b'M', b'M', ..] => "tiff",
        _ => "jpg",
    }
}
