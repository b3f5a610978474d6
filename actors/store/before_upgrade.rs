//! A copy of a store that an earlier version wrote, made before this one takes it over: so that who goes back to that
//! version has its records.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{ledger, opening};

/// The copy's place.
fn place(store: &Path) -> PathBuf {
    store.with_extension("before-upgrade")
}

/// Copies a store of an earlier version. Tells whether it did.
pub fn keep(store: &Path) -> bool {
    let kept = try_keep(store);
    match &kept {
        Ok(true) => {
            let copy = place(store);
            tracing::info!(copy = %copy.display(), "the record store is of an earlier version and is taken over; a copy is kept");
        }
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(%error, "the record store of an earlier version could not be copied before it is taken over");
        }
    }
    kept.unwrap_or_default()
}

/// Removes a copy that was made while another process changed the store.
pub fn discard(store: &Path) {
    let _ = fs::remove_dir_all(place(store));
}

/// Copies a store that has no ledger, which earlier versions did not keep. One copy is kept, of the earliest version.
/// Tells whether it was made now.
///
/// # Errors
/// Those of the disk; nothing is left of the copy then.
fn try_keep(store: &Path) -> io::Result<bool> {
    let copy = place(store);
    if !store.join(opening::FILE).is_file() || store.join(ledger::FILE).try_exists()? || copy.try_exists()? {
        return Ok(false);
    }
    let staged = store.with_extension("before-upgrade.tmp");
    let made = copy_files(store, &staged).and_then(|()| fs::rename(&staged, &copy));
    made.inspect_err(|_| drop(fs::remove_dir_all(&staged))).map(|()| true)
}

/// Copies the regular files of a folder into a new one, which is closed to other users: they may hold secrets.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => DirBuilder::new().mode(0o700).create(to)?,
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_without_a_ledger_is_copied_once_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        assert!(!try_keep(&store).unwrap(), "there is no store");
        fs::create_dir(&store).unwrap();
        for (name, content) in [(opening::FILE, "records"), ("conf", "settings")] {
            fs::write(store.join(name), content).unwrap();
        }
        assert!(try_keep(&store).unwrap());
        assert_eq!(fs::read_to_string(place(&store).join(opening::FILE)).unwrap(), "records");
        assert_eq!(fs::read_to_string(place(&store).join("conf")).unwrap(), "settings");
        fs::write(store.join(opening::FILE), "later").unwrap();
        assert!(!try_keep(&store).unwrap(), "the earliest is kept");
        fs::remove_dir_all(place(&store)).unwrap();
        fs::write(store.join(ledger::FILE), "").unwrap();
        assert!(!try_keep(&store).unwrap(), "it is of this version");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
