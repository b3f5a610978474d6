//! Agregarr is told of what Sonarr or Radarr has brought, once Plex has its artwork. Trouble with it is a warning and no more:
//! the artwork is there.

use posterizarr_base::run::Mode;
use posterizarr_base::servers::ServerKind;
use posterizarr_media::agregarr::{Agregarr, Upload};
use posterizarr_media::http::HttpClient;
use posterizarr_media::servers::Slot;

use super::catalogue::Catalogue;
use super::outcome::Outcome;
use super::scene::Scene;
use crate::request::{Scope, Sought};

/// The movie or show that got new artwork: Plex's key of it.
#[derive(Default)]
pub(super) struct FollowUp {
    item: Option<String>,
}

impl FollowUp {
    /// Takes note of what was uploaded. Agregarr has no interest in backgrounds.
    pub(super) fn note(&mut self, outcome: &Outcome) {
        if outcome.uploaded && outcome.asset.slot() == Slot::Poster {
            self.item = Some(outcome.asset.entry.item.id.clone());
        }
    }
}

impl Scene<'_> {
    /// Tells Agregarr, where that is wanted.
    pub(super) async fn follow_up(&self, uploaded: &FollowUp, catalogue: &Catalogue) {
        let wanted = &self.settings.notifications.agregarr;
        let (Scope::Sought(sought), Some(item)) = (&self.run.scope, &uploaded.item) else { return };
        let is_about_it = self.run.mode == Mode::Arr && self.settings.server == ServerKind::Plex;
        if !wanted.wanted || !is_about_it {
            return;
        }
        let journal = self.work.journal;
        if wanted.url.is_empty() || wanted.key.is_empty() {
            return journal
                .warning("Agregarr is to be told, but AgregarrUrl or AgregarrApiKey is missing in config.json");
        }
        let http = HttpClient::new(&self.network.http);
        let agregarr = match Agregarr::new(&http, &wanted.url, &wanted.key, wanted.patience) {
            Ok(agregarr) => agregarr,
            Err(error) => return journal.warning(format!("AgregarrUrl in config.json cannot be used: {error}")),
        };
        for upload in uploads(item, sought, catalogue) {
            match agregarr.tell(&upload).await {
                Ok(()) => journal.info(format!("Agregarr was told of {}", upload.title)),
                // It would say the same of the others.
                Err(error) => {
                    return journal.warning(format!("Agregarr could not be told of {}: {error}", upload.title));
                }
            }
        }
    }
}

/// What is told: each episode that came and is there, else the season, else the item.
fn uploads(id: &str, sought: &Sought, catalogue: &Catalogue) -> Vec<Upload> {
    let Some(entry) = catalogue.entries.iter().find(|entry| entry.item.id == id) else { return Vec::new() };
    let item = &entry.item;
    let upload = |season_number, episode_number| Upload {
        rating_key: item.id.clone(),
        media_type: item.kind,
        title: item.title.clone(),
        season_number,
        episode_number,
    };
    let Some((season, numbers)) = &sought.episodes else { return vec![upload(None, None)] };
    let there = item.seasons.iter().filter(|there| there.number == *season).flat_map(|there| &there.episodes);
    let there = there.map(|episode| episode.number).filter(|number| numbers.contains(number));
    let told: Vec<_> = there.map(|number| upload(Some(*season), Some(number))).collect();
    if told.is_empty() { vec![upload(Some(*season), None)] } else { told }
}
