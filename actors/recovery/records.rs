//! All records of the store in a form that outlives it: JSON, one record a line.
//!
//! `{"table":"runs","version":1,"number":17,"key":"0000000000000001","value":{…}}`. The number is that of the change that wrote
//! it (see [`crate::store`]); a file of an earlier version has none. What is stored is this already, a version byte
//! and JSON, so that nothing is translated and nothing is lost. Records of older versions are taken as they are and upgraded
//! when they are read; those of newer versions are refused, since this version would misread them.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use posterizarr_base::bounded;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::{RawRecord, Record, Store, StoreError};

/// The tables of this version, each with the version of its records.
pub fn known() -> BTreeMap<&'static str, u8> {
    macro_rules! tables {
        ($($record:ty),* $(,)?) => { [$((<$record>::TABLE, <$record>::VERSION)),*].into() };
    }
    tables![
        crate::access::ApiKey,
        crate::access::Installation,
        crate::access::OldKey,
        crate::access::Session,
        crate::config::source::LastGood,
        crate::exports::ExportState,
        crate::exports::row::ExportRow,
        crate::history::HistoryState,
        crate::history::StoredHistoryRow,
        crate::library::choices::Entry,
        crate::library::replacing::Item,
        crate::servers::libraries::ServerLibraries,
        crate::store::old_database::TakenOver,
        crate::runs::RunRecord,
        crate::schedule::Fire,
        crate::schedule::Horizon,
        crate::runs::Hold,
        crate::runs::Job,
        crate::updates::Known,
        crate::triggers::Received,
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
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// A record as it is written to a line.
#[derive(Serialize, Deserialize)]
struct Line {
    table: String,
    version: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
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
            let record = match record {
                Err(StoreError::Damaged(reason)) => {
                    tracing::warn!(reason, "a record that is damaged is left out");
                    continue;
                }
                record => record?,
            };
            let Some((version, json)) = record.record.split_first() else { continue };
            let Ok(value) = serde_json::from_slice(json) else {
                tracing::warn!(table, "a record that is damaged is left out");
                continue;
            };
            let line =
                Line { table: table.clone(), version: *version, number: record.number, key: hex(&record.key), value };
            serde_json::to_writer(&mut to, &line).map_err(io::Error::from)?;
            to.write_all(b"\n")?;
            *count += 1;
        }
    }
    Ok(counts)
}

/// The longest line that is read, in bytes: far more than any record has.
pub const MAX_LINE_LENGTH: u64 = 8 * 1024 * 1024;
/// How many bytes of records wait in memory before they are written.
const MAX_UNWRITTEN: usize = 16 * 1024 * 1024;

/// Takes every record into a store. Nothing is upgraded here. Gives how many there were in each table.
pub fn read(store: &Store, from: impl BufRead) -> Result<BTreeMap<String, usize>, RecordsError> {
    let mut counts = BTreeMap::new();
    let mut batches: BTreeMap<&'static str, Vec<RawRecord>> = BTreeMap::new();
    let mut unwritten = 0;
    for record in lines(from) {
        let (table, record) = record?;
        *counts.entry(table.to_owned()).or_insert(0) += 1;
        unwritten += record.record.len();
        let batch = batches.entry(table).or_default();
        batch.push(record);
        if batch.len() == BATCH {
            store.put_raw(table, std::mem::take(batch))?;
        }
        if unwritten > MAX_UNWRITTEN {
            unwritten = 0;
            for (table, batch) in std::mem::take(&mut batches) {
                store.put_raw(table, batch)?;
            }
        }
    }
    for (table, batch) in batches {
        store.put_raw(table, batch)?;
    }
    Ok(counts)
}

/// The records of such a file one by one, each with its table.
fn lines(from: impl BufRead) -> impl Iterator<Item = Result<(&'static str, RawRecord), RecordsError>> {
    let known = known();
    let numbered = bounded::lines(from, MAX_LINE_LENGTH).zip(1..);
    numbered.map(move |(line, number)| parse(&known, &line?, number))
}

/// Reads one line: the table and the record. `number` is the line's, from 1. The tables are those of [`known`].
///
/// # Errors
/// For what is no record, or of a newer version.
pub fn parse(
    known: &BTreeMap<&'static str, u8>,
    line: &str,
    number: usize,
) -> Result<(&'static str, RawRecord), RecordsError> {
    let bad = |reason: String| RecordsError::Line { line: number, reason };
    let record: Line = serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
    let table = accept(known, &record.table, record.version)?;
    let key = unhex(&record.key).ok_or_else(|| bad("its key is not in hexadecimal digits".to_owned()))?;
    let stored = [vec![record.version], record.value.to_string().into_bytes()].concat();
    Ok((table, RawRecord { key, number: record.number, record: stored }))
}

fn accept(known: &BTreeMap<&'static str, u8>, table: &str, version: u8) -> Result<&'static str, RecordsError> {
    match known.get_key_value(table) {
        None => Err(RecordsError::Newer { what: format!("the table {table:?}") }),
        Some((_, own)) if version > *own => Err(RecordsError::Newer { what: format!("a record of {table:?}") }),
        Some((table, _)) => Ok(table),
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
    use crate::history::{HistoryRow, StoredHistoryRow};

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    #[test]
    fn every_record_comes_back_byte_for_byte() {
        let (_folder, full) = store();
        let rows = full.table::<StoredHistoryRow>().unwrap();
        for id in 1..=2_500_u64 {
            let row = HistoryRow { id, timestamp: "2026-11-23T08:00:00".into(), ..HistoryRow::default() };
            rows.put(&id.to_be_bytes(), &StoredHistoryRow(row)).unwrap();
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
