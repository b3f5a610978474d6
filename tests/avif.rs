//! AVIF pictures, decoded by a process of the program.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use fastrand::Rng;
use posterizarr_render::picture::avif::{HELPER_WORD, decode_by};
use posterizarr_render::picture::{decode, head};

use crate::daemon::BINARY;

/// An AVIF file: 96 by 64 pixels, red and blue-green in quarters, as Pillow wrote it with libavif.
pub fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/render/fixtures/pictures");
    std::fs::read(format!("{folder}/{name}")).unwrap()
}

const QUARTERS: [[u8; 3]; 4] = [[255, 40, 48], [20, 40, 144], [255, 220, 48], [20, 220, 144]];

#[track_caller]
fn assert_near(tolerance: u8, found: [[u8; 3]; 4], wanted: [[u8; 3]; 4], what: &str) {
    let off = found.iter().flatten().zip(wanted.iter().flatten()).map(|(one, other)| one.abs_diff(*other)).max();
    assert!(off.unwrap() <= tolerance, "{what}: {found:?} in place of {wanted:?}");
}

/// The colours in the middles of the quarters of a fixture.
fn quarters(name: &str) -> [[u8; 3]; 4] {
    let pixels = decode(&fixture(name)).unwrap().pixels;
    assert_eq!(pixels.dimensions(), (96, 64));
    [(24, 16), (72, 16), (24, 48), (72, 48)].map(|(x, y)| pixels.get_pixel(x, y).0)
}

#[test]
fn colours_are_kept_however_they_are_stored() {
    decode_by(BINARY);
    for name in ["420.avif", "422.avif", "444.avif", "limited.avif", "icc.avif"] {
        assert_near(12, quarters(name), QUARTERS, name);
    }
    let brightness = QUARTERS.map(|[red, green, blue]| {
        [(0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)).round() as u8; 3]
    });
    assert_near(6, quarters("grey.avif"), brightness, "grey.avif");
    let [one, _, three, _] = QUARTERS;
    assert_near(12, quarters("alpha.avif"), [one, [255; 3], three, [255; 3]], "alpha.avif");
    assert_near(30, quarters("anim.avif"), QUARTERS, "the first frame of an animation");
}

#[test]
fn a_picture_is_turned_as_it_says_and_its_head_tells_its_size() {
    decode_by(BINARY);
    let file = fixture("turned.avif");
    let pixels = decode(&file).unwrap().pixels;
    assert_eq!(pixels.dimensions(), (64, 96));
    let head = head(Cursor::new(&file)).unwrap();
    assert_eq!((head.width, head.height), (64, 96));
    let seen = [(47, 24), (47, 72), (15, 24), (15, 72)].map(|(x, y)| pixels.get_pixel(x, y).0);
    assert_near(12, seen, QUARTERS, "a quarter of a turn with the clock");
}

/// The decoder ends its process over some damaged files: that is an error of the picture like any other.
#[test]
fn a_damaged_picture_is_refused_and_ends_nothing_but_its_own_decoder() {
    decode_by(BINARY);
    let file = fixture("420.avif");
    for end in (0..file.len()).step_by(23) {
        assert!(decode(&file[..end]).is_err(), "the first {end} of {} bytes", file.len());
    }
    let coded = file.windows(4).position(|four| four == b"mdat").unwrap() + 4;
    let (mut broken, mut numbers) = (0, Rng::with_seed(0x9e37_79b9_7f4a_7c15));
    for _ in 0..rounds() {
        let mut odd = file.clone();
        for _ in 0..=numbers.usize(..3) {
            let at = coded + numbers.usize(..odd.len() - coded);
            odd[at] = numbers.u8(..);
        }
        match decode(&odd) {
            Ok(source) => assert_eq!(source.pixels.dimensions(), (96, 64)),
            Err(error) => broken += usize::from(error.to_string().contains("broke down")),
        }
    }
    println!("{broken} of {} broke the decoder", rounds());
    assert!(decode(&file).is_ok(), "the next picture is none the worse");
}

/// How many damaged files are tried; `POSTERIZARRD_AVIF_ROUNDS` says.
fn rounds() -> usize {
    std::env::var("POSTERIZARRD_AVIF_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

/// What is on standard input is not trusted, either.
#[test]
fn the_helper_answers_whatever_it_is_given() {
    let said = |content: &[u8]| {
        let mut helper =
            Command::new(BINARY).arg(HELPER_WORD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        helper.stdin.take().unwrap().write_all(content).unwrap();
        helper.wait_with_output().unwrap().stdout
    };
    assert_eq!(said(b"").first(), Some(&1));
    assert_eq!(said(&[7; 5000]).first(), Some(&1));
    assert_eq!(said(&fixture("444.avif")).len(), 17 + 96 * 64 * 3);
}
