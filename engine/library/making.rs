//! Making what a run is to make, and tidying up after it.

use std::path::PathBuf;
use std::sync::Arc;

use posterizarr_base::image_choices;
use posterizarr_media::servers::Server;

use super::backups::{self, Backups};
use super::catalogue::Catalogue;
use super::create::Creation;
use super::deliver::Delivery;
use super::follow_up::FollowUp;
use super::index::AssetIndex;
use super::ledger::{Ledger, LedgerWriter};
use super::lookups::Lookups;
use super::messages::Messages;
use super::network::SaveFirst;
use super::originals::Originals;
use super::render::Renderer;
use super::rows::Row;
use super::scene::{Scene, count};
use super::{beginning, cleanup};
use crate::library::select::Fallback;
use crate::report::Counts;
use crate::{RunError, Work};

/// What came of the assets' turns.
#[derive(Default)]
struct Made {
    counts: Counts,
    /// The rows that messages are sent about.
    told: Vec<Row>,
    uploaded: FollowUp,
}

impl Scene<'_> {
    /// Makes everything that is to be made, and tidies up.
    pub(super) async fn create(
        &self,
        server: &Server,
        renderer: Arc<Renderer>,
        catalogue: &Catalogue,
        messages: &Messages<'_>,
    ) -> Result<Counts, RunError> {
        let work = self.work;
        let index = self.index();
        index.sweep();
        work.journal.info(format!("Found '{}' existing assets", index.len()));
        let originals = self.originals(catalogue, &index)?;
        let (ledger, looks) = (Ledger::read(&work.context.folder), self.looks(self.uploads()));
        let writer = self.ledger_writer()?;
        let (lookups, sets) = (self.lookups(server.read_only()), self.sets(catalogue));
        let judge = self.judge(&lookups, &index, &ledger, &looks, &sets);
        let delivery = Delivery {
            judge: &judge,
            server,
            ledger: writer.clone(),
            assets: &work.config.asset_path,
            originals,
            drop_overlay_label: self.network.drop_overlay_label,
        };
        let creation = Creation { judge: &judge, delivery, renderer, events: work.events };
        self.warn_of_labelled(catalogue);
        self.warn_of_unknown(catalogue, &index);
        let mut made = self.make_each(&creation, catalogue, &index).await?;
        for row in &made.told {
            messages.asset(row).await;
        }
        self.follow_up(&made.uploaded, catalogue).await;
        self.warn_of_failed(&lookups);
        drop(creation);
        self.tidy_ledger(writer);
        if let Some(stale) = self.stale(catalogue, &index) {
            clear(&stale, &mut made.counts, work)?;
        }
        Ok(made.counts)
    }

    /// Gives each asset its turn, with a row in the table of what is made.
    async fn make_each(
        &self,
        creation: &Creation<'_>,
        catalogue: &Catalogue,
        index: &AssetIndex,
    ) -> Result<Made, RunError> {
        let mut rows = image_choices::Writer::open(&self.work.logs())?;
        let mut made = Made::default();
        self.each(
            catalogue,
            |entry| self.listed(entry, index),
            |asset, memo| creation.make(asset, memo),
            |outcome| {
                count(&outcome, &mut made.counts);
                made.uploaded.note(&outcome);
                let Some(row) = outcome.row else { return Ok(()) };
                rows.write(&row.line())?;
                count_row(&row, &mut made.counts);
                // Not while others wait for their turn: messages take their time.
                if self.run.is_triggered() && row.source.is_some() {
                    made.told.push(row);
                }
                Ok(())
            },
        )
        .await?;
        rows.finish()?;
        Ok(made)
    }

    fn ledger_writer(&self) -> Result<Arc<LedgerWriter>, RunError> {
        let writer = LedgerWriter::open(&self.work.context.folder).map_err(|error| {
            RunError::Failed(format!("the folder ledger in the data folder cannot be written: {error}"))
        })?;
        Ok(Arc::new(writer))
    }

    fn tidy_ledger(&self, writer: Arc<LedgerWriter>) {
        if let Err(error) = Arc::into_inner(writer).map_or(Ok(()), LedgerWriter::finish) {
            self.work.warn(format!("the ledger could not be tidied up: {error}"));
        }
    }

    fn warn_of_failed(&self, lookups: &Lookups<'_>) {
        for provider in lookups.failed() {
            self.work.warn(format!("{provider} failed too often; choices without it are provisional"));
        }
    }

    /// Who saves what is replaced for the first time; nobody where that is not wanted, or where nothing is uploaded.
    fn originals(&self, catalogue: &Catalogue, assets: &AssetIndex) -> Result<Option<Originals>, RunError> {
        let (policy, work) = (self.network.save_first, self.work);
        let applies = beginning::saves_first(policy, &work.context.folder, assets)?;
        if !applies || !(self.uploads() || self.settings.upload_existing) {
            return Ok(None);
        }
        match backups::folder(self.settings, work.config) {
            Ok(folder) => Ok(Some(Originals::new(folder, Backups::of(catalogue, work.config.library_folders)))),
            Err(reason) if policy == SaveFirst::On => Err(RunError::Failed(reason)),
            Err(reason) => {
                work.journal.warning(format!("what the media server shows is replaced without a backup: {reason}"));
                Ok(None)
            }
        }
    }
}

fn count_row(row: &Row, counts: &mut Counts) {
    counts.fallbacks += usize::from(row.fallback == Fallback::Yes);
    counts.truncated += usize::from(row.truncated);
    match row.language.as_deref() {
        Some("Textless") => counts.textless += 1,
        Some(_) => counts.text += 1,
        None => {}
    }
}

/// Moves assets of items aside that the server no longer has.
fn clear(stale: &[PathBuf], counts: &mut Counts, work: &Work<'_>) -> Result<(), RunError> {
    let cleared = cleanup::clear(stale, &work.config.asset_path, &work.context.folder.join("cleared"))?;
    (counts.images_cleared, counts.folders_cleared, counts.space_saved) =
        (cleared.images, cleared.folders, cleared.bytes);
    work.journal.info(format!("Asset cleanup: '{}' images moved to the trash", cleared.images));
    Ok(())
}
