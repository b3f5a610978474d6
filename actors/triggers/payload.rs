//! Lenient reading of JSON that others wrote: every field may be missing, numbers may be strings.

use serde_json::Value;

/// The text at a path; numbers are turned into text. None for what is missing, empty or another type.
pub fn text(value: &Value, path: &[&str]) -> Option<String> {
    match at(value, path)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Like [`text`], for an id or a year: zero means that there is none.
pub fn id(value: &Value, path: &[&str]) -> Option<String> {
    text(value, path).filter(|id| id != "0")
}

/// The list at a path; empty for what is missing or another type.
pub fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The field whose name is this one in any case.
pub fn field_any_case<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}
