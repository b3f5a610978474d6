//! Which part of which `ImageChoices.csv` was imported.
//!
//! Each run of the script begins a new file, which it only appends to; a manual run may append to the last one. A file that
//! goes on where the imported part ended is read from there, so its older lines are not looked at again: what the user
//! changed or deleted stays so. Any other file is a new one, and each of its lines a new fact.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use posterizarr_base::bounded;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::plain_text;
use crate::runs::RunId;

/// No run writes as much; a larger file is not ours.
const MAX_SIZE: u64 = 48 * 1024 * 1024;

/// The longest line, in bytes: a file without line ends is no table.
const MAX_LINE_LENGTH: usize = 256 * 1024;
/// The most lines: each becomes a row with a dozen texts, however short it is.
const MAX_LINES: usize = 250_000;

/// How far the import is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The highest id that was ever given.
    pub last_id: u64,
    /// The newest run whose results were imported from its folder.
    pub run: Option<RunId>,
    /// Older runs whose results were not imported when those of a newer one were: they may still run, for a trigger's run
    /// works beside a longer one.
    #[serde(default)]
    pub open: BTreeSet<RunId>,
    /// The imported part of the last file.
    pub source: Option<Source>,
}

/// How many runs before an imported one may still be on. There are two at a time at most; others ended without results.
const MAX_OPEN: u64 = 16;

impl Progress {
    /// Whether the results of this run were imported, or are older than what was.
    pub fn is_past(&self, run: RunId) -> bool {
        self.run.is_some_and(|last| last >= run) && !self.open.contains(&run)
    }

    /// Takes note that the results of this run were imported.
    pub fn past(&mut self, run: RunId) {
        self.open.remove(&run);
        let before = self.run.map_or(0, |last| last.0);
        if run.0 > before {
            let from = (before + 1).max(run.0.saturating_sub(MAX_OPEN));
            self.open.extend((from..run.0).map(RunId));
            self.run = Some(run);
        }
        self.open.retain(|open| open.0 + MAX_OPEN >= run.0);
    }
}

/// The imported part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    // Without the device: its number may be another one after each mount.
    inode: u64,
    /// How many bytes from its beginning.
    pub bytes: u64,
    digest: Vec<u8>,
}

/// Where a file is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOrigin {
    /// In `Logs`, where the script writes it.
    Logs,
    /// In the folder of a run, where it is a link to the one in `Logs`, or a copy.
    Run(RunId),
}

/// A file as it was read.
#[derive(Debug)]
pub struct Content {
    inode: u64,
    /// All of it, as UTF-8.
    pub bytes: Vec<u8>,
}

impl Content {
    /// Reads a file; none if it is not there.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let (file, metadata) = match bounded::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if metadata.len() > MAX_SIZE {
            return Err(bounded::too_large(MAX_SIZE));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        file.take(MAX_SIZE).read_to_end(&mut bytes)?;
        let bytes = plain_text::decode(bytes);
        if memchr::memchr_iter(b'\n', &bytes).count() > MAX_LINES {
            return Err(io::Error::other(format!("it has more than {MAX_LINES} lines")));
        }
        if bytes.split(|byte| *byte == b'\n').any(|line| line.len() > MAX_LINE_LENGTH) {
            return Err(io::Error::other(format!("one of its lines is longer than {} KiB", MAX_LINE_LENGTH / 1024)));
        }
        Ok(Some(Self { inode: metadata.ino(), bytes }))
    }

    /// Where to go on: after the imported part if this is the same file, else at the beginning.
    pub fn begin(&self, origin: FileOrigin, imported: Option<&Source>) -> u64 {
        let goes_on = |source: &&Source| {
            // A run's copy is another file with the same lines; two runs' files in `Logs` may be alike and yet tell of two images.
            (self.inode == source.inode || matches!(origin, FileOrigin::Run(_)))
                && self.first(source.bytes).is_some_and(|first| digest(first) == source.digest)
        };
        imported.filter(goes_on).map_or(0, |source| source.bytes)
    }

    /// Its first bytes as they are remembered once they are imported; of a copy, as the file that it goes on from.
    pub fn source(&self, bytes: u64, begin: u64, imported: Option<&Source>) -> Source {
        let inode = imported.filter(|_| begin > 0).map_or(self.inode, |source| source.inode);
        Source { inode, bytes, digest: digest(self.first(bytes).unwrap_or_default()) }
    }

    fn first(&self, bytes: u64) -> Option<&[u8]> {
        self.bytes.get(..usize::try_from(bytes).ok()?)
    }
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Tells whether a file was written to since it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// Of a file; none if it is not there.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::metadata(path) {
            Ok(file) => Ok(Some(Self {
                device: file.dev(),
                inode: file.ino(),
                size: file.size(),
                modified: (file.mtime(), file.mtime_nsec()),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_outlasts_a_newer_one_is_imported_once_too() {
        let mut progress = Progress::default();
        progress.past(RunId(20));
        progress.past(RunId(22));
        assert!(progress.is_past(RunId(20)) && progress.is_past(RunId(22)) && !progress.is_past(RunId(23)));
        assert!(!progress.is_past(RunId(21)), "it may still run");
        progress.past(RunId(21));
        assert!(progress.is_past(RunId(21)) && progress.run == Some(RunId(22)));
        progress.past(RunId(5_000));
        assert!(progress.open.len() <= 16, "{progress:?}");
    }

    #[test]
    fn a_file_goes_on_only_where_it_is_the_same_one_with_the_same_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
        let read = |name: &str| Content::read(&path(name)).unwrap().unwrap();
        assert!(Content::read(&path("logs.csv")).unwrap().is_none());

        write("logs.csv", "header\none\n");
        let imported = read("logs.csv").source(11, 0, None);
        let begin = |name: &str, place| read(name).begin(place, Some(&imported));
        write("logs.csv", "header\none\ntwo\n");
        assert_eq!(begin("logs.csv", FileOrigin::Logs), 11);
        std::fs::hard_link(path("logs.csv"), path("linked.csv")).unwrap();
        assert_eq!(begin("linked.csv", FileOrigin::Run(RunId(1))), 11);
        std::fs::copy(path("logs.csv"), path("copied.csv")).unwrap();
        assert_eq!(begin("copied.csv", FileOrigin::Run(RunId(1))), 11, "a run's copy is the run's file");
        assert_eq!(begin("copied.csv", FileOrigin::Logs), 0, "another run may write the same lines");
        let after_copy = read("copied.csv").source(15, 11, Some(&imported));
        assert_eq!(
            read("logs.csv").begin(FileOrigin::Logs, Some(&after_copy)),
            15,
            "and the run's file goes on from its copy"
        );
        write("logs.csv", "header\nother\n");
        assert_eq!(begin("logs.csv", FileOrigin::Logs), 0);
        write("logs.csv", "he");
        assert_eq!(begin("logs.csv", FileOrigin::Logs), 0);
        assert_eq!(read("copied.csv").begin(FileOrigin::Logs, None), 0);
    }

    #[test]
    fn a_stamp_changes_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        assert_eq!(Stamp::of(&path).unwrap(), None);
        std::fs::write(&path, "1").unwrap();
        let before = Stamp::of(&path).unwrap();
        assert_eq!(Stamp::of(&path).unwrap(), before);
        std::fs::write(&path, "12").unwrap();
        assert_ne!(Stamp::of(&path).unwrap(), before);
    }
}
