//! The table of what `config.json` holds: 263 keys in 17 sections, in the order of the file. 259 of them are those of version
//! 3.1.3 of the script.
//!
//! The rows are data, in `keys.table`; everything that must know a key (defaults, masking, validation, names, help, the
//! schema) reads them here. The poster script calls string methods on its values, so switches and numbers are strings;
//! only `WebUI.basicAuthEnabled` and `ApiPart.OverrideProviderOrder` are real JSON booleans. 31 keys came with version 3 of
//! the script and four after it: a file without them is none the worse, and means what it meant before them.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::Document;
use super::validation::ValueKind;

/// One top-level object of the file.
#[derive(Debug)]
pub struct Section {
    /// Its name in the file.
    pub name: &'static str,
    /// Its keys, in the order of the file.
    pub keys: Vec<Key>,
}

/// One key of a section.
#[derive(Debug)]
pub struct Key {
    /// The section it is in.
    pub section: &'static str,
    /// Its name in the file.
    pub name: &'static str,
    /// Its name in the API, where no section tells keys of the same name apart.
    pub flat: &'static str,
    /// Which values it may have.
    pub kind: ValueKind,
    /// Its value in a fresh file; the value's JSON type is the key's type.
    pub default: Default,
    /// Whether it came with version 3 of the script, or after it. A file that lacks it is not behind.
    pub is_3x: bool,
    /// Whether it came after version 3.1.3.
    pub is_later: bool,
    /// Whether its value is a password, a token or an address that works as one.
    pub secret: bool,
    /// The group of the settings page that shows it, one of [`GROUPS`].
    pub group: &'static str,
    /// Its place in that group, from 1.
    pub place: usize,
    /// Its name for people.
    pub label: &'static str,
    /// The switch (by its flat name) without which it does nothing.
    pub needs: Option<&'static str>,
    /// What it does, in one sentence.
    pub help: &'static str,
}

/// A key's default, which also tells its JSON type.
#[derive(Debug, Clone)]
pub enum Default {
    /// A JSON boolean.
    Flag(bool),
    /// A string, also for switches and numbers.
    Text(&'static str),
    /// An array of strings.
    List(Vec<String>),
    /// An object.
    Map(Document),
}

impl Default {
    /// The default as JSON.
    pub fn value(&self) -> Value {
        match self {
            Self::Flag(flag) => Value::from(*flag),
            Self::Text(text) => Value::from(*text),
            Self::List(list) => Value::from(list.clone()),
            Self::Map(map) => Value::from(map.clone()),
        }
    }
}

/// A group of the settings page.
#[derive(Debug)]
pub struct Group {
    /// Its name, which upstream's web UI looks for.
    pub name: &'static str,
    /// The tab it stands on.
    pub tab: &'static str,
}

const fn group(tab: &'static str, name: &'static str) -> Group {
    Group { name, tab }
}

/// The groups, in the order in which the API gives them.
pub const GROUPS: [Group; 24] = [
    group("WebUI", "WebUI Settings"),
    group("General", "General Settings"),
    group("Service APIs", "API Keys & Tokens"),
    group("Languages", "Language & Preferences"),
    group("Visuals", "Image Filters"),
    group("Media Servers", "Plex Settings"),
    group("Media Servers", "Jellyfin Settings"),
    group("Media Servers", "Emby Settings"),
    group("Notifications", "Notifications"),
    group("Visuals", "Fonts"),
    group("Visuals", "Overlay Files"),
    group("Visuals", "Resolution Overlays"),
    group("Visuals", "Image Processing"),
    group("Visuals", "Text Formatting"),
    group("Visuals", "Logos"),
    group("Overlays", "Poster Settings"),
    group("Overlays", "Season Poster Settings"),
    group("Overlays", "Background Settings"),
    group("Overlays", "Title Card Overlay"),
    group("Overlays", "Title Card Title Text"),
    group("Overlays", "Title Card Episode Text"),
    group("Overlays", "Show Title on Season"),
    group("Collections", "Collection Title"),
    group("Collections", "Collection Poster"),
];

/// The table.
pub static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| read(include_str!("keys.table")));

static BY_FLAT_NAME: LazyLock<HashMap<&'static str, &'static Key>> =
    LazyLock::new(|| all().map(|key| (key.flat, key)).collect());

/// Every key, in the order of the file.
pub fn all() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|section| &section.keys)
}

/// The key with this section and name, in any letter case.
pub fn find(section: &str, name: &str) -> Option<&'static Key> {
    let section = SECTIONS.iter().find(|known| known.name.eq_ignore_ascii_case(section))?;
    section.keys.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The key with this name in the API.
pub fn by_flat_name(flat: &str) -> Option<&'static Key> {
    BY_FLAT_NAME.get(flat).copied()
}

/// The keys of a group, in their order.
pub fn of_group(name: &str) -> Vec<&'static Key> {
    let mut keys: Vec<_> = all().filter(|key| key.group == name).collect();
    keys.sort_by_key(|key| key.place);
    keys
}

/// For every key some values that are accepted, at the limits of what it may have; for tests of those who read the file.
pub fn samples() -> impl Iterator<Item = (&'static str, &'static str, Vec<Value>)> {
    all().map(|key| (key.section, key.name, key.kind.samples()))
}

/// The document with every key of version 2 of the script, at its default where the document lacks it. Those of version 3 stay
/// away where they are: what they do was not asked for. Keys that the table does not know stay in the sections that it does.
pub fn completed(document: &Document) -> Document {
    let value = |section: &Section, key: &Key| {
        let default = || (!key.is_3x).then(|| key.default.value());
        super::find(document, section.name, key.name).cloned().or_else(default)
    };
    let values = |section: &Section| {
        let known = section.keys.iter().filter_map(|key| Some((key.name.to_owned(), value(section, key)?)));
        let given = super::section(document, section.name).and_then(Value::as_object);
        let is_other =
            |(name, _): &(&String, &Value)| !section.keys.iter().any(|key| key.name.eq_ignore_ascii_case(name));
        let others = given.into_iter().flatten().filter(is_other);
        known.chain(others.map(|(name, value)| (name.clone(), value.clone()))).collect()
    };
    SECTIONS.iter().map(|section| (section.name.to_owned(), Value::Object(values(section)))).collect()
}

/// A fresh configuration.
pub fn defaults() -> Map<String, Value> {
    let values =
        |section: &Section| section.keys.iter().map(|key| (key.name.to_owned(), key.default.value())).collect();
    SECTIONS.iter().map(|section| (section.name.to_owned(), Value::Object(values(section)))).collect()
}

/// Reads the table. It is part of the program: a row that cannot be read is one that a test finds.
fn read(table: &'static str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push(Section { name, keys: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.keys.extend(row(section.name, line));
        }
    }
    sections
}

fn row(section: &'static str, line: &'static str) -> Option<Key> {
    let columns: Vec<&'static str> = line.split('|').map(str::trim).collect();
    let [name, flat, kind, default, group, label, needs, help] = columns[..] else { return None };
    let (is_later, kind) = kind.strip_prefix("later ").map_or((false, kind), |kind| (true, kind));
    let (is_3x, kind) = kind.strip_prefix("3.x ").map_or((is_later, kind), |kind| (true, kind));
    let (secret, kind) = kind.strip_prefix("secret ").map_or((false, kind), |kind| (true, kind));
    let kind = ValueKind::named(kind)?;
    let default = match kind {
        ValueKind::Boolean => Default::Flag(default.parse().ok()?),
        ValueKind::Languages | ValueKind::Libraries | ValueKind::Symbols | ValueKind::Providers => {
            Default::List(serde_json::from_str(default).ok()?)
        }
        ValueKind::Replacements | ValueKind::LibraryLanguages => Default::Map(serde_json::from_str(default).ok()?),
        _ => Default::Text(default),
    };
    let (group, place) = group.rsplit_once(' ')?;
    Some(Key {
        section,
        name,
        flat: if flat == "=" { name } else { flat },
        kind,
        default,
        is_3x,
        is_later,
        secret,
        group,
        place: place.parse().ok()?,
        label,
        needs: (needs != "-").then_some(needs),
        help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_lacks_is_at_its_default_unless_it_came_with_version_3_and_unknown_keys_stay() {
        let given = serde_json::json!({"apipart": {"PLEXTOKEN": "t", "LogoLanguageOrder": ["de"], "Odd": 1},
            "Later": {"Key": 1}});
        let completed = completed(given.as_object().unwrap());
        let part = completed["ApiPart"].as_object().unwrap();
        assert_eq!((&part["PlexToken"], &part["LogoLanguageOrder"]), (&"t".into(), &serde_json::json!(["de"])));
        assert!(part.contains_key("tmdbtoken") && part.contains_key("Odd") && !part.contains_key("PLEXTOKEN"));
        assert!(!part.contains_key("ProviderOrder") && !completed.contains_key("Later"));
    }

    #[test]
    fn the_table_has_263_keys_in_17_sections_and_two_real_booleans() {
        assert_eq!((SECTIONS.len(), all().count()), (17, 263));
        assert_eq!(all().filter(|key| key.is_3x).count(), 35);
        assert_eq!(all().filter(|key| key.is_later).count(), 4);
        let rows = include_str!("keys.table").lines().filter(|line| line.contains(" | ") && !line.starts_with('#'));
        assert_eq!(rows.count(), 263, "no row is lost");
        let flags = all().filter(|key| matches!(key.default, Default::Flag(_))).map(|key| key.name);
        assert_eq!(flags.collect::<Vec<_>>(), ["basicAuthEnabled", "OverrideProviderOrder"]);
        let lists = all().filter(|key| matches!(key.default, Default::List(_))).count();
        assert_eq!(lists, 12, "five language orders, one of providers, three exclusions, three lists of texts");
        assert_eq!(all().filter(|key| matches!(key.default, Default::Map(_))).count(), 2);
        assert_eq!(all().filter(|key| key.secret).count(), 11);
    }

    #[test]
    fn no_section_has_a_key_twice_even_in_another_letter_case() {
        for section in SECTIONS.iter() {
            let mut names: Vec<_> = section.keys.iter().map(|key| key.name.to_lowercase()).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), section.keys.len(), "{}", section.name);
        }
    }

    #[test]
    fn every_key_has_a_name_of_its_own_a_label_a_place_in_a_group_and_one_sentence_of_help() {
        assert_eq!(BY_FLAT_NAME.len(), 263, "flat names are unique");
        for key in all() {
            assert!(!key.label.is_empty(), "{}", key.flat);
            let words = key.help.split_whitespace().count();
            assert!((4..40).contains(&words) && key.help.ends_with('.'), "{}: {}", key.flat, key.help);
            assert!(key.help.starts_with(char::is_uppercase), "{}: {}", key.flat, key.help);
        }
        let mut shown = 0;
        for group in &GROUPS {
            let places: Vec<_> = of_group(group.name).iter().map(|key| key.place).collect();
            assert_eq!(places, (1..=places.len()).collect::<Vec<_>>(), "{}", group.name);
            shown += places.len();
        }
        assert_eq!(shown, 263, "each key is in one of the groups");
    }

    #[test]
    fn no_two_keys_are_explained_alike() {
        let mut help: Vec<_> = all().map(|key| key.help).collect();
        help.sort_unstable();
        help.dedup();
        assert_eq!(help.len(), 263);
    }

    #[test]
    fn what_a_key_needs_is_a_switch_and_defaults_are_allowed_values() {
        for key in all() {
            if let Some(needed) = key.needs {
                let switch = by_flat_name(needed).unwrap_or_else(|| panic!("{}: {needed}", key.flat));
                assert!(matches!(switch.kind, ValueKind::Switch | ValueKind::Boolean), "{}: {needed}", key.flat);
            }
            let default = key.default.value();
            assert_eq!(key.kind.accept(&default), Ok(default.clone()), "{}", key.flat);
        }
    }

    #[test]
    fn keys_are_found_in_any_letter_case() {
        assert_eq!(find("webui", "BASICAUTHUSERNAME").unwrap().name, "basicAuthUsername");
        assert!(find("WebUI", "AssetPath").is_none());
        assert!(find("Nope", "AssetPath").is_none());
        assert_eq!(by_flat_name("PosterTextOffset").unwrap().name, "text_offset");
    }
}
