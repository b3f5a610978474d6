//! From 8×8 values to the coefficients that are stored.
//!
//! The transform is that of Arai, Agui and Nakajima in floating point: eight columns at a time, so that the compiler does
//! them side by side, then the same on the transposed block. It leaves each coefficient scaled by a factor of its own, which
//! the division by the quantisation table makes up for. The result stays transposed; [`zigzag`] knows that.

use super::tables::ZIGZAG;

/// A row of eight values.
pub(super) type Row = [f32; 8];

/// The scale of a row or column after the transform.
const SCALE: [f64; 8] = [
    1.0,
    1.387_039_845_322_148,
    1.306_562_964_876_377,
    1.175_875_602_419_359,
    1.0,
    0.785_694_958_387_102,
    0.541_196_100_146_197,
    0.275_899_379_282_943,
];

const COS_4_16: f32 = std::f32::consts::FRAC_1_SQRT_2;
const COS_6_16: f32 = 0.382_683_43;
const COS_2_MINUS_6: f32 = 0.541_196_1;
const COS_2_PLUS_6: f32 = 1.306_563;

/// Added to a number of moderate size, this leaves it rounded in the lowest bits.
const ROUNDING: f32 = 12_582_912.0;

/// What coefficients are multiplied by, in the order in which [`forward`] leaves them.
#[derive(Clone)]
pub(super) struct Quantiser([Row; 8]);

impl Quantiser {
    pub(super) fn new(divisors: &[u8; 64]) -> Self {
        let mut factors = [[0.0; 8]; 8];
        for (at, divisor) in divisors.iter().enumerate() {
            let (down, across) = (at / 8, at % 8);
            let scale = |at: usize| SCALE.get(at).copied().unwrap_or(1.0);
            let factor = 1.0 / (f64::from(*divisor) * scale(down) * scale(across) * 8.0);
            if let Some(place) = factors.get_mut(across).and_then(|row| row.get_mut(down)) {
                *place = factor as f32;
            }
        }
        Self(factors)
    }

    /// Divides and rounds: each number is in the low half of what is left.
    fn apply(&self, block: &[Row; 8], quantised: &mut [u32; 64]) {
        let rows = quantised.as_chunks_mut::<8>().0.iter_mut().zip(block).zip(&self.0);
        for ((out, row), factors) in rows {
            for ((out, value), factor) in out.iter_mut().zip(row).zip(factors) {
                *out = (value * factor + ROUNDING).to_bits();
            }
        }
    }
}

/// The quantised coefficients of a block in the file's order.
pub(super) fn coefficients(block: &mut [Row; 8], quantiser: &Quantiser, ordered: &mut [i16; 64]) {
    columns(block);
    *block = transposed(block);
    columns(block);
    let mut quantised = [0; 64];
    quantiser.apply(block, &mut quantised);
    zigzag(&quantised, ordered);
}

fn zigzag(transposed: &[u32; 64], ordered: &mut [i16; 64]) {
    const ORDER: [u8; 64] = {
        let (mut order, mut at) = ([0; 64], 0);
        while at < 64 {
            #[allow(clippy::indexing_slicing, reason = "at compile time")]
            {
                order[at] = ZIGZAG[at] % 8 * 8 + ZIGZAG[at] / 8;
            }
            at += 1;
        }
        order
    };
    for (out, at) in ordered.iter_mut().zip(&ORDER) {
        *out = transposed.get(usize::from(at & 63)).copied().unwrap_or_default() as u16 as i16;
    }
}

#[inline(always)]
fn transposed(block: &[Row; 8]) -> [Row; 8] {
    let [a, b, c, d, e, f, g, h] = block;
    std::array::from_fn(|at| {
        let of = |row: &Row| row.get(at).copied().unwrap_or_default();
        [of(a), of(b), of(c), of(d), of(e), of(f), of(g), of(h)]
    })
}

#[inline(always)]
fn add(one: Row, other: Row) -> Row {
    std::array::from_fn(|at| one.get(at).copied().unwrap_or_default() + other.get(at).copied().unwrap_or_default())
}

#[inline(always)]
fn subtract(one: Row, other: Row) -> Row {
    std::array::from_fn(|at| one.get(at).copied().unwrap_or_default() - other.get(at).copied().unwrap_or_default())
}

#[inline(always)]
fn times(one: Row, factor: f32) -> Row {
    one.map(|value| value * factor)
}

/// Transforms the columns of a block. By itself, and not in line with other work, all of it stays in vector registers.
#[inline(never)]
fn columns(block: &mut [Row; 8]) {
    let [v0, v1, v2, v3, v4, v5, v6, v7] = *block;
    let (sum07, sum16, sum25, sum34) = (add(v0, v7), add(v1, v6), add(v2, v5), add(v3, v4));
    let (off07, off16, off25, off34) = (subtract(v0, v7), subtract(v1, v6), subtract(v2, v5), subtract(v3, v4));

    let (outer, inner) = (add(sum07, sum34), add(sum16, sum25));
    let (outer_off, inner_off) = (subtract(sum07, sum34), subtract(sum16, sum25));
    let turned = times(add(inner_off, outer_off), COS_4_16);

    let (low, middle, high) = (add(off34, off25), add(off25, off16), add(off16, off07));
    let shared = times(subtract(low, high), COS_6_16);
    let (low, high) = (add(times(low, COS_2_MINUS_6), shared), add(times(high, COS_2_PLUS_6), shared));
    let middle = times(middle, COS_4_16);
    let (above, below) = (add(off07, middle), subtract(off07, middle));

    *block = [
        add(outer, inner),
        add(above, high),
        add(outer_off, turned),
        subtract(below, low),
        subtract(outer, inner),
        add(below, low),
        subtract(outer_off, turned),
        subtract(above, high),
    ];
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    /// The transform as the standard writes it.
    fn by_definition(block: &[Row; 8], down: usize, across: usize) -> f64 {
        let weight = |at: usize| if at == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let wave = |place: usize, at: usize| ((2 * place + 1) as f64 * at as f64 * PI / 16.0).cos();
        let mut sum = 0.0;
        for (y, row) in block.iter().enumerate() {
            for (x, value) in row.iter().enumerate() {
                sum += f64::from(*value) * wave(y, down) * wave(x, across);
            }
        }
        sum * weight(down) * weight(across) / 4.0
    }

    #[test]
    fn coefficients_are_those_of_the_standard_rounded() {
        let mut divisors = [1; 64];
        for (at, divisor) in divisors.iter_mut().enumerate() {
            *divisor = (at % 7 + 1) as u8;
        }
        let quantiser = Quantiser::new(&divisors);
        let mut seed = 7_u32;
        for round in 0..200 {
            let mut block: [Row; 8] = std::array::from_fn(|y| {
                std::array::from_fn(|x| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    match round % 4 {
                        0 => (seed >> 24) as f32 - 128.0,
                        1 => [-128.0, 127.0][usize::from((x + y) % 2 == 0)],
                        2 => (x * 30) as f32 - 100.0,
                        _ => -128.0,
                    }
                })
            });
            let (before, mut found) = (block, [0; 64]);
            coefficients(&mut block, &quantiser, &mut found);
            for (coefficient, place) in found.iter().zip(ZIGZAG.map(usize::from)) {
                let exact = by_definition(&before, place / 8, place % 8) / f64::from(divisors[place]);
                assert!((f64::from(*coefficient) - exact).abs() < 0.502, "{round} {place}: {coefficient} {exact}");
            }
        }
    }
}
