//! LibraryKeeper: the media servers' libraries as they were last fetched, and which of them are excluded.
//!
//! Theory of operation: fetching is the facade's, so that it ends when its client goes away; what came is kept here, one
//! record a server. A choice of excluded names survives a refresh, also that of a library which is gone for a while: its
//! disk may be back tomorrow. `config.json` stays the truth for the script.

pub mod old_libraries;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use actix::Message;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::commons::Commons;
use crate::guard::{Answer, Ctx, Reply, Service};
use crate::media_server::{Library, Server};
use crate::old_database::Moved;
use crate::store::{Record, StoreError, Table};

/// What is known of each server that was ever asked.
pub type LibrariesView = BTreeMap<Server, ServerLibraries>;

/// The libraries of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerLibraries {
    /// As they were last fetched, by name.
    pub libraries: Vec<KnownLibrary>,
    /// Names that are excluded, of libraries that are there or were.
    pub excluded: BTreeSet<String>,
    /// When they were fetched.
    pub fetched: DateTime<Utc>,
}

/// A library that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownLibrary {
    /// Its name.
    pub name: String,
    /// What is in it, in the server's words.
    pub kind: Option<String>,
}

impl Record for ServerLibraries {
    const TABLE: &'static str = "libraries";
    const VERSION: u8 = 1;
}

impl ServerLibraries {
    /// The excluded names of libraries that are there.
    pub fn excluded_now(&self) -> Vec<String> {
        self.excluded.iter().filter(|name| self.has(name)).cloned().collect()
    }

    fn has(&self, name: &str) -> bool {
        self.libraries.iter().any(|library| library.name == name)
    }

    /// Takes over what was fetched; what is excluded stays so.
    fn refreshed(self, libraries: &[Library], now: DateTime<Utc>) -> Self {
        let mut known: Vec<_> = libraries
            .iter()
            .map(|library| KnownLibrary { name: library.name.clone(), kind: library.kind.clone() })
            .collect();
        known.sort();
        Self { libraries: known, excluded: self.excluded, fetched: now }
    }

    /// Excludes exactly these; names of libraries that are not there are ignored.
    fn excluding(mut self, names: BTreeSet<String>) -> Self {
        self.excluded = names.into_iter().filter(|name| self.has(name)).collect();
        self
    }
}

/// Keeps the libraries that a server has now. Gives what is known of it afterwards.
#[derive(Debug, Message)]
#[rtype(result = "Result<ServerLibraries, StoreError>")]
pub struct KeepLibraries {
    /// Whose libraries.
    pub server: Server,
    /// All of them.
    pub libraries: Vec<Library>,
}

/// Excludes exactly these libraries of a server.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct ExcludeLibraries {
    /// Whose libraries.
    pub server: Server,
    /// Their names.
    pub names: BTreeSet<String>,
}

/// Takes over what an old backend knew of its servers; a server that is known here stays as it is.
#[derive(Debug, Message)]
#[rtype(result = "Result<Moved, StoreError>")]
pub struct TakeOldLibraries {
    /// Its `server_libraries.db`.
    pub file: PathBuf,
}

/// The actor.
pub struct LibraryKeeper {
    commons: Commons,
}

impl LibraryKeeper {
    /// Made with what the store knows; where that is nothing, with what the old backend knew.
    pub fn new(commons: Commons) -> Self {
        let known = read(&commons).inspect_err(|error| tracing::error!(%error, "the known libraries cannot be read"));
        let known = known.unwrap_or_default();
        let (is_first, old) = (known.is_empty(), commons.data.database().join(old_libraries::FILE));
        commons.views.libraries.publish(known);
        let keeper = Self { commons };
        if is_first && old.is_file() {
            match keeper.take_over(&old) {
                Ok(moved) => {
                    tracing::info!(what = moved.what, found = moved.found, imported = moved.imported, "taken over")
                }
                Err(error) => tracing::error!(%error, "the old backend's libraries were not taken over"),
            }
        }
        keeper
    }

    fn take_over(&self, file: &Path) -> Result<Moved, StoreError> {
        let what = format!("{}: {}", old_libraries::FILE, old_libraries::TABLE);
        let servers = match old_libraries::read(file) {
            Ok(servers) => servers,
            Err(error) => return Ok(Moved { what, problem: Some(error.to_string()), ..Moved::default() }),
        };
        let mut moved = Moved { what, ..Moved::default() };
        for (server, libraries) in servers {
            let count = libraries.libraries.len();
            moved.found += count;
            if !self.commons.views.libraries.get().contains_key(&server) {
                self.keep(server, |_| libraries)?;
                moved.imported += count;
            }
        }
        Ok(moved)
    }

    fn keep(
        &self,
        server: Server,
        change: impl FnOnce(ServerLibraries) -> ServerLibraries,
    ) -> Result<ServerLibraries, StoreError> {
        let mut view = self.commons.views.libraries.get().as_ref().clone();
        let changed = change(view.remove(&server).unwrap_or_default());
        let table: Table<ServerLibraries> = self.commons.store.table()?;
        table.put(server.key().as_bytes(), &changed)?;
        view.insert(server, changed.clone());
        self.commons.views.libraries.publish(view);
        Ok(changed)
    }
}

/// Everything in the store; a record that cannot be read is as if its server had never been asked.
fn read(commons: &Commons) -> Result<LibrariesView, StoreError> {
    let table: Table<ServerLibraries> = commons.store.table()?;
    let mut view = LibrariesView::new();
    for server in Server::ALL {
        match table.get(server.key().as_bytes()) {
            Ok(known) => view.extend(known.map(|known| (server, known))),
            Err(error) => tracing::error!(%error, server = server.key(), "fetch the libraries once more"),
        }
    }
    Ok(view)
}

impl Service for LibraryKeeper {
    const NAME: &'static str = "LibraryKeeper";

    fn observe(&self) -> serde_json::Value {
        let view = self.commons.views.libraries.get();
        let count = |known: &ServerLibraries| serde_json::Value::from(known.libraries.len());
        view.iter().map(|(server, known)| (server.key().to_owned(), count(known))).collect()
    }
}

impl Answer<KeepLibraries> for LibraryKeeper {
    fn answer(&mut self, message: KeepLibraries, _: &mut Ctx<Self>) -> Reply<Result<ServerLibraries, StoreError>> {
        let KeepLibraries { server, libraries } = message;
        self.keep(server, |known| known.refreshed(&libraries, Utc::now())).into()
    }
}

impl Answer<ExcludeLibraries> for LibraryKeeper {
    fn answer(&mut self, message: ExcludeLibraries, _: &mut Ctx<Self>) -> Reply<Result<(), StoreError>> {
        let ExcludeLibraries { server, names } = message;
        self.keep(server, |known| known.excluding(names)).map(drop).into()
    }
}

impl Answer<TakeOldLibraries> for LibraryKeeper {
    fn answer(&mut self, old: TakeOldLibraries, _: &mut Ctx<Self>) -> Reply<Result<Moved, StoreError>> {
        self.take_over(&old.file).into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data_dir::DataDir;
    use crate::events::Facts;
    use crate::guard::{Handle, Troupe};
    use crate::store::Store;

    fn library(name: &str, kind: &str) -> Library {
        Library { name: name.to_owned(), kind: Some(kind.to_owned()), id: "1".to_owned() }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    async fn fetched(keeper: &Handle<LibraryKeeper>, names: &[&str]) -> ServerLibraries {
        let libraries = names.iter().map(|name| library(name, "movie")).collect();
        keeper.send(KeepLibraries { server: Server::Plex, libraries }).await.unwrap().unwrap()
    }

    #[actix::test]
    async fn exclusions_survive_a_refresh_a_restart_and_a_library_that_was_away() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path()).unwrap();
        let store = Store::open(&data.store()).unwrap();
        let commons = Commons { data, store, facts: Facts::new(), views: Default::default() };
        let troupe = Troupe::new(commons.facts.clone(), Arc::new(|_| {}));
        let given = commons.clone();
        let keeper = troupe.start(move || LibraryKeeper::new(given.clone()));
        fetched(&keeper, &["Movies", "Anime", "4K"]).await;
        let exclude = ExcludeLibraries { server: Server::Plex, names: names(&["4K", "Anime", "Nope"]) };
        keeper.send(exclude).await.unwrap().unwrap();

        let known = fetched(&keeper, &["Movies", "4K"]).await;
        assert_eq!(known.excluded_now(), ["4K"], "a name nobody knows is not kept, one that is away is not shown");
        let known = fetched(&keeper, &["Movies", "4K", "Anime"]).await;
        assert_eq!(known.excluded_now(), ["4K", "Anime"]);
        assert_eq!(known.libraries.iter().map(|library| &library.name).collect::<Vec<_>>(), ["4K", "Anime", "Movies"]);

        let again = Commons { views: Default::default(), ..commons.clone() };
        LibraryKeeper::new(again.clone());
        assert_eq!(again.views.libraries.get(), commons.views.libraries.get());
        troupe.stop();
    }

    #[test]
    fn two_libraries_of_one_name_are_both_kept() {
        let both = [library("Films", "movie"), library("Films", "show")];
        let known = ServerLibraries::default().refreshed(&both, Utc::now()).excluding(names(&["Films"]));
        assert_eq!((known.libraries.len(), known.excluded_now().len()), (2, 1));
    }
}
