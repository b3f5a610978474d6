//! What Jellyfin and Emby answer, as far as it is read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::streams::Stream;
use crate::facts::{Facts, ShowStatus, edition_in, tenths};
use crate::model::{Art, Collection, Episode, Ids, Item, ItemKind, Library, Season};
use crate::servers::wire::{decimal, optional, text};
use posterizarr_base::servers::Dialect;

#[derive(Deserialize)]
pub(super) struct Listing {
    #[serde(rename = "Items", default)]
    pub(super) items: Vec<Entry>,
    #[serde(rename = "TotalRecordCount", default)]
    pub(super) total: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Folder {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    collection_type: String,
    #[serde(default, deserialize_with = "text")]
    item_id: String,
    #[serde(default)]
    locations: Vec<String>,
    #[serde(default)]
    library_options: Option<Options>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Options {
    path_infos: Vec<PathInfo>,
    #[serde(deserialize_with = "text")]
    preferred_metadata_language: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PathInfo {
    #[serde(deserialize_with = "text")]
    path: String,
    #[serde(deserialize_with = "optional")]
    network_path: Option<String>,
}

impl Folder {
    /// The library, if it holds movies or shows.
    pub(super) fn library(self, dialect: Dialect) -> Option<Library> {
        let kind = match self.collection_type.as_str() {
            "movies" => ItemKind::Movie,
            "tvshows" => ItemKind::Show,
            _ => return None,
        };
        let options = self.library_options.unwrap_or_default();
        // Emby gives items the network path of their folder, where it has one.
        let network = |location: &String| {
            let info = options.path_infos.iter().find(|info| info.path == *location);
            info.and_then(|info| info.network_path.clone()).filter(|_| dialect == Dialect::Emby)
        };
        let roots = self.locations.iter().map(|location| network(location).unwrap_or_else(|| location.clone()));
        Some(Library {
            id: self.item_id,
            name: self.name,
            kind,
            roots: roots.collect(),
            language: options.preferred_metadata_language,
        })
    }

    /// The library, if it holds collections. Most of these are of movies.
    pub(super) fn of_collections(self) -> Option<Library> {
        let is_one = self.collection_type == "boxsets";
        is_one.then(|| Library { id: self.item_id, name: self.name, ..unnamed_collections() })
    }
}

/// The library of collections where the server does not tell of one: it makes it by itself, under this name.
pub(super) fn unnamed_collections() -> Library {
    Library {
        id: String::new(),
        name: "Collections".to_owned(),
        kind: ItemKind::Movie,
        language: String::new(),
        roots: Vec::new(),
    }
}

/// A movie, show, season or episode.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    id: String,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "optional")]
    original_title: Option<String>,
    #[serde(rename = "Type")]
    kind: String,
    #[serde(deserialize_with = "optional")]
    path: Option<String>,
    production_year: Option<u32>,
    provider_ids: Option<HashMap<String, Option<String>>>,
    tags: Option<Vec<String>>,
    width: Option<u32>,
    image_tags: Option<HashMap<String, String>>,
    backdrop_image_tags: Option<Vec<String>>,
    index_number: Option<u32>,
    #[serde(deserialize_with = "optional")]
    series_id: Option<String>,
    #[serde(deserialize_with = "optional")]
    season_id: Option<String>,
    #[serde(deserialize_with = "text")]
    location_type: String,
    media_streams: Option<Vec<Stream>>,
    #[serde(deserialize_with = "decimal")]
    community_rating: Option<f64>,
    #[serde(deserialize_with = "decimal")]
    critic_rating: Option<f64>,
    #[serde(deserialize_with = "optional")]
    official_rating: Option<String>,
    #[serde(deserialize_with = "text")]
    status: String,
    #[serde(deserialize_with = "text")]
    date_created: String,
    user_data: Option<UserData>,
}

/// What the user has done with an item.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct UserData {
    played: bool,
}

/// Somebody with an account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct User {
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    policy: Policy,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Policy {
    is_administrator: bool,
}

/// Emby has the list in an object.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Users {
    Bare(Vec<User>),
    Listed {
        #[serde(rename = "Items")]
        items: Vec<User>,
    },
}

impl Users {
    pub(super) fn into_vec(self) -> Vec<User> {
        match self {
            Self::Bare(users) | Self::Listed { items: users } => users,
        }
    }
}

impl User {
    pub(super) fn is_administrator(&self) -> bool {
        self.policy.is_administrator
    }
}

impl Entry {
    fn art(&self) -> Art {
        let tag = |name: &str| self.image_tags.as_ref().and_then(|tags| tags.get(name).cloned());
        let background = self.backdrop_image_tags.as_ref().and_then(|tags| tags.first().cloned());
        Art { poster: tag("Primary"), background, thumb: tag("Thumb"), logo: tag("Logo") }
    }

    fn resolution(&self) -> Option<String> {
        let name = by_width(self.width?)?;
        if name != "4K" {
            return Some(name.to_owned());
        }
        let video =
            self.media_streams.as_ref().and_then(|streams| streams.iter().find(|stream| stream.kind == "Video"));
        Some(video.map_or("4K", Stream::name_of_4k).to_owned())
    }

    fn facts(&self) -> Box<Facts> {
        let percent = |rating: f64| (rating > 0.0 && rating <= 100.0).then(|| rating.round() as u8);
        let mut facts = Facts {
            resolution: self.width.and_then(by_width).map(str::to_owned),
            critic_rating: self.critic_rating.and_then(percent),
            audience_rating: self.community_rating.and_then(tenths),
            age_rating: self.official_rating.clone(),
            status: ShowStatus::of(&self.status),
            edition: self.path.as_deref().and_then(edition_in),
            added: self.added(),
            ..Facts::default()
        };
        self.media_streams.iter().flatten().for_each(|stream| stream.tell(&mut facts));
        Box::new(facts)
    }

    fn added(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(&self.date_created).ok().map(|added| added.to_utc())
    }

    /// Its id, if the user whose listing it is has watched it.
    pub(super) fn watched(self) -> Option<String> {
        self.user_data.is_some_and(|data| data.played).then_some(self.id)
    }

    fn ids(&self) -> Ids {
        let mut ids = Ids::default();
        for (name, id) in self.provider_ids.iter().flatten() {
            ids.take(name, id.as_deref().unwrap_or_default());
        }
        ids
    }

    pub(super) fn collection(self) -> Option<Collection> {
        if self.kind != "BoxSet" {
            return None;
        }
        let (art, ids) = (self.art(), self.ids());
        Some(Collection { id: self.id, title: self.name, ids, labels: self.tags.unwrap_or_default(), art })
    }

    /// Something that is only known to be missing.
    fn is_there(&self) -> bool {
        self.location_type != "Virtual"
    }

    /// The movie or show, with its facts where they are wanted.
    pub(super) fn item(self, with_facts: bool) -> Option<Item> {
        let kind = match self.kind.as_str() {
            "Movie" => ItemKind::Movie,
            "Series" => ItemKind::Show,
            _ => return None,
        };
        let (art, ids, resolution) = (self.art(), self.ids(), self.resolution());
        let facts = with_facts.then(|| self.facts());
        Some(Item {
            id: self.id,
            library: String::new(),
            kind,
            title: self.name,
            original_title: self.original_title,
            year: self.production_year,
            ids,
            path: self.path,
            files: 1,
            labels: self.tags.unwrap_or_default(),
            resolution,
            facts,
            art,
            seasons: Vec::new(),
        })
    }

    /// The id of its show, and the season.
    pub(super) fn season(self) -> Option<(String, Season)> {
        if self.kind != "Season" || !self.is_there() {
            return None;
        }
        let (art, number, added) = (self.art(), self.index_number?, self.added());
        Some((self.series_id?, Season { id: self.id, number, title: self.name, added, art, episodes: Vec::new() }))
    }

    /// The id of its season, and the episode, with its facts where they are wanted. A file with several counts as the first.
    pub(super) fn episode(self, with_facts: bool) -> Option<(String, Episode)> {
        if self.kind != "Episode" || !self.is_there() {
            return None;
        }
        let (art, resolution, number) = (self.art(), self.resolution(), self.index_number?);
        let facts = with_facts.then(|| self.facts());
        let (id, title, watched) = (self.id, self.name, false);
        Some((self.season_id?, Episode { id, number, title, resolution, facts, watched, art }))
    }
}

fn by_width(width: u32) -> Option<&'static str> {
    const NAMES: [(u32, &str); 9] = [
        (7680, "8K"),
        (5120, "5K"),
        (3840, "4K"),
        (2560, "1440p"),
        (1920, "1080p"),
        (1280, "720p"),
        (854, "480p"),
        (640, "360p"),
        (426, "240p"),
    ];
    NAMES.iter().find(|(least, _)| width >= *least).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn resolutions_go_by_width_and_range_of_light() {
        let named = |width: u32, range: &str| {
            let stream = json!({"Type": "Video", "VideoRangeType": range});
            let entry: Entry = serde_json::from_value(json!({"Width": width, "MediaStreams": [stream]})).unwrap();
            entry.resolution()
        };
        for (width, range, name) in [
            (1920, "HDR10", "1080p"),
            (3840, "SDR", "4K"),
            (3840, "HDR10Plus", "4K HDR10"),
            (4096, "DOVI", "4K DoVi"),
            (3840, "DOVIWithHDR10", "4K DoVi/HDR10"),
            (3840, "DOVIWithEL", "4K DoVi/HDR10"),
        ] {
            assert_eq!(named(width, range).as_deref(), Some(name), "{range}");
        }
        assert_eq!(named(100, ""), None);
    }
}
