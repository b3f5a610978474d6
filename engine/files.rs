//! Files that are there whole or not at all, also after a crash or a power cut.

use std::{
    fs::{File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use tempfile::NamedTempFile;

/// What files in the making are called, so that those of a killed run are known as such.
pub const UNFINISHED: &str = ".posterizarr-engine-";

/// Puts a file in place, over one that may be there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    stage(folder, content)?.persist(path)?;
    File::open(folder)?.sync_all()
}

/// Puts a file in place if none has the name, whenever that one came up.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let staged = stage(path.parent().unwrap_or(Path::new(".")), content)?;
    match staged.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

fn stage(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    // The umask takes from these what others may not do.
    let all = Permissions::from_mode(0o666);
    let mut staged = tempfile::Builder::new().prefix(UNFINISHED).permissions(all).tempfile_in(folder)?;
    staged.write_all(content)?;
    staged.as_file().sync_all()?;
    Ok(staged)
}

/// Removes what a killed run left in a folder. To be called before anything is written there: only one run is on at a time,
/// so nobody else works on these files.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // Left where that cannot be: it is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaces_another_and_what_a_killed_run_left_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("poster.jpg");
        std::fs::write(&path, "old").unwrap();
        std::fs::write(folder.path().join(format!("{UNFINISHED}abc")), "half").unwrap();
        sweep(folder.path());
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        write_new(&path, b"newer").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }
}
