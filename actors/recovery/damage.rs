//! What is known of a damaged store, until somebody has taken note of it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use posterizarr_base::{bounded, files};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::in_words;
use crate::store::TableLoss;

/// The largest file that is read.
const MAX_SIZE: u64 = 1024 * 1024;
/// How many reports are kept.
const KEPT: usize = 20;

/// One time that the store was found damaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Damage {
    /// When it was noticed.
    pub noticed: DateTime<Utc>,
    /// What was wrong.
    pub reason: String,
    /// The folder, beside the store, that the damaged one is in.
    #[serde(rename = "set_aside")]
    pub quarantined: Option<String>,
    /// The backup that was reloaded.
    pub backup: Option<String>,
    /// When that was made.
    pub backup_made: Option<DateTime<Utc>>,
    /// What was lost, by table; none where it cannot be told.
    pub tables: Option<BTreeMap<String, TableLoss>>,
}

impl Damage {
    /// How many records are nowhere, and how many are there in an older state; none where it cannot be told.
    pub fn totals(&self) -> Option<TableLoss> {
        let mut total = TableLoss::default();
        self.tables.as_ref()?.values().for_each(|table| total.add(*table));
        Some(total)
    }

    /// What is lost, and what the rest is from.
    pub fn in_words(&self) -> String {
        let from = match (&self.backup, self.backup_made) {
            (Some(backup), Some(made)) => {
                format!("what was missing was taken from {backup}, made at {}", made.format("%Y-%m-%d %H:%M:%S UTC"))
            }
            _ => "there was no backup to take it from".to_owned(),
        };
        let lost = match &self.tables {
            None => "how many records are lost cannot be told".to_owned(),
            Some(tables) if tables.is_empty() => "no record is lost".to_owned(),
            Some(tables) => format!("lost: {}", in_words(tables)),
        };
        let noticed = self.noticed.format("%Y-%m-%d %H:%M:%S UTC");
        format!("{noticed}: the record store was damaged ({}); {lost}; {from}", self.reason)
    }

    /// Says it in the log.
    pub(super) fn log(&self) {
        let words = self.in_words();
        tracing::error!(
            aside = self.quarantined,
            "{words}; a new store was made, and the damaged one is kept; trigger files in the watcher folder are taken up \
             again; look at the disk, and take note with `posterizarrd acknowledge-damage`"
        );
    }
}

/// The file with all reports that nobody has taken note of.
#[derive(Debug)]
pub struct Damages;

impl Damages {
    /// The reports, oldest first. A file that cannot be read has one that says so.
    pub fn read(path: &Path) -> Vec<Damage> {
        let read = bounded::read(path, MAX_SIZE).and_then(|text| Ok(serde_json::from_slice(&text)?));
        match read {
            Ok(damages) => damages,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => vec![Damage {
                noticed: Utc::now(),
                reason: format!("the report of a damage cannot be read: {error}"),
                quarantined: None,
                backup: None,
                backup_made: None,
                tables: None,
            }],
        }
    }

    /// Adds a report.
    ///
    /// # Errors
    /// Those of writing.
    pub fn add(path: &Path, damage: Damage) -> io::Result<()> {
        let mut damages = Self::read(path);
        damages.push(damage);
        damages.drain(..damages.len().saturating_sub(KEPT));
        files::write_private(path, &serde_json::to_vec_pretty(&damages)?)
    }

    /// Somebody has taken note: the reports go. Gives them.
    ///
    /// # Errors
    /// Those of removing the file.
    pub fn acknowledge(path: &Path) -> io::Result<Vec<Damage>> {
        let damages = Self::read(path);
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(damages),
        }
    }
}
