//! The flat view of `config.json` that the API shows: one name per key, no sections.
//!
//! The names of the table's keys stand in the table. A key that the table does not know gets its name by upstream's rule.
//! Where two keys would get the same name, the one the daemon goes by is shown and the other stays hidden, and as it is:
//! what is shown and where it stands are one to one.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::document::{self, Document};
use super::keys::{self, Key};
use super::unknown;
use super::view::MASK;

/// One key of a document, under its flat name.
#[derive(Debug, Clone)]
pub struct KeyPlace<'a> {
    /// Its name in the API.
    pub flat: String,
    /// The section it stands in, as it is spelt there.
    pub section: &'a str,
    /// Its name there, as it is spelt.
    pub name: &'a str,
    /// What the table knows of it.
    pub key: Option<&'static Key>,
    /// As it stands in the file.
    pub value: &'a Value,
}

/// The keys that are shown, in the order of the document. What is not in a section is not shown.
pub fn places(document: &Document) -> Vec<KeyPlace<'_>> {
    let members = document.iter().filter_map(|(section, members)| Some((section, members.as_object()?)));
    let every = members.flat_map(|(section, members)| members.iter().map(move |(name, value)| (section, name, value)));
    let mut taken = HashSet::new();
    let mut places = Vec::new();
    for (section, name, value) in every {
        let place = match keys::find(section, name) {
            Some(key) => {
                // The exact spelling wins over another letter case, here as everywhere.
                let wins = document::find(document, key.section, key.name).is_some_and(|it| std::ptr::eq(it, value));
                wins.then(|| KeyPlace { flat: key.flat.to_owned(), section, name, key: Some(key), value })
            }
            None => {
                let flat = name_by_rule(section, name);
                keys::by_flat_name(&flat).is_none().then(|| KeyPlace { flat, section, name, key: None, value })
            }
        };
        places.extend(place.filter(|place| taken.insert(place.flat.clone())));
    }
    places
}

/// The flat view. With `masked`, secrets are hidden: see [`shown`].
pub fn flatten(document: &Document, masked: bool) -> Map<String, Value> {
    let places = places(document).into_iter();
    places
        .map(|place| (place.flat, if masked { shown(place.key, place.name, place.value) } else { place.value.clone() }))
        .collect()
}

/// The grouped view with its secrets hidden.
pub fn masked(document: &Document) -> Document {
    let hide = |section: &str, members: &Document| -> Value {
        members.iter().map(|(name, value)| (name.clone(), shown(keys::find(section, name), name, value))).collect()
    };
    let section = |(name, value): (&String, &Value)| {
        (name.clone(), value.as_object().map_or_else(|| shown(None, name, value), |members| hide(name, members)))
    };
    document.iter().map(section).collect()
}

/// A value as it may be shown: the [`MASK`] for a secret that is set. The example's placeholders are no secrets. Of a key that
/// the table does not know, whatever looks like a secret is hidden: see [`unknown::masked`].
pub fn shown(key: Option<&Key>, name: &str, value: &Value) -> Value {
    let Some(key) = key else { return unknown::masked(name, value) };
    // Upstream's default password is known, but that it is in use need not be.
    let is_secret = key.secret && (key.section == "WebUI" || *value != key.default.value());
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        _ if is_secret => Value::from(MASK),
        _ => value.clone(),
    }
}

/// A posted configuration by flat names. Whole sections, as the file has them, are taken apart; what else is an object stays.
pub fn ungrouped(posted: &Map<String, Value>, document: &Document) -> Map<String, Value> {
    let places = places(document);
    let is_section = |name: &str| {
        let in_file = || document.get(name).is_some_and(Value::is_object);
        let is_flat = || keys::by_flat_name(name).is_some() || places.iter().any(|place| place.flat == name);
        (keys::SECTIONS.iter().any(|section| section.name.eq_ignore_ascii_case(name)) || in_file()) && !is_flat()
    };
    let mut flat = Map::new();
    for (name, value) in posted {
        match value.as_object().filter(|_| is_section(name)) {
            Some(members) => flat.extend(members.iter().map(|(key, value)| {
                let place = places.iter().find(|place| place.section == name && place.name == key);
                let known = || keys::find(name, key).map(|key| key.flat.to_owned());
                let flat = place.map(|place| place.flat.clone()).or_else(known);
                (flat.unwrap_or_else(|| name_by_rule(name, key)), value.clone())
            })),
            None => drop(flat.insert(name.clone(), value.clone())),
        }
    }
    flat
}

/// The name for people.
pub fn label(flat: &str) -> String {
    keys::by_flat_name(flat).map_or_else(|| title_case(flat), |key| key.label.to_owned())
}

/// Upstream's rule for keys outside its table: a prefix by section, and no underscores behind one.
fn name_by_rule(section: &str, name: &str) -> String {
    let prefix = match section {
        "PosterOverlayPart" => "Poster",
        "SeasonPosterOverlayPart" => "SeasonPoster",
        "BackgroundOverlayPart" => "Background",
        "TitleCardOverlayPart" => "TitleCard",
        "TitleCardTitleTextPart" => "TitleCardTitle",
        "TitleCardEPTextPart" => "TitleCardEP",
        "ShowTitleOnSeasonPosterPart" => "ShowTitle",
        "CollectionTitlePosterPart" => "CollectionTitle",
        "CollectionPosterOverlayPart" => "CollectionPoster",
        _ => return name.to_owned(),
    };
    if ["LibstoExclude", "UploadExistingAssets", "ReplaceThumbwithBackdrop"].contains(&name) {
        return name.to_owned();
    }
    let joined: String = if name.contains('_') { name.split('_').map(capitalised).collect() } else { name.to_owned() };
    let mut letters = joined.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{prefix}{first}{}", letters.as_str())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}

/// Each run of letters begins with a capital and goes on in small ones.
fn title_case(flat: &str) -> String {
    let mut in_word = false;
    let mut title = String::new();
    for letter in flat.replace('_', " ").chars() {
        if in_word {
            title.extend(letter.to_lowercase())
        } else {
            title.extend(letter.to_uppercase())
        }
        in_word = letter.is_alphabetic();
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn document(value: Value) -> Document {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_rule_gives_the_names_of_the_table() {
        for key in keys::all() {
            let special = ["LibstoExclude", "UploadExistingAssets", "ReplaceThumbwithBackdrop"].contains(&key.name);
            let expected = if special {
                format!("{}{}", key.section.trim_end_matches("Part"), key.name)
            } else {
                name_by_rule(key.section, key.name)
            };
            assert_eq!(key.flat, expected);
        }
        assert_eq!(name_by_rule("PosterOverlayPart", "new_thing_Here"), "PosterNewThingHere");
        assert_eq!(name_by_rule("Other", "new_thing"), "new_thing");
        assert_eq!(name_by_rule("TitleCardEPTextPart", ""), "TitleCardEP");
    }

    #[test]
    fn the_defaults_are_shown_in_the_order_of_the_file() {
        let defaults = keys::defaults();
        let flat = flatten(&defaults, false);
        assert_eq!(flat.len(), 263);
        assert!(flat.keys().map(String::as_str).eq(keys::all().map(|key| key.flat)));
        assert_eq!(flat["PosterTextOffset"], "+430");
    }

    #[test]
    fn of_two_keys_with_one_name_the_one_that_counts_is_shown() {
        let shown = |value: Value| Value::Object(flatten(&document(value), false));
        assert_eq!(
            shown(json!({"Own": {"AssetPath": "/no"}, "PrerequisitePart": {"AssetPath": "/yes"}})),
            json!({"AssetPath": "/yes"})
        );
        assert_eq!(shown(json!({"plexpart": {"plexurl": "a"}, "PlexPart": {"PlexUrl": "b"}})), json!({"PlexUrl": "b"}));
        assert_eq!(
            shown(json!({"plexpart": {"plexurl": "a"}})),
            json!({"PlexUrl": "a"}),
            "in other letters it counts too"
        );
        assert_eq!(shown(json!({"A": {"x": 1}, "B": {"x": 2}})), json!({"x": 1}));
        assert_eq!(shown(json!({"root": 1, "list": [1], "Empty": {}})), json!({}));
    }

    #[test]
    fn secrets_are_masked_also_where_nobody_knows_the_key_and_placeholders_are_not() {
        let own = document(json!({
            "ApiPart": {"tmdbtoken": "eyJ", "tvdbapi": "TVDBAPIKEY", "PlexToken": "", "JELLYFINAPIKEY": "k", "FavProvider": "tmdb"},
            "WebUI": {"basicAuthPassword": "posterizarr", "basicAuthUsername": "me"},
            "Own": {"key": "v", "n": 5, "on": true, "none": null, "deep": {"a": "b", "token": "t"}},
            "root": "r", "rootToken": "t",
        }));
        let expected = json!({
            "tmdbtoken": MASK, "tvdbapi": "TVDBAPIKEY", "PlexToken": "", "JellyfinAPIKey": MASK, "FavProvider": "tmdb",
            "basicAuthPassword": MASK, "basicAuthUsername": "me",
            "key": MASK, "n": 5, "on": true, "none": null, "deep": {"a": "b", "token": MASK},
        });
        assert_eq!(Value::Object(flatten(&own, true)), expected);
        let grouped = masked(&own);
        assert_eq!(grouped["ApiPart"]["JELLYFINAPIKEY"], MASK);
        assert_eq!((&grouped["root"], &grouped["rootToken"]), (&json!("r"), &json!(MASK)));
        assert_eq!(
            shown(keys::by_flat_name("tmdbtoken"), "tmdbtoken", &json!(12345)),
            MASK,
            "a token is one without quotes too"
        );
    }

    #[test]
    fn whole_sections_are_taken_apart_and_other_objects_are_values() {
        let file = document(json!({"Own": {"list": [1], "plain": "x"}, "ApiPart": {"Overrides": {"a": 1}}}));
        let posted = json!({
            "ApiPart": {"tmdbtoken": "t", "Overrides": {"a": 2}, "new": 1}, "plexpart": {"UsePlex": "true"},
            "PosterOverlayPart": {"text_offset": "+1"}, "Own": {"list": [2]}, "plain": "y", "Overrides": {"a": 3},
        });
        let flat = ungrouped(posted.as_object().unwrap(), &file);
        let expected = json!({
            "tmdbtoken": "t", "Overrides": {"a": 3}, "new": 1, "UsePlex": "true", "PosterTextOffset": "+1",
            "list": [2], "plain": "y",
        });
        assert_eq!(Value::Object(flat), expected);
    }

    #[test]
    fn a_key_without_a_label_gets_upstreams_title() {
        for (flat, title) in [
            ("someKey", "Somekey"),
            ("4KFooBar", "4Kfoobar"),
            ("a_b-c d", "A B-C D"),
            ("PlexUrl", "Plex URL"),
            ("", ""),
        ] {
            assert_eq!(label(flat), title);
        }
    }

    /// Any document: known and unknown sections and keys, in odd letters, with values that are no sections in between.
    fn any_document() -> impl Strategy<Value = Document> {
        let section = prop_oneof![
            (0..17usize).prop_map(|at| keys::SECTIONS[at].name.to_owned()),
            (0..17usize).prop_map(|at| keys::SECTIONS[at].name.to_lowercase()),
            "[A-Za-z_ü]{0,6}",
        ];
        let name = prop_oneof![
            (0..263usize).prop_map(|at| keys::all().nth(at).unwrap().name.to_owned()),
            (0..263usize).prop_map(|at| keys::all().nth(at).unwrap().flat.to_owned()),
            "[A-Za-z_0-9]{0,8}",
        ];
        let members = prop::collection::vec((name, any::<u8>().prop_map(Value::from)), 0..12);
        let section_or_value = prop_oneof![
            9 => members.prop_map(|members| Value::Object(members.into_iter().collect())),
            1 => Just(Value::from("no section")),
        ];
        prop::collection::vec((section, section_or_value), 0..8).prop_map(|sections| sections.into_iter().collect())
    }

    proptest! {
        #[test]
        fn flat_and_grouped_are_one_to_one(document in any_document()) {
            let places = places(&document);
            let names: HashSet<_> = places.iter().map(|place| place.flat.as_str()).collect();
            prop_assert_eq!(names.len(), places.len(), "no two places share a name");
            let spots: HashSet<_> = places.iter().map(|place| (place.section, place.name)).collect();
            prop_assert_eq!(spots.len(), places.len(), "no two names share a place");
            for place in &places {
                prop_assert_eq!(&document[place.section][place.name], place.value);
                if let Some(key) = keys::by_flat_name(&place.flat) {
                    prop_assert_eq!(document::find(&document, key.section, key.name), Some(place.value));
                }
            }
            for key in keys::all() {
                let shown = document::find(&document, key.section, key.name).is_some();
                prop_assert_eq!(names.contains(key.flat), shown, "{} is shown if it is there", key.flat);
            }
        }
    }
}
