//! The work of the Historian: taking in results, runs, logs and the old database. No messages, no timers.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use chrono::{Local, NaiveDateTime, Utc};

use super::intake::{self, Found, Problem};
use super::messages::{ImportReport, LogReport};
use super::row::HistoryRow;
use super::run_rows::{Recorded, RunRows};
use super::state::{HistoryState, KEY};
use super::view::HistoryView;
use super::{database, log_text};
use crate::runs::{RunId, RunRecord};
use crate::runtime::data_dir::DataDir;
use crate::runtime::events::Fact;
use crate::store::old_database::{Moved, OldDatabaseError};
use crate::store::{Store, StoreError, Table};

/// Everything the Historian works with.
pub struct HistoryWorker {
    data: DataDir,
    /// What is to be told once it is shown.
    news: Vec<Fact>,
    run_rows: RunRows,
    runs: Table<RunRecord>,
    state: HistoryState,
    states: Table<HistoryState>,
    /// Files that could not be used, by where they are.
    problems: BTreeMap<String, Problem>,
}

impl HistoryWorker {
    /// Opens the history. What was here before the first start is taken in.
    pub fn open(data: &DataDir, store: &Store) -> Result<Self, StoreError> {
        let states = store.table::<HistoryState>()?;
        let state = states.get(KEY)?.unwrap_or_default();
        let mut run_rows = RunRows::open(store)?;
        run_rows.number_from(state.next);
        let (data, runs, news) = (data.clone(), store.table()?, Vec::new());
        let mut worker = Self { data, news, run_rows, runs, state, states, problems: BTreeMap::new() };
        if !worker.state.is_migrated() {
            worker.move_in()?;
        }
        Ok(worker)
    }

    /// What is shown of the history.
    pub fn view(&self) -> HistoryView {
        HistoryView {
            loaded: true,
            index: self.run_rows.index(),
            markers: self.state.markers.clone(),
            problems: self.problems.values().cloned().collect(),
        }
    }

    /// Takes what is to be told, once it is shown: who hears of it and looks must find it.
    pub fn take_news(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.news)
    }

    /// On the first start: the old database, else what the folders tell. Upstream's own first start does the latter, and
    /// looks into logs only where there is no result at all.
    fn move_in(&mut self) -> Result<(), StoreError> {
        let old = self.data.database().join(database::FILE);
        let moved = if old.is_file() { Some(self.take_database(&old)?) } else { None };
        if let Some(moved) = &moved {
            tracing::info!(found = moved.found, imported = moved.imported, "the old history was taken over");
        }
        let results = self.take_files()?;
        let from_logs = if moved.is_none() && results.found == 0 { self.read_logs()?.imported } else { 0 };
        if !self.state.is_migrated() {
            self.state.mark_migrated(results.found + from_logs, Local::now().naive_local());
        }
        self.save()
    }

    /// Takes what ended runs left, then every result file besides.
    pub fn take_all(&mut self) -> Result<(), StoreError> {
        self.take_runs()?;
        self.take_files().map(drop)
    }

    /// Takes every result file that is new or was written since.
    fn take_files(&mut self) -> Result<ImportReport, StoreError> {
        let before = self.state.clone();
        let mut report = self.take_folder(&self.data.logs(), false)?;
        for (name, folder) in intake::rotated(&self.data.rotated_logs()) {
            if !self.state.rotated.contains(&name) {
                let failures = report.problems.len();
                report.add(self.take_folder(&folder, true)?);
                // One with a broken file is looked into again.
                if report.problems.len() == failures {
                    self.state.rotated.insert(name);
                }
            }
        }
        if self.state != before {
            self.save()?;
        }
        Ok(report)
    }

    /// Takes the result files of `Logs` whether or not they were taken before.
    pub fn take_files_again(&mut self) -> Result<ImportReport, StoreError> {
        self.state.files.clear();
        self.take_files()
    }

    fn take_folder(&mut self, folder: &Path, rotated: bool) -> Result<ImportReport, StoreError> {
        let mut report = ImportReport::default();
        let files = intake::look(folder).unwrap_or_else(|error| {
            tracing::warn!(folder = %folder.display(), %error, "result files cannot be looked for");
            Vec::new()
        });
        self.forget_problems(folder, &files);
        for file in files {
            let key = file.name.to_ascii_lowercase();
            if !rotated && self.state.files.get(&key) == Some(&file.stamp) {
                continue;
            }
            match intake::read(&file) {
                Ok(row) => {
                    report.found += 1;
                    report.imported += usize::from(self.record(row)?.is_new());
                    self.problems.remove(&name_of(&file.path));
                    if !rotated {
                        self.state.files.insert(key, file.stamp);
                    }
                }
                Err(reason) => report.problems.push(self.not_readable(&file, reason)),
            }
        }
        Ok(report)
    }

    /// Gives every run that ended since its row.
    fn take_runs(&mut self) -> Result<(), StoreError> {
        let seen = self.state.runs;
        let readable = self.runs.iter().rev().filter_map(Result::ok).map(|(_, record)| record);
        let newer = readable.take_while(|record| Some(record.id) > seen);
        let mut ended: Vec<_> = newer.filter(|record| record.end().is_some()).collect();
        ended.reverse();
        for record in &ended {
            self.take_run(record)?;
            self.state.runs = Some(record.id);
        }
        if !ended.is_empty() {
            self.save()?;
        }
        Ok(())
    }

    fn take_run(&mut self, record: &RunRecord) -> Result<(), StoreError> {
        let folder = self.data.runs().join(record.id.to_string());
        let mut has_row = false;
        for file in intake::look(&folder).unwrap_or_default() {
            match intake::read(&file) {
                Ok(row) => {
                    self.record(row.of_run(record))?;
                    has_row = true;
                }
                Err(reason) => {
                    self.not_readable(&file, reason);
                }
            }
        }
        if !has_row {
            self.record(HistoryRow::without_result(record))?;
        }
        Ok(())
    }

    /// Takes the runs that script logs tell of.
    fn read_logs(&mut self) -> Result<LogReport, StoreError> {
        let mut report = LogReport::default();
        let rotated = intake::rotated(&self.data.rotated_logs());
        let folders = std::iter::once(self.data.logs()).chain(rotated.into_iter().map(|(_, folder)| folder));
        for folder in folders {
            for (name, mode) in log_text::LOGS {
                let path = folder.join(name);
                match log_text::end_of(&path) {
                    Ok(log) => match log_text::read(&log, mode, name, intake::written(&path)) {
                        Some(row) => {
                            self.record(row)?;
                            report.imported += 1;
                        }
                        None => report.skipped += 1,
                    },
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => {
                        tracing::warn!(file = %path.display(), %error, "a log cannot be read for the history");
                        report.errors += 1;
                    }
                }
            }
        }
        Ok(report)
    }

    /// Upstream's migration by hand: the logs, once.
    pub fn migrate_logs(&mut self) -> Result<Option<LogReport>, StoreError> {
        if self.state.is_migrated() {
            return Ok(None);
        }
        let report = self.read_logs()?;
        self.state.mark_migrated(report.imported, Local::now().naive_local());
        self.save()?;
        Ok(Some(report))
    }

    /// Takes over the old backend's database.
    pub fn take_database(&mut self, file: &Path) -> Result<Moved, StoreError> {
        let what = format!("{}: {}", database::FILE, database::TABLE);
        let rows = match database::read(file) {
            Ok(rows) => rows,
            Err(error) => {
                let problem = Some(error.to_string());
                if !matches!(error, OldDatabaseError::Missing(_)) {
                    tracing::error!(%error, "the old history was not taken over");
                }
                return Ok(Moved { what, problem, ..Moved::default() });
            }
        };
        let found = rows.len();
        let imported = self.run_rows.import(rows)?;
        for (key, marker) in database::markers(file) {
            self.state.markers.entry(key).or_insert(marker);
        }
        self.save()?;
        Ok(Moved { what, found, imported, problem: None })
    }

    /// Removes the rows before a local time. Gives how many.
    pub fn remove_before(&mut self, cutoff: NaiveDateTime) -> Result<usize, StoreError> {
        // First: after a crash in between, no number is given twice.
        self.save()?;
        self.run_rows.remove_before(cutoff)
    }

    /// Writes every run time anew from its seconds. Gives how many rows have one.
    pub fn speak_anew(&mut self) -> Result<usize, StoreError> {
        self.run_rows.speak_anew()
    }

    fn record(&mut self, row: HistoryRow) -> Result<Recorded, StoreError> {
        let (mode, run): (_, Option<RunId>) = (row.mode.clone(), row.run);
        let recorded = self.run_rows.record(row)?;
        if let Recorded::New(row) = recorded {
            self.news.push(Fact::RunRecorded { row, mode, run });
        }
        Ok(recorded)
    }

    fn not_readable(&mut self, file: &Found, reason: String) -> String {
        let name = name_of(&file.path);
        let told = format!("{}: {reason}", file.name);
        let problem = self.problems.entry(name).or_insert_with_key(|name| {
            tracing::warn!(file = %name, reason, "a result file cannot be read; it is tried again until it can");
            Problem { file: name.clone(), reason: String::new(), since: Utc::now() }
        });
        problem.reason = reason;
        told
    }

    /// Problems of files that are gone are none.
    fn forget_problems(&mut self, folder: &Path, files: &[Found]) {
        let there = |name: &str| files.iter().any(|file| name_of(&file.path) == name);
        self.problems.retain(|name, _| Path::new(name).parent() != Some(folder) || there(name));
    }

    fn save(&mut self) -> Result<(), StoreError> {
        self.state.next = self.run_rows.next();
        self.states.put(KEY, &self.state)
    }
}

fn name_of(path: &Path) -> String {
    path.display().to_string()
}
