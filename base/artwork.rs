//! The names that assets have on disk, for those who write them and for those who look for them.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A size in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }
}

/// `2000x3000`.
impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}x{}", self.width, self.height)
    }
}

/// Width and height, as decoders give them.
impl From<(u32, u32)> for Size {
    fn from((width, height): (u32, u32)) -> Self {
        Self { width, height }
    }
}

/// The size of posters; it cannot be chosen.
pub const PORTRAIT: Size = Size::new(2000, 3000);
/// The size of backgrounds and title cards.
pub const LANDSCAPE: Size = Size::new(3840, 2160);

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

    /// The kinds that any title may have, by the words that users, clients and the script write.
    pub const WORDS: [(&str, Self); 4] = [
        ("poster", Self::Poster),
        ("season", Self::Season),
        ("background", Self::Background),
        ("titlecard", Self::TitleCard),
    ];

    /// The kind that one of [`ArtworkKind::WORDS`] means, in any letter case; the script takes `episode` for a title card, too.
    pub fn of_word(word: &str) -> Option<Self> {
        let known = Self::WORDS.into_iter().chain([("episode", Self::TitleCard)]);
        known.into_iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, kind)| kind)
    }

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
    pub fn canvas(self) -> Size {
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

/// What an asset is of, as its name without extension tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssetName {
    Poster,
    Background,
    /// The poster of the season with this number.
    Season(u32),
    /// The title card of this episode.
    Episode(Episode),
}

impl AssetName {
    /// Reads `poster`, `background`, `Season01` or `S01E02`, in any letter case; none for any other name.
    pub fn of_stem(stem: &str) -> Option<Self> {
        if stem.eq_ignore_ascii_case("poster") {
            return Some(Self::Poster);
        }
        if stem.eq_ignore_ascii_case("background") {
            return Some(Self::Background);
        }
        season_of_stem(stem).map(Self::Season).or_else(|| Episode::of_code(stem).map(Self::Episode))
    }

    /// The name, without extension.
    pub fn stem(self) -> String {
        match self {
            Self::Poster => "poster".to_owned(),
            Self::Background => "background".to_owned(),
            Self::Season(number) => season_stem(number),
            Self::Episode(episode) => episode.code(),
        }
    }

    /// The kind of artwork; a collection's poster is called like any other.
    pub fn kind(self) -> ArtworkKind {
        match self {
            Self::Poster => ArtworkKind::Poster,
            Self::Background => ArtworkKind::Background,
            Self::Season(_) => ArtworkKind::Season,
            Self::Episode(_) => ArtworkKind::TitleCard,
        }
    }

    /// The numbers of the season and of the episode in it, as far as it is of one.
    pub fn numbers(self) -> (Option<u32>, Option<u32>) {
        match self {
            Self::Poster | Self::Background => (None, None),
            Self::Season(number) => (Some(number), None),
            Self::Episode(Episode { season, episode }) => (Some(season), Some(episode)),
        }
    }
}

/// The season whose poster has this name without extension, in any letter case.
fn season_of_stem(stem: &str) -> Option<u32> {
    let (word, number) = stem.split_at_checked("Season".len())?;
    number_of(number).filter(|_| word.eq_ignore_ascii_case("Season"))
}

fn number_of(digits: &str) -> Option<u32> {
    // Without the sign that parsing a number allows.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// An episode's place in its show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    fn the_name_of_an_asset_is_read_as_it_is_written_and_tells_its_kind() {
        let episode = Episode { season: 1, episode: 2 };
        for (name, stem, kind, numbers) in [
            (AssetName::Poster, "poster", ArtworkKind::Poster, (None, None)),
            (AssetName::Background, "background", ArtworkKind::Background, (None, None)),
            (AssetName::Season(0), "Season00", ArtworkKind::Season, (Some(0), None)),
            (AssetName::Episode(episode), "S01E02", ArtworkKind::TitleCard, (Some(1), Some(2))),
        ] {
            assert_eq!((name.stem().as_str(), name.kind(), name.numbers()), (stem, kind, numbers));
            for written in [stem.to_owned(), stem.to_uppercase(), stem.to_lowercase()] {
                assert_eq!(AssetName::of_stem(&written), Some(name), "{written}");
            }
        }
        for other in ["", "posters", "fanart", "Season", "S01", "Dark_S01E02"] {
            assert_eq!(AssetName::of_stem(other), None, "{other}");
        }
    }

    #[test]
    fn kinds_are_known_by_the_words_of_users_and_of_the_script() {
        for (word, kind) in ArtworkKind::WORDS {
            assert_eq!(
                (ArtworkKind::of_word(word), ArtworkKind::of_word(&word.to_uppercase())),
                (Some(kind), Some(kind))
            );
        }
        assert_eq!(ArtworkKind::of_word("Episode"), Some(ArtworkKind::TitleCard));
        assert_eq!((ArtworkKind::of_word("logo"), ArtworkKind::of_word("")), (None, None));
    }

    #[test]
    fn a_collections_folder_is_a_single_name() {
        assert_eq!(collection_folder("Mission: Impossible"), "Mission_ Impossible");
        assert_eq!(collection_folder("V/H/S [REC]? {x}"), "V_H_S _REC__ _x_");
        assert_eq!(collection_folder("Saga"), "Saga");
    }
}
