//! `Logs/<mode>.json`, the counts of a run: written by the engine in the script's layout, and read as the script and the engine write it.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::run::Mode;

/// A result file of the script's that no mode of ours writes.
const REPLACE: &str = "replace";

/// How the file has the times of start and end, in `chrono`'s notation.
pub const TIME_FORMAT: &str = "%d.%m.%Y %H:%M:%S";

/// The result files' names, without extension: of all modes that have one, and of the script's alone.
pub fn names() -> impl Iterator<Item = &'static str> {
    Mode::ALL.into_iter().filter(|mode| mode.result_file().is_some()).map(Mode::name).chain([REPLACE])
}

/// The name of the result file that a file in `Logs` is; upper and lower case do not matter.
pub fn name_of(file: &str) -> Option<&'static str> {
    let lower = file.to_ascii_lowercase();
    names().find(|name| lower.strip_suffix(".json") == Some(name))
}

/// A run's result. Counts are of pictures unless something else is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunResult {
    pub posters: i64,
    pub backgrounds: i64,
    pub title_cards: i64,
    pub seasons: i64,
    pub collections: i64,
    /// As the file names it; the file's own name tells more, as the script's timetable runs are `scheduled` there alone.
    pub mode: String,
    pub runtime_seconds: i64,
    pub errors: i64,
    pub fallbacks: i64,
    pub textless: i64,
    pub truncated: i64,
    /// With text in a known language.
    pub text: i64,
    pub tba_skipped: i64,
    pub japanese_skipped: i64,
    /// Whether messages are sent about the run.
    pub notifies: bool,
    /// Whether Uptime Kuma is told.
    pub kuma: bool,
    pub images_cleared: i64,
    pub folders_cleared: i64,
    /// In words, or `0`.
    pub space_saved: String,
    pub script_version: String,
    pub image_version: String,
    /// By [`TIME_FORMAT`], in local time; empty where it is not known. Other programs' files have other formats, too.
    pub start: String,
    /// Like `start`.
    pub end: String,
}

/// The keys, in the script's order.
mod key {
    pub(super) const POSTERS: &str = "Posters";
    pub(super) const BACKGROUNDS: &str = "Backgrounds";
    pub(super) const TITLE_CARDS: &str = "Titlecards";
    pub(super) const SEASONS: &str = "Seasons";
    pub(super) const COLLECTIONS: &str = "Collections";
    pub(super) const MODE: &str = "Mode";
    pub(super) const RUNTIME: &str = "Runtime";
    pub(super) const ERRORS: &str = "Errors";
    pub(super) const FALLBACKS: &str = "Fallbacks";
    pub(super) const TEXTLESS: &str = "Textless";
    pub(super) const TRUNCATED: &str = "Truncated";
    pub(super) const TEXT: &str = "Text";
    pub(super) const TBA_SKIPPED: &str = "TBA Skipped";
    pub(super) const JAPANESE_SKIPPED: &str = "Jap/Chines Skipped";
    pub(super) const NOTIFICATION: &str = "Notification Sent";
    pub(super) const UPTIME_KUMA: &str = "Uptime Kuma";
    pub(super) const IMAGES_CLEARED: &str = "Images cleared";
    pub(super) const FOLDERS_CLEARED: &str = "Folders Cleared";
    pub(super) const SPACE_SAVED: &str = "Space saved";
    pub(super) const SCRIPT_VERSION: &str = "Script Version";
    pub(super) const IMAGE_VERSION: &str = "IM Version";
    pub(super) const START: &str = "Start time";
    pub(super) const END: &str = "End Time";
}

impl Serialize for RunResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries().iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
        map.end()
    }
}

impl RunResult {
    /// The file's content: an object, and a line's end.
    pub fn content(&self) -> serde_json::Result<Vec<u8>> {
        let mut content = serde_json::to_vec_pretty(self)?;
        content.push(b'\n');
        Ok(content)
    }

    fn entries(&self) -> [(&'static str, Value); 23] {
        let text = |text: &str| Value::from(text);
        let flag = |on: bool| Value::from(if on { "true" } else { "false" });
        let took = self.runtime_seconds;
        let runtime = format!("{}:{}:{}", took / 3600, took / 60 % 60, took % 60);
        [
            (key::POSTERS, self.posters.into()),
            (key::BACKGROUNDS, self.backgrounds.into()),
            (key::TITLE_CARDS, self.title_cards.into()),
            (key::SEASONS, self.seasons.into()),
            (key::COLLECTIONS, self.collections.into()),
            (key::MODE, text(&self.mode)),
            (key::RUNTIME, runtime.into()),
            (key::ERRORS, self.errors.into()),
            (key::FALLBACKS, self.fallbacks.into()),
            (key::TEXTLESS, self.textless.into()),
            (key::TRUNCATED, self.truncated.into()),
            (key::TEXT, self.text.into()),
            (key::TBA_SKIPPED, self.tba_skipped.into()),
            (key::JAPANESE_SKIPPED, self.japanese_skipped.into()),
            (key::NOTIFICATION, flag(self.notifies)),
            (key::UPTIME_KUMA, flag(self.kuma)),
            (key::IMAGES_CLEARED, self.images_cleared.into()),
            (key::FOLDERS_CLEARED, self.folders_cleared.into()),
            // Nothing is a number, as the script has it.
            (key::SPACE_SAVED, if self.space_saved == "0" { 0.into() } else { text(&self.space_saved) }),
            (key::SCRIPT_VERSION, text(&self.script_version)),
            (key::IMAGE_VERSION, text(&self.image_version)),
            (key::START, text(&self.start)),
            (key::END, text(&self.end)),
        ]
    }

    /// Reads a file. A key that is missing, or has no value of its kind, counts as 0, no or an empty text.
    ///
    /// # Errors
    /// It is no JSON object; says why.
    pub fn read(content: &[u8]) -> Result<Self, String> {
        // PowerShell on Windows puts a byte order mark first.
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let result: Value =
            serde_json::from_slice(content).map_err(|error| format!("not readable as JSON: {error}"))?;
        let Value::Object(result) = result else { return Err("not a JSON object".to_owned()) };
        let number = |key: &str| result.get(key).map_or(0, whole);
        let text = |key: &str| result.get(key).map_or_else(String::new, plain);
        let flag = |key: &str| result.get(key).is_some_and(is_true);
        Ok(Self {
            posters: number(key::POSTERS),
            backgrounds: number(key::BACKGROUNDS),
            title_cards: number(key::TITLE_CARDS),
            seasons: number(key::SEASONS),
            collections: number(key::COLLECTIONS),
            mode: text(key::MODE),
            runtime_seconds: seconds(&text(key::RUNTIME)),
            errors: number(key::ERRORS),
            fallbacks: count(&result, key::FALLBACKS, |row| has(row, "Fallback", "true")),
            textless: count(&result, key::TEXTLESS, is_textless),
            truncated: count(&result, key::TRUNCATED, |row| has(row, "TextTruncated", "true")),
            text: count(&result, key::TEXT, |row| !is_textless(row)),
            tba_skipped: number(key::TBA_SKIPPED),
            japanese_skipped: number(key::JAPANESE_SKIPPED),
            notifies: flag(key::NOTIFICATION),
            kuma: flag(key::UPTIME_KUMA),
            images_cleared: number(key::IMAGES_CLEARED),
            folders_cleared: number(key::FOLDERS_CLEARED),
            space_saved: text(key::SPACE_SAVED),
            script_version: text(key::SCRIPT_VERSION),
            image_version: text(key::IMAGE_VERSION),
            start: text(key::START),
            end: text(key::END),
        })
    }
}

/// PowerShell writes no row as 0, one as an object and more as an array.
fn count(result: &Map<String, Value>, name: &str, matches: impl Fn(&Map<String, Value>) -> bool) -> i64 {
    match result.get(name) {
        None => 0,
        Some(Value::Object(_)) => 1,
        Some(Value::Array(rows)) => {
            let matching = rows.iter().filter_map(Value::as_object).filter(|row| matches(row)).count();
            i64::try_from(matching).unwrap_or(i64::MAX)
        }
        Some(other) => whole(other),
    }
}

fn is_textless(row: &Map<String, Value>) -> bool {
    has(row, "Language", "textless") || has(row, "Textless", "true")
}

fn has(row: &Map<String, Value>, column: &str, value: &str) -> bool {
    row.get(column).is_some_and(|found| plain(found).to_lowercase() == value)
}

fn is_true(value: &Value) -> bool {
    plain(value).to_lowercase() == "true"
}

fn whole(value: &Value) -> i64 {
    match value {
        // Counts are far from where the cast would lose anything.
        Value::Number(number) => number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or_default() as i64),
        Value::String(text) => text.trim().parse().unwrap_or_default(),
        _ => 0,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `0:12:7`, `12:7`, `1h 2m 3s` and `0h:27m:43s` in seconds; 0 for anything else.
fn seconds(text: &str) -> i64 {
    let parts: Option<Vec<i64>> = text.split(':').map(|part| part.trim().parse().ok()).collect();
    match parts.as_deref() {
        Some([hours, minutes, seconds]) => hours * 3600 + minutes * 60 + seconds,
        Some([minutes, seconds]) => minutes * 60 + seconds,
        _ => [('h', 3600), ('m', 60), ('s', 1)].into_iter().map(|(unit, size)| before(text, unit) * size).sum(),
    }
}

/// The digits right before the first `unit` that has some.
fn before(text: &str, unit: char) -> i64 {
    let digits = |head: &str| {
        let start = head.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
        head.get(start..).and_then(|digits| digits.parse().ok())
    };
    text.match_indices(unit).find_map(|(at, _)| digits(text.get(..at)?)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn result(result: &Value) -> RunResult {
        RunResult::read(result.to_string().as_bytes()).unwrap()
    }

    fn image(fallback: &str, language: &str, truncated: &str) -> Value {
        json!({ "Title": "Heat", "Language": language, "Fallback": fallback, "TextTruncated": truncated })
    }

    #[test]
    fn the_file_has_the_scripts_keys_and_whole_numbers() {
        let written = RunResult { posters: 6, runtime_seconds: 3727, space_saved: "0".into(), ..RunResult::default() };
        let text = String::from_utf8(written.content().unwrap()).unwrap();
        assert!(text.starts_with("{\n  \"Posters\": 6,\n") && text.ends_with("}\n"), "{text}");
        assert!(text.contains("\"Runtime\": \"1:2:7\"") && text.contains("\"Notification Sent\": \"false\""), "{text}");
        assert!(text.contains("\"Space saved\": 0,"), "{text}");
        assert_eq!(serde_json::from_str::<Map<_, _>>(&text).unwrap().len(), 23);
    }

    prop_compose! {
        fn results()(
            counts in prop::array::uniform16(0..i64::from(u32::MAX)),
            flags in any::<(bool, bool)>(),
            texts in prop::array::uniform6(".{0,12}"),
        ) -> RunResult {
            let [posters, backgrounds, title_cards, seasons, collections, runtime_seconds, errors, fallbacks, ..] = counts;
            let [.., textless, truncated, text, tba_skipped, japanese_skipped, images_cleared, folders_cleared, _] = counts;
            let [mode, space_saved, script_version, image_version, start, end] = texts;
            RunResult {
                posters, backgrounds, title_cards, seasons, collections, mode, runtime_seconds, errors, fallbacks, textless,
                truncated, text, tba_skipped, japanese_skipped, notifies: flags.0, kuma: flags.1, images_cleared,
                folders_cleared, space_saved, script_version, image_version, start, end,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(written in results()) {
            prop_assert_eq!(RunResult::read(&written.content().unwrap()).unwrap(), written);
        }
    }

    #[test]
    fn one_image_as_an_object_and_more_as_an_array_count_like_numbers() {
        let counts = |value: Value| {
            let row = result(&json!({ "Fallbacks": value, "Textless": value, "Truncated": value, "Text": value }));
            (row.fallbacks, row.textless, row.truncated, row.text)
        };
        assert_eq!(counts(json!(0)), (0, 0, 0, 0));
        assert_eq!(counts(json!(3)), (3, 3, 3, 3));
        assert_eq!(counts(json!("4")), (4, 4, 4, 4));
        assert_eq!(counts(Value::Null), (0, 0, 0, 0));
        assert_eq!(counts(image("true", "xx", "false")), (1, 1, 1, 1));
        let images = json!([
            image("true", "Textless", "false"),
            image("True", "xx", "True"),
            image("true-background", "en", "false"),
            image("false", "de", "true"),
        ]);
        assert_eq!(counts(images), (2, 1, 2, 3));
    }

    #[test]
    fn run_times_in_colons_and_in_letters_are_understood() {
        for (text, expected) in [
            ("0:12:7", 727),
            ("12:7", 727),
            ("26:5:9", 93_909),
            ("0h:27m:43s", 1_663),
            ("1h 2m 3s", 3_723),
            ("43s", 43),
            ("1:2:3:4", 0),
            ("", 0),
            ("soon", 0),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_half_written_or_no_object_says_so() {
        for bad in ["", "{\"Posters\": 3, ", "[1]", "\"x\""] {
            assert!(RunResult::read(bad.as_bytes()).unwrap_err().starts_with("not "), "{bad}");
        }
        assert_eq!(RunResult::read(b"\xef\xbb\xbf{}"), Ok(RunResult::default()));
    }

    #[test]
    fn every_mode_with_a_result_and_the_scripts_replacing_are_known_by_their_files() {
        assert_eq!((name_of("Normal.JSON"), name_of("replace.json")), (Some("normal"), Some("replace")));
        assert_eq!((name_of("normal.json.bak"), name_of("other.json"), name_of("normal")), (None, None, None));
        assert_eq!((name_of("reset.json"), names().count()), (None, 13));
    }
}
