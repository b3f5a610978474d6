//! How the ImageChoices answer.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use actix::AsyncContext;
use chrono::Local;
use posterizarr_base::image_choices::FILE;
use tokio::sync::oneshot;

use super::answers::{Answers, BuiltAnswers};
use super::choice_rows::{ChoiceRows, Marked};
use super::fault::{ChoiceError, DeleteAssetError};
use super::image_file::{Finder, Removed};
use super::import::{ImportStats, Reading};
use super::messages::{
    AssetDeleted, CreateChoice, DeleteAssets, DeleteChoice, FilesRemoved, FilesReturned, ImportFile, ImportRows,
    MakeAnswers, MarkChoices, UpdateChoice,
};
use super::row::{Kept, timestamp};
use super::source::FileOrigin;
use super::state::{Building, Phase};
use super::{AnswersBuilt, FileRead, FilesDiscarded, ImageChoices, REST};
use crate::library::assets::Root;
use crate::library::trash::Discard;
use crate::runtime::guard::{Ctx, Handler, Reply};

/// Changes the rows by request of somebody who looks again as soon as it is answered.
fn change<T>(
    choices: &mut ImageChoices,
    ctx: &mut Ctx<ImageChoices>,
    work: impl FnOnce(&mut ChoiceRows, &str) -> Result<T, ChoiceError>,
) -> Result<T, ChoiceError> {
    let mut next = choices.choice_rows.clone();
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
        change(self, ctx, |choice_rows, now| Ok(choice_rows.create(fields, now))).into()
    }
}

impl Handler<UpdateChoice> for ImageChoices {
    fn answer(&mut self, update: UpdateChoice, ctx: &mut Ctx<Self>) -> Reply<Result<(), ChoiceError>> {
        let work = |choice_rows: &mut ChoiceRows, now: &str| {
            choice_rows.update(known(update.id), update.fields, now).map_err(|_| ChoiceError::Clash)
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
        change(self, ctx, |choice_rows, now| Ok(choice_rows.mark(&ids, resolved, now))).into()
    }
}

impl Handler<DeleteChoice> for ImageChoices {
    fn answer(&mut self, DeleteChoice { id }: DeleteChoice, ctx: &mut Ctx<Self>) -> Reply<Result<(), ChoiceError>> {
        change(self, ctx, |choice_rows, _| {
            choice_rows.remove(known(id));
            Ok(())
        })
        .into()
    }
}

impl Handler<ImportRows> for ImageChoices {
    fn answer(&mut self, ImportRows(rows): ImportRows, ctx: &mut Ctx<Self>) -> Reply<Result<usize, ChoiceError>> {
        change(self, ctx, |choice_rows, _| Ok(choice_rows.adopt(rows))).into()
    }
}

impl Handler<ImportFile> for ImageChoices {
    fn answer(&mut self, _: ImportFile, ctx: &mut Ctx<Self>) -> Reply<Result<ImportStats, ChoiceError>> {
        let (waiting, done) = oneshot::channel();
        let path: PathBuf = self.shared.data.logs().join(FILE);
        let complete = self.views.runs.get().holder().is_none();
        self.read(Reading { path, origin: FileOrigin::Logs, complete, waiting: Some(waiting) }, ctx);
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
            let mut next = self.choice_rows.clone();
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
        let back = self.choice_rows.hidden().values().filter(about).filter(|kept| kept.is_back(&finder));
        let back: Vec<_> = back.map(|kept| kept.row.id).collect();
        if !back.is_empty() || self.choice_rows.rows().values().any(|kept| about(&kept)) {
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
