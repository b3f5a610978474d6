//! Known secrets: which are worth masking, the forms they take in texts, and looking for all of them at once.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// Shorter values would mask ordinary words.
const SHORTEST: usize = 6;
/// From this length on a value with a digit is no word of a title.
const STRONG: usize = 12;
/// Parts of an address that are this long, and have a digit, are keys rather than words.
const SHORTEST_PART: usize = 10;

/// What the daemon says in most answers and logs. A password that is one of these (upstream's default is the name of the
/// program) is no secret worth garbling them for.
const OUR_WORDS: [&str; 29] = [
    "posterizarr",
    "normal",
    "manual",
    "testing",
    "backup",
    "scheduled",
    "tautulli",
    "syncjelly",
    "syncemby",
    "running",
    "waiting",
    "failed",
    "completed",
    "success",
    "message",
    "status",
    "warning",
    "poster",
    "posters",
    "season",
    "seasons",
    "background",
    "titlecard",
    "jellyfin",
    "config",
    "detail",
    "secret",
    "secrets",
    "password",
];

/// What a URL parser encodes in a query.
const IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');
/// What a form encodes.
const IN_FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// Whether a value cannot be an ordinary word.
pub fn is_strong(value: &str) -> bool {
    value.len() >= STRONG && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// The values to look for, in every form they take.
pub fn worth_masking(secrets: impl IntoIterator<Item = String>) -> Vec<String> {
    let long_enough = |value: &str| value.chars().count() >= SHORTEST;
    let is_ours = |value: &str| OUR_WORDS.iter().any(|word| value.eq_ignore_ascii_case(word));
    let mut forms: Vec<String> = secrets
        .into_iter()
        .flat_map(|secret| parts_of(&secret).into_iter().chain([secret.trim().to_owned()]).collect::<Vec<_>>())
        .filter(|value| long_enough(value) && !is_ours(value))
        .flat_map(|value| forms_of(&value))
        .collect();
    forms.sort();
    forms.dedup();
    forms
}

/// A secret as it is, as part of a URL, inside JSON, and as part of a file's name.
fn forms_of(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for set in [NON_ALPHANUMERIC, IN_QUERY, IN_FORM] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        forms.push(with_small_hex(&encoded));
        forms.push(encoded.replace(' ', "+"));
    }
    let in_json = serde_json::Value::from(secret).to_string();
    let in_json = in_json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(secret).to_owned();
    forms.push(in_ascii(&in_json));
    forms.push(in_json);
    forms.extend(["-", "_", ""].map(|instead| secret.replace(['/', '\\', ':'], instead)));
    forms
}

fn with_small_hex(encoded: &str) -> String {
    let mut small = String::with_capacity(encoded.len());
    let mut hex = 0;
    for letter in encoded.chars() {
        small.push(if hex > 0 { letter.to_ascii_lowercase() } else { letter });
        hex = if letter == '%' { 2 } else { usize::saturating_sub(hex, 1) };
    }
    small
}

/// JSON in which all but ASCII is escaped.
fn in_ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")));
        }
    }
    ascii
}

/// The keys inside an address that works as a secret: whoever uses it logs them apart.
fn parts_of(secret: &str) -> Vec<String> {
    let Some((_, place)) = secret.split_once("://") else { return Vec::new() };
    let is_key = |part: &&str| {
        part.len() >= SHORTEST_PART && !part.starts_with('[') && part.bytes().any(|byte| byte.is_ascii_digit())
    };
    // A host, mostly with its port, is no key; where it is one (Apprise), it has no dot.
    let no_host = |part: &&str| !part.contains('.') || !place.starts_with(*part);
    place.split(['/', '?', '&', '=', '@', '#']).filter(is_key).filter(no_host).map(str::to_owned).collect()
}

/// Up to this length a value of nothing but letters may be a word, and a part of others.
const MAX_WORD_LENGTH: usize = 20;

/// Whether a value may be an ordinary word: `changed` is one, and no secret where it is a part of `queue_changed`.
fn is_word(value: &str) -> bool {
    value.len() < MAX_WORD_LENGTH && value.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Looks for many values in one pass.
#[derive(Default)]
pub struct Finder(Option<Automaton>);

struct Automaton {
    all: AhoCorasick,
    /// Of each value whether it is a word, which only counts where it stands by itself.
    words: Vec<bool>,
}

impl Finder {
    /// For these values.
    pub fn of(values: &[&str]) -> Self {
        if values.is_empty() {
            return Self(None);
        }
        let words = values.iter().map(|value| is_word(value)).collect();
        // Fails only for automata of gigabytes.
        Self(AhoCorasick::new(values).ok().map(|all| Automaton { all, words }))
    }

    /// Whether any is there.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|automaton| automaton.all.is_match(text) && automaton.find(text).next().is_some())
    }

    /// Where they are; they may overlap.
    pub fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        match &self.0 {
            Some(automaton) if automaton.all.is_match(text) => automaton.find(text).collect(),
            _ => Vec::new(),
        }
    }
}

impl Automaton {
    fn find(&self, text: &[u8]) -> impl Iterator<Item = Range<usize>> {
        self.all.find_overlapping_iter(text).filter_map(move |found| {
            let is_word = self.words.get(found.pattern().as_usize()).copied().unwrap_or_default();
            (!is_word || stands_alone(text, &found.range())).then(|| found.range())
        })
    }
}

/// Whether nothing that belongs to a word is right before or behind a part of a text.
fn stands_alone(text: &[u8], part: &Range<usize>) -> bool {
    let joins = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let before = part.start.checked_sub(1).and_then(|before| text.get(before));
    !joins(before) && !joins(text.get(part.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_only_found_where_it_stands_by_itself() {
        let finder = Finder::of(&["changed", "k3y-of-mine"]);
        assert!(finder.find(b"event: queue_changed").is_empty());
        assert!(!finder.is_in(b"unchanged changedness"));
        assert_eq!(finder.find(b"admin:changed@plex \"changed\""), [6..13, 20..27]);
        assert_eq!(finder.find(b"xk3y-of-minex").first(), Some(&(1..12)));
    }
}
