//! `queue.db`: pictures that wait in Posterizarr 3.x to take others' places. They wait here as they did there.
//!
//! One that was being made when that backend ended has never been made there, and waits again. Each comes once: what came is
//! noted by its number and time there, and one that came right before a crash is known by its place and time in our queue.
//! The old database and its pictures stay as they are.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::actors::config::AssetPaths;
use crate::actors::library::replacing::SourceKind;
use crate::actors::runtime::data_dir::DataDir;
use crate::actors::store::old_database::{Moved, OldDatabase, OldDatabaseError, TakenOver};
use crate::http::api::library::replacing::old_items::{self, OldItem};
use crate::http::{ApiError, AppState};

/// The file in the old backend's `database` folder.
pub const FILE: &str = "queue.db";
/// Its table.
pub const TABLE: &str = "queue_items";

const COLUMNS: [&str; 7] = ["id", "asset_path", "source_type", "source_data", "overlay_params", "status", "created_at"];

/// Who takes them over does it alone: the first start and an import may meet.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A picture that waits there.
struct Waiting {
    /// Tells it from all others, also from one that got its number later.
    key: String,
    item: OldItem,
}

/// Tells how many wait with their picture, and which have none any more; nothing where there is no such queue.
pub fn survey(old: &DataDir) -> Vec<Moved> {
    let waiting = match read(old) {
        Ok(waiting) if waiting.is_empty() => return Vec::new(),
        Ok(waiting) => waiting,
        Err(error) => return unreadable(&error),
    };
    let gone = waiting.iter().filter_map(|waiting| Some(not_taken(&waiting.item.path, is_gone(&waiting.item)?)));
    let gone: Vec<_> = gone.collect();
    let mut all = vec![Moved { found: waiting.len() - gone.len(), ..of_table() }];
    all.extend(gone);
    all
}

/// Puts those that wait there into our queue. Tells how many are here now, and which did not come and why.
pub async fn take(state: &AppState, old: &DataDir) -> Result<Vec<Moved>, ApiError> {
    let _alone = ONE_AT_A_TIME.lock().await;
    let read_from = old.clone();
    let waiting = match actix_web::web::block(move || read(&read_from)).await.map_err(ApiError::internal)? {
        Ok(waiting) if waiting.is_empty() => return Ok(Vec::new()),
        Ok(waiting) => waiting,
        Err(error) => return Ok(unreadable(&error)),
    };
    let taken = state.shared.store.table::<TakenOver>()?;
    let rooms = rooms(state, old);
    let mut all = vec![Moved { found: waiting.len(), ..of_table() }];
    for Waiting { key, item } in waiting {
        if taken.get(key.as_bytes())?.is_some() {
            continue;
        }
        let path = item.path.clone();
        let is_new = !is_here(state, &item);
        if is_new && let Err(problem) = add(state, item, &rooms).await {
            all.push(not_taken(&path, problem));
            if let Some(of_table) = all.first_mut() {
                of_table.found -= 1;
            }
            continue;
        }
        taken.put_later(key.as_bytes(), &TakenOver { at: Utc::now() }).await?;
        if let Some(of_table) = all.first_mut() {
            of_table.imported += usize::from(is_new);
        }
    }
    Ok(all)
}

async fn add(state: &AppState, item: OldItem, rooms: &[PathBuf]) -> Result<(), String> {
    if let Some(gone) = is_gone(&item) {
        return Err(gone);
    }
    if item.source == SourceKind::LocalPath && !is_in_a_room(Path::new(&item.given), rooms) {
        return Err(format!("{} is neither in the data folder nor in an asset folder; choose it again", item.given));
    }
    old_items::add(state, item).await.map_err(|error| error.in_full())
}

/// Whether it came before, and a crash kept that from being noted.
fn is_here(state: &AppState, old: &OldItem) -> bool {
    let items = &state.views.replacing.get().items;
    let Some(path) = old_items::asset(old) else { return false };
    items.iter().any(|item| item.created == old.created && item.source == old.source && item.path == path)
}

/// Why there is no picture; none where there is one, or it is still to be fetched.
fn is_gone(item: &OldItem) -> Option<String> {
    let gone = item.source != SourceKind::Url && !Path::new(&item.given).is_file();
    gone.then(|| format!("its picture {} is gone; choose it again", item.given))
}

fn rooms(state: &AppState, old: &DataDir) -> Vec<PathBuf> {
    let AssetPaths { assets, manual_assets, backup } = state.views.config.get().asset_paths.clone();
    vec![old.root().to_owned(), state.shared.data.root().to_owned(), assets, manual_assets, backup]
}

fn is_in_a_room(file: &Path, rooms: &[PathBuf]) -> bool {
    let Ok(real) = file.canonicalize() else { return false };
    rooms.iter().any(|room| room.canonicalize().is_ok_and(|room| real.starts_with(room)))
}

fn of_table() -> Moved {
    Moved { what: format!("{FILE}: {TABLE}"), ..Moved::default() }
}

fn not_taken(path: &str, problem: String) -> Moved {
    Moved { what: format!("{FILE}: {path}"), found: 1, imported: 0, problem: Some(problem) }
}

/// Version 2 has no such file.
fn unreadable(error: &OldDatabaseError) -> Vec<Moved> {
    match error {
        OldDatabaseError::Missing(_) | OldDatabaseError::NoTable { .. } => Vec::new(),
        error => vec![Moved { problem: Some(error.to_string()), ..of_table() }],
    }
}

fn read(old: &DataDir) -> Result<Vec<Waiting>, OldDatabaseError> {
    let mut waiting = Vec::new();
    OldDatabase::open(&old.database().join(FILE))?.each(TABLE, &COLUMNS, &["created_at", "id"], |cells| {
        let text = |column| cells.text(column).unwrap_or_default();
        let (id, status, created) = (text(0), text(5), text(6));
        if !["pending", "processing"].contains(&status.as_str()) {
            return;
        }
        let (source, given) = place(old, &text(2), text(3));
        let parameters: Option<Map<String, Value>> = serde_json::from_str(&text(4)).ok();
        let item = OldItem {
            path: text(1),
            source,
            given,
            parameters: parameters.unwrap_or_default(),
            created: time(&created),
        };
        waiting.push(Waiting { key: format!("{TABLE}/{id}/{created}"), item });
    })?;
    Ok(waiting)
}

/// Where its picture is. An upload lies in a folder of that installation, which may have been moved.
fn place(old: &DataDir, source: &str, given: String) -> (SourceKind, String) {
    let shown = |path: PathBuf| path.display().to_string();
    match source {
        "url" => (SourceKind::Url, given),
        "upload" => {
            let name = Path::new(&given).file_name().unwrap_or_default();
            let staged = old.queue_staging().join(name);
            let uploaded = Some(old.uploads().join(name)).filter(|path| !staged.is_file() && path.is_file());
            (SourceKind::Upload, shown(uploaded.unwrap_or(staged)))
        }
        _ => (SourceKind::LocalPath, shown(old.root().join(given))),
    }
}

fn time(text: &str) -> DateTime<Utc> {
    let known = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S");
    known.map(|time| time.and_utc()).unwrap_or_default()
}
