//! The work on files, and with the actors that own them: the trash has what is replaced, with its records, before it is; and
//! everything is as it was if nothing takes its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix::Recipient;
use posterizarr_base::artwork::Root;
use posterizarr_base::bounded;
use posterizarr_base::files::write;

use super::item::{Item, Treatment};
use super::messages::{Placed, ReplaceError};
use crate::config::ConfigView;
use crate::library::assets::is_picture;
use crate::library::assets::{AssetsView, Index, Refresh, left_out};
use crate::library::choices::{FilesRemoved, FilesReturned};
use crate::library::trash::{
    Discard, DiscardError, Discarded, Preserve, RemoveStandIn, Restore, RestoreError, TrashSettings,
};
use crate::runs::{Job, ListJobs, NewJob, SubmitJobs, Trigger};
use crate::runtime::data_dir::DataDir;
use crate::runtime::offload::attempt;
use crate::runtime::safe_path;
use crate::runtime::view::View;

/// The largest picture, in bytes.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// Those who are asked.
#[derive(Clone)]
pub struct Others {
    pub discard: Recipient<Discard>,
    pub preserve: Recipient<Preserve>,
    pub remove_stand_in: Recipient<RemoveStandIn>,
    pub restore: Recipient<Restore>,
    pub refresh: Recipient<Refresh>,
    pub removed: Recipient<FilesRemoved>,
    pub returned: Recipient<FilesReturned>,
    pub submit: Recipient<SubmitJobs>,
    pub list: Recipient<ListJobs>,
}

/// What works; clones work on the same.
#[derive(Clone)]
pub struct Worker {
    pub others: Others,
    pub data: DataDir,
    pub config: View<ConfigView>,
    pub assets: View<AssetsView>,
    pub trash: TrashSettings,
}

/// What came of beginning an item.
#[derive(Debug)]
pub enum Begun {
    /// It is in place.
    Placed,
    /// Its run is in the supervisor's queue.
    Submitted,
}

impl Worker {
    /// Refuses a path that no picture can be put at. Blocks for the disk.
    pub fn check(&self, root: Root, path: &str) -> Result<PathBuf, ReplaceError> {
        let place = safe_path::place(&self.folder(root), path)?;
        if left_out::hides(path) {
            return Err(ReplaceError::Forbidden);
        }
        if !is_picture(path.as_bytes()) {
            return Err(ReplaceError::NoPicture(path.chars().take(200).collect()));
        }
        Ok(place)
    }

    fn folder(&self, root: Root) -> PathBuf {
        self.config.get().asset_paths.of_root(root).clone()
    }

    /// The file of an item's picture.
    pub fn staged(&self, item: &Item) -> PathBuf {
        self.data.queue_staging().join(&item.staged)
    }

    /// The copy of it that its run may consume.
    pub fn copy_for_run(&self, id: u64, staged: &str) -> PathBuf {
        let extension = Path::new(staged).extension().unwrap_or_default().to_string_lossy();
        self.data.uploads().join(format!("replacement-{id}.{extension}"))
    }

    /// Removes what is left of an item's pictures.
    pub fn clear(&self, item: &Item) {
        for file in [self.staged(item), self.copy_for_run(item.id, &item.staged)] {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(file = %file.display(), %error, "a picture that is not needed any more cannot be removed");
                }
                _ => {}
            }
        }
    }

    /// Does an item, or hands it over to the supervisor.
    pub async fn begin(self, item: Item) -> Result<Begun, ReplaceError> {
        let staged = self.staged(&item);
        match &item.treatment {
            Treatment::Placed { root } => self.place(*root, item.path, staged).await.map(|_| Begun::Placed),
            Treatment::Drawn { request } => {
                let copy = self.copy_for_run(item.id, &item.staged);
                copied(staged, copy).await?;
                for id in &item.aside {
                    self.preserve(id, &item.path).await?;
                }
                let job = NewJob {
                    id: item.job(),
                    request: request.clone(),
                    trigger: Trigger::Api,
                    priority: 0,
                    not_before: None,
                    max_attempts: 1,
                    dedupe: None,
                };
                let submitted = self.others.submit.send(SubmitJobs { jobs: vec![job], renews: false }).await;
                submitted.map_err(|error| ReplaceError::Disk(error.to_string()))??;
                Ok(Begun::Submitted)
            }
        }
    }

    /// Where the supervisor's queue has the run of an item.
    pub async fn job(self, id: String) -> Option<Job> {
        self.others.list.send(ListJobs).await.ok()?.into_iter().find(|job| job.id == id)
    }

    /// Puts a picture in its place. Its counterpart in the other root goes: a made asset is of what was there before, and
    /// where there is none, a picture of the user's own is what is replaced.
    pub async fn place(&self, root: Root, path: String, picture: PathBuf) -> Result<Placed, ReplaceError> {
        let place = {
            let (worker, path) = (self.clone(), path.clone());
            blocking(move || worker.check(root, &path)).await?
        };
        let before = self.assets.get().assets.clone();
        let was_there = std::fs::symlink_metadata(&place).is_ok();
        let mut aside = Vec::new();
        // Without a trash the file is replaced where it is, so that there always is one.
        if was_there && self.is_kept(&place) {
            aside.extend(self.discard(root, &path, &before).await?);
        }
        let written = blocking(move || {
            let content = bounded::read(&picture, MAX_SIZE).map_err(disk)?;
            std::fs::create_dir_all(place.parent().unwrap_or(&place)).map_err(disk)?;
            write(&place, &content).map_err(disk)
        });
        if let Err(error) = written.await {
            self.give_back(&ids(&aside)).await;
            return Err(error);
        }
        let other = if root == Root::Manual { Some(Root::Assets) } else { (!was_there).then_some(Root::Manual) };
        let counterpart = match other {
            Some(other) => self.discard(other, &path, &before).await.unwrap_or_else(|error| {
                tracing::warn!(path, %error, "the picture is in place, but what it replaces could not be moved to the trash");
                None
            }),
            None => None,
        };
        let replaced = was_there || counterpart.is_some();
        if root == Root::Assets && aside.is_empty() && was_there {
            self.rows_follow(&path, before).await;
        }
        aside.extend(counterpart);
        // Where it does not answer, its own watch finds the file later.
        let _ = self.others.refresh.send(Refresh { root, paths: vec![path] }).await;
        Ok(Placed { replaced, trashed: ids(&aside) })
    }

    /// Has the trash keep what a run will replace: the made asset, or where nothing was made yet, the user's own picture. It
    /// stays in place until the run has made the new one.
    async fn preserve(&self, id: &str, path: &str) -> Result<(), ReplaceError> {
        let before = self.assets.get().assets.clone();
        for root in [Root::Assets, Root::Manual] {
            let kept = self.others.preserve.send(Preserve { id: id.to_owned(), root, path: path.to_owned() }).await;
            match kept.map_err(|error| ReplaceError::Disk(error.to_string()))? {
                Err(DiscardError::Missing) => continue,
                Err(DiscardError::Forbidden) => return Err(ReplaceError::Forbidden),
                Err(error) => return Err(ReplaceError::Disk(error.to_string())),
                Ok(true) if root == Root::Assets => self.rows_follow(path, before).await,
                Ok(_) => {}
            }
            return Ok(());
        }
        Ok(())
    }

    /// The run has made its asset: a picture of the user's own that it took the place of has not been overwritten, and goes.
    pub async fn settle(self, aside: Vec<String>) {
        for id in aside {
            match self.others.remove_stand_in.send(RemoveStandIn { id }).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "a picture that was replaced is still in its place"),
                Err(error) => tracing::warn!(%error, "a picture that was replaced is still in its place"),
            }
        }
    }

    /// Whether the trash would keep a file.
    fn is_kept(&self, file: &Path) -> bool {
        self.trash.enabled && std::fs::symlink_metadata(file).is_ok_and(|found| found.len() <= self.trash.max_size)
    }

    /// Puts a file into the trash, and its rows aside; none where there is no file.
    async fn discard(&self, root: Root, path: &str, before: &Arc<Index>) -> Result<Option<Discarded>, ReplaceError> {
        let paths = vec![path.to_owned()];
        let results = self.others.discard.send(Discard { root, paths }).await;
        let result = results.map_err(|error| ReplaceError::Disk(error.to_string()))?.pop();
        match result {
            Some(Ok(discarded)) => {
                if root == Root::Assets {
                    self.rows_follow(path, before.clone()).await;
                }
                Ok(Some(discarded))
            }
            Some(Err(DiscardError::Missing)) | None => Ok(None),
            Some(Err(DiscardError::Forbidden)) => Err(ReplaceError::Forbidden),
            Some(Err(error)) => Err(ReplaceError::Disk(error.to_string())),
        }
    }

    async fn rows_follow(&self, path: &str, before: Arc<Index>) {
        // The file is gone either way; rows that could not follow show it.
        let _ = self.others.removed.send(FilesRemoved { paths: vec![path.to_owned()], before }).await;
    }

    /// Puts files of the trash back, with their rows.
    pub async fn give_back(&self, ids: &[String]) {
        for id in ids {
            match self.others.restore.send(Restore { id: id.clone() }).await {
                Ok(Ok(entry)) if entry.root == Root::Assets => {
                    let _ = self.others.returned.send(FilesReturned { paths: vec![entry.path.clone()] }).await;
                }
                // Nothing was there, or the trash is off.
                Ok(Ok(_) | Err(RestoreError::Unknown)) => {}
                Ok(Err(error)) => tracing::warn!(id, %error, "a picture that was to be replaced is still in the trash"),
                Err(error) => tracing::warn!(id, %error, "a picture that was to be replaced is still in the trash"),
            }
        }
    }
}

fn ids(aside: &[Discarded]) -> Vec<String> {
    aside.iter().filter_map(|discarded| discarded.trash_id.clone()).collect()
}

fn disk(error: std::io::Error) -> ReplaceError {
    ReplaceError::Disk(error.to_string())
}

async fn copied(from: PathBuf, to: PathBuf) -> Result<(), ReplaceError> {
    blocking(move || {
        let content = bounded::read(&from, MAX_SIZE).map_err(disk)?;
        write(&to, &content).map_err(disk)
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReplaceError> + Send + 'static,
) -> Result<T, ReplaceError> {
    attempt(work).await.unwrap_or_else(|error| Err(ReplaceError::Disk(error.to_string())))
}
