//! What a starting supervisor finds: runs without an end, jobs that were running.
//!
//! A run whose shim lives is adopted; one whose shim wrote how it ended gets that end; of any other nobody saw the end, and
//! what is left of it is killed. Then each job that was running is settled by its run's record, or waits again if its run
//! never took place.

use std::path::Path;

use super::queue::Moment;
use super::run_folder::{RunFolder, remove_upload};
use super::shim_process::ShimProcess;
use super::slot::Slot;
use super::{ScriptSupervisor, shim};
use crate::runs::{RunId, RunRecord};
use crate::runtime::guard::Ctx;

/// How the names of pictures begin while they are still being sent.
pub const UPLOAD_PREFIX: &str = ".upload-";

impl ScriptSupervisor {
    /// Brings records, jobs and processes into line. Called once, before the first message.
    pub(super) fn recover(&mut self, ctx: &mut Ctx<Self>) {
        remove_cut_uploads(&self.shared.data.uploads());
        match self.records.unfinished() {
            Ok(unfinished) => unfinished.into_iter().for_each(|record| self.recover_run(record, ctx)),
            Err(error) => {
                tracing::error!(%error, "the records of runs cannot be read; a run that still lives is not seen")
            }
        }
        for (job, run) in self.queue.running() {
            if !self.holds(run) {
                self.recover_job(&job, run);
            }
        }
    }

    fn recover_run(&mut self, record: RunRecord, ctx: &mut Ctx<Self>) {
        let folder = RunFolder::of(&self.shared.data.runs(), record.id);
        let order = folder.order().ok();
        let slot = if order.as_ref().is_some_and(|order| order.beside) { &self.side } else { &self.slot };
        match (ShimProcess::find(&folder), order, slot) {
            (Some(shim), Some(order), Slot::Free) => self.adopt(record, folder, order, shim, ctx),
            (shim, order, _) => {
                if let Some(shim) = shim {
                    tracing::error!(run = %record.id, "a run cannot be adopted and is killed");
                    shim.signal(shim::KILL);
                }
                let record = self.settle(record, &folder, order.as_ref());
                self.notify_end(&record);
            }
        }
    }

    fn recover_job(&mut self, job: &str, run: RunId) {
        let settled = match self.records.get(run) {
            Ok(Some(record)) if record.end().is_some() => {
                self.queue.settle(&record, Moment::now(), self.settings.retry_pause)
            }
            _ => self.queue.release(job, Moment::now()),
        };
        if let Err(error) = settled {
            tracing::error!(job, %error, "a job that was running when the daemon ended could not be settled");
        }
    }

    fn holds(&self, run: RunId) -> bool {
        [&self.slot, &self.side].into_iter().any(|slot| slot.is_held_by(run))
    }
}

/// Removes pictures whose upload a crash cut short.
fn remove_cut_uploads(uploads: &Path) {
    let entries = std::fs::read_dir(uploads).into_iter().flatten().flatten();
    let cut = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UPLOAD_PREFIX));
    cut.for_each(|entry| remove_upload(&entry.path()));
}
