//! Masking inside JSON: only what is within strings changes, so that the rest stays what it was.

use std::borrow::Cow;

use memchr::memchr2;

use super::stream::split;
use super::{Depth, MASK, is_suspicious, replaced, spans};

/// A string that is longer than this is masked in pieces.
const MAX_STRING_LENGTH: usize = 64 * 1024;

/// Names of members whose text is a secret, whatever it is; the end of the name tells.
const SECRET_NAMES: [&str; 9] =
    ["token", "apikey", "api_key", "api-key", "secret", "password", "passwd", "authorization", "cookie"];

/// A whole JSON text, masked. Text that is no JSON is masked as far as it looks like it.
pub fn mask_json(text: &[u8], depth: Depth) -> Cow<'_, [u8]> {
    if !is_suspicious(text, depth) {
        return Cow::Borrowed(text);
    }
    let mut masked = Vec::with_capacity(text.len());
    let mut walker = Walker::new(depth);
    walker.push(text, &mut masked);
    walker.finish(&mut masked);
    Cow::Owned(masked)
}

/// Goes through JSON that may come in pieces.
#[derive(Debug)]
pub struct Walker {
    depth: Depth,
    /// Whether each open bracket is that of an object.
    open: Vec<bool>,
    /// The next string is the name of a member.
    expects_name: bool,
    /// The next string is the value of a member with a secret's name.
    after_secret_name: bool,
    string: Option<Partial>,
}

/// A string that has begun.
#[derive(Debug, Default)]
struct Partial {
    text: Vec<u8>,
    /// The last byte was a backslash that escapes the next one.
    escaping: bool,
    /// A piece of it has gone out.
    begun: bool,
}

impl Walker {
    /// At the beginning of a text.
    pub fn new(depth: Depth) -> Self {
        Self { depth, open: Vec::new(), expects_name: false, after_secret_name: false, string: None }
    }

    /// Takes the next piece and gives what is sure.
    pub fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while !piece.is_empty() {
            piece = match self.string.take() {
                Some(string) => self.inside(string, piece, out),
                None => self.between(piece, out),
            };
        }
    }

    /// What is left when nothing more comes.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(string) = self.string.take() {
            self.close(&string, out);
        }
    }

    /// Copies up to and including the next opening quote.
    fn between<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        for (at, byte) in piece.iter().enumerate() {
            match byte {
                b'"' => {
                    self.string = Some(Partial::default());
                    let (copied, rest) = piece.split_at(at + 1);
                    out.extend_from_slice(copied);
                    return rest;
                }
                b'{' | b'[' => self.open.push(*byte == b'{'),
                b'}' | b']' => drop(self.open.pop()),
                _ => {}
            }
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' | b':' => {}
                _ => self.after_secret_name = false,
            }
            match byte {
                b':' => self.expects_name = false,
                b'{' | b',' => self.expects_name = self.open.last() == Some(&true),
                b'[' => self.expects_name = false,
                _ => {}
            }
        }
        out.extend_from_slice(piece);
        &[]
    }

    /// Takes from a string up to its closing quote.
    fn inside<'a>(&mut self, mut string: Partial, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let mut at = usize::from(string.escaping).min(piece.len());
        string.escaping = string.escaping && piece.is_empty();
        while let Some(found) = piece.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            let place = at + found;
            if piece.get(place) == Some(&b'"') {
                let (content, rest) = piece.split_at(place);
                string.text.extend_from_slice(content);
                self.close(&string, out);
                return rest.split_first().map_or(&[], |(quote, rest)| {
                    out.push(*quote);
                    rest
                });
            }
            string.escaping = place + 1 == piece.len();
            at = (place + 2).min(piece.len());
        }
        string.text.extend_from_slice(piece);
        if string.text.len() > MAX_STRING_LENGTH && !self.after_secret_name {
            split(&mut string.text, self.depth, out);
            string.begun = true;
        }
        self.string = Some(string);
        &[]
    }

    fn close(&mut self, string: &Partial, out: &mut Vec<u8>) {
        let text = string.text.as_slice();
        if self.expects_name {
            // Names belong to the API; only what can be no word is masked in them.
            out.extend_from_slice(&replaced(text, &spans(text, Depth::Names)));
            self.after_secret_name = self.depth == Depth::Text && !string.begun && is_secret_name(text);
        } else if std::mem::take(&mut self.after_secret_name) && !string.begun && is_worth_masking(text) {
            out.extend_from_slice(MASK.as_bytes());
        } else {
            out.extend_from_slice(&replaced(text, &spans(text, self.depth)));
        }
    }
}

fn is_secret_name(name: &[u8]) -> bool {
    let ends_with = |secret: &&str| {
        let end = name.len().checked_sub(secret.len()).and_then(|from| name.get(from..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(secret.as_bytes()))
    };
    SECRET_NAMES.iter().any(ends_with)
}

fn is_worth_masking(value: &[u8]) -> bool {
    !value.iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::super::set_secrets;
    use super::*;

    fn masked(text: &str) -> String {
        String::from_utf8(mask_json(text.as_bytes(), Depth::Text).into_owned()).unwrap()
    }

    #[test]
    fn what_is_inside_strings_is_masked_and_the_rest_stays_json() {
        for (text, expected) in [
            (r#"{"a":"http://x/?token=abc&b=1","n":12}"#, r#"{"a":"http://x/?token=[MASKED]&b=1","n":12}"#),
            (r#"{"X-Plex-Token": "abc", "b":["token=1"]}"#, r#"{"X-Plex-Token": "[MASKED]", "b":["token=[MASKED]"]}"#),
            (
                r#"{"token":{"type":"string"},"token_received":true}"#,
                r#"{"token":{"type":"string"},"token_received":true}"#,
            ),
            (r#"{"secret":true,"next":"abc"}"#, r#"{"secret":true,"next":"abc"}"#),
            (r#"{"password":"********","secret":""}"#, r#"{"password":"********","secret":""}"#),
            (r#"["token","abc",{"authorization":"Basic x"}]"#, r#"["token","abc",{"authorization":"[MASKED]"}]"#),
            (r#"{"p":"{\"token\":\"a\\\"b\"}"}"#, r#"{"p":"{\"token\":\"[MASKED]\\\"b\"}"}"#),
            (r#"{"password":"a\"b\\"}"#, r#"{"password":"[MASKED]"}"#),
        ] {
            assert_eq!(masked(text), expected);
            serde_json::from_str::<serde_json::Value>(&masked(text)).unwrap();
        }
    }

    #[test]
    fn names_of_members_keep_words_and_lose_keys() {
        set_secrets("json-test", ["swordfish".to_owned(), "0123456789abcdefkey".to_owned()]);
        let text = r#"{"swordfish":"swordfish","0123456789abcdefkey":1}"#;
        assert_eq!(masked(text), r#"{"swordfish":"[MASKED]","[MASKED]":1}"#);
        let names = mask_json(text.as_bytes(), Depth::Names);
        assert_eq!(names.as_ref(), br#"{"swordfish":"swordfish","[MASKED]":1}"#);
        set_secrets("json-test", []);
    }
}
