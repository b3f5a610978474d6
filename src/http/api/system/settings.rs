//! `GET /api/settings`: the daemon's own settings, each with its value and where that is set. They are changed where they are set.

use actix_web::{Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::MASK;
use crate::http::State;
use crate::settings::layers::FILE_NAME;
use crate::settings::table::{SETTINGS, Setting};
use crate::settings::{Origin, Origins};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(settings);
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
    /// The variable or flag that set it; null for the file and the default.
    set_by: Option<String>,
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
    Environment,
    CommandLine,
}

/// The daemon's own settings, and where each is set. Secrets are masked. They take effect when the daemon starts.
#[utoipa::path(tag = "system", operation_id = "daemon_settings", responses((status = 200, body = DaemonSettings)))]
#[get("/api/settings")]
async fn settings(state: State) -> impl Responder {
    let origins = &state.settings.origins;
    let in_data_dir = || state.settings.data_dir.join(FILE_NAME);
    web::Json(DaemonSettings {
        file: origins.file.clone().unwrap_or_else(in_data_dir).display().to_string(),
        file_read: origins.file.is_some(),
        settings: SETTINGS.iter().map(|setting| DaemonSetting::of(setting, origins)).collect(),
    })
}

impl DaemonSetting {
    fn of(setting: &Setting, origins: &Origins) -> Self {
        let given = origins.given.get(setting.key);
        let shown = |value: &String| if setting.is_secret() { MASK.to_owned() } else { value.clone() };
        let (source, set_by) = match given.map(|(_, origin)| origin) {
            None => (SettingSource::Default, None),
            Some(Origin::File(_)) => (SettingSource::File, None),
            Some(Origin::Variable(name)) => (SettingSource::Environment, Some(name.clone())),
            Some(Origin::Flag(name)) => (SettingSource::CommandLine, Some(format!("--{name}"))),
        };
        Self {
            key: setting.key,
            value: given.map(|(value, _)| shown(value)),
            source,
            set_by,
            default: setting.default_text(),
            help: setting.help,
            form: setting.value,
            variable: setting.variable(),
            flag: format!("--{}", setting.flag()),
        }
    }
}
