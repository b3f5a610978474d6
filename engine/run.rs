//! A run from its arguments to its exit code, with the files that the script would leave.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Local};

use crate::{
    arguments::Request,
    config::{Config, Document},
    journal::Journal,
    logs,
    modes::{manual, testing},
    report::{Counts, Summary},
    running_file::RunningFile,
};

/// What a run needs from outside.
pub struct Surroundings<'a> {
    /// The data folder, with `Logs`, `temp`, `test` and `Overlayfiles`.
    pub folder: PathBuf,
    /// `config.json` with defaults for what it lacks, or why it cannot be read.
    pub document: Result<Document, String>,
    /// Gets a picture by its address, or says why not. The engine knows no network.
    pub fetch: &'a (dyn Fn(&str) -> Result<Vec<u8>, String> + Sync),
    /// Set from outside when the run is to end.
    pub stop: &'a AtomicBool,
    /// The program's version.
    pub version: &'static str,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    Failed,
    /// Another run is on.
    Busy,
    Stopped,
}

impl End {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Busy => 75,
            Self::Stopped => 143,
        }
    }
}

/// Why a mode ended before its end.
#[derive(Debug)]
pub enum Broken {
    Stopped,
    /// Nothing more can be done; the text says why, and what to do.
    Failed(String),
}

impl<E: std::error::Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What the modes work with.
pub struct Work<'a> {
    pub config: &'a Config,
    pub journal: &'a Journal,
    pub around: &'a Surroundings<'a>,
}

impl Work<'_> {
    /// Ends the mode if the run is to end.
    pub fn go_on(&self) -> Result<(), Broken> {
        if self.around.stop.load(Ordering::Relaxed) { Err(Broken::Stopped) } else { Ok(()) }
    }

    /// Where the user's fonts and overlays are.
    pub fn overlay_files(&self) -> PathBuf {
        self.around.folder.join("Overlayfiles")
    }

    pub fn logs(&self) -> PathBuf {
        self.around.folder.join("Logs")
    }
}

/// Does what the arguments ask for.
pub fn run(arguments: &[String], around: &Surroundings<'_>) -> End {
    let said = Journal::printed();
    let request = match Request::parse(arguments) {
        Ok(request) => request,
        Err(error) => return fail(&said, &error),
    };
    let config =
        around.document.clone().and_then(|document| Config::read(&document).map_err(|error| error.to_string()));
    let config = match config {
        Ok(config) => config,
        Err(error) => return fail(&said, &error),
    };
    // Before the logs are moved: those of a run that is on are not ours.
    let running = match RunningFile::take(&around.folder.join("temp"), config.force_running_deletion) {
        Ok(Some(running)) => running,
        Ok(None) => {
            said.warning("Another Posterizarr instance already running, exiting now...");
            said.warning("If that is wrong, delete temp/Posterizarr.Running");
            return End::Busy;
        }
        Err(error) => return fail(&said, &format!("temp/Posterizarr.Running cannot be made: {error}")),
    };
    let journal = match open_logs(around, &config, request.mode()) {
        Ok(journal) => journal,
        Err(error) => return fail(&said, &format!("the logs cannot be written: {error}")),
    };
    let work = Work { config: &config, journal: &journal, around };
    let end = carry_out(&request, &work);
    drop(running);
    end
}

fn fail(journal: &Journal, error: &impl ToString) -> End {
    journal.error(error.to_string());
    End::Failed
}

fn open_logs(around: &Surroundings<'_>, config: &Config, mode: &str) -> io::Result<Journal> {
    let folder = around.folder.join("Logs");
    logs::rotate(&folder, &around.folder.join("RotatedLogs"), config.max_logs)?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("Scriptlog.log"), header(around.version))?;
    let script_log = Journal::open(&folder.join("Scriptlog.log"))?;
    script_log.set_level(config.log_level);
    script_log.info("Starting...");
    let name = match mode {
        "manual" => "Manuallog.log",
        _ => "Testinglog.log",
    };
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
    let word = if matches!(request, Request::Testing) { "Testing" } else { "Manual" };
    journal.info(format!("{word} running file created..."));
    journal.info(format!("{word} Mode Started..."));
    // A picture that breaks a decoder must leave a log line and no running file.
    let done = catch_unwind(AssertUnwindSafe(|| match request {
        Request::Testing => testing::run(work),
        Request::Manual(manual) => manual::run(manual, work),
    }));
    let done = done.unwrap_or_else(|_| Err(Broken::Failed("the engine broke; please report this".to_owned())));
    match done.and_then(|counts| finish(request, counts, started, work)) {
        Ok(()) if journal.errors() == 0 => End::Done,
        Ok(()) => End::Failed,
        Err(Broken::Stopped) => {
            journal.warning("The run was told to stop, exiting now...");
            End::Stopped
        }
        Err(Broken::Failed(reason)) => fail(journal, &reason),
    }
}

fn finish(request: &Request, counts: Counts, started: DateTime<Local>, work: &Work<'_>) -> Result<(), Broken> {
    let journal = work.journal;
    let Counts { posters, backgrounds, title_cards, seasons, collections, truncated } = counts;
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
    let summary =
        Summary { mode: request.mode(), version: work.around.version, counts, errors, started, ended: Local::now() };
    let (hours, minutes, seconds) = summary.took();
    journal.info(format!("Script execution time: {hours}h {minutes}m {seconds}s "));
    summary.write(&work.logs()).map_err(|error| Broken::Failed(format!("the result file cannot be written: {error}")))
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
