//! Bytes to lines: splitting, decoding, and which lines are worth showing.
//!
//! The rules are upstream's: lines end with LF, CR or CRLF and nothing else; bytes that are not UTF-8 are dropped; a byte
//! order mark stays. What is ours: a line longer than a limit is cut and says so, so that memory stays bounded.

use std::borrow::Cow;

use memchr::memchr2;

/// Lines longer than this many bytes are cut.
pub const MAX_LINE: usize = 64 * 1024;

/// What a cut line ends with.
pub const CUT_MARK: &str = " … (line cut)";

/// Decodes UTF-8 and drops what is not.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.utf8_chunks().map(|chunk| chunk.valid()).collect()),
    }
}

/// Takes away white space at both ends, as Python's `strip` does (it counts the four separators U+001C to U+001F too).
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// Whether a trimmed line is shown among the newest lines: it is not blank and not a ruler.
pub fn is_shown(line: &str) -> bool {
    !line.starts_with("=====")
        && !line.starts_with("_____")
        && !line.chars().all(|c| matches!(c, '=' | '-' | '_' | '|' | ' '))
}

/// A line that [`Splitter`] found.
#[derive(Debug, Clone, Copy)]
pub struct RawLine<'a> {
    /// The line's bytes, without its end.
    pub bytes: &'a [u8],
    /// How many of them were taken by [`Splitter::take_part`] before.
    pub taken: usize,
    /// Whether the rest of the line was left out.
    pub cut: bool,
}

impl RawLine<'_> {
    /// The whole line, trimmed.
    pub fn whole(&self) -> Cow<'_, str> {
        self.text(self.bytes)
    }

    /// The part that was not taken before, trimmed.
    pub fn fresh(&self) -> Cow<'_, str> {
        self.text(self.bytes.get(self.taken..).unwrap_or_default())
    }

    fn text<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        match decode(bytes) {
            text if self.cut => Cow::Owned(format!("{}{CUT_MARK}", trim(&text))),
            Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
            Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
        }
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Debug)]
pub struct Splitter {
    limit: usize,
    /// The line that has no end yet.
    open: Vec<u8>,
    taken: usize,
    /// The open line was cut; its rest is thrown away.
    discarding: bool,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
}

impl Splitter {
    /// Cuts lines longer than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, open: Vec::new(), taken: 0, discarding: false, after_cr: false }
    }

    /// A splitter in the middle of a line that is longer than the limit.
    pub fn discarding(limit: usize) -> Self {
        Self { discarding: true, ..Self::new(limit) }
    }

    /// Adds bytes; every line that they complete goes to `found`.
    pub fn push(&mut self, bytes: &[u8], found: &mut dyn FnMut(RawLine<'_>)) {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.after_cr = false;
        }
        while let Some(at) = memchr2(b'\n', b'\r', rest) {
            let (body, after) = rest.split_at(at);
            self.extend(body, found);
            self.end_line(found);
            rest = match after {
                [b'\r', b'\n', after @ ..] => after,
                [b'\r'] => {
                    self.after_cr = true;
                    &[]
                }
                [_, after @ ..] => after,
                [] => &[],
            };
        }
        self.extend(rest, found);
    }

    /// Ends the open line, as at the end of a file.
    pub fn finish(&mut self, found: &mut dyn FnMut(RawLine<'_>)) {
        if !self.open.is_empty() {
            self.end_line(found);
        }
        *self = Self::new(self.limit);
    }

    /// Bytes of the open line that nobody has seen.
    pub fn pending(&self) -> usize {
        self.open.len() - self.taken
    }

    /// Takes what there is of the open line, as far as its characters are complete. The rest of the line will be told
    /// with `taken` set.
    pub fn take_part(&mut self) -> String {
        let unseen = self.open.get(self.taken..).unwrap_or_default();
        let complete = unseen.len() - unfinished_suffix(unseen);
        let text = trim(&decode(unseen.get(..complete).unwrap_or_default())).to_owned();
        self.taken += complete;
        text
    }

    /// The open line so far, trimmed.
    pub fn open_line(&self) -> String {
        trim(&decode(&self.open)).to_owned()
    }

    fn extend(&mut self, bytes: &[u8], found: &mut dyn FnMut(RawLine<'_>)) {
        if self.discarding {
            return;
        }
        let room = self.limit - self.open.len();
        if bytes.len() <= room {
            self.open.extend_from_slice(bytes);
            return;
        }
        self.open.extend_from_slice(bytes.get(..room).unwrap_or_default());
        found(RawLine { bytes: &self.open, taken: self.taken, cut: true });
        self.reset_line();
        self.discarding = true;
    }

    fn end_line(&mut self, found: &mut dyn FnMut(RawLine<'_>)) {
        if self.discarding {
            self.discarding = false;
        } else {
            found(RawLine { bytes: &self.open, taken: self.taken, cut: false });
        }
        self.reset_line();
    }

    fn reset_line(&mut self) {
        self.open.clear();
        self.taken = 0;
    }
}

/// How many bytes at the end begin a character that is not complete yet.
fn unfinished_suffix(bytes: &[u8]) -> usize {
    let invalid = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    let unfinished = std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
    if unfinished { invalid.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(limit: usize, chunks: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::new(limit);
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, &mut |line| lines.push(line.whole().into_owned()));
        }
        splitter.finish(&mut |line| lines.push(line.whole().into_owned()));
        lines
    }

    #[test]
    fn lines_end_with_lf_cr_or_crlf_and_with_nothing_else() {
        let text = "a\nb\rc\r\nd\r\n\ne\u{85}f\u{2028}g\u{b}h";
        assert_eq!(split(99, &[text.as_bytes()]), ["a", "b", "c", "d", "", "e\u{85}f\u{2028}g\u{b}h"]);
    }

    #[test]
    fn a_crlf_cut_in_two_is_one_line_end() {
        assert_eq!(split(99, &[b"a\r", b"", b"\nb\r", b"c\r", b"\n"]), ["a", "b", "c"]);
    }

    #[test]
    fn bytes_that_are_no_utf8_are_dropped() {
        assert_eq!(
            split(99, &[b"\xe2\x28\xa1x\n", b"\xed\xa0\x80y\n", b"caf\xc3", b"\xa9 \xf0\x9f"]),
            ["(x", "y", "café"]
        );
    }

    #[test]
    fn a_line_over_the_limit_is_cut_marked_and_told_once() {
        let lines = split(4, &[b"abcd\nabc", b"defgh", b"ij\nnext\n"]);
        assert_eq!(lines, ["abcd", &format!("abcd{CUT_MARK}"), "next"]);
    }

    #[test]
    fn a_part_is_taken_up_to_its_last_complete_character() {
        let mut splitter = Splitter::new(99);
        splitter.push(b"caf\xc3", &mut |_| unreachable!());
        assert_eq!(splitter.take_part(), "caf");
        assert_eq!(splitter.pending(), 1);
        assert_eq!(splitter.take_part(), "");
        let mut seen = Vec::new();
        splitter.push(b"\xa9!\n", &mut |line| seen.push((line.whole().into_owned(), line.fresh().into_owned())));
        assert_eq!(seen, [("café!".to_owned(), "é!".to_owned())]);
    }

    #[test]
    fn rulers_and_blank_lines_are_not_shown() {
        for hidden in ["", "=====x", "_____x", "-", "| - | = _", "----------"] {
            assert!(!is_shown(hidden), "{hidden:?}");
        }
        for shown in ["a", "====x", "- x", "\u{feff}=====", "* *"] {
            assert!(is_shown(shown), "{shown:?}");
        }
        assert_eq!(trim("\u{1c}\u{a0} a b\u{3000}\t\u{1f}"), "a b");
        assert_eq!(trim("\u{feff} a"), "\u{feff} a");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn where_the_stream_is_cut_makes_no_difference(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), Just(0xc3), Just(0xa9)], 0..40),
            cuts in proptest::collection::vec(0usize..40, 0..4),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(split(5, &chunks), split(5, &[&bytes]));
        }
    }
}
