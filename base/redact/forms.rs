//! What is a secret by its form: `token=…`, `Authorization: …`, addresses that work as keys.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex::bytes::Regex;

use super::MASK;

struct Form {
    pattern: Regex,
    /// Bit of this form among the words seen.
    bit: u32,
}

struct Forms {
    words: Option<AhoCorasick>,
    /// For each word the forms that need it.
    of_word: Vec<u32>,
    forms: Vec<Form>,
}

/// Each form with the words (in any letter case) of which one is in every match, and its pattern, whose group `s` is the
/// secret.
const FORMS: &[(&[&str], &str)] = &[
    // name=value, name: value, "name":"value" (also inside JSON inside JSON), where the name tells that it is a secret
    (
        &["token", "apikey", "api_key", "api-key", "passw"],
        r#"(?i-u)\b[A-Z0-9_.-]*(?:token|api[_-]?key|passw(?:or)?d)(?:\\*["'])?\s*[=:]\s*(?:\\*["'])?(?<s>[^\s"'&,;{}\[\]\\][^\s"'&,;}\]\\]*)"#,
    ),
    // Titles begin with "The Secret: …"; what follows a blank has to look like a secret.
    (
        &["secret"],
        r#"(?i-u)\b[A-Z0-9_.-]*secret(?:\\*["'])?(?:\s*=\s*(?:\\*["'])?|:(?:\s*\\*["'])?)(?<s>[^\s"'&,;{}\[\]\\][^\s"'&,;}\]\\]*)"#,
    ),
    (&["secret"], r#"(?i-u)\b[A-Z0-9_.-]*secret(?:\\*["'])?:\s+(?<s>[^\s"'&,;{}\[\]\\0-9]*[0-9][^\s"'&,;}\]\\]*)"#),
    (
        &["pin=", "key=", "auth=", "sig=", "signature=", "pass=", "pw="],
        r#"(?i-u)[?&][A-Z0-9_]*(?:pin|key|auth|sig|signature|pass|pw)=(?<s>[^\s"'&\\]+)"#,
    ),
    (
        &["authorization"],
        r#"(?i-u)\bauthorization(?:\\*["'])?\s*[=:]\s*(?:\\*["'])?(?:basic |bearer |digest |token )?(?<s>\[MASKED\]|[^\s"',;\[\\][^\s"',;\\]*)"#,
    ),
    (&["bearer "], r"(?i-u)\bbearer (?<s>[A-Z0-9_.~+/=-]{16,})"),
    (&["cookie"], r#"(?i-u)\b(?:set-)?cookie(?:\\*["'])?\s*[=:]\s*(?:\\*["'])?(?<s>[^"'\\\n\[ ][^"'\\\n]*)"#),
    // whoever is named in a URL
    (&["://"], r#"(?-u)://(?<s>[^/\s@"'?#\\\[]+)@"#),
    (
        &["discord", "hooks.slack.com", "api.telegram.org"],
        r#"(?i-u)(?:discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks|hooks\.slack\.com/[a-z]+|api\.telegram\.org)/(?:bot)?(?<s>\[MASKED\]|[^\s"'?\\\[]+)"#,
    ),
    // Apprise: the whole rest is the key
    (
        &["://"],
        r#"(?i-u)\b(?:discord|tgram|telegram|slack|pover|pushover|pbul|pushbullet|gotifys?|ntfys?|mailtos?|mmosts?|msteams|prowl|ifttt|workflows?|hassios?)://(?<s>[^\s"'\\\[]+)"#,
    ),
    // Uptime Kuma
    (&["/api/push/"], r#"(?-u)/api/push/(?<s>[^\s"'?&\\\[]+)"#),
    // our own API keys
    (&["pzr_"], r"(?-u)\bpzr_(?<s>[A-Za-z0-9_-]{4,})"),
    // JSON web tokens, such as TMDB's
    (&["eyj"], r"(?-u)\b(?<s>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)"),
];

static ALL: LazyLock<Forms> = LazyLock::new(|| {
    // Each pattern is tested below, so none is lost here.
    let forms: Vec<Form> = FORMS
        .iter()
        .enumerate()
        .filter_map(|(at, (_, pattern))| Some(Form { pattern: Regex::new(pattern).ok()?, bit: 1 << at }))
        .collect();
    let words: Vec<(&str, u32)> = FORMS
        .iter()
        .enumerate()
        .flat_map(|(at, (words, _))| words.iter().map(move |word| (*word, 1_u32 << at)))
        .collect();
    Forms {
        words: AhoCorasickBuilder::new().ascii_case_insensitive(true).build(words.iter().map(|(word, _)| word)).ok(),
        of_word: words.iter().map(|(_, bit)| *bit).collect(),
        forms,
    }
});

/// Whether a word is there without which nothing is found.
pub fn is_suspicious(text: &[u8]) -> bool {
    ALL.words.as_ref().is_none_or(|words| words.is_match(text))
}

/// Adds the places of what looks like a secret.
pub fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    let forms = &*ALL;
    let Some(words) = &forms.words else { return };
    if !words.is_match(text) {
        return;
    }
    let seen = words
        .find_overlapping_iter(text)
        .fold(0, |seen, word| seen | forms.of_word.get(word.pattern().as_usize()).copied().unwrap_or_default());
    for form in forms.forms.iter().filter(|form| form.bit & seen != 0) {
        let secrets = form.pattern.captures_iter(text).filter_map(|captures| captures.name("s"));
        let secrets = secrets.filter(|secret| !is_masked(secret.as_bytes())).map(|secret| secret.range());
        found.extend(secrets.filter(|secret| !is_prose(text, secret)));
    }
}

/// Whether a sentence goes on there: "cannot check the token: nothing listens".
fn is_prose(text: &[u8], secret: &Range<usize>) -> bool {
    let before = text.get(..secret.start).unwrap_or_default();
    let word = text.get(secret.clone()).unwrap_or_default();
    before.ends_with(b": ") && word.iter().all(u8::is_ascii_lowercase) && text.get(secret.end) == Some(&b' ')
}

/// What was masked before stays as it is: by us, or by the stars that mean "the stored value".
fn is_masked(secret: &[u8]) -> bool {
    secret == MASK.as_bytes() || secret.iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::super::mask;
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn every_pattern_compiles_and_has_a_secret() {
        assert_eq!(ALL.forms.len(), FORMS.len());
        assert!(ALL.words.is_some());
        for form in &ALL.forms {
            assert!(form.pattern.capture_names().any(|name| name == Some("s")), "{}", form.pattern);
        }
    }

    #[test]
    fn likely_secrets_are_masked_by_their_form() {
        for (text, masked) in [
            ("GET /x?api_key=abc123&b=1", "GET /x?api_key=[MASKED]&b=1"),
            ("GET /x?secret=abc", "GET /x?secret=[MASKED]"),
            ("GET /x?apikey=abc", "GET /x?apikey=[MASKED]"),
            (
                "url http://plex:32400/?X-Plex-Token=abc-DEF_1 failed",
                "url http://plex:32400/?X-Plex-Token=[MASKED] failed",
            ),
            ("X-Plex-Token: abc", "X-Plex-Token: [MASKED]"),
            (r#"{"tmdbtoken":"eyJ.abc","x":1}"#, r#"{"tmdbtoken":"[MASKED]","x":1}"#),
            (r#""{\"PlexToken\":\"abc\"}""#, r#""{\"PlexToken\":\"[MASKED]\"}""#),
            ("basicAuthPassword = 'hunter22'", "basicAuthPassword = '[MASKED]'"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [MASKED]"),
            ("authorization=Bearer abc", "authorization=Bearer [MASKED]"),
            ("Authorization: MediaBrowser Token=\"abc\"", "Authorization: [MASKED] Token=\"[MASKED]\""),
            ("sent Bearer abcdefghijklmnop1234", "sent Bearer [MASKED]"),
            ("Cookie: a=b; session=xyz", "Cookie: [MASKED]"),
            ("https://me:pw@host/x", "https://[MASKED]@host/x"),
            ("https://token1@host/x", "https://[MASKED]@host/x"),
            ("https://discord.com/api/webhooks/1234/abc-def", "https://discord.com/api/webhooks/[MASKED]"),
            ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/[MASKED]"),
            ("https://api.telegram.org/bot12:ab/send", "https://api.telegram.org/bot[MASKED]"),
            ("tgram://123:abc/456", "tgram://[MASKED]"),
            ("http://kuma:3001/api/push/AbC123?status=up", "http://kuma:3001/api/push/[MASKED]?status=up"),
            ("key pzr_abcdEFGH1234 used", "key pzr_[MASKED] used"),
            ("/login?pin=1234&x", "/login?pin=[MASKED]&x"),
            ("client_secret: a1b2", "client_secret: [MASKED]"),
            ("\"secret\": \"abc\"", "\"secret\": \"[MASKED]\""),
            ("bare eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiI.x-y end", "bare [MASKED] end"),
        ] {
            assert_eq!(mask(text), masked);
            assert_eq!(mask(masked), masked, "what is masked stays as it is");
        }
    }

    #[test]
    fn ordinary_lines_and_titles_stay_as_they_are() {
        for text in [
            "listening on http://127.0.0.1:8000",
            "[2026-11-23 08:55:14] [INFO    ] [posterizarrd::startup:startup.rs:42] - started run=7",
            "the token is wrong, the password too",
            "Error validating TMDB token: nothing listens at 127.0.0.1:1",
            "basic authentication is on",
            "The Secret: Dare to Dream (2020)",
            "PlexToken: ********",
            r#"{"token":{"type":"string"},"secret":[1]}"#,
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{text} became {}", mask(text));
        }
    }
}
