//! ConfigKeeper: the one reader and writer of `config.json` and of the web UI's settings.
//!
//! Theory of operation: everybody reads the published [`ConfigView`]. The keeper looks at the file each second (a poll, so
//! that network folders and bind mounts work too) and publishes what changed. A file that breaks changes nothing but
//! [`ConfigView::problem`]: the last good document stays in force, see [`source`].

pub mod asset_root;
mod backups;
mod change;
pub mod contradictions;
pub mod document;
mod fault;
pub mod flat;
mod layout;
mod lenient;
mod messages;
mod password;
pub mod portable;
mod saving;
pub mod schema;
pub mod source;
#[cfg(test)]
mod tests;
mod unknown;
mod view;
mod webui;

pub use backups::{Backup, BackupFolder};
pub use change::{Change, MissingKeys, Refusal};
pub use password::Password;
pub use webui::{LEVELS, WebUiSettings};

pub use fault::ConfigFault;
pub use messages::{Reread, SaveWebUi};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use posterizarr_base::said::{Params, Values, values};
use serde_json::{Map, Value};

use crate::files;
use crate::runtime::data_dir::DataDir;
use crate::runtime::events::Fact;
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::Store;

pub use posterizarr_base::config::{groups_of_3, keys, validation};
pub use saving::{BackUpConfig, ConfigError, LAST_GOOD, RestoreConfig, SaveConfig, Saved};
use source::{Source, Stamp};
pub use view::{AssetPaths, ConfigView, MASK, WebAuth};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Makes the log files tell records of this level (one of [`webui::LEVELS`]) and above.
pub type SetLevel = Arc<dyn Fn(&'static str) + Send + Sync>;

/// What the keeper is told at its start.
#[derive(Clone)]
pub struct ConfigSettings {
    /// Whether we run in a container.
    pub container: bool,
    /// The level of the log files where the web UI's settings name none (`WEBUI_LOG_LEVEL`).
    pub fallback_level: Option<String>,
    /// Called with the level at the start and at each change.
    pub set_level: SetLevel,
}

impl fmt::Debug for ConfigSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ConfigSettings").field("container", &self.container).finish_non_exhaustive()
    }
}

/// The configuration to publish before the first request is served. Creates a missing `config.json`; never fails: where
/// nothing can be read, the view has a `problem` and its door is locked.
pub fn first_view(data: &DataDir, store: &Store, settings: &ConfigSettings) -> ConfigView {
    let source = Source { data: data.clone(), container: settings.container };
    let view = source.first(store, settings.fallback_level.as_deref());
    if let Some(problem) = &view.problem {
        tracing::error!("{problem}");
    }
    tracing::info!(target: "auth", "authentication is {}", state_of(&view.web_auth));
    notify_weakness(&view.web_auth);
    view
}

/// Why settings were not saved; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum WebUiSaveError {
    /// A value is not acceptable.
    #[error("{0}")]
    Invalid(String),
    /// The file cannot be written.
    #[error("the settings cannot be saved: {0}")]
    Disk(#[from] std::io::Error),
}

impl Values for WebUiSaveError {
    fn values(&self) -> Params {
        match self {
            Self::Invalid(cause) => values([("cause", cause)]),
            Self::Disk(cause) => values([("cause", cause)]),
        }
    }
}

/// Owns `config.json`, its backups and the settings of the web UI.
pub struct ConfigKeeper {
    shared: Shared,
    shown: View<ConfigView>,
    settings: ConfigSettings,
    source: Source,
    seen: Option<Stamp>,
}

impl ConfigKeeper {
    /// Made on top of the published [`first_view`].
    pub fn new(shared: Shared, shown: View<ConfigView>, settings: ConfigSettings) -> Self {
        let source = Source { data: shared.data.clone(), container: settings.container };
        Self { shared, shown, settings, source, seen: None }
    }

    fn look(&mut self) {
        let path = self.shared.data.config();
        let stamp = Stamp::of(&path);
        let before = self.shown.get();
        // A file that cannot be looked at is read each time: reading tells why, and when that is over.
        if stamp.is_some() && stamp == self.seen {
            return;
        }
        // Taken before reading, so that a write in between is seen the next time.
        self.seen = stamp;
        let now = self.source.read(&before);
        if now.digest != before.digest {
            self.changed(&before, now);
        } else if now.problem != before.problem {
            match &now.problem {
                Some(problem) => tracing::error!("{problem}"),
                None => tracing::info!("config.json is readable again and as it was"),
            }
            self.shown.publish(now);
        }
    }

    fn changed(&self, before: &ConfigView, mut now: ConfigView) {
        now.generation = before.generation + 1;
        tracing::info!(generation = now.generation, "config.json changed");
        if let Err(error) = source::remember(&self.shared.store, &now) {
            tracing::error!(%error, "the configuration cannot be kept as the last good one");
        }
        notify_login_change(&before.web_auth, &now.web_auth);
        let generation = now.generation;
        self.shown.publish(now);
        self.shared.facts.publish(Fact::ConfigChanged { generation });
    }

    fn look_and_rearm(&mut self, ctx: &mut Ctx<Self>) {
        self.look();
        ctx.later(LOOK_EVERY, Self::look_and_rearm);
    }

    fn save_webui(&self, changes: Map<String, Value>) -> Result<WebUiSettings, WebUiSaveError> {
        let before = self.shown.get();
        let webui = before.webui.changed(changes).map_err(WebUiSaveError::Invalid)?;
        let text = webui.text().map_err(std::io::Error::from)?;
        files::write_atomic(&self.shared.data.webui_settings(), text.as_bytes())?;
        (self.settings.set_level)(webui.level());
        self.shown.publish(ConfigView { webui: webui.clone(), ..before.as_ref().clone() });
        Ok(webui)
    }
}

/// Says what is wrong with the login, where something is.
fn notify_weakness(auth: &WebAuth) {
    if let Some(problem) = &auth.problem {
        tracing::error!(target: "auth", "{problem}");
    }
    if auth.has_shipped_password() {
        tracing::warn!(target: "auth", "{}", contradictions::SHIPPED_PASSWORD);
    }
}

fn notify_login_change(before: &WebAuth, now: &WebAuth) {
    if before.problem != now.problem || before.has_shipped_password() != now.has_shipped_password() {
        notify_weakness(now);
    }
    if before.enabled != now.enabled {
        tracing::warn!(target: "auth", "authentication is now {}", state_of(now));
    } else if before.fingerprint != now.fingerprint {
        tracing::info!(target: "auth", "the user name or password changed; all sessions end");
    }
}

fn state_of(auth: &WebAuth) -> &'static str {
    if auth.enabled { "ENABLED" } else { "DISABLED" }
}

impl Service for ConfigKeeper {
    const NAME: &'static str = "ConfigKeeper";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        (self.settings.set_level)(self.shown.get().webui.level());
        self.look_and_rearm(ctx);
    }
}

impl Handler<Reread> for ConfigKeeper {
    fn answer(&mut self, _: Reread, _: &mut Ctx<Self>) -> Reply<u64> {
        self.look();
        self.shown.get().generation.into()
    }
}

impl Handler<SaveWebUi> for ConfigKeeper {
    fn answer(&mut self, message: SaveWebUi, _: &mut Ctx<Self>) -> Reply<Result<WebUiSettings, WebUiSaveError>> {
        self.save_webui(message.changes).into()
    }
}
