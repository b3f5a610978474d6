//! `/api/config-db`: the configuration by sections, as upstream mirrors it in a database. Here it is the same state.

use actix_web::{Responder, get, post, web};
use chrono::Local;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::document::Document;
use crate::actors::config::{Reread, flat};
use crate::http::api::config::is_masked;
use crate::http::auth::Principal;
use crate::http::{ApiError, AppState, Code, State, ask};

/// What is in no section stands under this name.
const ROOT: &str = "_root";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(status).service(one_section).service(one_value).service(sync).service(export);
}

/// What there is.
#[derive(Serialize, ToSchema)]
struct ConfigDbStatus {
    success: bool,
    available: bool,
    /// The file that the answers come from.
    database_path: String,
    sections: Vec<String>,
    section_count: usize,
    total_entries: usize,
    /// How many API keys there are.
    api_key_count: usize,
    metadata: ConfigDbMetadata,
}

/// When the file was last read.
#[derive(Serialize, ToSchema)]
struct ConfigDbMetadata {
    id: u64,
    /// In local time.
    last_sync_time: String,
    config_file_path: String,
    /// `success`, or `error` while the file is broken.
    sync_status: &'static str,
    sync_message: String,
}

/// The keys of one section.
#[derive(Serialize, ToSchema)]
struct ConfigDbSection {
    success: bool,
    section: String,
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

/// One value.
#[derive(Serialize, ToSchema)]
struct ConfigDbValue {
    success: bool,
    section: String,
    key: String,
    #[schema(value_type = Object)]
    value: Value,
}

/// How the file was read.
#[derive(Serialize, ToSchema)]
struct ConfigDbSync {
    success: bool,
    message: &'static str,
    /// What is wrong with the file.
    problem: Option<String>,
}

/// All sections.
#[derive(Serialize, ToSchema)]
struct ConfigDbExport {
    success: bool,
    #[schema(value_type = Object)]
    config: Map<String, Value>,
}

/// The document as this caller may see it.
fn document(state: &AppState, principal: &Principal) -> Document {
    let document = &state.views.config.get().document;
    if is_masked(state, principal) { flat::masked(document) } else { document.as_ref().clone() }
}

fn sorted(members: impl IntoIterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut members: Vec<_> = members.into_iter().collect();
    members.sort_by(|left, right| left.0.cmp(&right.0));
    members.into_iter().collect()
}

fn members_of(document: Document, section: &str) -> Map<String, Value> {
    if section == ROOT {
        return sorted(document.into_iter().filter(|(_, value)| !value.is_object()));
    }
    match document.into_iter().find(|(name, _)| name == section) {
        Some((_, Value::Object(members))) => sorted(members),
        _ => Map::new(),
    }
}

/// Returns how much configuration there is and when it was read.
#[utoipa::path(tag = "config", responses((status = 200, body = ConfigDbStatus)))]
#[get("/api/config-db/status")]
async fn status(state: State) -> impl Responder {
    let view = state.views.config.get();
    let path = state.shared.data.config().display().to_string();
    let mut sections: Vec<_> =
        view.document.iter().filter(|(_, value)| value.is_object()).map(|(name, _)| name.clone()).collect();
    sections.sort();
    let total_entries = view.document.values().map(|value| value.as_object().map_or(1, Map::len)).sum();
    let metadata = ConfigDbMetadata {
        id: view.generation + 1,
        last_sync_time: view.read.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string(),
        config_file_path: path.clone(),
        sync_status: if view.problem.is_none() { "success" } else { "error" },
        sync_message: view.problem.clone().unwrap_or_else(|| format!("Synced {total_entries} entries")),
    };
    web::Json(ConfigDbStatus {
        success: true,
        available: true,
        database_path: path,
        section_count: sections.len(),
        sections,
        total_entries,
        api_key_count: state.views.auth.get().keys().len(),
        metadata,
    })
}

/// Returns the keys of a section; none for a section that does not exist.
#[utoipa::path(tag = "config", responses((status = 200, body = ConfigDbSection)))]
#[get("/api/config-db/section/{section}")]
async fn one_section(state: State, principal: Principal, section: web::Path<String>) -> impl Responder {
    let section = section.into_inner();
    let data = members_of(document(&state, &principal), &section);
    web::Json(ConfigDbSection { success: true, section, data })
}

/// Returns one value.
#[utoipa::path(tag = "config", responses((status = 200, body = ConfigDbValue), (status = 404)))]
#[get("/api/config-db/value/{section}/{key}")]
async fn one_value(
    state: State,
    principal: Principal,
    place: web::Path<(String, String)>,
) -> Result<impl Responder, ApiError> {
    let (section, key) = place.into_inner();
    let value = members_of(document(&state, &principal), &section).remove(&key);
    let value = value.ok_or_else(|| {
        ApiError::told(Code::NotFound, "Config value not found: {key}", [("key", format!("{section}.{key}").into())])
    })?;
    Ok(web::Json(ConfigDbValue { success: true, section, key, value }))
}

/// Reads the file now instead of within the next second.
#[utoipa::path(tag = "config", responses((status = 200, body = ConfigDbSync)))]
#[post("/api/config-db/sync")]
async fn sync(state: State) -> Result<impl Responder, ApiError> {
    ask(&state.config, Reread).await?;
    let problem = state.views.config.get().problem.clone();
    let message = match problem {
        None => "Config database synced successfully with config.json",
        Some(_) => "Config database sync completed with warnings",
    };
    Ok(web::Json(ConfigDbSync { success: problem.is_none(), message, problem }))
}

/// Returns all sections, sorted.
#[utoipa::path(tag = "config", responses((status = 200, body = ConfigDbExport)))]
#[get("/api/config-db/export")]
async fn export(state: State, principal: Principal) -> impl Responder {
    let sort = |value| match value {
        Value::Object(members) => Value::Object(sorted(members)),
        other => other,
    };
    let sections = document(&state, &principal).into_iter().map(|(name, value)| (name, sort(value)));
    web::Json(ConfigDbExport { success: true, config: sorted(sections) })
}
