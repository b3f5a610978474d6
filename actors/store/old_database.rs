//! The old backend's SQLite files: read, never written.
//!
//! Columns are asked for by name, and one that an older schema lacks is null in every row. A file with a journal beside it
//! was not closed in good order; SQLite would write to it to put it right, so a copy is read in its place.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::Record;

/// Notes that something of the old backend was taken over with the first start; its key says what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// When.
    pub at: DateTime<Utc>,
}

impl Record for TakenOver {
    const TABLE: &'static str = "taken_over";
    const VERSION: u8 = 1;
}

/// Why a database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OldDatabaseError {
    /// There is no such file.
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    /// It has no such table.
    #[error("{} has no table {table}", file.display())]
    NoTable { file: PathBuf, table: String },
    /// It is no database, or damaged.
    #[error("{} cannot be read: {cause}", file.display())]
    Unreadable {
        file: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// It cannot be copied for reading.
    #[error("{} cannot be copied: {cause}", file.display())]
    Copy {
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// How much of one table came over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moved {
    /// What was read, such as `runtime_stats.db: runtime_stats`.
    pub what: String,
    /// Rows that were found.
    pub found: usize,
    /// Those that were new here.
    pub imported: usize,
    /// Why not all of it was read.
    pub problem: Option<String>,
}

/// How many rows a table has.
pub fn count(file: &Path, table: &str) -> Result<usize, OldDatabaseError> {
    let mut rows = 0;
    OldDatabase::open(file)?.each(table, &[], &[], |_| rows += 1)?;
    Ok(rows)
}

/// An opened database.
pub struct OldDatabase {
    file: PathBuf,
    connection: Connection,
    // The copy that is read, where it is one; removed when this is dropped.
    _copy: Option<tempfile::TempDir>,
}

/// One row of the asked columns.
pub struct Cells<'a> {
    row: &'a Row<'a>,
    /// For each asked column, its place in the row; none where the table lacks it.
    places: &'a [Option<usize>],
}

impl OldDatabase {
    /// Opens a file for reading.
    pub fn open(file: &Path) -> Result<Self, OldDatabaseError> {
        if !file.is_file() {
            return Err(OldDatabaseError::Missing(file.to_owned()));
        }
        let copy = copy_if_open(file).map_err(|cause| OldDatabaseError::Copy { file: file.to_owned(), cause })?;
        let (path, flags) = match &copy {
            Some((_, path)) => (path.as_path(), OpenFlags::SQLITE_OPEN_READ_WRITE),
            None => (file, OpenFlags::SQLITE_OPEN_READ_ONLY),
        };
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|cause| OldDatabaseError::Unreadable { file: file.to_owned(), cause })?;
        Ok(Self { file: file.to_owned(), connection, _copy: copy.map(|(folder, _)| folder) })
    }

    /// Calls `each` with every row of `table`, in the order of the columns in `order` that it has.
    pub fn each(
        &self,
        table: &str,
        columns: &[&str],
        order: &[&str],
        mut each: impl FnMut(&Cells<'_>),
    ) -> Result<(), OldDatabaseError> {
        let unreadable = |cause| OldDatabaseError::Unreadable { file: self.file.clone(), cause };
        let has = self.columns(table).map_err(unreadable)?;
        if has.is_empty() {
            return Err(OldDatabaseError::NoTable { file: self.file.clone(), table: table.to_owned() });
        }
        let quoted = |names: &[&str]| {
            let there = names.iter().filter(|name| has.contains(**name));
            there.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        };
        let order = quoted(order);
        let order = if order.is_empty() { "rowid" } else { &order };
        let quoted_columns = quoted(columns);
        let wanted = if quoted_columns.is_empty() { "1" } else { &quoted_columns };
        let sql = format!("SELECT {wanted} FROM \"{table}\" ORDER BY {order}");
        let mut place = 0;
        let places: Vec<_> = columns
            .iter()
            .map(|name| {
                has.contains(*name).then(|| {
                    place += 1;
                    place - 1
                })
            })
            .collect();
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(&Cells { row, places: &places });
            }
            Ok(())
        };
        read().map_err(unreadable)
    }

    /// The columns of a table; none where there is no such table.
    fn columns(&self, table: &str) -> rusqlite::Result<HashSet<String>> {
        let mut statement = self.connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        statement.query_map([table], |row| row.get(0))?.collect()
    }
}

impl Cells<'_> {
    /// The asked column as text; none where it is null or missing.
    pub fn text(&self, column: usize) -> Option<String> {
        match self.value(column)? {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Text(text) | ValueRef::Blob(text) => Some(String::from_utf8_lossy(text).into_owned()),
        }
    }

    /// The asked column as a whole number; none where it is null, missing, or something else.
    pub fn whole(&self, column: usize) -> Option<i64> {
        match self.value(column)? {
            ValueRef::Integer(number) => Some(number),
            // Counts are far from where the cast would lose anything.
            ValueRef::Real(number) => Some(number as i64),
            ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
            ValueRef::Null | ValueRef::Blob(_) => None,
        }
    }

    fn value(&self, column: usize) -> Option<ValueRef<'_>> {
        let place = self.places.get(column).copied().flatten()?;
        self.row.get_ref(place).ok()
    }
}

/// A copy of a database that was not closed in good order, with its journals.
fn copy_if_open(file: &Path) -> io::Result<Option<(tempfile::TempDir, PathBuf)>> {
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let journals: Vec<_> =
        ["-journal", "-wal"].into_iter().filter(|suffix| std::fs::metadata(beside(suffix)).is_ok()).collect();
    if journals.is_empty() {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.db");
    std::fs::copy(file, &copy)?;
    for suffix in journals {
        std::fs::copy(beside(suffix), folder.path().join(format!("copy.db{suffix}")))?;
    }
    Ok(Some((folder, copy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(sql: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("old.db");
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        (folder, file)
    }

    fn read(file: &Path, columns: &[&str]) -> Vec<Vec<Option<String>>> {
        let mut rows = Vec::new();
        let database = OldDatabase::open(file).unwrap();
        database
            .each("t", columns, &["missing", "n"], |cells| {
                rows.push((0..columns.len()).map(|column| cells.text(column)).collect());
            })
            .unwrap();
        rows
    }

    #[test]
    fn columns_are_found_by_name_and_missing_ones_are_null() {
        let (_folder, file) =
            database("CREATE TABLE t (b TEXT, n INTEGER, r REAL); INSERT INTO t VALUES ('x', 2, 1.5), (NULL, 1, 2)");
        let rows = read(&file, &["n", "later", "b", "r"]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(rows, [[text("1"), None, None, text("2")], [text("2"), None, text("x"), text("1.5")]]);
    }

    #[test]
    fn a_database_that_was_not_closed_is_read_whole_and_left_as_it_is() {
        let (_folder, file) = database("CREATE TABLE t (n INTEGER)");
        let writer = Connection::open(&file).unwrap();
        writer.execute_batch("PRAGMA journal_mode = wal; INSERT INTO t VALUES (1)").unwrap();
        let before = std::fs::read(&file).unwrap();
        assert_eq!(read(&file, &["n"]).len(), 1);
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }

    #[test]
    fn what_is_missing_or_no_database_is_told() {
        let (folder, file) = database("CREATE TABLE other (n INTEGER)");
        let nothing = |_: &Cells<'_>| {};
        let error = OldDatabase::open(&file).unwrap().each("t", &["n"], &[], nothing).unwrap_err();
        assert!(error.to_string().ends_with("has no table t"), "{error}");
        let error = OldDatabase::open(&folder.path().join("none.db")).err().unwrap();
        assert!(error.to_string().ends_with("is not there"), "{error}");
        std::fs::write(&file, "this is a text file, and rather longer than a header").unwrap();
        let error = OldDatabase::open(&file).unwrap().each("t", &["n"], &[], nothing).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}
