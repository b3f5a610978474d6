//! Huffman coding of blocks.

use super::tables::Huffman;

/// The code of each symbol: its bits above, and their number in the low eight bits.
pub(super) struct Codes([u32; 256]);

impl Codes {
    pub(super) fn new(table: &Huffman) -> Self {
        let (mut codes, mut code) = ([0; 256], 0_u32);
        let mut symbols = table.symbols.iter();
        for (length, count) in (1..).zip(table.lengths) {
            for symbol in symbols.by_ref().take(usize::from(count)) {
                if let Some(place) = codes.get_mut(usize::from(*symbol)) {
                    *place = code << 8 | length;
                }
                code += 1;
            }
            code <<= 1;
        }
        Self(codes)
    }

    #[inline(always)]
    fn of(&self, symbol: u8) -> (u32, u32) {
        let entry = self.0.get(usize::from(symbol)).copied().unwrap_or_default();
        (entry >> 8, entry & 0xff)
    }
}

/// How a component's blocks are coded.
pub(super) struct Coding {
    pub(super) dc: Codes,
    pub(super) ac: Codes,
}

/// Sixteen zeros, and others after them.
const SIXTEEN_ZEROS: u8 = 0xf0;
/// Only zeros up to the end of the block.
const END_OF_BLOCK: u8 = 0;

/// The data of a scan.
pub(super) struct Scan {
    out: Vec<u8>,
    /// The low `waiting` bits are still to be written; there are never more than 32 between two calls.
    held: u64,
    waiting: u32,
}

impl Scan {
    /// Goes on behind what is there.
    pub(super) fn new(out: Vec<u8>) -> Self {
        Self { out, held: 0, waiting: 0 }
    }

    /// Fills the last byte with ones.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.put(0x7f, 7);
        while self.waiting >= 8 {
            self.waiting -= 8;
            self.byte((self.held >> self.waiting) as u8);
        }
        self.out
    }

    #[inline(always)]
    fn put(&mut self, bits: u32, length: u32) {
        self.held = self.held << length | u64::from(bits);
        self.waiting += length;
        if self.waiting >= 32 {
            self.waiting -= 32;
            let word = (self.held >> self.waiting) as u32;
            // Whether none of the four bytes is 0xff, which a zero would have to follow.
            if (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.out.extend_from_slice(&word.to_be_bytes());
            } else {
                word.to_be_bytes().into_iter().for_each(|byte| self.byte(byte));
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
        if byte == 0xff {
            self.out.push(0);
        }
    }

    /// A symbol's code, and the bits of a number behind it.
    #[inline(always)]
    fn number(&mut self, codes: &Codes, zeros: u32, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let (code, length) = codes.of((zeros << 4 | size) as u8);
        // Negative numbers are told by what is left of them below zero.
        let bits = (value + (value >> 31)) as u32 & ((1 << size) - 1);
        self.put(code << size | bits, length + size);
    }

    /// Writes a block; `before` is the first coefficient of the component's block before this one, and becomes this one's.
    #[inline(never)]
    pub(super) fn block(&mut self, coefficients: &[i16; 64], before: &mut i16, coding: &Coding) {
        let [first, ..] = *coefficients;
        self.number(&coding.dc, 0, i32::from(first) - i32::from(*before));
        *before = first;
        let (mut left, mut last) = (present(coefficients) & !1, 0);
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            let mut zeros = at - last - 1;
            while zeros >= 16 {
                let (code, length) = coding.ac.of(SIXTEEN_ZEROS);
                self.put(code, length);
                zeros -= 16;
            }
            let value = coefficients.get(at as usize & 63).copied().unwrap_or_default();
            self.number(&coding.ac, zeros, i32::from(value));
            last = at;
        }
        if last != 63 {
            let (code, length) = coding.ac.of(END_OF_BLOCK);
            self.put(code, length);
        }
    }
}

/// A bit for each coefficient that is not zero.
fn present(coefficients: &[i16; 64]) -> u64 {
    let mut bytes = [0_u8; 64];
    for (byte, coefficient) in bytes.iter_mut().zip(coefficients) {
        *byte = u8::from(*coefficient != 0);
    }
    let gathered = bytes.as_chunks::<8>().0.iter().map(|eight| {
        // Multiplying gathers the lowest bit of each byte in the highest byte.
        u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56
    });
    gathered.rev().fold(0, |bits, eight| bits << 8 | eight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coefficients_that_are_there_are_found() {
        for at in 0..64 {
            let mut coefficients = [0; 64];
            coefficients[at] = -1;
            coefficients[63 - at] = 256;
            assert_eq!(present(&coefficients), 1 << at | 1 << (63 - at));
        }
        assert_eq!((present(&[0; 64]), present(&[1; 64])), (0, u64::MAX));
    }

    #[test]
    fn a_byte_of_ones_is_followed_by_a_zero_wherever_it_stands() {
        for before in 0..24 {
            let mut scan = Scan::new(Vec::new());
            scan.put(0, before);
            for _ in 0..8 {
                scan.put(0xff, 8);
            }
            let out = scan.finish();
            let ones: Vec<_> = out.iter().enumerate().filter(|(_, byte)| **byte == 0xff).map(|(at, _)| at).collect();
            assert!(ones.len() >= 7 && ones.iter().all(|at| out[at + 1] == 0), "{before}: {out:x?}");
        }
    }
}
