//! Posters and title cards with overlay, border and text: this engine against ImageMagick's `convert` doing the same steps,
//! in turns, on one core each; and how many the engine makes on all cores. Reading and writing files is in it.
//! `cargo bench -p posterizarr-render`; figures are recorded in the README.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark")]

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use image::{Rgb, RgbImage};
use posterizarr_render::{
    badge::{Badge, Spacing, Style},
    config::{Document, Look},
    design::{ArtworkKind, Design},
    geometry::{Gravity, Size},
    hiding::{Hiding, Strength},
    overlays,
    picture::{Colour, encode, open},
    prepared::{AssetCache, PreparedDesign},
};

const ROUNDS: usize = 7;
/// So many pictures for each thread show what all cores do together.
const PICTURES: usize = 20;

/// A source and what is made of it.
struct Case {
    name: &'static str,
    kind: ArtworkKind,
    source: (u32, u32),
}

const CASES: [Case; 4] = [
    Case { name: "1000x1500 to poster", kind: ArtworkKind::Poster, source: (1000, 1500) },
    Case { name: "2000x3000 to poster", kind: ArtworkKind::Poster, source: (2000, 3000) },
    Case { name: "1920x1080 to title card", kind: ArtworkKind::TitleCard, source: (1920, 1080) },
    Case { name: "3840x2160 to title card", kind: ArtworkKind::TitleCard, source: (3840, 2160) },
];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    overlays::put_missing(folder.path()).unwrap();
    fs::write(place("Colus-Regular.ttf"), dejavu::sans::bold()).unwrap();
    let document: Document = serde_json::from_str(include_str!("../fixtures/config.json")).unwrap();
    let look = Look::read(&document).unwrap();
    let compares = Command::new("convert").arg("-version").output().is_ok();
    if !compares {
        println!("convert is not installed; nothing to compare with");
    }
    println!("| median of {ROUNDS}, in turns | engine | its CPU time | ImageMagick's three steps | ratio |");
    println!("|---|---|---|---|---|");
    for case in &CASES {
        fs::write(place("source.jpg"), encode(&photo(case.source), 92, false).unwrap()).unwrap();
        let prepared = AssetCache::new(folder.path()).prepared(look.design(case.kind).unwrap()).unwrap();
        measure(case, &prepared, folder.path(), compares);
    }
    fs::write(place("source.jpg"), encode(&photo((2000, 3000)), 92, false).unwrap()).unwrap();
    measure_options(&look, folder.path());
    println!("{} MiB at most", peak());
}

/// What a poster costs with all off, and with each of what the script does not know on, in turns.
fn measure_options(look: &Look, folder: &Path) {
    let prepared = |change: fn(&mut Design)| {
        let mut design = look.design(ArtworkKind::Poster).unwrap().clone();
        change(&mut design);
        AssetCache::new(folder).prepared(&design).unwrap()
    };
    let plain = prepared(|_| {});
    let legible = prepared(|design| {
        design.legibility = true;
        // So that there is something to help.
        (design.overlay, design.title.fill) = (None, Colour::opaque([0x90; 3]));
    });
    let balanced = prepared(|design| design.typography.balanced_lines = true);
    let badge = |text: &str, place| Badge {
        text: text.to_owned(),
        icon: None,
        place: Gravity::parse(place).unwrap(),
        style: Style::default(),
    };
    let badges = [badge("4K", "northwest"), badge("HDR", "northwest"), badge("8.4", "northeast")];
    let options: [(&str, &PreparedDesign, Option<Hiding>, &[Badge]); 6] = [
        ("all off", &plain, None, &[]),
        ("legibility", &legible, None, &[]),
        ("balanced lines", &balanced, None, &[]),
        ("three badges", &plain, None, &badges),
        ("blurred", &plain, Some(Hiding::Blur(Strength::FULL)), &[]),
        ("grey", &plain, Some(Hiding::Grey(Strength::FULL)), &[]),
    ];
    let mut times = vec![Vec::new(); options.len()];
    for _ in 0..ROUNDS {
        for ((_, prepared, hiding, badges), times) in options.iter().zip(&mut times) {
            let before = processor_time();
            let mut canvas = prepared.compose_hidden(open(&folder.join("source.jpg")).unwrap(), *hiding);
            prepared.letter(&mut canvas, "The Hobbit is a great movie", "", None);
            prepared.badges(&mut canvas, badges, Spacing::default());
            fs::write(folder.join("ours.jpg"), encode(canvas.pixels(), 92, true).unwrap()).unwrap();
            times.push(processor_time() - before);
        }
    }
    for ((name, ..), times) in options.iter().zip(times) {
        println!("| 2000x3000 to poster, {name} | | {:.1?} | | |", median(times));
    }
}

/// Something like a photograph: smooth, with texture.
fn photo((width, height): (u32, u32)) -> RgbImage {
    let noise =
        |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 28;
    RgbImage::from_fn(width, height, |x, y| {
        let texture = noise(x / 3, y / 3);
        Rgb([(x * 200 / width + texture) as u8, (y * 190 / height + texture) as u8, (120 + texture) as u8])
    })
}

fn measure(case: &Case, prepared: &PreparedDesign, folder: &Path, compares: bool) {
    let (mut ours, mut processor, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = processor_time();
        ours.push(timed(|| make(prepared, folder, "ours.jpg")));
        processor.push(processor_time() - before);
        if compares {
            theirs.push(timed(|| convert(folder, case.kind.canvas())));
        }
    }
    let (ours, processor) = (median(ours), median(processor));
    let compared = if theirs.is_empty() {
        "- | -".to_owned()
    } else {
        let theirs = median(theirs);
        format!("{theirs:.0?} | {:.1}", theirs.as_secs_f64() / ours.as_secs_f64())
    };
    println!("| {} | {ours:.0?} | {processor:.0?} | {compared} |", case.name);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let together = timed(|| {
        std::thread::scope(|scope| {
            for thread in 0..threads {
                scope.spawn(move || (0..PICTURES).for_each(|_| make(prepared, folder, &format!("thread{thread}.jpg"))));
            }
        });
    });
    let rate = (threads * PICTURES) as f64 / together.as_secs_f64();
    println!("| {}, {threads} at the same time | {rate:.1} a second | | | |", case.name);
}

fn make(prepared: &PreparedDesign, folder: &Path, name: &str) {
    let mut canvas = prepared.compose(open(&folder.join("source.jpg")).unwrap());
    prepared.letter(&mut canvas, "The Hobbit is a great movie", "", None);
    fs::write(folder.join(name), encode(canvas.pixels(), 92, true).unwrap()).unwrap();
}

/// What this thread has had of the processor.
fn processor_time() -> Duration {
    let all = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(all.split(' ').next().unwrap().parse().unwrap())
}

/// The script's three runs for one picture: comment, geometry, text. Sizing the text takes it one more, left out here.
fn convert(folder: &Path, Size { width, height }: Size) {
    let overlay = if width > height { "backgroundoverlay-innerglow.png" } else { "overlay-innerglow.png" };
    let size = format!("{width}x{height}");
    let run = |line: &str, caption: &str| {
        let arguments = line.split_whitespace().map(|word| if word == "CAPTION" { caption } else { word });
        let status =
            Command::new("convert").args(arguments).env("OMP_NUM_THREADS", "1").current_dir(folder).status().unwrap();
        assert!(status.success(), "{line}");
    };
    run("source.jpg -set comment marker theirs.jpg", "");
    run(
        &format!(
            "theirs.jpg -resize {size}^ -gravity center -extent {size} {overlay} -gravity south -quality 92% -composite -shave 30x30 -bordercolor black -border 30 theirs.jpg"
        ),
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
