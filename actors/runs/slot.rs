//! The one slot: free, or held by a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use super::arguments::RunRequest;
use super::fault::StartError;
use super::messages::{Started, StopReply};
use super::resources::Sampler;
use super::run_folder::{RunFolder, RunOrder};
use super::shim_process::ShimProcess;
use super::view::CurrentRun;
use crate::runs::{Ending, Mode, RunId, RunRecord, Trigger};

/// What is to be run, and for whom.
pub struct NewRun {
    pub request: RunRequest,
    pub trigger: Trigger,
    pub job: Option<String>,
    pub remove_after: Option<PathBuf>,
}

/// Who may run.
pub enum Slot {
    /// Nobody does.
    Free,
    /// A run of ours does, from before its shim is started until it is settled.
    Held(Box<ActiveRun>),
}

/// The run that holds the slot.
pub struct ActiveRun {
    /// Its record, as in the store.
    pub record: RunRecord,
    pub folder: RunFolder,
    /// What its shim was told.
    pub order: RunOrder,
    pub shim: Arc<ShimProcess>,
    /// When it started, by the clock that does not jump; as far as that is known of an adopted run.
    pub since: Instant,
    /// The newest sign of life, and when it was first seen.
    pub alive: (Option<SystemTime>, Instant),
    /// Who waits for it to start.
    pub starting: Option<oneshot::Sender<Result<Started, StartError>>>,
    /// Who waits for it to end.
    pub ending: Vec<oneshot::Sender<StopReply>>,
    /// Looks at its resources; none where the system does not tell.
    pub sampler: Option<Sampler>,
    /// The memory of its process tree, now.
    pub memory_bytes: u64,
    /// The processor use of its process tree, now.
    pub cpu_percent: f32,
}

impl Slot {
    /// The run that holds it.
    pub fn run(&self) -> Option<&ActiveRun> {
        match self {
            Self::Held(active) => Some(active),
            Self::Free => None,
        }
    }

    /// The run that holds it, to be changed.
    pub fn run_mut(&mut self) -> Option<&mut ActiveRun> {
        match self {
            Self::Held(active) => Some(active),
            Self::Free => None,
        }
    }

    /// Whether this run holds it.
    pub fn is_held_by(&self, run: RunId) -> bool {
        self.run().is_some_and(|active| active.record.id == run)
    }
}

impl ActiveRun {
    /// A run whose shim lives.
    pub fn new(record: RunRecord, folder: RunFolder, order: RunOrder, shim: Arc<ShimProcess>) -> Self {
        let age = (chrono::Utc::now() - record.started).to_std().unwrap_or_default();
        let now = Instant::now();
        Self {
            record,
            folder,
            order,
            shim,
            since: now.checked_sub(age).unwrap_or(now),
            alive: (None, now),
            starting: None,
            ending: Vec::new(),
            sampler: Sampler::new()
                .inspect_err(|error| tracing::warn!(%error, "no memory and processor use is known"))
                .ok(),
            memory_bytes: 0,
            cpu_percent: 0.0,
        }
    }

    /// Looks at memory and processor use.
    pub fn sample(&mut self) {
        let Some(sampler) = &mut self.sampler else { return };
        let sample = sampler.sample(self.shim.pid());
        self.memory_bytes = sample.memory_bytes;
        self.cpu_percent = sample.cpu_percent;
        self.record.peak_memory_bytes = self.record.peak_memory_bytes.max(sample.memory_bytes);
        self.record.cpu_seconds = self.record.cpu_seconds.max(sample.cpu_seconds);
    }

    /// Why the run must end by now, if it must: it takes too long, or has neither printed nor logged for too long.
    pub fn overdue(&mut self, limit: Option<Duration>, silence: Option<Duration>, logs: &Path) -> Option<Ending> {
        if limit.is_some_and(|limit| self.since.elapsed() >= limit) {
            return Some(Ending::TimeLimit);
        }
        let silence = silence?;
        let sign = self.last_sign_of_life(logs);
        if sign != self.alive.0 {
            self.alive = (sign, Instant::now());
        }
        (self.alive.1.elapsed() >= silence).then_some(Ending::Silence)
    }

    fn last_sign_of_life(&self, logs: &Path) -> Option<SystemTime> {
        let files = [self.folder.output(), logs.join(&self.record.log), logs.join(Mode::Normal.log_file())];
        files.iter().filter_map(|file| file.metadata().ok()?.modified().ok()).max()
    }

    /// The run as it is shown.
    pub fn view(&self) -> CurrentRun {
        let record = &self.record;
        CurrentRun {
            id: record.id,
            mode: record.mode,
            trigger: record.trigger,
            title: record.title(),
            native: record.native,
            dry_run: record.dry_run,
            pid: record.pid,
            started: record.started,
            job: record.job.clone(),
            memory_bytes: self.memory_bytes,
            cpu_percent: self.cpu_percent,
            adopted: record.adopted,
            ending: record.ending(),
        }
    }
}
