//! One row of an export: what is stored, by which key, and how it is shown.

use posterizarr_base::media_exports::ExportKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::store::Record;

/// A movie, a show or a season, as a media server had it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRow {
    /// Counts up; a row that is exported again gets a new one.
    pub id: u64,
    /// The export it was in last, by the local time of its import.
    pub run_timestamp: String,
    /// When it was imported, in local time.
    pub created_at: String,
    /// The same, unless an older database says otherwise.
    pub updated_at: String,
    /// The values of its columns.
    pub values: Vec<String>,
}

impl Record for ExportRow {
    const TABLE: &'static str = "exports";
    const VERSION: u8 = 1;
}

impl ExportRow {
    /// The value of a column; empty where the row is older than the column.
    pub fn value(&self, kind: ExportKind, column: &str) -> &str {
        let place = kind.place(column).and_then(|place| self.values.get(place));
        place.map_or("", String::as_str)
    }

    /// The key in the store. The library is part of it, so that what two libraries share is in both; where the server gave
    /// no key, all that names the item takes its place.
    pub fn key(&self, kind: ExportKind) -> Vec<u8> {
        const NAMES: [&str; 7] = ["title", "year", "path", "root_foldername", "tvdbid", "imdbid", "tmdbid"];
        const SEASON: [&str; 5] = ["show_name", "season_number", "tvdbid", "imdbid", "tmdbid"];
        let [_, own_key] = kind.needs();
        let named: &[&str] = match (kind.is_library(), self.value(kind, own_key).is_empty()) {
            (true, false) => &[own_key],
            (true, true) => &NAMES,
            (false, _) => &SEASON,
        };
        let mut hash = Sha256::new();
        for column in std::iter::once(&"library_name").chain(named) {
            let value = self.value(kind, column);
            hash.update(column.as_bytes());
            hash.update((value.len() as u64).to_be_bytes());
            hash.update(value.as_bytes());
        }
        std::iter::once(kind as u8).chain(hash.finalize().into_iter().take(16)).collect()
    }

    /// The row as upstream's API shows it.
    pub fn shown(self, kind: ExportKind) -> Value {
        let mut shown = Map::new();
        shown.insert("id".to_owned(), self.id.into());
        shown.insert("run_timestamp".to_owned(), self.run_timestamp.into());
        let values = self.values.into_iter().chain(std::iter::repeat(String::new()));
        let columns = kind.columns().iter().zip(values);
        shown.extend(columns.map(|(column, value)| (column.name.to_owned(), value.into())));
        shown.insert("created_at".to_owned(), self.created_at.into());
        shown.insert("updated_at".to_owned(), self.updated_at.into());
        Value::Object(shown)
    }

    /// How many episodes a season has.
    pub fn episode_count(&self, kind: ExportKind) -> usize {
        let episodes = self.value(kind, "episodes");
        if episodes.is_empty() { 0 } else { episodes.matches(',').count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movie(values: &[(&str, &str)]) -> ExportRow {
        let kind = ExportKind::PlexLibrary;
        let mut row = ExportRow { values: vec![String::new(); kind.columns().len()], ..ExportRow::default() };
        for (column, value) in values {
            row.values[kind.place(column).unwrap()] = (*value).to_owned();
        }
        row
    }

    #[test]
    fn libraries_are_kept_apart_and_items_without_a_key_too() {
        let key = |values: &[(&str, &str)]| movie(values).key(ExportKind::PlexLibrary);
        let heat = key(&[("library_name", "Movies"), ("rating_key", "101"), ("title", "Heat")]);
        assert_eq!(heat, key(&[("library_name", "Movies"), ("rating_key", "101"), ("title", "Heat (1995)")]));
        assert_ne!(heat, key(&[("library_name", "4K Movies"), ("rating_key", "101"), ("title", "Heat")]));
        assert_ne!(key(&[("title", "Heat")]), key(&[("title", "Ronin")]));
        assert_ne!(key(&[("title", "Heat"), ("year", "1986")]), key(&[("title", "Heat"), ("year", "1995")]));
        assert_eq!(heat.len(), 17);
    }

    #[test]
    fn a_row_is_shown_with_upstreams_columns_in_upstreams_order() {
        let row = ExportRow { id: 4, run_timestamp: "now".into(), values: vec!["Dark".into()], ..ExportRow::default() };
        let shown = row.shown(ExportKind::PlexEpisodes);
        let columns: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            columns,
            [
                "id",
                "run_timestamp",
                "show_name",
                "type",
                "tvdbid",
                "tmdbid",
                "library_name",
                "season_number",
                "episodes",
                "title",
                "rating_keys",
                "plex_titlecard_urls",
                "resolutions",
                "created_at",
                "updated_at"
            ]
        );
        assert_eq!((&shown["show_name"], &shown["resolutions"]), (&"Dark".into(), &"".into()));
    }

    #[test]
    fn the_episodes_of_a_season_are_counted_by_their_commas() {
        let season = |episodes: &str| {
            let mut row = ExportRow { values: vec![String::new(); 11], ..ExportRow::default() };
            row.values[ExportKind::PlexEpisodes.place("episodes").unwrap()] = episodes.into();
            row.episode_count(ExportKind::PlexEpisodes)
        };
        assert_eq!((season(""), season("7"), season("1,2,3")), (0, 1, 3));
    }
}
