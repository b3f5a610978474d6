//! The JSON Schema of the flat configuration, made from the table: what a settings page needs to build itself.

use serde_json::{Map, Value, json};

use super::keys::{self, GROUPS, Key};
use super::kind::{GRAVITIES, Kind};

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
    if let Some(switch) = key.needs {
        add(json!({ "x-depends-on": switch }));
    }
    if let Some(service) = validator(key.flat) {
        add(json!({ "x-validate": format!("/api/validate/{service}") }));
    }
    property
}

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Switch => "switch",
        Kind::Number { .. } => "number",
        Kind::Offset => "offset",
        Kind::Percent => "percent",
        Kind::OneOf(_) => "choice",
        Kind::Gravity => "gravity",
        Kind::Colour => "colour",
        Kind::Text => "text",
        Kind::Path => "path",
        Kind::Url => "url",
        Kind::Address => "address",
        Kind::Image => "image",
        Kind::Font => "font",
        Kind::Languages => "languages",
        Kind::Libraries => "libraries",
        Kind::Symbols => "symbols",
    }
}

/// Type and limits. The switches, numbers and choices of this file are texts, in any letter case.
fn shape(kind: &Kind) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
    match kind {
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Switch => json!({ "type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$" }),
        Kind::Number { from, to } => {
            json!({ "type": "string", "pattern": NUMBER, "x-minimum": from, "x-maximum": to })
        }
        Kind::Offset => json!({ "type": "string", "pattern": NUMBER }),
        Kind::Percent => json!({ "type": "string", "pattern": "^(100|[1-9][0-9]?)%?$" }),
        Kind::OneOf(choices) => json!({ "type": "string", "x-choices": choices }),
        Kind::Gravity => json!({ "type": "string", "x-choices": GRAVITIES }),
        Kind::Colour => json!({ "type": "string", "minLength": 1 }),
        // No `format: uri`: these may be empty.
        Kind::Text | Kind::Path | Kind::Url | Kind::Address | Kind::Image | Kind::Font => json!({ "type": "string" }),
        Kind::Languages | Kind::Libraries | Kind::Symbols => texts,
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
        assert_eq!(properties.len(), 228);
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
        assert_eq!(grouped, 228);
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
