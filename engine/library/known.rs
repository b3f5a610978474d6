//! What is known of an asset, for those who ask about it.

use std::path::Path;

use posterizarr_base::run_events::AssetSource;
use posterizarr_base::said::Clause;

use super::ledger::{Ledger, Shown};

/// What the ledger has about an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The rule by which the picture was chosen; none for assets of versions that did not note it.
    pub why: Option<String>,
    /// The same sentence by sentence; empty for assets of versions that did not note it so.
    pub because: Vec<Clause>,
    /// What it was made of; none where it was not made here. The address of a media server's own picture is the server's
    /// path of it.
    pub source: Option<AssetSource>,
    /// Providers that did not answer when the picture was chosen.
    pub unanswered: Vec<String>,
    pub on_server: OnServer,
}

/// Whether the media server shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnServer {
    /// Nobody has asked for that.
    NotWanted,
    /// The next run uploads it.
    Waiting,
    /// The server got it.
    Sent,
}

/// What is known of an asset, by its path below the asset folder without extension; none if nobody has noted anything about
/// this file. Reads the whole ledger.
pub fn known(data: &Path, asset: &str, file: &Path) -> Option<Known> {
    let ledger = Ledger::read_one(data, asset);
    let record = ledger.get(asset, file)?;
    Some(Known {
        why: record.why.clone(),
        because: record.because.clone(),
        source: record.source.as_ref().map(|source| source.shown(source.url.clone())),
        unanswered: record.unanswered.clone(),
        on_server: match record.shown {
            Shown::NotWanted => OnServer::NotWanted,
            Shown::Wanted { .. } => OnServer::Waiting,
            Shown::Sent { .. } => OnServer::Sent,
        },
    })
}
