//! Files of runs, which are there whole or not at all: what a killed run left is known by its process and swept away.

use std::{
    ffi::OsStr,
    fs::{File, Metadata, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use tempfile::NamedTempFile;

use super::{UNFINISHED_BY_ENGINE as UNFINISHED, folder_of};

/// Puts a file in place, over one that may be there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    Staged::new(path, content)?.put()
}

/// A file that is whole on the disk and not yet in its place; it goes when this does.
pub struct Staged<'p> {
    file: NamedTempFile,
    path: &'p Path,
}

impl<'p> Staged<'p> {
    /// Writes the file beside its place.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn new(path: &'p Path, content: &[u8]) -> io::Result<Self> {
        Ok(Self { file: stage(folder_of(path), content)?, path })
    }

    /// What it will be in its place.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.as_file().metadata()
    }

    /// Puts it in its place, over a file that may be there.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn put(self) -> io::Result<()> {
        self.file.persist(self.path)?;
        File::open(folder_of(self.path))?.sync_all()
    }
}

/// Puts a file in place if none has the name, whenever that one came up.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let staged = stage(folder_of(path), content)?;
    match staged.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

fn stage(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    // The umask takes from these what others may not do.
    let all = Permissions::from_mode(0o666);
    let mut staged = tempfile::Builder::new().prefix(&own_prefix()).permissions(all).tempfile_in(folder)?;
    staged.write_all(content)?;
    staged.as_file().sync_all()?;
    Ok(staged)
}

/// What the names of this process's unfinished files begin with: a run beside this one must know them as somebody's.
fn own_prefix() -> String {
    format!("{UNFINISHED}{}-", std::process::id())
}

/// Whether a file with this name was left behind by a run that no longer lives.
pub fn is_abandoned(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let Some(rest) = name.strip_prefix(UNFINISHED) else { return false };
    let process = rest.split_once('-').and_then(|(process, _)| process.parse::<u32>().ok());
    // One whose number another process has now stays until that one is gone, too.
    process.is_none_or(|process| !Path::new("/proc").join(process.to_string()).is_dir())
}

/// Removes what killed runs left in a folder.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_abandoned(&entry.file_name()) {
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
        // Those of a run that lives stay: here it is this process.
        let of_another = stage(folder.path(), b"half").unwrap();
        sweep(folder.path());
        assert!(of_another.path().try_exists().unwrap());
        drop(of_another);
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        write_new(&path, b"newer").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }
}
