//! Reading the lines of a file from its end, so that the last lines of a large file cost as much as those of a small one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use memchr::memrchr2;

use super::lines::MAX_LINE;

const BLOCK: usize = 64 * 1024;

/// Gives the lines of a file, last one first. Splits as [`super::lines::Splitter`] does.
pub struct Backward<'a> {
    file: &'a File,
    /// Where in the file `held` begins.
    start: u64,
    held: Vec<u8>,
    /// The end of what was not given out yet, in `held`.
    end: usize,
    /// What lies before this place in the file is not looked at.
    floor: u64,
}

/// One line, as [`Backward::previous`] gives it.
#[derive(Debug, Clone, Copy)]
pub struct PreviousLine<'a> {
    /// Its bytes without the line end; of an overlong line only the first ones.
    pub bytes: &'a [u8],
    /// Where in the file it begins.
    pub start: u64,
    /// Whether it has a line end.
    #[allow(dead_code, reason = "the reader's tests look at it")]
    pub ended: bool,
}

impl<'a> Backward<'a> {
    /// Begins at the byte `end` of the file: what follows it does not exist.
    pub fn new(file: &'a File, end: u64) -> Self {
        Self { file, start: end, held: Vec::new(), end: 0, floor: 0 }
    }

    /// Looks back no further than so many bytes; a line that goes on before them is given from there.
    pub fn within(self, bytes: u64) -> Self {
        Self { floor: self.start.saturating_sub(bytes), ..self }
    }

    /// The line before those given so far; none at the beginning of the file. Fails if the file became shorter.
    pub fn previous(&mut self) -> io::Result<Option<PreviousLine<'_>>> {
        if self.end < 2 {
            // Two bytes, so that a CRLF is seen whole.
            self.load()?;
        }
        if self.end == 0 {
            return Ok(None);
        }
        let ended = self.strip_line_end();
        loop {
            let body = self.held.get(..self.end).unwrap_or_default();
            if let Some(at) = memrchr2(b'\n', b'\r', body) {
                return Ok(Some(self.give(at + 1, ended)));
            }
            if self.start <= self.floor {
                return Ok(Some(self.give(0, ended)));
            }
            if self.end > 2 * MAX_LINE {
                // Nobody wants more of it than its beginning.
                self.end = MAX_LINE;
            }
            self.load()?;
        }
    }

    fn strip_line_end(&mut self) -> bool {
        let line_end = match self.held.get(..self.end).unwrap_or_default() {
            [.., b'\r', b'\n'] => 2,
            [.., b'\n' | b'\r'] => 1,
            _ => 0,
        };
        self.end -= line_end;
        line_end > 0
    }

    fn give(&mut self, from: usize, ended: bool) -> PreviousLine<'_> {
        let to = std::mem::replace(&mut self.end, from);
        let bytes = self.held.get(from..to).unwrap_or_default();
        PreviousLine { bytes, start: self.start + from as u64, ended }
    }

    fn load(&mut self) -> io::Result<()> {
        let size = usize::try_from(self.start.saturating_sub(self.floor)).map_or(BLOCK, |before| before.min(BLOCK));
        let mut block = vec![0; size];
        self.file.read_exact_at(&mut block, self.start - size as u64)?;
        block.extend_from_slice(self.held.get(..self.end).unwrap_or_default());
        self.start -= size as u64;
        self.end = block.len();
        self.held = block;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::Splitter;
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn backward(content: &[u8]) -> Vec<(Vec<u8>, u64, bool)> {
        let file = file(content);
        let mut lines = Vec::new();
        let mut reader = Backward::new(&file, content.len() as u64);
        while let Some(line) = reader.previous().unwrap() {
            lines.push((line.bytes.to_vec(), line.start, line.ended));
        }
        lines.reverse();
        lines
    }

    fn forward(content: &[u8]) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::new(usize::MAX);
        let mut lines = Vec::new();
        splitter.push(content, &mut |line| lines.push(line.bytes.to_vec()));
        splitter.finish(&mut |line| lines.push(line.bytes.to_vec()));
        lines
    }

    #[test]
    fn lines_come_with_their_place_and_line_end() {
        let lines = backward(b"a\r\n\nbc\rd");
        let expected: [(&[u8], u64, bool); 4] = [(b"a", 0, true), (b"", 3, true), (b"bc", 4, true), (b"d", 7, false)];
        assert_eq!(lines, expected.map(|(bytes, start, ended)| (bytes.to_vec(), start, ended)));
        assert!(backward(b"").is_empty());
        assert_eq!(backward(b"\n").len(), 1);
    }

    #[test]
    fn blocks_that_cut_lines_and_line_ends_make_no_difference() {
        for shift in 0..4 {
            let mut content = vec![b'x'; shift];
            while content.len() < 3 * BLOCK {
                let length = content.len() % 97;
                content.extend(std::iter::repeat_n(b'y', length));
                content.extend_from_slice(b"\r\n");
            }
            let lines: Vec<_> = backward(&content).into_iter().map(|line| line.0).collect();
            assert_eq!(lines, forward(&content));
        }
    }

    #[test]
    fn an_overlong_line_costs_bounded_memory_and_keeps_its_beginning() {
        let mut content = b"first\n".to_vec();
        content.extend((0..10 * MAX_LINE).map(|n| b'a' + (n % 26) as u8));
        content.extend_from_slice(b"\nlast\n");
        let lines = backward(&content);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].1, 6);
        assert!(lines[1].0.len() <= 3 * MAX_LINE);
        assert!(lines[1].0.len() >= MAX_LINE);
        assert!(content[6..].starts_with(&lines[1].0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn backward_is_forward_reversed(content in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a')], 0..60)) {
            let lines: Vec<_> = backward(&content).into_iter().map(|line| line.0).collect();
            prop_assert_eq!(lines, forward(&content));
        }
    }
}
