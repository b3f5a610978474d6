//! `service install` and `service remove`: this one file as a service of systemd, with the user and folders it needs.
//!
//! What a package of the distribution does, for those who have only the program. Unit, user and folders are those of the
//! packages ([`UNIT`] and its neighbours); only the places differ: `/etc` and `/usr/local`, which belong to the
//! administrator. A removal leaves records, settings and artwork where they are.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use posterizarr_base::bounded;
use rustix::process::geteuid;

use super::exit::fail;

const UNIT: &str = include_str!("../../systemd/posterizarrd.service");
const USER: &str = include_str!("../../systemd/posterizarrd.sysusers");
const FOLDERS: &str = include_str!("../../systemd/posterizarrd.tmpfiles");
const SETTINGS: &str = include_str!("../../deploy/config.example.toml");

const PROGRAM: &str = "/usr/local/bin/posterizarrd";
const UNIT_FILE: &str = "/etc/systemd/system/posterizarrd.service";
const USER_FILE: &str = "/etc/sysusers.d/posterizarrd.conf";
const FOLDERS_FILE: &str = "/etc/tmpfiles.d/posterizarrd.conf";
const SETTINGS_FILE: &str = "/etc/posterizarrd/posterizarrd.toml";
const DATA: &str = "/var/lib/posterizarrd";
/// Where packages have their unit.
const PACKAGED: &str = "/usr/lib/systemd/system/posterizarrd.service";
/// Is there where systemd is the init system.
const BOOTED: &str = "/run/systemd/system";

/// What a unit, or the settings, may be at most; larger ones are not ours.
const MAX_TEXT_SIZE: u64 = 1024 * 1024;

/// Where it is done, and whether it is done at all.
pub struct InstallRoot {
    /// The folder that stands for `/`. With another one only files are written, and no command is run.
    pub root: PathBuf,
    /// Tells what would be done.
    pub dry_run: bool,
}

/// One thing that is done. Its text is what the user reads.
enum Step {
    /// Copies this program.
    Program { from: PathBuf },
    /// Writes a file that is ours; one with other contents is kept beside it.
    Write { path: &'static str, content: String },
    /// Writes a file of the administrator's, unless there is one.
    Provide { path: &'static str, content: String },
    /// Removes a file.
    Remove { path: &'static str },
    /// Runs a command.
    Run { words: &'static [&'static str] },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program { from } => write!(f, "copy {} to {PROGRAM}", from.display()),
            Self::Write { path, .. } => write!(f, "write {path}"),
            Self::Provide { path, .. } => write!(f, "write {path}, unless it is there"),
            Self::Remove { path } => write!(f, "remove {path}"),
            Self::Run { words } => write!(f, "run {}", words.join(" ")),
        }
    }
}

/// Installs the service and starts it.
pub fn install(place: &InstallRoot) -> ExitCode {
    let steps = || -> io::Result<Vec<Step>> {
        if place.has(PACKAGED)? {
            return Err(io::Error::other(format!(
                "{PACKAGED} is there: the package posterizarrd is installed and has its own service; remove it first, or \
                 start that one with: systemctl enable --now posterizarrd"
            )));
        }
        Ok(installation(std::env::current_exe()?, place))
    };
    if let Err(error) = steps().and_then(|steps| place.go(&steps)) {
        return fail(&error);
    }
    if place.dry_run {
        return ExitCode::SUCCESS;
    }
    if place.is_booted() {
        println!("posterizarrd runs: see `systemctl status posterizarrd` and http://127.0.0.1:8000");
    } else {
        println!("systemd does not run here; where it does: systemctl enable --now posterizarrd");
    }
    println!("artwork outside of {DATA} needs a drop-in: see the head of {UNIT_FILE}");
    ExitCode::SUCCESS
}

/// Stops the service and removes what [`install`] put in place, but neither records nor settings.
pub fn remove(place: &InstallRoot) -> ExitCode {
    let work = || {
        if !place.has(UNIT_FILE)? {
            return Err(io::Error::other(format!(
                "{UNIT_FILE} is not there: no service was installed by `posterizarrd service install`; one that came \
                 with a package goes with the package"
            )));
        }
        place.go(&removal(place))
    };
    match work() {
        Ok(()) => {
            println!(
                "left where they are: {DATA} (records, configuration, artwork), /etc/posterizarrd, user posterizarrd"
            );
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn installation(program: PathBuf, place: &InstallRoot) -> Vec<Step> {
    let mut steps = Vec::new();
    if program != place.at(PROGRAM) {
        steps.push(Step::Program { from: program });
    }
    steps.extend([
        Step::Write { path: USER_FILE, content: USER.to_owned() },
        Step::Write { path: FOLDERS_FILE, content: FOLDERS.to_owned() },
        Step::Write { path: UNIT_FILE, content: UNIT.replace("/usr/bin/posterizarrd", PROGRAM) },
    ]);
    if place.is_this_machine() {
        steps.push(Step::Run { words: &["systemd-sysusers", USER_FILE] });
        steps.push(Step::Run { words: &["systemd-tmpfiles", "--create", FOLDERS_FILE] });
    }
    // So that commands find the data folder where systemd does not name it.
    let settings = SETTINGS.replace("# data_dir =", "data_dir =");
    steps.push(Step::Provide { path: SETTINGS_FILE, content: settings });
    if place.is_booted() {
        steps.push(Step::Run { words: &["systemctl", "daemon-reload"] });
        steps.push(Step::Run { words: &["systemctl", "enable", "posterizarrd.service"] });
        // Not `start`: an upgrade is an installation over the earlier one.
        steps.push(Step::Run { words: &["systemctl", "restart", "posterizarrd.service"] });
    }
    steps
}

fn removal(place: &InstallRoot) -> Vec<Step> {
    let mut steps = Vec::new();
    if place.is_booted() {
        steps.push(Step::Run { words: &["systemctl", "disable", "--now", "posterizarrd.service"] });
    }
    steps.extend([UNIT_FILE, FOLDERS_FILE, USER_FILE, PROGRAM].map(|path| Step::Remove { path }));
    if place.is_booted() {
        steps.push(Step::Run { words: &["systemctl", "daemon-reload"] });
    }
    steps
}

impl InstallRoot {
    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    fn is_booted(&self) -> bool {
        // What cannot be looked at is no running systemd.
        self.is_this_machine() && self.has(BOOTED).unwrap_or(false)
    }

    fn has(&self, path: &str) -> io::Result<bool> {
        fs::exists(self.at(path))
    }

    fn go(&self, steps: &[Step]) -> io::Result<()> {
        if self.is_this_machine() && !self.dry_run && !geteuid().is_root() {
            return Err(io::Error::other("a service can only be installed and removed by root; put sudo before it"));
        }
        for step in steps {
            println!("{step}");
            if !self.dry_run {
                self.step(step).map_err(|error| io::Error::new(error.kind(), format!("cannot {step}: {error}")))?;
            }
        }
        Ok(())
    }

    fn step(&self, step: &Step) -> io::Result<()> {
        match step {
            Step::Program { from } => self.program(from),
            Step::Write { path, content } => write(&self.at(path), content),
            Step::Provide { path, content } => provide(&self.at(path), content, &self.at(DATA)),
            Step::Remove { path } => match fs::remove_file(self.at(path)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            Step::Run { words } => run(words),
        }
    }

    fn program(&self, from: &Path) -> io::Result<()> {
        let to = self.at(PROGRAM);
        // Beside it and then renamed: the one that runs cannot be written over.
        let fresh = to.with_extension("new");
        make_parents(&to)?;
        fs::copy(from, &fresh)?;
        fs::set_permissions(&fresh, PermissionsExt::from_mode(0o755))?;
        fs::rename(fresh, to)
    }
}

fn write(path: &Path, content: &str) -> io::Result<()> {
    match bounded::read(path, MAX_TEXT_SIZE) {
        Ok(there) if there == content.as_bytes() => return Ok(()),
        Ok(_) => {
            let kept = path.with_extension("before");
            fs::rename(path, &kept)?;
            println!("  what was there is now {}", kept.display());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_parents(path)?,
        Err(error) => return Err(error),
    }
    fs::write(path, content)?;
    fs::set_permissions(path, PermissionsExt::from_mode(0o644))
}

/// It may come to hold secrets: it is for the daemon's eyes only, whose user is the owner of the data folder.
fn provide(path: &Path, content: &str, data: &Path) -> io::Result<()> {
    make_parents(path)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            if let Ok(data) = fs::metadata(data) {
                fchown(&file, Some(data.uid()), Some(data.gid()))?;
            }
            file.write_all(content.as_bytes())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn make_parents(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn run(words: &[&str]) -> io::Result<()> {
    let [program, arguments @ ..] = words else { return Ok(()) };
    let status = Command::new(program).args(arguments).status().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::new(error.kind(), "there is no such command; is systemd installed?"),
        _ => error,
    })?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, InstallRoot) {
        let folder = tempfile::tempdir().unwrap();
        let place = InstallRoot { root: folder.path().to_owned(), dry_run: false };
        (folder, place)
    }

    fn install_into(place: &InstallRoot) {
        let program = place.root.join("downloaded");
        fs::write(&program, "the program").unwrap();
        place.go(&installation(program, place)).unwrap();
    }

    #[test]
    fn the_unit_starts_the_program_that_was_copied() {
        let (_folder, place) = place();
        install_into(&place);
        let unit = fs::read_to_string(place.at(UNIT_FILE)).unwrap();
        assert!(unit.contains("ExecStart=/usr/local/bin/posterizarrd serve"), "{unit}");
        assert!(!unit.contains("/usr/bin/posterizarrd"), "{unit}");
        assert_eq!(fs::read_to_string(place.at(PROGRAM)).unwrap(), "the program");
        assert_eq!(fs::metadata(place.at(PROGRAM)).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn settings_are_for_the_daemon_only_and_name_the_data_folder() {
        let (_folder, place) = place();
        install_into(&place);
        let settings = fs::read_to_string(place.at(SETTINGS_FILE)).unwrap();
        assert!(settings.lines().any(|line| line == format!("data_dir = {DATA:?}")), "{settings}");
        assert_eq!(fs::metadata(place.at(SETTINGS_FILE)).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_second_installation_keeps_settings_and_a_unit_that_was_changed() {
        let (_folder, place) = place();
        install_into(&place);
        fs::write(place.at(SETTINGS_FILE), "mine").unwrap();
        fs::write(place.at(UNIT_FILE), "my unit").unwrap();
        install_into(&place);
        assert_eq!(fs::read_to_string(place.at(SETTINGS_FILE)).unwrap(), "mine");
        assert_eq!(fs::read_to_string(place.at(UNIT_FILE).with_extension("before")).unwrap(), "my unit");
        assert!(fs::read_to_string(place.at(UNIT_FILE)).unwrap().contains("ExecStart="));
    }

    #[test]
    fn a_removal_takes_away_what_was_installed_but_no_settings() {
        let (_folder, place) = place();
        install_into(&place);
        fs::create_dir_all(place.at(DATA)).unwrap();
        place.go(&removal(&place)).unwrap();
        for gone in [UNIT_FILE, USER_FILE, FOLDERS_FILE, PROGRAM] {
            assert!(!place.has(gone).unwrap(), "{gone}");
        }
        assert!(place.has(SETTINGS_FILE).unwrap() && place.has(DATA).unwrap());
    }

    #[test]
    fn a_rehearsal_writes_nothing() {
        let (folder, place) = place();
        let place = InstallRoot { dry_run: true, ..place };
        place.go(&installation(PathBuf::from("/nowhere"), &place)).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
