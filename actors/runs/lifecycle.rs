//! A run from its start to its end, as the actor lives it.
//!
//! Start: check → record and job on disk → shim → the shim tells the script's process id → acknowledged. End: the shim is
//! gone → judged, collected, recorded, its job settled → the slot is free → told. Whatever happens in between, a run that
//! has a record gets an end, here or when the next daemon starts.

use std::sync::Arc;
use std::{fs, io};

use actix::Message;
use chrono::Utc;
use posterizarr_base::said::Reason;

use super::collect::{self};
use super::messages::{Started, StopReply};
use super::outcome::{self, Evidence, Traces};
use super::queue::Moment;
use super::reason::{RunReason, masked};
use super::run_folder::{self, Circumstances, RunFolder, RunOrder, ScriptEnd};
use super::shim_process::{self};
use super::slot::{ActiveRun, Slot};
use super::view::ForeignRun;
use super::{ScriptSupervisor, foreign, shim};
use crate::runs::{Ending, Exit, Mode, Outcome, RunEnd, RunId, RunRecord, RunState, Trigger};
use crate::runtime::events::Fact;
use crate::runtime::guard::{Ctx, Handler, Reply};

/// The script's process exists, or (without an id) will not exist.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Announced {
    pub(super) run: RunId,
    pub(super) pid: Option<u32>,
}

/// The shim of a run ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShimEnded {
    pub(super) run: RunId,
}

impl Handler<Announced> for ScriptSupervisor {
    fn answer(&mut self, Announced { run, pid }: Announced, _: &mut Ctx<Self>) -> Reply<()> {
        self.announced(run, pid);
        Reply::Now(())
    }
}

impl Handler<ShimEnded> for ScriptSupervisor {
    fn answer(&mut self, ShimEnded { run }: ShimEnded, ctx: &mut Ctx<Self>) -> Reply<()> {
        self.shim_ended(run);
        self.start_next(ctx);
        Reply::Now(())
    }
}

impl ScriptSupervisor {
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
            self.shared.facts.publish(Fact::RunStarted { run, mode: record.mode, trigger: record.trigger });
        }
        let _ = starting.map(|starting| starting.send(Ok(Started { run, pid })));
        if let Some(active) = self.active(run) {
            active.sample();
        }
    }

    fn shim_ended(&mut self, run: RunId) {
        let slot = if self.side.is_held_by(run) { &mut self.side } else { &mut self.slot };
        if !slot.is_held_by(run) {
            return;
        }
        let Slot::Held(active) = std::mem::replace(slot, Slot::Free) else { return };
        let ActiveRun { record, folder, order, starting, ending, .. } = *active;
        let record = self.settle(record, &folder, Some(&order));
        let _ = starting.map(|starting| starting.send(Err(self.start_error(&folder, &record))));
        self.notify_end(&record);
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
        let logs = match order {
            // A dry run leaves no files; what changes meanwhile is somebody else's.
            Some(order) if !record.dry_run => order.before.changes(&order.logs(&self.shared.data, folder)),
            _ => Vec::new(),
        };
        let writes_results = !record.dry_run && (self.runner.runs_script() || record.native);
        let results = writes_results.then(|| record.result_file()).flatten();
        let verdict = outcome::judge(&Evidence {
            native: record.native,
            started: folder.started().is_some(),
            ending: record.ending(),
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
        // It quotes what the script printed.
        let Reason { text, because } = masked(RunReason::reason(&verdict.reason));
        let reason = Some(text).filter(|text| !text.is_empty());
        let (exit, circumstances) = seen(exit.map(|exit| exit.end));
        let end = RunEnd { at: ended, outcome: verdict.outcome, reason, because, exit, ending: record.ending() };
        let record = RunRecord {
            cpu_seconds: record.cpu_seconds.max(circumstances.cpu_seconds),
            // Samples see the whole tree, but only now and then; the kernel misses no moment, but counts each process for itself.
            peak_memory_bytes: record.peak_memory_bytes.max(circumstances.peak_memory_bytes),
            state: RunState::Ended(end),
            ..record
        };
        self.write_record(&record);
        self.settle_job(&record);
        self.clean_up(&record, order);
        self.last = Some(Arc::new(record.clone()));
        record
    }

    fn clean_up(&mut self, record: &RunRecord, order: Option<&RunOrder>) {
        if let Some(file) = order.and_then(|order| order.remove_after.as_ref()) {
            run_folder::remove_upload(file);
        }
        if record.ending().is_some() && !order.is_some_and(|order| order.beside) {
            self.remove_running_file_left_behind();
        }
        if let Err(error) = run_folder::prune(&self.shared.data.runs(), self.settings.keep_runs) {
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
    pub(super) fn notify_end(&mut self, record: &RunRecord) {
        self.publish();
        let (run, mode) = (record.id, record.mode);
        let Some(RunEnd { at, outcome, reason, .. }) = record.end() else { return };
        let (at, outcome) = (*at, *outcome);
        let seconds = (at - record.started).as_seconds_f64().max(0.0);
        tracing::info!(%run, %mode, outcome = outcome.name(), seconds, reason, "a run ended");
        if record.pid.is_none() && outcome == Outcome::Failed {
            self.notify_not_started(record.mode, record.trigger, record.reason().unwrap_or_default(), Some(run));
        }
        self.shared.facts.publish(Fact::RunFinished { run, mode, outcome, seconds });
        if let Some(job) = record.job.clone() {
            self.shared.facts.publish(Fact::JobEnded { job, run, outcome });
        }
    }

    pub(super) fn notify_not_started(&self, mode: Mode, trigger: Trigger, reason: Reason, run: Option<RunId>) {
        let Reason { text: reason, because } = reason;
        self.shared.facts.publish(Fact::RunNotStarted { mode, trigger, reason, because, run });
    }

    /// Tells a run to end, unless it was told so already; killing comes after any other way.
    pub(super) fn end_run(&mut self, run: RunId, ending: Ending) {
        let Some(active) = self.active(run) else { return };
        match (active.record.ending(), ending) {
            (None, _) => {}
            (Some(before), Ending::Kill) if before != Ending::Kill => {}
            _ => return,
        }
        active.record.state = RunState::Running { ending: Some(ending) };
        let (record, shim) = (active.record.clone(), active.shim.clone());
        tracing::info!(run = %record.id, ?ending, "the run is told to end");
        // On disk before the signal, so that a daemon after this one knows why the run ended.
        self.write_record(&record);
        shim.signal(signal_for(ending));
        self.publish();
    }

    /// Looks among the processes for a run that is not ours. Not while ours runs: its own processes look the same.
    pub(super) fn look_for_foreign_run(&mut self) {
        if matches!(self.slot, Slot::Held(_)) {
            self.foreign = None;
            return;
        }
        let own = self.side.run().map(|active| active.folder.path().to_owned());
        let found = foreign::find(&self.runner, self.shared.data.root(), own.as_deref());
        self.foreign = found.map(|found| match &self.foreign {
            Some(known) if known.pid == found.pid => known.clone(),
            _ => {
                let began = fs::metadata(self.shared.data.running_file()).and_then(|file| file.modified());
                let told = || foreign::mode_in(&self.shared.data.running_file()).unwrap_or(Mode::Normal);
                let mode = found.mode.unwrap_or_else(told);
                ForeignRun { pid: found.pid, mode, started: began.map_or_else(|_| Utc::now(), Into::into) }
            }
        });
    }

    /// Removes the running file; tells whether it was there.
    pub(super) fn remove_running_file(&self) -> io::Result<bool> {
        match fs::remove_file(self.shared.data.running_file()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn active(&mut self, run: RunId) -> Option<&mut ActiveRun> {
        let mut active = [&mut self.slot, &mut self.side].into_iter().filter_map(Slot::run_mut);
        active.find(|active| active.record.id == run)
    }

    /// The slot of a run: the one, or that of a trigger's run beside it.
    pub(super) fn slot_for(&mut self, beside: bool) -> &mut Slot {
        if beside { &mut self.side } else { &mut self.slot }
    }

    /// Writes a record. Where that fails the run goes on: its end is found out again at the next start.
    pub(super) fn write_record(&self, record: &RunRecord) {
        if let Err(error) = self.records.put(record) {
            tracing::error!(run = %record.id, %error, "the run's record could not be written");
        }
    }

    fn settle_job(&mut self, record: &RunRecord) {
        if record.job.is_none() {
            return;
        }
        if let Err(error) = self.queue.settle(record, Moment::now(), self.settings.retry_pause) {
            tracing::error!(run = %record.id, %error, "the job of the run could not be settled; the next start does it");
        }
        self.queue_changed();
    }
}

pub(super) fn signal_for(ending: Ending) -> rustix::process::Signal {
    if ending == Ending::Kill { shim::KILL } else { shim::STOP }
}

/// Results and tables, and the run's log.
fn is_kept(change: &collect::Change, record: &RunRecord) -> bool {
    change.is("json") || change.is("csv") || change.name == record.log || change.name == Mode::Normal.log_file()
}

/// How the process ended, and what it had used until then.
fn seen(end: Option<ScriptEnd>) -> (Option<Exit>, Circumstances) {
    match end {
        Some(ScriptEnd::Exited { code, circumstances }) => (Some(Exit::Code(code)), circumstances),
        Some(ScriptEnd::Signalled { signal, circumstances }) => (Some(Exit::Signal(signal)), circumstances),
        Some(ScriptEnd::NotStarted { .. }) | None => (None, Circumstances::default()),
    }
}
