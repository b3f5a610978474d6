//! What is to be done about an asset. Looks and asks, and changes nothing.

use std::path::{Path, PathBuf};

use posterizarr_media::ServiceError;

use super::heading::Heading;
use super::index::{AssetIndex, manual};
use super::ledger::{Ledger, Record, Shown};
use super::looks::Looks;
use super::lookups::{ItemMemo, Lookups};
use super::outcome::Became;
use super::plan::PlannedAsset;
use super::rows::Titles;
use super::sets::{Assigned, Picked};
use super::settings::LibrarySettings;
use super::texts::{is_japanese, is_unannounced};
use super::why::Why;
use crate::library::select::{Choice, Text};
use crate::request::{LibraryRun, Task};

/// What is to be done about an asset.
pub(super) enum AssetVerdict<'a> {
    /// Nothing.
    Leave(Became),
    /// It is there, and is offered to the server where that is wanted.
    Keep { file: &'a Path, known: Option<&'a Record> },
    /// It is there, and was chosen while a provider was down that answers now.
    Reconsider { file: &'a Path, known: &'a Record },
    /// It is there, and is to be made again from the same picture.
    Restyle { known: &'a Record, because: Outdated },
    /// It is made of the user's own picture.
    ByHand(PathBuf),
    /// It is made of a picture that somebody has picked for it.
    Picked(&'a Picked),
    /// It is made of what providers have.
    ByProviders,
}

/// What is no longer right about an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outdated {
    /// How it looks.
    Design,
    /// What its badges tell, or whether its picture is to be seen yet.
    Facts,
}

impl Outdated {
    /// As events and logs have it.
    pub(super) fn why(self) -> Why {
        match self {
            Self::Design => Why::Redesigned,
            Self::Facts => Why::FactsChanged,
        }
    }
}

/// Whether the server is to get an asset that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    No,
    /// It shows what it got from us; this is its mark of it.
    ShowsOurs(String),
    Yes,
}

/// Everything that verdicts are made from.
pub(super) struct Judge<'a> {
    pub(super) run: &'a LibraryRun,
    pub(super) settings: &'a LibrarySettings,
    pub(super) lookups: &'a Lookups<'a>,
    pub(super) index: &'a AssetIndex,
    pub(super) ledger: &'a Ledger,
    pub(super) looks: &'a Looks<'a>,
    /// Pictures that somebody has picked by hand.
    pub(super) sets: &'a Assigned,
    /// Tells the server from others in the ledger.
    pub(super) server: &'a str,
}

impl<'a> Judge<'a> {
    /// What is to be done about an asset.
    pub(super) async fn verdict(&self, asset: &PlannedAsset, memo: &ItemMemo) -> AssetVerdict<'a> {
        if let Some(episode) = asset.episode() {
            if self.settings.skip_tba && is_unannounced(&episode.title, &self.settings.skip_words) {
                return AssetVerdict::Leave(Became::Unannounced);
            }
            if self.settings.skip_japanese && is_japanese(&episode.title) {
                return AssetVerdict::Leave(Became::Japanese);
            }
        }
        let there = self.index.get(&asset.path);
        match (&self.run.task, there) {
            (Task::Restyle(_), file) => return self.restyle(asset, file),
            (Task::Create, Some(file)) if self.keeps() => {
                let known = self.ledger.get(&asset.path, file);
                if let Some(known) = known.filter(|known| !known.unanswered.is_empty())
                    && self.lookups.answers_now(asset, memo, &known.providers()).await
                {
                    return AssetVerdict::Reconsider { file, known };
                }
                return match known.filter(|known| known.source.is_some() && known.told != self.looks.told(asset)) {
                    Some(known) => AssetVerdict::Restyle { known, because: Outdated::Facts },
                    None => AssetVerdict::Keep { file, known },
                };
            }
            _ => {}
        }
        match manual(&self.settings.manual_assets, &asset.path, asset.subject) {
            Some(picture) => AssetVerdict::ByHand(picture),
            None => match self.sets.get(&asset.path) {
                Some(picked) => AssetVerdict::Picked(picked),
                None => self.without_own(asset),
            },
        }
    }

    /// What is to be done about an asset for which the user has no picture.
    pub(super) fn without_own(&self, asset: &PlannedAsset) -> AssetVerdict<'a> {
        match self.settings.offline.contains(&asset.kind) {
            true => AssetVerdict::Leave(Became::Offline),
            false => AssetVerdict::ByProviders,
        }
    }

    /// The choice for an asset and what stands where its title belongs, as far as both can be told without fetching pictures.
    pub(super) async fn choose(&self, asset: &PlannedAsset, memo: &ItemMemo) -> (Choice, Option<Heading>) {
        let titling = self.titling(asset, memo).await;
        let choice = self.lookups.select_only(asset, memo, titling.rules(asset)).await;
        let choice = titling.applied(choice, asset.entry.home.rules.favourite);
        let text = choice.picture.as_ref().map_or(Text::Unknown, |picture| picture.text);
        let heading = titling.heading(self.settings.logos, text);
        (choice, heading)
    }

    /// Whether a choice is another one than an asset was made by; the same picture, or none at all, is not.
    pub(super) fn is_another(&self, choice: &Choice, heading: Option<&Heading>, known: &Record) -> bool {
        let before = known.source.as_ref().map(|source| source.url.as_str());
        choice.picture.as_ref().is_some_and(|picture| {
            Some(picture.url.as_str()) != before || (heading.is_some() && heading != known.heading.as_ref())
        })
    }

    /// How titles are written in tables.
    pub(super) fn titles(&self) -> Titles {
        Titles { capitals: self.looks.capitals(), original: self.settings.original_title }
    }

    /// Whether what is there stays.
    fn keeps(&self) -> bool {
        !self.run.is_triggered() || self.settings.file_test_on_trigger
    }

    fn restyle(&self, asset: &PlannedAsset, file: Option<&'a Path>) -> AssetVerdict<'a> {
        let Some(file) = file else { return AssetVerdict::Leave(Became::Absent) };
        let known = self.ledger.get(&asset.path, file);
        let Some((known, source)) = known.and_then(|known| Some((known, known.source.as_ref()?))) else {
            return AssetVerdict::Leave(Became::Foreign);
        };
        let heading = self.looks.heading_again(asset, source.text, known.heading.as_ref());
        let look = self.looks.digest(&self.looks.job(asset, source, heading));
        if look == known.look {
            AssetVerdict::Leave(Became::Styled)
        } else {
            AssetVerdict::Restyle { known, because: Outdated::Design }
        }
    }

    /// Whether what is made is to be uploaded.
    pub(super) fn uploads(&self) -> bool {
        self.settings.upload || self.run.is_triggered()
    }

    /// Whether an asset that is there is to be uploaded.
    ///
    /// # Errors
    /// If the server's picture cannot be looked at.
    pub(super) async fn offer(&self, asset: &PlannedAsset, known: Option<&Record>) -> Result<Offer, ServiceError> {
        let shown = known.map(|known| &known.shown);
        // What an earlier run owes.
        if let Some(Shown::Wanted { by_trigger }) = shown
            && (*by_trigger || self.settings.upload)
        {
            return Ok(Offer::Yes);
        }
        if !self.settings.upload_existing && !self.run.is_upgrade() {
            return Ok(Offer::No);
        }
        let mark = asset.shown();
        if let (Some(Shown::Sent { server, item, mark: Some(seen) }), Some(mark)) = (shown, mark)
            && server == self.server
            && item == asset.id()
            && seen == mark
        {
            return Ok(Offer::No);
        }
        Ok(match (self.lookups.shows_marked(asset).await?, mark) {
            (true, Some(mark)) => Offer::ShowsOurs(mark.to_owned()),
            (true, None) => Offer::No,
            (false, _) => Offer::Yes,
        })
    }
}
