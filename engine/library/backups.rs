//! The backup folder: where in it the artwork of each item is saved, and saving it.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use posterizarr_base::files::Staged;
use posterizarr_render::config::Config;

use super::catalogue::Catalogue;
use super::cleanup::remove_empty;
use super::places::Place;
use super::plan::{Entry, PlannedAsset};
use super::settings::LibrarySettings;

/// The backup folder, if it can be one.
///
/// # Errors
/// Why it cannot, and what to do.
pub(super) fn folder<'a>(settings: &'a LibrarySettings, config: &Config) -> Result<&'a Path, String> {
    let folder = settings.backups.as_path();
    if !folder.is_dir() {
        return Err(format!(
            "the backup folder {} does not exist; create it, or set PrerequisitePart.BackupPath in config.json",
            folder.display()
        ));
    }
    let same =
        |one: &Path, other: &Path| one.canonicalize().ok().is_some_and(|one| other.canonicalize().ok() == Some(one));
    if same(folder, &config.asset_path) {
        return Err(
            "the backup folder and the asset folder are the same, and saved artwork could not be told from new artwork; set PrerequisitePart.BackupPath in config.json to another one".to_owned(),
        );
    }
    Ok(folder)
}

/// Puts a file into the backup folder.
pub(super) async fn write(folder: &Path, asset: &str, picture: Vec<u8>) -> io::Result<()> {
    let (folder, path) = (folder.to_owned(), folder.join(format!("{asset}.jpg")));
    // The disk may make one wait.
    let write = move || {
        let parent = path.parent().unwrap_or(&folder);
        std::fs::create_dir_all(parent)?;
        Staged::new(&path, &picture).and_then(Staged::put).inspect_err(|_| {
            remove_empty(Some(parent), &folder);
        })
    };
    tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?
}

/// Where the saved artwork of items is. Names have no folder between library and item, except where two items would have the
/// same place.
pub(super) struct Backups {
    library_folders: bool,
    /// Library and folder of items that another one is called like.
    shared: HashMap<(String, String), usize>,
}

impl Backups {
    pub(super) fn of(catalogue: &Catalogue, library_folders: bool) -> Self {
        let mut shared: HashMap<(String, String), usize> = HashMap::new();
        for (entry, place) in catalogue.titles().filter_map(|entry| Some((entry, entry.place.as_ref()?))) {
            *shared.entry(Self::key(entry, place, library_folders)).or_default() += 1;
        }
        shared.retain(|_, items| *items > 1);
        Self { library_folders, shared }
    }

    fn key(entry: &Entry, place: &Place, library_folders: bool) -> (String, String) {
        let library = if library_folders { entry.home.library.name.to_lowercase() } else { String::new() };
        (library, place.root.to_lowercase())
    }

    /// The path of an asset in the backup folder, without extension.
    pub(super) fn path(&self, asset: &PlannedAsset) -> String {
        let entry = &asset.entry;
        let Some(place) = entry.place.as_ref().filter(|_| !entry.is_collection) else { return asset.path.clone() };
        if self.shared.contains_key(&Self::key(entry, place, self.library_folders)) {
            return asset.path.clone();
        }
        let place = Place { extra: None, ..place.clone() };
        place.asset(&entry.home.library.name, self.library_folders, asset.subject)
    }
}
