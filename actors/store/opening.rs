//! Opening the database, and what to do where that is not possible.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use posterizarr_base::bounded;

use super::check::MARK;
use super::fault::{StoreError, caught};
use super::ledger::Ledger;
use super::{before_upgrade, check};

/// The file that sled keeps everything in.
pub const FILE: &str = "db";
/// Memory sled may use to cache pages.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// How often sled tidies up its files, and calls for a sync whether or not anything changed. Changes do not wait for it.
const TIDY_MS: u64 = 10_000;
/// What has to fit on the disk before the database is opened anew: opening writes, and grows the file by a segment.
const ROOM_BYTES: usize = 2 * 1024 * 1024;
/// How long the last readers of the old database, or a process that inherited its lock, may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens or creates the database, and compares it with its ledger.
pub fn open(folder: &Path) -> Result<(sled::Db, Ledger), StoreError> {
    let copied = before_upgrade::keep(folder);
    let database = open_unchecked(folder).inspect_err(|error| {
        if copied && matches!(error, StoreError::Locked) {
            before_upgrade::discard(folder);
        }
    })?;
    // Dropped within: where sled crashes, it may do so once more when it is closed.
    caught(move || check::admit(folder, &database).map(|ledger| (database, ledger)))
}

/// Opens or creates the database, whatever it holds.
///
/// The folder is closed to other users: the last good configuration in it holds the user's secrets.
pub fn open_unchecked(folder: &Path) -> Result<sled::Db, StoreError> {
    is_in_place(folder)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Of a folder that was there before; where it belongs to somebody else, that is the operator's decision.
    let _ = std::fs::set_permissions(folder, Permissions::from_mode(0o700));
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(TIDY_MS));
    let had_content = std::fs::metadata(folder.join(FILE)).is_ok_and(|file| file.len() > 0);
    caught(|| {
        let database = match config.open() {
            Err(sled::Error::Io(error)) if is_lock_error(&error) => Err(StoreError::Locked),
            Err(sled::Error::Io(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(not_ours(folder, folder))
            }
            opened => Ok(opened?),
        }?;
        // sled takes a file that it cannot read for an empty database. Ours has a tree besides the default one from the start.
        if had_content && database.tree_names().len() < 2 {
            return Err(StoreError::Damaged("nothing in its file can be read".to_owned()));
        }
        database.open_tree(MARK)?;
        // sled makes it with the mode of any file; what it writes beside it later is in a folder closed to others.
        let _ = std::fs::set_permissions(folder.join(FILE), Permissions::from_mode(0o600));
        database.flush()?;
        Ok(database)
    })
}

/// Refuses what is no store, or not ours to read, with the way out.
fn is_in_place(folder: &Path) -> Result<(), StoreError> {
    let misplaced = |path: &Path, why: &str, remedy: &str| {
        Err(StoreError::Misplaced(format!("{} {why}; {remedy}, then start again", path.display())))
    };
    let away = "move it away (it is not posterizarrd's record store)";
    match std::fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let dangling = std::fs::symlink_metadata(folder).is_ok();
            return if dangling {
                misplaced(folder, "is a link to a folder that is missing", "make that folder, or remove the link")
            } else {
                Ok(())
            };
        }
        Ok(found) if !found.is_dir() => return misplaced(folder, "is not a folder", away),
        _ => {}
    }
    for name in [FILE, "conf"] {
        let file = folder.join(name);
        match bounded::open(&file) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(not_ours(&file, folder)),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                return misplaced(&file, "is not a regular file", away);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn not_ours(file: &Path, folder: &Path) -> StoreError {
    let user = rustix::process::geteuid().as_raw();
    StoreError::Misplaced(format!(
        "{} cannot be read or written: permission denied; give the folder and all in it to the user that runs posterizarrd (chown -R \
         {user} {}), then start again",
        file.display(),
        folder.display()
    ))
}

/// Opens the database once the one before it has let go of the lock.
pub fn open_once_free(folder: &Path) -> Result<(sled::Db, Ledger), StoreError> {
    once_free(|| open(folder))
}

/// Does it once the lock is free.
pub fn once_free<T>(open: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let begun = Instant::now();
    loop {
        match open() {
            Err(StoreError::Locked) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(10)),
            opened => return opened,
        }
    }
}

// sled 0.34 wraps the lock failure in a new error of kind Other, so its text is all there is to go by.
fn is_lock_error(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
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
