//! The names that assets have on disk, for those who write them and for those who look for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The size of posters in pixels, width and height; it cannot be chosen.
pub const PORTRAIT: (u32, u32) = (2000, 3000);
/// The size of backgrounds and title cards.
pub const LANDSCAPE: (u32, u32) = (3840, 2160);

/// The kinds of artwork.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArtworkKind {
    Poster,
    Season,
    Background,
    TitleCard,
    Collection,
}

impl ArtworkKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Poster, Self::Season, Self::Background, Self::TitleCard, Self::Collection];

    /// What it is called in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poster => "poster",
            Self::Season => "season poster",
            Self::Background => "background",
            Self::TitleCard => "title card",
            Self::Collection => "collection poster",
        }
    }

    /// Its name in files that programs read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Poster => "poster",
            Self::Season => "season",
            Self::Background => "background",
            Self::TitleCard => "title_card",
            Self::Collection => "collection",
        }
    }

    /// Its size in pixels.
    pub fn canvas(self) -> (u32, u32) {
        match self {
            Self::Poster | Self::Season | Self::Collection => PORTRAIT,
            Self::Background | Self::TitleCard => LANDSCAPE,
        }
    }

    /// Whether a logo may stand in the place of a title on it.
    pub fn has_logos(self) -> bool {
        matches!(self, Self::Poster | Self::Season | Self::Background)
    }
}

/// One of the folders that are indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// Finished assets (`AssetPath`).
    Assets,
    /// The user's own assets (`ManualAssetPath`).
    Manual,
    /// What the media servers showed, saved (`BackupPath`).
    Backup,
}

impl Root {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Assets, Self::Manual, Self::Backup];

    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::Manual => "manual",
            Self::Backup => "backup",
        }
    }
}

/// The folder of collections, below the asset folder; with library folders, their libraries are below it.
pub const COLLECTIONS: &str = "Collections";

/// A collection's name as that of its folder: without what file systems and patterns give a meaning.
pub fn collection_folder(name: &str) -> String {
    name.replace(['\\', '/', ':', '*', '?', '"', '<', '>', '|', '[', ']', '{', '}'], "_")
}

/// The number of a season by its name: the number at its end, 0 for specials.
pub fn season_number(name: &str) -> Option<u32> {
    const SPECIALS: [&str; 4] = ["specials", "extras", "spéciaux", "speciaux"];
    let name = name.trim().to_lowercase();
    if SPECIALS.contains(&name.as_str()) {
        return Some(0);
    }
    let digits = name.trim_end_matches(|character: char| character.is_ascii_digit()).len();
    name.get(digits..)?.parse().ok().filter(|number| *number < 10_000)
}

/// The name of a season's poster, without extension: `Season01`.
pub fn season_stem(number: u32) -> String {
    format!("Season{number:02}")
}

/// The season whose poster has this name without extension, in any letter case.
pub fn season_of_stem(stem: &str) -> Option<u32> {
    let (word, number) = stem.split_at_checked("Season".len())?;
    number_of(number).filter(|_| word.eq_ignore_ascii_case("Season"))
}

fn number_of(digits: &str) -> Option<u32> {
    // Without the sign that parsing a number allows.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// An episode's place in its show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    pub season: u32,
    pub episode: u32,
}

impl Episode {
    /// `S01E02`.
    pub fn code(self) -> String {
        episode_stem(self.season, self.episode)
    }

    /// The place that a code such as `S01E02` tells, in any letter case.
    pub fn of_code(code: &str) -> Option<Self> {
        let (season, episode) = code.strip_prefix(['S', 's'])?.split_once(['E', 'e'])?;
        Some(Self { season: number_of(season)?, episode: number_of(episode)? })
    }
}

/// The name of an episode's title card, without extension: `S01E02`.
pub fn episode_stem(season: u32, episode: u32) -> String {
    format!("S{season:02}E{episode:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_are_numbered_by_their_names() {
        for (name, number) in [
            ("Season 1", 1),
            ("Staffel 12", 12),
            ("3", 3),
            ("Specials", 0),
            ("SPÉCIAUX", 0),
            ("Season 00", 0),
            ("Season 123", 123),
        ] {
            assert_eq!(season_number(name), Some(number), "{name}");
        }
        assert_eq!((season_number("One"), season_number(""), season_number("Season 99999999999")), (None, None, None));
    }

    #[test]
    fn names_of_seasons_and_episodes_are_read_as_they_are_written() {
        for (season, episode) in [(0, 0), (1, 2), (9, 10), (123, 4567)] {
            let place = Episode { season, episode };
            for code in [place.code(), place.code().to_lowercase()] {
                assert_eq!(Episode::of_code(&code), Some(place), "{code}");
            }
            assert_eq!(season_of_stem(&season_stem(season)), Some(season));
            assert_eq!(season_of_stem(&season_stem(season).to_uppercase()), Some(season));
        }
        for other in ["", "S", "SE", "S1E", "SE1", "S+1E2", "S1E2x", "Special", "XS01E02", "S99999999999E1", "Sé1E2"] {
            assert_eq!(Episode::of_code(other), None, "{other}");
        }
        for other in ["", "Season", "Season 1", "Season+1", "Seasons1", "Sai\u{e9}on1", "1"] {
            assert_eq!(season_of_stem(other), None, "{other}");
        }
    }

    #[test]
    fn a_collections_folder_is_a_single_name() {
        assert_eq!(collection_folder("Mission: Impossible"), "Mission_ Impossible");
        assert_eq!(collection_folder("V/H/S [REC]? {x}"), "V_H_S _REC__ _x_");
        assert_eq!(collection_folder("Saga"), "Saga");
    }
}
