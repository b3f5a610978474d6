//! Pages of a log file: its last lines, all of it, or those that match a filter, in bounded memory.
//!
//! Reading is done in steps, each of some milliseconds, so that a caller can give up between them. A page of the last lines
//! is found by reading backwards, then read forwards; a large file costs no more than a small one unless a filter is rare.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use posterizarr_base::redact::mask;

use super::backward::Backward;
use super::lines::{CUT_MARK, MAX_LINE, RawLine, Splitter, decode};
use super::parse;
use super::tail::open_for_reading;

/// Lines longer than this are cut in a page.
const MAX_PAGE_LINE: usize = 1024 * 1024;
/// What is read forwards in one step.
const STEP: usize = 256 * 1024;
/// What is searched backwards in one step.
const SEARCH_STEP: u64 = 8 * 1024 * 1024;

/// Which lines of a log are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    All,
    /// The last ones.
    Last(usize),
    /// All but the first ones.
    AfterFirst(usize),
}

/// What a line must have to be wanted. A line that continues a record counts as of the record's level.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    levels: Option<[bool; 5]>,
    text: Option<String>,
}

impl Filter {
    /// Only these levels; none if a name is unknown.
    pub fn levels(mut self, names: &str) -> Option<Self> {
        let mut wanted = [false; 5];
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            *wanted.get_mut(usize::from(parse::severity(name)?))? = true;
        }
        self.narrow(wanted);
        Some(self)
    }

    /// Only this level and graver ones; none if the name is unknown.
    pub fn at_least(mut self, name: &str) -> Option<Self> {
        let least = usize::from(parse::severity(name.trim())?);
        self.narrow(std::array::from_fn(|severity| severity >= least));
        Some(self)
    }

    /// Besides only the levels of another filter.
    pub fn and_levels_of(mut self, other: &Self) -> Self {
        other.levels.into_iter().for_each(|levels| self.narrow(levels));
        self
    }

    /// Only lines that contain this text, in upper or lower case.
    pub fn text(mut self, text: &str) -> Self {
        self.text = Some(text.to_lowercase()).filter(|text| !text.is_empty());
        self
    }

    fn narrow(&mut self, wanted: [bool; 5]) {
        let before = self.levels.unwrap_or([true; 5]);
        self.levels =
            Some(std::array::from_fn(|at| matches!((before.get(at), wanted.get(at)), (Some(true), Some(true)))));
    }

    fn is_empty(&self) -> bool {
        self.levels.is_none() && self.text.is_none()
    }

    /// Whether the record that begins here is of a wanted level; none if no record begins here.
    fn wants_record(&self, line: &str) -> Option<bool> {
        let Some(levels) = &self.levels else { return Some(true) };
        let severity = parse::severity(parse::head(line)?.level);
        Some(severity.and_then(|severity| levels.get(usize::from(severity))).copied().unwrap_or(false))
    }

    fn wants_text(&self, line: &str) -> bool {
        self.text.as_ref().is_none_or(|text| line.to_lowercase().contains(text))
    }
}

/// What a step gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Searching,
    /// The next lines, each with `\n` at its end unless it is the last one and has no line end.
    Lines(Vec<String>),
    /// That was all.
    End,
}

/// Reads one page of a file as it is now; what is written meanwhile is not seen.
#[derive(Debug)]
pub struct Page {
    file: File,
    filter: Filter,
    state: State,
    end: u64,
}

#[derive(Debug)]
enum State {
    Search(Search),
    Read(Read),
    Done,
}

/// The search for the beginning of the last lines, from the end.
#[derive(Debug)]
struct Search {
    wanted: usize,
    found: usize,
    /// Lines below `position` have not been looked at.
    position: u64,
    /// Lines with the wanted text whose record's level is not known yet.
    undecided: usize,
}

#[derive(Debug)]
struct Read {
    offset: u64,
    lines: Splitter,
    /// Wanted lines that are left out at the beginning.
    skip: usize,
    in_wanted_record: bool,
}

impl Page {
    /// Opens a file. Fails with `NotFound`, or with `IsADirectory` for what is no regular file.
    pub fn open(path: &Path, part: Part, filter: Filter) -> io::Result<Self> {
        let file = open_for_reading(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let end = metadata.len();
        let state = match part {
            Part::All => State::Read(Read::from(0, 0)),
            Part::AfterFirst(skip) => State::Read(Read::from(0, skip)),
            Part::Last(0) => State::Done,
            Part::Last(wanted) => State::Search(Search::from(end, wanted)),
        };
        Ok(Self { file, filter, state, end })
    }

    /// Does a part of the work. Blocks for some milliseconds.
    pub fn step(&mut self) -> io::Result<Step> {
        match &mut self.state {
            State::Search(search) => {
                match search.step(&self.file, &self.filter) {
                    Ok(Some(read)) => self.state = State::Read(read),
                    Ok(None) => {}
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        // It became shorter meanwhile: begin again.
                        self.end = self.file.metadata()?.len();
                        *search = Search::from(self.end, search.wanted);
                    }
                    Err(error) => return Err(error),
                }
                Ok(Step::Searching)
            }
            State::Read(read) => {
                let lines = read.step(&self.file, self.end, &self.filter)?;
                if read.offset >= self.end {
                    self.state = State::Done;
                }
                Ok(Step::Lines(lines))
            }
            State::Done => Ok(Step::End),
        }
    }
}

impl Search {
    fn from(position: u64, wanted: usize) -> Self {
        Self { wanted, found: 0, position, undecided: 0 }
    }

    /// Gives the place to read from once it is found.
    fn step(&mut self, file: &File, filter: &Filter) -> io::Result<Option<Read>> {
        let begin = self.position;
        let mut lines = Backward::new(file, begin);
        while begin - self.position < SEARCH_STEP {
            let Some(line) = lines.previous()? else {
                return Ok(Some(Read::from(0, 0)));
            };
            self.position = line.start;
            self.look_at(line.bytes, filter);
            if self.found >= self.wanted {
                return Ok(Some(Read::from(self.position, self.found - self.wanted)));
            }
        }
        Ok(None)
    }

    fn look_at(&mut self, bytes: &[u8], filter: &Filter) {
        if filter.is_empty() {
            self.found += 1;
            return;
        }
        let line = comparable(bytes);
        self.undecided += usize::from(filter.wants_text(&line));
        if let Some(wanted) = filter.wants_record(&line) {
            let decided = std::mem::take(&mut self.undecided);
            self.found += if wanted { decided } else { 0 };
        }
    }
}

impl Read {
    fn from(offset: u64, skip: usize) -> Self {
        Self { offset, lines: Splitter::new(MAX_PAGE_LINE), skip, in_wanted_record: false }
    }

    fn step(&mut self, file: &File, end: u64, filter: &Filter) -> io::Result<Vec<String>> {
        let size = usize::try_from(end - self.offset).map_or(STEP, |left| left.min(STEP));
        let mut buffer = vec![0; size];
        let count = file.read_at(&mut buffer, self.offset)?;
        // A file that has become shorter ends here.
        self.offset = if count == 0 { end } else { self.offset + count as u64 };
        let mut wanted = Vec::new();
        let Self { lines, skip, in_wanted_record, .. } = self;
        let mut take = |line: RawLine<'_>, line_end: &str| {
            if !filter.is_empty() {
                let text = comparable(line.bytes);
                *in_wanted_record = filter.wants_record(&text).unwrap_or(*in_wanted_record);
                if !*in_wanted_record || !filter.wants_text(&text) {
                    return;
                }
            }
            if *skip > 0 {
                *skip -= 1;
                return;
            }
            let cut = if line.cut { CUT_MARK } else { "" };
            wanted.push(format!("{}{cut}{line_end}", mask(&decode(line.bytes))));
        };
        lines.push(buffer.get(..count).unwrap_or_default(), &mut |line| take(line, "\n"));
        if self.offset >= end {
            lines.finish(&mut |line| take(line, ""));
        }
        Ok(wanted)
    }
}

/// The part of a line that filters look at, the same whichever way it is read. Masked: else a search would tell a secret
/// letter by letter.
fn comparable(bytes: &[u8]) -> String {
    mask(&decode(bytes.get(..MAX_LINE).unwrap_or(bytes))).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn page(content: &[u8], part: Part, filter: Filter) -> Vec<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let mut page = Page::open(file.path(), part, filter).unwrap();
        let mut lines = Vec::new();
        loop {
            match page.step().unwrap() {
                Step::Searching => {}
                Step::Lines(more) => lines.extend(more),
                Step::End => return lines,
            }
        }
    }

    const LOG: &str = "banner\n[2025-11-23 03:00:01] [INFO]    |L.1    | one\n\
        [2025-11-23 03:00:02] [ERROR]   |L.2    | two\nbody of two\nmore of two\n\
        [2025-11-23 03:00:03] [WARNING] |L.3    | three\n[2025-11-23 03:00:04] [INFO    ] [UI:x] - four";

    fn tags(lines: &[String]) -> Vec<&str> {
        lines.iter().map(|line| line.trim().rsplit(' ').next().unwrap()).collect()
    }

    #[test]
    fn lines_keep_their_white_space_and_get_one_kind_of_line_end() {
        let content = b"\xef\xbb\xbfa \r\n\n b\rc\xff\nend";
        let all = ["\u{feff}a \n", "\n", " b\n", "c\n", "end"];
        assert_eq!(page(content, Part::All, Filter::default()), all);
        assert_eq!(page(content, Part::Last(2), Filter::default()), all[3..]);
        assert_eq!(page(content, Part::Last(99), Filter::default()), all);
        assert_eq!(page(content, Part::AfterFirst(3), Filter::default()), all[3..]);
        assert!(page(content, Part::AfterFirst(9), Filter::default()).is_empty());
        assert!(page(content, Part::Last(0), Filter::default()).is_empty());
        assert!(page(b"", Part::Last(5), Filter::default()).is_empty());
    }

    #[test]
    fn a_line_that_continues_a_record_has_its_level() {
        let errors = || Filter::default().levels("error").unwrap();
        assert_eq!(tags(&page(LOG.as_bytes(), Part::All, errors())), ["two", "two", "two"]);
        assert_eq!(page(LOG.as_bytes(), Part::Last(2), errors()), ["body of two\n", "more of two\n"]);
        let grave = || Filter::default().at_least("WARNING").unwrap();
        assert_eq!(tags(&page(LOG.as_bytes(), Part::Last(2), grave())), ["two", "three"]);
        let some = || Filter::default().levels("INFO,WARNING").unwrap();
        assert_eq!(tags(&page(LOG.as_bytes(), Part::All, some())), ["one", "three", "four"]);
        assert_eq!(tags(&page(LOG.as_bytes(), Part::AfterFirst(1), some())), ["three", "four"]);
        let both = Filter::default().levels("INFO,WARNING").unwrap().at_least("warning").unwrap();
        assert_eq!(tags(&page(LOG.as_bytes(), Part::All, both)), ["three"]);
        assert!(Filter::default().levels("LOUD").is_none());
    }

    #[test]
    fn text_is_found_in_any_case_and_together_with_a_level() {
        let text = |text: &str| Filter::default().text(text);
        assert_eq!(tags(&page(LOG.as_bytes(), Part::Last(1), text("TWO"))), ["two"]);
        assert_eq!(page(LOG.as_bytes(), Part::All, text("Body")), ["body of two\n"]);
        assert_eq!(page(LOG.as_bytes(), Part::All, text("body").levels("ERROR").unwrap()), ["body of two\n"]);
        assert!(page(LOG.as_bytes(), Part::Last(3), text("body").levels("INFO").unwrap()).is_empty());
        assert_eq!(page("Ärger\n".as_bytes(), Part::All, text("ärg")), ["Ärger\n"]);
        assert_eq!(page(LOG.as_bytes(), Part::All, text("")).len(), 7);
    }

    #[test]
    fn a_large_file_is_searched_in_steps_and_read_in_steps() {
        let mut content = b"needle 1\nneedle 2\n".to_vec();
        while content.len() < 20 * 1024 * 1024 {
            content.extend_from_slice(b"a line of hay, and a little longer than that, so that it fills the file\n");
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&content).unwrap();
        let mut page = Page::open(file.path(), Part::Last(1), Filter::default().text("needle")).unwrap();
        let mut steps = 0;
        let mut lines = Vec::new();
        loop {
            match page.step().unwrap() {
                Step::Searching => steps += 1,
                Step::Lines(more) => {
                    assert!(lines.len() <= STEP);
                    lines.extend(more);
                }
                Step::End => break,
            }
        }
        assert_eq!(lines, ["needle 2\n"]);
        assert_eq!(steps, 3);
    }

    #[test]
    fn a_file_that_becomes_shorter_under_the_reader_gives_what_is_left() {
        for part in [Part::Last(2), Part::All] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(b"a\nb\nc\n").unwrap();
            let mut page = Page::open(file.path(), part, Filter::default()).unwrap();
            file.as_file().set_len(2).unwrap();
            let mut lines = Vec::new();
            loop {
                match page.step().unwrap() {
                    Step::Searching => {}
                    Step::Lines(more) => lines.extend(more),
                    Step::End => break,
                }
            }
            assert_eq!(lines, ["a\n"]);
        }
    }

    #[test]
    fn an_overlong_line_is_cut() {
        let lines =
            page(&[b"x".repeat(3 * MAX_PAGE_LINE), b"\nlast".to_vec()].concat(), Part::Last(2), Filter::default());
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len(), MAX_PAGE_LINE + CUT_MARK.len() + 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_last_lines_are_the_last_of_all_lines(
            pieces in proptest::collection::vec(prop_oneof![
                Just("[2025-11-23 03:00:01] [INFO] |L.1 | a"), Just("[2025-11-23 03:00:01] [ERROR] |L.1 | b"),
                Just("a"), Just("b"), Just("\n"), Just("\r\n"), Just("\n")], 0..30),
            count in 1usize..6, level in any::<bool>(), text in any::<bool>(),
        ) {
            let content = pieces.concat();
            let filter = || {
                let filter = if level { Filter::default().levels("ERROR").unwrap() } else { Filter::default() };
                if text { filter.text("A") } else { filter }
            };
            let all = page(content.as_bytes(), Part::All, filter());
            let last = page(content.as_bytes(), Part::Last(count), filter());
            prop_assert_eq!(&last, &all[all.len().saturating_sub(count)..]);
        }
    }
}
