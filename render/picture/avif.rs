//! AVIF. Its container is read here, by code that fails properly; the coded picture is decoded in a process of its own.
//!
//! Every decoder of AV1 that has a permissive licence is, or was translated from, dav1d: what C does with a damaged file, they
//! do, and some end the process that they are in. So the program starts itself once more for each picture (`helper`): the file
//! goes in, pixels come out, bounded in size, time and memory. Whatever happens there is an error of that picture.

mod coded;
mod container;
mod helper;

pub use helper::{HELPER_WORD, answer, decode_by};

use self::container::Container;
use super::decoded::{DecodeError, Decoded, check_size};

/// The size as an eye sees it.
pub(super) fn size(bytes: &[u8]) -> Result<(u32, u32), DecodeError> {
    let Container { size: (width, height), turns, .. } = Container::read(bytes)?;
    Ok(if turns % 2 == 1 { (height, width) } else { (width, height) })
}

/// Decodes a file; its size is checked first.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let (width, height) = size(bytes)?;
    check_size(width, height)?;
    let decoded = helper::ask(bytes, (width, height))?;
    match (decoded.picture.width(), decoded.picture.height()) == (width, height) {
        true => Ok(decoded),
        false => Err(DecodeError::damaged("its size is not that of its pixels")),
    }
}
