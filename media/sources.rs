//! The providers of artwork: what each has for a movie, a show, a season or an episode.
//!
//! A source knows its provider's addresses, keys and answers, and nothing of preferences: it gives every picture it was told
//! of, in the provider's order of quality where the provider has one order, and the page on which a user may look.

pub mod fanart;
pub mod languages;
pub mod offers;
pub mod tmdb;
pub mod tvdb;

use posterizarr_base::artwork::{AssetName, Episode};

use crate::model::{Ids, ItemKind};

/// A picture that a provider has.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub url: String,
    /// Two letters where the language has them; none for a picture without text.
    pub language: Option<String>,
    /// 0 where the provider does not tell.
    pub width: u32,
    pub height: u32,
    /// Votes, score or likes: more is better.
    pub rating: f64,
    /// How many have voted (TMDB).
    pub votes: u32,
}

/// What a provider has for one asset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub pictures: Vec<Picture>,
    /// The page for this asset; none where the provider does not know it.
    pub page: Option<String>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Poster,
    Background,
    /// The title as a picture.
    Logo,
    /// The same with a figure beside it.
    ClearArt,
    Season(u32),
    Episode {
        season: u32,
        episode: u32,
    },
}

impl Subject {
    /// The name of its asset; none for what is a part of others.
    pub fn asset_name(self) -> Option<AssetName> {
        match self {
            Self::Poster => Some(AssetName::Poster),
            Self::Background => Some(AssetName::Background),
            Self::Season(number) => Some(AssetName::Season(number)),
            Self::Episode { season, episode } => Some(AssetName::Episode(Episode { season, episode })),
            Self::Logo | Self::ClearArt => None,
        }
    }
}

impl From<AssetName> for Subject {
    fn from(name: AssetName) -> Self {
        match name {
            AssetName::Poster => Self::Poster,
            AssetName::Background => Self::Background,
            AssetName::Season(number) => Self::Season(number),
            AssetName::Episode(Episode { season, episode }) => Self::Episode { season, episode },
        }
    }
}

/// What a search by name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sought {
    Title(ItemKind),
    /// Several movies together. Only TMDB knows them.
    Collection,
}

/// What a search by name has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The provider's own.
    pub id: String,
    pub name: String,
}

/// Whose artwork is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Title<'a> {
    pub kind: ItemKind,
    pub ids: &'a Ids,
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use crate::http::HttpSettings;
    use crate::service::{Client, HostLimits};

    /// A client for tests against mock servers.
    pub(crate) fn client() -> Client {
        let settings = HttpSettings { timeout: Duration::from_secs(20), allow_private: true };
        Client::new(&settings, HostLimits::default())
    }
}
