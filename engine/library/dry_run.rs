//! A dry run: what a run would do, and why.
//!
//! It holds nothing with which it could change anything: no renderer, no writer of files, of the ledger or of tables, no
//! messengers; and the media server only through [`ReadOnly`](posterizarr_media::servers::ReadOnly). Pictures are not
//! fetched, so that a damaged one, or a text that does not fit, only comes to light in the run itself.

use std::sync::Arc;

use posterizarr_base::run_events::{EventWriter, RunEvent};
use posterizarr_media::servers::ReadOnly;

use super::catalogue;
use super::events;
use super::judge::{AssetVerdict, Judge, Offer, Outdated};
use super::ledger::{Ledger, Record};
use super::lookups::ItemMemo;
use super::outcome::{Became, Outcome, Problem, names};
use super::picture::Source;
use super::plan::PlannedAsset;
use super::scene::{Scene, Tally};
use super::why::Why;
use crate::RunError;

/// One who only tells.
pub(super) struct DryRun<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) events: &'a EventWriter,
}

impl DryRun<'_> {
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

impl Scene<'_> {
    /// Tells what would become of everything, and changes nothing.
    pub(super) async fn dry_run(&self, server: ReadOnly<'_>) -> Result<(), RunError> {
        let work = self.work;
        let catalogue = catalogue::read(self.run, self.settings, server, work).await?;
        let index = self.index();
        let (ledger, looks) = (Ledger::read(&work.context.folder), self.looks(self.uploads()));
        let lookups = self.lookups(server);
        let sets = self.sets(&catalogue);
        let judge = self.judge(&lookups, &index, &ledger, &looks, &sets);
        let dry_run = DryRun { judge: &judge, events: work.events };
        let tell = |asset, memo| dry_run.tell(asset, memo);
        let mut tally = Tally::default();
        self.warn_of_labelled(&catalogue);
        self.warn_of_unknown(&catalogue, &index);
        self.each(
            &catalogue,
            |entry| self.listed(entry, &index),
            tell,
            |outcome| {
                tally.add(&outcome);
                Ok(())
            },
        )
        .await?;
        if let Some(stale) = self.stale(&catalogue, &index) {
            for path in &stale {
                work.journal.detail(format!("Would be cleared: {}", path.display()));
            }
            work.journal.info(format!("Asset cleanup: '{}' images would be cleared", stale.len()));
        }
        let Tally { created, there, missing, failed } = tally;
        work.journal.info(format!(
            "Dry run: {created} would be made, {there} stay as they are, {missing} have no picture anywhere, {failed} cannot be made; nothing was changed"
        ));
        work.events.write(&RunEvent::Finished { created, errors: work.journal.errors().into() });
        Ok(())
    }
}
