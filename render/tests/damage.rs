//! Damaged pictures through decoding and composing: an error or a picture, never a panic.
//!
//! `POSTERIZARRD_DAMAGE_SECONDS` says for how long; a full check takes ten minutes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use fastrand::Rng;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use posterizarr_render::{
    geometry::{Gravity, Size},
    picture::{Canvas, Colour, Overlay, Source, decode, encode},
};

fn whole() -> Vec<Vec<u8>> {
    let picture = RgbaImage::from_fn(61, 47, |x, y| Rgba([x as u8 * 4, y as u8 * 5, (x * y) as u8, 255 - x as u8]));
    let picture = DynamicImage::from(picture);
    let file = |picture: &DynamicImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let opaque = DynamicImage::from(picture.to_rgb8());
    vec![
        file(&opaque, ImageFormat::Jpeg),
        file(&DynamicImage::from(picture.to_luma8()), ImageFormat::Jpeg),
        encode(&picture.to_rgb8(), 80, true).unwrap(),
        file(&picture, ImageFormat::Png),
        file(&DynamicImage::from(picture.to_rgba16()), ImageFormat::Png),
        file(&picture, ImageFormat::WebP),
        file(&opaque, ImageFormat::Bmp),
        file(&opaque, ImageFormat::Tiff),
        file(&DynamicImage::from(picture.to_rgba16()), ImageFormat::Tiff),
    ]
}

fn damage(file: &[u8], numbers: &mut Rng) -> Vec<u8> {
    let mut damaged = file.to_vec();
    for _ in 0..=numbers.usize(..4) {
        let at = numbers.usize(..damaged.len().max(1));
        match numbers.usize(..6) {
            0 => damaged.truncate(at),
            1 => damaged.drain(at..(at + numbers.usize(..40)).min(damaged.len())).for_each(drop),
            2 => damaged.insert(at, numbers.u8(..)),
            // The heads are where sizes and counts are.
            3 => damaged.iter_mut().skip(numbers.usize(..64)).take(1).for_each(|byte| *byte = numbers.u8(..)),
            _ => damaged.iter_mut().skip(at).take(1 + numbers.usize(..3)).for_each(|byte| *byte = numbers.u8(..)),
        }
    }
    damaged
}

/// All that is done to a picture, on a small canvas.
fn compose(source: Source, overlay: &Overlay) {
    let mut canvas = Canvas::covered_by(source, Size::new(40, 60));
    canvas.overlay(overlay, Gravity::SOUTH);
    canvas.frame(3, Colour::BLACK);
    assert_eq!(canvas.size(), Size::new(40, 60));
    assert!(encode(canvas.pixels(), 92, true).unwrap().ends_with(b"\xff\xd9"));
}

#[test]
fn damaged_pictures_are_refused_or_made_do_with() {
    let seconds = std::env::var("POSTERIZARRD_DAMAGE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (files, mut rounds, mut decoded) = (whole(), 0_u64, 0_u64);
    let overlay = Overlay::from(RgbaImage::from_pixel(40, 60, Rgba([9, 9, 9, 99])));
    while Instant::now() < end {
        rounds += 1;
        // By its number, so that a failure can be repeated.
        let mut numbers = Rng::with_seed(rounds);
        let damaged = damage(&files[numbers.usize(..files.len())], &mut numbers);
        if let Ok(source) = decode(&damaged) {
            decoded += 1;
            compose(source, &overlay);
        }
    }
    // VmHWM is the most memory this process ever had.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse::<u64>()
        .unwrap()
        / 1024;
    println!("{rounds} rounds, {decoded} still decoded, {peak} MiB at most");
    assert!(rounds > 100 && decoded > 0);
    assert!(peak < 1024, "{peak} MiB");
}
