//! Whether a text can be read where it stands, and what helps where it cannot.
//!
//! Contrast is measured as web pages do it (WCAG 2): between the text's colour and what is around its ink. Below 4.5 : 1 a
//! soft shadow in the shape of the ink is laid between picture and text, just as strong as it has to be.

use std::sync::LazyLock;

use crate::{
    geometry::{Area, Point, Size},
    picture::{Canvas, Colour},
    text::Coverage,
};

/// The least contrast at which text is easily read.
pub const MIN_CONTRAST: f64 = 4.5;

/// Pixels are looked at in squares of this side.
const SQUARE: u32 = 8;
/// Of the squares around the ink this share may have less contrast than is told.
const PASSED_OVER: f64 = 0.1;
/// A shadow is in one of so many strengths; the last one leaves nothing of the picture.
const STRENGTHS: u8 = 20;

/// The contrast of two colours' brightness, from 1 to 21.
pub fn contrast(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The brightness of a colour, from 0 to 1.
pub fn brightness([red, green, blue]: [u8; 3]) -> f64 {
    0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue)
}

/// How much light each number of sRGB is, from 0 to 1.
static LIGHT: LazyLock<[f64; 256]> = LazyLock::new(|| {
    std::array::from_fn(|channel| {
        let channel = channel as f64 / 255.0;
        if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    })
});

fn light(channel: u8) -> f64 {
    LIGHT.get(usize::from(channel)).copied().unwrap_or(1.0)
}

/// What a text stands on.
pub struct Ground {
    /// Where the squares begin, and how many there are across and down.
    place: Point,
    size: (usize, usize),
    /// How much of a shadow falls on each square, from 0 to 1.
    shadow: Vec<f32>,
    /// The mean colours of the squares around the ink.
    colours: Vec<[f64; 3]>,
}

impl Ground {
    /// Looks at a canvas where ink is to be put; `reach` is how far around it, in pixels.
    pub fn around(canvas: &Canvas, ink: &Coverage, place: Point, reach: u32) -> Self {
        let reach = reach.max(SQUARE).div_ceil(SQUARE);
        let margin = i64::from((5 * reach + 1) * SQUARE);
        let squares =
            |length: u32| (i64::from(length) + 2 * margin).unsigned_abs().div_ceil(u64::from(SQUARE)) as usize;
        let size = (squares(ink.width), squares(ink.height));
        let mut inked = vec![0.0_f32; size.0 * size.1];
        let offset = margin as usize;
        for (y, row) in ink.values.chunks_exact((ink.width as usize).max(1)).enumerate() {
            let line = (y + offset) / SQUARE as usize * size.0;
            for (x, _) in row.iter().enumerate().filter(|(_, value)| **value > 0) {
                if let Some(square) = inked.get_mut(line + (x + offset) / SQUARE as usize) {
                    *square = 1.0;
                }
            }
        }
        let reach = reach as usize;
        let near = grown(&inked, size, reach);
        // It is whole as far as the ground counts, and fades from there: both passes together reach twice as far as one.
        let wide = grown(&inked, size, 3 * reach);
        let shadow = blurred(&blurred(&wide, size, reach), size, reach);
        let place = place - Point::new(margin, margin);
        let around = near.iter().enumerate().filter(|(_, near)| **near >= 1.0).map(|(index, _)| index);
        let colours = around.filter_map(|index| mean(canvas, place, (index % size.0, index / size.0))).collect();
        Self { place, size, shadow, colours }
    }

    /// The contrast of a text of this colour: all but a few squares have as much. A shadow of a strength from 0 to 1 may lie
    /// over the ground.
    pub fn contrast(&self, text: Colour, shadow: Option<(Colour, f64)>) -> f64 {
        let text = brightness(text.rgb);
        let mut contrasts: Vec<f64> = self
            .colours
            .iter()
            .map(|colour| {
                let seen = match shadow {
                    Some((shade, strength)) => {
                        let mut shades = shade.rgb.into_iter();
                        colour.map(|channel| {
                            channel + (f64::from(shades.next().unwrap_or_default()) - channel) * strength
                        })
                    }
                    None => *colour,
                };
                contrast(text, brightness(seen.map(|channel| channel.round().clamp(0.0, 255.0) as u8)))
            })
            .collect();
        let passed_over = (contrasts.len() as f64 * PASSED_OVER) as usize;
        if contrasts.is_empty() {
            return 21.0;
        }
        *contrasts.select_nth_unstable_by(passed_over, f64::total_cmp).1
    }

    /// Puts a shadow over the ground, if it takes one, and gives the contrast that is reached.
    pub fn help(&self, canvas: &mut Canvas, text: Colour) -> f64 {
        let plain = self.contrast(text, None);
        if plain >= MIN_CONTRAST {
            return plain;
        }
        let own = brightness(text.rgb);
        let shade = if contrast(own, 0.0) >= contrast(own, 1.0) { Colour::BLACK } else { Colour::WHITE };
        let strengths = (1..=STRENGTHS).map(|step| f64::from(step) / f64::from(STRENGTHS));
        let tried = strengths.map(|strength| (strength, self.contrast(text, Some((shade, strength)))));
        let Some((strength, reached)) = tried.reduce(|best, next| if best.1 >= MIN_CONTRAST { best } else { next })
        else {
            return plain;
        };
        canvas.cover(&self.shadow(strength as f32), self.place, shade);
        reached
    }

    /// The shadow in pixels, even between the middles of the squares.
    fn shadow(&self, strength: f32) -> Coverage {
        let (columns, rows) = self.size;
        let (width, height) = (columns as u32 * SQUARE, rows as u32 * SQUARE);
        let at = |x: usize, y: usize| {
            self.shadow.get(y.min(rows - 1) * columns + x.min(columns - 1)).copied().unwrap_or(0.0)
        };
        let split = |pixel: u32| {
            let place = ((pixel as f32 + 0.5) / SQUARE as f32 - 0.5).max(0.0);
            (place as usize, place.fract())
        };
        let mut values = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            let (row, down) = split(y);
            values.extend((0..width).map(|x| {
                let (column, across) = split(x);
                let line = |row| at(column, row) * (1.0 - across) + at(column + 1, row) * across;
                ((line(row) * (1.0 - down) + line(row + 1) * down) * strength * 255.0).round() as u8
            }));
        }
        Coverage { width, height, values }
    }
}

/// The mean colour of a square, as far as it is on the canvas.
fn mean(canvas: &Canvas, place: Point, (column, row): (usize, usize)) -> Option<[f64; 3]> {
    let side = i64::from(SQUARE);
    let place = place + Point::new(column as i64 * side, row as i64 * side);
    let area = Area { place, size: Size::new(SQUARE, SQUARE) };
    let seen = area.on(canvas.size());
    let Point { x: left, y: top } = area.place + seen.place;
    let mut sums = [0.0; 3];
    for y in top..top + i64::from(seen.size.height) {
        for x in left..left + i64::from(seen.size.width) {
            let pixel = canvas.pixels().get_pixel(x as u32, y as u32);
            sums.iter_mut().zip(pixel.0).for_each(|(sum, channel)| *sum += f64::from(channel));
        }
    }
    let count = f64::from(seen.size.width * seen.size.height);
    (count > 0.0).then(|| sums.map(|sum| sum / count))
}

/// Each square has the most of those around it.
fn grown(values: &[f32], size: (usize, usize), reach: usize) -> Vec<f32> {
    windowed(values, size, reach, |window| window.iter().copied().fold(0.0, f32::max))
}

/// Each square has the mean of those around it.
fn blurred(values: &[f32], size: (usize, usize), reach: usize) -> Vec<f32> {
    windowed(values, size, reach, |window| window.iter().sum::<f32>() / window.len() as f32)
}

/// Something of the neighbours in the same row, and then in the same column.
fn windowed(values: &[f32], (columns, rows): (usize, usize), reach: usize, of: impl Fn(&[f32]) -> f32) -> Vec<f32> {
    let along = |line: &[f32]| -> Vec<f32> {
        let window =
            |at: usize| line.get(at.saturating_sub(reach)..(at + reach + 1).min(line.len())).unwrap_or_default();
        (0..line.len()).map(|at| of(window(at))).collect()
    };
    let across: Vec<f32> = values.chunks_exact(columns.max(1)).flat_map(along).collect();
    let mut both = vec![0.0; across.len()];
    for column in 0..columns {
        let line: Vec<f32> = across.iter().skip(column).step_by(columns.max(1)).copied().collect();
        for (row, value) in along(&line).into_iter().enumerate().take(rows) {
            if let Some(place) = both.get_mut(row * columns + column) {
                *place = value;
            }
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink() -> Coverage {
        Coverage { width: 80, height: 40, values: vec![255; 80 * 40] }
    }

    fn ground(colour: [u8; 3]) -> (Canvas, Ground) {
        let canvas = Canvas::plain(Size::new(400, 300), Colour::opaque(colour));
        let ground = Ground::around(&canvas, &ink(), Point::new(160, 130), 16);
        (canvas, ground)
    }

    #[test]
    fn contrasts_are_those_of_web_pages() {
        assert!((contrast(brightness([255; 3]), brightness([0; 3])) - 21.0).abs() < 1e-9);
        // The greys that WCAG's own tools tell for 4.5 : 1.
        assert!((contrast(brightness([255; 3]), brightness([0x76; 3])) - 4.54).abs() < 0.01);
    }

    #[test]
    fn what_is_legible_is_left_alone() {
        let (mut canvas, ground) = ground([0x70; 3]);
        let before = canvas.pixels().clone();
        assert!(ground.help(&mut canvas, Colour::WHITE) >= MIN_CONTRAST);
        assert_eq!(canvas.pixels(), &before);
    }

    #[test]
    fn a_shadow_is_as_strong_as_it_has_to_be_and_fades_outwards() {
        for (picture, text) in [([0xe0; 3], Colour::WHITE), ([0x30; 3], Colour::BLACK), ([0x90; 3], Colour::WHITE)] {
            let (mut canvas, ground) = ground(picture);
            let reached = ground.help(&mut canvas, text);
            assert!((MIN_CONTRAST..MIN_CONTRAST + 2.0).contains(&reached), "{picture:?}: {reached}");
            let at = |x, y| contrast(brightness(text.rgb), brightness(canvas.pixels().get_pixel(x, y).0));
            assert!(at(200, 150) >= MIN_CONTRAST - 0.1, "in the middle: {}", at(200, 150));
            assert!(at(165, 135) >= MIN_CONTRAST - 0.1, "at the corner: {}", at(165, 135));
            assert_eq!(canvas.pixels().get_pixel(5, 5).0, picture, "far away nothing changes");
        }
    }

    #[test]
    fn a_bright_spot_under_a_part_of_the_text_counts() {
        let mut canvas = Canvas::plain(Size::new(400, 300), Colour::BLACK);
        canvas.fill(Point::new(200, 0), Size::new(200, 300), Colour::WHITE);
        let ground = Ground::around(&canvas, &ink(), Point::new(160, 130), 16);
        assert!(ground.contrast(Colour::WHITE, None) < 1.5);
        assert!(ground.help(&mut canvas, Colour::WHITE) >= MIN_CONTRAST);
    }

    #[test]
    fn text_at_the_edge_and_beyond_it_does_no_harm() {
        let mut canvas = Canvas::plain(Size::new(50, 30), Colour::WHITE);
        for place in [Point::new(-40, -20), Point::new(30, 10), Point::new(500, 500)] {
            Ground::around(&canvas, &ink(), place, 16).help(&mut canvas, Colour::WHITE);
        }
    }
}
