//! Backups of all records, one a day, beside the store.
//!
//! `store-backups/records-YYYYMMDD.jsonl.gz`: the lines of [`records`] and a last one that says how many there are, which
//! together with the checksum of gzip tells a whole file from a damaged one. For its owner's eyes: it has the last good
//! configuration with its secrets, and the hashes of API keys. Written record by record, to a new file that gets its name
//! when it is whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use posterizarr_base::{bounded, files};
use serde::{Deserialize, Serialize};

use crate::recovery::records::{self, RecordsError};
use crate::store::{RawRecord, Store};

/// How many are kept.
pub const KEPT: usize = 7;
/// What one may take on disk; a larger one is not kept, since the disk is for posters.
const MAX_SIZE: u64 = 256 * 1024 * 1024;
/// What all together may take.
const MAX_TOGETHER: u64 = 512 * 1024 * 1024;
/// What one may be when it is unpacked.
const MAX_UNPACKED: u64 = 8 * 1024 * 1024 * 1024;
/// The disk is not filled up with backups.
const ROOM_LEFT: u64 = 256 * 1024 * 1024;

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreBackup {
    /// Where it is.
    pub path: PathBuf,
    pub day: NaiveDate,
    /// Its size in bytes.
    pub size: u64,
}

/// What a backup says of itself in its last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// When it was made.
    pub made: DateTime<Utc>,
    /// How many records each table has.
    pub tables: BTreeMap<String, usize>,
}

/// What the last line begins with.
const END: &str = "{\"end\":";

#[derive(Serialize, Deserialize)]
struct LastLine {
    end: Summary,
}

/// The backups that are there, newest first, whatever is in them.
///
/// # Errors
/// Those of listing the folder; one that is missing has none.
pub fn list(folder: &Path) -> io::Result<Vec<StoreBackup>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut backups = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some(day) = entry.file_name().to_str().and_then(day_of) else { continue };
        if let Some(metadata) = entry.metadata().ok().filter(std::fs::Metadata::is_file) {
            backups.push(StoreBackup { path: entry.path(), day, size: metadata.len() });
        }
    }
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.day));
    Ok(backups)
}

fn day_of(file_name: &str) -> Option<NaiveDate> {
    let digits = file_name.strip_prefix("records-")?.strip_suffix(".jsonl.gz")?;
    NaiveDate::parse_from_str(digits, "%Y%m%d").ok()
}

/// Makes the backup of a day, in place of one that is there.
///
/// # Errors
/// Those of the store and the disk, and for a backup that would be too large; nothing is left behind then.
pub fn make(store: &Store, folder: &Path, day: NaiveDate) -> Result<StoreBackup, RecordsError> {
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    files::remove_unfinished(folder)?;
    has_room(folder)?;
    let staged = tempfile::Builder::new().prefix(files::UNFINISHED).suffix(".tmp").tempfile_in(folder)?;
    let limited = Limited { to: staged.as_file(), left: MAX_SIZE };
    let mut lines = GzEncoder::new(BufWriter::new(limited), Compression::fast());
    let tables = records::write(store, &mut lines)?;
    let end = Summary { made: Utc::now(), tables };
    serde_json::to_writer(&mut lines, &LastLine { end }).map_err(io::Error::from)?;
    lines.write_all(b"\n")?;
    lines.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    staged.as_file().sync_all()?;
    let size = staged.as_file().metadata()?.len();
    let path = folder.join(day.format("records-%Y%m%d.jsonl.gz").to_string());
    staged.persist(&path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()?;
    Ok(StoreBackup { path, day, size })
}

fn has_room(folder: &Path) -> io::Result<()> {
    let disk = rustix::fs::statvfs(folder)?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM_LEFT {
        return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is almost full"));
    }
    Ok(())
}

/// Removes the oldest beyond what is kept; the newest always stays.
///
/// # Errors
/// Those of the disk.
pub fn prune(folder: &Path) -> io::Result<()> {
    let mut together = 0;
    for (number, backup) in list(folder)?.iter().enumerate() {
        together += backup.size;
        if number > 0 && (number >= KEPT || together > MAX_TOGETHER) {
            std::fs::remove_file(&backup.path)?;
        }
    }
    Ok(())
}

/// The newest backup that is whole, with what it says of itself. Those that are not are told in the log.
pub fn newest_sound(folder: &Path) -> Option<(StoreBackup, Summary)> {
    let backups = list(folder).unwrap_or_else(|error| {
        tracing::error!(%error, "the backups of the records cannot be listed");
        Vec::new()
    });
    backups.into_iter().find_map(|backup| match each(&backup.path, |_, _| Ok(())) {
        Ok(summary) => Some((backup, summary)),
        Err(error) => {
            tracing::warn!(file = %backup.path.display(), %error, "a backup of the records is damaged and is not used");
            None
        }
    })
}

/// Gives every record of a backup to `take`, with its table. Only when this returns without an error was the backup whole.
///
/// # Errors
/// Those of reading and of `take`, and for a backup that is not whole.
pub fn each(
    path: &Path,
    mut take: impl FnMut(&'static str, RawRecord) -> Result<(), RecordsError>,
) -> Result<Summary, RecordsError> {
    let (file, metadata) = bounded::open(path)?;
    if metadata.len() > MAX_SIZE {
        return Err(bounded::too_large(MAX_SIZE).into());
    }
    let (known, mut counts, mut end) = (records::known(), BTreeMap::<String, usize>::new(), None);
    let unpacked = BufReader::with_capacity(64 * 1024, GzDecoder::new(BufReader::new(file)).take(MAX_UNPACKED));
    // To its very end, where gzip has its checksum.
    for (line, number) in bounded::lines(unpacked, records::MAX_LINE_LENGTH).zip(1..) {
        let line = line?;
        if end.is_some() {
            return Err(broken("there is content after its last line").into());
        }
        if line.starts_with(END) {
            end = Some(serde_json::from_str::<LastLine>(&line).map_err(io::Error::from)?.end);
            continue;
        }
        let (table, record) = records::parse(&known, &line, number)?;
        *counts.entry(table.to_owned()).or_default() += 1;
        take(table, record)?;
    }
    let end = end.ok_or_else(|| broken("it ends too early"))?;
    let expected = end.tables.iter().filter(|(_, count)| **count > 0);
    if !expected.eq(counts.iter()) {
        return Err(broken("it has not as many records as it says").into());
    }
    Ok(end)
}

fn broken(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Refuses what goes beyond a size.
struct Limited<W> {
    to: W,
    left: u64,
}

impl<W: Write> Write for Limited<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.left = self.left.checked_sub(written as u64).ok_or_else(|| bounded::too_large(MAX_SIZE))?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{HistoryRow, StoredHistoryRow};

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn filled(records: u64) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        let rows = (1..=records)
            .map(|id| (id.to_be_bytes().to_vec(), Some(StoredHistoryRow(HistoryRow { id, ..HistoryRow::default() }))));
        store.table::<StoredHistoryRow>().unwrap().apply(rows).unwrap();
        (folder, store)
    }

    #[test]
    fn a_backup_gives_every_record_back_and_is_for_its_owner_only() {
        let (folder, store) = filled(300);
        let backups = folder.path().join("backups");
        let made = make(&store, &backups, day(28)).unwrap();
        let mut records = Vec::new();
        let summary = each(&made.path, |table, record| {
            assert_eq!(table, "history");
            records.push(record);
            Ok(())
        });
        assert_eq!(summary.unwrap().tables["history"], 300);
        assert_eq!(records, store.raw("history").unwrap().map(Result::unwrap).collect::<Vec<_>>());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&backups), mode(&made.path)), (0o700, 0o600));
        assert_eq!(std::fs::read_dir(&backups).unwrap().count(), 1);
    }

    #[test]
    fn the_newest_whole_one_is_used_whatever_happened_to_the_others() {
        let (folder, store) = filled(300);
        let backups = folder.path().join("backups");
        for number in 1..=4 {
            make(&store, &backups, day(number)).unwrap();
        }
        let path = |number| backups.join(format!("records-202611{number:02}.jsonl.gz"));
        let content = std::fs::read(path(4)).unwrap();
        std::fs::write(path(4), &content[..content.len() / 2]).unwrap();
        let mut flipped = content.clone();
        flipped[content.len() / 2] ^= 4;
        std::fs::write(path(3), flipped).unwrap();
        std::fs::write(backups.join("records-20261130.jsonl.gz"), "not one at all").unwrap();
        std::fs::create_dir(backups.join("records-20261129.jsonl.gz")).unwrap();
        assert_eq!(newest_sound(&backups).unwrap().0.day, day(2));
        for bit in (0..content.len() * 8).step_by(97) {
            let mut flipped = content.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(path(4), flipped).unwrap();
            // Bits of the header, such as its time, say nothing of what is in it.
            let read = each(&path(4), |_, _| Ok(()));
            assert!(read.is_err() || read.unwrap().tables["history"] == 300, "bit {bit}");
        }
    }

    #[test]
    fn seven_are_kept() {
        let (folder, store) = filled(1);
        let backups = folder.path().join("backups");
        for number in 1..=10 {
            make(&store, &backups, day(number)).unwrap();
            prune(&backups).unwrap();
        }
        let days: Vec<_> = list(&backups).unwrap().into_iter().map(|backup| backup.day).collect();
        assert_eq!(days, (4..=10).rev().map(day).collect::<Vec<_>>());
        assert_eq!(list(&folder.path().join("nothing")).unwrap(), []);
    }

    #[test]
    fn one_that_would_be_too_large_is_refused() {
        let mut limited = Limited { to: Vec::new(), left: 10 };
        limited.write_all(b"12345").unwrap();
        assert_eq!(limited.write_all(b"123456").unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
