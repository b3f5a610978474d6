//! Runs that make no pictures: what is shown or was saved is taken to another place as it is.
//!
//! A backup takes it from the server to the backup folder, a restore from there to the server, a sync from Plex to another
//! server. What is in its place already is left alone, so that a run that was ended at any moment is gone on with by the next
//! one. In a dry run there is nobody who writes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use posterizarr_base::bounded;
use posterizarr_base::run_events::{EventWriter, RunEvent};
use posterizarr_media::ServiceError;
use posterizarr_media::servers::{ReadOnly, Server, Slot};
use posterizarr_render::picture::MAX_FILE_BYTES;

use super::backups::{self, Backups};
use super::catalogue::{self, Catalogue};
use super::events;
use super::index::AssetIndex;
use super::logos::{LogoRevert, LogoUpdater};
use super::lookups::ItemMemo;
use super::outcome::{Copied, Outcome, Problem};
use super::plan::{Entry, PlannedAsset, assets, is_labelled, logo};
use super::reset::Reset;
use super::run::server_of;
use super::scene::{Scene, Tally, count};
use super::twins::{Spot, Twins};
use super::why::Why;
use crate::RunError;
use crate::report::Counts;
use crate::request::Task;

/// Where pictures are from.
enum Origin<'a> {
    /// What a server shows.
    Server(ReadOnly<'a>),
    /// What was saved.
    Saved(&'a AssetIndex),
}

/// Where they go.
enum Goal<'a> {
    /// The backup folder. What is there stays, and nothing is read to find out whether it is the same.
    Folder { index: &'a AssetIndex, writer: Option<&'a Path> },
    /// The server that was looked at.
    Server(CopyTarget<'a>),
    /// Another one, with the counterparts of the items.
    Other(CopyTarget<'a>, &'a Twins),
}

/// A server that is to show pictures.
struct CopyTarget<'a> {
    server: ReadOnly<'a>,
    writer: Option<&'a Server>,
    /// Whether it gets also what it shows already.
    always: bool,
}

struct Copier<'a> {
    from: Origin<'a>,
    to: Goal<'a>,
    events: &'a EventWriter,
}

impl Copier<'_> {
    async fn turn(&self, asset: PlannedAsset) -> Outcome {
        let copied = self.copy(&asset).await;
        Copied::outcome(asset, copied, !matches!(self.to, Goal::Folder { .. }))
    }

    async fn copy(&self, asset: &PlannedAsset) -> Result<Copied, Why> {
        if let Some(reason) = self.from.lacks(asset) {
            return Ok(Copied::Not(reason));
        }
        let (shower, spot) = match &self.to {
            Goal::Folder { index, .. } if index.get(&asset.path).is_some() => return Ok(Copied::There),
            Goal::Folder { writer, .. } => return self.save(asset, *writer).await,
            Goal::Server(shower) => (shower, Spot::of(asset)),
            Goal::Other(shower, twins) => match twins.of(asset) {
                Some(spot) => (shower, spot),
                None => return Ok(Copied::Not(Why::NotOnServer { server: shower.server.name() })),
            },
        };
        let Some(picture) = self.from.read(asset).await? else {
            return Ok(Copied::Not(Why::PictureGone));
        };
        if shower.shows(&spot, &picture).await? {
            return Ok(Copied::There);
        }
        if let Some(writer) = shower.writer {
            self.events.write(&events::started(asset));
            let sent = writer.upload(&spot.id, spot.slot, &picture, spot.mark.is_some()).await;
            sent.map_err(|trouble| Why::NotUploaded { reason: trouble.to_string() })?;
        }
        Ok(Copied::Done(vec![Why::To { server: shower.server.name() }, self.from.why()]))
    }

    async fn save(&self, asset: &PlannedAsset, folder: Option<&Path>) -> Result<Copied, Why> {
        if let Some(folder) = folder {
            self.events.write(&events::started(asset));
            let Some(picture) = self.from.read(asset).await? else {
                return Ok(Copied::Not(Why::PictureGone));
            };
            backups::write(folder, &asset.path, picture)
                .await
                .map_err(|error| Why::NotSaved { reason: error.to_string() })?;
        }
        Ok(Copied::Done(vec![self.from.why()]))
    }
}

impl Origin<'_> {
    /// Why there is nothing to copy.
    fn lacks(&self, asset: &PlannedAsset) -> Option<Why> {
        match self {
            Self::Server(server) if asset.shown().is_none() => Some(Why::NoPictureShown { server: server.name() }),
            Self::Saved(index) if index.get(&asset.path).is_none() => Some(Why::NoBackup),
            Self::Server(_) | Self::Saved(_) => None,
        }
    }

    async fn read(&self, asset: &PlannedAsset) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::Server(server) => {
                let Some(mark) = asset.shown() else { return Ok(None) };
                shown(*server, asset.id(), asset.slot(), mark).await.map_err(|trouble| trouble.to_string())
            }
            Self::Saved(index) => {
                let Some(file) = index.get(&asset.path) else { return Ok(None) };
                let read = bounded::read(file, MAX_FILE_BYTES);
                read.map(Some).map_err(|error| format!("{}: {error}", file.display()))
            }
        }
    }

    fn why(&self) -> Why {
        match self {
            Self::Server(server) => Why::AsShown { server: server.name() },
            Self::Saved(_) => Why::FromBackup,
        }
    }
}

impl CopyTarget<'_> {
    async fn shows(&self, spot: &Spot<'_>, picture: &[u8]) -> Result<bool, String> {
        let Some(mark) = spot.mark.filter(|_| !self.always) else { return Ok(false) };
        match shown(self.server, &spot.id, spot.slot, mark).await {
            Ok(there) => Ok(there.is_some_and(|there| there == picture)),
            // What cannot be shown is replaced.
            Err(ServiceError::Malformed { .. }) => Ok(false),
            Err(trouble) => Err(trouble.to_string()),
        }
    }
}

/// What a server shows; none if that has gone since it was listed.
async fn shown(server: ReadOnly<'_>, id: &str, slot: Slot, mark: &str) -> Result<Option<Vec<u8>>, ServiceError> {
    match server.picture(id, slot, mark).await {
        Ok(picture) => Ok(Some(picture)),
        Err(ServiceError::NotFound { .. }) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// The items that have a place already, so that none takes that of another one.
#[derive(Default)]
struct Taken(Mutex<HashMap<String, String>>);

impl Taken {
    /// Takes the place; gives the title of the item that has it, if there is one.
    fn take(&self, asset: &PlannedAsset) -> Option<String> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.insert(asset.path.to_lowercase(), asset.entry.item.title.clone())
    }
}

impl Scene<'_> {
    /// Copies everything that is to be copied; gives what was done, and nothing for a rehearsal, which has told it.
    ///
    /// # Errors
    /// Why nothing can be copied.
    pub(super) async fn copy(&self, server: &Server) -> Result<Option<Counts>, RunError> {
        let reader = server.read_only();
        let writer = Some(server).filter(|_| !self.run.dry_run);
        let shower = || CopyTarget { server: reader, writer, always: false };
        match &self.run.task {
            Task::Backup => {
                let folder = self.backup_folder()?;
                let (catalogue, index) = (self.read(reader).await?, AssetIndex::read(folder, false));
                if !self.run.dry_run {
                    index.sweep();
                    self.export(&catalogue)?;
                }
                let writer = Some(folder).filter(|_| !self.run.dry_run);
                self.copy_by(&catalogue, Origin::Server(reader), Goal::Folder { index: &index, writer }).await
            }
            Task::Restore(_) => {
                let folder = self.backup_folder()?;
                let (catalogue, index) = (self.read(reader).await?, AssetIndex::read(folder, false));
                self.copy_by(&catalogue, Origin::Saved(&index), Goal::Server(shower())).await
            }
            Task::Reset => {
                let (catalogue, reset) = (self.read(reader).await?, Reset { server: reader, writer });
                self.take_all(&catalogue, |asset, _| reset.turn(asset)).await
            }
            Task::UpdateLogos { replace } => {
                let catalogue = self.read(reader).await?;
                self.warn_of_labelled(&catalogue);
                let lookups = self.lookups(reader);
                let replace = *replace;
                let updater = LogoUpdater { lookups: &lookups, writer, replace, events: self.work.events };
                self.take_all(&catalogue, |asset, memo| updater.turn(asset, memo)).await
            }
            Task::RevertLogos => {
                let (catalogue, revert) = (self.read(reader).await?, LogoRevert { server: reader, writer });
                self.take_all(&catalogue, |asset, _| revert.turn(asset)).await
            }
            Task::Sync(_) | Task::Create | Task::Remake(_) | Task::Restyle(_) => {
                let Some((dialect, account)) = &self.settings.recipient else {
                    return Err(RunError::Failed("there is nothing to copy".to_owned()));
                };
                let other = server_of(self.client, account, (*dialect).into());
                let catalogue = self.read(reader).await?;
                self.warn_of_labelled(&catalogue);
                let twins = Twins::read(&catalogue, other.read_only(), self).await?;
                let shower = CopyTarget {
                    server: other.read_only(),
                    writer: Some(&other).filter(|_| !self.run.dry_run),
                    always: self.settings.take_marked,
                };
                self.copy_by(&catalogue, Origin::Server(reader), Goal::Other(shower, &twins)).await
            }
        }
    }

    async fn read(&self, server: ReadOnly<'_>) -> Result<Catalogue, RunError> {
        catalogue::read(self.run, self.settings, server, self.work).await
    }

    fn backup_folder(&self) -> Result<&Path, RunError> {
        backups::folder(self.settings, self.work.config).map_err(RunError::Failed)
    }

    async fn copy_by(&self, catalogue: &Catalogue, from: Origin<'_>, to: Goal<'_>) -> Result<Option<Counts>, RunError> {
        let copier = Copier { from, to, events: self.work.events };
        self.take_all(catalogue, |asset, _| copier.turn(asset)).await
    }

    /// Gives each asset its turn, and counts.
    async fn take_all<F: Future<Output = Outcome>>(
        &self,
        catalogue: &Catalogue,
        turn: impl Fn(PlannedAsset, Arc<ItemMemo>) -> F,
    ) -> Result<Option<Counts>, RunError> {
        let backups = Backups::of(catalogue, self.work.config.library_folders);
        let (taken, turn) = (Taken::default(), &turn);
        let start = |asset: PlannedAsset, memo| {
            let other = taken.take(&asset).filter(|_| self.run.task.has_files());
            async move {
                match other {
                    Some(other) => self.crowded_out(asset, &other),
                    None => turn(asset, memo).await,
                }
            }
        };
        let (mut counts, mut tally) = (Counts::default(), Tally::default());
        self.each(
            catalogue,
            |entry| self.copied(entry, &backups),
            start,
            |outcome| {
                count(&outcome, &mut counts);
                tally.add(&outcome);
                Ok(())
            },
        )
        .await?;
        if !self.run.dry_run {
            return Ok(Some(counts));
        }
        let Tally { created, there, failed, .. } = tally;
        let what = self.run.task.done();
        self.work.journal.info(format!(
            "Dry run: {created} would be {what}, {there} stay as they are, {failed} cannot be; nothing was changed"
        ));
        self.work.events.write(&RunEvent::Finished { created, errors: self.work.journal.errors().into() });
        Ok(None)
    }

    /// The place in the backup folder is that of another item.
    fn crowded_out(&self, asset: PlannedAsset, other: &str) -> Outcome {
        let (title, other) = (asset.entry.item.title.clone(), other.to_owned());
        let problem = Problem::at(&asset, Why::SamePlace { title, other });
        Outcome::failed(asset, problem)
    }

    /// The assets of an item that are copied.
    fn copied(&self, entry: &Arc<Entry>, backups: &Backups) -> Vec<PlannedAsset> {
        let honours_label = matches!(self.run.task, Task::Sync(_) | Task::UpdateLogos { .. });
        if honours_label && is_labelled(&entry.item) {
            return Vec::new();
        }
        let library_folders = self.work.config.library_folders;
        if self.run.task.is_about_logos() {
            return logo(entry, library_folders).into_iter().collect();
        }
        let mut all = assets(entry, &self.settings.kinds, library_folders, None);
        match self.run.task {
            Task::Backup | Task::Restore(_) => all.iter_mut().for_each(|asset| asset.path = backups.path(asset)),
            // The item's own poster comes last.
            Task::Reset if !all.is_empty() => all.rotate_left(1),
            _ => {}
        }
        all
    }
}
