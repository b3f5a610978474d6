//! What comes with the program for the machine it is on: the service, completions, manual pages, the look at the machine.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use super::daemon::{BINARY, Daemon, command, outcome};

fn text(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn installing_the_service_into_a_folder_brings_a_program_that_starts() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    let place = root.path().to_str().unwrap();
    let tried = outcome(root.path(), &["service", "install", "--dry-run", "--root", place]);
    assert!(tried.status.success(), "{}", text(&tried));
    assert!(text(&tried).contains("write /etc/systemd/system/posterizarrd.service"), "{}", text(&tried));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);

    let installed = outcome(root.path(), &["service", "install", "--root", place]);
    assert!(installed.status.success(), "{}", text(&installed));
    let version = Command::new(at("usr/local/bin/posterizarrd")).arg("--version").output().unwrap();
    assert!(version.status.success());
    // The settings that come with it are in order.
    let checked = command(BINARY, root.path())
        .args(["check-config", "--config"])
        .arg(at("etc/posterizarrd/posterizarrd.toml"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", text(&checked));

    let removed = outcome(root.path(), &["service", "remove", "--root", place]);
    assert!(removed.status.success(), "{}", text(&removed));
    assert!(!fs::exists(at("usr/local/bin/posterizarrd")).unwrap());
    assert!(fs::exists(at("etc/posterizarrd/posterizarrd.toml")).unwrap());
    let again = outcome(root.path(), &["service", "remove", "--root", place]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again).contains("no service was installed"), "{}", text(&again));
}

#[test]
fn installing_beside_a_package_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let unit = root.path().join("usr/lib/systemd/system/posterizarrd.service");
    fs::create_dir_all(unit.parent().unwrap()).unwrap();
    fs::write(&unit, "").unwrap();
    let refused = outcome(root.path(), &["service", "install", "--root", root.path().to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("package"), "{}", text(&refused));
    assert!(!fs::exists(root.path().join("etc")).unwrap());
}

#[test]
fn completions_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = text(&outcome(folder.path(), &["completions", shell]));
        for command in ["check-config", "self-check", "service", "engine", "--data-dir"] {
            let command = if shell == "fish" { command.trim_start_matches("--") } else { command };
            assert!(completions.contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(outcome(folder.path(), &["completions", "dash"]).status.code(), Some(2));
}

#[test]
fn completions_are_bash_that_bash_understands() {
    let folder = tempfile::tempdir().unwrap();
    let completions = folder.path().join("completions");
    fs::write(&completions, outcome(folder.path(), &["completions", "bash"]).stdout).unwrap();
    let script = "source \"$0\"; COMP_WORDS=(posterizarrd self-c); COMP_CWORD=1; _posterizarrd posterizarrd self-c; echo \"${COMPREPLY[*]}\"";
    let said = Command::new("bash").args(["--norc", "-c", script]).arg(&completions).output().unwrap();
    assert_eq!(text(&said).trim(), "self-check");
}

#[test]
fn manual_pages_are_printed_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let page = text(&outcome(folder.path(), &["man"]));
    assert!(page.contains(".TH posterizarrd 1") && page.contains("POSTERIZARRD_BASE_URL"), "{page}");
    let pages = folder.path().join("pages");
    assert!(outcome(folder.path(), &["man", pages.to_str().unwrap()]).status.success());
    for name in ["posterizarrd.1", "posterizarrd-self-check.1", "posterizarrd-service-install.1"] {
        assert!(pages.join(name).is_file(), "{name}");
    }
    let refused = outcome(folder.path(), &["man", "/proc/nowhere"]);
    assert_eq!(refused.status.code(), Some(1));
}

fn self_check(folder: &Path, bind: &str) -> (Option<i32>, String) {
    let output = command(BINARY, folder).args(["self-check", "--bind", bind]).output().unwrap();
    (output.status.code(), text(&output))
}

#[test]
fn self_check_looks_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = self_check(folder.path(), "127.0.0.1:0");
    assert_eq!(code, Some(0), "{said}");
    for about in ["data folder", "address", "disk", "open files", "time zone", "config.json"] {
        assert!(said.contains(about), "{about}: {said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn self_check_tells_another_program_from_the_daemon_itself() {
    let folder = tempfile::tempdir().unwrap();
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap().to_string();
    // It takes the connection and hangs up.
    let strange = std::thread::spawn(move || drop(stranger.accept().unwrap()));
    let (code, said) = self_check(folder.path(), &address);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("in use by another program"), "{said}");
    strange.join().unwrap();

    let daemon = Daemon::start(folder.path());
    let (code, said) = self_check(folder.path(), daemon.url.trim_start_matches("http://"));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("posterizarrd that is ready"), "{said}");
}
