//! Whether an installation began without artwork: what is done by itself there would surprise in others.

use std::path::Path;
use std::{fs, io};

use super::index::AssetIndex;
use super::ledger;
use super::network::SaveFirst;

/// Says that an installation began without artwork.
const BEGAN_EMPTY: &str = "began-empty";

/// Whether what is replaced is saved in this installation. To be asked before the first asset is made.
///
/// # Errors
/// Those of the disk.
pub(super) fn saves_first(policy: SaveFirst, data: &Path, assets: &AssetIndex) -> io::Result<bool> {
    match policy {
        SaveFirst::On => Ok(true),
        SaveFirst::Off => Ok(false),
        SaveFirst::Auto => began_empty(data, assets),
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
        let applies = |policy: SaveFirst, index: &AssetIndex| saves_first(policy, data.path(), index).unwrap();
        assert!(!applies(SaveFirst::Auto, &some), "it has artwork from before");
        assert!(applies(SaveFirst::On, &some) && !applies(SaveFirst::Off, &none));
        assert!(applies(SaveFirst::Auto, &none) && applies(SaveFirst::Auto, &some));
        assert!(!applies(SaveFirst::Off, &none));
    }
}
