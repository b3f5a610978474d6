//! What changed between two states of a root, and how it is taken over.
//!
//! The index is only changed by applying a [`Diff`]: of a whole scan, or of a few folders that were read again. Folders
//! that did not change stay the very same in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::{Files, Folder, Index, folder_order};

/// Paths to read again; true for a folder that is read with everything below it.
pub type Paths = BTreeMap<String, bool>;

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::library::assets::index::{FilesBuilder, Walk};

    /// A tree as a test writes it down: a picture with size and time, a link, or a folder.
    #[derive(Debug, Clone)]
    enum Node {
        File(u64, i64),
        Link(u32),
        Folder(BTreeMap<String, Node>),
    }

    fn build(name: &str, nodes: &BTreeMap<String, Node>) -> Folder {
        let (mut files, mut folders) = (FilesBuilder::default(), Vec::new());
        for (name, node) in nodes {
            match node {
                Node::File(size, time) => files.push(name, *size, *time, *time / 2),
                Node::Link(entries) => folders.push(Arc::new(Folder::link(name, *entries))),
                Node::Folder(nodes) => folders.push(Arc::new(build(name, nodes))),
            }
        }
        Folder::new(name, files.finish(), folders, u32::try_from(nodes.len()).unwrap())
    }

    /// Few names, so that trees overlap: of one letter case and another, and around the slash in the order of paths.
    fn names() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["A", "a", "A b", "A!", "A0", "Ä", "poster.jpg", "Poster.JPG", "S01E01.jpg", "x.webp"])
            .prop_map(str::to_owned)
    }

    fn trees() -> impl Strategy<Value = BTreeMap<String, Node>> {
        let leaf = prop_oneof![
            4 => (0..3_u64, 0..3_i64).prop_map(|(size, time)| Node::File(size, time)),
            1 => (0..2_u32).prop_map(Node::Link),
        ];
        let node = leaf
            .prop_recursive(4, 60, 6, |inner| prop::collection::btree_map(names(), inner, 0..6).prop_map(Node::Folder));
        prop::collection::btree_map(names(), node, 0..6)
    }

    fn paths(index: &Index) -> Vec<String> {
        let mut walk = Walk::over(index, "", None);
        std::iter::from_fn(|| walk.next().map(|image| image.path.to_owned())).collect()
    }

    fn index(nodes: &BTreeMap<String, Node>) -> Index {
        Index::new(Arc::new(build("", nodes)))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn applying_the_difference_gives_the_other_tree(a in trees(), b in trees()) {
            let (a, b) = (index(&a), index(&b));
            let (applied, counts) = Diff::between(a.root(), b.root()).apply(&a);
            prop_assert_eq!(&applied, &b);
            prop_assert_eq!(applied.totals(), b.totals());
            let (before, after) = (paths(&a), paths(&b));
            prop_assert!(after.is_sorted(), "{:?}", after);
            let added = after.iter().filter(|path| !before.contains(path)).count() as u64;
            let removed = before.iter().filter(|path| !after.contains(path)).count() as u64;
            // A folder in the place of a link may count as new what a smaller step would not; never less.
            prop_assert_eq!(counts.added, added);
            prop_assert_eq!(counts.removed, removed);
            prop_assert!(Diff::between(applied.root(), b.root()).is_empty());
        }

        #[test]
        fn what_is_left_out_stays_as_it_was(a in trees(), b in trees(), kept in prop::collection::btree_map(
            prop::collection::vec(names(), 0..3).prop_map(|names| names.join("/")), any::<bool>(), 1..4))
        {
            let (a, b) = (index(&a), index(&b));
            let (applied, _) = Diff::between(a.root(), b.root()).without(&kept).apply(&a);
            for (path, deep) in &kept {
                let (before, after) = (a.folder(path), applied.folder(path));
                if let Some(before) = before.filter(|before| !before.is_link()) {
                    let after = after.expect("a folder that is kept stays");
                    prop_assert!(after.same_own(before), "{path}");
                    prop_assert!(!deep || after == before, "{path}");
                }
            }
        }
    }

    #[test]
    fn what_did_not_change_stays_the_same_in_memory() {
        let folder = |size| Node::Folder(BTreeMap::from([("poster.jpg".to_owned(), Node::File(size, 1))]));
        let tree = |size| BTreeMap::from([("A".to_owned(), folder(1)), ("B".to_owned(), folder(size))]);
        let (a, b) = (index(&tree(1)), index(&tree(2)));
        let (applied, counts) = Diff::between(a.root(), b.root()).apply(&a);
        assert!(Arc::ptr_eq(applied.folder("A").unwrap(), a.folder("A").unwrap()));
        assert_eq!(counts, Counts { added: 0, changed: 1, removed: 0 });
    }
}
