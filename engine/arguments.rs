//! The script's arguments, as far as the engine can do what they ask for; [`Given`] reads them.

use posterizarr_base::artwork::{Episode, season_number};
use posterizarr_base::command_line::{EVERY_LIBRARY, Given, ManualCard, ManualRun, Parameter, Switch, Unreadable};
use posterizarr_base::items::{Ids, ItemKind};
use posterizarr_base::run::Mode;
use posterizarr_base::servers::Dialect;
use posterizarr_render::{design::ArtworkKind, plain_value};

use crate::request::{Happened, LibraryRun, Named, Scope, Sought, Task};

/// What a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Samples of each kind of artwork.
    Testing,
    /// One picture from a given one.
    Manual(Manual),
    /// What a media server's library lacks.
    Library(LibraryRun),
}

/// What to make by hand: a [`ManualRun`] whose numbers were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manual {
    /// A file, or an address that begins with `http`.
    pub picture: String,
    /// What is printed; may be empty.
    pub title: String,
    pub folder: String,
    pub library: String,
    pub card: Card,
    /// Whether it is a movie's or a show's, where that is told.
    pub of: Option<ItemKind>,
}

/// The kinds of artwork, each with what it needs beyond a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    Poster,
    Background,
    Collection,
    Season { name: String, number: u32 },
    Episode(Episode),
}

impl Card {
    pub fn kind(&self) -> ArtworkKind {
        match self {
            Self::Poster => ArtworkKind::Poster,
            Self::Background => ArtworkKind::Background,
            Self::Collection => ArtworkKind::Collection,
            Self::Season { .. } => ArtworkKind::Season,
            Self::Episode(_) => ArtworkKind::TitleCard,
        }
    }
}

/// Why nothing can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    #[error("-{0} needs a value")]
    NoValue(&'static str),
    #[error("{0:?} is not an argument of a run")]
    Unknown(String),
    #[error("this run needs -{0}")]
    Missing(&'static str),
    #[error("{0:?} is not a season; write Season 1, or Specials")]
    Season(String),
    #[error("-{0} is for runs over a media server's library, and not for testing and manual runs")]
    NotOverLibrary(&'static str),
    #[error("-{0} goes with -{1}")]
    GoesWith(&'static str, &'static str),
    #[error(
        "-Backup, -Restore, -SyncJelly, -SyncEmby, -PosterReset, -LogoUpdater, -LogoRevert, -Restyle and -Remake go neither with each other nor with -Tautulli and -ArrTrigger"
    )]
    TwoTasks,
    #[error("{0:?} is not a kind of artwork; write poster, background, season or titlecard after -RestoreType")]
    RestoreType(String),
    #[error("{0:?} is not an asset; write its path below the asset folder, such as Movies/Heat (1995)/poster")]
    Asset(String),
    #[error("{0:?} is not an episode number")]
    Episode(String),
}

/// Values that mean nothing without a switch.
const BELONGS: [(Parameter, Switch); 6] = [
    (Parameter::Action, Switch::Tautulli),
    (Parameter::LibraryToReset, Switch::PosterReset),
    (Parameter::RestoreLibrary, Switch::Restore),
    (Parameter::RestoreItem, Switch::Restore),
    (Parameter::RestoreType, Switch::Restore),
    (Parameter::LibraryToRestyle, Switch::Restyle),
];

impl From<Unreadable> for ArgumentError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NoValue(parameter) => Self::NoValue(parameter.name()),
            Unreadable::Unknown(element) => Self::Unknown(element),
        }
    }
}

impl Request {
    /// Reads the arguments after the program's name.
    pub fn parse(arguments: &[String]) -> Result<Self, ArgumentError> {
        let given = RunArguments { given: Given::read(arguments)? };
        const OVER_LIBRARY: [Switch; 10] = [
            Switch::DryRun,
            Switch::Fresh,
            Switch::Restyle,
            Switch::Backup,
            Switch::Restore,
            Switch::SyncJelly,
            Switch::SyncEmby,
            Switch::PosterReset,
            Switch::LogoUpdater,
            Switch::LogoRevert,
        ];
        let over_library = OVER_LIBRARY.into_iter().find(|switch| given.has(*switch));
        if let Some(switch) = over_library.filter(|_| given.has(Switch::Manual) || given.has(Switch::Testing)) {
            return Err(ArgumentError::NotOverLibrary(switch.name()));
        }
        if given.has(Switch::Manual) {
            return given.manual().map(Self::Manual);
        }
        if given.has(Switch::Testing) {
            return Ok(Self::Testing);
        }
        given.library().map(Self::Library)
    }

    /// Whether nothing is to be changed.
    pub fn is_dry_run(&self) -> bool {
        matches!(self, Self::Library(library) if library.dry_run)
    }

    /// The mode of the run.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Testing => Mode::Testing,
            Self::Manual(_) => Mode::Manual,
            Self::Library(library) => library.mode,
        }
    }
}

/// Whether logs are asked for, in place of a run. The script, too, looks at this switch before all others.
pub(crate) fn asks_for_logs(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument.eq_ignore_ascii_case("-GatherLogs"))
}

/// The path of an asset; its extension does not count.
fn asset_path(path: String) -> Result<String, ArgumentError> {
    let is_folder = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
    if path.split('/').all(is_folder) { Ok(path) } else { Err(ArgumentError::Asset(path)) }
}

struct RunArguments {
    given: Given,
}

impl RunArguments {
    fn has(&self, switch: Switch) -> bool {
        self.given.has(switch)
    }

    fn value(&self, parameter: Parameter) -> Result<String, ArgumentError> {
        self.last(parameter).ok_or(ArgumentError::Missing(parameter.name()))
    }

    /// A run over the library: of what Tautulli, Sonarr or Radarr tell, of what was named, or of all of it.
    fn library(&self) -> Result<LibraryRun, ArgumentError> {
        let is_lost = |(value, switch): &(Parameter, Switch)| self.last(*value).is_some() && !self.has(*switch);
        if let Some((value, switch)) = BELONGS.into_iter().find(is_lost) {
            return Err(ArgumentError::GoesWith(value.name(), switch.name()));
        }
        let task = self.task()?;
        let (mode, scope) = match &task {
            Task::Restyle(_) => (Mode::Restyle, Scope::All),
            Task::Remake(_) => (Mode::Remake, Scope::All),
            Task::Backup => (Mode::Backup, Scope::All),
            Task::Restore(_) => (Mode::Restore, self.restored()),
            Task::Sync(Dialect::Jellyfin) => (Mode::SyncJelly, Scope::All),
            Task::Sync(Dialect::Emby) => (Mode::SyncEmby, Scope::All),
            Task::Reset => {
                let library = Some(self.value(Parameter::LibraryToReset)?);
                (Mode::Reset, Scope::Named(Named { library, item: None }))
            }
            Task::UpdateLogos { .. } => (Mode::LogoUpdater, self.library_of_logos()?),
            Task::RevertLogos => (Mode::LogoRevert, self.library_of_logos()?),
            Task::Create if self.has(Switch::Tautulli) => (Mode::Tautulli, self.told_by_tautulli()?),
            Task::Create if self.has(Switch::ArrTrigger) => (Mode::Arr, Scope::Sought(self.sought()?)),
            Task::Create if self.has(Switch::UiSchedule) || self.has(Switch::ContainerSchedule) => {
                (Mode::Scheduled, Scope::All)
            }
            Task::Create => (Mode::Normal, Scope::All),
        };
        Ok(LibraryRun { mode, scope, task, dry_run: self.has(Switch::DryRun), fresh: self.has(Switch::Fresh) })
    }

    /// What is done with the items. `-Remake` may be given for each asset.
    fn task(&self) -> Result<Task, ArgumentError> {
        let mut tasks = Vec::new();
        for (switch, task) in [
            (Switch::Backup, Task::Backup),
            (Switch::SyncJelly, Task::Sync(Dialect::Jellyfin)),
            (Switch::SyncEmby, Task::Sync(Dialect::Emby)),
            (Switch::PosterReset, Task::Reset),
            (Switch::LogoUpdater, Task::UpdateLogos { replace: self.has(Switch::ForceReplace) }),
            (Switch::LogoRevert, Task::RevertLogos),
            (Switch::Restyle, Task::Restyle(self.last(Parameter::LibraryToRestyle))),
        ] {
            tasks.extend(Some(task).filter(|_| self.has(switch)));
        }
        if self.has(Switch::Restore) {
            tasks.push(Task::Restore(self.restored_kind()?));
        }
        let again = self.given.values(Parameter::Remake).map(str::to_owned);
        let again: Vec<String> = again.map(asset_path).collect::<Result<_, _>>()?;
        tasks.extend(Some(Task::Remake(again)).filter(|task| *task != Task::Remake(Vec::new())));
        let task = tasks.pop();
        let is_triggered = self.has(Switch::Tautulli) || self.has(Switch::ArrTrigger);
        if !tasks.is_empty() || (task.is_some() && is_triggered) {
            return Err(ArgumentError::TwoTasks);
        }
        Ok(task.unwrap_or(Task::Create))
    }

    /// The library whose logos are meant; the word `all` means every one.
    fn library_of_logos(&self) -> Result<Scope, ArgumentError> {
        let library = self.value(Parameter::LibraryName)?;
        let is_all = library.eq_ignore_ascii_case(EVERY_LIBRARY);
        Ok(if is_all { Scope::All } else { Scope::Named(Named { library: Some(library), item: None }) })
    }

    /// Which items get back what was saved.
    fn restored(&self) -> Scope {
        let named = Named { library: self.last(Parameter::RestoreLibrary), item: self.last(Parameter::RestoreItem) };
        if named == Named::default() { Scope::All } else { Scope::Named(named) }
    }

    fn restored_kind(&self) -> Result<Option<ArtworkKind>, ArgumentError> {
        let Some(word) = self.last(Parameter::RestoreType) else { return Ok(None) };
        ArtworkKind::of_word(&word).map(Some).ok_or(ArgumentError::RestoreType(word))
    }

    /// The value that was given last, if it is not empty.
    fn last(&self, parameter: Parameter) -> Option<String> {
        // Quotes around a value are the sender's; in a name that is looked for they are part of it.
        let is_exact = BELONGS.iter().any(|(known, _)| *known == parameter);
        let counted = |value: &str| if is_exact { value.to_owned() } else { plain_value(value) };
        self.given.values(parameter).map(counted).rfind(|value| !value.trim().is_empty())
    }

    /// The movie or the show; of an episode that was played, only that.
    fn told_by_tautulli(&self) -> Result<Scope, ArgumentError> {
        let key = self.rating_key()?;
        let was_played = matches!(self.last(Parameter::Action).as_deref(), Some("watched" | "stop"));
        Ok(match was_played {
            true => Scope::Episode { show: key, episode: self.value(Parameter::RatingKey)? },
            false => Scope::Key(key),
        })
    }

    /// The key of the movie or the show; a season's parent and an episode's grandparent is one.
    fn rating_key(&self) -> Result<String, ArgumentError> {
        match self.value(Parameter::MediaType)?.to_lowercase().as_str() {
            "movie" | "show" => self.value(Parameter::RatingKey),
            "season" => self.value(Parameter::ParentRatingKey),
            _ => self.value(Parameter::GrandparentRatingKey).or_else(|_| self.value(Parameter::ParentRatingKey)),
        }
    }

    fn told(&self, name: &str) -> Option<&str> {
        self.given.told(name)
    }

    fn sought(&self) -> Result<Sought, ArgumentError> {
        let id = |name: &str| self.told(name).filter(|id| *id != "0").map(str::to_owned);
        let platform = self.told("arr_platform").unwrap_or_default().to_lowercase();
        let is_movie = platform == "radarr" || (platform != "sonarr" && self.told("arr_movie_title").is_some());
        let (kind, title, year, path, ids) = if is_movie {
            let ids = Ids { tmdb: id("arr_movie_tmdb"), tvdb: None, imdb: id("arr_movie_imdb") };
            (ItemKind::Movie, "arr_movie_title", "arr_movie_year", "arr_movie_path", ids)
        } else {
            let ids = Ids { tmdb: id("arr_series_tmdb"), tvdb: id("arr_series_tvdb"), imdb: id("arr_series_imdb") };
            (ItemKind::Show, "arr_series_title", "arr_sonarr_series_year", "arr_series_path", ids)
        };
        let missing = || ArgumentError::Missing(if is_movie { "arr_movie_title" } else { "arr_series_title" });
        let season = self.told("arr_episode_season").and_then(|season| season.parse().ok());
        let episodes = self.told("arr_episode_numbers").unwrap_or_default();
        let episodes = episodes.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        Ok(Sought {
            kind,
            title: self.told(title).ok_or_else(missing)?.to_owned(),
            year: self.told(year).and_then(|year| year.parse().ok()).filter(|year| *year > 0),
            ids,
            episodes: season.map(|season| (season, episodes)),
            path: self.told(path).map(str::to_owned),
            happened: self.happened(),
        })
    }

    fn happened(&self) -> Happened {
        let is_upgrade = self.told("arr_isupgrade").is_some_and(|told| told.eq_ignore_ascii_case("true"));
        let is_gone = self.told("event").is_some_and(|event| event.to_lowercase().ends_with("delete"));
        if is_gone {
            Happened::Deleted
        } else if is_upgrade {
            Happened::Upgraded
        } else {
            Happened::Imported
        }
    }

    fn manual(&self) -> Result<Manual, ArgumentError> {
        let run = ManualRun::read(|switch| self.has(switch), |parameter| self.last(parameter));
        run.map_err(|parameter| ArgumentError::Missing(parameter.name()))?.try_into()
    }
}

impl TryFrom<ManualRun> for Manual {
    type Error = ArgumentError;

    fn try_from(run: ManualRun) -> Result<Self, ArgumentError> {
        let title = run.card.title().to_owned();
        let card = match run.card {
            ManualCard::Standard { .. } => Card::Poster,
            ManualCard::Background { .. } => Card::Background,
            ManualCard::Collection { .. } => Card::Collection,
            ManualCard::Season { season: name, .. } => Card::Season { number: number_of_season(&name)?, name },
            ManualCard::Episode { season, episode, .. } => {
                let season = number_of_season(&season)?;
                let episode = episode.parse().map_err(|_| ArgumentError::Episode(episode))?;
                Card::Episode(Episode { season, episode })
            }
        };
        let ManualRun { picture, folder, library, of, .. } = run;
        Ok(Self { picture, title, folder, library, card, of })
    }
}

/// Of `Book One | Season 01`, in either order, one part tells the number.
fn number_of_season(name: &str) -> Result<u32, ArgumentError> {
    name.rsplit('|').find_map(season_number).ok_or_else(|| ArgumentError::Season(name.to_owned()))
}

#[cfg(test)]
mod tests;
