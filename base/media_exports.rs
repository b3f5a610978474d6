//! What the media servers have, in the script's four tables: their files and columns, written by the engine and read by the daemon.
//!
//! A column goes by its name in the old database and the API; the script's header of it stands here alone.

mod reader;
mod writer;

pub use reader::Rows;
pub use writer::{Cells, write};

use serde::Serialize;

/// Whose libraries were exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFamily {
    Plex,
    /// Jellyfin or Emby.
    Other,
}

/// One of the four exports. The number is the first byte of its keys in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExportKind {
    /// Movies and shows of Plex.
    PlexLibrary = 1,
    /// Seasons of Plex.
    PlexEpisodes = 2,
    /// Movies and shows of Jellyfin or Emby.
    OtherLibrary = 3,
    /// Seasons of Jellyfin or Emby.
    OtherEpisodes = 4,
}

/// A column: its name in the old database and the API, and in the files.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The name in answers.
    pub name: &'static str,
    /// The name in the file's header. Where there are more, the first that is there counts.
    pub headers: &'static [&'static str],
}

macro_rules! columns {
    ($($name:literal: $($header:literal)|+;)*) => {
        &[$(Column { name: $name, headers: &[$($header),+] }),*]
    };
}

const PLEX_LIBRARY: &[Column] = columns! {
    "library_name": "Library Name";
    "library_type": "Library Type";
    "library_language": "Library Language";
    "title": "title";
    "resolution": "Resolution";
    "original_title": "originalTitle";
    "season_names": "SeasonNames";
    "season_numbers": "SeasonNumbers";
    "season_rating_keys": "SeasonRatingKeys";
    "year": "year";
    "tvdbid": "tvdbid";
    "imdbid": "imdbid";
    "tmdbid": "tmdbid";
    "rating_key": "ratingKey";
    "path": "Path";
    "root_foldername": "RootFoldername";
    "extra_folder": "extraFolder";
    "multiple_versions": "MultipleVersions";
    "plex_poster_url": "PlexPosterUrl";
    "plex_background_url": "PlexBackgroundUrl";
    "plex_season_urls": "PlexSeasonUrls";
    "labels": "Labels";
};

const PLEX_EPISODES: &[Column] = columns! {
    "show_name": "Show Name";
    "type": "Type";
    "tvdbid": "tvdbid";
    "tmdbid": "tmdbid";
    "library_name": "Library Name";
    "season_number": "Season Number";
    "episodes": "Episodes";
    "title": "Title";
    "rating_keys": "RatingKeys";
    "plex_titlecard_urls": "PlexTitleCardUrls";
    "resolutions": "Resolutions";
};

const OTHER_LIBRARY: &[Column] = columns! {
    "library_name": "Library Name";
    "library_type": "Library Type";
    "library_language": "Library Language";
    "media_id": "Id";
    "title": "title";
    "original_title": "originalTitle";
    "year": "year";
    "resolution": "Resolution";
    "imdbid": "imdbid";
    "tmdbid": "tmdbid";
    "tvdbid": "tvdbid";
    "path": "Path";
    "root_foldername": "RootFoldername";
    "extra_folder": "extraFolder";
    "other_media_poster_url": "OtherMediaServerPosterUrl";
    "other_media_background_url": "OtherMediaServerBackgroundUrl";
    "labels": "Labels";
};

// The script's names come first; upstream's importer looks for others that no file has.
const OTHER_EPISODES: &[Column] = columns! {
    "show_name": "Show Name";
    "type": "type" | "Type";
    "tvdbid": "tvdbid";
    "tmdbid": "tmdbid";
    "imdbid": "imdbid";
    "library_name": "Library Name";
    "season_number": "Season Number";
    "episodes": "Episodes";
    "title": "Title";
    "rating_keys": "EpisodeIds" | "RatingKeys";
    "other_media_titlecard_urls": "OtherMediaServerTitleCardTag" | "OtherMediaServerTitleCardUrls";
    "resolutions": "Resolutions";
};
/// Columns of the file that are not kept.
const OTHER_EPISODES_BESIDES: &[Column] = columns! {
    "show_original_name": "Show Original Name";
    "library_language": "Library Language";
    "show_id": "ShowID";
    "season_id": "SeasonId";
    "season_name": "SeasonName";
    "other_media_season_tag": "OtherMediaServerSeasonTag";
};
/// The columns of the file, in its order.
const OTHER_EPISODES_WRITTEN: [&str; 18] = [
    "library_name",
    "show_name",
    "show_original_name",
    "library_language",
    "show_id",
    "season_id",
    "rating_keys",
    "resolutions",
    "tvdbid",
    "imdbid",
    "tmdbid",
    "type",
    "season_number",
    "season_name",
    "episodes",
    "title",
    "other_media_titlecard_urls",
    "other_media_season_tag",
];

impl ExportFamily {
    /// Its movies and shows.
    pub fn library(self) -> ExportKind {
        match self {
            Self::Plex => ExportKind::PlexLibrary,
            Self::Other => ExportKind::OtherLibrary,
        }
    }

    /// Its seasons.
    pub fn episodes(self) -> ExportKind {
        match self {
            Self::Plex => ExportKind::PlexEpisodes,
            Self::Other => ExportKind::OtherEpisodes,
        }
    }
}

impl ExportKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::PlexLibrary, Self::PlexEpisodes, Self::OtherLibrary, Self::OtherEpisodes];

    /// Its columns, in the order in which they are stored. New ones go at the end.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::PlexLibrary => PLEX_LIBRARY,
            Self::PlexEpisodes => PLEX_EPISODES,
            Self::OtherLibrary => OTHER_LIBRARY,
            Self::OtherEpisodes => OTHER_EPISODES,
        }
    }

    /// The file that the script writes.
    pub fn file(self) -> &'static str {
        match self {
            Self::PlexLibrary => "PlexLibexport.csv",
            Self::PlexEpisodes => "PlexEpisodeExport.csv",
            Self::OtherLibrary => "OtherMediaServerLibExport.csv",
            Self::OtherEpisodes => "OtherMediaServerEpisodeExport.csv",
        }
    }

    /// The table in the old database.
    pub fn table(self) -> &'static str {
        match self {
            Self::PlexLibrary => "plex_library_export",
            Self::PlexEpisodes => "plex_episode_export",
            Self::OtherLibrary => "other_media_library_export",
            Self::OtherEpisodes => "other_media_episode_export",
        }
    }

    /// Whether its rows are movies and shows, rather than seasons.
    pub fn is_library(self) -> bool {
        matches!(self, Self::PlexLibrary | Self::OtherLibrary)
    }

    /// The columns of which one at least has to be there.
    pub fn needs(self) -> [&'static str; 2] {
        match self {
            Self::PlexLibrary => ["title", "rating_key"],
            Self::OtherLibrary => ["title", "media_id"],
            Self::PlexEpisodes | Self::OtherEpisodes => ["show_name", "season_number"],
        }
    }

    /// The columns that rows are ordered by.
    pub fn order(self) -> &'static [&'static str] {
        match self {
            Self::PlexLibrary => &["title"],
            Self::OtherLibrary => &["library_name", "title"],
            Self::PlexEpisodes | Self::OtherEpisodes => &["show_name", "season_number"],
        }
    }

    /// The place of a column.
    pub fn place(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.name == name)
    }

    /// The names of the file's columns, in its order.
    pub fn written(self) -> Vec<&'static str> {
        match self {
            Self::PlexLibrary | Self::PlexEpisodes | Self::OtherLibrary => {
                self.columns().iter().map(|column| column.name).collect()
            }
            Self::OtherEpisodes => OTHER_EPISODES_WRITTEN.to_vec(),
        }
    }

    /// What is written above a column; `None` where there is none of this name.
    fn header(self, name: &str) -> Option<&'static str> {
        let besides = if self == Self::OtherEpisodes { OTHER_EPISODES_BESIDES } else { &[] };
        let column = self.columns().iter().chain(besides).find(|column| column.name == name)?;
        column.headers.first().copied()
    }

    /// Whether a row of values says anything: the script's empty files have one row of nothing.
    pub fn says_anything(self, values: &[String]) -> bool {
        let is_given =
            |name: &&str| self.place(name).and_then(|place| values.get(place)).is_some_and(|value| !value.is_empty());
        self.needs().iter().any(is_given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_that_is_kept_is_written_and_every_one_that_is_written_has_a_header() {
        for kind in ExportKind::ALL {
            let written = kind.written();
            assert!(kind.columns().iter().all(|column| written.contains(&column.name)), "{kind:?}");
            assert!(written.iter().all(|name| kind.header(name).is_some()), "{kind:?}");
        }
    }
}
