//! The trash folder: one folder per deleted file, with the file and a record of where it was.
//!
//! ```text
//! trash/<id>/record.json    written and synced before the file moves in
//! trash/<id>/poster.jpg     the file, under its own name
//! ```
//!
//! A crash at any point loses nothing: a record without its file is a move that did not happen (or a restore that did) and
//! goes at the next start; a file whose record cannot be read is left for people. Everything here blocks for the disk.

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::relocate::relocate;
use super::{DiscardError, Discarded, RestoreError, TrashEntry, TrashSettings, TrashView};
use crate::asset_indexer::Root;
use crate::asset_indexer::kind::is_picture;
use crate::files::{is_unfinished, write_atomic};
use crate::safe_path;

const RECORD: &str = "record.json";

/// The folder with what it holds.
pub struct Bin {
    folder: PathBuf,
    settings: TrashSettings,
    /// By id, which sorts by time.
    entries: BTreeMap<String, Arc<TrashEntry>>,
    bytes: u64,
}

impl Bin {
    /// Reads the folder and tidies up what a crash left.
    pub fn open(folder: PathBuf, settings: TrashSettings) -> Self {
        let mut bin = Self { folder, settings, entries: BTreeMap::new(), bytes: 0 };
        match std::fs::read_dir(&bin.folder) {
            Ok(found) => found.flatten().for_each(|found| bin.take_in(&found.path())),
            Err(error) => tracing::error!(%error, "the trash folder cannot be read; what is in it is not listed"),
        }
        bin
    }

    fn take_in(&mut self, folder: &Path) {
        let record = std::fs::read(folder.join(RECORD)).map_err(|error| error.to_string());
        let record = record.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
        let entry: TrashEntry = match record {
            Ok(entry) => entry,
            Err(_) if is_empty(folder) => return remove_rest(folder),
            Err(error) => {
                tracing::warn!(folder = %folder.display(), error, "not an entry of the trash; it is left as it is");
                return;
            }
        };
        if self.folder_of(&entry.id) != folder {
            return tracing::warn!(folder = %folder.display(), "an entry of the trash was renamed; it is left as it is");
        }
        if std::fs::symlink_metadata(self.content_of(&entry)).is_ok() {
            self.keep(entry);
        } else {
            remove_rest(folder);
        }
    }

    /// Takes a file of a library away: into the trash, or for good where the trash is off or smaller than the file.
    pub fn discard(&mut self, root: Root, library: &Path, path: &str) -> Result<Discarded, DiscardError> {
        let file = safe_path::entry(library, path)?;
        let found = std::fs::symlink_metadata(&file)?;
        if !found.is_file() && !found.is_symlink() {
            return Err(DiscardError::NotAFile);
        }
        if !is_image(&file) {
            return Err(DiscardError::NotAnImage);
        }
        let size = found.len();
        if !self.settings.enabled || size > self.settings.max_size {
            std::fs::remove_file(&file)?;
            return Ok(Discarded { trash_id: None });
        }
        let path = file.strip_prefix(library).unwrap_or(&file).to_string_lossy().into_owned();
        let entry = TrashEntry { id: new_id(), root, path, size, deleted_at: Utc::now() };
        self.put(&file, &entry).inspect_err(|_| self.remove_empty(&entry))?;
        let trash_id = Some(entry.id.clone());
        self.keep(entry);
        Ok(Discarded { trash_id })
    }

    fn put(&self, file: &Path, entry: &TrashEntry) -> io::Result<()> {
        // Somebody may have emptied the trash by removing it.
        std::fs::create_dir_all(&self.folder)?;
        let folder = self.folder_of(&entry.id);
        std::fs::create_dir(&folder)?;
        write_atomic(&folder.join(RECORD), &serde_json::to_vec(entry)?)?;
        std::fs::File::open(&self.folder)?.sync_all()?;
        relocate(file, &self.content_of(entry))
    }

    /// The entry's folder, unless the file is in it after all.
    fn remove_empty(&self, entry: &TrashEntry) {
        if std::fs::symlink_metadata(self.content_of(entry)).is_err() {
            remove_rest(&self.folder_of(&entry.id));
        }
    }

    /// Puts a file back where it was. What is there now stays, and so does the file in the trash.
    pub fn restore(&mut self, id: &str, library: impl Fn(Root) -> PathBuf) -> Result<Arc<TrashEntry>, RestoreError> {
        let entry = self.entries.get(id).cloned().ok_or(RestoreError::Unknown)?;
        let place = safe_path::place(&library(entry.root), &entry.path).map_err(|error| match error {
            safe_path::PathError::Io(error) => RestoreError::Disk(error.to_string()),
            _ => RestoreError::NoWay { path: entry.path.clone() },
        })?;
        std::fs::create_dir_all(place.parent().unwrap_or(&place))?;
        match relocate(&self.content_of(&entry), &place) {
            Ok(()) => {
                self.forget(id);
                Ok(entry)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Somebody took it out by hand.
                self.forget(id);
                Err(RestoreError::Unknown)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(RestoreError::Taken { path: entry.path.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a file of the trash for good. Tells whether it was there.
    pub fn purge(&mut self, id: &str) -> io::Result<bool> {
        let Some(entry) = self.entries.get(id).cloned() else { return Ok(false) };
        // The file first: without its record it would stay for ever.
        match std::fs::remove_file(self.content_of(&entry)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.forget(id),
        }
        Ok(true)
    }

    /// Deletes everything in the trash for good, and tells how many files that were.
    pub fn purge_all(&mut self) -> io::Result<usize> {
        let ids: Vec<_> = self.entries.keys().cloned().collect();
        for id in &ids {
            self.purge(id)?;
        }
        Ok(ids.len())
    }

    /// Deletes what is too old, then the oldest until the rest fits.
    pub fn prune(&mut self, now: DateTime<Utc>) {
        let age = self.settings.max_age.and_then(|age| TimeDelta::from_std(age).ok());
        let oldest_kept = age.and_then(|age| now.checked_sub_signed(age));
        while let Some((id, entry)) = self.entries.first_key_value() {
            let too_old = oldest_kept.is_some_and(|oldest| entry.deleted_at < oldest);
            if !too_old && self.bytes <= self.settings.max_size {
                return;
            }
            let id = id.clone();
            if let Err(error) = self.purge(&id) {
                return tracing::warn!(id, %error, "the trash cannot be tidied; delete its oldest folders by hand");
            }
        }
    }

    /// Whether the trash has it.
    pub fn has(&self, id: &str) -> bool {
        self.entries.contains_key(id)
    }

    /// What it holds, newest first.
    pub fn view(&self) -> TrashView {
        TrashView { entries: self.entries.values().rev().cloned().collect(), bytes: self.bytes }
    }

    fn keep(&mut self, entry: TrashEntry) {
        self.bytes += entry.size;
        self.entries.insert(entry.id.clone(), Arc::new(entry));
    }

    fn forget(&mut self, id: &str) {
        let Some(entry) = self.entries.remove(id) else { return };
        self.bytes = self.bytes.saturating_sub(entry.size);
        remove_rest(&self.folder_of(id));
    }

    fn folder_of(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    fn content_of(&self, entry: &TrashEntry) -> PathBuf {
        self.folder_of(&entry.id).join(Path::new(&entry.path).file_name().unwrap_or_default())
    }
}

/// Whether a folder holds nothing but files that were never finished.
fn is_empty(folder: &Path) -> bool {
    let unfinished = |found: io::Result<DirEntry>| found.is_ok_and(|found| is_unfinished(&found.file_name()));
    std::fs::read_dir(folder).is_ok_and(|mut found| found.all(unfinished))
}

/// Removes the folder of an entry that has no file any more. One that turns out to have it stays.
fn remove_rest(folder: &Path) {
    let is_ours = |found: &DirEntry| found.file_name() == RECORD || is_unfinished(&found.file_name());
    let removed = std::fs::read_dir(folder).and_then(|found| {
        found.flatten().filter(is_ours).try_for_each(|found| std::fs::remove_file(found.path()))?;
        std::fs::remove_dir(folder)
    });
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "an empty entry of the trash cannot be removed");
        }
        _ => {}
    }
}

/// What the galleries show may be deleted. Anything else in an asset folder is not ours to take away.
fn is_image(file: &Path) -> bool {
    file.file_name().is_some_and(|name| is_picture(name.as_encoded_bytes()))
}

/// Sorts by time; the random end keeps those of one instant apart.
fn new_id() -> String {
    format!("{}-{:08x}", Utc::now().format("%Y%m%dT%H%M%S%6f"), fastrand::u32(..))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::*;

    struct Stage {
        folder: tempfile::TempDir,
        settings: TrashSettings,
    }

    impl Stage {
        fn new() -> Self {
            let settings = TrashSettings { enabled: true, max_size: 1000, max_age: Some(Duration::from_secs(3600)) };
            let stage = Self { folder: tempfile::tempdir().unwrap(), settings };
            std::fs::create_dir_all(stage.trash()).unwrap();
            for name in ["Movies/A/poster.jpg", "Movies/A/notes.txt"] {
                stage.write(name, b"0123456789");
            }
            stage
        }

        fn trash(&self) -> PathBuf {
            self.folder.path().join("trash")
        }

        fn library(&self) -> PathBuf {
            self.folder.path().join("assets")
        }

        fn write(&self, name: &str, content: &[u8]) {
            let path = self.library().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }

        fn bin(&self) -> Bin {
            Bin::open(self.trash(), self.settings)
        }

        fn discard(&self, bin: &mut Bin, path: &str) -> Result<Discarded, DiscardError> {
            bin.discard(Root::Assets, &self.library(), path)
        }

        fn restore(&self, bin: &mut Bin, id: &str) -> Result<Arc<TrashEntry>, RestoreError> {
            bin.restore(id, |_| self.library())
        }

        fn is_there(&self, name: &str) -> bool {
            std::fs::symlink_metadata(self.library().join(name)).is_ok()
        }
    }

    #[test]
    fn what_is_deleted_can_be_restored_also_by_the_next_process() {
        let stage = Stage::new();
        let id = stage.discard(&mut stage.bin(), "./Movies//A/poster.jpg").unwrap().trash_id.unwrap();
        assert!(!stage.is_there("Movies/A/poster.jpg"));
        std::fs::remove_dir_all(stage.library().join("Movies")).unwrap();
        let mut bin = stage.bin();
        let view = bin.view();
        assert_eq!((view.entries.len(), view.bytes, view.entries[0].path.as_str()), (1, 10, "Movies/A/poster.jpg"));
        stage.restore(&mut bin, &id).unwrap();
        assert_eq!(std::fs::read(stage.library().join("Movies/A/poster.jpg")).unwrap(), b"0123456789");
        assert_eq!(std::fs::read_dir(stage.trash()).unwrap().count(), 0);
        assert_eq!(stage.restore(&mut bin, &id).unwrap_err(), RestoreError::Unknown);
        assert_eq!(bin.view().bytes, 0);
    }

    #[test]
    fn a_restore_never_overwrites_and_does_not_make_a_library_that_is_gone() {
        let stage = Stage::new();
        let mut bin = stage.bin();
        let id = stage.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
        stage.write("Movies/A/poster.jpg", b"new");
        assert!(matches!(stage.restore(&mut bin, &id), Err(RestoreError::Taken { .. })));
        assert_eq!(std::fs::read(stage.library().join("Movies/A/poster.jpg")).unwrap(), b"new");
        std::fs::remove_dir_all(stage.library()).unwrap();
        assert!(matches!(stage.restore(&mut bin, &id), Err(RestoreError::NoWay { .. })));
        assert!(bin.has(&id) && !stage.library().try_exists().unwrap());
    }

    #[test]
    fn only_images_below_the_library_are_deleted() {
        let stage = Stage::new();
        std::fs::write(stage.folder.path().join("secret.jpg"), "x").unwrap();
        std::fs::create_dir(stage.library().join("folder.jpg")).unwrap();
        symlink("..", stage.library().join("up")).unwrap();
        let mut bin = stage.bin();
        for (path, error) in [
            ("../secret.jpg", DiscardError::Forbidden),
            ("/etc/passwd", DiscardError::Forbidden),
            ("up/secret.jpg", DiscardError::Forbidden),
            ("a\0b.jpg", DiscardError::Forbidden),
            ("Movies/A/nope.jpg", DiscardError::Missing),
            ("Movies/A", DiscardError::NotAFile),
            ("folder.jpg", DiscardError::NotAFile),
            ("", DiscardError::NotAFile),
            ("Movies/A/notes.txt", DiscardError::NotAnImage),
        ] {
            assert_eq!(stage.discard(&mut bin, path), Err(error), "{path:?}");
        }
        assert!(stage.folder.path().join("secret.jpg").try_exists().unwrap() && stage.is_there("Movies/A/notes.txt"));
        assert_eq!(std::fs::read_dir(stage.trash()).unwrap().count(), 0);
    }

    #[test]
    fn security_8_a_link_is_deleted_itself_and_never_its_target() {
        let stage = Stage::new();
        std::fs::write(stage.folder.path().join("outside.jpg"), "x").unwrap();
        symlink("Movies/A/poster.jpg", stage.library().join("in.jpg")).unwrap();
        symlink("../outside.jpg", stage.library().join("out.jpg")).unwrap();
        symlink("nowhere.jpg", stage.library().join("dangling.jpg")).unwrap();
        let mut bin = stage.bin();
        for link in ["in.jpg", "out.jpg", "dangling.jpg"] {
            let id = stage.discard(&mut bin, link).unwrap().trash_id.unwrap();
            assert!(!stage.is_there(link), "{link}");
            assert!(
                stage.is_there("Movies/A/poster.jpg") && stage.folder.path().join("outside.jpg").try_exists().unwrap()
            );
            stage.restore(&mut bin, &id).unwrap();
            assert!(std::fs::symlink_metadata(stage.library().join(link)).unwrap().is_symlink(), "{link}");
        }
    }

    #[test]
    fn a_crash_between_record_and_move_loses_nothing() {
        let stage = Stage::new();
        let mut bin = stage.bin();
        let kept = stage.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
        // A record whose file never came, half a record, a folder without anything, and a file without its record.
        let mut never = TrashEntry::clone(&bin.view().entries[0]);
        never.id = "20250101T000000000000-00000001".to_owned();
        let folder = |name: &str| {
            let folder = stage.trash().join(name);
            std::fs::create_dir(&folder).unwrap();
            folder
        };
        std::fs::write(folder(&never.id).join(RECORD), serde_json::to_vec(&never).unwrap()).unwrap();
        std::fs::write(folder("torn").join(RECORD), "{").unwrap();
        std::fs::write(folder("empty").join(".posterizarrd-x.tmp"), "{").unwrap();
        std::fs::write(folder("orphan").join("poster.jpg"), "x").unwrap();
        let bin = stage.bin();
        assert_eq!(bin.view().entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), [kept.as_str()]);
        let mut left: Vec<_> = std::fs::read_dir(stage.trash())
            .unwrap()
            .map(|found| found.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, [kept.as_str(), "orphan", "torn"], "what may be of use is left for people");
    }

    const VICTIM: &str = "TRASH_TEST_VICTIM";
    const MANY: usize = 60;

    /// Deletes one image after the other in the folder that its parent process names, until that kills it.
    #[test]
    fn victim() {
        let Some(folder) = std::env::var_os(VICTIM).map(PathBuf::from) else { return };
        let settings = TrashSettings { enabled: true, max_size: u64::MAX, max_age: None };
        let mut bin = Bin::open(folder.join("trash"), settings);
        for n in 0..MANY {
            bin.discard(Root::Assets, &folder.join("assets"), &format!("{n}.jpg")).unwrap();
        }
    }

    #[test]
    fn a_kill_at_any_moment_loses_no_image() {
        for deleted in [0, 1, 7, 30] {
            let mut stage = Stage::new();
            stage.settings.max_size = u64::MAX;
            (0..MANY).for_each(|n| stage.write(&format!("{n}.jpg"), n.to_string().as_bytes()));
            let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "trash::bin::tests::victim"])
                .env(VICTIM, stage.folder.path())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            while std::fs::read_dir(stage.trash()).unwrap().count() < deleted && victim.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            victim.kill().unwrap();
            victim.wait().unwrap();
            let mut bin = stage.bin();
            for entry in bin.view().entries {
                stage.restore(&mut bin, &entry.id).unwrap();
            }
            for n in 0..MANY {
                let image = std::fs::read(stage.library().join(format!("{n}.jpg")));
                assert_eq!(image.unwrap(), n.to_string().as_bytes(), "{n} of {deleted}");
            }
            assert_eq!(std::fs::read_dir(stage.trash()).unwrap().count(), 0);
        }
    }

    #[test]
    fn the_oldest_go_when_the_trash_is_full_and_all_go_with_age() {
        let mut stage = Stage::new();
        stage.settings.max_size = 25;
        let mut bin = stage.bin();
        let mut ids = Vec::new();
        for name in ["a.jpg", "b.jpg", "c.jpg"] {
            stage.write(name, b"0123456789");
            ids.push(stage.discard(&mut bin, name).unwrap().trash_id.unwrap());
            bin.prune(Utc::now());
        }
        assert_eq!(ids.iter().map(|id| bin.has(id)).collect::<Vec<_>>(), [false, true, true]);
        stage.write("large.jpg", &[0; 26]);
        assert_eq!(stage.discard(&mut bin, "large.jpg").unwrap().trash_id, None, "larger than the whole trash");
        assert!(!stage.is_there("large.jpg") && bin.has(&ids[2]));
        bin.prune(Utc::now() + TimeDelta::minutes(59));
        assert_eq!(bin.view().entries.len(), 2);
        bin.prune(Utc::now() + TimeDelta::minutes(61));
        assert_eq!((bin.view().entries.len(), bin.view().bytes), (0, 0));
        assert_eq!(std::fs::read_dir(stage.trash()).unwrap().count(), 0);
    }

    #[test]
    fn without_a_trash_deleting_is_for_good() {
        let mut stage = Stage::new();
        stage.settings.enabled = false;
        let mut bin = stage.bin();
        assert_eq!(stage.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id, None);
        assert!(!stage.is_there("Movies/A/poster.jpg"));
        assert_eq!(std::fs::read_dir(stage.trash()).unwrap().count(), 0);
    }

    #[test]
    fn a_trash_that_was_emptied_by_hand_goes_on() {
        let stage = Stage::new();
        stage.write("b.jpg", b"x");
        let mut bin = stage.bin();
        let id = stage.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
        std::fs::remove_dir_all(stage.trash()).unwrap();
        assert_eq!(stage.restore(&mut bin, &id), Err(RestoreError::Unknown));
        assert_eq!((bin.view().entries.len(), bin.view().bytes), (0, 0));
        let id = stage.discard(&mut bin, "b.jpg").unwrap().trash_id.unwrap();
        stage.restore(&mut bin, &id).unwrap();
    }

    #[test]
    fn purging_is_for_good() {
        let stage = Stage::new();
        stage.write("b.jpg", b"x");
        let mut bin = stage.bin();
        let id = stage.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
        stage.discard(&mut bin, "b.jpg").unwrap();
        assert!(bin.purge(&id).unwrap() && !bin.purge(&id).unwrap() && !bin.purge("../assets").unwrap());
        assert_eq!(bin.purge_all().unwrap(), 1);
        assert_eq!(std::fs::read_dir(stage.trash()).unwrap().count(), 0);
    }
}
