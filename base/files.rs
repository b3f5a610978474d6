//! Files that are never half-written, and how to tell that one changed.

mod staged;

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
pub use staged::{Staged, is_abandoned, sweep, write, write_new};

/// What the names of files begin with that are being written; a crash may leave them.
pub const UNFINISHED: &str = ".posterizarrd-";

/// The same for files of the poster engine, which sweeps away what a killed run of its own left.
pub const UNFINISHED_BY_ENGINE: &str = ".posterizarr-engine-";

/// Whether any part of a path is the name of a file, ours or the engine's, that is not finished. Other names that begin with
/// a dot may be titles, such as `.hack` or `...And Justice for All`.
pub fn is_in_the_making(path: &str) -> bool {
    path.split('/').any(|name| name.starts_with(UNFINISHED) || name.starts_with(UNFINISHED_BY_ENGINE))
}

/// Whether an error says that there is no room, or that nothing may be written there; also where it is the cause of another
/// one, as archives and parsers pass it on.
pub fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem) {
        return true;
    }
    let mut cause = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    while let Some(found) = cause {
        if let Some(error) = found.downcast_ref::<io::Error>() {
            return is_full(error);
        }
        cause = found.source();
    }
    false
}

/// Removes what a crash left of files that were being written. Only for a folder in which nothing is being written now.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for found in std::fs::read_dir(folder)? {
        let found = found?;
        if is_unfinished(&found.file_name()) {
            std::fs::remove_file(found.path())?;
        }
    }
    Ok(())
}

/// Whether a file with this name is being written, or was when a crash came.
pub fn is_unfinished(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

/// Names a content: the first 16 bytes of its SHA-256 in hexadecimal digits, which are enough to tell contents apart.
pub fn short_digest(content: &[u8]) -> String {
    short_hex(&Sha256::digest(content))
}

/// The same of a digest that is there.
pub fn short_hex(digest: &[u8]) -> String {
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Tells whether a file was written since. Not by the clock alone: clocks jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    inode: u64,
    size: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Stamp {
    /// Of a file as it is.
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        }
    }

    /// The file's size then.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether `later` can be the same file with more at its end.
    pub fn may_have_grown_to(&self, later: &Self) -> bool {
        self.inode == later.inode && self.size <= later.size
    }
}

/// Replaces the content of `path` so that a reader, or a crash at any point, sees the old content or the new one.
///
/// Written to a temporary file in the same folder, synced, renamed; mode and owner of an existing file are kept. Where
/// renaming is impossible or wrong (the file is a link, or bind-mounted into a container) the content is written through.
pub fn write_atomic(path: &Path, content: &[u8]) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(existing) if existing.file_type().is_symlink() => write_through(path, content),
        Ok(existing) => replace(path, content, Some(&existing)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(path, content, None),
        Err(error) => Err(error),
    }
}

/// Writes a file that only the owner may read, with the guarantees of [`write_atomic`].
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if !std::fs::exists(path)? {
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    }
    write_atomic(path, content)
}

/// Writes a new file so that a reader sees all of it or nothing; a loss of power may take it. For what can be made again.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    stage(path, content, 0o666)?.persist(path)?;
    Ok(())
}

/// A temporary file with this content in the folder of `path`.
fn stage(path: &Path, content: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED).suffix(".tmp").permissions(std::fs::Permissions::from_mode(mode));
    let mut staged = builder.tempfile_in(folder_of(path))?;
    staged.write_all(content)?;
    Ok(staged)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn replace(path: &Path, content: &[u8], existing: Option<&std::fs::Metadata>) -> io::Result<()> {
    let mode = existing.map_or(0o666, |old| old.mode() & 0o7777);
    let staged = stage(path, content, mode)?;
    if let Some(old) = existing {
        // The mode given to open is cut by the umask; the owner only matters when we run as root.
        staged.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
        let _ = fchown(staged.as_file(), Some(old.uid()), Some(old.gid()));
    }
    staged.as_file().sync_all()?;
    match staged.persist(path) {
        Ok(_) => File::open(folder_of(path))?.sync_all(),
        // A bind-mounted file cannot be replaced by renaming over it.
        Err(error) if matches!(error.error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices) => {
            write_through(path, content)
        }
        Err(error) => Err(error.error),
    }
}

fn write_through(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_keeps_its_mode_and_no_temporary_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o664);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_is_known_behind_other_errors() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(is_full(&full()) && is_full(&io::Error::other(full())));
        assert!(is_full(&io::Error::other(io::Error::other(full()))));
        assert!(!is_full(&io::Error::other("no room")) && !is_full(&io::Error::from(io::ErrorKind::NotFound)));
    }

    #[test]
    fn only_what_was_never_finished_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".posterizarrd-x.tmp", ".hidden", "a.png"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(remove_unfinished(&folder.path().join("nope")).is_err());
    }

    #[test]
    fn a_link_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("real.json"), folder.path().join("config.json"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert!(std::fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
    }

    #[test]
    fn a_private_file_is_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_private(&path, b"x").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_content_is_named_by_half_of_its_digest() {
        assert_eq!(short_digest(b""), "e3b0c44298fc1c149afbf4c8996fb924");
        assert_eq!(short_hex(&[1, 171]), "01ab");
    }
}
