//! What becomes of each fire.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::{AsyncContext, Message, Recipient};
use chrono::{DateTime, TimeDelta, Utc};

use super::Scheduler;
use super::due::{Due, Verdict, advance, due};
use super::file::Entry;
use super::fires::{Fire, FireState};
use crate::guard::{Answer, Ctx, Reply};
use crate::runs::Trigger;
use crate::script_supervisor::{NewJob, RunRequest, SubmitJob};

/// Tries of a job whose run found the slot busy.
const ATTEMPTS: u32 = 3;
const SUBMIT_AGAIN: Duration = Duration::from_secs(1);

/// The store and the queue know of these fires.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Decided {
    fires: Vec<Fire>,
    horizon: DateTime<Utc>,
}

impl Scheduler {
    /// Decides what came due since the last time.
    pub(super) fn decide(&mut self, ctx: &mut Ctx<Self>) {
        let now = (self.settings.clock)();
        let entries = self.entries();
        let grace = TimeDelta::from_std(self.settings.grace).unwrap_or(TimeDelta::hours(1));
        let decided = due(&entries, self.zone().0, self.horizon, now, grace);
        self.horizon = advance(self.horizon, now);
        if decided.is_empty() {
            return;
        }
        let by_index: BTreeMap<_, _> = entries.iter().map(|entry| (entry.index, entry)).collect();
        let fires = decided.iter().filter_map(|due| Some(self.judge(by_index.get(&due.index)?, due))).collect();
        self.submit(fires, ctx);
    }

    /// What becomes of a fire.
    fn judge(&self, entry: &Entry, due: &Due) -> Fire {
        let busy = self.table.skip_if_running() && self.commons.views.runs.get().holder().is_some();
        let state = match due.verdict {
            Verdict::Missed => FireState::Missed,
            _ if busy => FireState::Skipped,
            Verdict::OnTime => FireState::Fired,
            Verdict::CatchUp => FireState::CaughtUp,
        };
        Fire::new(entry, due.at, state, (self.settings.clock)())
    }

    /// Hands fires to the queue; the horizon is stored once they are there.
    fn submit(&self, fires: Vec<Fire>, ctx: &mut Ctx<Self>) {
        let (queue, this, horizon) = (self.queue.submit.clone(), ctx.address(), self.horizon);
        actix::spawn(async move {
            for fire in &fires {
                let Some(request) = fire.request() else { continue };
                while !is_submitted(&queue, new_job(fire, request.clone())).await {
                    tokio::time::sleep(SUBMIT_AGAIN).await;
                }
            }
            this.do_send(Decided { fires, horizon });
        });
    }
}

async fn is_submitted(queue: &Recipient<SubmitJob>, job: NewJob) -> bool {
    match queue.send(SubmitJob(job)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => {
            tracing::error!(%error, "a scheduled run could not be queued, trying again");
            false
        }
        Err(error) => {
            tracing::warn!(%error, "the supervisor did not answer, trying again");
            false
        }
    }
}

fn new_job(fire: &Fire, request: RunRequest) -> NewJob {
    NewJob {
        id: fire.job_id(),
        request,
        trigger: Trigger::Schedule,
        priority: 0,
        not_before: None,
        max_attempts: ATTEMPTS,
        dedupe: None,
    }
}

impl Answer<Decided> for Scheduler {
    fn answer(&mut self, decided: Decided, _: &mut Ctx<Self>) -> Reply<()> {
        let ran = decided.fires.iter().any(|fire| fire.request().is_some());
        for fire in decided.fires {
            self.commons.facts.publish(fire.fact());
            if let Err(error) = self.book.record(fire) {
                tracing::error!(%error, "a fire could not be recorded");
            }
        }
        if ran {
            self.stamp_last_run();
        }
        self.keep_horizon(decided.horizon);
        self.refresh();
        ().into()
    }
}
