//! Reading and writing the text of `config.json`, and looking up values in it.

use serde_json::Value;

use super::{keys, lenient};

pub use posterizarr_base::config::{Document, find, section};

/// The largest `config.json` that is read or written, in bytes. Fifty times what one with every key has.
pub const MAX_SIZE: u64 = 1024 * 1024;

/// What some editors write before everything else.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a file's content, with comments and trailing commas where there are some, as PowerShell 7 does. A byte order mark
/// is skipped. The error tells where it is broken, and what to do.
pub fn parse(content: &[u8]) -> Result<Document, String> {
    let json = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
    check_encoding(json)?;
    match serde_json::from_slice(&lenient::blanked(json)) {
        Ok(Value::Object(document)) => Ok(document),
        Ok(_) => Err("it holds JSON, but not an object".to_owned()),
        // An empty file is what a full disk leaves behind.
        Err(_) if json.trim_ascii().is_empty() => Err("it is empty".to_owned()),
        Err(error) => Err(format!("{error}; fix it there, or restore a backup")),
    }
}

/// Other encodings are what some editors save in; their bytes would only be told as odd characters.
fn check_encoding(json: &[u8]) -> Result<(), String> {
    if json.starts_with(b"\xff\xfe") || json.starts_with(b"\xfe\xff") || json.iter().take(64).any(|byte| *byte == 0) {
        return Err("it is not UTF-8 but looks like UTF-16; save it as UTF-8".to_owned());
    }
    std::str::from_utf8(json).map(drop).map_err(|error| {
        let before = json.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not UTF-8 (line {line} has a byte of another encoding, such as Latin-1); save it as UTF-8")
    })
}

/// The text of a file as the old backend writes it: two spaces of indent, no newline at the end.
pub fn write(document: &Document) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(document)
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

/// What a switch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
    /// Neither of the two.
    Unclear,
}

/// What `WebUI.basicAuthEnabled` says: a JSON boolean, or one of a few words in any letter case. Everything else is
/// unclear, and no reason to open the door: a typo such as `ture` is as likely as a program that writes null.
pub fn switch(value: &Value) -> Switch {
    let is_one_of = |text: &str, words: &[&str]| words.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    match value {
        Value::Bool(true) => Switch::On,
        Value::Bool(false) => Switch::Off,
        Value::String(text) if is_one_of(text, &["true", "1", "yes", "on"]) => Switch::On,
        Value::String(text) if is_one_of(text, &["false", "0", "no", "off"]) => Switch::Off,
        _ => Switch::Unclear,
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
        assert_eq!(
            parse(b"{\n\"a\": \"\xfc\"}").unwrap_err(),
            "it is not UTF-8 (line 2 has a byte of another encoding, such as Latin-1); save it as UTF-8"
        );
        for utf16 in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0"] {
            assert!(parse(utf16).unwrap_err().contains("UTF-16"));
        }
        let says = parse(b"{\"a\": 1,\n\"b\": 2 3}").unwrap_err();
        assert!(says.contains("line 2 column 8") && says.contains("restore a backup"), "{says}");
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
    fn only_what_clearly_says_off_switches_the_login_off() {
        for on in [json!(true), json!("TRUE"), json!(" yes "), json!("1"), json!("On")] {
            assert_eq!(switch(&on), Switch::On, "{on}");
        }
        for off in [json!(false), json!("False"), json!("no"), json!("0"), json!("off")] {
            assert_eq!(switch(&off), Switch::Off, "{off}");
        }
        let unclear = [json!(null), json!("maybe"), json!("ture"), json!(""), json!(0), json!(1), json!([]), json!({})];
        for unclear in unclear {
            assert_eq!(switch(&unclear), Switch::Unclear, "{unclear}");
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
