//! The rows in memory, and the rules by which they change.
//!
//! A change is made on a clone, which shares the rows; what is to be written to the store is gathered on the way. Once it
//! is stored, the clone takes the place of the original.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::overview::is_resolved;
use super::row::{ChoiceFields, ChoiceRow, Entry, FileMark, Kept, Key};
use super::source::{Progress, Source};
use crate::runs::RunId;

/// Rows that were hidden with their files are kept for their files to come back; so many at most.
const MAX_HIDDEN: usize = 10_000;

/// Rows by id.
pub type Rows = BTreeMap<u64, Arc<Kept>>;

/// All rows.
#[derive(Debug, Clone, Default)]
pub struct ChoiceRows {
    rows: Arc<Rows>,
    hidden: Arc<Rows>,
    /// Ids by the hash of their key; whoever looks compares the key itself.
    by_key: HashMap<u64, u64>,
    hasher: RandomState,
    progress: Progress,
    changed: BTreeSet<u64>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// New rows.
    pub added: usize,
    /// Rows that now say something else.
    pub updated: usize,
    /// Lines that changed nothing.
    pub skipped: usize,
}

/// What became of rows that were to be marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marked {
    /// They were not so before.
    pub changed: Vec<u64>,
    /// There is no such row.
    pub unknown: Vec<u64>,
}

/// Another row has the same Title, Rootfolder, Type and LibraryName.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash;

impl ChoiceRows {
    /// Made of what the store holds.
    pub fn load(entries: impl IntoIterator<Item = (u64, Entry)>) -> Self {
        let mut choice_rows = Self::default();
        for (id, entry) in entries {
            match entry {
                Entry::Progress(progress) => {
                    choice_rows.progress =
                        Progress { last_id: progress.last_id.max(choice_rows.progress.last_id), ..progress };
                }
                Entry::Row(kept) if kept.gone.is_some() => {
                    Arc::make_mut(&mut choice_rows.hidden).insert(id, Arc::new(*kept));
                }
                Entry::Row(kept) => choice_rows.put(*kept),
            }
            choice_rows.progress.last_id = choice_rows.progress.last_id.max(id);
        }
        choice_rows.changed.clear();
        choice_rows
    }

    /// The rows that are shown.
    pub fn rows(&self) -> &Arc<Rows> {
        &self.rows
    }

    /// The rows whose files are gone.
    pub fn hidden(&self) -> &Arc<Rows> {
        &self.hidden
    }

    /// How far the import is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What has to be written since this was last asked: keys with records, none for what is removed.
    pub fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Entry>)> {
        let changed = std::mem::take(&mut self.changed);
        let kept = |id: &u64| self.rows.get(id).or_else(|| self.hidden.get(id));
        let mut changes: Vec<_> = changed
            .into_iter()
            .map(|id| (id.to_be_bytes().to_vec(), kept(&id).map(|kept| Entry::Row(Box::new(Kept::clone(kept))))))
            .collect();
        changes.push((0_u64.to_be_bytes().to_vec(), Some(Entry::Progress(self.progress.clone()))));
        changes
    }

    /// Adds a row, unless there is one with its key: upstream's `INSERT OR IGNORE`. Gives the id of either, and whether it is new.
    pub fn create(&mut self, fields: ChoiceFields, now: &str) -> (u64, bool) {
        let mut row = ChoiceRow { created_at: now.to_owned(), updated_at: now.to_owned(), ..ChoiceRow::default() };
        fields.write_to(&mut row);
        if let Some(known) = row.key().and_then(|key| self.find(key)) {
            return (known.row.id, false);
        }
        row.id = self.next_id();
        let id = row.id;
        self.put(Kept::new(row));
        (id, true)
    }

    /// Changes a row; an unknown one is no error, as upstream has it.
    pub fn update(&mut self, id: u64, fields: ChoiceFields, now: &str) -> Result<(), Clash> {
        let Some(mut kept) = self.rows.get(&id).map(|kept| Kept::clone(kept)) else { return Ok(()) };
        fields.write_to(&mut kept.row);
        now.clone_into(&mut kept.row.updated_at);
        if kept.row.key().and_then(|key| self.find(key)).is_some_and(|other| other.row.id != id) {
            return Err(Clash);
        }
        self.take(id);
        self.put(kept);
        Ok(())
    }

    /// Marks rows as dealt with, or not. Gives those that were not so before, and the ids that no row has.
    pub fn mark(&mut self, ids: &BTreeSet<u64>, resolved: bool, now: &str) -> Marked {
        let mut marked = Marked::default();
        for id in ids {
            let Some(kept) = self.rows.get(id) else {
                marked.unknown.push(*id);
                continue;
            };
            if is_resolved(&kept.row) == resolved {
                continue;
            }
            let mut kept = Kept::clone(kept);
            kept.row.manual = Some(if resolved { "Yes" } else { "No" }.to_owned());
            now.clone_into(&mut kept.row.updated_at);
            self.put(kept);
            marked.changed.push(*id);
        }
        marked
    }

    /// Removes a row for good.
    pub fn remove(&mut self, id: u64) {
        self.take(id);
    }

    /// Takes over lines of the CSV. A line that says what the row's last line said leaves the row as it is, whatever the user
    /// made of it; any other is a new fact.
    pub fn import<'a>(&mut self, lines: impl IntoIterator<Item = &'a ChoiceRow>, now: &str) -> Merged {
        let mut merged = Merged::default();
        for line in lines {
            match line.key().and_then(|key| self.find(key)).map(|kept| Kept::clone(kept)) {
                None => {
                    self.add_line(line, now);
                    merged.added += 1;
                }
                Some(known) => {
                    let count = if self.amend(known, line, now) { &mut merged.updated } else { &mut merged.skipped };
                    *count += 1;
                }
            }
        }
        merged
    }

    fn add_line(&mut self, line: &ChoiceRow, now: &str) {
        let (created_at, updated_at) = (now.to_owned(), now.to_owned());
        let row = ChoiceRow { id: self.next_id(), created_at, updated_at, ..line.clone() };
        self.put(Kept { row, imported: Some(line.digest()), gone: None });
    }

    /// Tells whether the row says something else now.
    fn amend(&mut self, mut known: Kept, line: &ChoiceRow, now: &str) -> bool {
        let digest = line.digest();
        if known.imported == Some(digest) {
            return false;
        }
        // A row of upstream's database: there is no telling what its last line said about `Manual`.
        let same_image = known.imported.is_none() && known.row.decides_like(line);
        let before = known.row.clone();
        if same_image {
            known.row.take_numbers(line)
        } else {
            known.row.take_decision(line)
        }
        let updated = !known.row.decides_like(&before) || known.row.manual != before.manual;
        if updated {
            now.clone_into(&mut known.row.updated_at);
        }
        known.imported = Some(digest);
        self.put(known);
        updated
    }

    /// Notes which part of which file was imported, and of which run.
    pub fn imported(&mut self, source: Source, run: Option<RunId>) {
        self.progress.source = Some(source);
        run.into_iter().for_each(|run| self.progress.past(run));
    }

    /// Takes over rows with their ids, such as upstream's; gives how many are new. A row here with the same key is joined with the
    /// given one under the given id; one with another key gives way to a new id.
    pub fn adopt(&mut self, given: Vec<ChoiceRow>) -> usize {
        let mut new = 0;
        let highest = given.iter().map(|row| row.id).max().unwrap_or_default();
        self.progress.last_id = self.progress.last_id.max(highest);
        for mut row in given {
            if row.id == 0 {
                row.id = self.next_id();
            }
            let known = self.same(&row).map(|kept| kept.row.id);
            new += usize::from(known.is_none());
            let joined = match known.and_then(|id| self.take(id)) {
                Some(known) => join(Kept::clone(&known), row),
                None => Kept::new(row),
            };
            if let Some(other) = self.take(joined.row.id) {
                let row = ChoiceRow { id: self.next_id(), ..other.row.clone() };
                self.put(Kept { row, ..Kept::clone(&other) });
            }
            self.put(joined);
        }
        new
    }

    /// Our row for a given one. One without a key is told by its number, unless another row has that here.
    fn same(&self, given: &ChoiceRow) -> Option<&Arc<Kept>> {
        match given.key() {
            Some(key) => self.find(key),
            None => self.rows.get(&given.id).filter(|kept| kept.row.is_called_like(given)),
        }
    }

    /// Takes rows out of sight with their files; those whose file is not known are removed for good.
    pub fn hide(&mut self, rows: impl IntoIterator<Item = (u64, Option<FileMark>)>) {
        for (id, gone) in rows {
            let Some(kept) = self.take(id) else { continue };
            if gone.is_some() {
                Arc::make_mut(&mut self.hidden).insert(id, Arc::new(Kept { gone, ..Kept::clone(&kept) }));
            }
        }
        while self.hidden.len() > MAX_HIDDEN
            && let Some((oldest, _)) = Arc::make_mut(&mut self.hidden).pop_first()
        {
            self.changed.insert(oldest);
        }
    }

    /// Shows rows again whose files are back; where the image has a newer row by now, that one counts.
    pub fn restore(&mut self, ids: &[u64]) {
        for id in ids {
            let Some(kept) = Arc::make_mut(&mut self.hidden).remove(id) else { continue };
            self.changed.insert(*id);
            if kept.row.key().and_then(|key| self.find(key)).is_none() {
                self.put(Kept { gone: None, ..Kept::clone(&kept) });
            }
        }
    }

    fn next_id(&mut self) -> u64 {
        self.progress.last_id += 1;
        self.progress.last_id
    }

    fn find(&self, key: Key<'_>) -> Option<&Arc<Kept>> {
        let kept = self.rows.get(self.by_key.get(&self.hasher.hash_one(key))?)?;
        (kept.row.key() == Some(key)).then_some(kept)
    }

    fn put(&mut self, kept: Kept) {
        if let Some(key) = kept.row.key() {
            self.by_key.insert(self.hasher.hash_one(key), kept.row.id);
        }
        self.changed.insert(kept.row.id);
        Arc::make_mut(&mut self.rows).insert(kept.row.id, Arc::new(kept));
    }

    fn take(&mut self, id: u64) -> Option<Arc<Kept>> {
        let kept = Arc::make_mut(&mut self.rows).remove(&id)?;
        self.changed.insert(id);
        if let Some(key) = kept.row.key() {
            self.by_key.remove(&self.hasher.hash_one(key));
        }
        Some(kept)
    }
}

/// Our row and a given one of the same image, under the given id. What the user made of ours counts; else the newer
/// decision, and of one decision the given row, whose `Manual` the user may have set.
fn join(ours: Kept, given: ChoiceRow) -> Kept {
    let amended = match ours.imported {
        Some(digest) => digest != ours.row.digest(),
        None => ours.row.updated_at > given.updated_at,
    };
    let same = ours.row.decides_like(&given);
    let newer = !same && ours.row.updated_at > given.updated_at;
    let created_at = given.created_at.clone().min(ours.row.created_at.clone());
    if amended || newer {
        return Kept { row: ChoiceRow { id: given.id, created_at, ..ours.row }, ..ours };
    }
    let mut row = ChoiceRow { created_at, ..given };
    let numbers = row.clone();
    row.take_numbers(&ours.row);
    row.take_numbers(&numbers);
    Kept { row, imported: ours.imported.filter(|_| same), gone: None }
}

#[cfg(test)]
mod tests;
