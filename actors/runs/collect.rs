//! What a run left in `Logs`, told apart from what was there before, and kept.
//!
//! The next start of the script moves `Logs` away, so the results are linked into the run's folder as soon as it ended. What
//! is new is found by comparing with a snapshot taken before the start, not by the clock: clocks jump.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::files::Stamp;

/// The results, tables and logs in a folder, each with what tells whether it was written since.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snapshot(BTreeMap<String, Stamp>);

/// A file that was written since the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Without a folder.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Where the new part begins: 0 for a new file.
    pub offset: u64,
}

impl Change {
    /// Whether the name ends so; the script writes its names in lower case.
    pub fn is(&self, extension: &str) -> bool {
        Path::new(&self.name).extension().is_some_and(|found| found == extension)
    }
}

impl Snapshot {
    /// Of a folder; empty if it is not there.
    pub fn of(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let stamps = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let wanted = matches!(Path::new(&name).extension()?.to_str()?, "json" | "csv" | "log");
            // Of the link itself, where it is one: what a link leads to is not the run's.
            let metadata = entry.metadata().ok().filter(|found| wanted && found.is_file())?;
            Some((name, Stamp::of(&metadata)))
        });
        Self(stamps.collect())
    }

    /// The files that are new, or were written, since.
    pub fn changes(&self, folder: &Path) -> Vec<Change> {
        let now = Self::of(folder);
        let changed = now.0.into_iter().filter_map(|(name, stamp)| {
            let before = self.0.get(&name).copied();
            (before != Some(stamp)).then(|| Change {
                path: folder.join(&name),
                offset: before.filter(|old| old.may_have_grown_to(&stamp)).map_or(0, |old| old.size()),
                name,
            })
        });
        changed.collect()
    }
}

/// Keeps a file in the run's folder under its own name: linked, or copied where that cannot be.
pub fn keep(file: &Change, folder: &Path) -> io::Result<()> {
    let kept = folder.join(&file.name);
    match fs::remove_file(&kept) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(&file.path, &kept).or_else(|_| fs::copy(&file.path, &kept).map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(changes: &[Change]) -> Vec<(&str, u64)> {
        changes.iter().map(|change| (change.name.as_str(), change.offset)).collect()
    }

    #[test]
    fn only_what_was_written_since_counts_however_the_clock_stood() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["old.json", "grown.log", "rewritten.csv", "picture.jpg"] {
            fs::write(path(name), "before").unwrap();
        }
        let before = Snapshot::of(folder.path());
        assert_eq!(before.changes(folder.path()), []);
        let comes_back: Snapshot = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
        assert_eq!(comes_back, before);

        fs::write(path("grown.log"), "before and after").unwrap();
        fs::write(path("rewritten.csv"), "new").unwrap();
        fs::write(path("normal.json"), "{}").unwrap();
        fs::write(path("picture.jpg"), "other").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", path("link.json")).unwrap();
        fs::File::options().write(true).open(path("normal.json")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        let changes = before.changes(folder.path());
        assert_eq!(names(&changes), [("grown.log", 6), ("normal.json", 0), ("rewritten.csv", 0)]);
    }

    #[test]
    fn a_kept_file_stays_when_logs_are_moved_away() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, run) = (folder.path().join("Logs"), folder.path().join("1"));
        fs::create_dir(&logs).unwrap();
        fs::create_dir(&run).unwrap();
        fs::write(logs.join("normal.json"), "{}").unwrap();
        let change = Snapshot::default().changes(&logs).remove(0);
        keep(&change, &run).unwrap();
        keep(&change, &run).unwrap();
        fs::remove_dir_all(&logs).unwrap();
        assert_eq!(fs::read_to_string(run.join("normal.json")).unwrap(), "{}");
    }
}
