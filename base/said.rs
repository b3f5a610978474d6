//! Sentences of the daemon that a page may say in another language.

use std::collections::BTreeMap;
use std::fmt::Display;

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
        let fill = |text: String, (name, value): (&&str, &String)| text.replace(&format!("{{{name}}}"), value);
        self.params.iter().fold(template.to_owned(), fill)
    }
}

/// An error that tells the values in its text apart from the words, too.
pub trait Values: Display {
    /// The values by their names; none where the text is always the same.
    fn values(&self) -> Params;
}

/// Values by their names.
pub fn values<const N: usize>(values: [(&'static str, &dyn Display); N]) -> Params {
    values.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_filled_with_its_values() {
        let said = Said::new("server_answers", [("server", &"Plex"), ("tries", &2)]);
        assert_eq!(said.english("{server} answers after {tries} tries"), "Plex answers after 2 tries");
        assert_eq!((said.code, said.params.len()), ("server_answers", 2));
    }
}
