//! Opening the database, and what to do where that is not possible.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::Local;

use super::StoreError;
use super::committer::caught;

/// The file that sled keeps everything in.
const FILE: &str = "db";
/// The tree that is made before any other.
pub(super) const MARK: &str = "store";
/// Memory sled may use to cache pages.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// How often sled tidies up its files, and calls for a sync whether or not anything changed. Changes do not wait for it.
const TIDY_MS: u64 = 10_000;
/// What has to fit on the disk before the database is opened anew: opening writes, and grows the file by a segment.
const ROOM_BYTES: usize = 2 * 1024 * 1024;
/// How long the last readers of the old database, or a process that inherited its lock, may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens or creates the database.
///
/// The folder is closed to other users: the last good configuration in it holds the user's secrets.
pub fn open(folder: &Path) -> Result<sled::Db, StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Of a folder that was there before; where it belongs to somebody else, that is the operator's decision.
    let _ = std::fs::set_permissions(folder, Permissions::from_mode(0o700));
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(TIDY_MS));
    let had_content = std::fs::metadata(folder.join(FILE)).is_ok_and(|file| file.len() > 0);
    caught(|| {
        let database = match config.open() {
            Err(sled::Error::Io(error)) if is_lock_error(&error) => Err(StoreError::Locked),
            Err(sled::Error::Io(error)) if is_nonsense(&error) => Err(StoreError::Damaged(error.to_string())),
            opened => Ok(opened?),
        }?;
        // sled takes a file that it cannot read for an empty database. Ours has a tree besides the default one from the start.
        if had_content && database.tree_names().len() < 2 {
            return Err(StoreError::Damaged("nothing in its file can be read".to_owned()));
        }
        database.open_tree(MARK)?;
        database.flush()?;
        Ok(database)
    })
}

/// Opens the database once the one before it has let go of the lock.
pub fn open_once_free(folder: &Path) -> Result<sled::Db, StoreError> {
    let begun = Instant::now();
    loop {
        match open(folder) {
            Err(StoreError::Locked) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(10)),
            opened => return opened,
        }
    }
}

// sled 0.34 wraps the lock failure in a new error of kind Other, so its text is all there is to go by.
fn is_lock_error(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
}

/// A file that ends too early, or holds something else.
fn is_nonsense(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
}

/// Moves a damaged store out of the way; tells where to.
pub fn set_aside(folder: &Path) -> Result<PathBuf, StoreError> {
    let aside = folder.with_extension(Local::now().format("broken-%Y%m%d-%H%M%S").to_string());
    std::fs::rename(folder, &aside)?;
    Ok(aside)
}

/// Makes what sled has written survive a loss of power.
pub fn sync(folder: &Path) -> Result<(), StoreError> {
    Ok(File::open(folder.join(FILE))?.sync_data()?)
}

/// Whether the disk takes what is needed to open the database.
pub fn has_room(folder: &Path) -> Result<(), StoreError> {
    let mut trial = tempfile::Builder::new().prefix(".room-").tempfile_in(folder)?;
    trial.write_all(&vec![1; ROOM_BYTES])?;
    Ok(trial.as_file().sync_all()?)
}
