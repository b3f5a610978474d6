//! `/api/settings`: the daemon's own settings, each with its value and where that is set. Those that only decide what is made, and how
//! the work is done, can be saved here; all others are changed where they are set.

use actix_web::{Responder, get, put, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::MASK;
use crate::http::extract::json::Json;
use crate::http::extract::settings::changes;
use crate::http::{ApiError, Code, State};
use crate::settings::live::SaveError;
use crate::settings::table::{SETTINGS, Setting, TakesEffect};
use crate::settings::{Origin, Settings};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(settings).service(save);
}

/// The daemon's own settings.
#[derive(Serialize, ToSchema)]
struct DaemonSettings {
    /// The TOML file in which they can be set.
    file: String,
    /// Whether it was there at the start.
    file_read: bool,
    settings: Vec<DaemonSetting>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
struct DaemonSetting {
    /// Its name in the TOML file, such as `trash.max_age`.
    key: &'static str,
    /// What it was set to, as it was written; a secret is masked. Null: nothing was set, and the default holds.
    value: Option<String>,
    /// What set it.
    source: SettingSource,
    /// The variable or flag that set it; null for the file, what was saved here, and the default.
    set_by: Option<String>,
    /// When a value counts that is saved here; null where it can only be set by hand, or a variable or flag counts more.
    takes_effect: Option<TakesEffect>,
    /// Whether a value is saved here; it may be one that something else counts more than.
    saved: bool,
    /// Whether it will be something else from the next start on.
    waits: bool,
    /// What it will be then: as it was written, a secret masked; null: the default.
    next: Option<String>,
    /// The default in words.
    default: String,
    /// What it does.
    help: &'static str,
    /// What its value looks like, such as `TIME` or `auto|on|off`; empty for a switch.
    form: &'static str,
    /// Its environment variable.
    variable: String,
    /// Its flag, with its dashes.
    flag: String,
}

/// What gave a setting its value; each wins over those before it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SettingSource {
    Default,
    File,
    /// Saved here.
    Saved,
    Environment,
    CommandLine,
}

/// What is to be changed.
#[derive(Deserialize, ToSchema)]
struct SettingsPost {
    /// New values by the keys of their settings: a text, a number, true or false, or a list of texts. Null takes back what was saved.
    #[schema(value_type = HashMap<String, Value>)]
    settings: Map<String, Value>,
}

/// Returns the daemon's own settings, and where each is set. Secrets are masked.
#[utoipa::path(tag = "system", operation_id = "daemon_settings", responses((status = 200, body = DaemonSettings)))]
#[get("/api/settings")]
async fn settings(state: State) -> impl Responder {
    web::Json(DaemonSettings::of(&state))
}

/// Saves settings of the daemon: all, or nothing. They go into a file of their own, `settings.toml` in the data folder, which counts more
/// than the file that is written by hand, and less than variables and flags.
#[utoipa::path(tag = "system", operation_id = "save_daemon_settings", request_body = SettingsPost, responses(
    (status = 200, body = DaemonSettings),
    (status = 400, description = "values that cannot be saved; all of them are reported, and nothing is changed"),
    (status = 409, description = "the settings file that is written by hand is broken")))]
#[put("/api/settings")]
async fn save(state: State, post: Json<SettingsPost>) -> Result<impl Responder, ApiError> {
    let changes = changes(post.0.settings);
    let shared = state.clone();
    web::block(move || shared.live.save(changes)).await.map_err(ApiError::internal)??;
    Ok(web::Json(DaemonSettings::of(&state)))
}

const BROKEN: &str = "fix the settings file first: {problem}";
const PLACE: &[&str] = &["body", "settings"];

impl From<SaveError> for ApiError {
    fn from(error: SaveError) -> Self {
        let text = error.to_string();
        match error {
            SaveError::Refused(refused) => {
                Self::invalid_values(PLACE, refused.iter().map(|(key, refusal)| (key.as_str(), &refusal.0)), text)
            }
            SaveError::Broken(problem) => Self::told(Code::Conflict, BROKEN, [("problem", problem.into())]),
            SaveError::Write(file, cause) => Self::told(
                Code::StorageUnavailable,
                "{file} cannot be written: {cause}",
                [("file", file.into()), ("cause", cause.to_string().into())],
            ),
        }
    }
}

impl DaemonSettings {
    fn of(state: &State) -> Self {
        let (start, now) = (&state.settings, state.live.get());
        Self {
            file: start.file().display().to_string(),
            file_read: start.origins.file.is_some(),
            settings: SETTINGS.iter().map(|setting| DaemonSetting::of(setting, start, &now)).collect(),
        }
    }
}

impl DaemonSetting {
    fn of(setting: &Setting, start: &Settings, now: &Settings) -> Self {
        let (at_start, next) = (start.origins.given.get(setting.key), now.origins.given.get(setting.key));
        let takes_effect = setting.takes_effect();
        let given = if takes_effect == Some(TakesEffect::NextRun) { next } else { at_start };
        let shown = |value: &String| if setting.is_secret() { MASK.to_owned() } else { value.clone() };
        let (source, set_by) = match given.map(|(_, origin)| origin) {
            None => (SettingSource::Default, None),
            Some(Origin::File(_)) => (SettingSource::File, None),
            Some(Origin::Saved) => (SettingSource::Saved, None),
            Some(Origin::Variable(name)) => (SettingSource::Environment, Some(name.clone())),
            Some(Origin::Flag(name)) => (SettingSource::CommandLine, Some(format!("--{name}"))),
        };
        let waits = given.map(|(value, _)| value) != next.map(|(value, _)| value);
        Self {
            key: setting.key,
            value: given.map(|(value, _)| shown(value)),
            source,
            takes_effect: takes_effect.filter(|_| set_by.is_none()),
            set_by,
            saved: next.is_some_and(|(_, origin)| *origin == Origin::Saved),
            waits,
            next: next.filter(|_| waits).map(|(value, _)| shown(value)),
            default: setting.default_text(),
            help: setting.help,
            form: setting.value,
            variable: setting.variable(),
            flag: format!("--{}", setting.flag()),
        }
    }
}
