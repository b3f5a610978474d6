//! `POST /api/preview-upload`: what a manual run would make of a picture, before it is started.
//!
//! The picture is a temporary file as long as it is needed, and goes away on every way out.

use std::path::Path;

use actix_multipart::Multipart;
use actix_web::{HttpResponse, post, web};
use posterizarr_engine::config::{Document, Look};
use posterizarr_engine::design::Kind;
use posterizarr_engine::picture::{self, DecodeError};
use posterizarr_engine::{Handmade, overlays};
use tempfile::NamedTempFile;
use utoipa::ToSchema;

use super::{AT_ONCE, in_turn, short};
use crate::actors::config_keeper::keys;
use crate::actors::script_supervisor::PosterType;
use crate::http::multipart::FileForm;
use crate::http::picture_form::{self, check_extension, check_picture, not_received, poster_type};
use crate::http::{ApiError, Code, State};

/// A picture with more pixels than this is made alone: decoding it takes hundreds of megabytes. A 4K background has 8 million.
const LARGE: usize = 12_000_000;

/// A picture, and what is to be made of it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "shown in the API's description only; the parts are read by hand")]
struct PreviewUpload {
    /// The picture: jpg, jpeg, png, webp, bmp or tiff, at most 64 MiB; 2:3, or 16:9 for backgrounds and title cards.
    #[schema(format = Binary)]
    file: String,
    /// What to make of it; `standard` if absent.
    poster_type: Option<PosterType>,
    /// The text on the picture; not for title cards.
    titletext: Option<String>,
    /// The season's name, for seasons and title cards.
    season_poster_name: Option<String>,
    /// The episode's title, for title cards.
    ep_title_name: Option<String>,
    /// The episode's number, for title cards.
    episode_number: Option<String>,
}

/// Makes what a manual run with the saved settings would make of a picture, as JPEG. A text that is missing is left out.
/// Nothing is saved.
#[utoipa::path(tag = "runs", request_body(content = PreviewUpload, content_type = "multipart/form-data"), responses(
    (status = 200, description = "the picture; `X-Preview-Warnings` tells what could not be done as set", content_type = "image/jpeg"),
    (status = 400, description = "the picture, a field or a saved value is not acceptable"),
    (status = 413, description = "the picture is too large"), (status = 500, description = "the picture cannot be stored")))]
#[post("/api/preview-upload")]
pub async fn preview_upload(state: State, payload: Multipart) -> Result<HttpResponse, ApiError> {
    let form = picture_form::read(&state, payload).await?;
    let order = web::block(move || Order::checked(form)).await.map_err(ApiError::internal)??;
    let document = keys::completed(&state.commons.views.config.get().document);
    let folder = state.commons.data.overlay_files();
    in_turn(if order.large { AT_ONCE } else { 1 }, move || order.carry_out(&document, &folder)).await
}

/// What came, checked.
struct Order {
    picture: NamedTempFile,
    large: bool,
    wanted: Handmade,
}

impl Order {
    /// Checks everything in the order in which a manual run does. Blocks for the disk.
    fn checked(form: FileForm) -> Result<Self, ApiError> {
        check_extension(&form.name)?;
        let poster_type = poster_type(&form).ok_or_else(|| {
            let known = "posterType is standard, season, titlecard, background or collection";
            ApiError::validation("enum", &["body", "posterType"], known)
        })?;
        let wanted = wanted(&form, poster_type);
        let picture = form.file.map_err(not_received)?;
        let size = check_picture(picture.path(), Some(poster_type))?;
        Ok(Self { picture, large: size.width.saturating_mul(size.height) > LARGE, wanted })
    }

    fn carry_out(self, document: &Document, folder: &Path) -> Result<(Vec<u8>, Vec<String>), ApiError> {
        let look = Look::read(document)?;
        overlays::put_missing(folder).map_err(ApiError::internal)?;
        let made = self.wanted.make(&picture::open(self.picture.path())?, &look, folder)?;
        Ok((made.file, made.warnings))
    }
}

fn wanted(form: &FileForm, poster_type: PosterType) -> Handmade {
    let text = |field: &str| short(form.texts.get(field).map_or("", String::as_str));
    let (kind, title) = match poster_type {
        PosterType::Standard => (Kind::Poster, "titletext"),
        PosterType::Season => (Kind::Season, "titletext"),
        PosterType::Collection => (Kind::Collection, "titletext"),
        PosterType::Background => (Kind::Background, "titletext"),
        PosterType::TitleCard => (Kind::TitleCard, "epTitleName"),
    };
    Handmade::new(kind, text(title), text("seasonPosterName"), text("episodeNumber"))
}

impl From<DecodeError> for ApiError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Unreadable(cause) => Self::internal(cause),
            _ => Self::new(Code::InvalidValue, error.to_string()),
        }
    }
}
