//! Plex shows its own posters again.

use posterizarr_media::ServiceError;
use posterizarr_media::servers::{ReadOnly, Server};

use super::outcome::{Copied, Outcome};
use super::plan::PlannedAsset;
use super::why::Why;

/// One who makes a server show its own posters.
pub(super) struct Reset<'a> {
    pub(super) server: ReadOnly<'a>,
    /// None in a dry run.
    pub(super) writer: Option<&'a Server>,
}

impl Reset<'_> {
    pub(super) async fn turn(&self, asset: PlannedAsset) -> Outcome {
        let reset = self.reset(&asset).await.map_err(|trouble| Why::NotReset { reason: trouble.to_string() });
        Copied::outcome(asset, reset, true)
    }

    async fn reset(&self, asset: &PlannedAsset) -> Result<Copied, ServiceError> {
        let (id, slot, name) = (asset.id(), asset.slot(), self.server.name());
        let choices = self.server.choices(id, slot).await?;
        let Some(own) = choices.iter().find(|offered| !offered.is_upload()) else {
            return Ok(Copied::Not(Why::NoOwnPoster { server: name }));
        };
        if let Some(writer) = self.writer {
            writer.choose(id, slot, own).await?;
        }
        Ok(Copied::Done(vec![Why::OwnPoster { server: name }]))
    }
}
