//! The tables of what the media server has, as the script leaves them.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use csv::{QuoteStyle, WriterBuilder};
use posterizarr_media::model::{Episode, Item, ItemKind, Season};

use super::catalogue::Catalogue;
use super::plan::Entry;
use super::settings::ServerKind;

const PLEX_ITEMS: [&str; 22] = [
    "Library Name",
    "Library Type",
    "Library Language",
    "title",
    "Resolution",
    "originalTitle",
    "SeasonNames",
    "SeasonNumbers",
    "SeasonRatingKeys",
    "year",
    "tvdbid",
    "imdbid",
    "tmdbid",
    "ratingKey",
    "Path",
    "RootFoldername",
    "extraFolder",
    "MultipleVersions",
    "PlexPosterUrl",
    "PlexBackgroundUrl",
    "PlexSeasonUrls",
    "Labels",
];
const PLEX_EPISODES: [&str; 11] = [
    "Show Name",
    "Type",
    "tvdbid",
    "tmdbid",
    "Library Name",
    "Season Number",
    "Episodes",
    "Title",
    "RatingKeys",
    "PlexTitleCardUrls",
    "Resolutions",
];
const OTHER_ITEMS: [&str; 17] = [
    "Library Name",
    "Library Type",
    "Library Language",
    "Id",
    "title",
    "originalTitle",
    "year",
    "Resolution",
    "imdbid",
    "tmdbid",
    "tvdbid",
    "Path",
    "RootFoldername",
    "extraFolder",
    "OtherMediaServerPosterUrl",
    "OtherMediaServerBackgroundUrl",
    "Labels",
];
const OTHER_EPISODES: [&str; 18] = [
    "Library Name",
    "Show Name",
    "Show Original Name",
    "Library Language",
    "ShowID",
    "SeasonId",
    "EpisodeIds",
    "Resolutions",
    "tvdbid",
    "imdbid",
    "tmdbid",
    "type",
    "Season Number",
    "SeasonName",
    "Episodes",
    "Title",
    "OtherMediaServerTitleCardTag",
    "OtherMediaServerSeasonTag",
];

/// Columns by name; those that are not given stay empty.
type Line = HashMap<&'static str, String>;

/// Writes both tables into the folder.
pub(super) fn write(catalogue: &Catalogue, server: ServerKind, with_episodes: bool, logs: &Path) -> io::Result<()> {
    let entries: Vec<_> = catalogue.titles().collect();
    let seasons = || {
        entries
            .iter()
            .filter(|_| with_episodes)
            .flat_map(|entry| entry.item.seasons.iter().map(move |season| (entry, season)))
    };
    if server == ServerKind::Plex {
        table(&logs.join("PlexLibexport.csv"), &PLEX_ITEMS, entries.iter().map(|entry| plex_item(entry)))?;
        table(
            &logs.join("PlexEpisodeExport.csv"),
            &PLEX_EPISODES,
            seasons().map(|(entry, season)| plex_season(entry, season)),
        )
    } else {
        table(
            &logs.join("OtherMediaServerLibExport.csv"),
            &OTHER_ITEMS,
            entries.iter().map(|entry| other_item(entry)),
        )?;
        let lines = seasons().map(|(entry, season)| other_season(entry, season));
        table(&logs.join("OtherMediaServerEpisodeExport.csv"), &OTHER_EPISODES, lines)
    }
}

fn table(path: &Path, columns: &[&'static str], lines: impl Iterator<Item = Line>) -> io::Result<()> {
    let mut writer = WriterBuilder::new().delimiter(b';').quote_style(QuoteStyle::Always).from_writer(Vec::new());
    writer.write_record(columns)?;
    for mut line in lines {
        writer.write_record(columns.iter().map(|column| line.remove(column).unwrap_or_default()))?;
    }
    let content = writer.into_inner().map_err(|error| error.into_error())?;
    posterizarr_base::files::write(path, &content)
}

fn optional(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

fn joined<'a, T: 'a>(all: &'a [T], separator: &str, text: impl Fn(&'a T) -> String) -> String {
    all.iter().map(text).collect::<Vec<_>>().join(separator)
}

/// What both servers' tables have.
fn item(entry: &Entry) -> Line {
    let (Item { title, original_title, year, ids, resolution, labels, .. }, library) =
        (&entry.item, &entry.home.library);
    let place = entry.place.as_ref();
    HashMap::from([
        ("Library Name", library.name.clone()),
        ("Library Language", library.language.clone()),
        ("title", title.clone()),
        ("originalTitle", optional(original_title.as_deref())),
        ("Resolution", optional(resolution.as_deref())),
        ("year", year.map(|year| year.to_string()).unwrap_or_default()),
        ("tmdbid", optional(ids.tmdb.as_deref())),
        ("tvdbid", optional(ids.tvdb.as_deref())),
        ("imdbid", optional(ids.imdb.as_deref())),
        ("Path", place.map(|place| place.base.clone()).unwrap_or_default()),
        ("RootFoldername", place.map(|place| place.root.clone()).unwrap_or_default()),
        ("extraFolder", optional(place.and_then(|place| place.extra.as_deref()))),
        ("Labels", labels.join(",")),
    ])
}

fn plex_item(entry: &Arc<Entry>) -> Line {
    let (found, mut line) = (&entry.item, item(entry));
    let kind = if found.kind == ItemKind::Movie { "movie" } else { "show" };
    line.extend([
        ("Library Type", kind.to_owned()),
        ("ratingKey", found.id.clone()),
        ("MultipleVersions", if found.files > 1 { "True" } else { "False" }.to_owned()),
        ("PlexPosterUrl", optional(found.art.poster.as_deref())),
        ("PlexBackgroundUrl", optional(found.art.background.as_deref())),
        ("SeasonNames", joined(&found.seasons, ";", |season| season.title.clone())),
        ("SeasonNumbers", joined(&found.seasons, ",", |season| season.number.to_string())),
        ("SeasonRatingKeys", joined(&found.seasons, ",", |season| season.id.clone())),
        ("PlexSeasonUrls", joined(&found.seasons, ",", |season| optional(season.art.poster.as_deref()))),
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

fn plex_season(entry: &Entry, season: &Season) -> Line {
    let (found, episodes) = (&entry.item, season.episodes.as_slice());
    HashMap::from([
        ("Show Name", found.title.clone()),
        ("Type", "episode".to_owned()),
        ("tvdbid", optional(found.ids.tvdb.as_deref())),
        ("tmdbid", optional(found.ids.tmdb.as_deref())),
        ("Library Name", entry.home.library.name.clone()),
        ("Season Number", season.number.to_string()),
        ("Episodes", numbers(episodes)),
        ("Title", titles(episodes)),
        ("RatingKeys", joined(episodes, ",", |episode| episode.id.clone())),
        ("PlexTitleCardUrls", posters(episodes)),
        ("Resolutions", resolutions(episodes)),
    ])
}

fn other_item(entry: &Arc<Entry>) -> Line {
    let (found, mut line) = (&entry.item, item(entry));
    let kind = if found.kind == ItemKind::Movie { "Movie" } else { "Series" };
    line.extend([
        ("Library Type", kind.to_owned()),
        ("Id", found.id.clone()),
        ("OtherMediaServerPosterUrl", optional(found.art.poster.as_deref())),
        ("OtherMediaServerBackgroundUrl", optional(found.art.background.as_deref())),
    ]);
    line
}

fn other_season(entry: &Entry, season: &Season) -> Line {
    let (found, episodes) = (&entry.item, season.episodes.as_slice());
    HashMap::from([
        ("Library Name", entry.home.library.name.clone()),
        ("Show Name", found.title.clone()),
        ("Show Original Name", optional(found.original_title.as_deref())),
        ("Library Language", entry.home.library.language.clone()),
        ("ShowID", found.id.clone()),
        ("SeasonId", season.id.clone()),
        ("EpisodeIds", joined(episodes, ",", |episode| episode.id.clone())),
        ("Resolutions", resolutions(episodes)),
        ("tvdbid", optional(found.ids.tvdb.as_deref())),
        ("imdbid", optional(found.ids.imdb.as_deref())),
        ("tmdbid", optional(found.ids.tmdb.as_deref())),
        ("type", "Episode".to_owned()),
        ("Season Number", season.number.to_string()),
        ("SeasonName", season.title.clone()),
        ("Episodes", numbers(episodes)),
        ("Title", titles(episodes)),
        ("OtherMediaServerTitleCardTag", posters(episodes)),
        ("OtherMediaServerSeasonTag", optional(season.art.poster.as_deref())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::plan::tests::{entry, movie};

    #[test]
    fn items_have_a_row_each_with_the_folders_of_their_assets() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue { entries: vec![entry(movie("1", "Heat"))], ..Catalogue::default() };
        write(&catalogue, ServerKind::Plex, true, folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("PlexLibexport.csv")).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.contains("\"Library\";\"movie\";\"en\";\"Heat\"") && text.contains("\"/m/\";\"Film (2000)\";\"\""),
            "{text}"
        );
        assert!(folder.path().join("PlexEpisodeExport.csv").try_exists().unwrap());
    }
}
