//! Reading and writing the text of `config.json`, and looking up values in it.

use serde_json::{Map, Value};

use super::keys;

/// A `config.json` as a JSON object; the order of its keys is kept.
pub type Document = Map<String, Value>;

/// What some editors write before everything else.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a file's content. A byte order mark is skipped. The error tells where it is broken.
pub fn parse(content: &[u8]) -> Result<Document, String> {
    let json = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
    match serde_json::from_slice(json) {
        Ok(Value::Object(document)) => Ok(document),
        Ok(_) => Err("it holds JSON, but not an object".to_owned()),
        // An empty file is what a full disk leaves behind.
        Err(_) if json.trim_ascii().is_empty() => Err("it is empty".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The text of a file as the old backend writes it: two spaces of indent, no newline at the end.
pub fn write(document: &Document) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(document)
}

/// The value under this section and key, in any letter case; the exact spelling wins. The script aborts on a key in the
/// wrong case, which is no reason for us to ignore what the user meant.
pub fn find<'a>(document: &'a Document, section: &str, key: &str) -> Option<&'a Value> {
    member(member(document, section)?.as_object()?, key)
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|pair| pair.1))
}

/// A string, number or boolean as text; lists and the rest have none.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether `WebUI.basicAuthEnabled` is on: of a string if it is `true`, `1` or `yes` in any case, of anything else if it
/// is not null, zero or empty. This is the old backend's rule.
pub fn switched_on(value: &Value) -> bool {
    match value {
        Value::String(text) => ["true", "1", "yes"].iter().any(|on| text.eq_ignore_ascii_case(on)),
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// The values of all secret keys that differ from the key's default and are not empty.
pub fn secrets(document: &Document) -> Vec<String> {
    keys::all()
        .filter(|key| key.secret)
        .filter_map(|key| find(document, key.section, key.name).filter(|value| **value != key.default.value()))
        .filter_map(scalar)
        .flat_map(with_parts)
        .filter(|value| !value.is_empty())
        .collect()
}

/// A TVDB key may have a PIN behind it (`key#pin`); the script sends and logs them apart.
fn with_parts(secret: String) -> Vec<String> {
    let parts: Vec<String> = secret.split('#').map(str::to_owned).collect();
    if parts.len() == 1 { parts } else { std::iter::once(secret).chain(parts).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(value: Value) -> Document {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_default_file_is_what_the_old_backend_writes() {
        let text = write(&keys::defaults()).unwrap();
        assert!(
            text.starts_with(
                "{\n  \"WebUI\": {\n    \"basicAuthEnabled\": false,\n    \"basicAuthUsername\": \"admin\","
            )
        );
        assert!(text.contains("\"PreferredLanguageOrder\": [\n      \"xx\",\n      \"en\",\n      \"de\"\n    ]"));
        assert!(text.contains("\"SymbolsToKeepOnNewLine\": []"), "an empty list stays on its line");
        assert!(text.contains(r#""magickinstalllocation": "C:\\PosterTemp\\ImageMagickPortable""#));
        assert!(text.ends_with("\n  }\n}"), "no newline at the end");
        assert_eq!(write(&parse(text.as_bytes()).unwrap()).unwrap(), text, "the round trip changes nothing");
    }

    #[test]
    fn unknown_keys_order_and_types_survive_a_round_trip() {
        let text = "{\n  \"Zebra\": {\n    \"b\": 1.5,\n    \"a\": \"ü/é\"\n  },\n  \"WebUI\": {}\n}";
        assert_eq!(write(&parse(text.as_bytes()).unwrap()).unwrap(), text);
    }

    #[test]
    fn a_broken_file_says_what_is_wrong_with_it() {
        assert_eq!(parse(b" \n").unwrap_err(), "it is empty");
        assert_eq!(parse(b"[]").unwrap_err(), "it holds JSON, but not an object");
        assert!(parse(b"{\n\"a\": }").unwrap_err().contains("line 2"));
        assert!(parse(b"{\"a\": \"\xff\"}").is_err());
        assert!(parse(b"\xef\xbb\xbf{}").unwrap().is_empty());
    }

    #[test]
    fn the_exact_spelling_wins_over_another_letter_case() {
        let found = |value: Value| find(&document(value), "WebUI", "basicAuthUsername").cloned();
        assert_eq!(found(json!({"webui": {"BASICAUTHUSERNAME": "x"}})), Some(json!("x")));
        assert_eq!(found(json!({"WebUI": {"basicauthusername": "x", "basicAuthUsername": "y"}})), Some(json!("y")));
        assert_eq!(found(json!({"WebUI": ["basicAuthUsername"]})), None);
    }

    #[test]
    fn the_switch_of_the_login_follows_the_old_rule() {
        for on in [json!(true), json!("TRUE"), json!("yes"), json!("1"), json!(1), json!(["x"])] {
            assert!(switched_on(&on), "{on}");
        }
        for off in [json!(false), json!("false"), json!("on"), json!(""), json!(0), json!(null), json!([])] {
            assert!(!switched_on(&off), "{off}");
        }
    }

    #[test]
    fn placeholders_are_no_secrets() {
        assert!(secrets(&keys::defaults()).is_empty());
        let own = document(
            json!({"WebUI": {"basicAuthPassword": "hunter22"}, "ApiPart": {"PlexToken": "", "TMDBTOKEN": "abc"}}),
        );
        assert_eq!(secrets(&own), ["hunter22", "abc"]);
        let tvdb = document(json!({"ApiPart": {"tvdbapi": "key#1234"}}));
        assert_eq!(secrets(&tvdb), ["key#1234", "key", "1234"], "the script logs key and PIN apart");
    }
}
