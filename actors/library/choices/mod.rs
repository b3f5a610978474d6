//! ImageChoices: what the script chose for each image, what the user made of it, and what needs attention.
//!
//! Theory of operation: rows live in the store and in [`choice_rows`]; the mailbox owns both. `ImageChoices.csv` is followed by
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

mod answers;
mod choice_rows;
mod encoded;
mod fault;
mod handling;
mod image_file;
mod import;
mod messages;
mod overview;
mod plain_text;
mod providers;
mod recent;
mod row;
mod source;
mod state;
mod view;

pub use answers::Answers;
pub use choice_rows::Rows;
pub use encoded::Encoded;
pub use fault::{ChoiceError, DeleteAssetError};
pub use image_file::{Finder, ImageTarget};
pub use overview::{Category, Preferred};
pub use providers::{ProviderDay, by_day};
pub use recent::RecentAssets;
pub use row::{ChoiceFields, ChoiceRow, Entry};
pub use view::ChoicesView;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message, Recipient};
use answers::{Basis, BuiltAnswers, Order};
use chrono::Local;
use image_file::Removed;

use crate::config::ConfigView;
use crate::library::assets::{AssetsView, Index, Root};
use crate::library::trash::{Discard, DiscardError, Discarded};
use crate::runs::{RunId, RunView};
use crate::runtime::events::{Event, Fact};
use crate::runtime::follow::{Since, follow, follow_view};
use crate::runtime::guard::{Ctx, Service, Timers};
use crate::runtime::offload::attempt;
use crate::runtime::safe_path;
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::Table;
use choice_rows::ChoiceRows;
pub use import::ImportStats;
use import::{ReadFile, Reading};
pub use messages::{
    AssetDeleted, CreateChoice, DeleteAssets, DeleteChoice, FilesRemoved, FilesReturned, ImportFile, ImportRows,
    MakeAnswers, MarkChoices, UpdateChoice,
};
use posterizarr_base::image_choices::FILE;
use row::{FileMark, timestamp};
use source::{FileOrigin, Stamp};
use state::{Building, Maker, Phase, Reader};

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long more changes are waited for before answers are made.
const GATHER: Duration = Duration::from_millis(100);
/// After building answers the actor rests for this many times as long as it took.
const REST: u32 = 20;

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub choices: View<ChoicesView>,
    /// The pictures on disk.
    pub assets: View<AssetsView>,
    pub config: View<ConfigView>,
    /// What runs, and what waits.
    pub runs: View<RunView>,
}

/// Owns the rows of image choices, and the answers made of them.
pub struct ImageChoices {
    shared: Shared,
    views: Views,
    trash: Recipient<Discard>,
    table: Option<Table<Entry>>,
    problem: Option<String>,
    choice_rows: ChoiceRows,
    revision: u64,
    needed: u64,
    reader: Reader,
    maker: Maker,
}

#[derive(Message)]
#[rtype(result = "()")]
struct FileRead {
    reading: Reading,
    result: io::Result<Option<ReadFile>>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct AnswersBuilt(io::Result<BuiltAnswers>);

/// A row whose asset is to be deleted.
struct PendingDelete {
    id: u64,
    info: String,
    /// The file, by its path below the asset folder; none for a row that has none.
    path: Option<String>,
}

/// The Trash has done its part.
#[derive(Message)]
#[rtype(result = "Vec<Result<AssetDeleted, DeleteAssetError>>")]
struct FilesDiscarded {
    plan: Vec<Result<PendingDelete, DeleteAssetError>>,
    /// One for each path of the plan.
    results: Vec<Result<Discarded, DiscardError>>,
    /// The asset folder as it was before.
    before: Arc<Index>,
}

impl ImageChoices {
    /// Made with what the store knows.
    pub fn new(shared: Shared, views: Views, trash: Recipient<Discard>) -> Self {
        let opened = shared.store.table::<Entry>();
        let (table, problem) = match opened {
            Ok(table) => (Some(table), None),
            Err(error) => {
                tracing::error!(%error, "image choices are not available");
                (None, Some(error.to_string()))
            }
        };
        let choice_rows = table.as_ref().map(load).unwrap_or_default();
        // A later life goes on counting: answers of an earlier one must not pass for newer than they are.
        let revision = views.choices.get().needed + 1;
        Self {
            shared,
            views,
            trash,
            table,
            problem,
            choice_rows,
            revision,
            needed: revision,
            reader: Reader::default(),
            maker: Maker::default(),
        }
    }

    fn publish(&self) {
        self.views.choices.publish(ChoicesView {
            problem: self.problem.clone(),
            rows: self.choice_rows.rows().clone(),
            hidden: self.choice_rows.hidden().len(),
            answers: self.maker.answers.clone(),
            needed: self.needed,
        });
    }

    /// Stores changed rows and shows them. Answers follow; with `needed`, no older ones are given out any more.
    fn commit(&mut self, mut next: ChoiceRows, needed: bool, ctx: &mut Ctx<Self>) -> Result<(), ChoiceError> {
        let table = self.table.as_ref().ok_or(ChoiceError::Unavailable)?;
        table.apply(next.take_changes()).map_err(|error| {
            tracing::error!(%error, "image choices were not stored");
            ChoiceError::Storage(error.to_string())
        })?;
        self.choice_rows = next;
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
        let path = self.shared.data.logs().join(FILE);
        match Stamp::of(&path) {
            Ok(Some(stamp)) => {
                let complete = self.views.runs.get().holder().is_none();
                if self.reader.seen != Some((stamp, complete)) && !self.reader.phase.is_reading() {
                    self.reader.seen = Some((stamp, complete));
                    self.read(Reading { path, origin: FileOrigin::Logs, complete, waiting: None }, ctx);
                }
            }
            Ok(None) => {}
            Err(error) => self.file_failed(&error),
        }
        if self.reader.phase == Phase::Unread {
            self.reader.phase = Phase::Idle;
        }
        ctx.later(LOOK, Self::look);
    }

    fn read(&mut self, reading: Reading, ctx: &mut Ctx<Self>) {
        self.reader.waiting.push_back(reading);
        self.read_next(ctx);
    }

    fn read_next(&mut self, ctx: &mut Ctx<Self>) {
        if self.reader.phase.is_reading() {
            return;
        }
        let Some(reading) = self.reader.waiting.pop_front() else { return };
        self.reader.phase = if self.reader.phase == Phase::Unread { Phase::ReadingFirst } else { Phase::Reading };
        let (imported, this) = (self.choice_rows.progress().source.clone(), ctx.address());
        let (path, origin, complete) = (reading.path.clone(), reading.origin, reading.complete);
        actix::spawn(async move {
            let work = move || ReadFile::read(&path, origin, complete, imported.as_ref());
            let result = attempt(work).await.unwrap_or_else(|error| Err(io::Error::other(error)));
            this.do_send(FileRead { reading, result });
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
        let run = if let FileOrigin::Run(run) = reading.origin { Some(run) } else { None };
        let mut next = self.choice_rows.clone();
        let merged = next.import(&file.fresh, &timestamp(Local::now()));
        next.imported(file.source.clone(), run);
        if next.progress() != self.choice_rows.progress() {
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
        if self.choice_rows.progress().is_past(run) {
            return;
        }
        let path = self.shared.data.runs().join(run.to_string()).join(FILE);
        self.read(Reading { path, origin: FileOrigin::Run(run), complete: true, waiting: None }, ctx);
    }

    fn hear(&mut self, event: &Event, ctx: &mut Ctx<Self>) {
        if let Fact::RunFinished { run, .. } = event.fact {
            self.run_ended(run, ctx);
        }
    }

    /// Facts were missed: runs whose files were not taken in yet have left a folder.
    fn take_missed_runs(&mut self, ctx: &mut Ctx<Self>) {
        let Some(last) = self.views.runs.get().last.as_ref().map(|run| run.id) else { return };
        let folders = std::fs::read_dir(self.shared.data.runs()).into_iter().flatten().flatten();
        let numbers = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok().map(RunId));
        let mut runs: Vec<_> = numbers.filter(|run| *run <= last).collect();
        runs.sort_unstable();
        runs.into_iter().for_each(|run| self.run_ended(run, ctx));
    }

    // Answers.

    /// Has answers made soon.
    fn want_answers(&mut self, ctx: &mut Ctx<Self>) {
        match &mut self.maker.state {
            Building::Running { outdated, .. } => *outdated = true,
            Building::Due(_) => {}
            Building::Idle => {
                let now = Instant::now();
                let due = (now + GATHER).max(self.maker.rest_until.unwrap_or(now));
                self.maker.state = Building::Due(due);
                ctx.later(due - now, move |this, ctx| this.answers_due(due, ctx));
            }
        }
    }

    fn answers_due(&mut self, due: Instant, ctx: &mut Ctx<Self>) {
        // Somebody may have asked in the meantime, and others may be due later.
        if matches!(self.maker.state, Building::Due(at) if at == due) {
            self.maker.state = Building::Idle;
            self.make_answers(ctx);
        }
    }

    /// Begins to make answers, unless they are being made; whoever asks in between gets the ones after.
    fn make_answers(&mut self, ctx: &mut Ctx<Self>) {
        if matches!(self.maker.state, Building::Running { .. }) || !self.reader.phase.has_read_first() {
            return;
        }
        self.maker.state = Building::Running { outdated: false, askers: std::mem::take(&mut self.maker.asking) };
        let (order, this) = (self.order(), ctx.address());
        actix::spawn(async move {
            let made = attempt(move || order.make()).await;
            this.do_send(AnswersBuilt(made.unwrap_or_else(|error| Err(io::Error::other(error)))));
        });
    }

    fn order(&self) -> Order {
        let (assets, config) = (self.views.assets.get(), self.views.config.get());
        Order {
            basis: Basis {
                revision: self.revision,
                config: config.generation,
                assets: assets.generation,
                assets_known: assets.state(Root::Assets).is_known(),
            },
            rows: self.choice_rows.rows().clone(),
            hidden: self.choice_rows.hidden().clone(),
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
    fn restore(&mut self, ids: &[u64], needed: bool, ctx: &mut Ctx<Self>) {
        let mut next = self.choice_rows.clone();
        next.restore(ids);
        tracing::info!(rows = ids.len(), "files are back, and so are their image choices");
        // Not stored: they stay hidden, and come back with the next answers.
        let _ = self.commit(next, needed, ctx);
    }

    // Files.

    /// What is to be done to delete the assets of these rows.
    fn plan(&self, ids: &[i64], assets: &Index) -> Vec<Result<PendingDelete, DeleteAssetError>> {
        let finder = Finder::new(assets);
        let mut seen = HashSet::new();
        let doomed = |id: &i64| {
            let kept = u64::try_from(*id).ok().and_then(|id| self.choice_rows.rows().get(&id));
            let kept = kept.filter(|kept| seen.insert(kept.row.id)).ok_or(DeleteAssetError::Unknown)?;
            let path = finder.find(&kept.row).map(|found| found.path).or_else(|| self.unseen_path(&kept.row));
            Ok(PendingDelete { id: kept.row.id, info: info(&kept.row), path })
        };
        ids.iter().map(doomed).collect()
    }

    /// Where the row's file would be that the index has not seen yet. Library and folder are what clients wrote.
    fn unseen_path(&self, row: &ChoiceRow) -> Option<String> {
        let part = |value: &Option<String>| value.clone().filter(|part| !part.is_empty());
        let path = format!("{}/{}/{}.jpg", part(&row.library)?, part(&row.rootfolder)?, ImageTarget::of(row).stem()?);
        safe_path::join(&self.views.config.get().asset_paths.assets, &path).ok().map(|_| path)
    }

    /// The rows about these files, with what tells the files when they come back.
    fn rows_of(&self, removed: &Removed<'_>, before: &Index) -> Vec<(u64, Option<FileMark>)> {
        let finder = Finder::new(before);
        let rows = self.choice_rows.rows().values().filter(|kept| removed.has(&kept.row));
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
                Some(Ok(discarded)) => Ok((doomed, Some(discarded))),
                // Nothing there, or nothing that is the row's.
                Some(Err(_)) | None => Ok((doomed, None)),
            }));
        }
        let mut next = self.choice_rows.clone();
        let gone = outcomes
            .iter()
            .flatten()
            .filter(|(_, gone)| gone.is_some())
            .filter_map(|(doomed, _)| doomed.path.as_deref());
        next.hide(self.rows_of(&Removed::new(gone), &discarded.before));
        outcomes.iter().flatten().for_each(|(doomed, _)| next.remove(doomed.id));
        let stored = self.commit(next, true, ctx);
        let tell = |(doomed, gone): (PendingDelete, Option<Discarded>)| match &stored {
            Ok(()) => Ok(AssetDeleted {
                info: doomed.info,
                file_deleted: gone.is_some(),
                trash_id: gone.and_then(|gone| gone.trash_id),
            }),
            Err(error) if gone.is_some() => Err(DeleteAssetError::RowStayed(error.to_string())),
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

fn load(table: &Table<Entry>) -> ChoiceRows {
    ChoiceRows::load(table.iter().filter_map(|pair| {
        let (key, entry) = pair.inspect_err(|error| tracing::warn!(%error, "an image choice is left out")).ok()?;
        Some((u64::from_be_bytes(key.try_into().ok()?), entry))
    }))
}

impl Service for ImageChoices {
    const NAME: &'static str = "ImageChoices";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let facts = self.shared.facts.clone();
        // Also what was told since the daemon's start: runs that ended while no daemon was there.
        let is_end = |fact: &Fact| matches!(fact, Fact::RunFinished { .. });
        follow(ctx, &facts, Since::Start, is_end, |this, event, ctx| this.hear(event, ctx), Self::take_missed_runs);
        let views = self.views.clone();
        follow_view(ctx, &views.assets, Self::basis_changed);
        follow_view(ctx, &views.config, Self::basis_changed);
        self.publish();
        self.look(ctx);
        self.want_answers(ctx);
    }
}

#[cfg(test)]
mod tests;
