//! What the exports add up to: kept in memory, so that statistics cost nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::row::ExportRow;
use crate::servers::library_types::LibraryTypes;
use posterizarr_base::media_exports::ExportKind;

/// Upstream's statistics of one kind of server. What tells of the latest run is absent where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExportStatistics)]
pub struct Statistics {
    /// Imports of which rows are left.
    pub total_runs: usize,
    /// Movies and shows.
    pub total_library_records: usize,
    /// Seasons.
    pub total_episode_records: usize,
    /// The newest import; null where there is none.
    pub latest_run: Option<String>,
    /// Movies and shows of the newest import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_run_library_count: Option<usize>,
    /// Seasons of the newest import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_run_episode_count: Option<usize>,
    /// Episodes in those seasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_run_total_episodes: Option<usize>,
}

/// The sums of one of the four exports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindTally {
    /// By import, oldest first.
    runs: BTreeMap<String, Sums>,
    /// The highest number given.
    pub highest_id: u64,
    /// The type of each library, with the import that said so.
    types: BTreeMap<String, (String, String)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    rows: usize,
    episodes: usize,
}

impl KindTally {
    /// Counts a row.
    pub fn add(&mut self, kind: ExportKind, row: &ExportRow) {
        let sums = self.runs.entry(row.run_timestamp.clone()).or_default();
        sums.rows += 1;
        if kind.is_library() {
            let (library, own) = (row.value(kind, "library_name"), row.value(kind, "library_type"));
            let known = self.types.get(library);
            if !library.is_empty() && !own.is_empty() && known.is_none_or(|(run, _)| *run <= row.run_timestamp) {
                self.types.insert(library.to_owned(), (row.run_timestamp.clone(), own.to_lowercase()));
            }
        } else {
            sums.episodes += row.episode_count(kind);
        }
        self.highest_id = self.highest_id.max(row.id);
    }

    /// The newest import of this table.
    pub fn latest(&self) -> Option<&str> {
        self.runs.last_key_value().map(|(run, _)| run.as_str())
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.runs.values().map(|sums| sums.rows).sum()
    }

    fn of(&self, run: &str) -> Sums {
        self.runs.get(run).copied().unwrap_or_default()
    }
}

/// The imports of a kind of server, newest first.
pub fn runs(library: &KindTally, episodes: &KindTally) -> Vec<String> {
    let mut runs: Vec<_> = library.runs.keys().chain(episodes.runs.keys()).cloned().collect();
    runs.sort_unstable_by(|a, b| b.cmp(a));
    runs.dedup();
    runs
}

/// The statistics of a kind of server.
pub fn statistics(library: &KindTally, episodes: &KindTally) -> Statistics {
    let runs = runs(library, episodes);
    let latest = runs.first();
    let (of_library, of_episodes) = (latest.map(|run| library.of(run)), latest.map(|run| episodes.of(run)));
    Statistics {
        total_runs: runs.len(),
        total_library_records: library.rows(),
        total_episode_records: episodes.rows(),
        latest_run: latest.cloned(),
        latest_run_library_count: of_library.map(|sums| sums.rows),
        latest_run_episode_count: of_episodes.map(|sums| sums.rows),
        latest_run_total_episodes: of_episodes.map(|sums| sums.episodes),
    }
}

/// The type of each library; what Plex says counts before what another server says.
pub fn library_types(plex: &KindTally, other: &KindTally) -> LibraryTypes {
    let types = other.types.iter().chain(&plex.types);
    LibraryTypes(types.map(|(library, (_, kind))| (library.clone(), kind.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: ExportKind, run: &str, values: &[(&str, &str)]) -> ExportRow {
        let mut row = ExportRow { values: vec![String::new(); kind.columns().len()], ..ExportRow::default() };
        run.clone_into(&mut row.run_timestamp);
        for (column, value) in values {
            row.values[kind.place(column).unwrap()] = (*value).to_owned();
        }
        row
    }

    fn tally(kind: ExportKind, rows: &[(&str, &[(&str, &str)])]) -> KindTally {
        let mut tally = KindTally::default();
        rows.iter().for_each(|(run, values)| tally.add(kind, &row(kind, run, values)));
        tally
    }

    #[test]
    fn statistics_tell_of_the_latest_import_over_both_tables() {
        let library = tally(ExportKind::PlexLibrary, &[("1", &[]), ("2", &[]), ("2", &[])]);
        let episodes =
            tally(ExportKind::PlexEpisodes, &[("2", &[("episodes", "1,2")]), ("1", &[("episodes", "1,2,3")])]);
        assert_eq!(
            statistics(&library, &episodes),
            Statistics {
                total_runs: 2,
                total_library_records: 3,
                total_episode_records: 2,
                latest_run: Some("2".into()),
                latest_run_library_count: Some(2),
                latest_run_episode_count: Some(1),
                latest_run_total_episodes: Some(2),
            }
        );
        assert_eq!(runs(&library, &episodes), ["2", "1"]);
    }

    #[test]
    fn without_an_import_what_tells_of_the_latest_is_absent() {
        let nothing = serde_json::json!(statistics(&KindTally::default(), &KindTally::default()));
        let expected = serde_json::json!({
            "total_runs": 0, "total_library_records": 0, "total_episode_records": 0, "latest_run": null,
        });
        assert_eq!(nothing, expected);
    }

    #[test]
    fn the_newest_row_of_a_library_tells_its_type_and_plex_comes_first() {
        fn of<'a>(library: &'a str, kind: &'a str) -> [(&'a str, &'a str); 2] {
            [("library_name", library), ("library_type", kind)]
        }
        let plex = tally(
            ExportKind::PlexLibrary,
            &[("2", &of("A", "Show")), ("1", &of("A", "movie")), ("1", &of("B", "movie"))],
        );
        let other = tally(ExportKind::OtherLibrary, &[("9", &of("B", "Series")), ("1", &of("C", "Series"))]);
        let types = library_types(&plex, &other);
        assert_eq!((types.text("A"), types.text("B"), types.text("C")), (Some("show"), Some("movie"), Some("series")));
    }
}
