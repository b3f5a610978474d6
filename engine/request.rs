//! What a run is asked for, as arguments and tests describe it.

use posterizarr_base::items::{Ids, ItemKind};
use posterizarr_base::run::Mode;
use posterizarr_base::servers::Dialect;
use posterizarr_render::design::ArtworkKind;

/// Which items a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything in the libraries.
    All,
    /// What the user has named.
    Named(Named),
    /// What Tautulli tells of: the item with this key on Plex.
    Key(String),
    /// The title card of an episode that was played, as Tautulli tells: the keys of the episode and of its show on Plex.
    Episode { show: String, episode: String },
    /// What Sonarr or Radarr tells of.
    Sought(Sought),
}

/// Items by name. A library that is named takes part even if it is excluded otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub library: Option<String>,
    /// A title, an original title, or the name of an item's folder.
    pub item: Option<String>,
}

/// A title that Sonarr or Radarr has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    pub kind: ItemKind,
    pub title: String,
    pub year: Option<u32>,
    pub ids: Ids,
    /// The season and its episodes, for a show.
    pub episodes: Option<(u32, Vec<u32>)>,
    /// Where Sonarr or Radarr has it: the folder of the movie or of the show.
    pub path: Option<String>,
    pub happened: Happened,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It is new.
    Imported,
    /// It took the place of another one, by which a server may have dropped the artwork.
    Upgraded,
    /// It is gone.
    Deleted,
}

/// What is done with the items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// What they lack is made.
    Create,
    /// These assets are made again, whatever is there. Paths below the asset folder, without extension.
    Remake(Vec<String>),
    /// What looks otherwise than it is designed now is made again from the same pictures, in one library or in all.
    Restyle(Option<String>),
    /// What the server shows is saved as it is, where nothing was saved before.
    Backup,
    /// What was saved is given back to the server, of one kind or of all.
    Restore(Option<ArtworkKind>),
    /// What Plex shows is given to another server.
    Sync(Dialect),
    /// Plex shows its own posters again.
    Reset,
    /// Movies and shows on Plex get the logos of providers: those without one, or all.
    UpdateLogos { replace: bool },
    /// Plex shows its own logos again, and ours are taken away.
    RevertLogos,
}

impl Task {
    /// Whether pictures are made, rather than taken from one place to another as they are.
    pub fn makes_pictures(&self) -> bool {
        matches!(self, Self::Create | Self::Remake(_) | Self::Restyle(_))
    }

    /// Whether it is about Plex, whichever server is in use.
    pub fn is_about_plex(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::Reset) || self.is_about_logos()
    }

    /// Whether it is about logos, and about no other artwork.
    pub fn is_about_logos(&self) -> bool {
        matches!(self, Self::UpdateLogos { .. } | Self::RevertLogos)
    }

    /// What is done with a picture, in one word.
    pub fn done(&self) -> &'static str {
        match self {
            Self::Create | Self::Remake(_) | Self::Restyle(_) => "added",
            Self::Backup => "saved",
            Self::Restore(_) => "restored",
            Self::Sync(_) | Self::UpdateLogos { .. } => "uploaded",
            Self::Reset => "reset",
            Self::RevertLogos => "reverted",
        }
    }

    /// Whether there are files of the items, in folders that are named like theirs.
    pub fn has_files(&self) -> bool {
        !self.is_about_plex()
    }

    /// The kinds of artwork that it is about, where these are switched on.
    pub fn kinds(&self, switched_on: Vec<ArtworkKind>) -> Vec<ArtworkKind> {
        match self {
            Self::Restore(None) => {
                vec![ArtworkKind::Poster, ArtworkKind::Background, ArtworkKind::Season, ArtworkKind::TitleCard]
            }
            Self::Restore(Some(kind)) => vec![*kind],
            Self::Reset => vec![ArtworkKind::Poster, ArtworkKind::Season, ArtworkKind::TitleCard],
            // Movies and shows alone have logos.
            Self::UpdateLogos { .. } | Self::RevertLogos => vec![ArtworkKind::Poster],
            _ => switched_on,
        }
    }
}

/// A run over the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryRun {
    /// The name of its result file.
    pub mode: Mode,
    pub scope: Scope,
    pub task: Task,
    /// Tells what would be done, and does nothing.
    pub dry_run: bool,
    /// Asks providers whatever they have answered lately.
    pub fresh: bool,
}

impl LibraryRun {
    /// A run that makes what the items lack.
    pub fn new(mode: Mode, scope: Scope) -> Self {
        Self { mode, scope, task: Task::Create, dry_run: false, fresh: false }
    }

    /// Whether somebody told of a single item.
    pub fn is_triggered(&self) -> bool {
        matches!(self.scope, Scope::Key(_) | Scope::Sought(_))
    }

    /// Whether a file of the item took the place of another one.
    pub fn is_upgrade(&self) -> bool {
        matches!(&self.scope, Scope::Sought(sought) if sought.happened == Happened::Upgraded)
    }
}
