//! The Scheduler with a clock that the test sets and a queue that only writes down what it gets.

use std::sync::Mutex;

use actix::{Actor, Context, Handler};
use serde_json::json;

use std::time::SystemTime;

use super::ahead::AHEAD;
use super::fires::{Fire, FireState};
use super::*;
use crate::commons::Views;
use crate::data_dir::DataDir;
use crate::events::Facts;
use crate::guard::{Handle, Troupe};
use crate::runs::{Mode, Outcome};
use crate::script_supervisor::{CurrentRun, NewJob, RunView, Submitted};
use crate::store::{Store, StoreError};

#[derive(Default)]
struct Jobs {
    submitted: Arc<Mutex<Vec<NewJob>>>,
}

impl Actor for Jobs {
    type Context = Context<Self>;
}

impl Handler<SubmitJob> for Jobs {
    type Result = Result<Submitted, StoreError>;

    fn handle(&mut self, SubmitJob(job): SubmitJob, _: &mut Self::Context) -> Self::Result {
        let id = job.id.clone();
        self.submitted.lock().unwrap().push(job);
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
struct Stage {
    folder: tempfile::TempDir,
    now: Arc<Mutex<DateTime<Utc>>>,
    submitted: Arc<Mutex<Vec<NewJob>>>,
    commons: Commons,
    troupe: Troupe,
    scheduler: Handle<Scheduler>,
}

fn utc(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

impl Stage {
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
            run_time: None,
            grace: Duration::from_secs(3600),
            tick: Duration::from_millis(5),
            clock: Arc::new(move || *clock.lock().unwrap()),
        };
        change(&mut settings);
        let data = DataDir::new(folder.path()).unwrap();
        let store = Store::open(&data.store()).unwrap();
        let commons = Commons { data, store, facts: Facts::new(), views: Views::default() };
        let jobs = Jobs::default();
        let submitted = jobs.submitted.clone();
        let jobs = jobs.start();
        let queue = Queue { submit: jobs.clone().recipient(), start: jobs.recipient() };
        let troupe = Troupe::new(commons.facts.clone(), Arc::new(|_| {}));
        let given = commons.clone();
        let scheduler = troupe.start(move || Scheduler::new(given.clone(), settings.clone(), queue.clone()));
        Self { folder, now, submitted, commons, troupe, scheduler }
    }

    fn set_clock(&self, now: &str) {
        *self.now.lock().unwrap() = utc(now);
    }

    async fn fires(&self, count: usize) -> Vec<Fire> {
        let wait = self.commons.views.scheduler.wait_for(|view| view.fires.len() >= count);
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the fires never came").fires.clone()
    }

    async fn view(&self, wanted: impl FnMut(&SchedulerView) -> bool) -> Arc<SchedulerView> {
        let wait = self.commons.views.scheduler.wait_for(wanted);
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the view never came")
    }

    fn written(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.path().join("scheduler.json")).unwrap()).unwrap()
    }

    /// Stops everything and gives the folder back, as a restart finds it.
    async fn stop(self) -> tempfile::TempDir {
        let Self { folder, commons, troupe, scheduler, .. } = self;
        drop(scheduler);
        troupe.stop();
        let store = commons.data.store();
        drop((commons, troupe));
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
    let stage = Stage::new("2026-05-01T02:59:00Z", nightly());
    stage.view(|view| view.running).await;
    stage.set_clock("2026-05-01T03:00:01Z");
    let fires = stage.fires(1).await;
    assert_eq!(fires[0].state, FireState::Fired);
    stage.set_clock("2026-05-01T03:30:00Z");
    stage.set_clock("2026-05-02T03:00:00Z");
    stage.fires(2).await;
    let jobs: Vec<_> =
        stage.submitted.lock().unwrap().iter().map(|job| (job.id.clone(), job.request.arguments())).collect();
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[0].0, "schedule posterizarr_normal_0 2026-05-01T03:00:00+00:00");
    assert_eq!(jobs[0].1, ["-UISchedule"]);
    let written = stage.written();
    assert!(written["last_run"].is_string());
    assert_eq!(written["next_run"], "2026-05-03T03:00:00+00:00");
    stage.stop().await;
}

#[actix::test]
async fn a_fire_slept_over_is_made_up_for_or_missed_also_across_a_restart() {
    let stage = Stage::new("2026-05-01T02:59:00Z", nightly());
    stage.view(|view| view.running).await;
    stage.set_clock("2026-05-01T03:59:00Z");
    assert_eq!(stage.fires(1).await[0].state, FireState::CaughtUp);
    let folder = stage.stop().await;
    let stage = Stage::on(folder, "2026-05-02T09:00:00Z", |_| {});
    let fires = stage.fires(2).await;
    assert_eq!(fires[0].state, FireState::Missed);
    assert_eq!(fires[0].due, "2026-05-02T03:00:00+00:00");
    assert_eq!(stage.submitted.lock().unwrap().len(), 0);
    stage.stop().await;
}

#[actix::test]
async fn a_fire_during_a_run_is_skipped_or_queued_as_the_timetable_says() {
    for (skip, expected) in [(true, FireState::Skipped), (false, FireState::Fired)] {
        let mut file = nightly();
        file["skip_if_running"] = json!(skip);
        let stage = Stage::new("2026-05-01T02:59:00Z", file);
        let current = CurrentRun {
            id: crate::runs::RunId(9),
            mode: Mode::Normal,
            trigger: Trigger::Api,
            pid: Some(1),
            started: utc("2026-05-01T02:00:00Z"),
            job: None,
            memory_bytes: 0,
            cpu_percent: 0.0,
            adopted: false,
            ending: None,
        };
        stage.view(|view| view.running).await;
        stage.commons.views.runs.publish(RunView { current: Some(current), ..RunView::default() });
        stage.set_clock("2026-05-01T03:00:00Z");
        assert_eq!(stage.fires(1).await[0].state, expected);
        assert_eq!(stage.submitted.lock().unwrap().len(), usize::from(!skip));
        stage.stop().await;
    }
}

#[actix::test]
async fn changes_are_whole_or_refused_and_take_effect_at_once() {
    let stage = Stage::new("2026-05-01T12:00:00Z", json!({"note": "kept"}));
    stage.view(|view| view.fields.contains_key("note")).await;
    stage.scheduler.send(AddSchedule(json!({"time": "01:30"}))).await.unwrap().unwrap();
    let bad =
        ChangeTimetable { enabled: Some(true), timezone: Some("Mars/Base".to_owned()), ..ChangeTimetable::default() };
    assert!(matches!(stage.scheduler.send(bad).await.unwrap(), Err(ScheduleError::Zone(_))));
    assert_eq!(stage.written()["enabled"], false, "an invalid zone changes nothing");
    let good = ChangeTimetable {
        enabled: Some(true),
        timezone: Some("asia/kolkata".to_owned()),
        ..ChangeTimetable::default()
    };
    stage.scheduler.send(good).await.unwrap().unwrap();
    let view = stage.view(|view| view.running).await;
    assert_eq!(view.timers[0].next_run.as_deref(), Some("2026-05-02T01:30:00+05:30"));
    assert_eq!(view.timers[0].following.len(), AHEAD - 1);
    stage.scheduler.send(Restart).await.unwrap();
    assert!(stage.commons.views.scheduler.get().running, "a restart leaves it running");
    let off = ChangeTimetable { enabled: Some(false), ..ChangeTimetable::default() };
    stage.scheduler.send(off).await.unwrap().unwrap();
    assert!(stage.commons.views.scheduler.get().timers.is_empty());
    assert_eq!(stage.written()["note"], "kept");
    assert!(matches!(stage.scheduler.send(RemoveSchedule("9:99".into())).await.unwrap(), Err(ScheduleError::Missing)));
    stage.stop().await;
}

#[actix::test]
async fn an_edit_by_hand_is_taken_over_and_a_broken_one_is_told() {
    let stage = Stage::new("2026-05-01T12:00:00Z", nightly());
    stage.view(|view| view.running).await;
    let path = stage.folder.path().join("scheduler.json");
    std::fs::write(
        &path,
        r#"{"enabled": true, "timezone": "UTC", "schedules": [{"time": "18:00"}, {"time": "06:00"}]}"#,
    )
    .unwrap();
    let view = stage.view(|view| view.timers.len() == 2).await;
    assert_eq!(view.timers[0].name, "Posterizarr Normal Mode @ 18:00");
    std::fs::write(&path, "{").unwrap();
    let view = stage.view(|view| view.problem.is_some()).await;
    assert_eq!(view.timers.len(), 2, "the last good timetable stays");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{", "and the file is left for its owner to mend");
    stage.stop().await;
}

#[actix::test]
async fn run_time_counts_while_the_timetable_is_empty() {
    let stage = Stage::on(tempfile::tempdir().unwrap(), "2026-05-01T12:00:00Z", |settings| {
        settings.run_time = Some("14:00,06:30".to_owned());
        settings.container_tz = Some("UTC".to_owned());
    });
    let view = stage.view(|view| view.timers.len() == 2).await;
    assert_eq!(view.timers[0].next_run.as_deref(), Some("2026-05-01T14:00:00+00:00"));
    stage.scheduler.send(AddSchedule(json!({"time": "20:00"}))).await.unwrap().unwrap();
    assert!(stage.commons.views.scheduler.get().timers.is_empty(), "the user's own timetable is not enabled");
    stage.stop().await;
}

#[actix::test]
async fn how_a_scheduled_run_ended_is_told() {
    let stage = Stage::new("2026-05-01T02:59:00Z", nightly());
    stage.view(|view| view.running).await;
    stage.set_clock("2026-05-01T03:00:01Z");
    let job = stage.fires(1).await[0].job_id();
    let run = crate::runs::RunId(4);
    stage.commons.facts.publish(Fact::JobEnded { job, run, outcome: Outcome::Completed });
    let view = stage.view(|view| view.fires.first().is_some_and(|fire| fire.outcome.is_some())).await;
    assert_eq!((view.fires[0].run, view.fires[0].outcome), (Some(run), Some(Outcome::Completed)));
    stage.stop().await;
}
