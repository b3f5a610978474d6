//! One poster of 2000x3000 with overlay, border and text: this engine against ImageMagick's `convert` doing the same steps,
//! in turns, on one core each. `cargo bench -p posterizarr-engine`; figures are recorded in the README.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark")]

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use image::{Rgb, RgbImage};
use posterizarr_engine::{
    config::{Document, Look},
    design::Kind,
    kit::{Kit, Shelf},
    overlays,
    picture::{encode, open},
};

const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    overlays::put_missing(folder.path()).unwrap();
    fs::write(place("Colus-Regular.ttf"), dejavu::sans::bold()).unwrap();
    // Something like a photograph: smooth, with texture.
    let noise =
        |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 28;
    let photo = RgbImage::from_fn(1000, 1500, |x, y| {
        let texture = noise(x / 3, y / 3);
        Rgb([(x / 5 + texture) as u8, (y / 8 + texture) as u8, (120 + texture) as u8])
    });
    fs::write(place("source.jpg"), encode(&photo, 92, false).unwrap()).unwrap();
    let document: Document = serde_json::from_str(include_str!("../fixtures/config.json")).unwrap();
    let look = Look::read(&document).unwrap();
    let kit = Shelf::new(folder.path()).kit(look.design(Kind::Poster)).unwrap();

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(|| make(&kit, folder.path())));
        if Command::new("convert").arg("-version").output().is_ok() {
            theirs.push(timed(|| convert(folder.path())));
        }
    }
    let ours = median(ours);
    println!("engine: {ours:?} a poster, {} MiB at most", peak());
    if theirs.is_empty() {
        println!("convert is not installed; nothing to compare with");
        return;
    }
    let theirs = median(theirs);
    println!("convert: {theirs:?} a poster; {:.1} times as long", theirs.as_secs_f64() / ours.as_secs_f64());
}

fn make(kit: &Kit, folder: &Path) {
    let mut canvas = kit.compose(&open(&folder.join("source.jpg")).unwrap());
    kit.letter(&mut canvas, "The Hobbit is a great movie", "", None);
    fs::write(folder.join("ours.jpg"), encode(canvas.pixels(), 92, true).unwrap()).unwrap();
}

/// The script's three runs for one picture: comment, geometry, text. Sizing the text takes it one more, left out here.
fn convert(folder: &Path) {
    let run = |line: &str, caption: &str| {
        let arguments = line.split_whitespace().map(|word| if word == "CAPTION" { caption } else { word });
        let status =
            Command::new("convert").args(arguments).env("OMP_NUM_THREADS", "1").current_dir(folder).status().unwrap();
        assert!(status.success(), "{line}");
    };
    run("source.jpg -set comment marker theirs.jpg", "");
    run(
        "theirs.jpg -resize 2000x3000^ -gravity center -extent 2000x3000 overlay-innerglow.png -gravity south -quality 92% -composite -shave 30x30 -bordercolor black -border 30 theirs.jpg",
        "",
    );
    run(
        "theirs.jpg -gravity center -background none -layers Flatten ( -font Colus-Regular.ttf -pointsize 205 -fill white -size 1900x500 -background none -gravity south CAPTION -trim -gravity south -extent 1900x500 ) -gravity south -geometry +0+430 -quality 92% -composite theirs.jpg",
        "caption:THE HOBBIT IS A GREAT MOVIE",
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The most memory this process ever had, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}
