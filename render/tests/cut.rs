//! Pictures that were cut off, as by a download that broke: each is refused, or is the whole picture all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::Cursor;

use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, codecs::gif::GifEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use posterizarr_render::picture::decode;

const WIDTH: u32 = 72;
const HEIGHT: u32 = 104;
/// The mark at the end of a JPEG file.
const END: &[u8] = b"\xff\xd9";

/// Busy enough that every part of it takes bytes.
fn busy() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let noise = (x * 7919 + y * 104_729 + x * y * 31) % 97;
        Rgb([(x * 3 + noise) as u8, (y * 2 + noise / 2) as u8, (noise * 2) as u8])
    })
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(set: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    set(&mut encoder);
    encoder.encode(&busy(), WIDTH as u16, HEIGHT as u16, ColorType::Rgb).unwrap();
    bytes
}

fn jpegs() -> Vec<(&'static str, Vec<u8>)> {
    let grey: Vec<u8> = busy().pixels().map(|pixel| pixel.0[0]).collect();
    let mut grey_file = Vec::new();
    Encoder::new(&mut grey_file, 90).encode(&grey, WIDTH as u16, HEIGHT as u16, ColorType::Luma).unwrap();
    vec![
        ("baseline", jpeg(|_| {})),
        ("coarse colours", jpeg(|encoder| encoder.set_sampling_factor(SamplingFactor::R_4_2_0))),
        ("fine colours", jpeg(|encoder| encoder.set_sampling_factor(SamplingFactor::R_4_4_4))),
        ("progressive", jpeg(|encoder| encoder.set_progressive(true))),
        ("many scans", jpeg(|encoder| encoder.set_progressive_scans(9))),
        ("optimised", jpeg(|encoder| encoder.set_optimized_huffman_tables(true))),
        ("restarts", jpeg(|encoder| encoder.set_restart_interval(3))),
        ("restarts of coarse colours", {
            jpeg(|encoder| {
                encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
                encoder.set_restart_interval(5);
            })
        }),
        ("grey", grey_file),
    ]
}

fn others() -> Vec<(&'static str, Vec<u8>)> {
    let opaque = DynamicImage::from(busy());
    let mut gif = Vec::new();
    {
        let mut encoder = GifEncoder::new(&mut gif);
        encoder.encode_frame(Frame::new(opaque.to_rgba8())).unwrap();
        encoder.encode_frame(Frame::new(image::RgbaImage::from_pixel(WIDTH, HEIGHT, image::Rgba([9; 4])))).unwrap();
    }
    vec![
        ("PNG", file(opaque.clone(), ImageFormat::Png)),
        ("PNG with transparency", file(opaque.to_rgba8(), ImageFormat::Png)),
        ("WebP", file(opaque.clone(), ImageFormat::WebP)),
        ("lossy WebP", include_bytes!("lossy.webp").to_vec()),
        ("BMP", file(opaque.clone(), ImageFormat::Bmp)),
        ("TIFF", file(opaque, ImageFormat::Tiff)),
        ("GIF", gif),
    ]
}

/// Where cuts are tried: all over the file, and at each of its last bytes.
fn cuts(length: usize) -> impl Iterator<Item = usize> {
    let step = (length / 100).max(1);
    (2..length).filter(move |at| at % step == 0 || *at + 40 > length)
}

/// Whether more is different than the last bits of a few blocks, which no decoder can tell to be missing.
fn differs(one: &RgbImage, other: &RgbImage) -> bool {
    let off = one.iter().zip(other.iter()).filter(|(one, other)| one.abs_diff(**other) > 24).count();
    off * 50 > one.len()
}

/// The lengths at which a cut file was taken for a picture that is not the whole one.
fn wrongly_taken(whole: &[u8], end: &[u8]) -> Vec<usize> {
    let picture = decode(whole).unwrap().pixels;
    cuts(whole.len())
        .filter(|at| {
            let cut = [&whole[..*at], end].concat();
            decode(&cut).is_ok_and(|taken| differs(&taken.pixels, &picture))
        })
        .collect()
}

#[test]
fn a_jpeg_that_was_cut_off_is_refused() {
    for (what, whole) in jpegs() {
        assert_eq!(wrongly_taken(&whole, b""), [0; 0], "{what} of {} bytes", whole.len());
    }
}

/// Some programs end what they could not finish.
#[test]
fn a_jpeg_that_was_cut_off_and_ended_is_refused() {
    for (what, whole) in jpegs() {
        assert_eq!(wrongly_taken(&whole, END), [0; 0], "{what} of {} bytes", whole.len());
    }
}

#[test]
fn a_picture_of_any_other_format_that_was_cut_off_is_refused() {
    for (what, whole) in others() {
        assert_eq!(wrongly_taken(&whole, b""), [0; 0], "{what} of {} bytes", whole.len());
    }
}

#[test]
fn a_jpeg_without_its_end_mark_or_with_bytes_behind_it_is_whole() {
    for (what, whole) in jpegs() {
        let picture = decode(&whole).unwrap().pixels;
        let open = whole.strip_suffix(END).unwrap();
        for (how, odd) in [("without end", open.to_vec()), ("with more", [&whole[..], &[0x55; 500]].concat())] {
            let taken = decode(&odd).unwrap_or_else(|error| panic!("{what} {how}: {error}"));
            assert!(taken.pixels == picture, "{what} {how}");
        }
    }
}

/// A part in the middle that is missing, as of a file that was fetched in pieces.
#[test]
fn a_jpeg_with_a_hole_is_refused() {
    for (what, whole) in jpegs() {
        let middle = whole.len() / 2;
        let holed = [&whole[..middle], &whole[middle + whole.len() / 4..]].concat();
        assert!(decode(&holed).is_err(), "{what}");
    }
}
