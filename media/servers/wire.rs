//! Reading answers whose numbers are texts at times, and whose texts are numbers.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Takes a text, a number, a switch or nothing. A listing has millions of them, so that nothing is kept in between.
struct Loose;

impl Visitor<'_> for Loose {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number, true, false or null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<String, E> {
        Ok(flag.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }
}

/// A text, whatever it is written as.
pub(super) fn text<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    value.deserialize_any(Loose)
}

/// A text, or none where it is empty or missing.
pub(super) fn optional<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    text(value).map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// A number, or none where it is missing or is none.
pub(super) fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u32>, D::Error> {
    text(value).map(|text| text.trim().parse().ok())
}

/// A number with decimals, or none where it is missing or is none.
pub(super) fn decimal<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    text(value).map(|text| text.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Line {
        #[serde(default, deserialize_with = "text")]
        title: String,
        #[serde(default, deserialize_with = "optional")]
        original: Option<String>,
        #[serde(default, deserialize_with = "number")]
        year: Option<u32>,
    }

    #[test]
    fn numbers_and_texts_are_taken_for_each_other() {
        let line: Line = serde_json::from_str(r#"{"title": 1917, "original": "", "year": "2019"}"#).unwrap();
        assert_eq!((line.title.as_str(), line.original, line.year), ("1917", None, Some(2019)));
        let line: Line = serde_json::from_str(r#"{"title": "a", "original": null, "year": "soon"}"#).unwrap();
        assert_eq!((line.title.as_str(), line.original, line.year), ("a", None, None));
        let line: Line = serde_json::from_str(r#"{"title": true, "original": 1.5, "year": -1}"#).unwrap();
        assert_eq!((line.title.as_str(), line.original.as_deref(), line.year), ("true", Some("1.5"), None));
        assert!(serde_json::from_str::<Line>(r#"{"title": ["a"]}"#).is_err());
    }
}
