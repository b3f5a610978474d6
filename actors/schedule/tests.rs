//! The Scheduler with a clock that the test sets and a queue that only writes down what it gets.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use actix::{Actor, Context, Handler};
use serde_json::json;

use std::time::SystemTime;

use super::ahead::AHEAD;
use super::past_fires::{Fire, FireState};
use super::*;
use crate::runtime::testing::Home;

use crate::runs::{CurrentRun, NewJob, RunView, Submitted};
use crate::runs::{Mode, Outcome, RunRecord, Trigger};
use crate::runtime::guard::{ActorSystem, Handle};
use crate::store::{Store, StoreError};

#[derive(Default)]
struct Jobs {
    submitted: Arc<Mutex<Vec<NewJob>>>,
    /// Runs that took place, newest first.
    runs: Arc<Mutex<Vec<RunRecord>>>,
    /// Whether what was submitted waits still.
    still_waits: Arc<AtomicBool>,
}

impl Handler<ListRuns> for Jobs {
    type Result = Result<Vec<RunRecord>, StoreError>;

    fn handle(&mut self, _: ListRuns, _: &mut Self::Context) -> Self::Result {
        Ok(self.runs.lock().unwrap().clone())
    }
}

impl Actor for Jobs {
    type Context = Context<Self>;
}

impl Handler<SubmitJob> for Jobs {
    type Result = Result<Submitted, StoreError>;

    fn handle(&mut self, SubmitJob(job): SubmitJob, _: &mut Self::Context) -> Self::Result {
        let id = job.id.clone();
        let mut submitted = self.submitted.lock().unwrap();
        let other = submitted.iter().find(|other| other.dedupe == job.dedupe).map(|other| other.id.clone());
        if let Some(of) = other.filter(|_| self.still_waits.load(Ordering::SeqCst)) {
            return Ok(Submitted::Duplicate { of });
        }
        submitted.push(job);
        Ok(Submitted::Queued { id })
    }
}

impl Handler<StartRun> for Jobs {
    type Result = Result<Started, StartError>;

    fn handle(&mut self, _: StartRun, _: &mut Self::Context) -> Self::Result {
        Ok(Started { run: crate::runs::RunId(1), pid: 1 })
    }
}

/// A scheduler on a folder, at a time of the test's choosing.
struct SchedulerFixture {
    folder: tempfile::TempDir,
    now: Arc<Mutex<DateTime<Utc>>>,
    submitted: Arc<Mutex<Vec<NewJob>>>,
    runs: Arc<Mutex<Vec<RunRecord>>>,
    still_waits: Arc<AtomicBool>,
    shared: Shared,
    views: Views,
    actor_system: ActorSystem,
    scheduler: Handle<Scheduler>,
}

fn utc(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

impl SchedulerFixture {
    fn new(now: &str, file: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scheduler.json"), file.to_string()).unwrap();
        // The file was there long before the time the test plays in.
        let file = std::fs::File::options().write(true).open(folder.path().join("scheduler.json")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        Self::on(folder, now, |_| {})
    }

    fn on(folder: tempfile::TempDir, now: &str, change: impl FnOnce(&mut SchedulerSettings)) -> Self {
        let now = Arc::new(Mutex::new(utc(now)));
        let clock = now.clone();
        let mut settings = SchedulerSettings {
            container_tz: None,
            host_tz: None,
            system_zone: None,
            run_time: None,
            grace: Duration::from_secs(3600),
            tick: Duration::from_millis(5),
            clock: Arc::new(move || *clock.lock().unwrap()),
        };
        change(&mut settings);
        let Home { folder, shared, actor_system } = Home::on(folder);
        let views = Views::default();
        let jobs = Jobs::default();
        let (submitted, runs, still_waits) = (jobs.submitted.clone(), jobs.runs.clone(), jobs.still_waits.clone());
        let jobs = jobs.start();
        let supervisor = SupervisorRecipients {
            submit: jobs.clone().recipient(),
            start: jobs.clone().recipient(),
            runs: jobs.recipient(),
        };
        let given = (shared.clone(), views.clone());
        let scheduler = actor_system
            .start(move || Scheduler::new(given.0.clone(), given.1.clone(), settings.clone(), supervisor.clone()));
        Self { folder, now, submitted, runs, still_waits, shared, views, actor_system, scheduler }
    }

    fn set_clock(&self, now: &str) {
        *self.now.lock().unwrap() = utc(now);
    }

    async fn fires(&self, count: usize) -> Vec<Fire> {
        let wait = self.views.scheduler.wait_for(|view| view.fires.len() >= count);
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the fires never came").fires.clone()
    }

    async fn view(&self, wanted: impl FnMut(&SchedulerView) -> bool) -> Arc<SchedulerView> {
        let wait = self.views.scheduler.wait_for(wanted);
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the view never came")
    }

    fn written(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.path().join("scheduler.json")).unwrap()).unwrap()
    }

    /// Stops everything and gives the folder back, as a restart finds it.
    async fn stop(self) -> tempfile::TempDir {
        let Self { folder, shared, actor_system, scheduler, .. } = self;
        drop(scheduler);
        actor_system.stop();
        let store = shared.data.store();
        drop((shared, actor_system));
        // The actors' threads let go of the store when they end.
        while Store::open(&store).is_err() {
            tokio::task::yield_now().await;
        }
        folder
    }
}

fn nightly() -> Value {
    json!({"enabled": true, "timezone": "UTC", "schedules": [{"time": "03:00", "description": null}]})
}

#[actix::test]
async fn a_fire_is_queued_once_and_noted_in_the_file() {
    let fixture = SchedulerFixture::new("2026-05-01T02:59:00Z", nightly());
    fixture.view(|view| view.running).await;
    fixture.set_clock("2026-05-01T03:00:01Z");
    let fires = fixture.fires(1).await;
    assert_eq!(fires[0].state, FireState::Fired);
    fixture.set_clock("2026-05-01T03:30:00Z");
    fixture.set_clock("2026-05-02T03:00:00Z");
    fixture.fires(2).await;
    let jobs: Vec<_> =
        fixture.submitted.lock().unwrap().iter().map(|job| (job.id.clone(), job.request.arguments())).collect();
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[0].0, "schedule posterizarr_normal_0 2026-05-01T03:00:00+00:00");
    assert_eq!(jobs[0].1, ["-UISchedule"]);
    let written = fixture.written();
    assert!(written["last_run"].is_string());
    assert_eq!(written["next_run"], "2026-05-03T03:00:00+00:00");
    fixture.stop().await;
}

#[actix::test]
async fn a_fire_slept_over_is_made_up_for_or_missed_also_across_a_restart() {
    let fixture = SchedulerFixture::new("2026-05-01T02:59:00Z", nightly());
    fixture.view(|view| view.running).await;
    fixture.set_clock("2026-05-01T03:59:00Z");
    assert_eq!(fixture.fires(1).await[0].state, FireState::CaughtUp);
    let folder = fixture.stop().await;
    let fixture = SchedulerFixture::on(folder, "2026-05-02T09:00:00Z", |_| {});
    let fires = fixture.fires(2).await;
    assert_eq!(fires[0].state, FireState::Missed);
    assert_eq!(fires[0].due, "2026-05-02T03:00:00+00:00");
    assert_eq!(fixture.submitted.lock().unwrap().len(), 0);
    fixture.stop().await;
}

#[actix::test]
async fn how_late_a_fire_is_made_up_for_is_a_setting() {
    let fixture = SchedulerFixture::new("2026-05-01T02:59:00Z", nightly());
    fixture.view(|view| view.running).await;
    fixture.set_clock("2026-05-01T03:59:00Z");
    fixture.fires(1).await;
    let folder = fixture.stop().await;
    // Six hours late, which the hour of the test above does not allow.
    let grace = Duration::from_secs(7 * 3600);
    let fixture = SchedulerFixture::on(folder, "2026-05-02T09:00:00Z", |settings| settings.grace = grace);
    assert_eq!(fixture.fires(2).await[0].state, FireState::CaughtUp);
    fixture.stop().await;
}

#[actix::test]
async fn a_fire_during_a_run_is_skipped_or_queued_as_the_timetable_says() {
    for (skip, expected) in [(true, FireState::Skipped), (false, FireState::Fired)] {
        let mut file = nightly();
        file["skip_if_running"] = json!(skip);
        let fixture = SchedulerFixture::new("2026-05-01T02:59:00Z", file);
        let current = CurrentRun {
            id: crate::runs::RunId(9),
            mode: Mode::Normal,
            trigger: Trigger::Api,
            title: None,
            native: false,
            dry_run: false,
            pid: Some(1),
            started: utc("2026-05-01T02:00:00Z"),
            job: None,
            memory_bytes: 0,
            cpu_percent: 0.0,
            adopted: false,
            ending: None,
        };
        fixture.view(|view| view.running).await;
        fixture.views.runs.publish(RunView { current: Some(current), ..RunView::default() });
        fixture.set_clock("2026-05-01T03:00:00Z");
        assert_eq!(fixture.fires(1).await[0].state, expected);
        assert_eq!(fixture.submitted.lock().unwrap().len(), usize::from(!skip));
        fixture.stop().await;
    }
}

#[actix::test]
async fn a_fire_whose_schedule_has_a_run_that_still_waits_joins_it() {
    let fixture = SchedulerFixture::new("2026-05-01T02:59:00Z", nightly());
    fixture.view(|view| view.running).await;
    fixture.set_clock("2026-05-01T03:00:00Z");
    assert_eq!(fixture.fires(1).await[0].state, FireState::Fired);
    // The queue is held for two days.
    fixture.still_waits.store(true, Ordering::SeqCst);
    for (fires, day) in [(2, "2026-05-02T03:00:00Z"), (3, "2026-05-03T03:00:00Z")] {
        fixture.set_clock(day);
        assert_eq!(fixture.fires(fires).await[0].state, FireState::Joined, "{day}");
    }
    fixture.still_waits.store(false, Ordering::SeqCst);
    fixture.set_clock("2026-05-04T03:00:00Z");
    assert_eq!(fixture.fires(4).await[0].state, FireState::Fired);
    assert_eq!(fixture.submitted.lock().unwrap().len(), 2);
    fixture.stop().await;
}

#[actix::test]
async fn changes_are_whole_or_refused_and_take_effect_at_once() {
    let fixture = SchedulerFixture::new("2026-05-01T12:00:00Z", json!({"note": "kept"}));
    fixture.view(|view| view.fields.contains_key("note")).await;
    fixture.scheduler.send(AddSchedule(json!({"time": "01:30"}))).await.unwrap().unwrap();
    let bad =
        ChangeTimetable { enabled: Some(true), timezone: Some("Mars/Base".to_owned()), ..ChangeTimetable::default() };
    assert!(matches!(fixture.scheduler.send(bad).await.unwrap(), Err(ScheduleError::Zone(_))));
    assert_eq!(fixture.written()["enabled"], false, "an invalid zone changes nothing");
    let good = ChangeTimetable {
        enabled: Some(true),
        timezone: Some("asia/kolkata".to_owned()),
        ..ChangeTimetable::default()
    };
    fixture.scheduler.send(good).await.unwrap().unwrap();
    let view = fixture.view(|view| view.running).await;
    assert_eq!(view.timers[0].next_run.as_deref(), Some("2026-05-02T01:30:00+05:30"));
    assert_eq!(view.timers[0].following.len(), AHEAD - 1);
    fixture.scheduler.send(Restart).await.unwrap();
    assert!(fixture.views.scheduler.get().running, "a restart leaves it running");
    let off = ChangeTimetable { enabled: Some(false), ..ChangeTimetable::default() };
    fixture.scheduler.send(off).await.unwrap().unwrap();
    assert!(fixture.views.scheduler.get().timers.is_empty());
    assert_eq!(fixture.written()["note"], "kept");
    assert!(matches!(
        fixture.scheduler.send(RemoveSchedule("9:99".into())).await.unwrap(),
        Err(ScheduleError::Missing)
    ));
    fixture.stop().await;
}

#[actix::test]
async fn an_edit_by_hand_is_taken_over_and_a_broken_one_is_told() {
    let fixture = SchedulerFixture::new("2026-05-01T12:00:00Z", nightly());
    fixture.view(|view| view.running).await;
    let path = fixture.folder.path().join("scheduler.json");
    std::fs::write(
        &path,
        r#"{"enabled": true, "timezone": "UTC", "schedules": [{"time": "18:00"}, {"time": "06:00"}]}"#,
    )
    .unwrap();
    let view = fixture.view(|view| view.timers.len() == 2).await;
    assert_eq!(view.timers[0].name, "Posterizarr Normal Mode @ 18:00");
    std::fs::write(&path, "{").unwrap();
    let view = fixture.view(|view| view.problem.is_some()).await;
    assert_eq!(view.timers.len(), 2, "the last good timetable stays");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{", "and the file is left for its owner to mend");
    fixture.stop().await;
}

#[actix::test]
async fn run_time_counts_while_the_timetable_is_empty() {
    let fixture = SchedulerFixture::on(tempfile::tempdir().unwrap(), "2026-05-01T12:00:00Z", |settings| {
        settings.run_time = Some("14:00,06:30".to_owned());
        settings.container_tz = Some("UTC".to_owned());
    });
    let view = fixture.view(|view| view.timers.len() == 2).await;
    assert_eq!(view.timers[0].next_run.as_deref(), Some("2026-05-01T14:00:00+00:00"));
    fixture.scheduler.send(AddSchedule(json!({"time": "20:00"}))).await.unwrap().unwrap();
    assert!(fixture.views.scheduler.get().timers.is_empty(), "the user's own timetable is not enabled");
    fixture.stop().await;
}

#[actix::test]
async fn how_a_scheduled_run_ended_is_told() {
    let fixture = SchedulerFixture::new("2026-05-01T02:59:00Z", nightly());
    fixture.view(|view| view.running).await;
    fixture.set_clock("2026-05-01T03:00:01Z");
    let job = fixture.fires(1).await[0].job_id();
    let run = crate::runs::RunId(4);
    fixture.shared.facts.publish(Fact::JobEnded { job, run, outcome: Outcome::Completed });
    let view = fixture.view(|view| view.fires.first().is_some_and(|fire| fire.outcome.is_some())).await;
    assert_eq!((view.fires[0].run, view.fires[0].outcome), (Some(run), Some(Outcome::Completed)));
    fixture.stop().await;
}

#[actix::test]
async fn a_scheduler_that_fell_behind_still_learns_how_a_run_ended() {
    // How many facts it misses after the end of the run: those of a log push nothing out, others do.
    let line = || Fact::LogLine { file: "Scriptlog.log".into(), line: "x".into(), skipped: 0 };
    let change = || Fact::ConfigChanged { generation: 1 };
    for noise in [line as fn() -> Fact, change] {
        let fixture = SchedulerFixture::new("2026-05-01T02:59:00Z", nightly());
        fixture.view(|view| view.running).await;
        fixture.set_clock("2026-05-01T03:00:01Z");
        let job = fixture.fires(1).await[0].job_id();
        let run = crate::runs::RunId(4);
        fixture.runs.lock().unwrap().push(record_of(&job, run));
        // It cannot look at the clock, nor at anything else, until this is let go.
        let held = fixture.now.lock().unwrap();
        fixture.shared.facts.publish(Fact::JobEnded { job, run, outcome: Outcome::Failed });
        (0..2_000).for_each(|_| fixture.shared.facts.publish(noise()));
        drop(held);
        let view = fixture.view(|view| view.fires.first().is_some_and(|fire| fire.outcome.is_some())).await;
        assert_eq!((view.fires[0].run, view.fires[0].outcome), (Some(run), Some(Outcome::Failed)));
        fixture.stop().await;
    }
}

fn record_of(job: &str, run: crate::runs::RunId) -> RunRecord {
    let begun = RunRecord::new(run, Mode::Scheduled, Trigger::Schedule, utc("2026-05-01T03:00:00Z"));
    RunRecord { job: Some(job.to_owned()), ..begun }.ended(utc("2026-05-01T03:00:01Z"), Outcome::Failed)
}

#[actix::test]
async fn a_clock_that_is_set_back_by_a_day_or_from_2040_costs_no_run_also_after_a_restart() {
    let next = "2026-05-01T03:00:00+00:00";
    for (before, back) in [("2026-05-01", "2026-04-30T03:30:00Z"), ("2040-05-01", "2026-05-01T02:30:00Z")] {
        for restarts in [false, true] {
            let mut fixture = SchedulerFixture::new(&format!("{before}T02:59:00Z"), nightly());
            fixture.view(|view| view.running).await;
            fixture.set_clock(&format!("{before}T03:00:01Z"));
            let first = fixture.fires(1).await.remove(0);
            fixture.view(|view| view.timers[0].next_run.as_deref().is_some_and(|next| !next.starts_with(before))).await;
            if restarts {
                fixture = SchedulerFixture::on(fixture.stop().await, back, |_| {});
            } else {
                fixture.set_clock(back);
            }
            fixture.view(|view| view.timers.first().is_some_and(|timer| timer.next_run.as_deref() == Some(next))).await;
            // The first view of a new life comes before its first look at the clock, which it has had when it answers.
            fixture.scheduler.send(crate::runtime::guard::Healthz).await.unwrap();
            fixture.set_clock("2026-05-01T03:00:01Z");
            let again = fixture.fires(2).await.remove(0);
            assert_eq!((again.due.as_str(), again.state), (next, FireState::Fired), "{back} {restarts}");
            assert_ne!(again.job_id(), first.job_id(), "the queue must not take it for the one before");
            let submitted = fixture.submitted.lock().unwrap().last().unwrap().id.clone();
            assert_eq!(submitted, again.job_id());
            fixture.stop().await;
        }
    }
}

#[actix::test]
async fn a_new_timetable_has_the_hosts_zone_and_a_stored_or_moved_one_keeps_its_own() {
    let zone_of = async |folder: tempfile::TempDir, tz: Option<&str>, system: Option<&str>| {
        let (tz, system) = (tz.map(str::to_owned), system.map(str::to_owned));
        let fixture = SchedulerFixture::on(folder, "2026-05-01T12:00:00Z", |settings| {
            settings.host_tz = tz;
            settings.system_zone = system;
        });
        // The first answer comes after the file was read or written.
        fixture.scheduler.send(crate::runtime::guard::Healthz).await.unwrap();
        let view = fixture.views.scheduler.get();
        let written = fixture.written()["timezone"].as_str().unwrap_or_default().to_owned();
        fixture.stop().await;
        (view.timezone.name().to_owned(), written, view.problem.clone().is_some())
    };
    let table = [
        (Some("America/Los_Angeles"), Some("Asia/Kolkata"), "America/Los_Angeles", false),
        (Some(":Asia/Kolkata"), None, "Asia/Kolkata", false),
        (Some(""), Some("Asia/Kolkata"), "Asia/Kolkata", false),
        (None, Some("Asia/Kolkata"), "Asia/Kolkata", false),
        (None, None, "UTC", false),
        (Some("Mars/Base"), Some("Asia/Kolkata"), "Asia/Kolkata", true),
        (None, Some("nonsense"), "UTC", true),
    ];
    for (tz, system, expected, is_told) in table {
        let (effective, written, told) = zone_of(tempfile::tempdir().unwrap(), tz, system).await;
        assert_eq!((effective.as_str(), written.as_str(), told), (expected, expected, is_told), "{tz:?} {system:?}");
    }
    let stored = tempfile::tempdir().unwrap();
    std::fs::write(stored.path().join("scheduler.json"), r#"{"schedules": []}"#).unwrap();
    assert_eq!(zone_of(stored, Some("Asia/Kolkata"), None).await.0, "Europe/Berlin");
    for (tz, expected) in [(None, "Europe/Berlin"), (Some("Asia/Kolkata"), "Asia/Kolkata")] {
        let moved = tempfile::tempdir().unwrap();
        std::fs::create_dir(moved.path().join("Logs")).unwrap();
        std::fs::write(moved.path().join("Logs/normal.json"), "{}").unwrap();
        assert_eq!(zone_of(moved, tz, Some("Asia/Tokyo")).await.0, expected);
    }
}
