//! `/api/webui-settings`: the web UI's own settings, among them the level of the log files.

use actix_web::{Responder, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::LEVELS;
use crate::actors::config::{SaveWebUi, WebUiSaveError};
use crate::http::extract::json::Json;
use crate::http::{ApiError, Code, State, ask};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_settings);
    config.service(post_settings);
}

/// The settings, upstream's shape.
#[derive(Debug, Serialize, ToSchema)]
struct Settings {
    success: bool,
    /// `log_level`, `theme`, `auto_refresh_interval`, whatever else was saved, and `current_log_level`, the level in force.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    available_log_levels: [&'static str; 5],
    /// The file they are kept in.
    config_file: String,
}

/// Returns the settings of the web UI.
#[utoipa::path(tag = "config", responses((status = 200, body = Settings)))]
#[get("/api/webui-settings")]
async fn get_settings(state: State) -> impl Responder {
    let webui = state.views.config.get().webui.clone();
    let mut settings = webui.settings.clone();
    settings.insert("current_log_level".to_owned(), Value::from(webui.level()));
    let config_file = state.shared.data.webui_settings().display().to_string();
    web::Json(Settings { success: true, settings, available_log_levels: LEVELS, config_file })
}

/// Settings to change.
#[derive(Debug, Deserialize, ToSchema)]
struct NewSettings {
    /// Their new values; all others stay.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// What was saved.
#[derive(Debug, Serialize, ToSchema)]
struct Saved {
    success: bool,
    message: &'static str,
    /// All settings as they are now.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// Merges the members of `settings` into the settings of the web UI. A level is applied at once.
#[utoipa::path(tag = "config", request_body = NewSettings, responses((status = 200, body = Saved),
    (status = 400, description = "settings is not an object, or log_level not a level; nothing is saved")))]
#[post("/api/webui-settings")]
async fn post_settings(state: State, body: Json<NewSettings>) -> Result<impl Responder, ApiError> {
    let saved = ask(&state.config, SaveWebUi { changes: body.0.settings }).await?.map_err(refused)?;
    Ok(web::Json(Saved { success: true, message: "Settings updated successfully", settings: saved.settings }))
}

/// Why they were not saved, as an answer.
pub(super) fn refused(error: WebUiSaveError) -> ApiError {
    match error {
        WebUiSaveError::Invalid(text) => ApiError::validation("value_error", &["body", "settings", "log_level"], text),
        WebUiSaveError::Disk(_) => ApiError::of(Code::StorageUnavailable, &error),
    }
}
