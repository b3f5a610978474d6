//! Names that are not UTF-8: such files and folders cannot be part of the library, and the user has to be told.

use std::collections::BTreeMap;

/// What was found in one folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InFolder {
    count: usize,
    example: String,
}

impl InFolder {
    /// Counts a name.
    pub fn add(&mut self, name: &[u8]) {
        if self.count == 0 {
            self.example = String::from_utf8_lossy(name).into_owned();
        }
        self.count += 1;
    }
}

/// What was found in the folders of a root, by their paths. Folders without such names are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadableNames(BTreeMap<String, InFolder>);

impl UnreadableNames {
    /// Notes what is in a folder.
    pub fn set(&mut self, folder: &str, found: InFolder) {
        if found.count > 0 {
            self.0.insert(folder.to_owned(), found);
        }
    }

    /// Takes over what was found when a folder was read again; with `deep`, with everything below it.
    pub fn replace(&mut self, folder: &str, deep: bool, found: Self) {
        let is_below = |path: &str| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.retain(|path, _| if deep { !is_below(path) } else { path != folder });
        self.0.extend(found.0);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.values().map(|found| found.count).sum()
    }

    /// The path of one of them below the root, with `\u{fffd}` for what is not UTF-8.
    pub fn example(&self) -> Option<String> {
        let (folder, found) = self.0.first_key_value()?;
        Some(if folder.is_empty() { found.example.clone() } else { format!("{folder}/{}", found.example) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&[u8]]) -> InFolder {
        let mut found = InFolder::default();
        names.iter().for_each(|name| found.add(name));
        found
    }

    #[test]
    fn a_folder_that_is_read_again_replaces_what_was_known_of_it_and_below_it_if_asked() {
        let mut names = UnreadableNames::default();
        names.set("Movies", found(&[b"M\xfcnchen", b"K\xf6ln"]));
        names.set("Movies/A", found(&[b"\xff.jpg"]));
        names.set("Movies 4K", found(&[b"\xfe.jpg"]));
        names.set("TV", found(&[]));
        assert_eq!((names.count(), names.example().as_deref()), (4, Some("Movies/M\u{fffd}nchen")));
        names.replace("Movies", false, UnreadableNames::default());
        assert_eq!((names.count(), names.example().as_deref()), (2, Some("Movies 4K/\u{fffd}.jpg")));
        let mut again = UnreadableNames::default();
        again.set("Movies/B", found(&[b"\xfd.jpg"]));
        names.replace("Movies", true, again);
        assert_eq!(names.count(), 2, "A is gone, B is new");
        names.replace("", true, UnreadableNames::default());
        assert_eq!((names.count(), names.example()), (0, None));
    }
}
