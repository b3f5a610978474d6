//! From red, green and blue to light and colour, a band of blocks at a time.

use super::transform::Row;

/// A band of one component: rows of the same length, a multiple of eight.
pub(super) struct Band {
    values: Vec<f32>,
    width: usize,
}

impl Band {
    pub(super) fn new(width: usize, rows: usize) -> Self {
        Self { values: vec![0.0; width * rows], width }
    }

    /// The block with this number from the left, with its first row here.
    pub(super) fn block(&self, across: usize, first_row: usize) -> [Row; 8] {
        let rows = self.values.get(first_row * self.width..).unwrap_or_default();
        let mut block = [[0.0; 8]; 8];
        for (row, from) in block.iter_mut().zip(rows.chunks_exact(self.width)) {
            if let Some(values) = from.as_chunks::<8>().0.get(across) {
                *row = *values;
            }
        }
        block
    }

    fn rows(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.values.chunks_exact_mut(self.width.max(1))
    }

    /// Halves both sides: each value is the mean of four.
    pub(super) fn halved(&self, half: &mut Self) {
        for (row, pair) in half.rows().zip(self.values.chunks_exact(2 * self.width.max(1))) {
            let (upper, lower) = pair.split_at(self.width);
            let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
            for (value, ([a, b], [c, d])) in row.iter_mut().zip(pairs) {
                *value = (a + b + c + d) * 0.25;
            }
        }
    }
}

/// Light, and how far blue and red are from it; each from -128 to 127.
pub(super) struct Bands {
    pub(super) light: Band,
    pub(super) blue: Band,
    pub(super) red: Band,
}

impl Bands {
    pub(super) fn new(width: usize, rows: usize) -> Self {
        Self { light: Band::new(width, rows), blue: Band::new(width, rows), red: Band::new(width, rows) }
    }

    /// Fills the bands from rows of pixels; what is beyond the picture's right and lower edge is like its last pixels.
    pub(super) fn fill(&mut self, pixels: &[u8], width: usize) {
        let mut lines = pixels.chunks_exact(width * 3);
        let mut line = lines.next().unwrap_or_default();
        for ((light, blue), red) in self.light.rows().zip(self.blue.rows()).zip(self.red.rows()) {
            convert(line, light, blue, red);
            for row in [light, blue, red] {
                let (inside, beyond) = row.split_at_mut(width);
                beyond.fill(inside.last().copied().unwrap_or_default());
            }
            line = lines.next().unwrap_or(line);
        }
    }
}

#[inline(never)]
fn convert(pixels: &[u8], light: &mut [f32], blue: &mut [f32], red: &mut [f32]) {
    for (((pixel, light), blue), red) in pixels.as_chunks::<3>().0.iter().zip(light).zip(blue).zip(red) {
        let [r, g, b] = pixel.map(f32::from);
        // The factors are those of JFIF.
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        *light = y - 128.0;
        *blue = (b - y) * (0.5 / (1.0 - 0.114));
        *red = (r - y) * (0.5 / (1.0 - 0.299));
    }
}
