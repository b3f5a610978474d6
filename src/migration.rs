//! Moving over: what an installation of the old backend has, taken into ours.
//!
//! Each actor takes what it owns; what was taken before is known, so that it can be done again and again. The
//! databases are only read. Files that both backends share (`config.json`, `scheduler.json`, the web UI's settings) are used
//! where they are; from another folder they are copied where there are none here.

use std::path::{Path, PathBuf};

use chrono::Utc;
use posterizarr_base::bounded;

use crate::actors::access::{TakeOldKeys, old_keys};
use crate::actors::config::document;
use crate::actors::exports::TakeOldExports;
use crate::actors::files::write_private;
use crate::actors::history::{TakeOldHistory, database};
use crate::actors::runtime::data_dir::DataDir;
use crate::actors::servers::libraries::{TakeOldLibraries, old_libraries};
use crate::actors::store::old_database::{self, Moved, TakenOver};
use crate::http::{ApiError, AppState, State, ask_within};
use posterizarr_base::media_exports::ExportKind;

mod old_choices;
mod old_config;
mod old_queue;

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
        let exports = ExportKind::ALL.map(|kind| (EXPORTS, kind.table()));
        let tables = [(database::FILE, database::TABLE)]
            .into_iter()
            .chain(exports)
            .chain([(old_choices::FILE, old_choices::TABLE), (old_libraries::FILE, old_libraries::TABLE)]);
        let of_both = tables.map(|(file, table)| {
            let what = format!("{file}: {table}");
            match old_database::count(&self.database(file), table) {
                Ok(found) => Moved { what, found, ..Moved::default() },
                Err(error) => Moved { what, problem: Some(error.to_string()), ..Moved::default() },
            }
        });
        of_both.chain(self.keys()).chain(old_queue::survey(&self.data)).collect()
    }

    /// How many API keys there are; version 2 has no such thing.
    fn keys(&self) -> Option<Moved> {
        let what = format!("{}: {}", old_keys::FILE, old_keys::TABLE);
        match old_keys::read(&self.database(old_keys::FILE)) {
            Ok(None) => None,
            Ok(Some(keys)) => Some(Moved { what, found: keys.len(), ..Moved::default() }),
            Err(error) => Some(Moved { what, problem: Some(error.to_string()), ..Moved::default() }),
        }
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
        let keys = TakeOldKeys { file: self.database(old_keys::FILE) };
        all.extend(ask_within(PATIENCE, &state.auth, keys).await??);
        all.extend(old_queue::take(state, &self.data).await?);
        Ok(all)
    }
}

/// Takes over the image choices, the API keys and the queue with the first start on an old installation. The history, the
/// exports and the libraries are taken by those who keep them as soon as these start.
pub async fn first_start(state: State) {
    first_keys(&state).await;
    let data = state.shared.data.clone();
    let choices = data.database().join(old_choices::FILE);
    let taken = async {
        if is_first(&state, &choices, old_choices::TABLE)? {
            told_in_log(&[old_choices::take(&state, choices).await?]);
            note(&state, old_choices::TABLE).await?;
        }
        if is_first(&state, &data.database().join(old_queue::FILE), old_queue::TABLE)? {
            told_in_log(&old_queue::take(&state, &data).await?);
            note(&state, old_queue::TABLE).await?;
        }
        Ok::<_, ApiError>(())
    };
    if let Err(error) = taken.await {
        tracing::error!(%error, "the old backend's records were not all taken over; the next start tries again");
    }
}

/// Whether there is something that was never taken over.
fn is_first(state: &AppState, file: &Path, table: &str) -> Result<bool, ApiError> {
    Ok(file.is_file() && state.shared.store.table::<TakenOver>()?.get(table.as_bytes())?.is_none())
}

async fn note(state: &AppState, table: &str) -> Result<(), ApiError> {
    let noted = state.shared.store.table::<TakenOver>()?.put_later(table.as_bytes(), &TakenOver { at: Utc::now() });
    Ok(noted.await?)
}

fn told_in_log(all: &[Moved]) {
    for Moved { what, found, imported, problem } in all {
        match problem {
            Some(problem) => tracing::warn!(what, problem, "not taken over; `posterizarrd import` tries again"),
            None => tracing::info!(what, found, imported, "taken over"),
        }
    }
}

/// Takes over the API keys of Posterizarr 3.x, so that webhooks go on working. Keys that were seen before are known.
async fn first_keys(state: &State) {
    let file = state.shared.data.database().join(old_keys::FILE);
    let taken = ask_within(PATIENCE, &state.auth, TakeOldKeys { file }).await;
    match taken.and_then(|taken| Ok(taken?)) {
        Ok(None) => {}
        Ok(Some(Moved { imported: 0, problem: None, .. })) => {}
        Ok(Some(Moved { what, found, imported, problem })) => {
            tracing::info!(what, found, imported, problem, "taken over");
        }
        Err(error) => {
            tracing::error!(%error, "the old backend's API keys were not taken over; the next start tries again")
        }
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
        let content = match bounded::read(&from, document::MAX_SIZE) {
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
    match bounded::read(to, document::MAX_SIZE) {
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
