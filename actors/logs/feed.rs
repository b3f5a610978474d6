//! What the LogTailer tells as facts: lines and progress, both no faster than people can read.

use std::time::{Duration, Instant};

use posterizarr_base::progress_line::CharactersLine;

use super::parse;
use super::view::Progress;
use crate::runtime::events::{Fact, Facts};

/// At most this many lines are told per [`WINDOW`].
const LINES_PER_WINDOW: u32 = 20;
const WINDOW: Duration = Duration::from_millis(100);
/// Progress is told at most this often.
const PROGRESS_PAUSE: Duration = Duration::from_secs(1);

/// Tells facts, throttled.
#[derive(Debug)]
pub struct Feed {
    facts: Facts,
    window: Option<Instant>,
    in_window: u32,
    skipped: u64,
    told: Option<(Instant, Fact)>,
}

impl Feed {
    /// Tells on `facts`.
    pub fn new(facts: Facts) -> Self {
        Self { facts, window: None, in_window: 0, skipped: 0, told: None }
    }

    /// Tells a line of the active log, or counts it as skipped.
    pub fn line(&mut self, now: Instant, file: &str, line: &str) {
        if let Some(fact) = characters_missing(line) {
            self.facts.publish(fact);
        }
        if self.window.is_none_or(|began| now.duration_since(began) >= WINDOW) {
            self.window = Some(now);
            self.in_window = 0;
        }
        if self.in_window == LINES_PER_WINDOW {
            self.skipped += 1;
            return;
        }
        self.in_window += 1;
        let skipped = std::mem::take(&mut self.skipped);
        self.facts.publish(Fact::LogLine { file: file.to_owned(), line: line.to_owned(), skipped });
    }

    /// Tells the progress if it is news. Where it is too soon, gives the time at which it may be told.
    pub fn progress(&mut self, now: Instant, progress: &Progress) -> Option<Instant> {
        let fact = fact(progress);
        match &self.told {
            Some((_, told)) if *told == fact => None,
            Some((at, _)) if now.duration_since(*at) < PROGRESS_PAUSE => Some(*at + PROGRESS_PAUSE),
            _ => {
                self.facts.publish(fact.clone());
                self.told = Some((now, fact));
                None
            }
        }
    }

    /// Begins a new run, or ends one with its last numbers.
    pub fn run_changed(&mut self, last: Option<&Progress>) {
        let told = self.told.take();
        if let Some(fact) = last.map(fact).filter(|fact| told.is_none_or(|(_, told)| told != *fact)) {
            self.facts.publish(fact);
        }
    }
}

/// What our engine tells of a title with characters that no font has.
fn characters_missing(line: &str) -> Option<Fact> {
    let CharactersLine { characters, title } = CharactersLine::read(parse::script_message(&parse::head(line)?)?)?;
    Some(Fact::CharactersMissing { title, characters })
}

fn fact(progress: &Progress) -> Fact {
    let (done, total, current, results) = (progress.done, progress.total, progress.current.clone(), progress.results);
    Fact::Progress { done, total, current, results }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn told(facts: &Facts) -> Vec<Fact> {
        facts.listen(Some(0)).missed.iter().map(|event| event.fact.clone()).collect()
    }

    fn progress(done: u64) -> Progress {
        super::super::progress::Tracker::default()
            .progress("Scriptlog.log", DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH)
            .with_done(done)
    }

    impl Progress {
        fn with_done(mut self, done: u64) -> Self {
            self.done = done;
            self
        }
    }

    #[test]
    fn lines_that_come_too_fast_are_counted_in_the_next_one() {
        let facts = Facts::new();
        let mut feed = Feed::new(facts.clone());
        let start = Instant::now();
        (0..25).for_each(|n| feed.line(start, "a.log", &n.to_string()));
        assert_eq!(told(&facts).len(), 20);
        feed.line(start + WINDOW, "a.log", "25");
        let next = Fact::LogLine { file: "a.log".to_owned(), line: "25".to_owned(), skipped: 5 };
        assert_eq!(told(&facts).last(), Some(&next));
    }

    #[test]
    fn progress_is_told_once_a_second_and_once_more_at_the_end() {
        let facts = Facts::new();
        let mut feed = Feed::new(facts.clone());
        let start = Instant::now();
        assert_eq!(feed.progress(start, &progress(1)), None);
        assert_eq!(feed.progress(start, &progress(1)), None, "no news");
        assert_eq!(feed.progress(start, &progress(2)), Some(start + PROGRESS_PAUSE));
        assert_eq!(told(&facts).len(), 1);
        assert_eq!(feed.progress(start + PROGRESS_PAUSE, &progress(3)), None);
        feed.run_changed(Some(&progress(4)));
        assert_eq!(told(&facts).len(), 3);
        assert_eq!(feed.progress(start + PROGRESS_PAUSE, &progress(0)), None, "a new run may tell at once");
        assert_eq!(told(&facts).len(), 4);
    }

    #[test]
    fn characters_that_no_font_has_are_told_as_a_fact() {
        let line = |message: &str| format!("[2025-11-23 03:00:02] [WARNING] |L.42   | {message}");
        let told = characters_missing(&line(r#"characters missing: characters="千\"" title="千 title=\"x\"""#));
        let expected = Fact::CharactersMissing { title: "千 title=\"x\"".to_owned(), characters: "千\"".to_owned() };
        assert_eq!(told, Some(expected));
        for message in
            ["characters missing: characters=", "characters missing: characters=\"a\"", "Added: characters missing"]
        {
            assert_eq!(characters_missing(&line(message)), None, "{message}");
        }
    }
}
