//! Outlines of fonts as paths to be drawn.

use read_fonts::{model::glyph::outline::PathSink, types::Matrix};
use zeno::{Command, PathBuilder};

/// Takes outlines in units of a font, and makes a path in pixels of them.
pub(super) struct Outline<'a> {
    pub(super) path: &'a mut Vec<Command>,
    pub(super) to_pixels: Matrix<f32>,
}

impl Outline<'_> {
    fn point(&self, x: f32, y: f32) -> [f32; 2] {
        self.to_pixels.transform(x, y).into()
    }
}

impl PathSink for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.path.move_to(to);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.path.line_to(to);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (control, to) = (self.point(x1, y1), self.point(x, y));
        self.path.quad_to(control, to);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, to) = (self.point(x1, y1), self.point(x2, y2), self.point(x, y));
        self.path.curve_to(first, second, to);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
