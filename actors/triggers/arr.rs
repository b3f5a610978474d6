//! Sonarr's and Radarr's webhooks: which events ask for work, and what work.
//!
//! Both send one JSON object per event, with `eventType` anywhere in it. Sonarr says `Download` in two shapes: per file
//! (`episodeFile`) and once per download (`episodeFiles`). One job is made per episode.

use std::collections::HashMap;

use posterizarr_base::title;
use serde_json::Value;

use super::media_event::{MediaEvent, Pairs, PayloadVerdict, Source, one_line};
use super::payload::{id, list, text};
use super::reason::IngestReason;
use super::subject;

/// Events that ask for work. `Grab` comes before the file exists: it is acknowledged, never acted on.
const ACTED_ON: [&str; 4] = ["download", "import", "moviefiledelete", "episodefiledelete"];

/// Episodes of one event that are taken. The longest series have fewer, and a season comes as an event of its own.
pub const MAX_EPISODES: usize = 10_000;

/// Decides on a payload.
pub fn read(payload: &Value) -> PayloadVerdict {
    let event = text(payload, &["eventType"]).unwrap_or_default();
    let name = event.to_ascii_lowercase();
    if name == "test" {
        return PayloadVerdict::Test;
    }
    if !ACTED_ON.contains(&name.as_str()) {
        return PayloadVerdict::Ignored(IngestReason::IgnoredEvent { event });
    }
    if text(payload, &["deleteReason"]).is_some_and(|reason| reason.eq_ignore_ascii_case("upgrade")) {
        return PayloadVerdict::Ignored(IngestReason::IgnoredUpgrade { event });
    }
    if source(payload) == Source::Radarr {
        return radarr(payload, event);
    }
    if payload.get("series").is_some_and(Value::is_object) {
        return sonarr(payload, &event);
    }
    PayloadVerdict::Unprocessable(IngestReason::NoMedia { event })
}

/// Who sent it: only Radarr tells of a movie. What has neither a movie nor a series is taken for Sonarr's.
pub fn source(payload: &Value) -> Source {
    if payload.get("movie").is_some_and(Value::is_object) { Source::Radarr } else { Source::Sonarr }
}

/// What an event is about, whatever is made of it: `Heat (1995)`, `Dark, S01E02`.
pub fn title(payload: &Value) -> Option<String> {
    if let Some(movie) = text(payload, &["movie", "title"]) {
        return Some(title::with_year(&movie, &id(payload, &["movie", "year"]).unwrap_or_default()));
    }
    let number = |episode: &Value, name: &str| text(episode, &[name])?.parse().ok();
    let episodes = list(payload, &["episodes"]).iter();
    let episodes = episodes.filter_map(|one| Some((number(one, "seasonNumber")?, number(one, "episodeNumber")?)));
    Some(title::with_episodes(&text(payload, &["series", "title"])?, episodes))
}

fn radarr(payload: &Value, event: String) -> PayloadVerdict {
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
    let pairs = pairs.into_vec();
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if value("arr_movie_title").is_none() {
        return without_title(payload, "movie");
    }
    let Ok(subject) = subject::of(Source::Radarr, &pairs) else { return without_title(payload, "movie") };
    let file = value("arr_moviefile_id").or(value("arr_moviefile_path")).unwrap_or_default();
    let delivery = delivery(payload, &event, &[file, &subject]);
    let upgrade = is_upgrade(payload);
    PayloadVerdict::Act(vec![MediaEvent { source: Source::Radarr, event, pairs, subject, delivery, upgrade }])
}

fn sonarr(payload: &Value, event: &str) -> PayloadVerdict {
    let mut checked = Pairs::default();
    checked.add("title", text(payload, &["series", "title"]));
    if checked.get("title").is_none() {
        return without_title(payload, "series");
    }
    let episodes = list(payload, &["episodes"]);
    if episodes.len() > MAX_EPISODES {
        let (count, most) = (episodes.len(), MAX_EPISODES);
        return PayloadVerdict::Unprocessable(IngestReason::TooManyEpisodes { count, most });
    }
    if episodes.is_empty() {
        return PayloadVerdict::Act(vec![episode_event(payload, event, None, None)]);
    }
    let files = EpisodeFiles::of(payload, episodes.len());
    let media_events = (0..).zip(episodes).map(|(n, episode)| {
        let file = files.of_episode(n, episode);
        episode_event(payload, event, Some(episode), file)
    });
    PayloadVerdict::Act(media_events.collect())
}

fn episode_event(payload: &Value, event: &str, episode: Option<&Value>, file: Option<&Value>) -> MediaEvent {
    let of_episode = |name: &str| episode.and_then(|episode| text(episode, &[name]));
    let file = file.or_else(|| payload.get("episodeFile").filter(|file| file.is_object()));
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
    let pairs = pairs.into_vec();
    // There is a title: without one nobody comes here.
    let subject = subject::of(Source::Sonarr, &pairs).unwrap_or_default();
    let file = file.and_then(|file| id(file, &["id"]).or(text(file, &["path"]))).unwrap_or_default();
    let episode_id = of_episode("id").unwrap_or_default();
    let delivery = delivery(payload, event, &[&file, &episode_id, &subject]);
    let (event, upgrade) = (event.to_owned(), is_upgrade(payload));
    MediaEvent { source: Source::Sonarr, event, pairs, subject, delivery, upgrade }
}

/// Whether a file takes the place of another one: a server may drop the artwork together with that.
fn is_upgrade(payload: &Value) -> bool {
    payload.get("isUpgrade").and_then(Value::as_bool).unwrap_or_default()
        || !list(payload, &["deletedFiles"]).is_empty()
}

/// The files of an event, found by what their names tell: thousands of episodes must not be searched for one by one.
struct EpisodeFiles<'a> {
    one: Option<&'a Value>,
    files: &'a [Value],
    by_number: HashMap<(u32, u32), &'a Value>,
    /// Whether there are as many files as episodes, so that a file stands at its episode's place.
    is_paired: bool,
}

impl<'a> EpisodeFiles<'a> {
    fn of(payload: &'a Value, episodes: usize) -> Self {
        let one = payload.get("episodeFile").filter(|file| file.is_object());
        let files = list(payload, &["episodeFiles"]);
        let mut by_number = HashMap::new();
        for file in files {
            for number in text(file, &["path"]).map(|path| numbers_in(&path)).unwrap_or_default() {
                by_number.entry(number).or_insert(file);
            }
        }
        Self { one, files, by_number, is_paired: files.len() == episodes }
    }

    /// The one file, or of several the one whose name tells the episode, or the one at its place.
    fn of_episode(&self, place: usize, episode: &Value) -> Option<&'a Value> {
        if self.one.is_some() {
            return self.one;
        }
        let number = |name: &str| text(episode, &[name])?.parse::<u32>().ok();
        let named = self.by_number.get(&(number("seasonNumber")?, number("episodeNumber")?)).copied();
        named.or_else(|| self.files.get(place).filter(|_| self.is_paired))
    }
}

/// The seasons and episodes that a path tells of in the form `S01E02`, also of a file with several: `S01E02E03`.
fn numbers_in(path: &str) -> Vec<(u32, u32)> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let mut found = Vec::new();
    for after_s in name.split('s').skip(1) {
        let (season, mut rest) = leading_number(after_s);
        let Some(season) = season else { continue };
        while let Some(after_e) = rest.strip_prefix('e').or_else(|| rest.strip_prefix("-e")) {
            let (episode, more) = leading_number(after_e);
            let Some(episode) = episode else { break };
            found.push((season, episode));
            rest = more;
        }
    }
    found
}

/// The number a text begins with, and the rest.
fn leading_number(text: &str) -> (Option<u32>, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    (number.parse().ok(), rest)
}

/// The same text for every delivery of one event: an import is announced per file and again when all are done.
fn delivery(payload: &Value, event: &str, of: &[&str]) -> String {
    let instance = text(payload, &["instanceName"]).unwrap_or_default();
    let download = text(payload, &["downloadId"]).unwrap_or_default();
    [&[instance.as_str(), event, &download], of].concat().join("|")
}

/// There is no title, or one that the script would take for a switch, such as `-30-`. The sender cannot help the latter, and
/// is not to count it as a failure.
fn without_title(payload: &Value, of: &str) -> PayloadVerdict {
    if text(payload, &[of, "title"]).is_some_and(|title| one_line(&title).starts_with('-')) {
        return PayloadVerdict::Ignored(IngestReason::DashedTitle { of: of.to_owned() });
    }
    PayloadVerdict::Unprocessable(IngestReason::NoTitle { of: of.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample(text: &str) -> Vec<MediaEvent> {
        match read(&serde_json::from_str(text).unwrap()) {
            PayloadVerdict::Act(media_events) => media_events,
            other => panic!("{other:?}"),
        }
    }

    fn pairs(media_event: &MediaEvent) -> Vec<(&str, &str)> {
        media_event.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn a_new_episode_is_one_job_with_everything_the_custom_script_sends() {
        let media_events = sample(include_str!("samples/sonarr_download.json"));
        assert_eq!(media_events.len(), 1);
        assert_eq!(
            pairs(&media_events[0]),
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
        assert_eq!(media_events[0].subject, "sonarr tvdb-371980 S02E03");
    }

    #[test]
    fn a_double_episode_is_two_jobs_of_one_file() {
        let media_events = sample(include_str!("samples/sonarr_upgrade_double.json"));
        let subjects: Vec<_> = media_events.iter().map(|media_event| media_event.subject.as_str()).collect();
        assert_eq!(subjects, ["sonarr tvdb-70994 S04E01", "sonarr tvdb-70994 S04E02"]);
        assert_ne!(media_events[0].delivery, media_events[1].delivery);
        assert!(media_events.iter().all(|media_event| pairs(media_event).contains(&("arr_series_title", "M*A*S*H"))));
    }

    #[test]
    fn import_complete_finds_each_episodes_file() {
        let media_events = sample(include_str!("samples/sonarr_import_complete.json"));
        let paths: Vec<_> = media_events
            .iter()
            .filter_map(|media_event| media_event.pairs.iter().find(|(name, _)| name == "arr_episode_path"))
            .map(|(_, path)| path.as_str())
            .collect();
        assert_eq!(paths, ["/tv/Severance (2022)/Season 01/S01E01.mkv", "/tv/Severance (2022)/Season 01/S01E02.mkv"]);
    }

    #[test]
    fn the_numbers_in_a_files_name_are_found_whole() {
        let table: [(&str, &[(u32, u32)]); 7] = [
            ("/tv/Severance/Season 01/S01E02.mkv", &[(1, 2)]),
            ("X - s01e02e03 - a.mkv", &[(1, 2), (1, 3)]),
            ("X.S1E2-E3.mkv", &[(1, 2), (1, 3)]),
            ("X S01E023.mkv", &[(1, 23)]),
            ("/tv/S01E01/Series.mkv", &[]),
            ("Specials.mkv", &[]),
            ("C:\\tv\\S02E04.mkv", &[(2, 4)]),
        ];
        for (path, expected) in table {
            assert_eq!(numbers_in(path), expected, "{path}");
        }
    }

    #[test]
    fn thousands_of_episodes_with_as_many_files_are_read_in_no_time_and_more_are_refused_with_the_bound() {
        let event = |n: u32| {
            let episodes: Vec<_> = (1..=n).map(|e| json!({"seasonNumber": 1, "episodeNumber": e})).collect();
            let files: Vec<_> = (1..=n).map(|e| json!({"path": format!("/tv/A/S01E{e:02}.mkv")})).collect();
            json!({"eventType": "Download", "series": {"title": "A"}, "episodes": episodes, "episodeFiles": files})
        };
        let begun = std::time::Instant::now();
        let PayloadVerdict::Act(media_events) = read(&event(10_000)) else { panic!("it is taken") };
        assert!(begun.elapsed().as_secs() < 60, "each file is looked at once, not once for each episode");
        assert!(pairs(&media_events[9_998]).contains(&("arr_episode_path", "/tv/A/S01E9999.mkv")));
        let PayloadVerdict::Unprocessable(reason) = read(&event(10_001)) else { panic!("it is refused") };
        assert!(reason.english().contains("10001 episodes; at most 10000"), "{reason}");
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
    fn that_a_file_was_replaced_is_told_and_is_no_part_of_the_trigger_file() {
        for (payload, upgrade) in [
            (include_str!("samples/sonarr_download.json"), false),
            (include_str!("samples/sonarr_upgrade_double.json"), true),
            (include_str!("samples/radarr_upgrade.json"), true),
        ] {
            for media_event in sample(payload) {
                assert_eq!(media_event.upgrade, upgrade);
                assert!(media_event.pairs.iter().all(|(name, _)| !name.contains("upgrade")));
            }
        }
    }

    #[test]
    fn a_movie_is_one_job() {
        let media_events = sample(include_str!("samples/radarr_download.json"));
        assert_eq!(media_events[0].subject, "radarr tmdb-693134");
        assert_eq!(
            pairs(&media_events[0])[..7],
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
        let empty_movie = json!({"eventType": "Grab", "movie": null, "series": series});
        assert_eq!(source(&empty_movie), Source::Sonarr, "a field without a value tells nothing");
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
                PayloadVerdict::Test => "test",
                PayloadVerdict::Ignored(_) => "ignored",
                PayloadVerdict::Act(_) => "act",
                PayloadVerdict::Unprocessable(_) => "unprocessable",
            };
            assert_eq!(got, expected, "{payload}");
        }
    }

    #[test]
    fn hostile_values_stay_one_line_and_never_look_like_a_switch() {
        let payload = json!({"eventType": "Download", "series": {"title": "a\r\n[event]: x\u{0}", "year": "-1"},
            "episodes": [{"seasonNumber": "1", "episodeNumber": 2, "title": "-Testing"}]});
        let media_events = sample(&payload.to_string());
        assert_eq!(
            pairs(&media_events[0]),
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
