//! `POST /api/run-manual-upload`: a manual run whose picture comes with the request.
//!
//! The picture is streamed into a temporary file, which goes away on every way out but one: a run that was started owns it
//! and removes it at its end.

use std::io;
use std::path::{Path, PathBuf};

use actix_multipart::Multipart;
use actix_web::{Responder, post, web};
use chrono::Local;
use utoipa::ToSchema;

use super::{BUSY_MANUAL, RunStarted, label, refused};
use crate::actors::runs::Trigger;
use crate::actors::safe_path::harmless_name;
use crate::actors::script_supervisor::{
    CheckStart, ManualForm, PosterType, RunRequest, StartError, StartRun, UPLOAD_PREFIX,
};
use crate::http::multipart::{FileForm, Intake, NotReceived};
use crate::http::{ApiError, Code, State, ask, to_the_end};

/// The largest picture, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The longest part of the sent file name that is kept, in characters.
const LONGEST_NAME: usize = 100;
/// How far the ratio of the sides may be off.
const TOLERANCE: f64 = 0.05;

/// A manual run with its picture.
#[derive(ToSchema)]
#[expect(dead_code, reason = "shown in the API's description only; the parts are read by hand")]
struct UploadForm {
    /// The picture: jpg, jpeg, png, webp, bmp or tiff, at most 64 MiB; 2:3, or 16:9 for backgrounds and title cards.
    #[schema(format = Binary)]
    file: String,
    #[serde(flatten)]
    form: ManualForm,
}

/// Makes one asset from a picture that comes with the request.
#[utoipa::path(tag = "runs", request_body(content = UploadForm, content_type = "multipart/form-data"), responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or the picture or a field is not acceptable"),
    (status = 404, description = "the script is missing"), (status = 413, description = "the picture is too large"),
    (status = 500, description = "PowerShell is missing, or the picture cannot be stored")))]
#[post("/api/run-manual-upload")]
pub async fn run_manual_upload(state: State, payload: Multipart) -> Result<impl Responder, ApiError> {
    let uploads = state.commons.data.uploads();
    let intake = Intake { folder: &uploads, prefix: UPLOAD_PREFIX, largest: LARGEST };
    let received = Received(FileForm::read(payload, &intake).await?);
    ask(&state.supervisor, CheckStart).await?.map_err(|error| refused(error, BUSY_MANUAL))?;
    // A picture that is in its place gets its run, or goes.
    to_the_end(async move { start(&state, received, uploads).await }).await.map(web::Json)
}

async fn start(state: &State, received: Received, uploads: PathBuf) -> Result<RunStarted, ApiError> {
    let upload = web::block(move || received.store(&uploads)).await.map_err(ApiError::internal)??;
    let start = StartRun { request: upload.request, trigger: Trigger::Api, remove_after: Some(upload.path.clone()) };
    // An actor that does not answer may not know of the picture.
    let started = ask(&state.supervisor, start).await.inspect_err(|_| drop(std::fs::remove_file(&upload.path)))?;
    let started = started.map_err(|error| refused(error, BUSY_MANUAL))?;
    let message = format!("Started manual mode for {}", upload.label);
    let upload_path = Some(upload.path.display().to_string());
    Ok(RunStarted { upload_path, ..RunStarted::new(started, message) })
}

/// The parts of the request.
struct Received(FileForm);

/// A picture in its place, and the run that wants it.
struct Upload {
    path: PathBuf,
    request: RunRequest,
    label: &'static str,
}

impl Received {
    /// Checks everything in upstream's order, and gives the picture its name. Blocks for the disk.
    fn store(self, uploads: &Path) -> Result<Upload, ApiError> {
        check_extension(&self.0.name)?;
        let path = free_path(uploads, &self.0.name);
        let poster_type = self.poster_type();
        let request = RunRequest::manual(&self.form(&path, poster_type.unwrap_or_default()))
            .map_err(|invalid| refused(StartError::Invalid(invalid), BUSY_MANUAL))?;
        let file = self.0.file.map_err(not_received)?;
        check_picture(file.path(), poster_type)?;
        file.persist_noclobber(&path).map_err(|error| not_written(&error.error))?;
        Ok(Upload { path, request, label: poster_type.map_or("poster", label) })
    }

    fn text(&self, field: &str) -> String {
        self.0.texts.get(field).cloned().unwrap_or_default()
    }

    /// None for one that is not known: upstream makes a standard poster then, of any ratio.
    fn poster_type(&self) -> Option<PosterType> {
        match self.0.texts.get("posterType").map(String::as_str) {
            None | Some("standard") => Some(PosterType::Standard),
            Some("season") => Some(PosterType::Season),
            Some("collection") => Some(PosterType::Collection),
            Some("titlecard") => Some(PosterType::TitleCard),
            Some("background") => Some(PosterType::Background),
            Some(_) => None,
        }
    }

    fn form(&self, picture: &Path, poster_type: PosterType) -> ManualForm {
        ManualForm {
            picture_path: picture.display().to_string(),
            titletext: self.text("titletext"),
            folder_name: self.text("folderName"),
            library_name: self.text("libraryName"),
            poster_type,
            season_poster_name: self.text("seasonPosterName"),
            ep_title_name: self.text("epTitleName"),
            episode_number: self.text("episodeNumber"),
        }
    }
}

fn check_extension(name: &str) -> Result<(), ApiError> {
    const ALLOWED: [&str; 6] = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tiff"];
    let extension = Path::new(name).extension().map(|extension| format!(".{}", extension.to_string_lossy()));
    let extension = extension.unwrap_or_default().to_lowercase();
    if ALLOWED.contains(&extension.as_str()) {
        return Ok(());
    }
    let message = format!("Invalid file type '{extension}'. Allowed: {}", ALLOWED.join(", "));
    Err(ApiError::new(Code::InvalidValue, message))
}

/// Reads the picture's head: its size, and whether it is one at all.
fn check_picture(file: &Path, poster_type: Option<PosterType>) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::new(Code::InvalidValue, message));
    if file.metadata().map_err(|error| not_written(&error))?.len() == 0 {
        return refuse("Uploaded file is empty".to_owned());
    }
    let Ok(size) = imagesize::size(file) else {
        return refuse("Uploaded file is not an image. Allowed: jpg, png, webp, bmp, tiff".to_owned());
    };
    let Some(poster_type) = poster_type else { return Ok(()) };
    let (what, sides, wanted) = match poster_type {
        PosterType::Background | PosterType::TitleCard => ("background/title card", "16:9", 16.0 / 9.0),
        PosterType::Standard | PosterType::Season | PosterType::Collection => ("poster", "2:3", 2.0 / 3.0),
    };
    if size.height == 0 {
        return refuse("Image height cannot be zero.".to_owned());
    }
    let ratio = size.width as f64 / size.height as f64;
    if (ratio - wanted).abs() <= TOLERANCE {
        return Ok(());
    }
    refuse(format!(
        "Invalid aspect ratio for {what}. Image is {}x{} (ratio ~{ratio:.2}), but must be {sides} (ratio ~{wanted:.2}).",
        size.width, size.height
    ))
}

/// A path in the folder that is not taken: the time, and what is harmless of the sent name.
fn free_path(uploads: &Path, name: &str) -> PathBuf {
    let safe = harmless_name(name);
    // The end is kept, for the extension is there.
    let start = safe.char_indices().rev().nth(LONGEST_NAME - 1).map_or(0, |(place, _)| place);
    let safe = safe.get(start..).filter(|safe| !safe.is_empty()).unwrap_or("upload.jpg");
    let time = Local::now().format("%Y%m%d_%H%M%S");
    let plain = uploads.join(format!("{time}_{safe}"));
    let numbered = (1..1000).map(|number| uploads.join(format!("{time}_{number}_{safe}")));
    let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
    std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain)
}

fn not_received(error: NotReceived) -> ApiError {
    match error {
        NotReceived::Folder(error) => not_writable(&error),
        NotReceived::Write(error) => not_written(&error),
    }
}

fn not_writable(error: &io::Error) -> ApiError {
    let message = if error.kind() == io::ErrorKind::PermissionDenied {
        "No write permission for uploads directory. This may be a Docker/NAS permission issue. \
         Please check folder permissions."
            .to_owned()
    } else {
        format!("Cannot create uploads directory: {error}")
    };
    ApiError::new(Code::Internal, message)
}

fn not_written(error: &io::Error) -> ApiError {
    let message = if error.kind() == io::ErrorKind::PermissionDenied {
        "Permission denied: Unable to write uploaded file. Check Docker/NAS/Unraid volume permissions.".to_owned()
    } else {
        format!("File system error: {error}. This may be a Docker volume mount issue.")
    };
    ApiError::new(Code::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sent_name_becomes_a_harmless_one() {
        let uploads = tempfile::tempdir().unwrap();
        let stored = |name: &str| {
            let path = free_path(uploads.path(), name);
            assert_eq!(path.parent().unwrap(), uploads.path(), "{name:?}");
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            name.split_at("20261123_030000_".len()).1.to_owned()
        };
        assert_eq!(stored("../we ird(ü)#name.jpg"), "..we irdüname.jpg");
        assert_eq!(stored("///"), "upload.jpg");
        assert_eq!(stored(" \u{0}a/b\\c.png "), "abc.png");
        let long = stored(&format!("{}.jpeg", "ü".repeat(500)));
        assert!(long.ends_with("ü.jpeg") && long.chars().count() == LONGEST_NAME, "{long}");
        let first = free_path(uploads.path(), "a.jpg");
        std::fs::write(&first, "").unwrap();
        assert_ne!(free_path(uploads.path(), "a.jpg"), first);
    }

    #[test]
    fn extensions_are_compared_without_case() {
        assert!(check_extension("a.JPG").is_ok());
        for (name, extension) in [("a.GIF", ".gif"), ("a", ""), (".jpg", "")] {
            let expected = format!("Invalid file type '{extension}'. Allowed: .jpg, .jpeg, .png, .webp, .bmp, .tiff");
            assert_eq!(check_extension(name).unwrap_err().to_string(), expected);
        }
    }
}
