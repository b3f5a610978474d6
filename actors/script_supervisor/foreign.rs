//! Runs of the script that this daemon did not start: from a shell, from the old backend, from a cron job.
//!
//! A process counts when its command line has PowerShell and `posterizarr.ps1` in it (or the configured program and the
//! configured script), unless it certainly works on another data folder: several installations may share a machine.

use std::path::{Path, PathBuf};

use super::processes::{self, Environment};
use super::runner::{ENGINE_DATA_DIR, Runner};
use crate::runs::Mode;

/// A process that runs the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its process id.
    pub pid: u32,
    /// What it does, as far as its command line tells.
    pub mode: Mode,
}

/// Looks for a process that runs the script on the data folder.
pub fn find(runner: &Runner, data: &Path) -> Option<Found> {
    processes::all().find_map(|pid| {
        let command = processes::command_line(pid);
        let folder = if runner.is_engine(&command) {
            engine_data_folder(pid, &command)
        } else {
            data_folder(pid, &script_argument(&command, runner)?)
        };
        let elsewhere = folder.is_some_and(|folder| !processes::same_place(&folder, data));
        (!elsewhere && processes::is_alive(pid)).then(|| Found { pid, mode: mode(&command) })
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

/// The mode that the script's switches choose, in the script's order of precedence.
fn mode(command: &[String]) -> Mode {
    const SWITCHES: [(&str, Mode); 10] = [
        ("-manual", Mode::Manual),
        ("-testing", Mode::Testing),
        ("-tautulli", Mode::Tautulli),
        ("-arrtrigger", Mode::Arr),
        ("-backup", Mode::Backup),
        ("-syncjelly", Mode::SyncJelly),
        ("-syncemby", Mode::SyncEmby),
        ("-posterreset", Mode::Reset),
        ("-uischedule", Mode::Scheduled),
        ("-containerschedule", Mode::Scheduled),
    ];
    let given = |switch: &str| command.iter().any(|part| part.eq_ignore_ascii_case(switch));
    SWITCHES.into_iter().find(|(switch, _)| given(switch)).map_or(Mode::Normal, |(_, mode)| mode)
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
            words("/usr/bin/posterizarrd engine --data-dir /data"),
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
        assert_eq!(mode(&words("pwsh -File x")), Mode::Normal);
        assert_eq!(mode(&words("pwsh -File x -PosterReset -manual -PicturePath p")), Mode::Manual);
        assert_eq!(mode(&words("pwsh -File x -ContainerSchedule")), Mode::Scheduled);
        assert_eq!(mode(&words("pwsh -File x -ArrTrigger -event Download")), Mode::Arr);
    }
}
