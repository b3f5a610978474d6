//! From triggers to stored jobs with their files.

use std::path::Path;

use actix::Recipient;
use futures_util::future::{Either, join_all, ready};
use tokio::task::spawn_blocking;

use super::IngestError;
use super::intake::blank;
use super::journal::{Kind, Received};
use super::trigger::{Source, Trigger};
use super::{Receipt, trigger_file};
use crate::script_supervisor::{NewJob, SubmitJob, Submitted};

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
}

/// The job that does a trigger's work, and whether it is new.
struct Placed {
    trigger: Trigger,
    job: String,
    is_new: bool,
}

/// Queues the new jobs, writes their files, and tells what became of each. Fails if one of the jobs could not be stored.
pub async fn store(
    queue: &Recipient<SubmitJob>,
    watcher: &Path,
    prepared: Vec<Prepared>,
) -> Result<Stored, IngestError> {
    // All are handed over before the first is waited for: the episodes of a season share a flush.
    let submissions: Vec<_> = prepared.into_iter().map(|prepared| submit(queue, watcher, prepared)).collect();
    let placed = join_all(submissions).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let queued = placed.iter().filter(|placed| placed.is_new).count();
    let jobs: Vec<_> = placed.iter().map(|placed| placed.job.clone()).collect();
    let (source, event) = placed
        .last()
        .map_or((Source::Tautulli, String::new()), |last| (last.trigger.source, last.trigger.event.clone()));
    let kind = if queued == 0 { Kind::Duplicate } else { Kind::Queued };
    let message = message(source, queued, jobs.len());
    let received = Received {
        verdict: kind,
        reason: message.clone(),
        jobs: jobs.clone(),
        deliveries: placed.into_iter().map(|placed| (placed.trigger.delivery, placed.job)).collect(),
        ..blank(&source.name().to_ascii_lowercase(), &event)
    };
    Ok(Stored { receipt: Receipt { kind, message, jobs, queued }, received })
}

fn submit(
    queue: &Recipient<SubmitJob>,
    watcher: &Path,
    Prepared { trigger, work }: Prepared,
) -> impl Future<Output = Result<Placed, IngestError>> {
    let new = match work {
        Work::Known(job) => return Either::Left(ready(Ok(Placed { trigger, job, is_new: false }))),
        Work::New(new) => new,
    };
    // Sent now, so that the jobs are in the order of the triggers, whatever is awaited first.
    let submission = queue.send(SubmitJob(*new));
    Either::Right(async move {
        match submission.await {
            Ok(Ok(submitted)) => {
                if !matches!(submitted, Submitted::Known { .. }) {
                    write_file(watcher, submitted.job(), &trigger).await;
                }
                let is_new = matches!(submitted, Submitted::Queued { .. });
                Ok(Placed { trigger, job: submitted.job().to_owned(), is_new })
            }
            Ok(Err(error)) => Err(IngestError::Storage(error.to_string())),
            Err(error) => Err(IngestError::Storage(error.to_string())),
        }
    })
}

/// Upstream's texts: one for a single job, a counted one for more.
fn message(source: Source, queued: usize, jobs: usize) -> String {
    match (queued, source) {
        (0, _) => format!("Already queued for {} ({jobs} trigger job(s))", source.name()),
        (1, Source::Tautulli) => "Tautulli trigger queued".to_owned(),
        (1, _) => format!("Trigger queued for {}", source.name()),
        (more, _) => format!("{more} trigger job(s) queued for {}", source.name()),
    }
}

/// Writes the file of a job that does what the trigger asks for.
pub async fn write_file(watcher: &Path, job: &str, trigger: &Trigger) {
    let (watcher, name, pairs) = (watcher.to_owned(), job.to_owned(), trigger.pairs.clone());
    // The folder's file system may be just writing out what others changed.
    let _ = spawn_blocking(move || project(&watcher, &name, &pairs)).await;
}

/// Writes the job's file. The stored job is what lasts: the file is there for others to see, is not synced, and is written
/// again at the next start where it is missing.
pub fn project(watcher: &Path, name: &str, pairs: &[(String, String)]) {
    if let Err(error) = crate::files::write_whole(&watcher.join(name), trigger_file::write(pairs).as_bytes()) {
        tracing::warn!(file = name, %error, "a trigger is queued, but its file in the watcher folder could not be written");
    }
}
