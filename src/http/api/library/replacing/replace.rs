//! `POST /api/assets/upload-replacement` and `POST /api/assets/replace-from-url`: another picture for an asset, at once or from
//! the queue. Shapes and texts are upstream's.
//!
//! As it is, the picture becomes the user's own asset, of which the next run makes the finished one. With overlays a manual run
//! makes the finished one now.

use actix_multipart::Multipart;
use actix_web::{Responder, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::target::{NoRun, Replacement};
use crate::actors::library::assets::Family;
use crate::actors::library::assets::Root;
use crate::actors::library::replacing::{AddItem, PlacePicture, Placed, ReplaceError, SourceKind, WantedTreatment};
use crate::actors::runs::{CheckStart, ManualForm, StartError};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::extract::picture_form::{self, not_received};
use crate::http::extract::staging::{self, Staged};
use crate::http::{ApiError, AppState, Code, Refusal, State, ask, to_the_end};

const BUSY_UPLOAD: &str = "Cannot replace assets while Posterizarr is running. Please wait until all processing is completed \
                           before using the replace or manual update options.";
const BUSY_URL: &str = "Cannot replace assets while Posterizarr is running. Please wait or use 'Add to Queue'.";
const NOT_STRUCTURED: &str = "Asset replaced but overlay processing skipped (invalid path structure)";

/// A picture that was replaced, or will be.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Replaced {
    success: bool,
    message: &'static str,
    /// Whether it waits in the queue.
    queued: bool,
    /// Its number in the queue, where it waits or its run makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_id: Option<u64>,
    /// The asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The picture, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// Whether there was another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    was_replacement: Option<bool>,
    /// Whether a run makes the asset now; absent where none is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    manual_run_triggered: Option<bool>,
    /// Why none does; the picture is in place as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    manual_run_error: Option<String>,
    /// Under these ids the trash has what was replaced.
    trashed: Vec<String>,
}

/// The picture that is sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "shown in the API's description only; the part is read by hand")]
struct ReplacementForm {
    /// jpg, jpeg, png, webp, bmp or tiff, at most 64 MiB; 2:3, or 16:9 for backgrounds and title cards.
    #[schema(format = Binary)]
    file: String,
}

impl Refusal for ReplaceError {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden => Code::Forbidden,
            Self::NoPicture(_) | Self::Invalid(_) => Code::InvalidValue,
            Self::Full => Code::Conflict,
            Self::NoFolder | Self::Disk(_) | Self::Store(_) => Code::StorageUnavailable,
        }
    }
}

/// Replaces an asset by a picture that comes with the request.
#[utoipa::path(tag = "assets",
    params(Replacement),
    request_body(content = ReplacementForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Replaced), (status = 400, description = "the picture is not acceptable"),
        (status = 403, description = "outside of the folder"), (status = 409, description = "a run is in progress"),
        (status = 413, description = "the picture is too large"), (status = 503, description = "it cannot be stored")))]
#[post("/api/assets/upload-replacement")]
pub async fn upload_replacement(
    state: State,
    Query(asked): Query<Replacement>,
    payload: Multipart,
) -> Result<impl Responder, ApiError> {
    let form = picture_form::read(&state, payload).await?;
    let run = may_run(&state, &asked, BUSY_UPLOAD).await?;
    check_name(&form.name)?;
    let staged = staging::of_upload(&state, form.file.map_err(not_received)?).await?;
    if let Err(wrong) = asked.check_ratio(staged.head.width, staged.head.height) {
        drop(std::fs::remove_file(&staged.path));
        return Err(wrong);
    }
    let given = staged.path.display().to_string();
    let picture = Picture { staged, source: SourceKind::Upload, given, created: Utc::now() };
    to_the_end(async move { replace(&state, asked, picture, run).await }).await.map(web::Json)
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ImageAddress {
    /// The address of the picture.
    image_url: String,
}

impl FromQuery for ImageAddress {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { image_url: parameters.required("image_url").trim().to_owned() }
    }
}

/// Replaces an asset by the picture at an address.
#[utoipa::path(tag = "assets",
    params(Replacement, ImageAddress),
    responses((status = 200, body = Replaced), (status = 400, description = "no picture can be had there"),
        (status = 403, description = "outside of the folder"), (status = 409, description = "a run is in progress"),
        (status = 503, description = "it cannot be stored")))]
#[post("/api/assets/replace-from-url")]
pub async fn replace_from_url(
    state: State,
    asked: Query<(Replacement, ImageAddress)>,
) -> Result<impl Responder, ApiError> {
    let Query((asked, ImageAddress { image_url: address })) = asked;
    let run = may_run(&state, &asked, BUSY_URL).await?;
    let staged = staging::of_address(&state, &address).await?;
    let picture = Picture { staged, source: SourceKind::Url, given: address, created: Utc::now() };
    to_the_end(async move { replace(&state, asked, picture, run).await }).await.map(web::Json)
}

/// A picture, and where it came from.
pub(super) struct Picture {
    pub staged: Staged,
    pub source: SourceKind,
    pub given: String,
    /// When it came.
    pub created: DateTime<Utc>,
}

/// Whether a run could start now, or why not. While one is on, nothing is replaced at once.
async fn may_run(state: &AppState, asked: &Replacement, busy: &'static str) -> Result<Result<(), String>, ApiError> {
    if asked.queued {
        return Ok(Ok(()));
    }
    match ask(&state.supervisor, CheckStart).await? {
        Ok(()) => Ok(Ok(())),
        Err(StartError::Busy(holder)) => {
            Err(ApiError::new(Code::Conflict, busy).with("holder", serde_json::to_value(holder).unwrap_or_default()))
        }
        Err(error @ StartError::Stopping) => Err(ApiError::of(Code::ActorUnavailable, &error)),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    const ALLOWED: [&str; 7] = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp", ".tiff"];
    let name = name.to_lowercase();
    if name.is_empty() {
        return Err(ApiError::new(Code::InvalidValue, "No file uploaded"));
    }
    if ALLOWED.iter().any(|extension| name.ends_with(extension)) {
        return Ok(());
    }
    let values = [("allowed", ALLOWED.join(", ").into())];
    Err(ApiError::told(Code::InvalidValue, "Invalid file type. Allowed: {allowed}", values))
}

async fn replace(
    state: &AppState,
    asked: Replacement,
    picture: Picture,
    run: Result<(), String>,
) -> Result<Replaced, ApiError> {
    let form = asked.form().map(|form| with_media_type(state, form));
    if asked.queued {
        return queue(state, &asked, picture, form).await;
    }
    if !asked.overlays {
        return put(state, &asked, picture, Root::Manual).await;
    }
    let form = form.and_then(|form| run.map(|()| form).map_err(NoRun::Because));
    match form {
        Ok(form) => {
            let size = picture.staged.size;
            let queue_id = add(state, &asked, picture, WantedTreatment::Drawn(Box::new(form)), true).await?;
            Ok(Replaced {
                success: true,
                message: "Asset replaced and queued for overlay processing",
                queue_id: Some(queue_id),
                path: Some(asked.path),
                size: Some(size),
                manual_run_triggered: Some(true),
                ..Replaced::default()
            })
        }
        Err(no_run) => {
            let replaced = put(state, &asked, picture, Root::Assets).await?;
            let manual_run_triggered = Some(false);
            Ok(match no_run {
                NoRun::Structure => Replaced { message: NOT_STRUCTURED, manual_run_triggered, ..replaced },
                NoRun::Because(why) => Replaced { manual_run_triggered, manual_run_error: Some(why), ..replaced },
            })
        }
    }
}

/// Whose poster it is, where the library tells.
pub(super) fn with_media_type(state: &AppState, form: ManualForm) -> ManualForm {
    let media_type =
        form.media_type.or_else(|| match Family::of(&form.library_name, &state.views.library_types.get()) {
            Family::Movies => Some("movie".to_owned()),
            Family::Shows => Some("show".to_owned()),
            Family::Unknown => None,
        });
    ManualForm { media_type, ..form }
}

async fn put(state: &AppState, asked: &Replacement, picture: Picture, root: Root) -> Result<Replaced, ApiError> {
    let file = picture.staged.path.clone();
    let place = PlacePicture { root, path: asked.path.clone(), picture: file.clone() };
    let placed = ask(&state.replacer, place).await;
    drop(std::fs::remove_file(file));
    let Placed { replaced, trashed } = placed??;
    Ok(Replaced {
        success: true,
        message: if replaced || picture.source == SourceKind::Url {
            "Asset replaced successfully"
        } else {
            "Asset created successfully"
        },
        path: Some(asked.path.clone()),
        size: Some(picture.staged.size),
        was_replacement: Some(replaced),
        trashed,
        ..Replaced::default()
    })
}

pub(super) async fn queue(
    state: &AppState,
    asked: &Replacement,
    picture: Picture,
    form: Result<ManualForm, NoRun>,
) -> Result<Replaced, ApiError> {
    let wanted = match form {
        _ if !asked.overlays => Ok(WantedTreatment::Placed(Root::Manual)),
        Ok(form) => Ok(WantedTreatment::Drawn(Box::new(form))),
        Err(NoRun::Because(why)) => Err(why),
        Err(NoRun::Structure) => {
            Err("the path does not tell library and folder; give library_name and folder_name".to_owned())
        }
    };
    let wanted = wanted.map_err(|why| {
        drop(std::fs::remove_file(&picture.staged.path));
        ApiError::told(Code::InvalidValue, "{cause}", [("cause", why.into())])
    })?;
    let queue_id = Some(add(state, asked, picture, wanted, false).await?);
    let message = "Asset replacement added to queue";
    Ok(Replaced { success: true, queued: true, message, queue_id, ..Replaced::default() })
}

async fn add(
    state: &AppState,
    asked: &Replacement,
    picture: Picture,
    wanted: WantedTreatment,
    at_once: bool,
) -> Result<u64, ApiError> {
    let new = AddItem {
        path: asked.path.clone(),
        source: picture.source,
        given: picture.given,
        staged: picture.staged.name,
        wanted,
        parameters: shown(asked),
        at_once,
        created: picture.created,
    };
    let added = ask(&state.replacer, new).await;
    // The queue removes what it refuses; it may not have heard of this one.
    Ok(added.inspect_err(|_| drop(std::fs::remove_file(&picture.staged.path)))??)
}

/// The parameters as upstream shows them in its queue.
fn shown(asked: &Replacement) -> Map<String, Value> {
    let texts = [
        ("title_text", &asked.title),
        ("folder_name", &asked.folder),
        ("library_name", &asked.library),
        ("season_number", &asked.season),
        ("episode_number", &asked.episode),
        ("episode_title", &asked.episode_title),
        ("asset_type", &asked.asset_type),
        ("mediaType", &asked.media_type),
    ];
    let given = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    given.chain([("process_with_overlays".to_owned(), json!(asked.overlays))]).collect()
}
