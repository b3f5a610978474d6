//! The program that does the work: `Posterizarr.ps1` in its interpreter, another one the user configured, or our own engine.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use posterizarr_base::said::{Params, Said};

use super::arguments::{InvalidRequest, RunRequest};
use super::fault::StartError;
use super::view::{RunnerKind, RunnerState};
use crate::runs::Mode;
use crate::runtime::view::View;

/// The sub-command of this program that is the engine.
pub const ENGINE_SUBCOMMAND: &str = "engine";
/// The engine's own flag, which comes before the arguments of a run; its value is the data folder.
pub const ENGINE_DATA_DIR: &str = "--data-dir";

/// Where the script's path goes in the configured command.
const SCRIPT: &str = "{script}";

/// Which runner the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunnerChoice {
    /// The configured command where it can run, else the engine.
    #[default]
    Auto,
    /// The configured command.
    Script,
    /// The engine.
    Native,
}

/// Who does one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The configured command.
    Command,
    Engine,
}

/// Who reads `config.json` in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reader {
    /// The engine, which knows all keys; or a program of which nothing is known.
    #[default]
    Other,
    /// Version 2 of the script.
    Script2,
    /// Version 3.
    Script3,
}

/// The configured program, and the engine that stands in for it.
#[derive(Debug, Clone)]
pub struct Runner {
    choice: RunnerChoice,
    command: Vec<String>,
    script: PathBuf,
    engine: EngineCommand,
}

/// The engine: its program with the arguments that stay, then flags, which may be others at each run.
#[derive(Debug, Clone)]
pub struct EngineCommand {
    pub fixed: Vec<String>,
    pub flags: View<Vec<String>>,
}

impl From<Vec<String>> for EngineCommand {
    /// One without flags.
    fn from(fixed: Vec<String>) -> Self {
        Self { fixed, flags: View::default() }
    }
}

impl EngineCommand {
    fn words(&self) -> Vec<String> {
        self.fixed.iter().chain(self.flags.get().iter()).cloned().collect()
    }
}

impl Runner {
    /// `command` is the program with its leading arguments; `{script}` in it stands for the script's path.
    pub fn new(choice: RunnerChoice, command: Vec<String>, script: PathBuf, engine: EngineCommand) -> Self {
        Self { choice, command, script, engine }
    }

    /// Who would do this run; an error where nobody can.
    pub fn way_of(&self, request: &RunRequest) -> Result<Way, StartError> {
        // A dry run changes nothing, whoever does the runs that do.
        if request.is_dry_run() {
            return Ok(Way::Engine);
        }
        if request.is_native_only() && !self.prefers_engine() {
            return Err(InvalidRequest::OnlyNative(request.mode()).into());
        }
        if request.is_3x() && !self.prefers_engine() && !self.script_is_3x() {
            return Err(InvalidRequest::NeedsVersion3(request.mode()).into());
        }
        self.way()
    }

    /// Whether the script is of version 3 or later: from then on its modes are files beside it.
    fn script_is_3x(&self) -> bool {
        let modes = self.script.parent().map(|folder| folder.join("modules").join("modes"));
        self.runs_script() && modes.is_some_and(|modes| modes.is_dir())
    }

    /// Who reads `config.json` in a run.
    pub fn reader(&self) -> Reader {
        match () {
            () if self.prefers_engine() || self.script_missing() || !self.runs_script() => Reader::Other,
            () if self.script_is_3x() => Reader::Script3,
            () => Reader::Script2,
        }
    }

    /// Whether runs are the engine's.
    fn prefers_engine(&self) -> bool {
        match self.choice {
            RunnerChoice::Native => true,
            RunnerChoice::Script => false,
            RunnerChoice::Auto => self.runs_script() && !self.command_state().available,
        }
    }

    /// Who does the runs, and why, in a sentence for people.
    fn why(&self, command: &RunnerState) -> (Said, String) {
        let (code, english) = match (self.choice, &command.reason) {
            (RunnerChoice::Native, _) => {
                ("native_chosen", "the built-in engine does the runs, because runner.kind is native")
            }
            (RunnerChoice::Script, _) if self.runs_script() => {
                ("script_chosen", "{script} does the runs, because runner.kind is script")
            }
            (RunnerChoice::Script, _) => {
                ("command_chosen", "the configured command does the runs, because runner.kind is script")
            }
            (RunnerChoice::Auto, _) if !self.runs_script() => (
                "command_without_script",
                "the configured command does the runs, because runner.command names no script",
            ),
            (RunnerChoice::Auto, None) => (
                "script_there",
                "{script} does the runs, because it and {program} are there; set runner.kind to native for the built-in engine",
            ),
            (RunnerChoice::Auto, Some(_)) if self.script_missing() => {
                ("script_missing", "the built-in engine does the runs, because {script} was not found")
            }
            (RunnerChoice::Auto, Some(_)) => {
                ("program_missing", "the built-in engine does the runs, because {program} was not found")
            }
        };
        let said = Said::new(code, [("script", &self.script.display()), ("program", &self.program())]);
        let english = said.english(english);
        (said, english)
    }

    /// Who does the runs that both can do; an error where nobody can.
    fn way(&self) -> Result<Way, StartError> {
        match self.choice {
            RunnerChoice::Script if self.script_missing() => Err(StartError::ScriptMissing),
            _ if self.prefers_engine() => Ok(Way::Engine),
            _ => Ok(Way::Command),
        }
    }

    /// Whether no run could start for want of the script, whatever its mode.
    pub fn needs_script(&self) -> bool {
        self.choice == RunnerChoice::Script && self.script_missing()
    }

    /// Whether a process with this command line is an engine.
    pub fn is_engine(&self, command: &[String]) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let [program, word, ..] = command else { return false };
        word == ENGINE_SUBCOMMAND && self.engine.fixed.first().is_some_and(|own| name(own) == name(program))
    }

    /// Whether it runs the script, with all that follows: result files, the running file, its own log.
    pub fn runs_script(&self) -> bool {
        self.command.iter().any(|part| part.contains(SCRIPT))
    }

    /// Whether the script that it would run is not there.
    pub fn script_missing(&self) -> bool {
        self.runs_script() && !self.script.is_file()
    }

    pub fn script(&self) -> &Path {
        &self.script
    }

    /// The program as configured: a name, or a path.
    pub fn program(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }

    /// The program and all arguments of a run.
    pub fn command_line(&self, way: Way, arguments: Vec<String>) -> Vec<String> {
        if way == Way::Engine {
            return self.engine.words().into_iter().chain(arguments).collect();
        }
        let script = self.script.to_string_lossy();
        let leading = self.command.iter().map(|part| part.replace(SCRIPT, &script));
        leading.chain(arguments).collect()
    }

    /// What can be told of it without starting it.
    pub fn state(&self) -> RunnerState {
        let command = self.command_state();
        let (Said { code: why_code, params: why_params }, why) = self.why(&command);
        if !self.prefers_engine() {
            return RunnerState { why, why_code, why_params, ..command };
        }
        RunnerState {
            kind: RunnerKind::Native,
            why,
            why_code,
            why_params,
            available: true,
            reason: command.reason.filter(|_| self.choice == RunnerChoice::Auto),
            command: self.engine.words(),
            modes: Some(Mode::ALL.to_vec()),
        }
    }

    fn command_state(&self) -> RunnerState {
        let reason = if self.script_missing() {
            Some(format!("{} not found; put the script there, or set the app folder", self.script.display()))
        } else if self.installed() {
            None
        } else {
            Some(self.not_installed())
        };
        RunnerState {
            kind: if self.runs_script() { RunnerKind::Script } else { RunnerKind::Command },
            available: reason.is_none(),
            reason,
            why: String::new(),
            why_code: "",
            why_params: Params::new(),
            command: self.command.clone(),
            modes: None,
        }
    }

    fn not_installed(&self) -> String {
        match self.program() {
            "pwsh" => "pwsh not found; install PowerShell 7 or newer, and see that it is in PATH".to_owned(),
            program => format!("{program} not found; set runner.command to a program that is there"),
        }
    }

    fn installed(&self) -> bool {
        let program = self.program();
        if program.contains('/') {
            return is_executable(Path::new(program));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        !program.is_empty() && std::env::split_paths(&path).any(|folder| is_executable(&folder.join(program)))
    }
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(choice: RunnerChoice, command: &[&str], script: &Path) -> Runner {
        let command = command.iter().map(|part| (*part).to_owned()).collect();
        let fixed = ["/usr/bin/posterizarrd", ENGINE_SUBCOMMAND, ENGINE_DATA_DIR, "/data"].map(str::to_owned).to_vec();
        Runner::new(choice, command, script.to_owned(), fixed.into())
    }

    fn runner(command: &[&str], script: &Path) -> Runner {
        chosen(RunnerChoice::Script, command, script)
    }

    #[test]
    fn the_engine_stands_in_where_the_script_cannot_run() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("Posterizarr.ps1");
        let way = |choice, program: &str| chosen(choice, &[program, "{script}"], &script).way();
        // No script at all.
        assert!(matches!(way(RunnerChoice::Auto, "sh"), Ok(Way::Engine)));
        assert!(matches!(way(RunnerChoice::Script, "sh"), Err(StartError::ScriptMissing)));
        std::fs::write(&script, "").unwrap();
        // A script without its interpreter.
        assert!(matches!(way(RunnerChoice::Auto, "no-such-program"), Ok(Way::Engine)));
        // Both.
        assert!(matches!(way(RunnerChoice::Auto, "sh"), Ok(Way::Command)));
        assert!(matches!(way(RunnerChoice::Native, "sh"), Ok(Way::Engine)));
    }

    #[test]
    fn what_stands_in_is_told_with_what_it_can_do_and_why() {
        let state = chosen(RunnerChoice::Auto, &["sh", "{script}"], Path::new("/nowhere/Posterizarr.ps1")).state();
        assert_eq!((state.kind, state.available), (RunnerKind::Native, true));
        assert_eq!(state.modes, Some(Mode::ALL.to_vec()));
        assert!(state.reason.is_some_and(|reason| reason.starts_with("/nowhere/Posterizarr.ps1 not found")));
        let other = chosen(RunnerChoice::Auto, &["/bin/true"], Path::new("/nowhere")).state();
        assert_eq!(
            (other.kind, other.available),
            (RunnerKind::Command, true),
            "a program of the user's own is left in its place"
        );
    }

    #[test]
    fn who_does_the_runs_is_told_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("Posterizarr.ps1");
        let why = |choice, program: &str| chosen(choice, &[program, "{script}"], &script).state().why;
        let gone = why(RunnerChoice::Auto, "sh");
        assert!(gone.starts_with("the built-in engine does the runs, because /"), "{gone}");
        assert!(gone.ends_with("Posterizarr.ps1 was not found"), "{gone}");
        std::fs::write(&script, "").unwrap();
        let there = why(RunnerChoice::Auto, "sh");
        assert!(there.contains("because it and sh are there; set runner.kind to native"), "{there}");
        let gone = why(RunnerChoice::Auto, "no-such-program");
        assert_eq!(gone, "the built-in engine does the runs, because no-such-program was not found");
        assert!(why(RunnerChoice::Native, "sh").ends_with("because runner.kind is native"));
        assert!(why(RunnerChoice::Script, "sh").ends_with("because runner.kind is script"));
    }

    #[test]
    fn a_dry_run_is_always_the_engines_and_what_only_it_can_do_is_not_done_beside_the_script() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("Posterizarr.ps1");
        std::fs::write(&script, "").unwrap();
        let (restyle, normal) = (RunRequest::restyle(None).unwrap(), RunRequest::plain("normal").unwrap());
        let rehearsal = normal.clone().dry_run().unwrap();
        for choice in [RunnerChoice::Auto, RunnerChoice::Script] {
            let runner = chosen(choice, &["sh", "{script}"], &script);
            assert!(matches!(runner.way_of(&rehearsal), Ok(Way::Engine)), "{choice:?}");
            assert!(matches!(runner.way_of(&normal), Ok(Way::Command)), "{choice:?}");
            let refused = runner.way_of(&restyle);
            assert!(
                matches!(refused, Err(StartError::Invalid(InvalidRequest::OnlyNative(Mode::Restyle)))),
                "{choice:?}"
            );
        }
        assert!(matches!(chosen(RunnerChoice::Native, &["sh", "{script}"], &script).way_of(&restyle), Ok(Way::Engine)));
        assert!(matches!(
            chosen(RunnerChoice::Auto, &["no-such", "{script}"], &script).way_of(&restyle),
            Ok(Way::Engine)
        ));
    }

    #[test]
    fn the_script_restores_and_sets_logos_from_version_3_on() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("Posterizarr.ps1");
        std::fs::write(&script, "").unwrap();
        let requests = [
            RunRequest::restore(None, None, None).unwrap(),
            RunRequest::logos("all", super::super::arguments::LogoChange::Fill).unwrap(),
        ];
        let way = |choice, request| chosen(choice, &["sh", "{script}"], &script).way_of(request);
        for request in &requests {
            let refused = way(RunnerChoice::Auto, request);
            assert!(matches!(refused, Err(StartError::Invalid(InvalidRequest::NeedsVersion3(_)))), "{refused:?}");
            assert!(matches!(way(RunnerChoice::Native, request), Ok(Way::Engine)));
        }
        std::fs::create_dir_all(folder.path().join("modules/modes")).unwrap();
        for request in &requests {
            assert!(matches!(way(RunnerChoice::Auto, request), Ok(Way::Command)));
            // Another program than the script knows nothing of it, whatever lies about.
            let other = chosen(RunnerChoice::Script, &["/bin/true"], &script).way_of(request);
            assert!(matches!(other, Err(StartError::Invalid(InvalidRequest::NeedsVersion3(_)))), "{other:?}");
        }
    }

    #[test]
    fn each_run_has_the_flags_of_its_time() {
        let runner = chosen(RunnerChoice::Native, &["sh"], Path::new("/nowhere"));
        runner.engine.flags.publish(vec!["--drawing-legibility".into(), "on".into()]);
        let words = runner.command_line(Way::Engine, vec!["-Testing".into()]);
        assert_eq!(words[4..], ["--drawing-legibility", "on", "-Testing"]);
    }

    #[test]
    fn an_engine_is_known_by_its_command_line() {
        let runner = runner(&["sh", "{script}"], Path::new("/s"));
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(runner.is_engine(&runner.command_line(Way::Engine, vec!["-Testing".into()])));
        assert!(runner.is_engine(&words("posterizarrd engine -Testing")));
        assert!(!runner.is_engine(&words("posterizarrd serve")) && !runner.is_engine(&words("game engine")));
    }

    #[test]
    fn the_script_stands_where_the_command_says() {
        let pwsh = runner(&["pwsh", "-File", "{script}"], Path::new("/app/Posterizarr.ps1"));
        assert_eq!(
            pwsh.command_line(Way::Command, vec!["-Testing".into()]),
            ["pwsh", "-File", "/app/Posterizarr.ps1", "-Testing"]
        );
        assert!(pwsh.runs_script() && pwsh.script_missing());
        let other = runner(&["/bin/true"], Path::new("/app/Posterizarr.ps1"));
        assert_eq!(other.command_line(Way::Command, vec!["-Testing".into()]), ["/bin/true", "-Testing"]);
        assert!(!other.runs_script() && !other.script_missing());
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("Posterizarr.ps1");
        let gone = runner(&["sh", "{script}"], &script).state().reason.unwrap();
        assert!(gone.starts_with(&format!("{} not found", script.display())), "{gone}");
        std::fs::write(&script, "").unwrap();
        assert_eq!(runner(&["sh", "{script}"], &script).state().reason, None);
        let gone = runner(&["no-such-program", "{script}"], &script).state().reason.unwrap();
        assert!(gone.starts_with("no-such-program not found"), "{gone}");
        assert!(!runner(&[script.to_str().unwrap()], &script).state().available, "a file that may not be executed");
    }
}
