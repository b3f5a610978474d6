//! `/api/config`: the configuration by flat names, its schema, and its earlier contents.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, Responder, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::Principal;
use super::body::Json;
use super::{ApiError, AppState, Code, State, ask};
use crate::actors::auth_keeper::Scope;
use crate::actors::config_keeper::backups::{Backup, Backups};
use crate::actors::config_keeper::change::{Change, Mode};
use crate::actors::config_keeper::{ConfigError, RestoreConfig, SaveConfig, Saved, flat, keys, schema};
use crate::actors::media_server::Server;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read).service(save).service(describe).service(list_backups).service(restore);
}

/// Whether secrets are hidden from this caller.
pub fn is_masked(state: &AppState, principal: &Principal) -> bool {
    state.settings.mask_secrets || !principal.may(Scope::Admin)
}

/// The configuration; the first six fields are upstream's.
#[derive(Serialize, ToSchema)]
struct ConfigAnswer {
    success: bool,
    /// Every key of the file by its flat name, in the order of the file.
    #[schema(value_type = Object)]
    config: Map<String, Value>,
    /// The groups of the settings page with their keys.
    #[schema(value_type = Object)]
    ui_groups: Map<String, Value>,
    /// A name for people for every key of `config`.
    #[schema(value_type = Object)]
    display_names: Map<String, Value>,
    /// What each key does, in one sentence.
    #[schema(value_type = Object)]
    tooltips: Map<String, Value>,
    using_flat_structure: bool,
    /// Names this content; send it as `If-Match` to be told when somebody else was faster.
    revision: String,
    /// Counts up with each change since the daemon started.
    generation: u64,
    /// Whether secrets are shown as `********`. Sent back like that they stay as they are.
    secrets_masked: bool,
    /// What is wrong with the file; while it is, this is the last good content.
    problem: Option<String>,
}

/// What a reader wants.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReadOptions {
    /// Hide the secrets also from who may see them: a page that only sets them needs none.
    #[serde(default)]
    masked: bool,
}

/// How a post is meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PostOptions {
    /// `replace` (default): known keys that are not sent are removed, as upstream does. `merge`: they stay. Unknown keys
    /// stay either way.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    mode: Mode,
    /// Only tell what would change.
    #[serde(default)]
    dry_run: bool,
}

/// A configuration that is sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read by hand so that no error repeats a secret")]
struct ConfigPost {
    /// Values by flat names.
    #[schema(value_type = Object)]
    config: Map<String, Value>,
}

/// What a post changed; the first three fields are upstream's.
#[derive(Serialize, ToSchema)]
struct ConfigSaved {
    success: bool,
    message: &'static str,
    /// How many sent values differ from those that were stored.
    changes_count: usize,
    /// What changed in the file. Secrets are masked.
    changes: Vec<ConfigChange>,
    /// Sent keys that neither the file nor the daemon knows; they were left out.
    ignored_keys: Vec<String>,
    /// The backup of what was replaced; null if nothing was written.
    backup: Option<String>,
    /// Names the content as it is now.
    revision: String,
}

/// One key's change.
#[derive(Serialize, ToSchema)]
struct ConfigChange {
    /// Its flat name.
    key: String,
    /// Its value before; null if it had none.
    #[schema(value_type = Option<Object>)]
    old: Option<Value>,
    /// Its value now; null if it was removed.
    #[schema(value_type = Option<Object>)]
    new: Option<Value>,
}

impl From<&Change> for ConfigChange {
    fn from(change: &Change) -> Self {
        let [old, new] = change.shown();
        Self { key: change.flat.clone(), old, new }
    }
}

/// The earlier contents there are.
#[derive(Serialize, ToSchema)]
struct ConfigBackups {
    success: bool,
    /// Newest first.
    backups: Vec<ConfigBackup>,
}

/// One earlier content.
#[derive(Serialize, ToSchema)]
struct ConfigBackup {
    /// What `restore` takes.
    id: String,
    /// When it was replaced.
    replaced: DateTime<Utc>,
    /// In bytes.
    size: u64,
}

impl From<Backup> for ConfigBackup {
    fn from(Backup { id, replaced, size }: Backup) -> Self {
        Self { id, replaced, size }
    }
}

impl From<ConfigError> for ApiError {
    fn from(error: ConfigError) -> Self {
        let text = error.to_string();
        match error {
            ConfigError::Refused(refusals) => {
                let items = refusals.iter().map(|refusal| (refusal.flat.as_str(), refusal.wrong.as_str()));
                Self::invalid_values(&["body", "config"], items, text)
            }
            ConfigError::Stale { revision } => Self::new(Code::PreconditionFailed, text).with("revision", revision),
            ConfigError::Broken(_) | ConfigError::BadBackup { .. } => Self::new(Code::Conflict, text),
            ConfigError::NoBackup(_) => Self::not_found(text),
            ConfigError::Disk { .. } => Self::new(Code::StorageUnavailable, text),
        }
    }
}

/// Gives the configuration. Secrets are masked for a login without the admin scope, and for all with `mask_secrets`.
#[utoipa::path(tag = "config", params(ReadOptions), responses((status = 200, body = ConfigAnswer)))]
#[get("/api/config")]
async fn read(state: State, principal: Principal, options: web::Query<ReadOptions>) -> impl Responder {
    let view = state.commons.views.config.get();
    let secrets_masked = options.masked || is_masked(&state, &principal);
    let config = flat::flatten(&view.document, secrets_masked);
    let group = |group: &keys::Group| {
        let keys = keys::of_group(group.name).into_iter().map(|key| Value::from(key.flat));
        (group.name.to_owned(), keys.collect())
    };
    let answer = ConfigAnswer {
        success: true,
        ui_groups: keys::GROUPS.iter().map(group).collect(),
        display_names: config.keys().map(|flat| (flat.clone(), Value::from(flat::label(flat)))).collect(),
        tooltips: keys::all().map(|key| (key.flat.to_owned(), Value::from(key.help))).collect(),
        using_flat_structure: true,
        revision: view.revision(),
        generation: view.generation,
        secrets_masked,
        problem: view.problem.clone(),
        config,
    };
    let tag = format!("\"{}\"", answer.revision);
    HttpResponse::Ok().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "no-store")).json(answer)
}

/// Changes the configuration: all of it, or nothing. It is in force when this is answered.
///
/// With `If-Match` and a revision, a change by somebody else in between is told and nothing is overwritten; without, the
/// last post wins, and what it replaced is kept as a backup. A masked secret stays as it is.
#[utoipa::path(tag = "config", params(PostOptions), request_body = ConfigPost, responses(
    (status = 200, body = ConfigSaved),
    (status = 400, description = "values that cannot be; all of them are told, and nothing is changed"),
    (status = 409, description = "the file is broken"),
    (status = 412, description = "the file is not what the client read")))]
#[post("/api/config")]
async fn save(
    state: State,
    request: HttpRequest,
    options: web::Query<PostOptions>,
    body: Json<Value>,
) -> Result<impl Responder, ApiError> {
    let posted = match body.0 {
        Value::Object(mut body) => body.remove("config"),
        _ => return Err(ApiError::validation("dict_type", &["body"], "the body must be an object with config")),
    };
    let posted = match posted {
        Some(Value::Object(posted)) => posted,
        Some(_) => return Err(ApiError::validation("dict_type", &["body", "config"], "config must be an object")),
        None => return Err(ApiError::validation("missing", &["body", "config"], "Field required")),
    };
    let message = SaveConfig {
        posted,
        mode: options.mode,
        known: known_revisions(&request),
        guarded: unknown_exclusions(&state),
        dry_run: options.dry_run,
    };
    let saved = ask(&state.config, message).await??;
    let text = if options.dry_run { "Nothing was changed" } else { "Config updated successfully" };
    Ok(told(text, saved))
}

/// The JSON Schema of the configuration, for a settings page to build itself from.
#[utoipa::path(tag = "config", responses((status = 200, body = Object)))]
#[get("/api/config/schema")]
async fn describe() -> impl Responder {
    web::Json(schema::schema())
}

/// Lists the earlier contents of the file.
#[utoipa::path(tag = "config", responses((status = 200, body = ConfigBackups)))]
#[get("/api/config/backups")]
async fn list_backups(state: State) -> Result<impl Responder, ApiError> {
    let backups = Backups::in_folder(state.commons.data.config_backups());
    let list = web::block(move || backups.list()).await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    Ok(web::Json(ConfigBackups { success: true, backups: list.into_iter().map(ConfigBackup::from).collect() }))
}

/// Puts an earlier content back, byte for byte; `last-good` is the one in force while the file is broken.
#[utoipa::path(tag = "config", params(("id" = String, Path, description = "the id of a backup, or last-good")), responses(
    (status = 200, body = ConfigSaved), (status = 404), (status = 409), (status = 412)))]
#[post("/api/config/restore/{id}")]
async fn restore(state: State, request: HttpRequest, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    let message = RestoreConfig { id: id.into_inner(), known: known_revisions(&request) };
    let saved = ask(&state.config, message).await??;
    Ok(told("Config restored successfully", saved))
}

fn told(message: &'static str, saved: Saved) -> impl Responder {
    let tag = format!("\"{}\"", saved.revision);
    let saved = ConfigSaved {
        success: true,
        message,
        changes_count: saved.count,
        changes: saved.changes.iter().map(ConfigChange::from).collect(),
        ignored_keys: saved.ignored,
        backup: saved.backup,
        revision: saved.revision,
    };
    HttpResponse::Ok().insert_header((ETAG, tag)).json(saved)
}

/// The revisions in `If-Match`; `None` without one, and for `*`. A proxy that compresses makes tags weak.
fn known_revisions(request: &HttpRequest) -> Option<Vec<String>> {
    let headers: Vec<_> = request.headers().get_all(IF_MATCH).filter_map(|value| value.to_str().ok()).collect();
    let tags: Vec<_> = headers.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
    let plain = |tag: &&str| tag.trim_start_matches("W/").trim_matches('"').to_owned();
    (!tags.is_empty() && !tags.contains(&"*")).then(|| tags.iter().map(plain).collect())
}

/// The lists of excluded libraries whose libraries were never fetched: a settings page shows them empty.
fn unknown_exclusions(state: &AppState) -> Vec<&'static str> {
    let known = state.commons.views.libraries.get();
    let is_unknown = |server: &Server| known.get(server).is_none_or(|server| server.libraries.is_empty());
    let list = |server: Server| keys::find(&format!("{}Part", server.name()), "LibstoExclude").map(|key| key.flat);
    Server::ALL.into_iter().filter(is_unknown).filter_map(list).collect()
}
