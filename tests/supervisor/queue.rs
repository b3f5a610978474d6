//! Jobs: one after the other, tried again, never lost.

use std::fs;

use posterizarrd::actors::runs::{
    HoldQueue, Job, JobError, JobState, ListJobs, Mode, NewJob, Outcome, ReleaseQueue, RemoveFailedJobs, RemoveJob,
    RetryJob, RunRequest, Shutdown, StopRun, SubmitJob, Trigger,
};

use super::stage::{Stage, job, outcome};

const COMPLETE: &str = "mode=scheduled; [ \"$1\" = -Tautulli ] && mode=tautulli; echo '{}' > Logs/$mode.json\n";

async fn state(stage: &Stage, id: &str) -> Job {
    stage.ask(ListJobs).await.into_iter().find(|job| job.id == id).unwrap()
}

#[actix::test]
async fn jobs_wait_for_the_slot_and_then_run_in_their_order() {
    let stage =
        Stage::new(&format!("while [ ! -e go ] && [ -d Logs ]; do sleep 0.01; done; echo \"$@\" >> order; {COMPLETE}"));
    stage.start_normal().await;
    let tautulli = |key: &str| RunRequest::tautulli([("RatingKey".to_owned(), key.to_owned())]).unwrap();
    for (id, priority) in [("first", 0), ("second", 0), ("urgent", 9)] {
        let new = NewJob { request: tautulli(id), priority, ..job(id, Trigger::Webhook) };
        stage.ask(SubmitJob(new)).await.unwrap();
    }
    let view = stage.shows(|view| view.waiting_count == 3).await;
    let shown: Vec<_> = view.first_waiting.iter().map(|job| (job.id.as_str(), job.mode)).collect();
    assert_eq!(shown, [("urgent", Mode::Tautulli), ("first", Mode::Tautulli), ("second", Mode::Tautulli)]);
    stage.touch("go");
    stage.shows(|view| view.waiting_count == 0 && view.current.is_none()).await;
    let order = fs::read_to_string(stage.path("order")).unwrap();
    let keys: Vec<_> = order.lines().filter_map(|line| line.rsplit_once(' ')).map(|(_, key)| key).collect();
    assert_eq!(keys, ["urgent", "first", "second"]);
    assert!(matches!(state(&stage, "first").await.state, JobState::Done { .. }));
}

#[actix::test]
async fn a_job_that_met_another_instance_is_tried_again() {
    let stage = Stage::new(&format!(
        "if [ ! -e met ]; then touch met
         echo '[x] [WARNING] |L.1 | Another Posterizarr instance already running, exiting now...' > Logs/Scriptlog.log
         else {COMPLETE} fi"
    ));
    stage.ask(SubmitJob(job("a", Trigger::Schedule))).await.unwrap();
    let view = stage.shows(|view| view.last.as_ref().is_some_and(|last| last.id.0 == 2)).await;
    assert_eq!(view.last.as_ref().unwrap().outcome(), Some(Outcome::Completed));
    let first = stage.ended(posterizarrd::actors::runs::RunId(1)).await;
    assert_eq!((outcome(&first), first.job.as_deref()), (Outcome::Busy, Some("a")));
    assert_eq!(state(&stage, "a").await.attempts, 2);
}

#[actix::test]
async fn a_job_that_keeps_failing_is_parked_with_its_reason_and_can_be_retried() {
    let stage = Stage::new(&format!("if [ ! -e mended ]; then echo broken; exit 3; fi; {COMPLETE}"));
    stage.ask(SubmitJob(NewJob { max_attempts: 2, ..job("a", Trigger::Webhook) })).await.unwrap();
    stage.shows(|view| view.parked == 1).await;
    let parked = state(&stage, "a").await;
    assert_eq!((parked.state, parked.attempts), (JobState::Failed, 2));
    let codes: Vec<_> = parked.because.iter().map(|clause| clause.code.as_str()).collect();
    assert_eq!(codes, ["exit_code", "last_lines"]);
    assert_eq!(parked.last_error.as_deref(), Some("exit code 3; last lines: broken"));
    stage.touch("mended");
    stage.ask(RetryJob { id: "a".into() }).await.unwrap();
    stage.shows(|view| view.parked == 0 && view.current.is_none() && view.waiting_count == 0).await;
    assert!(matches!(state(&stage, "a").await.state, JobState::Done { .. }));
}

#[actix::test]
async fn a_running_job_cannot_be_removed_and_a_stopped_one_is_not_started_again() {
    let stage = Stage::new("exec sleep 600");
    stage.ask(SubmitJob(job("a", Trigger::Webhook))).await.unwrap();
    stage.ask(SubmitJob(job("b", Trigger::Webhook))).await.unwrap();
    stage.shows(|view| view.current.as_ref().is_some_and(|run| run.pid.is_some())).await;
    assert!(matches!(stage.ask(RemoveJob { id: "a".into() }).await, Err(JobError::Running)));
    stage.ask(RemoveJob { id: "b".into() }).await.unwrap();
    assert!(matches!(stage.ask(RemoveJob { id: "b".into() }).await, Err(JobError::Missing)));
    stage.ask(StopRun { kill: false }).await;
    stage.shows(|view| view.current.is_none() && view.parked == 1).await;
    assert_eq!(state(&stage, "a").await.state, JobState::Failed);
}

#[actix::test]
async fn a_job_that_a_shutdown_interrupted_runs_when_the_daemon_is_back() {
    let stage = Stage::new(&format!("if [ ! -e go ]; then touch ready; exec sleep 600; fi; {COMPLETE}"));
    stage.ask(SubmitJob(job("a", Trigger::Webhook))).await.unwrap();
    stage.made("ready").await;
    stage.ask(Shutdown).await;
    let interrupted = state(&stage, "a").await;
    assert_eq!((interrupted.state, interrupted.attempts), (JobState::Waiting, 0));
    stage.touch("go");
    let stage = stage.crash().await.restart();
    stage.shows(|view| view.last.as_ref().is_some_and(|last| last.outcome() == Some(Outcome::Completed))).await;
    assert!(matches!(state(&stage, "a").await.state, JobState::Done { .. }));
}

#[actix::test]
async fn a_queue_that_is_held_stays_held_after_a_crash_until_it_is_released() {
    let stage = Stage::new(COMPLETE);
    let hold = stage.ask(HoldQueue { by: Some("ada".to_owned()) }).await.unwrap();
    assert_eq!(stage.ask(HoldQueue { by: Some("bob".to_owned()) }).await.unwrap(), hold, "the first one holds it");
    stage.ask(SubmitJob(job("told", Trigger::Webhook))).await.unwrap();
    stage.ask(SubmitJob(job("nightly", Trigger::Schedule))).await.unwrap();
    // What somebody asked for by hand goes on, past those that wait: it has run, and they have not.
    stage.ask(SubmitJob(job("mine", Trigger::Api))).await.unwrap();
    stage.shows(|view| view.last.is_some() && view.current.is_none()).await;
    let stage = stage.crash().await.restart();
    let view = stage.shows(|view| view.waiting_count == 2).await;
    assert_eq!(view.held.as_ref(), Some(&hold));
    stage.ask(RetryJob { id: "told".into() }).await.unwrap();
    stage.ask(SubmitJob(job("mine too", Trigger::Api))).await.unwrap();
    stage.shows(|view| view.last.as_ref().is_some_and(|last| last.job.as_deref() == Some("mine too"))).await;
    assert_eq!(state(&stage, "told").await.attempts, 0);

    assert!(stage.ask(ReleaseQueue).await.unwrap());
    stage.shows(|view| view.held.is_none() && view.waiting_count == 0 && view.current.is_none()).await;
    assert!(!stage.ask(ReleaseQueue).await.unwrap());
    assert!(matches!(state(&stage, "told").await.state, JobState::Done { .. }));
    assert!(stage.crash().await.restart().shows(|view| view.held.is_none()).await.held.is_none());
}

#[actix::test]
async fn failed_jobs_are_removed_at_once_and_for_good() {
    let stage = Stage::new("exit 3");
    for id in ["a", "b"] {
        stage.ask(SubmitJob(NewJob { max_attempts: 1, ..job(id, Trigger::Webhook) })).await.unwrap();
    }
    stage.shows(|view| view.parked == 2).await;
    stage.ask(HoldQueue { by: None }).await.unwrap();
    stage.ask(SubmitJob(job("waits", Trigger::Webhook))).await.unwrap();
    assert_eq!(stage.ask(RemoveFailedJobs).await.unwrap(), ["a", "b"]);
    assert!(stage.ask(RemoveFailedJobs).await.unwrap().is_empty());
    let stage = stage.crash().await.restart();
    let view = stage.shows(|view| view.waiting_count == 1).await;
    assert_eq!(view.parked, 0);
    assert_eq!(stage.ask(ListJobs).await.len(), 1);
}
