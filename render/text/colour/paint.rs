//! Layers of outlines, filled with colours and gradients (COLR, versions 0 and 1).
//!
//! Modes of mixing that no emoji font in use has (hue, saturation and their like) are done as if a layer simply lay on top.

use harfrust::GlyphId;
use image::{Rgba, RgbaImage};
use read_fonts::{
    model::glyph::{
        color::{Brush, PaintSink},
        outline::{DrawMemory, DrawOptions},
    },
    tables::colr::CompositeMode,
    types::{BoundingBox, Matrix},
};
use zeno::{Command, Mask, PathBuilder};

use super::{
    super::{font::Font, outline::Outline},
    shade::{Pixel, Shade, mix},
};

/// More layers than any emoji has, one in the other.
const MAX_LAYERS: usize = 16;

pub(super) struct Painting {
    /// Where its top left corner is from the pen on the base line, in pixels; y is down.
    pub(super) place: (f64, f64),
    pub(super) pixels: RgbaImage,
}

pub(super) fn paint(font: &Font, glyph: GlyphId, size: f64) -> Option<Painting> {
    let painted = font.inner().color_glyphs().get(glyph)?;
    let extents = painted.extents().ok()?;
    let scale = size / font.units_per_em();
    let (left, top) = (f64::from(extents.x_bearing) * scale, f64::from(extents.y_bearing) * scale);
    let (left, top) = (left.floor(), top.ceil());
    // A glyph may reach beyond its em, but not far.
    let length = |units: f32| (f64::from(units) * scale).ceil().clamp(0.0, 4.0 * size) as u32 + 2;
    let (width, height) = (length(extents.width), length(extents.height));
    let scale = scale as f32;
    let to_pixels = Matrix::from_elements([scale, 0.0, 0.0, -scale, -left as f32, top as f32]);
    let clear = vec![[0.0; 4]; width as usize * height as usize];
    let mut painter =
        Painter { font, size: (width, height), transforms: vec![to_pixels], clips: Vec::new(), layers: vec![clear] };
    painted.paint(&mut painter).ok()?;
    let pixels = painter.layers.first()?;
    let mut picture = RgbaImage::new(width, height);
    for (to, [red, green, blue, alpha]) in picture.pixels_mut().zip(pixels) {
        let byte = |value: f32| (value / alpha.max(1e-6) * 255.0).round().clamp(0.0, 255.0) as u8;
        *to = Rgba([byte(*red), byte(*green), byte(*blue), (alpha * 255.0).round().clamp(0.0, 255.0) as u8]);
    }
    Some(Painting { place: (left, -top), pixels: picture })
}

struct Painter<'a> {
    font: &'a Font,
    size: (u32, u32),
    /// From the units at hand to pixels; the last counts.
    transforms: Vec<Matrix<f32>>,
    /// Each with all before it.
    clips: Vec<Vec<u8>>,
    layers: Vec<Vec<Pixel>>,
}

impl Painter<'_> {
    fn transform(&self) -> Matrix<f32> {
        self.transforms.last().copied().unwrap_or_default()
    }

    fn clip(&mut self, path: &[Command]) {
        let mut inside = vec![0; self.size.0 as usize * self.size.1 as usize];
        Mask::new(path).size(self.size.0, self.size.1).render_into(&mut inside, None);
        if let Some(outer) = self.clips.last() {
            for (inside, outer) in inside.iter_mut().zip(outer) {
                *inside = (u16::from(*inside) * u16::from(*outer) / 255) as u8;
            }
        }
        self.clips.push(inside);
    }
}

impl PaintSink for Painter<'_> {
    fn push_transform(&mut self, transform: Matrix<f32>) {
        self.transforms.push(self.transform() * transform);
    }

    fn pop_transform(&mut self) {
        self.transforms.pop();
    }

    fn push_clip_glyph(&mut self, glyph: GlyphId) {
        let mut path = Vec::new();
        if let Some(outline) = self.font.inner().outline_glyphs().get(glyph) {
            let mut sink = Outline { path: &mut path, to_pixels: self.transform() };
            // What of a broken outline was drawn stays.
            let _ = outline.draw(&DrawOptions::new(), DrawMemory::Scratch, &mut sink);
        }
        self.clip(&path);
    }

    fn push_clip_box(&mut self, clip: BoundingBox<f32>) {
        let to_pixels = self.transform();
        let corner = |x, y| <[f32; 2]>::from(to_pixels.transform(x, y));
        let mut path = Vec::new();
        path.move_to(corner(clip.x_min, clip.y_min));
        path.line_to(corner(clip.x_max, clip.y_min));
        path.line_to(corner(clip.x_max, clip.y_max));
        path.line_to(corner(clip.x_min, clip.y_max));
        path.close();
        self.clip(&path);
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn fill(&mut self, brush: Brush<'_>) {
        let Some(shade) = Shade::new(&brush, self.font, self.transform()) else { return };
        let (clip, width) = (self.clips.last(), self.size.0.max(1));
        let Some(layer) = self.layers.last_mut() else { return };
        for (index, pixel) in layer.iter_mut().enumerate() {
            let covered = clip.map_or(255, |clip| clip.get(index).copied().unwrap_or(0));
            if covered > 0 {
                let (x, y) = (index as u32 % width, index as u32 / width);
                let share = f32::from(covered) / 255.0;
                let above = shade.at(x as f32 + 0.5, y as f32 + 0.5).map(|channel| channel * share);
                *pixel = mix(CompositeMode::SrcOver, above, *pixel);
            }
        }
    }

    fn push_layer(&mut self, _: CompositeMode) {
        // The deepest ones share one, so that no file decides on the memory used.
        if self.layers.len() < MAX_LAYERS {
            self.layers.push(vec![[0.0; 4]; self.size.0 as usize * self.size.1 as usize]);
        }
    }

    fn pop_layer_with_mode(&mut self, mode: CompositeMode) {
        if self.layers.len() < 2 {
            return;
        }
        let Some((above, below)) = self.layers.pop().zip(self.layers.last_mut()) else { return };
        let clip = self.clips.last();
        for (index, (above, below)) in above.into_iter().zip(below).enumerate() {
            if clip.is_none_or(|clip| clip.get(index).is_some_and(|covered| *covered > 0)) {
                *below = mix(mode, above, *below);
            }
        }
    }
}
