//! WebhookIngest: webhooks and trigger files become jobs; none that was acknowledged is lost.
//!
//! Theory of operation: what comes in is read by pure functions ([`arr`], [`tautulli`], [`trigger_file`]) and turned into
//! jobs of the ScriptSupervisor's queue, whose flushed record is the acknowledgement. The file in `watcher/` is that job's
//! projection, in upstream's format, under the job's id: it goes when the run has succeeded, and a file that somebody else
//! puts there becomes a job. Deliveries of one event, and further events for an item that still waits, join its job. Nothing
//! here sleeps: a delay is the job's not-before time.

pub mod arr;
pub mod journal;
pub mod payload;
pub mod tautulli;
pub mod trigger;
pub mod trigger_file;
mod watch_folder;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Message, Recipient};
use chrono::{DateTime, Local, TimeDelta, Utc};
use serde_json::Value;

use crate::commons::Commons;
use crate::events::{Event, Fact};
use crate::guard::{Answer, Ctx, Reply, Service, Timers};
use crate::runs::{Outcome, Trigger as RunTrigger};
use crate::script_supervisor::{
    InvalidRequest, Job, JobState, ListJobs, NewJob, RemoveJob, RunRequest, SubmitJob, Submitted,
};
use journal::{Journal, Kind, Received};
use trigger::{Source, Trigger, Verdict};
use watch_folder::{Found, WatchFolder};

/// How often `watcher/` is looked at; a file is taken at the second look that finds it unchanged.
const LOOK: Duration = Duration::from_millis(500);
/// Payloads up to this size are kept for a replay.
const LARGEST_KEPT: usize = 64 * 1024;
const ATTEMPTS: u32 = 3;

/// What the WebhookIngest is told at its start.
#[derive(Debug, Clone)]
pub struct IngestSettings {
    /// How long a job of Sonarr or Radarr waits, so that the media server has found the file.
    pub arr_delay: Duration,
    /// Delays by `source` or `source.event`, lower case; the more exact name wins.
    pub delays: BTreeMap<String, Duration>,
}

impl IngestSettings {
    fn delay(&self, source: Source, event: &str) -> Duration {
        let source_name = source.name().to_ascii_lowercase();
        let exact = format!("{source_name}.{}", event.to_ascii_lowercase());
        let by_name = self.delays.get(&exact).or_else(|| self.delays.get(&source_name));
        by_name.copied().unwrap_or(if source == Source::Tautulli { Duration::ZERO } else { self.arr_delay })
    }
}

/// What is known of triggers.
#[derive(Debug, Clone, Default)]
pub struct IngestView {
    /// The last received webhooks and trigger files, newest first.
    pub received: Vec<Received>,
    /// Why `watcher/` cannot be read.
    pub problem: Option<String>,
}

/// Who a webhook says it is from: which way it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Sonarr or Radarr.
    Arr,
    /// Tautulli.
    Tautulli,
}

/// A webhook as it came in. Answered once everything that it asks for is on disk.
#[derive(Debug, Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
pub struct Receive {
    /// The way it came in.
    pub sender: Sender,
    /// Its body.
    pub body: Vec<u8>,
}

/// Processes a kept webhook once more, even if its deliveries are known.
#[derive(Debug, Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
pub struct Replay {
    /// The number of the kept webhook.
    pub id: u64,
}

/// Takes a waiting or failed trigger out of the queue, and its file out of `watcher/`.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), crate::script_supervisor::JobError>")]
pub struct RemoveTrigger {
    /// The job's id.
    pub id: String,
}

/// What became of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was made of it.
    pub kind: Kind,
    /// In words; upstream's where upstream has them.
    pub message: String,
    /// The jobs that do its work, new or joined, one per movie or episode.
    pub jobs: Vec<String>,
    /// How many of them are new.
    pub queued: usize,
}

/// Why a webhook was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// Not JSON, or not an object.
    #[error("{0}")]
    NotReadable(String),
    /// An event that should be acted on lacks what is needed.
    #[error("{0}")]
    Unprocessable(String),
    /// No such kept webhook, or its payload was not kept.
    #[error("{0}")]
    Missing(String),
    /// The jobs could not be stored; the sender should try again.
    #[error("the trigger could not be stored, nothing was queued: {0}")]
    Storage(String),
}

/// The ScriptSupervisor's queue.
#[derive(Clone)]
pub struct Queue {
    /// Takes jobs.
    pub submit: Recipient<SubmitJob>,
    /// Takes jobs out.
    pub remove: Recipient<RemoveJob>,
    /// Lists jobs.
    pub list: Recipient<ListJobs>,
}

/// A webhook was handled; here is what to remember of it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Handled(Box<Received>);

/// The jobs the queue knows, for comparing with the folder.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Reconcile(Vec<Job>);

/// A file was turned into a job, or refused.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct FileTaken {
    name: String,
    received: Option<Box<Received>>,
}

/// A trigger was taken out of the queue.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Removed(String);

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Heard(Arc<Event>);

/// The actor.
pub struct WebhookIngest {
    commons: Commons,
    settings: IngestSettings,
    queue: Queue,
    journal: Journal,
    folder: WatchFolder,
    /// Files that are known: they have a job, were refused, or are being taken.
    known: HashSet<String>,
    problem: Option<String>,
}

impl WebhookIngest {
    /// Made with what the store knows.
    pub fn new(commons: Commons, settings: IngestSettings, queue: Queue) -> Self {
        let journal = Journal::open(&commons.store);
        Self { commons, settings, queue, journal, folder: WatchFolder::default(), known: HashSet::new(), problem: None }
    }

    fn publish(&self) {
        let view = IngestView { received: self.journal.latest(), problem: self.problem.clone() };
        self.commons.views.ingest.publish(view);
    }

    fn look(&mut self, ctx: &mut Ctx<Self>) {
        match self.folder.look(&self.commons.data.watcher()) {
            Ok(found) => {
                self.problem = None;
                let names: HashSet<_> = found.iter().map(|file| file.name.clone()).collect();
                for file in found {
                    if self.known.insert(file.name.clone()) {
                        self.take_file(file, ctx);
                    }
                }
                // A file that went can come again under its name, except while its job waits.
                let waiting = self.commons.views.runs.get();
                let is_waiting = |name: &str| waiting.waiting.iter().any(|job| job.id == name);
                self.known.retain(|name| names.contains(name) || is_waiting(name));
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
        ctx.later(LOOK, Self::look);
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
        let queue = self.queue.submit.clone();
        actix::spawn(async move {
            let taken = match queue.send(SubmitJob(job)).await {
                Ok(Ok(submitted)) => Some(file_received(&file, &trigger, &submitted)),
                // Not stored: the file is the only record, and is taken again at the next look.
                Ok(Err(_)) | Err(_) => None,
            };
            this.do_send(FileTaken { name: file.name, received: taken.map(Box::new) });
        });
    }

    /// Handles a payload; `fresh` ones are checked against known deliveries.
    fn receive(
        &self,
        sender: Sender,
        body: Vec<u8>,
        fresh: bool,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<Receipt, IngestError>> {
        let (read, source) = match read(sender, &body) {
            Ok(read) => read,
            Err(error) => return refuse(error, &body, ctx),
        };
        let triggers = match read {
            Verdict::Test => return nothing_to_do(Kind::Test, "Test successful".to_owned(), &source, &body, ctx),
            Verdict::Ignored(reason) => return nothing_to_do(Kind::Ignored, reason, &source, &body, ctx),
            Verdict::Unprocessable(reason) => return refuse(IngestError::Unprocessable(reason), &body, ctx),
            Verdict::Act(triggers) => triggers,
        };
        let now = Utc::now();
        let prepared: Result<Vec<_>, _> =
            (0..).zip(triggers).map(|(n, trigger)| self.prepare(n, trigger, fresh, now)).collect();
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return refuse(IngestError::Unprocessable(error.to_string()), &body, ctx),
        };
        let (queue, this) = (self.queue.submit.clone(), ctx.address());
        let (watcher, payload) = (self.commons.data.watcher(), kept(&body));
        Reply::later(async move {
            let stored = store(&queue, &watcher, prepared).await?;
            let received = Received { at: now, payload, ..stored.received };
            this.do_send(Handled(Box::new(received)));
            Ok(stored.receipt)
        })
    }

    /// A job for a trigger, or the job that does its work already.
    fn prepare(
        &self,
        serial: usize,
        trigger: Trigger,
        fresh: bool,
        now: DateTime<Utc>,
    ) -> Result<Prepared, InvalidRequest> {
        if let Some(job) = fresh.then(|| self.journal.job_of(&trigger.delivery, now)).flatten() {
            return Ok(Prepared { trigger, work: Work::Known(job) });
        }
        let serial = (trigger.source != Source::Tautulli).then_some(serial);
        let name = trigger_file::name(trigger.source, Local::now(), serial, fastrand::u32(..));
        let not_before = after(self.settings.delay(trigger.source, &trigger.event));
        let job = new_job(name, request(&trigger)?, &trigger, not_before);
        Ok(Prepared { trigger, work: Work::New(Box::new(job)) })
    }

    fn delete_file(&self, name: &str) {
        let Ok(path) = crate::safe_path::join(&self.commons.data.watcher(), name) else { return };
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(file = name, %error, "a trigger file could not be removed; delete it by hand");
            }
            _ => {}
        }
    }
}

fn nothing_to_do(
    kind: Kind,
    message: String,
    source: &str,
    body: &[u8],
    ctx: &mut Ctx<WebhookIngest>,
) -> Reply<Result<Receipt, IngestError>> {
    let received =
        Received { verdict: kind, reason: message.clone(), payload: kept(body), ..blank(source, &event_of(body)) };
    ctx.address().do_send(Handled(Box::new(received)));
    Reply::Now(Ok(Receipt { kind, message, jobs: Vec::new(), queued: 0 }))
}

fn refuse(error: IngestError, body: &[u8], ctx: &mut Ctx<WebhookIngest>) -> Reply<Result<Receipt, IngestError>> {
    tracing::warn!(%error, "a webhook was refused");
    let reason = error.to_string();
    let received =
        Received { verdict: Kind::Refused, reason, payload: kept(body), ..blank("unknown", &event_of(body)) };
    ctx.address().do_send(Handled(Box::new(received)));
    Reply::Now(Err(error))
}

/// A trigger with what is to be done for it.
struct Prepared {
    trigger: Trigger,
    work: Work,
}

enum Work {
    /// A job does it already.
    Known(String),
    /// This job has to be queued.
    New(Box<NewJob>),
}

struct Stored {
    receipt: Receipt,
    received: Received,
}

/// Queues the new jobs, writes their files, and tells what became of each. Fails only if a job could not be stored.
async fn store(queue: &Recipient<SubmitJob>, watcher: &Path, prepared: Vec<Prepared>) -> Result<Stored, IngestError> {
    let (mut jobs, mut deliveries, mut queued, mut source, mut event) =
        (Vec::new(), Vec::new(), 0, Source::Tautulli, String::new());
    for Prepared { trigger, work } in prepared {
        let job = match work {
            Work::Known(job) => job,
            Work::New(new) => {
                let name = new.id.clone();
                match queue.send(SubmitJob(*new)).await {
                    Ok(Ok(Submitted::Queued { id })) => {
                        project(watcher, &name, &trigger);
                        queued += 1;
                        id
                    }
                    Ok(Ok(Submitted::Known { id } | Submitted::Duplicate { of: id })) => id,
                    Ok(Err(error)) => return Err(IngestError::Storage(error.to_string())),
                    Err(error) => return Err(IngestError::Storage(error.to_string())),
                }
            }
        };
        deliveries.push((trigger.delivery, job.clone()));
        jobs.push(job);
        (source, event) = (trigger.source, trigger.event);
    }
    let kind = if queued == 0 { Kind::Duplicate } else { Kind::Queued };
    let message = message(source, queued, jobs.len());
    let received = Received {
        verdict: kind,
        reason: message.clone(),
        jobs: jobs.clone(),
        deliveries,
        ..blank(&source.name().to_ascii_lowercase(), &event)
    };
    Ok(Stored { receipt: Receipt { kind, message, jobs, queued }, received })
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

/// Writes the job's file. The job is stored already: a file that cannot be written is told, and is made at the next start.
fn project(watcher: &Path, name: &str, trigger: &Trigger) {
    if let Err(error) = crate::files::write_atomic(&watcher.join(name), trigger_file::write(&trigger.pairs).as_bytes())
    {
        tracing::warn!(file = name, %error, "a trigger is queued, but its file in the watcher folder could not be written");
    }
}

/// Reads a payload. An empty body is Tautulli's test.
fn read(sender: Sender, body: &[u8]) -> Result<(Verdict, String), IngestError> {
    let unknown = || "unknown".to_owned();
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok((Verdict::Test, unknown()));
    }
    let payload: Value = serde_json::from_slice(body)
        .map_err(|error| IngestError::NotReadable(format!("the body is not valid JSON: {error}")))?;
    let Some(fields) = payload.as_object() else {
        return Err(IngestError::NotReadable("the body must be a JSON object".to_owned()));
    };
    match sender {
        Sender::Arr => {
            let source = if fields.contains_key("movie") { Source::Radarr.name() } else { Source::Sonarr.name() };
            Ok((arr::read(&payload), source.to_ascii_lowercase()))
        }
        Sender::Tautulli if fields.is_empty() => {
            Ok((Verdict::Ignored("Empty payload".to_owned()), "tautulli".to_owned()))
        }
        Sender::Tautulli => Ok((tautulli::read(&payload), "tautulli".to_owned())),
    }
}

fn read_file(file: &Found) -> Result<Trigger, String> {
    if file.size > trigger_file::LARGEST_FILE {
        return Err(format!("it is larger than {} bytes", trigger_file::LARGEST_FILE));
    }
    let content = std::fs::read(&file.path).map_err(|error| error.to_string())?;
    trigger_file::parse(&String::from_utf8_lossy(&content))
}

fn request(trigger: &Trigger) -> Result<RunRequest, InvalidRequest> {
    match trigger.source {
        Source::Tautulli => RunRequest::tautulli(trigger.pairs.clone()),
        Source::Sonarr | Source::Radarr => RunRequest::arr(trigger.pairs.clone()),
    }
}

fn new_job(id: String, request: RunRequest, trigger: &Trigger, not_before: DateTime<Utc>) -> NewJob {
    NewJob {
        id,
        request,
        trigger: RunTrigger::Webhook,
        priority: 0,
        not_before: Some(not_before),
        max_attempts: ATTEMPTS,
        dedupe: Some(trigger.subject.clone()),
    }
}

fn after(delay: Duration) -> DateTime<Utc> {
    Utc::now() + TimeDelta::from_std(delay).unwrap_or_default()
}

/// An entry of the journal; its number is given when it is added.
fn blank(source: &str, event: &str) -> Received {
    Received {
        id: 0,
        at: Utc::now(),
        source: source.to_owned(),
        event: event.to_owned(),
        verdict: Kind::Ignored,
        reason: String::new(),
        jobs: Vec::new(),
        run: None,
        outcome: None,
        payload: None,
        deliveries: Vec::new(),
    }
}

fn file_received(file: &Found, trigger: &Trigger, submitted: &Submitted) -> Received {
    let (verdict, job, reason) = match submitted {
        Submitted::Queued { id } => (Kind::Queued, id, format!("found {} in the watcher folder", file.name)),
        Submitted::Known { id } => (Kind::Duplicate, id, format!("{} was known", file.name)),
        Submitted::Duplicate { of } => (Kind::Duplicate, of, format!("{} joined a job that waits", file.name)),
    };
    Received {
        verdict,
        reason,
        jobs: vec![job.clone()],
        ..blank(&trigger.source.name().to_ascii_lowercase(), &trigger.event)
    }
}

fn event_of(body: &[u8]) -> String {
    let payload: Value = serde_json::from_slice(body).unwrap_or_default();
    payload::text(&payload, &["eventType"]).or_else(|| payload::text(&payload, &["mediatype"])).unwrap_or_default()
}

/// The payload as it is kept: as text, if it is not too large.
fn kept(body: &[u8]) -> Option<String> {
    (body.len() <= LARGEST_KEPT).then(|| String::from_utf8_lossy(body).into_owned())
}

impl Service for WebhookIngest {
    const NAME: &'static str = "WebhookIngest";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let (mut live, this, list) = (self.commons.facts.listen(None).live, ctx.address(), self.queue.list.clone());
        actix::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            if let Ok(jobs) = list.send(ListJobs).await {
                this.do_send(Reconcile(jobs));
            }
            loop {
                match live.recv().await {
                    Ok(event) if matches!(event.fact, Fact::RunFinished { .. }) => this.do_send(Heard(event)),
                    Ok(_) => {}
                    // What was missed is found by comparing again.
                    Err(RecvError::Lagged(_)) => {
                        if let Ok(jobs) = list.send(ListJobs).await {
                            this.do_send(Reconcile(jobs));
                        }
                    }
                    Err(RecvError::Closed) => return,
                }
            }
        });
        self.publish();
    }
}

impl Answer<Reconcile> for WebhookIngest {
    fn answer(&mut self, Reconcile(jobs): Reconcile, ctx: &mut Ctx<Self>) -> Reply<()> {
        for job in jobs.into_iter().filter(|job| job.trigger == RunTrigger::Webhook) {
            match job.state {
                JobState::Done { .. } => self.delete_file(&job.id),
                JobState::Waiting | JobState::Running { .. } | JobState::Failed => {
                    self.known.insert(job.id);
                }
            }
        }
        // Only now: a file whose job is done must not be taken for a new one.
        self.look(ctx);
        ().into()
    }
}

impl Answer<Receive> for WebhookIngest {
    fn answer(&mut self, receive: Receive, ctx: &mut Ctx<Self>) -> Reply<Result<Receipt, IngestError>> {
        self.receive(receive.sender, receive.body, true, ctx)
    }
}

impl Answer<Replay> for WebhookIngest {
    fn answer(&mut self, Replay { id }: Replay, ctx: &mut Ctx<Self>) -> Reply<Result<Receipt, IngestError>> {
        let Some(entry) = self.journal.get(id) else {
            return Err(IngestError::Missing("no such webhook is kept".to_owned())).into();
        };
        let sender = if entry.source == "tautulli" { Sender::Tautulli } else { Sender::Arr };
        let Some(body) = entry.payload.clone() else {
            return Err(IngestError::Missing("the payload of this webhook was not kept".to_owned())).into();
        };
        self.receive(sender, body.into_bytes(), false, ctx)
    }
}

impl Answer<RemoveTrigger> for WebhookIngest {
    fn answer(
        &mut self,
        RemoveTrigger { id }: RemoveTrigger,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<(), crate::script_supervisor::JobError>> {
        use crate::script_supervisor::JobError;
        let (queue, this) = (self.queue.remove.clone(), ctx.address());
        Reply::later(async move {
            let removed = queue.send(RemoveJob { id: id.clone() }).await.unwrap_or(Err(JobError::Missing));
            if removed.is_ok() {
                this.do_send(Removed(id));
            }
            removed
        })
    }
}

impl Answer<Removed> for WebhookIngest {
    fn answer(&mut self, Removed(id): Removed, _: &mut Ctx<Self>) -> Reply<()> {
        self.delete_file(&id);
        ().into()
    }
}

impl Answer<Handled> for WebhookIngest {
    fn answer(&mut self, Handled(mut received): Handled, _: &mut Ctx<Self>) -> Reply<()> {
        received.id = self.journal.next_id();
        self.known.extend(received.jobs.iter().cloned());
        self.commons.facts.publish(Fact::WebhookAccepted {
            id: received.id,
            source: received.source.clone(),
            event: received.event.clone(),
            verdict: received.verdict,
        });
        self.journal.add(*received);
        self.publish();
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
        if received.verdict == Kind::Duplicate {
            self.delete_file(&taken.name);
        }
        self.answer(Handled(received), ctx)
    }
}

impl Answer<Heard> for WebhookIngest {
    fn answer(&mut self, Heard(event): Heard, _: &mut Ctx<Self>) -> Reply<()> {
        let Fact::RunFinished { run, outcome, .. } = event.fact else { return ().into() };
        let last = self.commons.views.runs.get().last.clone();
        let Some(job) = last.filter(|record| record.id == run).and_then(|record| record.job.clone()) else {
            return ().into();
        };
        if self.journal.run_ended(&job, run, outcome) {
            self.publish();
        }
        if outcome == Outcome::Completed {
            self.delete_file(&job);
        }
        ().into()
    }
}

#[cfg(test)]
mod tests;
