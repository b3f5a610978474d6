//! What can be asked of the script, and the exact argument vector for it.
//!
//! A [`RunRequest`] is made by its constructors alone, which refuse what the script could not be given; so a request that
//! exists, or comes back from the store, always has an argument vector. Values of the script's declared parameters follow
//! their parameter as an element of their own, except where PowerShell would take the value for a parameter because it
//! begins with a dash: then both are one element, `-Name:value`. Values that the script collects as left-over arguments
//! have no such form and are refused.

mod manual;
mod masking;
mod title;

use posterizarr_base::artwork::ArtworkKind;
use posterizarr_base::command_line::{
    CommandLine, EVERY_LIBRARY, ManualRun, Parameter, Switch, begins_with_dash, is_told,
};
use posterizarr_base::said::{Params, Values, values};
use serde::{Deserialize, Serialize};

pub use manual::{ManualForm, PosterType};
pub use masking::{masked, masked_address};
pub use title::title_of;

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
    /// A name that is no name of one folder, or of folders within each other.
    #[error("{value:?} cannot be the {key}: {why}")]
    Name {
        /// The field.
        key: &'static str,
        /// Its value; of a long one the beginning.
        value: String,
        /// What is wrong.
        why: &'static str,
    },
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
        value: String,
    },
    /// Only the engine does this, and runs are the script's.
    #[error(
        "only the built-in engine can do a {0} run, and runs go to the configured command here; set runner.kind to native"
    )]
    OnlyNative(Mode),
    /// Neither version 2 of the script nor another program does this.
    #[error(
        "the script does a {0} run from version 3 on, and runs go to another one here; update it, or set runner.kind to native"
    )]
    NeedsVersion3(Mode),
    /// There is no rehearsal of this mode.
    #[error("there is no dry run of a {0} run")]
    NoDryRun(Mode),
    /// A path that is not that of an asset.
    #[error("{0:?} is not an asset; give its path below the asset folder, such as Movies/Heat (1995)/poster.jpg")]
    Asset(String),
    /// Too many assets, or none.
    #[error("paths: give at least one asset, and at most {MAX_REMADE} at once")]
    AssetCount,
    /// A kind of artwork that cannot be given back for itself.
    #[error("{0:?} is not a kind of artwork; use poster, background, season or titlecard")]
    Artwork(String),
    /// Only Plex knows its own posters; the script would do a full run instead of a reset.
    #[error("resetting posters works with Plex only, and {0} is enabled; disable it first")]
    ResetNeedsPlex(&'static str),
    /// Only Plex has logos that can be set; the script would do a full run instead.
    #[error("logos can be set on Plex only, and {0} is enabled; disable it first")]
    LogosNeedPlex(&'static str),
}

impl Values for InvalidRequest {
    fn values(&self) -> Params {
        match self {
            Self::ManualNeedsParameters | Self::Missing(_) => values([]),
            Self::Mode(mode) => values([("mode", mode)]),
            Self::Name { key, value, why } => values([("key", key), ("value", value), ("cause", why)]),
            Self::Nul(key) => values([("key", key)]),
            Self::LeadingDash { key, value } => values([("key", key), ("value", value)]),
            Self::OnlyNative(mode) | Self::NeedsVersion3(mode) | Self::NoDryRun(mode) => values([("mode", mode)]),
            Self::Asset(path) => values([("path", path)]),
            Self::AssetCount => values([("limit", &MAX_REMADE)]),
            Self::Artwork(kind) => values([("kind", kind)]),
            Self::ResetNeedsPlex(server) | Self::LogosNeedPlex(server) => values([("server", server)]),
        }
    }
}

/// How many assets one run makes again at most. Each is an argument of the run.
pub const MAX_REMADE: usize = 500;
/// The longest path of an asset, in bytes.
const MAX_PATH_LENGTH: usize = 4096;

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
    Manual(ManualRun),
    Reset {
        library: String,
    },
    Tautulli {
        parameters: Vec<(String, String)>,
    },
    Arr {
        parameters: Vec<(String, String)>,
        /// Whether a file took the place of another one: a server may have dropped the artwork together with that.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        upgrade: bool,
    },
    Restore(Selected),
    Logos {
        /// None: all of them.
        library: Option<String>,
        change: LogoChange,
    },
    Restyle {
        library: Option<String>,
    },
    Remake {
        paths: Vec<String>,
    },
    /// Tells what the run inside it would do.
    DryRun {
        of: Box<Kind>,
    },
}

/// What is done about logos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogoChange {
    /// Items without one get one.
    Fill,
    /// All items get one.
    Replace,
    /// What came from us is taken away.
    Revert,
}

/// What of the saved artwork is given back; all of it where nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Selected {
    library: Option<String>,
    item: Option<String>,
    artwork: Option<String>,
}

impl Kind {
    fn mode(&self) -> Mode {
        match self {
            Self::Normal => Mode::Normal,
            Self::Testing => Mode::Testing,
            Self::Backup => Mode::Backup,
            Self::Restore(_) => Mode::Restore,
            Self::Logos { change: LogoChange::Revert, .. } => Mode::LogoRevert,
            Self::Logos { .. } => Mode::LogoUpdater,
            Self::SyncJelly => Mode::SyncJelly,
            Self::SyncEmby => Mode::SyncEmby,
            Self::Scheduled => Mode::Scheduled,
            Self::Manual(_) => Mode::Manual,
            Self::Reset { .. } => Mode::Reset,
            Self::Tautulli { .. } => Mode::Tautulli,
            Self::Arr { .. } => Mode::Arr,
            Self::Restyle { .. } => Mode::Restyle,
            Self::Remake { .. } => Mode::Remake,
            Self::DryRun { of } => of.mode(),
        }
    }

    fn write(&self, arguments: &mut CommandLine) {
        match self {
            Self::Normal => {}
            Self::Testing => arguments.switch(Switch::Testing),
            Self::Backup => arguments.switch(Switch::Backup),
            Self::SyncJelly => arguments.switch(Switch::SyncJelly),
            Self::SyncEmby => arguments.switch(Switch::SyncEmby),
            Self::Scheduled => arguments.switch(Switch::UiSchedule),
            Self::Manual(manual) => manual.write(arguments),
            Self::Reset { library } => {
                arguments.switch(Switch::PosterReset);
                arguments.value(Parameter::LibraryToReset, library);
            }
            Self::Tautulli { parameters } => {
                arguments.switch(Switch::Tautulli);
                parameters.iter().for_each(|(key, value)| arguments.named(key, value));
            }
            Self::Arr { parameters, .. } => {
                arguments.switch(Switch::ArrTrigger);
                parameters.iter().for_each(|(key, value)| arguments.named(key, value));
            }
            Self::Restore(selected) => {
                arguments.switch(Switch::Restore);
                for (name, value) in [
                    (Parameter::RestoreLibrary, &selected.library),
                    (Parameter::RestoreItem, &selected.item),
                    (Parameter::RestoreType, &selected.artwork),
                ] {
                    value.iter().for_each(|value| arguments.joined(name, value));
                }
            }
            Self::Logos { library, change } => {
                arguments.switch(if *change == LogoChange::Revert { Switch::LogoRevert } else { Switch::LogoUpdater });
                arguments.joined(Parameter::LibraryName, library.as_deref().unwrap_or(EVERY_LIBRARY));
                if *change == LogoChange::Replace {
                    arguments.switch(Switch::ForceReplace);
                }
            }
            Self::Restyle { library } => {
                arguments.switch(Switch::Restyle);
                library.iter().for_each(|library| arguments.joined(Parameter::LibraryToRestyle, library));
            }
            Self::Remake { paths } => paths.iter().for_each(|path| arguments.joined(Parameter::Remake, path)),
            Self::DryRun { of } => {
                of.write(arguments);
                arguments.switch(Switch::DryRun);
            }
        }
    }
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
        Ok(Self { kind: Kind::Manual(manual::parse(form)?) })
    }

    /// Resets the posters of a Plex library.
    pub fn reset(library: &str) -> Result<Self, InvalidRequest> {
        Ok(Self { kind: Kind::Reset { library: required(library, "library", "Library name is required")? } })
    }

    /// One Plex item, as Tautulli names it: `RatingKey`, `parentratingkey`, `grandparentratingkey`, `mediatype`, and `action`
    /// where it was played. Other keys are left out: the script has no use for them, and PowerShell could take them for other parameters.
    pub fn tautulli(parameters: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidRequest> {
        const KEYS: [Parameter; 5] = [
            Parameter::RatingKey,
            Parameter::ParentRatingKey,
            Parameter::GrandparentRatingKey,
            Parameter::MediaType,
            Parameter::Action,
        ];
        let is_known = |key: &str| KEYS.iter().any(|known| known.name().eq_ignore_ascii_case(key));
        let parameters = chosen(parameters, is_known)?;
        Ok(Self { kind: Kind::Tautulli { parameters } })
    }

    /// One movie or episode, as Sonarr or Radarr name it: `event` and keys that begin with `arr_`. Other keys are left
    /// out, as in [`RunRequest::tautulli`]; a value that begins with a dash is refused.
    pub fn arr(parameters: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidRequest> {
        let parameters = chosen(parameters, is_arr_key)?;
        match parameters.iter().find(|(_, value)| begins_with_dash(value)) {
            Some((key, value)) => Err(InvalidRequest::LeadingDash { key: key.clone(), value: value.clone() }),
            None => Ok(Self { kind: Kind::Arr { parameters, upgrade: false } }),
        }
    }

    /// The same, for a file that may have taken the place of another one.
    #[must_use]
    pub fn upgraded(mut self, is_upgrade: bool) -> Self {
        if let Kind::Arr { upgrade, .. } = &mut self.kind {
            *upgrade = is_upgrade;
        }
        self
    }

    /// Gives back what was saved: all of it, or what is in a library, of an item, or of a kind.
    pub fn restore(library: Option<&str>, item: Option<&str>, artwork: Option<&str>) -> Result<Self, InvalidRequest> {
        let named = |value: Option<&str>, field| {
            let value = value.map(|value| checked(value, field)).transpose()?;
            Ok(value.filter(|value| !value.is_empty()))
        };
        let artwork = named(artwork, "kind")?.map(|artwork| artwork.to_lowercase());
        if let Some(unknown) = artwork.as_ref().filter(|artwork| ArtworkKind::of_word(artwork).is_none()) {
            return Err(InvalidRequest::Artwork(unknown.clone()));
        }
        let selected = Selected { library: named(library, "library")?, item: named(item, "item")?, artwork };
        Ok(Self { kind: Kind::Restore(selected) })
    }

    /// Puts logos on Plex, or takes ours away, in a library; the word `all` means every one.
    pub fn logos(library: &str, change: LogoChange) -> Result<Self, InvalidRequest> {
        let library = required(library, "library", "Library name is required")?;
        let library = Some(library).filter(|library| !library.eq_ignore_ascii_case(EVERY_LIBRARY));
        Ok(Self { kind: Kind::Logos { library, change } })
    }

    /// Makes again what looks otherwise than it is designed now, in one library or in all.
    pub fn restyle(library: Option<&str>) -> Result<Self, InvalidRequest> {
        let library = library.map(|library| checked(library, "library")).transpose()?;
        Ok(Self { kind: Kind::Restyle { library: library.filter(|library| !library.is_empty()) } })
    }

    /// Makes these assets again, whatever is there. The paths are below the asset folder; an extension does not count.
    pub fn remake<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidRequest> {
        let mut wanted: Vec<String> = Vec::new();
        for path in paths {
            let path = asset_path(path)?;
            if !wanted.contains(&path) {
                wanted.push(path);
            }
            if wanted.len() > MAX_REMADE {
                return Err(InvalidRequest::AssetCount);
            }
        }
        if wanted.is_empty() {
            Err(InvalidRequest::AssetCount)
        } else {
            Ok(Self { kind: Kind::Remake { paths: wanted } })
        }
    }

    /// A run that tells what this one would do, and changes nothing.
    pub fn dry_run(self) -> Result<Self, InvalidRequest> {
        match self.kind {
            Kind::Testing | Kind::Manual(_) | Kind::Tautulli { .. } | Kind::Arr { .. } | Kind::DryRun { .. } => {
                Err(InvalidRequest::NoDryRun(self.mode()))
            }
            of => Ok(Self { kind: Kind::DryRun { of: Box::new(of) } }),
        }
    }

    /// Whether it changes nothing.
    pub fn is_dry_run(&self) -> bool {
        matches!(self.kind, Kind::DryRun { .. })
    }

    /// Whether only the engine knows it.
    pub fn is_native_only(&self) -> bool {
        match &self.kind {
            Kind::DryRun { .. } | Kind::Restyle { .. } | Kind::Remake { .. } => true,
            // The script would take it for something new.
            Kind::Tautulli { parameters } => {
                parameters.iter().any(|(key, _)| key.eq_ignore_ascii_case(Parameter::Action.name()))
            }
            _ => false,
        }
    }

    /// Whether the script knows it from version 3 on.
    pub fn is_3x(&self) -> bool {
        matches!(self.kind, Kind::Restore(_) | Kind::Logos { .. })
    }

    /// Whether it is about a single item that somebody told of.
    pub fn is_triggered(&self) -> bool {
        matches!(self.kind, Kind::Tautulli { .. } | Kind::Arr { .. })
    }

    /// The mode the run is in.
    pub fn mode(&self) -> Mode {
        self.kind.mode()
    }

    /// The names and values that Sonarr, Radarr or Tautulli gave; none for other requests.
    pub fn parameters(&self) -> &[(String, String)] {
        match &self.kind {
            Kind::Tautulli { parameters } | Kind::Arr { parameters, .. } => parameters,
            _ => &[],
        }
    }

    /// What it is about; none where that is nothing in particular.
    pub fn title(&self) -> Option<String> {
        title_of(&self.arguments())
    }

    /// The arguments after the script's path.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = CommandLine::default();
        self.kind.write(&mut arguments);
        arguments.into_vec()
    }

    /// What the built-in engine is told beyond the script's arguments, which are the documented ones.
    pub fn arguments_of_engine(&self) -> Vec<String> {
        let mut arguments = self.arguments();
        match &self.kind {
            Kind::Arr { upgrade: true, .. } => arguments.extend(["-arr_isupgrade", "True"].map(str::to_owned)),
            Kind::Manual(manual) => arguments.extend(manual.switch_of_engine().map(|switch| format!("-{switch}"))),
            _ => {}
        }
        arguments
    }
}

/// The path of an asset without the extension of its picture.
///
/// # Errors
/// It leads elsewhere, or is none.
pub fn asset_path(path: &str) -> Result<String, InvalidRequest> {
    const PICTURES: [&str; 4] = ["jpg", "jpeg", "png", "webp"];
    let stem = path.rsplit_once('.').filter(|(_, end)| PICTURES.iter().any(|known| known.eq_ignore_ascii_case(end)));
    let stem = stem.map_or(path, |(stem, _)| stem);
    let is_name = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
    if stem.len() <= MAX_PATH_LENGTH && stem.split('/').all(is_name) {
        Ok(stem.to_owned())
    } else {
        Err(InvalidRequest::Asset(path.chars().take(200).collect()))
    }
}

fn is_arr_key(key: &str) -> bool {
    let word = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    word && is_told(key)
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
        let replaced = RunRequest::arr(sonarr).unwrap().upgraded(true);
        assert_eq!(replaced.arguments(), expected, "the script is told what is documented");
        assert_eq!(replaced.arguments_of_engine()[expected.len()..], ["-arr_isupgrade", "True"]);
        let stored = serde_json::to_string(&replaced.clone().upgraded(false)).unwrap();
        assert!(!stored.contains("upgrade") && stored != serde_json::to_string(&replaced).unwrap(), "{stored}");
        let tautulli = pairs(&[("RatingKey", "1"), ("mediatype", "movie"), ("Testing", "x")]);
        let expected = ["-Tautulli", "-RatingKey", "1", "-mediatype", "movie"];
        let added = RunRequest::tautulli(tautulli).unwrap();
        assert_eq!((added.arguments(), added.is_native_only()), (expected.map(str::to_owned).to_vec(), false));
        let played =
            RunRequest::tautulli(pairs(&[("RatingKey", "1"), ("mediatype", "episode"), ("action", "stop")])).unwrap();
        assert_eq!((played.arguments()[5..].join(" "), played.is_native_only()), ("-action stop".to_owned(), true));
    }

    #[test]
    fn a_value_that_begins_with_a_dash_is_refused_where_it_could_become_a_parameter() {
        for title in ["-Testing", "\u{2013} 30 \u{2013}", "\u{2014}", "\u{2015}x"] {
            let refused = RunRequest::arr(pairs(&[("arr_movie_title", title)])).unwrap_err();
            assert!(matches!(refused, InvalidRequest::LeadingDash { .. }), "{refused}");
        }
    }

    #[test]
    fn what_only_the_engine_does_is_asked_for_in_its_words() {
        let restyle = RunRequest::restyle(Some(" TV: Kids ")).unwrap();
        assert_eq!(restyle.arguments(), ["-Restyle", "-LibraryToRestyle:TV: Kids"]);
        assert_eq!(RunRequest::restyle(Some(" ")).unwrap().arguments(), ["-Restyle"]);
        let again = RunRequest::remake(["Movies/Heat (1995)/poster.JPG", "-x/Vol. 2", "-x/Vol. 2.png"]).unwrap();
        assert_eq!(again.arguments(), ["-Remake:Movies/Heat (1995)/poster", "-Remake:-x/Vol. 2"]);
        let rehearsal = RunRequest::scheduled().dry_run().unwrap();
        assert_eq!(rehearsal.arguments(), ["-UISchedule", "-DryRun"]);
        assert!(rehearsal.is_dry_run() && rehearsal.is_native_only() && rehearsal.mode() == Mode::Scheduled);
        assert_eq!(again.dry_run().unwrap().mode(), Mode::Remake);
        for path in ["", "/etc/passwd", "../a", "a/../b", "a//b", "a/./b", "a/\0", "Movies/"] {
            assert!(matches!(RunRequest::remake([path]), Err(InvalidRequest::Asset(_))), "{path:?}");
        }
        assert_eq!(RunRequest::remake([]), Err(InvalidRequest::AssetCount));
        let many: Vec<String> = (0..=MAX_REMADE).map(|number| format!("a/{number}")).collect();
        assert_eq!(RunRequest::remake(many.iter().map(String::as_str)), Err(InvalidRequest::AssetCount));
        let testing = RunRequest::plain("testing").unwrap();
        assert_eq!(testing.dry_run(), Err(InvalidRequest::NoDryRun(Mode::Testing)));
        for (mode, switch) in [("backup", "-Backup"), ("syncemby", "-SyncEmby")] {
            assert_eq!(RunRequest::plain(mode).unwrap().dry_run().unwrap().arguments(), [switch, "-DryRun"]);
        }
        let restore = RunRequest::restore(Some(" TV "), Some("-30-"), Some("TitleCard")).unwrap();
        let arguments = ["-Restore", "-RestoreLibrary:TV", "-RestoreItem:-30-", "-RestoreType:titlecard"];
        assert_eq!((restore.arguments(), restore.is_3x()), (arguments.map(str::to_owned).to_vec(), true));
        let logos = RunRequest::logos(" ALL ", LogoChange::Replace).unwrap();
        assert_eq!(logos.arguments(), ["-LogoUpdater", "-LibraryName:all", "-ForceReplace"]);
        let revert = RunRequest::logos("TV", LogoChange::Revert).unwrap();
        assert_eq!(revert.arguments(), ["-LogoRevert", "-LibraryName:TV"]);
        assert_eq!((revert.mode(), revert.is_3x(), revert.is_native_only()), (Mode::LogoRevert, true, false));
        assert!(matches!(RunRequest::logos(" ", LogoChange::Fill), Err(InvalidRequest::Missing(_))));
        assert_eq!(RunRequest::restore(None, Some(" "), None).unwrap().arguments(), ["-Restore"]);
        assert_eq!(RunRequest::restore(None, None, Some("logo")), Err(InvalidRequest::Artwork("logo".into())));
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
        let rehearsal = RunRequest::remake(["Movies/Heat (1995)/poster"]).unwrap().dry_run().unwrap();
        let restore = RunRequest::restore(Some("TV"), None, Some("season")).unwrap();
        for request in [RunRequest::scheduled(), RunRequest::manual(&form).unwrap(), rehearsal, restore] {
            let json = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<RunRequest>(&json).unwrap(), request, "{json}");
        }
    }
}
