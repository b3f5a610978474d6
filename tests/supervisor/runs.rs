//! Runs that go their way: starting, seeing, collecting, recording.

use std::fs;
use std::time::{Duration, SystemTime};

use posterizarrd::actors::runs::{
    CheckStart, Exit, ListRuns, ManualForm, Mode, Outcome, RunId, RunRequest, StartError, StartRun, StopReply, StopRun,
    Trigger, log_of,
};
use posterizarrd::actors::runtime::events::Fact;

use super::stage::{Stage, eventually, exit, outcome, why};

/// Waits until the test makes the file `go`.
const WAIT: &str = "while [ ! -e go ] && [ -d Logs ]; do sleep 0.01; done\n";

fn plain(mode: &str) -> RunRequest {
    RunRequest::plain(mode).unwrap()
}

#[actix::test]
async fn a_run_is_seen_from_its_start_to_its_end_and_kept() {
    let stage =
        Stage::new(&format!("echo \"$0 $@\"; {WAIT} echo x > Logs/Testinglog.log; echo '{{}}' > Logs/testing.json"));
    let mut facts = stage.shared.facts.listen(None).live;
    let started = stage.start(plain("testing")).await.unwrap();
    let view = stage.views.runs.get();
    let current = view.current.as_ref().unwrap();
    assert_eq!((current.id, current.pid, current.mode), (started.run, Some(started.pid), Mode::Testing));
    assert_eq!(
        facts.recv().await.unwrap().fact,
        Fact::RunStarted { run: started.run, mode: Mode::Testing, trigger: Trigger::Api }
    );

    stage.touch("go");
    let record = stage.ended(started.run).await;
    assert_eq!((outcome(&record), exit(&record)), (Outcome::Completed, Some(Exit::Code(0))));
    assert_eq!((record.arguments.as_slice(), record.trigger), (["-Testing".to_owned()].as_slice(), Trigger::Api));
    assert!(record.end().unwrap().at > record.started);
    assert_eq!(stage.views.runs.get().current, None);
    let Fact::RunFinished { run, outcome, .. } = facts.recv().await.unwrap().fact else { panic!("another fact") };
    assert_eq!((run, outcome), (started.run, Outcome::Completed));

    let printed = fs::read_to_string(stage.path("runs/1/output.log")).unwrap();
    assert_eq!(printed, format!("{} -Testing\n", stage.path("Posterizarr.ps1").display()));
    assert_eq!(fs::read_to_string(log_of(&stage.shared.data, &record)).unwrap(), "x\n");
}

#[actix::test]
async fn an_end_is_noticed_at_once() {
    let stage = Stage::new("date +%s%N > ended");
    let mut delays = Vec::new();
    // Three in a row: on a busy machine one may be late, but a poll each second would not be that lucky.
    while !delays.ends_with(&[true; 3]) {
        assert!(delays.len() < 20, "only some ends were noticed within 100 ms: {delays:?}");
        let started = stage.start_normal().await;
        stage.ended(started.run).await;
        let noticed = SystemTime::now();
        let nanoseconds = fs::read_to_string(stage.path("ended")).unwrap().trim().parse().unwrap();
        let delay = noticed.duration_since(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds)).unwrap();
        println!("{delay:?}");
        delays.push(delay < Duration::from_millis(100));
    }
}

#[actix::test]
async fn results_are_kept_although_the_script_moves_logs_away() {
    let stage = Stage::new(
        "mkdir -p RotatedLogs; mv Logs RotatedLogs/$$; mkdir Logs
         echo log > Logs/Scriptlog.log; echo csv > Logs/ImageChoices.csv; echo '{\"Posters\": 1}' > Logs/normal.json
         echo big > Logs/ImageMagickCommands.log",
    );
    fs::write(stage.path("Logs/normal.json"), "of an earlier run").unwrap();
    fs::write(stage.path("Logs/backup.json"), "of an earlier run").unwrap();
    for run in 1..=2 {
        let record = stage.run(plain("normal")).await;
        assert_eq!((record.id, outcome(&record)), (RunId(run), Outcome::Completed));
        let mut kept: Vec<_> = fs::read_dir(stage.path(&format!("runs/{run}")))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        kept.sort();
        let expected =
            ["ImageChoices.csv", "Scriptlog.log", "exit.json", "normal.json", "output.log", "run.json", "started.json"];
        assert_eq!(kept, expected);
    }
    let first = fs::read_to_string(stage.path("runs/1/normal.json")).unwrap();
    assert_eq!(first, "{\"Posters\": 1}\n", "the second run did not touch it");
}

#[actix::test]
async fn a_run_that_writes_no_result_failed_and_tells_its_last_errors() {
    let stage = Stage::new("echo '[x] [ERROR]   |L.1   | Could not access Plex' > Logs/Scriptlog.log");
    fs::write(stage.path("Logs/normal.json"), "of an earlier run").unwrap();
    let record = stage.run(plain("normal")).await;
    assert_eq!(outcome(&record), Outcome::Failed);
    let reason = "it ended without writing Logs/normal.json; last lines: [x] [ERROR]   |L.1   | Could not access Plex";
    assert_eq!(why(&record), Some(reason));
    let reset = stage.run(RunRequest::reset("Movies").unwrap()).await;
    assert_eq!((outcome(&reset), exit(&reset)), (Outcome::Completed, Some(Exit::Code(0))), "a reset writes no result");
}

#[actix::test]
async fn a_busy_slot_tells_who_holds_it() {
    let stage = Stage::new(WAIT);
    let started = stage.start(plain("backup")).await.unwrap();
    for refused in [stage.start(plain("normal")).await.map(|_| ()), stage.ask(CheckStart).await] {
        let Err(StartError::Busy(holder)) = refused else { panic!("{refused:?}") };
        assert_eq!((holder.run, holder.mode, holder.pid), (Some(started.run), Mode::Backup, Some(started.pid)));
    }
    stage.touch("go");
    stage.ended(started.run).await;
    stage.ask(CheckStart).await.unwrap();
    assert_eq!(stage.ask(ListRuns { limit: 9, before: None }).await.unwrap().len(), 1, "a refused run has no record");
}

#[actix::test]
async fn what_is_missing_is_told_and_a_failed_start_frees_the_slot() {
    let stage = Stage::with("", |settings| settings.command[0] = "no-such-shell".into());
    let refused = stage.start(plain("normal")).await;
    assert!(
        matches!(&refused, Err(StartError::InterpreterMissing { program, .. }) if program == "no-such-shell"),
        "{refused:?}"
    );
    let record = stage.ended(RunId(1)).await;
    assert_eq!((outcome(&record), record.pid), (Outcome::Failed, None));
    assert!(fs::read_to_string(stage.path("runs/1/output.log")).unwrap().starts_with("cannot start no-such-shell "));
    assert!(!stage.views.runs.get().runner.available);

    fs::remove_file(stage.path("Posterizarr.ps1")).unwrap();
    assert!(matches!(stage.start(plain("normal")).await, Err(StartError::ScriptMissing)));
}

#[actix::test]
async fn a_running_file_nobody_stands_for_is_removed_before_a_start() {
    let stage = Stage::new("[ -e temp/Posterizarr.Running ] && exit 1; echo '{}' > Logs/normal.json");
    stage.touch("temp/Posterizarr.Running");
    assert_eq!(outcome(&stage.run(plain("normal")).await), Outcome::Completed);
}

#[actix::test]
async fn a_foreign_run_on_our_folder_holds_the_slot_and_one_elsewhere_does_not() {
    let stage = Stage::new(WAIT);
    let run = |data: &std::path::Path| {
        let script = stage.settings.script.clone();
        std::process::Command::new("sh")
            .arg(script)
            .arg("-Backup")
            .env("APP_DATA", data)
            .current_dir(data)
            .spawn()
            .unwrap()
    };
    let other_folder = tempfile::tempdir().unwrap();
    let mut elsewhere = run(other_folder.path());
    stage.ask(CheckStart).await.unwrap();
    elsewhere.kill().unwrap();
    elsewhere.wait().unwrap();

    let mut foreign = run(stage.folder.path());
    let refused = loop {
        match stage.start(plain("normal")).await {
            Err(StartError::Busy(holder)) => break holder,
            // The child was not yet the shell when we looked.
            Ok(ours) => {
                stage.ask(StopRun { kill: true }).await;
                stage.ended(ours.run).await;
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((refused.run, refused.pid, refused.mode), (None, Some(foreign.id()), Mode::Backup));
    assert_eq!(refused.trigger, Trigger::Foreign);
    let stopped = stage.ask(StopRun { kill: true }).await;
    assert!(matches!(stopped, StopReply::NothingRuns { foreign: Some(_) }), "{stopped:?}");
    assert!(foreign.try_wait().unwrap().is_none(), "it is left alone");

    stage.shows(|view| view.foreign.as_ref().is_some_and(|run| run.pid == foreign.id())).await;

    stage.touch("go");
    foreign.wait().unwrap();
    stage.ask(CheckStart).await.unwrap();
    stage.shows(|view| view.foreign.is_none()).await;
}

#[actix::test]
async fn a_foreign_run_with_a_running_file_is_seen_without_being_asked_for() {
    let stage = Stage::new(WAIT);
    stage.touch("temp/Posterizarr.Running");
    let mut foreign = std::process::Command::new("sh")
        .arg(&stage.settings.script)
        .env("APP_DATA", stage.folder.path())
        .current_dir(stage.folder.path())
        .spawn()
        .unwrap();
    stage.shows(|view| view.foreign.as_ref().is_some_and(|run| run.pid == foreign.id())).await;
    stage.touch("go");
    foreign.wait().unwrap();
    stage.shows(|view| view.foreign.is_none()).await;
}

/// What is gone before anybody looks was there for the kernel.
#[actix::test]
async fn a_short_peak_of_memory_is_recorded() {
    let stage = Stage::new("head -c 80000000 /dev/zero | tail -c 79999999 > /dev/null\n");
    let record = stage.run(plain("normal")).await;
    assert!(record.peak_memory_bytes > 60_000_000, "{record:?}");
}

#[actix::test]
async fn memory_and_processor_time_of_the_whole_tree_are_recorded() {
    let stage = Stage::new("sh -c 'n=0; while [ $n -lt 300000 ]; do n=$((n+1)); done'\n".to_owned().as_str());
    let record = stage.run(plain("normal")).await;
    assert!(record.cpu_seconds >= 0.05, "{record:?}");
    assert!(record.peak_memory_bytes > 100_000, "{record:?}");
}

#[actix::test]
async fn an_uploaded_picture_goes_with_its_own_run() {
    let stage = Stage::new(WAIT);
    let form = ManualForm {
        picture_path: stage.path("uploads/a.jpg").display().to_string(),
        folder_name: "f".into(),
        library_name: "l".into(),
        ..ManualForm::default()
    };
    let start = |name: &str| {
        stage.touch(name);
        stage.ask(StartRun {
            request: RunRequest::manual(&form).unwrap(),
            trigger: Trigger::Api,
            remove_after: Some(stage.path(name)),
        })
    };
    let started = start("uploads/a.jpg").await.unwrap();
    assert!(matches!(start("uploads/b.jpg").await, Err(StartError::Busy(_))));
    assert!(!fs::exists(stage.path("uploads/b.jpg")).unwrap(), "its run did not start");
    assert!(fs::exists(stage.path("uploads/a.jpg")).unwrap());
    stage.touch("go");
    stage.ended(started.run).await;
    assert!(!fs::exists(stage.path("uploads/a.jpg")).unwrap());
}

#[actix::test]
async fn the_folders_of_old_runs_are_removed_and_records_are_listed_newest_first() {
    let stage = Stage::with("", |settings| settings.keep_runs = 2);
    for _ in 0..4 {
        stage.run(plain("normal")).await;
    }
    let kept = |run: u64| fs::exists(stage.path(&format!("runs/{run}"))).unwrap();
    assert_eq!([1, 2, 3, 4].map(kept), [false, false, true, true]);
    let list = |limit, before| stage.ask(ListRuns { limit, before });
    let ids =
        |records: Vec<posterizarrd::actors::runs::RunRecord>| records.iter().map(|run| run.id.0).collect::<Vec<_>>();
    assert_eq!(ids(list(2, None).await.unwrap()), [4, 3]);
    assert_eq!(ids(list(9, Some(RunId(3))).await.unwrap()), [2, 1]);
}

#[actix::test]
async fn another_program_than_the_script_can_be_supervised() {
    let stage = Stage::with("", |settings| settings.command = vec!["echo".into(), "hello".into()]);
    fs::remove_file(stage.path("Posterizarr.ps1")).unwrap();
    let record = stage.run(plain("testing")).await;
    assert_eq!(outcome(&record), Outcome::Completed);
    assert_eq!(fs::read_to_string(stage.path("runs/1/output.log")).unwrap(), "hello -Testing\n");
}

#[actix::test]
async fn the_environment_reaches_the_script_without_what_is_the_daemons() {
    // The environment of this process cannot be changed safely; so the test runs itself with another one.
    let inner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "supervisor::runs::inside_another_environment"])
        .envs([("NOTIFY_SOCKET", "/run/x"), ("WATCHDOG_USEC", "1"), ("LISTEN_FDS", "1")])
        .envs([("POSTERIZARRD_SECRET", "s"), ("FOR_THE_SCRIPT", "yes"), ("APP_DATA", "/elsewhere")])
        .output()
        .unwrap();
    assert!(inner.status.success(), "{}", String::from_utf8_lossy(&inner.stdout));
}

#[actix::test]
#[ignore = "run by the test above, with its environment"]
async fn inside_another_environment() {
    let stage = Stage::new("env > environment; readlink /proc/self/fd/0 > stdin");
    stage.run(plain("normal")).await;
    let environment = fs::read_to_string(stage.path("environment")).unwrap();
    let value = |name: &str| environment.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    for ours in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "POSTERIZARRD_SECRET"] {
        assert_eq!(value(ours), None, "{ours}");
    }
    assert_eq!(value("FOR_THE_SCRIPT"), Some("yes"));
    assert_eq!(value("APP_DATA"), stage.folder.path().to_str(), "the script looks where we look");
    assert_eq!(fs::read_to_string(stage.path("stdin")).unwrap(), "/dev/null\n");
}

/// The most memory that a process had in use so far.
fn peak_kilobytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[actix::test]
async fn a_full_output_does_not_grow_the_log_nor_the_watching_process() {
    let stage = Stage::new(&format!(
        "touch begun; until [ -e flood ]; do sleep 0.02; done; head -c 100000000 /dev/zero; touch flooded; {WAIT}"
    ));
    let started = stage.start_normal().await;
    stage.made("begun").await;
    let shim = super::stage::shim_of(stage.folder.path(), started.run).unwrap();
    // What the program itself takes depends on how it was built; what a flood of 100 MB adds does not.
    let before = peak_kilobytes(shim);
    stage.touch("flood");
    stage.made("flooded").await;
    let grown = peak_kilobytes(shim) - before;
    assert!(grown < 4_000, "{grown} kB more than {before} kB");
    let size = |name: &str| fs::metadata(stage.path(name)).unwrap().len();
    let kept = || size("runs/1/output.log") + size("runs/1/output.log.1");
    assert!(kept() <= 9_000_000, "{}", kept());
    stage.touch("go");
    eventually("the shim is gone", || super::stage::shim_of(stage.folder.path(), started.run).is_none().then_some(()))
        .await;
}
