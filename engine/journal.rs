//! The log of a run, in the script's line format, which web UIs and the daemon's log follower read.
//!
//! In place of the script's line number stands the line of our source that wrote it. Lines are written whole, in the order
//! they come, by whatever thread; they also go to standard output, which the daemon keeps with the run.

use std::{
    borrow::Cow,
    fs::{File, OpenOptions},
    io::{self, Write},
    panic::Location,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use chrono::Local;
use posterizarr_base::progress_line::{CharactersLine, ProgressLine};

/// The longest title in a line, in characters.
const MAX_TITLE_LENGTH: usize = 200;
/// The longest line, in characters.
const MAX_LINE_LENGTH: usize = 2000;

/// A text of at most so many characters; of a longer one the beginning.
pub fn shortened(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// What would end a line, steer a terminal, or turn the direction in which a line is shown.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How grave a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Info,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "[ERROR]",
            Self::Warning => "[WARNING]",
            Self::Info => "[INFO]",
        }
    }

    /// The configured level from which on it is written.
    fn from(self) -> u32 {
        match self {
            Self::Error | Self::Warning => 1,
            Self::Info => 2,
        }
    }
}

/// A log file in the making.
pub struct Journal {
    file: Mutex<Option<File>>,
    level: AtomicU32,
    errors: AtomicU32,
}

impl Journal {
    /// Opens the file to write at its end.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Mutex::new(Some(file)), ..Self::printed() })
    }

    /// A log that goes to standard output only: for what is to be said before there may be a file.
    pub fn printed() -> Self {
        Self { file: Mutex::new(None), level: AtomicU32::new(2), errors: AtomicU32::new(0) }
    }

    /// Sets what is written: 1 for warnings and errors, from 2 on also what happens.
    pub fn set_level(&self, level: u32) {
        self.level.store(level, Ordering::Relaxed);
    }

    /// How many errors there were.
    pub fn errors(&self) -> u32 {
        self.errors.load(Ordering::Relaxed)
    }

    #[track_caller]
    pub fn info(&self, text: impl AsRef<str>) {
        self.line(Level::Info, 1, text.as_ref());
    }

    /// A line that belongs to the one before.
    #[track_caller]
    pub fn detail(&self, text: impl AsRef<str>) {
        self.line(Level::Info, 6, text.as_ref());
    }

    #[track_caller]
    pub fn warning(&self, text: impl AsRef<str>) {
        self.line(Level::Warning, 1, text.as_ref());
    }

    #[track_caller]
    pub fn error(&self, text: impl AsRef<str>) {
        let count = self.errors.fetch_add(1, Ordering::Relaxed) + 1;
        self.line(Level::Error, 6, &format!("{} [ERROR-HERE] errorCount: {count}", text.as_ref()));
    }

    /// How far the run is, in the words that the daemon's log follower understands.
    #[track_caller]
    pub fn progress(&self, done: usize, total: usize, title: &str) {
        let number = |count: usize| u64::try_from(count).ok();
        let title = Some(shortened(title, MAX_TITLE_LENGTH).into_owned());
        let line = ProgressLine { done: number(done), total: number(total), title };
        self.line(Level::Info, 1, &line.to_string());
    }

    /// Which characters of a title no font has, in the words that the daemon's log follower understands.
    #[track_caller]
    pub fn characters_missing(&self, title: &str, characters: &[char]) {
        let line = CharactersLine { characters: characters.iter().collect(), title: title.to_owned() };
        self.line(Level::Warning, 1, &line.to_string());
    }

    #[track_caller]
    fn line(&self, level: Level, indent: usize, text: &str) {
        if level.from() > self.level.load(Ordering::Relaxed) {
            return;
        }
        let time = Local::now().format("[%Y-%m-%d %H:%M:%S]");
        let place = format!("L.{}", Location::caller().line());
        // One line stays one line, whatever a title or a file name has in it.
        let text = text.replace(steers, " ");
        let text = shortened(&text, MAX_LINE_LENGTH);
        let line = format!("{time} {:<10}|{place:<7}|{:indent$}{text}\n", level.name(), "");
        // A log that cannot be written must not end the work.
        let _ = io::stdout().write_all(line.as_bytes());
        if let Ok(mut file) = self.file.lock()
            && let Some(file) = file.as_mut()
        {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_scripts_layout_and_stay_single_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Testinglog.log");
        let journal = Journal::open(&path).unwrap();
        journal.info("Starting...");
        journal.error("a\n[2025-11-23 03:00:02] [INFO] forged");
        journal.progress(1, 24, "say \"hi\"");
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0][21..].starts_with(" [INFO]    |L.") && lines[0].ends_with("| Starting..."), "{text}");
        assert_eq!(lines[0].find("| Starting"), Some(40), "{text}");
        assert!(lines[1].contains("[ERROR]   |L.") && lines[1].contains("|      a [2025"), "{text}");
        assert!(lines[2].ends_with(r#"| progress: done=1 total=24 title="say \"hi\"""#), "{text}");
        assert_eq!(journal.errors(), 1);
    }

    #[test]
    fn the_level_says_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let journal = Journal::open(&path).unwrap();
        journal.set_level(1);
        journal.info("a");
        journal.warning("b");
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("| b\n"));
    }
}
