//! Decoding JPEG strictly.
//!
//! The decoder that `image` wraps fills what a cut or damaged file lacks with grey and says nothing. Here the same decoder
//! is told to refuse what it finds wrong. That is not enough: it takes the end of the file, or an end mark that comes too
//! early, for the end of the picture. So it gets a copy of the file in which bits that no code begins with stand in the place
//! of the end: a decoder that has all of the picture never reads them, and one that has not finds them to be wrong. Whether
//! all scans and restart intervals are there is seen from their headers ([`Outline`]). What many whole files have is taken: no
//! end mark, bytes behind the end, bytes between the headers.

use std::io::{BufRead, Seek};

use image::{DynamicImage, GrayImage, RgbImage, metadata::Orientation};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

use super::{
    decoded::{DecodeError, Decoded, check_size},
    inks::{self, InkEncoding},
};

/// What every JPEG file begins with.
const START: &[u8] = b"\xff\xd8\xff";

/// Eight bits with which no code begins; a byte of all ones is followed by a zero.
const NO_CODE: &[u8] = b"\xff\0";
/// More than the longest code and all that a decoder reads ahead.
const NO_CODES: usize = 64;
const END: &[u8] = b"\xff\xd9";

/// Whether the content is a JPEG file's.
pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(START)
}

/// The size as it is stored, and how the picture is to be turned.
pub(super) fn head(file: impl BufRead + Seek) -> Result<((u32, u32), Orientation), DecodeError> {
    let mut decoder = JpegDecoder::new_with_options(file, options());
    decoder.decode_headers().map_err(damaged)?;
    let size = decoder.info().map(|info| (u32::from(info.width), u32::from(info.height))).unwrap_or_default();
    Ok((size, orientation(decoder.exif())))
}

/// Not strict: bytes between headers do no harm.
fn options() -> DecoderOptions {
    DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX).set_strict_mode(false)
}

fn damaged(error: DecodeErrors) -> DecodeError {
    DecodeError::Damaged(error.to_string())
}

/// Decodes a JPEG file; its size is checked first.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.info().map(|info| (info.width, info.height)).unwrap_or_default();
    check_size(u32::from(width), u32::from(height))?;
    let (profile, orientation) = (decoder.icc_profile(), orientation(decoder.exif()));
    let outline = Outline::of(bytes);
    if let Some(what) = outline.missing() {
        return Err(DecodeError::Damaged(what.to_owned()));
    }

    let guarded = [bytes.get(..outline.data_end).unwrap_or(bytes), &NO_CODE.repeat(NO_CODES), END].concat();
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(guarded.as_slice()), options());
    decoder.decode_headers().map_err(damaged)?;
    let (out, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        Some(inks @ (ColorSpace::CMYK | ColorSpace::YCCK)) => (inks, 4),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options().set_strict_mode(true).jpeg_set_out_colorspace(out));
    let mut pixels = vec![0; usize::from(width) * usize::from(height) * channels];
    decoder.decode_into(&mut pixels).map_err(damaged)?;

    let (width, height) = (u32::from(width), u32::from(height));
    let pixels = match out {
        ColorSpace::CMYK => inks::to_srgb(pixels, InkEncoding::Cmyk, profile.as_deref()),
        ColorSpace::YCCK => inks::to_srgb(pixels, InkEncoding::Ycck, profile.as_deref()),
        _ => pixels,
    };
    // Of inks it is used up.
    let profile = profile.filter(|_| channels < 4);
    let picture = match out {
        ColorSpace::Luma => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
    };
    // The buffer was made to measure.
    let mut picture = picture.ok_or_else(|| DecodeError::Damaged("its size is not that of its pixels".to_owned()))?;
    picture.apply_orientation(orientation);
    Ok(Decoded { picture, profile })
}

fn orientation(exif: Option<&Vec<u8>>) -> Orientation {
    exif.and_then(|exif| Orientation::from_exif_chunk(exif)).unwrap_or(Orientation::NoTransforms)
}

/// A component of the picture, as the frame's header tells it.
struct Component {
    id: u8,
    sampling: (usize, usize),
    /// For each coefficient, how many of its low bits are still to come; none where nothing came.
    bits_to_come: [Option<u8>; 64],
}

/// The scans of a file, without their content.
#[derive(Default)]
struct Outline {
    progressive: bool,
    size: (usize, usize),
    components: Vec<Component>,
    restart_interval: usize,
    lacks_data: bool,
    /// Where the data of the last scan ends.
    data_end: usize,
}

impl Outline {
    fn of(bytes: &[u8]) -> Self {
        let mut outline = Self::default();
        outline.read(bytes);
        outline
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut rest = bytes.get(2..).unwrap_or_default();
        while let Some(at) = next_marker(rest) {
            let Some((marker, after)) = rest.get(at + 1..).and_then(<[u8]>::split_first) else { return };
            rest = after;
            match *marker {
                0xd9 => return,
                0x01 | 0xd8 => continue,
                _ => {}
            }
            let Some(length) = number(rest, 0).filter(|length| *length >= 2) else { return };
            let Some((segment, after)) = rest.split_at_checked(length) else { return };
            rest = after;
            match *marker {
                0xc0..=0xc2 => self.frame(segment, *marker == 0xc2),
                0xdd => self.restart_interval = number(segment, 2).unwrap_or_default(),
                0xda => {
                    let mut data = rest.get(..next_marker(rest).unwrap_or(rest.len())).unwrap_or_default();
                    // The first half of a marker.
                    while let Some(before) = data.strip_suffix(b"\xff") {
                        data = before;
                    }
                    self.data_end = bytes.len() - rest.len() + data.len();
                    self.scan(segment, data);
                }
                _ => {}
            }
        }
    }

    fn frame(&mut self, segment: &[u8], progressive: bool) {
        self.progressive = progressive;
        self.size = (number(segment, 5).unwrap_or_default(), number(segment, 3).unwrap_or_default());
        let components = segment.get(8..).unwrap_or_default().chunks_exact(3);
        self.components = components
            .filter_map(|component| match *component {
                [id, sampling, _] => Some(Component {
                    id,
                    sampling: (usize::from(sampling >> 4), usize::from(sampling & 15)),
                    bits_to_come: [None; 64],
                }),
                _ => None,
            })
            .collect();
    }

    fn scan(&mut self, header: &[u8], data: &[u8]) {
        let count = header.get(2).copied().map_or(0, usize::from);
        let ids: Vec<u8> = header
            .get(3..)
            .unwrap_or_default()
            .chunks_exact(2)
            .take(count)
            .filter_map(|pair| pair.first().copied())
            .collect();
        let parameters = header.get(3 + 2 * count..6 + 2 * count);
        let (first, last, high, low) = match parameters {
            Some(&[first, last, bits]) if self.progressive => (first, last, bits >> 4, bits & 15),
            _ => (0, 63, 0, 0),
        };
        if self.restart_interval > 0 {
            let expected = self.units(&ids).div_ceil(self.restart_interval).saturating_sub(1);
            self.lacks_data |= restarts(data) < expected;
        }
        // A scan without any codes: one bit for each block.
        if first == 0 && high > 0 {
            self.lacks_data |= data.len() * 8 < self.units(&ids) * self.blocks(&ids);
        }
        for component in self.components.iter_mut().filter(|component| ids.contains(&component.id)) {
            for bits in component.bits_to_come.iter_mut().take(usize::from(last) + 1).skip(usize::from(first)) {
                *bits = Some(low);
            }
        }
    }

    /// How many units (blocks, or groups of blocks of all components) a scan of these components has.
    fn units(&self, ids: &[u8]) -> usize {
        let most = |of: fn(&Component) -> usize| self.components.iter().map(of).max().unwrap_or(1).max(1);
        let (across, down) = (most(|component| component.sampling.0), most(|component| component.sampling.1));
        let only = match ids {
            [id] => self.components.iter().find(|component| component.id == *id),
            _ => None,
        };
        let (width, height) = match only {
            // A component alone comes block by block.
            Some(alone) => (
                (self.size.0 * alone.sampling.0).div_ceil(across).div_ceil(8),
                (self.size.1 * alone.sampling.1).div_ceil(down).div_ceil(8),
            ),
            None => (self.size.0.div_ceil(8 * across), self.size.1.div_ceil(8 * down)),
        };
        width * height
    }

    /// How many blocks a unit of a scan of these components has.
    fn blocks(&self, ids: &[u8]) -> usize {
        let blocks = |component: &Component| component.sampling.0 * component.sampling.1;
        match ids {
            [_] => 1,
            _ => self.components.iter().filter(|component| ids.contains(&component.id)).map(blocks).sum(),
        }
    }

    /// What is not there of the picture.
    fn missing(&self) -> Option<&'static str> {
        let mut all = self.components.iter().flat_map(|component| component.bits_to_come);
        if self.components.is_empty() || all.any(|bits| bits != Some(0)) {
            Some("it ends before its last scan")
        } else if self.lacks_data {
            Some("a part of it is missing")
        } else {
            None
        }
    }
}

/// A number of two bytes.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..at + 2)? {
        [high, low] => Some(usize::from(*high) << 8 | usize::from(*low)),
        _ => None,
    }
}

/// Where the next marker is that is none of those inside of a scan's data.
fn next_marker(bytes: &[u8]) -> Option<usize> {
    markers(bytes).find(|(_, marker)| !is_restart(*marker)).map(|(at, _)| at)
}

fn markers(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    bytes.windows(2).enumerate().filter_map(|(at, pair)| match *pair {
        [0xff, marker] if marker != 0 && marker != 0xff => Some((at, marker)),
        _ => None,
    })
}

fn is_restart(marker: u8) -> bool {
    (0xd0..=0xd7).contains(&marker)
}

/// How many restart markers a scan's data has, up to the first that is not the one that has to follow.
fn restarts(data: &[u8]) -> usize {
    let expected = (0xd0..=0xd7).cycle();
    markers(data).zip(expected).take_while(|((_, marker), expected)| marker == expected).count()
}
