//! What a run works with, and the one loop in which its assets have their turns.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};
use posterizarr_base::run_events::RunEvent;
use posterizarr_media::Client;
use posterizarr_render::design::ArtworkKind;
use tokio::sync::Semaphore;

use super::catalogue::Catalogue;
use super::events;
use super::lookups::ItemMemo;
use super::network::Network;
use super::outcome::{Became, Outcome};
use super::plan::{Entry, PlannedAsset, is_labelled};
use super::settings::LibrarySettings;
use super::why::Why;
use crate::report::Counts;
use crate::request::LibraryRun;
use crate::{RunError, Work};

/// Assets that are looked up at the same time; far fewer are in memory.
const AT_ONCE: usize = 24;
/// How far the loop gets ahead of the asset whose turn it is to be told: where few are missing in a large library, the next one
/// is to be made meanwhile.
const AHEAD: usize = 512;

/// What a run works with, from its settings to what is there.
pub(super) struct Scene<'a> {
    pub(super) run: &'a LibraryRun,
    pub(super) settings: &'a LibrarySettings,
    pub(super) network: &'a Network,
    pub(super) client: &'a Client,
    pub(super) work: &'a Work<'a>,
    /// Tells the server from others in the ledger.
    pub(super) server_id: &'a str,
}

impl Scene<'_> {
    /// Warns of items that have the label by which they are left alone.
    pub(super) fn warn_of_labelled(&self, catalogue: &Catalogue) {
        for entry in catalogue.entries.iter().filter(|entry| is_labelled(&entry.item)) {
            let title = &entry.item.title;
            self.work.journal.warning(format!("{title} has the label skip_posterizarr and is left alone"));
        }
    }

    /// Goes through the assets in order, some at a time, and hands over what became of each.
    pub(super) async fn each<F: Future<Output = Outcome>>(
        &self,
        catalogue: &Catalogue,
        list: impl Fn(&Arc<Entry>) -> Vec<PlannedAsset>,
        turn: impl Fn(PlannedAsset, Arc<ItemMemo>) -> F,
        mut take: impl FnMut(Outcome) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let work = self.work;
        let total: usize = catalogue.entries.iter().map(|entry| list(entry).len()).sum();
        work.events.write(&RunEvent::Planned { total: total as u64, dry_run: self.run.dry_run });
        let jobs = catalogue.entries.iter().flat_map(|entry| {
            let memo = Arc::new(ItemMemo::default());
            list(entry).into_iter().map(move |asset| (asset, memo.clone()))
        });
        let places = Semaphore::new(AT_ONCE);
        let mut outcomes = in_order(jobs, &places, AHEAD, |(asset, memo)| turn(asset, memo));
        let mut done = 0;
        while let Some(outcome) = outcomes.next().await {
            work.check_cancelled()?;
            done += 1;
            self.note(&outcome);
            work.events.write(&events::finished(&outcome));
            let is_nothing = matches!(outcome.became, Became::Existed | Became::Left);
            if done == total || !is_nothing || done % 500 == 0 {
                work.journal.progress(done, total, &outcome.asset.entry.item.title);
            }
            take(outcome)?;
        }
        Ok(())
    }

    /// Tells the log of an asset.
    fn note(&self, outcome: &Outcome) {
        let (journal, path) = (self.work.journal, &outcome.asset.path);
        outcome.problems.iter().for_each(|problem| journal.error(&problem.text));
        match outcome.became {
            Became::Created => {
                let why = Why::reason(&outcome.why).text;
                let provisional =
                    if outcome.unanswered.is_empty() { "" } else { "; provisional, a provider did not answer" };
                let (done, task) = (self.said(self.run.task.done()), &self.run.task);
                let extension = if task.has_files() { ".jpg" } else { "" };
                journal.detail(format!("{done}: {path}{extension} ({why}{provisional})"));
            }
            Became::Truncated => journal.warning(format!("{path}: the text does not fit; the picture is not made")),
            Became::Unprintable => {
                journal.warning(format!("{path}: no font has all characters of the text; the picture is not made"));
            }
            Became::Existed if self.settings.show_skipped => {
                journal.info(format!("Already exists: {path}"));
            }
            Became::Offline => {
                journal.info(format!("Skipping [{path}] - local asset missing and online fetch is disabled."));
            }
            _ => {}
        }
        if let Some(size) = outcome.tiny {
            journal.warning(format!("{path}: the picture that it is made of has only {size} pixels"));
        }
        if !outcome.missing.is_empty() {
            journal.characters_missing(&outcome.asset.entry.item.title, &outcome.missing);
        }
        if outcome.uploaded && self.run.task.makes_pictures() {
            journal.detail(format!("{}: {path}", self.said("uploaded")));
        }
    }

    /// What was done, or would be done, at the beginning of a sentence.
    fn said(&self, done: &str) -> String {
        if self.run.dry_run {
            return format!("Would be {done}");
        }
        let mut letters = done.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

/// Does jobs, as many at the same time as there are places, and gives what became of each in their order. Those behind a slow one
/// are done meanwhile, up to `ahead` of them.
fn in_order<J, F: Future>(
    jobs: impl Iterator<Item = J>,
    places: &Semaphore,
    ahead: usize,
    turn: impl Fn(J) -> F,
) -> impl Stream<Item = F::Output> {
    let turns = jobs.map(move |job| {
        let turn = turn(job);
        async move {
            let _place = places.acquire().await;
            turn.await
        }
    });
    stream::iter(turns).buffered(ahead)
}

/// Adds an asset to the figures of a run.
pub(super) fn count(outcome: &Outcome, counts: &mut Counts) {
    match outcome.became {
        Became::Created => {
            *match outcome.asset.kind {
                ArtworkKind::Poster | ArtworkKind::Collection => &mut counts.posters,
                ArtworkKind::Background => &mut counts.backgrounds,
                ArtworkKind::Season => &mut counts.seasons,
                ArtworkKind::TitleCard => &mut counts.title_cards,
            } += 1;
        }
        Became::Unannounced => counts.tba_skipped += 1,
        Became::Japanese => counts.japanese_skipped += 1,
        _ => {}
    }
}

/// How many assets would be what.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) created: u64,
    pub(super) there: u64,
    pub(super) missing: u64,
    pub(super) failed: u64,
}

impl Tally {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        *match outcome.became {
            Became::Created => &mut self.created,
            Became::Missing => &mut self.missing,
            Became::Truncated | Became::Unprintable | Became::Failed => &mut self.failed,
            _ => &mut self.there,
        } += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures_util::FutureExt;
    use tokio::sync::Notify;

    use super::*;

    #[test]
    fn what_is_behind_a_slow_one_is_done_meanwhile_within_bounds_and_told_in_order() {
        let (gate, places) = (Notify::new(), Semaphore::new(2));
        let (running, most, done) = (Cell::new(0), Cell::new(0), RefCell::new(Vec::new()));
        let turn = |job: usize| {
            let (gate, running, most, done) = (&gate, &running, &most, &done);
            async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                if job == 0 {
                    gate.notified().await;
                }
                running.set(running.get() - 1);
                done.borrow_mut().push(job);
                job
            }
        };
        let mut told = Box::pin(in_order(0..9, &places, 5, turn));
        assert_eq!(told.next().now_or_never(), None, "the first one is not done");
        assert_eq!(*done.borrow(), [1, 2, 3, 4], "those behind it are, and no more than five are under way");
        gate.notify_one();
        assert_eq!(told.collect::<Vec<_>>().now_or_never(), Some((0..9).collect()));
        assert_eq!(most.get(), 2, "there are two places");
    }
}
