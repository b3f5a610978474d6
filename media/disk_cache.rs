//! A folder of what can be had again: by name, within a number of bytes, the least used going first.
//!
//! Each file has the digest of its content before it, so that a damaged one is known and counts as not there. Files come
//! into being by renaming. Whatever goes wrong with the disk only costs the use of the cache.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use posterizarr_base::{bounded, files};
use sha2::{Digest, Sha256};

/// How much of the limit is left after tidying up, in percent: not every new file is to bring a tidying up with it.
const KEPT_PERCENT: u64 = 90;
/// The length of a digest.
const DIGEST: usize = 32;

/// The folder.
#[derive(Debug)]
pub struct DiskCache {
    folder: PathBuf,
    /// In bytes, of all files together.
    limit: u64,
    /// The largest file.
    largest: u64,
    /// How much there is; none as long as nobody has counted it.
    used: Mutex<Option<u64>>,
}

impl DiskCache {
    /// A cache below `folder`, which is made with the first file.
    pub fn new(folder: PathBuf, limit: u64, largest: u64) -> Self {
        Self { folder, limit, largest, used: Mutex::new(None) }
    }

    /// What was put there by this name, if it is whole.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name);
        let mut content = bounded::read(&path, self.largest + DIGEST as u64).ok()?;
        let body = content.split_off_checked(DIGEST)?;
        if Sha256::digest(&body).as_slice() != content.as_slice() {
            let _ = fs::remove_file(&path);
            return None;
        }
        // The time of the last use says what goes first.
        if let Ok(file) = File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(body)
    }

    /// Keeps a content by its name, in the place of an earlier one.
    ///
    /// # Errors
    /// Those of the disk; then there is nothing by this name, or what was there before.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let size = (content.len() + DIGEST) as u64;
        if content.len() as u64 > self.largest.min(self.limit) {
            return Ok(());
        }
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut framed = Vec::with_capacity(content.len() + DIGEST);
        framed.write_all(Sha256::digest(content).as_slice())?;
        framed.write_all(content)?;
        files::write_whole(&path, &framed)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // The new one is among those that are counted.
        let all = used.map_or_else(|| total(&self.entries()), |before| before + size);
        *used = Some(if all > self.limit { self.tidy_up() } else { all });
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        let digest = Sha256::digest(name.as_bytes());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let (shelf, rest) = name.split_at(2);
        self.folder.join(shelf).join(rest)
    }

    /// Removes those that were not used for the longest time; gives how much is left.
    fn tidy_up(&self) -> u64 {
        let mut entries = self.entries();
        entries.sort_by_key(|entry| entry.used);
        let mut left = total(&entries);
        let wanted = self.limit / 100 * KEPT_PERCENT;
        for entry in entries {
            if left <= wanted {
                break;
            }
            if fs::remove_file(&entry.path).is_ok() {
                left = left.saturating_sub(entry.size);
            }
        }
        left
    }

    fn entries(&self) -> Vec<Entry> {
        let shelves = listed(&self.folder).filter(|path| path.is_dir());
        shelves.flat_map(|shelf| listed(&shelf).collect::<Vec<_>>()).filter_map(Entry::of).collect()
    }
}

struct Entry {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

impl Entry {
    fn of(path: PathBuf) -> Option<Self> {
        let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        Some(Self { size: metadata.len(), used: metadata.modified().ok()?, path })
    }
}

fn total(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.size).sum()
}

fn listed(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// [`Vec::split_off`] for a place that may be beyond the end.
trait SplitOff: Sized {
    fn split_off_checked(&mut self, at: usize) -> Option<Self>;
}

impl SplitOff for Vec<u8> {
    fn split_off_checked(&mut self, at: usize) -> Option<Self> {
        (self.len() >= at).then(|| self.split_off(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_of(folder: &Path) -> Vec<PathBuf> {
        listed(folder).flat_map(|shelf| listed(&shelf).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn what_was_put_is_there_until_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(folder.path().join("new"), 1000, 500);
        assert_eq!(cache.get("a"), None);
        cache.put("a", b"one").unwrap();
        cache.put("a", b"two").unwrap();
        cache.put("b", b"").unwrap();
        assert_eq!((cache.get("a"), cache.get("b")), (Some(b"two".to_vec()), Some(Vec::new())));
        cache.put("large", &[0; 501]).unwrap();
        assert_eq!(cache.get("large"), None);
        for damage in [&b"two"[..], &[0; 40], b""] {
            cache.put("a", b"two").unwrap();
            fs::write(cache.path("a"), damage).unwrap();
            assert_eq!(cache.get("a"), None);
        }
        assert_eq!(cache.get("b"), Some(Vec::new()));
    }

    #[test]
    fn the_least_used_go_first_when_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(folder.path().to_owned(), 1000, 500);
        for name in ["a", "b", "c"] {
            cache.put(name, &[1; 268]).unwrap();
        }
        for (age, name) in ["c", "a", "b"].iter().enumerate() {
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(age as u64);
            File::options().append(true).open(cache.path(name)).unwrap().set_modified(time).unwrap();
        }
        assert!(cache.get("c").is_some(), "it is the one that was used last now");
        cache.put("d", &[1; 268]).unwrap();
        assert_eq!(["a", "b", "c", "d"].map(|name| cache.get(name).is_some()), [false, true, true, true]);
        // What somebody else has put there counts, too.
        let other = DiskCache::new(folder.path().to_owned(), 1000, 500);
        other.put("e", &[1; 268]).unwrap();
        assert_eq!(files_of(folder.path()).len(), 3);
    }
}
