//! The program that does the work: `Posterizarr.ps1` in its interpreter, or another one the user configured.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::view::{RunnerKind, RunnerState};

/// Where the script's path goes in the configured command.
const SCRIPT: &str = "{script}";

/// The configured program.
#[derive(Debug, Clone)]
pub struct Runner {
    command: Vec<String>,
    script: PathBuf,
}

impl Runner {
    /// `command` is the program with its leading arguments; `{script}` in it stands for the script's path.
    pub fn new(command: Vec<String>, script: PathBuf) -> Self {
        Self { command, script }
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
    pub fn command_line(&self, arguments: Vec<String>) -> Vec<String> {
        let script = self.script.to_string_lossy();
        let leading = self.command.iter().map(|part| part.replace(SCRIPT, &script));
        leading.chain(arguments).collect()
    }

    /// What can be told of it without starting it.
    pub fn state(&self) -> RunnerState {
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

    fn runner(command: &[&str], script: &Path) -> Runner {
        Runner::new(command.iter().map(|part| (*part).to_owned()).collect(), script.to_owned())
    }

    #[test]
    fn the_script_stands_where_the_command_says() {
        let pwsh = runner(&["pwsh", "-File", "{script}"], Path::new("/app/Posterizarr.ps1"));
        assert_eq!(pwsh.command_line(vec!["-Testing".into()]), ["pwsh", "-File", "/app/Posterizarr.ps1", "-Testing"]);
        assert!(pwsh.runs_script() && pwsh.script_missing());
        let other = runner(&["/bin/true"], Path::new("/app/Posterizarr.ps1"));
        assert_eq!(other.command_line(vec!["-Testing".into()]), ["/bin/true", "-Testing"]);
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
