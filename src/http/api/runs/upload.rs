//! `POST /api/run-manual-upload`: a manual run whose picture comes with the request.
//!
//! The picture is streamed into a temporary file, which goes away on every way out but one: a run that was started owns it
//! and removes it at its end.

use std::path::{Path, PathBuf};

use actix_multipart::Multipart;
use actix_web::{HttpResponse, post, web};
use utoipa::ToSchema;

use super::queued;
use super::start::{BUSY_MANUAL, RunStarted, label, refused};
use super::upload_path::free_path;
use crate::actors::runs::{CheckStart, ManualForm, PosterType, RunRequest, StartError, StartRun, Trigger};
use crate::http::extract::multipart::FileForm;
use crate::http::extract::picture_form::{
    self, check_extension, check_picture, not_received, not_written, poster_type,
};
use crate::http::{ApiError, State, ask, to_the_end};

/// A manual run with its picture.
#[derive(ToSchema)]
#[expect(dead_code, reason = "shown in the API's description only; the parts are read by hand")]
struct UploadForm {
    /// The picture: jpg, jpeg, png, webp, avif, gif, bmp or tiff, at most 64 MiB; 2:3, or 16:9 for backgrounds and title cards.
    #[schema(format = Binary)]
    file: String,
    #[serde(flatten)]
    form: ManualForm,
}

/// Creates one asset from a picture that comes with the request.
#[utoipa::path(tag = "runs", request_body(content = UploadForm, content_type = "multipart/form-data"), responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, or the picture or a field is not acceptable"),
    (status = 404, description = "the script is missing"), (status = 413, description = "the picture is too large"),
    (status = 500, description = "PowerShell is missing, or the picture cannot be stored")))]
#[post("/api/run-manual-upload")]
pub async fn run_manual_upload(state: State, payload: Multipart) -> Result<HttpResponse, ApiError> {
    let uploads = state.shared.data.uploads();
    let received = Received(picture_form::read(&state, payload).await?);
    if received.form(Path::new("picture"), poster_type(&received.0).unwrap_or_default()).add_to_queue {
        return queued::of_upload(&state, received).await;
    }
    ask(&state.supervisor, CheckStart).await?.map_err(|error| refused(error, BUSY_MANUAL))?;
    // A picture that is in its place gets its run, or goes.
    let started = to_the_end(async move { start(&state, received, uploads).await }).await?;
    Ok(HttpResponse::Ok().json(started))
}

async fn start(state: &State, received: Received, uploads: PathBuf) -> Result<RunStarted, ApiError> {
    let upload = web::block(move || received.store(&uploads)).await.map_err(ApiError::internal)??;
    let start = StartRun { request: upload.request, trigger: Trigger::Api, remove_after: Some(upload.path.clone()) };
    // An actor that does not answer may not know of the picture.
    let started = ask(&state.supervisor, start).await.inspect_err(|_| drop(std::fs::remove_file(&upload.path)))?;
    let started = started.map_err(|error| refused(error, BUSY_MANUAL))?;
    let message = format!("Started manual mode for {}", upload.label);
    Ok(RunStarted::new(started, message).with_upload(&upload.path))
}

/// The parts of the request.
pub(super) struct Received(pub(super) FileForm);

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
        // Of one that is not known upstream makes a standard poster, of any ratio.
        let poster_type = poster_type(&self.0);
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

    pub(super) fn form(&self, picture: &Path, poster_type: PosterType) -> ManualForm {
        ManualForm {
            picture_path: picture.display().to_string(),
            titletext: self.text("titletext"),
            folder_name: self.text("folderName"),
            library_name: self.text("libraryName"),
            poster_type,
            season_poster_name: self.text("seasonPosterName"),
            ep_title_name: self.text("epTitleName"),
            episode_number: self.text("episodeNumber"),
            media_type: self.0.texts.get("mediaType").cloned(),
            add_to_queue: self.0.texts.get("add_to_queue").is_some_and(|word| word.eq_ignore_ascii_case("true")),
        }
    }
}
