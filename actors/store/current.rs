//! The database that is open now, with its ledger: what handles and the committer share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::fault::StoreError;
use super::ledger::Ledger;

/// The database behind all handles.
pub struct Current {
    pub folder: PathBuf,
    pub state: RwLock<State>,
}

pub struct State {
    /// None while it is being opened anew.
    pub open: Option<Open>,
    /// Counts how often it was opened, so that a change to one database is never taken for a change to the next.
    pub opening: u64,
    /// Why nothing is written at present.
    pub failure: Option<StoreError>,
}

/// The database and its ledger.
#[derive(Clone)]
pub struct Open {
    pub database: sled::Db,
    pub ledger: Arc<Mutex<Ledger>>,
}

impl Open {
    pub fn new(database: sled::Db, ledger: Ledger) -> Self {
        Self { database, ledger: Arc::new(Mutex::new(ledger)) }
    }
}

pub fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Current {
    pub fn read<R>(&self, work: impl FnOnce(&State) -> R) -> R {
        work(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn change<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn open(&self) -> Result<Open, StoreError> {
        self.read(|state| match (&state.open, &state.failure) {
            (Some(open), _) => Ok(open.clone()),
            (None, Some(failure)) => Err(failure.clone()),
            (None, None) => Err(StoreError::Damaged("it is closed".to_owned())),
        })
    }

    pub fn tree(&self, table: &str) -> Result<sled::Tree, StoreError> {
        Ok(self.open()?.database.open_tree(table)?)
    }

    /// What is needed for a change, with the number of the opening it is of.
    pub fn to_change(&self, table: &str) -> Result<(sled::Tree, Open, u64), StoreError> {
        let opening = self.read(|state| match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(state.opening),
        })?;
        let open = self.open()?;
        Ok((open.database.open_tree(table)?, open, opening))
    }
}
