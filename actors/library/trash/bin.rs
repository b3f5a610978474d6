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
use posterizarr_base::bounded;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};

use super::entry::{Discarded, TrashEntry, TrashSettings};
use super::fault::{DiscardError, RestoreError};
use super::relocate::{duplicate, is_same, relocate};
use super::view::TrashView;
use crate::files::{is_unfinished, write_atomic};
use crate::library::assets::is_picture;
use crate::library::assets::{Root, left_out};
use crate::runtime::safe_path::{self, PathError};

const RECORD: &str = "record.json";
/// The largest record of a deleted file, in bytes.
const MAX_RECORD_SIZE: u64 = 64 * 1024;

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
        let record = bounded::read(&folder.join(RECORD), MAX_RECORD_SIZE).map_err(|error| error.to_string());
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
        let (file, entry) = entry(new_id(), root, library, path)?;
        if !self.has_room_for(&entry) {
            std::fs::remove_file(&file)?;
            return Ok(Discarded { trash_id: None });
        }
        self.put(&file, &entry, relocate).inspect_err(|_| self.remove_empty(&entry))?;
        let trash_id = Some(entry.id.clone());
        self.keep(entry);
        Ok(Discarded { trash_id })
    }

    /// Puts a copy of a file into the trash, under the id that it is given, and leaves the file as a stand-in until something
    /// takes its place. Its time becomes that of now: whoever knows files by their times takes it for another one. Tells whether
    /// the trash has it; it is not done twice.
    pub fn preserve(&mut self, id: &str, root: Root, library: &Path, path: &str) -> Result<bool, DiscardError> {
        if self.has(id) {
            return Ok(true);
        }
        let (file, entry) = entry(id.to_owned(), root, library, path)?;
        if !self.has_room_for(&entry) {
            return Ok(false);
        }
        self.put(&file, &entry, duplicate).inspect_err(|_| self.remove_empty(&entry))?;
        self.keep(entry);
        touch(&file);
        Ok(true)
    }

    /// Removes the stand-in of a preserved file, unless something else has taken its place. Tells whose it was, where it is gone.
    pub fn remove_stand_in(&self, id: &str, library: impl Fn(Root) -> PathBuf) -> io::Result<Option<Arc<TrashEntry>>> {
        let Some(entry) = self.entries.get(id).cloned() else { return Ok(None) };
        let Ok(place) = safe_path::place(&library(entry.root), &entry.path) else { return Ok(None) };
        if !is_same(&self.content_of(&entry), &place) {
            return Ok(None);
        }
        std::fs::remove_file(place).map(|()| Some(entry))
    }

    fn has_room_for(&self, entry: &TrashEntry) -> bool {
        self.settings.enabled && entry.size <= self.settings.max_size
    }

    /// Takes over what runs of the engine moved aside: `folder` has a folder for each run, with the assets at their paths.
    /// Where the trash is off, they are deleted as everything else is. What cannot be moved stays, for the next time.
    pub fn take_over(&mut self, folder: &Path) {
        for run in folders_in(folder) {
            for path in files_below(&run) {
                if let Err(error) = self.discard(Root::Assets, &run, &path) {
                    tracing::warn!(file = %run.join(&path).display(), %error, "what a run cleared stays beside the trash");
                }
            }
            remove_empty_folders(&run);
        }
    }

    fn put(&self, file: &Path, entry: &TrashEntry, bring: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        // Somebody may have emptied the trash by removing it.
        std::fs::create_dir_all(&self.folder)?;
        let folder = self.folder_of(&entry.id);
        std::fs::create_dir(&folder)?;
        write_atomic(&folder.join(RECORD), &serde_json::to_vec(entry)?)?;
        std::fs::File::open(&self.folder)?.sync_all()?;
        bring(file, &self.content_of(entry))
    }

    /// The entry's folder, unless the file is in it after all.
    fn remove_empty(&self, entry: &TrashEntry) {
        if std::fs::symlink_metadata(self.content_of(entry)).is_err() {
            remove_rest(&self.folder_of(&entry.id));
        }
    }

    /// Puts a file back where it was. What is there now stays, and so does the file in the trash; only the same once more, such
    /// as its stand-in, makes room for it.
    pub fn restore(&mut self, id: &str, library: impl Fn(Root) -> PathBuf) -> Result<Arc<TrashEntry>, RestoreError> {
        let entry = self.entries.get(id).cloned().ok_or(RestoreError::Unknown)?;
        let place = safe_path::place(&library(entry.root), &entry.path).map_err(|error| match error {
            safe_path::PathError::Io(error) => RestoreError::Disk(error.to_string()),
            _ => RestoreError::NoWay { path: entry.path.clone() },
        })?;
        std::fs::create_dir_all(place.parent().unwrap_or(&place))?;
        let content = self.content_of(&entry);
        if is_same(&content, &place) {
            std::fs::remove_file(&place)?;
        }
        match relocate(&content, &place) {
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

/// A file of a library, and what the trash would note of it.
fn entry(id: String, root: Root, library: &Path, path: &str) -> Result<(PathBuf, TrashEntry), DiscardError> {
    if left_out::hides(path) {
        return Err(PathError::Missing.into());
    }
    let file = safe_path::entry(library, path)?;
    let found = std::fs::symlink_metadata(&file)?;
    if !found.is_file() && !found.is_symlink() {
        return Err(DiscardError::NotAFile);
    }
    if !is_image(&file) {
        return Err(DiscardError::NotAnImage);
    }
    let path = file.strip_prefix(library).unwrap_or(&file).to_string_lossy().into_owned();
    Ok((file, TrashEntry { id, root, path, size: found.len(), deleted_at: Utc::now() }))
}

/// Gives a file the time of now. Where we may not, it keeps its own.
fn touch(file: &Path) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    if let Err(error) = utimensat(CWD, file, &times, AtFlags::SYMLINK_NOFOLLOW) {
        tracing::debug!(file = %file.display(), %error, "a stand-in keeps the time of its original");
    }
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}

/// The files below a folder, by their paths in it. Links are not followed.
fn files_below(folder: &Path) -> Vec<String> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        folders.extend(folders_in(&next));
        let entries = std::fs::read_dir(&next).into_iter().flatten().flatten();
        let found =
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir())).map(|entry| entry.path());
        files.extend(found.filter_map(|file| Some(file.strip_prefix(folder).ok()?.to_str()?.to_owned())));
    }
    files.sort();
    files
}

/// Removes a folder and those in it, as far as there is nothing in them.
fn remove_empty_folders(folder: &Path) {
    folders_in(folder).iter().for_each(|inner| remove_empty_folders(inner));
    let _ = std::fs::remove_dir(folder);
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
pub fn new_id() -> String {
    format!("{}-{:08x}", Utc::now().format("%Y%m%dT%H%M%S%6f"), fastrand::u32(..))
}

#[cfg(test)]
mod tests;
