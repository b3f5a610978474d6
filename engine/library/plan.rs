//! The assets of an item.

use std::sync::Arc;

use posterizarr_media::model::{Art, Episode, Item, Library, Season};
use posterizarr_media::servers::Slot;
use posterizarr_media::sources::Subject;
use posterizarr_render::design::ArtworkKind;

use super::places::{Place, of_collection};
use crate::library::select::Rules;

/// A library that takes part, with its rules.
#[derive(Debug)]
pub(super) struct RunLibrary {
    pub(super) library: Library,
    pub(super) rules: Rules,
}

/// An item that takes part.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) item: Item,
    pub(super) home: Arc<RunLibrary>,
    /// None for an item outside of all of its library's folders.
    pub(super) place: Option<Place>,
    /// It is no movie or show, but a collection of these.
    pub(super) is_collection: bool,
}

impl Entry {
    /// Whether a user means it by a title, an original title, or the name of its folder.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let name = name.trim().to_lowercase();
        self.names().any(|known| known.trim().to_lowercase() == name)
    }

    /// Its title, its original title and the name of its folder.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        let folder = self.place.as_ref().map(|place| &place.root);
        [Some(&self.item.title), self.item.original_title.as_ref(), folder].into_iter().flatten()
    }
}

/// A picture that the item is to have, and where it belongs.
#[derive(Clone, Debug)]
pub(super) struct PlannedAsset {
    pub(super) entry: Arc<Entry>,
    pub(super) kind: ArtworkKind,
    pub(super) subject: Subject,
    /// Positions in the item's seasons, and in that season's episodes.
    season: Option<usize>,
    episode: Option<usize>,
    /// Where it belongs below the asset folder, without extension.
    pub(super) path: String,
}

impl PlannedAsset {
    /// Its season, for a season poster or a title card.
    pub(super) fn season(&self) -> Option<&Season> {
        self.entry.item.seasons.get(self.season?)
    }

    /// Its episode, for a title card.
    pub(super) fn episode(&self) -> Option<&Episode> {
        self.season()?.episodes.get(self.episode?)
    }

    /// The server's key or id of what the picture is for.
    pub(super) fn id(&self) -> &str {
        match (self.episode(), self.season()) {
            (Some(episode), _) => &episode.id,
            (None, Some(season)) => &season.id,
            (None, None) => &self.entry.item.id,
        }
    }

    /// What the server shows for it.
    pub(super) fn art(&self) -> &Art {
        match (self.episode(), self.season()) {
            (Some(episode), _) => &episode.art,
            (None, Some(season)) => &season.art,
            (None, None) => &self.entry.item.art,
        }
    }

    /// Its place at the server.
    pub(super) fn slot(&self) -> Slot {
        match self.subject {
            Subject::Background => Slot::Background,
            Subject::Logo | Subject::ClearArt => Slot::Logo,
            _ => Slot::Poster,
        }
    }

    /// The server's mark of the picture in that place.
    pub(super) fn shown(&self) -> Option<&str> {
        let art = self.art();
        match self.slot() {
            Slot::Background => art.background.as_deref(),
            Slot::Logo => art.logo.as_deref(),
            _ => art.poster.as_deref(),
        }
    }

    /// The kind of artwork, as programs are told.
    pub(super) fn word(&self) -> &'static str {
        if self.subject == Subject::Logo { "logo" } else { self.kind.word() }
    }
}

/// One season with some of its episodes, where only they are meant.
pub(super) type Narrowed = (u32, Vec<u32>);

/// All pictures of these kinds that an item is to have; none for an item without a place.
pub(super) fn assets(
    entry: &Arc<Entry>,
    kinds: &[ArtworkKind],
    library_folders: bool,
    only: Option<&Narrowed>,
) -> Vec<PlannedAsset> {
    let Some(place) = &entry.place else { return Vec::new() };
    if entry.is_collection {
        return collection_poster(entry, place, kinds, library_folders).into_iter().collect();
    }
    let planned = |kind, subject, season, episode| {
        let path = place.asset(&entry.home.library.name, library_folders, subject);
        PlannedAsset { entry: entry.clone(), kind, subject, season, episode, path }
    };
    let has = |kind| kinds.contains(&kind);
    let mut all = Vec::new();
    if has(ArtworkKind::Poster) {
        all.push(planned(ArtworkKind::Poster, Subject::Poster, None, None));
    }
    if has(ArtworkKind::Background) {
        all.push(planned(ArtworkKind::Background, Subject::Background, None, None));
    }
    let seasons = || {
        entry
            .item
            .seasons
            .iter()
            .enumerate()
            .filter(|(_, season)| only.is_none_or(|(number, _)| season.number == *number))
    };
    if has(ArtworkKind::Season) {
        all.extend(
            seasons().map(|(at, season)| planned(ArtworkKind::Season, Subject::Season(season.number), Some(at), None)),
        );
    }
    if has(ArtworkKind::TitleCard) {
        for (at, season) in seasons() {
            let episodes = season.episodes.iter().enumerate();
            let meant =
                episodes.filter(|(_, episode)| only.is_none_or(|(_, numbers)| numbers.contains(&episode.number)));
            all.extend(meant.map(|(number, episode)| {
                let subject = Subject::Episode { season: season.number, episode: episode.number };
                planned(ArtworkKind::TitleCard, subject, Some(at), Some(number))
            }));
        }
    }
    all
}

/// The poster of a collection, which is all that it has.
fn collection_poster(
    entry: &Arc<Entry>,
    place: &Place,
    kinds: &[ArtworkKind],
    library_folders: bool,
) -> Option<PlannedAsset> {
    let path = of_collection(&entry.home.library.name, library_folders, &place.root);
    let (kind, subject) = (ArtworkKind::Collection, Subject::Poster);
    kinds.contains(&kind).then(|| PlannedAsset {
        entry: entry.clone(),
        kind,
        subject,
        season: None,
        episode: None,
        path,
    })
}

/// The logo of an item. It stands beside the poster, and has no design.
pub(super) fn logo(entry: &Arc<Entry>, library_folders: bool) -> Option<PlannedAsset> {
    let path = entry.place.as_ref()?.asset(&entry.home.library.name, library_folders, Subject::Logo);
    let (kind, subject) = (ArtworkKind::Poster, Subject::Logo);
    Some(PlannedAsset { entry: entry.clone(), kind, subject, season: None, episode: None, path })
}

/// Whether a label says that the item is to be left alone.
pub(super) fn is_labelled(item: &Item) -> bool {
    item.labels.iter().any(|label| label.to_lowercase().contains("skip_posterizarr"))
}

#[cfg(test)]
pub(super) mod tests {
    use posterizarr_media::model::{Ids, ItemKind};

    use super::*;
    use crate::library::select::{Languages, Provider, Sorting};

    pub(crate) fn movie(id: &str, title: &str) -> Item {
        Item {
            id: id.into(),
            library: "1".into(),
            kind: ItemKind::Movie,
            title: title.into(),
            original_title: None,
            year: Some(2000),
            ids: Ids::default(),
            path: Some("/m/Film (2000)/a.mkv".into()),
            files: 1,
            labels: Vec::new(),
            resolution: None,
            facts: None,
            art: Art::default(),
            seasons: Vec::new(),
        }
    }

    fn rules() -> Rules {
        let languages = || Languages::new(&[]);
        Rules {
            favourite: Provider::Tmdb,
            order: None,
            poster: languages(),
            season: languages(),
            background: languages(),
            card: languages(),
            min_size: None,
            sorting: Sorting::Average,
            show_fallback: false,
            background_fallback: false,
            background_as_card: false,
            logo: Vec::new(),
        }
    }

    pub(crate) fn entry(item: Item) -> Arc<Entry> {
        let library = Library {
            id: "1".into(),
            name: "Library".into(),
            kind: item.kind,
            language: "en".into(),
            roots: vec!["/m".into()],
        };
        let place = Place::of(&item, &library.roots);
        Arc::new(Entry { item, place, is_collection: false, home: Arc::new(RunLibrary { library, rules: rules() }) })
    }

    #[test]
    fn a_show_has_seasons_and_cards_and_a_trigger_means_some_of_them() {
        let episode = |number| Episode {
            id: format!("e{number}"),
            number,
            title: "t".into(),
            resolution: None,
            facts: None,
            watched: false,
            art: Art::default(),
        };
        let season = |number| Season {
            id: format!("s{number}"),
            number,
            title: "t".into(),
            added: None,
            art: Art::default(),
            episodes: vec![episode(1), episode(2)],
        };
        let show = Item {
            kind: ItemKind::Show,
            path: Some("/m/Dark".into()),
            seasons: vec![season(1), season(2)],
            ..movie("1", "Dark")
        };
        let entry = entry(show);
        let kinds = [ArtworkKind::Poster, ArtworkKind::Background, ArtworkKind::Season, ArtworkKind::TitleCard];
        let all = assets(&entry, &kinds, true, None);
        assert_eq!(all.len(), 2 + 2 + 4);
        assert_eq!((all[4].id(), all[4].path.as_str()), ("e1", "Library/Dark/S01E01"));
        let some: Vec<String> =
            assets(&entry, &kinds, true, Some(&(2, vec![1]))).into_iter().map(|asset| asset.path).collect();
        assert_eq!(some, ["poster", "background", "Season02", "S02E01"].map(|name| format!("Library/Dark/{name}")));
        assert!(assets(&entry, &[], true, None).is_empty());
    }

    #[test]
    fn labels_leave_an_item_alone() {
        let labelled = |label: &str| is_labelled(&Item { labels: vec![label.into()], ..movie("1", "x") });
        assert!(labelled("Skip_Posterizarr_now") && !labelled("Overlay"));
    }
}
