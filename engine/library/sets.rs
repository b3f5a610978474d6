//! Sets: pictures that somebody has picked by hand, taken before providers are asked.
//!
//! They are in one folder. Below it, a folder for each title has the pictures under the names of assets: `Heat (1995)/poster.jpg`,
//! `background`, `Season01`, `S01E02`. A table `sets.csv` beside those folders names pictures by their addresses:
//!
//! ```csv
//! item,asset,picture
//! Heat (1995),poster,https://example.org/heat.jpg
//! tv/70523,Season01,dark/first.png
//! ```
//!
//! A title is meant by its name, by the name of its folder in the library, or by an id. What belongs to nothing that the media
//! server has is told, and so is what cannot be understood: a mistyped year would go unnoticed else.

mod owner;
mod reading;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use posterizarr_base::artwork::{AssetName, Episode};
use posterizarr_media::model::ItemKind;
use posterizarr_media::sources::Subject;
use posterizarr_render::design::ArtworkKind;

use self::owner::Owner;
use super::catalogue::Catalogue;
use super::plan::{Entry, PlannedAsset, assets};

/// Where a picture is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Picked {
    File(PathBuf),
    Address(String),
}

impl Picked {
    /// As it is written.
    pub(super) fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Address(address) => address.clone(),
        }
    }
}

/// A picture for an asset of a title.
#[derive(Debug)]
struct Pick {
    owner: Owner,
    subject: Subject,
    picked: Picked,
}

/// All pictures of the folder.
#[derive(Debug, Default)]
pub(super) struct Sets {
    picks: Vec<Pick>,
    /// What is not understood, in words.
    problems: Vec<String>,
}

/// The pictures of the folder by the paths of their assets.
#[derive(Debug, Default)]
pub(super) struct Assigned(HashMap<String, Picked>);

impl Assigned {
    /// The picture for an asset.
    pub(super) fn get(&self, asset: &str) -> Option<&Picked> {
        self.0.get(asset)
    }
}

/// Which assets there are, and how they are called.
pub(super) struct Layout<'a> {
    pub(super) kinds: &'a [ArtworkKind],
    pub(super) library_folders: bool,
}

impl Sets {
    /// Reads the folder; what cannot be read is told with the problems.
    pub(super) fn read(folder: &Path) -> Self {
        reading::read(folder)
    }

    /// Gives each picture to the assets that it is for; tells what is wrong, and which pictures are for nothing.
    pub(super) fn assigned(self, catalogue: &Catalogue, layout: &Layout<'_>) -> (Assigned, Vec<String>) {
        let titles = Titles::of(catalogue);
        let (mut assigned, mut problems) = (HashMap::new(), self.problems);
        for Pick { owner, subject, picked } in self.picks {
            match titles.assets(&owner, subject, layout) {
                Ok(paths) => {
                    for path in paths {
                        // What lies in a folder, or stands further up, comes first.
                        assigned.entry(path).or_insert_with(|| picked.clone());
                    }
                }
                Err(problem) => problems.push(format!("{}: {problem}", picked.place())),
            }
        }
        (Assigned(assigned), problems)
    }
}

/// Everything that the media server has, by its names and ids.
struct Titles<'a> {
    by_name: HashMap<String, Vec<&'a Arc<Entry>>>,
    by_id: HashMap<(&'static str, &'a str), Vec<&'a Arc<Entry>>>,
}

impl<'a> Titles<'a> {
    fn of(catalogue: &'a Catalogue) -> Self {
        let mut titles = Self { by_name: HashMap::new(), by_id: HashMap::new() };
        for entry in &catalogue.entries {
            for name in entry.names() {
                let known = titles.by_name.entry(name.trim().to_lowercase()).or_default();
                if !known.last().is_some_and(|last| Arc::ptr_eq(last, entry)) {
                    known.push(entry);
                }
            }
            let ids = &entry.item.ids;
            for (provider, id) in [("tmdb", &ids.tmdb), ("tvdb", &ids.tvdb), ("imdb", &ids.imdb)] {
                if let Some(id) = id {
                    titles.by_id.entry((provider, id.as_str())).or_default().push(entry);
                }
            }
        }
        titles
    }

    /// The assets that are meant; none where their kind is switched off.
    fn assets(&self, owner: &Owner, subject: Subject, layout: &Layout<'_>) -> Result<Vec<String>, String> {
        let found = self.owned(owner)?;
        if found.is_empty() {
            return Err(format!("the media server has no {owner}"));
        }
        let of = |entry: &&Arc<Entry>| assets(entry, layout.kinds, layout.library_folders, None);
        let meant = |asset: &PlannedAsset| asset.subject == subject;
        let paths = found.iter().flat_map(of).filter(meant).map(|asset| asset.path).collect::<Vec<_>>();
        let is_made = found.iter().any(|entry| layout.kinds.contains(&kind(entry, subject)));
        match paths.is_empty() && is_made {
            true => Err(format!("{owner} has no {}", called(subject))),
            false => Ok(paths),
        }
    }

    fn owned(&self, owner: &Owner) -> Result<Vec<&'a Arc<Entry>>, String> {
        let found = match &owner.id {
            Some(id) => self.by_id.get(&(id.provider, id.id.as_str())).cloned().unwrap_or_default(),
            None => self.named(owner),
        };
        let found: Vec<&Arc<Entry>> = match owner.id.as_ref().and_then(|id| id.kind) {
            Some(kind) => found.into_iter().filter(|entry| entry.item.kind == kind && !entry.is_collection).collect(),
            None => found,
        };
        // Movies and shows are counted each for themselves at TMDB.
        let has = |kind| found.iter().any(|entry| entry.item.kind == kind && !entry.is_collection);
        if owner.id.is_some() && has(ItemKind::Movie) && has(ItemKind::Show) {
            return Err(format!("{owner} is a movie and a show; write movie/ or tv/ before the number"));
        }
        Ok(found)
    }

    /// By a name with its year, which may be that of a folder; a collection, where there is nothing else.
    fn named(&self, owner: &Owner) -> Vec<&'a Arc<Entry>> {
        let called = |name: &str| self.by_name.get(&name.to_lowercase()).cloned().unwrap_or_default();
        let mut found = called(&owner.name);
        if let Some((title, year)) = &owner.title_and_year {
            let of_year = called(title).into_iter().filter(|entry| entry.item.year == Some(*year));
            found.extend(of_year.filter(|entry| entry.place.as_ref().is_none_or(|place| place.root != owner.name)));
        }
        if found.iter().any(|entry| !entry.is_collection) {
            found.retain(|entry| !entry.is_collection);
        }
        found
    }
}

/// The kind of artwork of a subject.
fn kind(entry: &Entry, subject: Subject) -> ArtworkKind {
    match subject.asset_name() {
        Some(AssetName::Poster) | None if entry.is_collection => ArtworkKind::Collection,
        name => name.map_or(ArtworkKind::Poster, AssetName::kind),
    }
}

fn called(subject: Subject) -> String {
    match subject {
        Subject::Background => "background".to_owned(),
        Subject::Season(number) => format!("season {number}"),
        Subject::Episode { season, episode } => format!("episode {}", Episode { season, episode }.code()),
        Subject::Poster | Subject::Logo | Subject::ClearArt => "poster".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use posterizarr_media::model::{Art, Ids, Item, Season};

    use super::*;
    use crate::library::plan::tests::{entry, movie};

    fn show() -> Item {
        let season = Season {
            id: "s".into(),
            number: 1,
            title: "One".into(),
            added: None,
            art: Art::default(),
            episodes: Vec::new(),
        };
        let ids = Ids { tmdb: Some("949".into()), tvdb: Some("1".into()), ..Ids::default() };
        Item { kind: ItemKind::Show, path: Some("/m/Dark".into()), ids, seasons: vec![season], ..movie("2", "Dark") }
    }

    fn heat() -> Item {
        let ids = Ids { tmdb: Some("949".into()), imdb: Some("tt0113277".into()), ..Ids::default() };
        Item { path: Some("/m/Heat (1995)/a.mkv".into()), year: Some(1995), ids, ..movie("1", "Heat") }
    }

    /// What becomes of pictures for these owners and assets.
    fn assigned(picks: &[(&str, Subject)]) -> (Vec<String>, Vec<String>) {
        let catalogue = Catalogue { entries: vec![entry(heat()), entry(show())], ..Catalogue::default() };
        let picks = picks.iter().enumerate().map(|(at, (owner, subject))| Pick {
            owner: Owner::parse(owner).unwrap(),
            subject: *subject,
            picked: Picked::File(format!("{at}").into()),
        });
        let sets = Sets { picks: picks.collect(), problems: Vec::new() };
        let layout = Layout { kinds: &[ArtworkKind::Poster, ArtworkKind::Season], library_folders: true };
        let (Assigned(assigned), problems) = sets.assigned(&catalogue, &layout);
        let mut assigned: Vec<String> =
            assigned.into_iter().map(|(path, picked)| format!("{path} {}", picked.place())).collect();
        assigned.sort();
        (assigned, problems)
    }

    #[test]
    fn titles_are_meant_by_name_year_folder_and_id() {
        for owner in ["Heat", "heat (1995)", "movie/949", "tt0113277", "imdb:tt0113277", "Whatever {imdb-tt0113277}"] {
            assert_eq!(
                assigned(&[(owner, Subject::Poster)]),
                (vec!["Library/Heat (1995)/poster 0".into()], vec![]),
                "{owner}"
            );
        }
        for owner in ["Dark", "tv/949", "tvdb:1", "Dark [tvdbid-1]"] {
            assert_eq!(
                assigned(&[(owner, Subject::Season(1))]),
                (vec!["Library/Dark/Season01 0".into()], vec![]),
                "{owner}"
            );
        }
        let twice = assigned(&[("Heat", Subject::Poster), ("movie/949", Subject::Poster)]);
        assert_eq!(twice.0, ["Library/Heat (1995)/poster 0"], "the first one counts");
    }

    #[test]
    fn what_is_for_nothing_is_told() {
        for (owner, subject, problem) in [
            ("Heat (1996)", Subject::Poster, "0: the media server has no Heat (1996)"),
            ("tmdb:949", Subject::Poster, "0: tmdb 949 is a movie and a show; write movie/ or tv/ before the number"),
            ("Dark", Subject::Season(7), "0: Dark has no season 7"),
            ("tv/1", Subject::Poster, "0: the media server has no tmdb 1"),
        ] {
            assert_eq!(assigned(&[(owner, subject)]), (vec![], vec![problem.to_owned()]));
        }
        assert_eq!(assigned(&[("Heat", Subject::Background)]), (vec![], vec![]), "that kind is switched off");
    }
}
