//! From prepared jobs to queued ones with their files, a part at a time, so that others have their turn in between.

use std::path::Path;

use actix::Recipient;

use super::file_reading::TakenFiles;
use super::intake::blank;
use super::journal::Received;
use super::media_event::{MediaEvent, Source};
use super::reason::IngestReason;
use super::receipt::{IngestError, Receipt};
use super::trigger_file;
use crate::runs::{NewJob, SubmitJobs, Submitted};
use crate::runtime::events::Handling;
use crate::runtime::offload::off_thread;

/// Jobs that are handed over as one change, with one flush.
const TOGETHER: usize = 250;
/// Jobs and deliveries of one event that its entry in the journal names; an entry is written anew whenever one of its jobs ends.
const NAMED: usize = 200;

/// An event of a webhook with the job that is to do its work.
pub struct PreparedJob {
    pub media_event: MediaEvent,
    /// The job, or which one has it already.
    pub work: Work,
}

impl PreparedJob {
    /// The id of the job that has to be queued.
    pub fn new_job_id(&self) -> Option<&str> {
        match &self.work {
            Work::New(job) => Some(&job.id),
            Work::Known(_) => None,
        }
    }
}

/// Who does the work of an event.
pub enum Work {
    /// A job that is known already, by its id.
    Known(String),
    /// A new job, which has to be queued.
    New(Box<NewJob>),
}

/// A webhook whose jobs are with the queue: the answer to it, and its entry in the journal.
pub struct SubmittedWebhook {
    pub receipt: Receipt,
    /// The entry, without the time and the payload.
    pub received: Received,
    /// All deliveries, each with its job.
    pub deliveries: Vec<(String, String)>,
}

/// An event, the id of the job that does its work, and whether that job is new.
struct EventJob {
    media_event: MediaEvent,
    job: String,
    is_new: bool,
}

/// Queues the new jobs, writes their files, and tells what became of each. Fails if one of the jobs could not be stored.
pub async fn submit(
    queue: &Recipient<SubmitJobs>,
    watcher: &Path,
    taken: &TakenFiles,
    prepared: Vec<PreparedJob>,
) -> Result<SubmittedWebhook, IngestError> {
    let mut event_jobs = Vec::with_capacity(prepared.len());
    let mut prepared = prepared.into_iter().peekable();
    while prepared.peek().is_some() {
        event_jobs.extend(submit_part(queue, watcher, taken, prepared.by_ref().take(TOGETHER).collect()).await?);
    }
    let queued = event_jobs.iter().filter(|one| one.is_new).count();
    let jobs: Vec<_> = event_jobs.iter().map(|one| one.job.clone()).collect();
    let (source, event) = event_jobs
        .last()
        .map_or((Source::Tautulli, String::new()), |last| (last.media_event.source, last.media_event.event.clone()));
    let handling = if queued == 0 { Handling::Duplicate } else { Handling::Queued };
    let why = message(source, queued, jobs.len());
    let deliveries: Vec<_> = event_jobs.into_iter().map(|one| (one.media_event.delivery, one.job)).collect();
    let received = Received {
        handling,
        jobs: jobs.iter().take(NAMED).cloned().collect(),
        deliveries: deliveries.iter().take(NAMED).cloned().collect(),
        ..blank(source.into(), &event)
    };
    let receipt = Receipt { handling, is_empty: false, message: why.english(), jobs, queued };
    Ok(SubmittedWebhook { receipt, received: received.because(why), deliveries })
}

/// Queues the new jobs of a part and writes their files. The order stays that of the events.
async fn submit_part(
    queue: &Recipient<SubmitJobs>,
    watcher: &Path,
    taken: &TakenFiles,
    part: Vec<PreparedJob>,
) -> Result<Vec<EventJob>, IngestError> {
    let (mut jobs, mut event_jobs) = (Vec::new(), Vec::with_capacity(part.len()));
    for PreparedJob { media_event, work } in part {
        let job = match work {
            Work::Known(job) => job,
            Work::New(new) => {
                let id = new.id.clone();
                jobs.push(*new);
                id
            }
        };
        event_jobs.push(EventJob { media_event, job, is_new: false });
    }
    if jobs.is_empty() {
        return Ok(event_jobs);
    }
    let new: Vec<_> = jobs.iter().map(|job| job.id.clone()).collect();
    let storage = |error: String| IngestError::Storage(error);
    let submitted = queue.send(SubmitJobs { jobs, renews: false }).await.map_err(|error| storage(error.to_string()))?;
    let submitted = submitted.map_err(|error| storage(error.to_string()))?;
    let mut became = new.iter().map(String::as_str).zip(submitted).peekable();
    let mut files = Vec::new();
    for event_job in &mut event_jobs {
        let Some((_, submitted)) = became.next_if(|(id, _)| *id == event_job.job) else { continue };
        submitted.job().clone_into(&mut event_job.job);
        event_job.is_new = matches!(submitted, Submitted::Queued { .. });
        if matches!(submitted, Submitted::Queued { .. } | Submitted::Duplicate { .. }) {
            files.push((event_job.job.clone(), event_job.media_event.pairs.clone()));
        }
    }
    write_files(watcher, taken, files).await;
    Ok(event_jobs)
}

/// Upstream's texts: one for a single job, a counted one for more.
fn message(source: Source, queued: usize, jobs: usize) -> IngestReason {
    let name = source.name();
    match (queued, source) {
        (0, _) => IngestReason::Already { source: name, jobs },
        (1, Source::Tautulli) => IngestReason::QueuedTautulli,
        (1, _) => IngestReason::QueuedOne { source: name },
        (more, _) => IngestReason::QueuedSome { source: name, jobs: more },
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
    off_thread(move || files.iter().for_each(|(name, pairs)| project(&watcher, name, pairs))).await;
}

/// Writes the job's file. The stored job is what lasts: the file is there for others to see, is not synced, and is written
/// again at the next start where it is missing.
pub fn project(watcher: &Path, name: &str, pairs: &[(String, String)]) {
    if let Err(error) = crate::files::write_whole(&watcher.join(name), trigger_file::write(pairs).as_bytes()) {
        tracing::warn!(file = name, %error, "a trigger is queued, but its file in the watcher folder could not be written");
    }
}
