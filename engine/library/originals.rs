//! What the media server shows is saved before a picture of ours takes its place for the first time.

use std::path::{Path, PathBuf};

use posterizarr_base::files::short_digest;
use posterizarr_media::ServiceError;
use posterizarr_media::servers::ReadOnly;

use super::backups::{self, Backups};
use super::index::AssetIndex;
use super::marker::is_marked;
use super::plan::PlannedAsset;

/// One who saves what is about to be replaced.
pub(super) struct Originals {
    folder: PathBuf,
    places: Backups,
    /// What was saved before this run.
    saved: AssetIndex,
}

impl Originals {
    pub(super) fn new(folder: &Path, places: Backups) -> Self {
        let saved = AssetIndex::read(folder, false);
        saved.sweep();
        Self { folder: folder.to_owned(), places, saved }
    }

    /// Saves what the server shows in the place of an asset, unless that was done before, or it is finished artwork, or what it
    /// got from us, of which this is the digest.
    ///
    /// # Errors
    /// Why it could not be saved, in words.
    pub(super) async fn save(
        &self,
        asset: &PlannedAsset,
        server: ReadOnly<'_>,
        ours: Option<&str>,
    ) -> Result<(), String> {
        let Some(mark) = asset.shown() else { return Ok(()) };
        let path = self.places.path(asset);
        if self.saved.get(&path).is_some() {
            return Ok(());
        }
        let picture = match server.picture(asset.id(), asset.slot(), mark).await {
            Ok(picture) if is_marked(&picture) || ours.is_some_and(|ours| short_digest(&picture) == ours) => {
                return Ok(());
            }
            Ok(picture) => picture,
            // What is no picture is no loss.
            Err(ServiceError::NotFound { .. } | ServiceError::Malformed { .. }) => return Ok(()),
            Err(trouble) => return Err(trouble.to_string()),
        };
        backups::write(&self.folder, &path, picture).await.map_err(|error| error.to_string())
    }
}
