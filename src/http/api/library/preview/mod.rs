//! Pictures to look at before anything is saved. `POST /api/preview`: one sample with settings that are not saved yet, for a
//! configuration page.

mod drawing;
mod given;
mod of_set;
mod overlay_creator;
mod turns;
mod upload;

use std::sync::Arc;

use actix_web::{HttpResponse, post, web};
use chrono::Local;
use posterizarr_render::config::{Document, Look, Problem};
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::prepared::MakeError;
use posterizarr_render::{SampleSpec, overlays, sample};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use self::drawing::DrawingOrder;
use self::given::{merged, short};
use self::turns::in_turn;
use crate::http::extract::json::Json;
use crate::http::extract::settings::changes;
use crate::http::{ApiError, Code, State};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(preview)
        .service(upload::preview_upload)
        .service(overlay_creator::preview)
        .service(overlay_creator::save);
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

impl From<PreviewKind> for ArtworkKind {
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
    /// What is printed on it; where the show's title is not printed on seasons, a season's name. There is one if absent.
    title: Option<String>,
    /// A picture in the folder of sets (`artwork.sets`), such as `Heat (1995)/poster.jpg`: the sample is made of it, the kind is told by its
    /// name, and the title, if there is none, by that of its folder.
    set: Option<String>,
    /// Whether the boxes for texts are shown.
    #[serde(default)]
    boxes: bool,
    /// What is drawn beyond what `config.json` tells; what is absent is as it is set.
    #[serde(default)]
    drawing: DrawingOrder,
    /// Settings of the daemon as they are not saved, as `PUT /api/settings` takes them; those in `drawing` win over them.
    #[serde(default)]
    #[schema(value_type = HashMap<String, Value>, required = false)]
    daemon: Map<String, Value>,
    /// Sections of `config.json` with the values that differ from the saved ones.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Document,
}

/// Renders one sample as JPEG. Nothing is saved.
#[utoipa::path(tag = "runs", request_body = PreviewOrder, responses(
    (status = 200, description = "the sample; `X-Preview-Warnings` tells what could not be done as set", content_type = "image/jpeg"),
    (status = 400, description = "a value cannot be used; the text names its section and key")))]
#[post("/api/preview")]
async fn preview(state: State, order: Json<PreviewOrder>) -> Result<HttpResponse, ApiError> {
    let PreviewOrder { kind, title, set, boxes, drawing, daemon, settings } = order.0;
    let (kind, today) = (ArtworkKind::from(kind), Local::now().date_naive());
    let title = title.map(|title| short(&title).to_owned());
    let document = merged(&state.views.config.get().document, settings);
    let folder = state.shared.data.overlay_files();
    let data = state.shared.data.root().to_owned();
    let now = if daemon.is_empty() {
        state.live.get()
    } else {
        let (state, changes) = (state.clone(), changes(daemon));
        Arc::new(web::block(move || state.live.with(changes)).await.map_err(ApiError::internal)??)
    };
    let (drawn, today) = (drawing.over(now.drawing.clone())?, drawing.date.unwrap_or(today));
    let (hiding, badges) = (drawing.hiding(kind, &drawn), drawing.badges(kind, &drawn)?);
    let look = move || Ok::<_, ApiError>(drawn.applied(Look::read(&document)?, &data, today));
    if let Some(picture) = set {
        let sets = now.sets.clone();
        let order = web::block(move || of_set::Order::checked(sets.as_deref(), &picture, title)).await;
        let order = order.map_err(ApiError::internal)??;
        return in_turn(order.cost, move || order.carry_out(look()?, &folder)).await;
    }
    in_turn(0, move || {
        overlays::put_missing(&folder).map_err(ApiError::internal)?;
        Ok(sample(&look()?, &folder, &SampleSpec { kind, title, boxes, hiding, badges })?)
    })
    .await
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::of(Code::InvalidValue, &problem).with("section", problem.section).with("key", problem.key)
    }
}

impl From<MakeError> for ApiError {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Setting(problem) => problem.into(),
            MakeError::Overlay(_) | MakeError::Logo(_) => Self::of(Code::InvalidValue, &error),
            MakeError::Encode(_) => Self::internal(error),
        }
    }
}
