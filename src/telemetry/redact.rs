//! Keeps secrets out of every log line, the console's included.
//!
//! Two nets: the values of the configuration's secret keys, wherever they turn up, and patterns of what is a secret by
//! its form. Both rather mask too much than too little.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

/// What stands in a secret's place.
pub const MASK: &str = "[MASKED]";
/// Shorter values would mask ordinary words.
const SHORTEST: usize = 6;
/// Upstream's default password is the name of the program; masking it would garble every line.
const NO_SECRET: &str = "posterizarr";

static SECRETS: RwLock<BTreeMap<&'static str, Vec<String>>> = RwLock::new(BTreeMap::new());

/// Replaces the secret values that `owner` told before. Values under six characters are left out.
pub fn set_secrets(owner: &'static str, values: impl IntoIterator<Item = String>) {
    let mut forms: Vec<String> = values
        .into_iter()
        .filter(|value| value.chars().count() >= SHORTEST && !value.eq_ignore_ascii_case(NO_SECRET))
        .flat_map(forms_of)
        .collect();
    // The longest first, so that a secret that contains another is masked whole.
    forms.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
    forms.dedup();
    SECRETS.write().unwrap_or_else(PoisonError::into_inner).insert(owner, forms);
}

/// A secret as it is, as part of a URL, and inside JSON.
fn forms_of(secret: String) -> [String; 3] {
    let in_url = utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string();
    let in_json = serde_json::Value::from(secret.as_str()).to_string().trim_matches('"').to_owned();
    [secret, in_url, in_json]
}

/// The text with every known and every likely secret masked.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = mask_values(text);
    for (pattern, replacement) in PATTERNS.iter() {
        if let Cow::Owned(changed) = pattern.replace_all(&masked, *replacement) {
            masked = Cow::Owned(changed);
        }
    }
    masked
}

fn mask_values(text: &str) -> Cow<'_, str> {
    let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
    let mut masked = Cow::Borrowed(text);
    for secret in secrets.values().flatten() {
        if masked.contains(secret.as_str()) {
            masked = Cow::Owned(masked.replace(secret.as_str(), MASK));
        }
    }
    masked
}

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    // Each is tested below, so none is lost here.
    FORMS.iter().filter_map(|(pattern, replacement)| Some((Regex::new(pattern).ok()?, *replacement))).collect()
});

const FORMS: &[(&str, &str)] = &[
    // name=value, name: value, "name":"value" and &name=value, where the name tells that it is a secret
    (
        r#"(?i)(?-u:\b)([A-Z0-9_.-]*(?:token|api[_-]?key|secret|passw(?:or)?d)["']?\s*[=:]\s*["']?)(?:\[MASKED\]|[^\s"'&,;}\]\\]+)"#,
        "${1}[MASKED]",
    ),
    (r#"(?i)([?&][A-Z0-9_]*pin=)[^\s"'&]+"#, "${1}[MASKED]"),
    (
        r#"(?i)(?-u:\b)(authorization["']?\s*[=:]\s*["']?(?:basic |bearer |digest |token )?)[^\s"',;\\]+"#,
        "${1}[MASKED]",
    ),
    (r"(?i)(?-u:\b)(bearer )[A-Z0-9_.~+/=-]{16,}", "${1}[MASKED]"),
    (r#"(?i)(?-u:\b)((?:set-)?cookie["']?\s*[=:]\s*["']?)[^"'\\\n]+"#, "${1}[MASKED]"),
    // credentials in a URL
    (r#"(://)[^/\s@"']+:[^/\s@"']*@"#, "${1}[MASKED]@"),
    (r#"(?i)(discord(?:app)?\.com/api/webhooks/)[^\s"'?\\]+"#, "${1}[MASKED]"),
    // Uptime Kuma
    (r#"(/api/push/)[^\s"'?&\\]+"#, "${1}[MASKED]"),
    // our own API keys
    (r"(?-u:\b)pzr_[A-Za-z0-9_-]{4,}", "pzr_[MASKED]"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(PATTERNS.len(), FORMS.len());
    }

    #[test]
    fn likely_secrets_are_masked_by_their_form() {
        for (text, masked) in [
            ("GET /x?api_key=abc123&b=1", "GET /x?api_key=[MASKED]&b=1"),
            ("GET /x?secret=abc", "GET /x?secret=[MASKED]"),
            (
                "url http://plex:32400/?X-Plex-Token=abc-DEF_1 failed",
                "url http://plex:32400/?X-Plex-Token=[MASKED] failed",
            ),
            ("X-Plex-Token: abc", "X-Plex-Token: [MASKED]"),
            (r#"{"tmdbtoken":"eyJ.abc","x":1}"#, r#"{"tmdbtoken":"[MASKED]","x":1}"#),
            ("basicAuthPassword = 'hunter22'", "basicAuthPassword = '[MASKED]'"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [MASKED]"),
            ("authorization=Bearer abc", "authorization=Bearer [MASKED]"),
            ("sent Bearer abcdefghijklmnop1234", "sent Bearer [MASKED]"),
            ("Cookie: a=b; session=xyz", "Cookie: [MASKED]"),
            ("https://me:pw@host/x", "https://[MASKED]@host/x"),
            ("https://discord.com/api/webhooks/1234/abc-def", "https://discord.com/api/webhooks/[MASKED]"),
            ("http://kuma:3001/api/push/AbC123?status=up", "http://kuma:3001/api/push/[MASKED]?status=up"),
            ("key pzr_abcdEFGH1234 used", "key pzr_[MASKED] used"),
            ("/login?pin=1234&x", "/login?pin=[MASKED]&x"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn what_is_masked_stays_as_it_is_when_masked_again() {
        for text in [r#"{"tmdbtoken":"eyJ.abc","x":1}"#, "/x?api_key=abc&b=1", "https://me:pw@host/x", "Cookie: a=b"] {
            let once = mask(text).into_owned();
            assert_eq!(mask(&once), once);
        }
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        for text in [
            "listening on http://127.0.0.1:8000",
            "[2026-11-23 08:55:14] [INFO    ] [posterizarrd::startup:startup.rs:42] - started run=7",
            "the token is wrong, the password too",
            "basic authentication is on",
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn known_values_are_masked_in_every_form_and_replaced_by_their_owner() {
        let values = ["s3cr3t/valüe\"q".to_owned(), "short".to_owned(), "Posterizarr".to_owned()];
        set_secrets("redact-test", values);
        assert_eq!(mask("raw s3cr3t/valüe\"q."), "raw [MASKED].");
        assert_eq!(mask("url s3cr3t%2Fval%C3%BCe%22q"), "url [MASKED]");
        assert_eq!(mask(r#"json "s3cr3t/valüe\"q""#), r#"json "[MASKED]""#);
        assert_eq!(mask("short Posterizarr"), "short Posterizarr");
        set_secrets("redact-test", []);
        assert_eq!(mask("raw s3cr3t/valüe\"q."), "raw s3cr3t/valüe\"q.");
    }
}
