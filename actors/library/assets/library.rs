//! One root: its index, what is wanted to be read, and what is being read.
//!
//! One scan and one reading of single folders may be on at a time, side by side. A folder that was read on its own while
//! a scan was on is left as it is when the scan is taken over (the scan may have seen it before), and read once more.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::oneshot;

use super::diff::{Counts, Diff, Paths};
use super::index::{Folder, Index};
use super::scan::{self, Identity, Progress, Reread};
use super::snapshot::Snapshot;
use super::unreadable_names::UnreadableNames;
use super::watch::{Hints, Watcher};
use super::{ChangeDetection, Freshness, RootState};

/// A snapshot is written no more often.
const SAVE_EVERY: Duration = Duration::from_secs(2 * 60);

type Waiter = oneshot::Sender<()>;

/// The state of one root.
pub struct Library {
    index: Arc<Index>,
    state: RootState,
    identity: Option<Identity>,
    watcher: Option<Arc<Watcher>>,
    unreadable_names: UnreadableNames,
    scan: Option<Scan>,
    scan_wanted: Option<Vec<Waiter>>,
    reading: Option<Vec<Waiter>>,
    /// Paths to read, with everything below those that are true.
    wanted: Paths,
    waiting: Vec<Waiter>,
    /// When it was last scanned because it is polled.
    polled: Instant,
    /// Whether there is something that the snapshot on disk does not have.
    unsaved: bool,
    saved: Option<Instant>,
}

/// A scan that is on.
#[derive(Default)]
struct Scan {
    waiters: Vec<Waiter>,
    /// Folders that were read on their own since it began.
    touched: Paths,
}

/// Work for another thread.
pub struct ScanJob {
    folder: PathBuf,
    progress: Arc<Progress>,
    watcher: Option<Arc<Watcher>>,
}

/// What a scan brought.
pub struct ScanResult {
    took: Duration,
    result: io::Result<scan::Scanned>,
}

impl ScanJob {
    /// Scans.
    pub fn run(self) -> ScanResult {
        let begun = Instant::now();
        let result = scan::scan(&self.folder, &self.progress, self.watcher.as_deref());
        ScanResult { took: begun.elapsed(), result }
    }
}

/// Work for another thread.
pub struct ReadJob {
    folder: PathBuf,
    known: Arc<Index>,
    paths: Paths,
    watcher: Option<Arc<Watcher>>,
}

/// What reading single folders brought.
pub type ReadResult = io::Result<Vec<Reread>>;

impl ReadJob {
    /// Reads.
    pub fn run(self) -> ReadResult {
        scan::read_again(&self.folder, &self.known, &self.paths, self.watcher.as_deref())
    }
}

/// What became of a result.
pub struct Outcome {
    /// What changed.
    pub counts: Counts,
    /// Whether the index is another one; folders count too.
    pub index_changed: bool,
    waiters: Vec<Waiter>,
}

impl Outcome {
    /// Tells those who waited. To be called once the change is published.
    pub fn tell(self) {
        for waiter in self.waiters {
            // One that no longer waits is not an error.
            let _ = waiter.send(());
        }
    }
}

impl Library {
    /// The root at `folder`, with what was known of it where it is the same one.
    pub fn new(folder: PathBuf, index: Arc<Index>, before: &RootState, noticing: ChangeDetection) -> Self {
        let same = before.folder == folder;
        Self {
            index: if same { index } else { Arc::default() },
            state: if same {
                RootState { scanning: None, noticing, watch_problem: None, ..before.clone() }
            } else {
                RootState { folder, noticing, ..RootState::default() }
            },
            identity: None,
            watcher: None,
            unreadable_names: UnreadableNames::default(),
            scan: None,
            scan_wanted: None,
            reading: None,
            wanted: Paths::new(),
            waiting: Vec::new(),
            polled: Instant::now(),
            unsaved: false,
            saved: None,
        }
    }

    /// Starts with what an earlier daemon knew of the same folder.
    pub fn remember(&mut self, snapshot: Snapshot) {
        if self.state.knowledge == Freshness::Nothing && snapshot.folder == self.state.folder {
            self.index = snapshot.index;
            self.identity = Some(snapshot.identity);
            self.state.scanned = Some(snapshot.scanned);
            self.state.knowledge = Freshness::Stale;
        }
    }

    /// What to save now, if there is anything and it is time.
    pub fn snapshot(&mut self) -> Option<Snapshot> {
        if !self.unsaved || self.saved.is_some_and(|saved| saved.elapsed() < SAVE_EVERY) {
            return None;
        }
        (self.unsaved, self.saved) = (false, Some(Instant::now()));
        Some(Snapshot {
            folder: self.state.folder.clone(),
            identity: self.identity?,
            scanned: self.state.scanned?,
            index: self.index.clone(),
        })
    }

    /// Hears of changes from now on; the next scan has every folder watched.
    pub fn listen(&mut self, watcher: Watcher) {
        self.watcher = Some(Arc::new(watcher));
    }

    #[cfg(test)]
    pub fn watcher(&self) -> Option<Arc<Watcher>> {
        self.watcher.clone()
    }

    /// Takes up what was heard.
    pub fn hear(&mut self) {
        let Some(Hints { folders, spilled }) = self.watcher.as_ref().map(|watcher| watcher.take()) else { return };
        if spilled {
            tracing::info!(folder = %self.state.folder.display(), "more changed at once than the system reported; everything is scanned");
            self.want_scan(None);
        } else {
            self.want(folders);
        }
    }

    /// Wants a scan where it is time to look: often where events cannot be relied on, at once where nothing could be read
    /// or events just ceased.
    pub fn poll(&mut self, every: Duration) {
        let due = self.state.noticing == ChangeDetection::Polling && self.polled.elapsed() >= every;
        let ceased = self.check_watcher();
        if due || ceased || self.state.problem.is_some() || self.state.is_missing {
            self.polled = Instant::now();
            self.want_scan(None);
        }
    }

    /// Polls from now on.
    pub fn cannot_listen(&mut self, problem: String) {
        tracing::warn!(folder = %self.state.folder.display(), "{problem}");
        self.state.noticing = ChangeDetection::Polling;
        self.state.watch_problem = Some(problem);
    }

    /// Stops listening where not every folder can be listened to; tells whether that is so since now.
    fn check_watcher(&mut self) -> bool {
        let ceased = self.watcher.take_if(|watcher| watcher.is_full()).is_some();
        if ceased {
            self.cannot_listen(
                "there are too many folders to hear of changes in each, they are polled instead; raise the sysctl \
                 fs.inotify.max_user_watches and restart"
                    .to_owned(),
            );
        }
        ceased
    }

    fn want(&mut self, paths: Paths) {
        for (path, deep) in paths {
            *self.wanted.entry(path).or_default() |= deep;
        }
    }

    /// What is known.
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// How it does.
    pub fn state(&self) -> &RootState {
        &self.state
    }

    /// Wants a scan that begins from now on; `waiter` is told when it is done.
    pub fn want_scan(&mut self, waiter: Option<Waiter>) {
        self.scan_wanted.get_or_insert_default().extend(waiter);
    }

    /// Wants paths to be read with everything below them; what is given back is told when they are.
    pub fn want_reading(&mut self, paths: Vec<String>) -> oneshot::Receiver<()> {
        let (waiter, done) = oneshot::channel();
        self.want(paths.into_iter().map(|path| (path.trim_matches('/').to_owned(), true)).collect());
        self.waiting.push(waiter);
        done
    }

    /// The scan to start now.
    pub fn next_scan(&mut self) -> Option<ScanJob> {
        if self.scan.is_some() {
            return None;
        }
        let waiters = self.scan_wanted.take()?;
        let progress = Arc::<Progress>::default();
        self.state.scanning = Some(progress.clone());
        self.scan = Some(Scan { waiters, touched: Paths::new() });
        Some(ScanJob { folder: self.state.folder.clone(), progress, watcher: self.watcher.clone() })
    }

    /// The reading to start now.
    pub fn next_reading(&mut self) -> Option<ReadJob> {
        // The first scan finds everything anyway.
        let first_scan = self.scan.is_some() && self.state.knowledge == Freshness::Nothing;
        if first_scan || self.reading.is_some() || (self.wanted.is_empty() && self.waiting.is_empty()) {
            return None;
        }
        self.reading = Some(std::mem::take(&mut self.waiting));
        let paths = std::mem::take(&mut self.wanted);
        let (folder, known) = (self.state.folder.clone(), self.index.clone());
        Some(ReadJob { folder, known, paths, watcher: self.watcher.clone() })
    }

    /// Takes a scan over; none stands for one that crashed.
    pub fn scanned(&mut self, result: Option<ScanResult>) -> Outcome {
        let Scan { waiters, touched } = self.scan.take().unwrap_or_default();
        self.state.scanning = None;
        let mut outcome = Outcome { counts: Counts::default(), index_changed: false, waiters };
        let Some(ScanResult { took, result }) = result else { return outcome };
        self.check_watcher();
        match result.and_then(|scanned| self.not_vanished(scanned)) {
            Ok(scanned) => {
                self.readable();
                let first = self.state.knowledge != Freshness::Current;
                let diff = Diff::between(self.index.root(), &scanned.tree);
                let kept = touched.iter().chain(&scanned.unread).map(|(path, deep)| (path.clone(), *deep)).collect();
                outcome.index_changed = first || !diff.is_empty();
                outcome.counts = self.apply(diff.without(&kept));
                self.want(touched);
                self.names_read("", true, scanned.unreadable_names);
                self.identity = Some(scanned.identity);
                self.state.knowledge = Freshness::Current;
                self.state.scan_took = took;
                self.state.scanned = Some(Utc::now());
                // The time of the scan is news too, but not worth writing everything.
                self.unsaved |= outcome.index_changed;
                tracing::info!(
                    folder = %self.state.folder.display(), files = self.index.totals().files(), ?took,
                    added = outcome.counts.added, changed = outcome.counts.changed, removed = outcome.counts.removed,
                    "scanned"
                );
            }
            Err(error) => outcome.index_changed = self.unreadable(&error),
        }
        outcome
    }

    /// Takes the reading of single folders over.
    pub fn read(&mut self, result: Option<ReadResult>) -> Outcome {
        let waiters = self.reading.take().unwrap_or_default();
        let mut outcome = Outcome { counts: Counts::default(), index_changed: false, waiters };
        let Some(result) = result else { return outcome };
        match result {
            Ok(folders) => {
                for Reread { path, deep, diff, unreadable_names } in folders {
                    if let Some(names) = unreadable_names {
                        self.names_read(&path, deep, names);
                    }
                    outcome.index_changed |= !diff.is_empty();
                    outcome.counts.add(self.apply(diff));
                    self.unsaved |= outcome.index_changed;
                    if let Some(scan) = &mut self.scan {
                        *scan.touched.entry(path).or_default() |= deep;
                    }
                }
            }
            Err(error) => outcome.index_changed = self.unreadable(&error),
        }
        outcome
    }

    fn apply(&mut self, diff: Diff) -> Counts {
        let (index, counts) = diff.apply(&self.index);
        self.index = Arc::new(index);
        counts
    }

    /// Refuses an empty folder in the place of a library that was not empty, unless it is the very same folder: then
    /// something is not mounted.
    fn not_vanished(&self, scanned: scan::Scanned) -> io::Result<scan::Scanned> {
        let emptied = *scanned.tree == Folder::default() && *self.index.root().as_ref() != Folder::default();
        if emptied && self.identity != Some(scanned.identity) {
            return Err(io::Error::other("it is another folder than before, and empty; is something not mounted?"));
        }
        Ok(scanned)
    }

    /// Takes over which names are not UTF-8 in the folders that were read, and tells where there are more than before.
    fn names_read(&mut self, path: &str, deep: bool, names: UnreadableNames) {
        self.unreadable_names.replace(path, deep, names);
        let count = self.unreadable_names.count();
        let example = self.unreadable_names.example();
        if count > self.state.unreadable_names {
            tracing::warn!(
                folder = %self.state.folder.display(), count, example = example.as_deref().unwrap_or_default(),
                "files or folders are left out because their names are not UTF-8; rename them, for example with convmv"
            );
        }
        (self.state.unreadable_names, self.state.unreadable_name) = (count, example);
    }

    fn readable(&mut self) {
        self.state.is_missing = false;
        if self.state.problem.take().is_some() {
            tracing::info!(folder = %self.state.folder.display(), "the folder can be read again");
        }
    }

    /// Keeps what is known. Tells whether that is news: a folder that never was there is an empty one.
    fn unreadable(&mut self, error: &io::Error) -> bool {
        let folder = self.state.folder.display();
        if error.kind() == io::ErrorKind::NotFound && *self.index.root().as_ref() == Folder::default() {
            if !std::mem::replace(&mut self.state.is_missing, true) {
                tracing::info!(%folder, "the folder is not there yet; it is looked for again");
            }
            let before = std::mem::replace(&mut self.state.knowledge, Freshness::Current);
            return before != Freshness::Current;
        }
        let problem = format!("{folder} cannot be read: {error}");
        if self.state.problem.as_ref() != Some(&problem) {
            tracing::error!("{problem}; what was known of it is kept");
            self.state.problem = Some(problem);
        }
        false
    }
}
