//! The JSON Schema of the flat configuration, made from the table: what a settings page needs to build itself.

use serde_json::{Map, Value, json};

use super::keys::{self, GROUPS, Key};
use super::validation::{GRAVITIES, PROVIDERS, ValueKind};

/// Whole numbers within a text.
const NUMBER: &str = "^ *[+-]?[0-9]+ *$";

/// The schema. What JSON Schema has no word for begins with `x-`.
pub fn schema() -> Value {
    let properties: Map<String, Value> = keys::all().map(|key| (key.flat.to_owned(), property(key))).collect();
    let group = |group: &keys::Group| {
        let keys: Vec<_> = keys::of_group(group.name).iter().map(|key| key.flat).collect();
        json!({ "title": group.name, "tab": group.tab, "keys": keys })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.json",
        "description": "The configuration by flat names, as /api/config has it. Unknown keys are kept.",
        "type": "object",
        "properties": properties,
        "additionalProperties": true,
        "x-groups": GROUPS.iter().map(group).collect::<Vec<_>>(),
    })
}

fn property(key: &Key) -> Value {
    let mut property = json!({
        "title": key.label,
        "description": key.help,
        "default": key.default.value(),
        "x-section": key.section,
        "x-key": key.name,
        "x-group": key.group,
        "x-kind": name(&key.kind),
    });
    let mut add = |fields: Value| {
        if let (Some(property), Value::Object(fields)) = (property.as_object_mut(), fields) {
            property.extend(fields);
        }
    };
    add(shape(&key.kind));
    if key.secret {
        add(json!({ "x-secret": true, "writeOnly": true, "format": "password" }));
    }
    if key.is_3x {
        add(json!({ "x-since": "3.0" }));
    }
    if let Some(switch) = key.needs {
        add(json!({ "x-depends-on": switch }));
    }
    if let Some(service) = validator(key.flat) {
        add(json!({ "x-validate": format!("/api/validate/{service}") }));
    }
    property
}

fn name(kind: &ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "boolean",
        ValueKind::Switch => "switch",
        ValueKind::Number { .. } => "number",
        ValueKind::Offset => "offset",
        ValueKind::Percent => "percent",
        ValueKind::OneOf(_) => "choice",
        ValueKind::Gravity => "gravity",
        ValueKind::Colour | ValueKind::ColourOrNothing => "colour",
        ValueKind::Text => "text",
        ValueKind::Path => "path",
        ValueKind::Url => "url",
        ValueKind::Address => "address",
        ValueKind::Image => "image",
        ValueKind::Font => "font",
        ValueKind::Languages => "languages",
        ValueKind::Libraries => "libraries",
        ValueKind::Symbols => "symbols",
        ValueKind::Providers => "providers",
        ValueKind::Replacements => "replacements",
        ValueKind::LibraryLanguages => "library-languages",
    }
}

/// Type and limits. The switches, numbers and choices of this file are texts, in any letter case.
fn shape(kind: &ValueKind) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
    match kind {
        ValueKind::Boolean => json!({ "type": "boolean" }),
        ValueKind::Switch => json!({ "type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$" }),
        ValueKind::Number { from, to } => {
            json!({ "type": "string", "pattern": NUMBER, "x-minimum": from, "x-maximum": to })
        }
        ValueKind::Offset => json!({ "type": "string", "pattern": NUMBER }),
        ValueKind::Percent => json!({ "type": "string", "pattern": "^(100|[1-9][0-9]?)%?$" }),
        ValueKind::OneOf(choices) => json!({ "type": "string", "x-choices": choices }),
        ValueKind::Gravity => json!({ "type": "string", "x-choices": GRAVITIES }),
        ValueKind::Colour => json!({ "type": "string", "minLength": 1 }),
        // No `format: uri`: these may be empty.
        ValueKind::Text
        | ValueKind::Path
        | ValueKind::Url
        | ValueKind::Address
        | ValueKind::Image
        | ValueKind::Font
        | ValueKind::ColourOrNothing => {
            json!({ "type": "string" })
        }
        ValueKind::Languages | ValueKind::Libraries | ValueKind::Symbols => texts,
        ValueKind::Providers => json!({ "type": "array", "items": { "type": "string" }, "x-choices": PROVIDERS }),
        ValueKind::Replacements => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        ValueKind::LibraryLanguages => json!({ "type": "object", "additionalProperties": {
            "type": "object",
            "properties": { "PreferredLanguageOrder": texts },
            "required": ["PreferredLanguageOrder"],
        } }),
    }
}

/// The service that tells whether the value works.
fn validator(flat: &str) -> Option<&'static str> {
    Some(match flat {
        "PlexUrl" | "PlexToken" => "plex",
        "JellyfinUrl" | "JellyfinAPIKey" => "jellyfin",
        "EmbyUrl" | "EmbyAPIKey" => "emby",
        "tmdbtoken" => "tmdb",
        "tvdbapi" => "tvdb",
        "FanartTvAPIKey" => "fanart",
        "Discord" => "discord",
        "AppriseUrl" => "apprise",
        "UptimeKumaUrl" => "uptimekuma",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        let schema = schema();
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), 263);
        for (flat, property) in properties {
            for field in ["title", "description", "type", "x-group", "x-kind"] {
                assert!(property[field].as_str().is_some_and(|text| !text.is_empty()), "{flat}: {field}");
            }
            if let Some(switch) = property.get("x-depends-on") {
                assert!(properties.contains_key(switch.as_str().unwrap()), "{flat}");
            }
        }
        let grouped: usize =
            schema["x-groups"].as_array().unwrap().iter().map(|group| group["keys"].as_array().unwrap().len()).sum();
        assert_eq!(grouped, 263);
    }

    #[test]
    fn limits_secrets_and_checks_are_told() {
        let schema = schema();
        let property = |flat: &str| &schema["properties"][flat];
        assert_eq!(property("PosterStrokewidth")["x-maximum"], 1000);
        assert_eq!(property("PosterStrokewidth")["x-depends-on"], "PosterAddTextStroke");
        assert_eq!(property("FavProvider")["x-choices"], json!(["tmdb", "tvdb", "fanart", "plex"]));
        assert_eq!(property("PlexToken")["x-secret"], true);
        assert_eq!(property("PlexToken")["x-validate"], "/api/validate/plex");
        assert_eq!(property("PlexUrl").get("x-secret"), None);
        assert_eq!(property("basicAuthEnabled")["type"], "boolean");
    }
}
