//! The layers together, on a folder of their own.

use tracing_subscriber::{Registry, reload};

use super::files::FileLevel;
use super::redact;
use super::writer::Writer;
use crate::settings::{Environment, Flags, load};

struct Logging {
    folder: tempfile::TempDir,
    writer: Writer,
    filter: reload::Handle<tracing_subscriber::filter::Targets, Registry>,
    _here: tracing::subscriber::DefaultGuard,
}

impl Logging {
    /// Logs what this thread says from now on; nothing goes to the console.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags::from([("log.level", "off".to_owned())]);
        let settings = load(&flags, &Environment::new([], folder.path())).unwrap().settings;
        let writer = Writer::start(folder.path());
        let (subscriber, filter) = super::subscriber(&settings, &writer);
        Self { folder, writer, filter, _here: tracing::subscriber::set_default(subscriber) }
    }

    fn lines(&self, name: &str) -> Vec<String> {
        self.writer.flush();
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// The line without its time, which must have upstream's form.
fn without_time(line: &str) -> &str {
    let (time, rest) = line.split_at(22);
    let time = time.trim_start_matches('[').trim_end_matches("] ");
    assert!(chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").is_ok(), "{line}");
    rest
}

#[test]
fn records_have_upstreams_line_format_in_both_files() {
    let logging = Logging::start();
    tracing::warn!(run = 7, "the disk is\nfull");
    let line = line!() - 1;
    let place = format!("posterizarrd::telemetry::tests:tests.rs:{line}");
    let backend = logging.lines("BackendServer.log");
    assert_eq!(without_time(&backend[0]), format!("[WARNING ] [{place}] - the disk is\\nfull run=7"));
    let frontend = logging.lines("FrontendUI.log");
    assert_eq!(without_time(&frontend[0]), format!("[WARNING ] [BACKEND:{place}] - the disk is\\nfull run=7"));
    assert!(logging.lines("AuthServer.log").is_empty());
}

#[test]
fn logins_go_to_their_own_file_and_to_the_shared_one_in_their_own_form() {
    let logging = Logging::start();
    tracing::info!(target: super::AUTH, user = "admin", "failed login");
    for name in ["AuthServer.log", "FrontendUI.log"] {
        let lines = logging.lines(name);
        assert_eq!(lines.len(), 1, "{name}");
        assert_eq!(without_time(&lines[0]), "[INFO    ] |AUTH| failed login user=admin");
    }
    assert!(without_time(&logging.lines("BackendServer.log")[0]).starts_with("[INFO    ] [auth:tests.rs:"));
}

#[test]
fn the_level_changes_while_we_run_and_libraries_stay_quiet() {
    let logging = Logging::start();
    tracing::debug!("hidden");
    tracing::info!(target: "some_library", "chatter");
    logging.filter.reload(FileLevel::from_name("debug").unwrap().targets()).unwrap();
    tracing::debug!("shown");
    tracing::debug!(target: "some_library", "chatter");
    logging.filter.reload(FileLevel::from_name("CRITICAL").unwrap().targets()).unwrap();
    tracing::error!("hidden");
    tracing::error!(target: super::PANIC, "panicked");
    let lines = logging.lines("BackendServer.log");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with("- shown") && lines[0].contains("[DEBUG   ]"), "{lines:?}");
    assert!(lines[1].contains("[CRITICAL]"), "{lines:?}");
}

#[test]
fn secrets_are_masked_in_every_file() {
    let logging = Logging::start();
    redact::set_secrets("telemetry-test", ["the-plex-value".to_owned()]);
    tracing::info!(target: super::AUTH, url = "http://x/?api_key=abc", "asked the-plex-value");
    for name in ["AuthServer.log", "FrontendUI.log", "BackendServer.log"] {
        let lines = logging.lines(name);
        assert!(lines[0].ends_with("asked [MASKED] url=http://x/?api_key=[MASKED]"), "{name}: {lines:?}");
    }
}

#[test]
fn records_of_the_log_crate_keep_their_origin() {
    let logging = Logging::start();
    tracing::warn!(
        log.target = "sled::pagecache",
        log.file = "src/pagecache/mod.rs",
        log.line = 12,
        log.module_path = "sled::pagecache",
        "slow"
    );
    let lines = logging.lines("BackendServer.log");
    assert_eq!(without_time(&lines[0]), "[WARNING ] [sled::pagecache:mod.rs:12] - slow");
}

#[test]
fn only_known_level_names_are_taken() {
    assert!(super::set_level("info"));
    assert_eq!(super::level(), "INFO");
    assert!(!super::set_level("loud"));
    assert_eq!(super::level(), "INFO");
}
