//! Pictures in the four inks of printers: cyan, magenta, yellow and black.
//!
//! JPEG files keep them as Adobe's programs do: 255 is no ink, 0 is all of it.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// How a JPEG has its inks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InkEncoding {
    /// One after the other.
    Cmyk,
    /// Brightness and two colours in the place of the first three (YCCK).
    Ycck,
}

/// The inks in sRGB, by the profile of the press, where there is one that can be used; else simply mixed.
pub(super) fn to_srgb(mut inks: Vec<u8>, encoding: InkEncoding, profile: Option<&[u8]>) -> Vec<u8> {
    if encoding == InkEncoding::Ycck {
        inks.as_chunks_mut::<4>().0.iter_mut().for_each(from_brightness);
    }
    profile.and_then(|profile| by_profile(&inks, profile)).unwrap_or_else(|| mixed(&inks))
}

fn from_brightness(pixel: &mut [u8; 4]) {
    let [y, cb, cr, black] = *pixel;
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let inverted = |value: f32| 255 - value.round().clamp(0.0, 255.0) as u8;
    *pixel = [inverted(y + 1.402 * cr), inverted(y - 0.344_136 * cb - 0.714_136 * cr), inverted(y + 1.772 * cb), black];
}

fn by_profile(inks: &[u8], profile: &[u8]) -> Option<Vec<u8>> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    if profile.color_space != DataColorSpace::Cmyk {
        return None;
    }
    // Four channels, whatever they are called.
    let (from, srgb) = (Layout::Rgba, ColorProfile::new_srgb());
    let transform = profile.create_transform_8bit(from, &srgb, Layout::Rgb, TransformOptions::default()).ok()?;
    let inverted: Vec<u8> = inks.iter().map(|stored| 255 - stored).collect();
    let mut pixels = vec![0; inks.len() / 4 * 3];
    transform.transform(&inverted, &mut pixels).ok()?;
    Some(pixels)
}

fn mixed(inks: &[u8]) -> Vec<u8> {
    let under_black = |ink: u8, black: u8| ((u16::from(ink) * u16::from(black) + 127) / 255) as u8;
    let pixels = inks.as_chunks::<4>().0.iter();
    pixels
        .flat_map(|[cyan, magenta, yellow, black]| [*cyan, *magenta, *yellow].map(|ink| under_black(ink, *black)))
        .collect()
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};

    use crate::picture::decode;

    /// Cyan without black, and black alone, 16 pixels of each.
    fn picture(color: ColorType, profile: Option<&[u8]>) -> Vec<u8> {
        let inks = |left: [u8; 4], right: [u8; 4]| [[left; 16], [right; 16]].concat().concat();
        let row = match color {
            ColorType::Cmyk | ColorType::CmykAsYcck => inks([255, 0, 0, 0], [0, 0, 0, 255]),
            other => panic!("{other:?} has no inks"),
        };
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 100);
        if let Some(profile) = profile {
            encoder.add_icc_profile(profile).unwrap();
        }
        encoder.encode(&row.repeat(16), 32, 16, color).unwrap();
        file
    }

    fn near(one: [u8; 3], other: [u8; 3]) -> bool {
        one.into_iter().zip(other).all(|(one, other)| one.abs_diff(other) < 8)
    }

    #[test]
    fn inks_are_mixed_where_no_profile_says_how() {
        for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            for profile in [None, Some(&b"no profile"[..])] {
                let pixels = decode(&picture(color, profile)).unwrap().pixels;
                let (cyan, black) = (pixels.get_pixel(4, 8).0, pixels.get_pixel(28, 8).0);
                assert!(near(cyan, [0, 255, 255]) && near(black, [0, 0, 0]), "{color:?}: {cyan:?} {black:?}");
            }
        }
    }

    #[test]
    fn a_press_says_what_its_inks_look_like() {
        let profile = press();
        for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let pixels = decode(&picture(color, Some(&profile))).unwrap().pixels;
            let (cyan, black) = (pixels.get_pixel(4, 8).0, pixels.get_pixel(28, 8).0);
            assert!(near(cyan, [48, 48, 48]), "{color:?}: on this press cyan is a dark grey, not {cyan:?}");
            assert!(near(black, [119, 119, 119]), "{color:?}: on this press black is grey, not {black:?}");
        }
    }

    /// The profile of a press whose inks are greys: any cyan has a brightness of 20, black alone one of 50.
    fn press() -> Vec<u8> {
        let corners = (0..16_u8).flat_map(|corner| {
            let lightness = match (corner & 8 > 0, corner & 1 > 0) {
                (true, _) => 20,
                (_, true) => 50,
                _ => 100_u16,
            };
            [(lightness * 255 / 100) as u8, 128, 128]
        });
        let ramp: Vec<u8> = (0..=255).collect();
        let matrix: Vec<u8> =
            [1, 0, 0, 0, 1, 0, 0, 0, 1_u32].iter().flat_map(|one| (one << 16).to_be_bytes()).collect();
        let table = [
            &b"mft1\0\0\0\0\x04\x03\x02\0"[..],
            &matrix,
            &ramp.repeat(4),
            &corners.collect::<Vec<_>>(),
            &ramp.repeat(3),
        ]
        .concat();
        let white: Vec<u8> =
            [0x0000_f6d6_u32, 0x0001_0000, 0x0000_d32d].iter().flat_map(|xyz| xyz.to_be_bytes()).collect();
        let white = [b"XYZ \0\0\0\0".as_slice(), &white].concat();
        let (white_at, table_at) = (128 + 4 + 2 * 12, 128 + 4 + 2 * 12 + white.len());
        let number = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
        let tags = [
            &number(2)[..],
            b"wtpt",
            &number(white_at),
            &number(white.len()),
            b"A2B0",
            &number(table_at),
            &number(table.len()),
        ]
        .concat();
        let total = table_at + table.len();
        let mut head = vec![0; 128];
        for (at, value) in [
            (0, &number(total)[..]),
            (8, b"\x02\x40\0\0"),
            (12, b"prtrCMYKLab "),
            (24, b"\x07\xd0\0\x01\0\x01\0\0\0\0\0\0"),
            (36, b"acsp"),
            (68, &[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]),
        ] {
            head[at..at + value.len()].copy_from_slice(value);
        }
        [head, tags, white, table].concat()
    }
}
