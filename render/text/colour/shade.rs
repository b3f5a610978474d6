//! What a brush paints at each place, and how layers mix.

use read_fonts::{
    model::glyph::color::{Brush, ColorStop},
    tables::colr::{CompositeMode, Extend},
    types::{Matrix, Point},
};

use super::super::font::Font;

/// Red, green, blue and alpha, the colours multiplied by alpha.
pub(super) type Pixel = [f32; 4];

/// The number by which fonts mean the colour of the text around; here it is white, as titles most often are.
const TEXT_COLOUR: u16 = 0xffff;

/// Where along its colours a gradient is, from 0 to 1.
enum Course {
    Even,
    Linear { from: Point<f32>, to: Point<f32> },
    Radial { from: (Point<f32>, f32), to: (Point<f32>, f32) },
    Sweep { around: Point<f32>, from: f32, to: f32 },
}

/// A brush, with its colours at hand.
pub(super) struct Shade {
    course: Course,
    stops: Vec<(f32, Pixel)>,
    extend: Extend,
    from_pixels: Matrix<f32>,
}

impl Shade {
    pub(super) fn new(brush: &Brush<'_>, font: &Font, to_pixels: Matrix<f32>) -> Option<Self> {
        let stops = |stops: &[ColorStop]| -> Vec<(f32, Pixel)> {
            stops.iter().map(|stop| (stop.offset, colour(font, stop.palette_index, stop.alpha))).collect()
        };
        let (course, stops, extend) = match *brush {
            Brush::Solid { palette_index, alpha } => {
                (Course::Even, vec![(0.0, colour(font, palette_index, alpha))], Extend::Pad)
            }
            Brush::LinearGradient { p0: from, p1: to, color_stops, extend } => {
                (Course::Linear { from, to }, stops(color_stops), extend)
            }
            Brush::RadialGradient { c0, r0, c1, r1, color_stops, extend } => {
                (Course::Radial { from: (c0, r0), to: (c1, r1) }, stops(color_stops), extend)
            }
            Brush::SweepGradient { c0: around, start_angle: from, end_angle: to, color_stops, extend } => {
                (Course::Sweep { around, from, to }, stops(color_stops), extend)
            }
        };
        Some(Self { course, stops, extend, from_pixels: inverse(to_pixels)? })
    }

    pub(super) fn at(&self, x: f32, y: f32) -> Pixel {
        let (x, y) = self.from_pixels.transform(x, y);
        match self.course.along(x, y) {
            Some(along) => self.colour_at(self.extended(along)),
            None => [0.0; 4],
        }
    }

    fn extended(&self, along: f32) -> f32 {
        match self.extend {
            Extend::Repeat => along.rem_euclid(1.0),
            Extend::Reflect => 1.0 - (along.rem_euclid(2.0) - 1.0).abs(),
            _ => along.clamp(0.0, 1.0),
        }
    }

    fn colour_at(&self, along: f32) -> Pixel {
        let after = self.stops.iter().position(|(offset, _)| *offset > along);
        let (before, after) = match after {
            Some(after) => (self.stops.get(after.saturating_sub(1)), self.stops.get(after)),
            None => (self.stops.last(), None),
        };
        match (before, after) {
            (Some((from, first)), Some((to, second))) if to > from => {
                let share = ((along - from) / (to - from)).clamp(0.0, 1.0);
                let [a, b, c, d] = *first;
                let [e, f, g, h] = *second;
                [(a, e), (b, f), (c, g), (d, h)].map(|(one, other)| one + (other - one) * share)
            }
            (Some((_, colour)), _) | (None, Some((_, colour))) => *colour,
            (None, None) => [0.0; 4],
        }
    }
}

impl Course {
    fn along(&self, x: f32, y: f32) -> Option<f32> {
        match *self {
            Self::Even => Some(0.0),
            Self::Linear { from, to } => {
                let (across, up) = (to.x - from.x, to.y - from.y);
                let length = across * across + up * up;
                Some(if length > 0.0 { ((x - from.x) * across + (y - from.y) * up) / length } else { 0.0 })
            }
            Self::Radial { from, to } => radial(from, to, x, y),
            Self::Sweep { around, from, to } => {
                // Clockwise, with y up.
                let angle = (around.y - y).atan2(x - around.x).to_degrees().rem_euclid(360.0);
                Some(if to == from { f32::from(angle >= from) } else { (angle - from) / (to - from) })
            }
        }
    }
}

/// The last of the circles from one to the other that the point is on and whose radius is not negative.
fn radial((c0, r0): (Point<f32>, f32), (c1, r1): (Point<f32>, f32), x: f32, y: f32) -> Option<f32> {
    let (dx, dy, dr) = (c1.x - c0.x, c1.y - c0.y, r1 - r0);
    let (px, py) = (x - c0.x, y - c0.y);
    let a = dx * dx + dy * dy - dr * dr;
    let b = px * dx + py * dy + r0 * dr;
    let c = px * px + py * py - r0 * r0;
    let is_circle = |along: &f32| along.is_finite() && r0 + along * dr >= 0.0;
    if a.abs() < 1e-6 {
        return Some(c / (2.0 * b)).filter(is_circle);
    }
    let root = (b * b - a * c).sqrt();
    let (one, other) = ((b + root) / a, (b - root) / a);
    [one.max(other), one.min(other)].into_iter().find(is_circle)
}

fn colour(font: &Font, index: u16, alpha: f32) -> Pixel {
    let palette = font.inner().palettes().get(0);
    let named = palette.and_then(|palette| palette.colors().get(usize::from(index)).copied());
    let [red, green, blue, own] = match named {
        Some(colour) => [colour.red, colour.green, colour.blue, colour.alpha].map(|channel| f32::from(channel) / 255.0),
        None if index == TEXT_COLOUR => [1.0; 4],
        None => [0.0; 4],
    };
    let alpha = own * alpha.clamp(0.0, 1.0);
    [red * alpha, green * alpha, blue * alpha, alpha]
}

fn inverse(matrix: Matrix<f32>) -> Option<Matrix<f32>> {
    let Matrix { xx, yx, xy, yy, dx, dy } = matrix;
    let determinant = xx * yy - xy * yx;
    if determinant == 0.0 || !determinant.is_finite() {
        return None;
    }
    let (xx, yx, xy, yy) = (yy / determinant, -yx / determinant, -xy / determinant, xx / determinant);
    Some(Matrix { xx, yx, xy, yy, dx: -(xx * dx + xy * dy), dy: -(yx * dx + yy * dy) })
}

/// What is seen of a pixel over another.
pub(super) fn mix(mode: CompositeMode, above: Pixel, below: Pixel) -> Pixel {
    let ([.., above_alpha], [.., below_alpha]) = (above, below);
    let each = |of: &dyn Fn(f32, f32) -> f32| {
        let ([a, b, c, d], [e, f, g, h]) = (above, below);
        [(a, e), (b, f), (c, g), (d, h)].map(|(above, below)| of(above, below).clamp(0.0, 1.0))
    };
    let shares = |of_above: f32, of_below: f32| each(&|above, below| above * of_above + below * of_below);
    let over = |both: f32, above: f32, below: f32| both + above * (1.0 - below_alpha) + below * (1.0 - above_alpha);
    match mode {
        CompositeMode::Clear => [0.0; 4],
        CompositeMode::Src => above,
        CompositeMode::Dest => below,
        CompositeMode::DestOver => shares(1.0 - below_alpha, 1.0),
        CompositeMode::SrcIn => shares(below_alpha, 0.0),
        CompositeMode::DestIn => shares(0.0, above_alpha),
        CompositeMode::SrcOut => shares(1.0 - below_alpha, 0.0),
        CompositeMode::DestOut => shares(0.0, 1.0 - above_alpha),
        CompositeMode::SrcAtop => shares(below_alpha, 1.0 - above_alpha),
        CompositeMode::DestAtop => shares(1.0 - below_alpha, above_alpha),
        CompositeMode::Xor => shares(1.0 - below_alpha, 1.0 - above_alpha),
        CompositeMode::Plus => shares(1.0, 1.0),
        CompositeMode::Multiply => each(&|above, below| over(above * below, above, below)),
        CompositeMode::Screen => each(&|above, below| above + below - above * below),
        CompositeMode::Darken => each(&|above, below| above + below - (above * below_alpha).max(below * above_alpha)),
        CompositeMode::Lighten => each(&|above, below| above + below - (above * below_alpha).min(below * above_alpha)),
        _ => shares(1.0, 1.0 - above_alpha),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Pixel = [0.5, 0.0, 0.0, 0.5];
    const BLUE: Pixel = [0.0, 0.0, 1.0, 1.0];

    #[test]
    fn layers_mix_as_their_mode_says() {
        for (mode, seen) in [
            (CompositeMode::SrcOver, [0.5, 0.0, 0.5, 1.0]),
            (CompositeMode::DestOver, BLUE),
            (CompositeMode::SrcIn, RED),
            (CompositeMode::DestIn, [0.0, 0.0, 0.5, 0.5]),
            (CompositeMode::Clear, [0.0; 4]),
            (CompositeMode::Multiply, [0.0, 0.0, 0.5, 1.0]),
            (CompositeMode::Screen, [0.5, 0.0, 1.0, 1.0]),
        ] {
            assert_eq!(mix(mode, RED, BLUE), seen, "{mode:?}");
        }
    }

    #[test]
    fn a_gradient_goes_from_its_first_colour_to_its_last() {
        let course = Course::Linear { from: Point::new(10.0, 0.0), to: Point::new(30.0, 0.0) };
        let shade = Shade {
            course,
            stops: vec![(0.0, [0.0, 0.0, 0.0, 1.0]), (1.0, [1.0; 4])],
            extend: Extend::Pad,
            from_pixels: Matrix::default(),
        };
        assert_eq!([0.0, 20.0, 99.0].map(|x| shade.at(x, 5.0)[0]), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn circles_grow_from_the_middle() {
        let middle = Point::new(0.0, 0.0);
        assert_eq!(radial((middle, 0.0), (middle, 10.0), 0.0, 5.0), Some(0.5));
    }

    #[test]
    fn a_sweep_turns_clockwise() {
        let sweep = Course::Sweep { around: Point::new(0.0, 0.0), from: 0.0, to: 360.0 };
        assert_eq!(sweep.along(0.0, -1.0), Some(0.25), "downwards is a quarter on from the right");
    }
}
