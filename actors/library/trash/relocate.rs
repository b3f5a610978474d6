//! Moving one file or link to a free place, on this device or another.

use std::fs::{File, FileTimes, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown, symlink};
use std::path::Path;

use posterizarr_base::bounded;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::files::UNFINISHED;

/// The largest file that is compared with another, in bytes; larger ones are different.
const MAX_COMPARED: u64 = 64 * 1024 * 1024;

/// Moves a file or link; where `to` is taken nothing happens and the error is `AlreadyExists`. A crash leaves the file in one
/// place or, between devices, in both: the copy is whole and on disk before the original goes.
pub fn relocate(from: &Path, to: &Path) -> io::Result<()> {
    match rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_across(from, to)?,
        other => other?,
    }
    sync_folder_of(to);
    sync_folder_of(from);
    Ok(())
}

/// A rename that never overwrites.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network and FUSE file systems know only the plain rename.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            std::fs::hard_link(from, to)?;
            remove_original(from, to)
        }
        other => Ok(other?),
    }
}

fn copy_across(from: &Path, to: &Path) -> io::Result<()> {
    duplicate(from, to)?;
    remove_original(from, to)
}

/// Copies a file or link, whole and on disk when this returns; where `to` is taken nothing happens and the error is
/// `AlreadyExists`.
pub fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
    let original = std::fs::symlink_metadata(from)?;
    if original.file_type().is_symlink() {
        symlink(std::fs::read_link(from)?, to)?;
    } else {
        copy(from, &original, to)?;
    }
    sync_folder_of(to);
    Ok(())
}

/// Whether two files hold the same.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let content = |path: &Path| bounded::read(path, MAX_COMPARED).ok();
    let size = |path: &Path| std::fs::metadata(path).ok().map(|found| found.len());
    size(one).is_some_and(|size_of_one| size(other) == Some(size_of_one))
        && content(one).is_some_and(|content_of_one| content(other) == Some(content_of_one))
}

/// Where the original cannot go, the copy does: nothing is gained by two of them.
fn remove_original(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::remove_file(from).inspect_err(|_| drop(std::fs::remove_file(to)))
}

/// A copy with the same mode, times and (where we may) owner, on disk when this returns.
fn copy(from: &Path, original: &Metadata, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let mut staged = tempfile::Builder::new().prefix(UNFINISHED).suffix(".tmp").tempfile_in(folder)?;
    io::copy(&mut bounded::open(from)?.0, &mut staged)?;
    let file = staged.as_file();
    file.set_permissions(original.permissions())?;
    file.set_times(FileTimes::new().set_modified(original.modified()?))?;
    let _ = fchown(file, Some(original.uid()), Some(original.gid()));
    file.sync_all()?;
    staged.persist_noclobber(to).map_err(|error| error.error)?;
    Ok(())
}

/// As far as the file system can: not all know how to sync a folder.
fn sync_folder_of(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, SystemTime};

    use super::*;

    type Move = fn(&Path, &Path) -> io::Result<()>;
    const WAYS: [Move; 2] = [relocate, copy_across];

    #[test]
    fn a_file_keeps_content_mode_and_time_however_it_is_moved() {
        for way in WAYS {
            let folder = tempfile::tempdir().unwrap();
            let (from, to) = (folder.path().join("a.jpg"), folder.path().join("b.jpg"));
            std::fs::write(&from, "picture").unwrap();
            std::fs::set_permissions(&from, std::fs::Permissions::from_mode(0o640)).unwrap();
            let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
            File::options().write(true).open(&from).unwrap().set_modified(then).unwrap();
            way(&from, &to).unwrap();
            assert_eq!(
                std::fs::read_dir(folder.path()).unwrap().count(),
                1,
                "the original and temporary files are gone"
            );
            assert_eq!(std::fs::read(&to).unwrap(), b"picture");
            let moved = std::fs::metadata(&to).unwrap();
            assert_eq!((moved.mode() & 0o777, moved.modified().unwrap()), (0o640, then));
        }
    }

    #[test]
    fn what_is_in_the_way_is_never_overwritten() {
        for way in WAYS {
            let folder = tempfile::tempdir().unwrap();
            let (from, to) = (folder.path().join("a.jpg"), folder.path().join("b.jpg"));
            std::fs::write(&from, "mine").unwrap();
            std::fs::write(&to, "theirs").unwrap();
            assert_eq!(way(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(
                (std::fs::read(&from).unwrap(), std::fs::read(&to).unwrap()),
                (b"mine".into(), b"theirs".into())
            );
        }
    }

    #[test]
    fn a_link_is_moved_itself() {
        for way in WAYS {
            let folder = tempfile::tempdir().unwrap();
            let (target, from, to) =
                (folder.path().join("target.jpg"), folder.path().join("a.jpg"), folder.path().join("b.jpg"));
            std::fs::write(&target, "picture").unwrap();
            symlink("target.jpg", &from).unwrap();
            way(&from, &to).unwrap();
            assert!(target.is_file() && std::fs::symlink_metadata(&from).is_err());
            assert_eq!(std::fs::read_link(&to).unwrap(), Path::new("target.jpg"));
        }
    }

    #[test]
    fn between_devices_it_is_copied() {
        let (here, there) = (tempfile::tempdir().unwrap(), Path::new("/dev/shm"));
        let Ok(there) = tempfile::tempdir_in(there) else { return };
        let (from, to) = (here.path().join("a.jpg"), there.path().join("a.jpg"));
        std::fs::write(&from, "picture").unwrap();
        relocate(&from, &to).unwrap();
        assert!(!from.try_exists().unwrap());
        assert_eq!(std::fs::read(&to).unwrap(), b"picture");
    }
}
