//! From triggers to stored jobs with their files, a part at a time, so that others have their turn in between.

use std::path::Path;

use actix::Recipient;
use tokio::task::spawn_blocking;

use super::intake::blank;
use super::journal::Received;
use super::reading::TakenFiles;
use super::reason::TriggerReason;
use super::trigger::{Source, Trigger};
use super::{IngestError, Receipt, trigger_file};
use crate::runs::{NewJob, SubmitJobs, Submitted};
use crate::runtime::events::Handling;

/// Jobs that are handed over as one change, with one flush.
const TOGETHER: usize = 250;
/// Jobs and deliveries of one event that its entry in the journal names; an entry is written anew whenever one of its jobs ends.
const NAMED: usize = 200;

/// A trigger with what is to be done for it.
pub struct Prepared {
    /// The trigger.
    pub trigger: Trigger,
    /// What is to be done.
    pub work: Work,
}

impl Prepared {
    /// The id of the job that has to be queued.
    pub fn new_job(&self) -> Option<&str> {
        match &self.work {
            Work::New(job) => Some(&job.id),
            Work::Known(_) => None,
        }
    }
}

/// What is to be done for a trigger.
pub enum Work {
    /// Nothing: a job does it already.
    Known(String),
    /// This job has to be queued.
    New(Box<NewJob>),
}

/// What became of a webhook: the answer, and the entry of the journal.
pub struct Stored {
    /// The answer.
    pub receipt: Receipt,
    /// The entry, without the time and the payload.
    pub received: Received,
    /// All deliveries, each with its job.
    pub deliveries: Vec<(String, String)>,
}

/// The job that does a trigger's work, and whether it is new.
struct Placed {
    trigger: Trigger,
    job: String,
    is_new: bool,
}

/// Queues the new jobs, writes their files, and tells what became of each. Fails if one of the jobs could not be stored.
pub async fn store(
    queue: &Recipient<SubmitJobs>,
    watcher: &Path,
    taken: &TakenFiles,
    prepared: Vec<Prepared>,
) -> Result<Stored, IngestError> {
    let mut placed = Vec::with_capacity(prepared.len());
    let mut prepared = prepared.into_iter().peekable();
    while prepared.peek().is_some() {
        placed.extend(submit(queue, watcher, taken, prepared.by_ref().take(TOGETHER).collect()).await?);
    }
    let queued = placed.iter().filter(|placed| placed.is_new).count();
    let jobs: Vec<_> = placed.iter().map(|placed| placed.job.clone()).collect();
    let (source, event) = placed
        .last()
        .map_or((Source::Tautulli, String::new()), |last| (last.trigger.source, last.trigger.event.clone()));
    let kind = if queued == 0 { Handling::Duplicate } else { Handling::Queued };
    let why = message(source, queued, jobs.len());
    let deliveries: Vec<_> = placed.into_iter().map(|placed| (placed.trigger.delivery, placed.job)).collect();
    let received = Received {
        verdict: kind,
        jobs: jobs.iter().take(NAMED).cloned().collect(),
        deliveries: deliveries.iter().take(NAMED).cloned().collect(),
        ..blank(source.into(), &event)
    };
    let receipt = Receipt { kind, is_empty: false, message: why.english(), jobs, queued };
    Ok(Stored { receipt, received: received.because(why), deliveries })
}

/// Queues the new jobs of a part and writes their files. The order stays that of the triggers.
async fn submit(
    queue: &Recipient<SubmitJobs>,
    watcher: &Path,
    taken: &TakenFiles,
    part: Vec<Prepared>,
) -> Result<Vec<Placed>, IngestError> {
    let (mut jobs, mut placed) = (Vec::new(), Vec::with_capacity(part.len()));
    for Prepared { trigger, work } in part {
        let job = match work {
            Work::Known(job) => job,
            Work::New(new) => {
                let id = new.id.clone();
                jobs.push(*new);
                id
            }
        };
        placed.push(Placed { trigger, job, is_new: false });
    }
    if jobs.is_empty() {
        return Ok(placed);
    }
    let new: Vec<_> = jobs.iter().map(|job| job.id.clone()).collect();
    let storage = |error: String| IngestError::Storage(error);
    let submitted = queue.send(SubmitJobs { jobs, renews: false }).await.map_err(|error| storage(error.to_string()))?;
    let submitted = submitted.map_err(|error| storage(error.to_string()))?;
    let mut became = new.iter().map(String::as_str).zip(submitted).peekable();
    let mut files = Vec::new();
    for placed in &mut placed {
        let Some((_, submitted)) = became.next_if(|(id, _)| *id == placed.job) else { continue };
        submitted.job().clone_into(&mut placed.job);
        placed.is_new = matches!(submitted, Submitted::Queued { .. });
        if matches!(submitted, Submitted::Queued { .. } | Submitted::Duplicate { .. }) {
            files.push((placed.job.clone(), placed.trigger.pairs.clone()));
        }
    }
    write_files(watcher, taken, files).await;
    Ok(placed)
}

/// Upstream's texts: one for a single job, a counted one for more.
fn message(source: Source, queued: usize, jobs: usize) -> TriggerReason {
    let name = source.name();
    match (queued, source) {
        (0, _) => TriggerReason::Already { source: name, jobs },
        (1, Source::Tautulli) => TriggerReason::QueuedTautulli,
        (1, _) => TriggerReason::QueuedOne { source: name },
        (more, _) => TriggerReason::QueuedSome { source: name, jobs: more },
    }
}

/// Writes the files of jobs, each with the names and values that the job has.
pub async fn write_files(watcher: &Path, taken: &TakenFiles, files: Vec<(String, Vec<(String, String)>)>) {
    if files.is_empty() {
        return;
    }
    for (name, _) in &files {
        // What somebody else wrote is replaced: that it is another file then is no reason to read it again.
        taken.remove(name);
    }
    let watcher = watcher.to_owned();
    // The folder's file system may be just writing out what others changed.
    let _ = spawn_blocking(move || files.iter().for_each(|(name, pairs)| project(&watcher, name, pairs))).await;
}

/// Writes the job's file. The stored job is what lasts: the file is there for others to see, is not synced, and is written
/// again at the next start where it is missing.
pub fn project(watcher: &Path, name: &str, pairs: &[(String, String)]) {
    if let Err(error) = crate::files::write_whole(&watcher.join(name), trigger_file::write(pairs).as_bytes()) {
        tracing::warn!(file = name, %error, "a trigger is queued, but its file in the watcher folder could not be written");
    }
}
