//! What is often found in the place of a picture: known by its first bytes, and not decoded.

use std::fmt;

use crate::avif::is_avif;

/// A picture, or something that is often found in the place of one, that is known but not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// What phones take photographs in.
    Heic,
    /// JPEG XL, with or without a container.
    JpegXl,
    /// JPEG 2000, with or without a container.
    Jpeg2000,
    /// A drawing, which has no pixels.
    Svg,
    /// Most often the page that tells of an error.
    WebPage,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Heic => "a HEIC picture",
            Self::JpegXl => "a JPEG XL picture",
            Self::Jpeg2000 => "a JPEG 2000 picture",
            Self::Svg => "an SVG drawing",
            Self::WebPage => "a web page and no picture",
        })
    }
}

impl Unsupported {
    /// What the content of a file is, if it is one of these.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        const MARKS: [(&[u8], Unsupported); 4] = [
            (b"\xff\x0a", Unsupported::JpegXl),
            (b"\0\0\0\x0cJXL ", Unsupported::JpegXl),
            (b"\0\0\0\x0cjP  ", Unsupported::Jpeg2000),
            (b"\xff\x4f\xff\x51", Unsupported::Jpeg2000),
        ];
        let marked = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(_, known)| *known);
        marked.or_else(|| brand(bytes)).or_else(|| markup(bytes))
    }
}

/// By the brands of a file of the MP4 family.
fn brand(bytes: &[u8]) -> Option<Unsupported> {
    let box_end = bytes.get(..4)?.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)).min(bytes.len());
    let brands = bytes.get(4..box_end)?.strip_prefix(b"ftyp")?;
    let has = |wanted: &[&[u8]]| brands.chunks_exact(4).any(|brand| wanted.contains(&brand));
    if is_avif(bytes) {
        None
    } else if has(&[b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"]) {
        Some(Unsupported::Heic)
    } else {
        None
    }
}

/// By the first words of a text.
fn markup(bytes: &[u8]) -> Option<Unsupported> {
    let head = bytes.get(..bytes.len().min(1024))?;
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if ["<!doctype html", "<html"].iter().any(|start| text.starts_with(start)) {
        Some(Unsupported::WebPage)
    } else if text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg")) {
        Some(Unsupported::Svg)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_and_not_decoded_is_called_by_its_name() {
        let boxed = |brands: &str| [&(8 + brands.len() as u32).to_be_bytes()[..], b"ftyp", brands.as_bytes()].concat();
        for (bytes, named) in [
            (boxed("avif\0\0\0\0mif1miaf"), None),
            (boxed("mif1\0\0\0\0avif"), None),
            (boxed("heic\0\0\0\0mif1"), Some(Unsupported::Heic)),
            (boxed("isom\0\0\0\0mp42"), None),
            (b"\0\0\0\x0cJXL \r\n\x87\n".to_vec(), Some(Unsupported::JpegXl)),
            (b"\xff\x0a\xfa".to_vec(), Some(Unsupported::JpegXl)),
            (b"\xef\xbb\xbf \n<!DOCTYPE HTML><title>404".to_vec(), Some(Unsupported::WebPage)),
            (b"<?xml version=\"1.0\"?>\n<svg width=\"1\">".to_vec(), Some(Unsupported::Svg)),
            (b"<?xml version=\"1.0\"?><rss>".to_vec(), None),
            (b"".to_vec(), None),
            (b"\xff\xff\xff\xffftyp".to_vec(), None),
        ] {
            assert_eq!(Unsupported::of(&bytes), named, "{bytes:?}");
        }
    }
}
