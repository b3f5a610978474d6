//! Libraries and what is in them, the same for every media server.

pub use posterizarr_base::items::{Ids, ItemKind};

use chrono::{DateTime, Utc};

use crate::facts::Facts;

/// A library of movies or of shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The server's key or id.
    pub id: String,
    pub name: String,
    pub kind: ItemKind,
    /// As the server writes it, such as `en` or `en-US`.
    pub language: String,
    /// The folders of the library, as the server sees them.
    pub roots: Vec<String>,
}

/// What a library has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub items: Vec<Item>,
    /// Whether the server gave everything that it says it has. Only then is it known what it has not.
    pub complete: bool,
}

/// Where a server's own pictures of an item are: a path on Plex, an image tag on Jellyfin and Emby.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Art {
    pub poster: Option<String>,
    pub background: Option<String>,
    /// Only a season's or an episode's poster on Jellyfin and Emby has one: a wide picture.
    pub thumb: Option<String>,
    /// The title as a picture, of a movie or a show.
    pub logo: Option<String>,
}

/// A movie or a show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The server's key or id.
    pub id: String,
    /// The [`Library::id`] of its library; empty where the server does not tell.
    pub library: String,
    pub kind: ItemKind,
    pub title: String,
    pub original_title: Option<String>,
    pub year: Option<u32>,
    pub ids: Ids,
    /// A movie's (first) file, a show's folder.
    pub path: Option<String>,
    /// How many files a movie has.
    pub files: usize,
    /// Labels on Plex, tags on Jellyfin and Emby.
    pub labels: Vec<String>,
    /// Such as `4K DoVi/HDR10` or `1080p`.
    pub resolution: Option<String>,
    /// None where nobody asked for them.
    pub facts: Option<Box<Facts>>,
    pub art: Art,
    /// In the server's order; empty for movies, and where nobody asked for them.
    pub seasons: Vec<Season>,
}

/// Items that belong together, as the server's users have put them together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// The server's key or id.
    pub id: String,
    pub title: String,
    /// Those of the collection itself, where the server tells them.
    pub ids: Ids,
    /// Labels on Plex, tags on Jellyfin and Emby.
    pub labels: Vec<String>,
    pub art: Art,
}

/// A season of a show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Season {
    pub id: String,
    /// 0 is specials.
    pub number: u32,
    pub title: String,
    /// When the server got it; none where nobody asked.
    pub added: Option<DateTime<Utc>>,
    pub art: Art,
    pub episodes: Vec<Episode>,
}

/// An episode of a season.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    pub id: String,
    pub number: u32,
    pub title: String,
    /// Such as `1080p` or `4K`.
    pub resolution: Option<String>,
    /// None where nobody asked for them.
    pub facts: Option<Box<Facts>>,
    /// Whether the one whose account it is has seen it; false where nobody asked.
    pub watched: bool,
    pub art: Art,
}
