//! The `watcher/` folder: trigger files that others put there.
//!
//! A file is given to whoever asks once it has been still for a while, and what is found out about it holds for that
//! version of it only: a file that is refused, or that had no content yet, is given again when it has changed. Stillness is
//! measured by a clock that nobody sets; the times of the files only tell one version from another.

use std::collections::{HashMap, HashSet};
use std::fs::{DirEntry, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::library::assets::is_shared;

/// How long a file has to be still in a local folder.
pub const LOCAL_REST: Duration = Duration::from_secs(1);
/// The same in a network folder, where a stall of the connection looks like the end of writing.
pub const SHARED_REST: Duration = Duration::from_secs(5);
/// Folders inside `watcher/` are looked into this deep.
const DEEPEST: usize = 3;
/// Files that are given in one turn; the rest comes next turn.
const MAX_FILES: usize = 10_000;
/// Files that are remembered while they have no job; any more are not looked at until some of these are gone.
const MAX_REMEMBERED: usize = 100_000;
/// Files with a job that are looked at for a change in one turn: thousands may wait for their jobs.
const MAX_CHECKED: usize = 1_000;

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// A file that becomes readable is as good as one that was written.
    changed: (i64, i64),
}

impl Version {
    /// Of a file as it is.
    pub fn of(file: &Metadata) -> Self {
        Self {
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

/// A trigger file that has been still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path relative to the folder; the id of its job.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// When it was written.
    pub modified: SystemTime,
    /// Which version of it.
    pub version: Version,
    /// Since when it has been still.
    pub since: Instant,
}

/// What was found out about a version of a file that has no job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// It is of no use.
    Refused,
    /// It may get better, or become readable.
    NotBefore(Instant),
}

/// What is to be looked for.
#[derive(Debug, Clone, Default)]
pub struct Order {
    pub folder: PathBuf,
    /// Files that have a job, or are being taken.
    pub known: Arc<HashSet<String>>,
    /// The versions of those that were read.
    pub read: Arc<HashMap<String, Version>>,
    /// What was found out since the last look.
    pub notes: Vec<(Found, Note)>,
}

/// What is in the folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Known trigger files that are there.
    pub known: HashSet<String>,
    /// Known ones that are not the version that was read; not all of them are looked at each time.
    pub changed: Vec<String>,
    /// Others that have been still, the oldest first. Each is given at every look until it is known, noted, or gone.
    pub found: Vec<Found>,
    /// When a file will have been still; none if nothing is waited for.
    pub next: Option<Duration>,
    /// Whether there are more files than are remembered.
    pub is_crowded: bool,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    version: Version,
    since: Instant,
    note: Option<Note>,
}

/// Remembers files between looks.
#[derive(Debug, Default)]
pub struct WatchFolder {
    seen: HashMap<String, Seen>,
    /// How many of the known files were checked since the last round began.
    checked: usize,
}

impl WatchFolder {
    /// Looks into the folder as of `now`.
    pub fn look(&mut self, order: &Order, now: Instant) -> io::Result<Look> {
        for (file, note) in &order.notes {
            // A look at which it was being taken has passed it over.
            let noted = Seen { version: file.version, since: file.since, note: Some(*note) };
            let seen = self.seen.entry(file.name.clone()).or_insert(noted);
            if seen.version == file.version {
                *seen = noted;
            }
        }
        let rest = if is_shared(&order.folder) { SHARED_REST } else { LOCAL_REST };
        let mut turn = Turn { order, rest, now, before: std::mem::take(&mut self.seen), ..Turn::new(order, now) };
        turn.collect(&order.folder, DEEPEST)?;
        let Turn { seen, mut look, mut readable, .. } = turn;
        self.seen = seen;
        look.changed = self.check(&mut readable, order);
        look.found.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
        if look.found.len() > MAX_FILES {
            look.found.truncate(MAX_FILES);
            look.next = Some(Duration::ZERO);
        }
        Ok(look)
    }

    /// The next of the files that were read, and are another version now.
    fn check(&mut self, files: &mut [(String, DirEntry)], order: &Order) -> Vec<String> {
        files.sort_by(|a, b| a.0.cmp(&b.0));
        if self.checked >= files.len() {
            self.checked = 0;
        }
        let next = files.iter().skip(self.checked).take(MAX_CHECKED);
        self.checked += MAX_CHECKED;
        let is_changed = |file: &&(String, DirEntry)| {
            let now = file.1.metadata().ok().map(|metadata| Version::of(&metadata));
            now.is_some_and(|now| order.read.get(&file.0).is_some_and(|read| *read != now))
        };
        next.filter(is_changed).map(|(name, _)| name.clone()).collect()
    }
}

/// One look.
struct Turn<'a> {
    order: &'a Order,
    rest: Duration,
    now: Instant,
    before: HashMap<String, Seen>,
    seen: HashMap<String, Seen>,
    readable: Vec<(String, DirEntry)>,
    look: Look,
}

impl<'a> Turn<'a> {
    fn new(order: &'a Order, now: Instant) -> Self {
        let (before, seen) = (HashMap::new(), HashMap::new());
        Self { order, rest: LOCAL_REST, now, before, seen, readable: Vec::new(), look: Look::default() }
    }

    fn collect(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            // Not following links: a trigger is a file that somebody put here.
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() && depth > 0 {
                match self.collect(&path, depth - 1) {
                    // It went meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    other => other?,
                }
            } else if kind.is_file() && is_trigger(&path) {
                self.file(entry, path);
            }
        }
        Ok(())
    }

    fn file(&mut self, entry: DirEntry, path: PathBuf) {
        let Some(name) = path.strip_prefix(&self.order.folder).ok().and_then(Path::to_str) else { return };
        if let Some(name) = self.order.known.get(name) {
            self.look.known.insert(name.clone());
            if self.order.read.contains_key(name) {
                self.readable.push((name.clone(), entry));
            }
            return;
        }
        if self.seen.len() == MAX_REMEMBERED {
            self.look.is_crowded = true;
            return;
        }
        let Ok(metadata) = entry.metadata() else { return };
        let version = Version::of(&metadata);
        let before = self.before.remove(name).filter(|seen| seen.version == version);
        let seen = before.unwrap_or(Seen { version, since: self.now, note: None });
        self.seen.insert(name.to_owned(), seen);
        let due = match seen.note {
            Some(Note::Refused) => return,
            // Whoever made it is about to write into it.
            _ if metadata.len() == 0 => return,
            Some(Note::NotBefore(due)) => due,
            None => seen.since + self.rest,
        };
        if due > self.now {
            let wait = due - self.now;
            self.look.next = Some(self.look.next.map_or(wait, |next| next.min(wait)));
            return;
        }
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        self.look.found.push(Found { name: name.to_owned(), path, modified, version, since: seen.since });
    }
}

/// Upstream takes every file whose extension contains `posterizarr`.
fn is_trigger(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| extension.contains("posterizarr"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with what is known of it, and a clock of the test's.
    struct WatchFolderFixture {
        folder: tempfile::TempDir,
        watch: WatchFolder,
        order: Order,
        now: Instant,
    }

    impl WatchFolderFixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let order = Order { folder: folder.path().to_owned(), ..Order::default() };
            Self { folder, watch: WatchFolder::default(), order, now: Instant::now() }
        }

        fn write(&self, name: &str, content: &str) {
            std::fs::write(self.folder.path().join(name), content).unwrap();
        }

        fn look_after(&mut self, time: Duration) -> Look {
            self.now += time;
            let look = self.watch.look(&self.order, self.now).unwrap();
            self.order.notes.clear();
            look
        }

        fn names_after(&mut self, time: Duration) -> Vec<String> {
            self.look_after(time).found.into_iter().map(|file| file.name).collect()
        }
    }

    const SECOND: Duration = Duration::from_secs(1);
    const HALF: Duration = Duration::from_millis(500);
    const NONE: [&str; 0] = [];

    #[test]
    fn a_file_is_given_once_it_has_been_still_wherever_it_lies() {
        let mut fixture = WatchFolderFixture::new();
        std::fs::create_dir(fixture.folder.path().join("sub")).unwrap();
        fixture.write("sub/a.posterizarr", "x");
        fixture.write("note.txt", "x");
        let first = fixture.look_after(HALF);
        assert_eq!((first.found.len(), first.next), (0, Some(LOCAL_REST)));
        fixture.write("b.posterizarr", "x");
        assert_eq!(fixture.look_after(HALF).next, Some(HALF));
        assert_eq!(fixture.names_after(HALF), ["sub/a.posterizarr"]);
        fixture.write("b.posterizarr", "longer");
        assert_eq!(fixture.names_after(HALF), ["sub/a.posterizarr"], "b was still being written");
        assert_eq!(fixture.names_after(SECOND).len(), 2);
        fixture.order.known = Arc::new(["sub/a.posterizarr", "gone.posterizarr"].map(str::to_owned).into());
        let look = fixture.look_after(HALF);
        assert_eq!(look.known, HashSet::from(["sub/a.posterizarr".to_owned()]));
        assert_eq!(look.found.len(), 1);
    }

    #[test]
    fn an_empty_file_is_waited_for_and_a_refused_one_is_given_again_when_it_has_changed() {
        let mut fixture = WatchFolderFixture::new();
        fixture.write("a.posterizarr", "");
        for _ in 0..3 {
            assert_eq!(fixture.names_after(SECOND), NONE);
        }
        fixture.write("a.posterizarr", "nonsense");
        assert_eq!(fixture.names_after(SECOND), NONE);
        let found = fixture.look_after(SECOND).found.remove(0);
        fixture.order.notes.push((found.clone(), Note::Refused));
        assert_eq!(fixture.names_after(SECOND), NONE);
        assert_eq!(fixture.names_after(SECOND * 60), NONE);
        // The same content, touched.
        let file = std::fs::File::options().write(true).open(&found.path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(fixture.names_after(SECOND), NONE);
        let again = fixture.look_after(SECOND).found.remove(0);
        fixture.order.notes.push((again.clone(), Note::NotBefore(fixture.now + SECOND * 9)));
        assert_eq!(fixture.look_after(SECOND).next, Some(SECOND * 8));
        // Becoming readable is a change too.
        std::fs::set_permissions(&again.path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(fixture.names_after(SECOND), NONE);
        assert_eq!(fixture.names_after(SECOND), ["a.posterizarr"]);
    }

    #[test]
    fn of_any_number_of_known_files_those_that_changed_are_told_within_a_few_looks() {
        let mut fixture = WatchFolderFixture::new();
        let names: Vec<_> = (0..2 * MAX_CHECKED + 10).map(|n| format!("{n}.posterizarr")).collect();
        names.iter().for_each(|name| fixture.write(name, "x"));
        let version = |name: &String| Version::of(&fixture.folder.path().join(name).metadata().unwrap());
        fixture.order.known = Arc::new(names.iter().cloned().collect());
        fixture.order.read = Arc::new(names.iter().map(|name| (name.clone(), version(name))).collect());
        assert!((0..3).all(|_| fixture.look_after(SECOND).changed.is_empty()));
        fixture.write("7.posterizarr", "more");
        let told: Vec<_> = (0..3).flat_map(|_| fixture.look_after(SECOND).changed).collect();
        assert_eq!(told, ["7.posterizarr"]);
    }
}
