//! Colour profiles, looked at before a picture is decoded.
//!
//! A PNG has its profile compressed, and decoders inflate it while they read the head: some kilobytes may become half a
//! gigabyte. Here it is inflated to be counted only, and not beyond the bound. A JPEG has it in parts, as it is.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;

/// The largest profile, in bytes. Those of printers have about two million.
pub const MAX_PROFILE_BYTES: u64 = 4 * 1024 * 1024;

const PNG: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// What the name of a PNG's profile may take, with its end and the method of compression.
const MAX_NAME_LENGTH: u64 = 81;

/// Whether the picture's colour profile is larger than [`MAX_PROFILE_BYTES`]. Only PNG and JPEG are looked through; a file
/// that is cut or broken is told by its decoder. Goes back to where it began.
///
/// # Errors
/// Those of reading and seeking.
pub fn is_too_large(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let start = file.stream_position()?;
    let found = match looked_through(file) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        found => found,
    };
    file.seek(SeekFrom::Start(start))?;
    found
}

fn looked_through(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut head = [0; 8];
    file.read_exact(&mut head)?;
    if head == *PNG {
        in_png(file)
    } else if head.starts_with(b"\xff\xd8") {
        file.seek(SeekFrom::Current(2 - 8))?;
        in_jpeg(file)
    } else {
        Ok(false)
    }
}

fn in_png(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let [l0, l1, l2, l3, kind @ ..] = head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let content = file.stream_position()?;
        match &kind {
            // Looked at all of them: a decoder may pass over one that is broken.
            b"iCCP" if inflates_too_far(&mut (&mut *file).take(u64::from(length)))? => return Ok(true),
            b"IDAT" | b"IEND" => return Ok(false),
            _ => {}
        }
        // With the checksum behind the chunk.
        file.seek(SeekFrom::Start(content + u64::from(length) + 4))?;
    }
}

/// A profile's chunk: its name, a zero, the method of compression, then what is compressed.
fn inflates_too_far(chunk: &mut impl Read) -> io::Result<bool> {
    let mut byte = [1];
    for _ in 1..MAX_NAME_LENGTH {
        chunk.read_exact(&mut byte)?;
        if byte == [0] {
            break;
        }
    }
    chunk.read_exact(&mut byte)?;
    let mut inflated = ZlibDecoder::new(chunk).take(MAX_PROFILE_BYTES + 1);
    let (mut total, mut some) = (0, [0; 16 * 1024]);
    loop {
        match inflated.read(&mut some) {
            // What cannot be inflated is no profile; as much as came before counts.
            Ok(0) | Err(_) => return Ok(total > MAX_PROFILE_BYTES),
            Ok(read) => total += read as u64,
        }
    }
}

fn in_jpeg(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut total = 0;
    loop {
        let mut marker = [0; 2];
        file.read_exact(&mut marker)?;
        match marker {
            // Filling, and marks without content.
            [0xff, 0xff] => {
                file.seek(SeekFrom::Current(-1))?;
            }
            [0xff, 0x01 | 0xd0..=0xd8] => {}
            // The picture itself begins, or the file is odd.
            [0xff, 0xda | 0xd9] => return Ok(false),
            [0xff, mark] => {
                let mut length = [0; 2];
                file.read_exact(&mut length)?;
                let content = i64::from(u16::from_be_bytes(length)) - 2;
                if mark == 0xe2 {
                    total += u64::try_from(content).unwrap_or_default();
                }
                if total > MAX_PROFILE_BYTES {
                    return Ok(true);
                }
                file.seek(SeekFrom::Current(content.max(0)))?;
            }
            _ => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length, kind, content, &[0; 4]].concat()
    }

    fn png(profile_bytes: u64) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(b"name\0\0".to_vec(), Compression::fast());
        io::copy(&mut io::repeat(7).take(profile_bytes), &mut encoder).unwrap();
        [PNG, &chunk(b"IHDR", &[0; 13])[..], &chunk(b"iCCP", &encoder.finish().unwrap()), &chunk(b"IDAT", b"")].concat()
    }

    fn jpeg(parts: usize) -> Vec<u8> {
        let mut file = b"\xff\xd8\xff\xe0\0\x04ab".to_vec();
        for _ in 0..parts {
            file.write_all(b"\xff\xe2\xff\xff").unwrap();
            file.extend(vec![0; 0xffff - 2]);
        }
        file.extend(b"\xff\xda");
        file
    }

    fn found(file: Vec<u8>) -> bool {
        let mut file = Cursor::new(file);
        let found = is_too_large(&mut file).unwrap();
        assert_eq!(file.position(), 0);
        found
    }

    #[test]
    fn a_profile_is_counted_before_anything_is_decoded() {
        assert!(!found(png(3144)) && !found(png(MAX_PROFILE_BYTES)));
        assert!(found(png(MAX_PROFILE_BYTES + 1)) && found(png(500 * 1024 * 1024)));
        assert!(!found(jpeg(1)) && !found(jpeg(64)) && found(jpeg(65)));
    }

    #[test]
    fn what_is_cut_or_something_else_is_left_to_its_decoder() {
        for file in [&b""[..], b"GIF89a..", b"\xff\xd8", b"\xff\xd8\xff\xff\xff\xe2\0\0", PNG] {
            assert!(!found(file.to_vec()));
        }
        let whole = png(5 * 1024 * 1024);
        (0..60.min(whole.len())).for_each(|end| assert!(!found(whole[..end].to_vec())));
    }
}
