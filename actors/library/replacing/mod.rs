//! Replacer: pictures of the library that are replaced by others, at once or from a queue.
//!
//! Theory of operation: a picture comes checked, in the folder of waiting pictures, and stays there until it is in its place.
//! Those of the queue wait until somebody lets them run; from then on they are done one after the other whenever nothing
//! runs and the queue of jobs is not held, also after a restart. A picture that is used as it is, is put in place here
//! ([`worker`]). One of which an asset is made is a manual run: a job of the supervisor's queue, which owns order and
//! exactly-once of all work. The trash has what is replaced before the run begins, with its records, under a number that the
//! item was stored with: so a crash at any moment forgets nothing. The picture itself stays in place until the run has made
//! the new one. If the run fails everything is as it was; the item is kept with its picture, and can be run again.
//!
//! The view of the supervisor tells when to look how a job stands, and that a held queue was let go on. An item that was
//! being done when the daemon ended is settled by its job, or begun again if it never became one.

mod fault;
mod item;
mod messages;
mod view;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
pub use fault::ReplaceFault;
pub use item::{Item, SourceKind, Step};
pub use messages::{AddItem, ItemsRemoved, PlacePicture, Placed, RemoveItems, ReplaceError, RunItems, WantedTreatment};
pub use view::ReplacingView;
pub use worker::{Others, Worker};

use item::Treatment;
use messages::MAX_WAITING;
use posterizarr_base::artwork::Root;
use posterizarr_base::said::Reason;
use worker::Begun;

use crate::config::ConfigView;
use crate::library::assets::AssetsView;
use crate::library::trash::{self, TrashSettings};
use crate::runs::{Job, JobState, ManualForm, RunRequest, RunView, masked_address};
use crate::runtime::follow::follow_view;
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::{StoreError, Table};

/// How many items that were done are remembered.
const DONE_REMEMBERED: usize = 200;

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub replacing: View<ReplacingView>,
    /// What runs, and what waits.
    pub runs: View<RunView>,
    /// The pictures on disk.
    pub assets: View<AssetsView>,
    pub config: View<ConfigView>,
}

/// Owns the queue of pictures that replace others.
pub struct Replacer {
    shared: Shared,
    views: Views,
    worker: Worker,
    items: BTreeMap<u64, Item>,
    /// The number that was given last.
    last: u64,
    /// Something is being asked or done for the item that is being done.
    busy: bool,
    /// Whether it does items. Beside a single run, without a daemon, they only come and wait.
    does_items: bool,
}

impl Replacer {
    /// Made with what the store knows. `does_items` tells whether this is a daemon.
    pub fn new(shared: Shared, views: Views, trash: TrashSettings, others: Others, does_items: bool) -> Self {
        let worker = Worker {
            others,
            data: shared.data.clone(),
            config: views.config.clone(),
            assets: views.assets.clone(),
            trash,
        };
        let mut items = BTreeMap::new();
        match shared.store.table::<Item>() {
            Ok(table) => {
                for item in table.iter() {
                    match item {
                        Ok((_, item)) => drop(items.insert(item.id, item)),
                        Err(error) => tracing::error!(%error, "a picture of the queue cannot be read and is left out"),
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the queue of pictures cannot be read"),
        }
        let last = items.last_key_value().map_or(0, |(last, _)| *last);
        let this = Self { shared, views, worker, items, last, busy: false, does_items };
        this.publish();
        this
    }

    fn table(&self) -> Result<Table<Item>, StoreError> {
        self.shared.store.table()
    }

    fn publish(&self) {
        let items = self.items.values().cloned().map(Arc::new).collect();
        self.views.replacing.publish(ReplacingView { items });
    }

    /// Stores changed items, and shows them.
    fn put(&mut self, changed: Vec<Item>) -> Result<(), StoreError> {
        let now = Utc::now();
        let changed: Vec<_> = changed.into_iter().map(|item| Item { updated: now, ..item }).collect();
        let writes = changed.iter().map(|item| (item.id.to_be_bytes().to_vec(), Some(item.clone())));
        self.table()?.apply(writes)?;
        self.items.extend(changed.into_iter().map(|item| (item.id, item)));
        self.publish();
        Ok(())
    }

    /// Stores a change that nobody waits for. Where that fails it is found out again at the next start.
    fn note(&mut self, item: Item) {
        if let Err(error) = self.put(vec![item]) {
            tracing::error!(%error, "the queue of pictures cannot be written");
        }
    }

    fn remove(&mut self, ids: &[u64]) -> Result<(), StoreError> {
        self.table()?.apply(ids.iter().map(|id| (id.to_be_bytes().to_vec(), None)))?;
        for id in ids {
            if let Some(item) = self.items.remove(id) {
                self.worker.clear(&item);
            }
        }
        self.publish();
        Ok(())
    }

    /// Looks at what is being done, or begins what is to be done next.
    fn advance(&mut self, ctx: &mut Ctx<Self>) {
        if self.busy || !self.does_items {
            return;
        }
        if let Some(item) = self.items.values().find(|item| item.is_processing()).cloned() {
            self.busy = true;
            let asked = self.worker.clone().job(item.job());
            return ctx.when(asked, move |this, job, ctx| {
                this.busy = false;
                this.looked(item, job, ctx);
            });
        }
        let runs = self.views.runs.get();
        if runs.holder().is_some() || runs.stopping {
            return;
        }
        let may_begin = |item: &&Item| item.step == Step::Wanted && (item.at_once || runs.held.is_none());
        let wanted = self.items.values().filter(may_begin);
        let Some(next) = wanted.min_by_key(|item| (!item.at_once, item.id)).cloned() else { return };
        let aside = match next.treatment {
            Treatment::Placed { .. } => Vec::new(),
            Treatment::Drawn { .. } => vec![trash::new_id()],
        };
        let next = Item { step: Step::Processing { submitted: false }, tries: next.tries + 1, aside, ..next };
        match self.put(vec![next.clone()]) {
            Ok(()) => self.begin(next, ctx),
            Err(error) => tracing::error!(%error, "the queue of pictures cannot be written; it waits"),
        }
    }

    fn begin(&mut self, item: Item, ctx: &mut Ctx<Self>) {
        self.busy = true;
        let begun = self.worker.clone().begin(item.clone());
        ctx.when(begun, move |this, begun, ctx| {
            this.busy = false;
            match begun {
                Ok(Begun::Placed) => this.completed(item),
                Ok(Begun::Submitted) => this.note(Item { step: Step::Processing { submitted: true }, ..item }),
                Err(error) => {
                    let Reason { because, .. } = ReplaceFault::from(&error).as_reason();
                    return this.failed(item, Reason { text: error.to_string(), because }, ctx);
                }
            }
            this.advance(ctx);
        });
    }

    /// Goes on as the job of an item stands.
    fn looked(&mut self, item: Item, job: Option<Job>, ctx: &mut Ctx<Self>) {
        let was_submitted = item.step == Step::Processing { submitted: true };
        match job.map(|job| (job.state, job.last_error, job.because)) {
            Some((JobState::Waiting | JobState::Running { .. }, ..)) => {}
            Some((JobState::Done { .. }, ..)) => self.made(item, ctx),
            Some((JobState::Failed, error, because)) => {
                let told = error.map(|text| Reason { text, because });
                self.failed(item, told.unwrap_or_else(|| ReplaceFault::RunFailed.as_reason()), ctx);
            }
            None if was_submitted => self.failed(item, ReplaceFault::RunGone.as_reason(), ctx),
            // The daemon ended in between.
            None => self.begin(item, ctx),
        }
    }

    fn made(&mut self, item: Item, ctx: &mut Ctx<Self>) {
        self.busy = true;
        let settled = self.worker.clone().settle(item.aside.clone());
        ctx.when(settled, move |this, (), ctx| {
            this.busy = false;
            this.completed(item);
            this.advance(ctx);
        });
    }

    fn completed(&mut self, item: Item) {
        if item.at_once {
            if let Err(error) = self.remove(&[item.id]) {
                tracing::error!(%error, "the queue of pictures cannot be written");
            }
            return;
        }
        self.note(Item { step: Step::Completed, ..item.clone() });
        self.worker.clear(&item);
        let done: Vec<_> =
            self.items.values().filter(|item| item.step == Step::Completed).map(|item| item.id).collect();
        let old: Vec<_> = done.iter().rev().skip(DONE_REMEMBERED).copied().collect();
        if !old.is_empty()
            && let Err(error) = self.remove(&old)
        {
            tracing::error!(%error, "the queue of pictures cannot be written");
        }
    }

    /// What was there before comes back, then the item is kept to be tried again.
    fn failed(&mut self, item: Item, why: Reason, ctx: &mut Ctx<Self>) {
        self.busy = true;
        let (worker, aside) = (self.worker.clone(), item.aside.clone());
        ctx.when(async move { worker.give_back(&aside).await }, move |this, (), ctx| {
            this.busy = false;
            let step = Step::Failed { error: why.text, because: why.because };
            this.note(Item { step, aside: Vec::new(), ..item });
            this.advance(ctx);
        });
    }

    fn chosen(&self, ids: Option<Vec<u64>>) -> Vec<Item> {
        match ids {
            Some(ids) => self.items.values().filter(|item| ids.contains(&item.id)).cloned().collect(),
            None => self.items.values().cloned().collect(),
        }
    }

    fn treatment(&self, id: u64, staged: &str, wanted: WantedTreatment) -> Result<Treatment, ReplaceError> {
        Ok(match wanted {
            WantedTreatment::Placed(root) => Treatment::Placed { root },
            WantedTreatment::Drawn(form) => {
                let picture_path = self.worker.copy_for_run(id, staged).display().to_string();
                Treatment::Drawn { request: RunRequest::manual(&ManualForm { picture_path, ..*form })? }
            }
        })
    }

    fn add(&mut self, new: AddItem) -> Result<u64, ReplaceError> {
        let waiting = self.items.values().filter(|item| !matches!(item.step, Step::Completed | Step::Failed { .. }));
        if waiting.count() >= MAX_WAITING {
            return Err(ReplaceError::Full);
        }
        let root = match &new.wanted {
            WantedTreatment::Placed(root) => *root,
            WantedTreatment::Drawn(_) => Root::Assets,
        };
        self.worker.check(root, &new.path)?;
        let id = self.last + 1;
        let treatment = self.treatment(id, &new.staged, new.wanted)?;
        let item = Item {
            id,
            path: new.path,
            source: new.source,
            given: masked_address(&new.given),
            staged: new.staged,
            treatment,
            parameters: new.parameters,
            step: if new.at_once { Step::Wanted } else { Step::Pending },
            tries: 0,
            aside: Vec::new(),
            at_once: new.at_once,
            created: new.created,
            updated: Utc::now(),
        };
        self.put(vec![item])?;
        self.last = id;
        Ok(id)
    }
}

impl Service for Replacer {
    const NAME: &'static str = "Replacer";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let runs = self.views.runs.clone();
        follow_view(ctx, &runs, Self::advance);
        self.advance(ctx);
    }
}

impl Handler<PlacePicture> for Replacer {
    fn answer(&mut self, place: PlacePicture, _: &mut Ctx<Self>) -> Reply<Result<Placed, ReplaceError>> {
        let worker = self.worker.clone();
        Reply::later(async move { worker.place(place.root, place.path, place.picture).await })
    }
}

impl Handler<AddItem> for Replacer {
    fn answer(&mut self, new: AddItem, ctx: &mut Ctx<Self>) -> Reply<Result<u64, ReplaceError>> {
        let staged = self.shared.data.queue_staging().join(&new.staged);
        let added = self.add(new);
        if added.is_err() {
            drop(std::fs::remove_file(staged));
        }
        self.advance(ctx);
        added.into()
    }
}

impl Handler<RunItems> for Replacer {
    fn answer(&mut self, RunItems { ids }: RunItems, ctx: &mut Ctx<Self>) -> Reply<Result<usize, StoreError>> {
        let named = ids.is_some();
        let is_wanted = |item: &Item| match item.step {
            Step::Pending => true,
            Step::Failed { .. } => named,
            _ => false,
        };
        let wanted: Vec<_> = self.chosen(ids).into_iter().filter(is_wanted).collect();
        let count = wanted.len();
        let wanted = wanted.into_iter().map(|item| Item { step: Step::Wanted, ..item }).collect();
        let stored = self.put(wanted).map(|()| count);
        self.advance(ctx);
        stored.into()
    }
}

impl Handler<RemoveItems> for Replacer {
    fn answer(
        &mut self,
        RemoveItems { ids }: RemoveItems,
        _: &mut Ctx<Self>,
    ) -> Reply<Result<ItemsRemoved, StoreError>> {
        let (stay, go): (Vec<_>, Vec<_>) = self.chosen(ids).into_iter().partition(Item::is_processing);
        let go: Vec<_> = go.iter().map(|item| item.id).collect();
        self.remove(&go).map(|()| ItemsRemoved { removed: go.len(), kept: stay.len() }).into()
    }
}
