//! Sentences of the daemon that a page may say in another language.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a sentence says, for programs: a stable code, and the values in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Names the sentence.
    pub code: &'static str,
    /// Its values by their names.
    pub params: Params,
}

/// The values of a sentence by their names.
pub type Params = BTreeMap<&'static str, String>;

impl Said {
    /// A sentence with its values.
    pub fn new<const N: usize>(code: &'static str, params: [(&'static str, &dyn Display); N]) -> Self {
        Self { code, params: values(params) }
    }

    /// The sentence in English: `template` with `{name}` for each value.
    pub fn english(&self, template: &str) -> String {
        filled(template, |name| self.params.get(name).map(Cow::from))
    }
}

/// A template with its values in their places: `{name}` for a value as it is, `{name:?}` for one in quotes. What a value
/// has in braces stays; so does a name in the template that has no value.
pub fn filled<'a>(template: &str, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
    let (mut text, mut rest) = (String::with_capacity(template.len()), template);
    while let Some((before, (written, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        text.push_str(before);
        let (name, is_quoted) = written.strip_suffix(":?").map_or((written, false), |name| (name, true));
        match value(name) {
            Some(value) if is_quoted => text.push_str(&format!("{value:?}")),
            Some(value) => text.push_str(&value),
            None => text.push_str(&format!("{{{written}}}")),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// An error that tells the values in its text apart from the words, too.
pub trait Values: Display {
    /// The values by their names; none where the text is always the same.
    fn values(&self) -> Params;

    /// What it says, where a page may say it in another language.
    fn said(&self) -> Option<Said> {
        None
    }
}

/// Values by their names.
pub fn values<const N: usize>(values: [(&'static str, &dyn Display); N]) -> Params {
    values.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

/// A part of a reason as it is kept and told: the code of its sentence, and the values in it. The code may be one of another
/// version of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clause {
    /// Names the sentence.
    pub code: String,
    /// Its values by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

impl From<Said> for Clause {
    fn from(Said { code, params }: Said) -> Self {
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { code: code.to_owned(), params }
    }
}

/// A reason in English, and sentence by sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    pub text: String,
    /// The same by codes.
    pub because: Vec<Clause>,
}

/// One that nobody put into codes.
impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { text, because: Vec::new() }
    }
}

impl Reason {
    /// Adds a sentence; `between` stands before it, unless it is the first one.
    pub fn add(&mut self, between: &str, text: &str, said: Said) {
        if !self.text.is_empty() {
            self.text.push_str(between);
        }
        self.text.push_str(text);
        self.because.push(said.into());
    }
}

/// Declares an enum of sentences: a variant for each, with its values, its stable code, and its English, in which `{name}`
/// stands for a value.
#[macro_export]
macro_rules! sentences {
    ($(#[$meta:meta])* $visible:vis enum $name:ident {
        $($variant:ident $({ $($field:ident: $kind:ty),+ })? => $code:literal, $english:literal;)*
    }) => {
        $(#[$meta])*
        #[allow(missing_docs, reason = "the sentences say it")]
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visible enum $name { $($variant $({ $($field: $kind),+ })?),* }

        impl $name {
            /// All codes, each with the names of its values.
            $visible const ALL: &'static [(&'static str, &'static [&'static str])] =
                &[$(($code, &[$($(stringify!($field)),+)?])),*];

            /// What it says, for programs.
            $visible fn said(&self) -> $crate::said::Said {
                match self {
                    $(Self::$variant $({ $($field),+ })? => {
                        $crate::said::Said::new($code, [$($((stringify!($field), $field as &dyn ::std::fmt::Display)),+)?])
                    })*
                }
            }

            /// The sentence in English.
            $visible fn english(&self) -> String {
                let template = match self { $(Self::$variant { .. } => $english),* };
                self.said().english(template)
            }

            /// Both.
            $visible fn as_reason(&self) -> $crate::said::Reason {
                $crate::said::Reason { text: self.english(), because: vec![self.said().into()] }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(&self.english())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    sentences! {
        enum Weather {
            Dry => "dry", "it is dry";
            Rain { litres: u32, place: String } => "rain", "{litres} l of rain in {place}";
        }
    }

    #[test]
    fn a_sentence_has_a_code_its_values_and_its_english() {
        let rain = Weather::Rain { litres: 3, place: "Hamburg".to_owned() };
        assert_eq!(
            (Weather::Dry.english(), rain.english()),
            ("it is dry".to_owned(), "3 l of rain in Hamburg".to_owned())
        );
        assert_eq!(rain.as_reason(), Reason { text: rain.to_string(), because: vec![rain.said().into()] });
        let clause = Clause::from(rain.said());
        assert_eq!((clause.code.as_str(), clause.params["litres"].as_str()), ("rain", "3"));
        assert_eq!(serde_json::to_string(&Clause::from(Weather::Dry.said())).unwrap(), r#"{"code":"dry"}"#);
        assert_eq!(Weather::ALL, [("dry", &[] as &[&str]), ("rain", &["litres", "place"] as &[&str])]);
    }

    #[test]
    fn a_sentence_is_filled_with_its_values() {
        let said = Said::new("server_answers", [("server", &"Plex"), ("tries", &2)]);
        assert_eq!(said.english("{server} answers after {tries} tries"), "Plex answers after 2 tries");
        assert_eq!((said.code, said.params.len()), ("server_answers", 2));
    }

    #[test]
    fn braces_in_a_value_and_names_without_a_value_stay_as_they_are() {
        let said = Said::new("a", [("one", &"{two}"), ("two", &"2 \"b\"")]);
        assert_eq!(said.english("{one}, {two:?}, {three} and {"), "{two}, \"2 \\\"b\\\"\", {three} and {");
    }
}
