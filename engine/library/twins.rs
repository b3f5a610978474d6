//! What another server has of the items of Plex.

use std::borrow::Cow;
use std::collections::HashMap;

use posterizarr_media::model::{Art, Ids, Item, ItemKind};
use posterizarr_media::servers::{ReadOnly, Slot, Sought};
use posterizarr_media::sources::Subject;

use super::catalogue::{Catalogue, depth, unreachable};
use super::plan::{Entry, PlannedAsset};
use super::scene::Scene;
use crate::RunError;

/// A place on a server where a picture is shown.
pub(super) struct Spot<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) slot: Slot,
    /// The server's mark of what it shows there.
    pub(super) mark: Option<&'a str>,
}

impl<'a> Spot<'a> {
    /// On the server that was looked at.
    pub(super) fn of(asset: &'a PlannedAsset) -> Self {
        Self { id: asset.id().into(), slot: asset.slot(), mark: asset.shown() }
    }

    fn new(id: &'a str, slot: Slot, art: &'a Art) -> Self {
        let mark = match slot {
            Slot::Background => &art.background,
            Slot::Logo => &art.logo,
            _ => &art.poster,
        };
        Self { id: id.into(), slot, mark: mark.as_deref() }
    }
}

/// The other server's items, by the keys that Plex has for them.
#[derive(Debug, Default)]
pub(super) struct Twins(HashMap<String, Item>);

impl Twins {
    /// Looks for the items in the libraries of the same names.
    ///
    /// # Errors
    /// If the other server cannot be read at all.
    pub(super) async fn read(catalogue: &Catalogue, other: ReadOnly<'_>, scene: &Scene<'_>) -> Result<Self, RunError> {
        let work = scene.work;
        let libraries = other.libraries().await.map_err(|trouble| unreachable(other, &trouble))?;
        let (depth, mut twins) = (depth(scene.run, scene.settings, &scene.work.context.drawing), Self::default());
        for home in &catalogue.libraries {
            let (name, kind) = (&home.library.name, home.library.kind);
            let same = |name: &String, kind: ItemKind| {
                let name = name.to_lowercase();
                libraries.iter().find(move |library| library.kind == kind && library.name.to_lowercase() == name)
            };
            let Some(library) = same(name, kind) else {
                work.warn(format!("{} has no library {name}, so that nothing of it is copied", other.name()));
                continue;
            };
            match other.items(library, depth).await {
                Ok(contents) => {
                    let entries = catalogue.entries.iter().filter(|entry| entry.home.library.id == home.library.id);
                    twins.add(entries.map(AsRef::as_ref), &contents.items);
                }
                Err(trouble) => {
                    work.complain(format!("the library {name} of {} cannot be read: {trouble}", other.name()));
                }
            }
        }
        Ok(twins)
    }

    fn add<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>, items: &[Item]) {
        let by_id: HashMap<(char, &str), &Item> =
            items.iter().flat_map(|item| ids(&item.ids).map(move |id| (id, item))).collect();
        for Entry { item, .. } in entries {
            let sought = || Sought {
                kind: item.kind,
                title: item.title.clone(),
                year: item.year,
                ids: Ids::default(),
                path: None,
            };
            let known = ids(&item.ids).find_map(|id| by_id.get(&id).copied());
            let found = known.or_else(|| sought().best_of(items));
            if let Some(found) = found {
                self.0.insert(item.id.clone(), found.clone());
            }
        }
    }

    /// Where the other server shows the picture; none for what it does not have.
    pub(super) fn of(&self, asset: &PlannedAsset) -> Option<Spot<'_>> {
        let item = self.0.get(&asset.entry.item.id)?;
        let season = |number| item.seasons.iter().find(move |season| season.number == number);
        let (id, art) = match asset.subject {
            Subject::Poster | Subject::Background | Subject::Logo | Subject::ClearArt => (&item.id, &item.art),
            Subject::Season(number) => season(number).map(|season| (&season.id, &season.art))?,
            Subject::Episode { season: number, episode } => {
                let mut episodes = season(number)?.episodes.iter();
                episodes.find(|found| found.number == episode).map(|episode| (&episode.id, &episode.art))?
            }
        };
        Some(Spot::new(id, asset.slot(), art))
    }
}

/// The ids of an item, the surest ones first, each with a letter for who gave it.
fn ids(ids: &Ids) -> impl Iterator<Item = (char, &str)> {
    let all = [('v', &ids.tvdb), ('m', &ids.tmdb), ('i', &ids.imdb)];
    all.into_iter().filter_map(|(letter, id)| Some((letter, id.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use posterizarr_media::model::{Episode, Season};

    use super::*;
    use crate::library::plan::assets;
    use crate::library::plan::tests::{entry, movie};
    use posterizarr_render::design::ArtworkKind;

    fn with_id(id: &str, title: &str, tmdb: Option<&str>) -> Item {
        Item { ids: Ids { tmdb: tmdb.map(str::to_owned), ..Ids::default() }, ..movie(id, title) }
    }

    #[test]
    fn items_are_known_by_ids_first_and_by_titles_then() {
        let here = [with_id("1", "Heat", Some("949")), with_id("2", "Ran", None), with_id("3", "Alien", Some("348"))];
        let there = [
            with_id("a", "Ran", None),
            with_id("b", "Heat (Director's)", Some("949")),
            with_id("c", "Heat", Some("1")),
        ];
        let mut twins = Twins::default();
        let entries: Vec<_> = here.into_iter().map(entry).collect();
        twins.add(entries.iter().map(AsRef::as_ref), &there);
        let found = |key: &str| twins.0.get(key).map(|item| item.id.as_str());
        assert_eq!((found("1"), found("2"), found("3")), (Some("b"), Some("a"), None));
    }

    /// R-10 of the reference, which took the position in Plex' list.
    #[test]
    fn episodes_are_known_by_their_numbers_and_a_second_one_in_a_file_has_none() {
        let episode = |id: &str, number| Episode {
            id: id.into(),
            number,
            title: String::new(),
            resolution: None,
            facts: None,
            watched: false,
            art: Art { poster: Some("tag".into()), ..Art::default() },
        };
        let show = |id: &str, numbers: &[u32]| Item {
            kind: ItemKind::Show,
            path: Some("/m/Dark".into()),
            seasons: vec![Season {
                id: format!("{id}s"),
                number: 1,
                title: String::new(),
                added: None,
                art: Art::default(),
                episodes: numbers.iter().map(|number| episode(&format!("{id}{number}"), *number)).collect(),
            }],
            ..with_id(id, "Dark", Some("70523"))
        };
        let here = entry(show("p", &[1, 2, 3]));
        let mut twins = Twins::default();
        twins.add(std::iter::once(here.as_ref()), &[show("j", &[1, 3])]);
        let spots: Vec<Option<String>> = assets(&here, &[ArtworkKind::Season, ArtworkKind::TitleCard], true, None)
            .iter()
            .map(|asset| twins.of(asset).map(|spot| format!("{} {:?}", spot.id, spot.mark)))
            .collect();
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(spots, [of("js None"), of("j1 Some(\"tag\")"), None, of("j3 Some(\"tag\")")]);
    }
}
