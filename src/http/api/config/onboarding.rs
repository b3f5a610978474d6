//! Whether somebody has set this installation up: Posterizarr 3.x's web UI opens its assistant where nobody has.

use actix_web::{Responder, post, web};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::actors::config::{ConfigView, SaveWebUi, document, keys};
use crate::http::api::config::webui_settings;
use crate::http::respond::done::Done;
use crate::http::{ApiError, AppState, State, ask};

/// The mark, among the web UI's settings.
const COMPLETED: &str = "onboarding_completed";

/// The state of the assistant.
#[derive(Serialize, ToSchema)]
pub struct Onboarding {
    /// True once it was gone through, and where nobody needs it: a server is set, or something ran.
    onboarding_completed: bool,
}

impl Onboarding {
    /// As of now. A history that is not read yet counts as one that is there.
    pub fn now(state: &AppState) -> Self {
        let config = state.views.config.get();
        let history = state.views.history.get();
        let has_run = !history.loaded || !history.index.is_empty();
        let is_told = config.webui.settings.get(COMPLETED) == Some(&Value::Bool(true));
        Self { onboarding_completed: is_told || has_run || has_server(&config) }
    }
}

/// Whether the address of a media server is another than the example's.
fn has_server(config: &ConfigView) -> bool {
    [("PlexPart", "PlexUrl"), ("JellyfinPart", "JellyfinUrl"), ("EmbyPart", "EmbyUrl")].into_iter().any(
        |(section, key)| {
            let example = keys::find(section, key).and_then(|key| document::scalar(&key.default.value()));
            config.text(section, key).is_some_and(|url| !url.trim().is_empty() && Some(url) != example)
        },
    )
}

/// Records that the setup assistant was completed.
#[utoipa::path(tag = "config", responses((status = 200, body = Done), (status = 503)))]
#[post("/api/onboarding/complete")]
pub async fn complete(state: State) -> Result<impl Responder, ApiError> {
    let changes = Map::from_iter([(COMPLETED.to_owned(), Value::Bool(true))]);
    ask(&state.config, SaveWebUi { changes }).await?.map_err(webui_settings::refused)?;
    Ok(web::Json(Done::new("Onboarding completed")))
}
