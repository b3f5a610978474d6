//! The pictures.

pub mod analytics;
pub mod assets;
pub mod choices;
pub mod deletes;
pub mod files;
pub mod overlays;
pub mod preview;
pub mod replacing;
pub mod thumbnails;
pub mod trash;
