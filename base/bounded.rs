//! Reading files within bounds.
//!
//! A file of the data folder may have become anything: a folder, a named pipe on which reading waits for ever, a link to
//! an endless device, or six gigabytes of holes. Each reader names its limit; what is larger, or is no regular file, is
//! refused before it is read.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a regular file for reading, following links, and never waits for a writer.
///
/// # Errors
/// Those of opening, and [`ErrorKind::InvalidInput`] for what is no regular file.
pub fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open`] and of reading, and [`ErrorKind::FileTooLarge`] for a file over the limit, also when it grows
/// over it while it is read.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, metadata) = open(path)?;
    if metadata.len() > limit {
        return Err(too_large(limit));
    }
    let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit { Err(too_large(limit)) } else { Ok(content) }
}

/// Reads a regular file of at most `limit` bytes, which must be UTF-8.
///
/// # Errors
/// Those of [`read`], and [`ErrorKind::InvalidData`] for bytes that are not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))
}

/// The lines of a text, without their line feeds; one of more than `longest` bytes is refused before it is in memory.
///
/// Each item is an error for what cannot be read, and of the kinds of [`read_text`] for a line that is too long or no UTF-8.
/// After an error there is nothing more.
pub fn lines(mut from: impl BufRead, longest: u64) -> impl Iterator<Item = io::Result<String>> {
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let line = line(&mut from, longest);
        failed = line.is_err();
        line.transpose()
    })
}

fn line(from: &mut impl BufRead, longest: u64) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    from.take(longest + 1).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 > longest {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("a line is longer than {}", size(longest))));
    }
    let text = String::from_utf8(line).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))?;
    Ok(Some(text))
}

/// The refusal of whatever is larger than its reader's limit.
pub fn too_large(limit: u64) -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {}", size(limit)))
}

/// A limit as people write it.
fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    const KIB: u64 = 1024;
    match bytes {
        whole if whole >= MIB && whole.is_multiple_of(MIB) => format!("{} MiB", whole / MIB),
        whole if whole >= KIB && whole.is_multiple_of(KIB) => format!("{} KiB", whole / KIB),
        other => format!("{other} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_up_to_the_limit_is_read_and_one_over_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345678").unwrap();
        assert_eq!(read(&path, 8).unwrap(), b"12345678");
        assert_eq!(read_text(&path, 9).unwrap(), "12345678");
        let refused = read(&path, 7).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::FileTooLarge);
        assert_eq!(refused.to_string(), "it is larger than 7 bytes");
        assert_eq!(too_large(64 << 20).to_string(), "it is larger than 64 MiB");
        std::fs::write(&path, [0xff]).unwrap();
        assert_eq!(read_text(&path, 8).unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn lines_are_read_up_to_the_longest_and_an_endless_one_is_refused() {
        let read = |text: &'static [u8]| lines(text, 3).collect::<Result<Vec<_>, _>>();
        assert_eq!(read(b"abc\n\nd").unwrap(), ["abc", "", "d"]);
        assert_eq!(read(b"ab\nabcd\nx").unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read(b"\xff\n").unwrap_err().kind(), ErrorKind::InvalidData);
        let mut endless = lines(io::BufReader::new(io::repeat(b'x')), 1 << 20);
        assert!(endless.next().unwrap().is_err() && endless.next().is_none());
    }

    #[test]
    fn a_sparse_giant_a_pipe_a_folder_and_an_endless_device_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let [giant, pipe, zero] = ["giant", "pipe", "zero"].map(|name| folder.path().join(name));
        File::create(&giant).unwrap().set_len(6 << 30).unwrap();
        assert_eq!(read(&giant, 1 << 20).unwrap_err().kind(), ErrorKind::FileTooLarge);
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &zero).unwrap();
        for odd in [pipe.as_path(), zero.as_path(), folder.path()] {
            assert_eq!(read(odd, 1 << 20).unwrap_err().kind(), ErrorKind::InvalidInput, "{}", odd.display());
        }
        assert_eq!(read(&folder.path().join("nothing"), 1).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
