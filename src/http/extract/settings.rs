//! Settings of the daemon in a body.

use serde_json::{Map, Value};

use crate::settings::live::Change;
use crate::settings::parse::{Parsed, RawValue};
use crate::settings::{Invalid, SettingFault};

/// What a body asks for.
pub fn changes(posted: Map<String, Value>) -> Vec<Change> {
    posted.into_iter().map(|(key, value)| (key, given(value))).collect()
}

/// A value as it would be given by hand.
fn given(value: Value) -> Parsed<Option<RawValue>> {
    let text = |value: Value| match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        _ => Err(Invalid::from(SettingFault::OddJson)),
    };
    match value {
        Value::Null => Ok(None),
        Value::Array(values) => Ok(Some(RawValue::List(values.into_iter().map(text).collect::<Result<_, _>>()?))),
        value => Ok(Some(RawValue::Text(text(value)?))),
    }
}
