//! The program that does the work: `Posterizarr.ps1` in its interpreter, another one the user configured, or our own engine.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::arguments::InvalidRequest;
use super::messages::StartError;
use super::view::{RunnerKind, RunnerState};
use crate::runs::Mode;

/// The sub-command of this program that is the engine.
pub const ENGINE_SUBCOMMAND: &str = "engine";
/// The engine's own flag, which comes before the arguments of a run; its value is the data folder.
pub const ENGINE_DATA_DIR: &str = "--data-dir";

/// Where the script's path goes in the configured command.
const SCRIPT: &str = "{script}";

/// Which runner the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunnerChoice {
    /// The configured command where it can run, else the engine for what it can do.
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
    /// The engine.
    Engine,
}

/// The configured program, and the engine that stands in for it.
#[derive(Debug, Clone)]
pub struct Runner {
    choice: RunnerChoice,
    command: Vec<String>,
    script: PathBuf,
    engine: Vec<String>,
}

impl Runner {
    /// `command` is the program with its leading arguments; `{script}` in it stands for the script's path; `engine`
    /// is the engine with its leading arguments.
    pub fn new(choice: RunnerChoice, command: Vec<String>, script: PathBuf, engine: Vec<String>) -> Self {
        Self { choice, command, script, engine }
    }

    /// Who would do a run in this mode; an error where nobody can.
    pub fn way(&self, mode: Mode) -> Result<Way, StartError> {
        let engine = || match has_mode(mode) {
            true => Ok(Way::Engine),
            false => Err(InvalidRequest::NotInEngine(mode).into()),
        };
        match self.choice {
            RunnerChoice::Native => engine(),
            RunnerChoice::Script if self.script_missing() => Err(StartError::ScriptMissing),
            RunnerChoice::Script => Ok(Way::Command),
            RunnerChoice::Auto if self.script_missing() => engine(),
            // A script whose interpreter is missing: who asks for what only it can do is told of the interpreter.
            RunnerChoice::Auto if self.runs_script() && !self.installed() && has_mode(mode) => engine(),
            RunnerChoice::Auto => Ok(Way::Command),
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
        word == ENGINE_SUBCOMMAND && self.engine.first().is_some_and(|own| name(own) == name(program))
    }

    /// Whether it runs the script, with all that follows: result files, the running file, its own log.
    pub fn runs_script(&self) -> bool {
        self.command.iter().any(|part| part.contains(SCRIPT))
    }

    /// Whether the script that it would run is not there.
    pub fn script_missing(&self) -> bool {
        self.runs_script() && !self.script.is_file()
    }

    /// The script.
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
            return self.engine.iter().cloned().chain(arguments).collect();
        }
        let script = self.script.to_string_lossy();
        let leading = self.command.iter().map(|part| part.replace(SCRIPT, &script));
        leading.chain(arguments).collect()
    }

    /// What can be told of it without starting it.
    pub fn state(&self) -> RunnerState {
        let command = self.command_state();
        let native = match self.choice {
            RunnerChoice::Native => true,
            RunnerChoice::Script => false,
            RunnerChoice::Auto => self.runs_script() && !command.available,
        };
        if !native {
            return command;
        }
        RunnerState {
            kind: RunnerKind::Native,
            available: true,
            reason: command.reason.filter(|_| self.choice == RunnerChoice::Auto),
            command: self.engine.clone(),
            modes: Some(Mode::ALL.into_iter().filter(|mode| has_mode(*mode)).collect()),
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

/// Whether the engine has this mode.
fn has_mode(mode: Mode) -> bool {
    posterizarr_engine::arguments::MODES.contains(&mode.name())
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(choice: RunnerChoice, command: &[&str], script: &Path) -> Runner {
        let command = command.iter().map(|part| (*part).to_owned()).collect();
        let engine = ["/usr/bin/posterizarrd", ENGINE_SUBCOMMAND, ENGINE_DATA_DIR, "/data"].map(str::to_owned).to_vec();
        Runner::new(choice, command, script.to_owned(), engine)
    }

    fn runner(command: &[&str], script: &Path) -> Runner {
        chosen(RunnerChoice::Script, command, script)
    }

    #[test]
    fn the_engine_stands_in_where_the_script_cannot_run() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("Posterizarr.ps1");
        let way = |choice, program: &str, mode| chosen(choice, &[program, "{script}"], &script).way(mode);
        let not_in_engine = |way| matches!(way, Err(StartError::Invalid(InvalidRequest::NotInEngine(_))));
        // No script at all.
        assert!(matches!(way(RunnerChoice::Auto, "sh", Mode::Testing), Ok(Way::Engine)));
        assert!(not_in_engine(way(RunnerChoice::Auto, "sh", Mode::Normal)));
        assert!(matches!(way(RunnerChoice::Script, "sh", Mode::Testing), Err(StartError::ScriptMissing)));
        std::fs::write(&script, "").unwrap();
        // A script without its interpreter: the start then tells of the interpreter.
        assert!(matches!(way(RunnerChoice::Auto, "no-such-program", Mode::Manual), Ok(Way::Engine)));
        assert!(matches!(way(RunnerChoice::Auto, "no-such-program", Mode::Normal), Ok(Way::Command)));
        // Both.
        assert!(matches!(way(RunnerChoice::Auto, "sh", Mode::Testing), Ok(Way::Command)));
        assert!(matches!(way(RunnerChoice::Native, "sh", Mode::Testing), Ok(Way::Engine)));
        assert!(not_in_engine(way(RunnerChoice::Native, "sh", Mode::Normal)));
    }

    #[test]
    fn what_stands_in_is_told_with_what_it_can_do_and_why() {
        let state = chosen(RunnerChoice::Auto, &["sh", "{script}"], Path::new("/nowhere/Posterizarr.ps1")).state();
        assert_eq!((state.kind, state.available), (RunnerKind::Native, true));
        assert_eq!(state.modes, Some(vec![Mode::Testing, Mode::Manual]));
        assert!(state.reason.is_some_and(|reason| reason.starts_with("/nowhere/Posterizarr.ps1 not found")));
        let other = chosen(RunnerChoice::Auto, &["/bin/true"], Path::new("/nowhere")).state();
        assert_eq!(
            (other.kind, other.available),
            (RunnerKind::Command, true),
            "a program of the user's own is left in its place"
        );
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
