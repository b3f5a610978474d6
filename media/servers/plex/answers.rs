//! What Plex answers, as far as it is read.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::media::Media;
use crate::facts::{Facts, edition_in, tenths};
use crate::model::{Art, Collection, Episode, Ids, Item, ItemKind, Library, Season};
use crate::servers::wire::{decimal, number, optional, text};

#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(rename = "MediaContainer")]
    pub(super) container: Container,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Container {
    #[serde(rename = "totalSize", deserialize_with = "number")]
    pub(super) total: Option<u32>,
    #[serde(rename = "Metadata")]
    pub(super) metadata: Vec<Metadata>,
    #[serde(rename = "Directory")]
    pub(super) directories: Vec<Directory>,
    #[serde(rename = "librarySectionID", deserialize_with = "optional")]
    _section: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Directory {
    #[serde(deserialize_with = "text")]
    key: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(deserialize_with = "text")]
    language: String,
    #[serde(rename = "Location")]
    locations: Vec<Location>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location {
    path: String,
}

/// A movie, show, season or episode.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    #[serde(rename = "ratingKey", deserialize_with = "optional")]
    pub(super) rating_key: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(rename = "parentRatingKey", deserialize_with = "optional")]
    parent: Option<String>,
    #[serde(rename = "librarySectionID", deserialize_with = "text")]
    section: String,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(rename = "originalTitle", deserialize_with = "optional")]
    original_title: Option<String>,
    #[serde(deserialize_with = "number")]
    year: Option<u32>,
    #[serde(deserialize_with = "number")]
    index: Option<u32>,
    #[serde(deserialize_with = "optional")]
    thumb: Option<String>,
    #[serde(deserialize_with = "optional")]
    art: Option<String>,
    #[serde(rename = "Guid")]
    guids: Vec<Guid>,
    #[serde(rename = "Label")]
    labels: Vec<Label>,
    #[serde(rename = "Location")]
    locations: Vec<Location>,
    #[serde(rename = "Media")]
    media: Vec<Media>,
    #[serde(rename = "Image")]
    images: Vec<Image>,
    /// That of critics, from 0 to 10.
    #[serde(deserialize_with = "decimal")]
    rating: Option<f64>,
    #[serde(rename = "audienceRating", deserialize_with = "decimal")]
    audience_rating: Option<f64>,
    #[serde(rename = "contentRating", deserialize_with = "optional")]
    age_rating: Option<String>,
    #[serde(rename = "editionTitle", deserialize_with = "optional")]
    edition: Option<String>,
    /// In seconds since 1970.
    #[serde(rename = "addedAt", deserialize_with = "number")]
    added: Option<u32>,
    #[serde(rename = "viewCount", deserialize_with = "number")]
    views: Option<u32>,
}

/// A picture that is shown with the item.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Image {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "optional")]
    url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Guid {
    id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Label {
    #[serde(deserialize_with = "text")]
    tag: String,
}

fn kind(word: &str) -> Option<ItemKind> {
    match word {
        "movie" => Some(ItemKind::Movie),
        "show" => Some(ItemKind::Show),
        _ => None,
    }
}

impl Directory {
    /// The library, if it holds movies or shows.
    pub(super) fn library(self) -> Option<Library> {
        Some(Library {
            kind: kind(&self.kind)?,
            id: self.key,
            name: self.title,
            language: self.language,
            roots: self.locations.into_iter().map(|location| location.path).collect(),
        })
    }
}

impl Metadata {
    fn facts(&self) -> Box<Facts> {
        let file = || self.media.iter().flat_map(|media| &media.parts).find_map(|part| part.file.as_deref());
        Box::new(Facts {
            critic_rating: self.rating.and_then(tenths),
            audience_rating: self.audience_rating.and_then(tenths),
            age_rating: self.age_rating.clone(),
            edition: self.edition.clone().or_else(|| edition_in(file()?)),
            added: self.added(),
            ..Media::facts(&self.media)
        })
    }

    fn added(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.added?.into(), 0)
    }

    /// The movie or show, with its facts where they are wanted.
    pub(super) fn item(self, with_facts: bool) -> Option<Item> {
        let kind = kind(&self.kind)?;
        let (facts, ids) = (with_facts.then(|| self.facts()), self.ids());
        let resolution = Media::video_title(&self.media);
        let logo = self.images.into_iter().find(|image| image.kind == "clearLogo").and_then(|image| image.url);
        let mut files = self.media.iter().flat_map(|media| &media.parts).filter_map(|part| part.file.clone());
        let first = files.next();
        let path = match kind {
            ItemKind::Movie => first,
            ItemKind::Show => self.locations.into_iter().next().map(|location| location.path),
        };
        Some(Item {
            id: self.rating_key?,
            library: self.section,
            kind,
            title: self.title,
            original_title: self.original_title,
            year: self.year,
            ids,
            path,
            files: 1 + files.count(),
            labels: self.labels.into_iter().map(|label| label.tag).collect(),
            resolution,
            facts,
            art: Art { poster: self.thumb, background: self.art, thumb: None, logo },
            seasons: Vec::new(),
        })
    }

    pub(super) fn collection(self) -> Option<Collection> {
        if self.kind != "collection" {
            return None;
        }
        let ids = self.ids();
        Some(Collection {
            id: self.rating_key?,
            title: self.title,
            ids,
            labels: self.labels.into_iter().map(|label| label.tag).collect(),
            art: Art { poster: self.thumb, background: self.art, ..Art::default() },
        })
    }

    fn ids(&self) -> Ids {
        let mut ids = Ids::default();
        for (name, id) in self.guids.iter().filter_map(|guid| guid.id.split_once("://")) {
            ids.take(name, id);
        }
        ids
    }

    /// The season; the entry for all episodes is none.
    pub(super) fn season(self) -> Option<Season> {
        if self.kind != "season" {
            return None;
        }
        let added = self.added();
        Some(Season {
            id: self.rating_key?,
            number: self.index?,
            title: self.title,
            added,
            art: Art { poster: self.thumb, ..Art::default() },
            episodes: Vec::new(),
        })
    }

    /// The key of its season, and the episode, with its facts where they are wanted.
    pub(super) fn episode(self, with_facts: bool) -> Option<(String, Episode)> {
        if self.kind != "episode" {
            return None;
        }
        let facts = with_facts.then(|| self.facts());
        let episode = Episode {
            id: self.rating_key?,
            number: self.index?,
            title: self.title,
            resolution: self.media.first().and_then(Media::resolution),
            facts,
            watched: self.views.is_some_and(|views| views > 0),
            art: Art { poster: self.thumb, ..Art::default() },
        };
        Some((self.parent?, episode))
    }
}
