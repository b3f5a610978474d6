//! All records of the store in a form that outlives it: JSON, one record a line.
//!
//! `{"table":"runs","version":1,"key":"0000000000000001","value":{…}}`. What is stored is this already, a version byte
//! and JSON, so that nothing is translated and nothing is lost. Records of older versions are taken as they are and upgraded
//! when they are read; those of newer versions are refused, since this version would misread them.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::{RawRecord, Record, Store, StoreError};

/// The tables of this version, each with the version of its records.
pub fn known() -> BTreeMap<&'static str, u8> {
    macro_rules! tables {
        ($($record:ty),* $(,)?) => { [$((<$record>::TABLE, <$record>::VERSION)),*].into() };
    }
    tables![
        crate::auth_keeper::ApiKey,
        crate::auth_keeper::Session,
        crate::config_keeper::source::LastGood,
        crate::export_keeper::ExportState,
        crate::export_keeper::row::ExportRow,
        crate::historian::HistoryState,
        crate::historian::row::Stored,
        crate::image_choices::row::Entry,
        crate::library_keeper::ServerLibraries,
        crate::old_database::TakenOver,
        crate::runs::RunRecord,
        crate::scheduler::fires::Fire,
        crate::scheduler::fires::Horizon,
        crate::script_supervisor::Job,
        crate::version_checker::Known,
        crate::webhook_ingest::journal::Received,
    ]
}

/// Records written in one go.
const BATCH: usize = 1_000;

/// Why records were not taken.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// A table or record that this version does not know.
    #[error("{what} is of a newer posterizarrd than this one ({own}); use that version, or a newer one", own = env!("CARGO_PKG_VERSION"))]
    Newer {
        /// What it is.
        what: String,
    },
    /// A line that is no record.
    #[error("line {line} is not a record: {reason}")]
    Line {
        /// Counts from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// A record as it is written to a line.
#[derive(Serialize, Deserialize)]
struct Line {
    table: String,
    version: u8,
    /// In hexadecimal digits.
    key: String,
    value: Value,
}

/// Writes every record. Gives how many there are in each table.
pub fn write(store: &Store, mut to: impl Write) -> Result<BTreeMap<String, usize>, RecordsError> {
    let mut counts = BTreeMap::new();
    for table in store.table_names() {
        let count = counts.entry(table.clone()).or_insert(0);
        for record in store.raw(&table)? {
            let (key, stored) = record?;
            let Some((version, json)) = stored.split_first() else { continue };
            let Ok(value) = serde_json::from_slice(json) else {
                tracing::warn!(table, "a record that is damaged is left out");
                continue;
            };
            let line = Line { table: table.clone(), version: *version, key: hex(&key), value };
            serde_json::to_writer(&mut to, &line).map_err(io::Error::from)?;
            to.write_all(b"\n")?;
            *count += 1;
        }
    }
    Ok(counts)
}

/// Takes every record into a store. Nothing is upgraded here. Gives how many there were in each table.
pub fn read(store: &Store, from: impl BufRead) -> Result<BTreeMap<String, usize>, RecordsError> {
    let (known, mut counts) = (known(), BTreeMap::new());
    let mut batches: BTreeMap<String, Vec<RawRecord>> = BTreeMap::new();
    for (number, line) in from.lines().enumerate() {
        let (line, bad) = (line?, |reason: String| RecordsError::Line { line: number + 1, reason });
        let record: Line = serde_json::from_str(&line).map_err(|error| bad(error.to_string()))?;
        accept(&known, &record.table, record.version)?;
        let key = unhex(&record.key).ok_or_else(|| bad("its key is not in hexadecimal digits".to_owned()))?;
        let stored = [vec![record.version], record.value.to_string().into_bytes()].concat();
        *counts.entry(record.table.clone()).or_insert(0) += 1;
        let batch = batches.entry(record.table.clone()).or_default();
        batch.push((key, stored));
        if batch.len() == BATCH {
            store.put_raw(&record.table, std::mem::take(batch))?;
        }
    }
    for (table, batch) in batches {
        store.put_raw(&table, batch)?;
    }
    Ok(counts)
}

fn accept(known: &BTreeMap<&'static str, u8>, table: &str, version: u8) -> Result<(), RecordsError> {
    match known.get(table) {
        None => Err(RecordsError::Newer { what: format!("the table {table:?}") }),
        Some(own) if version > *own => Err(RecordsError::Newer { what: format!("a record of {table:?}") }),
        Some(_) => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::historian::row::{HistoryRow, Stored};

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    #[test]
    fn every_record_comes_back_byte_for_byte() {
        let (_folder, full) = store();
        let rows = full.table::<Stored>().unwrap();
        for id in 1..=2_500_u64 {
            let row = HistoryRow { id, timestamp: "2026-11-23T08:00:00".into(), ..HistoryRow::default() };
            rows.put(&id.to_be_bytes(), &Stored(row)).unwrap();
        }
        let mut lines = Vec::new();
        let written = write(&full, &mut lines).unwrap();
        let (_other, empty) = store();
        let read = read(&empty, lines.as_slice()).unwrap();
        assert_eq!((written, read.get("history")), (read.clone(), Some(&2_500)));
        let raw = |store: &Store| store.raw("history").unwrap().map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(raw(&empty), raw(&full));
    }

    #[test]
    fn what_a_newer_version_wrote_and_what_is_no_record_is_refused() {
        let (_folder, store) = store();
        for (line, expected) in [
            (r#"{"table":"history","version":99,"key":"00","value":{}}"#, "a record of \"history\" is of a newer"),
            (r#"{"table":"dreams","version":1,"key":"00","value":{}}"#, "the table \"dreams\" is of a newer"),
            (r#"{"table":"history","version":1,"key":"0","value":{}}"#, "line 1 is not a record"),
            ("{}", "line 1 is not a record"),
        ] {
            let error = read(&store, line.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn keys_in_hexadecimal_digits_come_back() {
        for bytes in [&[][..], &[0], &[0, 255, 16, 1]] {
            assert_eq!(unhex(&hex(bytes)).unwrap(), bytes);
        }
        assert_eq!((unhex("0"), unhex("zz"), unhex("+1")), (None, None, None));
    }
}
