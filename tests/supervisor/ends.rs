//! Runs that are ended: stop, kill, limits, shutdown; and what is left of them: nothing.

use std::fs;
use std::time::{Duration, Instant};

use posterizarrd::actors::runs::{
    CheckStart, Ending, Exit, GetRun, Outcome, RunId, RunRequest, Shutdown, StartError, StopReply, StopRun, Trigger,
};

use super::stage::{Stage, exit, outcome, shim_of};

/// Trees that do not want to die. Each says `ready` once all of it is there.
const TREES: [(&str, &str); 6] = [
    ("a plain script", "touch ready; exec sleep 600"),
    ("children in the group", "sleep 600 & sleep 600 & touch ready; wait"),
    ("a daemon of its own session that holds the output", "setsid sh -c 'touch ready; sleep 600' & sleep 600"),
    (
        "everybody ignores SIGTERM",
        "trap '' TERM; sh -c 'touch ready; while :; do sleep 1; done' & while :; do sleep 1; done",
    ),
    (
        "a grandchild whose parent is gone",
        "(setsid sh -c 'trap \"\" TERM HUP; touch ready; while :; do sleep 1; done' &) ; sleep 600",
    ),
    (
        "children that breed",
        "breed() { while :; do sleep 0.02 & setsid sleep 0.05 & sleep 0.01; done; }; breed & breed & touch ready; breed",
    ),
];

async fn ready(stage: &Stage) -> RunId {
    let started = stage.start(RunRequest::plain("normal").unwrap()).await.unwrap();
    stage.made("ready").await;
    started.run
}

#[actix::test]
async fn stop_leaves_nothing_of_any_tree() {
    for (name, script) in TREES {
        let grace = Duration::from_millis(300);
        let stage = Stage::with(script, |settings| settings.stop_grace = grace);
        let run = ready(&stage).await;
        stage.touch("temp/Posterizarr.Running");
        let asked = Instant::now();
        let reply = stage.ask(StopRun { kill: false }).await;
        assert!(asked.elapsed() < grace + Duration::from_secs(1), "{name}: {:?}", asked.elapsed());
        assert_eq!(stage.survivors(), [0; 0], "{name}");
        let forced = name.contains("ignores");
        assert_eq!(reply, StopReply::Ended { run, trigger: Trigger::Api, forced }, "{name}");
        let record = stage.ended(run).await;
        assert_eq!((outcome(&record), record.ending()), (Outcome::Stopped, Some(Ending::Stop)), "{name}");
        assert_eq!(exit(&record), Some(Exit::Signal(if forced { 9 } else { 15 })), "{name}");
        assert!(!fs::exists(stage.path("temp/Posterizarr.Running")).unwrap(), "{name}");
        assert_eq!(shim_of(stage.folder.path(), run), None, "{name}");
    }
}

#[actix::test]
async fn kill_leaves_nothing_of_any_tree() {
    for (name, script) in TREES {
        let stage = Stage::new(script);
        let run = ready(&stage).await;
        stage.touch("temp/Posterizarr.Running");
        let reply = stage.ask(StopRun { kill: true }).await;
        assert_eq!(stage.survivors(), [0; 0], "{name}");
        assert_eq!(reply, StopReply::Ended { run, trigger: Trigger::Api, forced: false }, "{name}");
        let record = stage.ended(run).await;
        assert_eq!((outcome(&record), exit(&record)), (Outcome::Killed, Some(Exit::Signal(9))), "{name}");
        assert!(!fs::exists(stage.path("temp/Posterizarr.Running")).unwrap(), "{name}");
    }
}

#[actix::test]
async fn a_run_ends_with_its_script_whatever_it_leaves_behind() {
    let stage = Stage::new("echo '{}' > Logs/normal.json; sleep 600 & setsid sleep 600 & sleep 0.1");
    let record = stage.run(RunRequest::plain("normal").unwrap()).await;
    assert_eq!(outcome(&record), Outcome::Completed, "{record:?}");
    assert_eq!(stage.survivors(), [0; 0]);
    assert!(
        (record.end().unwrap().at - record.started).as_seconds_f64() < 10.0,
        "it did not wait for the output's end"
    );
}

#[actix::test]
async fn others_are_answered_while_a_stop_takes_its_time() {
    let stage = Stage::with(TREES[3].1, |settings| settings.stop_grace = Duration::from_secs(2));
    let run = ready(&stage).await;
    let stop = actix::spawn(stage.supervisor.send(StopRun { kill: false }));
    stage.shows(|view| view.current.as_ref().is_some_and(|run| run.ending == Some(Ending::Stop))).await;
    assert!(stage.ask(GetRun { id: run }).await.unwrap().unwrap().end().is_none());
    assert!(matches!(stage.ask(CheckStart).await, Err(StartError::Busy(_))));
    assert!(!stop.is_finished());
    // A kill does not wait for the grace, and both are answered.
    let reply = StopReply::Ended { run, trigger: Trigger::Api, forced: false };
    assert_eq!(stage.ask(StopRun { kill: true }).await, reply);
    assert_eq!(stop.await.unwrap().unwrap(), reply);
    assert_eq!(outcome(&stage.ended(run).await), Outcome::Killed);
}

#[actix::test]
async fn with_nothing_running_there_is_nothing_to_stop() {
    let stage = Stage::new("");
    for kill in [false, true] {
        assert_eq!(stage.ask(StopRun { kill }).await, StopReply::NothingRuns { foreign: None });
    }
}

#[actix::test]
async fn a_run_that_takes_too_long_is_ended() {
    let stage = Stage::with("while :; do echo x; sleep 0.1; done", |settings| {
        settings.max_duration = Some(Duration::from_millis(500));
        settings.silence_limit = Some(Duration::from_secs(60));
    });
    let record = stage.run(RunRequest::plain("normal").unwrap()).await;
    assert_eq!((outcome(&record), record.ending()), (Outcome::TimedOut, Some(Ending::TimeLimit)));
    assert_eq!(stage.survivors(), [0; 0]);
}

#[actix::test]
async fn a_silent_run_is_ended_and_a_logging_one_is_not() {
    let script = "if [ $1 = -Testing ]; then for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $n >> Logs/Testinglog.log; sleep 0.5; done
                  else exec sleep 600; fi; echo '{}' > Logs/testing.json";
    let stage = Stage::with(script, |settings| settings.silence_limit = Some(Duration::from_secs(4)));
    let logging = stage.run(RunRequest::plain("testing").unwrap()).await;
    assert_eq!(outcome(&logging), Outcome::Completed, "{logging:?}");
    let silent = stage.run(RunRequest::plain("backup").unwrap()).await;
    assert_eq!((outcome(&silent), silent.ending()), (Outcome::TimedOut, Some(Ending::Silence)));
}

#[actix::test]
async fn a_shutdown_interrupts_the_run_and_starts_no_other() {
    let stage = Stage::new(TREES[2].1);
    let run = ready(&stage).await;
    stage.ask(Shutdown).await;
    assert_eq!(stage.survivors(), [0; 0]);
    assert_eq!(outcome(&stage.ended(run).await), Outcome::Interrupted);
    assert!(matches!(stage.ask(CheckStart).await, Err(StartError::Stopping)));
    assert!(stage.views.runs.get().stopping);
}
