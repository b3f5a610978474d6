//! The work of the ExportKeeper: which files are new, and taking them in. No messages, no timers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::Local;
use serde::{Deserialize, Serialize};

use super::export_store::{ExportStore, ImportError, Sums};
use super::messages::Imported;
use crate::files::Stamp;
use crate::runs::{RunId, RunRecord};
use crate::runtime::data_dir::DataDir;
use crate::runtime::events::Fact;
use crate::store::old_database::{Moved, OldDatabase, OldDatabaseError};
use crate::store::{Record, Store, StoreError, Table};
use posterizarr_base::media_exports::{ExportFamily, ExportKind};

/// The old backend's database of exports.
pub const DATABASE: &str = "media_export.db";

const KEY: &[u8] = b"state";

/// What is remembered besides the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportState {
    /// Whether the old backend's exports were looked for.
    moved_in: bool,
    /// Exports of runs up to this one were taken in.
    runs: Option<RunId>,
    /// The files as they were when they were taken in.
    files: BTreeMap<String, Stamp>,
}

impl Record for ExportState {
    const TABLE: &'static str = "exports_state";
    const VERSION: u8 = 1;
}

/// Everything the ExportKeeper works with.
pub struct ExportWorker {
    data: DataDir,
    /// What is to be told once it is shown.
    news: Vec<Fact>,
    export_store: ExportStore,
    runs: Table<RunRecord>,
    state: ExportState,
    states: Table<ExportState>,
    /// The files in `Logs` as they were at the last look.
    seen: BTreeMap<String, Stamp>,
}

impl ExportWorker {
    /// Opens the exports. On the first start those of the old backend are taken over.
    pub fn open(data: &DataDir, store: &Store) -> Result<Self, StoreError> {
        let states = store.table::<ExportState>()?;
        let state = states.get(KEY)?.unwrap_or_default();
        let (export_store, runs) = (ExportStore::open(store)?, store.table()?);
        let (data, news) = (data.clone(), Vec::new());
        let mut worker = Self { data, news, export_store, runs, state, states, seen: BTreeMap::new() };
        if !worker.state.moved_in {
            let old = worker.data.database().join(DATABASE);
            if old.is_file() {
                for moved in worker.take_database(&old)? {
                    tracing::info!(what = moved.what, found = moved.found, imported = moved.imported, "taken over");
                }
            }
            worker.state.moved_in = true;
            worker.save()?;
        }
        Ok(worker)
    }

    /// Takes what is to be told, once it is shown: who hears of it and looks must find it.
    pub fn take_news(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.news)
    }

    /// What the rows add up to.
    pub fn sums(&self) -> &Sums {
        self.export_store.sums()
    }

    /// Takes in what ended runs have left, then what is in `Logs` besides.
    pub fn take_all(&mut self) -> Result<(), StoreError> {
        self.take_runs()?;
        for server in [ExportFamily::Plex, ExportFamily::Other] {
            self.take_logs(server)?;
        }
        Ok(())
    }

    fn take_runs(&mut self) -> Result<(), StoreError> {
        let seen = self.state.runs;
        let readable = self.runs.iter().rev().filter_map(Result::ok).map(|(_, record)| record);
        let newer = readable.take_while(|record| Some(record.id) > seen);
        let mut ended: Vec<_> = newer.filter(|record| record.end().is_some()).map(|record| record.id).collect();
        ended.reverse();
        for run in ended {
            let folder = self.data.runs().join(run.to_string());
            for server in [ExportFamily::Plex, ExportFamily::Other] {
                let files = found(&folder, server);
                if files.iter().any(|file| !self.is_taken(file)) {
                    self.import(server, &files)?;
                }
            }
            self.state.runs = Some(run);
            self.save()?;
        }
        Ok(())
    }

    /// Takes in a server's files in `Logs` once they are no longer written: both are as they were at the last look.
    fn take_logs(&mut self, server: ExportFamily) -> Result<(), StoreError> {
        let files = found(&self.data.logs(), server);
        let is_quiet = files.iter().all(|file| self.seen.get(file.name()) == Some(&file.stamp));
        if is_quiet && files.iter().any(|file| !self.is_taken(file)) {
            self.import(server, &files)?;
        }
        self.seen.extend(files.iter().map(|file| (file.name().to_owned(), file.stamp)));
        Ok(())
    }

    /// Takes in a server's files in `Logs` as they are.
    pub fn import_now(&mut self, server: ExportFamily) -> Result<Imported, StoreError> {
        let files = found(&self.data.logs(), server);
        self.import(server, &files)
    }

    fn import(&mut self, server: ExportFamily, files: &[Found]) -> Result<Imported, StoreError> {
        let now = Local::now().naive_local();
        let mut imported =
            Imported { run_timestamp: now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(), ..Imported::default() };
        for file in files {
            let count = match self.export_store.import(file.kind, &file.path, now) {
                Ok(count) => count,
                Err(ImportError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::warn!(file = %file.path.display(), %error, "an export was not read, or not to its end");
                    imported.problems.push(format!("{}: {error}", file.name()));
                    0
                }
            };
            *if file.kind.is_library() { &mut imported.library } else { &mut imported.episodes } += count;
            self.state.files.insert(file.name().to_owned(), file.stamp);
        }
        self.save()?;
        let Imported { library, episodes, .. } = imported;
        if library + episodes > 0 {
            tracing::info!(?server, library, episodes, "an export was imported");
            self.news.push(Fact::ExportImported { server, library, episodes });
        }
        Ok(imported)
    }

    /// Takes over the old backend's exports, table by table.
    pub fn take_database(&mut self, file: &Path) -> Result<Vec<Moved>, StoreError> {
        let mut all = Vec::new();
        for kind in ExportKind::ALL {
            let what = format!("{DATABASE}: {}", kind.table());
            let taken = OldDatabase::open(file).map_err(ImportError::from);
            all.push(match taken.and_then(|database| self.export_store.import_old(kind, &database)) {
                Ok((found, imported)) => Moved { what, found, imported, problem: None },
                Err(ImportError::Store(error)) => return Err(error),
                Err(error) => {
                    if !matches!(error, ImportError::Old(OldDatabaseError::Missing(_))) {
                        tracing::error!(%error, "old exports were not taken over");
                    }
                    Moved { what, problem: Some(error.to_string()), ..Moved::default() }
                }
            });
        }
        Ok(all)
    }

    fn is_taken(&self, file: &Found) -> bool {
        self.state.files.get(file.name()) == Some(&file.stamp)
    }

    fn save(&self) -> Result<(), StoreError> {
        self.states.put(KEY, &self.state)
    }
}

/// An export that is there.
struct Found {
    kind: ExportKind,
    path: PathBuf,
    stamp: Stamp,
}

impl Found {
    fn name(&self) -> &'static str {
        self.kind.file()
    }
}

/// A server's exports in a folder.
fn found(folder: &Path, server: ExportFamily) -> Vec<Found> {
    let files = [server.library(), server.episodes()].into_iter().filter_map(|kind| {
        let path = folder.join(kind.file());
        let metadata = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Some(Found { kind, stamp: Stamp::of(&metadata), path })
    });
    files.collect()
}
