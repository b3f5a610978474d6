//! What the media server has, as far as the run is about it.

use std::sync::Arc;

use posterizarr_base::servers::ServerKind;
use posterizarr_media::ServiceError;
use posterizarr_media::model::{Contents, Item, Library};
use posterizarr_media::servers::{self, Depth, EpisodeFacts, ReadOnly};
use posterizarr_render::design::ArtworkKind;

use super::collections;
use super::places::{Place, forbidden};
use super::plan::{Entry, RunLibrary};
use super::settings::LibrarySettings;
use crate::badges::BadgeRule;
use crate::request::{LibraryRun, Named, Scope, Task};
use crate::{Drawing, RunError, Work};

/// The items of a run.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) libraries: Vec<Arc<RunLibrary>>,
    pub(super) entries: Vec<Arc<Entry>>,
    /// Whether everything was listed; only then is it known what the server has not.
    pub(super) complete: bool,
}

/// Reads from the server what the run is about.
pub(super) async fn read(
    run: &LibraryRun,
    settings: &LibrarySettings,
    server: ReadOnly<'_>,
    work: &Work<'_>,
) -> Result<Catalogue, RunError> {
    let told = Inputs { run, settings, work };
    let depth = depth(run, settings, &work.context.drawing);
    let libraries = server.libraries().await.map_err(|trouble| unreachable(server, &trouble))?;
    if libraries.is_empty() {
        return Err(RunError::Failed(format!("{} has no library of movies or shows", server.name())));
    }
    match &run.scope {
        Scope::All => {
            let mut catalogue = all(libraries, told, server, depth).await?;
            if settings.kinds.contains(&ArtworkKind::Collection) {
                catalogue.add_collections(told, server).await;
            }
            Ok(catalogue)
        }
        Scope::Named(named) => {
            let mut catalogue = all(chosen(libraries, named, server)?, told, server, depth).await?;
            catalogue.keep(named, server)?;
            Ok(catalogue)
        }
        Scope::Key(key) | Scope::Episode { show: key, .. } => {
            let item = server.item(key, depth).await.map_err(|trouble| match trouble {
                ServiceError::NotFound { .. } => {
                    RunError::NotOnServer(format!("{} has no item with the key {key} yet", server.name()))
                }
                other => unreachable(server, &other),
            })?;
            one(item, libraries, told)
        }
        Scope::Sought(sought) => {
            let title = servers::Sought {
                kind: sought.kind,
                title: sought.title.clone(),
                year: sought.year,
                ids: sought.ids.clone(),
                path: sought.path.clone(),
            };
            let found = server.find(&title, depth).await.map_err(|trouble| unreachable(server, &trouble))?;
            let year = sought.year.map(|year| format!(" ({year})")).unwrap_or_default();
            let missing = || RunError::NotOnServer(format!("{}{year} is not on {} yet", sought.title, server.name()));
            one(found.ok_or_else(missing)?, libraries, told)
        }
    }
}

/// How much of each item the run is about.
pub(super) fn depth(run: &LibraryRun, settings: &LibrarySettings, drawing: &Drawing) -> Depth {
    let makes = |kind: ArtworkKind| run.task.makes_pictures() && settings.kinds.contains(&kind);
    let rules = |kind: ArtworkKind| drawing.badges.iter().filter(move |rule| makes(kind) && rule.is_for(kind));
    let episode_facts =
        match (rules(ArtworkKind::TitleCard).count(), rules(ArtworkKind::TitleCard).any(BadgeRule::needs_streams)) {
            (0, _) => EpisodeFacts::None,
            (_, false) => EpisodeFacts::Listed,
            (_, true) => EpisodeFacts::Streams,
        };
    Depth {
        seasons: settings.kinds.contains(&ArtworkKind::Season) || settings.kinds.contains(&ArtworkKind::TitleCard),
        episodes: settings.kinds.contains(&ArtworkKind::TitleCard),
        streams: run.task.makes_pictures() && !settings.resolution_overlays.is_empty(),
        facts: [ArtworkKind::Poster, ArtworkKind::Season, ArtworkKind::Background]
            .into_iter()
            .any(|kind| rules(kind).next().is_some()),
        episode_facts,
        watched: makes(ArtworkKind::TitleCard) && drawing.unwatched.is_some(),
    }
}

pub(super) fn unreachable(server: ReadOnly<'_>, trouble: &ServiceError) -> RunError {
    RunError::Failed(format!("the libraries of {} cannot be read: {trouble}", server.name()))
}

/// The library that was named, or all of them.
fn chosen(libraries: Vec<Library>, named: &Named, server: ReadOnly<'_>) -> Result<Vec<Library>, RunError> {
    let Some(name) = &named.library else { return Ok(libraries) };
    let all: Vec<String> = libraries.iter().map(|library| library.name.clone()).collect();
    let chosen: Vec<Library> = libraries.into_iter().filter(|library| library.name == *name).collect();
    if chosen.is_empty() {
        let all = all.join(", ");
        return Err(RunError::Failed(format!("there is no library {name} on {}; there are {all}", server.name())));
    }
    Ok(chosen)
}

/// What a run is, what it is told, and what it works with.
#[derive(Clone, Copy)]
struct Inputs<'a> {
    run: &'a LibraryRun,
    settings: &'a LibrarySettings,
    work: &'a Work<'a>,
}

async fn all(
    libraries: Vec<Library>,
    told: Inputs<'_>,
    server: ReadOnly<'_>,
    depth: Depth,
) -> Result<Catalogue, RunError> {
    let Inputs { run, settings, work } = told;
    let is_named = matches!(&run.scope, Scope::Named(named) if named.library.is_some());
    let excluded =
        |library: &Library| settings.excluded.iter().any(|name| name.to_lowercase() == library.name.to_lowercase());
    let libraries: Vec<Library> = libraries.into_iter().filter(|library| is_named || !excluded(library)).collect();
    // A sync has no files, and yet is stopped by such a name, as the script is.
    if run.task.has_files() || matches!(run.task, Task::Sync(_)) {
        for library in &libraries {
            check_name(library, settings)?;
        }
    }
    let (mut catalogue, mut failed) = (Catalogue { complete: true, ..Catalogue::default() }, None);
    for library in libraries {
        match server.items(&library, depth).await {
            Ok(Contents { items, complete }) => {
                if !complete {
                    work.warn(format!("{} says that {} has more than it gives", server.name(), library.name));
                    catalogue.complete = false;
                }
                work.journal.info(format!("Found '{}' items in {}", items.len(), library.name));
                catalogue.add(library, items, told);
            }
            Err(trouble) => {
                work.complain(format!("the library {} cannot be read: {trouble}", library.name));
                catalogue.complete = false;
                failed = Some(trouble);
            }
        }
    }
    match failed {
        Some(trouble) if catalogue.libraries.is_empty() => Err(unreachable(server, &trouble)),
        _ => Ok(catalogue),
    }
}

/// A library's name is that of a folder.
fn check_name(library: &Library, settings: &LibrarySettings) -> Result<(), RunError> {
    name_problem(&library.name, settings.server == ServerKind::Plex).map_or(Ok(()), |text| Err(RunError::Failed(text)))
}

/// Why no folder can have a library's name, and what to do about it; none where one can.
pub fn name_problem(name: &str, on_plex: bool) -> Option<String> {
    // On Jellyfin and Emby only what would lead elsewhere is refused; Plex' rule is the script's.
    let odd = forbidden(name).filter(|odd| on_plex || matches!(odd, '/' | '\\' | '.'))?;
    Some(format!(
        "the library {name:?} has {odd:?} in its name, which no folder can have; rename it, or put it on the list LibstoExclude"
    ))
}

fn one(item: Item, libraries: Vec<Library>, told: Inputs<'_>) -> Result<Catalogue, RunError> {
    let holds = |library: &&Library| library.kind == item.kind && Place::of(&item, &library.roots).is_some();
    let root = |library: &&Library| Place::of(&item, &library.roots).map_or(0, |place| place.base.len());
    let by_id = libraries.iter().position(|library| library.id == item.library);
    let by_path = || libraries.iter().filter(holds).max_by_key(root).map(|library| library.id.clone());
    let id = match by_id {
        Some(_) => Some(item.library.clone()),
        None => by_path(),
    };
    let library = id.and_then(|id| libraries.into_iter().find(|library| library.id == id));
    let library =
        library.ok_or_else(|| RunError::Failed(format!("{} is in no library of movies or shows", item.title)))?;
    check_name(&library, told.settings)?;
    let mut catalogue = Catalogue::default();
    catalogue.add(library, vec![item], told);
    Ok(catalogue)
}

impl Catalogue {
    fn add(&mut self, library: Library, items: Vec<Item>, Inputs { run, settings, work }: Inputs<'_>) {
        let home = Arc::new(RunLibrary { rules: settings.rules_for(&library.name), library });
        for item in items {
            let mut place = Place::of(&item, &home.library.roots);
            if place.is_none() && run.task.has_files() {
                work.complain(format!(
                    "Missing RootFolder for: {} (it is in no folder of {})",
                    item.title, home.library.name
                ));
            } else if place.is_none() {
                place = Some(Place::by_title(&item));
            }
            self.entries.push(Arc::new(Entry { item, place, home: home.clone(), is_collection: false }));
        }
        self.libraries.push(home);
    }

    /// The movies and shows.
    pub(super) fn titles(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().filter(|entry| !entry.is_collection)
    }

    /// Adds the collections of the libraries. Without them everything else goes its way.
    async fn add_collections(&mut self, Inputs { settings, work, .. }: Inputs<'_>, server: ReadOnly<'_>) {
        let libraries: Vec<&Library> = self.libraries.iter().map(|home| &home.library).collect();
        let found = match server.collections(&libraries).await {
            Ok(found) => found,
            Err(trouble) => {
                work.complain(format!("the collections of {} cannot be read: {trouble}", server.name()));
                return;
            }
        };
        for (library, collections) in found {
            work.journal.info(format!("Found '{}' collections in {}", collections.len(), library.name));
            let home = Arc::new(RunLibrary { rules: settings.rules_for(&library.name), library });
            for collection in collections {
                let place = Place::of_collection(&collection.title);
                if place.is_none() {
                    work.complain(format!("the collection {:?} has no name that a folder can have", collection.title));
                    continue;
                }
                let item = collections::item_of(collection, &home.library);
                self.entries.push(Arc::new(Entry { item, place, home: home.clone(), is_collection: true }));
            }
        }
    }

    /// Leaves out what has another name.
    fn keep(&mut self, named: &Named, server: ReadOnly<'_>) -> Result<(), RunError> {
        let Some(name) = &named.item else { return Ok(()) };
        self.entries.retain(|entry| entry.is_called(name));
        if self.entries.is_empty() {
            return Err(RunError::Failed(format!(
                "{} has no movie or show with the title or the folder {name}",
                server.name()
            )));
        }
        Ok(())
    }
}
