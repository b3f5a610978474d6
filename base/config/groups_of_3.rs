//! The groups of the settings page of version 3: some have names of version 2 and other keys in them, so that no list could
//! serve both.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::keys::{self, Key};

/// A group with its keys, in their order.
#[derive(Debug)]
pub struct Group {
    /// Its name, which upstream's web UI looks for.
    pub name: &'static str,
    /// The keys that it shows.
    pub keys: Vec<&'static Key>,
}

/// The groups, in the order in which the API gives them.
pub static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| read(include_str!("groups_of_3.table")));

fn read(table: &'static str) -> Vec<Group> {
    let rows = || {
        let rows = table.lines().filter(|line| !line.starts_with('#'));
        rows.filter_map(|line| line.split_once(": ")).map(|(name, list)| (name, list.split_whitespace()))
    };
    let named: BTreeSet<&str> = rows().flat_map(|(_, words)| words).collect();
    let keys_of = |word: &'static str| match word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
        Some(section) => rest_of(section, &named),
        None => keys::by_flat_name(word).into_iter().collect(),
    };
    rows().map(|(name, words)| Group { name, keys: words.flat_map(keys_of).collect() }).collect()
}

/// The keys of a section that are not named one by one, in the order of the page of version 2.
fn rest_of(section: &str, named: &BTreeSet<&str>) -> Vec<&'static Key> {
    let mut keys: Vec<_> = keys::all().filter(|key| key.section == section && !named.contains(key.flat)).collect();
    keys.sort_by_key(|key| key.place);
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_stands_in_one_group_and_the_groups_are_as_large_as_those_of_version_3() {
        let sizes: Vec<_> = GROUPS.iter().map(|group| (group.name, group.keys.len())).collect();
        let expected = [
            ("WebUI Settings", 3),
            ("System Settings", 19),
            ("Provider Settings", 7),
            ("Media Servers", 18),
            ("Language & Notifications", 16),
            ("Global Visuals", 20),
            ("Poster Settings", 14),
            ("Poster Overlays", 17),
            ("Season Settings", 4),
            ("Season Overlays", 21),
            ("Season Show Title", 13),
            ("Background Settings", 14),
            ("Background Overlays", 17),
            ("Title Card Settings", 12),
            ("Title Card Overlay", 6),
            ("Title Card Title Text", 13),
            ("Title Card Episode Text", 15),
            ("Collection Settings", 2),
            ("Collection Title", 14),
            ("Collection Poster", 17),
        ];
        // The four keys of Agregarr came later, and stand where later versions have them.
        assert_eq!(sizes, expected);
        let shown: BTreeSet<_> = GROUPS.iter().flat_map(|group| &group.keys).map(|key| key.flat).collect();
        let not_shown: Vec<_> = keys::all().map(|key| key.flat).filter(|flat| !shown.contains(flat)).collect();
        assert_eq!(not_shown, ["AutoUpdateIM"], "as in version 3, where nothing updates ImageMagick any more");
        assert_eq!(shown.len(), GROUPS.iter().map(|group| group.keys.len()).sum::<usize>());
    }
}
