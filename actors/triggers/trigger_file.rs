//! Trigger files in `watcher/`: one `[name]: value` a line, as `ArrTrigger.sh` and `trigger.py` write them.

use chrono::{DateTime, Local, NaiveDateTime};

use super::media_event::{MediaEvent, Pairs, PayloadVerdict, Source};
use super::reason::IngestReason;
use super::subject;

const PLATFORM: &str = "arr_platform";
/// Names that mean something to the script; others are left out.
const KNOWN: [&str; 5] = ["RatingKey", "parentratingkey", "grandparentratingkey", "mediatype", "action"];
/// Trigger files are small; anything larger is not one.
pub const MAX_FILE_SIZE: u64 = 256 * 1024;

/// The file's content. A `]: ` inside a value would end the name for a reader that looks for the last one, so it is broken up.
pub fn write(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("[{name}]: {}\n", value.replace("]: ", "] : "))).collect()
}

/// The name upstream's consumer expects: local time with milliseconds, a serial number within one request, a random tail.
pub fn name(source: Source, at: DateTime<Local>, serial: Option<usize>, random: u32) -> String {
    let prefix = if source == Source::Tautulli { "tautulli_trigger" } else { "recently_added" };
    let serial = serial.map(|serial| format!("_{serial:03}")).unwrap_or_default();
    format!("{prefix}_{}{serial}_{:06x}.posterizarr", at.format("%Y%m%d%H%M%S%3f"), random & 0xff_ffff)
}

/// The local time in a trigger file's name.
pub fn written_at(name: &str) -> Option<NaiveDateTime> {
    let digits: String =
        name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).take(14).collect();
    NaiveDateTime::parse_from_str(&digits, "%Y%m%d%H%M%S").ok()
}

/// Reads a trigger file. Lines without a value, and names the script does not know, are left out.
pub fn parse(content: &str) -> Result<MediaEvent, IngestReason> {
    let mut pairs = Pairs::default();
    for (name, value) in content.trim_start_matches('\u{feff}').split(['\n', '\r']).filter_map(pair) {
        if name.starts_with("arr_") || name == "event" {
            pairs.add(name, Some(value.to_owned()));
        } else if let Some(known) = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            pairs.add(known, Some(value.to_owned()));
        }
    }
    let platform = platform(&pairs);
    match platform.as_str() {
        "sonarr" => arr_event(Source::Sonarr, pairs),
        "radarr" => arr_event(Source::Radarr, pairs),
        "" => from_tautulli(pairs),
        _ => Err(IngestReason::UnknownPlatform { platform }),
    }
}

/// The platform by its name, or by what there is; empty for Tautulli.
fn platform(pairs: &Pairs) -> String {
    let named = pairs.get(PLATFORM).map(str::to_ascii_lowercase);
    named.unwrap_or_else(|| {
        let by_field = [("arr_series_", "sonarr"), ("arr_movie_", "radarr"), ("arr_", "of no name")];
        let found = by_field.into_iter().find(|(prefix, _)| pairs.any_begins(prefix));
        found.map(|(_, platform)| platform.to_owned()).unwrap_or_default()
    })
}

fn from_tautulli(pairs: Pairs) -> Result<MediaEvent, IngestReason> {
    let payload = pairs.into_vec().into_iter().map(|(name, value)| (name, value.into())).collect();
    match super::tautulli::read(&serde_json::Value::Object(payload)) {
        PayloadVerdict::Act(triggers) => triggers.into_iter().next().ok_or(IngestReason::NothingInIt),
        PayloadVerdict::Test => Err(IngestReason::NoValues),
        PayloadVerdict::Ignored(reason) | PayloadVerdict::Unprocessable(reason) => Err(reason),
    }
}

/// What Sonarr or Radarr ask for. The script goes by the platform's name, so it is handed on also where the fields told it.
fn arr_event(source: Source, pairs: Pairs) -> Result<MediaEvent, IngestReason> {
    let mut pairs = pairs.into_vec();
    match pairs.iter_mut().find(|(name, _)| name == PLATFORM) {
        // As the script compares it.
        Some((_, named)) => source.name().clone_into(named),
        None => pairs.insert(0, (PLATFORM.to_owned(), source.name().to_owned())),
    }
    let subject = subject::of(source, &pairs)?;
    let event = pairs.iter().find(|(name, _)| name == "event").map(|(_, value)| value.clone()).unwrap_or_default();
    let delivery = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("|");
    Ok(MediaEvent { source, event, pairs, subject, delivery, upgrade: false })
}

/// Whether the content may be all that its writer meant to write: it ends with a line's end, and Sonarr's and Radarr's have
/// an identifier. A file that has not may be whole as well, and is given more time.
pub fn seems_whole(content: &str, media_event: &MediaEvent) -> bool {
    let is_ended = content.ends_with(['\n', '\r']);
    is_ended && (media_event.source == Source::Tautulli || subject::has_identifier(&media_event.pairs))
}

/// One line's name and value; the name ends at the first `]: `.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim_end().strip_prefix('[')?.split_once("]: ")?;
    Some((name.trim(), value)).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn what_is_written_reads_back() {
        let pairs = [
            ("arr_platform", "Radarr"),
            ("event", "Download"),
            ("arr_movie_title", "It]: $(x) 'q' ; é"),
            ("arr_movie_tmdb", "5"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let media_event = parse(&write(&pairs)).unwrap();
        assert_eq!(media_event.pairs[2].1, "It] : $(x) 'q' ; é");
        assert_eq!(media_event.pairs.len(), 4);
        assert_eq!(media_event.subject, "radarr tmdb-5");
    }

    #[test]
    fn files_of_the_shipped_scripts_are_understood() {
        let sonarr = "[arr_episode_numbers]: 2\r\n[arr_platform]: Sonarr\n[event]: Download\n[arr_series_title]: Dark\n[arr_series_tvdb]: 334824\n[arr_episode_season]: 1\n[arr_episode_titles]: \n";
        assert_eq!(parse(sonarr).unwrap().subject, "sonarr tvdb-334824 S01E02");
        let tautulli =
            "[RatingKey]: 12345\n[parentratingkey]: 12300\n[grandparentratingkey]: 12200\n[mediatype]: episode\n";
        assert_eq!(parse(tautulli).unwrap().subject, "tautulli 12200");
        // Without a platform the fields tell it, and the script is told.
        for bare in [
            "[arr_movie_title]: Heat\n[arr_movie_tmdb]: 949\n",
            "\u{feff}[arr_movie_title]: Heat\r[arr_movie_tmdb]: 949",
        ] {
            let heat = parse(bare).unwrap();
            assert_eq!(heat.subject, "radarr tmdb-949");
            assert_eq!(heat.pairs[0], ("arr_platform".to_owned(), "Radarr".to_owned()));
        }
    }

    #[test]
    fn what_may_lack_its_end_is_told_from_what_is_whole() {
        let whole = |content: &str| seems_whole(content, &parse(content).unwrap());
        assert!(whole("[arr_movie_title]: Heat\n[arr_movie_tmdb]: 949\n"));
        assert!(whole("[RatingKey]: 1\n[mediatype]: movie\r\n"));
        for half in [
            "[arr_movie_title]: Heat\n",
            "[arr_movie_title]: Heat\n[arr_movie_tmdb]: 94",
            "[RatingKey]: 1\n[mediatype]: movie",
        ] {
            assert!(!whole(half), "{half:?}");
        }
    }

    #[test]
    fn a_file_without_sense_is_refused_with_a_reason() {
        for bad in [
            "",
            "garbage",
            "[arr_platform]: Lidarr\n",
            "[arr_platform]: Sonarr\n",
            "[arr_something]: 1\n[mediatype]: movie\n[RatingKey]: 1\n",
            "[mediatype]: movie\n[RatingKey]: x\n",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_have_upstreams_form_and_tell_their_time() {
        let at = Local.with_ymd_and_hms(2025, 11, 25, 12, 0, 0).unwrap();
        let file = name(Source::Sonarr, at, Some(1), 0xa1b2c3);
        assert_eq!(file, "recently_added_20251125120000000_001_a1b2c3.posterizarr");
        assert_eq!(written_at(&file), Some(at.naive_local()));
        assert_eq!(name(Source::Tautulli, at, None, 7), "tautulli_trigger_20251125120000000_000007.posterizarr");
        assert_eq!(written_at("something.posterizarr"), None);
    }
}
