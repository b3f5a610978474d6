//! The ledger: a small file beside the database that knows which records there must be.
//!
//! sled takes the first bad checksum in its file for the end of it, so that a damaged database looks like a smaller one. The
//! ledger is what it is compared with at start. Each change is noted here *before* it is made in the database: the record's
//! key (hashed) and which state of the record it is. When a flush of the database succeeded, a mark says up to which entry the
//! changes are on disk for certain; only then are they acknowledged. So at any moment, also after a kill:
//!
//! - a record whose last entry is before the mark must be in the database in just that state;
//! - a record with entries after the mark may be in the state at the mark, or in any that the entries after it name.
//!
//! The ledger is not synced with each change; the database keeps the ledger's length instead ([`Position`]), so that a ledger
//! that a loss of power cut short is told from a database that lost something.
//!
//! Entries are of one size and each has its own checksum, so that damage to the ledger itself costs single entries. The file
//! is written anew, without what later entries replaced, when it has grown well beyond what it tells.

mod entry;

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use entry::{ENTRY, Entry};
use posterizarr_base::bounded;

use super::sealed::Identity;

/// The ledger's name in the store's folder.
pub const FILE: &str = "ledger";
/// A larger file is not read; eight million entries.
const MAX_SIZE: u64 = 256 * 1024 * 1024;
/// It is not written anew before it has this many entries more than records.
const SLACK: u64 = 32 * 1024;

/// How long the ledger is, in entries, and how often it was written anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Grows each time the file is written anew.
    pub generation: u64,
    /// How many entries the file has.
    pub entries: u64,
}

impl Position {
    /// As the database keeps it.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (generation, entries) = bytes.split_at_mut(8);
        generation.copy_from_slice(&self.generation.to_be_bytes());
        entries.copy_from_slice(&self.entries.to_be_bytes());
        bytes
    }

    /// From what the database kept.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (generation, entries) = bytes.split_first_chunk::<8>()?;
        let generation = u64::from_be_bytes(*generation);
        Some(Self { generation, entries: u64::from_be_bytes(entries.try_into().ok()?) })
    }
}

/// A key with its table, in a form that is the same in every version. (FNV-1a: short keys, no need to resist anybody.)
pub fn key_hash(table: &str, key: &[u8]) -> u64 {
    let bytes = table.bytes().chain([0]).chain(key.iter().copied());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A record that must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The number of its table.
    pub table: u8,
    /// Its state.
    pub identity: Identity,
}

/// A change that may or may not have reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// The hashed key.
    pub key: u64,
    /// The record after it; none where it removed the record.
    pub after: Option<Identity>,
    /// The number of its table.
    pub table: u8,
    number: u64,
    /// How many entries are before its own.
    index: u64,
}

/// What a ledger says.
#[derive(Debug, Default)]
pub struct Contents {
    /// The records that must be there, as of the last mark, by hashed key.
    pub records: HashMap<u64, Expected>,
    /// The changes after the last mark, in order.
    pub in_flight: VecDeque<InFlight>,
    /// Where the file ends.
    pub position: Position,
    /// The highest number of a change.
    pub last_number: u64,
    /// Entries that cannot be read.
    pub damaged: u64,
    /// Tables by their numbers.
    pub tables: HashMap<u8, String>,
}

impl Contents {
    /// Reads a ledger; none where there is no file.
    pub fn read(folder: &Path) -> io::Result<Option<Self>> {
        let file = match bounded::open(&folder.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok((_, metadata)) if metadata.len() > MAX_SIZE => return Err(bounded::too_large(MAX_SIZE)),
            opened => opened?.0,
        };
        let (mut file, mut contents, mut bytes) =
            (BufReader::with_capacity(64 * 1024, file), Self::default(), [0; ENTRY]);
        // A last entry that is too short was being written when the process ended, or the disk had no room for it.
        while entry::read(&mut file, &mut bytes)? {
            contents.position.entries += 1;
            match Entry::from_bytes(&bytes) {
                Some(entry) => contents.take(entry),
                None => contents.damaged += 1,
            }
        }
        Ok(Some(contents))
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Title { generation, last_number } => {
                self.position.generation = generation;
                self.last_number = self.last_number.max(last_number);
            }
            Entry::Table { table, name } => {
                let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                self.tables.insert(table, String::from_utf8_lossy(name).into_owned());
            }
            Entry::Put { table, key, identity } => {
                self.last_number = self.last_number.max(identity.number);
                self.wait(table, key, Some(identity), identity.number);
            }
            Entry::Remove { table, key, number } => {
                self.last_number = self.last_number.max(number);
                self.wait(table, key, None, number);
            }
            Entry::Mark { entries } => self.settle(entries),
        }
    }

    fn wait(&mut self, table: u8, key: u64, after: Option<Identity>, number: u64) {
        // The entry itself is counted already.
        let index = self.position.entries - 1;
        self.in_flight.push_back(InFlight { key, after, table, number, index });
    }

    /// What was noted within the first so many entries is on disk; what was noted while that was flushed may not be.
    fn settle(&mut self, entries: u64) {
        while let Some(InFlight { key, after, table, .. }) = self.in_flight.pop_front_if(|first| first.index < entries)
        {
            match after {
                Some(identity) => self.records.insert(key, Expected { table, identity }),
                None => self.records.remove(&key),
            };
        }
    }

    /// The name of a table, for a report.
    pub fn table_name(&self, table: u8) -> String {
        self.tables.get(&table).cloned().unwrap_or_else(|| format!("table {table}"))
    }
}

/// The ledger of an opened store, to write in. Whoever changes the database holds its lock over both, so that changes to one
/// record come in the same order in both.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    position: Position,
    next_number: u64,
    tables: HashMap<String, u8>,
    /// Whether all that was noted was made in the database, too. If not, nothing is marked any more.
    faithful: bool,
    /// It is written anew when it has so many entries.
    rewrite_at: u64,
}

impl Ledger {
    /// Writes a ledger of these records, in place of the one that is there. It is on disk when this returns.
    pub fn create(
        folder: &Path,
        generation: u64,
        next_number: u64,
        tables: &HashMap<u8, String>,
        records: &HashMap<u64, Expected>,
    ) -> io::Result<Self> {
        let path = folder.join(FILE);
        let next = path.with_extension("new");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        let mut to = BufWriter::new(&file);
        to.write_all(&Entry::Title { generation, last_number: next_number.saturating_sub(1) }.to_bytes())?;
        for (table, name) in tables {
            to.write_all(&Entry::named(*table, name).to_bytes())?;
        }
        for (key, Expected { table, identity }) in records {
            to.write_all(&Entry::Put { table: *table, key: *key, identity: *identity }.to_bytes())?;
        }
        let entries = 1 + (tables.len() + records.len()) as u64;
        to.write_all(&Entry::Mark { entries }.to_bytes())?;
        to.flush()?;
        drop(to);
        file.sync_all()?;
        std::fs::rename(&next, &path)?;
        File::open(folder)?.sync_all()?;
        let position = Position { generation, entries: entries + 1 };
        let tables = tables.iter().map(|(table, name)| (name.clone(), *table)).collect();
        let rewrite_at = position.entries * 3 + SLACK;
        Ok(Self { path, file, position, next_number, tables, faithful: true, rewrite_at })
    }

    /// Goes on with a ledger that was read.
    pub fn resume(folder: &Path, contents: &Contents, records: usize) -> io::Result<Self> {
        let path = folder.join(FILE);
        Ok(Self {
            file: OpenOptions::new().write(true).open(&path)?,
            path,
            position: contents.position,
            next_number: contents.last_number + 1,
            tables: contents.tables.iter().map(|(number, name)| (name.clone(), *number)).collect(),
            faithful: true,
            rewrite_at: records as u64 * 3 + SLACK,
        })
    }

    /// The numbers of changes go on above this one.
    pub fn continue_after(&mut self, number: u64) {
        self.next_number = self.next_number.max(number.saturating_add(1));
    }

    /// Where it ends; none if it says more than was done.
    pub fn position(&self) -> Option<Position> {
        self.faithful.then_some(self.position)
    }

    /// The number of the next change.
    pub fn take_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Notes changes to records of a table, before they are made: by key the state after it, none for a removal.
    pub fn note<'a>(
        &mut self,
        table: &str,
        changes: impl IntoIterator<Item = (&'a [u8], Option<Identity>)>,
    ) -> io::Result<()> {
        self.note_hashed(table, changes.into_iter().map(|(key, after)| (key_hash(table, key), after)))
    }

    /// Like [`Ledger::note`], by hashed key.
    pub fn note_hashed(
        &mut self,
        table: &str,
        changes: impl IntoIterator<Item = (u64, Option<Identity>)>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        let (number, is_new) = self.table_number(table);
        if is_new {
            bytes.extend_from_slice(&Entry::named(number, table).to_bytes());
        }
        for (key, after) in changes {
            let entry = match after {
                Some(identity) => {
                    self.continue_after(identity.number);
                    Entry::Put { table: number, key, identity }
                }
                None => Entry::Remove { table: number, key, number: self.take_number() },
            };
            bytes.extend_from_slice(&entry.to_bytes());
        }
        self.append(&bytes)?;
        self.tables.insert(table.to_owned(), number);
        Ok(())
    }

    /// What was noted last was not made, or nobody knows: until the store is opened anew nothing is marked.
    pub fn distrust(&mut self) {
        self.faithful = false;
    }

    /// Notes that everything up to `position` is on disk in the database.
    pub fn mark(&mut self, position: Position) -> io::Result<()> {
        // One that was written anew since has its own mark.
        if position.generation == self.position.generation && self.faithful {
            self.append(&Entry::Mark { entries: position.entries }.to_bytes())?;
        }
        Ok(())
    }

    /// Whether it has grown well beyond what it tells.
    pub fn is_long(&self) -> bool {
        self.position.entries >= self.rewrite_at
    }

    /// Writes it anew, without what later entries replaced. What is in flight stays so.
    pub fn rewrite(&mut self) -> io::Result<()> {
        let folder = self.path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let Some(contents) = Contents::read(&folder)? else { return Err(io::ErrorKind::NotFound.into()) };
        let generation = self.position.generation + 1;
        let tables = self.tables.iter().map(|(name, number)| (*number, name.clone())).collect();
        let mut new = Self::create(&folder, generation, self.next_number, &tables, &contents.records)?;
        let in_flight = contents.in_flight.iter().map(|change| match change.after {
            Some(identity) => Entry::Put { table: change.table, key: change.key, identity },
            None => Entry::Remove { table: change.table, key: change.key, number: change.number },
        });
        new.append(&in_flight.flat_map(Entry::to_bytes).collect::<Vec<_>>())?;
        new.faithful = self.faithful;
        *self = new;
        Ok(())
    }

    fn table_number(&self, table: &str) -> (u8, bool) {
        let known = self.tables.get(table).copied();
        let free = || (1..=u8::MAX).find(|number| !self.tables.values().any(|taken| taken == number));
        known.map_or_else(|| (free().unwrap_or_default(), true), |number| (number, false))
    }

    /// Always at the end of the last whole entry, so that one that was cut off is written over.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.position.entries * ENTRY as u64)?;
        self.position.entries += (bytes.len() / ENTRY) as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(number: u64) -> Identity {
        Identity { number, checksum: 7 }
    }

    fn new() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(folder.path(), 1, 1, &HashMap::new(), &HashMap::new()).unwrap();
        (folder, ledger)
    }

    fn put(ledger: &mut Ledger, key: &str) -> Identity {
        let identity = identity(ledger.take_number());
        ledger.note("jobs", [(key.as_bytes(), Some(identity))]).unwrap();
        identity
    }

    fn read(folder: &Path) -> Contents {
        Contents::read(folder).unwrap().unwrap()
    }

    #[test]
    fn what_was_noted_before_the_mark_must_be_there_and_what_came_after_it_may_be() {
        let (folder, mut ledger) = new();
        let first = put(&mut ledger, "a");
        let position = ledger.position().unwrap();
        let second = put(&mut ledger, "b");
        ledger.mark(position).unwrap();
        ledger.note("jobs", [(&b"a"[..], None)]).unwrap();
        let contents = read(folder.path());
        let a = key_hash("jobs", b"a");
        assert_eq!(contents.records.keys().copied().collect::<Vec<_>>(), [a]);
        assert_eq!(contents.records[&a].identity, first);
        assert_eq!(contents.table_name(contents.records[&a].table), "jobs");
        let after: Vec<_> = contents.in_flight.iter().map(|change| change.after).collect();
        assert_eq!(after, [Some(second), None], "also what was noted before the mark, but after the flush began");
        assert_eq!((contents.position, contents.last_number), (ledger.position().unwrap(), 3));
    }

    #[test]
    fn it_says_the_same_after_it_was_written_anew() {
        let (folder, mut ledger) = new();
        for round in 0..50 {
            put(&mut ledger, &format!("key {}", round % 5));
        }
        let position = ledger.position().unwrap();
        put(&mut ledger, "in flight");
        ledger.mark(position).unwrap();
        let before = read(folder.path());
        ledger.rewrite().unwrap();
        ledger.mark(position).unwrap();
        let after = read(folder.path());
        assert_eq!((before.records.clone(), before.in_flight.len()), (after.records, 1));
        assert_eq!(after.in_flight.len(), 1, "a mark of before does not count any more");
        assert!(after.position.entries < 12 && after.position > before.position);
    }

    #[test]
    fn a_cut_off_entry_is_written_over_and_a_damaged_one_costs_itself_only() {
        let (folder, mut ledger) = new();
        put(&mut ledger, "a");
        let end = ledger.position().unwrap().entries * ENTRY as u64;
        ledger.file.write_all_at(&[1; 20], end).unwrap();
        assert_eq!(read(folder.path()).damaged, 0);
        put(&mut ledger, "b");
        ledger.file.write_all_at(&[0], end - 5).unwrap();
        ledger.file.write_all_at(&[99], end - 20).unwrap();
        ledger.mark(ledger.position().unwrap()).unwrap();
        let contents = read(folder.path());
        assert_eq!((contents.damaged, contents.records.len()), (1, 1));
        assert!(contents.records.contains_key(&key_hash("jobs", b"b")));
    }

    #[test]
    fn after_a_change_that_was_not_made_nothing_is_marked() {
        let (folder, mut ledger) = new();
        put(&mut ledger, "a");
        let position = ledger.position().unwrap();
        ledger.distrust();
        ledger.mark(position).unwrap();
        assert_eq!((ledger.position(), read(folder.path()).records.len()), (None, 0));
    }

    #[test]
    fn a_position_comes_back() {
        let position = Position { generation: 3, entries: 500 };
        assert_eq!(Position::from_bytes(&position.to_bytes()), Some(position));
        assert_eq!(Position::from_bytes(b"short"), None);
    }
}
