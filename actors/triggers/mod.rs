//! WebhookIngest: webhooks and trigger files become jobs; none that was acknowledged is lost.
//!
//! Theory of operation: what comes in is read by pure functions ([`arr`], [`tautulli`], [`trigger_file`]) and turned into
//! jobs of the ScriptSupervisor's queue, whose flushed record is the acknowledgement. The file in `watcher/` is that job's
//! projection, in upstream's format, under the job's id: it goes when the run has succeeded, and a file that somebody else
//! puts there becomes a job. Deliveries of one event, and further events for an item that still waits, join its job. Nothing
//! here sleeps: a delay is the job's not-before time.

pub mod arr;
mod file_reading;
mod files;
mod intake;
mod journal;
pub mod media_event;
mod messages;
pub mod payload;
mod reason;
mod receipt;
mod recent;
pub mod subject;
mod submission;
pub mod tautulli;
pub mod trigger_file;
mod view;
mod watch_folder;

pub use journal::Received;

pub use messages::{Receive, RemoveFailedJobsAndFiles, RemoveJobAndFile, Replay, Sender};
pub use reason::IngestReason;
pub use receipt::{IngestError, Receipt};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
pub use view::IngestView;

use actix::{AsyncContext, Message, Recipient};
use chrono::{Local, Utc};

use crate::runs::{InvalidRequest, JobError, ListJobs, RemoveFailedJobs, RemoveJob, SubmitJobs};
use crate::runs::{Outcome, RunId};
use crate::runtime::events::Handling;
use crate::runtime::events::{Event, Fact};
use crate::runtime::file_events::FileEvents;
use crate::runtime::follow::{Since, follow};
use crate::runtime::guard::{Ctx, Handler, Reply, Service};
use crate::runtime::offload::attempt;
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use file_reading::TakenFiles;
use files::Removed;
use intake::{ParsedPayload, after, blank, kept, new_job, read, request};
use journal::Journal;
use media_event::{MediaEvent, Origin, PayloadVerdict, Source};
use submission::{PreparedJob, SubmittedWebhook, Work};
use watch_folder::{Found, Note, Version, WatchFolder};

/// How often `watcher/` is looked at where no event tells of a file: network folders deliver none.
const POLL: Duration = Duration::from_secs(1);
/// How long after an event, so that others that come with it are seen at once.
const SOON: Duration = Duration::from_millis(250);
/// Payloads that are larger are read off this actor's thread.
const LARGE: usize = 64 * 1024;

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

/// The ways to the ScriptSupervisor's queue, one for each message that the WebhookIngest sends it.
#[derive(Clone)]
pub struct QueueRecipients {
    /// Takes jobs.
    pub submit: Recipient<SubmitJobs>,
    /// Takes jobs out.
    pub remove: Recipient<RemoveJob>,
    /// Takes all failed jobs out.
    pub remove_failed: Recipient<RemoveFailedJobs>,
    /// Lists jobs.
    pub list: Recipient<ListJobs>,
}

/// Remembers a webhook for which no job was queued.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct AddToJournal(Box<Received>);

/// A payload was read, and is to be acted on.
#[derive(Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
struct ActOn {
    body: Vec<u8>,
    payload: Result<ParsedPayload, IngestError>,
    fresh: bool,
}

/// The jobs of a webhook are on disk and have their files, or could not be stored: what came of it is to be recorded.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct RecordSubmitted {
    /// The jobs that were new.
    names: Vec<String>,
    received: Box<Received>,
    /// All deliveries, each with its job.
    deliveries: Vec<(String, String)>,
}

/// Owns the journal of webhooks, and the trigger files in `watcher/`.
pub struct WebhookIngest {
    shared: Shared,
    shown: View<IngestView>,
    settings: IngestSettings,
    queue: QueueRecipients,
    journal: Journal,
    /// None while it is being looked into.
    folder: Option<WatchFolder>,
    events: Option<FileEvents>,
    /// A look is on its way.
    is_soon: bool,
    /// Files that have a job, or are being taken.
    known: Arc<HashSet<String>>,
    /// What was read of those that somebody else wrote.
    taken: TakenFiles,
    /// Those of jobs that are on their way to the disk, whose files come after that.
    storing: HashSet<String>,
    /// How their runs ended that were over before that.
    early: Vec<(String, RunId, Outcome)>,
    /// Files to be taken.
    found: VecDeque<Found>,
    is_taking: bool,
    /// What was found out about files since the last look.
    notes: Vec<(Found, Note)>,
    /// The versions of files of which it was told that they are of no use.
    unusable: HashMap<String, Version>,
    problem: Option<String>,
}

impl WebhookIngest {
    /// Made with what the store knows.
    pub fn new(shared: Shared, shown: View<IngestView>, settings: IngestSettings, queue: QueueRecipients) -> Self {
        Self {
            journal: Journal::open(&shared.store),
            folder: Some(WatchFolder::default()),
            events: None,
            is_soon: false,
            known: Arc::default(),
            taken: TakenFiles::default(),
            storing: HashSet::new(),
            early: Vec::new(),
            found: VecDeque::new(),
            is_taking: false,
            notes: Vec::new(),
            unusable: HashMap::new(),
            problem: None,
            shared,
            shown,
            settings,
            queue,
        }
    }

    fn publish(&self) {
        let view = IngestView { received: self.journal.latest(), problem: self.problem.clone() };
        self.shown.publish(view);
    }

    fn hear(&mut self, event: &Event) {
        let Fact::JobEnded { job, run, outcome } = &event.fact else { return };
        if self.storing.contains(job) {
            // A short run may be over before its file and its entry are there, which would then stay as they are.
            self.early.push((job.clone(), *run, *outcome));
        } else {
            self.job_ended(job, *run, *outcome);
        }
    }

    fn job_ended(&mut self, job: &str, run: RunId, outcome: Outcome) {
        if self.journal.run_ended(job, run, outcome) {
            self.publish();
        }
        if outcome == Outcome::Completed {
            self.delete_read(job);
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
        let body = posterizarr_base::text::without_mark(body);
        if body.len() <= LARGE {
            let payload = read(sender, &body);
            return self.act(ActOn { body, payload, fresh }, ctx);
        }
        let this = ctx.address();
        Reply::later(async move {
            let parsed = attempt(move || ActOn { payload: read(sender, &body), body, fresh }).await;
            let lost = |error: String| IngestError::Storage(error);
            let parsed = parsed.map_err(|error| lost(error.to_string()))?;
            this.send(parsed).await.map_err(|error| lost(error.to_string()))?
        })
    }

    /// Does what a payload asks for.
    fn act(&mut self, parsed: ActOn, ctx: &mut Ctx<Self>) -> Reply<Result<Receipt, IngestError>> {
        let ActOn { body, payload, fresh } = parsed;
        let ParsedPayload { verdict, source, event } = match payload {
            Ok(payload) => payload,
            Err(error) => return refuse(error, String::new(), &body, ctx),
        };
        match verdict {
            PayloadVerdict::Act(media_events) => self.queue_events(media_events, fresh, (source, event), body, ctx),
            PayloadVerdict::Test => nothing_to_do(Handling::Test, &IngestReason::Test, (source, &event), &body, ctx),
            PayloadVerdict::Ignored(why) => nothing_to_do(Handling::Ignored, &why, (source, &event), &body, ctx),
            PayloadVerdict::Unprocessable(reason) => refuse(IngestError::Unprocessable(reason), event, &body, ctx),
        }
    }

    /// Makes jobs of what a webhook tells, large numbers of them on another thread.
    fn queue_events(
        &mut self,
        media_events: Vec<MediaEvent>,
        fresh: bool,
        (source, event): (Origin, String),
        body: Vec<u8>,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<Receipt, IngestError>> {
        let now = Utc::now();
        let known = |media_event: &MediaEvent| fresh.then(|| self.journal.job_of(&media_event.delivery, now)).flatten();
        let media_events: Vec<_> =
            media_events.into_iter().map(|media_event| (known(&media_event), media_event)).collect();
        let settings = self.settings.clone();
        if body.len() <= LARGE {
            return self.queue_prepared(prepare(media_events, &settings), event, source, body, ctx);
        }
        let this = ctx.address();
        Reply::later(async move {
            let lost = |error: String| IngestError::Storage(error);
            let prepared = attempt(move || prepare(media_events, &settings)).await;
            let prepared = prepared.map_err(|error| lost(error.to_string()))?;
            let message = JobsPrepared { prepared, event, source, body };
            this.send(message).await.map_err(|error| lost(error.to_string()))?
        })
    }

    /// Hands jobs to the queue.
    fn queue_prepared(
        &mut self,
        prepared: Result<Vec<PreparedJob>, InvalidRequest>,
        event: String,
        source: Origin,
        body: Vec<u8>,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<Receipt, IngestError>> {
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return refuse(IngestError::Unprocessable(error.to_string().into()), event, &body, ctx),
        };
        let (now, queue, this) = (Utc::now(), self.queue.submit.clone(), ctx.address());
        let (watcher, taken, payload) = (self.shared.data.watcher(), self.taken.clone(), kept(&body));
        let unsubmitted = blank(source, &event);
        let names: Vec<_> = prepared.iter().filter_map(PreparedJob::new_job_id).map(str::to_owned).collect();
        // Before their files are there.
        Arc::make_mut(&mut self.known).extend(names.iter().cloned());
        self.storing.extend(names.iter().cloned());
        Reply::later(async move {
            let submitted = submission::submit(&queue, &watcher, &taken, prepared).await;
            let (receipt, received, deliveries) = match submitted {
                Ok(SubmittedWebhook { receipt, received, deliveries }) => (Ok(receipt), received, deliveries),
                Err(error) => {
                    let received = Received { handling: Handling::Refused, ..unsubmitted }.because(error.reason());
                    (Err(error), received, Vec::new())
                }
            };
            let received = Box::new(Received { at: now, payload, ..received });
            // Answered once it is in the list, and the journal knows a second delivery.
            let _ = this.send(RecordSubmitted { names, received, deliveries }).await;
            receipt
        })
    }

    /// Adds an entry to the journal; it is seen once it is published.
    fn add_to_journal(&mut self, mut received: Received) {
        received.id = self.journal.next_id();
        let fact = Fact::WebhookAccepted {
            id: received.id,
            source: received.source.name().to_owned(),
            event: received.event.clone(),
            verdict: received.handling,
        };
        // Nobody waits for the disk: what was acknowledged is the job, which is there by now.
        actix::spawn(self.journal.add(received));
        self.publish();
        // Told last: who hears of it and looks must find it.
        self.shared.facts.publish(fact);
    }
}

/// The jobs of a large webhook are made, and have to be queued.
#[derive(Message)]
#[rtype(result = "Result<Receipt, IngestError>")]
struct JobsPrepared {
    prepared: Result<Vec<PreparedJob>, InvalidRequest>,
    event: String,
    source: Origin,
    body: Vec<u8>,
}

/// A job for each event, or the job that does its work already.
fn prepare(
    media_events: Vec<(Option<String>, MediaEvent)>,
    settings: &IngestSettings,
) -> Result<Vec<PreparedJob>, InvalidRequest> {
    let one = |(serial, (known, media_event)): (usize, (Option<String>, MediaEvent))| {
        if let Some(job) = known {
            return Ok(PreparedJob { media_event, work: Work::Known(job) });
        }
        let serial = (media_event.source != Source::Tautulli).then_some(serial);
        let name = trigger_file::name(media_event.source, Local::now(), serial, fastrand::u32(..));
        let not_before = after(settings.delay(media_event.source, &media_event.event));
        let job = new_job(name, request(&media_event)?, &media_event, not_before);
        Ok(PreparedJob { media_event, work: Work::New(Box::new(job)) })
    };
    (0..).zip(media_events).map(one).collect()
}

fn nothing_to_do(
    handling: Handling,
    why: &IngestReason,
    (source, event): (Origin, &str),
    body: &[u8],
    ctx: &mut Ctx<WebhookIngest>,
) -> Reply<Result<Receipt, IngestError>> {
    let received = Received { handling, payload: kept(body), ..blank(source, event) }.because(why.clone());
    ctx.address().do_send(AddToJournal(Box::new(received)));
    let is_empty = *why == IngestReason::Empty;
    Reply::Now(Ok(Receipt { handling, is_empty, message: why.english(), jobs: Vec::new(), queued: 0 }))
}

fn refuse(
    error: IngestError,
    event: String,
    body: &[u8],
    ctx: &mut Ctx<WebhookIngest>,
) -> Reply<Result<Receipt, IngestError>> {
    tracing::warn!(%error, "a webhook was refused");
    let received = Received { handling: Handling::Refused, payload: kept(body), ..blank(Origin::Unknown, &event) };
    ctx.address().do_send(AddToJournal(Box::new(received.because(error.reason()))));
    Reply::Now(Err(error))
}

impl Service for WebhookIngest {
    const NAME: &'static str = "WebhookIngest";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let facts = self.shared.facts.clone();
        let is_end = |fact: &Fact| matches!(fact, Fact::JobEnded { .. });
        // Also what was told since the daemon's start: runs that ended while no daemon was there. What was missed is found
        // by comparing again.
        follow(ctx, &facts, Since::Start, is_end, |this, event, _| this.hear(event), Self::reconcile);
        self.reconcile(ctx);
        self.publish();
    }
}

impl Handler<Receive> for WebhookIngest {
    fn answer(&mut self, receive: Receive, ctx: &mut Ctx<Self>) -> Reply<Result<Receipt, IngestError>> {
        self.receive(receive.sender, receive.body, true, ctx)
    }
}

impl Handler<Replay> for WebhookIngest {
    fn answer(&mut self, Replay { id }: Replay, ctx: &mut Ctx<Self>) -> Reply<Result<Receipt, IngestError>> {
        let Some(entry) = self.journal.get(id) else {
            return Err(IngestError::Missing(IngestReason::NotKept)).into();
        };
        let sender = if entry.source == Origin::Tautulli { Sender::Tautulli } else { Sender::Arr };
        let Some(body) = entry.payload.clone() else {
            return Err(IngestError::Missing(IngestReason::PayloadNotKept)).into();
        };
        self.receive(sender, body.into_bytes(), false, ctx)
    }
}

impl Handler<RemoveJobAndFile> for WebhookIngest {
    fn answer(
        &mut self,
        RemoveJobAndFile { id }: RemoveJobAndFile,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<(), JobError>> {
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

impl Handler<RemoveFailedJobsAndFiles> for WebhookIngest {
    fn answer(&mut self, _: RemoveFailedJobsAndFiles, ctx: &mut Ctx<Self>) -> Reply<Result<usize, JobError>> {
        let (queue, this) = (self.queue.remove_failed.clone(), ctx.address());
        Reply::later(async move {
            let removed = queue.send(RemoveFailedJobs).await.unwrap_or(Err(JobError::Missing))?;
            let count = removed.len();
            removed.into_iter().for_each(|id| this.do_send(Removed(id)));
            Ok(count)
        })
    }
}

impl Handler<ActOn> for WebhookIngest {
    fn answer(&mut self, parsed: ActOn, ctx: &mut Ctx<Self>) -> Reply<Result<Receipt, IngestError>> {
        self.act(parsed, ctx)
    }
}

impl Handler<JobsPrepared> for WebhookIngest {
    fn answer(&mut self, message: JobsPrepared, ctx: &mut Ctx<Self>) -> Reply<Result<Receipt, IngestError>> {
        let JobsPrepared { prepared, event, source, body } = message;
        self.queue_prepared(prepared, event, source, body, ctx)
    }
}

impl Handler<AddToJournal> for WebhookIngest {
    fn answer(&mut self, AddToJournal(received): AddToJournal, _: &mut Ctx<Self>) -> Reply<()> {
        self.add_to_journal(*received);
        ().into()
    }
}

impl Handler<RecordSubmitted> for WebhookIngest {
    fn answer(&mut self, submitted: RecordSubmitted, _: &mut Ctx<Self>) -> Reply<()> {
        let RecordSubmitted { names, received, deliveries } = submitted;
        for name in &names {
            self.storing.remove(name);
        }
        // Those that came to nothing have no file, and will not get one.
        self.journal.remember_deliveries(received.at, &deliveries);
        self.add_to_journal(*received);
        let (ended, others) = std::mem::take(&mut self.early).into_iter().partition(|(job, ..)| names.contains(job));
        self.early = others;
        let ended: Vec<(String, RunId, Outcome)> = ended;
        ended.into_iter().for_each(|(job, run, outcome)| self.job_ended(&job, run, outcome));
        ().into()
    }
}

#[cfg(test)]
mod tests;
