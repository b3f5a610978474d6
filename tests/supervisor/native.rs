//! Runs of the engine: a trigger's run beside a longer one, and items that the media server lacks. A shell script plays the
//! engine; the processes that watch over it are the real ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use posterizarrd::actors::runs::{
    Exit, JobState, ListJobs, NewJob, Outcome, RunId, RunRequest, RunnerChoice, StopReply, StopRun, SubmitJob, Trigger,
};

use super::stage::{Stage, eventually, exit, job, outcome, survivors};

/// Waits for the file `go-MODE` and leaves its result; of the movie `Absent` it says that the server does not have it.
const ENGINE: &str = r#"#!/bin/sh
[ "$1" = run-shim ] && exec BINARY "$@"
mode=normal
case "$*" in
*Absent*) echo "[t] [ERROR]   |L.1 | Absent (1999) is not on Plex yet"; exit 66 ;;
*-ArrTrigger*) mode=arr ;;
*-Tautulli*) mode=tautulli ;;
esac
echo '{"type":"planned","total":7,"dry_run":false}' >> "$POSTERIZARRD_RUN_EVENTS"
while [ ! -e "go-$mode" ] && [ -d Logs ]; do sleep 0.01; done
echo '{}' > "${POSTERIZARRD_RUN_LOGS:-Logs}/$mode.json"
"#;

fn stage() -> Stage {
    Stage::with("", |settings| {
        let folder = settings.script.parent().unwrap();
        let engine = folder.join("posterizarrd");
        fs::write(&engine, ENGINE.replace("BINARY", env!("CARGO_BIN_EXE_posterizarrd"))).unwrap();
        fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
        settings.executable = engine;
        settings.runner = RunnerChoice::Native;
    })
}

fn arr(title: &str) -> NewJob {
    let pairs = [("arr_platform", "Radarr"), ("event", "Download"), ("arr_movie_title", title)];
    let request = RunRequest::arr(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
    NewJob { request, ..job(title, Trigger::Webhook) }
}

fn tautulli() -> NewJob {
    let pairs = [("RatingKey", "1"), ("mediatype", "movie")];
    let request = RunRequest::tautulli(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
    NewJob { request, ..job("tautulli", Trigger::Webhook) }
}

#[actix::test]
async fn a_trigger_does_not_wait_behind_a_full_run_and_both_outlive_the_supervisor() {
    let stage = stage();
    let full = stage.start_normal().await.run;
    stage.ask(SubmitJob(arr("Heat"))).await.unwrap();
    let view = stage.shows(|view| view.beside.as_ref().is_some_and(|run| run.pid.is_some())).await;
    let (current, beside) = (view.current.as_ref().unwrap(), view.beside.as_ref().unwrap());
    assert_eq!((current.id, current.native, beside.mode.name(), beside.native), (full, true, "arr", true));
    let first = beside.id;
    // One of them at a time, and a full run waits.
    stage.ask(SubmitJob(tautulli())).await.unwrap();
    stage.ask(SubmitJob(job("nightly", Trigger::Schedule))).await.unwrap();
    stage.shows(|view| view.waiting_count == 2).await;

    stage.touch("go-arr");
    let done = stage.ended(first).await;
    assert_eq!((outcome(&done), done.native), (Outcome::Completed, true), "{done:?}");
    let folder = stage.shared.data.runs().join(first.to_string());
    assert!(folder.join("arr.json").is_file() && !std::fs::exists(stage.path("Logs/arr.json")).unwrap());
    let mode = fs::metadata(folder.join("events.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let view = stage.shows(|view| view.beside.as_ref().is_some_and(|run| run.pid.is_some() && run.id > first)).await;
    let second = view.beside.as_ref().unwrap().id;
    assert_eq!(view.current.as_ref().map(|run| run.id), Some(full), "the full run goes on");

    let stage = stage.crash().await.restart();
    let ids = |run: &Option<posterizarrd::actors::runs::CurrentRun>| run.as_ref().map(|run| run.id);
    stage.shows(|view| ids(&view.current) == Some(full) && ids(&view.beside) == Some(second)).await;
    stage.touch("go-normal");
    // The trigger's run outlasts the one beside which it began, and the next full one does not wait for it.
    stage.shows(|view| view.current.as_ref().is_some_and(|run| run.mode.name() == "scheduled")).await;
    stage.touch("go-tautulli");
    stage.shows(|view| view.beside.is_none()).await;
    for run in [full, second] {
        let record = stage.ask(posterizarrd::actors::runs::GetRun { id: run }).await.unwrap().unwrap();
        assert_eq!(outcome(&record), Outcome::Completed, "{record:?}");
        assert!(record.adopted);
    }
}

#[actix::test]
async fn a_stop_ends_the_full_run_first_and_then_the_one_beside_it() {
    let stage = stage();
    let full = stage.start_normal().await.run;
    stage.ask(SubmitJob(arr("Heat"))).await.unwrap();
    stage.shows(|view| view.beside.as_ref().is_some_and(|run| run.pid.is_some())).await;
    for expected in [full, RunId(full.0 + 1)] {
        let StopReply::Ended { run, .. } = stage.ask(StopRun { kill: true }).await else { panic!("nothing ended") };
        assert_eq!(run, expected);
    }
    let folder = stage.folder.path();
    eventually("nothing is left", || survivors(folder).is_empty().then_some(())).await;
}

#[actix::test]
async fn what_the_server_lacks_is_looked_for_again_and_told_in_the_end() {
    let stage = stage();
    stage.ask(SubmitJob(arr("Absent"))).await.unwrap();
    stage.shows(|view| view.parked == 1).await;
    let jobs = stage.ask(ListJobs).await;
    assert_eq!((jobs[0].state, jobs[0].absences), (JobState::Failed, 6));
    let error = jobs[0].last_error.as_deref().unwrap();
    assert!(error.starts_with("Absent (1999) is not on Plex yet; it was looked for 6 times"), "{error}");
    let record = stage.ended(RunId(6)).await;
    assert_eq!((outcome(&record), exit(&record)), (Outcome::NotOnServer, Some(Exit::Code(66))), "{record:?}");
}
