//! Runs of the script that this daemon did not start: from a shell, from the old backend, from a cron job.
//!
//! A process counts when its command line has PowerShell and `posterizarr.ps1` in it (or the configured program and the
//! configured script), unless it certainly works on another data folder: several installations may share a machine.

use std::path::{Path, PathBuf};

use posterizarr_base::bounded;

use super::processes::{self, Environment};
use super::runner::{ENGINE_DATA_DIR, Runner};
use super::shim::MARKER;
use crate::runs::Mode;

/// A process that runs the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub pid: u32,
    /// What it does, if its command line tells.
    pub mode: Option<Mode>,
}

/// Looks for a process that runs the script on the data folder, and does not belong to the run in the folder `own`.
pub fn find(runner: &Runner, data: &Path, own: Option<&Path>) -> Option<Found> {
    processes::all().find_map(|pid| {
        let command = processes::command_line(pid);
        let folder = if runner.is_engine(&command) {
            engine_data_folder(pid, &command)
        } else {
            data_folder(pid, &script_argument(&command, runner)?)
        };
        let elsewhere = folder.is_some_and(|folder| !processes::same_place(&folder, data));
        let is_own =
            || own.is_some_and(|own| Environment::of(pid).is_some_and(|all| all.get(MARKER) == Some(own.as_os_str())));
        (!elsewhere && !is_own() && processes::is_alive(pid)).then(|| Found { pid, mode: mode(&command) })
    })
}

/// The argument that names the script, if this is the command line of a run.
fn script_argument(command: &[String], runner: &Runner) -> Option<String> {
    let configured = runner.script().to_string_lossy();
    let program = file_name(runner.program());
    let runs_program = runner.runs_script() && command.iter().any(|part| file_name(part) == program);
    if let Some(script) = command.iter().find(|part| runs_program && **part == configured) {
        return Some(script.clone());
    }
    let is_powershell = |part: &String| part.contains("pwsh") || part.contains("powershell");
    let lower: Vec<_> = command.iter().map(|part| part.to_lowercase()).collect();
    let place = lower.iter().position(|part| part.contains("posterizarr.ps1"))?;
    lower.iter().any(is_powershell).then(|| command.get(place).cloned())?
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The data folder the script chooses in that process; none where that cannot be told.
fn data_folder(pid: u32, script: &str) -> Option<PathBuf> {
    let environment = Environment::of(pid)?;
    let in_container = environment
        .get("POWERSHELL_DISTRIBUTION_CHANNEL")
        .is_some_and(|channel| channel.to_string_lossy().starts_with("PSDocker"));
    if in_container {
        return Some(PathBuf::from("/config"));
    }
    if let Some(folder) = environment.get("APP_DATA").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(folder));
    }
    let script = processes::working_directory(pid)?.join(script);
    script.is_file().then(|| script.parent().map(Path::to_owned))?
}

/// The data folder an engine was given; none where that cannot be told.
fn engine_data_folder(pid: u32, command: &[String]) -> Option<PathBuf> {
    if let [_, _, flag, folder, ..] = command
        && flag == ENGINE_DATA_DIR
    {
        return Some(processes::working_directory(pid)?.join(folder));
    }
    let environment = Environment::of(pid)?;
    ["POSTERIZARRD_DATA_DIR", "APP_DATA"].into_iter().find_map(|name| environment.get(name).map(PathBuf::from))
}

/// The mode that the running file tells; version 3 of the script writes its own into it.
pub fn mode_in(running_file: &Path) -> Option<Mode> {
    let content = bounded::read(running_file, MAX_WORD_LENGTH).ok()?;
    Mode::from_name(String::from_utf8_lossy(&content).trim().to_lowercase().as_str())
}

/// More is no mode.
const MAX_WORD_LENGTH: u64 = 64;

/// The mode that the script's switches choose, in the script's order of precedence; none without a switch.
fn mode(command: &[String]) -> Option<Mode> {
    const SWITCHES: [(&str, Mode); 13] = [
        ("-manual", Mode::Manual),
        ("-testing", Mode::Testing),
        ("-tautulli", Mode::Tautulli),
        ("-arrtrigger", Mode::Arr),
        ("-backup", Mode::Backup),
        ("-restore", Mode::Restore),
        ("-syncjelly", Mode::SyncJelly),
        ("-syncemby", Mode::SyncEmby),
        ("-posterreset", Mode::Reset),
        ("-logoupdater", Mode::LogoUpdater),
        ("-logorevert", Mode::LogoRevert),
        ("-uischedule", Mode::Scheduled),
        ("-containerschedule", Mode::Scheduled),
    ];
    let given = |switch: &str| command.iter().any(|part| part.eq_ignore_ascii_case(switch));
    SWITCHES.into_iter().find(|(switch, _)| given(switch)).map(|(_, mode)| mode)
}

#[cfg(test)]
mod tests {
    use super::super::runner::RunnerChoice;
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_run_is_told_by_its_command_line() {
        let runner = Runner::new(
            RunnerChoice::Script,
            words("zsh {script}"),
            "/srv/app/run.zsh".into(),
            words("/usr/bin/posterizarrd engine --data-dir /data").into(),
        );
        for (line, expected) in [
            ("pwsh -File /app/Posterizarr.ps1 -Testing", Some("/app/Posterizarr.ps1")),
            ("/opt/microsoft/PowerShell/7/pwsh -File posterizarr.PS1", Some("posterizarr.PS1")),
            ("/bin/sh /usr/bin/pwsh -NoProfile /app/Posterizarr.ps1", Some("/app/Posterizarr.ps1")),
            ("/bin/zsh /srv/app/run.zsh -Backup", Some("/srv/app/run.zsh")),
            ("vim /srv/app/run.zsh", None),
            ("vim /app/Posterizarr.ps1", None),
            ("pwsh -NoProfile /app/Start.ps1", None),
            ("", None),
        ] {
            assert_eq!(script_argument(&words(line), &runner).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn the_mode_follows_the_scripts_precedence() {
        assert_eq!(mode(&words("pwsh -File x")), None);
        assert_eq!(mode(&words("pwsh -File x -PosterReset -manual -PicturePath p")), Some(Mode::Manual));
        assert_eq!(mode(&words("pwsh -File x -ContainerSchedule")), Some(Mode::Scheduled));
        assert_eq!(mode(&words("pwsh -File x -ArrTrigger -event Download")), Some(Mode::Arr));
    }

    #[test]
    fn the_running_file_tells_the_mode_of_a_command_line_without_switches() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Posterizarr.Running");
        assert_eq!(mode_in(&file), None);
        for (content, told) in [
            ("LogoUpdater", Some(Mode::LogoUpdater)),
            ("syncjelly \t \n", Some(Mode::SyncJelly)),
            ("", None),
            ("posterizarrd engine\n", None),
            (&"x".repeat(100), None),
        ] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(mode_in(&file), told, "{content}");
        }
    }
}
