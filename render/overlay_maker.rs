//! Overlays by a recipe: a darkened foot, a glow along the edges, a frame with round corners.
//!
//! Every layer is a colour and, for each pixel, how much of it is there; they lie over each other in the order of the recipe on
//! a clear ground. Nothing needs a second look at the picture: the glow, a blurred frame, is a product of two blurred edges.

use image::{ExtendedColorType, ImageEncoder, Rgba, RgbaImage, codecs::png::PngEncoder, imageops};

use crate::geometry::{Area, Size};

/// A colour and how strong it is, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tint {
    pub colour: [u8; 3],
    pub strength: f32,
}

/// What is darkened for the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foot {
    pub colour: [u8; 3],
    /// The opaque part at the bottom, and the fade above it, as parts of the height.
    pub matte: f32,
    pub fade: f32,
}

/// Black specks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grain {
    /// How dark they are at most, from 0 to 1.
    pub amount: f32,
    /// The side of one in pixels.
    pub cell: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub colour: [u8; 3],
    pub width: u32,
    /// The radius of its corners, as a part of half the shorter side. What is outside of them is cut away.
    pub corner: f32,
}

/// An overlay that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    pub size: Size,
    pub vignette: Tint,
    pub foot: Foot,
    pub glow: Tint,
    pub grain: Grain,
    pub frame: Option<Frame>,
    /// Where text will be: shown to whoever designs it, and never part of an overlay that is used.
    pub guide: Option<Area>,
}

const BLACK: [u8; 3] = [0; 3];
const GUIDE: [u8; 3] = [255, 0, 0];
const GUIDE_ALPHA: f32 = 80.0 / 255.0;
const GUIDE_LINE: f64 = 3.0;
/// How far the glow reaches at its strongest, as a part of the shorter side.
const GLOW_REACH: f32 = 0.2;
/// How far inside the edge of what glows is, in reaches.
const GLOW_INSET: f64 = 1.5;

/// A layer: its colour, and how much of it is at a pixel.
struct Layer<'a> {
    colour: [u8; 3],
    alpha: Box<dyn Fn(u32, u32) -> f32 + 'a>,
}

impl<'a> Layer<'a> {
    fn new(colour: [u8; 3], alpha: impl Fn(u32, u32) -> f32 + 'a) -> Self {
        Self { colour, alpha: Box::new(alpha) }
    }
}

impl Recipe {
    /// The overlay, with its transparency.
    pub fn draw(&self) -> RgbaImage {
        let layers = self.layers();
        let outline = self.frame.filter(|frame| frame.corner > 0.0).map(|frame| Outline::of(self.size, &frame));
        RgbaImage::from_fn(self.size.width, self.size.height, |x, y| {
            // Channels multiplied by the opacity, so that layers only add up.
            let (mut sum, mut covered) = ([0.0_f32; 3], 0.0_f32);
            for layer in &layers {
                let alpha = (layer.alpha)(x, y).clamp(0.0, 1.0);
                if alpha > 0.0 {
                    for (sum, channel) in sum.iter_mut().zip(layer.colour) {
                        *sum = f32::from(channel) * alpha + *sum * (1.0 - alpha);
                    }
                    covered = alpha + covered * (1.0 - alpha);
                }
            }
            let kept = outline.as_ref().map_or(1.0, |outline| outline.inside(x, y));
            let channel = |sum: f32| if covered > 0.0 { (sum / covered).round() as u8 } else { 0 };
            let [red, green, blue] = sum.map(channel);
            Rgba([red, green, blue, (covered * kept * 255.0).round() as u8])
        })
    }

    fn layers(&self) -> Vec<Layer<'_>> {
        let mut layers = Vec::new();
        if self.vignette.strength > 0.0 {
            layers.push(self.vignette());
        }
        if self.foot.matte > 0.0 || self.foot.fade > 0.0 {
            layers.push(self.foot());
        }
        if self.glow.strength > 0.0 {
            layers.push(self.glow());
        }
        if self.grain.amount > 0.0 {
            layers.push(self.grain());
        }
        layers.extend(self.frame.filter(|frame| frame.width > 0).map(|frame| {
            let (outer, inner) = (Outline::of(self.size, &frame), Outline::within(self.size, &frame));
            Layer::new(frame.colour, move |x, y| outer.inside(x, y) - inner.inside(x, y))
        }));
        layers.extend(self.guide.map(guide));
        layers
    }

    /// Darker the farther from the middle; even beyond the sides' middles.
    fn vignette(&self) -> Layer<'_> {
        let Tint { colour, strength } = self.vignette;
        let from_middle = |at: u32, length: u32| (at as f32 + 0.5) / length as f32 * 2.0 - 1.0;
        Layer::new(colour, move |x, y| {
            strength * from_middle(x, self.size.width).hypot(from_middle(y, self.size.height)).min(1.0)
        })
    }

    fn foot(&self) -> Layer<'_> {
        let Foot { colour, matte, fade } = self.foot;
        let height = self.size.height as f32;
        let opaque_from = height * (1.0 - matte);
        let fade = height * fade;
        Layer::new(colour, move |_, y| {
            let above = opaque_from - y as f32;
            if above <= 0.0 {
                1.0
            } else if above < fade {
                1.0 - above / fade
            } else {
                0.0
            }
        })
    }

    fn glow(&self) -> Layer<'_> {
        let Tint { colour, strength } = self.glow;
        let reach = f64::from(self.size.width.min(self.size.height) as f32 * GLOW_REACH * strength).floor().max(1.0);
        let dark = |length: u32| -> Vec<f32> {
            let (from, to) = (GLOW_INSET * reach, f64::from(length) - GLOW_INSET * reach);
            let inside = |at: f64| if to > from { below((to - at) / reach) - below((from - at) / reach) } else { 0.0 };
            (0..length).map(|at| inside(f64::from(at) + 0.5) as f32).collect()
        };
        let (columns, rows) = (dark(self.size.width), dark(self.size.height));
        let at = |values: &[f32], place: u32| values.get(place as usize).copied().unwrap_or_default();
        Layer::new(colour, move |x, y| 1.0 - at(&columns, x) * at(&rows, y))
    }

    fn grain(&self) -> Layer<'_> {
        let Grain { amount, cell } = self.grain;
        let cell = cell.max(0.1);
        Layer::new(BLACK, move |x, y| amount * noise((x as f32 / cell) as u32, (y as f32 / cell) as u32))
    }
}

fn guide(area: Area) -> Layer<'static> {
    let (left, top) = (area.place.x as f64, area.place.y as f64);
    let (right, bottom) = (left + f64::from(area.size.width), top + f64::from(area.size.height));
    Layer::new(GUIDE, move |x, y| {
        let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        let from_edge = (x - left).min(right - x).min(y - top).min(bottom - y);
        match from_edge {
            outside if outside < 0.0 => 0.0,
            line if line < GUIDE_LINE => 1.0,
            _ => GUIDE_ALPHA,
        }
    })
}

/// A rectangle in the middle of the canvas, with round corners.
struct Outline {
    middle: (f32, f32),
    /// Half of its sides without the corners.
    straight: (f32, f32),
    radius: f32,
}

impl Outline {
    fn of(size: Size, frame: &Frame) -> Self {
        let radius = (size.width.min(size.height) as f32 * 0.5 * frame.corner.clamp(0.0, 1.0)).floor();
        Self::new(size, 0.0, radius)
    }

    /// The inner edge of the frame.
    fn within(size: Size, frame: &Frame) -> Self {
        let (outer, width) = (Self::of(size, frame), frame.width as f32);
        Self::new(size, width, (outer.radius - width).max(0.0))
    }

    fn new(size: Size, inset: f32, radius: f32) -> Self {
        let middle = (size.width as f32 / 2.0, size.height as f32 / 2.0);
        Self { middle, straight: (middle.0 - inset - radius, middle.1 - inset - radius), radius }
    }

    /// How much of a pixel is inside, by the distance of its middle from the edge.
    fn inside(&self, x: u32, y: u32) -> f32 {
        let beyond = |at: u32, middle: f32, straight: f32| (at as f32 + 0.5 - middle).abs() - straight;
        let (across, down) = (beyond(x, self.middle.0, self.straight.0), beyond(y, self.middle.1, self.straight.1));
        let outside = across.max(0.0).hypot(down.max(0.0)) + across.max(down).min(0.0) - self.radius;
        (0.5 - outside).clamp(0.0, 1.0)
    }
}

/// The share of a normal distribution below so many deviations.
fn below(deviations: f64) -> f64 {
    f64::midpoint(1.0, libm::erf(deviations / std::f64::consts::SQRT_2))
}

/// A number from 0 to 1 for a place: without pattern to the eye, and the same each time.
fn noise(x: u32, y: u32) -> f32 {
    // The mixing steps of SplitMix64.
    let mut mixed = (u64::from(x) << 32 | u64::from(y)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u32 << 24) as f32
}

/// An overlay made smaller, for a look at it.
pub fn smaller(overlay: &RgbaImage, width: u32) -> RgbaImage {
    let height = u64::from(overlay.height()) * u64::from(width) / u64::from(overlay.width().max(1));
    imageops::thumbnail(overlay, width, u32::try_from(height).unwrap_or(1).max(1))
}

/// An overlay as a PNG file.
///
/// # Errors
/// For one without pixels.
pub fn png(overlay: &RgbaImage) -> image::ImageResult<Vec<u8>> {
    let mut file = Vec::new();
    let (width, height) = overlay.dimensions();
    PngEncoder::new(&mut file).write_image(overlay, width, height, ExtendedColorType::Rgba8)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    const NONE: Tint = Tint { colour: BLACK, strength: 0.0 };

    fn recipe() -> Recipe {
        Recipe {
            size: Size::new(200, 300),
            vignette: NONE,
            foot: Foot { colour: BLACK, matte: 0.0, fade: 0.0 },
            glow: NONE,
            grain: Grain { amount: 0.0, cell: 1.0 },
            frame: None,
            guide: None,
        }
    }

    fn frame(width: u32, corner: f32) -> Option<Frame> {
        Some(Frame { colour: [1, 2, 3], width, corner })
    }

    #[test]
    fn an_empty_recipe_is_clear() {
        assert!(recipe().draw().pixels().all(|pixel| pixel.0 == [0; 4]));
    }

    #[test]
    fn the_foot_is_opaque_below_and_fades_above() {
        let foot = Foot { colour: [10, 20, 30], matte: 0.1, fade: 0.2 };
        let drawn = Recipe { foot, ..recipe() }.draw();
        assert_eq!((drawn[(100, 299)].0, drawn[(0, 270)].0), ([10, 20, 30, 255], [10, 20, 30, 255]));
        assert_eq!((drawn[(50, 209)].0[3], drawn[(50, 240)].0[3]), (0, 128));
    }

    #[test]
    fn the_vignette_grows_with_the_distance_and_ends_at_its_strength() {
        let drawn = Recipe { vignette: Tint { colour: BLACK, strength: 0.5 }, ..recipe() }.draw();
        let alpha = |x, y| drawn[(x, y)].0[3];
        assert!(alpha(100, 150) < 3 && (60..68).contains(&alpha(150, 150)), "{} {}", alpha(100, 150), alpha(150, 150));
        assert_eq!((alpha(0, 0), alpha(199, 299)), (128, 128), "beyond the edge it does not grow");
    }

    #[test]
    fn the_glow_is_full_at_the_edge_half_at_its_own_and_gone_inside() {
        let drawn = Recipe { glow: Tint { colour: [9, 9, 9], strength: 0.25 }, ..recipe() }.draw();
        // It reaches 10 pixels, and its edge is 15 inside.
        let alpha = |x| drawn[(x, 150)].0[3];
        assert!(alpha(0) > 232 && (118..136).contains(&alpha(15)) && alpha(60) == 0, "{} {}", alpha(0), alpha(15));
    }

    #[test]
    fn a_frame_is_solid_and_its_corners_are_cut() {
        let square = Recipe { frame: frame(10, 0.0), ..recipe() }.draw();
        assert_eq!((square[(0, 0)].0, square[(9, 150)].0, square[(10, 150)].0[3]), ([1, 2, 3, 255], [1, 2, 3, 255], 0));
        let foot = Foot { colour: [0, 0, 9], matte: 1.0, fade: 0.0 };
        let round = Recipe { foot, frame: frame(10, 0.5), ..recipe() }.draw();
        assert_eq!((round[(0, 0)].0[3], round[(100, 0)].0), (0, [1, 2, 3, 255]));
        assert_eq!(round[(100, 150)].0, [0, 0, 9, 255]);
        // Upstream fills all of it with a frame of no width.
        let cut = Recipe { foot, frame: frame(0, 0.5), ..recipe() }.draw();
        assert_eq!((cut[(0, 0)].0[3], cut[(100, 0)].0), (0, [0, 0, 9, 255]));
    }

    #[test]
    fn grain_is_as_dark_as_is_asked_and_in_cells() {
        let drawn = Recipe { grain: Grain { amount: 0.4, cell: 4.0 }, ..recipe() }.draw();
        let alphas: Vec<u8> = drawn.pixels().map(|pixel| pixel.0[3]).collect();
        let mean = alphas.iter().map(|alpha| u64::from(*alpha)).sum::<u64>() / alphas.len() as u64;
        assert!((46..56).contains(&mean) && alphas.iter().all(|alpha| *alpha <= 102), "{mean}");
        assert_eq!((drawn[(0, 0)], drawn[(3, 3)]), (drawn[(1, 2)], drawn[(0, 3)]));
        assert_ne!(drawn[(0, 0)], drawn[(4, 0)]);
    }

    #[test]
    fn the_guide_shows_the_box_of_the_text() {
        let guide = Some(Area { place: Point::new(20, 200), size: Size::new(160, 60) });
        let drawn = Recipe { guide, ..recipe() }.draw();
        assert_eq!(
            (drawn[(20, 200)].0, drawn[(100, 230)].0, drawn[(19, 230)].0[3]),
            ([255, 0, 0, 255], [255, 0, 0, 80], 0)
        );
    }

    #[test]
    fn a_smaller_one_keeps_its_shape_and_is_a_png() {
        let small = smaller(&recipe().draw(), 50);
        assert_eq!(small.dimensions(), (50, 75));
        assert!(png(&small).unwrap().starts_with(b"\x89PNG"));
    }
}
