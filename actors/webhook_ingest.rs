//! WebhookIngest: webhooks and trigger files become jobs; none that was acknowledged is lost.
//!
//! Theory of operation: what comes in is read by pure functions ([`arr`], [`tautulli`], [`trigger_file`]) and turned into
//! jobs of the ScriptSupervisor's queue, whose flushed record is the acknowledgement. The file in `watcher/` is that job's
//! projection, in upstream's format, under the job's id: it goes when the run has succeeded, and a file that somebody else
//! puts there becomes a job. Deliveries of one event, and further events for an item that still waits, join its job. Nothing
//! here sleeps: a delay is the job's not-before time.

pub mod arr;
mod files;
mod intake;
pub mod journal;
pub mod payload;
mod recent;
mod submission;
pub mod tautulli;
pub mod trigger;
pub mod trigger_file;
mod watch_folder;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Message, Recipient};
use chrono::{DateTime, Local, Utc};

use crate::commons::Commons;
use crate::events::{Event, Fact, Listening};
use crate::file_events::FileEvents;
use crate::guard::{Answer, Ctx, Reply, Service};
use crate::runs::Outcome;
use crate::script_supervisor::{InvalidRequest, JobError, ListJobs, RemoveJob, SubmitJob};
use files::{Reconcile, Removed};
use intake::{after, blank, event_of, kept, new_job, read, request};
use journal::{Journal, Kind, Received};
use submission::{Prepared, Stored, Work};
use trigger::{Source, Trigger, Verdict};
use watch_folder::WatchFolder;

/// How often `watcher/` is looked at where no event tells of a file: network folders deliver none.
const POLL: Duration = Duration::from_secs(1);
/// How long after an event, or after a look that found a file that may still be written.
const SOON: Duration = Duration::from_millis(250);

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
    pub received: Vec<Arc<Received>>,
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
#[rtype(result = "Result<(), JobError>")]
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

/// The jobs of a webhook are on disk and have their files, or could not be stored.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Settled {
    /// The jobs that were new.
    names: Vec<String>,
    received: Box<Received>,
}

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
    events: Option<FileEvents>,
    /// A look is on its way.
    is_soon: bool,
    /// Files that are known: they have a job, were refused, or are being taken.
    known: HashSet<String>,
    /// Those of jobs that are on their way to the disk, whose files come after that.
    storing: HashSet<String>,
    is_looking: bool,
    problem: Option<String>,
}

impl WebhookIngest {
    /// Made with what the store knows.
    pub fn new(commons: Commons, settings: IngestSettings, queue: Queue) -> Self {
        let journal = Journal::open(&commons.store);
        let (known, storing) = (HashSet::new(), HashSet::new());
        let folder = WatchFolder::default();
        let (events, is_soon, is_looking, problem) = (None, false, false, None);
        Self { commons, settings, queue, journal, folder, events, is_soon, known, storing, is_looking, problem }
    }

    fn publish(&self) {
        let view = IngestView { received: self.journal.latest(), problem: self.problem.clone() };
        self.commons.views.ingest.publish(view);
    }

    fn hear(&mut self, event: &Event) {
        let Fact::JobEnded { job, run, outcome } = &event.fact else { return };
        if self.journal.run_ended(job, *run, *outcome) {
            self.publish();
        }
        if *outcome == Outcome::Completed {
            self.delete_file(job);
        }
    }

    /// Handles a payload; `fresh` ones are checked against known deliveries.
    fn receive(
        &mut self,
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
        let unstored = blank(&source, &event_of(&body));
        let names: Vec<_> = prepared.iter().filter_map(Prepared::new_job).map(str::to_owned).collect();
        // Before their files are there.
        self.known.extend(names.iter().cloned());
        self.storing.extend(names.iter().cloned());
        Reply::later(async move {
            let stored = submission::store(&queue, &watcher, prepared).await;
            let (receipt, received) = match stored {
                Ok(Stored { receipt, received }) => (Ok(receipt), received),
                Err(error) => {
                    let received = Received { verdict: Kind::Refused, reason: error.to_string(), ..unstored };
                    (Err(error), received)
                }
            };
            let received = Box::new(Received { at: now, payload, ..received });
            // Answered once it is in the list, and the journal knows a second delivery.
            let _ = this.send(Settled { names, received }).await;
            receipt
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

impl Service for WebhookIngest {
    const NAME: &'static str = "WebhookIngest";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        // Also what was told since the daemon's start: runs that ended while no daemon was there.
        let Listening { missed, mut live, .. } = self.commons.facts.listen(Some(0));
        missed.iter().for_each(|event| self.hear(event));
        let (this, list) = (ctx.address(), self.queue.list.clone());
        actix::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            if let Ok(jobs) = list.send(ListJobs).await {
                this.do_send(Reconcile(jobs));
            }
            loop {
                match live.recv().await {
                    Ok(event) if matches!(event.fact, Fact::JobEnded { .. }) => this.do_send(Heard(event)),
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
    fn answer(&mut self, RemoveTrigger { id }: RemoveTrigger, ctx: &mut Ctx<Self>) -> Reply<Result<(), JobError>> {
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

impl Answer<Handled> for WebhookIngest {
    fn answer(&mut self, Handled(mut received): Handled, _: &mut Ctx<Self>) -> Reply<()> {
        received.id = self.journal.next_id();
        self.known.extend(received.jobs.iter().cloned());
        let fact = Fact::WebhookAccepted {
            id: received.id,
            source: received.source.clone(),
            event: received.event.clone(),
            verdict: received.verdict,
        };
        // Nobody waits for the disk: what was acknowledged is the job, which is there by now.
        actix::spawn(self.journal.add(*received));
        self.publish();
        // Told last: who hears of it and looks must find it.
        self.commons.facts.publish(fact);
        ().into()
    }
}

impl Answer<Settled> for WebhookIngest {
    fn answer(&mut self, Settled { names, received }: Settled, ctx: &mut Ctx<Self>) -> Reply<()> {
        for name in &names {
            self.storing.remove(name);
        }
        self.answer(Handled(received), ctx)
    }
}

impl Answer<Heard> for WebhookIngest {
    fn answer(&mut self, Heard(event): Heard, _: &mut Ctx<Self>) -> Reply<()> {
        self.hear(&event);
        ().into()
    }
}

#[cfg(test)]
mod tests;
