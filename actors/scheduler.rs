//! Scheduler: the timetable, and every fire of it accounted for.
//!
//! Theory of operation: each second the actor looks at the wall clock and at `scheduler.json`. Fires between the *horizon*
//! (the instant up to which everything was decided) and now are decided once: submitted to the ScriptSupervisor's queue,
//! skipped because a run is on, made up for inside the grace window, or recorded as missed. The submission carries an id made
//! of the fire's instant and is acknowledged before the horizon is stored, so that a crash in between repeats the
//! submission, not the run.

pub mod due;
pub mod file;
pub mod fires;
pub mod timetable;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Message, Recipient};
use chrono::{DateTime, Local, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::commons::Commons;
use crate::events::{Event, Fact};
use crate::guard::{Answer, Ctx, Reply, Service, Timers};
use crate::runs::{Mode, Trigger};
use crate::script_supervisor::{NewJob, RunRequest, StartError, StartRun, Started, SubmitJob};
use due::{Due, Verdict, advance, due};
use file::{AddError, Entry, Timetable, effective_zone, from_run_time};
use fires::{FileIdentity, Fire, FireBook, FireState};

/// A source of wall-clock time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Fires that are shown ahead.
const AHEAD: usize = 5;
/// Tries of a job whose run found the slot busy.
const ATTEMPTS: u32 = 3;
const SUBMIT_AGAIN: Duration = Duration::from_secs(1);

/// What the Scheduler is told at its start.
#[derive(Clone)]
pub struct SchedulerSettings {
    /// `TZ`, in a container.
    pub container_tz: Option<String>,
    /// `RUN_TIME`: the times of upstream's container loop, used while the timetable is empty.
    pub run_time: Option<String>,
    /// How late a fire is still made up for.
    pub grace: Duration,
    /// How often the clock is looked at.
    pub tick: Duration,
    /// The wall clock.
    pub clock: Clock,
}

/// What is known of the timetable.
#[derive(Debug, Clone)]
pub struct SchedulerView {
    /// `scheduler.json`, with defaults for what it lacks.
    pub fields: Map<String, Value>,
    /// Whether timers are armed.
    pub running: bool,
    /// The zone that counts.
    pub timezone: Tz,
    /// The armed timers, soonest first.
    pub timers: Vec<Timer>,
    /// The last fires with what became of them, newest first.
    pub fires: Vec<Fire>,
    /// What is wrong with the file or the zone.
    pub problem: Option<String>,
}

impl Default for SchedulerView {
    fn default() -> Self {
        Self {
            fields: Timetable::default().fields().clone(),
            running: false,
            timezone: file::DEFAULT_ZONE,
            timers: Vec::new(),
            fires: Vec::new(),
            problem: None,
        }
    }
}

/// An armed timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Timer {
    /// Upstream's id.
    pub id: String,
    /// Upstream's name.
    pub name: String,
    /// What it runs.
    pub mode: Mode,
    /// When it fires next, with offset.
    pub next_run: Option<String>,
    /// The fires after that, soonest first.
    pub following: Vec<String>,
}

/// Why a change of the timetable was refused.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The entry is not acceptable.
    #[error(transparent)]
    Entry(#[from] AddError),
    /// No such zone.
    #[error("unknown time zone '{0}'; use an IANA name such as Europe/Berlin")]
    Zone(String),
    /// No entry with this time.
    #[error("Schedule not found")]
    Missing,
    /// The file could not be written.
    #[error("scheduler.json could not be written: {0}")]
    File(#[from] std::io::Error),
}

/// Changes some settings of the timetable; what is none stays. Checked as a whole before anything changes.
#[derive(Debug, Default, Message)]
#[rtype(result = "Result<(), ScheduleError>")]
pub struct ChangeTimetable {
    /// Whether timers are armed.
    pub enabled: Option<bool>,
    /// The entries.
    pub schedules: Option<Vec<Value>>,
    /// The zone.
    pub timezone: Option<String>,
    /// Whether a fire during a run is skipped.
    pub skip_if_running: Option<bool>,
}

/// Adds an entry.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ScheduleError>")]
pub struct AddSchedule(pub Value);

/// Removes every entry with this exact time.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ScheduleError>")]
pub struct RemoveSchedule(pub String);

/// Reads the file anew, whatever it looks like from outside.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Restart;

/// Starts a scheduled run now.
#[derive(Debug, Message)]
#[rtype(result = "Result<Started, StartError>")]
pub struct RunNow;

/// The store and the queue know of these fires.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Decided {
    fires: Vec<Fire>,
    horizon: DateTime<Utc>,
}

/// A run started now.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct RanNow;

/// Something happened.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Heard(Arc<Event>);

/// Where runs are asked for: the ScriptSupervisor.
#[derive(Clone)]
pub struct Queue {
    /// Takes jobs that start when the slot is free.
    pub submit: Recipient<SubmitJob>,
    /// Starts a run at once, or tells why not.
    pub start: Recipient<StartRun>,
}

/// The actor.
pub struct Scheduler {
    commons: Commons,
    settings: SchedulerSettings,
    queue: Queue,
    path: PathBuf,
    seen: Option<FileIdentity>,
    table: Timetable,
    book: FireBook,
    /// Everything up to here is decided; the store may lag behind while a decision is being submitted.
    horizon: DateTime<Utc>,
    problem: Option<String>,
}

impl Scheduler {
    /// Made from `scheduler.json` and the store.
    pub fn new(commons: Commons, settings: SchedulerSettings, queue: Queue) -> Self {
        let book = FireBook::open(&commons.store);
        let horizon = book.horizon().unwrap_or_else(|| (settings.clock)());
        let path = commons.data.scheduler();
        let table = Timetable::default();
        Self { commons, settings, queue, path, seen: None, table, book, horizon, problem: None }
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
        match std::fs::read_to_string(&self.path) {
            Ok(text) => match Timetable::parse(&text) {
                Ok(table) => self.table = table,
                Err(reason) => {
                    tracing::error!(
                        reason,
                        "scheduler.json is not readable, the last good timetable stays; mend or delete it"
                    );
                    self.problem = Some(format!("scheduler.json is not readable: {reason}"));
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if let Err(error) = self.save() {
                    self.problem = Some(format!("scheduler.json could not be written: {error}"));
                }
            }
            Err(error) => self.problem = Some(format!("scheduler.json could not be read: {error}")),
        }
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

    fn decide(&mut self, ctx: &mut Ctx<Self>) {
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

    fn keep_horizon(&mut self, horizon: DateTime<Utc>) {
        if let Err(error) = self.book.keep_horizon(horizon, self.seen) {
            tracing::error!(%error, "the scheduler's progress was not stored; a restart may decide the last fires again");
        }
    }

    /// Publishes what is known.
    fn refresh(&mut self) {
        let (zone, passed_over) = self.zone();
        let now = (self.settings.clock)();
        let unknown_zone = passed_over.map(|name| format!("unknown time zone '{name}', {zone} is used instead"));
        self.commons.views.scheduler.publish(SchedulerView {
            fields: self.table.fields().clone(),
            running: self.is_running(),
            timezone: zone,
            timers: timers(&self.entries(), zone, now),
            fires: self.book.latest(),
            problem: self.problem.clone().or(unknown_zone),
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

fn timers(entries: &[Entry], zone: Tz, now: DateTime<Utc>) -> Vec<Timer> {
    let ahead = |entry: &Entry| {
        std::iter::successors(entry.rule.next_after(zone, now), |fire| entry.rule.next_after(zone, fire.to_utc()))
            .take(AHEAD)
            .collect::<Vec<_>>()
    };
    let mut timers: Vec<_> = entries.iter().map(|entry| (ahead(entry), entry)).collect();
    timers.sort_by_key(|(fires, entry)| (fires.first().copied(), entry.index));
    timers
        .into_iter()
        .map(|(fires, entry)| {
            let mut fires = fires.into_iter().map(with_offset);
            Timer {
                id: entry.id(),
                name: format!("Posterizarr Normal Mode @ {}", entry.time),
                mode: entry.mode,
                next_run: fires.next(),
                following: fires.collect(),
            }
        })
        .collect()
}

/// An instant as `scheduler.json` and the API write it: with offset, without fraction.
pub fn with_offset(at: DateTime<Tz>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Service for Scheduler {
    const NAME: &'static str = "Scheduler";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let (mut live, this) = (self.commons.facts.listen(None).live, ctx.address());
        actix::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            loop {
                match live.recv().await {
                    Ok(event) if matches!(event.fact, Fact::JobEnded { .. }) => this.do_send(Heard(event)),
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        self.load();
        if self.seen != self.book.file() {
            self.spare_the_past();
        }
        self.refresh();
        self.tick(ctx);
    }
}

impl Answer<ChangeTimetable> for Scheduler {
    fn answer(&mut self, change: ChangeTimetable, _: &mut Ctx<Self>) -> Reply<Result<(), ScheduleError>> {
        self.change(|table| {
            if let Some(name) = change.timezone {
                let zone = file::zone(&name).ok_or(ScheduleError::Zone(name))?;
                table.set("timezone", zone.name());
            }
            if let Some(schedules) = change.schedules {
                table.set("schedules", Vec::<Value>::new());
                schedules.into_iter().try_for_each(|entry| table.add(entry))?;
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

impl Answer<AddSchedule> for Scheduler {
    fn answer(&mut self, AddSchedule(entry): AddSchedule, _: &mut Ctx<Self>) -> Reply<Result<(), ScheduleError>> {
        self.change(|table| Ok(table.add(entry)?)).into()
    }
}

impl Answer<RemoveSchedule> for Scheduler {
    fn answer(&mut self, RemoveSchedule(time): RemoveSchedule, _: &mut Ctx<Self>) -> Reply<Result<(), ScheduleError>> {
        self.change(|table| if table.remove(&time) { Ok(()) } else { Err(ScheduleError::Missing) }).into()
    }
}

impl Answer<Restart> for Scheduler {
    fn answer(&mut self, _: Restart, _: &mut Ctx<Self>) -> Reply<()> {
        self.load();
        self.refresh();
        ().into()
    }
}

impl Answer<RunNow> for Scheduler {
    fn answer(&mut self, _: RunNow, ctx: &mut Ctx<Self>) -> Reply<Result<Started, StartError>> {
        let (queue, this) = (self.queue.start.clone(), ctx.address());
        let start = StartRun { request: RunRequest::scheduled(), trigger: Trigger::Schedule, remove_after: None };
        Reply::later(async move {
            let started = queue.send(start).await.map_err(|error| StartError::Failed(error.to_string()))?;
            if started.is_ok() {
                this.do_send(RanNow);
            }
            started
        })
    }
}

impl Answer<RanNow> for Scheduler {
    fn answer(&mut self, _: RanNow, _: &mut Ctx<Self>) -> Reply<()> {
        self.stamp_last_run();
        self.refresh();
        ().into()
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

impl Answer<Heard> for Scheduler {
    fn answer(&mut self, Heard(event): Heard, _: &mut Ctx<Self>) -> Reply<()> {
        let Fact::JobEnded { job, run, outcome } = &event.fact else { return ().into() };
        match self.book.run_ended(job, *run, *outcome) {
            Ok(true) => self.refresh(),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "how a scheduled run ended was not recorded"),
        }
        ().into()
    }
}

/// Fires a rule would have: for the preview of a schedule that is not stored.
pub fn preview(entry: Value, timezone: &str, now: DateTime<Utc>) -> Result<Vec<String>, ScheduleError> {
    let zone = file::zone(timezone).ok_or_else(|| ScheduleError::Zone(timezone.to_owned()))?;
    let mut table = Timetable::default();
    table.add(entry)?;
    let timers = timers(&table.entries(), zone, now);
    Ok(timers.into_iter().flat_map(|timer| timer.next_run.into_iter().chain(timer.following)).collect())
}

#[cfg(test)]
mod tests;
