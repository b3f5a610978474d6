//! The overlay creator of Posterizarr 3.x: an overlay by a recipe, to be looked at or to be kept. Routes, fields and texts are
//! upstream's.

use actix_web::{Responder, post, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use posterizarr_render::config::{Document, Look};
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::geometry::Area;
use posterizarr_render::overlay_maker::{Foot, Frame, Grain, Recipe, Tint, png, smaller};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::given::merged;
use super::turns::worked;
use crate::actors::library::overlays::{self, OverlayError};
use crate::http::extract::json::Json;
use crate::http::{ApiError, Code, State};

/// The width of a preview.
const SHOWN: u32 = 500;
/// The widest frame, and the largest speck, in pixels.
const WIDEST: f64 = 2000.0;
const MAX_SPECK: f32 = 200.0;

/// How the overlay is to be. Numbers beyond their limits count as the limit.
#[derive(Deserialize, ToSchema)]
#[serde(default)]
struct OverlayOrder {
    /// `background` for 3840×2160; anything else is 2000×3000.
    overlay_type: String,
    border_enabled: bool,
    /// Pixels.
    border_px: f64,
    /// `#RRGGBB`, as all colours; anything else is black.
    border_color: String,
    /// The radius of the corners, from 0 to 1: a share of half the shorter side.
    corner_radius: f32,
    /// The opaque foot, from 0 to 1: a share of the height.
    matte_height_ratio: f32,
    /// The fade above it, likewise.
    fade_height_ratio: f32,
    gradient_color: String,
    /// From 0 to 1.
    inner_glow_strength: f32,
    inner_glow_color: String,
    /// From 0 to 1.
    vignette_strength: f32,
    vignette_color: String,
    /// From 0 to 1.
    grain_amount: f32,
    /// Pixels.
    grain_size: f32,
    /// Shows where the text will be; in a preview only.
    show_text_area: bool,
    /// What it is to be called; to keep it only.
    filename: Option<String>,
    /// Whether one with that name is replaced.
    overwrite: bool,
}

impl Default for OverlayOrder {
    fn default() -> Self {
        let black = || "#000000".to_owned();
        Self {
            overlay_type: "poster".to_owned(),
            border_enabled: false,
            border_px: 0.0,
            border_color: "#FFFFFF".to_owned(),
            corner_radius: 0.0,
            matte_height_ratio: 0.0,
            fade_height_ratio: 0.0,
            gradient_color: black(),
            inner_glow_strength: 0.0,
            inner_glow_color: black(),
            vignette_strength: 0.0,
            vignette_color: black(),
            grain_amount: 0.0,
            grain_size: 1.0,
            show_text_area: false,
            filename: None,
            overwrite: false,
        }
    }
}

impl OverlayOrder {
    fn kind(&self) -> ArtworkKind {
        if self.overlay_type == "background" { ArtworkKind::Background } else { ArtworkKind::Poster }
    }

    fn recipe(&self) -> Recipe {
        let tint = |text: &str, strength: f32| Tint { colour: colour(text), strength: share(strength) };
        let frame = Frame {
            colour: colour(&self.border_color),
            // Between 0 and what fits into any number.
            width: self.border_px.clamp(0.0, WIDEST) as u32,
            corner: share(self.corner_radius),
        };
        Recipe {
            size: self.kind().canvas(),
            vignette: tint(&self.vignette_color, self.vignette_strength),
            foot: Foot {
                colour: colour(&self.gradient_color),
                matte: share(self.matte_height_ratio),
                fade: share(self.fade_height_ratio),
            },
            glow: tint(&self.inner_glow_color, self.inner_glow_strength),
            grain: Grain { amount: share(self.grain_amount), cell: self.grain_size.clamp(0.1, MAX_SPECK) },
            frame: self.border_enabled.then_some(frame),
            guide: None,
        }
    }
}

fn share(given: f32) -> f32 {
    given.clamp(0.0, 1.0)
}

fn colour(text: &str) -> [u8; 3] {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default();
    let [_, red, green, blue] = number.to_be_bytes();
    [red, green, blue]
}

/// Where the title is printed on this kind, as it is set; none where the settings do not tell.
fn text_area(document: &Document, kind: ArtworkKind) -> Option<Area> {
    let look = Look::read(document).ok()?;
    let title = look.design(kind).ok()?.title;
    Some(Area { place: title.place(kind.canvas()), size: title.space.size() })
}

/// An overlay to look at.
#[derive(Serialize, ToSchema)]
struct OverlayShown {
    success: bool,
    /// A PNG, 500 pixels wide.
    image_base64: String,
}

/// Creates an overlay and returns it. Nothing is saved.
#[utoipa::path(tag = "overlays", request_body = OverlayOrder, responses((status = 200, body = OverlayShown), (status = 400)))]
#[post("/api/overlay-creator/preview")]
pub async fn preview(state: State, order: Json<OverlayOrder>) -> Result<impl Responder, ApiError> {
    let order = order.0;
    let document = merged(&state.views.config.get().document, Document::new());
    let guide = if order.show_text_area { text_area(&document, order.kind()) } else { None };
    let recipe = Recipe { guide, ..order.recipe() };
    let file = worked(0, move || png(&smaller(&recipe.draw(), SHOWN)).map_err(ApiError::internal)).await?;
    Ok(web::Json(OverlayShown { success: true, image_base64: STANDARD.encode(file) }))
}

/// An overlay that is kept.
#[derive(Serialize, ToSchema)]
struct OverlayKept {
    success: bool,
    message: String,
    /// The name it got.
    filename: String,
}

/// Creates an overlay and saves it among the overlays.
#[utoipa::path(tag = "overlays", request_body = OverlayOrder, responses((status = 200, body = OverlayKept),
    (status = 400, description = "no usable name"), (status = 409, description = "the name is taken")))]
#[post("/api/overlay-creator/save")]
pub async fn save(state: State, order: Json<OverlayOrder>) -> Result<impl Responder, ApiError> {
    let order = order.0;
    let wanted = order.filename.as_deref().filter(|name| !name.trim().is_empty());
    let wanted = wanted.ok_or_else(|| ApiError::new(Code::InvalidValue, "Filename required"))?;
    let filename = overlays::image_name(wanted).map_err(refused)?;
    let (recipe, folder, name) = (order.recipe(), state.shared.data.overlay_files(), filename.clone());
    worked(0, move || {
        let file = png(&recipe.draw()).map_err(ApiError::internal)?;
        overlays::put(&folder, &name, &file, order.overwrite).map_err(refused)
    })
    .await?;
    Ok(web::Json(OverlayKept { success: true, message: format!("Saved {filename}"), filename }))
}

fn refused(error: OverlayError) -> ApiError {
    match error {
        OverlayError::Exists(_) => ApiError::new(Code::Conflict, "File already exists"),
        OverlayError::Disk(_) => ApiError::of(Code::StorageUnavailable, &error),
        error => ApiError::of(Code::InvalidValue, &error),
    }
}
