//! The trigger files: those of others become jobs, those of our jobs come and go with them.
//!
//! A file is looked for, read and written on other threads; here it is decided what to do about it. A file that was read is
//! remembered with its version. When its job is done it is deleted only if that is still what is there: what was written
//! in between is an event of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message};
use chrono::{DateTime, TimeDelta, Utc};

use super::file_reading::{self, FileRequest, Reading, Standing, TakenFiles};
use super::intake::{after, blank, new_job};
use super::journal::Received;
use super::media_event::{MediaEvent, Origin};
use super::reason::IngestReason;
use super::watch_folder::{Found, Look, Note, Order};
use super::{IngestSettings, POLL, QueueRecipients, SOON, WebhookIngest, submission};
use crate::runs::{Job, JobState, ListJobs, NewJob, SubmitJobs, Submitted, Trigger};
use crate::runtime::events::Handling;
use crate::runtime::file_events::FileEvents;
use crate::runtime::guard::{Ctx, Handler, Reply, Timers};
use crate::runtime::offload::attempt;

/// Files that are taken at once: others have their turn in between.
const TOGETHER: usize = 250;

/// Files of which it is remembered that they were told to be of no use; of more it is told again.
const MAX_UNUSABLE: usize = 10_000;

/// A job was taken out of the queue.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Removed(pub String);

/// Something happened in the folder.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct LookDue;

/// What came of a file.
enum Taking {
    /// It is with the queue.
    Submitted(Box<FileRequest>, Submitted),
    /// It was not used.
    Not(Reading),
    /// The jobs could not be stored. The file is the only record, and is taken again at a later look.
    NotStored,
}

impl WebhookIngest {
    /// Compares the files with the jobs, and begins to look at the folder.
    pub(super) fn reconcile(&mut self, ctx: &mut Ctx<Self>) {
        let (list, watcher) = (self.queue.list.clone(), self.shared.data.watcher());
        let compared = async move {
            let jobs = list.send(ListJobs).await.unwrap_or_default();
            let jobs: Vec<_> = jobs.into_iter().filter(|job| job.trigger == Trigger::Webhook).collect();
            attempt(move || jobs.into_iter().map(|job| compare(&watcher, job)).collect::<Vec<_>>()).await
        };
        ctx.when(compared, |this, compared, ctx| {
            for (job, state, standing) in compared.unwrap_or_default() {
                match (state, standing) {
                    // Deleted, or to be read.
                    (JobState::Done { .. }, _) | (_, Standing::Differs) => continue,
                    (_, Standing::Same(taken)) => this.taken.insert_new(job.clone(), taken),
                    // Whoever deleted the file of a failed job has seen it; the others' were written again.
                    (_, Standing::Missing) => {}
                }
                Arc::make_mut(&mut this.known).insert(job);
            }
            // Only now: a file whose job is done must not be taken for a new one.
            if this.events.is_none() {
                let address = ctx.address();
                this.events = Some(FileEvents::new("trigger files", move || address.try_send(LookDue).is_ok()));
                this.poll(ctx);
            }
        });
    }

    fn poll(&mut self, ctx: &mut Ctx<Self>) {
        self.look(ctx);
        ctx.later(POLL, Self::poll);
    }

    fn look_after(&mut self, time: Duration, ctx: &mut Ctx<Self>) {
        if std::mem::replace(&mut self.is_soon, true) {
            return;
        }
        ctx.later(time, |this, ctx| {
            this.is_soon = false;
            this.look(ctx);
        });
    }

    /// Looks into the folder, off this thread: a network folder may hang.
    fn look(&mut self, ctx: &mut Ctx<Self>) {
        // One look at a time; while files are being taken, the next ones are taken first.
        let Some(mut folder) = self.folder.take() else { return };
        let watcher = self.shared.data.watcher();
        if let Some(events) = &mut self.events {
            events.looked();
            events.keep(std::slice::from_ref(&watcher));
        }
        let order = Order {
            folder: watcher,
            known: self.known.clone(),
            read: Arc::new(self.taken.versions()),
            notes: std::mem::take(&mut self.notes),
        };
        // Files that were on their way when the look began may have come after it passed.
        let storing = self.storing.clone();
        let looked = attempt(move || {
            let look = folder.look(&order, Instant::now());
            (folder, look, order.known)
        });
        ctx.when(looked, move |this, looked, ctx| {
            let Ok((folder, look, known)) = looked else {
                this.folder = Some(super::WatchFolder::default());
                return;
            };
            this.folder = Some(folder);
            match look {
                Ok(look) => {
                    this.show_problem(look.is_crowded.then(|| {
                        "the watcher folder holds more files than can be remembered; some are not looked at until \
                         others are gone: delete those that are of no use"
                            .to_owned()
                    }));
                    // A file that went can come again under its name, except before it came at all.
                    let is_gone =
                        |name: &String| known.contains(name) && !look.known.contains(name) && !storing.contains(name);
                    let gone: Vec<_> = known.iter().filter(|name| is_gone(name)).cloned().collect();
                    this.forget(gone.iter().filter(|name| !this.storing.contains(*name)).cloned().collect());
                    this.looked(look, ctx);
                }
                Err(error) => this.show_problem(Some(format!("the watcher folder cannot be read: {error}"))),
            }
        });
    }

    fn forget(&mut self, names: Vec<String>) {
        if names.is_empty() {
            return;
        }
        let known = Arc::make_mut(&mut self.known);
        for name in names {
            known.remove(&name);
            self.taken.remove(&name);
        }
    }

    fn show_problem(&mut self, problem: Option<String>) {
        if self.problem == problem {
            return;
        }
        if let Some(problem) = &problem {
            tracing::error!(problem, "trigger files are not all seen");
        }
        self.problem = problem;
        self.publish();
    }

    fn looked(&mut self, look: Look, ctx: &mut Ctx<Self>) {
        if !look.changed.is_empty() {
            let known = Arc::make_mut(&mut self.known);
            // What was read of them stays remembered until they have been read again: they must not be deleted before.
            for name in &look.changed {
                known.remove(name);
            }
            self.look_after(SOON, ctx);
        }
        if let Some(next) = look.next {
            self.look_after(next.max(SOON), ctx);
        }
        if !look.found.is_empty() {
            Arc::make_mut(&mut self.known).extend(look.found.iter().map(|file| file.name.clone()));
            self.found.extend(look.found);
            self.take_next(ctx);
        }
    }

    /// Turns the next trigger files into jobs under their names.
    fn take_next(&mut self, ctx: &mut Ctx<Self>) {
        if self.is_taking || self.found.is_empty() {
            return;
        }
        self.is_taking = true;
        let files: Vec<_> = self.found.drain(..self.found.len().min(TOGETHER)).collect();
        let taking =
            take(files, self.settings.clone(), self.queue.clone(), self.shared.data.watcher(), self.taken.clone());
        ctx.when(taking, |this, takings, ctx| {
            for (file, taking) in takings {
                this.file_taken(&file, taking);
            }
            this.publish();
            this.is_taking = false;
            this.take_next(ctx);
        });
    }

    fn file_taken(&mut self, file: &Found, taking: Taking) {
        let (asked, submitted) = match taking {
            Taking::Submitted(asked, submitted) => (asked, submitted),
            Taking::NotStored => return self.not_taken(file, None),
            Taking::Not(Reading::Refused(reason)) => return self.refused(file, reason, Note::Refused),
            Taking::Not(Reading::Unreadable(reason, again)) => {
                return self.refused(file, reason, Note::NotBefore(again));
            }
            Taking::Not(Reading::NotBefore(due)) => return self.not_taken(file, Some(Note::NotBefore(due))),
            Taking::Not(Reading::Changed | Reading::Asks(_)) => return self.not_taken(file, None),
        };
        match &submitted {
            // It is read again when that run has ended: what the run does was read before.
            Submitted::Running { .. } => return,
            Submitted::Queued { .. } | Submitted::Known { .. } => {
                self.unusable.remove(&file.name);
                self.taken.insert(file.name.clone(), asked.taken);
            }
            // Its work is another job's, whose file says so now: this one is not needed.
            Submitted::Duplicate { .. } => {
                self.taken.insert(file.name.clone(), asked.taken);
                self.delete_read(&file.name);
            }
        }
        self.add_to_journal(file_received(file, &asked.media_event, &submitted));
    }

    fn not_taken(&mut self, file: &Found, note: Option<Note>) {
        Arc::make_mut(&mut self.known).remove(&file.name);
        self.notes.extend(note.map(|note| (file.clone(), note)));
    }

    /// Tells once of each version of a file why it is of no use.
    fn refused(&mut self, file: &Found, reason: IngestReason, note: Note) {
        self.not_taken(file, Some(note));
        if self.unusable.len() > MAX_UNUSABLE {
            self.unusable.clear();
        }
        if self.unusable.insert(file.name.clone(), file.version) == Some(file.version) {
            return;
        }
        tracing::warn!(
            file = file.name,
            %reason,
            "a trigger file cannot be used and is left where it is; it is read again when it changes"
        );
        self.add_to_journal(Received { handling: Handling::Refused, ..blank(Origin::Unknown, "file") }.because(reason));
    }

    /// Deletes a file whose work is done, unless it is not what was read: then it is read again.
    pub(super) fn delete_read(&mut self, name: &str) {
        let taken = self.taken.remove(name);
        let watcher = self.shared.data.watcher();
        let Ok(path) = crate::runtime::safe_path::join(&watcher, name) else { return };
        if taken.is_some_and(|taken| taken.is_outdated(&path)) {
            tracing::info!(file = name, "a trigger file was changed after it was read; it is read again");
            Arc::make_mut(&mut self.known).remove(name);
        } else {
            delete_file(&watcher, name);
        }
    }
}

/// Reads files, and hands what they ask for to the queue.
async fn take(
    files: Vec<Found>,
    settings: IngestSettings,
    queue: QueueRecipients,
    watcher: std::path::PathBuf,
    taken: TakenFiles,
) -> Vec<(Found, Taking)> {
    let again = files.clone();
    let read = attempt(move || files.into_iter().map(|file| (file_reading::read(&file), file)).collect::<Vec<_>>());
    let Ok(read) = read.await else {
        return again.into_iter().map(|file| (file, Taking::NotStored)).collect();
    };
    let (mut takings, mut asked, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
    for (reading, file) in read {
        match reading {
            Reading::Asks(asks) => {
                jobs.push(job_of(&file, &asks, &settings));
                asked.push((file, asks));
            }
            other => takings.push((file, Taking::Not(other))),
        }
    }
    if jobs.is_empty() {
        return takings;
    }
    let Ok(Ok(submitted)) = queue.submit.send(SubmitJobs { jobs, renews: true }).await else {
        takings.extend(asked.into_iter().map(|(file, _)| (file, Taking::NotStored)));
        return takings;
    };
    // A waiting job now does what this file asks for.
    let joined = asked.iter().zip(&submitted).filter_map(|((_, asked), submitted)| match submitted {
        Submitted::Duplicate { of } => Some((of.clone(), asked.media_event.pairs.clone())),
        _ => None,
    });
    submission::write_files(&watcher, &taken, joined.collect()).await;
    takings.extend(asked.into_iter().zip(submitted).map(|((file, asked), one)| (file, Taking::Submitted(asked, one))));
    takings
}

fn job_of(file: &Found, asked: &FileRequest, settings: &IngestSettings) -> NewJob {
    let delay = settings.delay(asked.media_event.source, &asked.media_event.event);
    let written: DateTime<Utc> = file.modified.into();
    let delay_from_then = TimeDelta::from_std(delay).ok().and_then(|delay| written.checked_add_signed(delay));
    let not_before = delay_from_then.map_or_else(|| after(delay), |due| due.min(after(delay)));
    new_job(file.name.clone(), asked.request.clone(), &asked.media_event, not_before)
}

/// How a job's file compares with the job. That of a waiting or running one is written again where it is missing, or empty
/// after a loss of power; that of one that is done is deleted.
fn compare(watcher: &Path, job: Job) -> (String, JobState, Standing) {
    let Ok(path) = crate::runtime::safe_path::join(watcher, &job.id) else {
        return (job.id, job.state, Standing::Missing);
    };
    let standing = file_reading::compare(&path, job.request.parameters());
    match (job.state, &standing) {
        (JobState::Waiting | JobState::Running { .. }, Standing::Missing) => {
            submission::project(watcher, &job.id, job.request.parameters());
        }
        (JobState::Done { .. }, Standing::Same(_)) => delete_file(watcher, &job.id),
        _ => {}
    }
    (job.id, job.state, standing)
}

fn delete_file(watcher: &Path, name: &str) {
    let Ok(path) = crate::runtime::safe_path::join(watcher, name) else { return };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(file = name, %error, "a trigger file could not be removed; delete it by hand");
        }
        _ => {}
    }
}

fn file_received(file: &Found, media_event: &MediaEvent, submitted: &Submitted) -> Received {
    let name = file.name.clone();
    let (handling, why) = match submitted {
        Submitted::Queued { .. } => (Handling::Queued, IngestReason::FileFound { file: name }),
        Submitted::Known { .. } | Submitted::Running { .. } => {
            (Handling::Duplicate, IngestReason::FileKnown { file: name })
        }
        Submitted::Duplicate { .. } => (Handling::Duplicate, IngestReason::FileJoined { file: name }),
    };
    let received = Received {
        handling,
        jobs: vec![submitted.job().to_owned()],
        ..blank(media_event.source.into(), &media_event.event)
    };
    received.because(why)
}

impl Handler<LookDue> for WebhookIngest {
    fn answer(&mut self, LookDue: LookDue, ctx: &mut Ctx<Self>) -> Reply<()> {
        self.look_after(SOON, ctx);
        ().into()
    }
}

impl Handler<Removed> for WebhookIngest {
    fn answer(&mut self, Removed(id): Removed, _: &mut Ctx<Self>) -> Reply<()> {
        self.taken.remove(&id);
        delete_file(&self.shared.data.watcher(), &id);
        ().into()
    }
}
