//! Decoding in this process. The coded picture is decoded by rav1d; its colours and its transparency are dealt with here.
//!
//! Of an animation the still picture is taken that it has for those who show no animations.

use std::ops::Range;

use image::{DynamicImage, GrayImage, RgbImage, RgbaImage, imageops};
use moxcms::{CicpColorPrimaries, CicpProfile, ColorProfile, TransferCharacteristics};
use re_rav1d::dav1d::{
    Decoder, Picture, PixelLayout, PlanarImageComponent, Settings,
    pixel::{MatrixCoefficients, YUVRange},
};

use super::super::decoded::{DecodeError, Decoded, MAX_PIXELS, check_size};
use super::container::Container;

/// Decodes a file; its size is checked first.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let container = Container::read(bytes)?;
    check_size(container.size.0, container.size.1)?;
    let coded = |parts: &[Range<usize>]| -> Vec<u8> {
        parts.iter().filter_map(|part| bytes.get(part.clone())).flatten().copied().collect()
    };
    let frame = frame(coded(&container.picture), container.size)?;
    let mut picture: DynamicImage =
        if frame.pixel_layout() == PixelLayout::I400 { luma(&frame)?.into() } else { rgb(&frame)?.into() };
    if !container.alpha.is_empty() {
        let alpha = luma(&self::frame(coded(&container.alpha), container.size)?)?;
        let mut with_alpha: RgbaImage = picture.into_rgba8();
        with_alpha.pixels_mut().zip(alpha.pixels()).for_each(|(pixel, alpha)| pixel.0[3] = alpha.0[0]);
        picture = with_alpha.into();
    }
    for _ in 0..container.turns {
        picture = picture.rotate270();
    }
    match container.mirrored {
        Some(0) => imageops::flip_vertical_in_place(&mut picture),
        Some(_) => imageops::flip_horizontal_in_place(&mut picture),
        None => {}
    }
    let profile = container.profile.or_else(|| container.colours.and_then(profile));
    Ok(Decoded { picture, profile })
}

/// The only frame of the coded data.
fn frame(coded: Vec<u8>, size: (u32, u32)) -> Result<Picture, DecodeError> {
    let wrong = |error: re_rav1d::dav1d::Error| DecodeError::damaged(error.to_string());
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_strict_std_compliance(true);
    settings.set_frame_size_limit(u32::try_from(MAX_PIXELS).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings).map_err(wrong)?;
    decoder.send_data(coded, None, None, None).map_err(wrong)?;
    let frame = decoder.get_picture().map_err(|_| DecodeError::damaged("a part of it is missing"))?;
    if (frame.width(), frame.height()) != size {
        return Err(DecodeError::damaged("its size is not that of its pixels"));
    }
    Ok(frame)
}

/// Where in the range of its numbers a plane has no light, and how far it is to all of it.
#[derive(Clone, Copy)]
struct Levels {
    black: f32,
    luma: f32,
    /// For the two colours, whose middle is the half of all numbers.
    chroma: f32,
    middle: f32,
}

impl Levels {
    fn of(frame: &Picture) -> Self {
        let bits = frame.bits_per_component().map_or(8, |bits| bits.0) as u32;
        let (unit, most) = ((1_u32 << (bits - 8)) as f32, ((1_u32 << bits) - 1) as f32);
        let middle = (1_u32 << (bits - 1)) as f32;
        match frame.color_range() {
            YUVRange::Limited => Self { black: 16.0 * unit, luma: 219.0 * unit, chroma: 224.0 * unit, middle },
            _ => Self { black: 0.0, luma: most, chroma: most, middle },
        }
    }
}

/// One plane of a frame: numbers of 8 bits, or of more in two bytes.
struct Numbers {
    plane: re_rav1d::dav1d::Plane,
    stride: usize,
    is_wide: bool,
}

impl Numbers {
    fn of(frame: &Picture, component: PlanarImageComponent) -> Self {
        let is_wide = frame.bit_depth() > 8;
        Self { plane: frame.plane(component), stride: frame.stride(component) as usize, is_wide }
    }

    fn at(&self, x: usize, y: usize) -> f32 {
        let at = y * self.stride;
        if self.is_wide {
            let pair = self.plane.get(at + 2 * x..at + 2 * x + 2).and_then(|pair| pair.try_into().ok());
            f32::from(pair.map_or(0, u16::from_ne_bytes))
        } else {
            f32::from(self.plane.get(at + x).copied().unwrap_or(0))
        }
    }

    /// Between the four around a place, whose pixels are centred on halves.
    fn between(&self, x: f32, y: f32, (width, height): (usize, usize)) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (across, down) = (x - left, y - top);
        let column = |x: f32| (x.max(0.0) as usize).min(width - 1);
        let row = |y: f32| (y.max(0.0) as usize).min(height - 1);
        let line = |y: usize| self.at(column(left), y) * (1.0 - across) + self.at(column(left + 1.0), y) * across;
        line(row(top)) * (1.0 - down) + line(row(top + 1.0)) * down
    }
}

fn byte(share: f32) -> u8 {
    (share * 255.0).round().clamp(0.0, 255.0) as u8
}

fn luma(frame: &Picture) -> Result<GrayImage, DecodeError> {
    let (levels, numbers) = (Levels::of(frame), Numbers::of(frame, PlanarImageComponent::Y));
    Ok(GrayImage::from_fn(frame.width(), frame.height(), |x, y| {
        image::Luma([byte((numbers.at(x as usize, y as usize) - levels.black) / levels.luma)])
    }))
}

fn rgb(frame: &Picture) -> Result<RgbImage, DecodeError> {
    let levels = Levels::of(frame);
    let [y_plane, u_plane, v_plane] = [PlanarImageComponent::Y, PlanarImageComponent::U, PlanarImageComponent::V]
        .map(|plane| Numbers::of(frame, plane));
    let (across, down) = match frame.pixel_layout() {
        PixelLayout::I420 => (2, 2),
        PixelLayout::I422 => (2, 1),
        _ => (1, 1),
    };
    let size = (frame.width().div_ceil(across) as usize, frame.height().div_ceil(down) as usize);
    // The share of red and blue in the brightness.
    let (red, blue) = match frame.matrix_coefficients() {
        MatrixCoefficients::Identity => (0.0, 0.0),
        MatrixCoefficients::BT709 => (0.2126, 0.0722),
        MatrixCoefficients::BT2020NonConstantLuminance => (0.2627, 0.0593),
        MatrixCoefficients::BT470M => (0.30, 0.11),
        MatrixCoefficients::ST240M => (0.212, 0.087),
        MatrixCoefficients::BT470BG | MatrixCoefficients::ST170M | MatrixCoefficients::Unspecified => (0.299, 0.114),
        _ => return Err(DecodeError::damaged("its colours are stored in a way that is not known here")),
    };
    let is_plain = frame.matrix_coefficients() == MatrixCoefficients::Identity;
    let at = |plane: &Numbers, x: u32, y: u32| match (across, down) {
        (1, 1) => plane.at(x as usize, y as usize),
        _ => {
            let centred = |at: u32, step: u32| (at as f32 + 0.5) / step as f32 - 0.5;
            plane.between(centred(x, across), centred(y, down), size)
        }
    };
    Ok(RgbImage::from_fn(frame.width(), frame.height(), |x, y| {
        let bright = (y_plane.at(x as usize, y as usize) - levels.black) / levels.luma;
        let (u, v) = (at(&u_plane, x, y), at(&v_plane, x, y));
        if is_plain {
            let share = |number: f32| byte((number - levels.black) / levels.luma);
            return image::Rgb([share(v), byte(bright), share(u)]);
        }
        let (u, v) = ((u - levels.middle) / levels.chroma, (v - levels.middle) / levels.chroma);
        let (r, b) = (bright + 2.0 * (1.0 - red) * v, bright + 2.0 * (1.0 - blue) * u);
        let g = (bright - red * r - blue * b) / (1.0 - red - blue);
        image::Rgb([byte(r), byte(g), byte(b)])
    }))
}

/// The profile of colours that are named by number, unless they are sRGB's, or nearly.
fn profile((primaries, transfer): (u8, u8)) -> Option<Vec<u8>> {
    // Unspecified, or the same as BT.709, whose curve is meant for the same screens.
    if matches!(primaries, 1 | 2) && matches!(transfer, 1 | 2 | 6 | 13 | 14 | 15) {
        return None;
    }
    let named = CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
        transfer_characteristics: TransferCharacteristics::try_from(transfer).ok()?,
        matrix_coefficients: moxcms::MatrixCoefficients::Identity,
        full_range: true,
    };
    ColorProfile::new_from_cicp(named).encode().ok()
}
