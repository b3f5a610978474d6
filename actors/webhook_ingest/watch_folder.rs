//! The `watcher/` folder: trigger files that others put there.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders inside `watcher/` are looked into this deep.
const DEEPEST: usize = 3;
/// Files looked at in one turn; the rest comes next turn.
const MOST_FILES: usize = 10_000;

/// A trigger file that did not change between two looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path relative to the folder; the id of its job.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// When it was written.
    pub modified: SystemTime,
    /// Its size in bytes.
    pub size: u64,
}

/// Remembers files between looks, so that one that is still being written is left alone until it rests.
#[derive(Debug, Default)]
pub struct WatchFolder {
    seen: HashMap<String, (SystemTime, u64)>,
}

impl WatchFolder {
    /// Trigger files that rest: they look the same as at the last call. A file is given at every call until it is gone.
    pub fn look(&mut self, folder: &Path) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        collect(folder, folder, DEEPEST, &mut found)?;
        let now: HashMap<_, _> = found.iter().map(|file| (file.name.clone(), (file.modified, file.size))).collect();
        found.retain(|file| self.seen.get(&file.name) == now.get(&file.name));
        self.seen = now;
        found.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
        Ok(found)
    }
}

fn collect(root: &Path, folder: &Path, depth: usize, found: &mut Vec<Found>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Not following links: a trigger is a file that somebody put here.
        let Ok(metadata) = entry.metadata() else { continue };
        let path = entry.path();
        if metadata.is_dir() && depth > 0 {
            collect(root, &path, depth - 1, found)?;
        } else if metadata.is_file() && is_trigger(&path) && found.len() < MOST_FILES {
            let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned) else { continue };
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push(Found { name, path, modified, size: metadata.len() });
        }
    }
    Ok(())
}

/// Upstream takes every file whose extension contains `posterizarr`.
fn is_trigger(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| extension.contains("posterizarr"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_given_once_it_rests_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/a.posterizarr"), "x").unwrap();
        std::fs::write(folder.path().join("note.txt"), "x").unwrap();
        let mut watch = WatchFolder::default();
        assert_eq!(watch.look(folder.path()).unwrap(), []);
        std::fs::write(folder.path().join("b.posterizarr"), "x").unwrap();
        let names = |found: Vec<Found>| found.into_iter().map(|file| file.name).collect::<Vec<_>>();
        assert_eq!(names(watch.look(folder.path()).unwrap()), ["sub/a.posterizarr"]);
        std::fs::write(folder.path().join("b.posterizarr"), "longer").unwrap();
        assert_eq!(names(watch.look(folder.path()).unwrap()), ["sub/a.posterizarr"], "b was still being written");
        assert_eq!(watch.look(folder.path()).unwrap().len(), 2);
    }
}
