//! An order of languages.

/// Languages by preference; `xx` stands for pictures without text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Languages(Vec<String>);

impl Languages {
    /// What is neither `xx` nor two lower-case letters is left out; nothing left is `xx`, `en`, `de`.
    pub fn new(order: &[String]) -> Self {
        let is_language = |code: &&String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
        let order: Vec<String> = order.iter().filter(is_language).cloned().collect();
        Self(if order.is_empty() { ["xx", "en", "de"].map(str::to_owned).to_vec() } else { order })
    }

    /// The languages, `xx` among them.
    pub fn order(&self) -> &[String] {
        &self.0
    }

    /// The same without pictures that have no text; none where nothing is left.
    pub fn with_text(&self) -> Option<Self> {
        let order: Vec<String> = self.0.iter().filter(|code| *code != "xx").cloned().collect();
        (!order.is_empty()).then_some(Self(order))
    }

    /// Whether a picture without text is wanted most.
    pub fn prefers_textless(&self) -> bool {
        self.0.first().is_some_and(|first| first == "xx")
    }

    /// Whether nothing but pictures without text is wanted.
    pub fn only_textless(&self) -> bool {
        self.0.len() == 1 && self.prefers_textless()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_cleaned_and_never_empty() {
        let new = |codes: &[&str]| Languages::new(&codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>());
        assert_eq!(new(&["EN", "", "deu", "PleaseFillMe"]).order(), ["xx", "en", "de"]);
        assert!(new(&["xx"]).only_textless() && new(&["xx", "en"]).prefers_textless());
        assert!(!new(&["xx", "en"]).only_textless() && !new(&["en", "xx"]).prefers_textless());
        assert_eq!(new(&["xx", "en", "de"]).with_text().unwrap().order(), ["en", "de"]);
        assert_eq!(new(&["xx"]).with_text(), None);
    }
}
