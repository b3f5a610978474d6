//! Folders of what can be had again: by name, within a number of bytes, the longest unused going first.
//!
//! The file system keeps the time of the last use (at a day's grain, as most are mounted); a file counts as used when it was
//! made, too. Files come into being by renaming and are not synced. In a [`DiskCache`] one that a power cut left empty counts
//! as missing; a [`SealedCache`] keeps the digest of each content before it, so that any damage is known. Whatever goes wrong
//! with the disk only costs the use of the cache.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::{bounded, files};

/// The length of a digest in bytes.
const DIGEST: usize = 32;

/// A bounded folder of files. Shared by threads; blocks for the disk.
#[derive(Debug)]
pub struct DiskCache {
    folder: PathBuf,
    /// In bytes, of all files together.
    limit: u64,
    /// How much there is; none as long as nobody has counted it.
    used: Mutex<Option<u64>>,
}

impl DiskCache {
    /// The cache in this folder, which holds nothing else and is made with the first file. What is there is counted then.
    pub fn new(folder: PathBuf, limit: u64) -> Self {
        Self { folder, limit, used: Mutex::new(None) }
    }

    /// The same, counted and brought within its limit now.
    pub fn open(folder: PathBuf, limit: u64) -> Self {
        let cache = Self::new(folder, limit);
        cache.add(0, None);
        cache
    }

    /// The file under this name, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        fs::metadata(&path).is_ok_and(|found| found.len() > 0).then_some(path)
    }

    /// Keeps a file under this name, in the place of an earlier one, and gives its path. It appears whole.
    ///
    /// # Errors
    /// Those of the disk; then there is nothing by this name, or what was there before.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.folder.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        files::write_whole(&path, content)?;
        self.add(content.len() as u64, Some(&path));
        Ok(path)
    }

    /// How many bytes there are, as far as is known.
    pub fn used(&self) -> u64 {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_default()
    }

    /// Counts a new file, and makes room if there is too much.
    fn add(&self, size: u64, newest: Option<&Path>) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // The new one is among those that are counted.
        let all = used.map_or_else(|| total(&self.entries()), |before| before + size);
        *used = Some(if all > self.limit { self.make_room(newest) } else { all });
    }

    /// Removes the longest unused files; gives how much is left. The newest stays however small the limit is: somebody
    /// waits for it.
    fn make_room(&self, newest: Option<&Path>) -> u64 {
        let mut entries = self.entries();
        entries.sort_by_key(|entry| entry.last_use);
        let mut left = total(&entries);
        // Nine tenths, so that not every new file brings another round of it.
        let wanted = self.limit / 10 * 9;
        for entry in entries.into_iter().filter(|entry| Some(entry.path.as_path()) != newest) {
            if left <= wanted {
                break;
            }
            if fs::remove_file(&entry.path).is_ok() {
                left = left.saturating_sub(entry.size);
            }
        }
        left
    }

    /// The files of the folder and of the folders in it.
    fn entries(&self) -> Vec<Entry> {
        let (folders, files): (Vec<_>, Vec<_>) = listed(&self.folder).partition(|path| path.is_dir());
        let below = folders.iter().flat_map(|folder| listed(folder));
        files.into_iter().chain(below).filter_map(Entry::of).collect()
    }
}

/// A bounded folder of contents that are only given as they were put. Shared by threads; blocks for the disk.
#[derive(Debug)]
pub struct SealedCache {
    files: DiskCache,
    /// The largest content in bytes.
    largest: u64,
}

impl SealedCache {
    /// A cache below `folder` with at most `limit` bytes; a content with more than `largest` is not kept.
    pub fn new(folder: PathBuf, limit: u64, largest: u64) -> Self {
        Self { files: DiskCache::new(folder, limit), largest: largest.min(limit) }
    }

    /// What was put there by this name, if it is whole. Names are any texts.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.files.get(&file_name(name))?;
        let mut content = bounded::read(&path, self.largest + DIGEST as u64).ok()?;
        let body = (content.len() >= DIGEST).then(|| content.split_off(DIGEST));
        let Some(body) = body.filter(|body| Sha256::digest(body).as_slice() == content.as_slice()) else {
            let _ = fs::remove_file(&path);
            return None;
        };
        // Also where the file system is mounted so that reading leaves no time.
        // unbounded: it is not read.
        if let Ok(file) = File::open(&path) {
            let _ = file.set_times(FileTimes::new().set_accessed(SystemTime::now()));
        }
        Some(body)
    }

    /// Keeps a content by its name, in the place of an earlier one.
    ///
    /// # Errors
    /// Those of the disk; then there is nothing by this name, or what was there before.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        if content.len() as u64 > self.largest {
            return Ok(());
        }
        let sealed = [Sha256::digest(content).as_slice(), content].concat();
        self.files.put(&file_name(name), &sealed).map(drop)
    }
}

/// The file of a name, in one of 256 folders.
fn file_name(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let (folder, rest) = name.split_at(2);
    format!("{folder}/{rest}")
}

struct Entry {
    path: PathBuf,
    size: u64,
    last_use: SystemTime,
}

impl Entry {
    fn of(path: PathBuf) -> Option<Self> {
        let found = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let times = [found.accessed().ok(), found.modified().ok()];
        let last_use = times.into_iter().flatten().max().unwrap_or(SystemTime::UNIX_EPOCH);
        Some(Self { size: found.len(), last_use, path })
    }
}

fn total(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.size).sum()
}

fn listed(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn used_last(path: &Path, modified: SystemTime, accessed: SystemTime) {
        let times = FileTimes::new().set_modified(modified).set_accessed(accessed);
        File::open(path).unwrap().set_times(times).unwrap();
    }

    #[test]
    fn the_longest_unused_files_go_when_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(folder.path().to_owned(), 100);
        for (name, age) in [("a", 400), ("b", 300), ("c", 200), ("d", 100)] {
            let path = cache.put(name, &[0; 25]).unwrap();
            let then = SystemTime::now() - Duration::from_secs(age);
            // `a` is the oldest, but was used last.
            used_last(&path, then, if name == "a" { SystemTime::now() } else { then });
        }
        assert_eq!(cache.used(), 100);
        cache.put("e", &[0; 25]).unwrap();
        let there: Vec<_> = ["a", "b", "c", "d", "e"].into_iter().filter(|name| cache.get(name).is_some()).collect();
        assert_eq!(there, ["a", "d", "e"]);
        assert_eq!(cache.used(), 75);
        assert_eq!(DiskCache::open(folder.path().to_owned(), 30).used(), 25, "a smaller bound holds from the start");
    }

    #[test]
    fn without_any_room_the_newest_file_is_there_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(folder.path().join("new"), 0);
        cache.put("a", b"x").unwrap();
        cache.put("b", b"x").unwrap();
        assert!(cache.get("a").is_none() && cache.get("b").is_some());
    }

    #[test]
    fn an_empty_file_counts_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(folder.path().to_owned(), 100);
        fs::write(folder.path().join("torn"), "").unwrap();
        assert_eq!(cache.get("torn"), None);
    }

    #[test]
    fn a_sealed_content_is_there_until_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = SealedCache::new(folder.path().join("new"), 1000, 500);
        assert_eq!(cache.get("a"), None);
        cache.put("a", b"one").unwrap();
        cache.put("a", b"two").unwrap();
        cache.put("b", b"").unwrap();
        assert_eq!((cache.get("a"), cache.get("b")), (Some(b"two".to_vec()), Some(Vec::new())));
        cache.put("large", &[0; 501]).unwrap();
        assert_eq!(cache.get("large"), None);
        let file = folder.path().join("new").join(file_name("a"));
        for damage in [&b"two"[..], &[0; 40], b""] {
            cache.put("a", b"two").unwrap();
            fs::write(&file, damage).unwrap();
            assert_eq!(cache.get("a"), None);
        }
        assert_eq!(cache.get("b"), Some(Vec::new()));
    }

    #[test]
    fn the_longest_unused_contents_go_and_reading_counts_as_use() {
        let folder = tempfile::tempdir().unwrap();
        let cache = SealedCache::new(folder.path().to_owned(), 1000, 500);
        for name in ["a", "b", "c"] {
            cache.put(name, &[1; 268]).unwrap();
        }
        for (age, name) in ["c", "a", "b"].iter().enumerate() {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(age as u64);
            used_last(&folder.path().join(file_name(name)), time, time);
        }
        assert!(cache.get("c").is_some(), "it is the one that was used last now");
        cache.put("d", &[1; 268]).unwrap();
        assert_eq!(["a", "b", "c", "d"].map(|name| cache.get(name).is_some()), [false, true, true, true]);
        // What somebody else has put there counts, too.
        let other = SealedCache::new(folder.path().to_owned(), 1000, 500);
        other.put("e", &[1; 268]).unwrap();
        assert_eq!(other.files.entries().len(), 3);
    }
}
