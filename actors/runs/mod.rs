//! ScriptSupervisor: owner of the one run slot, the one queue, and the records of runs.
//!
//! Theory of operation. There is one slot; whatever asks for a run gets it or is told who holds it. A run is a process tree
//! under a shim (`shim.rs`: this program again, as `run-shim`), which outlives the daemon: `lifecycle.rs` starts, ends and
//! settles runs, `recovery.rs` finds them again after a crash. Work that can wait is a job in the queue (`queue.rs`).
//! The run of a trigger may work beside a run of the whole library where both are the engine's: it has a slot of its own,
//! a running file of its own, and leaves its files in the folder of its run.
//! The state is on disk before it is acknowledged; what can be seen is published as a [`RunView`] at each change and each second.
//!
//! The actor never waits: the end of a shim, and the process id of a script, come as messages from a thread per run.

mod arguments;
mod collect;
mod fault;
mod foreign;
mod lifecycle;
mod log_text;
mod messages;
mod outcome;
mod output_log;
mod processes;
mod queue;
mod reason;
mod record;
mod records;
mod recovery;
mod resources;
mod run_folder;
mod runner;
pub mod shim;
mod shim_process;
mod slot;
mod starting;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message};
use tokio::sync::oneshot;
use tokio::time::timeout;

pub use arguments::{
    InvalidRequest, LogoChange, MAX_REMADE, ManualForm, PosterType, RunRequest, asset_path, masked_address,
};
pub use fault::{JobError, StartError};
pub use messages::{
    CheckStart, DeleteRunningFile, GetRun, HoldQueue, ListJobs, ListRuns, PutJobFirst, ReleaseQueue, RemoveFailedJobs,
    RemoveJob, RetryJob, Shutdown, StartRun, Started, StopReply, StopRun, SubmitJob, SubmitJobs, Submitted,
};
pub use posterizarr_base::run::{Ending, Mode, Outcome, RunId, Trigger};
pub use queue::{Hold, Job, JobState, JobSummary, NewJob};
pub use reason::RunReason;
pub use record::{Exit, RunEnd, RunRecord, RunState};
pub use recovery::UPLOAD_PREFIX;
pub use run_folder::{RunFolder, log_of, numbers};
pub use shim_process::SUBCOMMAND as SHIM_SUBCOMMAND;
pub use view::{CurrentRun, ForeignRun, Holder, RunView, RunnerKind, RunnerState, WAITING_SHOWN};

use crate::config::ConfigView;
use crate::runtime::events::Fact;
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::StoreError;
use queue::{Moment, Queue, Submission};
use records::Records;
pub use runner::{ENGINE_DATA_DIR, ENGINE_SUBCOMMAND, EngineCommand, Reader, Runner, RunnerChoice};
use slot::{ActiveRun, NewRun, Slot};

/// How often resources and limits are looked at, and a due job is started.
const TICK: Duration = Duration::from_secs(1);
/// How often the processes are searched for a foreign run, while there is a sign of one.
const FOREIGN_EVERY: Duration = Duration::from_secs(3);
/// How long a killed process tree may take to be gone.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// What the supervisor is told at its start.
#[derive(Debug, Clone)]
pub struct SupervisorSettings {
    /// Who does the work.
    pub runner: RunnerChoice,
    pub script: PathBuf,
    /// The program that is run, with its leading arguments; `{script}` stands for the script's path.
    pub command: Vec<String>,
    /// This program, which is started again as `run-shim <folder>`.
    pub executable: PathBuf,
    /// How long a run may take to end after a stop, before it is killed.
    pub stop_grace: Duration,
    /// How long a run may take; none means no limit.
    pub max_duration: Option<Duration>,
    /// How long a run may be silent; none means no limit.
    pub silence_limit: Option<Duration>,
    /// How many runs keep their folder.
    pub keep_runs: usize,
    /// How long a job waits after its first failed try; after each later one, four times as long as before.
    pub retry_pause: Duration,
    /// Whether waiting jobs are started. A process that is there for one run leaves them to the daemon.
    pub starts_jobs: bool,
}

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub runs: View<RunView>,
    pub config: View<ConfigView>,
    /// Further flags for the engine, besides the data folder.
    pub engine_flags: View<Vec<String>>,
}

/// Owns the run slot, the queue and the run records.
pub struct ScriptSupervisor {
    shared: Shared,
    views: Views,
    settings: SupervisorSettings,
    runner: Runner,
    records: Records,
    queue: Queue,
    slot: Slot,
    /// Held by the run of a trigger that works beside the one that holds the slot, or did when it began.
    side: Slot,
    foreign: Option<ForeignRun>,
    looked_for_foreign: Option<Instant>,
    last: Option<Arc<RunRecord>>,
    /// The first waiting jobs as the view shows them.
    first_waiting: Arc<Vec<JobSummary>>,
    /// The queue's changes that were told.
    changes_told: u64,
    stopping: bool,
}

impl ScriptSupervisor {
    /// Made from the store; what still runs is found when it starts.
    pub fn new(shared: Shared, views: Views, settings: SupervisorSettings) -> Self {
        let records = Records::load(shared.store.clone(), &shared.data.runs());
        Self {
            runner: Runner::new(
                settings.runner,
                settings.command.clone(),
                settings.script.clone(),
                engine_command(&settings, shared.data.root(), &views),
            ),
            queue: Queue::load(shared.store.clone(), Moment::now()),
            last: records.last_finished().map(Arc::new),
            records,
            slot: Slot::Free,
            side: Slot::Free,
            foreign: None,
            looked_for_foreign: None,
            first_waiting: Arc::default(),
            changes_told: 0,
            stopping: false,
            shared,
            views,
            settings,
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<Self>) {
        ctx.later(TICK, Self::tick);
        if matches!(self.slot, Slot::Free) {
            self.follow_foreign_run();
        }
        let limits = (self.settings.max_duration, self.settings.silence_limit);
        let mut overdue = Vec::new();
        for active in [&mut self.slot, &mut self.side].into_iter().filter_map(Slot::run_mut) {
            active.sample();
            let logs = active.order.logs(&self.shared.data, &active.folder);
            overdue.extend(active.overdue(limits.0, limits.1, &logs).map(|ending| (active.record.id, ending)));
        }
        overdue.into_iter().for_each(|(run, ending)| self.end_run(run, ending));
        self.start_next(ctx);
        self.publish();
    }

    /// Searching all processes costs; it is done only while there is a sign of a foreign run.
    fn follow_foreign_run(&mut self) {
        let gone = self.foreign.take_if(|foreign| !processes::is_alive(foreign.pid)).is_some();
        let sign = self.foreign.is_some() || self.shared.data.running_file().is_file();
        let due = self.looked_for_foreign.is_none_or(|at| at.elapsed() >= FOREIGN_EVERY);
        if sign && (due || gone) {
            self.looked_for_foreign = Some(Instant::now());
            self.look_for_foreign_run();
        }
    }

    fn publish(&self) {
        let mut running = [&self.slot, &self.side].into_iter().filter_map(Slot::run).map(ActiveRun::view);
        let view = RunView {
            current: running.next(),
            beside: running.next(),
            foreign: self.foreign.clone(),
            first_waiting: self.first_waiting.clone(),
            waiting_count: self.queue.waiting_count(),
            oldest_waiting: self.queue.oldest_waiting(),
            parked: self.queue.parked(),
            held: self.queue.held().cloned(),
            last: self.last.clone(),
            runner: Arc::new(self.runner.state()),
            stopping: self.stopping,
        };
        if *self.views.runs.get() != view {
            self.views.runs.publish(view);
        }
    }

    /// Shows the queue as it is now, and tells that it changed if it did, also where as many wait as before: another order,
    /// and failed jobs that went, are to be seen by everybody who looks at it.
    fn queue_changed(&mut self) {
        self.first_waiting = Arc::new(self.queue.waiting().take(WAITING_SHOWN).map(JobSummary::from).collect());
        self.publish();
        if self.changes_told != self.queue.changes() {
            self.changes_told = self.queue.changes();
            self.shared.facts.publish(Fact::QueueChanged { waiting: self.queue.waiting_count() });
        }
    }
}

/// The engine with its leading arguments.
fn engine_command(settings: &SupervisorSettings, data: &Path, views: &Views) -> EngineCommand {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let fixed = [path(&settings.executable), ENGINE_SUBCOMMAND.to_owned(), ENGINE_DATA_DIR.to_owned(), path(data)];
    EngineCommand { fixed: fixed.into(), flags: views.engine_flags.clone() }
}

impl Service for ScriptSupervisor {
    const NAME: &'static str = "ScriptSupervisor";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.recover(ctx);
        self.queue_changed();
        self.tick(ctx);
    }
}

impl Handler<CheckStart> for ScriptSupervisor {
    fn answer(&mut self, _: CheckStart, _: &mut Ctx<Self>) -> Reply<Result<(), StartError>> {
        self.check().into()
    }
}

impl Handler<StartRun> for ScriptSupervisor {
    fn answer(&mut self, message: StartRun, ctx: &mut Ctx<Self>) -> Reply<Result<Started, StartError>> {
        let upload = message.remove_after.clone();
        let wanted = NewRun {
            request: message.request,
            trigger: message.trigger,
            job: None,
            remove_after: message.remove_after,
        };
        match self.check().and_then(|()| self.prepare(wanted, false)) {
            Ok(prepared) => {
                let (sender, receiver) = oneshot::channel();
                self.launch(prepared, Some(sender), ctx);
                let crashed =
                    || StartError::Failed("the supervisor was restarted meanwhile; look at the runs".to_owned());
                Reply::later(async move { receiver.await.unwrap_or_else(|_| Err(crashed())) })
            }
            Err(error) => {
                upload.iter().for_each(|file| run_folder::remove_upload(file));
                self.publish();
                Err(error).into()
            }
        }
    }
}

impl Handler<StopRun> for ScriptSupervisor {
    fn answer(&mut self, StopRun { kill }: StopRun, _: &mut Ctx<Self>) -> Reply<StopReply> {
        let slot = if matches!(self.slot, Slot::Held(_)) { &mut self.slot } else { &mut self.side };
        let Slot::Held(active) = slot else {
            self.look_for_foreign_run();
            self.publish();
            return StopReply::NothingRuns { foreign: self.foreign.as_ref().map(ForeignRun::holder) }.into();
        };
        let (run, grace) = (active.record.id, active.order.stop_grace);
        let (sender, receiver) = oneshot::channel();
        active.ending.push(sender);
        self.end_run(run, if kill { Ending::Kill } else { Ending::Stop });
        let patience = if kill { KILL_PATIENCE } else { grace + Duration::from_secs(1) };
        Reply::later(async move {
            match timeout(patience, receiver).await {
                Ok(Ok(reply)) => reply,
                _ => StopReply::Stuck { run },
            }
        })
    }
}

impl Handler<Shutdown> for ScriptSupervisor {
    fn answer(&mut self, _: Shutdown, _: &mut Ctx<Self>) -> Reply<()> {
        self.stopping = true;
        self.publish();
        let (mut runs, mut ends, mut patience) = (Vec::new(), Vec::new(), Duration::ZERO);
        for active in [&mut self.slot, &mut self.side].into_iter().filter_map(Slot::run_mut) {
            let (sender, receiver) = oneshot::channel();
            active.ending.push(sender);
            patience = patience.max(active.order.stop_grace + KILL_PATIENCE);
            runs.push(active.record.id);
            ends.push(receiver);
        }
        runs.into_iter().for_each(|run| self.end_run(run, Ending::Shutdown));
        Reply::later(async move {
            // A run that hangs longer stays with its shim; the next daemon adopts it.
            let _ = timeout(patience, futures_util::future::join_all(ends)).await;
        })
    }
}

impl Handler<DeleteRunningFile> for ScriptSupervisor {
    fn answer(&mut self, _: DeleteRunningFile, _: &mut Ctx<Self>) -> Reply<std::io::Result<bool>> {
        self.remove_running_file().into()
    }
}

/// The write of submitted jobs has ended: they are on disk, or could not be stored.
#[derive(Message)]
#[rtype(result = "()")]
struct WriteFinished {
    ids: Vec<String>,
    succeeded: bool,
}

impl ScriptSupervisor {
    /// Puts jobs into the queue as one change; answered once it is on disk.
    fn submit(
        &mut self,
        jobs: Vec<NewJob>,
        renews: bool,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<Vec<Submitted>, StoreError>> {
        let (submitted, write) = match self.queue.submit(jobs, renews, Moment::now()) {
            Ok(Submission { submitted, write: Some(write) }) => (submitted, write),
            Ok(Submission { submitted, write: None }) => return Ok(submitted).into(),
            Err(error) => return Err(error).into(),
        };
        let this = ctx.address();
        // The mailbox goes on meanwhile: jobs that are submitted at the same time share one flush.
        Reply::later(async move {
            let result = write.await;
            let succeeded = result.is_ok();
            // Whether a job is in the queue at all is up to the write of the one who submitted it first, unless a later
            // one, which writes all of it again, went well.
            let concerned = submitted.iter().filter(|one| succeeded || matches!(one, Submitted::Queued { .. }));
            let ids: Vec<_> = concerned.map(|one| one.job().to_owned()).collect();
            if !ids.is_empty() {
                // If the supervisor crashes meanwhile, the next one reads the jobs from the store.
                let _ = this.send(WriteFinished { ids, succeeded }).await;
            }
            result.map(|()| submitted)
        })
    }
}

impl Handler<SubmitJob> for ScriptSupervisor {
    fn answer(&mut self, SubmitJob(job): SubmitJob, ctx: &mut Ctx<Self>) -> Reply<Result<Submitted, StoreError>> {
        let known = || Submitted::Known { id: String::new() };
        // Of one job there is one answer.
        let one = move |submitted: Vec<Submitted>| submitted.into_iter().next().unwrap_or_else(known);
        match self.submit(vec![job], false, ctx) {
            Reply::Now(submitted) => submitted.map(one).into(),
            Reply::Later(submitted) => Reply::later(async move { submitted.await.map(one) }),
            Reply::Crashed => Reply::Crashed,
        }
    }
}

impl Handler<SubmitJobs> for ScriptSupervisor {
    fn answer(
        &mut self,
        SubmitJobs { jobs, renews }: SubmitJobs,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<Vec<Submitted>, StoreError>> {
        self.submit(jobs, renews, ctx)
    }
}

impl Handler<WriteFinished> for ScriptSupervisor {
    fn answer(&mut self, WriteFinished { ids, succeeded }: WriteFinished, ctx: &mut Ctx<Self>) -> Reply<()> {
        let now = Moment::now();
        ids.iter().for_each(|id| self.queue.write_finished(id, succeeded, now));
        self.queue_changed();
        self.start_next(ctx);
        ().into()
    }
}

impl Handler<RemoveJob> for ScriptSupervisor {
    fn answer(&mut self, RemoveJob { id }: RemoveJob, _: &mut Ctx<Self>) -> Reply<Result<(), JobError>> {
        let removed = self.queue.remove(&id);
        self.queue_changed();
        removed.into()
    }
}

impl Handler<RemoveFailedJobs> for ScriptSupervisor {
    fn answer(&mut self, _: RemoveFailedJobs, _: &mut Ctx<Self>) -> Reply<Result<Vec<String>, JobError>> {
        let removed = self.queue.remove_parked();
        self.queue_changed();
        removed.map_err(JobError::from).into()
    }
}

impl Handler<RetryJob> for ScriptSupervisor {
    fn answer(&mut self, RetryJob { id }: RetryJob, ctx: &mut Ctx<Self>) -> Reply<Result<JobSummary, JobError>> {
        let retried = self.queue.retry(&id, Moment::now());
        self.queue_changed();
        self.start_next(ctx);
        retried.into()
    }
}

impl Handler<PutJobFirst> for ScriptSupervisor {
    fn answer(&mut self, PutJobFirst { id }: PutJobFirst, ctx: &mut Ctx<Self>) -> Reply<Result<JobSummary, JobError>> {
        let first = self.queue.put_first(&id, Moment::now());
        self.queue_changed();
        self.start_next(ctx);
        first.into()
    }
}

impl Handler<HoldQueue> for ScriptSupervisor {
    fn answer(&mut self, HoldQueue { by }: HoldQueue, _: &mut Ctx<Self>) -> Reply<Result<Hold, StoreError>> {
        let wanted = Hold { since: chrono::Utc::now(), by };
        let is_new = self.queue.hold(wanted.clone());
        self.publish();
        let held = is_new.map(|is_new| {
            if is_new {
                let Hold { since, by } = wanted.clone();
                tracing::info!(by = by.as_deref().unwrap_or("somebody without a name"), "the queue is held");
                self.shared.facts.publish(Fact::QueueHeld { since, by });
            }
            self.queue.held().cloned().unwrap_or(wanted)
        });
        held.into()
    }
}

impl Handler<ReleaseQueue> for ScriptSupervisor {
    fn answer(&mut self, _: ReleaseQueue, ctx: &mut Ctx<Self>) -> Reply<Result<bool, StoreError>> {
        let released = self.queue.let_go();
        self.publish();
        if matches!(released, Ok(true)) {
            tracing::info!("the queue goes on");
            self.shared.facts.publish(Fact::QueueReleased);
            self.start_next(ctx);
        }
        released.into()
    }
}

impl Handler<ListJobs> for ScriptSupervisor {
    fn answer(&mut self, _: ListJobs, _: &mut Ctx<Self>) -> Reply<Vec<Job>> {
        self.queue.all().into()
    }
}

impl Handler<ListRuns> for ScriptSupervisor {
    fn answer(&mut self, message: ListRuns, _: &mut Ctx<Self>) -> Reply<Result<Vec<RunRecord>, StoreError>> {
        self.records.list(message.limit, message.before).into()
    }
}

impl Handler<GetRun> for ScriptSupervisor {
    fn answer(&mut self, GetRun { id }: GetRun, _: &mut Ctx<Self>) -> Reply<Result<Option<RunRecord>, StoreError>> {
        self.records.get(id).into()
    }
}
