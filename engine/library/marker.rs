//! Whether a picture is somebody's finished artwork, ours or that of another tool.

/// What we write into ours.
const OURS: &str = "created with posterizarr";
/// What such tools write into their files.
const WORDS: [&str; 4] = [OURS, "created with ppm", "overlay", "titlecard"];

/// Whether a JPEG says so in a comment or in its EXIF data. Names and pixels do not count: a film may be called Overlay.
pub(super) fn is_marked(file: &[u8]) -> bool {
    segments(file).any(|(kind, content)| {
        let is_text = kind == 0xfe || (kind == 0xe1 && content.starts_with(b"Exif\0"));
        is_text && {
            let text = String::from_utf8_lossy(content).to_lowercase();
            WORDS.iter().any(|word| text.contains(word))
        }
    })
}

/// Whether a JPEG was made by us, or by the script or its forerunner.
pub(super) fn is_ours(file: &[u8]) -> bool {
    segments(file).any(|(kind, content)| {
        let text = String::from_utf8_lossy(content).to_lowercase();
        kind == 0xfe && WORDS.iter().take(2).any(|word| text.contains(word))
    })
}

/// A PNG that says that it came from us; none if it is no PNG.
pub(super) fn marked_png(file: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 8 + 4 + 4 + 13 + 4;
    if !file.starts_with(b"\x89PNG\r\n\x1a\n") || file.len() < HEADER {
        return None;
    }
    let (header, rest) = file.split_at(HEADER);
    let content = format!("tEXtComment\0{}", OURS);
    let length = u32::try_from(content.len() - 4).ok()?.to_be_bytes();
    let check = crc32fast::hash(content.as_bytes()).to_be_bytes();
    Some([header, &length, content.as_bytes(), &check, rest].concat())
}

/// Whether a logo came from us, or from the script. Its comment may stand anywhere among its chunks.
pub(super) fn is_marked_logo(file: &[u8]) -> bool {
    file.windows(OURS.len()).any(|part| part.eq_ignore_ascii_case(OURS.as_bytes()))
}

/// The segments of a JPEG before its pixels: kind and content.
fn segments(file: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = file.strip_prefix(&[0xff, 0xd8]).unwrap_or_default();
    std::iter::from_fn(move || {
        let [0xff, kind, high, low, ..] = rest else { return None };
        let length = usize::from(*high) << 8 | usize::from(*low);
        if *kind == 0xda || length < 2 {
            return None;
        }
        let content = rest.get(4..2 + length)?;
        rest = rest.get(2 + length..)?;
        Some((*kind, content))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(kind: u8, text: &[u8]) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, kind, 0, text.len() as u8 + 2];
        file.extend_from_slice(text);
        file.extend_from_slice(b"\xff\xda\0\x02 overlay in the pixels \xff\xd9");
        file
    }

    #[test]
    fn a_marked_png_is_the_same_picture() {
        // One grey pixel.
        let chunk = |content: &[u8]| {
            let length = (content.len() as u32 - 4).to_be_bytes();
            [&length, content, &crc32fast::hash(content).to_be_bytes()].concat()
        };
        let header = chunk(b"IHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0");
        let pixels = chunk(b"IDAT\x78\x01\x01\x02\0\xfd\xff\0\x80\0\x82\0\x81");
        let file = [&b"\x89PNG\r\n\x1a\n"[..], &header, &pixels, &chunk(b"IEND")].concat();
        let marked = marked_png(&file).unwrap();
        assert!(is_marked_logo(&marked) && !is_marked_logo(&file));
        let decoded = |file: &[u8]| posterizarr_render::picture::decode(file).map(|picture| picture.pixels).ok();
        assert!(decoded(&file).is_some());
        assert_eq!(decoded(&marked), decoded(&file), "decoders do not mind");
        assert_eq!(marked_png(b"\xff\xd8\xff"), None);
    }

    #[test]
    fn comments_and_exif_tell_and_nothing_else_does() {
        assert!(
            is_marked(&jpeg(0xfe, b"created with posterizarr")) && is_ours(&jpeg(0xfe, b"created with posterizarr"))
        );
        assert!(is_marked(&jpeg(0xe1, b"Exif\0\0 Overlay")) && !is_ours(&jpeg(0xe1, b"Exif\0\0 Overlay")));
        assert!(!is_marked(&jpeg(0xe1, b"http://ns.adobe.com/ overlay")));
        assert!(!is_marked(&jpeg(0xfe, b"a film")) && !is_marked(b"overlay") && !is_marked(b"\xff\xd8\xff\xfe\0"));
    }
}
