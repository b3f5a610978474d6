//! Runs from the command line: in place, or through the daemon.

use super::*;

/// A script for a shell in the place of `Posterizarr.ps1`, and a command that runs it.
fn with_script(folder: &Path, script: &str) -> Command {
    std::fs::write(folder.join("Posterizarr.ps1"), script).unwrap();
    let mut command = command(BINARY, folder);
    command.env("POSTERIZARRD_RUNNER_COMMAND", "sh {script}").env("POSTERIZARRD_RUNNER_STOP_GRACE", "1s");
    command
}

/// What makes a run a completed one.
const COMPLETES: &str = "mkdir -p Logs; echo '{}' > Logs/normal.json";

#[test]
fn a_run_without_a_daemon_is_done_in_place_and_its_outcome_is_the_exit_code() {
    for (script, arguments, code) in [
        (COMPLETES, &["run"][..], 0),
        (COMPLETES, &["--run"], 0),
        ("exit 3", &["run", "--mode", "normal", "--wait"], 1),
        ("kill -9 $$", &["run"], 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = with_script(folder.path(), script).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{script}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "1\n", "the run's number");
    }
}

#[test]
fn a_run_through_the_daemon_is_the_daemons_and_its_outcome_is_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let _daemon = Daemon::start_with(with_script(
        folder.path(),
        "test -e ok || exit 3; mkdir -p Logs; echo '{}' > Logs/normal.json",
    ));
    let failed = outcome(folder.path(), &["run", "--wait"]);
    assert_eq!((failed.status.code(), text(&failed.stdout)), (Some(1), "1\n".to_owned()), "{}", text(&failed.stderr));
    std::fs::write(folder.path().join("ok"), "").unwrap();
    let completed = outcome(folder.path(), &["run", "--mode", "normal", "--wait"]);
    assert_eq!((completed.status.code(), text(&completed.stdout)), (Some(0), "2\n".to_owned()));
    assert!(one_line(&completed).contains("completed"));
    let unknown = outcome(folder.path(), &["run", "--mode", "non/sense"]);
    assert_eq!(
        (unknown.status.code(), one_line(&unknown)),
        (Some(1), "posterizarrd: Invalid mode: non/sense\n".to_owned())
    );
}

#[test]
fn a_run_while_another_is_on_says_so_with_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start_with(with_script(folder.path(), "sleep 300"));
    assert_eq!(outcome(folder.path(), &["run"]).status.code(), Some(0), "without --wait it is enough that it started");
    let busy = outcome(folder.path(), &["run", "--wait"]);
    assert_eq!(
        (busy.status.code(), one_line(&busy)),
        (Some(75), "posterizarrd: Script is already running\n".to_owned())
    );
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended().code(), Some(0));
}

#[test]
fn a_run_in_place_that_cannot_start_is_one_line_and_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let output = outcome(folder.path(), &["run", "--mode", "nonsense"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(one_line(&output), "posterizarrd: Invalid mode: nonsense\n");
    // The engine, which does what there is no script for, tells why at once: nobody has entered a media server.
    let output = outcome(folder.path(), &["run"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("PlexUrl is still the example"), "{}", text(&output.stderr));
}

#[test]
fn a_signal_to_a_run_in_place_stops_the_run_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let script = "sleep 300 & echo $! > pids; trap '' TERM; sleep 300 & echo $! >> pids; touch ready; wait; wait";
    let mut child = with_script(folder.path(), script).arg("run").stderr(Stdio::null()).spawn().unwrap();
    within("the script's start", || std::fs::exists(folder.path().join("ready")).unwrap().then_some(()));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let status = within("its end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(143));
    for pid in std::fs::read_to_string(folder.path().join("pids")).unwrap().lines() {
        assert!(!std::fs::exists(Path::new("/proc").join(pid)).unwrap(), "{pid} is still there");
    }
}
