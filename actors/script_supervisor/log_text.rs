//! Reading the ends of log files that may be large, damaged, or gone.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const CHUNK: u64 = 64 * 1024;

/// The last `limit` bytes of a file after `offset`, as text; damaged characters are replaced. Empty if it cannot be read.
pub fn tail(path: &Path, offset: u64, limit: u64) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(offset.max(length.saturating_sub(limit))))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// The last `count` lines of a file, each with its line end; all for a count of 0. Damaged characters are left out.
pub fn last_lines(path: &Path, count: usize) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let start = if count == 0 { 0 } else { start_of_last_lines(&mut file, count)? };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text: String = bytes.utf8_chunks().map(|chunk| chunk.valid()).collect();
    Ok(text.split_inclusive('\n').map(|line| line.replace("\r\n", "\n")).collect())
}

fn start_of_last_lines(file: &mut File, count: usize) -> io::Result<u64> {
    let length = file.metadata()?.len();
    // The end of the last line does not begin another one.
    let mut wanted = count;
    let mut end = length.saturating_sub(1);
    let mut chunk = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(CHUNK);
        file.seek(SeekFrom::Start(start))?;
        chunk.clear();
        file.by_ref().take(end - start).read_to_end(&mut chunk)?;
        for (place, _) in chunk.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            wanted -= 1;
            if wanted == 0 {
                return Ok(start + place as u64 + 1);
            }
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_found_across_chunks_and_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let long = "x".repeat(CHUNK as usize);
        for ending in ["", "\n"] {
            std::fs::write(&path, format!("first\r\n{long}\nlast{ending}")).unwrap();
            assert_eq!(last_lines(&path, 1).unwrap(), [format!("last{ending}")]);
            assert_eq!(last_lines(&path, 2).unwrap(), [format!("{long}\n"), format!("last{ending}")]);
            for all in [0, 3, 99] {
                assert_eq!(last_lines(&path, all).unwrap()[0], "first\n", "{all}");
            }
        }
        std::fs::write(&path, b"a\xffb\n").unwrap();
        assert_eq!(last_lines(&path, 5).unwrap(), ["ab\n"]);
        std::fs::write(&path, b"").unwrap();
        assert_eq!(last_lines(&path, 5).unwrap(), [""; 0]);
    }

    #[test]
    fn a_tail_is_bounded_on_both_sides() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(tail(&path, 0, 3), "789");
        assert_eq!(tail(&path, 8, 3), "89");
        assert_eq!(tail(&path, 99, 3), "");
        assert_eq!(tail(&folder.path().join("none"), 0, 3), "");
    }
}
