//! Keeps secrets out of every text that leaves the daemon: log lines, answers, streams, exports.
//!
//! Two nets: the values of the configuration's secret keys, wherever they turn up, and patterns of what is a secret by
//! its form ([`forms`]). Both rather mask too much than too little. The known values are compiled into one automaton
//! whenever they change, so that looking for all of them costs one pass over the text; a pattern is only tried where
//! one of its words was seen.
//!
//! [`json`] masks inside the strings of JSON, so that what comes out is JSON again; [`stream`] does the same for
//! bodies that come piece by piece.

mod forms;
pub mod json;
pub mod stream;
mod values;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use values::Finder;

/// What stands in a secret's place.
pub const MASK: &str = "[MASKED]";

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Only known values that cannot be a word of a title: for names of files, which clients send back to us.
    Names,
    /// Known values, and whatever looks like a secret.
    Text,
}

#[derive(Default)]
struct Known {
    owners: BTreeMap<String, Vec<String>>,
    all: Finder,
    strong: Finder,
}

static KNOWN: LazyLock<RwLock<Arc<Known>>> = LazyLock::new(RwLock::default);
/// How often the known values changed.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Replaces the secret values that `owner` told before. Values under six characters, and words that the API itself says
/// all the time, are left out: masking them would garble every answer.
pub fn set_secrets(owner: &str, secrets: impl IntoIterator<Item = String>) {
    let values = values::worth_masking(secrets);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.owners.get(owner).map_or(values.is_empty(), |before| *before == values) {
        return;
    }
    let mut owners = known.owners.clone();
    owners.insert(owner.to_owned(), values);
    let all: Vec<&str> = owners.values().flatten().map(String::as_str).collect();
    let strong: Vec<&str> = all.iter().copied().filter(|value| values::is_strong(value)).collect();
    let (all, strong) = (Finder::of(&all), Finder::of(&strong));
    *known = Arc::new(Known { owners, all, strong });
    GENERATION.fetch_add(1, Ordering::Release);
}

/// Another number whenever the known secrets have changed.
pub fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// One who tells secrets, such as a daemon its configuration's; they are forgotten with it.
#[derive(Debug)]
pub struct Owner {
    name: String,
}

impl Owner {
    /// With a name of its own: two daemons in one process do not forget each other's secrets.
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self { name: format!("{name} {}", COUNT.fetch_add(1, Ordering::Relaxed)) }
    }

    /// Replaces the secrets that were told before.
    pub fn tell(&self, secrets: impl IntoIterator<Item = String>) {
        set_secrets(&self.name, secrets);
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        set_secrets(&self.name, []);
    }
}

fn known() -> Arc<Known> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The text with every known and every likely secret masked.
pub fn mask(text: &str) -> Cow<'_, str> {
    match mask_bytes(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // What is masked are whole characters.
        Cow::Owned(masked) => Cow::Owned(String::from_utf8_lossy(&masked).into_owned()),
    }
}

/// [`mask`] for a text that may not be UTF-8.
pub fn mask_bytes(text: &[u8]) -> Cow<'_, [u8]> {
    replaced(text, &spans(text, Depth::Text))
}

/// Where the secrets are: in order, not touching each other.
fn spans(text: &[u8], depth: Depth) -> Vec<Range<usize>> {
    let known = known();
    let mut found = match depth {
        Depth::Names => known.strong.find(text),
        Depth::Text => known.all.find(text),
    };
    if depth == Depth::Text {
        forms::find(text, &mut found);
    }
    merged(found)
}

/// Whether there may be something to mask; much cheaper than finding it.
fn is_suspicious(text: &[u8], depth: Depth) -> bool {
    let known = known();
    match depth {
        Depth::Names => known.strong.is_in(text),
        Depth::Text => known.all.is_in(text) || forms::is_suspicious(text),
    }
}

fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

fn replaced<'a>(text: &'a [u8], spans: &[Range<usize>]) -> Cow<'a, [u8]> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = Vec::with_capacity(text.len());
    let mut copied = 0;
    for span in spans {
        masked.extend_from_slice(text.get(copied..span.start).unwrap_or_default());
        masked.extend_from_slice(MASK.as_bytes());
        copied = span.end;
    }
    masked.extend_from_slice(text.get(copied..).unwrap_or_default());
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_are_masked_in_every_form_and_replaced_by_their_owner() {
        let values =
            ["s3cr3t/valüe\"q".to_owned(), "short".to_owned(), "Posterizarr".to_owned(), " padded-1 ".to_owned()];
        set_secrets("redact-test", values);
        for (text, masked) in [
            ("raw s3cr3t/valüe\"q.", "raw [MASKED]."),
            ("url s3cr3t%2Fval%C3%BCe%22q", "url [MASKED]"),
            ("url s3cr3t%2fval%c3%bce%22q", "url [MASKED]"),
            (r#"json "s3cr3t/valüe\"q""#, r#"json "[MASKED]""#),
            (r#"ascii "s3cr3t/val\u00fce\"q""#, r#"ascii "[MASKED]""#),
            ("file /a/s3cr3t-valüe\"q/x", "file /a/[MASKED]/x"),
            ("short Posterizarr", "short Posterizarr"),
            ("sent padded-1 trimmed", "sent [MASKED] trimmed"),
        ] {
            assert_eq!(mask(text), masked);
        }
        set_secrets("redact-test", []);
        assert_eq!(mask("raw s3cr3t/valüe\"q."), "raw s3cr3t/valüe\"q.");
    }

    #[test]
    fn secrets_that_overlap_leave_no_piece() {
        set_secrets("redact-overlap", ["abcdef9x".to_owned(), "ef9xyz88".to_owned()]);
        assert_eq!(mask("-abcdef9xyz88-"), "-[MASKED]-");
        assert_eq!(mask("-abcdef9xabcdef9x-"), "-[MASKED]-");
        set_secrets("redact-overlap", []);
    }

    #[test]
    fn the_telling_parts_of_an_address_that_is_a_secret_are_secrets_too() {
        set_secrets("redact-parts", ["tgram://77123456:AAbbCC_9/-100200300400".to_owned()]);
        assert_eq!(mask("POST /bot77123456:AAbbCC_9/send"), "POST /bot[MASKED]/send");
        set_secrets("redact-parts", []);
    }
}
