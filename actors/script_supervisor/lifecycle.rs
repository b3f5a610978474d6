//! A run from its start to its end, as the actor lives it.
//!
//! Start: check → record and job on disk → shim → the shim tells the script's process id → acknowledged. End: the shim is
//! gone → judged, collected, recorded, its job settled → the slot is free → told. Whatever happens in between, a run that
//! has a record gets an end, here or when the next daemon starts.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use actix::{AsyncContext, Message};
use chrono::Utc;
use tokio::sync::oneshot;

use super::arguments::{self, InvalidRequest, RunRequest};
use super::collect::{self, Snapshot};
use super::messages::{StartError, Started, StopReply};
use super::outcome::{self, Evidence, Traces};
use super::run_folder::{self, RunFolder, RunOrder, ScriptEnd};
use super::runner::Way;
use super::shim_process::{self, ShimProcess};
use super::slot::{ActiveRun, Slot};
use super::view::ForeignRun;
use super::{ScriptSupervisor, foreign, shim};
use crate::events::Fact;
use crate::guard::{Answer, Ctx, Reply};
use crate::runs::{Ending, Mode, Outcome, RunId, RunRecord, Trigger};

/// How many bytes of what a run prints are kept.
const OUTPUT_LIMIT: u64 = 8 * 1024 * 1024;

/// Who waits for a run to start.
type Starting = oneshot::Sender<Result<Started, StartError>>;

/// What is to be run, and for whom.
pub struct Wanted {
    pub request: RunRequest,
    pub trigger: Trigger,
    pub job: Option<String>,
    pub remove_after: Option<PathBuf>,
}

/// A run that is on disk and has no process yet.
pub struct Prepared {
    record: RunRecord,
    folder: RunFolder,
    order: RunOrder,
}

/// The script's process exists, or (without an id) will not exist.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Announced {
    run: RunId,
    pid: Option<u32>,
}

/// The shim of a run ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShimEnded {
    run: RunId,
}

impl Answer<Announced> for ScriptSupervisor {
    fn answer(&mut self, Announced { run, pid }: Announced, _: &mut Ctx<Self>) -> Reply<()> {
        self.announced(run, pid);
        Reply::Now(())
    }
}

impl Answer<ShimEnded> for ScriptSupervisor {
    fn answer(&mut self, ShimEnded { run }: ShimEnded, ctx: &mut Ctx<Self>) -> Reply<()> {
        self.shim_ended(run);
        self.start_next(ctx);
        Reply::Now(())
    }
}

impl ScriptSupervisor {
    /// Whether a run could start now, whatever it is.
    pub(super) fn check(&mut self) -> Result<(), StartError> {
        if self.stopping {
            return Err(StartError::Stopping);
        }
        if let Slot::Held(active) = &self.slot {
            return Err(StartError::Busy(Box::new(active.view().holder())));
        }
        self.look_for_foreign_run();
        if let Some(foreign) = &self.foreign {
            return Err(StartError::Busy(Box::new(foreign.holder())));
        }
        if self.runner.needs_script() { Err(StartError::ScriptMissing) } else { Ok(()) }
    }

    /// Whether this request can be run as the script is configured.
    fn check_request(&self, request: &RunRequest) -> Result<(), StartError> {
        let config = self.commons.views.config.get();
        let others = [("JellyfinPart", "UseJellyfin", "Jellyfin"), ("EmbyPart", "UseEmby", "Emby")];
        let enabled = others.into_iter().find(|(section, key, _)| config.flag(section, key));
        match enabled {
            Some((_, _, server)) if request.mode() == Mode::Reset => Err(InvalidRequest::ResetNeedsPlex(server).into()),
            _ => Ok(()),
        }
    }

    /// Puts a run on disk, and marks its job as running. Call [`Self::check`] before.
    pub(super) fn prepare(&mut self, wanted: Wanted) -> Result<Prepared, StartError> {
        let way = self.runner.way(wanted.request.mode())?;
        self.check_request(&wanted.request)?;
        self.remove_running_file().map_err(|error| {
            StartError::Failed(format!("the running file of an earlier run cannot be removed: {error}"))
        })?;
        let data = &self.commons.data;
        let script_arguments = wanted.request.arguments();
        let record = new_record(self.records.take_number(), &wanted, &script_arguments);
        let order = RunOrder {
            command: self.runner.command_line(way, script_arguments),
            native: way == Way::Engine,
            working_directory: data.root().to_owned(),
            stop_grace: self.settings.stop_grace,
            output_limit: OUTPUT_LIMIT,
            before: Snapshot::of(&data.logs()),
            remove_after: wanted.remove_after,
        };
        let folder = RunFolder::create(&data.runs(), record.id, &order)
            .map_err(|error| StartError::Failed(format!("the run's folder cannot be made: {error}")))?;
        if let Some(job) = &record.job {
            self.queue.begin(job, record.id)?;
        }
        if let Err(error) = self.records.put(&record) {
            if let Some(Err(error)) = record.job.as_ref().map(|job| self.queue.release(job)) {
                tracing::error!(%error, "a job whose run could not be recorded is not in the queue until the next start");
            }
            return Err(error.into());
        }
        Ok(Prepared { record, folder, order })
    }

    /// Starts the shim of a prepared run. Whoever waits is told once the script's process exists, or will not.
    pub(super) fn ignite(&mut self, prepared: Prepared, starting: Option<Starting>, ctx: &mut Ctx<Self>) {
        let Prepared { record, folder, order } = prepared;
        let run = record.id;
        match ShimProcess::start(&self.settings.executable, &folder, self.commons.data.root()) {
            Ok((shim, child)) => {
                let active = ActiveRun { starting, ..ActiveRun::new(record, folder, order, Arc::new(shim)) };
                self.slot = Slot::Held(Box::new(active));
                let (first, second) = (ctx.address(), ctx.address());
                shim_process::watch_child(
                    child,
                    move |pid| first.do_send(Announced { run, pid }),
                    move || second.do_send(ShimEnded { run }),
                );
            }
            Err(error) => {
                let cause = format!("{} could not be started: {error}", self.settings.executable.display());
                if let Err(error) = folder.write_exit(ScriptEnd::NotStarted { missing: false, cause }) {
                    tracing::warn!(%run, %error, "the run's folder cannot be written");
                }
                let record = self.settle(record, &folder, Some(&order));
                let _ = starting.map(|starting| starting.send(Err(self.start_error(&folder, &record))));
                self.tell_end(&record);
            }
        }
    }

    /// Takes over a run whose shim lives.
    pub(super) fn adopt(
        &mut self,
        record: RunRecord,
        folder: RunFolder,
        order: RunOrder,
        shim: ShimProcess,
        ctx: &mut Ctx<Self>,
    ) {
        let record = RunRecord { adopted: true, ..record };
        let (run, shim) = (record.id, Arc::new(shim));
        tracing::info!(%run, mode = %record.mode, shim = shim.pid(), "a run outlived the daemon before this one and is watched again");
        self.write_record(&record);
        // What the daemon before this one had begun may not have reached the shim.
        if let Some(ending) = record.ending {
            shim.signal(signal_for(ending));
        }
        let (first, second) = (ctx.address(), ctx.address());
        shim_process::watch_found(
            shim.clone(),
            folder.clone(),
            move |pid| first.do_send(Announced { run, pid }),
            move || second.do_send(ShimEnded { run }),
        );
        self.slot = Slot::Held(Box::new(ActiveRun::new(record, folder, order, shim)));
    }

    fn announced(&mut self, run: RunId, pid: Option<u32>) {
        let Some(active) = self.active(run) else { return };
        let Some(pid) = pid else { return };
        active.record.pid = Some(pid);
        let record = active.record.clone();
        let starting = active.starting.take();
        self.write_record(&record);
        self.publish();
        if !record.adopted {
            tracing::info!(%run, mode = %record.mode, trigger = record.trigger.name(), pid, "a run started");
            self.commons.facts.publish(Fact::RunStarted {
                run,
                mode: record.mode.name().to_owned(),
                trigger: record.trigger.name().to_owned(),
            });
        }
        let _ = starting.map(|starting| starting.send(Ok(Started { run, pid })));
        if let Some(active) = self.active(run) {
            active.sample();
        }
    }

    fn shim_ended(&mut self, run: RunId) {
        if self.active(run).is_none() {
            return;
        }
        let Slot::Held(active) = std::mem::replace(&mut self.slot, Slot::Free) else { return };
        let ActiveRun { record, folder, order, starting, ending, .. } = *active;
        let record = self.settle(record, &folder, Some(&order));
        let _ = starting.map(|starting| starting.send(Err(self.start_error(&folder, &record))));
        self.tell_end(&record);
        let forced = matches!(
            folder.exit().map(|exit| exit.end),
            Some(ScriptEnd::Exited { circumstances, .. } | ScriptEnd::Signalled { circumstances, .. }) if circumstances.forced
        );
        for waiting in ending {
            let _ = waiting.send(StopReply::Ended { run, trigger: record.trigger, forced });
        }
    }

    /// Gives a run that is over its end: judged, collected, on disk, its job settled. Gives the record.
    pub(super) fn settle(&mut self, record: RunRecord, folder: &RunFolder, order: Option<&RunOrder>) -> RunRecord {
        let exit = folder.exit();
        if exit.is_none() && shim_process::kill_leftovers(folder) {
            tracing::warn!(run = %record.id, "what a run without its watching process had left behind was killed");
        }
        let logs = order.map(|order| order.before.changes(&self.commons.data.logs())).unwrap_or_default();
        let writes_results = self.runner.runs_script() || order.is_some_and(|order| order.native);
        let results = writes_results.then(|| record.mode.result_file()).flatten();
        let verdict = outcome::judge(&Evidence {
            started: folder.started().is_some(),
            ending: record.ending,
            result_written: logs.iter().any(|change| Some(&change.name) == results.as_ref()),
            expected: results.map(|name| format!("Logs/{name}")),
            traces: Traces::read(logs.iter().filter(|change| change.is("log")), &folder.output()),
            end: exit.as_ref().map(|exit| exit.end.clone()),
        });
        for change in logs.iter().filter(|change| is_kept(change, &record)) {
            if let Err(error) = collect::keep(change, folder.path()) {
                tracing::warn!(run = %record.id, file = change.name, %error, "a result of the run could not be kept");
            }
        }
        let ended = exit.as_ref().map_or_else(Utc::now, |exit| exit.at);
        let record = RunRecord { ended: Some(ended), outcome: Some(verdict.outcome), reason: verdict.reason, ..record };
        let record = with_exit(record, exit.map(|exit| exit.end));
        self.write_record(&record);
        self.settle_job(&record);
        self.clean_up(&record, order);
        self.last = Some(Arc::new(record.clone()));
        record
    }

    fn clean_up(&mut self, record: &RunRecord, order: Option<&RunOrder>) {
        if let Some(file) = order.and_then(|order| order.remove_after.as_ref()) {
            remove_upload(file);
        }
        if record.ending.is_some() {
            self.remove_running_file_left_behind();
        }
        if let Err(error) = run_folder::prune(&self.commons.data.runs(), self.settings.keep_runs) {
            tracing::warn!(%error, "the folders of old runs cannot be removed");
        }
    }

    /// A script that was made to end does not remove its running file. It stays if another instance lives.
    fn remove_running_file_left_behind(&mut self) {
        self.look_for_foreign_run();
        if self.foreign.is_some() {
            return;
        }
        if let Err(error) = self.remove_running_file() {
            tracing::warn!(%error, "the running file cannot be removed; the script will refuse to start");
        }
    }

    /// Tells everybody that a run is over. The slot is free by now.
    pub(super) fn tell_end(&mut self, record: &RunRecord) {
        self.publish();
        let (run, mode) = (record.id, record.mode.name().to_owned());
        let outcome = record.outcome.unwrap_or(Outcome::Unknown);
        let seconds = record.ended.map_or(0.0, |ended| (ended - record.started).as_seconds_f64().max(0.0));
        tracing::info!(%run, mode, outcome = outcome.name(), seconds, reason = record.reason, "a run ended");
        if record.pid.is_none() && outcome == Outcome::Failed {
            self.tell_not_started(record.mode, record.trigger, record.reason.clone().unwrap_or_default(), Some(run));
        }
        self.commons.facts.publish(Fact::RunFinished { run, mode, outcome, seconds });
        if let Some(job) = record.job.clone() {
            self.commons.facts.publish(Fact::JobEnded { job, run, outcome });
        }
    }

    fn tell_not_started(&self, mode: Mode, trigger: Trigger, reason: String, run: Option<RunId>) {
        let (mode, trigger) = (mode.name().to_owned(), trigger.name().to_owned());
        self.commons.facts.publish(Fact::RunNotStarted { mode, trigger, reason, run });
    }

    /// Tells the current run to end, unless it was told so already; killing comes after any other way.
    pub(super) fn end_run(&mut self, ending: Ending) {
        let Slot::Held(active) = &mut self.slot else { return };
        match (active.record.ending, ending) {
            (None, _) => {}
            (Some(before), Ending::Kill) if before != Ending::Kill => {}
            _ => return,
        }
        active.record.ending = Some(ending);
        let (record, shim) = (active.record.clone(), active.shim.clone());
        tracing::info!(run = %record.id, ?ending, "the run is told to end");
        // On disk before the signal, so that a daemon after this one knows why the run ended.
        self.write_record(&record);
        shim.signal(signal_for(ending));
        self.publish();
    }

    /// Starts the next job that is due, if the slot is free.
    pub(super) fn start_next(&mut self, ctx: &mut Ctx<Self>) {
        if self.stopping || !self.settings.starts_jobs || matches!(self.slot, Slot::Held(_)) {
            return;
        }
        let Some(job) = self.queue.next_due(Utc::now()).cloned() else { return };
        let (mode, trigger) = (job.request.mode(), job.trigger);
        let wanted = Wanted { request: job.request, trigger, job: Some(job.id.clone()), remove_after: None };
        match self.check().and_then(|()| self.prepare(wanted)) {
            Ok(prepared) => self.ignite(prepared, None, ctx),
            // Its turn comes when the slot is free.
            Err(StartError::Busy(_) | StartError::Stopping) => {}
            Err(error) => {
                tracing::warn!(job = job.id, %error, "a job could not be started");
                self.tell_not_started(mode, trigger, error.to_string(), None);
                let (why, pause) = (error.to_string(), self.settings.retry_pause);
                let noted = match error {
                    StartError::Invalid(_) => self.queue.park(&job.id, why),
                    _ => self.queue.could_not_start(&job.id, why, Utc::now(), pause),
                };
                noted.unwrap_or_else(|error| tracing::error!(%error, "the queue cannot be written"));
            }
        }
        self.queue_changed();
    }

    /// Looks among the processes for a run that is not ours. Not while ours runs: its own processes look the same.
    pub(super) fn look_for_foreign_run(&mut self) {
        if matches!(self.slot, Slot::Held(_)) {
            self.foreign = None;
            return;
        }
        let found = foreign::find(&self.runner, self.commons.data.root());
        self.foreign = found.map(|found| match &self.foreign {
            Some(known) if known.pid == found.pid => known.clone(),
            _ => {
                let began = fs::metadata(self.commons.data.running_file()).and_then(|file| file.modified());
                ForeignRun { pid: found.pid, mode: found.mode, started: began.map_or_else(|_| Utc::now(), Into::into) }
            }
        });
    }

    /// Removes the running file; tells whether it was there.
    pub(super) fn remove_running_file(&self) -> io::Result<bool> {
        match fs::remove_file(self.commons.data.running_file()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn active(&mut self, run: RunId) -> Option<&mut ActiveRun> {
        match &mut self.slot {
            Slot::Held(active) if active.record.id == run => Some(active),
            _ => None,
        }
    }

    /// Writes a record. Where that fails the run goes on: its end is found out again at the next start.
    fn write_record(&self, record: &RunRecord) {
        if let Err(error) = self.records.put(record) {
            tracing::error!(run = %record.id, %error, "the run's record could not be written");
        }
    }

    fn settle_job(&mut self, record: &RunRecord) {
        if record.job.is_none() {
            return;
        }
        if let Err(error) = self.queue.settle(record, Utc::now(), self.settings.retry_pause) {
            tracing::error!(run = %record.id, %error, "the job of the run could not be settled; it is at the next start");
        }
        self.queue_changed();
    }

    fn start_error(&self, folder: &RunFolder, record: &RunRecord) -> StartError {
        match folder.exit().map(|exit| exit.end) {
            Some(ScriptEnd::NotStarted { missing: true, cause }) => {
                StartError::InterpreterMissing { program: self.runner.program().to_owned(), cause }
            }
            Some(ScriptEnd::NotStarted { missing: false, cause }) => StartError::Failed(cause),
            _ => StartError::Failed(record.reason.clone().unwrap_or_else(|| "it was told to end".to_owned())),
        }
    }
}

/// Removes a picture that was sent for a run; the script may have moved it away.
pub fn remove_upload(file: &std::path::Path) {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(file = %file.display(), %error, "an uploaded picture cannot be removed");
        }
        _ => {}
    }
}

fn signal_for(ending: Ending) -> rustix::process::Signal {
    if ending == Ending::Kill { shim::KILL } else { shim::STOP }
}

fn new_record(id: RunId, wanted: &Wanted, script_arguments: &[String]) -> RunRecord {
    let mode = wanted.request.mode();
    RunRecord {
        id,
        mode,
        trigger: wanted.trigger,
        job: wanted.job.clone(),
        arguments: arguments::masked(script_arguments),
        pid: None,
        started: Utc::now(),
        ending: None,
        ended: None,
        outcome: None,
        reason: None,
        exit_code: None,
        signal: None,
        peak_memory_bytes: 0,
        cpu_seconds: 0.0,
        log: mode.log_file().to_owned(),
        adopted: false,
    }
}

/// Results and tables, and the run's log.
fn is_kept(change: &collect::Change, record: &RunRecord) -> bool {
    change.is("json") || change.is("csv") || change.name == record.log || change.name == Mode::Normal.log_file()
}

fn with_exit(record: RunRecord, end: Option<ScriptEnd>) -> RunRecord {
    let (exit_code, signal, circumstances) = match end {
        Some(ScriptEnd::Exited { code, circumstances }) => (Some(code), None, circumstances),
        Some(ScriptEnd::Signalled { signal, circumstances }) => (None, Some(signal), circumstances),
        Some(ScriptEnd::NotStarted { .. }) | None => return record,
    };
    let cpu_seconds = record.cpu_seconds.max(circumstances.cpu_seconds);
    RunRecord { exit_code, signal, cpu_seconds, ..record }
}
