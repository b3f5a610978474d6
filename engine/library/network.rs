//! Where media servers and providers are, and what the daemon's own settings want of runs over a library.

use std::path::PathBuf;

use posterizarr_media::Client;
use posterizarr_media::http::HttpSettings;
use posterizarr_media::service::HostLimits;

/// Whether what the media server shows is saved before a picture of ours takes its place for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveFirst {
    /// In installations that began without artwork.
    #[default]
    Auto,
    On,
    Off,
}

impl SaveFirst {
    /// Its word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// Where others are, and how long they may take.
#[derive(Clone, Debug)]
pub struct Network {
    pub http: HttpSettings,
    pub limits: HostLimits,
    pub tmdb_url: String,
    pub tmdb_image_url: String,
    pub tvdb_url: String,
    pub fanart_url: String,
    /// Whether an item on Plex loses the label by which Kometa knows its own overlay, when it gets a picture from us.
    pub drop_overlay_label: bool,
    /// Whether what the media server shows is saved before it is replaced for the first time.
    pub save_first: SaveFirst,
    /// Whether collections get posters, too.
    pub collections: bool,
    /// A folder with pictures that somebody has picked by hand.
    pub sets: Option<PathBuf>,
    /// In a container, messages go where `AppriseUrl` says.
    pub container: bool,
}

impl Network {
    /// A client for a run; one is enough.
    pub(super) fn client(&self) -> Client {
        Client::new(&self.http, self.limits)
    }
}
