//! What the ImageChoices are asked, and what they answer.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use actix::{AsyncContext, Message};
use chrono::Local;
use posterizarr_base::said::{Params, Values, values};
use tokio::sync::oneshot;

use super::answers::{Answers, BuiltAnswers};
use super::image_file::{Finder, Removed};
use super::import::{ImportStats, Reading};
use super::ledger::{Ledger, Marked};
use super::row::{ChoiceFields, ChoiceRow, Kept, timestamp};
use super::source::Place;
use super::{AnswersBuilt, Building, FileRead, FilesDiscarded, ImageChoices, Phase, REST};
use crate::library::assets::{Index, Root};
use crate::library::trash::Discard;
use crate::runtime::guard::{Ctx, Handler, Reply};
use posterizarr_base::image_choices::FILE;

/// Why something was not done. The texts are upstream's where it has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The store could not be opened.
    #[error("Database not available")]
    Unavailable,
    /// The store did not take the change; nothing was changed.
    #[error("the change could not be stored: {0}")]
    Storage(String),
    /// Another row has the key.
    #[error(
        "another record has this Title, Rootfolder, Type and LibraryName (UNIQUE constraint failed: \
         imagechoices.Title, imagechoices.Rootfolder, imagechoices.Type, imagechoices.LibraryName)"
    )]
    Clash,
    /// There is nothing to import.
    #[error("ImageChoices.csv not found in Logs directory")]
    NoFile,
    /// The file is something else.
    #[error("{FILE} cannot be used: {0}")]
    Unusable(String),
    /// The file, or what is made of the rows, failed.
    #[error("{0}")]
    Failed(String),
}

impl Values for ChoiceError {
    fn values(&self) -> Params {
        match self {
            Self::Unavailable | Self::Clash | Self::NoFile => values([]),
            Self::Storage(cause) | Self::Unusable(cause) | Self::Failed(cause) => values([("cause", cause)]),
        }
    }
}

/// Adds a row, unless one with its key is there. Gives its id, and whether it is new.
#[derive(Debug, Message)]
#[rtype(result = "Result<(u64, bool), ChoiceError>")]
pub struct CreateChoice(pub ChoiceFields);

/// Changes a row; an unknown one is no error, as upstream has it.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ChoiceError>")]
pub struct UpdateChoice {
    /// The row.
    pub id: i64,
    /// What to set.
    pub fields: ChoiceFields,
}

/// Marks rows as dealt with, or not, as one change. Tells which were not so before, and which are not there.
#[derive(Debug, Message)]
#[rtype(result = "Result<Marked, ChoiceError>")]
pub struct MarkChoices {
    /// The rows.
    pub ids: BTreeSet<u64>,
    /// Whether somebody has dealt with them.
    pub resolved: bool,
}

/// Removes a row for good, and leaves its file; an unknown one is no error, as upstream has it.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ChoiceError>")]
pub struct DeleteChoice {
    /// The row.
    pub id: i64,
}

/// Imports `Logs/ImageChoices.csv` now.
#[derive(Debug, Message)]
#[rtype(result = "Result<ImportStats, ChoiceError>")]
pub struct ImportFile;

/// Takes over rows with their ids, such as those of upstream's database; gives how many are new. A row with a known Title,
/// Rootfolder, Type and LibraryName is joined with ours, and one of ours whose id is taken gets a new one. Doing it again
/// changes nothing. A row with id 0 gets a new id.
#[derive(Debug, Message)]
#[rtype(result = "Result<usize, ChoiceError>")]
pub struct ImportRows(pub Vec<ChoiceRow>);

/// Deletes the rows and their files: one answer per id, in their order.
#[derive(Debug, Message)]
#[rtype(result = "Vec<Result<AssetDeleted, DeleteAssetError>>")]
pub struct DeleteAssets {
    /// The rows.
    pub ids: Vec<i64>,
}

/// An asset that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetDeleted {
    /// `Library/Folder (Title)`, or the title alone.
    pub info: String,
    /// Whether there was a file.
    pub file_deleted: bool,
    /// The file in the trash, by which it comes back with its rows; none where it is gone for good.
    pub trash_id: Option<String>,
}

/// Why an asset was not deleted. The texts are upstream's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeleteAssetError {
    /// No such row, or it went with an earlier one of the same request.
    #[error("Record not found in database")]
    Unknown,
    /// The store could not be opened.
    #[error("Database not available")]
    Unavailable,
    /// The file is still there, and the row too.
    #[error("Failed to delete file: {0}")]
    File(String),
    /// The file is gone, the row is still there.
    #[error("File deleted, but DB delete failed: {0}")]
    RowStayed(String),
    /// The row is still there; it had no file.
    #[error("{0}")]
    Storage(String),
}

impl Values for DeleteAssetError {
    fn values(&self) -> Params {
        match self {
            Self::Unknown | Self::Unavailable => values([]),
            Self::File(cause) | Self::RowStayed(cause) | Self::Storage(cause) => values([("cause", cause)]),
        }
    }
}

/// Finished assets were deleted: their rows follow before this is answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct FilesRemoved {
    /// Below the asset folder.
    pub paths: Vec<String>,
    /// The asset folder as it was before: it tells the files when they come back.
    pub before: Arc<Index>,
}

/// Finished assets are back in their places: rows that were about them are back before this is answered, and the next
/// answers show the files.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct FilesReturned {
    /// Below the asset folder.
    pub paths: Vec<String>,
}

/// Makes answers of everything that was changed before this was asked.
#[derive(Debug, Message)]
#[rtype(result = "Result<Arc<Answers>, ChoiceError>")]
pub struct MakeAnswers;

/// Changes the rows by request of somebody who looks again as soon as it is answered.
fn change<T>(
    choices: &mut ImageChoices,
    ctx: &mut Ctx<ImageChoices>,
    work: impl FnOnce(&mut Ledger, &str) -> Result<T, ChoiceError>,
) -> Result<T, ChoiceError> {
    let mut next = choices.ledger.clone();
    let result = work(&mut next, &timestamp(Local::now()))?;
    choices.commit(next, true, ctx)?;
    Ok(result)
}

/// Negative numbers are ids that nobody has.
fn known(id: i64) -> u64 {
    u64::try_from(id).unwrap_or_default()
}

impl Handler<CreateChoice> for ImageChoices {
    fn answer(
        &mut self,
        CreateChoice(fields): CreateChoice,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<(u64, bool), ChoiceError>> {
        change(self, ctx, |ledger, now| Ok(ledger.create(fields, now))).into()
    }
}

impl Handler<UpdateChoice> for ImageChoices {
    fn answer(&mut self, update: UpdateChoice, ctx: &mut Ctx<Self>) -> Reply<Result<(), ChoiceError>> {
        let work = |ledger: &mut Ledger, now: &str| {
            ledger.update(known(update.id), update.fields, now).map_err(|_| ChoiceError::Clash)
        };
        change(self, ctx, work).into()
    }
}

impl Handler<MarkChoices> for ImageChoices {
    fn answer(
        &mut self,
        MarkChoices { ids, resolved }: MarkChoices,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<Marked, ChoiceError>> {
        change(self, ctx, |ledger, now| Ok(ledger.mark(&ids, resolved, now))).into()
    }
}

impl Handler<DeleteChoice> for ImageChoices {
    fn answer(&mut self, DeleteChoice { id }: DeleteChoice, ctx: &mut Ctx<Self>) -> Reply<Result<(), ChoiceError>> {
        change(self, ctx, |ledger, _| {
            ledger.remove(known(id));
            Ok(())
        })
        .into()
    }
}

impl Handler<ImportRows> for ImageChoices {
    fn answer(&mut self, ImportRows(rows): ImportRows, ctx: &mut Ctx<Self>) -> Reply<Result<usize, ChoiceError>> {
        change(self, ctx, |ledger, _| Ok(ledger.adopt(rows))).into()
    }
}

impl Handler<ImportFile> for ImageChoices {
    fn answer(&mut self, _: ImportFile, ctx: &mut Ctx<Self>) -> Reply<Result<ImportStats, ChoiceError>> {
        let (waiting, done) = oneshot::channel();
        let path: PathBuf = self.shared.data.logs().join(FILE);
        let complete = self.views.runs.get().holder().is_none();
        self.read(Reading { path, place: Place::Logs, complete, waiting: Some(waiting) }, ctx);
        Reply::later(async { done.await.unwrap_or(Err(ChoiceError::Unavailable)) })
    }
}

impl Handler<DeleteAssets> for ImageChoices {
    fn answer(
        &mut self,
        DeleteAssets { ids }: DeleteAssets,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Vec<Result<AssetDeleted, DeleteAssetError>>> {
        if self.table.is_none() {
            return ids.iter().map(|_| Err(DeleteAssetError::Unavailable)).collect::<Vec<_>>().into();
        }
        let before = self.views.assets.get().assets.clone();
        let plan = self.plan(&ids, &before);
        let paths: Vec<_> = plan.iter().flatten().filter_map(|doomed| doomed.path.clone()).collect();
        let (trash, this) = (self.trash.clone(), ctx.address());
        Reply::later(async move {
            let failed = |error: actix::MailboxError| {
                let error = DeleteAssetError::File(format!("the trash did not answer: {error}"));
                ids.iter().map(|_| Err(error.clone())).collect()
            };
            let results = match trash.send(Discard { root: Root::Assets, paths }).await {
                Ok(results) => results,
                Err(error) => return failed(error),
            };
            match this.send(FilesDiscarded { plan, results, before }).await {
                Ok(outcomes) => outcomes,
                Err(error) => failed(error),
            }
        })
    }
}

impl Handler<FilesDiscarded> for ImageChoices {
    fn answer(
        &mut self,
        discarded: FilesDiscarded,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Vec<Result<AssetDeleted, DeleteAssetError>>> {
        self.files_discarded(discarded, ctx).into()
    }
}

impl Handler<FilesRemoved> for ImageChoices {
    fn answer(&mut self, FilesRemoved { paths, before }: FilesRemoved, ctx: &mut Ctx<Self>) -> Reply<()> {
        let rows = self.rows_of(&Removed::new(paths.iter().map(String::as_str)), &before);
        if !rows.is_empty() {
            let mut next = self.ledger.clone();
            next.hide(rows);
            // Not stored is told in the log; the rows then show that their files are missing.
            let _ = self.commit(next, true, ctx);
        }
        ().into()
    }
}

impl Handler<FilesReturned> for ImageChoices {
    fn answer(&mut self, FilesReturned { paths }: FilesReturned, ctx: &mut Ctx<Self>) -> Reply<()> {
        let returned = Removed::new(paths.iter().map(String::as_str));
        let assets = self.views.assets.get().assets.clone();
        let finder = Finder::new(&assets);
        let about = |kept: &&Arc<Kept>| returned.has(&kept.row);
        let back = self.ledger.aside().values().filter(about).filter(|kept| kept.is_back(&finder));
        let back: Vec<_> = back.map(|kept| kept.row.id).collect();
        if !back.is_empty() || self.ledger.rows().values().any(|kept| about(&kept)) {
            self.restore(&back, true, ctx);
        }
        ().into()
    }
}

impl Handler<MakeAnswers> for ImageChoices {
    fn answer(&mut self, _: MakeAnswers, ctx: &mut Ctx<Self>) -> Reply<Result<Arc<Answers>, ChoiceError>> {
        let (asker, made) = oneshot::channel();
        self.maker.asking.push(asker);
        self.make_answers(ctx);
        Reply::later(async { made.await.unwrap_or(Err(ChoiceError::Unavailable)) })
    }
}

impl Handler<FileRead> for ImageChoices {
    fn answer(&mut self, FileRead { reading, result }: FileRead, ctx: &mut Ctx<Self>) -> Reply<()> {
        let was_first = self.reader.phase == Phase::ReadingFirst;
        self.reader.phase = Phase::Idle;
        let outcome = match result {
            Ok(Some(file)) => {
                self.reader.problem = None;
                self.import(file, &reading, ctx)
            }
            Ok(None) => Err(ChoiceError::NoFile),
            Err(error) if is_about_the_file(&error) => {
                self.file_failed(&error);
                Err(ChoiceError::Unusable(error.to_string()))
            }
            Err(error) => {
                self.file_failed(&error);
                Err(ChoiceError::Failed(format!("{FILE} cannot be read: {error}")))
            }
        };
        match &outcome {
            Ok(stats) => self.reader.last = Some(stats.clone()),
            // It is looked at again when it changes.
            Err(ChoiceError::Unusable(_)) => {}
            // To be tried again at the next look.
            Err(_) => self.reader.seen = None,
        }
        if let Some(waiting) = reading.waiting {
            let _ = waiting.send(outcome);
        }
        self.read_next(ctx);
        if was_first {
            self.make_answers(ctx);
        }
        ().into()
    }
}

/// Whether the file is what is wrong, rather than the disk: its content or size, or that it is a folder, a pipe, a link that
/// leads nowhere, or somebody else's.
fn is_about_the_file(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, InvalidData, InvalidInput, Other, PermissionDenied};
    matches!(error.kind(), InvalidData | InvalidInput | FileTooLarge | PermissionDenied | Other)
        || crate::runtime::safe_path::is_missing(error)
}

impl Handler<AnswersBuilt> for ImageChoices {
    fn answer(&mut self, AnswersBuilt(made): AnswersBuilt, ctx: &mut Ctx<Self>) -> Reply<()> {
        let Building::Running { outdated, askers } = std::mem::take(&mut self.maker.state) else { return ().into() };
        let result = match made {
            Ok(BuiltAnswers { answers, back }) => {
                self.maker.rest_until = Some(std::time::Instant::now() + answers.took * REST);
                let answers = Arc::new(answers);
                self.maker.answers = Some(answers.clone());
                self.publish();
                if !back.is_empty() {
                    self.restore(&back, false, ctx);
                }
                Ok(answers)
            }
            Err(error) => {
                tracing::error!(%error, "the overview of image choices could not be made");
                Err(ChoiceError::Failed(error.to_string()))
            }
        };
        for asker in askers {
            // Somebody who no longer waits is not an error.
            let _ = asker.send(result.clone());
        }
        if !self.maker.asking.is_empty() {
            self.make_answers(ctx);
        } else if outdated {
            self.want_answers(ctx);
        }
        ().into()
    }
}
