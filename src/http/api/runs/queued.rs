//! Manual runs that wait in the queue of pictures, where `/api/queue/run` lets them go. Texts are upstream's.

use std::path::{Path, PathBuf};

use actix_web::HttpResponse;
use chrono::Utc;
use serde_json::{Map, Value, json};

use super::source::is_address;
use super::start::{BUSY_MANUAL, refused};
use super::upload::Received;
use crate::actors::library::replacing::{AddItem, SourceKind, WantedTreatment};
use crate::actors::runs::{ManualForm, RunRequest, StartError};
use crate::http::extract::picture_form::{check_extension, check_picture, not_received, poster_type};
use crate::http::extract::staging::{self, Staged};
use crate::http::{ApiError, AppState, Code, ask, to_the_end};

/// Queues a manual run of a picture that is named.
pub async fn of_form(state: &AppState, form: ManualForm) -> Result<HttpResponse, ApiError> {
    checked(&form)?;
    let given = form.picture_path.trim().to_owned();
    let (staged, source) = if is_address(&given) {
        (staging::of_address(state, &given).await?, SourceKind::Url)
    } else {
        (staging::of_file(state, state.shared.data.root().join(&given)).await?, SourceKind::LocalPath)
    };
    let queue_id = add(state, form, staged, (source, given)).await?;
    let message = "Manual run added to queue";
    Ok(HttpResponse::Ok().json(json!({ "success": true, "message": message, "queue_id": queue_id })))
}

/// Queues a manual run of a picture that came with the request.
pub async fn of_upload(state: &AppState, received: Received) -> Result<HttpResponse, ApiError> {
    check_extension(&received.0.name)?;
    let kind = poster_type(&received.0);
    let form = received.form(Path::new("picture"), kind.unwrap_or_default());
    checked(&form)?;
    let file = received.0.file.map_err(not_received)?;
    check_picture(file.path(), kind)?;
    let staged = staging::of_upload(state, file).await?;
    let upload_path = staged.path.display().to_string();
    let queue_id = add(state, form, staged, (SourceKind::Upload, upload_path.clone())).await?;
    let message = "Manual run queued successfully";
    let answer = json!({ "success": true, "message": message, "upload_path": upload_path, "queue_id": queue_id });
    Ok(HttpResponse::Ok().json(answer))
}

/// Refuses a run that could not be.
fn checked(form: &ManualForm) -> Result<(), ApiError> {
    RunRequest::manual(form).map_err(|invalid| refused(StartError::Invalid(invalid), BUSY_MANUAL))?;
    let unnumbered = "the season's name must end with its number, such as Season 1, and an episode's number be one";
    form.asset().map(|_| ()).ok_or_else(|| ApiError::new(Code::InvalidValue, unnumbered))
}

async fn add(
    state: &AppState,
    form: ManualForm,
    staged: Staged,
    (source, given): (SourceKind, String),
) -> Result<u64, ApiError> {
    let Staged { name, path: file, .. } = staged;
    let (path, parameters) = (form.asset().unwrap_or_default(), shown(&form));
    let wanted = WantedTreatment::Drawn(Box::new(form));
    let new = AddItem { path, source, given, staged: name, wanted, parameters, at_once: false, created: Utc::now() };
    let replacer = state.replacer.clone();
    to_the_end(async move {
        let forget = |file: &PathBuf| drop(std::fs::remove_file(file));
        // The queue removes what it refuses; it may not have heard of this one.
        Ok(ask(&replacer, new).await.inspect_err(|_| forget(&file))??)
    })
    .await
}

/// The fields as upstream shows them in its queue.
fn shown(form: &ManualForm) -> Map<String, Value> {
    let text = |text: &String| if text.is_empty() { Value::Null } else { json!(text) };
    let kind = form.poster_type.word();
    let fields = [
        ("library_name", json!(form.library_name)),
        ("folder_name", json!(form.folder_name)),
        ("title_text", json!(form.titletext)),
        ("poster_type", json!(kind)),
        ("season_number", text(&form.season_poster_name)),
        ("episode_number", text(&form.episode_number)),
        ("episode_title", text(&form.ep_title_name)),
        ("process_with_overlays", json!(true)),
        ("asset_type", json!(kind)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
