//! One followed file: its tail, its subscribers and, for a main log, its newest lines and progress.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use posterizarr_base::redact::mask;

use super::backward::Backward;
use super::lines::{MAX_LINE, RawLine, Splitter, is_shown};
use super::progress::Tracker;
use super::subscribers::{Subscribers, push};
use super::tail::{Found, Tail, Turn};
use super::view::{LAST_LINES, MainLog};

/// How far back the last lines are looked for. Only a file with next to no lines worth showing reaches this.
const LOOK_BACK: u64 = 64 * 1024 * 1024;
/// A run's log may be this much older than the run: file systems have coarse clocks.
const START_SLACK: TimeDelta = TimeDelta::milliseconds(100);

/// A file that is followed.
pub struct Followed {
    tail: Tail,
    /// Who wants its lines.
    pub subscribers: Subscribers,
    /// Set for the main logs, which are followed always.
    pub main: Option<Main>,
}

impl Followed {
    /// Follows a file from its end on, for subscribers.
    pub fn new(folders: Vec<PathBuf>, name: &str, now: Instant) -> Self {
        let mut tail = Tail::new(folders, name);
        tail.skip_to_end(now);
        Self { tail, subscribers: Subscribers::default(), main: None }
    }

    /// Follows a main log: its last lines are read now.
    pub fn main(folder: PathBuf, name: &str, now: Instant) -> Self {
        let mut followed = Self::new(vec![folder], name, now);
        followed.main = Some(Main::begin(followed.tail.position()));
        followed
    }

    /// Reads what is new, at most one `buffer`; gives what the turn saw and the lines that came.
    pub fn turn(&mut self, now: Instant, buffer: &mut [u8]) -> (Turn, String) {
        let mut text = String::new();
        let main = &mut self.main;
        let turn = self.tail.turn(now, buffer, &mut |found| match found {
            Found::Line { whole, fresh } => {
                // Here, once, rather than for each who reads them.
                push(&mut text, &mask(fresh));
                if let Some(main) = main {
                    main.line(&mask(whole));
                }
            }
            Found::Part(part) => push(&mut text, &mask(part)),
            Found::Restart => {
                if let Some(main) = main {
                    main.restart();
                }
            }
        });
        (turn, text)
    }

    /// The last lines of what was told so far, oldest first, none blank. Nothing where the file was moved away: what
    /// comes to its place will be told from its start.
    pub fn history(&mut self, count: usize) -> Vec<String> {
        if !self.tail.is_in_place() {
            return Vec::new();
        }
        let Some((file, end)) = self.tail.position() else { return Vec::new() };
        last_lines(file, end, count, |line| !line.is_empty()).unwrap_or_default()
    }

    /// The main log as it is shown after `turn`.
    pub fn shown(&self, turn: &Turn) -> MainLog {
        let readable = turn.modified.is_some() && self.tail.position().is_some();
        let last =
            self.main.as_ref().filter(|_| readable).map(|main| main.last(mask(&self.tail.open_line()).into_owned()));
        MainLog { exists: turn.modified.is_some(), modified: turn.modified, last: last.unwrap_or_default() }
    }
}

/// What is kept of a main log.
pub struct Main {
    last: VecDeque<String>,
    /// What its lines tell of the run that writes it.
    pub tracker: Tracker,
    /// When the file began; unknown where the file system does not tell.
    began: Option<DateTime<Utc>>,
    /// The bytes at its beginning whose lines the tracker has not seen.
    unseen: u64,
    /// Counts the files that were at this path.
    incarnation: u64,
}

impl Main {
    fn begin(position: Option<(&File, u64)>) -> Self {
        let mut main = Self {
            last: VecDeque::with_capacity(LAST_LINES + 1),
            tracker: Tracker::default(),
            began: None,
            unseen: 0,
            incarnation: 0,
        };
        if let Some((file, end)) = position {
            main.last = last_lines(file, end, LAST_LINES, is_shown).unwrap_or_default().into();
            main.began = file.metadata().and_then(|metadata| metadata.created()).ok().map(DateTime::from);
            main.unseen = end;
        }
        main
    }

    fn restart(&mut self) {
        self.last.clear();
        self.tracker = Tracker::default();
        self.began = Some(Utc::now());
        self.unseen = 0;
        self.incarnation += 1;
    }

    fn line(&mut self, line: &str) {
        self.tracker.line(line);
        if is_shown(line) {
            self.last.push_back(line.to_owned());
            if self.last.len() > LAST_LINES {
                self.last.pop_front();
            }
        }
    }

    fn last(&self, open: String) -> Arc<[String]> {
        let open = Some(open).filter(|line| is_shown(line));
        let surplus = (self.last.len() + usize::from(open.is_some())).saturating_sub(LAST_LINES);
        self.last.iter().skip(surplus).cloned().chain(open).collect()
    }
}

/// The unread beginning of a run's log, to be counted elsewhere.
pub struct Earlier {
    file: File,
    end: u64,
    incarnation: u64,
}

impl Earlier {
    /// Counts it. Takes as long as reading the file does.
    pub fn count(self) -> Counted {
        let mut tracker = Tracker::default();
        let mut lines = Splitter::new(MAX_LINE);
        let mut buffer = vec![0; MAX_LINE];
        let mut offset = 0;
        while offset < self.end {
            let wanted = usize::try_from(self.end - offset).map_or(buffer.len(), |left| left.min(buffer.len()));
            let chunk = buffer.get_mut(..wanted).unwrap_or_default();
            match std::os::unix::fs::FileExt::read_at(&self.file, chunk, offset) {
                Ok(count) if count > 0 => {
                    lines.push(chunk.get(..count).unwrap_or_default(), &mut |line| tracker.line(&line.whole()));
                    offset += count as u64;
                }
                _ => break,
            }
        }
        Counted { tracker, incarnation: self.incarnation }
    }
}

/// What [`Earlier::count`] found.
pub struct Counted {
    tracker: Tracker,
    incarnation: u64,
}

impl Followed {
    /// A run began that writes here; its log is not older than `not_before`. Gives the part of the file that is the run's
    /// and was not counted.
    pub fn run_began(&mut self, not_before: Option<DateTime<Utc>>) -> Option<Earlier> {
        let main = self.main.as_mut()?;
        let unseen = std::mem::take(&mut main.unseen);
        let is_older = |limit| main.began.is_none_or(|began| began < limit - START_SLACK);
        if not_before.is_some_and(is_older) {
            // The log of an earlier run; the script will move it away.
            main.tracker = Tracker::default();
            return None;
        }
        let file = self.tail.position().filter(|_| unseen > 0)?.0.try_clone().ok()?;
        Some(Earlier { file, end: unseen, incarnation: main.incarnation })
    }

    /// Adds what was counted, if the file is still the same.
    pub fn add_earlier(&mut self, counted: Counted) {
        if let Some(main) = self.main.as_mut().filter(|main| main.incarnation == counted.incarnation) {
            main.tracker.add_earlier(counted.tracker);
        }
    }
}

/// The last `count` lines before `end` that are `wanted`, oldest first, trimmed.
fn last_lines(file: &File, end: u64, count: usize, wanted: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut lines = Backward::new(file, end).within(LOOK_BACK + MAX_LINE as u64);
    while found.len() < count {
        let Some(line) = lines.previous()? else { break };
        let cut = line.bytes.len() > MAX_LINE;
        let bytes = line.bytes.get(..MAX_LINE).unwrap_or(line.bytes);
        let line_as_told = RawLine { bytes, taken: 0, cut };
        let text = line_as_told.whole();
        if wanted(&text) {
            found.push(mask(&text).into_owned());
        }
        if end - line.start > LOOK_BACK {
            break;
        }
    }
    found.reverse();
    Ok(found)
}
