//! A run from its arguments to its exit code, with the files that the script would leave.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Local};
use posterizarr_base::run::{ANOTHER_INSTANCE, Mode, SCRIPT_LOG};
use posterizarr_base::run_events::{EventWriter, RunEvent};
use posterizarr_render::config::{Config, Document};

use crate::{
    Drawing,
    arguments::{Request, asks_for_logs},
    journal::Journal,
    library::{self, Network},
    logs,
    modes::{manual, testing},
    report::{Counts, Summary},
    running_file::RunningFile,
};

/// What a run needs from outside.
pub struct RunContext<'a> {
    /// The data folder, with `Logs`, `temp`, `test` and `Overlayfiles`.
    pub folder: PathBuf,
    /// `config.json` with defaults for what it lacks, or why it cannot be read.
    pub document: Result<Document, String>,
    /// Gets a picture by an address that the user gave, through a door that is guarded, or says why not.
    pub fetch: &'a (dyn Fn(&str) -> Result<Vec<u8>, String> + Sync),
    /// Where media servers and providers are.
    pub network: Network,
    /// What is drawn beyond what `config.json` tells.
    pub drawing: Drawing,
    /// Puts all logs into one archive for a report, and tells where it is, or why there is none.
    pub gather: &'a (dyn Fn() -> Result<PathBuf, String> + Sync),
    /// Where the run leaves its logs and results if it works beside another one; `None` for one that works alone.
    pub beside: Option<PathBuf>,
    /// Set from outside when the run is to end.
    pub stop: &'a AtomicBool,
    /// The program's version.
    pub version: &'static str,
}

impl RunContext<'_> {
    /// The configuration with what is drawn beyond it today.
    fn finished(&self, config: Config) -> Config {
        let look = self.drawing.applied(config.look, &self.folder, Local::now().date_naive());
        Config { look, ..config }
    }

    fn logs(&self) -> PathBuf {
        self.beside.clone().unwrap_or_else(|| self.folder.join("Logs"))
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    Failed,
    /// Another run is on.
    Busy,
    /// The media server does not have the item yet that the run is about.
    NotOnServer,
    Stopped,
}

impl End {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::NotOnServer => 66,
            Self::Busy => 75,
            Self::Stopped => 143,
        }
    }
}

/// Why a mode ended before its end.
#[derive(Debug)]
pub enum RunError {
    Stopped,
    /// The media server does not have the item yet; the text says which.
    NotOnServer(String),
    /// Nothing more can be done; the text says why, and what to do.
    Failed(String),
}

impl<E: std::error::Error> From<E> for RunError {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What the modes work with.
pub struct Work<'a> {
    pub config: &'a Config,
    pub journal: &'a Journal,
    /// What programs are told of the run, beside the log for people.
    pub events: &'a EventWriter,
    pub context: &'a RunContext<'a>,
}

impl Work<'_> {
    /// Ends the mode if the run is to end.
    pub fn check_cancelled(&self) -> Result<(), RunError> {
        if self.context.stop.load(Ordering::Relaxed) { Err(RunError::Stopped) } else { Ok(()) }
    }

    /// Warns of something that belongs to no single asset, in the log and in the event file.
    #[track_caller]
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        self.journal.warning(&text);
        self.events.write(&RunEvent::Warning { text });
    }

    /// The same for an error, which counts.
    #[track_caller]
    pub fn complain(&self, text: impl Into<String>) {
        let text = text.into();
        self.journal.error(&text);
        self.events.write(&RunEvent::Warning { text });
    }

    /// Where the user's fonts and overlays are.
    pub fn overlay_files(&self) -> PathBuf {
        self.context.folder.join("Overlayfiles")
    }

    pub fn logs(&self) -> PathBuf {
        self.context.logs()
    }
}

/// Does what the arguments ask for.
pub fn run(arguments: &[String], context: &RunContext<'_>) -> End {
    let said = Journal::printed();
    if asks_for_logs(arguments) {
        return gather(&said, context);
    }
    let request = match Request::parse(arguments) {
        Ok(request) => request,
        Err(error) => return fail(&said, &error),
    };
    let config =
        context.document.clone().and_then(|document| Config::read(&document).map_err(|error| error.to_string()));
    let config = match config {
        Ok(config) => config,
        Err(error) => return fail(&said, &error),
    };
    if request.is_dry_run() {
        // It leaves no trace: no file says that it runs, and what it has to say goes to standard output.
        said.set_level(config.log_level.max(2));
        let config = context.finished(config);
        return begin(&request, &config, &said, context);
    }
    // Before the logs are moved: those of a run that is on are not ours.
    let running = match take_running_file(context, request.mode(), &config) {
        Ok(Some(running)) => running,
        Ok(None) => {
            said.warning(format!("{ANOTHER_INSTANCE}, exiting now..."));
            said.warning("If that is wrong, delete temp/Posterizarr.Running");
            return End::Busy;
        }
        Err(error) => return fail(&said, &format!("temp/Posterizarr.Running cannot be made: {error}")),
    };
    let journal = match open_logs(context, &config, request.mode()) {
        Ok(journal) => journal,
        Err(error) => return fail(&said, &format!("the logs cannot be written: {error}")),
    };
    if let Request::Library(library) = &request
        && library.task.makes_pictures()
        && let Err(error) = library::note_beginning(&context.folder, &config.asset_path)
    {
        journal.warning(format!("the folder ledger in the data folder cannot be written: {error}"));
    }
    let config = context.finished(config);
    let end = begin(&request, &config, &journal, context);
    drop(running);
    end
}

/// Needs no configuration that can be used, and disturbs no run.
fn gather(said: &Journal, context: &RunContext<'_>) -> End {
    match (context.gather)() {
        Ok(archive) => {
            said.info(format!("The logs are in {}; secrets are masked", archive.display()));
            End::Done
        }
        Err(reason) => fail(said, &format!("the logs cannot be gathered: {reason}")),
    }
}

/// Makes the file that keeps a second run away. A run beside another one has a file of its own.
fn take_running_file(context: &RunContext<'_>, mode: Mode, config: &Config) -> io::Result<Option<RunningFile>> {
    let folder = context.folder.join("temp");
    match context.beside {
        Some(_) => RunningFile::take_beside(&folder, mode),
        None => RunningFile::take(&folder, mode, config.force_running_deletion),
    }
}

/// Tells what is wrong with the configuration and does what is asked for.
fn begin(request: &Request, config: &Config, journal: &Journal, context: &RunContext<'_>) -> End {
    let events = EventWriter::of_environment().unwrap_or_else(|error| {
        journal.warning(format!("the event file of the run cannot be written: {error}"));
        EventWriter::default()
    });
    let work = Work { config, journal, events: &events, context };
    for problem in &config.replaced {
        work.warn(format!("{problem}; the default is used in its place"));
    }
    for (kind, problem) in config.look.problems() {
        work.warn(format!("{problem}; no {} can be made like this", kind.name()));
    }
    carry_out(request, &work)
}

fn fail(journal: &Journal, error: &impl ToString) -> End {
    journal.error(error.to_string());
    End::Failed
}

fn open_logs(context: &RunContext<'_>, config: &Config, mode: Mode) -> io::Result<Journal> {
    let folder = context.logs();
    if context.beside.is_none() {
        logs::rotate(&folder, &context.folder.join("RotatedLogs"), config.max_logs)?;
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(SCRIPT_LOG), header(context.version))?;
    let script_log = Journal::open(&folder.join(SCRIPT_LOG))?;
    script_log.set_level(config.log_level);
    script_log.info("Starting...");
    let name = mode.log_file();
    if name == SCRIPT_LOG {
        return Ok(script_log);
    }
    let journal = Journal::open(&folder.join(name))?;
    journal.set_level(config.log_level);
    Ok(journal)
}

fn header(version: &str) -> String {
    let ruler = "=".repeat(70);
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    format!("{ruler}\n Current Version: {version}\n Engine: posterizarrd\n Platform: {system}\n {ruler}\n")
}

fn carry_out(request: &Request, work: &Work<'_>) -> End {
    let started = Local::now();
    let journal = work.journal;
    let word = match request {
        Request::Testing => "Testing",
        Request::Manual(_) => "Manual",
        Request::Library(_) => "Library",
    };
    if !request.is_dry_run() {
        journal.info(format!("{word} running file created..."));
    }
    journal.info(format!("{word} Mode Started..."));
    // A picture that breaks a decoder must leave a log line and no running file.
    let done = catch_unwind(AssertUnwindSafe(|| match request {
        Request::Testing => testing::run(work).and_then(|counts| finish(request.mode(), counts, started, work)),
        Request::Manual(manual) => {
            manual::run(manual, work).and_then(|counts| finish(request.mode(), counts, started, work))
        }
        Request::Library(library) => library::run(library, started, &work.context.network, work),
    }));
    let done = done.unwrap_or_else(|_| Err(RunError::Failed("the engine broke; please report this".to_owned())));
    // What could not be made of a library is in its table, and no failure of the run.
    let may_lack = matches!(request, Request::Library(_));
    match done {
        Ok(()) if may_lack || journal.errors() == 0 => End::Done,
        Ok(()) => End::Failed,
        Err(RunError::Stopped) => {
            journal.warning("The run was told to stop, exiting now...");
            End::Stopped
        }
        Err(RunError::NotOnServer(reason)) => {
            work.complain(reason);
            End::NotOnServer
        }
        Err(RunError::Failed(reason)) => {
            work.complain(reason);
            End::Failed
        }
    }
}

/// Tells the counts in the log and leaves the result file.
///
/// # Errors
/// If that file cannot be written.
pub fn finish(mode: Mode, counts: Counts, started: DateTime<Local>, work: &Work<'_>) -> Result<(), RunError> {
    let journal = work.journal;
    let Counts { posters, backgrounds, title_cards, seasons, collections, truncated, .. } = counts;
    let total = posters + backgrounds + title_cards + seasons + collections;
    journal.info(format!("Finished, Total images created: {total}"));
    journal.info(format!(
        "Show/Movie Posters created: {posters}| Season images created: {seasons} | Background images created: {backgrounds} | TitleCards created: {title_cards}"
    ));
    if truncated > 0 {
        journal.info(format!("'{truncated}' times the script truncated the text in images"));
    }
    let errors = journal.errors();
    if errors > 0 {
        journal.warning(format!(
            "During execution '{errors}' Errors occurred, please check the log for a detailed description."
        ));
    }
    work.events.write(&RunEvent::Finished { created: total as u64, errors: errors.into() });
    // The script counts all as posters there.
    let counts = if matches!(mode, Mode::Tautulli | Mode::Arr | Mode::Backup) {
        Counts { posters: total, ..counts }
    } else {
        counts
    };
    let summary = Summary { mode, version: work.context.version, counts, errors, started, ended: Local::now() };
    let (hours, minutes, seconds) = summary.took();
    journal.info(format!("Script execution time: {hours}h {minutes}m {seconds}s "));
    // The script leaves no result of these, and nobody looks for one.
    if mode.result_file().is_none() {
        return Ok(());
    }
    summary.write(&work.logs()).map_err(|error| RunError::Failed(format!("the result file cannot be written: {error}")))
}

/// Makes a folder empty: files only, folders in it are somebody else's.
pub(crate) fn empty(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
