//! What a setting is: its names, its default in words, and how its value is taken.

use serde::Serialize;
use utoipa::ToSchema;

use super::Settings;
use super::parse::{self, Parsed, RawValue};

/// Takes a value into the settings, or says what would be right.
pub type Store = fn(&mut Settings, &RawValue) -> Parsed<()>;

/// One setting.
pub struct Setting {
    /// Its name in the TOML file; flag and environment variable derive from it.
    pub key: &'static str,
    /// Upstream's environment variables for it; ours wins over them.
    pub also: &'static [(&'static str, Store)],
    /// What stands for the value in the help; empty for a switch.
    pub value: &'static str,
    /// The value when nothing is given; empty where there is none, or where it depends on the environment.
    pub default: &'static str,
    /// What the default depends on.
    pub note: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Takes the value.
    pub store: Store,
}

/// When a value counts that was saved over the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakesEffect {
    /// With the next run, and at once in samples.
    NextRun,
    /// With the daemon's next start.
    NextStart,
}

/// What runs of the engine are told.
const NEXT_RUN: [&str; 5] = ["artwork.collections", "backup.", "drawing.", "limits.", "plex."];
/// What only decides how the daemon does its work. Left out is what decides who gets in, where it listens and what it reads, which
/// programs it starts, and whom it sends keys to: whoever takes over a session must not get there.
const NEXT_START: [&str; 15] = [
    "log.",
    "runner.stop_grace",
    "runner.max_duration",
    "runner.silence_limit",
    "runner.keep_runs",
    "schedule.",
    "webhooks.arr_delay",
    "webhooks.delays",
    "trash.",
    "thumbnails.",
    "assets.",
    "updates.enabled",
    "fetch.timeout",
    "notify.",
    "metrics.enabled",
];

impl Setting {
    /// When a value counts that was saved over the API; none where it cannot be saved there.
    pub fn takes_effect(&self) -> Option<TakesEffect> {
        let is_among = |keys: &[&str]| {
            keys.iter().any(|key| if key.ends_with('.') { self.key.starts_with(key) } else { self.key == *key })
        };
        match () {
            () if is_among(&NEXT_RUN) => Some(TakesEffect::NextRun),
            () if is_among(&NEXT_START) => Some(TakesEffect::NextStart),
            () => None,
        }
    }

    /// The flag, without its dashes.
    pub fn flag(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// Our environment variable for it.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_ascii_uppercase())
    }

    /// A value as somebody would write it in one line: a switch by its plain word, a list with what separates its parts.
    pub fn as_written(&self, given: &RawValue) -> String {
        match given {
            RawValue::Text(_) if self.value.is_empty() => {
                parse::switch(given).map_or_else(|_| given.to_string(), |on| on.to_string())
            }
            // Their parts may have commas in them.
            RawValue::List(parts) if ["drawing.badges", "drawing.seasonal_borders"].contains(&self.key) => {
                parts.join("; ")
            }
            _ => given.to_string(),
        }
    }

    /// Whether its value is for nobody's eyes: addresses of notification services, and what is sent there, hold what lets one send.
    pub fn is_secret(&self) -> bool {
        self.key.starts_with("notify.") && (self.value.starts_with("URL") || self.key == "notify.body")
    }

    /// The default in words.
    pub fn default_text(&self) -> String {
        [self.default, self.note].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// What our environment variables begin with.
pub const PREFIX: &str = "POSTERIZARRD_";
