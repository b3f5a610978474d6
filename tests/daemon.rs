//! The real binary: start, stop, signals, exit codes, what it leaves on disk and tells the service manager.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

mod runs;

pub const BINARY: &str = env!("CARGO_BIN_EXE_posterizarrd");
/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A daemon of its own process, killed when dropped.
pub struct Daemon {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<std::thread::JoinHandle<()>>,
    /// Where it answers, without a slash at the end.
    pub url: String,
}

impl Daemon {
    /// Starts the daemon on this data folder, and waits until it says that it is up.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(command(BINARY, folder))
    }

    /// Starts what the test has prepared.
    pub fn start_with(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (lines, stderr) = (log.clone(), BufReader::new(child.stderr.take().unwrap()));
        let reader =
            std::thread::spawn(move || stderr.lines().for_each(|line| lines.lock().unwrap().push(line.unwrap())));
        let mut daemon = Self { child, log, reader: Some(reader), url: String::new() };
        let line = daemon.wait_for_line("posterizarrd is up");
        let from = line.find("http://").unwrap();
        let url = line[from..].split([' ', '"']).next().unwrap();
        daemon.url = url.trim_end_matches('/').to_owned();
        daemon
    }

    /// What it said on the console so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits for a line of the console log that contains `text`.
    pub fn wait_for_line(&mut self, text: &str) -> String {
        within("a line that says it", || {
            if let Some(line) = self.log().into_iter().find(|line| line.contains(text)) {
                return Some(line);
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended without saying {text:?}: {:#?}", self.log());
            None
        })
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Asks for a path; the answer does not matter.
    pub fn get(&self, path: &str) {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }

    /// Sends a request without a body and gives the JSON it is answered with.
    pub fn json(&self, method: &str, path: &str) -> serde_json::Value {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end, and for the last line it said.
    pub fn ended(&mut self) -> ExitStatus {
        let status = within("its end", || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary on a data folder, any free port, and nothing of this machine's environment.
pub fn command(binary: impl AsRef<Path>, folder: &Path) -> Command {
    let mut command = Command::new(binary.as_ref());
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("APP_DATA", folder).env("POSTERIZARRD_BIND", "127.0.0.1:0");
    command
}

/// Runs a command of the binary to its end.
pub fn outcome(folder: &Path, arguments: &[&str]) -> Output {
    command(BINARY, folder).args(arguments).output().unwrap()
}

/// Waits until `condition` gives a value.
pub fn within<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command said on standard error, which must be one line.
fn one_line(output: &Output) -> String {
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn it_starts_on_an_empty_folder_and_ends_well_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/data");
    let mut daemon = Daemon::start(&data);
    for name in ["Logs", "temp", "test", "UILogs", "uploads", "fontpreviews", "database", "Overlayfiles", "watcher"] {
        assert!(data.join(name).is_dir(), "{name}");
    }
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(data.join("config.json")).unwrap()).unwrap();
    let sections = config.as_object().unwrap();
    assert_eq!(sections.values().map(|section| section.as_object().unwrap().len()).sum::<usize>(), 263);
    assert_eq!(sections.len(), 17);
    let start = daemon.wait_for_line("posterizarrd is up");
    for part in [&*data.to_string_lossy(), "version=", "url=http://127.0.0.1:"] {
        assert!(start.contains(part), "{start}");
    }
    let asked = Instant::now();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended().code(), Some(0), "{:#?}", daemon.log());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[test]
fn a_taken_port_is_one_line_and_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = outcome(folder.path(), &["--bind", &address]);
    assert_eq!(output.status.code(), Some(1));
    let said = one_line(&output);
    assert!(said.contains(&address) && said.contains("--bind"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_one_line_and_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    // Below a file nobody can make a folder, not even root.
    let output = outcome(&file.join("data"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = one_line(&output);
    assert!(said.contains("file/data") && said.contains("--data-dir"), "{said}");
}

#[test]
fn a_second_instance_on_the_same_data_is_one_line_and_a_failure_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Daemon::start(folder.path());
    let output = outcome(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(one_line(&output).contains("another posterizarrd is already using this data folder"));
    first.signal(Signal::INT);
    assert_eq!(first.ended().code(), Some(0));
}

#[test]
fn wrong_settings_are_told_all_at_once_with_their_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("posterizarrd.toml"), "bnid = 1\n[runner]\nkeep_runs = \"many\"\n").unwrap();
    for command in ["serve", "check-config", "run"] {
        let output = self::command(BINARY, folder.path())
            .env("APP_PORT", "eighty")
            .args([command, "--log-format", "pretty"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(78), "{command}");
        let said = text(&output.stderr);
        for part in ["4 problems", "bnid", "runner.keep_runs", "APP_PORT", "--log-format"] {
            assert!(said.contains(part), "{command}: {said}");
        }
    }
    assert!(!std::fs::exists(folder.path().join("store")).unwrap(), "nothing was started");
}

#[test]
fn the_health_check_tells_whether_the_daemon_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(folder.path());
    let address = daemon.url.trim_start_matches("http://").to_owned();
    let every = address.replace("127.0.0.1", "0.0.0.0");
    within("readiness", || outcome(folder.path(), &["healthcheck", "--bind", &every]).status.success().then_some(()));
    daemon.signal(Signal::TERM);
    daemon.ended();
    let gone = outcome(folder.path(), &["healthcheck", "--bind", &address]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(one_line(&gone).contains(&address));
    let wrong = outcome(folder.path(), &["healthcheck", "--bind", "nonsense"]);
    assert_eq!(wrong.status.code(), Some(1), "other codes mean something else to a container engine");
}

#[test]
fn the_openapi_document_is_printed() {
    let output = outcome(Path::new("/nonexistent"), &["openapi"]);
    assert_eq!(output.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["paths"]["/api/status"].is_object());
}

#[test]
fn check_config_tells_the_mistakes_in_both_places_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let fine = outcome(folder.path(), &["check-config"]);
    assert_eq!(fine.status.code(), Some(0), "a folder without a configuration gets one");
    assert!(!std::fs::exists(&config).unwrap(), "looking changes nothing");
    std::fs::write(&config, r#"{"PlexPart": {"UsePlex": true, "plexurl": "x"}, "Extra": {}}"#).unwrap();
    let wrong = outcome(folder.path(), &["check-config", "--runner-keep-runs", "0"]);
    assert_eq!(wrong.status.code(), Some(78));
    let said = text(&wrong.stderr);
    for part in ["2 problems:", "runner.keep_runs (flag", "PlexPart.UsePlex (", "a text in quotes", "warning: Extra ("]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_door_that_is_open_to_a_network_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(folder.path());
    daemon.signal(Signal::TERM);
    daemon.ended();
    assert!(!daemon.log().concat().contains("NO LOGIN"), "only this machine reaches it");
    let open = |config: Option<&str>| {
        if let Some(config) = config {
            std::fs::write(folder.path().join("config.json"), config).unwrap();
        }
        let mut command = command(BINARY, folder.path());
        command.args(["--bind", "0.0.0.0:0"]);
        let mut daemon = Daemon::start_with(command);
        daemon.signal(Signal::TERM);
        daemon.ended();
        daemon.log().concat().contains("NO LOGIN")
    };
    assert!(open(None));
    assert!(!open(Some(r#"{"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": "x"}}"#)));
}

#[test]
fn the_configurations_secrets_never_reach_a_log() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), r#"{"ApiPart": {"PlexToken": "first-plex-value"}}"#).unwrap();
    let mut command = command(BINARY, folder.path());
    command.arg("--log-access");
    let mut daemon = Daemon::start_with(command);
    daemon.get("/api/first-plex-value");
    within("a masked line", || daemon.log().iter().any(|line| line.contains("/api/[MASKED]")).then_some(()));
    std::fs::write(folder.path().join("config.json"), r#"{"ApiPart": {"PlexToken": "second-plex-value"}}"#).unwrap();
    daemon.wait_for_line("config.json changed");
    within("the new value is masked", || {
        // It is known a moment after the change was told.
        daemon.get("/api/x/second-plex-value");
        daemon.log().iter().any(|line| line.contains("/api/x/[MASKED]")).then_some(())
    });
    daemon.signal(Signal::TERM);
    daemon.ended();
    for name in ["BackendServer.log", "FrontendUI.log"] {
        let log = std::fs::read_to_string(folder.path().join("UILogs").join(name)).unwrap();
        assert!(!log.contains("first-plex-value") && log.contains("/api/[MASKED]"), "{name}");
    }
}

#[test]
fn help_and_version_are_no_errors_and_an_unknown_flag_is() {
    let folder = tempfile::tempdir().unwrap();
    let version = outcome(folder.path(), &["--version"]);
    assert_eq!(text(&version.stdout), format!("posterizarrd {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(outcome(folder.path(), &["--help"]).status.code(), Some(0));
    assert_eq!(outcome(folder.path(), &["--bnid", "x"]).status.code(), Some(2));
}

/// The binary where another user can execute it, and a data folder that user can write.
fn for_another_user() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (binary, data) = (folder.path().join("posterizarrd"), folder.path().join("data"));
    // Not copied by this process: a child that another test forks meanwhile would hold it open, and it could not be executed.
    assert!(Command::new("cp").arg(BINARY).arg(&binary).status().unwrap().success());
    std::fs::create_dir(&data).unwrap();
    for (path, mode) in [(folder.path(), 0o755), (&data, 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    (folder, binary, data)
}

#[test]
fn puid_and_pgid_for_a_daemon_that_is_not_root_are_a_warning_and_no_more() {
    let (_folder, binary, data) = for_another_user();
    let mut command = command(binary, &data);
    command.env("PUID", "99").env("PGID", "100");
    if geteuid().is_root() {
        command.uid(12_345).gid(12_345);
    }
    let mut daemon = Daemon::start_with(command);
    assert_eq!(daemon.log().iter().filter(|line| line.contains("PUID")).count(), 1, "{:#?}", daemon.log());
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended().code(), Some(0));
}

#[test]
fn a_daemon_that_starts_as_root_becomes_the_user_that_puid_and_pgid_name() {
    if !geteuid().is_root() {
        eprintln!("left out: only root can become somebody else");
        return;
    }
    let (_folder, binary, data) = for_another_user();
    let mut command = command(binary, &data);
    command.env("PUID", "12345").env("PGID", "12346");
    let daemon = Daemon::start_with(command);
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid().as_raw_nonzero())).unwrap();
    for line in ["Uid:\t12345\t12345\t12345", "Gid:\t12346\t12346\t12346", "Groups:\t\n", "Umask:\t0002"] {
        let tidy = status.replace("Groups:\t \n", "Groups:\t\n");
        assert!(tidy.contains(line), "{line}: {status}");
    }
}

#[test]
fn the_log_files_have_upstreams_line_format_and_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let mut daemon = Daemon::start(folder.path());
        daemon.signal(Signal::TERM);
        daemon.ended();
    }
    for (name, prefix) in [("BackendServer.log", "["), ("FrontendUI.log", "[BACKEND:")] {
        let log = std::fs::read_to_string(folder.path().join("UILogs").join(name)).unwrap();
        assert_eq!(log.matches("posterizarrd is up").count(), 2, "{log}");
        // Logins have a form of their own in the second file.
        for line in log.lines().filter(|line| !line.contains("|AUTH|")) {
            let (time, rest) = line.split_at(22);
            chrono::NaiveDateTime::parse_from_str(time, "[%Y-%m-%d %H:%M:%S] ").unwrap();
            let (level, rest) = rest.split_at(11);
            assert!(["[INFO    ] ", "[WARNING ] "].contains(&level), "{line}");
            let (place, _) = rest.strip_prefix(prefix).unwrap().split_once("] - ").unwrap();
            let ours = place.starts_with("posterizarr") || place.starts_with("auth:");
            assert!(ours && place.contains(".rs:"), "{line}");
        }
    }
}

#[test]
fn the_access_log_tells_each_request_without_its_query() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(BINARY, folder.path());
    command.args(["--log-access", "--log-format", "json"]);
    let mut daemon = Daemon::start_with(command);
    daemon.get("/api?api_key=s3cr3t");
    let line = daemon.wait_for_line("answered");
    let record: serde_json::Value = serde_json::from_str(&line).unwrap();
    let fields = &record["fields"];
    assert_eq!(
        (&fields["method"], &fields["path"], &fields["client"]),
        (&"GET".into(), &"/api".into(), &"127.0.0.1".into())
    );
    assert_eq!(fields["status"], 200);
    assert!(!daemon.log().concat().contains("s3cr3t"), "{line}");
}

#[test]
fn the_service_manager_is_told_of_start_life_and_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let receive = || {
        let mut buffer = [0; 1024];
        loop {
            match socket.recv(&mut buffer) {
                Ok(length) => return text(&buffer[..length]),
                // The end of a child of another test interrupts us.
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::Interrupted),
            }
        }
    };
    let mut command = command(BINARY, &folder.path().join("data"));
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "60000000");
    let mut daemon = Daemon::start_with(command);
    // Which of the two comes first is not said.
    let mut first = [receive(), receive()];
    first.sort();
    let [ready, sign_of_life] = &first;
    assert!(ready.contains("READY=1") && ready.contains("STATUS=idle"), "{ready}");
    assert_eq!(sign_of_life.trim(), "WATCHDOG=1");
    daemon.signal(Signal::TERM);
    let stopping = std::iter::repeat_with(receive).find(|message| message.trim() != "WATCHDOG=1").unwrap();
    assert!(stopping.contains("STOPPING=1") && stopping.contains("EXTEND_TIMEOUT_USEC="), "{stopping}");
    assert_eq!(daemon.ended().code(), Some(0));
}
