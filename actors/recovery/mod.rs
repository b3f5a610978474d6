//! Opening the record store, and what is done where it is damaged.
//!
//! A damaged store does not keep the daemon from starting. A new one is made of what can still be read and of the newest
//! whole backup ([`backups`]); waiting jobs come back from their trigger files, too. What was lost is counted, told in the
//! log, and kept in a file ([`Damage`]) that health reads until somebody has taken note of it.

pub mod backups;
mod damage;
pub mod records;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use chrono::{Local, Utc};

pub use damage::{Damage, Damages};

use crate::recovery::records::RecordsError;
use crate::runs::Job;
use crate::runtime::data_dir::DataDir;
use crate::store::{Rebuild, Record, Store, StoreError, TableLoss, Tables, swap};

/// Opens the store of a data folder, or makes a new one where it is damaged or gone.
///
/// # Errors
/// [`StoreError::Locked`] while another process uses it, [`StoreError::Misplaced`] with the way out, and those of the disk.
pub fn open(data: &DataDir) -> Result<Store, StoreError> {
    let place = data.store();
    if swap::finish(&place)? {
        tracing::warn!("putting a restored or rebuilt record store in place had been interrupted and was finished now");
    }
    let is_gone = std::fs::symlink_metadata(&place).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if is_gone && !backups::list(&data.store_backups()).unwrap_or_default().is_empty() {
        return rebuild(data, "its folder is gone".to_owned());
    }
    match Store::open_once_free(&place) {
        Err(StoreError::Damaged(reason)) => rebuild(data, reason),
        opened => {
            let store = opened?;
            if let Err(error) = swap::clear(&place) {
                tracing::warn!(%error, "what an interrupted restore left cannot be removed");
            }
            Ok(store)
        }
    }
}

fn rebuild(data: &DataDir, reason: String) -> Result<Store, StoreError> {
    let place = data.store();
    try_rebuild(data, reason).inspect_err(|_| {
        // Where both are gone, the new one is complete and the next start puts it in place.
        if place.try_exists().unwrap_or(true) {
            let _ = swap::clear(&place);
        }
    })
}

fn try_rebuild(data: &DataDir, reason: String) -> Result<Store, StoreError> {
    tracing::error!(
        reason,
        "the record store is damaged; a new one is made of what can be read and of the newest backup"
    );
    let place = data.store();
    let mut rebuild = Rebuild::begin(&place, tables())?;
    let backup = backups::newest_sound(&data.store_backups());
    if let Some((backup, _)) = &backup {
        reload(&mut rebuild, &backup.path)?;
    }
    let aside = place.with_extension(Local::now().format("broken-%Y%m%d-%H%M%S%.3f").to_string());
    let was_there = std::fs::exists(&place)?;
    let (store, losses) = rebuild.finish(&aside)?;
    let damage = Damage {
        noticed: Utc::now(),
        reason,
        quarantined: was_there.then(|| name_of(&aside)),
        backup: backup.as_ref().map(|(backup, _)| name_of(&backup.path)),
        backup_made: backup.map(|(_, summary)| summary.made),
        tables: losses,
    };
    damage.log();
    // The store works; that the report cannot be kept is no reason to go without.
    if let Err(error) = Damages::add(&data.store_damage(), damage) {
        tracing::error!(%error, "what was lost cannot be written down; health will not tell after the next start");
    }
    Ok(store)
}

fn tables() -> Tables {
    Tables { known: records::known().into_keys().collect(), exact: vec![Job::TABLE] }
}

fn reload(rebuild: &mut Rebuild, path: &Path) -> Result<(), StoreError> {
    let taken = backups::each(path, |table, record| Ok(rebuild.offer(table, record)?));
    match taken {
        Ok(_) => Ok(()),
        Err(RecordsError::Store(error)) => Err(error),
        // It was whole a moment ago.
        Err(error) => Err(io::Error::other(error).into()),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Makes today's backup where there is none, and lets the oldest go. While a loss is not taken note of, none goes: those from
/// before it may have what is missing.
///
/// # Errors
/// Those of the store and the disk.
pub fn back_up_daily(store: &Store, data: &DataDir) -> Result<Option<backups::StoreBackup>, RecordsError> {
    let (folder, today) = (data.store_backups(), Local::now().date_naive());
    if backups::list(&folder)?.iter().any(|backup| backup.day == today) {
        return Ok(None);
    }
    let made = backups::make(store, &folder, today)?;
    if Damages::read(&data.store_damage()).is_empty() {
        backups::prune(&folder)?;
    }
    Ok(Some(made))
}

/// Counts of a report in words: `jobs 3, runs 1 (and 2 in an older state)`.
fn in_words(tables: &BTreeMap<String, TableLoss>) -> String {
    let parts = tables.iter().map(|(table, TableLoss { lost, older })| match (lost, older) {
        (lost, 0) => format!("{table} {lost}"),
        (0, older) => format!("{table} {older} in an older state"),
        (lost, older) => format!("{table} {lost} (and {older} in an older state)"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
