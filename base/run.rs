//! The words all parts share when they speak of runs: ids, modes, triggers, outcomes.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A run's number: counts up, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The log in `Logs/` that most runs write to.
pub const SCRIPT_LOG: &str = "Scriptlog.log";

/// What the script, and the engine in its place, logs when it leaves because of another instance; part of the contract.
pub const ANOTHER_INSTANCE: &str = "Another Posterizarr instance already running";

/// What the script is asked to do. The names are those of `current_mode` and of `Logs/<mode>.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The whole library.
    Normal,
    /// Sample images.
    Testing,
    /// One asset from a picture.
    Manual,
    /// Save all artwork that the media server shows.
    Backup,
    /// Give the media server back what was saved. The engine's alone.
    Restore,
    /// Push Plex artwork to Jellyfin.
    SyncJelly,
    /// Push Plex artwork to Emby.
    SyncEmby,
    /// Reset the posters of a Plex library.
    Reset,
    /// Put logos on Plex where there are none. The engine's alone.
    LogoUpdater,
    /// Take our logos off Plex again. The engine's alone.
    LogoRevert,
    /// The whole library, asked for by a timetable.
    Scheduled,
    /// One Plex item, asked for by Tautulli.
    Tautulli,
    /// One movie or episode, asked for by Sonarr or Radarr.
    Arr,
    /// What looks otherwise than it is designed now, from the same pictures. The engine's alone.
    Restyle,
    /// Assets that were named. The engine's alone.
    Remake,
}

impl Mode {
    /// Every mode, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Normal,
        Self::Testing,
        Self::Manual,
        Self::Backup,
        Self::Restore,
        Self::SyncJelly,
        Self::SyncEmby,
        Self::Reset,
        Self::LogoUpdater,
        Self::LogoRevert,
        Self::Scheduled,
        Self::Tautulli,
        Self::Arr,
        Self::Restyle,
        Self::Remake,
    ];

    /// The mode's name in the API and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Testing => "testing",
            Self::Manual => "manual",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::SyncJelly => "syncjelly",
            Self::SyncEmby => "syncemby",
            Self::Reset => "reset",
            Self::LogoUpdater => "logoupdater",
            Self::LogoRevert => "logorevert",
            Self::Scheduled => "scheduled",
            Self::Tautulli => "tautulli",
            Self::Arr => "arr",
            Self::Restyle => "restyle",
            Self::Remake => "remake",
        }
    }

    /// The mode with this exact name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// The file in `Logs/` that the script writes most of this mode's lines to.
    pub fn log_file(self) -> &'static str {
        match self {
            Self::Testing => "Testinglog.log",
            Self::Manual => "Manuallog.log",
            Self::Normal
            | Self::Backup
            | Self::Restore
            | Self::SyncJelly
            | Self::SyncEmby
            | Self::Reset
            | Self::LogoUpdater
            | Self::LogoRevert
            | Self::Scheduled
            | Self::Tautulli
            | Self::Arr
            | Self::Restyle
            | Self::Remake => SCRIPT_LOG,
        }
    }

    /// The result file the script writes to `Logs/` when it is done; runs about Plex' own pictures write none.
    pub fn result_file(self) -> Option<String> {
        let has_none = matches!(self, Self::Reset | Self::LogoUpdater | Self::LogoRevert);
        (!has_none).then(|| format!("{}.json", self.name()))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A request to the API.
    Api,
    /// The timetable.
    Schedule,
    /// Sonarr, Radarr or Tautulli.
    Webhook,
    /// `posterizarrd run`.
    CommandLine,
    /// Something other than this daemon.
    Foreign,
}

impl Trigger {
    /// The trigger's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Schedule => "schedule",
            Self::Webhook => "webhook",
            Self::CommandLine => "command_line",
            Self::Foreign => "foreign",
        }
    }

    /// Whether somebody asked for it who is there to see it: it starts while the queue is held, too.
    pub fn is_by_hand(self) -> bool {
        matches!(self, Self::Api | Self::CommandLine)
    }

    /// Whether a run that the daemon's own stop cut short is queued again: nobody is watching who could press the button again.
    pub fn is_requeued(self) -> bool {
        matches!(self, Self::Schedule | Self::Webhook)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Exit code 0 and a new result file (where the mode has one).
    Completed,
    /// Everything else that ended by itself.
    Failed,
    /// The script found another instance running and left.
    Busy,
    /// The media server does not have the item yet that a trigger told of.
    NotOnServer,
    /// Stopped by request, with time to end.
    Stopped,
    /// Killed by request.
    Killed,
    /// Stopped because it took too long, or was silent too long.
    TimedOut,
    /// Stopped because the daemon stopped.
    Interrupted,
    /// The run's end was not seen by anyone.
    Unknown,
}

impl Outcome {
    pub const ALL: [Self; 9] = [
        Self::Completed,
        Self::Failed,
        Self::Busy,
        Self::NotOnServer,
        Self::Stopped,
        Self::Killed,
        Self::TimedOut,
        Self::Interrupted,
        Self::Unknown,
    ];

    /// The outcome's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Busy => "busy",
            Self::NotOnServer => "not_on_server",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
            Self::Unknown => "unknown",
        }
    }

    /// The exit code of `posterizarrd run --wait` for this outcome.
    pub fn exit_code(self) -> i32 {
        match self {
            Self::Completed => 0,
            Self::Failed | Self::Unknown => 1,
            Self::NotOnServer => 66,
            Self::Busy => 75,
            Self::TimedOut => 124,
            Self::Killed => 137,
            Self::Stopped | Self::Interrupted => 143,
        }
    }
}

/// What was done to end a run before it ended by itself. Kept in the record before the run is signalled, so that the
/// outcome is right even if the daemon does not live to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Stopped by request.
    Stop,
    /// Killed by request.
    Kill,
    /// It took longer than the longest duration allowed.
    TimeLimit,
    /// It neither printed nor logged anything for too long.
    Silence,
    /// The daemon stops.
    Shutdown,
}

impl Ending {
    /// The outcome of a run that this ended.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Stop => Outcome::Stopped,
            Self::Kill => Outcome::Killed,
            Self::TimeLimit | Self::Silence => Outcome::TimedOut,
            Self::Shutdown => Outcome::Interrupted,
        }
    }
}
