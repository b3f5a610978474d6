//! The order in which pictures are offered: the languages that the configuration prefers come first.

use posterizarr_base::config::keys;
use serde_json::Value;

use crate::actors::config::ConfigView;

/// The configuration's word for pictures without text.
const TEXTLESS: &str = "xx";
/// What a language order says that nobody has filled in: that of posters holds.
const NOT_FILLED_IN: &str = "PleaseFillMe";
const POSTERS: &str = "PreferredLanguageOrder";

/// Languages by preference; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferred(Vec<String>);

impl Preferred {
    /// That of a kind of asset, in the words of upstream's clients.
    pub fn of(config: &ConfigView, kind: &str) -> Self {
        let key = match kind {
            "season" => "PreferredSeasonLanguageOrder",
            "background" => "PreferredBackgroundLanguageOrder",
            "titlecard" => "PreferredTCLanguageOrder",
            "logo" => "LogoLanguageOrder",
            _ => POSTERS,
        };
        let document = keys::completed(&config.document);
        let order = |key: &str| list(document.get("ApiPart").and_then(|part| part.get(key)));
        Self(order(key).filter(|order| !order.is_empty()).or_else(|| order(POSTERS)).unwrap_or_default())
    }

    /// The place of a language, from 0; those that are not listed come last.
    pub fn place(&self, language: Option<&str>) -> usize {
        let language = language.unwrap_or(TEXTLESS);
        self.0.iter().position(|listed| listed == language).unwrap_or(self.0.len())
    }

    /// Whether it is listed, or nothing is.
    pub fn has(&self, language: Option<&str>) -> bool {
        self.0.is_empty() || self.place(language) < self.0.len()
    }
}

/// A list, or a text with commas; none where it is not filled in.
fn list(value: Option<&Value>) -> Option<Vec<String>> {
    let words: Vec<String> = match value? {
        Value::Array(words) => words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
        Value::String(text) => text.split(',').map(str::to_owned).collect(),
        _ => return None,
    };
    let words: Vec<_> = words.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    let is_example = words.iter().any(|word| word.eq_ignore_ascii_case(NOT_FILLED_IN));
    (!is_example).then(|| words.into_iter().map(|word| word.to_lowercase()).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_that_nobody_has_filled_in_is_that_of_posters_and_what_is_not_listed_comes_last() {
        let document = json!({"ApiPart": {"PreferredLanguageOrder": ["de", "xx"], "PreferredSeasonLanguageOrder": "fr, EN",
            "PreferredTCLanguageOrder": ["PleaseFillMe"], "LogoLanguageOrder": []}});
        let document = Arc::new(document.as_object().unwrap().clone());
        let config = ConfigView { document, ..ConfigView::default() };
        let of = |kind: &str| Preferred::of(&config, kind).0;
        for kind in ["poster", "standard", "background", "titlecard", "logo"] {
            assert_eq!(of(kind), ["de", "xx"], "{kind}");
        }
        assert_eq!(of("season"), ["fr", "en"]);
        let posters = Preferred::of(&config, "poster");
        let places = [Some("de"), None, Some("en"), Some("fr")].map(|language| posters.place(language));
        assert_eq!(places, [0, 1, 2, 2]);
        assert!(posters.has(None) && !posters.has(Some("en")) && Preferred(Vec::new()).has(Some("en")));
    }
}
