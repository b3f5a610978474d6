//! `runtime_stats.db`: the old backend's history.

use std::collections::BTreeMap;
use std::path::Path;

use super::row::HistoryRow;
use super::state::Marker;
use crate::store::old_database::{Cells, OldDatabase, OldDatabaseError};

/// The file in the old backend's `database` folder.
pub const FILE: &str = "runtime_stats.db";
/// Its table of runs.
pub const TABLE: &str = "runtime_stats";

const COLUMNS: [&str; 30] = [
    "id",
    "timestamp",
    "mode",
    "runtime_seconds",
    "runtime_formatted",
    "total_images",
    "posters",
    "seasons",
    "backgrounds",
    "titlecards",
    "collections",
    "errors",
    "fallbacks",
    "tba_skipped",
    "jap_chines_skipped",
    "notification_sent",
    "uptime_kuma",
    "images_cleared",
    "folders_cleared",
    "space_saved",
    "script_version",
    "im_version",
    "start_time",
    "end_time",
    "log_file",
    "status",
    "notes",
    "textless",
    "truncated",
    "text",
];

/// Reads every run, oldest number first.
pub fn read(file: &Path) -> Result<Vec<HistoryRow>, OldDatabaseError> {
    let mut rows = Vec::new();
    OldDatabase::open(file)?.each(TABLE, &COLUMNS, &["id"], |cells| rows.push(row(cells)))?;
    Ok(rows)
}

/// Reads what the old backend noted of its own migrations; empty where it did not.
pub fn markers(file: &Path) -> BTreeMap<String, Marker> {
    let mut markers = BTreeMap::new();
    let read = OldDatabase::open(file).and_then(|database| {
        database.each("migration_info", &["key", "value", "updated_at"], &["key"], |cells| {
            let text = |column| cells.text(column).unwrap_or_default();
            markers.insert(text(0), Marker { value: text(1), updated_at: text(2) });
        })
    });
    if let Err(error) = read {
        tracing::debug!(%error, "the old history has no notes of its migrations");
    }
    markers
}

fn row(cells: &Cells<'_>) -> HistoryRow {
    let number = |column| cells.whole(column).unwrap_or_default();
    let text = |column| cells.text(column);
    HistoryRow {
        id: u64::try_from(number(0)).unwrap_or_default(),
        timestamp: text(1).unwrap_or_default(),
        mode: text(2),
        runtime_seconds: cells.whole(3),
        runtime_formatted: text(4),
        total_images: number(5),
        posters: number(6),
        seasons: number(7),
        backgrounds: number(8),
        titlecards: number(9),
        collections: number(10),
        errors: number(11),
        fallbacks: number(12),
        tba_skipped: number(13),
        jap_chines_skipped: number(14),
        notification_sent: number(15),
        uptime_kuma: number(16),
        images_cleared: number(17),
        folders_cleared: number(18),
        space_saved: text(19),
        script_version: text(20),
        im_version: text(21),
        start_time: text(22),
        end_time: text(23),
        log_file: text(24),
        status: text(25),
        notes: text(26),
        textless: number(27),
        truncated: number(28),
        text: number(29),
        run: None,
        title: None,
    }
}
