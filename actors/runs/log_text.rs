//! Reading the ends of log files that may be large, damaged, or gone.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use posterizarr_base::bounded;

/// The last `limit` bytes of a file after `offset`, as text; damaged characters are replaced. Empty if it cannot be read.
pub fn tail(path: &Path, offset: u64, limit: u64) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let (mut file, _) = bounded::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(offset.max(length.saturating_sub(limit))))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
