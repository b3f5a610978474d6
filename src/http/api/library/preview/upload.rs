//! `POST /api/preview-upload`: what a manual run would make of a picture, before it is started.
//!
//! The picture is a temporary file as long as it is needed, and goes away on every way out.

use std::path::Path;

use actix_multipart::Multipart;
use actix_web::{HttpResponse, post, web};
use chrono::Local;
use posterizarr_render::config::Look;
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::picture::{self, DecodeError};
use posterizarr_render::{ManualArtwork, overlays};
use tempfile::NamedTempFile;
use utoipa::ToSchema;

use super::given::short;
use super::turns::{BYTES_PER_PIXEL, in_turn};
use crate::actors::config::keys;
use crate::actors::runs::PosterType;
use crate::http::extract::multipart::FileForm;
use crate::http::extract::picture_form::{self, check_extension, check_picture, not_received, poster_type};
use crate::http::{ApiError, Code, Refusal, State};

/// A picture, and what is to be made of it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "shown in the API's description only; the parts are read by hand")]
struct PreviewUpload {
    /// The picture: jpg, jpeg, png, webp, avif, gif, bmp or tiff, at most 64 MiB; 2:3, or 16:9 for backgrounds and title cards.
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
    let document = keys::completed(&state.views.config.get().document);
    let folder = state.shared.data.overlay_files();
    let (drawing, data) = (state.live.get().drawing.clone(), state.shared.data.root().to_owned());
    let drawn = move |look: Look| drawing.applied(look, &data, Local::now().date_naive());
    in_turn(order.cost, move || order.carry_out(drawn(Look::read(&document)?), &folder)).await
}

/// What came, checked.
struct Order {
    picture: NamedTempFile,
    /// In bytes of memory.
    cost: u64,
    wanted: ManualArtwork,
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
        Ok(Self { picture, cost: size.pixels().saturating_mul(BYTES_PER_PIXEL), wanted })
    }

    fn carry_out(self, look: Look, folder: &Path) -> Result<(Vec<u8>, Vec<String>), ApiError> {
        overlays::put_missing(folder).map_err(ApiError::internal)?;
        let made = self.wanted.make(picture::open(self.picture.path())?, None, &look, folder)?;
        Ok((made.file, made.warnings))
    }
}

fn wanted(form: &FileForm, poster_type: PosterType) -> ManualArtwork {
    let text = |field: &str| short(form.texts.get(field).map_or("", String::as_str));
    let (kind, title) = match poster_type {
        PosterType::Standard => (ArtworkKind::Poster, "titletext"),
        PosterType::Season => (ArtworkKind::Season, "titletext"),
        PosterType::Collection => (ArtworkKind::Collection, "titletext"),
        PosterType::Background => (ArtworkKind::Background, "titletext"),
        PosterType::TitleCard => (ArtworkKind::TitleCard, "epTitleName"),
    };
    ManualArtwork::new(kind, text(title), text("seasonPosterName"), text("episodeNumber"))
}

impl Refusal for DecodeError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable(_) => Code::Internal,
            Self::TooManyPixels { .. } | Self::TooMuchMemory | Self::ProfileTooLarge => Code::PayloadTooLarge,
            _ => Code::InvalidValue,
        }
    }
}
