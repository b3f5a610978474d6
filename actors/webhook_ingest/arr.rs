//! Sonarr's and Radarr's webhooks: which events ask for work, and what work.
//!
//! Both send one JSON object per event, with `eventType` anywhere in it. Sonarr says `Download` in two shapes: per file
//! (`episodeFile`) and once per download (`episodeFiles`). One job is made per episode.

use serde_json::Value;

use super::payload::{id, list, text};
use super::trigger::{Pairs, Source, Trigger, Verdict, one_line};

/// Events that ask for work. `Grab` comes before the file exists: it is acknowledged, never acted on.
const ACTED_ON: [&str; 4] = ["download", "import", "moviefiledelete", "episodefiledelete"];

/// Decides on a payload.
pub fn read(payload: &Value) -> Verdict {
    let event = text(payload, &["eventType"]).unwrap_or_default();
    let name = event.to_ascii_lowercase();
    if name == "test" {
        return Verdict::Test;
    }
    if !ACTED_ON.contains(&name.as_str()) {
        return Verdict::Ignored(format!("Ignored event type: {event}"));
    }
    if text(payload, &["deleteReason"]).is_some_and(|reason| reason.eq_ignore_ascii_case("upgrade")) {
        return Verdict::Ignored(format!("Ignored event type: {event} (the upgrade itself is announced too)"));
    }
    if payload.get("movie").is_some_and(Value::is_object) {
        return radarr(payload, event);
    }
    if payload.get("series").is_some_and(Value::is_object) {
        return sonarr(payload, &event);
    }
    Verdict::Unprocessable(format!("a {event} event needs a 'movie' (Radarr) or a 'series' (Sonarr)"))
}

fn radarr(payload: &Value, event: String) -> Verdict {
    let mut pairs = Pairs::default();
    pairs.add("arr_platform", Some(Source::Radarr.name().to_owned()));
    pairs.add("event", Some(event.clone()));
    pairs.add("arr_movie_title", text(payload, &["movie", "title"]));
    pairs.add("arr_movie_tmdb", id(payload, &["movie", "tmdbId"]));
    pairs.add("arr_movie_imdb", id(payload, &["movie", "imdbId"]));
    pairs.add("arr_movie_year", id(payload, &["movie", "year"]));
    pairs.add("arr_movie_path", text(payload, &["movie", "folderPath"]));
    pairs.add("arr_moviefile_path", text(payload, &["movieFile", "path"]));
    pairs.add("arr_moviefile_id", id(payload, &["movieFile", "id"]));
    let Some(title) = pairs.get("arr_movie_title") else {
        return without_title(payload, "movie");
    };
    let year = pairs.get("arr_movie_year").unwrap_or_default();
    let movie = pairs.get("arr_movie_tmdb").map_or_else(|| format!("{title} ({year})"), |tmdb| format!("tmdb-{tmdb}"));
    let file = pairs.get("arr_moviefile_id").or(pairs.get("arr_moviefile_path")).unwrap_or_default();
    let delivery = delivery(payload, &event, &[file, &movie]);
    let subject = format!("radarr {movie}");
    Verdict::Act(vec![Trigger { source: Source::Radarr, event, pairs: pairs.into_vec(), subject, delivery }])
}

fn sonarr(payload: &Value, event: &str) -> Verdict {
    let Some(series) = series_of(payload) else {
        return without_title(payload, "series");
    };
    let episodes = list(payload, &["episodes"]);
    if episodes.is_empty() {
        return Verdict::Act(vec![episode_trigger(payload, event, &series, None)]);
    }
    let triggers = (0..).zip(episodes).map(|(n, episode)| episode_trigger(payload, event, &series, Some((n, episode))));
    Verdict::Act(triggers.collect())
}

/// What identifies a series in job subjects.
fn series_of(payload: &Value) -> Option<String> {
    let mut title = Pairs::default();
    title.add("title", text(payload, &["series", "title"]));
    let title = title.get("title")?.to_owned();
    let tvdb = id(payload, &["series", "tvdbId"]);
    Some(tvdb.map_or_else(
        || format!("{title} ({})", id(payload, &["series", "year"]).unwrap_or_default()),
        |tvdb| format!("tvdb-{tvdb}"),
    ))
}

fn episode_trigger(payload: &Value, event: &str, series: &str, episode: Option<(usize, &Value)>) -> Trigger {
    let of_episode = |name: &str| episode.and_then(|(_, episode)| text(episode, &[name]));
    let file = file_of(payload, episode);
    let mut pairs = Pairs::default();
    pairs.add("arr_platform", Some(Source::Sonarr.name().to_owned()));
    pairs.add("event", Some(event.to_owned()));
    pairs.add("arr_series_title", text(payload, &["series", "title"]));
    pairs.add("arr_series_tvdb", id(payload, &["series", "tvdbId"]));
    pairs.add("arr_series_tmdb", id(payload, &["series", "tmdbId"]));
    pairs.add("arr_series_imdb", id(payload, &["series", "imdbId"]));
    pairs.add("arr_series_path", text(payload, &["series", "path"]));
    pairs.add("arr_sonarr_series_year", id(payload, &["series", "year"]));
    pairs.add("arr_episode_path", file.and_then(|file| text(file, &["path"])));
    pairs.add("arr_episode_season", of_episode("seasonNumber"));
    pairs.add("arr_episode_numbers", of_episode("episodeNumber"));
    pairs.add("arr_episode_titles", of_episode("title"));
    let season = pairs.get("arr_episode_season").unwrap_or_default();
    let number = pairs.get("arr_episode_numbers").unwrap_or_default();
    let subject = format!("sonarr {series} S{season:0>2}E{number:0>2}");
    let file = file.and_then(|file| id(file, &["id"]).or(text(file, &["path"]))).unwrap_or_default();
    let episode_id = of_episode("id").unwrap_or_default();
    let delivery = delivery(payload, event, &[&file, &episode_id, &subject]);
    Trigger { source: Source::Sonarr, event: event.to_owned(), pairs: pairs.into_vec(), subject, delivery }
}

/// The file of an episode: the one file, or of several the one whose name tells the episode, or the one at its place.
fn file_of<'a>(payload: &'a Value, episode: Option<(usize, &Value)>) -> Option<&'a Value> {
    if let Some(file) = payload.get("episodeFile").filter(|file| file.is_object()) {
        return Some(file);
    }
    let files = list(payload, &["episodeFiles"]);
    let (place, episode) = episode?;
    let number = |name: &str| text(episode, &[name])?.parse::<u32>().ok();
    let tag = format!("s{:02}e{:02}", number("seasonNumber")?, number("episodeNumber")?);
    let named = |file: &&Value| text(file, &["path"]).is_some_and(|path| path.to_ascii_lowercase().contains(&tag));
    files.iter().find(named).or_else(|| files.get(place).filter(|_| files.len() == list(payload, &["episodes"]).len()))
}

/// The same text for every delivery of one event: an import is announced per file and again when all are done.
fn delivery(payload: &Value, event: &str, of: &[&str]) -> String {
    let instance = text(payload, &["instanceName"]).unwrap_or_default();
    let download = text(payload, &["downloadId"]).unwrap_or_default();
    [&[instance.as_str(), event, &download], of].concat().join("|")
}

/// There is no title, or one that the script would take for a switch, such as `-30-`. The sender cannot help the latter, and
/// is not to count it as a failure.
fn without_title(payload: &Value, of: &str) -> Verdict {
    if text(payload, &[of, "title"]).is_some_and(|title| one_line(&title).starts_with('-')) {
        return Verdict::Ignored(format!("the script cannot take a title that begins with '-' ('{of}.title')"));
    }
    Verdict::Unprocessable(format!("'{of}.title' is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample(text: &str) -> Vec<Trigger> {
        match read(&serde_json::from_str(text).unwrap()) {
            Verdict::Act(triggers) => triggers,
            other => panic!("{other:?}"),
        }
    }

    fn pairs(trigger: &Trigger) -> Vec<(&str, &str)> {
        trigger.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn a_new_episode_is_one_job_with_everything_the_custom_script_sends() {
        let triggers = sample(include_str!("samples/sonarr_download.json"));
        assert_eq!(triggers.len(), 1);
        assert_eq!(
            pairs(&triggers[0]),
            [
                ("arr_platform", "Sonarr"),
                ("event", "Download"),
                ("arr_series_title", "Severance"),
                ("arr_series_tvdb", "371980"),
                ("arr_series_tmdb", "95396"),
                ("arr_series_imdb", "tt11280740"),
                ("arr_series_path", "/data/media/tv/Severance (2022) [tvdb-371980]"),
                ("arr_sonarr_series_year", "2022"),
                (
                    "arr_episode_path",
                    "/data/media/tv/Severance (2022) [tvdb-371980]/Season 02/Severance - S02E03 - Who Is Alive!.mkv"
                ),
                ("arr_episode_season", "2"),
                ("arr_episode_numbers", "3"),
                ("arr_episode_titles", "Who Is Alive?"),
            ]
        );
        assert_eq!(triggers[0].subject, "sonarr tvdb-371980 S02E03");
    }

    #[test]
    fn a_double_episode_is_two_jobs_of_one_file() {
        let triggers = sample(include_str!("samples/sonarr_upgrade_double.json"));
        let subjects: Vec<_> = triggers.iter().map(|trigger| trigger.subject.as_str()).collect();
        assert_eq!(subjects, ["sonarr tvdb-70994 S04E01", "sonarr tvdb-70994 S04E02"]);
        assert_ne!(triggers[0].delivery, triggers[1].delivery);
        assert!(triggers.iter().all(|trigger| pairs(trigger).contains(&("arr_series_title", "M*A*S*H"))));
    }

    #[test]
    fn import_complete_finds_each_episodes_file() {
        let triggers = sample(include_str!("samples/sonarr_import_complete.json"));
        let paths: Vec<_> = triggers
            .iter()
            .filter_map(|trigger| trigger.pairs.iter().find(|(name, _)| name == "arr_episode_path"))
            .map(|(_, path)| path.as_str())
            .collect();
        assert_eq!(paths, ["/tv/Severance (2022)/Season 01/S01E01.mkv", "/tv/Severance (2022)/Season 01/S01E02.mkv"]);
    }

    #[test]
    fn the_two_shapes_of_one_import_are_one_delivery() {
        let mut complete: Value = serde_json::from_str(include_str!("samples/sonarr_download.json")).unwrap();
        let first = sample(&complete.to_string());
        let file = complete.as_object_mut().unwrap().remove("episodeFile").unwrap();
        complete["episodeFiles"] = json!([file]);
        complete.as_object_mut().unwrap().remove("isUpgrade");
        assert_eq!(sample(&complete.to_string())[0].delivery, first[0].delivery);
        complete["downloadId"] = json!("another");
        assert_ne!(sample(&complete.to_string())[0].delivery, first[0].delivery);
    }

    #[test]
    fn a_movie_is_one_job() {
        let triggers = sample(include_str!("samples/radarr_download.json"));
        assert_eq!(triggers[0].subject, "radarr tmdb-693134");
        assert_eq!(
            pairs(&triggers[0])[..7],
            [
                ("arr_platform", "Radarr"),
                ("event", "Download"),
                ("arr_movie_title", "Dune: Part Two"),
                ("arr_movie_tmdb", "693134"),
                ("arr_movie_imdb", "tt15239678"),
                ("arr_movie_year", "2024"),
                ("arr_movie_path", "/data/media/movies/Dune Part Two (2024) {tmdb-693134}"),
            ]
        );
    }

    #[test]
    fn events_are_tested_ignored_or_refused_as_the_contract_says() {
        let series = json!({"title": "Dark", "tvdbId": "334824"});
        let table = [
            (json!({"eventType": "Test", "movie": {"title": "x"}}), "test"),
            (json!({"eventType": "tEST"}), "test"),
            (json!({"eventType": "Grab", "series": series}), "ignored"),
            (json!({"eventType": "SeriesDelete", "series": series, "deletedFiles": true}), "ignored"),
            (json!({"eventType": "Health", "level": "warning"}), "ignored"),
            (json!({"eventType": "SomethingNew", "movie": {}}), "ignored"),
            (json!({}), "ignored"),
            (json!({"eventType": 7}), "ignored"),
            (json!({"eventType": "EpisodeFileDelete", "deleteReason": "upgrade", "series": series}), "ignored"),
            (json!({"eventType": "EpisodeFileDelete", "deleteReason": "manual", "series": series}), "act"),
            (json!({"eventType": "download", "series": series, "episodes": null}), "act"),
            (json!({"eventType": "Download"}), "unprocessable"),
            (json!({"eventType": "Download", "movie": null, "series": []}), "unprocessable"),
            (json!({"eventType": "Download", "movie": {"tmdbId": 3}}), "unprocessable"),
            (json!({"eventType": "Download", "movie": {"title": "-30-", "tmdbId": 3}}), "ignored"),
        ];
        for (payload, expected) in table {
            let got = match read(&payload) {
                Verdict::Test => "test",
                Verdict::Ignored(_) => "ignored",
                Verdict::Act(_) => "act",
                Verdict::Unprocessable(_) => "unprocessable",
            };
            assert_eq!(got, expected, "{payload}");
        }
    }

    #[test]
    fn hostile_values_stay_one_line_and_never_look_like_a_switch() {
        let payload = json!({"eventType": "Download", "series": {"title": "a\r\n[event]: x\u{0}", "year": "-1"},
            "episodes": [{"seasonNumber": "1", "episodeNumber": 2, "title": "-Testing"}]});
        let triggers = sample(&payload.to_string());
        assert_eq!(
            pairs(&triggers[0]),
            [
                ("arr_platform", "Sonarr"),
                ("event", "Download"),
                ("arr_series_title", "a  [event]: x"),
                ("arr_episode_season", "1"),
                ("arr_episode_numbers", "2"),
            ]
        );
    }
}
