//! Putting a store that was made beside the one that is there in its place, so that a crash at any point loses neither.
//!
//! Two folders cannot be exchanged in one step on every file system, so there is a moment without a store. The new one is
//! marked as complete before that moment, and the next start finishes what was begun.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// In the new folder once all of it is on disk, until it is in place.
const COMPLETE: &str = "complete";

/// Where a new store is made.
pub fn making(store: &Path) -> PathBuf {
    store.with_extension("restoring")
}

/// Removes what an interrupted one left of a new store. Only for who has the store's lock.
///
/// # Errors
/// Those of the file system.
pub fn clear(store: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(making(store)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Puts the store that was made in place, and the one that is there at `aside`; tells whether one was there. What was made
/// must be closed and on disk.
///
/// # Errors
/// Those of the file system. The store that was there is in place then, or the next start puts the new one there.
pub fn put_in_place(store: &Path, aside: &Path) -> io::Result<bool> {
    let made = making(store);
    File::create(made.join(COMPLETE))?.sync_all()?;
    File::open(&made)?.sync_all()?;
    let was_there = match std::fs::rename(store, aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        moved => moved.map(|()| true)?,
    };
    finish(store)?;
    Ok(was_there)
}

/// Puts a store in place that was complete when putting it there was interrupted. Tells whether there was one.
///
/// # Errors
/// Those of the file system.
pub fn finish(store: &Path) -> io::Result<bool> {
    let made = making(store);
    let due = std::fs::symlink_metadata(store).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        && made.join(COMPLETE).is_file();
    if due {
        match std::fs::rename(&made, store) {
            // A daemon that was just starting was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound && store.is_dir() => {}
            moved => moved?,
        }
        File::open(store.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    }
    match std::fs::remove_file(store.join(COMPLETE)) {
        // Of no store, of one that is complete for long, or of something that is no store, which is told when it is opened.
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Err(error),
        _ => Ok(due),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &Path, content: &str) {
        std::fs::create_dir_all(path).unwrap();
        std::fs::write(path.join("db"), content).unwrap();
    }

    #[test]
    fn a_crash_at_any_point_leaves_the_old_store_or_the_new_one() {
        let root = tempfile::tempdir().unwrap();
        let (store, aside) = (root.path().join("store"), root.path().join("aside"));
        let content = || std::fs::read_to_string(store.join("db")).unwrap();
        folder(&store, "old");
        folder(&making(&store), "half");
        assert!(!finish(&store).unwrap());
        assert_eq!(content(), "old", "what is not complete is not taken");
        clear(&store).unwrap();

        // Between the two renames.
        folder(&making(&store), "new");
        std::fs::write(making(&store).join(COMPLETE), "").unwrap();
        std::fs::rename(&store, &aside).unwrap();
        assert!(finish(&store).unwrap());
        assert_eq!(content(), "new");
        assert!(!store.join(COMPLETE).try_exists().unwrap() && !making(&store).try_exists().unwrap());

        // After the second.
        std::fs::write(store.join(COMPLETE), "").unwrap();
        assert!(!finish(&store).unwrap());
        assert!(!store.join(COMPLETE).try_exists().unwrap());
    }

    #[test]
    fn the_one_that_was_there_is_kept_aside() {
        let root = tempfile::tempdir().unwrap();
        let (store, aside) = (root.path().join("store"), root.path().join("aside"));
        folder(&making(&store), "first");
        assert!(!put_in_place(&store, &aside).unwrap());
        folder(&making(&store), "second");
        assert!(put_in_place(&store, &aside).unwrap());
        assert_eq!(std::fs::read_to_string(store.join("db")).unwrap(), "second");
        assert_eq!(std::fs::read_to_string(aside.join("db")).unwrap(), "first");
    }

    #[test]
    fn where_there_is_no_store_and_none_was_made_nothing_happens() {
        let root = tempfile::tempdir().unwrap();
        assert!(!finish(&root.path().join("store")).unwrap());
        std::fs::write(root.path().join("store"), "a file").unwrap();
        assert!(!finish(&root.path().join("store")).unwrap());
    }
}
