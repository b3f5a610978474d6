//! What changed between two states of a root, and how it is taken over.
//!
//! The index is only changed by applying a [`Diff`]: of a whole scan, or of a few folders that were read again. Folders
//! that did not change stay the very same in memory.

use std::sync::Arc;

use super::index::{Files, Folder, Index, folder_order};
use super::scan::Paths;

/// The changes of one folder and what is below it.
#[derive(Debug, Default)]
pub struct Diff {
    own: Option<Own>,
    /// In [`folder_order`].
    folders: Vec<(Box<str>, Change)>,
}

/// What is directly in a folder now.
#[derive(Debug)]
struct Own {
    files: Files,
    entries: u32,
}

#[derive(Debug)]
enum Change {
    Gone,
    /// New, or something else than before: taken over whole.
    New(Arc<Folder>),
    Within(Diff),
}

/// How many pictures a diff added, changed and removed. One that was renamed is one removed and one added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not there before.
    pub added: u64,
    /// Of another size or time.
    pub changed: u64,
    /// No longer there.
    pub removed: u64,
}

impl Counts {
    /// Whether nothing happened.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Counts further changes.
    pub fn add(&mut self, more: Self) {
        self.added += more.added;
        self.changed += more.changed;
        self.removed += more.removed;
    }
}

impl Diff {
    /// What turns `old` into `new`.
    pub fn between(old: &Folder, new: &Folder) -> Self {
        let own = (!old.same_own(new)).then(|| Own { files: new.files().clone(), entries: new.entries() });
        let mut folders = Vec::new();
        let (mut before, mut after) = (old.folders().iter().peekable(), new.folders().iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(old), Some(new)) => folder_order(old.name(), new.name()),
            };
            let old = if order.is_le() { before.next() } else { None };
            let new = if order.is_ge() { after.next() } else { None };
            if let Some((name, change)) = Change::between(old, new) {
                folders.push((name.into(), change));
            }
        }
        Self { own, folders }
    }

    /// The changes `below` of the folder at `path`, seen from the root.
    pub fn at(path: &str, below: Self) -> Self {
        if below.is_empty() {
            return below;
        }
        path.rsplit('/')
            .filter(|name| !name.is_empty())
            .fold(below, |below, name| Self { own: None, folders: vec![(name.into(), Change::Within(below))] })
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.own.is_none() && self.folders.is_empty()
    }

    /// Leaves out whatever would change what is directly in one of the folders `paths`, take one away, or change anything
    /// below one that is marked true.
    pub fn without(self, paths: &Paths) -> Self {
        if paths.is_empty() { self } else { self.without_below("", paths) }
    }

    fn without_below(self, here: &str, paths: &Paths) -> Self {
        let own_stays = match paths.get(here) {
            Some(true) => return Self::default(),
            Some(false) => true,
            None => false,
        };
        let folders = self.folders.into_iter().filter_map(|(name, change)| {
            let path = if here.is_empty() { name.to_string() } else { format!("{here}/{name}") };
            let kept = match change {
                Change::Within(diff) => {
                    let diff = diff.without_below(&path, paths);
                    (!diff.is_empty()).then_some(Change::Within(diff))
                }
                whole => (!own_stays && !holds(&path, paths)).then_some(whole),
            };
            Some((name, kept?))
        });
        Self { folders: folders.collect(), own: self.own.filter(|_| !own_stays) }
    }

    /// Takes the changes over. One that does not fit (a folder that is gone is gone already) changes nothing.
    pub fn apply(self, to: &Index) -> (Index, Counts) {
        let mut counts = Counts::default();
        if self.is_empty() {
            return (to.clone(), counts);
        }
        let root = self.applied(to.root(), &mut counts);
        (Index::new(Arc::new(root)), counts)
    }

    fn applied(self, to: &Folder, counts: &mut Counts) -> Folder {
        let mut folders = Vec::with_capacity(to.folders().len() + self.folders.len());
        let mut before = to.folders().iter().peekable();
        for (name, change) in self.folders {
            while let Some(other) = before.next_if(|folder| folder_order(folder.name(), &name).is_lt()) {
                folders.push(other.clone());
            }
            let old = before.next_if(|folder| folder.name() == &*name);
            folders.extend(change.applied(&name, old, counts));
        }
        folders.extend(before.cloned());
        let (files, entries) = match self.own {
            Some(Own { files, entries }) => {
                count_files(to.files(), &files, counts);
                (files, entries)
            }
            None => (to.files().clone(), to.entries()),
        };
        to.with(files, folders, entries)
    }
}

impl Change {
    fn between<'a>(old: Option<&'a Arc<Folder>>, new: Option<&'a Arc<Folder>>) -> Option<(&'a str, Self)> {
        match (old, new) {
            (None, None) => None,
            (Some(old), None) => Some((old.name(), Self::Gone)),
            (Some(old), Some(new)) if Arc::ptr_eq(old, new) => None,
            (Some(old), Some(new)) if !old.is_link() && !new.is_link() => {
                let diff = Diff::between(old, new);
                (!diff.is_empty()).then_some((new.name(), Self::Within(diff)))
            }
            (Some(old), Some(new)) if old == new => None,
            (_, Some(new)) => Some((new.name(), Self::New(new.clone()))),
        }
    }

    fn applied(self, name: &str, old: Option<&Arc<Folder>>, counts: &mut Counts) -> Option<Arc<Folder>> {
        match self {
            Self::Gone => {
                counts.removed += old.map_or(0, |old| old.totals().files());
                None
            }
            Self::New(new) => {
                counts.removed += old.map_or(0, |old| old.totals().files());
                counts.added += new.totals().files();
                Some(new)
            }
            Self::Within(diff) => {
                let empty = Folder::new(name, Files::default(), Vec::new(), 0);
                // A link has nothing below it: what was read at its place is a folder of its own.
                let base = old.filter(|old| !old.is_link()).map_or(&empty, |old| old.as_ref());
                Some(Arc::new(diff.applied(base, counts)))
            }
        }
    }
}

/// Whether one of `paths` is this folder or below it.
fn holds(folder: &str, paths: &Paths) -> bool {
    let below = format!("{folder}/");
    paths.contains_key(folder) || paths.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
}

fn count_files(old: &Files, new: &Files, counts: &mut Counts) {
    for file in new.iter() {
        match old.get(file.name) {
            None => counts.added += 1,
            Some(before) if before != file => counts.changed += 1,
            Some(_) => {}
        }
    }
    counts.removed += old.iter().filter(|file| new.get(file.name).is_none()).map(|_| 1).sum::<u64>();
}
