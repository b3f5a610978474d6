//! What becomes of each fire.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::{AsyncContext, Message, Recipient};
use chrono::{DateTime, TimeDelta, Utc};

use super::Scheduler;
use super::due::{Due, FireVerdict, advance, begins_anew, due};
use super::past_fires::{Fire, FireState};
use super::timetable::Entry;
use crate::runs::{NewJob, RunRequest, SubmitJob, Submitted, Trigger};
use crate::runtime::guard::{Ctx, Handler, Reply};

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
        if begins_anew(self.horizon, now) {
            tracing::warn!(from = %self.horizon, to = %now, "the clock was set back; schedules fire again by what it shows now");
            self.book.begin_epoch(now);
            self.horizon = now;
            self.keep_horizon(now);
            self.refresh();
        }
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
        let busy = self.table.skip_if_running() && self.views.runs.get().holder().is_some();
        let state = match due.verdict {
            FireVerdict::Missed => FireState::Missed,
            _ if busy => FireState::Skipped,
            FireVerdict::OnTime => FireState::Fired,
            FireVerdict::CatchUp => FireState::CaughtUp,
        };
        Fire::new(entry, due.at, state, (self.settings.clock)(), self.book.epoch())
    }

    /// Hands fires to the queue; the horizon is stored once they are there.
    fn submit(&self, mut fires: Vec<Fire>, ctx: &mut Ctx<Self>) {
        let (queue, this, horizon) = (self.supervisor.submit.clone(), ctx.address(), self.horizon);
        actix::spawn(async move {
            for fire in &mut fires {
                let Some(request) = fire.request() else { continue };
                let submitted = loop {
                    match submitted(&queue, new_job(fire, request.clone())).await {
                        Some(submitted) => break submitted,
                        None => tokio::time::sleep(SUBMIT_AGAIN).await,
                    }
                };
                if let Submitted::Duplicate { .. } = submitted {
                    fire.state = FireState::Joined;
                }
            }
            this.do_send(Decided { fires, horizon });
        });
    }
}

async fn submitted(queue: &Recipient<SubmitJob>, job: NewJob) -> Option<Submitted> {
    match queue.send(SubmitJob(job)).await {
        Ok(Ok(submitted)) => Some(submitted),
        Ok(Err(error)) => {
            tracing::error!(%error, "a scheduled run could not be queued, trying again");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the supervisor did not answer, trying again");
            None
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
        // However long the queue is held, or a run goes on: one run that waits does for all fires of its schedule.
        dedupe: Some(format!("schedule {}", fire.schedule)),
    }
}

impl Handler<Decided> for Scheduler {
    fn answer(&mut self, decided: Decided, _: &mut Ctx<Self>) -> Reply<()> {
        let ran = decided.fires.iter().any(|fire| fire.request().is_some());
        let news: Vec<_> = decided.fires.iter().map(Fire::fact).collect();
        for fire in decided.fires {
            if let Err(error) = self.book.record(fire) {
                tracing::error!(%error, "a fire could not be recorded");
            }
        }
        if ran {
            self.stamp_last_run();
        }
        self.keep_horizon(decided.horizon);
        self.refresh();
        // Told last: who hears of it and looks must find it.
        news.into_iter().for_each(|fact| self.shared.facts.publish(fact));
        ().into()
    }
}
