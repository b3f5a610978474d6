//! JSON as PowerShell 7 reads it: with comments, and with commas after the last of several.
//!
//! Such a file works with the script, so it has to work here. What is no JSON is blanked in a copy; every other byte keeps
//! its place, so that errors name the right line and values can be changed in the text as its owner wrote it.

/// The text with comments, and commas before a closing bracket, as spaces. Line ends stay, and so does the length.
pub fn blanked(text: &[u8]) -> Vec<u8> {
    let mut plain = text.to_vec();
    blank_comments(&mut plain);
    blank_trailing_commas(&mut plain);
    plain
}

fn blank_comments(text: &mut [u8]) {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at = match (byte, text.get(at + 1)) {
            (b'"', _) => after_text(text, at),
            (b'/', Some(b'/')) => blank_to(text, at, |rest| rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))),
            (b'/', Some(b'*')) => blank_to(text, at, |rest| {
                // The opening star is not the closing one; a comment without an end is an error that JSON tells.
                rest.windows(2).skip(2).position(|pair| pair == b"*/").map(|place| place + 4)
            }),
            _ => at + 1,
        };
    }
}

/// Blanks from `start` to where `length` says, or to the end; gives where to go on.
fn blank_to(text: &mut [u8], start: usize, length: impl Fn(&[u8]) -> Option<usize>) -> usize {
    let Some(rest) = text.get_mut(start..) else { return text.len() };
    let block = rest.starts_with(b"/*");
    let Some(end) = length(rest).or((!block).then_some(rest.len())) else {
        // Left as it is, so that it is refused with its place.
        return text.len();
    };
    rest.iter_mut().take(end).filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    start + end
}

/// Where the text that begins at `start` with a quote is over.
fn after_text(text: &[u8], start: usize) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn blank_trailing_commas(text: &mut [u8]) {
    // The last comma that nothing but space has followed, if a value comes before it.
    let (mut comma, mut value_before, mut at) = (None, false, 0);
    while let Some(byte) = text.get(at).copied() {
        let next = if byte == b'"' { after_text(text, at) } else { at + 1 };
        match byte {
            b',' => {
                comma = value_before.then_some(at);
                value_before = false;
            }
            b'}' | b']' => {
                if let Some(byte) = comma.take().and_then(|place| text.get_mut(place)) {
                    *byte = b' ';
                }
                value_before = true;
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                comma = None;
                value_before = !matches!(byte, b'{' | b'[' | b':');
            }
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let plain = blanked(text.as_bytes());
        assert_eq!(plain.len(), text.len());
        serde_json::from_slice(&plain).map_err(|error| error.to_string())
    }

    #[test]
    fn comments_and_trailing_commas_are_passed_over() {
        let cases = [
            ("// first\n{\"a\": 1} // last", r#"{"a":1}"#),
            ("{ /* a */ \"a\" /**/ : /* \"b\": 2, */ 1, /* c\n */ }", r#"{"a":1}"#),
            ("{\"a\": [1, 2, ], }", r#"{"a":[1,2]}"#),
            ("{\"a\": [\"x\", // y\n],}", r#"{"a":["x"]}"#),
            ("{\"a\": \"http://x/*y*/,]\",}", r#"{"a":"http://x/*y*/,]"}"#),
            ("{\"a\": \"\\\"// ,}\",\r\n}\r\n", r#"{"a":"\"// ,}"}"#),
            ("{\"ü\": {\"b\": {},},} // ü", r#"{"ü":{"b":{}}}"#),
        ];
        for (text, says) in cases {
            assert_eq!(read(text).unwrap(), serde_json::from_str::<Value>(says).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_else_is_wrong_stays_wrong_in_its_place() {
        for (text, place) in [
            ("{,}", "line 1 column 2"),
            ("[1,,]", "line 1 column 4"),
            ("// a\n{\"a\": }", "line 2 column 7"),
            ("{\"a\":,}", "line 1 column 6"),
            ("{\"a\": 1} /* no end", "line 1 column 10"),
            ("{\"a\": 1 / 2}", "line 1 column 9"),
            ("{\"a\" // \"", "line 1 column 9"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(place), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn json_without_either_is_left_as_it_is(text in "[ \\n{}\\[\\]:,/*\"\\\\a1ü]{0,40}") {
            let plain = blanked(text.as_bytes());
            proptest::prop_assert_eq!(plain.len(), text.len());
            if serde_json::from_str::<Value>(&text).is_ok() {
                proptest::prop_assert_eq!(plain, text.into_bytes());
            }
        }
    }
}
