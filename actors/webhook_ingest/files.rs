//! The trigger files: those of others become jobs, those of our jobs come and go with them.

use actix::{AsyncContext, Message};
use chrono::{DateTime, TimeDelta, Utc};

use super::intake::{after, blank, new_job, request};
use super::journal::{Kind, Received};
use super::trigger::Trigger;
use super::watch_folder::Found;
use super::{Handled, POLL, SOON, WebhookIngest, submission, trigger_file};
use crate::file_events::FileEvents;
use crate::guard::{Answer, Ctx, Reply, Timers};
use crate::runs::Trigger as RunTrigger;
use crate::script_supervisor::{Job, JobState, SubmitJob, Submitted};

/// The jobs the queue knows, for comparing with the folder.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Reconcile(pub Vec<Job>);

/// A file was turned into a job, or refused.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct FileTaken {
    name: String,
    received: Option<Box<Received>>,
}

/// A trigger was taken out of the queue.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Removed(pub String);

/// Something happened in the folder.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Woken;

impl WebhookIngest {
    /// Begins to look at the folder, for good.
    fn watch(&mut self, ctx: &mut Ctx<Self>) {
        let this = ctx.address();
        self.events = Some(FileEvents::new("trigger files", move || this.try_send(Woken).is_ok()));
        self.poll(ctx);
    }

    fn poll(&mut self, ctx: &mut Ctx<Self>) {
        self.look(ctx);
        ctx.later(POLL, Self::poll);
    }

    fn look_soon(&mut self, ctx: &mut Ctx<Self>) {
        if std::mem::replace(&mut self.is_soon, true) {
            return;
        }
        ctx.later(SOON, |this, ctx| {
            this.is_soon = false;
            this.look(ctx);
        });
    }

    fn look(&mut self, ctx: &mut Ctx<Self>) {
        let watcher = self.commons.data.watcher();
        if let Some(events) = &mut self.events {
            events.looked();
            events.keep(std::slice::from_ref(&watcher));
        }
        match self.folder.look(&watcher, &self.known) {
            Ok(look) => {
                if self.problem.take().is_some() {
                    self.publish();
                }
                // A file that went can come again under its name, except before it came at all.
                self.known.retain(|name| look.known.contains(name) || self.storing.contains(name));
                if look.is_unrested {
                    self.look_soon(ctx);
                }
                for file in look.found {
                    self.known.insert(file.name.clone());
                    self.take_file(file, ctx);
                }
            }
            Err(error) => {
                let problem = format!("the watcher folder cannot be read: {error}");
                if self.problem.as_deref() != Some(&problem) {
                    tracing::error!(%error, "the watcher folder cannot be read; trigger files are not seen until it can");
                    self.problem = Some(problem);
                    self.publish();
                }
            }
        }
    }

    /// Turns a trigger file into a job under its name.
    fn take_file(&self, file: Found, ctx: &mut Ctx<Self>) {
        let this = ctx.address();
        let read =
            read_file(&file).and_then(|trigger| Ok((request(&trigger).map_err(|error| error.to_string())?, trigger)));
        let (request, trigger) = match read {
            Ok(read) => read,
            Err(reason) => {
                tracing::warn!(file = file.name, reason, "a trigger file cannot be used and is left where it is");
                let received = Received { verdict: Kind::Refused, reason, ..blank("unknown", "file") };
                return this.do_send(FileTaken { name: file.name, received: Some(Box::new(received)) });
            }
        };
        let delay = self.settings.delay(trigger.source, &trigger.event);
        let written: DateTime<Utc> = file.modified.into();
        let not_before = (written + TimeDelta::from_std(delay).unwrap_or_default()).min(after(delay));
        let job = new_job(file.name.clone(), request, &trigger, not_before);
        let (queue, watcher) = (self.queue.submit.clone(), self.commons.data.watcher());
        actix::spawn(async move {
            let taken = match queue.send(SubmitJob(job)).await {
                Ok(Ok(submitted)) => {
                    // The waiting job now does what this file asks for, and this file goes.
                    if let Submitted::Duplicate { of } = &submitted {
                        submission::write_file(&watcher, of, &trigger).await;
                    }
                    Some(file_received(&file, &trigger, &submitted))
                }
                // Not stored: the file is the only record, and is taken again at the next look.
                Ok(Err(_)) | Err(_) => None,
            };
            this.do_send(FileTaken { name: file.name, received: taken.map(Box::new) });
        });
    }

    pub(super) fn delete_file(&self, name: &str) {
        let Ok(path) = crate::safe_path::join(&self.commons.data.watcher(), name) else { return };
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(file = name, %error, "a trigger file could not be removed; delete it by hand");
            }
            _ => {}
        }
    }

    /// Writes a waiting job's file again where it is missing, or empty after a loss of power.
    fn restore_file(&self, job: &Job) {
        let watcher = self.commons.data.watcher();
        let is_there = std::fs::metadata(watcher.join(&job.id)).is_ok_and(|file| file.len() > 0);
        if !is_there {
            submission::project(&watcher, &job.id, job.request.parameters());
        }
    }
}

fn read_file(file: &Found) -> Result<Trigger, String> {
    if file.size > trigger_file::LARGEST_FILE {
        return Err(format!("it is larger than {} bytes", trigger_file::LARGEST_FILE));
    }
    let content = std::fs::read(&file.path).map_err(|error| error.to_string())?;
    trigger_file::parse(&String::from_utf8_lossy(&content))
}

fn file_received(file: &Found, trigger: &Trigger, submitted: &Submitted) -> Received {
    let (verdict, reason) = match submitted {
        Submitted::Queued { .. } => (Kind::Queued, format!("found {} in the watcher folder", file.name)),
        Submitted::Known { .. } => (Kind::Duplicate, format!("{} was known", file.name)),
        Submitted::Duplicate { .. } => (Kind::Duplicate, format!("{} joined a job that waits", file.name)),
    };
    Received {
        verdict,
        reason,
        jobs: vec![submitted.job().to_owned()],
        ..blank(&trigger.source.name().to_ascii_lowercase(), &trigger.event)
    }
}

impl Answer<Reconcile> for WebhookIngest {
    fn answer(&mut self, Reconcile(jobs): Reconcile, ctx: &mut Ctx<Self>) -> Reply<()> {
        for job in jobs.into_iter().filter(|job| job.trigger == RunTrigger::Webhook) {
            match job.state {
                JobState::Done { .. } => self.delete_file(&job.id),
                JobState::Waiting | JobState::Running { .. } => {
                    self.restore_file(&job);
                    self.known.insert(job.id);
                }
                // Whoever deleted the file of a failed job has seen it.
                JobState::Failed => {
                    self.known.insert(job.id);
                }
            }
        }
        // Only now: a file whose job is done must not be taken for a new one.
        if !std::mem::replace(&mut self.is_looking, true) {
            self.watch(ctx);
        }
        ().into()
    }
}

impl Answer<Woken> for WebhookIngest {
    fn answer(&mut self, Woken: Woken, ctx: &mut Ctx<Self>) -> Reply<()> {
        self.look_soon(ctx);
        ().into()
    }
}

impl Answer<Removed> for WebhookIngest {
    fn answer(&mut self, Removed(id): Removed, _: &mut Ctx<Self>) -> Reply<()> {
        self.delete_file(&id);
        ().into()
    }
}

impl Answer<FileTaken> for WebhookIngest {
    fn answer(&mut self, taken: FileTaken, ctx: &mut Ctx<Self>) -> Reply<()> {
        let Some(received) = taken.received else {
            self.known.remove(&taken.name);
            return ().into();
        };
        // Its work is another job's: the file is not needed.
        if received.verdict == Kind::Duplicate && !received.jobs.contains(&taken.name) {
            self.delete_file(&taken.name);
        }
        self.answer(Handled(received), ctx)
    }
}
