//! What pictures come as: each format, depth and colour space ends in the colours that a viewer shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::Cursor;

use image::{
    DynamicImage, GrayImage, ImageEncoder, ImageFormat, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};
use jpeg_encoder::{ColorType, Encoder};
use moxcms::ColorProfile;
use posterizarr_render::picture::{DecodeError, decode};

/// Four plain colours in quarters, large enough that JPEG leaves their middles alone.
const COLOURS: [[u8; 3]; 4] = [[200, 60, 30], [30, 160, 70], [40, 60, 190], [240, 240, 240]];
const SIDE: u32 = 64;

fn quarter(x: u32, y: u32) -> usize {
    (x / (SIDE / 2) + y / (SIDE / 2) * 2) as usize
}

fn coloured() -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb(COLOURS[quarter(x, y)]))
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The colours in the middles of the quarters.
fn seen(file: &[u8]) -> [[u8; 3]; 4] {
    let source = decode(file).unwrap();
    assert_eq!(source.pixels.dimensions(), (SIDE, SIDE));
    let (near, far) = (SIDE / 4, SIDE * 3 / 4);
    [(near, near), (far, near), (near, far), (far, far)].map(|(x, y)| source.pixels.get_pixel(x, y).0)
}

fn assert_near(found: [[u8; 3]; 4], wanted: [[u8; 3]; 4], what: &str) {
    assert_near_by(6, found, wanted, what);
}

fn assert_near_by(tolerance: u8, found: [[u8; 3]; 4], wanted: [[u8; 3]; 4], what: &str) {
    let off = found.iter().flatten().zip(wanted.iter().flatten()).map(|(one, other)| one.abs_diff(*other)).max();
    assert!(off.unwrap() <= tolerance, "{what}: {found:?} in place of {wanted:?}");
}

#[test]
fn every_format_and_depth_keeps_its_colours() {
    let opaque = DynamicImage::from(coloured());
    for (what, bytes) in [
        ("JPEG", file(opaque.clone(), ImageFormat::Jpeg)),
        ("PNG", file(opaque.clone(), ImageFormat::Png)),
        ("PNG with transparency", file(opaque.to_rgba8(), ImageFormat::Png)),
        ("PNG of 16 bits", file(opaque.to_rgb16(), ImageFormat::Png)),
        ("PNG of 16 bits with transparency", file(opaque.to_rgba16(), ImageFormat::Png)),
        ("WebP", file(opaque.clone(), ImageFormat::WebP)),
        ("BMP", file(opaque.clone(), ImageFormat::Bmp)),
        ("BMP with transparency", file(opaque.to_rgba8(), ImageFormat::Bmp)),
        ("TIFF", file(opaque.clone(), ImageFormat::Tiff)),
        ("TIFF of 16 bits", file(opaque.to_rgb16(), ImageFormat::Tiff)),
        ("TIFF of floating point", file(opaque.to_rgb32f(), ImageFormat::Tiff)),
    ] {
        assert_near(seen(&bytes), COLOURS, what);
    }
}

#[test]
fn grey_pictures_stay_grey() {
    let grey = GrayImage::from_fn(SIDE, SIDE, |x, y| image::Luma([40 + 60 * quarter(x, y) as u8]));
    let wanted = [40, 100, 160, 220].map(|light| [light; 3]);
    let grey = DynamicImage::from(grey);
    for (what, bytes) in [
        ("JPEG", file(grey.clone(), ImageFormat::Jpeg)),
        ("PNG", file(grey.clone(), ImageFormat::Png)),
        ("PNG with transparency", file(grey.to_luma_alpha8(), ImageFormat::Png)),
        ("PNG of 16 bits", file(grey.to_luma16(), ImageFormat::Png)),
        ("WebP", file(grey.clone(), ImageFormat::WebP)),
        ("BMP", file(grey.clone(), ImageFormat::Bmp)),
        ("TIFF", file(grey.clone(), ImageFormat::Tiff)),
    ] {
        assert_near(seen(&bytes), wanted, what);
    }
}

/// Print shops' JPEGs have four inks, which Adobe's programs write inverted.
#[test]
fn four_inks_are_mixed() {
    let inks: Vec<u8> =
        coloured().pixels().flat_map(|Rgb([red, green, blue])| [255 - red, 255 - green, 255 - blue, 0]).collect();
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes, 95).encode(&inks, SIDE as u16, SIDE as u16, kind).unwrap();
        assert_near(seen(&bytes), COLOURS, &format!("{kind:?}"));
    }
}

/// A file of `fixtures/pictures`: 96 by 64 pixels, red and blue-green in quarters, as Pillow wrote them.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/pictures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const QUARTERS: [[u8; 3]; 4] = [[255, 40, 48], [20, 40, 144], [255, 220, 48], [20, 220, 144]];

/// The colours in the middles of the quarters of such a file.
fn quarters(file: &[u8]) -> [[u8; 3]; 4] {
    let pixels = decode(file).unwrap().pixels;
    assert_eq!(pixels.dimensions(), (96, 64));
    [(24, 16), (72, 16), (24, 48), (72, 48)].map(|(x, y)| pixels.get_pixel(x, y).0)
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    for (name, tolerance) in [("anim.gif", 40), ("anim.webp", 4), ("anim.png", 0)] {
        assert_near_by(tolerance, quarters(&fixture(name)), QUARTERS, name);
    }
}

/// What sRGB makes of a colour that another space stores.
#[test]
fn colour_profiles_are_followed() {
    let stored = coloured();
    for (name, profile) in
        [("Display P3", ColorProfile::new_display_p3()), ("Adobe RGB", ColorProfile::new_adobe_rgb())]
    {
        let profile = profile.encode().unwrap();
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 98);
        encoder.set_icc_profile(profile.clone()).unwrap();
        encoder.write_image(&stored, SIDE, SIDE, image::ExtendedColorType::Rgb8).unwrap();
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(profile).unwrap();
        encoder.write_image(&stored, SIDE, SIDE, image::ExtendedColorType::Rgb8).unwrap();
        let (jpeg, png) = (seen(&jpeg), seen(&png));
        assert_near(jpeg, png, name);
        let [_, [red, green, blue], _, white] = png;
        // Both spaces reach further into green: the same numbers are a stronger green in sRGB, and greys are the same.
        let [stored_red, stored_green, _] = COLOURS[1];
        assert!(red < stored_red && green >= stored_green && blue < 80, "{name}: {png:?}");
        assert!(white.iter().zip(COLOURS[3]).all(|(one, other)| one.abs_diff(other) <= 2), "{name}: {png:?}");
    }
}

#[test]
fn a_profile_of_greys_is_followed() {
    // A gamma of 1 is light as it is measured; sRGB writes its middle as 188.
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(ColorProfile::new_gray_with_gamma(1.0).encode().unwrap()).unwrap();
    encoder.write_image(&vec![128; (SIDE * SIDE) as usize], SIDE, SIDE, image::ExtendedColorType::L8).unwrap();
    assert_near(seen(&png), [[188; 3]; 4], "linear grey");
}

#[test]
fn a_profile_that_is_none_changes_nothing() {
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(b"no profile at all".to_vec()).unwrap();
    encoder.write_image(&coloured(), SIDE, SIDE, image::ExtendedColorType::Rgb8).unwrap();
    assert_near(seen(&png), COLOURS, "no profile");
}

/// Heads of BMP and TIFF that claim more than is decoded.
#[test]
fn bombs_are_refused_by_their_heads() {
    let mut bmp = file(RgbImage::new(1, 1), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&60_000_u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&60_000_u32.to_le_bytes());
    assert!(matches!(decode(&bmp), Err(DecodeError::TooManyPixels { width: 60_000, .. })));

    let tiff = file(RgbImage::new(3, 5), ImageFormat::Tiff);
    let (width, height) = (entry(&tiff, 256), entry(&tiff, 257));
    let mut bomb = tiff.clone();
    bomb[width..width + 4].copy_from_slice(&60_000_u32.to_le_bytes());
    bomb[height..height + 4].copy_from_slice(&60_000_u32.to_le_bytes());
    let refused = decode(&bomb).unwrap_err();
    assert!(matches!(refused, DecodeError::TooManyPixels { .. } | DecodeError::TooMuchMemory), "{refused}");
}

/// Where the value of an entry of a TIFF's directory is.
fn entry(tiff: &[u8], tag: u16) -> usize {
    let number = |at: usize| u16::from_le_bytes([tiff[at], tiff[at + 1]]);
    let directory = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
    let entries = (0..usize::from(number(directory))).map(|index| directory + 2 + index * 12);
    entries.into_iter().find(|at| number(*at) == tag).unwrap() + 8
}
