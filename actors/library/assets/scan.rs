//! Reading folders from disk: a whole tree in parallel, or one folder again.
//!
//! What is a picture: a regular file with a known extension, or a link to one inside the same root. What is left out:
//! recycle bins and sidecars ([`super::left_out`]), what is being written, links that leave the root, and names that are not
//! UTF-8; the latter are counted. A link to a folder is listed and not gone into.

use std::ffi::CStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, fstat, openat, statat};

use super::diff::{Diff, Paths};
use super::gallery;
use super::index::{FilesBuilder, Folder, Index};
use super::left_out::is_left_out;
use super::unreadable_names::{InFolder, UnreadableNames};
use super::watch::Watcher;
use crate::files::is_in_the_making;

/// Deeper folders are a loop or a mistake.
const DEEPEST: usize = 64;
/// For the names of one folder at a time; most folders fit.
const NAMES_BUFFER: usize = 16 * 1024;

/// How far a scan is; shared with those who ask.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    folders: AtomicU64,
}

impl Progress {
    /// Pictures found so far.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// Folders read so far.
    pub fn folders(&self) -> u64 {
        self.folders.load(Ordering::Relaxed)
    }
}

/// Which folder a root was, so that an empty mount point is not taken for an emptied library.
pub type Identity = (u64, u64);

/// What a scan found.
#[derive(Debug)]
pub struct Scanned {
    pub tree: Arc<Folder>,
    /// Folders that could not be read, with everything below them.
    pub unread: Paths,
    /// The root's device and inode.
    pub identity: Identity,
    /// Names that are not UTF-8.
    pub unreadable_names: UnreadableNames,
}

/// Reads a whole root. With a `watcher` every folder is watched from before it is read.
pub fn scan(root: &Path, progress: &Progress, watcher: Option<&Watcher>) -> io::Result<Scanned> {
    let identity = identity(root)?;
    let reader = Reader::new(root, progress, watcher)?;
    let tree = in_parallel(|| reader.tree("", "", 0))??;
    Ok(Scanned { tree: Arc::new(tree), unread: reader.unread(), identity, unreadable_names: reader.unreadable_names() })
}

/// The device and inode of a root that is there and a folder.
fn identity(root: &Path) -> io::Result<Identity> {
    let stat = fstat(&open(root)?)?;
    Ok((stat.st_dev, stat.st_ino))
}

/// A folder that was read again, how deep, and what changed against what was known.
#[derive(Debug)]
pub struct Reread {
    /// Its path below the root.
    pub path: String,
    /// Whether everything below it was read too.
    pub deep: bool,
    /// The changes, seen from the root.
    pub diff: Diff,
    /// Names that are not UTF-8, in the folders that were read; `None` where the folder could not be read.
    pub unreadable_names: Option<UnreadableNames>,
}

/// What changed at these paths against `known`. A picture stands for the folder it is in. Fails only where the root
/// itself cannot be read; another folder that cannot is told in the log, and what was known of it stays.
pub fn read_again(root: &Path, known: &Index, paths: &Paths, watcher: Option<&Watcher>) -> io::Result<Vec<Reread>> {
    let nobody = Progress::default();
    let read = |(path, deep): (&String, &bool)| match Reader::new(root, &nobody, watcher)?
        .read_again(known, path, *deep)
    {
        Err(error) if !is_gone(&error) => {
            tracing::warn!(folder = %root.join(path).display(), %error, "a folder cannot be read; what was known of it is kept");
            Ok(Reread { path: path.clone(), deep: true, diff: Diff::default(), unreadable_names: None })
        }
        other => other,
    };
    identity(root)?;
    in_parallel(|| paths.par_iter().map(read).collect())?
}

/// How much a scan gives way to everything else; between 0, not at all, and 19.
const SCAN_NICENESS: i32 = 10;

/// Own threads: a scan must not wait for pictures that are being drawn in the shared pool. Whoever waits for an answer
/// meanwhile comes first.
fn in_parallel<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("scan-{n}"));
    Ok(pool.start_handler(|_| give_way()).build().map_err(io::Error::other)?.install(work))
}

/// Of this thread alone, as Linux has it. A daemon that gives way further already stays so.
fn give_way() {
    let now = rustix::process::getpriority_process(None).unwrap_or_default();
    let _ = rustix::process::setpriority_process(None, now.max(SCAN_NICENESS));
}

struct Reader<'a> {
    root: &'a Path,
    /// With links resolved, to see which links leave it.
    real_root: PathBuf,
    progress: &'a Progress,
    watcher: Option<&'a Watcher>,
    unread: Mutex<Paths>,
    unreadable_names: Mutex<UnreadableNames>,
}

/// What is directly in a folder.
struct Listing {
    files: FilesBuilder,
    folders: Vec<String>,
    links: Vec<Arc<Folder>>,
    entries: u32,
}

impl<'a> Reader<'a> {
    fn new(root: &'a Path, progress: &'a Progress, watcher: Option<&'a Watcher>) -> io::Result<Self> {
        Ok(Self {
            root,
            real_root: root.canonicalize()?,
            progress,
            watcher,
            unread: Mutex::default(),
            unreadable_names: Mutex::default(),
        })
    }

    fn unread(&self) -> Paths {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn unreadable_names(&self) -> UnreadableNames {
        self.unreadable_names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The folder at `path` with everything below it.
    fn tree(&self, path: &str, name: &str, depth: usize) -> io::Result<Folder> {
        let Listing { files, folders, links, entries } = self.listing(path)?;
        let files = files.finish();
        self.progress.folders.fetch_add(1, Ordering::Relaxed);
        self.progress.files.fetch_add(files.len() as u64, Ordering::Relaxed);
        let below = |name: &String| self.subtree(path, name, depth + 1);
        let mut children: Vec<_> = folders.par_iter().filter_map(below).collect();
        children.extend(links);
        Ok(Folder::new(name, files, children, entries))
    }

    /// A subfolder; none if it went away. One that cannot be read is noted, so that nobody takes it for emptied.
    fn subtree(&self, parent: &str, name: &str, depth: usize) -> Option<Arc<Folder>> {
        let path = join(parent, name);
        let result = if depth > DEEPEST {
            Err(io::Error::other("folders are nested too deeply"))
        } else {
            self.tree(&path, name, depth)
        };
        match result {
            Ok(folder) => Some(Arc::new(folder)),
            Err(error) if is_gone(&error) => None,
            Err(error) => {
                tracing::warn!(folder = %self.root.join(&path).display(), %error, "a folder cannot be read; what was known of it is kept");
                self.unread.lock().unwrap_or_else(PoisonError::into_inner).insert(path, true);
                None
            }
        }
    }

    /// What changed at `path`: in one folder and new subfolders of it, or in everything below it with `deep`.
    fn read_again(&self, known: &Index, path: &str, deep: bool) -> io::Result<Reread> {
        let (mut path, mut deep) = (path, deep);
        loop {
            // What is no folder, or not known yet, is found by reading the folder above.
            let old = known.folder(path).filter(|folder| !folder.is_link());
            match old.map(|old| self.compare(path, old, deep)) {
                Some(Ok(diff)) => {
                    let diff = Diff::at(path, diff).without(&self.unread());
                    let unreadable_names = Some(self.unreadable_names());
                    return Ok(Reread { path: path.to_owned(), deep, diff, unreadable_names });
                }
                Some(Err(error)) if path.is_empty() || !is_gone(&error) => return Err(error),
                _ => (path, deep) = (path.rsplit_once('/').map_or("", |(parent, _)| parent), false),
            }
        }
    }

    fn compare(&self, path: &str, old: &Folder, deep: bool) -> io::Result<Diff> {
        let new = if deep {
            self.tree(path, old.name(), 0)?
        } else {
            let Listing { files, folders, links, entries } = self.listing(path)?;
            let known = |name: &str| old.child(name).filter(|child| !child.is_link()).cloned();
            let below = |name: &String| known(name).or_else(|| self.subtree(path, name, 0));
            let mut children: Vec<_> = folders.par_iter().filter_map(below).collect();
            children.extend(links);
            Folder::new(old.name(), files.finish(), children, entries)
        };
        Ok(Diff::between(old, &new))
    }

    fn listing(&self, path: &str) -> io::Result<Listing> {
        if let Some(watcher) = self.watcher {
            watcher.watch(self.root, path);
        }
        let folder = open(&self.root.join(path))?;
        let mut listing =
            Listing { files: FilesBuilder::default(), folders: Vec::new(), links: Vec::new(), entries: 0 };
        let mut unreadable = InFolder::default();
        let mut buffer = Vec::with_capacity(NAMES_BUFFER);
        let mut entries = RawDir::new(&folder, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let raw = entry.file_name();
            let bytes = raw.to_bytes();
            if [b".".as_slice(), b".."].contains(&bytes) || is_left_out(bytes) {
                continue;
            }
            match raw.to_str() {
                Err(_) if entry.file_type() == FileType::Directory || gallery::is_picture(bytes) => {
                    unreadable.add(bytes)
                }
                Err(_) => {}
                Ok(name) => {
                    listing.entries = listing.entries.saturating_add(1);
                    if !is_in_the_making(name) {
                        self.take(&mut listing, &folder, path, raw, name, entry.file_type())?;
                    }
                }
            }
        }
        self.unreadable_names.lock().unwrap_or_else(PoisonError::into_inner).set(path, unreadable);
        Ok(listing)
    }

    fn take(
        &self,
        listing: &mut Listing,
        folder: &OwnedFd,
        path: &str,
        raw: &CStr,
        name: &str,
        file_type: FileType,
    ) -> io::Result<()> {
        let is_picture = gallery::is_picture(name.as_bytes());
        match file_type {
            FileType::Directory => listing.folders.push(name.to_owned()),
            FileType::RegularFile if is_picture => {
                if let Some(stat) = existing(statat(folder, raw, AtFlags::SYMLINK_NOFOLLOW))? {
                    add(&mut listing.files, name, &stat);
                }
            }
            FileType::Symlink => {
                let Some(stat) = existing(statat(folder, raw, AtFlags::empty()))? else { return Ok(()) };
                match FileType::from_raw_mode(stat.st_mode) {
                    FileType::RegularFile if is_picture && self.stays_inside(path, name) => {
                        add(&mut listing.files, name, &stat);
                    }
                    FileType::Directory if self.stays_inside(path, name) => {
                        let entries = std::fs::read_dir(self.root.join(path).join(name)).map_or(0, |entries| {
                            let counts = |entry: &std::fs::DirEntry| !is_left_out(entry.file_name().as_bytes());
                            entries.flatten().filter(counts).count()
                        });
                        listing.links.push(Arc::new(Folder::link(name, u32::try_from(entries).unwrap_or(u32::MAX))));
                    }
                    _ => {}
                }
            }
            // Some file systems do not tell.
            FileType::Unknown => {
                if let Some(stat) = existing(statat(folder, raw, AtFlags::SYMLINK_NOFOLLOW))? {
                    let told = FileType::from_raw_mode(stat.st_mode);
                    if told != FileType::Unknown {
                        return self.take(listing, folder, path, raw, name, told);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn stays_inside(&self, path: &str, name: &str) -> bool {
        self.root.join(path).join(name).canonicalize().is_ok_and(|real| real.starts_with(&self.real_root))
    }
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    Ok(openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// A file that went away in between is no error; nor is a link that leads nowhere.
fn existing(stat: rustix::io::Result<Stat>) -> io::Result<Option<Stat>> {
    use rustix::io::Errno;
    match stat {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn add(files: &mut FilesBuilder, name: &str, stat: &Stat) {
    let nanoseconds = |seconds: i64, rest: u64| {
        seconds.saturating_mul(1_000_000_000).saturating_add(i64::try_from(rest).unwrap_or_default())
    };
    files.push(
        name,
        u64::try_from(stat.st_size).unwrap_or_default(),
        nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
        nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
    );
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanning_threads_give_way_and_nobody_else_does() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        assert!(in_parallel(niceness).unwrap() >= SCAN_NICENESS);
        assert_eq!(niceness(), before);
    }
}
