//! Reading pictures.
//!
//! The content tells the format, never the name. Size and format are known, and bounded, before anything is decoded. The
//! result is what an eye sees: turned as EXIF says, in sRGB, with what is transparent over white.

use std::{
    io::{self, Cursor},
    path::Path,
};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage, RgbaImage, metadata::Orientation};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use posterizarr_base::avif::is_avif;
use posterizarr_base::bounded;
use posterizarr_base::unsupported::Unsupported;

use super::decoded::{DecodeError, Decoded, MAX_ALLOCATION, MAX_FILE_BYTES, check_size};
use super::{avif, jpeg, profile};

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Source {
    pub pixels: RgbImage,
    /// Whether the file had transparency; it decides on the resampling filter.
    pub had_alpha: bool,
}

/// Reads and decodes a file.
pub fn open(path: &Path) -> Result<Source, DecodeError> {
    decode(&read(path)?)
}

/// Reads a picture's file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, DecodeError> {
    bounded::read(path, MAX_FILE_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => DecodeError::FileTooLarge,
        _ => DecodeError::Unreadable(error),
    })
}

/// Decodes the bytes of a file.
pub fn decode(bytes: &[u8]) -> Result<Source, DecodeError> {
    let Decoded { picture, profile } = decode_any(bytes)?;
    let (had_alpha, grey) = (picture.color().has_alpha(), !picture.color().has_color());
    let mut pixels = if had_alpha { over_white(picture) } else { picture.into_rgb8() };
    if let Some(profile) = profile {
        to_srgb(&mut pixels, &profile, grey);
    }
    Ok(Source { pixels, had_alpha })
}

/// Decodes the bytes of a file and keeps what is transparent so; its colours are taken as they are.
pub fn decode_transparent(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    decode_any(bytes).map(|decoded| decoded.picture.into_rgba8())
}

/// Decodes a file with its transparency.
pub(super) fn decode_any(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(DecodeError::FileTooLarge);
    }
    if profile::is_too_large(&mut Cursor::new(bytes))? {
        return Err(DecodeError::ProfileTooLarge);
    }
    if jpeg::is_jpeg(bytes) {
        return jpeg::decode(bytes);
    }
    if is_avif(bytes) {
        return avif::decode(bytes);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    if let Some(unsupported) = Unsupported::of(bytes) {
        return Err(DecodeError::Unsupported(unsupported));
    }
    if reader.format().is_none() {
        return Err(DecodeError::Format);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOCATION);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unusable)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    // Both are extras: a picture with a broken one is still a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or_default();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unusable)?;
    picture.apply_orientation(orientation);
    Ok(Decoded { picture, profile })
}

pub(super) fn unusable(error: image::ImageError) -> DecodeError {
    match error {
        image::ImageError::Unsupported(_) => DecodeError::Format,
        image::ImageError::Limits(_) => DecodeError::TooMuchMemory,
        other => DecodeError::Damaged(other.to_string()),
    }
}

fn over_white(picture: DynamicImage) -> RgbImage {
    let transparent = picture.into_rgba8();
    let mut opaque = RgbImage::new(transparent.width(), transparent.height());
    for (from, to) in transparent.pixels().zip(opaque.pixels_mut()) {
        let [red, green, blue, alpha] = from.0;
        let mixed = |channel: u8| {
            let alpha = u16::from(alpha);
            ((u16::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        to.0 = [mixed(red), mixed(green), mixed(blue)];
    }
    opaque
}

/// Converts from the file's colour space. A profile that cannot be used leaves the colours as the decoder gave them.
fn to_srgb(pixels: &mut RgbImage, profile: &[u8], grey: bool) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    let layout = match (profile.color_space, grey) {
        (DataColorSpace::Rgb, _) => Layout::Rgb,
        (DataColorSpace::Gray, true) => Layout::Gray,
        _ => return,
    };
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, Layout::Rgb, TransformOptions::default()) else {
        return;
    };
    let channels = layout.channels();
    let row_bytes = pixels.width() as usize * 3;
    let mut converted = vec![0; row_bytes];
    for row in pixels.chunks_exact_mut(row_bytes) {
        let before: Vec<u8> = row.chunks_exact(3).flat_map(|pixel| pixel.iter().copied().take(channels)).collect();
        if transform.transform(&before, &mut converted).is_ok() {
            row.copy_from_slice(&converted);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, Rgba, codecs::png::PngEncoder};

    use super::*;

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (width, height) = picture.dimensions();
        PngEncoder::new(&mut bytes).write_image(picture, width, height, image::ExtendedColorType::Rgba8).unwrap();
        bytes
    }

    #[test]
    fn what_is_transparent_lies_on_white() {
        let source = decode(&png(&RgbaImage::from_pixel(2, 2, Rgba([0, 0, 0, 128])))).unwrap();
        assert!(source.had_alpha);
        assert_eq!(source.pixels.get_pixel(0, 0).0, [127, 127, 127]);
    }

    #[test]
    fn a_web_page_named_jpg_is_no_picture() {
        let error = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
        let page = "this is a web page and no picture; take a JPEG, PNG or WebP picture instead";
        assert_eq!(error(b"<!doctype html><title>404</title>"), page);
        assert_eq!(error(b"nothing at all"), "this is not a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF picture");
    }

    #[test]
    fn a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() {
        // The header of a PNG that claims 60000x60000 pixels in a few bytes.
        let mut bomb = png(&RgbaImage::new(1, 1));
        bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let checksum = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
        let error = decode(&bomb).unwrap_err();
        assert!(matches!(error, DecodeError::TooManyPixels { width: 60_000, .. } | DecodeError::Damaged(_)), "{error}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc: u32, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }
}
