//! Finding result files, and reading them once they are whole.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use chrono::{DateTime, Local, NaiveDateTime, Utc};
use posterizarr_base::{bounded, result_file};
use serde::Serialize;
use utoipa::ToSchema;

use super::result_row;
use super::row::HistoryRow;
use crate::files::Stamp;

/// The largest result file, in bytes. The script's have some hundred.
const MAX_RESULT_SIZE: u64 = 1024 * 1024;

/// A result file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Of the file, without a folder: `normal.json`.
    pub name: String,
    /// The mode whose result it is.
    pub mode: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// How it was when it was found.
    pub stamp: Stamp,
}

/// A file whose content could not be used, as told to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Why, in words.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The result files in a folder, in the order in which they are taken. A folder that is not there has none: the script
/// moves `Logs` away and makes it anew.
pub fn look(folder: &Path) -> io::Result<Vec<Found>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let mode = result_file::name_of(&name)?;
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Found { name, mode, path: entry.path(), stamp: Stamp::of(&metadata) })
        })
        .collect();
    found.sort_by_key(|file| result_file::names().position(|name| name == file.mode));
    Ok(found)
}

/// Reads a result; says why where that cannot be done.
pub fn read(file: &Found) -> Result<HistoryRow, String> {
    let content = bounded::read(&file.path, MAX_RESULT_SIZE).map_err(|error| error.to_string())?;
    result_row::read(&content, file.mode, &file.name, written(&file.path))
}

/// When a file was written, in local time; now, where that is not known.
pub fn written(path: &Path) -> NaiveDateTime {
    let modified = fs::metadata(path).and_then(|file| file.modified()).unwrap_or_else(|_| SystemTime::now());
    DateTime::<Local>::from(modified).naive_local()
}

/// The sub-folders of `RotatedLogs`, oldest first by name; none where it is not there.
pub fn rotated(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut folders: Vec<_> =
        folders.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path()))).collect();
    folders.sort();
    folders
}
