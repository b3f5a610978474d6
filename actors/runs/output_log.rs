//! What a run prints, kept in a file that does not grow without bound.
//!
//! The file is begun anew when it holds half of what is allowed; the half before stays beside it as `….1`. Writing never
//! fails for the writer: a full disk must not make the script wait.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The log of one run.
pub struct OutputLog {
    path: PathBuf,
    file: File,
    size: u64,
    half: u64,
}

impl OutputLog {
    /// Begins the log; `limit` bytes are kept, the newest ones.
    pub fn create(path: &Path, limit: u64) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: for_the_owner(path)?, size: 0, half: (limit / 2).max(1) })
    }

    /// Adds to the log. What cannot be written is lost.
    pub fn write(&mut self, bytes: &[u8]) {
        if self.size >= self.half && self.turn().is_err() {
            return;
        }
        let _ = self.file.write_all(bytes);
        self.size += bytes.len() as u64;
    }

    fn turn(&mut self) -> io::Result<()> {
        let mut older = self.path.clone().into_os_string();
        older.push(".1");
        std::fs::rename(&self.path, older)?;
        self.file = for_the_owner(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

impl Write for OutputLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::write(self, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A new file that only its owner reads: a script may print a secret.
fn for_the_owner(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_part_is_kept_within_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output.log");
        let mut log = OutputLog::create(&path, 100).unwrap();
        for n in 0..1000 {
            log.write(format!("line {n:03}\n").as_bytes());
        }
        let older = std::fs::read_to_string(folder.path().join("output.log.1")).unwrap();
        let newer = std::fs::read_to_string(&path).unwrap();
        assert!(older.len() + newer.len() <= 120, "{} + {}", older.len(), newer.len());
        let all = older + &newer;
        assert!(all.ends_with("line 998\nline 999\n") && all.lines().count() >= 6, "{all}");
    }

    #[test]
    fn a_folder_that_vanished_stops_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = OutputLog::create(&folder.path().join("output.log"), 10).unwrap();
        drop(folder);
        for _ in 0..10 {
            assert_eq!(Write::write(&mut log, b"0123456789").unwrap(), 10);
        }
    }
}
