//! How a run begins: checked, on record, and handed to its shim.

use std::io;
use std::sync::Arc;

use actix::AsyncContext;
use chrono::Utc;
use posterizarr_base::said::Reason;
use tokio::sync::oneshot;

use super::ScriptSupervisor;
use super::arguments::{self, InvalidRequest, RunRequest};
use super::collect::Snapshot;
use super::fault::StartError;
use super::lifecycle::{Announced, ShimEnded, signal_for};
use super::messages::Started;
use super::queue::{Job, Moment};
use super::run_folder::{RunFolder, RunOrder, ScriptEnd};
use super::runner::Way;
use super::shim_process::{self, ShimProcess};
use super::slot::{ActiveRun, NewRun, Slot};
use crate::files;
use crate::runs::{Mode, RunId, RunRecord};
use crate::runtime::guard::Ctx;

/// How many bytes of what a run prints are kept.
const OUTPUT_LIMIT: u64 = 8 * 1024 * 1024;

/// Who waits for a run to start.
type Starting = oneshot::Sender<Result<Started, StartError>>;

/// A run that is on disk and has no process yet.
pub struct PreparedRun {
    record: RunRecord,
    folder: RunFolder,
    order: RunOrder,
    /// With the secrets that are masked in the order.
    command: Vec<String>,
}

impl ScriptSupervisor {
    /// Whether a run could start now, whatever it is.
    pub(super) fn check(&mut self) -> Result<(), StartError> {
        if self.stopping {
            return Err(StartError::Stopping);
        }
        if let Some(active) = self.slot.run() {
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
        let config = self.views.config.get();
        let others = [("JellyfinPart", "UseJellyfin", "Jellyfin"), ("EmbyPart", "UseEmby", "Emby")];
        let enabled = others.into_iter().find(|(section, key, _)| config.flag(section, key));
        match enabled {
            Some((_, _, server)) if request.mode() == Mode::Reset => Err(InvalidRequest::ResetNeedsPlex(server).into()),
            Some((_, _, server)) if matches!(request.mode(), Mode::LogoUpdater | Mode::LogoRevert) => {
                Err(InvalidRequest::LogosNeedPlex(server).into())
            }
            _ => Ok(()),
        }
    }

    /// Whether a trigger's run may start beside the run that holds the slot. Both have to be the engine's: the script wants
    /// to be alone. What the other run is must be no trigger's itself, so that there is one of those at a time.
    fn may_run_beside(&self, request: &RunRequest) -> bool {
        let by_engine = || matches!(self.runner.way_of(request), Ok(Way::Engine));
        let holder = self.slot.run().map(|active| &active.record);
        let is_beside_engine = holder.is_some_and(|record| record.native && !is_of_trigger(record.mode));
        request.is_triggered() && is_beside_engine && matches!(self.side, Slot::Free) && by_engine()
    }

    /// Puts a run on disk, and marks its job as running. Call [`Self::check`] before, unless it is to run beside another.
    pub(super) fn prepare(&mut self, wanted: NewRun, beside: bool) -> Result<PreparedRun, StartError> {
        let way = self.runner.way_of(&wanted.request)?;
        self.check_request(&wanted.request)?;
        if let Some(other) = self.side.run().filter(|_| way == Way::Command) {
            return Err(StartError::Busy(Box::new(other.view().holder())));
        }
        let not_prepared = |what: &str, error: &io::Error| {
            let cause = format!("{what}: {error}");
            if files::is_full(error) { StartError::Storage(cause) } else { StartError::Failed(cause) }
        };
        if !beside {
            self.remove_running_file()
                .map_err(|error| not_prepared("the running file of an earlier run cannot be removed", &error))?;
        }
        let data = &self.shared.data;
        let native = way == Way::Engine;
        let script_arguments = if native { wanted.request.arguments_of_engine() } else { wanted.request.arguments() };
        let record = new_record(self.records.take_number(), &wanted, native, &script_arguments);
        let command = self.runner.command_line(way, script_arguments);
        let order = RunOrder {
            command: arguments::masked(&command),
            native,
            beside,
            working_directory: data.root().to_owned(),
            stop_grace: self.settings.stop_grace,
            output_limit: OUTPUT_LIMIT,
            before: if beside { Snapshot::default() } else { Snapshot::of(&data.logs()) },
            remove_after: wanted.remove_after,
        };
        let folder = RunFolder::create(&data.runs(), record.id, &order)
            .map_err(|error| not_prepared("the run's folder cannot be made", &error))?;
        if let Some(job) = &record.job {
            self.queue.begin(job, record.id, Moment::now())?;
        }
        if let Err(error) = self.records.put(&record) {
            if let Some(Err(error)) = record.job.as_ref().map(|job| self.queue.release(job, Moment::now())) {
                tracing::error!(%error, "a job whose run could not be recorded is not in the queue until the next start");
            }
            return Err(error.into());
        }
        Ok(PreparedRun { record, folder, order, command })
    }

    /// Starts the shim of a prepared run. Whoever waits is told once the script's process exists, or will not.
    pub(super) fn launch(&mut self, prepared: PreparedRun, starting: Option<Starting>, ctx: &mut Ctx<Self>) {
        let PreparedRun { record, folder, order, command } = prepared;
        let run = record.id;
        match ShimProcess::start(&self.settings.executable, &folder, &command, self.shared.data.root()) {
            Ok((shim, child)) => {
                let active = ActiveRun { starting, ..ActiveRun::new(record, folder, order, Arc::new(shim)) };
                let beside = active.order.beside;
                *self.slot_for(beside) = Slot::Held(Box::new(active));
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
                self.notify_end(&record);
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
        if let Some(ending) = record.ending() {
            shim.signal(signal_for(ending));
        }
        let (first, second) = (ctx.address(), ctx.address());
        shim_process::watch_found(
            shim.clone(),
            folder.clone(),
            move |pid| first.do_send(Announced { run, pid }),
            move || second.do_send(ShimEnded { run }),
        );
        let beside = order.beside;
        *self.slot_for(beside) = Slot::Held(Box::new(ActiveRun::new(record, folder, order, shim)));
    }

    /// Starts the next job that is due, if the slot is free, or the job may run beside the run that holds it.
    pub(super) fn start_next(&mut self, ctx: &mut Ctx<Self>) {
        if self.stopping || !self.settings.starts_jobs {
            return;
        }
        let beside = matches!(self.slot, Slot::Held(_));
        let one_is_beside = matches!(self.side, Slot::Held(_));
        let wanted = |job: &Job| match beside {
            true => self.may_run_beside(&job.request),
            false => !(one_is_beside && job.request.is_triggered()),
        };
        let Some(job) = self.queue.next_due_of(Moment::now(), wanted).cloned() else { return };
        let (mode, trigger) = (job.request.mode(), job.trigger);
        let wanted = NewRun { request: job.request, trigger, job: Some(job.id.clone()), remove_after: None };
        let checked = if beside { Ok(()) } else { self.check() };
        match checked.and_then(|()| self.prepare(wanted, beside)) {
            Ok(prepared) => self.launch(prepared, None, ctx),
            // Its turn comes when the slot is free.
            Err(StartError::Busy(_) | StartError::Stopping) => {}
            Err(error) => {
                tracing::warn!(job = job.id, %error, "a job could not be started");
                let (why, pause) = (Reason::from(&error), self.settings.retry_pause);
                self.notify_not_started(mode, trigger, why.clone(), None);
                let noted = match error {
                    StartError::Invalid(_) => self.queue.park(&job.id, why, Moment::now()),
                    _ => self.queue.could_not_start(&job.id, why, Moment::now(), pause),
                };
                noted.unwrap_or_else(|error| tracing::error!(%error, "the queue cannot be written"));
            }
        }
        self.queue_changed();
    }

    pub(super) fn start_error(&self, folder: &RunFolder, record: &RunRecord) -> StartError {
        match folder.exit().map(|exit| exit.end) {
            Some(ScriptEnd::NotStarted { missing: true, cause }) => {
                StartError::InterpreterMissing { program: self.runner.program().to_owned(), cause }
            }
            Some(ScriptEnd::NotStarted { missing: false, cause }) => StartError::Failed(cause),
            _ => StartError::Failed(
                record.end().and_then(|end| end.reason.clone()).unwrap_or_else(|| "it was told to end".to_owned()),
            ),
        }
    }
}

fn new_record(id: RunId, wanted: &NewRun, native: bool, script_arguments: &[String]) -> RunRecord {
    RunRecord {
        native,
        dry_run: wanted.request.is_dry_run(),
        job: wanted.job.clone(),
        arguments: arguments::masked(script_arguments),
        ..RunRecord::new(id, wanted.request.mode(), wanted.trigger, Utc::now())
    }
}

/// Whether such a run is about a single item that somebody told of.
fn is_of_trigger(mode: Mode) -> bool {
    matches!(mode, Mode::Tautulli | Mode::Arr)
}
