//! Texts that other programs wrote.

/// The text of some bytes. A byte order mark tells the encoding (UTF-8, or UTF-16 as PowerShell 5 redirects) and is left
/// out; without one it is UTF-8. What cannot be decoded becomes U+FFFD, so that a reader can name the place.
pub fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        other => String::from_utf8_lossy(other).into_owned(),
    }
}

/// The bytes without a UTF-8 byte order mark; texts in UTF-16 with a byte order mark are recoded. For parsers of bytes.
pub fn without_mark(bytes: Vec<u8>) -> Vec<u8> {
    match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => decode(&bytes).into_bytes(),
        _ => bytes,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, half) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().copied().map(unit)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    text.chain((!half.is_empty()).then_some(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_tells_the_encoding_and_is_left_out() {
        let little: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Né 😀".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain("Né 😀".encode_utf16().flat_map(u16::to_be_bytes)).collect();
        for bytes in ["Né 😀".as_bytes(), "\u{feff}Né 😀".as_bytes(), &little, &big] {
            assert_eq!(decode(bytes), "Né 😀");
            assert_eq!(without_mark(bytes.to_vec()), "Né 😀".as_bytes());
        }
    }

    #[test]
    fn what_is_cut_or_wrong_is_marked() {
        assert_eq!(decode(&[0xff, 0xfe, b'a', 0, b'b']), "a\u{fffd}");
        assert_eq!(decode(&[0xff, 0xfe, 0, 0xd8]), "\u{fffd}");
        assert_eq!(decode(b"a\xff"), "a\u{fffd}");
        assert_eq!(decode(b""), "");
    }
}
