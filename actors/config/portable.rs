//! What of a configuration may go from one installation to another: the look, and how runs are done. Never where things
//! are, who is asked, or anything that opens a door.

use serde_json::{Map, Value};

use super::change::Refusal;
use super::document::{self, Document};
use super::fault::ConfigFault;
use super::keys::{self, Key};

/// Sections that belong to an installation.
const OWN_SECTIONS: [&str; 6] = ["ApiPart", "PlexPart", "JellyfinPart", "EmbyPart", "Notification", "WebUI"];
/// Keys elsewhere that do.
const OWN_KEYS: [&str; 5] = ["AssetPath", "ManualAssetPath", "BackupPath", "magickinstalllocation", "overlayfile"];

fn is_portable(key: &Key) -> bool {
    !key.secret && !OWN_SECTIONS.contains(&key.section) && !OWN_KEYS.contains(&key.name)
}

/// The portable part of a configuration, grouped as in the file. What the table does not know stays at home: it may be
/// anything.
pub fn blueprint(document: &Document) -> Document {
    let mut blueprint = Document::new();
    for key in keys::all().filter(|key| is_portable(key)) {
        let Some(value) = document::find(document, key.section, key.name) else { continue };
        let section = blueprint.entry(key.section).or_insert_with(|| Value::Object(Map::new()));
        if let Some(section) = section.as_object_mut() {
            section.insert(key.name.to_owned(), value.clone());
        }
    }
    blueprint
}

/// The values of a blueprint by their flat names.
///
/// # Errors
/// All that is no portable setting; nothing of such a blueprint is taken.
pub fn flat_values(blueprint: &Document) -> Result<Map<String, Value>, Vec<Refusal>> {
    let (mut values, mut refusals) = (Map::new(), Vec::new());
    let mut refuse = |name: String, wrong: ConfigFault| refusals.push(Refusal::new(name, wrong));
    for (section, members) in blueprint {
        let Some(members) = members.as_object() else {
            refuse(shown(section), ConfigFault::NoSection);
            continue;
        };
        for (name, value) in members {
            let place = || format!("{}.{}", shown(section), shown(name));
            match keys::find(section, name) {
                Some(key) if is_portable(key) => drop(values.insert(key.flat.to_owned(), value.clone())),
                Some(_) => refuse(place(), ConfigFault::OneInstallation),
                None => refuse(place(), ConfigFault::NoSetting),
            }
        }
    }
    if refusals.is_empty() { Ok(values) } else { Err(refusals) }
}

/// It is anybody's text.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Document {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_blueprint_has_eleven_sections_and_nothing_of_the_installation() {
        let mut document = keys::defaults();
        document.insert("Own".to_owned(), json!({"token": "t"}));
        document["PosterOverlayPart"]["own"] = json!("x");
        let blueprint = blueprint(&document);
        assert_eq!(blueprint.len(), 11);
        let text = serde_json::to_string(&blueprint).unwrap();
        for absent in
            ["AssetPath", "ManualAssetPath", "BackupPath", "magickinstalllocation", "\"overlayfile\"", "PlexUrl", "own"]
        {
            assert!(!text.contains(absent), "{absent}");
        }
        assert!(keys::all().filter(|key| key.secret).all(|key| !text.contains(&format!("\"{}\"", key.name))));
        assert_eq!(blueprint["PosterOverlayPart"]["fontcolor"], "white");
        let values = flat_values(&blueprint).unwrap();
        assert_eq!(values.len(), keys::all().filter(|key| is_portable(key)).count(), "and it is taken back");
    }

    #[test]
    fn what_is_not_portable_is_refused_by_name_and_all_at_once() {
        let evil = object(json!({
            "WebUI": {"basicAuthEnabled": false}, "PlexPart": {"PlexUrl": "http://evil"}, "Evil": {"x": 1},
            "PrerequisitePart": {"AssetPath": "/", "nope": 1, "font": "A.ttf"}, "OverlayPart": 5
        }));
        let refusals: Vec<_> = flat_values(&evil).unwrap_err().into_iter().map(|refusal| refusal.flat).collect();
        let expected = [
            "WebUI.basicAuthEnabled",
            "PlexPart.PlexUrl",
            "Evil.x",
            "PrerequisitePart.AssetPath",
            "PrerequisitePart.nope",
            "OverlayPart",
        ];
        assert_eq!(refusals, expected);
    }
}
