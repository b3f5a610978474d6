//! Assets of items that the server no longer has.
//!
//! Only what is ours by its marker, in libraries and of kinds that this run has seen, is cleared, and only after a run in
//! which nothing went wrong; and then it is moved aside, from where the daemon's trash takes it over. More than a fifth of everything at once is no tidying
//! up, but a library that has gone missing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use chrono::Local;
use posterizarr_base::artwork::{AssetName, COLLECTIONS};
use posterizarr_render::design::ArtworkKind;

use super::index::AssetIndex;
use super::marker::is_ours;

/// The part of all assets that may be cleared by one run.
const MAX_SHARE: f64 = 0.2;
/// So few always may.
const FEW: usize = 5;
/// How many folders with what earlier runs cleared are kept.
const KEPT: usize = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cleared {
    pub(super) images: usize,
    pub(super) folders: usize,
    pub(super) bytes: u64,
}

/// What a run has seen.
pub(super) struct Seen<'a> {
    /// Assets, by their path without extension, in lower case.
    pub(super) assets: &'a HashSet<String>,
    /// Libraries, in lower case; none in the flat layout, where nobody can tell whose an asset is.
    pub(super) libraries: Option<&'a HashSet<String>>,
    pub(super) kinds: &'a [ArtworkKind],
}

/// The assets that may be cleared.
pub(super) fn stale(index: &AssetIndex, seen: &Seen<'_>) -> Vec<PathBuf> {
    // A server may have dropped them and make them again; nobody but the user knows.
    let collections = format!("{}/", COLLECTIONS.to_lowercase());
    let may_go = |key: &str| {
        let Some(libraries) = seen.libraries else { return false };
        let library = key.split('/').next().unwrap_or_default();
        !seen.assets.contains(key)
            && libraries.contains(library)
            && !key.starts_with(&collections)
            && kind(key).is_some_and(|kind| seen.kinds.contains(&kind))
    };
    let candidates = index.iter().filter(|(key, _)| may_go(key)).map(|(_, path)| path);
    let ours = |path: &&Path| posterizarr_base::bounded::read(path, 100 << 20).is_ok_and(|file| is_ours(&file));
    let mut found: Vec<PathBuf> = candidates.filter(ours).map(Path::to_owned).collect();
    found.sort();
    found
}

/// The kind of an asset, by its name.
fn kind(key: &str) -> Option<ArtworkKind> {
    AssetName::of_stem(key.rsplit('/').next().unwrap_or_default()).map(AssetName::kind)
}

/// Whether so many are too many to be right.
pub(super) fn is_too_much(stale: usize, all: usize) -> bool {
    stale > FEW && stale as f64 > all as f64 * MAX_SHARE
}

/// Moves files out of the asset folder, and folders that are then empty away.
pub(super) fn clear(files: &[PathBuf], assets: &Path, aside: &Path) -> io::Result<Cleared> {
    let mut cleared = Cleared::default();
    if files.is_empty() {
        return Ok(cleared);
    }
    let target = aside.join(Local::now().format("%Y%m%d_%H%M%S").to_string());
    for file in files {
        let Ok(relative) = file.strip_prefix(assets) else { continue };
        let to = target.join(relative);
        let size = fs::metadata(file)?.len();
        let put = || fs::create_dir_all(to.parent().unwrap_or(&target)).and_then(|()| relocate(file, &to));
        // The trash may tidy up behind us: a folder that was there a moment ago is made again.
        put().or_else(|error| if error.kind() == io::ErrorKind::NotFound { put() } else { Err(error) })?;
        cleared.images += 1;
        cleared.bytes += size;
        cleared.folders += remove_empty(file.parent(), assets);
    }
    prune(aside)?;
    Ok(cleared)
}

fn relocate(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(from, to)?;
            fs::File::open(to)?.sync_all()?;
            fs::remove_file(from)
        }
        other => other,
    }
}

/// Removes a folder and those around it, as far as they are empty; gives how many.
pub(super) fn remove_empty(folder: Option<&Path>, assets: &Path) -> usize {
    let mut removed = 0;
    let mut next = folder;
    while let Some(folder) = next.filter(|folder| *folder != assets && folder.starts_with(assets)) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
        removed += 1;
        next = folder.parent();
    }
    removed
}

fn prune(aside: &Path) -> io::Result<()> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(aside)?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let surplus = folders.len().saturating_sub(KEPT);
    folders.iter().take(surplus).try_for_each(fs::remove_dir_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &[u8] = b"\xff\xd8\xff\xfe\0\x1acreated with posterizarr\xff\xda";

    #[test]
    fn only_what_is_ours_and_not_seen_in_a_library_that_was_goes_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (assets, aside) = (folder.path().join("assets"), folder.path().join("cleared"));
        for (path, content) in [
            ("Movies/Gone/poster.jpg", OURS),
            ("Movies/Own/poster.jpg", b"mine"),
            ("Movies/Here/poster.jpg", OURS),
            ("Movies/Here/background.jpg", OURS),
            ("Movies/Here/fanart.jpg", OURS),
            ("Other/Gone/poster.jpg", OURS),
            ("Collections/Gone/poster.jpg", OURS),
        ] {
            let path = assets.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let index = AssetIndex::read(&assets, false).with_collections(&assets, false);
        let seen_assets = HashSet::from(["movies/here/poster".to_owned()]);
        let libraries = HashSet::from(["movies", "collections"].map(str::to_owned));
        let seen = Seen {
            assets: &seen_assets,
            libraries: Some(&libraries),
            kinds: &[ArtworkKind::Poster, ArtworkKind::Season],
        };
        let stale = stale(&index, &seen);
        assert_eq!(stale, [assets.join("Movies/Gone/poster.jpg")]);
        let cleared = clear(&stale, &assets, &aside).unwrap();
        assert_eq!((cleared.images, cleared.folders, cleared.bytes), (1, 1, OURS.len() as u64));
        assert!(!assets.join("Movies/Gone").try_exists().unwrap());
        let kept = fs::read_dir(&aside).unwrap().next().unwrap().unwrap().path();
        assert_eq!(fs::read(kept.join("Movies/Gone/poster.jpg")).unwrap(), OURS);
    }

    #[test]
    fn a_fifth_of_everything_is_too_much() {
        assert!(!is_too_much(5, 6) && !is_too_much(20, 100) && is_too_much(21, 100));
        assert_eq!(kind("tv/dark/s01e02"), Some(ArtworkKind::TitleCard));
        assert_eq!(
            (kind("tv/dark/season01"), kind("tv/dark/seasons"), kind("x/logo")),
            (Some(ArtworkKind::Season), None, None)
        );
    }
}
