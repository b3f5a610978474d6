//! Putting a picture in its place, noting what it is, and showing it on the media server.

use std::io;
use std::path::Path;
use std::sync::Arc;

use posterizarr_base::files::{Staged, short_digest};
use posterizarr_base::said::Reason;
use posterizarr_base::servers::ServerKind;
use posterizarr_media::ServiceError;
use posterizarr_media::servers::{Labelled, Server, Slot};

use super::cleanup::remove_empty;
use super::heading::Heading;
use super::judge::Judge;
use super::ledger::{LedgerWriter, Record, Shown, Stamp};
use super::originals::Originals;
use super::picture::Source;
use super::plan::PlannedAsset;
use crate::request::Task;

/// The one who writes: to the disk, to the ledger, to the server.
pub(super) struct Delivery<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) server: &'a Server,
    pub(super) ledger: Arc<LedgerWriter>,
    pub(super) assets: &'a Path,
    /// Who saves what is replaced for the first time, where that is wanted.
    pub(super) originals: Option<Originals>,
    /// Whether Kometa is told of new posters by taking its label off.
    pub(super) drop_overlay_label: bool,
}

/// By this label Kometa knows items that have its overlay already.
const OVERLAY_LABEL: &str = "Overlay";

/// What a picture is, besides its pixels.
pub(super) struct AssetDetails {
    pub(super) look: String,
    pub(super) source: Source,
    /// The rule by which it was chosen.
    pub(super) why: Option<Reason>,
    pub(super) heading: Option<Heading>,
    /// Names of providers that did not answer when it was chosen.
    pub(super) unanswered: Vec<String>,
    /// What it tells or hides that may be otherwise tomorrow.
    pub(super) told: String,
}

impl Delivery<'_> {
    /// Puts a picture in its place; gives what is known of it now.
    ///
    /// # Errors
    /// Those of the disk; then what was in its place before still is.
    pub(super) async fn put(&self, asset: &PlannedAsset, file: Arc<Vec<u8>>, made: AssetDetails) -> io::Result<Record> {
        let shown = match self.judge.uploads() {
            true => Shown::Wanted { by_trigger: self.judge.run.is_triggered() },
            false => Shown::NotWanted,
        };
        let (assets, ledger) = (self.assets.to_owned(), self.ledger.clone());
        let path = assets.join(format!("{}.jpg", asset.path));
        let asset_path = asset.path.clone();
        let write = move || {
            let folder = path.parent().unwrap_or(&assets);
            std::fs::create_dir_all(folder)?;
            let (why, because) = made.why.map(|Reason { text, because }| (text, because)).unzip();
            let put = || {
                let staged = Staged::new(&path, &file)?;
                let record = Record {
                    asset: asset_path,
                    file: Stamp::of(&staged.metadata()?),
                    digest: short_digest(&file),
                    look: made.look,
                    source: Some(made.source),
                    why,
                    because: because.unwrap_or_default(),
                    heading: made.heading,
                    unanswered: made.unanswered,
                    told: made.told,
                    shown,
                };
                // First the note, then the file: a run that is killed between the two has made nothing.
                ledger.note(&record)?;
                staged.put()?;
                Ok(record)
            };
            put().inspect_err(|_| {
                remove_empty(Some(folder), &assets);
            })
        };
        // The disk may make one wait.
        tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?
    }

    /// Shows a new picture on the server, where that is wanted; says whether the server got it.
    ///
    /// # Errors
    /// Why it did not get it, in words.
    pub(super) async fn show(&self, asset: &PlannedAsset, file: &[u8], record: &Record) -> Result<bool, String> {
        if self.judge.uploads() { self.give(asset, file, record).await } else { Ok(false) }
    }

    /// Gives the server a picture that it is to show, unless it has it or keeps another one; says whether it got it.
    ///
    /// # Errors
    /// Why it did not get it, in words.
    pub(super) async fn give(&self, asset: &PlannedAsset, file: &[u8], record: &Record) -> Result<bool, String> {
        let earlier = self.judge.ledger.sent(&asset.path).filter(|earlier| self.is_ours(earlier, asset));
        // Only where that was seen: what was sent once may have been dropped since.
        if let Some(earlier) = earlier
            && matches!(&earlier.shown, Shown::Sent { mark: Some(_), .. })
            && earlier.digest == record.digest
            && !self.judge.run.is_triggered()
        {
            self.note(&Record { shown: earlier.shown.clone(), ..record.clone() });
            return Ok(false);
        }
        // Jellyfin and Emby keep finished artwork that they have, unless it is what we have sent, or is to be replaced.
        let is_asked_for = matches!(self.judge.run.task, Task::Remake(_));
        if earlier.is_none() && !is_asked_for && self.judge.settings.server != ServerKind::Plex {
            let shows = self.judge.lookups.shows_marked(asset).await.map_err(|trouble| trouble.to_string())?;
            if shows {
                self.note(&Record { shown: Shown::NotWanted, ..record.clone() });
                return Ok(false);
            }
        }
        self.send(asset, file, record, true).await.map(|()| true)
    }

    /// Whether the server still shows what it got from us, as far as its listing tells.
    fn is_ours(&self, record: &Record, asset: &PlannedAsset) -> bool {
        match &record.shown {
            Shown::Sent { server, item, mark } => {
                server == self.judge.server
                    && item == asset.id()
                    && mark.as_deref().is_none_or(|mark| asset.shown() == Some(mark))
            }
            _ => false,
        }
    }

    /// Uploads a picture and notes it; a background also as the wide preview, where both are the same.
    ///
    /// # Errors
    /// What the server says, in words.
    pub(super) async fn send(
        &self,
        asset: &PlannedAsset,
        file: &[u8],
        record: &Record,
        with_thumb: bool,
    ) -> Result<(), String> {
        let settings = self.judge.settings;
        self.save_original(asset).await.map_err(|reason| format!("what is shown now could not be saved: {reason}"))?;
        self.upload(asset, asset.slot(), file).await?;
        if with_thumb
            && asset.slot() == Slot::Background
            && settings.backdrop_as_thumb
            && settings.server != ServerKind::Plex
        {
            self.upload(asset, Slot::Thumb, file).await?;
        }
        self.unlabel(asset).await.map_err(|trouble| format!("Kometa's label: {trouble}"))?;
        let (server, item) = (self.judge.server.to_owned(), asset.id().to_owned());
        let shown = Shown::Sent { server, item, mark: None };
        self.note(&Record { shown, ..record.clone() });
        Ok(())
    }

    async fn save_original(&self, asset: &PlannedAsset) -> Result<(), String> {
        let Some(originals) = &self.originals else { return Ok(()) };
        let earlier = self.judge.ledger.sent(&asset.path).filter(|earlier| self.is_ours(earlier, asset));
        // Only where that was seen: somebody may have chosen another picture since ours was sent.
        if earlier.is_some_and(|earlier| matches!(&earlier.shown, Shown::Sent { mark: Some(_), .. })) {
            return Ok(());
        }
        originals.save(asset, self.server.read_only(), earlier.map(|earlier| earlier.digest.as_str())).await
    }

    /// Kometa leaves what has its label alone, although its overlay is gone with the picture that was replaced.
    async fn unlabel(&self, asset: &PlannedAsset) -> Result<(), ServiceError> {
        let item = &asset.entry.item;
        let what = match (asset.episode(), asset.season()) {
            (Some(_), _) => Labelled::Episode,
            (None, Some(_)) => Labelled::Season,
            (None, None) => Labelled::Item(item.kind),
        };
        // Listings tell the labels of movies and shows only.
        let may_have_it = !matches!(what, Labelled::Item(_))
            || item.labels.iter().any(|label| label.eq_ignore_ascii_case(OVERLAY_LABEL));
        if asset.entry.is_collection || !self.drop_overlay_label || asset.slot() != Slot::Poster || !may_have_it {
            return Ok(());
        }
        self.server.unlabel(&item.library, what, asset.id(), OVERLAY_LABEL).await
    }

    async fn upload(&self, asset: &PlannedAsset, slot: Slot, file: &[u8]) -> Result<(), String> {
        let sent = self.server.upload(asset.id(), slot, file, asset.shown().is_some()).await;
        sent.map_err(|trouble| trouble.to_string())
    }

    /// Notes what is known now. What cannot be noted is found out again by the next run.
    pub(super) fn note(&self, record: &Record) {
        let _ = self.ledger.note(record);
    }
}
