//! What a media library consists of, and what its items are known by.

use serde::{Deserialize, Serialize};

/// What a library holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    Movie,
    Show,
}

/// What the providers know an item by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    pub tmdb: Option<String>,
    pub tvdb: Option<String>,
    /// With its leading `tt`.
    pub imdb: Option<String>,
}

impl Ids {
    /// Takes an id such as `tmdb://949`; the first of each kind wins.
    pub fn take(&mut self, name: &str, value: &str) {
        let place = match name.to_ascii_lowercase().as_str() {
            "tmdb" => &mut self.tmdb,
            "tvdb" => &mut self.tvdb,
            "imdb" => &mut self.imdb,
            _ => return,
        };
        if place.is_none() && !value.is_empty() {
            *place = Some(value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_kind_wins_and_others_are_ignored() {
        let mut ids = Ids::default();
        for (name, value) in [("Tmdb", "949"), ("tmdb", "1"), ("imdb", "tt0113277"), ("plex", "x"), ("tvdb", "")] {
            ids.take(name, value);
        }
        assert_eq!(ids, Ids { tmdb: Some("949".into()), tvdb: None, imdb: Some("tt0113277".into()) });
    }
}
