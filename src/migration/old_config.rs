//! `config.db`: the old backend's mirror of `config.json`, for where the file itself is lost.

use std::path::Path;

use serde_json::{Map, Value};

use crate::actors::store::old_database::{OldDatabase, OldDatabaseError};

/// The one switch that is a real boolean in the file; all others are text.
const BOOLEAN: (&str, &str) = ("WebUI", "basicAuthEnabled");

/// `config.json` as the mirror has it; why not, where it cannot be made.
pub fn rebuilt(file: &Path) -> Result<Vec<u8>, String> {
    let sections = read(file).map_err(|error| format!("config.json is not there, and {error}"))?;
    if sections.is_empty() {
        return Err(format!("config.json is not there, and {} is empty", file.display()));
    }
    serde_json::to_vec_pretty(&Value::Object(sections)).map_err(|error| error.to_string())
}

fn read(file: &Path) -> Result<Map<String, Value>, OldDatabaseError> {
    let mut sections = Map::new();
    OldDatabase::open(file)?.each("config", &["section", "key", "value", "value_type"], &["id"], |cells| {
        let text = |column| cells.text(column).unwrap_or_default();
        let (section, key) = (text(0), text(1));
        let value = value(&section, &key, text(2), &text(3));
        if section == "_root" {
            sections.insert(key, value);
        } else if let Value::Object(keys) = sections.entry(section).or_insert_with(|| Value::Object(Map::new())) {
            keys.insert(key, value);
        }
    })?;
    Ok(sections)
}

fn value(section: &str, key: &str, text: String, kind: &str) -> Value {
    match kind {
        "boolean" if (section, key) == BOOLEAN => Value::Bool(text.eq_ignore_ascii_case("true")),
        "string" if text == "None" => Value::Null,
        "integer" | "float" | "list" | "dict" => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_come_back_as_the_script_wants_them() {
        for (section, key, text, kind, expected) in [
            ("WebUI", "basicAuthEnabled", "true", "boolean", json!(true)),
            ("PlexPart", "UsePlex", "true", "boolean", json!("true")),
            ("A", "B", "3", "integer", json!(3)),
            ("A", "B", "[\"x\"]", "list", json!(["x"])),
            ("A", "B", "not json", "list", json!("not json")),
            ("A", "B", "None", "string", Value::Null),
            ("A", "B", "red", "string", json!("red")),
        ] {
            assert_eq!(value(section, key, text.to_owned(), kind), expected, "{section}.{key} {text}");
        }
    }
}
