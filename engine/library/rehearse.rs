//! A rehearsal: what a run would do, and why.
//!
//! It holds nothing with which it could change anything: no renderer, no writer of files, of the ledger or of tables, no
//! messengers; and the media server only through [`ReadOnly`](posterizarr_media::servers::ReadOnly). Pictures are not
//! fetched, so that a damaged one, or a text that does not fit, only comes to light in the run itself.

use std::sync::Arc;

use posterizarr_base::run_events::EventWriter;

use super::events;
use super::judge::{AssetVerdict, Judge, Offer, Outdated};
use super::ledger::Record;
use super::lookups::ItemMemo;
use super::outcome::{Became, Outcome, Problem, names};
use super::picture::Source;
use super::plan::PlannedAsset;
use super::why::Why;

/// One who only tells.
pub(super) struct Rehearsal<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) events: &'a EventWriter,
}

impl Rehearsal<'_> {
    /// What would become of an asset.
    pub(super) async fn tell(&self, asset: PlannedAsset, memo: Arc<ItemMemo>) -> Outcome {
        match self.judge.verdict(&asset, &memo).await {
            AssetVerdict::Leave(became) => Outcome::of(asset, became),
            AssetVerdict::Keep { known, .. } => self.keep(asset, known).await,
            AssetVerdict::Reconsider { known, .. } => self.reconsider(asset, known, &memo).await,
            AssetVerdict::Restyle { known, because } => self.restyle(asset, known, because),
            AssetVerdict::ByHand(picture) => self.by_hand(asset, picture.display().to_string(), Why::Manual),
            AssetVerdict::Picked(picked) => self.by_hand(asset, picked.place(), Why::Picked),
            AssetVerdict::ByProviders => self.by_providers(asset, &memo).await,
        }
    }

    async fn keep(&self, asset: PlannedAsset, known: Option<&Record>) -> Outcome {
        let offer = self.judge.offer(&asset, known).await;
        let mut outcome = Outcome::of(asset, Became::Existed);
        match offer {
            Ok(offer) => outcome.uploaded = offer == Offer::Yes,
            Err(trouble) => outcome.problems.push(Problem::at(&outcome.asset, trouble.to_string().into())),
        }
        outcome
    }

    async fn reconsider(&self, asset: PlannedAsset, known: &Record, memo: &ItemMemo) -> Outcome {
        let (choice, heading) = self.judge.choose(&asset, memo).await;
        match self.judge.is_another(&choice, heading.as_ref(), known) {
            true => self.by_providers(asset, memo).await,
            false => self.keep(asset, Some(known)).await,
        }
    }

    fn restyle(&self, asset: PlannedAsset, known: &Record, because: Outdated) -> Outcome {
        self.events.write(&events::started(&asset));
        let source = known.source.as_ref().map(|source| source.shown(self.judge.lookups.source_address(source)));
        Outcome {
            why: vec![because.why()],
            source,
            uploaded: self.judge.uploads(),
            ..Outcome::of(asset, Became::Created)
        }
    }

    fn by_hand(&self, asset: PlannedAsset, picture: String, why: Why) -> Outcome {
        self.events.write(&events::started(&asset));
        let source = Source::manual(picture);
        let address = source.url.clone();
        Outcome {
            why: vec![why],
            source: Some(source.shown(address)),
            uploaded: self.judge.uploads(),
            ..Outcome::of(asset, Became::Created)
        }
    }

    async fn by_providers(&self, asset: PlannedAsset, memo: &ItemMemo) -> Outcome {
        self.events.write(&events::started(&asset));
        let (choice, _) = self.judge.choose(&asset, memo).await;
        let Some(picture) = &choice.picture else {
            return Outcome::missing(asset, choice, &self.judge.titles());
        };
        let address = self.judge.lookups.address(picture);
        Outcome {
            source: Some(Source::of(picture).shown(address)),
            unanswered: names(&choice.unanswered),
            uploaded: self.judge.uploads(),
            why: choice.why,
            ..Outcome::of(asset, Became::Created)
        }
    }
}
