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

use super::diff::{Counts, Diff};
use super::index::{Folder, Index};
use super::scan::{self, Identity, Paths, Progress, Reread};
use super::{Knowledge, RootState};

type Waiter = oneshot::Sender<()>;

/// The state of one root.
pub struct Library {
    index: Arc<Index>,
    state: RootState,
    identity: Option<Identity>,
    scan: Option<Scan>,
    scan_wanted: Option<Vec<Waiter>>,
    reading: Option<Vec<Waiter>>,
    /// Paths to read, with everything below those that are true.
    wanted: Paths,
    waiting: Vec<Waiter>,
}

/// A scan that is on.
struct Scan {
    waiters: Vec<Waiter>,
    /// Folders that were read on their own since it began.
    touched: Paths,
}

/// Work for another thread.
pub struct ScanJob {
    folder: PathBuf,
    progress: Arc<Progress>,
}

/// What a scan brought.
pub struct ScanResult {
    folder: PathBuf,
    took: Duration,
    result: io::Result<scan::Scanned>,
}

impl ScanJob {
    /// Scans.
    pub fn run(self) -> ScanResult {
        let begun = Instant::now();
        let result = scan::scan(&self.folder, &self.progress);
        ScanResult { folder: self.folder, took: begun.elapsed(), result }
    }
}

/// Work for another thread.
pub struct ReadJob {
    folder: PathBuf,
    known: Arc<Index>,
    paths: Paths,
}

/// What reading single folders brought.
pub struct ReadResult {
    folder: PathBuf,
    result: io::Result<Vec<Reread>>,
}

impl ReadJob {
    /// Reads.
    pub fn run(self) -> ReadResult {
        let result = scan::read_again(&self.folder, &self.known, &self.paths);
        ReadResult { folder: self.folder, result }
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
    pub fn new(folder: PathBuf, index: Arc<Index>, before: &RootState) -> Self {
        let same = before.folder == folder;
        Self {
            index: if same { index } else { Arc::default() },
            state: if same {
                RootState { scanning: None, ..before.clone() }
            } else {
                RootState { folder, ..RootState::default() }
            },
            identity: None,
            scan: None,
            scan_wanted: None,
            reading: None,
            wanted: Paths::new(),
            waiting: Vec::new(),
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

    /// For tests and the admin page.
    pub fn observe(&self) -> serde_json::Value {
        serde_json::json!({
            "files": self.index.totals().files(),
            "folders": self.index.totals().folders,
            "knowledge": self.state.knowledge,
            "problem": self.state.problem,
            "scanning": self.scan.is_some(),
        })
    }

    /// Wants a scan that begins from now on; `waiter` is told when it is done.
    pub fn want_scan(&mut self, waiter: Option<Waiter>) {
        self.scan_wanted.get_or_insert_default().extend(waiter);
    }

    /// Wants paths to be read with everything below them; what is given back is told when they are.
    pub fn want_reading(&mut self, paths: Vec<String>) -> oneshot::Receiver<()> {
        let (waiter, done) = oneshot::channel();
        self.wanted.extend(paths.into_iter().map(|path| (path.trim_matches('/').to_owned(), true)));
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
        Some(ScanJob { folder: self.state.folder.clone(), progress })
    }

    /// The reading to start now.
    pub fn next_reading(&mut self) -> Option<ReadJob> {
        // The first scan finds everything anyway.
        let first_scan = self.scan.is_some() && self.state.knowledge == Knowledge::Nothing;
        if first_scan || self.reading.is_some() || (self.wanted.is_empty() && self.waiting.is_empty()) {
            return None;
        }
        self.reading = Some(std::mem::take(&mut self.waiting));
        let paths = std::mem::take(&mut self.wanted);
        Some(ReadJob { folder: self.state.folder.clone(), known: self.index.clone(), paths })
    }

    /// Takes a scan over; none stands for one that crashed.
    pub fn scanned(&mut self, result: Option<ScanResult>) -> Outcome {
        let Scan { waiters, touched } =
            self.scan.take().unwrap_or_else(|| Scan { waiters: Vec::new(), touched: Paths::new() });
        self.state.scanning = None;
        let mut outcome = Outcome { counts: Counts::default(), index_changed: false, waiters };
        let Some(ScanResult { folder, took, result }) = result.filter(|result| result.folder == self.state.folder)
        else {
            return outcome;
        };
        match result.and_then(|scanned| self.not_vanished(scanned)) {
            Ok(scanned) => {
                self.take_problem();
                let first = self.state.knowledge != Knowledge::Current;
                let diff = Diff::between(self.index.root(), &scanned.tree);
                let kept = touched.iter().chain(&scanned.unread).map(|(path, deep)| (path.clone(), *deep)).collect();
                outcome.index_changed = first || !diff.is_empty();
                outcome.counts = self.apply(diff.without(&kept));
                self.wanted.extend(touched);
                self.identity = Some(scanned.identity);
                self.state.knowledge = Knowledge::Current;
                self.state.scan_took = took;
                self.state.scanned = Some(Utc::now());
                tracing::info!(
                    folder = %folder.display(), files = self.index.totals().files(), ?took,
                    added = outcome.counts.added, changed = outcome.counts.changed, removed = outcome.counts.removed,
                    "scanned"
                );
            }
            Err(error) => self.set_problem(&error),
        }
        outcome
    }

    /// Takes the reading of single folders over.
    pub fn read(&mut self, result: Option<ReadResult>) -> Outcome {
        let waiters = self.reading.take().unwrap_or_default();
        let mut outcome = Outcome { counts: Counts::default(), index_changed: false, waiters };
        let Some(ReadResult { result, .. }) = result.filter(|result| result.folder == self.state.folder) else {
            return outcome;
        };
        match result {
            Ok(folders) => {
                for Reread { path, deep, diff } in folders {
                    outcome.index_changed |= !diff.is_empty();
                    outcome.counts.add(self.apply(diff));
                    if let Some(scan) = &mut self.scan {
                        *scan.touched.entry(path).or_default() |= deep;
                    }
                }
            }
            Err(error) => self.set_problem(&error),
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

    fn take_problem(&mut self) {
        if self.state.problem.take().is_some() {
            tracing::info!(folder = %self.state.folder.display(), "the folder can be read again");
        }
    }

    fn set_problem(&mut self, error: &io::Error) {
        let problem = format!("{} cannot be read: {error}", self.state.folder.display());
        if self.state.problem.as_ref() != Some(&problem) {
            // A new installation has no assets yet.
            if self.index.totals().files() == 0 && error.kind() == io::ErrorKind::NotFound {
                tracing::info!("{problem}; it is looked for again");
            } else {
                tracing::error!("{problem}; what was known of it is kept");
            }
            self.state.problem = Some(problem);
        }
    }
}
