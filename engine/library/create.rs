//! One asset from its plan to what became of it.

use std::path::Path;
use std::sync::Arc;

use posterizarr_base::bounded;
use posterizarr_base::run_events::{EventWriter, RunEvent};
use posterizarr_base::said::Reason;
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::picture::MAX_FILE_BYTES;

use super::deliver::{AssetDetails, Delivery};
use super::events;
use super::heading::Heading;
use super::judge::{AssetVerdict, Judge, Offer, Outdated};
use super::ledger::{Record, Shown};
use super::looks::told;
use super::lookups::{ItemMemo, Lookups};
use super::outcome::{Became, Outcome, Problem, names};
use super::picture::{Bytes, Source};
use super::plan::PlannedAsset;
use super::render::{Job, RenderError, Rendered, Renderer};
use super::rows::Row;
use super::sets::Picked;
use super::texts::is_japanese;
use super::why::Why;
use crate::request::Task;

/// How a picture was chosen.
struct Chosen {
    /// None where nobody noted it.
    why: Option<Reason>,
    /// The names of providers that did not answer before.
    unanswered: Vec<String>,
}

/// What all assets of a run are made with.
pub(super) struct Creation<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) delivery: Delivery<'a>,
    pub(super) renderer: Arc<Renderer>,
    pub(super) events: &'a EventWriter,
}

impl Creation<'_> {
    /// Makes the asset, unless it is there or is not to be made.
    pub(super) async fn make(&self, asset: PlannedAsset, memo: Arc<ItemMemo>) -> Outcome {
        match self.judge.verdict(&asset, &memo).await {
            AssetVerdict::Leave(became) => Outcome::of(asset, became),
            AssetVerdict::Keep { file, known } => self.keep(asset, file, known).await,
            AssetVerdict::Reconsider { file, known } => self.reconsider(asset, file, known, &memo).await,
            AssetVerdict::Restyle { known, because } => self.restyle(asset, known, because, &memo).await,
            AssetVerdict::ByHand(picture) => self.by_hand(asset, &picture, &memo).await,
            AssetVerdict::Picked(picked) => self.by_pick(asset, picked, &memo).await,
            AssetVerdict::ByProviders => self.by_providers(asset, &memo).await,
        }
    }

    /// A choice that was made while a provider was down, made again.
    async fn reconsider(&self, asset: PlannedAsset, file: &Path, known: &Record, memo: &ItemMemo) -> Outcome {
        let (choice, heading) = self.judge.choose(&asset, memo).await;
        if self.judge.is_another(&choice, heading.as_ref(), known) {
            return self.by_providers(asset, memo).await;
        }
        // The same picture, or none at all: what is there stays.
        let known = Record { unanswered: names(&choice.unanswered), ..known.clone() };
        self.delivery.note(&known);
        self.keep(asset, file, Some(&known)).await
    }

    /// An asset that is there is only offered to the server, where that is wanted.
    async fn keep(&self, asset: PlannedAsset, file: &Path, known: Option<&Record>) -> Outcome {
        let mut outcome = Outcome::of(asset, Became::Existed);
        match self.offer(&outcome.asset, file, known).await {
            Ok(uploaded) => outcome.uploaded = uploaded,
            Err(reason) => outcome.problems.push(Problem::not_uploaded(&outcome.asset, reason)),
        }
        outcome
    }

    async fn offer(&self, asset: &PlannedAsset, file: &Path, known: Option<&Record>) -> Result<bool, String> {
        let offer = self.judge.offer(asset, known).await.map_err(|trouble| trouble.to_string())?;
        let known = || known.cloned().or_else(|| Record::foreign(&asset.path, file));
        match offer {
            Offer::No => Ok(false),
            Offer::ShowsOurs(mark) => {
                if let Some(known) = known() {
                    let (server, item) = (self.judge.server.to_owned(), asset.id().to_owned());
                    let shown = Shown::Sent { server, item, mark: Some(mark) };
                    self.delivery.note(&Record { shown, ..known });
                }
                Ok(false)
            }
            Offer::Yes => {
                let content = bounded::read(file, MAX_FILE_BYTES).map_err(|error| error.to_string())?;
                let Some(known) = known() else { return Err("it is gone".to_owned()) };
                match &known.shown {
                    // What is owed is done as it would have been done at once.
                    Shown::Wanted { .. } => self.delivery.give(asset, &content, &known).await,
                    _ => self.delivery.send(asset, &content, &known, false).await.map(|()| true),
                }
            }
        }
    }

    /// An asset made again from the picture that it was made of.
    async fn restyle(&self, asset: PlannedAsset, known: &Record, because: Outdated, memo: &ItemMemo) -> Outcome {
        self.events.write(&events::started(&asset));
        let Some(source) = known.source.clone() else { return Outcome::of(asset, Became::Foreign) };
        let place = self.renderer.place().await;
        let bytes = match self.judge.lookups.original(&source).await {
            Ok(bytes) => bytes,
            // What the asset says is no longer true, so that it does not stay; the user's own picture is only the user's to replace.
            Err(_) if because == Outdated::Facts && source.provider().is_some() => {
                drop(place);
                return self.by_providers(asset, memo).await;
            }
            Err(reason) => {
                let problem = Problem::at(&asset, Why::SourceGone { reason });
                return Outcome::failed(asset, problem);
            }
        };
        let mut heading = self.judge.looks.heading_again(&asset, source.text, known.heading.as_ref());
        let outcome = loop {
            if heading.is_none() {
                // Logos were not wanted when it was made, or the one that it had is gone.
                heading = self.judge.titling(&asset, memo).await.heading(self.judge.settings.logos, source.text);
            }
            let chosen = Chosen { why: known.reason(), unanswered: known.unanswered.clone() };
            let (job, made) = self.render_job(&asset, source.clone(), heading.clone(), chosen);
            match self.render(job, bytes.clone(), memo).await {
                Ok(rendered) => break self.finish(asset, None, rendered, made).await,
                Err(RenderError::Logo(reason)) => {
                    self.reject_logo(&asset, memo, heading.take().as_ref(), &reason);
                }
                Err(RenderError::Source(reason) | RenderError::Other(reason)) => {
                    let problem = Problem::at(&asset, reason.into());
                    break Outcome::failed(asset, problem);
                }
            }
        };
        drop(place);
        let address = self.judge.lookups.source_address(&source);
        Outcome {
            why: vec![because.why(), Why::SamePicture],
            source: Some(source.shown(address)),
            unanswered: known.unanswered.clone(),
            ..outcome
        }
    }

    async fn by_hand(&self, asset: PlannedAsset, picture: &Path, memo: &ItemMemo) -> Outcome {
        self.events.write(&events::started(&asset));
        let source = Source::manual(picture.display().to_string());
        match self.of_own(&asset, source, Why::Manual, memo).await {
            Ok(outcome) => outcome,
            Err(reason) => {
                let text = format!("{}: {reason}", picture.display());
                Outcome::failed(asset, Problem { text, why: reason.into() })
            }
        }
    }

    /// Of a picture that somebody has picked; one that cannot be used is told, and is as if it were not there.
    async fn by_pick(&self, asset: PlannedAsset, picked: &Picked, memo: &ItemMemo) -> Outcome {
        self.events.write(&events::started(&asset));
        match self.of_own(&asset, Source::manual(picked.place()), Why::Picked, memo).await {
            Ok(outcome) => return outcome,
            Err(reason) => {
                let text = format!("sets: {} cannot be used for {}: {reason}", picked.place(), asset.path);
                self.events.write(&RunEvent::Warning { text: text.clone() });
                self.judge.lookups.warn_once(text);
            }
        }
        match self.judge.without_own(&asset) {
            AssetVerdict::Leave(became) => Outcome::of(asset, became),
            _ => self.by_providers(asset, memo).await,
        }
    }

    /// Of a picture of the user's.
    ///
    /// # Errors
    /// Why that picture cannot be used, in words.
    async fn of_own(&self, asset: &PlannedAsset, source: Source, why: Why, memo: &ItemMemo) -> Result<Outcome, String> {
        loop {
            let titling = self.judge.titling(asset, memo).await;
            let heading = titling.heading(self.judge.settings.logos, source.text);
            let place = self.renderer.place().await;
            let content = self.judge.lookups.original(&source).await?;
            let chosen = Chosen { why: Some(why.clone().into()), unanswered: Vec::new() };
            let (job, made) = self.render_job(asset, source.clone(), heading.clone(), chosen);
            let row = Row::new(asset, None, Some(source.url.clone()), &self.judge.titles()).headed(&job);
            let rendered = self.render(job, content, memo).await;
            drop(place);
            match rendered {
                Ok(rendered) => {
                    let outcome = self.finish(asset.clone(), Some(row), rendered, made).await;
                    let address = source.url.clone();
                    return Ok(Outcome { why: vec![why], source: Some(source.shown(address)), ..outcome });
                }
                Err(RenderError::Logo(reason)) => self.reject_logo(asset, memo, heading.as_ref(), &reason),
                Err(RenderError::Source(reason) | RenderError::Other(reason)) => return Err(reason),
            }
        }
    }

    async fn by_providers(&self, asset: PlannedAsset, memo: &ItemMemo) -> Outcome {
        self.events.write(&events::started(&asset));
        let (lookups, rules) = (self.judge.lookups, self.judge.settings.logos);
        loop {
            let titling = self.judge.titling(&asset, memo).await;
            let (choice, fetched) = lookups.choose(&asset, memo, &self.renderer, titling.rules(&asset)).await;
            if titling.is_let_down(&choice) {
                continue;
            }
            let choice = titling.applied(choice, asset.entry.home.rules.favourite);
            let (Some(picture), Some((bytes, place))) = (&choice.picture, fetched) else {
                let missing = Outcome::missing(asset, choice, &self.judge.titles());
                // What was to be made again stays, and so does the row about it.
                let stays = matches!(self.judge.run.task, Task::Remake(_));
                return Outcome { row: missing.row.clone().filter(|_| !stays), ..missing };
            };
            let source = Source::of(picture);
            let heading = titling.heading(rules, picture.text);
            let chosen = Chosen { why: Some(Why::reason(&choice.why)), unanswered: names(&choice.unanswered) };
            let (job, made) = self.render_job(&asset, source.clone(), heading.clone(), chosen);
            let address = lookups.address(picture);
            let row = Row::new(&asset, Some(&choice), Some(address.clone()), &self.judge.titles()).headed(&job);
            let rendered = self.render(job, bytes, memo).await;
            drop(place);
            match rendered {
                Ok(rendered) => {
                    let outcome = self.finish(asset, Some(row), rendered, made).await;
                    return Outcome {
                        source: Some(source.shown(address)),
                        unanswered: names(&choice.unanswered),
                        why: choice.why,
                        ..outcome
                    };
                }
                Err(RenderError::Source(_)) => Lookups::reject(memo, picture),
                Err(RenderError::Logo(reason)) => self.reject_logo(&asset, memo, heading.as_ref(), &reason),
                Err(RenderError::Other(reason)) => {
                    let problem = Problem::at(&asset, reason.into());
                    return Outcome::failed(asset, problem);
                }
            }
        }
    }

    /// The work for the renderer, and what its result will be.
    fn render_job(
        &self,
        asset: &PlannedAsset,
        source: Source,
        heading: Option<Heading>,
        Chosen { why, unanswered }: Chosen,
    ) -> (Job, AssetDetails) {
        let job = self.judge.looks.job(asset, &source, heading.clone());
        let look = self.judge.looks.digest(&job);
        let told = told(&job.badges, job.hiding);
        (job, AssetDetails { look, source, why, heading, unanswered, told })
    }

    /// Makes the picture, with its logo where it has one.
    async fn render(&self, job: Job, source: Bytes, memo: &ItemMemo) -> Result<Rendered, RenderError> {
        let logo = match &job.heading {
            Some(Heading::Logo(logo)) if job.with_text => {
                let fetched = self.judge.lookups.logo(logo, memo).await;
                Some(fetched.map_err(|trouble| RenderError::Logo(trouble.to_string()))?)
            }
            _ => None,
        };
        self.renderer.render(job, source, logo).await
    }

    fn reject_logo(&self, asset: &PlannedAsset, memo: &ItemMemo, heading: Option<&Heading>, reason: &str) {
        if let Some(Heading::Logo(logo)) = heading {
            self.judge.lookups.reject_logo(asset, memo, logo, reason);
        }
    }

    /// Whether a title is printed although no font has these characters. Whether episodes with Japanese, Chinese or Thai titles
    /// have title cards is for the user to say (SkipJapTitle), whatever the font has.
    fn takes_blanks(&self, asset: &PlannedAsset, missing: &[char]) -> bool {
        let is_governed = |character: &char| is_japanese(character.encode_utf8(&mut [0; 4]));
        asset.kind == ArtworkKind::TitleCard && !self.judge.settings.skip_japanese && missing.iter().all(is_governed)
    }

    /// Puts the picture in place, and shows it on the server where that is wanted.
    async fn finish(
        &self,
        asset: PlannedAsset,
        mut row: Option<Row>,
        rendered: Rendered,
        made: AssetDetails,
    ) -> Outcome {
        let mut outcome = Outcome::of(asset, Became::Created);
        let unprintable = !rendered.missing.is_empty() && !self.takes_blanks(&outcome.asset, &rendered.missing);
        (outcome.missing, outcome.tiny) = (rendered.missing, rendered.tiny);
        // A title with blanks in it is like one that does not fit: better what is there now.
        if rendered.truncated || unprintable {
            outcome.became = if rendered.truncated { Became::Truncated } else { Became::Unprintable };
            if let Some(row) = &mut row {
                row.truncated = true;
            }
            outcome.row = row;
            return outcome;
        }
        let file = Arc::new(rendered.file);
        let record = match self.delivery.put(&outcome.asset, file.clone(), made).await {
            Ok(record) => record,
            Err(error) => {
                let text = format!("{}.jpg cannot be written: {error}", outcome.asset.path);
                let problem = Problem { text, why: Why::NotWritten { reason: error.to_string() } };
                return Outcome::failed(outcome.asset, problem);
            }
        };
        outcome.row = row;
        match self.delivery.show(&outcome.asset, &file, &record).await {
            Ok(uploaded) => outcome.uploaded = uploaded,
            Err(reason) => outcome.problems.push(Problem::not_uploaded(&outcome.asset, reason)),
        }
        outcome
    }
}
