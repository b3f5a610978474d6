//! The overlays that come with the program: a darkened foot for the text, and a dark glow along the edges.
//!
//! They are generated, under the names that a fresh configuration uses, into the folder with the user's overlays and fonts,
//! and only where no file has the name: then it is the user's, who may edit or replace it.

use std::{io, path::Path};

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use crate::design::{LANDSCAPE, PORTRAIT};
use crate::geometry::Size;

const BUILT_IN: [(&str, Size); 2] =
    [("overlay-innerglow.png", PORTRAIT), ("backgroundoverlay-innerglow.png", LANDSCAPE)];

/// The foot's darkness grows from here, as a part of the height, to the bottom edge.
const FOOT_BEGINS: f32 = 0.3;
const FOOT_ALPHA: f32 = 192.0;
/// The glow is even up to the first distance from the edge, and gone at the second.
const GLOW: (f32, f32) = (30.0, 58.0);
const GLOW_ALPHA: f32 = 179.0;

/// Puts the overlays that are not there into the folder; gives the names of those it made.
pub fn put_missing(folder: &Path) -> io::Result<Vec<&'static str>> {
    std::fs::create_dir_all(folder)?;
    let mut made = Vec::new();
    for (name, size) in BUILT_IN {
        let path = folder.join(name);
        if std::fs::symlink_metadata(&path).is_err() {
            posterizarr_base::files::write_new(&path, &png(size)?)?;
            made.push(name);
        }
    }
    Ok(made)
}

/// Whether an overlay is not there and [`put_missing`] makes it.
pub fn is_made_when_missing(folder: &Path, name: &str) -> bool {
    BUILT_IN.iter().any(|(built_in, _)| *built_in == name) && std::fs::symlink_metadata(folder.join(name)).is_err()
}

/// Black of varying opacity.
fn png(size: Size) -> io::Result<Vec<u8>> {
    let Size { width, height } = size;
    let pixels: Vec<u8> = (0..height).flat_map(|y| (0..width).flat_map(move |x| [0, alpha(x, y, size)])).collect();
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&pixels, width, height, ExtendedColorType::La8).map_err(io::Error::other)?;
    Ok(file)
}

fn alpha(x: u32, y: u32, Size { width, height }: Size) -> u8 {
    let down = y as f32 / height as f32;
    let foot = ((down - FOOT_BEGINS) / (1.0 - FOOT_BEGINS)).max(0.0) * FOOT_ALPHA;
    let edge = x.min(y).min(width - 1 - x).min(height - 1 - y) as f32;
    let glow = ((GLOW.1 - edge) / (GLOW.1 - GLOW.0)).clamp(0.0, 1.0) * GLOW_ALPHA;
    // Both lie over the picture, one after the other.
    let clear = (255.0 - foot) * (255.0 - glow) / 255.0;
    (255.0 - clear).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_overlays_are_made_and_the_users_own_stay() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("overlay-innerglow.png"), "mine").unwrap();
        assert_eq!(put_missing(folder.path()).unwrap(), ["backgroundoverlay-innerglow.png"]);
        assert_eq!(std::fs::read(folder.path().join("overlay-innerglow.png")).unwrap(), b"mine");
        let made = crate::picture::Overlay::open(&folder.path().join("backgroundoverlay-innerglow.png")).unwrap();
        assert_eq!(made.size(), LANDSCAPE);
        assert!(put_missing(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn the_foot_is_dark_the_middle_clear_and_the_edges_glow() {
        let at = |x, y| alpha(x, y, PORTRAIT);
        assert_eq!((at(1000, 800), at(1000, 100)), (0, 0));
        assert_eq!((at(0, 100), at(58, 100), at(1999, 100)), (179, 0, 179));
        assert!(at(1000, 2900) > 180 && at(1000, 2999) > 220 && at(1000, 2000) < 110);
    }
}
