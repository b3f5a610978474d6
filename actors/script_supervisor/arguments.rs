//! What can be asked of the script, and the exact argument vector for it.
//!
//! A [`RunRequest`] is made by its constructors alone, which refuse what the script could not be given; so a request that
//! exists, or comes back from the store, always has an argument vector. Values of the script's declared parameters follow
//! their parameter as an element of their own, except where PowerShell would take the value for a parameter because it
//! begins with a dash: then both are one element, `-Name:value`. Values that the script collects as left-over arguments
//! have no such form and are refused.

mod manual;
mod masking;
mod vector;

use serde::{Deserialize, Serialize};

pub use manual::{ManualForm, PosterType};
pub use masking::masked;

use crate::runs::Mode;
use manual::Manual;
use vector::{Arguments, begins_with_dash};

/// Why a request cannot be given to the script. The texts are for people; upstream's, where upstream has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// No such mode, or not one that can be started by its name alone.
    #[error("Invalid mode: {0}")]
    Mode(String),
    /// Without parameters the script would wait for input that never comes.
    #[error(
        "manual mode needs parameters; use POST /api/run-manual with picturePath, titletext, folderName and libraryName"
    )]
    ManualNeedsParameters,
    /// A field that may not be blank is blank.
    #[error("{0}")]
    Missing(&'static str),
    /// No program can be given a NUL byte.
    #[error("the value of {0} contains a NUL character; remove it")]
    Nul(String),
    /// The script would take the value for a parameter.
    #[error(
        "the value of {key} begins with a dash ({value}), which the script would take for a parameter; remove the dash"
    )]
    LeadingDash {
        /// The parameter.
        key: String,
        /// Its value.
        value: String,
    },
    /// Neither is the script there, nor has the engine this mode.
    #[error(
        "the built-in engine cannot do a {0} run yet: put Posterizarr.ps1 into the app folder and install PowerShell 7 for it"
    )]
    NotInEngine(Mode),
    /// The script does a full run instead of a reset where another media server is enabled.
    #[error(
        "resetting posters works with Plex only, and {0} is enabled: the script would do a full run; disable it first"
    )]
    ResetNeedsPlex(&'static str),
}

/// Something the script can be asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunRequest {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    Normal,
    Testing,
    Backup,
    SyncJelly,
    SyncEmby,
    Scheduled,
    Manual(Manual),
    Reset { library: String },
    Tautulli { parameters: Vec<(String, String)> },
    Arr { parameters: Vec<(String, String)> },
}

impl RunRequest {
    /// A mode that `POST /api/run/{mode}` accepts.
    pub fn plain(mode: &str) -> Result<Self, InvalidRequest> {
        let kind = match mode {
            "normal" => Kind::Normal,
            "testing" => Kind::Testing,
            "backup" => Kind::Backup,
            "syncjelly" => Kind::SyncJelly,
            "syncemby" => Kind::SyncEmby,
            "manual" => return Err(InvalidRequest::ManualNeedsParameters),
            _ => return Err(InvalidRequest::Mode(mode.to_owned())),
        };
        Ok(Self { kind })
    }

    /// A full run that the timetable asks for.
    pub fn scheduled() -> Self {
        Self { kind: Kind::Scheduled }
    }

    /// One asset from a picture. Values are trimmed; the checks come in upstream's order.
    pub fn manual(form: &ManualForm) -> Result<Self, InvalidRequest> {
        Ok(Self { kind: Kind::Manual(Manual::parse(form)?) })
    }

    /// Resets the posters of a Plex library.
    pub fn reset(library: &str) -> Result<Self, InvalidRequest> {
        Ok(Self { kind: Kind::Reset { library: required(library, "library", "Library name is required")? } })
    }

    /// One Plex item, as Tautulli names it: `RatingKey`, `parentratingkey`, `grandparentratingkey`, `mediatype`. Other
    /// keys are left out: the script has no use for them, and PowerShell could take them for other parameters.
    pub fn tautulli(parameters: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidRequest> {
        const KEYS: [&str; 4] = ["ratingkey", "parentratingkey", "grandparentratingkey", "mediatype"];
        let parameters = chosen(parameters, |key| KEYS.contains(&key.to_ascii_lowercase().as_str()))?;
        Ok(Self { kind: Kind::Tautulli { parameters } })
    }

    /// One movie or episode, as Sonarr or Radarr name it: `event` and keys that begin with `arr_`. Other keys are left
    /// out, as in [`RunRequest::tautulli`]; a value that begins with a dash is refused.
    pub fn arr(parameters: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidRequest> {
        let parameters = chosen(parameters, is_arr_key)?;
        match parameters.iter().find(|(_, value)| begins_with_dash(value)) {
            Some((key, value)) => Err(InvalidRequest::LeadingDash { key: key.clone(), value: value.clone() }),
            None => Ok(Self { kind: Kind::Arr { parameters } }),
        }
    }

    /// The mode the run is in.
    pub fn mode(&self) -> Mode {
        match &self.kind {
            Kind::Normal => Mode::Normal,
            Kind::Testing => Mode::Testing,
            Kind::Backup => Mode::Backup,
            Kind::SyncJelly => Mode::SyncJelly,
            Kind::SyncEmby => Mode::SyncEmby,
            Kind::Scheduled => Mode::Scheduled,
            Kind::Manual(_) => Mode::Manual,
            Kind::Reset { .. } => Mode::Reset,
            Kind::Tautulli { .. } => Mode::Tautulli,
            Kind::Arr { .. } => Mode::Arr,
        }
    }

    /// The names and values that Sonarr, Radarr or Tautulli gave; none for other requests.
    pub fn parameters(&self) -> &[(String, String)] {
        match &self.kind {
            Kind::Tautulli { parameters } | Kind::Arr { parameters } => parameters,
            _ => &[],
        }
    }

    /// The arguments after the script's path.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = Arguments::default();
        match &self.kind {
            Kind::Normal => {}
            Kind::Testing => arguments.switch("-Testing"),
            Kind::Backup => arguments.switch("-Backup"),
            Kind::SyncJelly => arguments.switch("-SyncJelly"),
            Kind::SyncEmby => arguments.switch("-SyncEmby"),
            Kind::Scheduled => arguments.switch("-UISchedule"),
            Kind::Manual(manual) => manual.write(&mut arguments),
            Kind::Reset { library } => {
                arguments.switch("-PosterReset");
                arguments.value("LibraryToReset", library);
            }
            Kind::Tautulli { parameters } => {
                arguments.switch("-Tautulli");
                parameters.iter().for_each(|(key, value)| arguments.value(key, value));
            }
            Kind::Arr { parameters } => {
                arguments.switch("-ArrTrigger");
                parameters.iter().for_each(|(key, value)| arguments.value(key, value));
            }
        }
        arguments.list
    }
}

fn is_arr_key(key: &str) -> bool {
    let word = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let key = key.to_ascii_lowercase();
    word && (key == "event" || key.starts_with("arr_"))
}

fn chosen(
    parameters: impl IntoIterator<Item = (String, String)>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, InvalidRequest> {
    let wanted = parameters.into_iter().filter(|(key, value)| wanted(key) && !value.is_empty());
    wanted.map(|(key, value)| checked(&value, &key).map(|value| (key, value))).collect()
}

fn checked(value: &str, field: &str) -> Result<String, InvalidRequest> {
    if value.contains('\0') { Err(InvalidRequest::Nul(field.to_owned())) } else { Ok(value.trim().to_owned()) }
}

fn required(value: &str, field: &str, complaint: &'static str) -> Result<String, InvalidRequest> {
    let value = checked(value, field)?;
    if value.is_empty() { Err(InvalidRequest::Missing(complaint)) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_mode_has_the_arguments_upstream_gives_it() {
        let expected: [(&str, &[&str]); 5] = [
            ("normal", &[]),
            ("testing", &["-Testing"]),
            ("backup", &["-Backup"]),
            ("syncjelly", &["-SyncJelly"]),
            ("syncemby", &["-SyncEmby"]),
        ];
        for (mode, arguments) in expected {
            let request = RunRequest::plain(mode).unwrap();
            assert_eq!(request.arguments(), arguments, "{mode}");
            assert_eq!(request.mode().name(), mode);
        }
        assert_eq!(RunRequest::scheduled().arguments(), ["-UISchedule"]);
        assert_eq!(RunRequest::reset(" TV ").unwrap().arguments(), ["-PosterReset", "-LibraryToReset", "TV"]);
    }

    #[test]
    fn other_modes_cannot_be_started_by_name() {
        for mode in ["reset", "scheduled", "Normal", "tautulli", "arr", "", "nonsense"] {
            assert_eq!(RunRequest::plain(mode).unwrap_err().to_string(), format!("Invalid mode: {mode}"));
        }
        assert_eq!(RunRequest::plain("manual"), Err(InvalidRequest::ManualNeedsParameters));
    }

    #[test]
    fn triggers_pass_their_own_keys_only() {
        let sonarr = pairs(&[
            ("arr_platform", "Sonarr"),
            ("event", "Download"),
            ("PosterReset", "true"),
            ("arr_series_title", "Dark"),
            ("arr_bad:key", "x"),
            ("arr_empty", ""),
        ]);
        let expected = ["-ArrTrigger", "-arr_platform", "Sonarr", "-event", "Download", "-arr_series_title", "Dark"];
        assert_eq!(RunRequest::arr(sonarr).unwrap().arguments(), expected);
        let tautulli = pairs(&[("RatingKey", "1"), ("mediatype", "movie"), ("Testing", "x")]);
        let expected = ["-Tautulli", "-RatingKey", "1", "-mediatype", "movie"];
        assert_eq!(RunRequest::tautulli(tautulli).unwrap().arguments(), expected);
    }

    #[test]
    fn a_value_that_begins_with_a_dash_is_refused_where_it_could_become_a_parameter() {
        for title in ["-Testing", "\u{2013} 30 \u{2013}", "\u{2014}", "\u{2015}x"] {
            let refused = RunRequest::arr(pairs(&[("arr_movie_title", title)])).unwrap_err();
            assert!(matches!(refused, InvalidRequest::LeadingDash { .. }), "{refused}");
        }
    }

    #[test]
    fn a_request_comes_back_from_the_store_unchanged() {
        let form = ManualForm {
            picture_path: "/p.jpg".into(),
            folder_name: "Folder".into(),
            library_name: "Movies".into(),
            poster_type: PosterType::TitleCard,
            season_poster_name: "Season 1".into(),
            ep_title_name: "Lies".into(),
            episode_number: "2".into(),
            ..ManualForm::default()
        };
        for request in [RunRequest::scheduled(), RunRequest::manual(&form).unwrap()] {
            let json = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<RunRequest>(&json).unwrap(), request, "{json}");
        }
    }
}
