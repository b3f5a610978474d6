//! Whether the database holds what its ledger says.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::fault::StoreError;
use super::ledger::{Contents, Expected, Ledger, Position, key_hash};
use super::sealed::{self, Found, Identity};

/// The tree that is made before any other.
pub const MARK: &str = "store";
/// Under this key of the marking tree the database keeps how long its ledger is.
pub const POSITION: &[u8] = b"ledger";
/// sled's own tree, which is always there and which we never use.
pub const UNUSED: &str = "__sled__default";
/// Records sealed in one go.
const BATCH: usize = 1_000;

/// The states that a record may be in because its last changes were not yet acknowledged; none: it may be missing.
pub type Open = HashMap<u64, Vec<Option<Identity>>>;

/// Compares the database with its ledger, and gives the ledger to go on with. A store of before there were ledgers gets one.
pub fn admit(folder: &Path, database: &sled::Db) -> Result<Ledger, StoreError> {
    let kept = database.open_tree(MARK)?.get(POSITION)?.and_then(|bytes| Position::from_bytes(&bytes));
    let Some(mut contents) = Contents::read(folder).map_err(|error| misplaced(folder, &error))? else {
        if kept.is_some() {
            tracing::warn!(
                "the record store's ledger is missing and was rebuilt; it is not known whether a record was lost"
            );
        }
        return begin(folder, database, kept.unwrap_or_default().generation + 1);
    };
    let records = contents.records.len();
    let differences = Differences::between(database, &mut contents)?;
    let behind = kept.filter(|kept| *kept > contents.position);
    if !differences.is_excused(&contents, behind) {
        return Err(StoreError::Damaged(differences.in_words()));
    }
    if behind.is_some() || contents.damaged > 0 {
        let damaged = contents.damaged;
        tracing::warn!(
            damaged,
            "the record store's ledger was cut short or damaged and is rebuilt; no record is missing"
        );
        return begin(folder, database, contents.position.generation.max(kept.unwrap_or_default().generation) + 1);
    }
    let mut ledger = Ledger::resume(folder, &contents, records)?;
    for (table, key, state) in differences.to_note {
        ledger.note_hashed(&table, [(key, state)])?;
    }
    // What is read now is there for certain once it was flushed.
    if let Some(position) = ledger.position().filter(|_| !contents.in_flight.is_empty() || differences.ahead) {
        database.flush()?;
        ledger.mark(position)?;
    }
    if ledger.is_long() {
        ledger.rewrite()?;
    }
    Ok(ledger)
}

fn misplaced(folder: &Path, error: &std::io::Error) -> StoreError {
    let file = folder.join(super::ledger::FILE);
    StoreError::Misplaced(format!("{} cannot be read ({error}); move it away, then start again", file.display()))
}

/// Makes the ledger of a database that has none, or none that is of use. Records of the first form are sealed.
fn begin(folder: &Path, database: &sled::Db, generation: u64) -> Result<Ledger, StoreError> {
    let (mut tables, mut records, mut last) = (HashMap::new(), HashMap::new(), 0);
    let mut unsealed = Vec::new();
    for (number, name) in (1_u8..=u8::MAX).zip(table_names(database)) {
        let tree = database.open_tree(&name)?;
        for pair in tree.iter() {
            let (key, stored) = pair?;
            match sealed::open(&key, &stored) {
                Found::Sealed(identity, _) => {
                    last = last.max(identity.number);
                    records.insert(key_hash(&name, &key), Expected { table: number, identity });
                }
                Found::Unsealed(_) => unsealed.push((number, name.clone(), key)),
                Found::Broken => return Err(StoreError::Damaged(format!("a record of {name} has a wrong checksum"))),
            }
        }
        tables.insert(number, name);
    }
    let sealed_now = unsealed.len();
    for batch in unsealed.chunks(BATCH) {
        for (number, name, key) in batch {
            let tree = database.open_tree(name)?;
            let Some(stored) = tree.get(key)? else { continue };
            last += 1;
            let (identity, sealed) = sealed::seal(key, last, &stored);
            tree.insert(key, sealed)?;
            records.insert(key_hash(name, key), Expected { table: *number, identity });
        }
    }
    database.flush()?;
    if sealed_now > 0 {
        tracing::info!(records = sealed_now, "the records of an earlier version were given checksums");
    }
    let ledger = Ledger::create(folder, generation, last + 1, &tables, &records)?;
    if let Some(position) = ledger.position() {
        database.open_tree(MARK)?.insert(POSITION, &position.to_bytes())?;
        database.flush()?;
    }
    Ok(ledger)
}

/// The tables of a database, by name.
pub fn table_names(database: &sled::Db) -> Vec<String> {
    let named = database.tree_names().into_iter().filter_map(|name| String::from_utf8(name.to_vec()).ok());
    let mut names: Vec<_> = named.filter(|name| ![UNUSED, MARK].contains(&name.as_str())).collect();
    names.sort();
    names
}

/// The states that records with changes in flight may be in.
pub fn open_states(contents: &Contents) -> Open {
    let mut open = Open::new();
    for change in &contents.in_flight {
        let at_mark = || vec![contents.records.get(&change.key).map(|expected| expected.identity)];
        open.entry(change.key).or_insert_with(at_mark).push(change.after);
    }
    open
}

/// Where the database is not as its ledger says.
#[derive(Debug, Default)]
struct Differences {
    /// Records that are missing, or in another state, by table.
    missing: BTreeMap<String, usize>,
    /// Records whose bits were changed, by table.
    broken: BTreeMap<String, usize>,
    /// Records that should not be there, by table.
    unexpected: BTreeMap<String, usize>,
    /// Whether there are records that are newer than the ledger.
    ahead: bool,
    /// What the ledger has to learn of changes that were in flight.
    to_note: Vec<(String, u64, Option<Identity>)>,
}

impl Differences {
    fn between(database: &sled::Db, contents: &mut Contents) -> Result<Self, StoreError> {
        let (mut found, mut open) = (Self::default(), open_states(contents));
        let mut left = std::mem::take(&mut contents.records);
        for name in table_names(database) {
            for pair in database.open_tree(&name)?.iter() {
                let (key, stored) = pair?;
                let Found::Sealed(identity, _) = sealed::open(&key, &stored) else {
                    *found.broken.entry(name.clone()).or_default() += 1;
                    continue;
                };
                let hash = key_hash(&name, &key);
                let expected = left.remove(&hash);
                let is_open = open.remove(&hash).is_some_and(|states| states.contains(&Some(identity)));
                let is_ahead = identity.number > contents.last_number;
                match expected {
                    _ if is_open => found.to_note.push((name.clone(), hash, Some(identity))),
                    _ if is_ahead => {
                        found.ahead = true;
                        found.to_note.push((name.clone(), hash, Some(identity)));
                    }
                    Some(expected) if expected.identity == identity => {}
                    Some(_) => *found.missing.entry(name.clone()).or_default() += 1,
                    None => *found.unexpected.entry(name.clone()).or_default() += 1,
                }
            }
        }
        // What is left was not found.
        for change in &contents.in_flight {
            let Some(states) = open.remove(&change.key) else { continue };
            let expected = left.remove(&change.key);
            match expected {
                Some(_) if !states.contains(&None) => {
                    *found.missing.entry(contents.table_name(change.table)).or_default() += 1;
                }
                _ => found.to_note.push((contents.table_name(change.table), change.key, None)),
            }
        }
        for expected in left.values() {
            *found.missing.entry(contents.table_name(expected.table)).or_default() += 1;
        }
        Ok(found)
    }

    /// Whether it is the ledger that is damaged, or behind after a loss of power, and not the database.
    fn is_excused(&self, contents: &Contents, behind: Option<Position>) -> bool {
        let Position { generation, entries } = contents.position;
        let lost_entries = match behind {
            // Of none it is not known where its first entry cannot be read.
            Some(kept) if kept.generation == generation || generation == 0 => kept.entries.saturating_sub(entries),
            _ => 0,
        };
        let differences: usize = self.missing.values().chain(self.unexpected.values()).sum();
        self.broken.is_empty() && differences as u64 <= contents.damaged.saturating_add(lost_entries)
    }

    fn in_words(&self) -> String {
        let part = |what: &str, counts: &BTreeMap<String, usize>| {
            let counts: Vec<_> = counts.iter().map(|(table, count)| format!("{table} {count}")).collect();
            (!counts.is_empty()).then(|| format!("{what}: {}", counts.join(", ")))
        };
        let parts = [
            part("records missing or older than they should be", &self.missing),
            part("records with a wrong checksum", &self.broken),
            part("records that had been removed", &self.unexpected),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}
