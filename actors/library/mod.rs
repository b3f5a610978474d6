//! The pictures: what is on disk, where each came from, its thumbnail, what was deleted; overlays and fonts.

pub mod asset_url;
pub mod assets;
pub mod choices;
pub mod fonts;
pub mod overlays;
pub mod picture_budget;
pub mod pictures;
pub mod replacing;
pub mod thumbnails;
pub mod trash;
