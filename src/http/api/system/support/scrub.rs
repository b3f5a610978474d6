//! Takes secrets out of what goes into a support archive.
//!
//! Text is copied line by line through the daemon's own redaction, which knows the configured secrets and what looks like
//! one. Memory stays bounded: a line that is too long to be checked is left out, which is told in its place.

use std::io::{self, BufRead, Read, Write};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::actors::config::keys;
use crate::telemetry::redact;

/// Longer lines are left out.
const MAX_LINE_LENGTH: usize = 1024 * 1024;
/// How much of a file is looked at to tell whether it is text.
const SAMPLE: u64 = 8 * 1024;
/// How much of a file that is not text is checked at once, and how much of that again with the next part, so that a secret
/// on the border is seen.
const PART: usize = 256 * 1024;
const OVERLAP: usize = 4 * 1024;

/// Where pictures come from; these hosts tell nothing about the user.
const PUBLIC_HOSTS: [&str; 7] = [
    "image.tmdb.org",
    "artworks.thetvdb.com",
    "assets.fanart.tv",
    "m.media-amazon.com",
    "www.themoviedb.org",
    "fanart.tv",
    "www.thetvdb.com",
];

/// What is masked besides secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    Secrets,
    /// Also the hosts of addresses, other than those of public providers.
    SecretsAndHosts,
}

/// Copies text, masked. `proceed` is asked after each line and ends the copy with its error.
pub fn copy(
    from: impl Read,
    to: &mut impl Write,
    rule: Rule,
    mut proceed: impl FnMut() -> io::Result<()>,
) -> io::Result<()> {
    let mut from = io::BufReader::with_capacity(64 * 1024, from);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = read_line(&mut from, &mut line)?;
        if length == 0 {
            return Ok(());
        }
        if length > MAX_LINE_LENGTH {
            writeln!(to, "[a line of {length} bytes was left out: too long to be checked for secrets]")?;
        } else {
            to.write_all(clean(&mut line, rule).as_bytes())?;
        }
        proceed()?;
    }
}

/// Reads up to and including the next line feed; gives the line's length, of which no more than the limit is kept.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        let part = from.fill_buf()?;
        let end = part.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(part.len());
        if length <= MAX_LINE_LENGTH {
            line.extend(part.iter().take(taken));
        }
        from.consume(taken);
        length += taken;
        if end.is_some() || taken == 0 {
            return Ok(length);
        }
    }
}

fn clean(line: &mut Vec<u8>, rule: Rule) -> String {
    // A torn write leaves NULs; between the letters of a secret they would hide it.
    line.retain(|byte| *byte != 0);
    let text = String::from_utf8_lossy(line);
    let masked = redact::mask(&text);
    match rule {
        Rule::Secrets => masked.into_owned(),
        Rule::SecretsAndHosts => mask_hosts(&masked),
    }
}

fn mask_hosts(text: &str) -> String {
    // The pattern is tested below; without it nothing may pass.
    let Some(addresses) = ADDRESSES.as_ref() else { return String::new() };
    let masked = addresses.replace_all(text, |address: &Captures<'_>| {
        let scheme = address.get(1).map_or("", |part| part.as_str());
        let host = address.get(2).map_or("", |part| part.as_str());
        let known = PUBLIC_HOSTS.iter().any(|public| host.eq_ignore_ascii_case(public));
        format!("{scheme}{}", if known { host } else { "[MASKED_HOST]" })
    });
    masked.into_owned()
}

static ADDRESSES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?i)(https?://)([^/?\#\s"';,<>\\]+)"#).ok());

/// Whether a file is text, judged by its beginning; leaves the reader after what it looked at.
pub fn is_text(from: &mut impl Read) -> io::Result<bool> {
    let mut sample = Vec::new();
    from.take(SAMPLE).read_to_end(&mut sample)?;
    Ok(!sample.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31)))
}

/// Whether a file that cannot be rewritten (a database) holds something that would be masked.
pub fn holds_secrets(from: &mut impl Read, mut proceed: impl FnMut() -> io::Result<()>) -> io::Result<bool> {
    let mut part = Vec::with_capacity(PART + OVERLAP);
    loop {
        let kept = part.len();
        from.take(PART as u64).read_to_end(&mut part)?;
        if part.len() == kept {
            return Ok(false);
        }
        let text = String::from_utf8_lossy(&part);
        if redact::mask(&text) != text {
            return Ok(true);
        }
        part.drain(..part.len().saturating_sub(OVERLAP));
        proceed()?;
    }
}

/// The configuration with its secrets masked: by the table of keys and, for keys nobody knows, by their names.
pub fn config(document: &Map<String, Value>) -> Value {
    let sections = document.iter().map(|(name, section)| {
        let masked = match section {
            Value::Object(values) => {
                values.iter().map(|(key, value)| (key.clone(), masked(name, key, value))).collect()
            }
            other => masked("", name, other),
        };
        (name.clone(), masked)
    });
    Value::Object(sections.collect())
}

fn masked(section: &str, key: &str, value: &Value) -> Value {
    let secret = keys::find(section, key).map_or_else(|| sounds_secret(key), |known| known.secret);
    let empty = matches!(value, Value::Null) || value.as_str() == Some("");
    if secret && !empty { Value::from(redact::MASK) } else { value.clone() }
}

fn sounds_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["token", "key", "password", "passwd", "secret", "webhook", "pin", "auth"].iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scrubbed(text: impl AsRef<[u8]>, rule: Rule) -> String {
        let mut out = Vec::new();
        copy(text.as_ref(), &mut out, rule, || Ok(())).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_masked_and_keep_their_ends() {
        let log = "[INFO] fine\r\nGET http://plex:32400/?X-Plex-Token=abcdef\nlast";
        assert_eq!(scrubbed(log, Rule::Secrets), "[INFO] fine\r\nGET http://plex:32400/?X-Plex-Token=[MASKED]\nlast");
    }

    #[test]
    fn a_secret_is_not_hidden_by_nuls_or_broken_encoding() {
        assert_eq!(scrubbed(b"\xff X-Plex-Tok\0en=ab\0cdef\n", Rule::Secrets), "\u{fffd} X-Plex-Token=[MASKED]\n");
    }

    #[test]
    fn an_endless_line_is_left_out_in_bounded_memory() {
        let long = MAX_LINE_LENGTH * 3;
        let text =
            io::Cursor::new("before\n").chain(io::repeat(b'x').take(long as u64)).chain(io::Cursor::new("\nafter"));
        let mut out = Vec::new();
        copy(text, &mut out, Rule::Secrets, || Ok(())).unwrap();
        let expected =
            format!("before\n[a line of {} bytes was left out: too long to be checked for secrets]\nafter", long + 1);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn hosts_are_masked_unless_they_belong_to_a_public_provider() {
        let csv = "\"https://image.tmdb.org/t/p/a.jpg\";\"http://192.168.1.2:32400/x?X-Plex-Token=abc\"\n\
                   https://image.tmdb.org.evil.example/a;HTTPS://nas.lan?x;https://me:pw@nas.lan/\n";
        assert_eq!(
            scrubbed(csv, Rule::SecretsAndHosts),
            "\"https://image.tmdb.org/t/p/a.jpg\";\"http://[MASKED_HOST]/x?X-Plex-Token=[MASKED]\"\n\
             https://[MASKED_HOST]/a;HTTPS://[MASKED_HOST]?x;https://[MASKED_HOST]/\n"
        );
        assert!(scrubbed(csv, Rule::Secrets).contains("192.168.1.2"));
    }

    #[test]
    fn the_copy_ends_when_it_is_told_to() {
        let mut out = Vec::new();
        let stop = || Err(io::Error::from(io::ErrorKind::Interrupted));
        assert!(copy(io::repeat(b'\n'), &mut out, Rule::Secrets, stop).is_err());
    }

    #[test]
    fn text_is_told_from_archives_and_databases() {
        assert!(is_text(&mut "[INFO] \u{1b}[1mfine\u{1b}[0m ü\t\r\n".as_bytes()).unwrap());
        assert!(is_text(&mut "".as_bytes()).unwrap());
        assert!(!is_text(&mut b"SQLite format 3\0".as_slice()).unwrap());
        assert!(!is_text(&mut b"\x1f\x8b\x08rest".as_slice()).unwrap());
    }

    #[test]
    fn a_secret_on_the_border_of_two_parts_is_found() {
        let mut database = vec![b'.'; PART - 8];
        database.extend(b"\0X-Plex-Token=abcdef\0");
        assert!(holds_secrets(&mut database.as_slice(), || Ok(())).unwrap());
        assert!(!holds_secrets(&mut vec![b'.'; PART * 2].as_slice(), || Ok(())).unwrap());
    }

    #[test]
    fn secrets_of_the_configuration_go_by_table_and_by_name() {
        let document = json!({
            "ApiPart": {"PlexToken": "abc", "tmdbtoken": "", "FavProvider": "tmdb", "MyNewToken": ["x"]},
            "Notification": {"Discord": "https://discord.com/x", "SendNotification": "true"},
            "LooseApiKey": "xyz",
        });
        assert_eq!(
            config(document.as_object().unwrap()),
            json!({
                "ApiPart": {"PlexToken": "[MASKED]", "tmdbtoken": "", "FavProvider": "tmdb", "MyNewToken": "[MASKED]"},
                "Notification": {"Discord": "[MASKED]", "SendNotification": "true"},
                "LooseApiKey": "[MASKED]",
            })
        );
    }
}
