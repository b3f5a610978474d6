//! The `watcher/` folder: trigger files that others put there.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders inside `watcher/` are looked into this deep.
const DEEPEST: usize = 3;
/// New files looked at in one turn; the rest comes next turn.
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

/// What is in the folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Known trigger files that are there.
    pub known: HashSet<String>,
    /// Other ones that rest: they look the same as at the last look. Each is given at every look until it is known, or gone.
    pub found: Vec<Found>,
    /// Whether there are files that may still be written.
    pub is_unrested: bool,
}

/// Remembers files between looks, so that one that is still being written is left alone until it rests.
#[derive(Debug, Default)]
pub struct WatchFolder {
    seen: HashMap<String, (SystemTime, u64)>,
}

impl WatchFolder {
    /// Looks into the folder. Of known files only the names are read: thousands may wait for their jobs.
    pub fn look(&mut self, folder: &Path, known: &HashSet<String>) -> io::Result<Look> {
        let mut look = Look::default();
        collect(folder, folder, DEEPEST, known, &mut look)?;
        let now: HashMap<_, _> =
            look.found.iter().map(|file| (file.name.clone(), (file.modified, file.size))).collect();
        look.found.retain(|file| self.seen.get(&file.name) == now.get(&file.name));
        look.is_unrested = look.found.len() < now.len();
        self.seen = now;
        look.found.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
        Ok(look)
    }
}

fn collect(root: &Path, folder: &Path, depth: usize, known: &HashSet<String>, look: &mut Look) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Not following links: a trigger is a file that somebody put here.
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            collect(root, &path, depth - 1, known, look)?;
        } else if kind.is_file() && is_trigger(&path) {
            let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) else { continue };
            if let Some(name) = known.get(name) {
                look.known.insert(name.clone());
                continue;
            }
            if look.found.len() == MOST_FILES {
                continue;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            look.found.push(Found { name: name.to_owned(), path, modified, size: metadata.len() });
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
        let mut known = HashSet::new();
        assert_eq!(watch.look(folder.path(), &known).unwrap(), Look { is_unrested: true, ..Look::default() });
        std::fs::write(folder.path().join("b.posterizarr"), "x").unwrap();
        let names = |look: Look| look.found.into_iter().map(|file| file.name).collect::<Vec<_>>();
        assert_eq!(names(watch.look(folder.path(), &known).unwrap()), ["sub/a.posterizarr"]);
        std::fs::write(folder.path().join("b.posterizarr"), "longer").unwrap();
        assert_eq!(
            names(watch.look(folder.path(), &known).unwrap()),
            ["sub/a.posterizarr"],
            "b was still being written"
        );
        assert_eq!(watch.look(folder.path(), &known).unwrap().found.len(), 2);
        known.extend(["sub/a.posterizarr", "gone.posterizarr"].map(str::to_owned));
        let look = watch.look(folder.path(), &known).unwrap();
        assert_eq!(look.known, HashSet::from(["sub/a.posterizarr".to_owned()]));
        assert_eq!(names(look), ["b.posterizarr"]);
    }
}
