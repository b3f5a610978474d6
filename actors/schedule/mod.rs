//! Scheduler: the timetable, and every fire of it accounted for.
//!
//! Theory of operation: each second the actor looks at the wall clock and at `scheduler.json`. Fires between the *horizon*
//! (the instant up to which everything was decided) and now are decided once: submitted to the ScriptSupervisor's queue,
//! skipped because a run is on, made up for inside the grace window, or recorded as missed. The submission carries an id made
//! of the fire's instant and is acknowledged before the horizon is stored, so that a crash in between repeats the
//! submission, not the run.

mod ahead;
mod deciding;
pub mod due;
mod fault;
mod messages;
mod past_fires;
mod recurrence;
mod timetable;
mod version_3;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Message, Recipient};
use chrono::{DateTime, Local, Utc};
use chrono_tz::Tz;
use posterizarr_base::said::Reason;
use posterizarr_base::{bounded, text};
use serde_json::Value;

pub use ahead::preview;
pub use fault::{EntryError, TimetableFault};
pub use messages::{
    AddSchedule, ChangeTimetable, RemoveSchedule, Restart, RunNow, ScheduleError, SchedulerView, Timer,
};
pub(crate) use past_fires::Horizon;
pub use past_fires::{Fire, MISSED};
pub use recurrence::parse_time;
pub use timetable::{Idle, with_offset};

use crate::runs::RunView;
use crate::runs::{ListRuns, RunRequest, StartError, StartRun, Started, SubmitJob};
use crate::runs::{Outcome, RunId, Trigger};
use crate::runtime::events::{Event, Fact};
use crate::runtime::follow::{Since, follow};
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use past_fires::{FileIdentity, FireBook};
pub use timetable::host_zone;
use timetable::{Entry, Timetable, effective_zone, from_run_time};

/// How many runs are asked for after facts were missed: more than fires are remembered.
const RUNS_ASKED: usize = 500;

/// A source of wall-clock time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What the Scheduler is told at its start.
#[derive(Clone)]
pub struct SchedulerSettings {
    /// `TZ`, in a container.
    pub container_tz: Option<String>,
    /// `TZ`, wherever: the zone of a new timetable.
    pub host_tz: Option<String>,
    /// The zone that the system is set to.
    pub system_zone: Option<String>,
    /// `RUN_TIME`: the times of upstream's container loop, used while the timetable is empty.
    pub run_time: Option<String>,
    /// How late a fire is still made up for.
    pub grace: Duration,
    /// How often the clock is looked at.
    pub tick: Duration,
    /// The wall clock.
    pub clock: Clock,
}

/// A run started now.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct RunNowAnswered;

/// The ways to the ScriptSupervisor, one for each message that the Scheduler sends it.
#[derive(Clone)]
pub struct SupervisorRecipients {
    /// Takes jobs that start when the slot is free.
    pub submit: Recipient<SubmitJob>,
    /// Starts a run at once, or tells why not.
    pub start: Recipient<StartRun>,
    /// Tells of runs that took place.
    pub runs: Recipient<ListRuns>,
}

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub scheduler: View<SchedulerView>,
    /// What runs, and what waits.
    pub runs: View<RunView>,
}

/// Owns the timetable, its file and the book of fires.
pub struct Scheduler {
    shared: Shared,
    views: Views,
    settings: SchedulerSettings,
    supervisor: SupervisorRecipients,
    path: PathBuf,
    seen: Option<FileIdentity>,
    table: Timetable,
    book: FireBook,
    /// Everything up to here is decided; the store may lag behind while a decision is being submitted.
    horizon: DateTime<Utc>,
    problem: Option<Reason>,
    /// The name of the host's zone, where a new timetable could not have it because there is no such zone.
    unknown_zone: Option<String>,
}

impl Scheduler {
    /// Made from `scheduler.json` and the store.
    pub fn new(shared: Shared, views: Views, settings: SchedulerSettings, supervisor: SupervisorRecipients) -> Self {
        let book = FireBook::open(&shared.store);
        let horizon = book.horizon().unwrap_or_else(|| (settings.clock)());
        let path = shared.data.scheduler();
        let table = Timetable::default();
        Self {
            shared,
            views,
            settings,
            supervisor,
            path,
            seen: None,
            table,
            book,
            horizon,
            problem: None,
            unknown_zone: None,
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<Self>) {
        self.follow_file();
        self.decide(ctx);
        ctx.later(self.settings.tick, Self::tick);
    }

    /// Takes over what was changed in the file by hand.
    fn follow_file(&mut self) {
        if self.identity() == self.seen {
            return;
        }
        self.load();
        self.spare_the_past();
        self.refresh();
    }

    /// A time that was added to the file does not fire for an instant before it was there.
    fn spare_the_past(&mut self) {
        let now = (self.settings.clock)();
        let changed = self.seen.map_or(now, |file| file.modified);
        self.horizon = self.horizon.max(changed.min(now));
    }

    fn identity(&self) -> Option<FileIdentity> {
        let metadata = std::fs::metadata(&self.path).ok()?;
        Some(FileIdentity { modified: metadata.modified().ok()?.into(), size: metadata.len() })
    }

    fn load(&mut self) {
        self.seen = self.identity();
        self.problem = None;
        match bounded::read(&self.path, timetable::MAX_SIZE) {
            Ok(bytes) => match Timetable::parse(&text::decode(&bytes)) {
                Ok(table) => self.table = table,
                Err(reason) => {
                    tracing::error!(
                        reason,
                        "scheduler.json is not readable, the last good timetable stays in force; fix or delete it"
                    );
                    self.problem = Some(TimetableFault::Unreadable { reason }.as_reason());
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if self.table == Timetable::default() {
                    self.begin_timetable();
                }
                if let Err(error) = self.save() {
                    self.problem = Some(TimetableFault::NotWritten { cause: error.to_string() }.as_reason());
                }
            }
            Err(error) => self.problem = Some(TimetableFault::NotRead { cause: error.to_string() }.as_reason()),
        }
    }

    /// A timetable that was not there gets the host's zone. In a folder that upstream has worked with it keeps upstream's
    /// default, which is what counted until now, unless `TZ` is set.
    fn begin_timetable(&mut self) {
        if self.settings.host_tz.as_deref().is_none_or(str::is_empty) && self.is_moved_over() {
            return;
        }
        let (zone, unknown) = host_zone(self.settings.host_tz.as_deref(), self.settings.system_zone.as_deref());
        self.table.set("timezone", zone.name());
        self.unknown_zone = unknown;
    }

    /// Whether there are results of runs although no timetable was ever decided on here.
    fn is_moved_over(&self) -> bool {
        let logs = std::fs::read_dir(self.shared.data.logs()).into_iter().flatten().flatten();
        let is_result = |file: std::fs::DirEntry| {
            let path = PathBuf::from(file.file_name());
            path.extension().is_some_and(|extension| extension == "json" || extension == "csv")
        };
        self.book.horizon().is_none() && logs.into_iter().any(is_result)
    }

    fn save(&mut self) -> std::io::Result<()> {
        self.table.save(&self.path)?;
        self.seen = self.identity();
        Ok(())
    }

    /// Applies a change to a copy, and keeps it only once it is on disk. Instants before the change do not fire.
    fn change(
        &mut self,
        change: impl FnOnce(&mut Timetable) -> Result<(), ScheduleError>,
    ) -> Result<(), ScheduleError> {
        let before = self.table.clone();
        let result = change(&mut self.table).and_then(|()| {
            self.stamp_next_run();
            Ok(self.save()?)
        });
        match &result {
            Ok(()) => {
                self.horizon = self.horizon.max((self.settings.clock)());
                self.keep_horizon(self.horizon);
            }
            Err(_) => self.table = before,
        }
        self.refresh();
        result
    }

    fn zone(&self) -> (Tz, Option<String>) {
        effective_zone(self.settings.container_tz.as_deref(), self.table.timezone())
    }

    /// What can fire: the timetable's entries while it is enabled; with an empty timetable those of `RUN_TIME`.
    fn entries(&self) -> Vec<Entry> {
        if !self.table.schedules().is_empty() {
            return if self.table.enabled() { self.table.entries() } else { Vec::new() };
        }
        let mut container = Timetable::default();
        container.set("schedules", self.settings.run_time.as_deref().map(from_run_time).unwrap_or_default());
        container.entries()
    }

    fn is_running(&self) -> bool {
        self.table.enabled() || !self.entries().is_empty()
    }

    /// `next_run` in the file: the soonest fire; null while nothing is armed and nothing is listed.
    fn stamp_next_run(&mut self) {
        let (zone, now) = (self.zone().0, (self.settings.clock)());
        let entries = if self.is_running() { self.entries() } else { self.table.entries() };
        let next = entries.iter().filter_map(|entry| entry.rule.next_after(zone, now)).min();
        self.table.set("next_run", next.map(with_offset));
    }

    fn keep_horizon(&mut self, horizon: DateTime<Utc>) {
        if let Err(error) = self.book.keep_horizon(horizon, self.seen) {
            tracing::error!(%error, "the scheduler's progress was not stored; a restart may decide the last fires again");
        }
    }

    /// Publishes what is known.
    fn refresh(&mut self) {
        let (zone, passed_over) = self.zone();
        let now = (self.settings.clock)();
        let passed_over = passed_over.or_else(|| self.unknown_zone.clone());
        let unknown_zone = passed_over.map(|name| TimetableFault::ZoneReplaced { name, zone: zone.name() }.as_reason());
        self.views.scheduler.publish(SchedulerView {
            fields: self.table.fields().clone(),
            running: self.is_running(),
            timezone: zone,
            timers: ahead::timers(&self.entries(), zone, now),
            idle: self.table.idle(),
            fires: self.book.latest(),
            problem: self.problem.clone().or(unknown_zone),
        });
    }

    fn hear(&mut self, event: &Event) {
        let Fact::JobEnded { job, run, outcome } = &event.fact else { return };
        self.run_ended(job, *run, *outcome);
    }

    fn run_ended(&mut self, job: &str, run: RunId, outcome: Outcome) {
        match self.book.run_ended(job, run, outcome) {
            Ok(true) => self.refresh(),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "how a scheduled run ended was not recorded"),
        }
    }

    /// Facts were missed: the records of runs tell how they ended.
    fn ask_how_runs_ended(&mut self, ctx: &mut Ctx<Self>) {
        ctx.when(self.supervisor.runs.send(ListRuns { limit: RUNS_ASKED, before: None }), |this, runs, _| {
            // Oldest first, so that the last try of a job counts.
            for record in runs.ok().and_then(Result::ok).unwrap_or_default().into_iter().rev() {
                if let (Some(job), Some(outcome)) = (&record.job, record.outcome()) {
                    this.run_ended(job, record.id, outcome);
                }
            }
        });
    }

    /// Notes in the file that a run starts.
    fn stamp_last_run(&mut self) {
        let now = (self.settings.clock)().with_timezone(&Local);
        self.table.set("last_run", now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string());
        self.stamp_next_run();
        if let Err(error) = self.save() {
            tracing::warn!(%error, "scheduler.json could not be written; the last run is not noted in it");
        }
    }
}

impl Service for Scheduler {
    const NAME: &'static str = "Scheduler";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.load();
        let facts = self.shared.facts.clone();
        // Also what was told since the daemon's start: runs that ended while no daemon was there.
        let is_end = |fact: &Fact| matches!(fact, Fact::JobEnded { .. });
        follow(ctx, &facts, Since::Start, is_end, |this, event, _| this.hear(event), Self::ask_how_runs_ended);
        if self.seen != self.book.file() {
            self.spare_the_past();
        }
        self.refresh();
        self.tick(ctx);
    }
}

impl Handler<ChangeTimetable> for Scheduler {
    fn answer(&mut self, change: ChangeTimetable, _: &mut Ctx<Self>) -> Reply<Result<(), ScheduleError>> {
        if change.timezone.as_deref().and_then(timetable::zone).is_some() {
            self.unknown_zone = None;
        }
        self.change(|table| {
            if let Some(name) = change.timezone {
                let zone = timetable::zone(&name).ok_or(ScheduleError::Zone(name))?;
                table.set("timezone", zone.name());
            }
            if let Some(schedules) = change.schedules {
                table.set("schedules", Vec::<Value>::new());
                schedules.into_iter().try_for_each(|entry| table.put(entry))?;
            }
            if let Some(enabled) = change.enabled {
                table.set("enabled", enabled);
            }
            if let Some(skip) = change.skip_if_running {
                table.set("skip_if_running", skip);
            }
            Ok(())
        })
        .into()
    }
}

impl Handler<AddSchedule> for Scheduler {
    fn answer(&mut self, AddSchedule(entry): AddSchedule, _: &mut Ctx<Self>) -> Reply<Result<(), ScheduleError>> {
        self.change(|table| Ok(table.add(entry)?)).into()
    }
}

impl Handler<RemoveSchedule> for Scheduler {
    fn answer(&mut self, RemoveSchedule(time): RemoveSchedule, _: &mut Ctx<Self>) -> Reply<Result<(), ScheduleError>> {
        self.change(|table| if table.remove(&time) { Ok(()) } else { Err(ScheduleError::Missing) }).into()
    }
}

impl Handler<Restart> for Scheduler {
    fn answer(&mut self, _: Restart, _: &mut Ctx<Self>) -> Reply<()> {
        let is_changed = self.identity() != self.seen;
        self.load();
        if is_changed {
            self.spare_the_past();
        }
        self.refresh();
        ().into()
    }
}

impl Handler<RunNow> for Scheduler {
    fn answer(&mut self, _: RunNow, ctx: &mut Ctx<Self>) -> Reply<Result<Started, StartError>> {
        let (starter, this) = (self.supervisor.start.clone(), ctx.address());
        let start = StartRun { request: RunRequest::scheduled(), trigger: Trigger::Schedule, remove_after: None };
        Reply::later(async move {
            let started = starter.send(start).await.map_err(|error| StartError::Failed(error.to_string()))?;
            if started.is_ok() {
                this.do_send(RunNowAnswered);
            }
            started
        })
    }
}

impl Handler<RunNowAnswered> for Scheduler {
    fn answer(&mut self, _: RunNowAnswered, _: &mut Ctx<Self>) -> Reply<()> {
        self.stamp_last_run();
        self.refresh();
        ().into()
    }
}

#[cfg(test)]
mod a_year;
#[cfg(test)]
mod tests;
