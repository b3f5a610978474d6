//! The index of assets in the real binary: crashes while it is written, and too few watches.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::daemon::{BINARY, Daemon, command, within};

/// Pictures in a library whose index takes a moment to write: their names are long.
const PICTURES: usize = 3000;

fn library(folder: &Path) {
    in_the_data_folder(folder);
    let movies = folder.join("assets/Movies/Heat (1995)");
    std::fs::create_dir_all(&movies).unwrap();
    for n in 0..PICTURES {
        std::fs::write(movies.join(format!("{n:0>200}.jpg")), "x").unwrap();
    }
}

/// Has the asset folder of a fresh configuration, which is at the root of the disk, in the data folder.
fn in_the_data_folder(folder: &Path) {
    std::fs::write(folder.join("config.json"), "{}").unwrap();
}

fn posters(daemon: &Daemon) -> Option<u64> {
    daemon.json("GET", "/api/assets/stats")["stats"]["posters"].as_u64()
}

/// Whether the index is being written.
fn is_being_written(cache: &Path) -> bool {
    let names = std::fs::read_dir(cache).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.into_iter().any(|name| name.to_string_lossy().ends_with(".tmp"))
}

/// Starts a daemon and kills it as soon as it writes the index. Each life writes it once, after its first scan; where that
/// moment is missed, this is a kill like any other.
fn kill_while_it_writes(folder: &Path) -> bool {
    let mut child = command(BINARY, folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(3);
    let mut seen = false;
    while !seen && Instant::now() < deadline {
        std::thread::sleep(Duration::from_micros(100));
        seen = is_being_written(&folder.join("cache"));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was being written then lies about still.
    seen && is_being_written(&folder.join("cache"))
}

#[test]
fn a_kill_while_the_index_is_written_leaves_a_start_that_works() {
    let folder = tempfile::tempdir().unwrap();
    library(folder.path());
    for round in 0..4 {
        let in_the_middle = kill_while_it_writes(folder.path());
        println!("round {round}: {}", if in_the_middle { "half of it was written" } else { "missed" });
        let daemon = Daemon::start(folder.path());
        within("the library is known", || posters(&daemon).filter(|n| *n == PICTURES as u64));
    }
    let daemon = Daemon::start(folder.path());
    let status = || daemon.json("GET", "/api/cache/status")["assets"]["knowledge"].clone();
    within("it is scanned", || (status() == "current").then_some(()));
    let cache = folder.path().join("cache");
    within("it is written", || cache.join("assets.index").try_exists().unwrap().then_some(()));
    within("what was half-written is gone", || (!is_being_written(&cache)).then_some(()));
}

/// A command that runs the daemon where the system gives it few watches; none where that cannot be had.
fn with_few_watches(folder: &Path) -> Option<Command> {
    // In a user namespace of its own the limit is the daemon's alone.
    let limited = "echo 8 > /proc/sys/user/max_inotify_watches && exec \"$@\"";
    let in_namespace = |program: &[&str]| {
        let mut command = command("unshare", folder);
        command.args(["--user", "--map-root-user", "sh", "-c", limited, "sh"]).args(program);
        command
    };
    let possible = in_namespace(&["true"]).output().is_ok_and(|output| output.status.success());
    possible.then(|| in_namespace(&[BINARY, "--assets-poll-every", "1s"]))
}

#[test]
fn a_library_with_more_folders_than_watches_is_polled_and_health_says_so() {
    let folder = tempfile::tempdir().unwrap();
    in_the_data_folder(folder.path());
    for n in 0..20 {
        std::fs::create_dir_all(folder.path().join(format!("assets/Movies/{n}"))).unwrap();
        std::fs::write(folder.path().join(format!("assets/Movies/{n}/poster.jpg")), "x").unwrap();
    }
    let Some(command) = with_few_watches(folder.path()) else {
        eprintln!("left out: no user namespaces here");
        return;
    };
    let mut daemon = Daemon::start_with(command);
    daemon.wait_for_line("fs.inotify.max_user_watches");
    let status = || daemon.json("GET", "/api/cache/status")["assets"].clone();
    let polled = within("it is polled", || Some(status()).filter(|status| status["noticed_by"] == "polling"));
    assert!(polled["watch_problem"].as_str().unwrap().contains("max_user_watches"), "{polled}");
    assert_eq!(daemon.json("GET", "/api/health")["checks"]["assets"], "degraded");
    within("the library is known", || posters(&daemon).filter(|n| *n == 20));
    std::fs::write(folder.path().join("assets/Movies/19/background.jpg"), "x").unwrap();
    let backgrounds = || daemon.json("GET", "/api/assets/stats")["stats"]["backgrounds"].as_u64();
    within("the change shows", || backgrounds().filter(|n| *n == 1));
}
