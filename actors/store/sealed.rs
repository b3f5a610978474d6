//! How a record lies in the database: sealed, so that a record whose bits were changed is never taken for a good one.
//!
//! `0xFE · checksum (4) · number (8) · version byte · JSON`, numbers big-endian. The checksum (CRC-32) covers the key and
//! all that follows it. The number is that of the change that wrote the record; it only grows, so of two states of a record the
//! one with the higher number is the newer. A record of the first form, without a seal, begins with its version byte, which
//! never gets as high as the mark.

/// What a sealed record begins with.
const MARK: u8 = 0xFE;
const HEAD: usize = 1 + 4 + 8;

/// Which state of a record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The number of the change that wrote it.
    pub number: u64,
    pub checksum: u32,
}

/// A record as it was found in the database.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A good one: its version byte and JSON.
    Sealed(Identity, &'a [u8]),
    /// One of the first form, which has no checksum.
    Unsealed(&'a [u8]),
    /// One whose bits were changed.
    Broken,
}

/// Seals a record (a version byte and JSON).
pub fn seal(key: &[u8], number: u64, record: &[u8]) -> (Identity, Vec<u8>) {
    let identity = Identity { number, checksum: checksum(key, &number.to_be_bytes(), record) };
    let mut sealed = Vec::with_capacity(HEAD + record.len());
    sealed.push(MARK);
    sealed.extend_from_slice(&identity.checksum.to_be_bytes());
    sealed.extend_from_slice(&number.to_be_bytes());
    sealed.extend_from_slice(record);
    (identity, sealed)
}

/// Looks at what is stored under `key`.
pub fn open<'a>(key: &[u8], stored: &'a [u8]) -> Found<'a> {
    if stored.first() != Some(&MARK) {
        return Found::Unsealed(stored);
    }
    let Some((sum, rest)) = stored.get(1..).and_then(<[u8]>::split_first_chunk::<4>) else { return Found::Broken };
    let Some((number, record)) = rest.split_first_chunk::<8>() else { return Found::Broken };
    let identity = Identity { number: u64::from_be_bytes(*number), checksum: u32::from_be_bytes(*sum) };
    if checksum(key, number, record) == identity.checksum { Found::Sealed(identity, record) } else { Found::Broken }
}

fn checksum(key: &[u8], number: &[u8; 8], record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    // The length keeps the key and what follows apart.
    hasher.update(&(key.len() as u64).to_be_bytes());
    hasher.update(key);
    hasher.update(number);
    hasher.update(record);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_record_comes_back_and_any_changed_bit_is_noticed() {
        let (identity, sealed) = seal(b"key", 7, b"\x01{}");
        assert_eq!(open(b"key", &sealed), Found::Sealed(identity, b"\x01{}"));
        assert_eq!(open(b"kez", &sealed), Found::Broken, "a record is only good under its own key");
        for bit in 8..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(b"key", &changed), Found::Broken, "bit {bit}");
        }
        assert_eq!(open(b"key", &sealed[..5]), Found::Broken);
        assert_eq!(open(b"key", b"\x02{}"), Found::Unsealed(b"\x02{}"));
    }
}
