//! ScriptSupervisor: owner of the one run slot, the one queue, and the records of runs.
//!
//! Theory of operation. There is one slot; whatever asks for a run gets it or is told who holds it. A run is a process tree
//! under a shim (`shim.rs`: this program again, as `run-shim`), which outlives the daemon: `lifecycle.rs` starts, ends and
//! settles runs, `recovery.rs` finds them again after a crash. Work that can wait is a job in the queue (`queue.rs`). The
//! state is on disk before it is acknowledged; what can be seen is published as a [`RunView`] at each change and each second.
//!
//! The actor never waits: the end of a shim, and the process id of a script, come as messages from a thread per run.

mod arguments;
mod collect;
mod foreign;
mod lifecycle;
mod log_text;
mod messages;
mod outcome;
mod output_log;
mod processes;
mod queue;
mod records;
mod recovery;
mod resources;
mod run_folder;
mod runner;
pub mod shim;
mod shim_process;
mod slot;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message};
use chrono::Utc;
use tokio::sync::oneshot;
use tokio::time::timeout;

pub use arguments::{InvalidRequest, ManualForm, PosterType, RunRequest};
pub use messages::{
    CheckStart, DeleteRunningFile, GetRun, JobError, ListJobs, ListRuns, RemoveJob, RetryJob, Shutdown, StartError,
    StartRun, Started, StopReply, StopRun, SubmitJob, Submitted,
};
pub use queue::{Job, JobState, JobSummary, NewJob};
pub use recovery::UPLOAD_PREFIX;
pub use run_folder::log_of;
pub use shim_process::SUBCOMMAND as SHIM_SUBCOMMAND;
pub use view::{CurrentRun, ForeignRun, Holder, RunView, RunnerKind, RunnerState, WAITING_SHOWN};

use crate::commons::Commons;
use crate::events::Fact;
use crate::guard::{Answer, Ctx, Reply, Service, Timers};
use crate::runs::{Ending, RunRecord};
use crate::store::StoreError;
use lifecycle::Wanted;
use queue::{Queue, Submission};
use records::Records;
use runner::Runner;
pub use runner::{ENGINE_DATA_DIR, ENGINE_SUBCOMMAND, RunnerChoice};
use slot::Slot;

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
    /// The script.
    pub script: PathBuf,
    /// The program that is run, with its leading arguments; `{script}` stands for the script's path.
    pub command: Vec<String>,
    /// This program, which is started again as `run-shim <folder>`.
    pub executable: PathBuf,
    /// Further flags for the engine, besides the data folder.
    pub engine_flags: Vec<String>,
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

/// The actor.
pub struct ScriptSupervisor {
    commons: Commons,
    settings: SupervisorSettings,
    runner: Runner,
    records: Records,
    queue: Queue,
    slot: Slot,
    foreign: Option<ForeignRun>,
    looked_for_foreign: Option<Instant>,
    last: Option<Arc<RunRecord>>,
    /// The waiting jobs as the view shows them.
    waiting: Arc<Vec<JobSummary>>,
    stopping: bool,
}

impl ScriptSupervisor {
    /// Made from the store; what still runs is found when it starts.
    pub fn new(commons: Commons, settings: SupervisorSettings) -> Self {
        let records = Records::load(commons.store.clone(), &commons.data.runs());
        Self {
            runner: Runner::new(
                settings.runner,
                settings.command.clone(),
                settings.script.clone(),
                engine_command(&settings, commons.data.root()),
            ),
            queue: Queue::load(commons.store.clone()),
            last: records.last_finished().map(Arc::new),
            records,
            slot: Slot::Free,
            foreign: None,
            looked_for_foreign: None,
            waiting: Arc::default(),
            stopping: false,
            commons,
            settings,
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<Self>) {
        ctx.later(TICK, Self::tick);
        match &mut self.slot {
            Slot::Held(active) => {
                active.sample();
                let limits = (self.settings.max_duration, self.settings.silence_limit);
                if let Some(ending) = active.overdue(limits.0, limits.1, &self.commons.data.logs()) {
                    self.end_run(ending);
                }
            }
            Slot::Free => self.follow_foreign_run(),
        }
        self.start_next(ctx);
        self.publish();
    }

    /// Searching all processes costs; it is done only while there is a sign of a foreign run.
    fn follow_foreign_run(&mut self) {
        let gone = self.foreign.take_if(|foreign| !processes::is_alive(foreign.pid)).is_some();
        let sign = self.foreign.is_some() || self.commons.data.running_file().is_file();
        let due = self.looked_for_foreign.is_none_or(|at| at.elapsed() >= FOREIGN_EVERY);
        if sign && (due || gone) {
            self.looked_for_foreign = Some(Instant::now());
            self.look_for_foreign_run();
        }
    }

    fn publish(&self) {
        let view = RunView {
            current: match &self.slot {
                Slot::Held(active) => Some(active.view()),
                Slot::Free => None,
            },
            foreign: self.foreign.clone(),
            waiting: self.waiting.clone(),
            waiting_count: self.queue.waiting_count(),
            parked: self.queue.parked(),
            last: self.last.clone(),
            runner: self.runner.state(),
            stopping: self.stopping,
        };
        if *self.commons.views.runs.get() != view {
            self.commons.views.runs.publish(view);
        }
    }

    /// Shows the queue as it is now, and tells that it changed if it did.
    fn queue_changed(&mut self) {
        let before = self.commons.views.runs.get().waiting_count;
        self.waiting = Arc::new(self.queue.waiting().take(WAITING_SHOWN).map(JobSummary::from).collect());
        self.publish();
        let waiting = self.queue.waiting_count();
        if waiting != before {
            self.commons.facts.publish(Fact::QueueChanged { waiting });
        }
    }
}

/// The engine with its leading arguments.
fn engine_command(settings: &SupervisorSettings, data: &Path) -> Vec<String> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let fixed = [path(&settings.executable), ENGINE_SUBCOMMAND.to_owned(), ENGINE_DATA_DIR.to_owned(), path(data)];
    fixed.into_iter().chain(settings.engine_flags.iter().cloned()).collect()
}

impl Service for ScriptSupervisor {
    const NAME: &'static str = "ScriptSupervisor";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.recover(ctx);
        self.queue_changed();
        self.tick(ctx);
    }

    fn observe(&self) -> serde_json::Value {
        serde_json::to_value(&*self.commons.views.runs.get()).unwrap_or_default()
    }
}

impl Answer<CheckStart> for ScriptSupervisor {
    fn answer(&mut self, _: CheckStart, _: &mut Ctx<Self>) -> Reply<Result<(), StartError>> {
        self.check().into()
    }
}

impl Answer<StartRun> for ScriptSupervisor {
    fn answer(&mut self, message: StartRun, ctx: &mut Ctx<Self>) -> Reply<Result<Started, StartError>> {
        let upload = message.remove_after.clone();
        let wanted = Wanted {
            request: message.request,
            trigger: message.trigger,
            job: None,
            remove_after: message.remove_after,
        };
        match self.check().and_then(|()| self.prepare(wanted)) {
            Ok(prepared) => {
                let (sender, receiver) = oneshot::channel();
                self.ignite(prepared, Some(sender), ctx);
                let crashed =
                    || StartError::Failed("the supervisor was restarted meanwhile; look at the runs".to_owned());
                Reply::later(async move { receiver.await.unwrap_or_else(|_| Err(crashed())) })
            }
            Err(error) => {
                upload.iter().for_each(|file| lifecycle::remove_upload(file));
                self.publish();
                Err(error).into()
            }
        }
    }
}

impl Answer<StopRun> for ScriptSupervisor {
    fn answer(&mut self, StopRun { kill }: StopRun, _: &mut Ctx<Self>) -> Reply<StopReply> {
        let Slot::Held(active) = &mut self.slot else {
            self.look_for_foreign_run();
            self.publish();
            return StopReply::NothingRuns { foreign: self.foreign.as_ref().map(ForeignRun::holder) }.into();
        };
        let (run, grace) = (active.record.id, active.order.stop_grace);
        let (sender, receiver) = oneshot::channel();
        active.ending.push(sender);
        self.end_run(if kill { Ending::Kill } else { Ending::Stop });
        let patience = if kill { KILL_PATIENCE } else { grace + Duration::from_secs(1) };
        Reply::later(async move {
            match timeout(patience, receiver).await {
                Ok(Ok(reply)) => reply,
                _ => StopReply::Stuck { run },
            }
        })
    }
}

impl Answer<Shutdown> for ScriptSupervisor {
    fn answer(&mut self, _: Shutdown, _: &mut Ctx<Self>) -> Reply<()> {
        self.stopping = true;
        self.publish();
        let Slot::Held(active) = &mut self.slot else { return Reply::Now(()) };
        let patience = active.order.stop_grace + KILL_PATIENCE;
        let (sender, receiver) = oneshot::channel();
        active.ending.push(sender);
        self.end_run(Ending::Shutdown);
        Reply::later(async move {
            // A run that hangs longer stays with its shim; the next daemon adopts it.
            let _ = timeout(patience, receiver).await;
        })
    }
}

impl Answer<DeleteRunningFile> for ScriptSupervisor {
    fn answer(&mut self, _: DeleteRunningFile, _: &mut Ctx<Self>) -> Reply<std::io::Result<bool>> {
        self.remove_running_file().into()
    }
}

/// A submitted job is on disk, or could not be stored.
#[derive(Message)]
#[rtype(result = "()")]
struct Stored {
    id: String,
    is_stored: bool,
}

impl Answer<SubmitJob> for ScriptSupervisor {
    fn answer(&mut self, SubmitJob(job): SubmitJob, ctx: &mut Ctx<Self>) -> Reply<Result<Submitted, StoreError>> {
        let (submitted, stored) = match self.queue.submit(job, Utc::now()) {
            Ok(Submission { submitted, stored: Some(stored) }) => (submitted, stored),
            Ok(Submission { submitted, stored: None }) => return Ok(submitted).into(),
            Err(error) => return Err(error).into(),
        };
        let this = ctx.address();
        // The mailbox goes on meanwhile: jobs that are submitted at the same time share one flush.
        Reply::later(async move {
            let result = stored.await;
            let is_stored = result.is_ok();
            // Whether a job is in the queue at all is up to the write of the one who submitted it first, unless a later
            // one, which writes all of it again, went well.
            if is_stored || matches!(submitted, Submitted::Queued { .. }) {
                // If the supervisor crashes meanwhile, the next one reads the job from the store.
                let _ = this.send(Stored { id: submitted.job().to_owned(), is_stored }).await;
            }
            result.map(|()| submitted)
        })
    }
}

impl Answer<Stored> for ScriptSupervisor {
    fn answer(&mut self, Stored { id, is_stored }: Stored, ctx: &mut Ctx<Self>) -> Reply<()> {
        self.queue.stored(&id, is_stored);
        self.queue_changed();
        self.start_next(ctx);
        ().into()
    }
}

impl Answer<RemoveJob> for ScriptSupervisor {
    fn answer(&mut self, RemoveJob { id }: RemoveJob, _: &mut Ctx<Self>) -> Reply<Result<(), JobError>> {
        let removed = self.queue.remove(&id);
        self.queue_changed();
        removed.into()
    }
}

impl Answer<RetryJob> for ScriptSupervisor {
    fn answer(&mut self, RetryJob { id }: RetryJob, ctx: &mut Ctx<Self>) -> Reply<Result<JobSummary, JobError>> {
        let retried = self.queue.retry(&id, Utc::now());
        self.queue_changed();
        self.start_next(ctx);
        retried.into()
    }
}

impl Answer<ListJobs> for ScriptSupervisor {
    fn answer(&mut self, _: ListJobs, _: &mut Ctx<Self>) -> Reply<Vec<Job>> {
        self.queue.all().into()
    }
}

impl Answer<ListRuns> for ScriptSupervisor {
    fn answer(&mut self, message: ListRuns, _: &mut Ctx<Self>) -> Reply<Result<Vec<RunRecord>, StoreError>> {
        self.records.list(message.limit, message.before).into()
    }
}

impl Answer<GetRun> for ScriptSupervisor {
    fn answer(&mut self, GetRun { id }: GetRun, _: &mut Ctx<Self>) -> Reply<Result<Option<RunRecord>, StoreError>> {
        self.records.get(id).into()
    }
}
