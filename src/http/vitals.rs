//! What was seen of actors and disks when it was last looked; see [`crate::http::api::system::health`].

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actors::recovery::{Damage, Damages};
use crate::actors::runs::RunRecord;
use crate::actors::runtime::guard::ActorHealth;
use crate::actors::runtime::shared::Shared;
use crate::actors::runtime::view::View;
use crate::actors::store::TableLoss;

/// A look older than this means that looking itself is stuck.
const STALE: Duration = Duration::from_secs(30);
/// With less room than this, runs and logs soon fail.
const LOW_DISK_BYTES: u64 = 256 * 1024 * 1024;

/// How a part does; the worst part decides for the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It works.
    #[default]
    Ok,
    /// It works, but somebody should look.
    Degraded,
    /// It does not work.
    Error,
}

/// What was seen when it was last looked.
#[derive(Debug, Default)]
pub struct Vitals {
    actors: View<Option<Seen<Vec<ActorHealth>>>>,
    storage: View<Option<Seen<Storage>>>,
}

impl Vitals {
    /// The actors as last seen; empty before the first look.
    pub fn actors(&self) -> Vec<ActorHealth> {
        self.actors.get().as_ref().as_ref().map(|seen| seen.what.clone()).unwrap_or_default()
    }

    /// Looks at what is stored now, in place of some seconds from now. Blocks.
    pub fn look_at_storage(&self, shared: &Shared) {
        self.storage.publish(Some(Seen { at: Instant::now(), what: Storage::look(shared) }));
    }

    /// Whether both were looked at.
    pub fn seen(&self) -> bool {
        self.actors.get().is_some() && self.storage.get().is_some()
    }

    /// Takes note of how the actors are.
    pub fn saw_actors(&self, actors: Vec<ActorHealth>) {
        self.actors.publish(Some(Seen { at: Instant::now(), what: actors }));
    }

    /// Whether every actor answered.
    pub fn of_actors(&self) -> Condition {
        judge(
            &self.actors.get(),
            |actors| {
                if actors.iter().all(|actor| actor.alive) { Condition::Ok } else { Condition::Error }
            },
        )
    }

    /// How a part of what is stored does.
    pub fn of_storage(&self, part: fn(&Storage) -> Condition) -> Condition {
        judge(&self.storage.get(), part)
    }

    /// What a damage of the record store has cost, where there was one.
    pub fn damage(&self) -> Option<StoreDamage> {
        self.storage.get().as_ref().as_ref().and_then(|seen| seen.what.damage.clone())
    }
}

#[derive(Debug)]
struct Seen<T> {
    at: Instant,
    what: T,
}

/// How what is stored does.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The record store.
    pub database: Condition,
    /// The data folder's disk.
    pub disk: Condition,
    /// The folder of logs.
    pub logs: Condition,
    damage: Option<StoreDamage>,
}

impl Storage {
    fn look(shared: &Shared) -> Self {
        let newest_run = shared.store.table::<RunRecord>().and_then(|runs| runs.last_key());
        let works = newest_run.is_ok() && shared.store.failure().is_none();
        let damage = StoreDamage::of(&Damages::read(&shared.data.store_damage()));
        Self {
            database: match damage {
                _ if !works => Condition::Error,
                Some(_) => Condition::Degraded,
                None => Condition::Ok,
            },
            disk: disk(shared.data.root()),
            logs: logs(&shared.data.logs()),
            damage,
        }
    }
}

/// What a damage of the record store has cost, until somebody has taken note of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreDamage {
    /// When it was noticed first.
    noticed: DateTime<Utc>,
    /// How many records are lost; null where that cannot be told.
    lost: Option<usize>,
    /// How many records are there in an older state; null where that cannot be told.
    older: Option<usize>,
    /// The same, table by table.
    tables: BTreeMap<String, TableLoss>,
    /// When the backup was made that the rest is from; null where there was none.
    restored_from: Option<DateTime<Utc>>,
}

impl StoreDamage {
    /// Of all reports together.
    fn of(damages: &[Damage]) -> Option<Self> {
        let first = damages.first()?;
        let mut tables = BTreeMap::<String, TableLoss>::new();
        for (name, loss) in damages.iter().filter_map(|damage| damage.tables.as_ref()).flatten() {
            tables.entry(name.clone()).or_default().add(*loss);
        }
        let counted = damages.iter().all(|damage| damage.tables.is_some());
        let total = |part: fn(&TableLoss) -> usize| counted.then(|| tables.values().map(part).sum());
        Some(Self {
            noticed: first.noticed,
            lost: total(|loss| loss.lost),
            older: total(|loss| loss.older),
            restored_from: damages.iter().rev().find_map(|damage| damage.backup_made),
            tables,
        })
    }
}

fn disk(folder: &Path) -> Condition {
    match rustix::fs::statvfs(folder) {
        Err(_) => Condition::Error,
        Ok(disk) if disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) => Condition::Error,
        Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < LOW_DISK_BYTES => Condition::Degraded,
        Ok(_) => Condition::Ok,
    }
}

/// The script moves the whole folder away when it starts, so that it is missing for a moment is no fault.
fn logs(folder: &Path) -> Condition {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Condition::Error,
        _ => Condition::Ok,
    }
}

/// What a look says; before the first one nothing is wrong yet.
fn judge<T>(seen: &Option<Seen<T>>, part: impl Fn(&T) -> Condition) -> Condition {
    match seen {
        None => Condition::Ok,
        Some(seen) if seen.at.elapsed() > STALE => Condition::Error,
        Some(seen) => part(&seen.what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(age: Duration) -> Option<Seen<Storage>> {
        let what = Storage { database: Condition::Ok, disk: Condition::Degraded, logs: Condition::Ok, damage: None };
        Instant::now().checked_sub(age).map(|at| Seen { at, what })
    }

    #[test]
    fn a_look_that_is_too_old_is_an_error_whatever_it_saw() {
        assert_eq!(judge(&storage(Duration::ZERO), |storage| storage.disk), Condition::Degraded);
        assert_eq!(judge(&storage(STALE + Duration::from_secs(1)), |storage| storage.disk), Condition::Error);
        assert_eq!(judge(&None::<Seen<Storage>>, |storage| storage.disk), Condition::Ok);
    }

    #[test]
    fn losses_of_several_damages_are_told_together() {
        let damage = |tables: Option<&[(&str, usize)]>, backup| Damage {
            noticed: DateTime::UNIX_EPOCH,
            reason: String::new(),
            quarantined: None,
            backup: None,
            backup_made: backup,
            tables: tables.map(|tables| {
                tables.iter().map(|(name, lost)| ((*name).to_owned(), TableLoss { lost: *lost, older: 1 })).collect()
            }),
        };
        let backup = Some(DateTime::UNIX_EPOCH);
        let told =
            StoreDamage::of(&[damage(Some(&[("runs", 2)]), backup), damage(Some(&[("runs", 1), ("jobs", 4)]), None)]);
        let told = told.unwrap();
        assert_eq!((told.lost, told.older, told.restored_from), (Some(7), Some(3), backup));
        assert_eq!(told.tables["runs"], TableLoss { lost: 3, older: 2 });
        assert_eq!(StoreDamage::of(&[damage(None, None)]).unwrap().lost, None);
        assert_eq!(StoreDamage::of(&[]), None);
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error_for_the_disk_but_not_for_the_logs() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        assert_eq!(disk(&gone), Condition::Error);
        assert_eq!(logs(&gone), Condition::Ok);
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(logs(&file), Condition::Error);
        assert_ne!(disk(folder.path()), Condition::Error);
    }
}
