//! `server_libraries.db`: what the old backend knew of its servers' libraries.

use std::path::Path;

use chrono::{DateTime, Local, NaiveDateTime, Utc};

use super::known::{KnownLibrary, LibrariesView};
use crate::store::old_database::{OldDatabase, OldDatabaseError};
use posterizarr_base::servers::ServerKind;

/// The file in the old backend's `database` folder.
pub const FILE: &str = "server_libraries.db";
pub const TABLE: &str = "media_server_libraries";

const COLUMNS: [&str; 5] = ["server_type", "library_name", "library_type", "is_excluded", "last_fetched"];

/// Reads the libraries of every server. Rows of a kind of server that nobody knows are left out.
pub fn read(file: &Path) -> Result<LibrariesView, OldDatabaseError> {
    let mut servers = LibrariesView::new();
    OldDatabase::open(file)?.each(TABLE, &COLUMNS, &["library_name"], |cells| {
        let kind = cells.text(0).unwrap_or_default();
        let Some(server) = ServerKind::ALL.into_iter().find(|server| server.key() == kind) else { return };
        let known = servers.entry(server).or_default();
        let name = cells.text(1).unwrap_or_default();
        if cells.whole(3) == Some(1) {
            known.excluded.insert(name.clone());
        }
        known.libraries.push(KnownLibrary { name, kind: cells.text(2) });
        known.fetched = known.fetched.max(cells.text(4).and_then(|text| in_utc(&text)).unwrap_or_default());
    })?;
    Ok(servers)
}

/// Local time as SQLite writes it.
fn in_utc(text: &str) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    Some(local.and_local_timezone(Local).earliest()?.to_utc())
}
