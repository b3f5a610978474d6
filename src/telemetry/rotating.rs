//! A log file that does not grow for ever.
//!
//! Not one of the crates for this: others append to the same file (the browser's lines), users remove it while we run,
//! and the disk may be full; so size and identity are those of the file that is there at each write, not a count kept
//! aside.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// A file is moved away before it would grow over this.
pub const LIMIT: u64 = 5 * 1024 * 1024;
/// Older files that are kept, as `name.1` (the newest) to `name.3`.
pub const KEPT: u32 = 3;

/// A file that is appended to, and moved to `name.1` when it is large.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    limit: u64,
    open: Option<File>,
}

impl RotatingFile {
    /// The file at `path`; nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::with_limit(path, LIMIT)
    }

    fn with_limit(path: impl Into<PathBuf>, limit: u64) -> Self {
        Self { path: path.into(), limit, open: None }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines. The file, and the folder it is in, are made where they are missing.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut file = self.current()?;
        let size = file.metadata()?.len();
        if size > 0 && size.saturating_add(lines.len() as u64) > self.limit {
            self.rotate()?;
            file = self.current()?;
        }
        let outcome = file.write_all(lines);
        self.open = Some(file);
        outcome
    }

    /// The open file, unless somebody moved or removed it since: then a new one.
    fn current(&mut self) -> io::Result<File> {
        if let Some(file) = self.open.take()
            && is_at(&file, &self.path)
        {
            return Ok(file);
        }
        // A named pipe without a reader is refused, where it would be awaited.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let open = || OpenOptions::new().append(true).create(true).custom_flags(flags).open(&self.path);
        match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
                open()
            }
            other => other,
        }
    }

    fn rotate(&self) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            match std::fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(format!(".{number}"));
        name.into()
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(ours), Ok(there)) = (file.metadata(), std::fs::metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: impl AsRef<Path>) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_full_file_is_moved_away_and_only_so_many_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("UILogs/x.log");
        let mut file = RotatingFile::with_limit(&path, 10);
        for n in 1..=6 {
            file.append(format!("line{n}\n").as_bytes()).unwrap();
        }
        assert_eq!(read(&path), "line6\n");
        assert_eq!(read(file.numbered(1)), "line5\n");
        assert_eq!(read(file.numbered(3)), "line3\n");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 4);
    }

    #[test]
    fn it_appends_after_a_restart_and_beside_other_writers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let (mut ours, mut theirs) = (RotatingFile::with_limit(&path, 20), RotatingFile::with_limit(&path, 20));
        ours.append(b"one\n").unwrap();
        theirs.append(b"two\n").unwrap();
        ours.append(b"three\n").unwrap();
        assert_eq!(read(&path), "one\ntwo\nthree\n");
        theirs.append(b"four, too long\n").unwrap();
        ours.append(b"five\n").unwrap();
        assert_eq!(read(&path), "four, too long\nfive\n", "each notices that the other moved the file away");
        assert_eq!(read(theirs.numbered(1)), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_removed_file_or_folder_comes_back_and_a_line_over_the_limit_is_kept_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("UILogs/x.log");
        let mut file = RotatingFile::with_limit(&path, 4);
        file.append(b"first\n").unwrap();
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        file.append(b"longer than four\n").unwrap();
        assert_eq!(read(&path), "longer than four\n");
    }
}
