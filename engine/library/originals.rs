//! What the media server shows is saved before a picture of ours takes its place for the first time.

use std::path::{Path, PathBuf};
use std::{fs, io};

use posterizarr_media::ServiceError;
use posterizarr_media::servers::ReadOnly;

use super::backups::{self, Backups};
use super::index::AssetIndex;
use super::ledger;
use super::looks::digest;
use super::marker::is_marked;
use super::plan::PlannedAsset;

/// Whether that is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveFirst {
    /// In installations that began without artwork.
    #[default]
    Auto,
    On,
    Off,
}

/// Says that an installation began without artwork.
const BEGAN_EMPTY: &str = "began-empty";

impl SaveFirst {
    /// Its word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// Whether it is done here. To be asked before the first asset is made.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn applies(self, data: &Path, assets: &AssetIndex) -> io::Result<bool> {
        match self {
            Self::On => Ok(true),
            Self::Off => Ok(false),
            Self::Auto => began_empty(data, assets),
        }
    }
}

/// Whether this installation began without artwork. To be asked before the first asset is made, which it then notes.
///
/// # Errors
/// Those of the disk.
pub(super) fn began_empty(data: &Path, assets: &AssetIndex) -> io::Result<bool> {
    let note = ledger::folder(data).join(BEGAN_EMPTY);
    if note.is_file() {
        return Ok(true);
    }
    if assets.len() > 0 || ledger::exists(data)? {
        return Ok(false);
    }
    fs::create_dir_all(ledger::folder(data))?;
    fs::write(note, "What the media server showed before the first run is saved to the backup folder.\n")?;
    Ok(true)
}

/// Notes that this installation began without artwork, if it has none yet. To be done before the first asset is made.
///
/// # Errors
/// Those of the disk.
pub(crate) fn note_beginning(data: &Path, assets: &Path) -> io::Result<()> {
    if is_noted_empty(data) || ledger::exists(data)? {
        return Ok(());
    }
    began_empty(data, &AssetIndex::read(assets, true)).map(|_| ())
}

/// Whether it is noted that this installation began without artwork.
pub(crate) fn is_noted_empty(data: &Path) -> bool {
    ledger::folder(data).join(BEGAN_EMPTY).is_file()
}

/// One who saves what is about to be replaced.
pub(super) struct Originals {
    folder: PathBuf,
    places: Backups,
    /// What was saved before this run.
    saved: AssetIndex,
}

impl Originals {
    pub(super) fn new(folder: &Path, places: Backups) -> Self {
        let saved = AssetIndex::read(folder, false);
        saved.sweep();
        Self { folder: folder.to_owned(), places, saved }
    }

    /// Saves what the server shows in the place of an asset, unless that was done before, or it is finished artwork, or what it
    /// got from us, of which this is the digest.
    ///
    /// # Errors
    /// Why it could not be saved, in words.
    pub(super) async fn save(
        &self,
        asset: &PlannedAsset,
        server: ReadOnly<'_>,
        ours: Option<&str>,
    ) -> Result<(), String> {
        let Some(mark) = asset.shown() else { return Ok(()) };
        let path = self.places.path(asset);
        if self.saved.get(&path).is_some() {
            return Ok(());
        }
        let picture = match server.picture(asset.id(), asset.slot(), mark).await {
            Ok(picture) if is_marked(&picture) || ours.is_some_and(|ours| digest(&picture) == ours) => return Ok(()),
            Ok(picture) => picture,
            // What is no picture is no loss.
            Err(ServiceError::NotFound { .. } | ServiceError::Malformed { .. }) => return Ok(()),
            Err(trouble) => return Err(trouble.to_string()),
        };
        backups::write(&self.folder, &path, picture).await.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_that_began_without_artwork_is_known_as_such_from_then_on() {
        let data = tempfile::tempdir().unwrap();
        let (assets, none) = (data.path().join("assets"), AssetIndex::default());
        fs::create_dir(&assets).unwrap();
        fs::write(assets.join("poster.jpg"), "x").unwrap();
        let some = AssetIndex::read(&assets, false);
        let applies = |policy: SaveFirst, index: &AssetIndex| policy.applies(data.path(), index).unwrap();
        assert!(!applies(SaveFirst::Auto, &some), "it has artwork from before");
        assert!(applies(SaveFirst::On, &some) && !applies(SaveFirst::Off, &none));
        assert!(applies(SaveFirst::Auto, &none) && applies(SaveFirst::Auto, &some));
        assert!(!applies(SaveFirst::Off, &none));
    }
}
