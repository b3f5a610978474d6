//! Keys that the table does not know: newer ones of the script, and the user's own.
//!
//! Their values are shown, for otherwise nobody could edit them, except what looks like a secret by its name or its form.
//! They keep their JSON type: a settings page that only knows text must not turn a list into one.

use reqwest::Url;
use serde_json::{Map, Value};

use super::fault::ConfigFault;
use super::view::MASK;

/// Parts of names of secrets.
const SECRET_NAMES: [&str; 10] =
    ["token", "key", "password", "passwd", "pwd", "secret", "webhook", "credential", "cookie", "bearer"];
/// Schemes of addresses that hold no secret by themselves. Those of notification services, such as `tgram`, do.
const PLAIN_SCHEMES: [&str; 7] = ["http", "https", "file", "ftp", "smb", "nfs", "rtsp"];
/// Shorter texts are no tokens that somebody else made.
const MIN_TOKEN_LEN: usize = 20;

/// The value as it may be shown: the [`MASK`] in the place of each text or number that looks like a secret. Lists and
/// objects keep their shape.
pub fn masked(name: &str, value: &Value) -> Value {
    masked_in(sounds_secret(name), value)
}

fn masked_in(is_secret: bool, value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(_) if is_secret => Value::from(MASK),
        Value::Number(_) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        Value::String(text) if is_secret || looks_secret(text) => Value::from(MASK),
        Value::String(_) => value.clone(),
        Value::Array(items) => items.iter().map(|item| masked_in(is_secret, item)).collect(),
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| (name.clone(), masked_in(is_secret || sounds_secret(name), value));
            members.iter().map(member).collect()
        }
    }
}

/// Whether a key of this name holds a secret.
pub fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Whether a text is a secret by its form: an address with a login or a key in it, or a long random word.
fn looks_secret(text: &str) -> bool {
    let text = text.trim();
    if text.contains("://") {
        return Url::parse(text).is_ok_and(|url| {
            !url.username().is_empty()
                || url.password().is_some()
                || !PLAIN_SCHEMES.contains(&url.scheme())
                || url.query_pairs().any(|(name, _)| sounds_secret(&name))
                || url.path().split('/').any(|part| part.contains("webhook") || part == "push" || is_token(part))
        });
    }
    is_token(text)
}

fn is_token(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let others = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=+".contains(&byte));
    let is_file = text.rsplit_once('.').is_some_and(|(_, ending)| ending.len() <= 5);
    text.len() >= MIN_TOKEN_LEN && others && digits >= 3 && letters >= 3 && !is_file
}

/// What a post means by a value of a key whose stored value is `stored`: each mask stands for what is stored in its place,
/// and the type stays. Fails with what would be right, and never repeats the value.
pub fn accept(name: &str, posted: &Value, stored: &Value) -> Result<Value, ConfigFault> {
    let posted = of_type(stored, posted)?;
    unmasked(sounds_secret(name), &posted, stored).ok_or(ConfigFault::Mask { mask: MASK })
}

/// The posted value in the type of the stored one.
fn of_type(stored: &Value, posted: &Value) -> Result<Value, ConfigFault> {
    let parsed = || posted.as_str().and_then(|text| serde_json::from_str::<Value>(text.trim()).ok());
    let (accepted, right) = match stored {
        Value::Null => (Some(posted.clone()), ConfigFault::StayText),
        Value::Bool(_) => (boolean(posted).map(Value::Bool), ConfigFault::StaySwitch),
        Value::Number(_) => match posted {
            // A masked number comes back as the mask.
            Value::Number(_) => (Some(posted.clone()), ConfigFault::StayText),
            Value::String(text) if text == MASK => (Some(posted.clone()), ConfigFault::StayText),
            _ => (parsed().filter(Value::is_number), ConfigFault::StayNumber),
        },
        Value::String(before) => (text(before, posted).map(Value::String), ConfigFault::StayText),
        Value::Array(_) => {
            let list = if posted.is_array() { Some(posted.clone()) } else { parsed().filter(Value::is_array) };
            (list, ConfigFault::StayList { example: "[\"a\", \"b\"]" })
        }
        Value::Object(_) => {
            let object = if posted.is_object() { Some(posted.clone()) } else { parsed().filter(Value::is_object) };
            (object, ConfigFault::StayObject { example: "{\"a\": \"b\"}" })
        }
    };
    accepted.ok_or(right)
}

fn boolean(posted: &Value) -> Option<bool> {
    match posted {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A scalar as text; a switch in the spelling that it has.
fn text(before: &str, posted: &Value) -> Option<String> {
    Some(match posted {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) if before.starts_with(['T', 'F']) => if *flag { "True" } else { "False" }.to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

/// The posted value with the stored one in the place of each mask; none where nothing is hidden there.
fn unmasked(is_secret: bool, posted: &Value, stored: &Value) -> Option<Value> {
    match (posted, stored) {
        (Value::String(text), _) if text == MASK => {
            (masked_in(is_secret, stored) == MASK || stored == MASK).then(|| stored.clone())
        }
        (Value::Array(posted), Value::Array(stored)) => list_unmasked(is_secret, posted, stored),
        (Value::Array(posted), _) => list_unmasked(is_secret, posted, &[]),
        (Value::Object(posted), stored) => {
            let nothing = Map::new();
            let stored = stored.as_object().unwrap_or(&nothing);
            let member = |(name, value): (&String, &Value)| {
                let is_secret = is_secret || sounds_secret(name);
                let value = unmasked(is_secret, value, stored.get(name).unwrap_or(&Value::Null))?;
                Some((name.clone(), value))
            };
            posted.iter().map(member).collect::<Option<_>>().map(Value::Object)
        }
        _ => Some(posted.clone()),
    }
}

/// Entries keep their order as long as only hidden ones are compared: the first mask is the first hidden entry. With fewer or
/// more masks than hidden entries nobody could tell which is which.
fn list_unmasked(is_secret: bool, posted: &[Value], stored: &[Value]) -> Option<Value> {
    let is_mask = |value: &&Value| **value == MASK;
    let hidden: Vec<_> = stored.iter().filter(|entry| masked_in(is_secret, entry) == MASK).collect();
    let masks = posted.iter().filter(is_mask).count();
    if masks > 0 && masks != hidden.len() {
        return None;
    }
    let mut hidden = hidden.into_iter();
    let entry = |(place, value): (usize, &Value)| {
        if is_mask(&value) {
            return hidden.next().cloned();
        }
        unmasked(is_secret, value, stored.get(place).unwrap_or(&Value::Null))
    };
    posted.iter().enumerate().map(entry).collect::<Option<Vec<_>>>().map(Value::Array)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_secret_is_shown_whatever_its_type() {
        let shown = [
            ("ProviderOrder", json!(["TMDB", "TVDB", "Fanart", "Plex"])),
            ("LibraryLanguageOverrides", json!({"Filme": {"PreferredLanguageOrder": ["de", "en"]}})),
            ("OverrideProviderOrder", json!(false)),
            ("UseLogo", json!("true")),
            ("ParallelJobs", json!(4)),
            ("LogoFile", json!("some-long-file-name-2024-123.png")),
            ("Folder", json!("/mnt/media/2024/1234567890/posters")),
            ("HomeUrl", json!("https://example.org/some/page?lang=de")),
            ("Nothing", json!(null)),
            ("ApiKey", json!("")),
        ];
        for (name, value) in shown {
            assert_eq!(masked(name, &value), value, "{name}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_masked_and_lists_and_objects_keep_their_shape() {
        for (name, value) in [
            ("TraktApiKey", json!("abc")),
            ("traktToken", json!(12345)),
            ("MyPassword", json!("x")),
            ("client_secret", json!("x")),
            ("Hook", json!("https://discord.com/api/webhooks/123/abc")),
            ("Share", json!("smb://me:pw@nas/share")),
            ("Notify", json!("tgram://bottoken/chat")),
            ("Feed", json!("https://example.org/feed?apikey=abc")),
            ("Push", json!("https://kuma.example.org/api/push/abc")),
            ("Own", json!("0123456789abcdef0123456789abcdef")),
            ("Jwt", json!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N")),
        ] {
            assert_eq!(masked(name, &value), MASK, "{name}");
        }
        assert_eq!(masked("Tokens", &json!(["a", "", true])), json!([MASK, "", true]));
        let servers = json!({"one": {"url": "http://nas", "token": "t", "port": 80}});
        assert_eq!(masked("Servers", &servers), json!({"one": {"url": "http://nas", "token": MASK, "port": 80}}));
    }

    #[test]
    fn texts_become_what_is_stored_if_they_can_and_are_refused_if_not() {
        for (stored, posted, expected) in [
            (json!(["TMDB"]), json!("[\"TVDB\", \"TMDB\"]"), json!(["TVDB", "TMDB"])),
            (json!({"a": 1}), json!(" {\"a\": 2} "), json!({"a": 2})),
            (json!(false), json!("True"), json!(true)),
            (json!(2), json!("3"), json!(3)),
            (json!(2.5), json!(3), json!(3)),
            (json!("430"), json!(431), json!("431")),
            (json!("True"), json!(false), json!("False")),
            (json!("false"), json!(true), json!("true")),
            (json!(null), json!(["anything"]), json!(["anything"])),
            (json!([]), json!([{"deep": [1]}]), json!([{"deep": [1]}])),
        ] {
            assert_eq!(accept("Own", &posted, &stored), Ok(expected), "{stored} {posted}");
        }
        for (stored, posted) in [
            (json!(["TMDB"]), json!("Fanart")),
            (json!(["TMDB"]), json!("")),
            (json!(["TMDB"]), json!({"a": 1})),
            (json!(["TMDB"]), json!("{\"a\": 1}")),
            (json!({"a": 1}), json!("x")),
            (json!({"a": 1}), json!(null)),
            (json!(false), json!("maybe")),
            (json!(false), json!(1)),
            (json!(2), json!("many")),
            (json!("text"), json!(["a"])),
        ] {
            let wrong = accept("Own", &posted, &stored).unwrap_err();
            assert!(wrong.english().starts_with("must remain "), "{stored} {posted}: {wrong}");
        }
    }

    #[test]
    fn masks_that_come_back_are_the_stored_values() {
        let stored = json!({"nas": {"url": "http://nas", "token": "t0"}, "list": [{"password": "p"}, {"name": "n"}]});
        let mut posted = masked("Servers", &stored);
        assert_eq!(accept("Servers", &posted, &stored), Ok(stored.clone()));
        posted["nas"]["url"] = json!("http://other");
        let changed = accept("Servers", &posted, &stored).unwrap();
        assert_eq!((&changed["nas"]["url"], &changed["nas"]["token"]), (&json!("http://other"), &json!("t0")));
        assert_eq!(accept("Tokens", &json!([MASK, "new", MASK]), &json!(["a", "b"])), Ok(json!(["a", "new", "b"])));
        assert!(accept("Tokens", &json!([MASK]), &json!(["a", "b"])).is_err(), "which of them?");
        assert!(accept("Own", &json!({"new": MASK}), &json!({"old": "x"})).is_err());
        assert_eq!(accept("ApiNumberKey", &json!(MASK), &json!(12)), Ok(json!(12)));
    }
}
