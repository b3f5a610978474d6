//! Whatever the daemon reads may have become a folder, a pipe, a link to an endless device, six gigabytes of holes, or one
//! line without an end. None of it may fill the memory or hold anything up.

use std::path::{Path, PathBuf};

use super::raw::{Odd, Raw, exchange, peak};
use crate::daemon::{BINARY, Daemon, command, outcome, within};

/// Every file that the running daemon reads, below the data folder, which is the script's folder too.
const FILES: [&str; 31] = [
    "config.json",
    "config.example.json",
    "config-backups/20260101T000000.000Z.json",
    "scheduler.json",
    "UILogs/webui_settings.json",
    "UILogs/FrontendUI.log",
    "Posterizarr.ps1",
    "Release.txt",
    "ReleaseUI.txt",
    "watcher/recently_added_1.posterizarr",
    "temp/Posterizarr.Running",
    "Logs/Scriptlog.log",
    "Logs/ImageChoices.csv",
    "Logs/PlexLibexport.csv",
    "Logs/PlexEpisodeExport.csv",
    "Logs/OtherMediaServerLibExport.csv",
    "Logs/OtherMediaServerEpisodeExport.csv",
    "Logs/normal.json",
    "Logs/manual.json",
    "Logs/testing.json",
    "Logs/backup.json",
    "Logs/scheduled.json",
    "RotatedLogs/Logs_2026/normal.json",
    "runs/1/run.json",
    "runs/1/exit.json",
    "trash/1/record.json",
    "cache/assets.index",
    "cache/manualassets.index",
    "Overlayfiles/odd.ttf",
    "Overlayfiles/odd.png",
    "assets/Movies/Odd (2000)/poster.jpg",
];

/// All that can be asked for without naming a thing, but for streams and archives.
fn paths() -> Vec<&'static str> {
    let operations = include_str!("../api/operations.txt").lines().filter_map(|line| line.strip_prefix("GET "));
    let whole = ["/api/events", "/ws/logs", "/api/admin/backup", "/api/admin/records"];
    let mut paths: Vec<_> = operations.filter(|path| !path.contains('{') && !whole.contains(path)).collect();
    paths.extend([
        "/api/fonts/preview/odd.ttf?text=a",
        "/api/overlayfiles/preview/odd.png",
        "/api/logs/Scriptlog.log?tail=10",
        "/api/thumbnail?path=Movies/Odd%20(2000)/poster.jpg",
    ]);
    paths
}

/// Asks for everything; nothing may hang, or be our own fault.
fn ask_for_everything(daemon: &Daemon, odd: &str) {
    for path in paths() {
        let mut connection = Raw::to(daemon);
        connection.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        let answer = connection.answer().unwrap_or_else(|error| panic!("{odd}: GET {path}: {error}"));
        assert_ne!(answer.status, 500, "{odd}: GET {path}: {}", String::from_utf8_lossy(&answer.body));
    }
    for path in ["/api/imagechoices/import", "/api/plex-export/import", "/api/other-media-export/import"] {
        let answer = exchange(daemon, "POST", path, "", b"");
        assert_ne!(answer.status, 500, "{odd}: POST {path}: {}", String::from_utf8_lossy(&answer.body));
    }
}

fn start(folder: &Path) -> Daemon {
    let mut command = command(BINARY, folder);
    command.env("POSTERIZARRD_UPDATES_ENABLED", "false").env("POSTERIZARRD_APP_DIR", folder);
    Daemon::start_with(command)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    FILES.iter().map(|file| folder.join(file)).collect()
}

#[test]
fn no_file_that_turned_odd_fills_the_memory_or_holds_an_actor() {
    // What the same questions take where all is well.
    let well = tempfile::tempdir().unwrap();
    let daemon = start(well.path());
    ask_for_everything(&daemon, "well");
    let usual = peak(daemon.pid());
    drop(daemon);
    for odd in Odd::ALL {
        let folder = tempfile::tempdir().unwrap();
        odd.put_all(&files(folder.path()));
        let mut daemon = start(folder.path());
        ask_for_everything(&daemon, &format!("{odd:?} at the start"));
        // And while it runs: what is followed is looked at every few seconds.
        odd.put_all(&files(folder.path()));
        within("the actors answer", || {
            let health = daemon.json("GET", "/api/health");
            (health["checks"]["actors"] == "ok").then_some(())
        });
        ask_for_everything(&daemon, &format!("{odd:?} while it runs"));
        let grown = peak(daemon.pid()).saturating_sub(usual);
        assert!(grown <= 64, "{odd:?}: {grown} MiB more than the usual {usual}: {:#?}", daemon.log());
        daemon.signal(rustix::process::Signal::TERM);
        assert_eq!(daemon.ended().code(), Some(0), "{odd:?}");
    }
}

#[test]
fn settings_and_archives_that_turned_odd_are_refused_at_once() {
    for odd in Odd::ALL {
        let folder = tempfile::tempdir().unwrap();
        odd.put(&folder.path().join("posterizarrd.toml"));
        let output = outcome(folder.path(), &["serve"]);
        assert_eq!(output.status.code(), Some(78), "{odd:?}: {}", String::from_utf8_lossy(&output.stderr));
        let folder = tempfile::tempdir().unwrap();
        odd.put(&folder.path().join("config.json"));
        let output = outcome(folder.path(), &["check-config"]);
        assert_eq!(output.status.code(), Some(78), "{odd:?}: {}", String::from_utf8_lossy(&output.stderr));
        let archive = folder.path().join("backup.zip");
        odd.put(&archive);
        let output = outcome(folder.path(), &["restore", "--from", archive.to_str().unwrap()]);
        assert!(!output.status.success(), "{odd:?}");
    }
}
