//! Logos of movies and shows on Plex: given to those that have none, and taken away again.

use std::sync::Arc;

use posterizarr_base::run_events::EventWriter;
use posterizarr_media::ServiceError;
use posterizarr_media::servers::{Offered, ReadOnly, Server};
use posterizarr_media::sources::{Picture, Subject};

use super::events;
use super::lookups::{ItemMemo, Lookups};
use super::marker::{is_marked_logo, marked_png};
use super::outcome::{Copied, Outcome};
use super::plan::PlannedAsset;
use super::why::Why;
use crate::library::select::{Provider, Reply, best_logo};

/// Who is asked, in order.
const PROVIDERS: [Provider; 3] = [Provider::Tmdb, Provider::Tvdb, Provider::Fanart];

/// One who gives items their logos.
pub(super) struct LogoUpdater<'a> {
    pub(super) lookups: &'a Lookups<'a>,
    /// None in a dry run.
    pub(super) writer: Option<&'a Server>,
    /// Whether logos that are there are replaced.
    pub(super) replace: bool,
    pub(super) events: &'a EventWriter,
}

impl LogoUpdater<'_> {
    pub(super) async fn turn(&self, asset: PlannedAsset, memo: Arc<ItemMemo>) -> Outcome {
        let updated = self.update(&asset, &memo).await;
        Copied::outcome(asset, updated, true)
    }

    async fn update(&self, asset: &PlannedAsset, memo: &ItemMemo) -> Result<Copied, Why> {
        if asset.shown().is_some() && !self.replace {
            return Ok(Copied::There);
        }
        let mut silent = Vec::new();
        for provider in PROVIDERS {
            match self.lookups.logos(provider, Subject::Logo, &asset.entry, memo).await {
                Reply::Found(found) => {
                    let rules = &asset.entry.home.rules;
                    // Media servers show no SVG.
                    let shown = |logo: &Picture| logo.url.to_lowercase().ends_with(".png");
                    let logos = found.pictures.into_iter().filter(shown).collect();
                    if let Some(logo) = best_logo(provider, logos, &rules.logo, rules.sorting) {
                        return self.give(asset, provider, &logo).await;
                    }
                }
                Reply::NoAnswer => silent.push(provider.name()),
                Reply::NotAsked | Reply::Own(_) => {}
            }
        }
        if silent.is_empty() {
            return Ok(Copied::Not(Why::NoLogoInLanguages));
        }
        Err(Why::NoLogoAnswer { providers: silent.join(" and "), names: silent.join(", ") })
    }

    async fn give(&self, asset: &PlannedAsset, provider: Provider, logo: &Picture) -> Result<Copied, Why> {
        let language = logo.language.clone().unwrap_or_else(|| "?".to_owned());
        let done = Copied::Done(vec![Why::Logo { provider: provider.name(), language }]);
        let Some(writer) = self.writer else { return Ok(done) };
        self.events.write(&events::started(asset));
        let picture = self.lookups.bytes(provider, &logo.url).await.map_err(|trouble| trouble.to_string())?;
        let marked = marked_png(&picture).ok_or_else(|| Why::NotPng { address: logo.url.clone() })?;
        let sent = writer.upload(asset.id(), asset.slot(), &marked, asset.shown().is_some()).await;
        sent.map_err(|trouble| Why::NotUploaded { reason: trouble.to_string() })?;
        Ok(done)
    }
}

/// One who takes our logos away.
pub(super) struct LogoRevert<'a> {
    pub(super) server: ReadOnly<'a>,
    /// None in a dry run.
    pub(super) writer: Option<&'a Server>,
}

impl LogoRevert<'_> {
    pub(super) async fn turn(&self, asset: PlannedAsset) -> Outcome {
        let reverted = self.revert(&asset).await.map_err(|trouble| Why::NotReverted { reason: trouble.to_string() });
        Copied::outcome(asset, reverted, true)
    }

    async fn revert(&self, asset: &PlannedAsset) -> Result<Copied, ServiceError> {
        let (id, slot, name) = (asset.id(), asset.slot(), self.server.name());
        if asset.shown().is_none() {
            return Ok(Copied::Not(Why::NoLogoShown { server: name }));
        }
        let choices = self.server.choices(id, slot).await?;
        let mut ours = Vec::new();
        for offered in choices.iter().filter(|offered| offered.is_upload()) {
            if self.is_ours(id, offered).await? {
                ours.push(offered);
            }
        }
        if ours.is_empty() {
            return Ok(Copied::Not(Why::LogoNotOurs));
        }
        let own = choices.iter().find(|offered| !offered.is_upload());
        if let Some(writer) = self.writer {
            if let Some(own) = own {
                writer.choose(id, slot, own).await?;
            }
            for offered in ours {
                writer.withdraw(id, slot, offered).await?;
            }
        }
        let shows = if own.is_some() { Why::OwnLogo { server: name } } else { Why::NoOwnLogo { server: name } };
        Ok(Copied::Done(vec![shows]))
    }

    async fn is_ours(&self, id: &str, offered: &Offered) -> Result<bool, ServiceError> {
        match self.server.offered(id, offered).await {
            Ok(picture) => Ok(is_marked_logo(&picture)),
            Err(ServiceError::NotFound { .. } | ServiceError::Malformed { .. }) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }
}
