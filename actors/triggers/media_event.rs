//! An event of Sonarr, Radarr or Tautulli about one item, as names and values for the script.

use serde::{Deserialize, Serialize};

use super::reason::IngestReason;

/// The longest value that is passed on, in bytes. Longer ones are no titles or paths.
const MAX_VALUE_LENGTH: usize = 4096;

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Sonarr, by webhook or by `ArrTrigger.sh`.
    Sonarr,
    /// Radarr, by webhook or by `ArrTrigger.sh`.
    Radarr,
    /// Tautulli, by webhook or by `trigger.py`.
    Tautulli,
}

impl Source {
    /// The name in answers and in `arr_platform`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sonarr => "Sonarr",
            Self::Radarr => "Radarr",
            Self::Tautulli => "Tautulli",
        }
    }
}

/// Who sent what came, as far as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Sonarr,
    Radarr,
    Tautulli,
    /// Nobody that is known; a record of another version may name one.
    #[serde(other)]
    Unknown,
}

impl Origin {
    /// The name in records and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sonarr => "sonarr",
            Self::Radarr => "radarr",
            Self::Tautulli => "tautulli",
            Self::Unknown => "unknown",
        }
    }
}

impl From<Source> for Origin {
    fn from(source: Source) -> Self {
        match source {
            Source::Sonarr => Self::Sonarr,
            Source::Radarr => Self::Radarr,
            Source::Tautulli => Self::Tautulli,
        }
    }
}

/// What Sonarr, Radarr or Tautulli tell of one movie, episode or item, by a webhook or a trigger file: work for one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaEvent {
    /// Who told it.
    pub source: Source,
    /// The event, as the sender names it.
    pub event: String,
    /// Names and values, in the order of the trigger file.
    pub pairs: Vec<(String, String)>,
    /// The movie, episode or item it is about: a further event for the same one joins a job that still waits.
    pub subject: String,
    /// The same for every delivery of one event.
    pub delivery: String,
    /// Whether a file took the place of another one.
    pub upgrade: bool,
}

/// What to do about a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayloadVerdict {
    /// The sender tries out its settings.
    Test,
    /// Nothing to do, and why.
    Ignored(IngestReason),
    /// One job each.
    Act(Vec<MediaEvent>),
    /// An event that should be acted on, but cannot be, and what is missing or wrong.
    Unprocessable(IngestReason),
}

/// The names and values of an event, cleaned as they are added.
#[derive(Debug, Default)]
pub struct Pairs {
    pairs: Vec<(String, String)>,
}

impl Pairs {
    /// Adds a value; one that is empty, too long, or could be taken for a switch is left out. Control characters become
    /// spaces, so that a value is always one line.
    pub fn add(&mut self, name: &str, value: Option<String>) {
        let Some(value) = value.map(|value| one_line(&value)).filter(|value| is_passable(value)) else { return };
        self.pairs.push((name.to_owned(), value));
    }

    /// The pairs, in the order they were added.
    pub fn into_vec(self) -> Vec<(String, String)> {
        self.pairs
    }

    /// Whether there is a name that begins so.
    pub fn any_begins(&self, prefix: &str) -> bool {
        self.pairs.iter().any(|(name, _)| name.starts_with(prefix))
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a value may be an argument of the script: it takes one that begins with `-` for a switch.
pub fn is_passable(value: &str) -> bool {
    !value.is_empty() && value.len() <= MAX_VALUE_LENGTH && !value.starts_with('-')
}

/// The value on one line: control characters become spaces, the ends are trimmed.
pub fn one_line(value: &str) -> String {
    value.replace(char::is_control, " ").trim().to_owned()
}
