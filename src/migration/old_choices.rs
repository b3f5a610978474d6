//! `imagechoices.db`: what the old backend knew of image choices.

use std::path::{Path, PathBuf};

use crate::actors::library::choices::ChoiceRow;
use crate::actors::library::choices::ImportRows;
use crate::actors::store::old_database::{Moved, OldDatabase, OldDatabaseError};
use crate::http::{ApiError, AppState, ask_within};

/// The file in the old backend's `database` folder.
pub const FILE: &str = "imagechoices.db";
/// Its table.
pub const TABLE: &str = "imagechoices";

const COLUMNS: [&str; 19] = [
    "id",
    "Title",
    "Type",
    "Rootfolder",
    "LibraryName",
    "Language",
    "Fallback",
    "TextTruncated",
    "DownloadSource",
    "FavProviderLink",
    "Manual",
    "tmdbid",
    "tvdbid",
    "imdbid",
    "created_at",
    "updated_at",
    "LogoSource",
    "LogoLanguage",
    "LogoTextFallback",
];

/// Takes over every row. One that is known here is joined with ours.
pub async fn take(state: &AppState, file: PathBuf) -> Result<Moved, ApiError> {
    let what = format!("{FILE}: {TABLE}");
    let rows = match actix_web::web::block(move || read(&file)).await.map_err(ApiError::internal)? {
        Ok(rows) => rows,
        Err(error) => return Ok(Moved { what, problem: Some(error.to_string()), ..Moved::default() }),
    };
    let found = rows.len();
    let imported = ask_within(super::PATIENCE, &state.choices, ImportRows(rows)).await??;
    Ok(Moved { what, found, imported, problem: None })
}

fn read(file: &Path) -> Result<Vec<ChoiceRow>, OldDatabaseError> {
    let mut rows = Vec::new();
    OldDatabase::open(file)?.each(TABLE, &COLUMNS, &["id"], |cells| {
        let text = |column| cells.text(column);
        rows.push(ChoiceRow {
            id: cells.whole(0).and_then(|id| u64::try_from(id).ok()).unwrap_or_default(),
            title: text(1).unwrap_or_default(),
            kind: text(2),
            rootfolder: text(3),
            library: text(4),
            language: text(5),
            fallback: text(6),
            logo_source: text(16),
            logo_language: text(17),
            logo_text_fallback: text(18),
            text_truncated: text(7),
            download_source: text(8),
            fav_provider_link: text(9),
            manual: text(10),
            tmdbid: text(11),
            tvdbid: text(12),
            imdbid: text(13),
            created_at: text(14).unwrap_or_default(),
            updated_at: text(15).unwrap_or_default(),
        });
    })?;
    Ok(rows)
}
