//! What the end of a script log tells of its run: the fallback for installations that have no result files.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use chrono::NaiveDateTime;
use posterizarr_base::bounded;

use super::row::{COMPLETED, HistoryRow, iso};

/// Logs and the mode whose runs they tell of.
pub const LOGS: [(&str, &str); 3] =
    [("Scriptlog.log", "normal"), ("Testinglog.log", "testing"), ("Manuallog.log", "manual")];

/// The figures stand in the last lines.
const LINES: usize = 150;
/// Those are in the last bytes.
const BYTES: u64 = 64 * 1024;

/// The last lines of a log.
pub fn end_of(path: &Path) -> io::Result<String> {
    let (mut file, _) = bounded::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut end = Vec::new();
    file.take(BYTES).read_to_end(&mut end)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}

/// Reads a run from the end of its log, bottom up; none where it tells no run time. `written` dates it.
pub fn read(log: &str, mode: &str, file: &str, written: NaiveDateTime) -> Option<HistoryRow> {
    let mut row = HistoryRow {
        timestamp: iso(written),
        mode: Some(mode.to_owned()),
        start_time: Some(String::new()),
        end_time: Some(String::new()),
        log_file: Some(file.to_owned()),
        status: Some(COMPLETED.to_owned()),
        ..HistoryRow::default()
    };
    let mut seconds = None;
    for line in log.lines().rev().take(LINES) {
        seconds = seconds.or_else(|| run_time(line));
        read_counts(line, &mut row);
        if seconds.is_some() && row.total_images > 0 {
            break;
        }
    }
    Some(row.lasting(seconds?))
}

fn read_counts(line: &str, row: &mut HistoryRow) {
    let of =
        |what: &str| ["created: ", "downloaded: "].iter().find_map(|did| number_after(line, &format!("{what} {did}")));
    if let Some(posters) = of("Show/Movie Posters") {
        row.posters = posters;
        row.seasons = of("Season images").unwrap_or_default();
        row.backgrounds = of("Background images").unwrap_or_default();
        row.titlecards = of("TitleCards").unwrap_or_default();
        row.total_images = row.posters + row.seasons + row.backgrounds + row.titlecards;
    } else if let Some(total) = of("Total images").filter(|_| row.total_images == 0) {
        row.total_images = total;
    } else if line.contains("Errors occurred")
        && let Some(errors) = number_after(line, "execution '")
    {
        row.errors = errors;
    } else if let Some((before, _)) = line.split_once("' times the script took a fallback image") {
        row.fallbacks = before.rsplit('\'').next().and_then(|digits| digits.parse().ok()).unwrap_or_default();
    }
}

fn number_after(line: &str, words: &str) -> Option<i64> {
    let rest = line.split_once(words.trim_end())?.1.trim_start();
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

/// `Script execution time: 0h 4m 14s` in seconds.
fn run_time(line: &str) -> Option<i64> {
    let mut rest = line.split_once("Script execution time:")?.1;
    let mut total = 0;
    for (unit, size) in [('h', 3600), ('m', 60), ('s', 1)] {
        let (number, after) = rest.split_once(unit)?;
        total += number.trim().parse::<i64>().ok()? * size;
        rest = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(lines: &[&str]) -> Option<HistoryRow> {
        let written = super::super::row::parse_iso("2026-11-23T09:00:00").unwrap();
        read(&lines.join("\n"), "normal", "Scriptlog.log", written)
    }

    #[test]
    fn the_end_of_a_log_tells_time_counts_errors_and_fallbacks() {
        let row = row(&[
            "[2025-11-25 16:34:17] [INFO]    |L.33490| Finished, Total images created: 99",
            "[2025-11-25 16:34:17] [INFO]    |L.33500| Show/Movie Posters created: 7| Season images created: 3| \
             Background images created: 2| TitleCards created: 1",
            "[2025-11-25 16:34:17] [INFO]    |L.33510| '4' times the script took a fallback image",
            "[2025-11-25 16:34:18] [INFO]    |L.33520| During execution '5' Errors occurred, please check the log",
            "[2025-11-25 16:34:18] [INFO]    |L.33561| Script execution time: 0h 4m 14s ",
        ])
        .unwrap();
        assert_eq!((row.posters, row.seasons, row.backgrounds, row.titlecards), (7, 3, 2, 1));
        assert_eq!((row.total_images, row.errors, row.fallbacks, row.runtime_seconds), (13, 5, 4, Some(254)));
        assert_eq!(
            (row.timestamp.as_str(), row.dated(), row.space_saved.as_deref()),
            ("2026-11-23T09:00:00", None, None)
        );
    }

    #[test]
    fn a_total_alone_counts_and_a_log_without_a_run_time_is_no_run() {
        let total = "Total images downloaded: 12";
        assert_eq!(row(&[total, "Script execution time: 1h 0m 0s"]).unwrap().total_images, 12);
        assert_eq!(row(&[total]), None);
        assert_eq!(row(&["Script execution time: soon"]), None);
    }
}
