//! Bytes of a text file as UTF-8, whichever encoding a program saved it in.
//!
//! The script writes UTF-8. Excel saves "Unicode text" as UTF-16, and plain CSV in the code page of Western Windows. A file
//! that grows keeps what was decoded before: nothing here depends on what comes later.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The content as UTF-8. Of text that is UTF-8 only in parts, the other bytes are taken for Windows-1252, which has all of
/// Latin-1.
pub fn decode(content: Vec<u8>) -> Vec<u8> {
    match utf_16(&content) {
        Some((encoding, mark)) => {
            let (text, _) = encoding.decode_without_bom_handling(content.get(mark..).unwrap_or_default());
            text.into_owned().into_bytes()
        }
        None if std::str::from_utf8(&content).is_ok() => content,
        None => {
            let parts = content.utf8_chunks().flat_map(|chunk| {
                let (other, _) = WINDOWS_1252.decode_without_bom_handling(chunk.invalid());
                [Cow::Borrowed(chunk.valid()), other]
            });
            parts.collect::<String>().into_bytes()
        }
    }
}

/// The kind of UTF-16 that a content is in, and how long its byte order mark is.
fn utf_16(content: &[u8]) -> Option<(&'static Encoding, usize)> {
    match content {
        [0xff, 0xfe, ..] => Some((UTF_16LE, 2)),
        [0xfe, 0xff, ..] => Some((UTF_16BE, 2)),
        // A header is ASCII, of which every other byte is zero.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some((UTF_16LE, 0)),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some((UTF_16BE, 0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\"Title\";\"Rootfolder\"\r\n\"Amélie\";\"München (2001) – 🎬\"\r\n";

    fn text(content: &[u8]) -> String {
        String::from_utf8(decode(content.to_vec())).unwrap()
    }

    #[test]
    fn utf_8_stays_as_it_is_and_utf_16_is_read_with_and_without_a_mark() {
        assert_eq!(text(TEXT.as_bytes()), TEXT);
        assert_eq!(text(b""), "");
        let units: Vec<u16> = TEXT.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for content in [&little[..], &big, &[&[0xff, 0xfe], &little[..]].concat(), &[&[0xfe, 0xff], &big[..]].concat()]
        {
            assert_eq!(text(content), TEXT);
        }
    }

    #[test]
    fn windows_1252_and_latin_1_keep_their_letters_also_between_utf_8() {
        assert_eq!(text(b"M\xfcnchen \x96 \x80"), "München – €");
        assert_eq!(text("Köln; ".bytes().chain(*b"M\xfcnchen").collect::<Vec<_>>().as_slice()), "Köln; München");
    }

    #[test]
    fn what_was_decoded_stays_when_the_file_grows() {
        let mut content = "Köln\n".as_bytes().to_vec();
        content.extend_from_slice(b"M\xfcnchen\nAm\xe9lie\n");
        let whole = text(&content);
        for cut in content.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1) {
            assert!(whole.starts_with(&text(&content[..cut])));
        }
    }
}
