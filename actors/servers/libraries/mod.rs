//! LibraryKeeper: the media servers' libraries as they were last fetched, and which of them are excluded.
//!
//! Theory of operation: fetching is the facade's, so that it ends when its client goes away; what came is kept here, one
//! record a server. A choice of excluded names survives a refresh, also that of a library which is gone for a while: its
//! disk may be back tomorrow. `config.json` stays the truth for the script.

mod known;
mod messages;
pub mod old_libraries;

pub use known::{KnownLibrary, LibrariesView, ServerLibraries};
pub use messages::{ExcludeLibraries, KeepLibraries, TakeOldLibraries};
use std::path::Path;

use chrono::Utc;

use crate::runtime::guard::{Ctx, Handler, Reply, Service};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::old_database::Moved;
use crate::store::{StoreError, Table};
use posterizarr_base::servers::ServerKind;

/// Owns the records of the media servers' libraries.
pub struct LibraryKeeper {
    shared: Shared,
    shown: View<LibrariesView>,
}

impl LibraryKeeper {
    /// Made with what the store knows; where that is nothing, with what the old backend knew.
    pub fn new(shared: Shared, shown: View<LibrariesView>) -> Self {
        let known = read(&shared).inspect_err(|error| tracing::error!(%error, "the known libraries cannot be read"));
        let known = known.unwrap_or_default();
        let (is_first, old) = (known.is_empty(), shared.data.database().join(old_libraries::FILE));
        shown.publish(known);
        let keeper = Self { shared, shown };
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
            if !self.shown.get().contains_key(&server) {
                self.keep(server, |_| libraries)?;
                moved.imported += count;
            }
        }
        Ok(moved)
    }

    fn keep(
        &self,
        server: ServerKind,
        change: impl FnOnce(ServerLibraries) -> ServerLibraries,
    ) -> Result<ServerLibraries, StoreError> {
        let mut view = self.shown.get().as_ref().clone();
        let changed = change(view.remove(&server).unwrap_or_default());
        let table: Table<ServerLibraries> = self.shared.store.table()?;
        table.put(server.key().as_bytes(), &changed)?;
        view.insert(server, changed.clone());
        self.shown.publish(view);
        Ok(changed)
    }
}

/// Everything in the store; a record that cannot be read is as if its server had never been asked.
fn read(shared: &Shared) -> Result<LibrariesView, StoreError> {
    let table: Table<ServerLibraries> = shared.store.table()?;
    let mut view = LibrariesView::new();
    for server in ServerKind::ALL {
        match table.get(server.key().as_bytes()) {
            Ok(known) => view.extend(known.map(|known| (server, known))),
            Err(error) => tracing::error!(%error, server = server.key(), "fetch the libraries once more"),
        }
    }
    Ok(view)
}

impl Service for LibraryKeeper {
    const NAME: &'static str = "LibraryKeeper";
}

impl Handler<KeepLibraries> for LibraryKeeper {
    fn answer(&mut self, message: KeepLibraries, _: &mut Ctx<Self>) -> Reply<Result<ServerLibraries, StoreError>> {
        let KeepLibraries { server, libraries } = message;
        self.keep(server, |known| known.refreshed(&libraries, Utc::now())).into()
    }
}

impl Handler<ExcludeLibraries> for LibraryKeeper {
    fn answer(&mut self, message: ExcludeLibraries, _: &mut Ctx<Self>) -> Reply<Result<(), StoreError>> {
        let ExcludeLibraries { server, names } = message;
        self.keep(server, |known| known.excluding(names)).map(drop).into()
    }
}

impl Handler<TakeOldLibraries> for LibraryKeeper {
    fn answer(&mut self, old: TakeOldLibraries, _: &mut Ctx<Self>) -> Reply<Result<Moved, StoreError>> {
        self.take_over(&old.file).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use posterizarr_media::servers::admin::Library;

    use super::*;
    use crate::runtime::testing::Home;

    use crate::runtime::guard::Handle;

    fn library(name: &str, kind: &str) -> Library {
        Library { name: name.to_owned(), kind: Some(kind.to_owned()), id: "1".to_owned() }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    async fn fetched(keeper: &Handle<LibraryKeeper>, names: &[&str]) -> ServerLibraries {
        let libraries = names.iter().map(|name| library(name, "movie")).collect();
        keeper.send(KeepLibraries { server: ServerKind::Plex, libraries }).await.unwrap().unwrap()
    }

    #[actix::test]
    async fn exclusions_survive_a_refresh_a_restart_and_a_library_that_was_away() {
        let Home { folder: _folder, shared, actor_system } = Home::make();
        let shown = View::default();
        let given = (shared.clone(), shown.clone());
        let keeper = actor_system.start(move || LibraryKeeper::new(given.0.clone(), given.1.clone()));
        fetched(&keeper, &["Movies", "Anime", "4K"]).await;
        let exclude = ExcludeLibraries { server: ServerKind::Plex, names: names(&["4K", "Anime", "Nope"]) };
        keeper.send(exclude).await.unwrap().unwrap();

        let known = fetched(&keeper, &["Movies", "4K"]).await;
        assert_eq!(known.excluded_now(), ["4K"], "a name nobody knows is not kept, one that is away is not shown");
        let known = fetched(&keeper, &["Movies", "4K", "Anime"]).await;
        assert_eq!(known.excluded_now(), ["4K", "Anime"]);
        assert_eq!(known.libraries.iter().map(|library| &library.name).collect::<Vec<_>>(), ["4K", "Anime", "Movies"]);

        let again = View::default();
        LibraryKeeper::new(shared, again.clone());
        assert_eq!(again.get(), shown.get());
        actor_system.stop();
    }

    #[test]
    fn two_libraries_of_one_name_are_both_kept() {
        let both = [library("Films", "movie"), library("Films", "show")];
        let known = ServerLibraries::default().refreshed(&both, Utc::now()).excluding(names(&["Films"]));
        assert_eq!((known.libraries.len(), known.excluded_now().len()), (2, 1));
    }
}
