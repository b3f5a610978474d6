//! Titles as people read, order and look for them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::artwork::episode_stem;

/// Parts that are told by name; of more, these and a sign that there are others.
const NAMED: usize = 3;
/// As long as numbers become in keys of an order.
const DIGITS: usize = 8;

#[expect(clippy::unwrap_used, reason = "the expression is a constant, and the tests use it")]
static IDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\s*[\[{](?:tmdb|tvdb|imdb)-[^\]}]*[\]}]").unwrap());
#[expect(clippy::unwrap_used, reason = "the expression is a constant, and the tests use it")]
static EPISODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bs(\d{1,3})\s*·?\s*e(\d{1,4})\b").unwrap());
#[expect(clippy::unwrap_used, reason = "the expression is a constant, and the tests use it")]
static SEASON: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?:season\s*|s)(\d{1,3})\b").unwrap());

/// `Heat (1995)`; a title that ends with its year has it once, and zero is no year.
pub fn with_year(title: &str, year: &str) -> String {
    let told = format!("({year})");
    if matches!(year, "" | "0") || title.ends_with(&told) { title.to_owned() } else { format!("{title} {told}") }
}

/// `Dark, S01E02, S01E03`; of many episodes the first ones.
pub fn with_episodes(title: &str, episodes: impl IntoIterator<Item = (u32, u32)>) -> String {
    let codes = episodes.into_iter().map(|(season, episode)| episode_stem(season, episode));
    some(std::iter::once(title.to_owned()).chain(codes), NAMED + 1).unwrap_or_default()
}

/// The first of some titles: `A, B, C, …`. None of none.
pub fn named(titles: impl IntoIterator<Item = String>) -> Option<String> {
    some(titles, NAMED)
}

fn some(parts: impl IntoIterator<Item = String>, most: usize) -> Option<String> {
    let mut parts = parts.into_iter();
    let mut told: Vec<_> = parts.by_ref().take(most).collect();
    told.extend(parts.next().map(|_| "…".to_owned()));
    (!told.is_empty()).then(|| told.join(", "))
}

/// The title in the name of a folder: `Heat (1995)` of `Heat (1995) {tmdb-949}`.
pub fn without_ids(folder: &str) -> Cow<'_, str> {
    IDS.replace_all(folder, "")
}

/// What titles are ordered by: no case, no accents, no article that nobody looks for, and numbers by what they count.
pub fn order_key(title: &str) -> String {
    let plain = plain(title);
    let rest = ["the ", "a ", "an "].iter().find_map(|article| plain.strip_prefix(article)).unwrap_or(&plain);
    let mut key = String::with_capacity(rest.len() + DIGITS);
    let mut number = String::new();
    for c in rest.trim_start().chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        push_number(&mut key, &mut number);
        key.push(c);
    }
    push_number(&mut key, &mut number);
    key
}

fn push_number(key: &mut String, number: &mut String) {
    if !number.is_empty() {
        key.extend(std::iter::repeat_n('0', DIGITS.saturating_sub(number.len())));
        key.push_str(number);
        number.clear();
    }
}

/// The letter under which a key of that order is found; `#` where it begins with none.
pub fn letter(key: &str) -> char {
    key.chars().next().filter(char::is_ascii_alphabetic).map_or('#', |letter| letter.to_ascii_uppercase())
}

/// Words that are looked for in paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Text(String),
    Season(u32),
}

impl Words {
    /// The words of what somebody typed. Episodes and seasons are looked for as files have them: `s1e3` and `S1 · E3` are
    /// `S01E03`, and `s2` or `season 2` is `Season02` and each episode of it.
    pub fn of(typed: &str) -> Self {
        let typed = plain(typed);
        let number = |found: &Captures<'_>, at: usize| found.get(at).and_then(|digits| digits.as_str().parse().ok());
        let typed = EPISODE.replace_all(&typed, |found: &Captures<'_>| {
            let (season, episode) = (number(found, 1).unwrap_or_default(), number(found, 2).unwrap_or_default());
            let stem = episode_stem(season, episode).to_lowercase();
            // Somebody is about to type `e01`.
            let is_begun = found.get(2).is_some_and(|digits| digits.as_str() == "0");
            stem.strip_suffix('0').filter(|_| is_begun).map_or_else(|| stem.clone(), str::to_owned)
        });
        let seasons = SEASON.captures_iter(&typed).filter_map(|found| number(&found, 1)).map(Word::Season);
        let rest = SEASON.replace_all(&typed, " ");
        Self(seasons.chain(rest.split_whitespace().map(|word| Word::Text(word.to_owned()))).collect())
    }

    /// Whether a path has all of them: in any order, whatever their case and accents.
    pub fn fit(&self, path: &str) -> bool {
        let path = plain(path);
        self.0.iter().all(|word| match word {
            Word::Text(text) => path.contains(text),
            Word::Season(season) => {
                path.contains(&format!("season{season:02}")) || path.contains(&format!("s{season:02}e"))
            }
        })
    }
}

/// A text without case and accents.
fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_its_year_once() {
        assert_eq!(with_year("Heat", "1995"), "Heat (1995)");
        assert_eq!(with_year("Ghosts (2021)", "2021"), "Ghosts (2021)");
        assert_eq!((with_year("Heat", ""), with_year("Heat", "0")), ("Heat".to_owned(), "Heat".to_owned()));
    }

    #[test]
    fn of_many_the_first_are_named() {
        assert_eq!(with_episodes("Dark", []), "Dark");
        assert_eq!(with_episodes("Dark", [(1, 2), (1, 3)]), "Dark, S01E02, S01E03");
        assert_eq!(with_episodes("Dark", (1..9).map(|n| (1, n))), "Dark, S01E01, S01E02, S01E03, …");
        let titles = |all: &[&str]| named(all.iter().map(|one| (*one).to_owned()));
        assert_eq!(titles(&[]), None);
        assert_eq!(titles(&["A", "B", "C"]).unwrap(), "A, B, C");
        assert_eq!(titles(&["A", "B", "C", "D"]).unwrap(), "A, B, C, …");
    }

    #[test]
    fn ids_are_no_part_of_a_title() {
        assert_eq!(without_ids("Heat (1995) {tmdb-949}"), "Heat (1995)");
        assert_eq!(without_ids("Dark (2017) [TVDB-334824] {imdb-tt5753856}"), "Dark (2017)");
        assert_eq!(without_ids("Untitled [Extended]"), "Untitled [Extended]");
    }

    #[test]
    fn titles_are_ordered_as_people_look_for_them() {
        let mut titles =
            ["Zodiac", "The Bear", "Ocean's 12", "Élite", "Ocean's 8", "21 Grams", "A Serious Man", "Anna"];
        titles.sort_by_key(|title| order_key(title));
        let wanted = ["21 Grams", "Anna", "The Bear", "Élite", "Ocean's 8", "Ocean's 12", "A Serious Man", "Zodiac"];
        assert_eq!(titles, wanted);
        let letters: String = wanted.iter().map(|title| letter(&order_key(title))).collect();
        assert_eq!(letters, "#ABEOOSZ");
        assert_eq!(letter(&order_key("影武者")), '#');
        assert_eq!(letter(""), '#');
    }

    #[test]
    fn words_are_found_in_any_order_and_episodes_by_their_numbers() {
        let path = "TV/Élite Ocean (2018)/S01E03.jpg";
        for typed in
            ["ocean elite", "s1e3 OCEAN", "S01 E03 élite", "S1E03", "ocean s01e0", "  ", "(2018) ocean", "S1 · E3"]
        {
            assert!(Words::of(typed).fit(path), "{typed}");
        }
        for typed in ["ocean s1e4", "harbor", "s1e30", "s2", "s1 · e4"] {
            assert!(!Words::of(typed).fit(path), "{typed}");
        }
        for typed in ["s1", "Season 1", "season1 ocean", "Season01"] {
            assert!(Words::of(typed).fit("TV/Ocean/Season01.jpg"), "{typed}");
            assert!(Words::of(typed).fit("TV/Ocean/S01E07.jpg"), "{typed}");
        }
        assert!(!Words::of("s1").fit("TV/Ocean/Season11.jpg"));
    }
}
