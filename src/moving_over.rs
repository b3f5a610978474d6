//! Moving over: what an installation of the old backend has, taken into ours.
//!
//! Each actor takes what it owns; what was taken before is known, so that it can be done again and again. The
//! databases are only read. Files that both backends share (`config.json`, `scheduler.json`, the web UI's settings) are used
//! where they are; from another folder they are copied where there are none here.

use std::path::{Path, PathBuf};

use chrono::Utc;

use crate::actors::data_dir::DataDir;
use crate::actors::export_keeper::TakeOldExports;
use crate::actors::export_keeper::columns::Kind;
use crate::actors::files::write_private;
use crate::actors::historian::{TakeOldHistory, database};
use crate::actors::library_keeper::{TakeOldLibraries, old_libraries};
use crate::actors::old_database::{self, Moved, TakenOver};
use crate::http::{ApiError, AppState, State, ask_within};

mod old_choices;
mod old_config;

/// Large installations take a while.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);

/// The old backend's exports.
const EXPORTS: &str = "media_export.db";

/// Where an old installation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldInstallation {
    data: DataDir,
}

impl OldInstallation {
    /// The installation in this folder, which is its data folder or the `database` folder in it.
    pub fn in_folder(folder: &Path) -> std::io::Result<Self> {
        let is_database = folder.ends_with("database") && folder.join(database::FILE).is_file();
        let root = if is_database { folder.parent().unwrap_or(folder) } else { folder };
        Ok(Self { data: DataDir::new(root)? })
    }

    fn database(&self, file: &str) -> PathBuf {
        self.data.database().join(file)
    }

    /// Counts what is there, and changes nothing.
    pub fn survey(&self) -> Vec<Moved> {
        let exports = Kind::ALL.map(|kind| (EXPORTS, kind.table()));
        let tables = [(database::FILE, database::TABLE)]
            .into_iter()
            .chain(exports)
            .chain([(old_choices::FILE, old_choices::TABLE), (old_libraries::FILE, old_libraries::TABLE)]);
        tables
            .map(|(file, table)| {
                let what = format!("{file}: {table}");
                match old_database::count(&self.database(file), table) {
                    Ok(found) => Moved { what, found, ..Moved::default() },
                    Err(error) => Moved { what, problem: Some(error.to_string()), ..Moved::default() },
                }
            })
            .collect()
    }

    /// Copies the files that both backends share where there are none here; nothing, where it is the same folder.
    pub fn copy_files(&self, to: &DataDir) -> Vec<Moved> {
        if self.data == *to { Vec::new() } else { files(&self.data, to) }
    }

    /// Takes the databases over through the actors. Gives what came and what did not, table by table.
    pub async fn take(&self, state: &AppState) -> Result<Vec<Moved>, ApiError> {
        let history = TakeOldHistory { file: self.database(database::FILE) };
        let mut all = vec![ask_within(PATIENCE, &state.historian, history).await??];
        let exports = TakeOldExports { file: self.database(EXPORTS) };
        all.extend(ask_within(PATIENCE, &state.exports, exports).await??);
        all.push(old_choices::take(state, self.database(old_choices::FILE)).await?);
        let libraries = TakeOldLibraries { file: self.database(old_libraries::FILE) };
        all.push(ask_within(PATIENCE, &state.libraries, libraries).await??);
        Ok(all)
    }
}

/// Takes over the image choices with the first start on an old installation. The history, the exports and the libraries are
/// taken by those who keep them as soon as these start.
pub async fn first_start(state: State) {
    let file = state.commons.data.database().join(old_choices::FILE);
    let taken = async {
        let table = state.commons.store.table::<TakenOver>()?;
        if !file.is_file() || table.get(old_choices::TABLE.as_bytes())?.is_some() {
            return Ok(());
        }
        let moved = old_choices::take(&state, file).await?;
        let Moved { what, found, imported, problem } = &moved;
        tracing::info!(what, found, imported, problem, "taken over");
        table.put_later(old_choices::TABLE.as_bytes(), &TakenOver { at: Utc::now() }).await?;
        Ok::<_, ApiError>(())
    };
    if let Err(error) = taken.await {
        tracing::error!(%error, "the old backend's image choices were not taken over; the next start tries again");
    }
}

/// Copies the files that both backends share where there are none here.
fn files(old: &DataDir, new: &DataDir) -> Vec<Moved> {
    let shared = [
        ("config.json", old.config(), new.config()),
        ("scheduler.json", old.scheduler(), new.scheduler()),
        ("UILogs/webui_settings.json", old.webui_settings(), new.webui_settings()),
    ];
    let mut all = Vec::new();
    for (name, from, to) in shared {
        let content = match std::fs::read(&from) {
            Ok(content) => Ok(content),
            Err(_) if name == "config.json" => old_config::rebuilt(&old.database().join("config.db")),
            Err(error) => Err(error.to_string()),
        };
        let copied = content.and_then(|content| copy(&content, &to));
        all.push(match copied {
            Ok(imported) => Moved { what: name.to_owned(), found: 1, imported, problem: None },
            Err(problem) => Moved { what: name.to_owned(), problem: Some(problem), ..Moved::default() },
        });
    }
    all
}

/// Writes a file where none is. Gives how many were written; tells where another one is.
fn copy(content: &[u8], to: &Path) -> Result<usize, String> {
    match std::fs::read(to) {
        Ok(present) if present == content => Ok(0),
        Ok(_) => Err(format!("{} is there already and was left as it is", to.display())),
        Err(_) => {
            let written = to.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| write_private(to, content));
            written.map(|()| 1).map_err(|error| format!("{} cannot be written: {error}", to.display()))
        }
    }
}

/// What came and what did not, one line a thing.
pub fn told(all: &[Moved], dry_run: bool) -> Vec<String> {
    all.iter()
        .map(|Moved { what, found, imported, problem }| match problem {
            Some(problem) => format!("{what}: nothing came over: {problem}"),
            None if dry_run => format!("{what}: {found} found"),
            None => format!("{what}: {found} found, {imported} new, {} known", found.saturating_sub(*imported)),
        })
        .collect()
}
