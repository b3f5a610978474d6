//! `/api/config`: the configuration by flat names, its schema, and its earlier contents.

pub mod database;
mod login_password;
mod onboarding;
mod portable;
pub mod webui_settings;

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, Responder, get, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::access::Scope;
use crate::actors::config::{Backup, BackupFolder};
use crate::actors::config::{Change, MissingKeys, Refusal};
use crate::actors::config::{
    ConfigError, ConfigFault, ConfigView, MASK, RestoreConfig, SaveConfig, Saved, contradictions, flat, groups_of_3,
    keys, schema,
};
use crate::http::auth::Principal;
use crate::http::extract::json::Json;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, AppState, Code, State, ask};
use onboarding::Onboarding;
use posterizarr_base::said::Reason;
use posterizarr_base::servers::ServerKind;
use posterizarr_media::http::same_server;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read)
        .service(save)
        .service(describe)
        .service(list_backups)
        .service(restore)
        .service(portable::export)
        .service(portable::import)
        .service(portable::back_up)
        .service(onboarding::complete);
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
    /// What 3.x keeps beside the settings.
    #[serde(rename = "_root")]
    root: Onboarding,
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
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ReadOptions {
    /// Hide the secrets also from who may see them: a page that only sets them needs none.
    #[param(required = false)]
    masked: bool,
}

impl FromQuery for ReadOptions {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { masked: parameters.switch("masked") }
    }
}

/// How a post is meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct PostOptions {
    /// `replace` (default): known keys that are not sent are removed, as upstream does. `merge`: they stay. Unknown keys
    /// stay either way.
    #[param(value_type = Option<String>)]
    mode: MissingKeys,
    /// Only tell what would change.
    #[param(required = false)]
    dry_run: bool,
}

impl FromQuery for PostOptions {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let mode = |word: &str| match word {
            "replace" => Some(MissingKeys::Remove),
            "merge" => Some(MissingKeys::Keep),
            _ => None,
        };
        Self {
            mode: parameters.word("mode", "replace or merge", mode).unwrap_or_default(),
            dry_run: parameters.switch("dry_run"),
        }
    }
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
        match error {
            ConfigError::Refused(ref refusals) => {
                let text = error.to_string();
                let reasons: Vec<_> = refusals.iter().map(Refusal::reason).collect();
                let items = refusals.iter().map(|refusal| refusal.flat.as_str()).zip(&reasons);
                let error = Self::invalid_values(&["body", "config"], items, text);
                let is_shipped = |refusal: &Refusal| refusal.code == Some(contradictions::SHIPPED_PASSWORD_CODE);
                if refusals.iter().all(is_shipped) { error.with_code(Code::ShippedPassword) } else { error }
            }
            ConfigError::Stale { ref revision } => {
                Self::of(Code::PreconditionFailed, &error).with("revision", revision.as_str())
            }
            ConfigError::Broken(_) | ConfigError::BadBackup { .. } => Self::of(Code::Conflict, &error),
            ConfigError::TooLarge => Self::of(Code::PayloadTooLarge, &error),
            ConfigError::NoBackup(_) => Self::of(Code::NotFound, &error),
            ConfigError::Disk { .. } => Self::of(Code::StorageUnavailable, &error),
        }
    }
}

/// Returns the configuration. Secrets are masked for a login without the admin scope, and for all with `mask_secrets`.
#[utoipa::path(tag = "config", params(ReadOptions), responses((status = 200, body = ConfigAnswer)))]
#[get("/api/config")]
async fn read(state: State, principal: Principal, Query(options): Query<ReadOptions>) -> impl Responder {
    let view = state.views.config.get();
    let secrets_masked = options.masked || is_masked(&state, &principal);
    let config = flat::flatten(&view.document, secrets_masked);
    let answer = ConfigAnswer {
        success: true,
        ui_groups: groups(&view),
        display_names: config.keys().map(|flat| (flat.clone(), Value::from(flat::label(flat)))).collect(),
        tooltips: keys::all().map(|key| (key.flat.to_owned(), Value::from(key.help))).collect(),
        root: Onboarding::now(&state),
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

/// The groups of the version of which the file is, each by its name; our own page goes by the schema.
fn groups(view: &ConfigView) -> Map<String, Value> {
    let named = |name: &str, keys: Vec<&keys::Key>| {
        (name.to_owned(), keys.into_iter().map(|key| Value::from(key.flat)).collect())
    };
    if view.is_of_3() {
        return groups_of_3::GROUPS.iter().map(|group| named(group.name, group.keys.clone())).collect();
    }
    let of_2 = |name| keys::of_group(name).into_iter().filter(|key| !key.is_3x).collect();
    let groups = keys::GROUPS.iter().map(|group| named(group.name, of_2(group.name)));
    groups.filter(|(_, keys): &(String, Value)| keys.as_array().is_some_and(|keys| !keys.is_empty())).collect()
}

/// Changes the configuration: all of it, or nothing. It is in force when this is answered.
///
/// With `If-Match` and a revision, a change by somebody else in between is told and nothing is overwritten; without, the
/// last post wins, and what it replaced is kept as a backup. A masked secret stays as it is.
#[utoipa::path(tag = "config", params(PostOptions), request_body = ConfigPost, responses(
    (status = 200, body = ConfigSaved),
    (status = 400, description = "values that cannot be; all of them are told, and nothing is changed. With the code \
                                  shipped_password: the login may only be turned on with a password of one's own"),
    (status = 409, description = "the file is broken"),
    (status = 412, description = "the file is not what the client read")))]
#[post("/api/config")]
async fn save(
    state: State,
    request: HttpRequest,
    Query(options): Query<PostOptions>,
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
    check_addresses(&state, &posted)?;
    let posted = login_password::hashed(&state.views.config.get(), posted).await?;
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

/// Addresses that the configuration names, each with the key that is sent there: section and name of both.
const KEYS_OF_ADDRESSES: [[&str; 4]; 4] = [
    ["PlexPart", "PlexUrl", "ApiPart", "PlexToken"],
    ["JellyfinPart", "JellyfinUrl", "ApiPart", "JellyfinAPIKey"],
    ["EmbyPart", "EmbyUrl", "ApiPart", "EmbyAPIKey"],
    ["Notification", "AgregarrUrl", "Notification", "AgregarrApiKey"],
];

/// With `mask_secrets` a stored key does not follow an address to another server: whoever cannot read it
/// must not be able to have it sent somewhere.
fn check_addresses(state: &AppState, posted: &Map<String, Value>) -> Result<(), ApiError> {
    if !state.settings.mask_secrets {
        return Ok(());
    }
    let config = state.views.config.get();
    let posted = &flat::ungrouped(posted, &config.document);
    let is_stored =
        |section: &str, key: &str| config.text(section, key).is_some_and(|stored| config.secrets().contains(&stored));
    let stays = |key: &str| posted.get(key).is_none_or(|value| value.as_str() == Some(MASK));
    let moved = KEYS_OF_ADDRESSES.into_iter().find(|[section, url, key_section, key]| {
        let stored = config.text(section, url).unwrap_or_default();
        let address = posted.get(*url).and_then(Value::as_str);
        address.is_some_and(|address| address != stored && !same_server(&stored, address))
            && is_stored(key_section, key)
            && stays(key)
    });
    let Some([_, url, _, key]) = moved else { return Ok(()) };
    let wrong = Reason::from(ConfigFault::StoredElsewhere { key, url });
    let error = ApiError::invalid_values(&["body", "config"], [(key, &wrong)], wrong.text.clone());
    Err(error.with("code", Code::SecretElsewhere.name()))
}

/// Returns the JSON Schema of the configuration, for a settings page to build itself from.
#[utoipa::path(tag = "config", responses((status = 200, body = Object)))]
#[get("/api/config/schema")]
async fn describe() -> impl Responder {
    web::Json(schema::schema())
}

/// Lists the backups of the file.
#[utoipa::path(tag = "config", responses((status = 200, body = ConfigBackups)))]
#[get("/api/config/backups")]
async fn list_backups(state: State) -> Result<impl Responder, ApiError> {
    let backups = BackupFolder::in_folder(state.shared.data.config_backups());
    let list = web::block(move || backups.list()).await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    Ok(web::Json(ConfigBackups { success: true, backups: list.into_iter().map(ConfigBackup::from).collect() }))
}

/// Restores a backup, byte for byte; `last-good` is the one in force while the file is broken.
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
    let known = state.views.libraries.get();
    let is_unknown = |server: &ServerKind| known.get(server).is_none_or(|server| server.libraries.is_empty());
    let list = |server: ServerKind| keys::find(&format!("{}Part", server.name()), "LibstoExclude").map(|key| key.flat);
    ServerKind::ALL.into_iter().filter(is_unknown).filter_map(list).collect()
}
