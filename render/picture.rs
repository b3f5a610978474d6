//! Pictures: read from files nobody can trust, put together, and written as JPEG.
//!
//! A picture is decoded to 8-bit sRGB once, composed in place and encoded once. [`decode()`] bounds what a file may cost
//! before it is paid for; [`Canvas`] has the steps in the order in which artwork is made; [`encode()`] writes the JPEG with
//! the comment by which artwork of ours is known.

pub mod avif;
mod canvas;
mod decode;
mod decoded;
mod encode;
mod inks;
mod jpeg;
pub mod profile;
mod sniff;

pub use canvas::{Canvas, Overlay};
pub use decode::{Source, decode, decode_transparent, open};
pub use decoded::{DecodeError, MAX_FILE_BYTES, MAX_PIXELS};
pub use encode::{EncodeError, MARKER, encode};
pub use posterizarr_base::config::colour::Colour;
pub use sniff::{Head, head, head_of_file};
