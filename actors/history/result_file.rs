//! `Logs/<mode>.json`: what the script tells of a run, read into a row.

use chrono::NaiveDateTime;
use serde_json::{Map, Value};

use super::row::{COMPLETED, HistoryRow, in_iso, iso};

/// The result files, in the order in which they are taken.
pub const MODES: [&str; 13] = [
    "normal",
    "manual",
    "testing",
    "tautulli",
    "arr",
    "syncjelly",
    "syncemby",
    "backup",
    "restore",
    "scheduled",
    "replace",
    "restyle",
    "remake",
];

/// The mode a file in `Logs` is the result of; upper and lower case do not matter.
pub fn mode_of(file: &str) -> Option<&'static str> {
    let lower = file.to_ascii_lowercase();
    MODES.into_iter().find(|mode| lower.strip_suffix(".json") == Some(mode))
}

/// Reads a result. `written` is when the file was: it dates a result that does not date itself.
pub fn read(content: &[u8], mode: &str, file: &str, written: NaiveDateTime) -> Result<HistoryRow, String> {
    // PowerShell on Windows puts a byte order mark first.
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let result: Value = serde_json::from_slice(content).map_err(|error| format!("not readable as JSON: {error}"))?;
    let Value::Object(result) = result else { return Err("not a JSON object".to_owned()) };
    let number = |name: &str| result.get(name).map_or(0, whole);
    let text = |name: &str| result.get(name).map_or_else(String::new, plain);
    let flag = |name: &str| i64::from(result.get(name).is_some_and(is_true));
    let (start, end) = (in_iso(&text("Start time")), in_iso(&text("End Time")));
    let (posters, seasons) = (number("Posters"), number("Seasons"));
    let (backgrounds, titlecards) = (number("Backgrounds"), number("Titlecards"));
    let row = HistoryRow {
        timestamp: if start.is_empty() { iso(written) } else { start.clone() },
        mode: Some(mode.to_owned()),
        total_images: posters + backgrounds + titlecards + seasons,
        posters,
        seasons,
        backgrounds,
        titlecards,
        collections: number("Collections"),
        errors: number("Errors"),
        fallbacks: count(&result, "Fallbacks", |row| has(row, "Fallback", "true")),
        tba_skipped: number("TBA Skipped"),
        jap_chines_skipped: number("Jap/Chines Skipped"),
        notification_sent: flag("Notification Sent"),
        uptime_kuma: flag("Uptime Kuma"),
        images_cleared: number("Images cleared"),
        folders_cleared: number("Folders Cleared"),
        space_saved: Some(text("Space saved")),
        script_version: Some(text("Script Version")),
        im_version: Some(text("IM Version")),
        start_time: Some(start),
        end_time: Some(end),
        log_file: Some(file.to_owned()),
        status: Some(COMPLETED.to_owned()),
        textless: count(&result, "Textless", is_textless),
        truncated: count(&result, "Truncated", |row| has(row, "TextTruncated", "true")),
        text: count(&result, "Text", |row| !is_textless(row)),
        ..HistoryRow::default()
    };
    Ok(row.lasting(result.get("Runtime").map_or(0, |runtime| seconds(&plain(runtime)))))
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
    use super::*;
    use serde_json::json;

    fn written() -> NaiveDateTime {
        super::super::row::parse_iso("2026-11-23T09:00:00").unwrap()
    }

    fn row(result: &Value) -> HistoryRow {
        read(result.to_string().as_bytes(), "normal", "normal.json", written()).unwrap()
    }

    fn image(fallback: &str, language: &str, truncated: &str) -> Value {
        json!({ "Title": "Heat", "Language": language, "Fallback": fallback, "TextTruncated": truncated })
    }

    #[test]
    fn a_result_becomes_a_row() {
        let row = row(&json!({
            "Posters": 5, "Backgrounds": 2, "Titlecards": 2, "Seasons": 3, "Collections": 1, "Mode": "scheduled",
            "Runtime": "26:5:9", "Errors": 1, "Fallbacks": 0, "Textless": 0, "Truncated": 0, "Text": 0, "TBA Skipped": 4,
            "Jap/Chines Skipped": 6, "Notification Sent": "false", "Uptime Kuma": "true", "Images cleared": 7,
            "Folders Cleared": 8, "Space saved": 0, "Script Version": "2.1.15", "IM Version": "7.1.2.8",
            "Start time": "23.11.2025 03:00:02", "End Time": "24.11.2025 05:05:11"
        }));
        let expected = HistoryRow {
            timestamp: "2025-11-23T03:00:02".into(),
            mode: Some("normal".into()),
            total_images: 12,
            posters: 5,
            backgrounds: 2,
            titlecards: 2,
            seasons: 3,
            collections: 1,
            errors: 1,
            tba_skipped: 4,
            jap_chines_skipped: 6,
            uptime_kuma: 1,
            images_cleared: 7,
            folders_cleared: 8,
            space_saved: Some("0".into()),
            script_version: Some("2.1.15".into()),
            im_version: Some("7.1.2.8".into()),
            start_time: Some("2025-11-23T03:00:02".into()),
            end_time: Some("2025-11-24T05:05:11".into()),
            log_file: Some("normal.json".into()),
            status: Some("completed".into()),
            ..HistoryRow::default()
        };
        assert_eq!(row, expected.lasting(93_909));
    }

    #[test]
    fn one_image_as_an_object_and_more_as_an_array_count_like_numbers() {
        let counts = |value: Value| {
            let row = row(&json!({ "Fallbacks": value, "Textless": value, "Truncated": value, "Text": value }));
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
    fn a_result_without_dates_is_dated_by_its_file() {
        let row = row(&json!({ "Posters": null, "Runtime": null }));
        assert_eq!(row.timestamp, "2026-11-23T09:00:00");
        assert_eq!((row.start_time.as_deref(), row.dated(), row.total_images), (Some(""), None, 0));
        assert_eq!(row.runtime_formatted.as_deref(), Some("0h 0m 0s"));
    }

    #[test]
    fn what_is_half_written_or_no_object_says_so() {
        for bad in ["", "{\"Posters\": 3, ", "[1]", "\"x\""] {
            assert!(read(bad.as_bytes(), "normal", "normal.json", written()).unwrap_err().starts_with("not "), "{bad}");
        }
        assert!(read(b"\xef\xbb\xbf{}", "normal", "normal.json", written()).is_ok());
    }

    #[test]
    fn the_mode_is_the_files_name() {
        assert_eq!((mode_of("Normal.JSON"), mode_of("replace.json")), (Some("normal"), Some("replace")));
        assert_eq!((mode_of("normal.json.bak"), mode_of("other.json"), mode_of("normal")), (None, None, None));
    }
}
