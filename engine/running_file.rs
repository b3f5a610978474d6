//! `temp/Posterizarr.Running`, which says that a run is on.
//!
//! Whoever finds the file does not start; that is the script's rule. The script's file is empty, ours says that it is ours
//! and is locked while the run lives: so one that a killed run of ours left behind is known, and taken over.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

const NAME: &str = "Posterizarr.Running";
const OURS: &[u8] = b"posterizarrd engine\n";

/// The file, for as long as the run is on; it goes when this does.
pub struct RunningFile {
    path: PathBuf,
    _locked: File,
}

impl RunningFile {
    /// Makes the file; `None` if another run is on. With `force`, a file that the script left does not count.
    pub fn take(folder: &Path, force: bool) -> io::Result<Option<Self>> {
        fs::create_dir_all(folder)?;
        let path = folder.join(NAME);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => {
                match file.try_lock() {
                    Ok(()) => {}
                    // Taken over by another one between the two calls.
                    Err(TryLockError::WouldBlock) => return Ok(None),
                    Err(TryLockError::Error(error)) => return Err(error),
                }
                (&file).write_all(OURS)?;
                Ok(Some(Self { path, _locked: file }))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::take_over(path, force),
            Err(error) => Err(error),
        }
    }

    fn take_over(path: PathBuf, force: bool) -> io::Result<Option<Self>> {
        let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut content = Vec::new();
        (&mut file).take(64).read_to_end(&mut content)?;
        match file.try_lock() {
            Ok(()) if content == OURS => Ok(Some(Self { path, _locked: file })),
            Ok(()) if force => {
                (&file).write_all(OURS)?;
                Ok(Some(Self { path, _locked: file }))
            }
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for RunningFile {
    fn drop(&mut self) {
        // It may be gone already: the daemon offers to remove it.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_are_never_on_and_the_file_goes_with_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunningFile::take(folder.path(), false).unwrap().unwrap();
        assert!(RunningFile::take(folder.path(), false).unwrap().is_none());
        assert!(RunningFile::take(folder.path(), true).unwrap().is_none(), "force does not end a run that lives");
        drop(first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(RunningFile::take(folder.path(), false).unwrap().is_some());
    }

    #[test]
    fn what_a_killed_run_of_ours_left_is_taken_over_and_the_scripts_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), OURS).unwrap();
        assert!(RunningFile::take(folder.path(), false).unwrap().is_some());
        fs::write(folder.path().join(NAME), "").unwrap();
        assert!(RunningFile::take(folder.path(), false).unwrap().is_none());
        assert!(RunningFile::take(folder.path(), true).unwrap().is_some());
    }
}
