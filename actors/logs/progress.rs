//! How far a run is, read from its log.
//!
//! What is recognised:
//! - our own engine's [`ProgressLine`] at level INFO in the usual line layout;
//! - of the PowerShell script: `Added: <file>` for each finished picture, the upload of one that was there already (done or
//!   skipped), `Start … Search for: <title>`, `Found 'n' Items...` for the size of the libraries, `Starting …` and
//!   `Query …` for its phases, and the totals of its last lines.
//!
//! The script announces no number of pictures to make, so there is a total only with our engine.

use chrono::{DateTime, Utc};
use posterizarr_base::progress_line::ProgressLine;

use super::parse;
use super::view::Progress;

/// Counts what the lines of one log tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracker {
    done: u64,
    total: Option<u64>,
    library_items: Option<u64>,
    current: Option<String>,
    phase: Option<String>,
    errors: u64,
    warnings: u64,
    /// The script is sending a picture that was there already.
    sending_existing: bool,
}

impl Tracker {
    /// Takes one complete line.
    pub fn line(&mut self, line: &str) {
        let Some(head) = parse::head(line) else { return };
        match parse::severity(head.level) {
            Some(2) => self.warnings += 1,
            Some(3..) => self.errors += 1,
            _ => {}
        }
        if let Some(message) = parse::script_message(&head) {
            self.message(message);
        }
    }

    /// Adds what an earlier part of the same log told. What is current stays as it is.
    pub fn add_earlier(&mut self, earlier: Tracker) {
        self.done += earlier.done;
        self.errors += earlier.errors;
        self.warnings += earlier.warnings;
        self.total = self.total.or(earlier.total);
        self.library_items = self.library_items.or(earlier.library_items);
        self.current = self.current.take().or(earlier.current);
        self.phase = self.phase.take().or(earlier.phase);
    }

    /// What is known now of a run that writes to `log` since `since`.
    pub fn progress(&self, log: &str, since: DateTime<Utc>, now: DateTime<Utc>) -> Progress {
        let progress = Progress {
            log: log.to_owned(),
            done: self.done,
            total: self.total,
            library_items: self.library_items,
            current: self.current.clone(),
            phase: self.phase.clone(),
            errors: self.errors,
            warnings: self.warnings,
            per_minute: 0.0,
            since,
            results: None,
            dry_run: false,
            remaining_seconds: None,
        };
        progress.with_pace(now)
    }

    fn message(&mut self, message: &str) {
        if let Some(line) = ProgressLine::read(message) {
            self.engine(line);
        } else if message.starts_with("Added: ") {
            self.done += 1;
        } else if message.starts_with("Starting Existing Asset Upload") {
            self.sending_existing = true;
        } else if message.contains("skip upload") || message.starts_with("Artwork uploaded successfully") {
            // A new picture is sent before its `Added:` line, which counts it.
            self.done += u64::from(std::mem::take(&mut self.sending_existing));
        } else if let Some(title) = searched_title(message) {
            self.current = Some(title.to_owned());
        } else if let Some(count) = quoted_number(message, "Found '", "' Items") {
            self.library_items = Some(count);
        } else if let Some(count) = final_count(message) {
            self.done = self.done.max(count);
        } else if let Some(phase) = phase(message) {
            self.phase = Some(phase.to_owned());
        }
    }

    fn engine(&mut self, line: ProgressLine) {
        self.done = line.done.unwrap_or(self.done);
        self.total = line.total.or(self.total);
        self.current = line.title.or(self.current.take());
    }
}

fn searched_title(message: &str) -> Option<&str> {
    let title = match message.strip_prefix("Start ") {
        Some(search) => search.split_once(" Search for: ")?.1,
        None => message.strip_prefix("Searching for ")?.strip_suffix(" Artwork on Media Server.")?,
    };
    Some(title.trim())
}

/// The number of `Finished, Total images created: 7` and its kin.
fn final_count(message: &str) -> Option<u64> {
    let (what, count) = message.strip_prefix("Finished, Total images ")?.split_once(": ")?;
    let known = ["created", "downloaded", "uploaded"].iter().any(|known| what.eq_ignore_ascii_case(known));
    count.trim().parse().ok().filter(|_| known)
}

fn quoted_number(message: &str, before: &str, after: &str) -> Option<u64> {
    message.strip_prefix(before)?.split_once(after)?.0.parse().ok()
}

/// `Starting Movie Poster Creation part...` and `Query all items from all Libs, this can take a while...`
fn phase(message: &str) -> Option<&str> {
    let begins = message.starts_with("Starting ") || message.starts_with("Query ");
    let text = message.strip_suffix("...").filter(|_| begins)?;
    Some(text.split_once(',').map_or(text, |(text, _)| text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn track(messages: &[&str]) -> Tracker {
        let mut tracker = Tracker::default();
        for message in messages {
            tracker.line(&format!("[2025-11-23 03:00:02] [INFO]    |L.6959 | {message}"));
        }
        tracker
    }

    #[test]
    fn the_scripts_lines_tell_what_is_done_and_what_is_current() {
        let tracker = track(&[
            "Normal Mode Started...",
            "Query all items from all Libs, this can take a while...",
            "     Found '4' Items...",
            "Starting Movie Poster Creation part...",
            "Start Poster Search for: Heat",
            "     Artwork uploaded successfully...",
            "     Added: /assets/Movies/Heat (1995)/poster.jpg",
            "Start Title Card Search for: Dark - Season 1 • Episode 3",
            "     Added: /assets/TV/Dark (2017)/S01E03.jpg",
        ]);
        assert_eq!(tracker.done, 2);
        assert_eq!(tracker.library_items, Some(4));
        assert_eq!(tracker.current.as_deref(), Some("Dark - Season 1 • Episode 3"));
        assert_eq!(tracker.phase.as_deref(), Some("Starting Movie Poster Creation part"));
        assert_eq!(tracker.total, None);
    }

    #[test]
    fn pictures_that_were_there_count_once_when_they_are_sent_or_skipped() {
        let tracker = track(&[
            "Starting Existing Asset Upload...",
            "     Searching for Sing 2 Artwork on Media Server.",
            "     Artwork has exif data from posterizarr/kometa/tcm, skip upload...",
            "Starting Existing Asset Upload...",
            "     Searching for Sing Artwork on Media Server.",
            "     Artwork uploaded successfully...",
        ]);
        assert_eq!(tracker.done, 2);
        assert_eq!(tracker.current.as_deref(), Some("Sing"));
    }

    #[test]
    fn the_last_lines_correct_the_count_upwards() {
        assert_eq!(track(&["Added: x", "Finished, Total images created: 7"]).done, 7);
        assert_eq!(track(&["Finished, Total images Uploaded: 3", "Finished, Total images created: 2"]).done, 3);
        assert_eq!(track(&["Finished, Total images eaten: 7"]).done, 0);
    }

    #[test]
    fn the_engine_tells_everything_in_one_line() {
        let tracker = track(&["progress: done=12 total=340 title=\"Heat \\\"1995\\\" done=9\""]);
        assert_eq!((tracker.done, tracker.total), (12, Some(340)));
        assert_eq!(tracker.current.as_deref(), Some("Heat \"1995\" done=9"));
        let tracker = track(&["progress: done=1 total=2 title=\"a\"", "progress: done=x", "progress: done=2"]);
        assert_eq!((tracker.done, tracker.total, tracker.current.as_deref()), (2, Some(2), Some("a")));
    }

    #[test]
    fn levels_are_counted_and_other_lines_are_not() {
        let mut tracker = Tracker::default();
        for line in [
            "[2025-11-23 03:00:02] [WARNING] |L.1    | a",
            "[2025-11-23 03:00:02] [ERROR]   |L.1    |      Added: b",
            "[2025-11-23 03:00:02] [CRITICAL]|L.1    | c",
            "Added: d",
            "[ERROR] e",
        ] {
            tracker.line(line);
        }
        assert_eq!((tracker.warnings, tracker.errors, tracker.done), (1, 2, 1));
    }

    #[test]
    fn the_rate_is_per_minute_since_the_start() {
        let since = DateTime::UNIX_EPOCH;
        let tracker = track(&["Added: a", "Added: b", "Added: c"]);
        assert_eq!(tracker.progress("Scriptlog.log", since, since + TimeDelta::seconds(120)).per_minute, 1.5);
        assert_eq!(tracker.progress("Scriptlog.log", since, since).per_minute, 0.0);
    }
}
