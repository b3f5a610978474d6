//! Following one file.
//!
//! Theory of operation. A [`Tail`] keeps its file open and remembers how far it has read and the last bytes it read. Each
//! turn compares the open file with what is at the path now:
//! - the same file, longer: read on;
//! - the same file, shorter, or the bytes before our place are no longer those we read: it was truncated or written
//!   anew, begin at its start;
//! - another file, or none: the open one was moved or deleted; read it to its end, then begin the new one at its start.
//!   A moved file is read on until a new one appears, a deleted one is closed so that its space is freed.
//!
//! The open file keeps its inode number from being given to another file, so device and inode identify it. Comparing the
//! bytes before our place, rather than the first ones of the file, is what tells a rewritten log: all of the script's
//! logs begin with the same banner.
//!
//! A file that does not end in a line end is told as it is once it has been quiet for [`QUIET`].

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use memchr::memrchr2;
use rustix::fs::OFlags;

use super::lines::{MAX_LINE, RawLine, Splitter};
use crate::runtime::safe_path;

/// How long an unfinished line may grow before what there is of it is told.
pub const QUIET: Duration = Duration::from_millis(500);

/// How many bytes before the reading place are compared.
const FINGERPRINT: usize = 512;

/// What a turn finds, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A line is complete.
    Line {
        /// All of it, trimmed.
        whole: &'a str,
        /// The part that was not told before, trimmed; mostly the same.
        fresh: &'a str,
    },
    /// The beginning of a line that has been quiet for a while, trimmed.
    Part(&'a str),
    /// What follows is from the beginning of a file: it is new, or was written anew.
    Restart,
}

/// What a turn saw.
#[derive(Debug, Default)]
pub struct Turn {
    /// The file at the path, if there is one.
    pub modified: Option<SystemTime>,
    /// There is more to read right now.
    pub more: bool,
    /// When an unfinished line will be told.
    pub settles: Option<Instant>,
}

/// Follows one file.
#[derive(Debug)]
pub struct Tail {
    place: LogPlace,
    open: Option<Open>,
    lines: Splitter,
    /// When the unfinished line last grew.
    grew: Option<Instant>,
    troubled: bool,
}

/// Where the file is looked for: the first folder that has it, and from then on only there.
#[derive(Debug)]
struct LogPlace {
    folders: Vec<PathBuf>,
    name: String,
    found_in: Option<PathBuf>,
}

#[derive(Debug)]
struct Open {
    file: File,
    identity: (u64, u64),
    /// How far it was read.
    offset: u64,
    /// The bytes before `offset`.
    fingerprint: Vec<u8>,
}

impl Tail {
    /// Follows the file `name` of the first of `folders` that has it. Nothing is read yet: a file that is there is read
    /// from its start, unless [`Tail::skip_to_end`] comes first.
    pub fn new(folders: Vec<PathBuf>, name: &str) -> Self {
        Self {
            place: LogPlace { folders, name: name.to_owned(), found_in: None },
            open: None,
            lines: Splitter::new(MAX_LINE),
            grew: None,
            troubled: false,
        }
    }

    /// Begins at the last line end of the file, if it exists.
    pub fn skip_to_end(&mut self, now: Instant) {
        let begun = self.open_and_skip(now);
        self.note(begun);
    }

    fn open_and_skip(&mut self, now: Instant) -> io::Result<()> {
        let Some(mut open) = self.place.open()? else { return Ok(()) };
        let metadata = open.file.metadata()?;
        let (size, age) = (metadata.len(), age(&metadata));
        let unfinished = unfinished_line(&open.file, size)?;
        if unfinished > MAX_LINE as u64 {
            open.advance_to(size)?;
            self.lines = Splitter::discarding(MAX_LINE);
        } else {
            open.advance_to(size - unfinished)?;
        }
        self.grew = now.checked_sub(age).or(Some(now));
        self.open = Some(open);
        Ok(())
    }

    /// Reads what is new, at most one `buffer`, and tells it to `found`.
    pub fn turn(&mut self, now: Instant, buffer: &mut [u8], found: &mut dyn FnMut(Found<'_>)) -> Turn {
        let at_path = self.place.look();
        let more = self.read_on(now, at_path.as_ref(), buffer, found);
        let more = self.note(more).unwrap_or(false);
        if !more && self.lines.pending() > 0 && self.grew.is_some_and(|grew| now.duration_since(grew) >= QUIET) {
            send_part(&self.lines.take_part(), found);
            self.grew = None;
        }
        Turn {
            modified: at_path.and_then(|metadata| metadata.modified().ok()),
            more,
            settles: self.grew.filter(|_| self.lines.pending() > 0).map(|grew| grew + QUIET),
        }
    }

    /// The end of what was told so far, as a place in the open file; none where no file is open.
    pub fn position(&self) -> Option<(&File, u64)> {
        let open = self.open.as_ref()?;
        Some((&open.file, open.offset - self.lines.pending() as u64))
    }

    /// Whether the open file is the one at the path.
    pub fn is_in_place(&mut self) -> bool {
        let at_path = self.place.look().map(|metadata| identity(&metadata));
        at_path.is_some() && at_path == self.open.as_ref().map(|open| open.identity)
    }

    /// The last line as far as it is written; empty if the file ends with a line end.
    pub fn open_line(&self) -> String {
        self.lines.open_line()
    }

    /// Tells whether there is more to read at once.
    fn read_on(
        &mut self,
        now: Instant,
        at_path: Option<&Metadata>,
        buffer: &mut [u8],
        found: &mut dyn FnMut(Found<'_>),
    ) -> io::Result<bool> {
        let Some(open) = &mut self.open else {
            return self.begin(at_path.is_some(), found);
        };
        if open.was_rewritten()? {
            finish(&mut self.lines, found);
            found(Found::Restart);
            open.advance_to(0)?;
        }
        let count = open.read(buffer)?;
        if count > 0 {
            self.lines.push(buffer.get(..count).unwrap_or_default(), &mut |line| send_line(line, found));
            self.grew = Some(now);
            return Ok(true);
        }
        let gone = match at_path {
            Some(metadata) => identity(metadata) != open.identity,
            None => open.file.metadata()?.nlink() == 0,
        };
        if gone {
            finish(&mut self.lines, found);
            self.open = None;
        }
        Ok(gone && at_path.is_some())
    }

    fn begin(&mut self, exists: bool, found: &mut dyn FnMut(Found<'_>)) -> io::Result<bool> {
        if exists {
            self.open = self.place.open()?;
        }
        if self.open.is_some() {
            found(Found::Restart);
        }
        Ok(self.open.is_some())
    }

    /// Reports trouble when it begins, not each time.
    fn note<T>(&mut self, result: io::Result<T>) -> Option<T> {
        match result {
            Ok(value) => {
                self.troubled = false;
                Some(value)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.troubled, true) {
                    tracing::warn!(file = self.place.name, %error, "a log cannot be read; it is tried again");
                }
                None
            }
        }
    }
}

impl LogPlace {
    /// What is at the path now.
    fn look(&mut self) -> Option<Metadata> {
        let stat = |folder: &Path| std::fs::metadata(folder.join(&self.name)).ok().filter(Metadata::is_file);
        if let Some(folder) = &self.found_in {
            return stat(folder);
        }
        let (folder, metadata) = self.folders.iter().find_map(|folder| Some((folder.clone(), stat(folder)?)))?;
        self.found_in = Some(folder);
        Some(metadata)
    }

    fn open(&mut self) -> io::Result<Option<Open>> {
        if self.look().is_none() {
            return Ok(None);
        }
        let Some(folder) = &self.found_in else { return Ok(None) };
        // Checked at each opening: the file may have become a link that leads out.
        let path = safe_path::file_name(folder, &self.name).map_err(io::Error::other)?;
        let file = match open_for_reading(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(None);
        }
        Ok(Some(Open { file, identity: identity(&metadata), offset: 0, fingerprint: Vec::new() }))
    }
}

impl Open {
    fn was_rewritten(&self) -> io::Result<bool> {
        if self.file.metadata()?.len() < self.offset {
            return Ok(true);
        }
        Ok(self.read_fingerprint(self.offset, self.fingerprint.len())? != self.fingerprint)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        let read = buffer.get(..count).unwrap_or_default();
        self.offset += count as u64;
        self.fingerprint.extend_from_slice(read.get(count.saturating_sub(FINGERPRINT)..).unwrap_or_default());
        let surplus = self.fingerprint.len().saturating_sub(FINGERPRINT);
        self.fingerprint.drain(..surplus);
        Ok(count)
    }

    fn advance_to(&mut self, offset: u64) -> io::Result<()> {
        let length = usize::try_from(offset).map_or(FINGERPRINT, |offset| offset.min(FINGERPRINT));
        self.fingerprint = self.read_fingerprint(offset, length)?;
        self.offset = offset;
        Ok(())
    }

    /// The `length` bytes before `offset`; fewer if the file has become shorter meanwhile.
    fn read_fingerprint(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        match self.file.read_exact_at(&mut bytes, offset - length as u64) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Vec::new()),
            result => result.map(|()| bytes),
        }
    }
}

/// Opens a file for reading without waiting, should it be a pipe.
pub fn open_for_reading(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)
}

fn send_line(line: RawLine<'_>, found: &mut dyn FnMut(Found<'_>)) {
    let whole = line.whole();
    if line.taken == 0 {
        found(Found::Line { whole: &whole, fresh: &whole });
    } else {
        found(Found::Line { whole: &whole, fresh: &line.fresh() });
    }
}

fn send_part(part: &str, found: &mut dyn FnMut(Found<'_>)) {
    if !part.is_empty() {
        found(Found::Part(part));
    }
}

fn finish(lines: &mut Splitter, found: &mut dyn FnMut(Found<'_>)) {
    lines.finish(&mut |line| send_line(line, found));
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// How long ago it was written; nothing if its clock is ahead of ours.
fn age(metadata: &Metadata) -> Duration {
    metadata.modified().ok().and_then(|modified| modified.elapsed().ok()).unwrap_or_default().min(QUIET)
}

/// How many bytes follow the last line end before `size`.
fn unfinished_line(file: &File, size: u64) -> io::Result<u64> {
    // That a line is longer than any that is told is all there is to know of it.
    let looked = size.min(MAX_LINE as u64 + 1);
    let mut end = vec![0; usize::try_from(looked).unwrap_or_default()];
    file.read_exact_at(&mut end, size - looked)?;
    Ok(memrchr2(b'\n', b'\r', &end).map_or(looked, |at| looked - at as u64 - 1))
}
