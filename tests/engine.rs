//! The poster engine as the real binary runs it: by hand, and as the child of a daemon's run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use image::{Rgb, RgbImage};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::daemon::{Daemon, command, within};

const BINARY: &str = env!("CARGO_BIN_EXE_posterizarrd");

/// A data folder whose configuration has its assets inside.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self::with(json!({}))
    }

    fn with(prerequisites: Value) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let mut part = json!({"AssetPath": place.path("assets")});
        part.as_object_mut().unwrap().extend(prerequisites.as_object().unwrap().clone());
        fs::create_dir(place.path("assets")).unwrap();
        fs::write(place.path("config.json"), json!({"PrerequisitePart": part}).to_string()).unwrap();
        place
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    fn engine(&self, arguments: &[&str]) -> Command {
        let mut engine = command(BINARY, self.folder.path());
        engine.arg("engine").args(arguments).current_dir(self.folder.path());
        engine
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.engine(arguments).output().unwrap()
    }

    /// A picture to make something from.
    fn picture(&self) -> String {
        fs::create_dir_all(self.path("uploads")).unwrap();
        let path = self.path("uploads/source.jpg");
        RgbImage::from_fn(200, 310, |x, y| Rgb([x as u8, (y / 2) as u8, 90])).save(&path).unwrap();
        path.display().to_string()
    }

    fn manual(&self, title: &str, card: &[&str]) -> Output {
        let picture = self.picture();
        let always = ["-Manual", "-PicturePath", &picture, "-FolderName", "Dark (2017)", "-LibraryName", "TV Shows"];
        self.run(&[&always, card, &[&format!("-Titletext:{title}")]].concat())
    }

    fn text(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

/// Width and height of a JPEG that has its begin and its end; decoding that many takes too long.
fn size(path: &Path) -> (usize, usize) {
    let file = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(file.starts_with(b"\xff\xd8") && file.ends_with(b"\xff\xd9"), "{} is not whole", path.display());
    let size = imagesize::blob_size(&file).unwrap();
    (size.width, size.height)
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_testing_run_through_the_daemon_makes_all_samples_on_a_fresh_folder() {
    let place = Place { folder: tempfile::tempdir().unwrap() };
    let daemon = Daemon::start(place.folder.path());
    let status = daemon.json("GET", "/api/status");
    assert_eq!((&status["script_exists"], &status["runner"]["kind"]), (&json!(true), &json!("native")));
    let started = daemon.json("POST", "/api/run/testing");
    assert_eq!(started["success"], true, "{started}");
    let run = within("the end of the run", || {
        let run = daemon.json("GET", &format!("/api/runs/{}", started["run_id"]));
        (!run["outcome"].is_null()).then_some(run)
    });
    assert_eq!((&run["outcome"], &run["exit_code"]), (&json!("completed"), &json!(0)), "{run}");
    let names = files(&place.path("test"));
    assert_eq!(names.len(), 24, "{names:?}");
    for (kind, expected) in [
        ("poster", (2000, 3000)),
        ("SeasonPoster", (2000, 3000)),
        ("background", (3840, 2160)),
        ("TitleCard", (3840, 2160)),
    ] {
        for length in ["ShortText", "MediumText", "LongText", "ShortTextCAPS", "MediumTextCAPS", "LongTextCAPS"] {
            assert_eq!(size(&place.path(&format!("test/{kind}{length}.jpg"))), expected);
        }
    }
    let result: Value = serde_json::from_str(&place.text("Logs/testing.json")).unwrap();
    assert_eq!((&result["Posters"], &result["Titlecards"], &result["Errors"]), (&json!(6), &json!(6), &json!(0)));
    let log = place.text("Logs/Testinglog.log");
    assert!(log.contains("progress: done=24 total=24"));
    let display_font = concat!(env!("CARGO_MANIFEST_DIR"), "/web/node_modules/@expo-google-fonts/oswald");
    // The program is built with the font that is installed for the web UI.
    let stand_in = if Path::new(display_font).is_dir() { "Oswald SemiBold" } else { "DejaVu Sans Bold" };
    assert!(log.contains(&format!("{stand_in} stands in for it")), "{log}");
    assert!(!place.path("temp/Posterizarr.Running").is_file());
    assert!(place.path(&format!("runs/{}/testing.json", started["run_id"])).is_file(), "the results are collected");

    // The engine has the other modes as well, and says what keeps them from working.
    let backup = daemon.json("POST", "/api/run/backup");
    assert_eq!(backup["success"], true, "{backup}");
    let path = format!("/api/runs/{}", backup["run_id"]);
    let ended = within("the backup ends", || Some(daemon.json("GET", &path)).filter(|run| !run["outcome"].is_null()));
    assert_eq!(ended["outcome"], "failed");
    assert!(ended["reason"].as_str().unwrap().contains("PlexPart.PlexUrl is still the example"), "{ended}");
}

#[test]
fn manual_runs_make_every_kind_of_artwork_and_consume_the_source() {
    let place = Place::new();
    for (card, target, expected, row) in [
        (&[][..], "TV Shows/Dark (2017)/poster.jpg", (2000, 3000), "\"Dark\";\"Poster\""),
        (
            &["-SeasonPoster", "-SeasonPosterName", "Season 2"],
            "TV Shows/Dark (2017)/Season02.jpg",
            (2000, 3000),
            "\"Dark | Season 2\";\"Season\"",
        ),
        (&["-BackgroundCard"], "TV Shows/Dark (2017)/background.jpg", (3840, 2160), "\"Dark\";\"Background\""),
        (&["-CollectionCard"], "Collections/TV Shows/Dark (2017)/poster.jpg", (2000, 3000), "\"Dark\";\"Collection\""),
        (
            &["-TitleCard", "-EPTitleName", "Lies", "-SeasonPosterName", "Season 1", "-EpisodeNumber", "2"],
            "TV Shows/Dark (2017)/S01E02.jpg",
            (3840, 2160),
            "\"S01E02 | Lies\";\"Episode\"",
        ),
    ] {
        let done = place.manual("Dark", card);
        assert_eq!(done.status.code(), Some(0), "{target}: {}", said(&done));
        let target = place.path("assets").join(target);
        assert_eq!(size(&target), expected);
        let bytes = fs::read(&target).unwrap();
        assert!(bytes.windows(24).any(|part| part == b"created with posterizarr"));
        assert!(!place.path("uploads/source.jpg").is_file(), "what was uploaded is consumed");
        assert!(place.text("Logs/ImageChoices.csv").contains(row), "{}", place.text("Logs/ImageChoices.csv"));
        assert!(place.text("Logs/Manuallog.log").contains("Added: "));
        let result: Value = serde_json::from_str(&place.text("Logs/manual.json")).unwrap();
        assert_eq!((&result["Mode"], &result["Errors"]), (&json!("manual"), &json!(0)));
    }
    assert_eq!(files(&place.path("RotatedLogs")).len(), 4, "the logs of each run but the last");
}

#[test]
fn a_manual_run_that_fails_changes_nothing_and_says_why() {
    let place = Place::new();
    for (content, reason) in [
        ("<html>not found</html>", "this is a web page and no picture"),
        ("", "not a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF"),
        ("\u{0}\u{1}", "not a JPEG"),
    ] {
        let picture = place.path("page.jpg");
        fs::write(&picture, content).unwrap();
        let picture = picture.display().to_string();
        let failed = place.run(&[
            "-Manual",
            "-PicturePath",
            &picture,
            "-FolderName",
            "F",
            "-LibraryName",
            "L",
            "-Titletext",
            "T",
        ]);
        assert_eq!(failed.status.code(), Some(1));
        assert!(said(&failed).contains(reason), "{}", said(&failed));
        assert!(Path::new(&picture).is_file(), "the source stays");
    }
    for (arguments, reason) in [
        (&["-Manual"][..], "needs -PicturePath"),
        (
            &["-Manual", "-PicturePath", "/nowhere.jpg", "-FolderName", "..", "-LibraryName", "L"],
            "is not a name of a folder",
        ),
        (&["-Manual", "-PicturePath", "/nowhere.jpg", "-FolderName", "F", "-LibraryName", "L"], "/nowhere.jpg"),
        (&["-Backup"], "PlexPart.PlexUrl is still the example"),
        // A new config.json has an example address, which may well be somebody's server: it is never asked.
        (&[], "PlexPart.PlexUrl is still the example http://192.168.1.93:32400; enter your server's address"),
        (&["-DryRun"], "PlexPart.PlexUrl is still the example"),
        (&["-Testing", "-DryRun"], "-DryRun is for runs over a media server's library"),
    ] {
        let failed = place.run(arguments);
        assert_eq!(failed.status.code(), Some(1), "{arguments:?}");
        assert!(said(&failed).contains(reason), "{arguments:?}: {}", said(&failed));
        assert!(!place.path("temp/Posterizarr.Running").is_file());
    }
    assert!(files(&place.path("assets")).is_empty());
}

#[test]
fn hostile_titles_are_nothing_but_text() {
    let place = Place::new();
    let owned = place.path("owned");
    let long = "x".repeat(10_000);
    let execute = format!("$(touch {0}) `touch {0}` \"; touch {0}; '", owned.display());
    for title in [
        execute.as_str(),
        "@/etc/passwd",
        "%f %[EXIF:*] \\n",
        "line\nbreak\r\ttab",
        "\u{1f600}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "\u{627}\u{644}\u{633}\u{644}\u{627}\u{645} 1",
        "\u{5343}\u{3068}\u{5343}\u{5c0b}\u{306e}",
        "-Testing",
        "..;\"quoted\";x",
        &long,
    ] {
        let done = place.manual(title, &[]);
        assert_eq!(done.status.code(), Some(0), "{title:.40}: {}", said(&done));
        let lines = place.text("Logs/Manuallog.log");
        assert!(lines.lines().all(|line| line.starts_with("[20")), "{lines}");
    }
    assert!(!owned.is_file());
    assert_eq!(files(&place.path("assets/TV Shows/Dark (2017)")), BTreeSet::from(["poster.jpg".to_owned()]));
}

#[test]
fn a_second_run_finds_the_first_and_a_stopped_one_leaves_no_trace() {
    let place = Place::new();
    let mut first = place.engine(&["-Testing"]).stdout(Stdio::null()).spawn().unwrap();
    within("the first image", || (!files(&place.path("test")).is_empty()).then_some(()));
    let second = place.run(&["-Testing"]);
    assert_eq!(second.status.code(), Some(75), "{}", said(&second));
    assert!(said(&second).contains("Another Posterizarr instance already running"));
    assert!(
        !place.path("RotatedLogs").is_dir() || files(&place.path("RotatedLogs")).is_empty(),
        "the first one's logs stay"
    );
    kill_process(Pid::from_child(&first), Signal::TERM).unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(143));
    assert!(!place.path("temp/Posterizarr.Running").is_file());
    assert!(place.text("Logs/Testinglog.log").contains("told to stop"));
    assert!(!place.path("Logs/testing.json").is_file());
    assert_whole(&place);
}

/// Every image is a whole one, and nothing in the making is left but what is known as such.
fn assert_whole(place: &Place) {
    for folder in ["test", "assets/TV Shows/Dark (2017)"] {
        for name in files(&place.path(folder)).iter().filter(|name| !name.starts_with(".posterizarr-engine-")) {
            size(&place.path(folder).join(name));
        }
    }
}

/// `POSTERIZARRD_KILLS` says how often; a full check takes 200.
#[test]
fn runs_that_are_killed_at_any_moment_leave_whole_images_and_the_next_one_works() {
    let place = Place::new();
    let rounds = std::env::var("POSTERIZARRD_KILLS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10_u64);
    for round in 0..rounds {
        let signal = if round % 2 == 0 { Signal::KILL } else { Signal::TERM };
        let picture = place.picture();
        let manual = [
            "-Manual",
            "-PicturePath",
            &picture,
            "-FolderName",
            "Dark (2017)",
            "-LibraryName",
            "TV Shows",
            "-Titletext",
            "D",
        ];
        let arguments = if round % 4 < 2 { &["-Testing"][..] } else { &manual };
        let mut run = place.engine(arguments).stdout(Stdio::null()).spawn().unwrap();
        // Spread over the whole run, in an order that jumps about.
        let span = if round % 4 < 2 { 2500 } else { 500 };
        std::thread::sleep(Duration::from_millis(round * 7919 % span));
        let _ = kill_process(Pid::from_child(&run), signal);
        let status = run.wait().unwrap();
        assert!(status.code().is_none_or(|code| [0, 143].contains(&code)), "{signal:?}: {status}");
        assert_whole(&place);
    }
    assert_eq!(place.run(&["-Testing"]).status.code(), Some(0), "a next run works");
    assert_eq!(files(&place.path("test")).len(), 24, "and nothing in the making is left");
    assert_eq!(place.manual("Dark", &[]).status.code(), Some(0));
    assert_eq!(files(&place.path("assets/TV Shows/Dark (2017)")), BTreeSet::from(["poster.jpg".to_owned()]));
}
