//! `DATA/runs/<id>/`: how the daemon, the shim and a later daemon speak of one run.
//!
//! The daemon writes `run.json` before the shim starts; the shim writes `started.json` and `exit.json`, each once. The command
//! with its arguments is not among them: they may carry a secret, and reach the shim in memory (see `shim_process`). Files
//! appear whole (they are renamed into place), but are not synced: they only have to outlive processes, and a run does not
//! outlive the machine. What the script prints is in `output.log`; what it left behind is collected here when it ends.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use posterizarr_base::bounded;
use posterizarr_base::run_events::EVENTS_FILE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::collect::Snapshot;
use crate::runs::{RunId, RunRecord};
use crate::runtime::data_dir::DataDir;

/// What the shim is to do, and what a later daemon has to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunOrder {
    /// The program and all its arguments, with secrets masked: for who reads the folder.
    pub command: Vec<String>,
    /// Whether that is the engine.
    #[serde(default)]
    pub native: bool,
    /// Whether it works beside a run of the whole library, and leaves its files in a folder of its own.
    #[serde(default)]
    pub beside: bool,
    /// The folder it works in.
    pub working_directory: PathBuf,
    /// How long it may take to end after a stop.
    pub stop_grace: Duration,
    /// How many bytes of what it prints are kept.
    pub output_limit: u64,
    /// What was in `Logs` before it started.
    pub before: Snapshot,
    /// A file that is removed when it ended.
    pub remove_after: Option<PathBuf>,
}

/// The script's process exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptStarted {
    pub pid: u32,
}

/// How the shim saw the run end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScriptExit {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    #[serde(flatten)]
    pub end: ScriptEnd,
}

/// The ways a run can end for the shim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum ScriptEnd {
    /// The system did not start the program.
    NotStarted {
        /// Whether the program is not there.
        missing: bool,
        /// What the system said.
        cause: String,
    },
    /// The program exited.
    Exited {
        code: i32,
        /// How that came.
        #[serde(flatten)]
        circumstances: Circumstances,
    },
    /// A signal ended the program.
    Signalled {
        /// The signal's number.
        signal: i32,
        /// How that came.
        #[serde(flatten)]
        circumstances: Circumstances,
    },
}

/// How an end came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Whether the shim was asked to end the run before it ended by itself.
    pub asked: bool,
    /// Whether it was killed because it did not end within the grace.
    pub forced: bool,
    /// Processor time of the whole process tree, in seconds.
    pub cpu_seconds: f64,
    /// The most memory that any single process of the tree had; 0 where that is not known.
    #[serde(default)]
    pub peak_memory_bytes: u64,
}

/// The folder of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

const ORDER: &str = "run.json";
const STARTED: &str = "started.json";
/// The largest of these files, in bytes; a run's arguments may be long.
const MAX_SIZE: u64 = 4 * 1024 * 1024;
const EXIT: &str = "exit.json";

impl RunOrder {
    /// Where the run leaves its logs and results.
    pub fn logs(&self, data: &DataDir, folder: &RunFolder) -> PathBuf {
        if self.beside { folder.own_logs() } else { data.logs() }
    }
}

impl RunFolder {
    /// The folder at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder of a run below `DATA/runs`.
    pub fn of(runs: &Path, id: RunId) -> Self {
        Self::at(runs.join(id.to_string()))
    }

    /// Makes the folder of a new run.
    pub fn create(runs: &Path, id: RunId, order: &RunOrder) -> io::Result<Self> {
        let folder = Self::of(runs, id);
        fs::create_dir_all(&folder.path)?;
        write(&folder.path, ORDER, order)?;
        if order.native {
            // For the owner alone, as the other files are. The engine writes to its end.
            let mut options = fs::OpenOptions::new();
            options.create(true).append(true).mode(0o600).open(folder.events())?;
        }
        if order.beside {
            fs::create_dir_all(folder.own_logs())?;
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the program printed.
    pub fn output(&self) -> PathBuf {
        self.path.join("output.log")
    }

    /// What the engine tells programs of the run.
    pub fn events(&self) -> PathBuf {
        self.path.join(EVENTS_FILE)
    }

    /// Where a run beside another one leaves its logs and results.
    pub fn own_logs(&self) -> PathBuf {
        self.path.join("Logs")
    }

    /// What the shim is to do.
    pub fn order(&self) -> io::Result<RunOrder> {
        read(&self.path, ORDER)
    }

    /// Tells that the script's process exists.
    pub fn write_started(&self, started: ScriptStarted) -> io::Result<()> {
        write(&self.path, STARTED, &started)
    }

    /// The script's process, once it exists.
    pub fn started(&self) -> Option<ScriptStarted> {
        read(&self.path, STARTED).ok()
    }

    /// Tells how the run ended.
    pub fn write_exit(&self, end: ScriptEnd) -> io::Result<()> {
        write(&self.path, EXIT, &ScriptExit { at: Utc::now(), end })
    }

    /// How the run ended, once it did.
    pub fn exit(&self) -> Option<ScriptExit> {
        read(&self.path, EXIT).ok()
    }
}

/// The log of a run: what the script logged, or, where it logged nothing, what it printed.
pub fn log_of(data: &DataDir, record: &RunRecord) -> PathBuf {
    let folder = RunFolder::of(&data.runs(), record.id);
    let kept = folder.path.join(&record.log);
    if record.end().is_some() {
        return if kept.is_file() { kept } else { folder.output() };
    }
    if record.dry_run {
        return folder.output();
    }
    let (before, logs) = folder
        .order()
        .map_or_else(|_| (Snapshot::default(), data.logs()), |order| (order.before.clone(), order.logs(data, &folder)));
    let written = before.changes(&logs).into_iter().find(|change| change.name == record.log);
    written.map_or(folder.output(), |change| change.path)
}

/// The numbers of the runs that have a folder, newest first.
pub fn numbers(runs: &Path) -> io::Result<Vec<RunId>> {
    let names = fs::read_dir(runs)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut ids: Vec<_> = names.filter_map(|name| name.parse().ok().map(RunId)).collect();
    ids.sort_unstable_by(|one, other| other.cmp(one));
    Ok(ids)
}

/// Removes the folders of all but the newest `keep` runs.
pub fn prune(runs: &Path, keep: usize) -> io::Result<()> {
    for id in numbers(runs)?.into_iter().skip(keep) {
        fs::remove_dir_all(runs.join(id.to_string()))?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, content: &impl Serialize) -> io::Result<()> {
    let staged = folder.join(format!("{name}.tmp"));
    // For the owner alone: a title may be private.
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&staged)?;
    file.write_all(&serde_json::to_vec_pretty(content)?)?;
    fs::rename(staged, folder.join(name))
}

fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> io::Result<T> {
    Ok(serde_json::from_slice(&bounded::read(&folder.join(name), MAX_SIZE)?)?)
}

/// Removes a picture that was sent for a run; the script may have moved it away.
pub fn remove_upload(file: &std::path::Path) {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(file = %file.display(), %error, "an uploaded picture cannot be removed");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shim_wrote_is_read_as_it_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        assert_eq!((run.started(), run.exit()), (None, None));
        let circumstances = Circumstances { asked: true, forced: false, cpu_seconds: 1.5, peak_memory_bytes: 7 };
        for end in [
            ScriptEnd::NotStarted { missing: true, cause: "gone".into() },
            ScriptEnd::Exited { code: 3, circumstances },
            ScriptEnd::Signalled { signal: 15, circumstances },
        ] {
            run.write_exit(end.clone()).unwrap();
            assert_eq!(run.exit().unwrap().end, end);
        }
    }

    #[test]
    fn the_newest_folders_stay_and_other_names_are_left_alone() {
        let runs = tempfile::tempdir().unwrap();
        for name in ["9", "10", "11", "100", "notes"] {
            fs::create_dir(runs.path().join(name)).unwrap();
        }
        prune(runs.path(), 2).unwrap();
        assert_eq!(numbers(runs.path()).unwrap(), [RunId(100), RunId(11)]);
        assert!(fs::exists(runs.path().join("notes")).unwrap());
    }
}
