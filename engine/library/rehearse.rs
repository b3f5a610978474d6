//! A rehearsal: what a run would do, and why.
//!
//! It holds nothing with which it could change anything: no renderer, no writer of files, of the ledger or of tables, no
//! messengers; and the media server only through [`ReadOnly`](posterizarr_media::servers::ReadOnly). Pictures are not
//! fetched, so that a damaged one, or a text that does not fit, only comes to light in the run itself.

use std::sync::Arc;

use posterizarr_base::run_events::EventWriter;

use super::create::{Became, Outcome, Problem, names};
use super::events;
use super::judge::{Judge, Offer, Outdated, Verdict};
use super::ledger::{Record, Source};
use super::lookups::ItemMemo;
use super::plan::Wanted;
use super::why::Why;

/// One who only tells.
pub(super) struct Rehearsal<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) events: &'a EventWriter,
}

impl Rehearsal<'_> {
    /// What would become of an asset.
    pub(super) async fn tell(&self, wanted: Wanted, memo: Arc<ItemMemo>) -> Outcome {
        match self.judge.verdict(&wanted, &memo).await {
            Verdict::Leave(became) => Outcome::of(wanted, became),
            Verdict::Keep { known, .. } => self.keep(wanted, known).await,
            Verdict::Reconsider { known, .. } => self.reconsider(wanted, known, &memo).await,
            Verdict::Restyle { known, because } => self.restyle(wanted, known, because),
            Verdict::ByHand(picture) => self.by_hand(wanted, picture.display().to_string(), Why::Manual),
            Verdict::Picked(picked) => self.by_hand(wanted, picked.place(), Why::Picked),
            Verdict::ByProviders => self.by_providers(wanted, &memo).await,
        }
    }

    async fn keep(&self, wanted: Wanted, known: Option<&Record>) -> Outcome {
        let offer = self.judge.offer(&wanted, known).await;
        let mut outcome = Outcome::of(wanted, Became::Existed);
        match offer {
            Ok(offer) => outcome.uploaded = offer == Offer::Yes,
            Err(trouble) => outcome.problems.push(Problem::at(&outcome.wanted, trouble.to_string().into())),
        }
        outcome
    }

    async fn reconsider(&self, wanted: Wanted, known: &Record, memo: &ItemMemo) -> Outcome {
        let (choice, heading) = self.judge.choose(&wanted, memo).await;
        match self.judge.is_another(&choice, heading.as_ref(), known) {
            true => self.by_providers(wanted, memo).await,
            false => self.keep(wanted, Some(known)).await,
        }
    }

    fn restyle(&self, wanted: Wanted, known: &Record, because: Outdated) -> Outcome {
        self.events.write(&events::started(&wanted));
        let source = known.source.as_ref().map(|source| source.shown(self.judge.lookups.source_address(source)));
        Outcome {
            why: vec![because.why()],
            source,
            uploaded: self.judge.uploads(),
            ..Outcome::of(wanted, Became::Created)
        }
    }

    fn by_hand(&self, wanted: Wanted, picture: String, why: Why) -> Outcome {
        self.events.write(&events::started(&wanted));
        let source = Source::manual(picture);
        let address = source.url.clone();
        Outcome {
            why: vec![why],
            source: Some(source.shown(address)),
            uploaded: self.judge.uploads(),
            ..Outcome::of(wanted, Became::Created)
        }
    }

    async fn by_providers(&self, wanted: Wanted, memo: &ItemMemo) -> Outcome {
        self.events.write(&events::started(&wanted));
        let (choice, _) = self.judge.choose(&wanted, memo).await;
        let Some(picture) = &choice.picture else {
            return Outcome::missing(wanted, choice, &self.judge.titles());
        };
        let address = self.judge.lookups.address(picture);
        Outcome {
            source: Some(Source::of(picture).shown(address)),
            unanswered: names(&choice.unanswered),
            uploaded: self.judge.uploads(),
            why: choice.why,
            ..Outcome::of(wanted, Became::Created)
        }
    }
}
