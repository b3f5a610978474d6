//! Pictures that are small on the disk and large in memory, from every side at once: all clients share one budget.

use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{DynamicImage, ImageFormat};

use super::raw::{Answer, exchange, peak};
use crate::daemon::Daemon;

/// What pictures may take together, as the README has it, in MiB.
const BUDGET: u64 = 384;

fn zlib(plain: impl Read, before: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(before.to_vec(), Compression::fast());
    std::io::copy(&mut { plain }, &mut encoder).unwrap();
    encoder.finish().unwrap()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(&[kind, content].concat());
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length, &kind[..], content, &crc.sum().to_be_bytes()].concat()
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let picture = match format {
        ImageFormat::Jpeg => DynamicImage::new_rgb8(width, height),
        _ => DynamicImage::new_rgba8(width, height),
    };
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A poster of 200x300 whose colour profile inflates to 128 MiB.
fn profile_bomb() -> Vec<u8> {
    let whole = encoded(200, 300, ImageFormat::Png);
    let profile = chunk(b"iCCP", &zlib(std::io::repeat(0).take(128 << 20), b"icc\0\0"));
    // Behind the head, which is 8 bytes of signature and 25 of the first chunk.
    [&whole[..33], &profile, &whole[33..]].concat()
}

fn upload(daemon: &Daemon, path: &str, picture: &[u8]) -> Answer {
    let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n".as_bytes();
    let form = [head, picture, b"\r\n--x--\r\n"].concat();
    exchange(daemon, "POST", path, "Content-Type: multipart/form-data; boundary=x\r\n", &form)
}

/// What a daemon's memory grows by, in MiB, when every way in gets the picture eight times at once.
fn growth(picture: &[u8], expected: [u16; 3]) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path());
    let small = encoded(20, 30, ImageFormat::Png);
    write(folder.path(), "small.png", &small);
    (0..8).for_each(|n| write(folder.path(), &format!("{n}.png"), picture));
    // Fonts, overlays and threads are there once for all.
    exchange(&daemon, "GET", "/api/thumbnail?root=test&path=small.png", "", b"");
    assert_eq!(upload(&daemon, "/api/preview-upload", &small).status, 200);
    let before = peak(daemon.pid());
    std::thread::scope(|scope| {
        for n in 0..8 {
            let daemon = &daemon;
            let path = format!("/api/thumbnail?root=test&path={n}.png");
            scope.spawn(move || {
                let answer = exchange(daemon, "GET", &path, "", b"");
                // On a busy machine one may have waited for too long, and is to be asked for again.
                assert!([expected[0], 503].contains(&answer.status), "{}", String::from_utf8_lossy(&answer.body));
            });
            scope.spawn(move || {
                let answer = upload(daemon, "/api/preview-upload", picture);
                assert_eq!(answer.status, expected[1], "{}", String::from_utf8_lossy(&answer.body));
            });
            scope.spawn(move || {
                // Of the same name, one is first; the others are told.
                let answer = upload(daemon, "/api/overlayfiles/upload", picture);
                assert!([expected[2], 400].contains(&answer.status), "{}", String::from_utf8_lossy(&answer.body));
            });
        }
    });
    peak(daemon.pid()) - before
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let folder = folder.join("test");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::File::create(folder.join(name)).unwrap().write_all(content).unwrap();
}

#[test]
fn profiles_that_inflate_to_more_than_a_hundred_megabytes_are_refused_before_they_do() {
    let grown = growth(&profile_bomb(), [422, 400, 400]);
    assert!(grown <= 64, "{grown} MiB");
}

#[test]
fn eight_large_pictures_at_every_door_stay_within_the_budget() {
    // Four megapixels with transparency: forty megabytes each until it is small and opaque, and a canvas for previews.
    let grown = growth(&encoded(1600, 2400, ImageFormat::Png), [200, 200, 200]);
    assert!(grown <= BUDGET + 64, "{grown} MiB");
}
