//! Where a picture for a run is put.

use std::path::{Path, PathBuf};

use chrono::Local;

use crate::actors::runtime::safe_path::harmless_name;

/// The longest part of the sent file name that is kept, in characters.
const MAX_NAME_LENGTH: usize = 100;

/// A path in the folder that is not taken: the time, and what is harmless of the sent name.
pub fn free_path(uploads: &Path, name: &str) -> PathBuf {
    let safe = harmless_name(name);
    // The end is kept, for the extension is there.
    let start = safe.char_indices().rev().nth(MAX_NAME_LENGTH - 1).map_or(0, |(place, _)| place);
    let safe = safe.get(start..).filter(|safe| !safe.is_empty()).unwrap_or("upload.jpg");
    let time = Local::now().format("%Y%m%d_%H%M%S");
    let plain = uploads.join(format!("{time}_{safe}"));
    let numbered = (1..1000).map(|number| uploads.join(format!("{time}_{number}_{safe}")));
    let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
    std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sent_name_becomes_a_harmless_one() {
        let uploads = tempfile::tempdir().unwrap();
        let stored = |name: &str| {
            let path = free_path(uploads.path(), name);
            assert_eq!(path.parent().unwrap(), uploads.path(), "{name:?}");
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            name.split_at("20261123_030000_".len()).1.to_owned()
        };
        assert_eq!(stored("../we ird(ü)#name.jpg"), "..we irdüname.jpg");
        assert_eq!(stored("///"), "upload.jpg");
        assert_eq!(stored(" \u{0}a/b\\c.png "), "abc.png");
        let long = stored(&format!("{}.jpeg", "ü".repeat(500)));
        assert!(long.ends_with("ü.jpeg") && long.chars().count() == MAX_NAME_LENGTH, "{long}");
        let first = free_path(uploads.path(), "a.jpg");
        std::fs::write(&first, "").unwrap();
        assert_ne!(free_path(uploads.path(), "a.jpg"), first);
    }
}
