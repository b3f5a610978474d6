//! Text on artwork: fonts, the size and the line breaks that fit a box, and the drawing.
//!
//! Text goes through four steps. [`normalise`] turns a title into what is printed. [`shape`] looks up its glyphs once, in
//! font units: one by one for simple left-to-right scripts, with bidirectional runs and a shaper for all others. [`fit`]
//! finds the largest size whose lines go into a [`TextBox`], with the arithmetic of ImageMagick 7's captions, so that
//! artwork made before and after moving over looks the same. [`draw`] makes [`Lettering`]: the coverage of fill and
//! stroke, cut to its ink. Colours and places are not decided here.
//!
//! Text is plain data all the way; no character has a meaning beyond its glyph.

mod breaks;
mod colour;
mod draw;
mod fit;
mod font;
mod lend;
mod normalise;
mod outline;
mod shape;
#[cfg(test)]
mod sheet;
mod stand_in;

pub use draw::{Coverage, Lettering, draw_line};
pub use fit::{Fit, TextBox};
pub use font::{Font, FontError, Fonts};
pub use lend::Lenders;
pub use normalise::{LineBreaks, plain, upper_cased};
pub use shape::{Direction, Shaped, shape};
pub use stand_in::StandIn;
