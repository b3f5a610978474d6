//! Blueprints (the portable part of the configuration), and a backup on demand. Routes and texts are those of Posterizarr 3.x.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, Responder, get, post, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{ConfigSaved, told};
use crate::actors::config::MissingKeys;
use crate::actors::config::{BackUpConfig, ConfigError, SaveConfig, portable};
use crate::http::extract::json::Json;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, State, ask};

/// How an import is meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportOptions {
    /// Only tell what would change.
    #[param(required = false)]
    dry_run: bool,
}

impl FromQuery for ImportOptions {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { dry_run: parameters.switch("dry_run") }
    }
}

/// Returns the settings that make sense elsewhere too, as a file: no addresses, keys, logins or folders.
#[utoipa::path(tag = "config", responses((status = 200, body = Object, description = "sections with their settings")))]
#[get("/api/config/export")]
pub async fn export(state: State) -> impl Responder {
    let blueprint = portable::blueprint(&state.views.config.get().document);
    HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"custom_blueprint.json\""))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(blueprint)
}

/// Takes the settings of a blueprint over: all of them, or nothing. Other settings stay, and what is replaced is kept as a
/// backup.
#[utoipa::path(tag = "config", params(ImportOptions), request_body = Object, responses((status = 200, body = ConfigSaved),
    (status = 400, description = "something in it is not a setting, belongs to one installation, or cannot be; all of it is reported"),
    (status = 409, description = "the file is broken")))]
#[post("/api/config/import")]
pub async fn import(
    state: State,
    Query(ImportOptions { dry_run }): Query<ImportOptions>,
    body: Json<Value>,
) -> Result<impl Responder, ApiError> {
    let Value::Object(blueprint) = body.0 else {
        return Err(ApiError::validation("dict_type", &["body"], "a blueprint is an object of sections"));
    };
    let posted = portable::flat_values(&blueprint).map_err(ConfigError::Refused)?;
    let message = SaveConfig { posted, mode: MissingKeys::Keep, known: None, guarded: Vec::new(), dry_run };
    let saved = ask(&state.config, message).await??;
    Ok(told(if dry_run { "Nothing was changed" } else { "Blueprint imported successfully" }, saved))
}

/// A backup that was made.
#[derive(Serialize, ToSchema)]
struct BackedUp {
    success: bool,
    message: &'static str,
    /// Its file, in the data folder's `config-backups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_file: Option<String>,
    /// What `POST /api/config/restore/{id}` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

/// Saves a backup of the configuration as it is now.
#[utoipa::path(tag = "config", responses((status = 200, body = BackedUp), (status = 503)))]
#[post("/api/config/backup")]
pub async fn back_up(state: State) -> Result<impl Responder, ApiError> {
    Ok(web::Json(match ask(&state.config, BackUpConfig).await?? {
        Some(id) => BackedUp {
            success: true,
            message: "Backup created successfully",
            backup_file: Some(format!("{id}.json")),
            id: Some(id),
        },
        None => BackedUp { success: false, message: "No config.json found to backup", backup_file: None, id: None },
    }))
}
