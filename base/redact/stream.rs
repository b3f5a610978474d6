//! Masking of what comes piece by piece: a secret on the border of two pieces is seen, and memory stays bounded.

use memchr::memrchr;

use super::json::Walker;
use super::{Depth, mask_bytes, replaced, spans};

/// A line that is longer than this is masked in pieces.
const MAX_LINE_LENGTH: usize = 64 * 1024;
/// What is kept back of such a piece, since a secret may have begun there.
const OVERLAP: usize = 4 * 1024;

/// A text on its way out.
#[derive(Debug)]
pub struct Stream {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Json(Walker),
    Lines(Vec<u8>),
    Events { partial: Vec<u8> },
}

impl Stream {
    /// One JSON text.
    pub fn json(depth: Depth) -> Self {
        Self { kind: Kind::Json(Walker::new(depth)) }
    }

    /// Lines of plain text, or of tables.
    pub fn lines() -> Self {
        Self { kind: Kind::Lines(Vec::new()) }
    }

    /// Lines of which each may hold a JSON text: server-sent events, JSON lines.
    pub fn lines_of_json() -> Self {
        Self { kind: Kind::Events { partial: Vec::new() } }
    }

    /// Takes the next piece; gives what can go out. Whole lines go out at once.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len());
        match &mut self.kind {
            Kind::Json(walker) => walker.push(piece, &mut out),
            Kind::Lines(partial) => {
                partial.extend_from_slice(piece);
                whole_lines(partial, &mut out, |lines, out| out.extend_from_slice(&mask_bytes(lines)));
                if partial.len() > MAX_LINE_LENGTH {
                    split(partial, Depth::Text, &mut out);
                }
            }
            Kind::Events { partial } => {
                partial.extend_from_slice(piece);
                whole_lines(partial, &mut out, |lines, out| {
                    lines.split_inclusive(|byte| *byte == b'\n').for_each(|line| json_line(line, out));
                });
                if partial.len() > MAX_LINE_LENGTH {
                    split(partial, Depth::Text, &mut out);
                }
            }
        }
        out
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        match &mut self.kind {
            Kind::Json(walker) => walker.finish(&mut out),
            Kind::Lines(partial) => out.extend_from_slice(&mask_bytes(&std::mem::take(partial))),
            Kind::Events { partial } => json_line(&std::mem::take(partial), &mut out),
        }
        out
    }
}

/// Hands on what ends with a line feed.
fn whole_lines(partial: &mut Vec<u8>, out: &mut Vec<u8>, take: impl FnOnce(&[u8], &mut Vec<u8>)) {
    let Some(end) = memrchr(b'\n', partial) else { return };
    let rest = partial.split_off(end + 1);
    take(partial, out);
    *partial = rest;
}

fn json_line(line: &[u8], out: &mut Vec<u8>) {
    let json = line.strip_prefix(b"data: ").unwrap_or(line);
    if json.first().is_some_and(|first| matches!(first, b'{' | b'[')) {
        out.extend_from_slice(line.get(..line.len() - json.len()).unwrap_or_default());
        out.extend_from_slice(&super::json::mask_json(json, Depth::Text));
    } else {
        out.extend_from_slice(&mask_bytes(line));
    }
}

/// Masks the beginning of a text that goes on, and leaves of it what may belong to a secret that is not whole yet.
pub(super) fn split(text: &mut Vec<u8>, depth: Depth, out: &mut Vec<u8>) {
    let found = spans(text, depth);
    let cut = text.len().saturating_sub(OVERLAP);
    // A secret is not cut apart, unless it is longer than anything that is one.
    let across = found.iter().find(|span| span.start < cut && cut < span.end);
    let cut = across.map_or(cut, |span| if span.start == 0 { span.end } else { span.start });
    let before: Vec<_> = found.into_iter().filter(|span| span.end <= cut).collect();
    let rest = text.split_off(cut);
    out.extend_from_slice(&replaced(text, &before));
    *text = rest;
}

#[cfg(test)]
mod tests {
    use super::super::set_secrets;
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "k3y-of-the-stream-tests";

    fn through(mut stream: Stream, text: &[u8], size: usize) -> Vec<u8> {
        let mut out: Vec<u8> = text.chunks(size.max(1)).flat_map(|piece| stream.push(piece)).collect();
        out.extend(stream.finish());
        out
    }

    #[test]
    fn a_secret_on_the_border_of_two_pieces_is_masked_wherever_the_border_is() {
        set_secrets("stream-test", [SECRET.to_owned()]);
        let line = format!("a {SECRET} b token=xyz\nc {SECRET}");
        let json = format!(r#"{{"a":"x {SECRET} y","token":"abc","n":1.5,"l":["\\","\"{SECRET}"]}}"#);
        let event = format!("id: 1\ndata: {{\"a\":\"{SECRET}\"}}\n\n");
        for size in 1..json.len() {
            assert_eq!(through(Stream::lines(), line.as_bytes(), size), b"a [MASKED] b token=[MASKED]\nc [MASKED]");
            let masked = through(Stream::json(Depth::Text), json.as_bytes(), size);
            assert_eq!(
                String::from_utf8(masked).unwrap(),
                r#"{"a":"x [MASKED] y","token":"[MASKED]","n":1.5,"l":["\\","\"[MASKED]"]}"#,
                "{size}"
            );
            assert_eq!(
                through(Stream::lines_of_json(), event.as_bytes(), size),
                b"id: 1\ndata: {\"a\":\"[MASKED]\"}\n\n"
            );
        }
        set_secrets("stream-test", []);
    }

    #[test]
    fn an_endless_line_is_masked_in_bounded_memory() {
        let secret = "k3y-of-the-endless-line";
        set_secrets("stream-endless", [secret.to_owned()]);
        let filler = "x".repeat(MAX_LINE_LENGTH - 7);
        let text = format!("{filler}{secret}").repeat(9);
        for mut stream in [Stream::lines(), Stream::json(Depth::Text)] {
            let mut out = stream.push(b"\"");
            for piece in text.as_bytes().chunks(1000) {
                out.extend(stream.push(piece));
                assert!(out.len() + 2 * MAX_LINE_LENGTH > 1000);
            }
            out.extend(stream.push(b"\""));
            out.extend(stream.finish());
            assert_eq!(String::from_utf8(out).unwrap(), format!("\"{}\"", format!("{filler}[MASKED]").repeat(9)));
        }
        set_secrets("stream-endless", []);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn json_in_pieces_is_masked_as_json_in_one(values in proptest::collection::vec(".{0,12}|token=.{0,8}", 0..8), size in 1_usize..9) {
            let text = serde_json::json!({ "a": values, "password": "x\"y" }).to_string();
            let whole = super::super::json::mask_json(text.as_bytes(), Depth::Text).into_owned();
            prop_assert_eq!(&through(Stream::json(Depth::Text), text.as_bytes(), size), &whole);
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&whole).is_ok());
        }
    }
}
