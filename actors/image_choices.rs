//! ImageChoices: what the script chose for each image, what the user made of it, and what needs attention.
//!
//! Theory of operation: rows live in the store and in a [`ledger`]; the mailbox owns both. `ImageChoices.csv` is followed by
//! its path, and taken from the folder of a run that ended; it is read off the mailbox ([`import`]), from where the last
//! import ended ([`source`]). The answers that web UIs poll ([`answers`]) are made off the mailbox too, when rows, index or
//! configuration change: at once for whoever asks after a change of its own, else some moments later and then for all
//! changes since, so that a run that writes row after row costs a twentieth of a core at most.
//!
//! The rules that rows follow:
//!
//! - A line of the CSV is a fact about one image, told once. What the user makes of its row (`Manual`, a deletion) stands,
//!   however often that file is looked at again. A line of a later run's file is a new fact: it makes a row that is gone anew.
//!   Where the row is there and the line says what the last one said, the row stays as the user left it; where it says
//!   something else, the script has chosen another image, and the row tells that one.
//! - Deleting a file through the API takes its rows out of sight with it, those of the same title, library and image
//!   ([`image_file::Removed`]). If that very file (by size and time) is seen again, such as when it is restored from the
//!   trash, they are back under their ids. Any other file that comes to the place is another image; its row comes with the
//!   run that made it.
//! - A file that vanishes or is replaced behind our back changes `has_poster`, `created` and `modified`, and nothing else: the
//!   row still tells what the script chose, and a network folder that is gone for an hour must not cost what the user has
//!   decided.

pub mod answers;
mod csv_file;
pub mod encoded;
pub mod image_file;
mod import;
pub mod ledger;
mod messages;
pub mod overview;
pub mod recent;
pub mod row;
mod source;
pub mod view;

use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message, Recipient};
use chrono::Local;
use tokio::sync::oneshot;

use crate::asset_indexer::{Index, Root};
use crate::commons::Commons;
use crate::events::{Event, Fact};
use crate::guard::{Ctx, Service, Timers};
use crate::runs::RunId;
use crate::safe_path;
use crate::store::Table;
use crate::trash::{Discard, DiscardError, Discarded};
use answers::{Answers, Basis, Made, Order};
use image_file::{Finder, Removed, Slot};
pub use import::ImportStats;
use import::{ReadFile, Reading};
use ledger::Ledger;
pub use messages::{
    AssetDeleted, ChoiceError, CreateChoice, DeleteAssetError, DeleteAssets, DeleteChoice, FileReturned, FilesRemoved,
    ImportFile, ImportRows, MakeAnswers, UpdateChoice,
};
use overview::Preferred;
use row::{ChoiceRow, Entry, FileMark, timestamp};
use source::{Place, Stamp};
use view::ChoicesView;

/// The script's table.
const FILE: &str = "ImageChoices.csv";
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long more changes are waited for before answers are made.
const GATHER: Duration = Duration::from_millis(100);
/// Making answers takes one part in so many of the time.
const REST: u32 = 20;

/// The actor.
pub struct ImageChoices {
    commons: Commons,
    trash: Recipient<Discard>,
    table: Option<Table<Entry>>,
    problem: Option<String>,
    ledger: Ledger,
    revision: u64,
    needed: u64,
    reader: Reader,
    maker: Maker,
}

/// Files are read one at a time.
#[derive(Default)]
struct Reader {
    busy: bool,
    /// Whether the file that was there at the start has been read, or found missing.
    begun: bool,
    waiting: VecDeque<Reading>,
    /// What was read last in `Logs`, and whether nobody wrote to it then.
    seen: Option<(Stamp, bool)>,
    /// Why the file could not be read when it was last tried.
    problem: Option<String>,
    last: Option<ImportStats>,
}

/// Answers are made one after the other.
#[derive(Default)]
struct Maker {
    answers: Option<Arc<Answers>>,
    busy: bool,
    /// Whether something changed since the last ones were begun.
    wanted: bool,
    armed: bool,
    /// Before this instant only those who ask get new ones.
    rest_until: Option<Instant>,
    /// Who gets those that are being made.
    served: Vec<Asker>,
    /// Who gets the ones after them.
    asking: Vec<Asker>,
}

type Asker = oneshot::Sender<Result<Arc<Answers>, ChoiceError>>;

#[derive(Message)]
#[rtype(result = "()")]
struct WasRead {
    reading: Reading,
    result: io::Result<Option<ReadFile>>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct WereMade(io::Result<Made>);

/// The index or the configuration changed.
#[derive(Message)]
#[rtype(result = "()")]
struct BasisChanged;

#[derive(Message)]
#[rtype(result = "()")]
struct Heard(Arc<Event>);

/// A row whose asset is to be deleted.
struct Doomed {
    id: u64,
    info: String,
    /// The file, by its path below the asset folder; none for a row that has none.
    path: Option<String>,
}

/// The Trash has done its part.
#[derive(Message)]
#[rtype(result = "Vec<Result<AssetDeleted, DeleteAssetError>>")]
struct FilesDiscarded {
    plan: Vec<Result<Doomed, DeleteAssetError>>,
    /// One for each path of the plan.
    results: Vec<Result<Discarded, DiscardError>>,
    /// The asset folder as it was before.
    before: Arc<Index>,
}

impl ImageChoices {
    /// Made with what the store knows.
    pub fn new(commons: Commons, trash: Recipient<Discard>) -> Self {
        let opened = commons.store.table::<Entry>();
        let (table, problem) = match opened {
            Ok(table) => (Some(table), None),
            Err(error) => {
                tracing::error!(%error, "image choices are not available");
                (None, Some(error.to_string()))
            }
        };
        let ledger = table.as_ref().map(load).unwrap_or_default();
        // A later life goes on counting: answers of an earlier one must not pass for newer than they are.
        let revision = commons.views.choices.get().needed + 1;
        Self {
            commons,
            trash,
            table,
            problem,
            ledger,
            revision,
            needed: revision,
            reader: Reader::default(),
            maker: Maker::default(),
        }
    }

    fn publish(&self) {
        self.commons.views.choices.publish(ChoicesView {
            problem: self.problem.clone(),
            rows: self.ledger.rows().clone(),
            aside: self.ledger.aside().len(),
            answers: self.maker.answers.clone(),
            needed: self.needed,
        });
    }

    /// Stores a changed ledger and shows it. Answers follow; with `needed`, no older ones are given out any more.
    fn commit(&mut self, mut next: Ledger, needed: bool, ctx: &mut Ctx<Self>) -> Result<(), ChoiceError> {
        let table = self.table.as_ref().ok_or(ChoiceError::Unavailable)?;
        table.apply(next.take_changes()).map_err(|error| {
            tracing::error!(%error, "image choices were not stored");
            ChoiceError::Storage(error.to_string())
        })?;
        self.ledger = next;
        self.revision += 1;
        if needed {
            self.needed = self.revision;
        }
        self.publish();
        self.want_answers(ctx);
        Ok(())
    }

    // Reading.

    fn look(&mut self, ctx: &mut Ctx<Self>) {
        let path = self.commons.data.logs().join(FILE);
        match Stamp::of(&path) {
            Ok(Some(stamp)) => {
                let complete = self.commons.views.runs.get().holder().is_none();
                if self.reader.seen != Some((stamp, complete)) && !self.reader.busy {
                    self.reader.seen = Some((stamp, complete));
                    self.read(Reading { path, place: Place::Logs, complete, waiting: None }, ctx);
                }
            }
            Ok(None) => {}
            Err(error) => self.file_failed(&error),
        }
        if !self.reader.busy && !self.reader.begun {
            self.reader.begun = true;
        }
        ctx.later(LOOK, Self::look);
    }

    fn read(&mut self, reading: Reading, ctx: &mut Ctx<Self>) {
        self.reader.waiting.push_back(reading);
        self.read_next(ctx);
    }

    fn read_next(&mut self, ctx: &mut Ctx<Self>) {
        if self.reader.busy {
            return;
        }
        let Some(reading) = self.reader.waiting.pop_front() else { return };
        self.reader.busy = true;
        let (imported, this) = (self.ledger.progress().source.clone(), ctx.address());
        let (path, place, complete) = (reading.path.clone(), reading.place, reading.complete);
        actix::spawn(async move {
            let work = move || ReadFile::read(&path, place, complete, imported.as_ref());
            let result = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)));
            this.do_send(WasRead { reading, result });
        });
    }

    fn file_failed(&mut self, error: &io::Error) {
        let problem = error.to_string();
        if self.reader.problem.as_ref() != Some(&problem) {
            tracing::warn!(%error, "{FILE} cannot be read; image choices of runs are not seen until it can");
            self.reader.problem = Some(problem);
        }
    }

    /// Takes over what was read.
    fn import(&mut self, file: ReadFile, reading: &Reading, ctx: &mut Ctx<Self>) -> Result<ImportStats, ChoiceError> {
        let run = if let Place::Run(run) = reading.place { Some(run) } else { None };
        let mut next = self.ledger.clone();
        let merged = next.import(&file.fresh, &timestamp(Local::now()));
        next.imported(file.source.clone(), run);
        if next.progress() != self.ledger.progress() {
            self.commit(next, reading.waiting.is_some(), ctx)?;
        }
        if merged.added + merged.updated + file.fresh_errors > 0 {
            let (added, updated, errors) = (merged.added, merged.updated, file.fresh_errors);
            tracing::info!(added, updated, errors, "image choices were imported");
        }
        Ok(file.stats(merged))
    }

    /// Takes over what a run left, unless that was done.
    fn run_ended(&mut self, run: RunId, ctx: &mut Ctx<Self>) {
        // Older facts are heard again after a restart of this actor; their files tell of older choices.
        if self.ledger.progress().run.is_some_and(|last| last >= run) {
            return;
        }
        let path = self.commons.data.runs().join(run.to_string()).join(FILE);
        self.read(Reading { path, place: Place::Run(run), complete: true, waiting: None }, ctx);
    }

    // Answers.

    /// Has answers made soon.
    fn want_answers(&mut self, ctx: &mut Ctx<Self>) {
        self.maker.wanted = true;
        if self.maker.busy || self.maker.armed {
            return;
        }
        self.maker.armed = true;
        let rest = self.maker.rest_until.map(|until| until.saturating_duration_since(Instant::now()));
        ctx.later(rest.unwrap_or_default().max(GATHER), |this, ctx| {
            this.maker.armed = false;
            if this.maker.wanted {
                this.make_answers(ctx);
            }
        });
    }

    /// Begins to make answers, unless they are being made; whoever asks in between gets the ones after.
    fn make_answers(&mut self, ctx: &mut Ctx<Self>) {
        if self.maker.busy || !self.reader.begun {
            return;
        }
        self.maker.busy = true;
        self.maker.wanted = false;
        self.maker.served = std::mem::take(&mut self.maker.asking);
        let (order, this) = (self.order(), ctx.address());
        actix::spawn(async move {
            let made = tokio::task::spawn_blocking(move || order.make()).await;
            this.do_send(WereMade(made.unwrap_or_else(|error| Err(io::Error::other(error)))));
        });
    }

    fn order(&self) -> Order {
        let (assets, config) = (self.commons.views.assets.get(), self.commons.views.config.get());
        Order {
            basis: Basis {
                revision: self.revision,
                config: config.generation,
                assets: assets.generation,
                assets_known: assets.state(Root::Assets).is_known(),
            },
            rows: self.ledger.rows().clone(),
            aside: self.ledger.aside().clone(),
            assets: assets.assets.clone(),
            preferred: Preferred::of(&config),
        }
    }

    fn basis_changed(&mut self, ctx: &mut Ctx<Self>) {
        let now = self.order().basis;
        if self.maker.answers.as_ref().is_none_or(|answers| answers.basis != now) {
            self.want_answers(ctx);
        }
    }

    /// Shows rows whose files are back; with `needed`, no answers of before are given out any more.
    fn bring_back(&mut self, ids: &[u64], needed: bool, ctx: &mut Ctx<Self>) {
        let mut next = self.ledger.clone();
        next.bring_back(ids);
        tracing::info!(rows = ids.len(), "files are back, and so are their image choices");
        // Not stored: they stay aside, and come back with the next answers.
        let _ = self.commit(next, needed, ctx);
    }

    // Files.

    /// What is to be done to delete the assets of these rows.
    fn plan(&self, ids: &[i64], assets: &Index) -> Vec<Result<Doomed, DeleteAssetError>> {
        let finder = Finder::new(assets);
        let mut seen = HashSet::new();
        let doomed = |id: &i64| {
            let kept = u64::try_from(*id).ok().and_then(|id| self.ledger.rows().get(&id));
            let kept = kept.filter(|kept| seen.insert(kept.row.id)).ok_or(DeleteAssetError::Unknown)?;
            let path = finder.find(&kept.row).map(|found| found.path).or_else(|| self.unseen_path(&kept.row));
            Ok(Doomed { id: kept.row.id, info: info(&kept.row), path })
        };
        ids.iter().map(doomed).collect()
    }

    /// Where the row's file would be that the index has not seen yet. Library and folder are what clients wrote.
    fn unseen_path(&self, row: &ChoiceRow) -> Option<String> {
        let part = |value: &Option<String>| value.clone().filter(|part| !part.is_empty());
        let path = format!("{}/{}/{}.jpg", part(&row.library)?, part(&row.rootfolder)?, Slot::of(row).stem()?);
        safe_path::join(&self.commons.views.config.get().asset_paths.assets, &path).ok().map(|_| path)
    }

    /// The rows about these files, with what tells the files when they come back.
    fn rows_of(&self, removed: &Removed<'_>, before: &Index) -> Vec<(u64, Option<FileMark>)> {
        let finder = Finder::new(before);
        let rows = self.ledger.rows().values().filter(|kept| removed.has(&kept.row));
        rows.map(|kept| (kept.row.id, finder.find(&kept.row).map(|found| FileMark::of(&found.entry)))).collect()
    }

    /// Rows follow the files that the Trash took.
    fn files_discarded(
        &mut self,
        discarded: FilesDiscarded,
        ctx: &mut Ctx<Self>,
    ) -> Vec<Result<AssetDeleted, DeleteAssetError>> {
        let mut results = discarded.results.into_iter();
        let mut outcomes = Vec::new();
        for doomed in discarded.plan {
            outcomes.push(doomed.and_then(|doomed| match doomed.path.as_ref().and_then(|_| results.next()) {
                Some(Err(DiscardError::Disk(error))) => Err(DeleteAssetError::File(error)),
                Some(Ok(_)) => Ok((doomed, true)),
                // Nothing there, or nothing that is the row's.
                Some(Err(_)) | None => Ok((doomed, false)),
            }));
        }
        let mut next = self.ledger.clone();
        let gone = outcomes.iter().flatten().filter(|(_, gone)| *gone).filter_map(|(doomed, _)| doomed.path.as_deref());
        next.set_aside(self.rows_of(&Removed::new(gone), &discarded.before));
        outcomes.iter().flatten().for_each(|(doomed, _)| next.remove(doomed.id));
        let stored = self.commit(next, true, ctx);
        let tell = |(doomed, file_deleted): (Doomed, bool)| match &stored {
            Ok(()) => Ok(AssetDeleted { info: doomed.info, file_deleted }),
            Err(error) if file_deleted => Err(DeleteAssetError::RowStayed(error.to_string())),
            Err(error) => Err(DeleteAssetError::Storage(error.to_string())),
        };
        outcomes.into_iter().map(|outcome| outcome.and_then(tell)).collect()
    }
}

/// What a deleted asset is called in answers.
fn info(row: &ChoiceRow) -> String {
    let part = |value: &Option<String>| value.clone().filter(|part| !part.is_empty());
    match part(&row.library).zip(part(&row.rootfolder)) {
        Some((library, folder)) => format!("{library}/{folder} ({})", row.title),
        None => row.title.clone(),
    }
}

fn load(table: &Table<Entry>) -> Ledger {
    Ledger::load(table.iter().filter_map(|pair| {
        let (key, entry) = pair.inspect_err(|error| tracing::warn!(%error, "an image choice is left out")).ok()?;
        Some((u64::from_be_bytes(key.try_into().ok()?), entry))
    }))
}

impl Service for ImageChoices {
    const NAME: &'static str = "ImageChoices";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let listening = self.commons.facts.listen(Some(0));
        listening.missed.into_iter().for_each(|event| ctx.address().do_send(Heard(event)));
        let (mut live, this) = (listening.live, ctx.address());
        let (mut assets, mut config) = (self.commons.views.assets.subscribe(), self.commons.views.config.subscribe());
        actix::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            loop {
                tokio::select! {
                    Ok(()) = assets.changed() => this.do_send(BasisChanged),
                    Ok(()) = config.changed() => this.do_send(BasisChanged),
                    heard = live.recv() => match heard {
                        Ok(event) if matches!(event.fact, Fact::RunFinished { .. }) => this.do_send(Heard(event)),
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return,
                    },
                }
            }
        });
        self.publish();
        self.look(ctx);
        self.want_answers(ctx);
    }

    fn observe(&self) -> serde_json::Value {
        let answers = self.maker.answers.as_ref();
        serde_json::json!({
            "rows": self.ledger.rows().len(),
            "aside": self.ledger.aside().len(),
            "last_id": self.ledger.progress().last_id,
            "revision": self.revision,
            "needed": self.needed,
            "answers_of": answers.map(|answers| answers.basis.revision),
            "answers_took_ms": answers.map(|answers| answers.took.as_millis()),
            "overview_bytes": answers.map(|answers| answers.overview.length),
            "imported_bytes": self.ledger.progress().source.as_ref().map(|source| source.bytes),
            "last_import": self.reader.last,
            "problem": self.problem.as_ref().or(self.reader.problem.as_ref()),
        })
    }
}

#[cfg(test)]
mod tests;
