//! Settings of the daemon in a body.

use serde_json::{Map, Value};

use crate::settings::live::Change;
use crate::settings::parse::RawValue;

/// What a body asks for.
pub fn changes(posted: Map<String, Value>) -> Vec<Change> {
    posted.into_iter().map(|(key, value)| (key, given(value))).collect()
}

/// A value as it would be given by hand.
fn given(value: Value) -> Result<Option<RawValue>, String> {
    let text = |value: Value| match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        _ => Err("take a text, a number, true or false, or a list of texts".to_owned()),
    };
    match value {
        Value::Null => Ok(None),
        Value::Array(values) => Ok(Some(RawValue::List(values.into_iter().map(text).collect::<Result<_, _>>()?))),
        value => Ok(Some(RawValue::Text(text(value)?))),
    }
}
