//! What can be asked of the script, and the exact argument vector for it.
//!
//! A [`RunRequest`] is made by its constructors alone, which refuse what the script could not be given; so a request that
//! exists, or comes back from the store, always has an argument vector. Values of the script's declared parameters follow
//! their parameter as an element of their own, except where PowerShell would take the value for a parameter because it
//! begins with a dash: then both are one element, `-Name:value`. Values that the script collects as left-over arguments
//! have no such form and are refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::runs::Mode;

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

/// The kinds of artwork a manual run can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PosterType {
    /// A movie's or show's poster.
    #[default]
    Standard,
    /// A season's poster.
    Season,
    /// A collection's poster.
    Collection,
    /// An episode's title card.
    TitleCard,
    /// A background.
    Background,
}

/// A manual run as a client asks for it: every field text, nothing checked.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManualForm {
    /// The picture: a path on the server, or a URL.
    pub picture_path: String,
    /// The text on the picture; may be empty.
    pub titletext: String,
    /// The folder of the asset.
    pub folder_name: String,
    /// The library of the asset.
    pub library_name: String,
    /// What to make of it.
    #[serde(default)]
    pub poster_type: PosterType,
    /// The season's name, for seasons and title cards.
    #[serde(default)]
    pub season_poster_name: String,
    /// The episode's title, for title cards.
    #[serde(default)]
    pub ep_title_name: String,
    /// The episode's number, for title cards.
    #[serde(default)]
    pub episode_number: String,
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manual {
    picture: String,
    folder: String,
    library: String,
    card: Card,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "card", rename_all = "snake_case")]
enum Card {
    Standard { title: String },
    Season { title: String, season: String },
    Collection { title: String },
    Background { title: String },
    Episode { title: String, season: String, episode: String },
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
        let picture = required(&form.picture_path, "picturePath", "Picture path is required")?;
        let folder = required(&form.folder_name, "folderName", "Folder name is required")?;
        let library = required(&form.library_name, "libraryName", "Library name is required")?;
        let card = Card::parse(form)?;
        Ok(Self { kind: Kind::Manual(Manual { picture, folder, library, card }) })
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

impl Card {
    fn parse(form: &ManualForm) -> Result<Self, InvalidRequest> {
        let title = || checked(&form.titletext, "titletext");
        Ok(match form.poster_type {
            PosterType::Standard => Self::Standard { title: title()? },
            PosterType::Collection => Self::Collection { title: title()? },
            PosterType::Background => Self::Background { title: title()? },
            PosterType::Season => Self::Season {
                title: title()?,
                season: required(
                    &form.season_poster_name,
                    "seasonPosterName",
                    "Season poster name is required for season posters",
                )?,
            },
            PosterType::TitleCard => Self::Episode {
                title: required(&form.ep_title_name, "epTitleName", "Episode title name is required for title cards")?,
                episode: required(&form.episode_number, "episodeNumber", "Episode number is required for title cards")?,
                season: required(
                    &form.season_poster_name,
                    "seasonPosterName",
                    "Season name is required for title cards",
                )?,
            },
        })
    }
}

impl Manual {
    fn write(&self, arguments: &mut Arguments) {
        arguments.switch("-Manual");
        arguments.value("PicturePath", &self.picture);
        let title = match &self.card {
            Card::Standard { title } => title,
            Card::Season { title, .. } => {
                arguments.switch("-SeasonPoster");
                title
            }
            Card::Collection { title } => {
                arguments.switch("-CollectionCard");
                title
            }
            Card::Background { title } => {
                arguments.switch("-BackgroundCard");
                title
            }
            Card::Episode { title, .. } => {
                arguments.switch("-TitleCard");
                title
            }
        };
        arguments.value("Titletext", title);
        arguments.value("FolderName", &self.folder);
        arguments.value("LibraryName", &self.library);
        match &self.card {
            Card::Season { season, .. } => arguments.value("SeasonPosterName", season),
            Card::Episode { title, season, episode } => {
                arguments.value("EPTitleName", title);
                arguments.value("SeasonPosterName", season);
                arguments.value("EpisodeNumber", episode);
            }
            Card::Standard { .. } | Card::Collection { .. } | Card::Background { .. } => {}
        }
    }
}

#[derive(Default)]
struct Arguments {
    list: Vec<String>,
}

impl Arguments {
    fn switch(&mut self, name: &str) {
        self.list.push(name.to_owned());
    }

    fn value(&mut self, name: &str, value: &str) {
        if begins_with_dash(value) {
            self.list.push(format!("-{name}:{value}"));
        } else {
            self.list.extend([format!("-{name}"), value.to_owned()]);
        }
    }
}

/// The arguments as they may be kept and shown: passwords and keys inside of addresses are masked.
pub fn masked(arguments: &[String]) -> Vec<String> {
    arguments.iter().map(|argument| mask_address(argument)).collect()
}

fn mask_address(argument: &str) -> String {
    const SECRETS: [&str; 7] = ["token", "key", "secret", "password", "pin", "auth", "signature"];
    let Some((scheme, rest)) = argument.split_once("://") else { return argument.to_owned() };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = host.rsplit_once('@').map_or(host.to_owned(), |(_, host)| format!("****@{host}"));
    let mask = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if SECRETS.iter().any(|secret| name.to_ascii_lowercase().contains(secret)) => {
            format!("{name}=****")
        }
        _ => pair.to_owned(),
    };
    let query = query.map(|query| format!("?{}", query.split('&').map(mask).collect::<Vec<_>>().join("&")));
    format!("{scheme}://{host}{path}{}", query.unwrap_or_default())
}

/// Whether PowerShell takes this for a parameter: it also knows the typographic dashes.
fn begins_with_dash(value: &str) -> bool {
    value.starts_with(['-', '\u{2013}', '\u{2014}', '\u{2015}'])
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

    fn form(poster_type: PosterType) -> ManualForm {
        ManualForm {
            picture_path: " /p.jpg ".into(),
            titletext: " My Title".into(),
            folder_name: "Folder (2020) ".into(),
            library_name: "Movies".into(),
            poster_type,
            season_poster_name: "Season 1".into(),
            ep_title_name: "Lies".into(),
            episode_number: "2".into(),
        }
    }

    fn manual(poster_type: PosterType) -> Vec<String> {
        RunRequest::manual(&form(poster_type)).unwrap().arguments()
    }

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
    fn a_manual_run_has_the_arguments_upstream_gives_it_in_its_order() {
        let three = ["-Titletext", "My Title", "-FolderName", "Folder (2020)", "-LibraryName", "Movies"];
        fn with(before: &[&'static str], middle: &[&'static str], after: &[&'static str]) -> Vec<&'static str> {
            [&["-Manual", "-PicturePath", "/p.jpg"], before, middle, after].concat()
        }
        assert_eq!(manual(PosterType::Standard), with(&[], &three, &[]));
        assert_eq!(manual(PosterType::Collection), with(&["-CollectionCard"], &three, &[]));
        assert_eq!(manual(PosterType::Background), with(&["-BackgroundCard"], &three, &[]));
        assert_eq!(manual(PosterType::Season), with(&["-SeasonPoster"], &three, &["-SeasonPosterName", "Season 1"]));
        let card = ["-Titletext", "Lies", "-FolderName", "Folder (2020)", "-LibraryName", "Movies"];
        let after = ["-EPTitleName", "Lies", "-SeasonPosterName", "Season 1", "-EpisodeNumber", "2"];
        assert_eq!(manual(PosterType::TitleCard), with(&["-TitleCard"], &card, &after));
    }

    #[test]
    fn an_empty_title_is_an_empty_argument() {
        let arguments = RunRequest::manual(&ManualForm { titletext: "  ".into(), ..form(PosterType::Standard) });
        assert_eq!(arguments.unwrap().arguments()[3..5], ["-Titletext", ""]);
    }

    #[test]
    fn blank_fields_are_refused_in_upstreams_order() {
        let mut form = ManualForm { poster_type: PosterType::TitleCard, ..ManualForm::default() };
        let mut complaints = Vec::new();
        for fill in [
            |form: &mut ManualForm| form.picture_path = "p".into(),
            |form: &mut ManualForm| form.folder_name = "f".into(),
            |form: &mut ManualForm| form.library_name = "l".into(),
            |form: &mut ManualForm| form.ep_title_name = "t".into(),
            |form: &mut ManualForm| form.episode_number = "1".into(),
            |form: &mut ManualForm| form.season_poster_name = "s".into(),
        ] {
            complaints.push(RunRequest::manual(&form).unwrap_err().to_string());
            fill(&mut form);
        }
        let expected = [
            "Picture path is required",
            "Folder name is required",
            "Library name is required",
            "Episode title name is required for title cards",
            "Episode number is required for title cards",
            "Season name is required for title cards",
        ];
        assert_eq!(complaints, expected);
        assert!(RunRequest::manual(&form).is_ok());
    }

    #[test]
    fn a_value_that_begins_with_a_dash_cannot_become_a_parameter() {
        for title in ["-Testing", "\u{2013} 30 \u{2013}", "\u{2014}", "\u{2015}x"] {
            let form = ManualForm { titletext: title.into(), ..form(PosterType::Standard) };
            let arguments = RunRequest::manual(&form).unwrap().arguments();
            assert_eq!(arguments[3], format!("-Titletext:{title}"));
            assert_eq!(arguments[4], "-FolderName");
            let refused = RunRequest::arr(pairs(&[("arr_movie_title", title)])).unwrap_err();
            assert!(matches!(refused, InvalidRequest::LeadingDash { .. }), "{refused}");
        }
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
    fn secrets_in_addresses_are_masked() {
        let address = "https://me:pw@plex.local:32400/photo/1?width=10&X-Plex-Token=abc&api_key=x";
        let masked = masked(&["-PicturePath".into(), address.into(), "/plain?token=x".into()]);
        let expected = "https://****@plex.local:32400/photo/1?width=10&X-Plex-Token=****&api_key=****";
        assert_eq!(masked, ["-PicturePath", expected, "/plain?token=x"]);
    }

    #[test]
    fn a_nul_character_is_refused() {
        let form = ManualForm { folder_name: "a\0b".into(), ..form(PosterType::Standard) };
        assert_eq!(RunRequest::manual(&form), Err(InvalidRequest::Nul("folderName".to_owned())));
    }

    #[test]
    fn a_request_comes_back_from_the_store_unchanged() {
        for request in [RunRequest::scheduled(), RunRequest::manual(&form(PosterType::TitleCard)).unwrap()] {
            let json = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<RunRequest>(&json).unwrap(), request, "{json}");
        }
    }
}
