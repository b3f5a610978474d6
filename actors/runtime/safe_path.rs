//! The one place where a path from a client becomes a path on disk.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Why a client's path was refused.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// It is absolute, climbs out with `..`, or has a NUL or other forbidden part.
    #[error("this path is not allowed")]
    Forbidden,
    /// Nothing is there.
    #[error("no such file or folder")]
    Missing,
    #[error("the path cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Joins a client's relative path to `root`, lexically: only normal parts, never absolute, no `..`, no NUL, and no backslash,
/// which is a separator to others who read the same folders. Empty gives `root`.
pub fn join(root: &Path, relative: &str) -> Result<PathBuf, PathError> {
    if relative.contains(['\0', '\\']) || relative.starts_with('/') {
        return Err(PathError::Forbidden);
    }
    let mut path = root.to_path_buf();
    for part in Path::new(relative).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(PathError::Forbidden),
        }
    }
    Ok(path)
}

/// Like [`join`], for something that exists: symbolic links are followed, and one that leaves `root` is refused.
/// Gives the path as joined, not the link's target.
pub fn existing(root: &Path, relative: &str) -> Result<PathBuf, PathError> {
    let path = join(root, relative)?;
    inside(root, &path).map(|()| path)
}

fn inside(root: &Path, path: &Path) -> Result<(), PathError> {
    let real = path.canonicalize().map_err(missing)?;
    let real_root = root.canonicalize().map_err(missing)?;
    if real.starts_with(&real_root) { Ok(()) } else { Err(PathError::Forbidden) }
}

/// Like [`existing`], for the entry itself: a last part that is a symbolic link is not followed, wherever it leads; the folder
/// it lies in must be inside `root`. For deleting and moving.
pub fn entry(root: &Path, relative: &str) -> Result<PathBuf, PathError> {
    let path = join(root, relative)?;
    if path != root {
        let folder = path.parent().unwrap_or(root);
        inside(root, folder)?;
    }
    std::fs::symlink_metadata(&path).map_err(missing)?;
    Ok(path)
}

/// A place below `root` where nothing may be yet: the nearest folder that exists on the way must be inside `root`.
pub fn place(root: &Path, relative: &str) -> Result<PathBuf, PathError> {
    let path = join(root, relative)?;
    let on_the_way = path.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    for folder in on_the_way {
        match std::fs::symlink_metadata(folder) {
            Ok(_) => return inside(root, folder).map(|()| path.clone()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(missing(error)),
        }
    }
    // Not even the root is there; or the path is the root itself.
    Err(if path == root { PathError::Forbidden } else { PathError::Missing })
}

/// A single file name below `root`: no separators at all. The file need not exist; if it does, it must not be a link that leaves.
pub fn file_name(root: &Path, name: &str) -> Result<PathBuf, PathError> {
    if name.is_empty() || name.contains(['/', '\\']) || name == "." || name == ".." {
        return Err(PathError::Forbidden);
    }
    match existing(root, name) {
        Err(PathError::Missing) => join(root, name),
        other => other,
    }
}

/// What is kept of a file name that a client made up: letters, digits, dots, underscores, dashes and inner spaces. It has no
/// separators, but may be empty or dots alone.
pub fn harmless_name(sent: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | ' ');
    sent.chars().filter(kept).collect::<String>().trim().to_owned()
}

/// Whether an error of the system means that nothing can be there: no such entry, a file where a folder should be, a name
/// that is too long, or links that lead in a circle.
pub fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename)
        || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

fn missing(error: io::Error) -> PathError {
    if is_missing(&error) { PathError::Missing } else { PathError::Io(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/b/c.jpg"), "x").unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink("../secret", root.join("out")).unwrap();
        std::os::unix::fs::symlink("a/b/c.jpg", root.join("in")).unwrap();
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        folder
    }

    #[test]
    fn climbing_absolute_and_leaving_paths_are_refused() {
        let folder = tree();
        let root = folder.path().join("root");
        for bad in [
            "..",
            "../secret",
            "a/../../secret",
            "/etc/passwd",
            "a\0b",
            "a\\b",
            "out",
            "up/secret",
            "a/b/../../../secret",
        ] {
            assert!(matches!(existing(&root, bad), Err(PathError::Forbidden)), "{bad:?}");
        }
        for good in ["", "a", "a/b/c.jpg", "./a//b/", "in"] {
            assert!(existing(&root, good).is_ok(), "{good:?}");
        }
        assert!(matches!(existing(&root, "a/nope"), Err(PathError::Missing)));
        assert!(matches!(existing(&root, "a/b/c.jpg/x"), Err(PathError::Missing)));
        std::os::unix::fs::symlink("circle", root.join("circle")).unwrap();
        for nowhere in
            ["circle".to_owned(), "circle/x".to_owned(), "x".repeat(5000), format!("a/{}", "ü/".repeat(4000))]
        {
            assert!(matches!(existing(&root, &nowhere), Err(PathError::Missing)), "{nowhere}");
        }
    }

    #[test]
    fn a_file_name_has_no_separators() {
        let folder = tree();
        let root = folder.path().join("root");
        for bad in ["", ".", "..", "a/b", "..\\x", "/x", "out", "x\0"] {
            assert!(matches!(file_name(&root, bad), Err(PathError::Forbidden)), "{bad:?}");
        }
        assert_eq!(file_name(&root, "new.log").unwrap(), root.join("new.log"));
    }

    #[test]
    fn an_entry_is_the_link_itself_and_its_folder_must_be_inside() {
        let folder = tree();
        let root = folder.path().join("root");
        for good in ["", "a/b/c.jpg", "out", "in", "up"] {
            assert_eq!(entry(&root, good).unwrap(), join(&root, good).unwrap(), "{good:?}");
        }
        for bad in ["up/secret", "../secret", "/etc/passwd", "a\0b"] {
            assert!(matches!(entry(&root, bad), Err(PathError::Forbidden)), "{bad:?}");
        }
        for missing in ["a/nope", "nope/a", "a/b/c.jpg/x"] {
            assert!(matches!(entry(&root, missing), Err(PathError::Missing)), "{missing:?}");
        }
    }

    #[test]
    fn a_place_need_not_exist_but_cannot_be_reached_through_a_link_that_leaves() {
        let folder = tree();
        let root = folder.path().join("root");
        for good in ["a/new.jpg", "x/y/z.jpg", "a/b/c.jpg", "in.jpg"] {
            assert_eq!(place(&root, good).unwrap(), root.join(good), "{good:?}");
        }
        for bad in ["", "up/new.jpg", "up/x/new.jpg", "../new", "/new"] {
            assert!(matches!(place(&root, bad), Err(PathError::Forbidden)), "{bad:?}");
        }
        assert!(matches!(place(&root, "a/b/c.jpg/x/y"), Err(PathError::Missing)));
        assert!(matches!(place(&folder.path().join("gone"), "a.jpg"), Err(PathError::Missing)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_path_leads_out_of_the_root(parts in proptest::collection::vec(
            prop_oneof![Just("..".to_owned()), Just(".".to_owned()), Just("a".to_owned()), Just("b".to_owned()), Just("up".to_owned()),
                Just("out".to_owned()), Just("in".to_owned()), Just(String::new()), Just("secret".to_owned()), Just("c.jpg".to_owned()),
                Just("%2e%2e".to_owned()), Just("..\\".to_owned()), ".{0,6}"], 0..7), slash in any::<bool>()) {
            let folder = tree();
            let root = folder.path().join("root");
            let path = format!("{}{}", if slash { "/" } else { "" }, parts.join("/"));
            if let Ok(found) = existing(&root, &path) {
                prop_assert!(found.canonicalize().unwrap().starts_with(root.canonicalize().unwrap()), "{path:?} led to {found:?}");
            }
            for way in [entry, place] {
                if let Ok(found) = way(&root, &path) {
                    let near = found.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok()).unwrap();
                    prop_assert!(found == root || near.starts_with(root.canonicalize().unwrap()), "{path:?} led to {found:?}");
                }
            }
            if let Ok(named) = file_name(&root, &path) {
                prop_assert_eq!(named.parent().unwrap(), root.as_path());
            }
        }
    }
}
