//! A run from its arguments to its exit code, with the files that the script would leave.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::Local;
use posterizarr_base::run::{ANOTHER_INSTANCE, Mode, SCRIPT_LOG};
use posterizarr_base::run_events::EventWriter;
use posterizarr_render::config::Config;

use crate::arguments::{Request, asks_for_logs};
use crate::journal::Journal;
use crate::library;
use crate::logs;
use crate::modes::{manual, testing};
use crate::report::finish;
use crate::running_file::RunningFile;
use crate::work::{RunContext, RunError, Work};

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
