//! The tables of what the media server has, as the script leaves them.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use posterizarr_base::media_exports::{self, Cells, ExportFamily};
use posterizarr_media::model::{Episode, Item, ItemKind, Season};

use super::catalogue::Catalogue;
use super::plan::Entry;

/// Writes both tables into the folder.
pub(super) fn write(catalogue: &Catalogue, family: ExportFamily, with_episodes: bool, logs: &Path) -> io::Result<()> {
    let entries: Vec<_> = catalogue.titles().collect();
    let seasons = || {
        entries
            .iter()
            .filter(|_| with_episodes)
            .flat_map(|entry| entry.item.seasons.iter().map(move |season| (entry, season)))
    };
    let items = entries.iter().map(|entry| match family {
        ExportFamily::Plex => plex_item(entry),
        ExportFamily::Other => other_item(entry),
    });
    media_exports::write(logs, family.library(), items)?;
    let seasons = seasons().map(|(entry, season)| match family {
        ExportFamily::Plex => plex_season(entry, season),
        ExportFamily::Other => other_season(entry, season),
    });
    media_exports::write(logs, family.episodes(), seasons)
}

fn optional(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

fn joined<'a, T: 'a>(all: &'a [T], separator: &str, text: impl Fn(&'a T) -> String) -> String {
    all.iter().map(text).collect::<Vec<_>>().join(separator)
}

/// What both servers' tables have.
fn item(entry: &Entry) -> Cells {
    let (Item { title, original_title, year, ids, resolution, labels, .. }, library) =
        (&entry.item, &entry.home.library);
    let place = entry.place.as_ref();
    HashMap::from([
        ("library_name", library.name.clone()),
        ("library_language", library.language.clone()),
        ("title", title.clone()),
        ("original_title", optional(original_title.as_deref())),
        ("resolution", optional(resolution.as_deref())),
        ("year", year.map(|year| year.to_string()).unwrap_or_default()),
        ("tmdbid", optional(ids.tmdb.as_deref())),
        ("tvdbid", optional(ids.tvdb.as_deref())),
        ("imdbid", optional(ids.imdb.as_deref())),
        ("path", place.map(|place| place.base.clone()).unwrap_or_default()),
        ("root_foldername", place.map(|place| place.root.clone()).unwrap_or_default()),
        ("extra_folder", optional(place.and_then(|place| place.extra.as_deref()))),
        ("labels", labels.join(",")),
    ])
}

fn plex_item(entry: &Entry) -> Cells {
    let (found, mut line) = (&entry.item, item(entry));
    let kind = if found.kind == ItemKind::Movie { "movie" } else { "show" };
    line.extend([
        ("library_type", kind.to_owned()),
        ("rating_key", found.id.clone()),
        ("multiple_versions", if found.files > 1 { "True" } else { "False" }.to_owned()),
        ("plex_poster_url", optional(found.art.poster.as_deref())),
        ("plex_background_url", optional(found.art.background.as_deref())),
        ("season_names", joined(&found.seasons, ";", |season| season.title.clone())),
        ("season_numbers", joined(&found.seasons, ",", |season| season.number.to_string())),
        ("season_rating_keys", joined(&found.seasons, ",", |season| season.id.clone())),
        ("plex_season_urls", joined(&found.seasons, ",", |season| optional(season.art.poster.as_deref()))),
    ]);
    line
}

fn numbers(episodes: &[Episode]) -> String {
    joined(episodes, ",", |episode| episode.number.to_string())
}

fn titles(episodes: &[Episode]) -> String {
    joined(episodes, ";", |episode| episode.title.clone())
}

fn resolutions(episodes: &[Episode]) -> String {
    joined(episodes, ",", |episode| optional(episode.resolution.as_deref()))
}

fn posters(episodes: &[Episode]) -> String {
    joined(episodes, ",", |episode| optional(episode.art.poster.as_deref()))
}

fn plex_season(entry: &Entry, season: &Season) -> Cells {
    let (found, episodes) = (&entry.item, season.episodes.as_slice());
    HashMap::from([
        ("show_name", found.title.clone()),
        ("type", "episode".to_owned()),
        ("tvdbid", optional(found.ids.tvdb.as_deref())),
        ("tmdbid", optional(found.ids.tmdb.as_deref())),
        ("library_name", entry.home.library.name.clone()),
        ("season_number", season.number.to_string()),
        ("episodes", numbers(episodes)),
        ("title", titles(episodes)),
        ("rating_keys", joined(episodes, ",", |episode| episode.id.clone())),
        ("plex_titlecard_urls", posters(episodes)),
        ("resolutions", resolutions(episodes)),
    ])
}

fn other_item(entry: &Entry) -> Cells {
    let (found, mut line) = (&entry.item, item(entry));
    let kind = if found.kind == ItemKind::Movie { "Movie" } else { "Series" };
    line.extend([
        ("library_type", kind.to_owned()),
        ("media_id", found.id.clone()),
        ("other_media_poster_url", optional(found.art.poster.as_deref())),
        ("other_media_background_url", optional(found.art.background.as_deref())),
    ]);
    line
}

fn other_season(entry: &Entry, season: &Season) -> Cells {
    let (found, episodes) = (&entry.item, season.episodes.as_slice());
    HashMap::from([
        ("library_name", entry.home.library.name.clone()),
        ("show_name", found.title.clone()),
        ("show_original_name", optional(found.original_title.as_deref())),
        ("library_language", entry.home.library.language.clone()),
        ("show_id", found.id.clone()),
        ("season_id", season.id.clone()),
        ("rating_keys", joined(episodes, ",", |episode| episode.id.clone())),
        ("resolutions", resolutions(episodes)),
        ("tvdbid", optional(found.ids.tvdb.as_deref())),
        ("imdbid", optional(found.ids.imdb.as_deref())),
        ("tmdbid", optional(found.ids.tmdb.as_deref())),
        ("type", "Episode".to_owned()),
        ("season_number", season.number.to_string()),
        ("season_name", season.title.clone()),
        ("episodes", numbers(episodes)),
        ("title", titles(episodes)),
        ("other_media_titlecard_urls", posters(episodes)),
        ("other_media_season_tag", optional(season.art.poster.as_deref())),
    ])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use posterizarr_base::media_exports::ExportKind;
    use posterizarr_media::model::Art;

    use super::*;
    use crate::library::plan::tests::{entry, movie};

    #[test]
    fn items_have_a_row_each_with_the_folders_of_their_assets() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue { entries: vec![entry(movie("1", "Heat"))], ..Catalogue::default() };
        write(&catalogue, ExportFamily::Plex, true, folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("PlexLibexport.csv")).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.contains("\"Library\";\"movie\";\"en\";\"Heat\"") && text.contains("\"/m/\";\"Film (2000)\";\"\""),
            "{text}"
        );
        assert!(folder.path().join("PlexEpisodeExport.csv").try_exists().unwrap());
    }

    #[test]
    fn every_column_is_filled() {
        let show = entry(movie("1", "Heat"));
        let season = Season {
            id: "2".into(),
            number: 1,
            title: "Season 1".into(),
            added: None,
            episodes: Vec::new(),
            art: Art::default(),
        };
        for (cells, kind) in [
            (plex_item(&show), ExportKind::PlexLibrary),
            (plex_season(&show, &season), ExportKind::PlexEpisodes),
            (other_item(&show), ExportKind::OtherLibrary),
            (other_season(&show, &season), ExportKind::OtherEpisodes),
        ] {
            let given: BTreeSet<_> = cells.keys().copied().collect();
            assert_eq!(given, kind.written().into_iter().collect(), "{kind:?}");
        }
    }
}
