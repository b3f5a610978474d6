//! `temp/Posterizarr.Running`, which says that a run is on.
//!
//! Whoever finds the file does not start; that is the script's rule. Version 3 of the script writes its mode into the file, and
//! so do we, with blanks behind it that nobody reads and by which our file is known. It is locked while the run lives: so one
//! that a killed run of ours left behind is taken over.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use posterizarr_base::run::Mode;

const NAME: &str = "Posterizarr.Running";
/// Of a run beside another one. The script knows nothing of it, and does not run then.
const NAME_BESIDE: &str = "posterizarrd-beside.running";
/// How a file of ours ends.
const OURS: &[u8] = b" \t \n";
/// What a file of ours held before there were modes in it.
const FORMERLY_OURS: &[u8] = b"posterizarrd engine\n";

/// The file, for as long as the run is on; it goes when this does.
pub struct RunningFile {
    path: PathBuf,
    _locked: File,
}

impl RunningFile {
    /// Makes the file; `None` if another run is on. With `force`, a file that the script left does not count.
    pub fn take(folder: &Path, mode: Mode, force: bool) -> io::Result<Option<Self>> {
        Self::take_as(NAME, folder, mode, force)
    }

    /// The same for a run that works beside another one; there is one of those at a time, too.
    pub fn take_beside(folder: &Path, mode: Mode) -> io::Result<Option<Self>> {
        Self::take_as(NAME_BESIDE, folder, mode, false)
    }

    fn take_as(name: &str, folder: &Path, mode: Mode, force: bool) -> io::Result<Option<Self>> {
        fs::create_dir_all(folder)?;
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => {
                match file.try_lock() {
                    Ok(()) => {}
                    // Taken over by another one between the two calls.
                    Err(TryLockError::WouldBlock) => return Ok(None),
                    Err(TryLockError::Error(error)) => return Err(error),
                }
                write(&file, mode)?;
                Ok(Some(Self { path, _locked: file }))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::take_over(path, mode, force),
            Err(error) => Err(error),
        }
    }

    fn take_over(path: PathBuf, mode: Mode, force: bool) -> io::Result<Option<Self>> {
        let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut content = Vec::new();
        (&mut file).take(64).read_to_end(&mut content)?;
        match file.try_lock() {
            Ok(()) if force || content.ends_with(OURS) || content == FORMERLY_OURS => {
                write(&file, mode)?;
                Ok(Some(Self { path, _locked: file }))
            }
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Writes what a file of ours holds in the place of what is there.
fn write(mut file: &File, mode: Mode) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(word(mode).as_bytes())?;
    file.write_all(OURS)
}

/// What version 3 of the script calls a mode. Those that it does not have are runs like the normal one.
fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Tautulli => "Tautulli",
        Mode::Arr => "arr",
        Mode::Testing => "Testing",
        Mode::Manual => "Manual",
        Mode::SyncJelly => "SyncJelly",
        Mode::SyncEmby => "SyncEmby",
        Mode::Backup => "Backup",
        Mode::Reset => "Reset",
        Mode::Restore => "Restore",
        Mode::LogoUpdater => "LogoUpdater",
        Mode::LogoRevert => "LogoRevert",
        _ => "Normal",
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
        let take = |force| RunningFile::take(folder.path(), Mode::Normal, force);
        let first = take(false).unwrap().unwrap();
        assert!(take(false).unwrap().is_none());
        assert!(take(true).unwrap().is_none(), "force does not end a run that lives");
        drop(first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(take(false).unwrap().is_some());
    }

    #[test]
    fn one_run_works_beside_another_and_no_third_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let take = |force| RunningFile::take(folder.path(), Mode::Normal, force);
        let first = take(false).unwrap().unwrap();
        let second = RunningFile::take_beside(folder.path(), Mode::Arr).unwrap().unwrap();
        assert!(RunningFile::take_beside(folder.path(), Mode::Arr).unwrap().is_none());
        drop(first);
        assert!(RunningFile::take_beside(folder.path(), Mode::Arr).unwrap().is_none());
        assert!(take(false).unwrap().is_some());
        drop(second);
        assert!(RunningFile::take_beside(folder.path(), Mode::Arr).unwrap().is_some());
    }

    #[test]
    fn what_a_killed_run_of_ours_left_is_taken_over_and_the_scripts_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let take = |force| RunningFile::take(folder.path(), Mode::Scheduled, force).unwrap();
        let left = |content: &[u8]| fs::write(folder.path().join(NAME), content).unwrap();
        for ours in [b"SyncJelly \t \n".as_slice(), FORMERLY_OURS] {
            left(ours);
            let taken = take(false).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(NAME)).unwrap().trim(), "Normal");
            drop(taken);
        }
        for theirs in ["", "Normal", "SyncJelly\n"] {
            left(theirs.as_bytes());
            assert!(take(false).is_none(), "{theirs}");
            assert!(take(true).is_some(), "{theirs}");
        }
    }
}
