//! Names that are never part of a library: recycle bins, snapshots and sidecar files of systems and shares.
//!
//! There is one list, and everybody asks it: the scan, the events, and whoever answers with a file. A name that merely
//! begins with a dot may be a title, such as `.hack` or `...And Justice for All`; only known names are left out.

/// Names of folders and files, in any letter case.
const NAMES: [&str; 45] = [
    // Synology, QNAP and other network storage.
    "@eaDir",
    "#recycle",
    "#snapshot",
    "@Recycle",
    "@Recently-Snapshot",
    "@sharebin",
    "@tmp",
    ".@__thumb",
    ".@upload_cache",
    // Samba, Linux desktops and file systems.
    ".recycle",
    ".recycle.bin",
    ".Trash",
    ".Trashes",
    ".trashed",
    "lost+found",
    ".snapshot",
    ".snapshots",
    ".zfs",
    ".thumbnails",
    ".directory",
    // Windows.
    "$RECYCLE.BIN",
    "System Volume Information",
    "Thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    // macOS.
    ".DS_Store",
    ".AppleDouble",
    ".AppleDB",
    ".AppleDesktop",
    ".apdisk",
    ".DocumentRevisions-V100",
    ".fseventsd",
    ".localized",
    ".Spotlight-V100",
    ".TemporaryItems",
    ".VolumeIcon.icns",
    "Network Trash Folder",
    "Temporary Items",
    // Tools that keep copies in step.
    ".stfolder",
    ".stversions",
    ".dropbox.cache",
    ".sync",
    ".git",
    ".svn",
];

/// Beginnings of names: `.Trash-1000` of a user, `._poster.jpg` beside `poster.jpg`, deleted files that are still open.
const BEGINNINGS: [&str; 5] = [".Trash-", "._", ".nfs0", ".fuse_hidden", ".syncthing."];

/// As older Windows versions wrote it. In small letters it may be a title.
const OLD_BIN: &[u8] = b"RECYCLER";

/// Whether a file or folder of this name is left out, with everything below it.
pub fn is_left_out(name: &[u8]) -> bool {
    let begins = |beginning: &&str| {
        name.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning.as_bytes()))
    };
    name == OLD_BIN
        || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        || (name.first() == Some(&b'.') && BEGINNINGS.iter().any(begins))
}

/// Whether any part of a path, with `/` between its parts, is left out.
pub fn hides(path: &str) -> bool {
    path.split('/').any(|name| is_left_out(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_snapshots_and_sidecars_are_left_out_in_any_letter_case() {
        for name in [
            "@eaDir",
            "#recycle",
            "#Recycle",
            "$RECYCLE.BIN",
            "$Recycle.Bin",
            "RECYCLER",
            ".Trash-1000",
            ".Trash-0",
            ".Trashes",
            ".AppleDouble",
            "lost+found",
            "System Volume Information",
            ".DS_Store",
            "._poster.jpg",
            "._Heat (1995)",
            "Thumbs.db",
            "THUMBS.DB",
            ".@__thumb",
            "@Recycle",
            ".recycle",
            ".nfs000000000123",
        ] {
            assert!(is_left_out(name.as_bytes()), "{name}");
            assert!(hides(&format!("Movies/{name}/poster.jpg")), "{name}");
        }
    }

    #[test]
    fn titles_stay_whatever_they_begin_with() {
        for name in [
            ".hack",
            ".hack (2003)",
            "...And Justice for All (1979)",
            "#Alive (2020)",
            "@Home",
            "$ (1971)",
            "_poster.jpg",
            "Recycle (2006)",
            "Recycler",
            "Lost",
            "lost+found (2012)",
            ".jpg",
            "",
        ] {
            assert!(!is_left_out(name.as_bytes()), "{name}");
        }
        assert!(!hides("Movies/.hack/poster.jpg"));
    }
}
