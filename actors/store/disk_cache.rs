//! A folder of small files that can be made again: bounded, the longest unused go first.
//!
//! The file system keeps the time of the last use (at a day's grain, as most are mounted); a file counts as used when it was
//! made, too. Files are not synced: one that a power cut left empty counts as missing.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::files::UNFINISHED;

/// A bounded folder. Shared by threads; blocks for the disk.
#[derive(Debug)]
pub struct DiskCache {
    folder: PathBuf,
    most: u64,
    used: AtomicU64,
}

impl DiskCache {
    /// The cache in this folder, which holds nothing else, with at most so many bytes.
    pub fn open(folder: PathBuf, most: u64) -> Self {
        let used = files(&folder).iter().map(|file| file.size).sum();
        let cache = Self { folder, most, used: AtomicU64::new(used) };
        cache.make_room(None);
        cache
    }

    /// The file under this name, if it is there.
    pub fn get(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        std::fs::metadata(&path).is_ok_and(|found| found.len() > 0).then_some(path)
    }

    /// Keeps a file under this name and gives its path. It appears whole.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.folder.join(name);
        let mut staged = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
        staged.write_all(content)?;
        staged.persist(&path).map_err(|error| error.error)?;
        self.used.fetch_add(content.len() as u64, Ordering::Relaxed);
        self.make_room(Some(&path));
        Ok(path)
    }

    /// How many bytes there are, as far as we know.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Removes the longest unused files once there is too much, down to nine tenths so that it is not done for each new one.
    /// The newest stays however small the bound is: somebody waits for it.
    fn make_room(&self, newest: Option<&Path>) {
        if self.used() <= self.most {
            return;
        }
        let mut files = files(&self.folder);
        files.sort_by_key(|file| file.last_use);
        let mut used: u64 = files.iter().map(|file| file.size).sum();
        for file in files.into_iter().filter(|file| Some(file.path.as_path()) != newest) {
            if used <= self.most / 10 * 9 {
                break;
            }
            if std::fs::remove_file(&file.path).is_ok() {
                used = used.saturating_sub(file.size);
            }
        }
        self.used.store(used, Ordering::Relaxed);
    }
}

struct CachedFile {
    path: PathBuf,
    size: u64,
    last_use: SystemTime,
}

fn files(folder: &Path) -> Vec<CachedFile> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let file = |entry: std::fs::DirEntry| {
        let found = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let times = [found.accessed().ok(), found.modified().ok()];
        let last_use = times.into_iter().flatten().max().unwrap_or(SystemTime::UNIX_EPOCH);
        Some(CachedFile { path: entry.path(), size: found.len(), last_use })
    };
    entries.flatten().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_longest_unused_files_go_when_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(folder.path().to_owned(), 100);
        for (name, age) in [("a", 400), ("b", 300), ("c", 200), ("d", 100)] {
            let path = cache.put(name, &[0; 25]).unwrap();
            let then = SystemTime::now() - Duration::from_secs(age);
            // `a` is the oldest, but was used last.
            let used = if name == "a" { SystemTime::now() } else { then };
            File::open(path).unwrap().set_times(FileTimes::new().set_modified(then).set_accessed(used)).unwrap();
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
        let cache = DiskCache::open(folder.path().to_owned(), 0);
        cache.put("a", b"x").unwrap();
        cache.put("b", b"x").unwrap();
        assert!(cache.get("a").is_none() && cache.get("b").is_some());
    }

    #[test]
    fn an_empty_file_counts_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(folder.path().to_owned(), 100);
        std::fs::write(folder.path().join("torn"), "").unwrap();
        assert_eq!(cache.get("torn"), None);
    }
}
