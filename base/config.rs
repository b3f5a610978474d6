//! The vocabulary of `config.json`: its keys, which values each may have, and how the values are read.
//!
//! One table for all who know the file: what saving accepts, the poster engine accepts.

pub mod colour;
pub mod groups_of_3;
pub mod keys;
pub mod validation;
mod wrong;

use serde_json::{Map, Value};

/// A `config.json` as a JSON object; the order of its keys is kept.
pub type Document = Map<String, Value>;

/// The value under this section and key, in any letter case; the exact spelling wins. The script aborts on a key in the
/// wrong case, which is no reason for us to ignore what the user meant.
pub fn find<'a>(document: &'a Document, section: &str, key: &str) -> Option<&'a Value> {
    member(member(document, section)?.as_object()?, key)
}

/// The section of this name, in any letter case, whatever it holds.
pub fn section<'a>(document: &'a Document, name: &str) -> Option<&'a Value> {
    member(document, name)
}

fn member<'a>(object: &'a Document, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|pair| pair.1))
}
