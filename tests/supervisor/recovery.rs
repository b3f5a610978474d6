//! The daemon is gone and comes back; the run does not mind.

use std::fs;

use chrono::Utc;
use posterizarrd::actors::runs::{
    CheckStart, Exit, Job, JobState, ListJobs, ListRuns, Mode, Outcome, RunId, RunRecord, RunRequest, StartError,
    StopReply, StopRun, SubmitJob, Trigger,
};

use super::stage::{Stage, eventually, exit, job, kill, outcome, shim_of, survivors};

const WAIT: &str =
    "touch ready; while [ ! -e go ] && [ -d Logs ]; do sleep 0.01; done; echo '{}' > Logs/scheduled.json\n";

#[actix::test]
async fn a_run_that_outlived_the_daemon_is_adopted_and_can_be_stopped() {
    let stage = Stage::new("setsid sleep 600 & touch ready; exec sleep 600");
    let started = stage.start_normal().await;
    stage.made("ready").await;
    let stage = stage.crash().await.restart();
    let view = stage.shows(|view| view.current.as_ref().is_some_and(|run| run.pid.is_some())).await;
    let current = view.current.as_ref().unwrap();
    assert_eq!((current.id, current.pid, current.adopted), (started.run, Some(started.pid), true));
    assert!(matches!(stage.ask(CheckStart).await, Err(StartError::Busy(_))), "no second run starts meanwhile");
    let reply = stage.ask(StopRun { kill: false }).await;
    assert_eq!(reply, StopReply::Ended { run: started.run, trigger: Trigger::Api, forced: false });
    assert_eq!(stage.survivors(), [0; 0]);
    let record = stage.ended(started.run).await;
    assert_eq!((outcome(&record), record.adopted), (Outcome::Stopped, true));
    stage.ask(CheckStart).await.unwrap();
}

#[actix::test]
async fn the_end_of_an_adopted_run_is_noticed_and_its_job_is_done() {
    let stage = Stage::new(WAIT);
    stage.ask(SubmitJob(job("a", Trigger::Webhook))).await.unwrap();
    stage.made("ready").await;
    let stage = stage.crash().await.restart();
    stage.shows(|view| view.current.is_some()).await;
    stage.touch("go");
    let record = stage.ended(RunId(1)).await;
    assert_eq!(outcome(&record), Outcome::Completed);
    let jobs = stage.ask(ListJobs).await;
    assert_eq!(jobs[0].state, JobState::Done { run: RunId(1) });
    assert_eq!(stage.ask(ListRuns { limit: 9, before: None }).await.unwrap().len(), 1, "it ran once");
}

#[actix::test]
async fn a_run_that_ended_while_the_daemon_was_gone_gets_its_true_end() {
    let stage = Stage::new(WAIT);
    stage.ask(SubmitJob(job("a", Trigger::Webhook))).await.unwrap();
    stage.made("ready").await;
    let wreck = stage.crash().await;
    fs::write(wreck.path().join("go"), "").unwrap();
    eventually("the shim has ended", || shim_of(wreck.path(), RunId(1)).is_none().then_some(())).await;
    let back = Utc::now();
    let stage = wreck.restart();
    let record = stage.ended(RunId(1)).await;
    assert_eq!((outcome(&record), exit(&record)), (Outcome::Completed, Some(Exit::Code(0))));
    assert!(record.end().unwrap().at <= back);
    assert!(fs::exists(stage.path("runs/1/scheduled.json")).unwrap(), "what it left was collected");
    assert_eq!(stage.ask(ListJobs).await[0].state, JobState::Done { run: RunId(1) });
    assert_eq!(stage.views.runs.get().current, None);
}

#[actix::test]
async fn what_a_killed_shim_left_behind_is_killed_and_the_end_is_unknown() {
    let stage = Stage::new("setsid sleep 600 & touch ready; exec sleep 600");
    let started = stage.start_normal().await;
    stage.made("ready").await;
    let wreck = stage.crash().await;
    kill(shim_of(wreck.path(), started.run).unwrap());
    assert!(survivors(wreck.path()).len() >= 2);
    let stage = wreck.restart();
    let record = stage.ended(started.run).await;
    assert_eq!((outcome(&record), exit(&record)), (Outcome::Unknown, None));
    assert_eq!(stage.survivors(), [0; 0]);
}

#[actix::test]
async fn a_shim_killed_under_the_daemon_ends_the_run_with_all_it_left() {
    let stage = Stage::new("setsid sleep 600 & touch ready; exec sleep 600");
    let started = stage.start_normal().await;
    stage.made("ready").await;
    kill(shim_of(stage.folder.path(), started.run).unwrap());
    assert_eq!(outcome(&stage.ended(started.run).await), Outcome::Unknown);
    assert_eq!(stage.survivors(), [0; 0]);
}

#[actix::test]
async fn a_job_whose_run_never_took_place_runs_once() {
    let stage = Stage::new("echo x >> ran; echo '{}' > Logs/scheduled.json");
    let wreck = stage.crash().await;
    // As it is on disk when the daemon dies between the marks and the shim.
    let begun = RunRecord::new(RunId(1), Mode::Scheduled, Trigger::Webhook, Utc::now());
    let record = RunRecord { job: Some("a".into()), ..begun };
    let running = Job {
        id: "a".into(),
        request: RunRequest::scheduled(),
        trigger: Trigger::Webhook,
        state: JobState::Running { run: RunId(1) },
        priority: 0,
        created: Utc::now(),
        not_before: Utc::now(),
        delay: std::time::Duration::ZERO,
        attempts: 1,
        max_attempts: 3,
        absences: 0,
        dedupe: None,
        last_error: None,
        because: Vec::new(),
    };
    wreck.shared.store.table().unwrap().put(&1_u64.to_be_bytes(), &record).unwrap();
    wreck.shared.store.table().unwrap().put(b"a", &running).unwrap();
    let stage = wreck.restart();
    let done = stage.ended(RunId(2)).await;
    assert_eq!(outcome(&done), Outcome::Completed);
    assert_eq!(outcome(&stage.ended(RunId(1)).await), Outcome::Interrupted);
    let jobs = stage.ask(ListJobs).await;
    assert_eq!((jobs[0].state, jobs[0].attempts), (JobState::Done { run: RunId(2) }, 1));
    assert_eq!(fs::read_to_string(stage.path("ran")).unwrap(), "x\n");
}

#[actix::test]
async fn a_run_is_known_by_its_number_for_ever() {
    let stage = Stage::new("");
    stage.run(RunRequest::plain("normal").unwrap()).await;
    let stage = stage.crash().await.restart();
    assert_eq!(stage.views.runs.wait_for(|view| view.last.is_some()).await.last.as_ref().unwrap().id, RunId(1));
    assert_eq!(stage.start_normal().await.run, RunId(2));
    stage.ended(RunId(2)).await;
}
