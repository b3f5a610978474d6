//! Showing a picture that was made by hand on the media server.
//!
//! The item is the one whose folder has the asset's name, in the library of its name: what is printed may be anything.

use std::sync::Arc;

use posterizarr_base::servers::ServerKind;
use posterizarr_media::servers::{Depth, ReadOnly, Slot};
use posterizarr_render::design::ArtworkKind;

use super::backups::{self, Backups};
use super::beginning;
use super::catalogue::Catalogue;
use super::index::AssetIndex;
use super::network::SaveFirst;
use super::originals::Originals;
use super::places::Place;
use super::plan::{Entry, PlannedAsset, RunLibrary, assets};
use super::run::server_of;
use super::settings::{LibrarySettings, shows_manual};
use crate::Work;
use crate::arguments::{Card, Manual};
use crate::request::Task;

/// One who shows a picture that was made by hand.
pub(crate) struct ManualUpload {
    settings: LibrarySettings,
    /// Whether what is replaced for the first time is saved.
    saves_first: bool,
}

impl ManualUpload {
    /// One for this picture, where the settings want that it is shown. To be asked before the picture is in its place.
    ///
    /// # Errors
    /// Why it cannot be shown, in words.
    pub(crate) fn of(manual: &Manual, work: &Work<'_>) -> Result<Option<Self>, String> {
        let document = work.context.document.as_ref().map_err(Clone::clone)?;
        // Collections are no items of a library.
        if !shows_manual(document) || manual.card == Card::Collection {
            return Ok(None);
        }
        let settings = LibrarySettings::read_for(document, &Task::Create)?;
        let index = AssetIndex::read(&work.config.asset_path, settings.follow_links);
        let saves_first = beginning::saves_first(work.context.network.save_first, &work.context.folder, &index);
        Ok(Some(Self { settings, saves_first: saves_first.map_err(|error| error.to_string())? }))
    }

    /// Shows it.
    ///
    /// # Errors
    /// Why the server did not get it, in words.
    pub(crate) fn show(&self, manual: &Manual, file: &[u8], work: &Work<'_>) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(async {
            let client = work.context.network.client();
            let server = server_of(&client, &self.settings.account, self.settings.server);
            let (catalogue, asset) =
                find(manual, &self.settings, server.read_only(), work.config.library_folders).await?;
            if let Some(originals) = self.originals(&catalogue, work)? {
                let saved = originals.save(&asset, server.read_only(), None).await;
                saved.map_err(|reason| format!("what is shown now could not be saved: {reason}"))?;
            }
            for slot in self.slots(&asset) {
                let sent = server.upload(asset.id(), slot, file, asset.shown().is_some()).await;
                sent.map_err(|trouble| trouble.to_string())?;
            }
            Ok(())
        })
    }

    fn slots(&self, asset: &PlannedAsset) -> Vec<Slot> {
        let with_thumb = self.settings.backdrop_as_thumb && self.settings.server != ServerKind::Plex;
        let thumb = Some(Slot::Thumb).filter(|_| with_thumb && asset.slot() == Slot::Background);
        std::iter::once(asset.slot()).chain(thumb).collect()
    }

    /// Who saves what is replaced for the first time, where that is wanted.
    fn originals(&self, catalogue: &Catalogue, work: &Work<'_>) -> Result<Option<Originals>, String> {
        if !self.saves_first {
            return Ok(None);
        }
        match backups::folder(&self.settings, work.config) {
            Ok(folder) => Ok(Some(Originals::new(folder, Backups::of(catalogue, work.config.library_folders)))),
            Err(reason) if work.context.network.save_first == SaveFirst::On => Err(reason),
            Err(reason) => {
                work.journal.warning(format!("what the media server shows is replaced without a backup: {reason}"));
                Ok(None)
            }
        }
    }
}

/// The library's items, and what of them the picture is for.
async fn find(
    manual: &Manual,
    settings: &LibrarySettings,
    server: ReadOnly<'_>,
    library_folders: bool,
) -> Result<(Catalogue, PlannedAsset), String> {
    let name = server.name();
    let libraries = server.libraries().await.map_err(|trouble| trouble.to_string())?;
    let library = libraries.into_iter().find(|library| library.name == manual.library);
    let library = library.ok_or_else(|| format!("{name} has no library {} of movies or shows", manual.library))?;
    let listing = server.items(&library, Depth::default()).await.map_err(|trouble| trouble.to_string())?;
    let home = Arc::new(RunLibrary { rules: settings.rules_for(&library.name), library });
    let mut catalogue = Catalogue { libraries: vec![home.clone()], ..Catalogue::default() };
    for item in listing.items {
        let place = Place::of(&item, &home.library.roots);
        catalogue.entries.push(Arc::new(Entry { item, place, home: home.clone(), is_collection: false }));
    }
    let is_meant = |entry: &&Arc<Entry>| is_in(entry.place.as_ref(), &manual.folder);
    let entry = catalogue.entries.iter().find(is_meant);
    let entry =
        entry.ok_or_else(|| format!("{name} has nothing in a folder {} of {}", manual.folder, manual.library))?;
    let depth = Depth {
        seasons: needs_seasons(&manual.card),
        episodes: manual.card.kind() == ArtworkKind::TitleCard,
        ..Depth::default()
    };
    let item = match depth.seasons {
        true => server.item(&entry.item.id, depth).await.map_err(|trouble| trouble.to_string())?,
        false => entry.item.clone(),
    };
    let entry = Arc::new(Entry { item, place: entry.place.clone(), home, is_collection: false });
    let only = match &manual.card {
        Card::Season { number, .. } => Some((*number, Vec::new())),
        Card::Episode(place) => Some((place.season, vec![place.episode])),
        _ => None,
    };
    let asset = assets(&entry, &[manual.card.kind()], library_folders, only.as_ref()).into_iter().next();
    let asset = asset.ok_or_else(|| format!("{} on {name} does not have that season or episode", entry.item.title))?;
    Ok((catalogue, asset))
}

/// Whether an item's folder is the one of that name, which may be told with the folder above it.
fn is_in(place: Option<&Place>, folder: &str) -> bool {
    place.is_some_and(|place| {
        let with_extra = place.extra.as_ref().map(|extra| format!("{extra}/{}", place.root));
        place.root == folder || with_extra.is_some_and(|path| path == folder)
    })
}

fn needs_seasons(card: &Card) -> bool {
    matches!(card, Card::Season { .. } | Card::Episode(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_known_by_its_folder_with_or_without_the_one_above() {
        let place = |extra: Option<&str>| Place {
            base: "/m/".into(),
            root: "Heat (1995)".into(),
            extra: extra.map(str::to_owned),
        };
        assert!(is_in(Some(&place(None)), "Heat (1995)") && is_in(Some(&place(Some("Crime"))), "Heat (1995)"));
        assert!(is_in(Some(&place(Some("Crime"))), "Crime/Heat (1995)"));
        assert!(!is_in(Some(&place(None)), "Crime/Heat (1995)") && !is_in(None, "Heat (1995)"));
    }
}
