//! Whom a media server is asked as, and for what.

use crate::model::ItemKind;

/// Where a server is, and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub url: String,
    pub key: String,
    /// The user by whose playing it is known what was watched, on Jellyfin and Emby; on Plex it is the token's.
    pub viewer: Option<String>,
    /// How many requests it gets at the same time.
    pub in_flight: usize,
}

/// How much of an item is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    pub seasons: bool,
    pub episodes: bool,
    /// Details of the video, where the listing has none by itself.
    pub streams: bool,
    /// What badges tell of movies, shows and seasons.
    pub facts: bool,
    /// What they tell of episodes.
    pub episode_facts: EpisodeFacts,
    /// Whether episodes were watched.
    pub watched: bool,
}

/// How much is wanted to be known of the file of an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EpisodeFacts {
    #[default]
    None,
    /// What a listing tells by itself.
    Listed,
    /// What is known of each track, too. Plex has to be asked for that, once for many episodes.
    Streams,
}

/// Which picture of an item, a season or an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    Poster,
    Background,
    /// The wide preview of Jellyfin and Emby.
    Thumb,
    Logo,
}

/// A picture that a server offers for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered(pub(super) String);

impl Offered {
    /// Whether somebody has uploaded it. The others are the server's own.
    pub fn is_upload(&self) -> bool {
        self.0.starts_with("upload://")
    }
}

/// What a label is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labelled {
    Item(ItemKind),
    Season,
    Episode,
}

/// The type of a picture by its first bytes.
pub(super) fn content_type(file: &[u8]) -> &'static str {
    match file {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'B', b'M', ..] => "image/bmp",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => "image/jpeg",
    }
}
