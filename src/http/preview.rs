//! Pictures to look at before anything is saved. `POST /api/preview`: one sample with settings that are not saved yet, for a
//! configuration page.

mod upload;

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpResponse, post, web};
use posterizarr_engine::config::{Document, Look, Problem};
use posterizarr_engine::design::Kind;
use posterizarr_engine::kit::MakeError;
use posterizarr_engine::{Wanted, overlays, sample};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::Json;
use super::{ApiError, Code, State};
use crate::actors::config_keeper::keys;

/// Pictures that are made at once: each takes a core and tens of megabytes for a moment.
const AT_ONCE: u32 = 2;
static TURNS: Semaphore = Semaphore::const_new(AT_ONCE as usize);

/// What had to be done in another way than configured, such as a missing font.
const WARNINGS: HeaderName = HeaderName::from_static("x-preview-warnings");

const TITLE: &str = "The Hobbit is a great movie";
/// More is no title, and takes time to measure.
const LONGEST_TITLE: usize = 500;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(preview).service(upload::preview_upload);
}

/// The kinds of artwork.
#[derive(Deserialize, ToSchema, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum PreviewKind {
    #[default]
    Poster,
    Season,
    Background,
    TitleCard,
    Collection,
}

impl From<PreviewKind> for Kind {
    fn from(kind: PreviewKind) -> Self {
        match kind {
            PreviewKind::Poster => Self::Poster,
            PreviewKind::Season => Self::Season,
            PreviewKind::Background => Self::Background,
            PreviewKind::TitleCard => Self::TitleCard,
            PreviewKind::Collection => Self::Collection,
        }
    }
}

/// Which sample.
#[derive(Deserialize, ToSchema)]
struct PreviewOrder {
    /// The kind of artwork.
    #[serde(default)]
    kind: PreviewKind,
    /// What is printed on it.
    title: Option<String>,
    /// Whether the boxes for texts are shown.
    #[serde(default)]
    boxes: bool,
    /// Sections of `config.json` with the values that differ from the saved ones.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Document,
}

/// Makes one sample as JPEG. Nothing is saved.
#[utoipa::path(tag = "runs", request_body = PreviewOrder, responses(
    (status = 200, description = "the sample; `X-Preview-Warnings` tells what could not be done as set", content_type = "image/jpeg"),
    (status = 400, description = "a value cannot be used; the text names its section and key")))]
#[post("/api/preview")]
async fn preview(state: State, order: Json<PreviewOrder>) -> Result<HttpResponse, ApiError> {
    let PreviewOrder { kind, title, boxes, settings } = order.0;
    let title = short(title.as_deref().unwrap_or(TITLE)).to_owned();
    let document = merged(&state.commons.views.config.get().document, settings);
    let folder = state.commons.data.overlay_files();
    in_turn(1, move || {
        let look = Look::read(&document)?;
        overlays::put_missing(&folder).map_err(ApiError::internal)?;
        Ok(sample(&look, &folder, &Wanted { kind: kind.into(), title, boxes })?)
    })
    .await
}

/// The beginning of a text, as far as it may be a title.
fn short(text: &str) -> &str {
    text.char_indices().nth(LONGEST_TITLE).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Makes a JPEG, with warnings, once so many turns are free, and answers with it.
async fn in_turn(
    turns: u32,
    make: impl FnOnce() -> Result<(Vec<u8>, Vec<String>), ApiError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let turn = TURNS.acquire_many(turns).await.map_err(ApiError::internal)?;
    // The work goes on where the client has gone, and so does its turn.
    let made = web::block(move || {
        let _turn = turn;
        make()
    });
    let (file, warnings) = made.await.map_err(ApiError::internal)??;
    let mut answer = HttpResponse::Ok();
    answer.content_type("image/jpeg").insert_header((CACHE_CONTROL, "no-store"));
    if let Some(warnings) =
        HeaderValue::from_str(&warnings.join("; ").escape_default().to_string()).ok().filter(|told| !told.is_empty())
    {
        answer.insert_header((WARNINGS, warnings));
    }
    Ok(answer.body(file))
}

/// The saved configuration with the posted values in their places.
fn merged(saved: &Document, posted: Document) -> Document {
    let mut document = keys::completed(saved);
    for (section, values) in posted {
        let known = document.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&section));
        let (Some((_, Value::Object(known))), Value::Object(values)) = (known, values) else { continue };
        for (key, value) in values {
            if let Some((_, place)) = known.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&key)) {
                *place = value;
            }
        }
    }
    document
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        let text = problem.to_string();
        Self::new(Code::InvalidValue, text).with("section", problem.section).with("key", problem.key)
    }
}

impl From<MakeError> for ApiError {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Overlay(_) => Self::new(Code::InvalidValue, error.to_string()),
            MakeError::Encode(_) => Self::internal(error),
        }
    }
}
