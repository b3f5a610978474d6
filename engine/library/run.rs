//! A run over the library from its settings to its summary.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Local};
use posterizarr_base::artwork::Episode;
use posterizarr_base::run::Mode;
use posterizarr_base::servers::ServerKind;
use posterizarr_media::Client;
use posterizarr_media::notify::Messengers;
use posterizarr_media::servers::{Account, ReadOnly, Server};
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::overlays;

use super::catalogue::{self, Catalogue};
use super::cleanup::{self, Seen};
use super::exports;
use super::index::AssetIndex;
use super::judge::Judge;
use super::ledger::Ledger;
use super::looks::{Drawn, Looks};
use super::lookups::{LookupParts, Lookups};
use super::messages::{Messages, push};
use super::network::Network;
use super::plan::{Entry, Narrowed, PlannedAsset, assets, is_labelled};
use super::render::Renderer;
use super::scene::Scene;
use super::sets::{Assigned, Layout, Sets};
use super::settings::{self, LibrarySettings};
use crate::report::Counts;
use crate::request::{Happened, LibraryRun, Scope, Sought, Task};
use crate::{RunError, Work, finish};

/// So many pictures of sets that are for nothing are told.
const MAX_TOLD: usize = 100;
/// How often a run looks whether it is to end.
const GLANCE: Duration = Duration::from_millis(100);

/// Does the run, tells whoever wants to know, and leaves the result file.
///
/// # Errors
/// Why there is no result.
pub fn run(run: &LibraryRun, started: DateTime<Local>, network: &Network, work: &Work<'_>) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            done = carry_out(run, started, network, work) => done,
            () = stopped(work.context.stop) => Err(RunError::Stopped),
        }
    })
}

async fn stopped(flag: &AtomicBool) {
    while !flag.load(Ordering::Relaxed) {
        tokio::time::sleep(GLANCE).await;
    }
}

async fn carry_out(
    run: &LibraryRun,
    started: DateTime<Local>,
    network: &Network,
    work: &Work<'_>,
) -> Result<(), RunError> {
    let clock = Instant::now();
    let client = network.client();
    let messengers = Messengers::new(&client);
    let callers = Callers { client: &client, messengers: &messengers };
    let done = make_all(run, started, network, callers, work).await;
    if run.dry_run {
        return done;
    }
    let document = work.context.document.as_ref().ok();
    let kuma = document.and_then(settings::kuma);
    let end = match &done {
        Ok(()) => Ok(()),
        Err(RunError::Failed(reason)) => Err(reason.as_str()),
        Err(RunError::Stopped) => Err("the run was stopped"),
        // Nothing is wrong yet: the server is asked again later.
        Err(RunError::NotOnServer(_)) => return done,
    };
    push(&messengers, kuma.as_deref(), end, clock, work.journal).await;
    done
}

/// By which a run speaks to others.
struct Callers<'a> {
    client: &'a Client,
    messengers: &'a Messengers,
}

async fn make_all(
    run: &LibraryRun,
    started: DateTime<Local>,
    network: &Network,
    Callers { client, messengers }: Callers<'_>,
    work: &Work<'_>,
) -> Result<(), RunError> {
    let document = work.context.document.as_ref().map_err(|error| RunError::Failed(error.clone()))?;
    let settings = LibrarySettings::read_for(document, &run.task).map_err(RunError::Failed)?;
    let mut settings = settings.with_collections(network.collections && run.task.makes_pictures());
    settings.account.viewer.clone_from(&work.context.drawing.viewer);
    check_kinds(&settings)?;
    let (server, server_id) = (server(client, &settings), settings.server_id());
    let scene = Scene { run, settings: &settings, network, client, work, server_id: &server_id };
    let messages =
        Messages::new(messengers, &settings.notifications, network.container, work.journal, work.context.version);
    let done = match run.task.makes_pictures() {
        true => scene.make(&server, &messages).await?,
        false => scene.copy(&server).await?.map(|counts| (counts, None)),
    };
    // A dry run has told everything.
    let Some((mut counts, awaited)) = done else { return Ok(()) };
    counts.notifies = settings.notifications.wanted;
    counts.kuma = settings.notifications.kuma.is_some();
    if !matches!(run.mode, Mode::Tautulli | Mode::Reset | Mode::LogoRevert) {
        let seconds = (Local::now() - started).num_seconds().max(0);
        let took = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let with_cleanup = settings.cleanup && run.task.makes_pictures();
        messages.summary(run.mode, &counts, work.journal.errors(), took, with_cleanup).await;
    }
    finish(run.mode, counts, started, work)?;
    // What is there is made; for the rest the server is to be asked again.
    awaited.map_or(Ok(()), |episodes| Err(RunError::NotOnServer(format!("{episodes} is not on {} yet", server.name()))))
}

impl Scene<'_> {
    pub(super) fn looks(&self, uploads: bool) -> Looks<'_> {
        let work = self.work;
        let drawn = Drawn { look: &work.config.look, drawing: &work.context.drawing };
        Looks::new(self.settings, drawn, work.overlay_files(), uploads)
    }

    /// Who asks providers and the media server for pictures.
    pub(super) fn lookups<'s>(&'s self, server: ReadOnly<'s>) -> Lookups<'s> {
        let Scene { run, settings, network, client, work, server_id } = *self;
        Lookups::new(&LookupParts { run, settings, network, client, work, server, server_id })
    }

    pub(super) fn index(&self) -> AssetIndex {
        let (assets, follow_links) = (&self.work.config.asset_path, self.settings.follow_links);
        let index = AssetIndex::read(assets, follow_links);
        match self.settings.kinds.contains(&ArtworkKind::Collection) {
            true => index.with_collections(assets, follow_links),
            false => index,
        }
    }

    /// The pictures that somebody has picked by hand, each for its assets; tells which are for nothing.
    pub(super) fn sets(&self, catalogue: &Catalogue) -> Assigned {
        let Some(folder) = self.network.sets.as_deref().filter(|_| !matches!(self.run.task, Task::Restyle(_))) else {
            return Assigned::default();
        };
        let layout = Layout { kinds: &self.settings.kinds, library_folders: self.work.config.library_folders };
        let (assigned, problems) = Sets::read(folder).assigned(catalogue, &layout);
        // A run that looks at a part of the library knows of nothing else.
        if self.run.scope == Scope::All && catalogue.complete {
            let told = problems.iter().take(MAX_TOLD);
            told.for_each(|problem| self.work.warn(format!("sets: {problem}")));
            if let Some(more) = problems.len().checked_sub(MAX_TOLD).filter(|more| *more > 0) {
                self.work.warn(format!("sets: {more} more of these"));
            }
        }
        assigned
    }

    pub(super) fn uploads(&self) -> bool {
        self.settings.upload || self.run.is_triggered()
    }

    /// Makes what is to be made, or tells what would be; gives what was made, and what the server is to be asked for again.
    async fn make(
        &self,
        server: &Server,
        messages: &Messages<'_>,
    ) -> Result<Option<(Counts, Option<String>)>, RunError> {
        check_folder(self.work)?;
        if self.run.dry_run {
            return self.dry_run(server.read_only()).await.map(|()| None);
        }
        let renderer = Arc::new(renderer(self.settings, self.work)?);
        let catalogue = catalogue::read(self.run, self.settings, server.read_only(), self.work).await?;
        self.export(&catalogue)?;
        let counts = self.create(server, renderer, &catalogue, messages).await?;
        Ok(Some((counts, self.awaited(&catalogue))))
    }

    /// Leaves the tables of what the server has, after a look at all of it.
    pub(super) fn export(&self, catalogue: &Catalogue) -> Result<(), RunError> {
        if self.run.scope == Scope::All {
            let with_episodes = self.settings.kinds.contains(&ArtworkKind::TitleCard);
            exports::write(catalogue, self.settings.server.export_family(), with_episodes, &self.work.logs())?;
        }
        Ok(())
    }

    pub(super) fn judge<'j>(
        &'j self,
        lookups: &'j Lookups<'j>,
        index: &'j AssetIndex,
        ledger: &'j Ledger,
        looks: &'j Looks<'j>,
        sets: &'j Assigned,
    ) -> Judge<'j> {
        Judge { run: self.run, settings: self.settings, lookups, index, ledger, looks, sets, server: self.server_id }
    }

    /// The episodes that a trigger means. On Plex it means all that the show lacks.
    fn narrowed(&self) -> Option<Narrowed> {
        match &self.run.scope {
            Scope::Sought(sought) if self.settings.server != ServerKind::Plex => sought.episodes.clone(),
            _ => None,
        }
    }

    /// The first episode of which a trigger tells and which the server does not have; none where nobody has looked.
    fn awaited(&self, catalogue: &Catalogue) -> Option<String> {
        let Scope::Sought(Sought { episodes: Some((season, numbers)), happened, .. }) = &self.run.scope else {
            return None;
        };
        if *happened == Happened::Deleted || !self.settings.kinds.contains(&ArtworkKind::TitleCard) {
            return None;
        }
        let entry = catalogue.entries.first().filter(|entry| !is_labelled(&entry.item))?;
        let there = entry.item.seasons.iter().filter(|there| there.number == *season);
        let there: HashSet<u32> = there.flat_map(|there| &there.episodes).map(|episode| episode.number).collect();
        let episode = *numbers.iter().find(|number| !there.contains(number))?;
        Some(format!("{} of {}", Episode { season: *season, episode }.code(), entry.item.title))
    }

    /// The assets of an item that the run is about.
    pub(super) fn listed(&self, entry: &Arc<Entry>, index: &AssetIndex) -> Vec<PlannedAsset> {
        if is_labelled(&entry.item) {
            return Vec::new();
        }
        let only = self.narrowed();
        let mut all = assets(entry, &self.settings.kinds, self.work.config.library_folders, only.as_ref());
        if let Scope::Episode { episode, .. } = &self.run.scope {
            all.retain(|asset| asset.kind == ArtworkKind::TitleCard && asset.id() == episode);
        }
        match &self.run.task {
            Task::Remake(paths) => all.retain(|asset| paths.contains(&asset.path)),
            Task::Restyle(library) => all.retain(|asset| {
                let is_meant = library.as_ref().is_none_or(|library| *library == entry.home.library.name);
                is_meant && index.get(&asset.path).is_some()
            }),
            _ => {}
        }
        all
    }

    /// Complains of names that nothing has.
    pub(super) fn warn_of_unknown(&self, catalogue: &Catalogue, index: &AssetIndex) {
        match &self.run.task {
            Task::Remake(paths) => {
                let all = catalogue.entries.iter().flat_map(|entry| self.listed(entry, index));
                let known: HashSet<String> = all.map(|asset| asset.path).collect();
                for path in paths.iter().filter(|path| !known.contains(*path)) {
                    self.work.complain(format!("{path} is not an asset of an item that the media server has"));
                }
            }
            Task::Restyle(Some(name)) if !catalogue.libraries.iter().any(|home| home.library.name == *name) => {
                self.work.complain(format!("there is no library {name}, or it is excluded"));
            }
            _ => {}
        }
    }

    /// Assets of items that the server no longer has; none where nobody can tell, or where that is not wanted.
    pub(super) fn stale(&self, catalogue: &Catalogue, index: &AssetIndex) -> Option<Vec<PathBuf>> {
        let (settings, work) = (self.settings, self.work);
        if !settings.cleanup || self.run.scope != Scope::All || self.run.task != Task::Create {
            return None;
        }
        // An item without a place has its assets where nobody knows.
        if !catalogue.complete || catalogue.entries.iter().any(|entry| entry.place.is_none()) {
            work.warn(
                "Asset cleanup is left out: not everything on the media server could be read, so what is gone is unknown",
            );
            return None;
        }
        // Items that are left alone are still there.
        let folders = work.config.library_folders;
        let all = catalogue.entries.iter().flat_map(|entry| assets(entry, &settings.kinds, folders, None));
        let visited: HashSet<String> = all.map(|asset| asset.path.to_lowercase()).collect();
        // A library with nothing in it is one whose disk is not there, rather than one that was emptied.
        let filled = catalogue.titles().map(|entry| entry.home.library.name.to_lowercase());
        let libraries: HashSet<String> = filled.collect();
        let libraries = Some(&libraries).filter(|_| folders);
        let stale = cleanup::stale(index, &Seen { assets: &visited, libraries, kinds: &settings.kinds });
        if cleanup::is_too_much(stale.len(), index.len()) {
            work.complain(format!(
                "Asset cleanup would take {} of {} assets away, which is too much to be right; nothing was cleared",
                stale.len(),
                index.len()
            ));
            return None;
        }
        Some(stale)
    }
}

/// Complains of what keeps a run from working that makes pictures.
fn check_folder(work: &Work<'_>) -> Result<(), RunError> {
    let assets = &work.config.asset_path;
    if !assets.is_dir() {
        return Err(RunError::Failed(format!(
            "the asset folder {} does not exist; set PrerequisitePart.AssetPath in config.json",
            assets.display()
        )));
    }
    Ok(())
}

/// Complains where there would be nothing to do.
fn check_kinds(settings: &LibrarySettings) -> Result<(), RunError> {
    if settings.kinds.is_empty() {
        return Err(RunError::Failed(
            "no kind of artwork is switched on; set Posters, SeasonPosters, BackgroundPosters or TitleCards in config.json".to_owned(),
        ));
    }
    Ok(())
}

fn renderer(settings: &LibrarySettings, work: &Work<'_>) -> Result<Renderer, RunError> {
    let config = work.config;
    let renderer =
        Renderer::new(config.look.clone(), &work.overlay_files(), settings.jobs).map_err(RunError::Failed)?;
    if config.look.processing {
        overlays::put_missing(&work.overlay_files()).map_err(|error| {
            RunError::Failed(format!("the overlays that come with the program cannot be put in place: {error}"))
        })?;
        for kind in &settings.kinds {
            renderer.prepare(*kind).map_err(RunError::Failed)?;
        }
        renderer.take_warnings().iter().for_each(|warning| work.warn(warning));
    }
    Ok(renderer)
}

fn server(client: &Client, settings: &LibrarySettings) -> Server {
    server_of(client, &settings.account, settings.server)
}

/// A media server, as gently asked as the limits say.
pub(super) fn server_of(client: &Client, account: &Account, kind: ServerKind) -> Server {
    let account = Account { in_flight: client.limits().server.in_flight, ..account.clone() };
    match kind.dialect() {
        None => Server::plex(client, &account),
        Some(dialect) => Server::media_browser(client, &account, dialect),
    }
}
