//! The web UI's own settings: `UILogs/webui_settings.json`.
//!
//! The level of the log files is the one setting the daemon acts on; the rest is kept for browsers.

use std::io;
use std::path::Path;

use posterizarr_base::bounded;
use serde_json::{Map, Value, json};

/// The names of the log levels, least severe first; upstream's.
pub const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

const LEVEL_KEY: &str = "log_level";
/// Upstream adds the level in force under this name to its answers; a client that sends it back does not set it.
const ANSWER_ONLY: &str = "current_log_level";
/// The largest file of settings, in bytes.
const MAX_SIZE: u64 = 256 * 1024;

/// The settings as they are in force.
#[derive(Debug, Clone, PartialEq)]
pub struct WebUiSettings {
    /// The defaults overlaid with the file.
    pub settings: Map<String, Value>,
}

impl Default for WebUiSettings {
    fn default() -> Self {
        Self::of(&Map::new(), None)
    }
}

impl WebUiSettings {
    /// Reads the file. Without one, or with a broken one, the defaults hold, with `fallback` as the level.
    pub fn read(path: &Path, fallback: Option<&str>) -> Self {
        let stored = match bounded::read(path, MAX_SIZE) {
            Ok(content) => serde_json::from_slice(&content).unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "the web UI's settings cannot be read, their defaults hold");
                Map::new()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the web UI's settings cannot be read, their defaults hold");
                Map::new()
            }
        };
        Self::of(&stored, fallback)
    }

    fn of(stored: &Map<String, Value>, fallback: Option<&str>) -> Self {
        let fallback = fallback.and_then(level_named).unwrap_or("INFO");
        let defaults = json!({ "log_level": fallback, "theme": "dark", "auto_refresh_interval": 180 });
        let mut settings = defaults.as_object().cloned().unwrap_or_default();
        settings.extend(stored.clone());
        let level = settings.get(LEVEL_KEY).and_then(Value::as_str).filter(|level| !level.is_empty());
        // An unknown name in the file means INFO, whatever the environment says; upstream's rule.
        let level = level.map_or(fallback, |level| level_named(level).unwrap_or("INFO"));
        settings.insert(LEVEL_KEY.to_owned(), Value::from(level));
        Self { settings }
    }

    /// The level of the log files.
    pub fn level(&self) -> &'static str {
        self.settings.get(LEVEL_KEY).and_then(Value::as_str).and_then(level_named).unwrap_or("INFO")
    }

    /// The settings with these changes. Fails with a text for people if the level is not one of [`LEVELS`].
    pub fn changed(&self, changes: Map<String, Value>) -> Result<Self, String> {
        let mut settings = self.settings.clone();
        settings.extend(changes);
        settings.remove(ANSWER_ONLY);
        let asked = settings.get(LEVEL_KEY).cloned().unwrap_or_default();
        let level = asked.as_str().and_then(level_named);
        let level = level.ok_or_else(|| format!("log_level is {asked}; it must be one of {}", LEVELS.join(", ")))?;
        settings.insert(LEVEL_KEY.to_owned(), Value::from(level));
        Ok(Self { settings })
    }

    /// The text of the file.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&self.settings)
    }
}

fn level_named(name: &str) -> Option<&'static str> {
    LEVELS.into_iter().find(|level| level.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_file_wins_over_the_environment_and_unknown_levels_are_info() {
        let level = |stored: Value, env: Option<&str>| WebUiSettings::of(&object(stored), env).level();
        assert_eq!(level(json!({}), None), "INFO");
        assert_eq!(level(json!({}), Some("debug")), "DEBUG");
        assert_eq!(level(json!({}), Some("loud")), "INFO");
        assert_eq!(level(json!({"log_level": "error"}), Some("debug")), "ERROR");
        assert_eq!(level(json!({"log_level": "loud"}), Some("debug")), "INFO");
        assert_eq!(level(json!({"log_level": ""}), Some("debug")), "DEBUG");
        assert_eq!(level(json!({"log_level": 3}), None), "INFO");
    }

    #[test]
    fn changes_are_merged_and_the_level_is_stored_in_upper_case() {
        let changes = json!({"log_level": "warning", "mine": [1], "current_log_level": "DEBUG"});
        let changed = WebUiSettings::default().changed(object(changes)).unwrap();
        let wanted = json!({"log_level": "WARNING", "theme": "dark", "auto_refresh_interval": 180, "mine": [1]});
        assert_eq!(Value::Object(changed.settings), wanted);
    }

    #[test]
    fn a_level_that_is_none_is_refused_with_the_valid_ones() {
        for bad in [json!(5), json!("LOUD"), json!(null), json!("")] {
            let error = WebUiSettings::default().changed(object(json!({"log_level": bad}))).unwrap_err();
            assert!(error.ends_with("DEBUG, INFO, WARNING, ERROR, CRITICAL"), "{error}");
        }
    }
}
