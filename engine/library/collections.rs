//! Collections: how they have their turn like movies and shows, and which of TMDB's is meant.

use posterizarr_media::model::{Collection, Item, Library};

/// A collection as one of the items of its library.
pub(super) fn item_of(collection: Collection, library: &Library) -> Item {
    let Collection { id, title, ids, labels, art } = collection;
    Item {
        id,
        library: library.id.clone(),
        kind: library.kind,
        title,
        original_title: None,
        year: None,
        ids,
        path: None,
        files: 0,
        labels,
        resolution: None,
        facts: None,
        art,
        seasons: Vec::new(),
    }
}

/// Whether two names are those of the same collection. TMDB adds a word to most of them, in the language of the collection.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    const WORDS: [&str; 9] =
        ["collection", "sammlung", "filmreihe", "reihe", "saga", "trilogy", "collezione", "colección", "coleção"];
    let name = |text: &str| {
        let text = text.to_lowercase();
        let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        if words.len() > 1 && words.last().is_some_and(|last| WORDS.contains(&last.as_str())) {
            words.pop();
        }
        words
    };
    let (one, other) = (name(one), name(other));
    !one.is_empty() && one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_known_by_its_name_with_and_without_the_word() {
        for (tmdb, own, same) in [
            ("The Hobbit Collection", "The Hobbit", true),
            ("The Hobbit Collection", "the hobbit: collection", true),
            ("The Dark Knight Collection", "The Dark Knight Trilogy", true),
            ("Das Boot Filmreihe", "Das Boot", true),
            ("V/H/S Collection", "V H S", true),
            ("Saga", "Saga", true),
            ("The Hobbit (Rankin) Collection", "The Hobbit", false),
            ("Collection", "Saga", false),
            ("!", "?", false),
        ] {
            assert_eq!(is_same(tmdb, own), same, "{tmdb} and {own}");
        }
    }
}
