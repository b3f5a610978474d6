//! How AVIF files are known.

/// Whether the content is an AVIF file's, by the brands at its start.
pub fn is_avif(bytes: &[u8]) -> bool {
    let length = bytes.get(..4).map_or(0, |length| length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
    let brands = bytes.get(4..length.min(bytes.len())).and_then(|head| head.strip_prefix(b"ftyp"));
    brands.is_some_and(|brands| brands.as_chunks::<4>().0.iter().any(|brand| brand == b"avif" || brand == b"avis"))
}
