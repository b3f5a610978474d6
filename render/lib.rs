//! Artwork: decodes, composes and letters pictures. Pure: bytes in, a JPEG out; it knows neither runs nor networks.
//!
//! From the bottom up: [`text`] and [`picture`] know nothing of posters; [`design`] and [`config`] say how artwork is to look;
//! [`prepared`] brings the two together; a [`ManualArtwork`] picture and a [`sample()`] are whole pictures.

pub mod badge;
pub mod config;
pub mod design;
pub mod finish;
pub mod geometry;
pub mod hiding;
pub mod legibility;
mod logo;
mod manual_artwork;
pub mod memory;
pub mod overlay_maker;
pub mod overlays;
pub mod picture;
pub mod prepared;
mod sample;
pub mod text;
mod title_logo;

pub use manual_artwork::{ManualArtwork, Rendered, plain_value, without_season};
pub use sample::{BOX, SampleSpec, ground, sample, stand_in};
pub use title_logo::{LogoError, TitleLogo};
