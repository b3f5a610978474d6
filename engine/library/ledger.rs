//! What is known of each asset that was made: how it looks, what it was made of, and who shows it.
//!
//! The file is a journal: one JSON object a line, and the last line about a file counts. So a run of a hundred thousand
//! assets writes each of them once, and a killed one loses nothing. A line is written *before* the picture is put in its
//! place, with the size and the time that the file will have there; therefore the line before it counts as long as the file
//! of that line is still the one in place. What no line describes is not ours: the user has put it there.

use std::collections::HashMap;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use posterizarr_base::bounded;
use posterizarr_base::said::{Clause, Reason};
use serde::{Deserialize, Serialize};

use super::heading::Heading;
use super::picture::Source;
use crate::library::select::Provider;

/// The longest line that is read.
const MAX_LINE_LENGTH: u64 = 64 * 1024;
/// The largest file that is read: some millions of assets.
const MAX_SIZE: u64 = 2 << 30;
/// So many lines that no longer count may be in the file.
const FEW: usize = 1000;

/// Tells a file from another one in its place: size in bytes, and time of its writing in seconds and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp(u64, i64, i64);

impl Stamp {
    pub(super) fn of(file: &Metadata) -> Self {
        Self(file.size(), file.mtime(), file.mtime_nsec())
    }
}

/// Whether the media server shows an asset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shown {
    /// Nobody has asked for that.
    #[default]
    NotWanted,
    /// It is to be uploaded, and was not yet.
    Wanted { by_trigger: bool },
    /// The server got it for this item. `mark` is what its listing has for the picture, once that was looked at.
    Sent { server: String, item: String, mark: Option<String> },
}

/// What is known of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Its path below the asset folder, without extension.
    pub(super) asset: String,
    pub(super) file: Stamp,
    /// Of the file's content; empty where nobody has looked.
    #[serde(default)]
    pub(super) digest: String,
    /// Of everything that its look depends on, besides the picture.
    #[serde(default)]
    pub(super) look: String,
    /// None where it was not made here.
    #[serde(default)]
    pub(super) source: Option<Source>,
    /// The rule by which the picture was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    /// The same sentence by sentence; empty where nobody noted it so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) because: Vec<Clause>,
    /// What stands where its title belongs; none where no logo was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) heading: Option<Heading>,
    /// Providers that did not answer when the picture was chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unanswered: Vec<String>,
    /// What it tells or hides that may be otherwise tomorrow.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) told: String,
    #[serde(default)]
    pub(super) shown: Shown,
}

impl Record {
    /// A file that was not made here; none if there is no such file.
    pub(super) fn foreign(asset: &str, file: &Path) -> Option<Self> {
        Some(Self {
            asset: asset.to_owned(),
            file: Stamp::of(&file.metadata().ok()?),
            digest: String::new(),
            look: String::new(),
            source: None,
            why: None,
            because: Vec::new(),
            heading: None,
            unanswered: Vec::new(),
            told: String::new(),
            shown: Shown::NotWanted,
        })
    }

    /// The rule by which the picture was chosen.
    pub(super) fn reason(&self) -> Option<Reason> {
        let because = self.because.clone();
        self.why.clone().map(|text| Reason { text, because })
    }

    /// Who did not answer.
    pub(super) fn providers(&self) -> Vec<Provider> {
        Provider::ALL
            .into_iter()
            .filter(|provider| self.unanswered.iter().any(|name| name == provider.name()))
            .collect()
    }
}

/// The last two of an asset: the later one may tell of a file that was never put in place.
#[derive(Debug, Default)]
struct Pair {
    last: Option<Box<Record>>,
    before: Option<Box<Record>>,
}

impl Pair {
    /// The later one first.
    fn iter(&self) -> impl Iterator<Item = &Record> {
        self.last.iter().chain(&self.before).map(Box::as_ref)
    }

    fn add(&mut self, record: Record) {
        let is_same = self.last.as_ref().is_some_and(|last| last.file == record.file);
        let last = self.last.replace(Box::new(record));
        if !is_same {
            self.before = last;
        }
    }
}

/// What was known when the run began, by the asset's path in lower case.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    records: HashMap<String, Pair>,
    lines: usize,
}

/// Where the ledger is.
pub(super) fn folder(data: &Path) -> PathBuf {
    data.join("ledger")
}

fn path(data: &Path) -> PathBuf {
    folder(data).join("assets.jsonl")
}

/// Whether there is a ledger already.
pub(super) fn exists(data: &Path) -> io::Result<bool> {
    path(data).try_exists()
}

impl Ledger {
    /// Reads the ledger of the data folder. What cannot be read is not known.
    pub(super) fn read(data: &Path) -> Self {
        Self::read_some(data, |_| true)
    }

    /// Reads what the ledger has about a single asset.
    pub(super) fn read_one(data: &Path, asset: &str) -> Self {
        let asset = asset.to_lowercase();
        Self::read_some(data, |record| record.asset.to_lowercase() == asset)
    }

    fn read_some(data: &Path, is_wanted: impl Fn(&Record) -> bool) -> Self {
        let mut ledger = Self::default();
        let Ok((file, metadata)) = bounded::open(&path(data)) else { return ledger };
        if metadata.len() > MAX_SIZE {
            return ledger;
        }
        // A line that is damaged is no reason to forget the others.
        for line in bounded::lines(BufReader::new(file), MAX_LINE_LENGTH).map_while(Result::ok) {
            ledger.lines += 1;
            if let Ok(record) = serde_json::from_str::<Record>(&line)
                && is_wanted(&record)
            {
                ledger.records.entry(record.asset.to_lowercase()).or_default().add(record);
            }
        }
        ledger
    }

    /// What is known of an asset, if its file is still the one that this is known of.
    pub(super) fn get(&self, asset: &str, file: &Path) -> Option<&Record> {
        let pair = self.records.get(&asset.to_lowercase())?;
        let found = Stamp::of(&file.metadata().ok()?);
        pair.iter().find(|record| record.file == found)
    }

    /// What the server got of an asset, whatever has become of its file.
    pub(super) fn sent(&self, asset: &str) -> Option<&Record> {
        let pair = self.records.get(&asset.to_lowercase())?;
        pair.iter().find(|record| matches!(record.shown, Shown::Sent { .. }))
    }

    fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.values().flat_map(|pair| pair.before.iter().chain(&pair.last)).map(Box::as_ref)
    }
}

/// Writes the ledger. Several runs may do so at the same time.
#[derive(Debug)]
pub(super) struct LedgerWriter {
    data: PathBuf,
    file: Mutex<File>,
    /// Held in common by all who write, and alone by the one who rewrites.
    lock: File,
}

impl LedgerWriter {
    /// Opens the ledger to write at its end.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn open(data: &Path) -> io::Result<Self> {
        let path = path(data);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let lock = OpenOptions::new().create(true).append(true).open(path.with_extension("lock"))?;
        // Only for as long as another run rewrites it.
        lock.lock_shared()?;
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        if !ends_whole(&mut file)? {
            // A killed run's last line: what follows is not to be part of it.
            file.write_all(b"\n")?;
        }
        Ok(Self { data: data.to_owned(), file: Mutex::new(file), lock })
    }

    /// Notes what is known of an asset from now on.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn note(&self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }

    /// Ends the writing: makes it last, and the file smaller if most of it no longer counts and nobody else writes.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).sync_data()?;
        let ledger = Ledger::read(&self.data);
        if ledger.lines <= ledger.records.len() * 2 + FEW {
            return Ok(());
        }
        self.lock.unlock()?;
        match self.lock.try_lock() {
            Ok(()) => rewrite(&self.data),
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Whether a file is empty or ends with a whole line.
fn ends_whole(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn rewrite(data: &Path) -> io::Result<()> {
    // Read again: somebody may have written until now.
    let mut content = Vec::new();
    for record in Ledger::read(data).all() {
        serde_json::to_writer(&mut content, record).map_err(io::Error::other)?;
        content.push(b'\n');
    }
    posterizarr_base::files::write(&path(data), &content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::select::Text;

    fn record(asset: &str, size: u64) -> Record {
        Record {
            asset: asset.to_owned(),
            file: Stamp(size, 1, 2),
            digest: "d".to_owned(),
            look: "l".to_owned(),
            source: Some(Source {
                provider: "TVDB".to_owned(),
                url: "http://a/b.jpg".to_owned(),
                language: Some("de".to_owned()),
                text: Text::With,
            }),
            why: Some("the first without text".to_owned()),
            because: Vec::new(),
            heading: None,
            unanswered: vec!["TMDB".to_owned()],
            told: "4K".to_owned(),
            shown: Shown::Wanted { by_trigger: true },
        }
    }

    fn lines(data: &Path) -> usize {
        std::fs::read_to_string(path(data)).unwrap().lines().count()
    }

    #[test]
    fn a_line_counts_for_the_file_it_tells_of_and_the_one_before_for_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let asset = folder.path().join("Poster.jpg");
        std::fs::write(&asset, "made").unwrap();
        let made = Record { file: Stamp::of(&asset.metadata().unwrap()), ..record("A/Poster", 0) };
        let sent = Record { shown: Shown::Sent { server: "s".into(), item: "1".into(), mark: None }, ..made.clone() };
        let never_put = record("A/Poster", 999);
        let writer = LedgerWriter::open(folder.path()).unwrap();
        for known in [&made, &sent, &never_put] {
            writer.note(known).unwrap();
        }
        writer.finish().unwrap();
        let ledger = Ledger::read(folder.path());
        assert_eq!(ledger.get("a/poster", &asset), Some(&sent));
        assert_eq!((ledger.sent("A/Poster"), sent.providers()), (Some(&sent), vec![Provider::Tmdb]));
        std::fs::write(&asset, "the user's own").unwrap();
        assert_eq!(ledger.get("a/poster", &asset), None);
    }

    #[test]
    fn a_cut_line_takes_nothing_else_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let note = |name: &str| {
            let writer = LedgerWriter::open(folder.path()).unwrap();
            writer.note(&record(name, 1)).unwrap();
        };
        note("a");
        let mut file = OpenOptions::new().append(true).open(path(folder.path())).unwrap();
        file.write_all(b"{\"asset\":\"cut").unwrap();
        note("b");
        let known = Ledger::read(folder.path());
        assert_eq!((known.records.len(), known.lines), (2, 3));
        assert_eq!(known.records["b"].last.as_deref(), Some(&record("b", 1)));
    }

    #[test]
    fn the_file_becomes_smaller_when_nobody_else_writes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (LedgerWriter::open(folder.path()).unwrap(), LedgerWriter::open(folder.path()).unwrap());
        for size in 0..FEW as u64 + 10 {
            one.note(&record("a", size)).unwrap();
        }
        let before = lines(folder.path());
        one.finish().unwrap();
        assert_eq!(lines(folder.path()), before, "the other one writes still");
        other.note(&record("b", 1)).unwrap();
        other.finish().unwrap();
        assert_eq!(lines(folder.path()), 3, "the last two of the first one, and the other one");
        assert_eq!(Ledger::read(folder.path()).records["b"].last.as_deref(), Some(&record("b", 1)));
    }
}
