//! The library in memory: a tree of folders that is never changed, only replaced along the way to what is new.
//!
//! A folder holds its files in two allocations (small records and one text with all names), shares unchanged subfolders
//! with earlier versions of itself, and knows the totals of everything below it. So a reader keeps a consistent index for
//! as long as it likes, a change of one file copies the folders on the way to it and nothing else, and counting costs
//! nothing. Order is that of full paths by code point, which is not the order of names: `A b.jpg` comes before `A/x.jpg`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::gallery::Gallery;

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Bytes.
    pub size: u64,
    /// When its inode last changed, in seconds since 1970; upstream calls that created.
    pub created: f64,
    /// When its content last changed, in seconds since 1970.
    pub modified: f64,
}

/// One root folder as it was at a moment. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Index {
    root: Arc<Folder>,
}

impl Index {
    /// The index with this root folder.
    pub fn new(root: Arc<Folder>) -> Self {
        Self { root }
    }

    /// The root folder.
    pub fn root(&self) -> &Arc<Folder> {
        &self.root
    }

    /// What is known of a file by its path below the root, with `/` between folders.
    pub fn get(&self, path: &str) -> Option<Entry> {
        self.file(path).map(|file| file.entry())
    }

    /// A file by its path below the root.
    pub fn file(&self, path: &str) -> Option<File<'_>> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.folder(folder)?.files.get(name)
    }

    /// A folder by its path below the root; empty for the root.
    pub fn folder(&self, path: &str) -> Option<&Arc<Folder>> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(&self.root, |folder, name| folder.child(name))
    }

    /// Counts of the whole index.
    pub fn totals(&self) -> &Totals {
        self.root.totals()
    }
}

/// A folder with everything below it.
#[derive(Debug, Default)]
pub struct Folder {
    name: Box<str>,
    files: Files,
    /// Sorted by [`folder_order`].
    folders: Box<[Arc<Folder>]>,
    entries: u32,
    link: bool,
    totals: Totals,
}

impl PartialEq for Folder {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.same_own(other) && self.folders == other.folders
    }
}

impl Folder {
    /// A folder with its files and subfolders; `entries` counts whatever is directly in it.
    pub fn new(name: &str, files: Files, mut folders: Vec<Arc<Self>>, entries: u32) -> Self {
        if !folders.is_sorted_by(|a, b| folder_order(&a.name, &b.name).is_lt()) {
            folders.sort_unstable_by(|a, b| folder_order(&a.name, &b.name));
        }
        let mut totals = files.totals();
        folders.iter().for_each(|folder| totals.add(&folder.totals));
        totals.folders += u32::try_from(folders.len()).unwrap_or(u32::MAX);
        Self { name: name.into(), files, folders: folders.into(), entries, link: false, totals }
    }

    /// A symbolic link to a folder in the same root: shown, never gone into.
    pub fn link(name: &str, entries: u32) -> Self {
        Self { name: name.into(), entries, link: true, ..Self::default() }
    }

    /// This folder with other files.
    pub(super) fn with(&self, files: Files, folders: Vec<Arc<Self>>, entries: u32) -> Self {
        Self::new(&self.name, files, folders, entries)
    }

    /// Its name; empty for the root.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pictures directly in it, by name.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Its subfolders, in the order of paths.
    pub fn folders(&self) -> &[Arc<Self>] {
        &self.folders
    }

    /// How many files and folders of any kind are directly in it (upstream leaves out `@eaDir`).
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// Whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.link
    }

    /// Counts of what is in it and below.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The subfolder of that name.
    pub fn child(&self, name: &str) -> Option<&Arc<Self>> {
        let at = self.folders.binary_search_by(|folder| folder_order(&folder.name, name)).ok()?;
        // A name with a slash would be in the same place as the folder before it.
        self.folders.get(at).filter(|folder| &*folder.name == name)
    }

    /// Whether all but the subfolders is the same.
    pub(super) fn same_own(&self, other: &Self) -> bool {
        self.entries == other.entries && self.link == other.link && self.files == other.files
    }
}

/// Counts of pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// By [`Gallery::index`].
    counts: [u32; 5],
    /// Folders below.
    pub folders: u32,
    /// Bytes of all pictures.
    pub size: u64,
    /// Bytes of those that are in a list.
    pub listed_size: u64,
}

impl Totals {
    /// Of a single picture.
    pub fn of_one(file: &File<'_>) -> Self {
        let mut totals = Self::default();
        totals.count(file);
        totals
    }

    /// Pictures of this kind.
    pub fn of(&self, kind: Gallery) -> u64 {
        self.counts.get(kind.index()).copied().map_or(0, u64::from)
    }

    /// Pictures of any kind.
    pub fn files(&self) -> u64 {
        self.counts.iter().copied().map(u64::from).sum()
    }

    /// Pictures that are in a list.
    pub fn listed(&self) -> u64 {
        self.files() - self.of(Gallery::Other)
    }

    fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        self.folders = self.folders.saturating_add(other.folders);
        self.size = self.size.saturating_add(other.size);
        self.listed_size = self.listed_size.saturating_add(other.listed_size);
    }

    fn count(&mut self, file: &File<'_>) {
        if let Some(count) = self.counts.get_mut(file.kind.index()) {
            *count = count.saturating_add(1);
        }
        self.size = self.size.saturating_add(file.size);
        if file.kind != Gallery::Other {
            self.listed_size = self.listed_size.saturating_add(file.size);
        }
    }
}

/// The pictures directly in a folder, sorted by name.
#[derive(Debug, Clone, Default)]
pub struct Files {
    names: Box<str>,
    records: Box<[Record]>,
}

/// One picture: times in nanoseconds since 1970, the name as a piece of [`Files::names`].
#[derive(Debug, Clone, Copy)]
struct Record {
    size: u64,
    created: i64,
    modified: i64,
    name: u32,
    length: u8,
    kind: Gallery,
}

/// One picture of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    /// With its extension, without a folder.
    pub name: &'a str,
    /// Bytes.
    pub size: u64,
    /// When its inode last changed, in nanoseconds since 1970.
    pub created: i64,
    /// When its content last changed, in nanoseconds since 1970.
    pub modified: i64,
    /// The list it is in.
    pub kind: Gallery,
}

impl File<'_> {
    /// As clients see it.
    pub fn entry(&self) -> Entry {
        Entry { size: self.size, created: seconds(self.created), modified: seconds(self.modified) }
    }
}

/// As Python computes it, so that the last digit agrees.
fn seconds(nanoseconds: i64) -> f64 {
    const SECOND: i64 = 1_000_000_000;
    nanoseconds.div_euclid(SECOND) as f64 + nanoseconds.rem_euclid(SECOND) as f64 * 1e-9
}

impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        self.records.len() == other.records.len() && self.iter().eq(other.iter())
    }
}

impl Files {
    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = File<'_>> {
        self.records.iter().map(|record| self.file(record))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The one with this name.
    pub fn get(&self, name: &str) -> Option<File<'_>> {
        let at = self.records.binary_search_by(|record| self.file(record).name.cmp(name)).ok()?;
        self.at(at)
    }

    pub(super) fn at(&self, place: usize) -> Option<File<'_>> {
        self.records.get(place).map(|record| self.file(record))
    }

    fn file(&self, record: &Record) -> File<'_> {
        let Record { size, created, modified, name, length, kind } = *record;
        let start = name as usize;
        let name = self.names.get(start..start + usize::from(length)).unwrap_or_default();
        File { name, size, created, modified, kind }
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.iter().for_each(|file| totals.count(&file));
        totals
    }
}

/// Collects the pictures of a folder, in any order.
#[derive(Debug, Default)]
pub struct FilesBuilder {
    names: String,
    records: Vec<Record>,
}

impl FilesBuilder {
    /// Adds a picture. File systems have no names longer than 255 bytes; one that has is left out.
    pub fn push(&mut self, name: &str, size: u64, created: i64, modified: i64) {
        let (Ok(start), Ok(length)) = (u32::try_from(self.names.len()), u8::try_from(name.len())) else { return };
        self.names.push_str(name);
        self.records.push(Record { size, created, modified, name: start, length, kind: Gallery::of(name) });
    }

    /// The finished files.
    pub fn finish(self) -> Files {
        let mut files = Files { names: self.names.into(), records: self.records.into() };
        let names = std::mem::take(&mut files.names);
        let name = |record: &Record| names.get(record.name as usize..record.name as usize + usize::from(record.length));
        if !files.records.is_sorted_by(|a, b| name(a) < name(b)) {
            files.records.sort_unstable_by(|a, b| name(a).cmp(&name(b)));
        }
        files.names = names;
        files
    }
}

/// The order of two subfolders: that of the paths below them, as if the names ended with `/`.
pub(super) fn folder_order(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let common = a.len().min(b.len());
    let rest = |name: &[u8]| name.get(common).copied();
    a.get(..common).cmp(&b.get(..common)).then_with(|| match (rest(a), rest(b)) {
        (None, None) => Ordering::Equal,
        (next, other) => next.unwrap_or(b'/').cmp(&other.unwrap_or(b'/')),
    })
}

/// Whether a file comes before what is in a sibling folder.
fn file_is_first(file: &str, folder: &str) -> bool {
    // A file that is a piece of the folder's name ends before the folder's slash.
    folder.starts_with(file) || folder_order(file, folder).is_lt()
}

/// One picture on a [`Walk`].
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// Its path below the root.
    pub path: &'a str,
    /// Its name, the last part of the path.
    pub name: &'a str,
    /// Bytes.
    pub size: u64,
    /// See [`File::created`].
    pub created: i64,
    /// See [`File::modified`].
    pub modified: i64,
    /// The list it is in.
    pub kind: Gallery,
}

impl Image<'_> {
    /// As clients see it.
    pub fn entry(&self) -> Entry {
        Entry { size: self.size, created: seconds(self.created), modified: seconds(self.modified) }
    }
}

/// Walks over pictures in the order of their paths. Owns what it walks over, so that an answer can be streamed from it
/// while the index moves on.
#[derive(Debug)]
pub struct Walk {
    stack: Vec<Step>,
    path: String,
    kind: Option<Gallery>,
}

#[derive(Debug)]
struct Step {
    folder: Arc<Folder>,
    next_file: usize,
    next_folder: usize,
    /// The length of the path up to and with this folder's slash.
    prefix: usize,
}

impl Walk {
    /// Everything of this kind (or of every kind) at or below `path`, which may be a folder or a single picture.
    pub fn over(index: &Index, path: &str, kind: Option<Gallery>) -> Self {
        let path = path.trim_matches('/');
        let mut walk = Self { stack: Vec::new(), path: String::new(), kind };
        if let Some(folder) = index.folder(path) {
            walk.path = path.split('/').filter(|name| !name.is_empty()).flat_map(|name| [name, "/"]).collect();
            walk.enter(folder.clone());
        } else if let Some(file) = index.file(path) {
            let (parent, _) = path.rsplit_once('/').unwrap_or(("", path));
            if !parent.is_empty() {
                walk.path = format!("{parent}/");
            }
            let mut alone = FilesBuilder::default();
            alone.push(file.name, file.size, file.created, file.modified);
            walk.enter(Arc::new(Folder::new("", alone.finish(), Vec::new(), 1)));
        }
        walk
    }

    /// Goes on after the next `count` pictures, without looking into folders that are passed over whole.
    pub fn skip(&mut self, mut count: u64) {
        while count > 0 {
            match self.step() {
                None => return,
                Some(Next::Folder(folder)) => match count.checked_sub(self.matching(&folder)) {
                    Some(left) => count = left,
                    None => self.go_into(folder),
                },
                Some(Next::File { wanted }) => count -= u64::from(wanted),
                Some(Next::End) => self.leave(),
            }
        }
    }

    pub fn next(&mut self) -> Option<Image<'_>> {
        loop {
            match self.step()? {
                Next::Folder(folder) if self.matching(&folder) > 0 => self.go_into(folder),
                Next::File { wanted: true } => break,
                Next::Folder(_) | Next::File { wanted: false } => {}
                Next::End => self.leave(),
            }
        }
        let step = self.stack.last()?;
        let File { size, created, modified, kind, .. } = step.folder.files.at(step.next_file.checked_sub(1)?)?;
        let name = self.path.get(step.prefix..)?;
        Some(Image { path: &self.path, name, size, created, modified, kind })
    }

    /// How many pictures are to come, for a walk that has not begun.
    pub fn remaining(&self) -> u64 {
        self.stack.iter().map(|step| self.matching(&step.folder)).sum()
    }

    /// Where the last picture is: its folder, the path up to that with a slash, and its place among the files.
    pub(super) fn place(&self) -> Option<(&Arc<Folder>, &str, usize)> {
        let step = self.stack.last()?;
        Some((&step.folder, self.path.get(..step.prefix)?, step.next_file.checked_sub(1)?))
    }

    fn matching(&self, folder: &Folder) -> u64 {
        self.kind.map_or_else(|| folder.totals.files(), |kind| folder.totals.of(kind))
    }

    fn enter(&mut self, folder: Arc<Folder>) {
        self.stack.push(Step { folder, next_file: 0, next_folder: 0, prefix: self.path.len() });
    }

    fn go_into(&mut self, folder: Arc<Folder>) {
        if let Some(step) = self.stack.last() {
            self.path.truncate(step.prefix);
        }
        self.path.push_str(&folder.name);
        self.path.push('/');
        self.enter(folder);
    }

    fn leave(&mut self) {
        self.stack.pop();
    }

    /// Steps past what comes next in the folder we are in; a picture that is wanted is in `path` afterwards.
    fn step(&mut self) -> Option<Next> {
        let step = self.stack.last_mut()?;
        let file = step.folder.files.at(step.next_file);
        let folder = step.folder.folders.get(step.next_folder);
        Some(match (file, folder) {
            (Some(file), folder) if folder.is_none_or(|folder| file_is_first(file.name, &folder.name)) => {
                step.next_file += 1;
                let wanted = self.kind.is_none_or(|kind| kind == file.kind);
                if wanted {
                    self.path.truncate(step.prefix);
                    self.path.push_str(file.name);
                }
                Next::File { wanted }
            }
            (_, Some(folder)) => {
                step.next_folder += 1;
                Next::Folder(folder.clone())
            }
            (_, None) => Next::End,
        })
    }
}

/// What comes next in a folder.
enum Next {
    Folder(Arc<Folder>),
    File { wanted: bool },
    End,
}
