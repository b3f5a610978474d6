//! The shape of the code: which crate, which subject and which layer may know which, and how long a file may be.
//!
//! What is found names the file, what is wrong with it, and the rule. A new arrow goes into the tables below, where a
//! reviewer sees it; [`no_circle`] looks that the tables stay one-way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;

type Files = BTreeMap<String, String>;
type Arrows = &'static [(&'static str, &'static [&'static str])];

/// Which of our crates a crate may depend on.
const CRATES: Arrows = &[
    ("base", &[]),
    ("media", &["base"]),
    ("render", &["base"]),
    ("engine", &["base", "media", "render"]),
    ("actors", &["base", "media", "render"]),
];

/// Crates that are pure may use none of these.
const IMPURE: [&str; 4] = ["actix", "actix-web", "reqwest", "tokio"];
const PURE: [&str; 2] = ["base", "render"];

/// Which subjects of `actors/` a subject may know. What is not here knows none.
const SUBJECTS: Arrows = &[
    ("store", &[]),
    ("runtime", &["store"]),
    ("config", &["runtime", "store"]),
    ("access", &["config", "runtime", "store"]),
    ("runs", &["config", "runtime", "store"]),
    ("notify", &["config", "runs", "runtime"]),
    ("servers", &["notify", "runtime", "store"]),
    ("updates", &["runtime", "store"]),
    ("schedule", &["runs", "runtime", "store"]),
    ("logs", &["runs", "runtime"]),
    ("history", &["runs", "runtime", "store"]),
    ("exports", &["runs", "runtime", "servers", "store"]),
    ("library", &["config", "runs", "runtime", "servers", "store"]),
    ("triggers", &["library", "runs", "runtime", "store"]),
    // Reads and writes the records of all.
    (
        "recovery",
        &[
            "access", "config", "exports", "history", "library", "runs", "runtime", "schedule", "servers", "store",
            "triggers", "updates",
        ],
    ),
];

/// Subjects that are folders of parts which others use one by one; of all others only what their `mod.rs` shows.
const OPEN: [&str; 4] = ["runtime", "store", "library", "servers"];
/// Parts of an actor that others use all the same.
const SHARED_PARTS: [&str; 2] = ["notify::kuma", "config::asset_root"];

/// Which rooms of `src/http` a room may know.
const ROOMS: Arrows = &[
    ("extract", &[]),
    ("respond", &[]),
    ("auth", &["extract", "respond"]),
    ("middleware", &["auth", "respond"]),
    ("api", &["auth", "extract", "middleware", "respond"]),
];

/// Which subjects of the API a subject may know.
const API: Arrows = &[
    ("logs", &[]),
    ("system", &[]),
    // A run's log is a page of lines like any other.
    ("runs", &["logs"]),
    // "Run now" is refused as runs are.
    ("schedule", &["runs"]),
    // The last run tells when the next one is.
    ("history", &["schedule"]),
    // Several answers in one.
    ("dashboard", &["runs", "schedule", "system"]),
];

/// Lines of a file, without its tests.
const MAX_LINES: usize = 500;
/// Tables, which are read row by row.
const TABLES: [&str; 1] = ["src/settings/table.rs"];

/// The code of the crates, by path, without comments and tests.
fn code() -> Files {
    let mut files = Files::new();
    for folder in ["actors", "base", "engine", "media", "render", "src"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), folder, &mut files);
    }
    assert!(files.len() > 300, "{} files were found", files.len());
    files
}

fn collect(folder: &Path, name: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let file = entry.file_name().into_string().unwrap();
        let path = format!("{name}/{file}");
        if entry.path().is_dir() {
            if file != "tests" && file != "benches" {
                collect(&entry.path(), &path, files);
            }
        } else if file.ends_with(".rs") && file != "tests.rs" && file != "testing.rs" {
            let text = fs::read_to_string(entry.path()).unwrap();
            files.insert(path, stripped(&text));
        }
    }
}

/// Without what tests and comments say; lines stay lines.
fn stripped(text: &str) -> String {
    let tests = Regex::new(r"\n#\[cfg\(test\)\]\n(pub(\(crate\))? )?mod tests \{").unwrap();
    let code = tests.split(text).next().unwrap_or(text);
    code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect::<Vec<_>>().join("\n")
}

fn allowed(arrows: Arrows, from: &str) -> &'static [&'static str] {
    arrows.iter().find(|(name, _)| *name == from).map_or(&[], |(_, to)| to)
}

/// Faults of the crates' manifests.
fn crates(manifests: &[(&str, toml::Table)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, manifest) in manifests {
        let wanted = manifest["dependencies"].as_table().unwrap();
        for dependency in wanted.keys() {
            if let Some(other) = dependency.strip_prefix("posterizarr-")
                && !allowed(CRATES, name).contains(&other)
            {
                faults.push(format!("{name}/Cargo.toml depends on {other}: crates know only those below them"));
            }
            if PURE.contains(name) && IMPURE.contains(&dependency.as_str()) {
                faults.push(format!(
                    "{name}/Cargo.toml depends on {dependency}: {name} is pure, no network and no async"
                ));
            }
        }
    }
    faults
}

/// The paths that begin with `crate::` in a text, as far as they name modules; also those within braces.
fn paths(text: &str, prefix: &str) -> BTreeSet<String> {
    let path = Regex::new(&format!(r"\b{prefix}((?:[a-z_0-9]+::)+)")).unwrap();
    let braces = Regex::new(&format!(r"\b{prefix}\{{([^}}]*)\}}")).unwrap();
    let plain = path.captures_iter(text).map(|found| found[1].trim_end_matches("::").to_owned());
    let listed = braces.captures_iter(text).flat_map(|found| {
        let is_module = |name: &&str| name.starts_with(|first: char| first.is_ascii_lowercase());
        let words = found[1].split(',').map(|word| word.trim().split("::").take_while(is_module).collect::<Vec<_>>());
        words.map(|names| names.join("::")).filter(|path| !path.is_empty()).collect::<Vec<_>>()
    });
    plain.chain(listed).collect()
}

/// Faults between subjects of the actors.
fn subjects(files: &Files) -> Vec<String> {
    let mut faults = Vec::new();
    for (file, text) in files.iter().filter(|(file, _)| file.starts_with("actors/") && *file != "actors/lib.rs") {
        let own = file.split('/').nth(1).unwrap();
        for path in paths(text, "crate::") {
            let other = path.split("::").next().unwrap();
            if other == own || !SUBJECTS.iter().any(|(name, _)| *name == other) {
                continue;
            }
            if !allowed(SUBJECTS, own).contains(&other) {
                faults.push(format!("{file} uses {path}: {own} may not know {other}, see SUBJECTS"));
            }
            let is_deep = path.contains("::") && !OPEN.contains(&other);
            let is_shared = SHARED_PARTS.iter().any(|part| path.starts_with(part));
            if is_deep && !is_shared && own != "recovery" {
                faults.push(format!("{file} uses {path}: a private part of {other}; take what its mod.rs shows"));
            }
        }
    }
    faults
}

/// Faults between rooms of the facade.
fn rooms(files: &Files) -> Vec<String> {
    let mut faults = Vec::new();
    for (file, text) in files.iter().filter(|(file, _)| file.starts_with("src/http/")) {
        let parts: Vec<_> = file.trim_end_matches(".rs").split('/').skip(2).collect();
        let (own, own_subject) = (parts[0], parts.get(1).copied());
        for path in paths(text, "crate::http::") {
            let mut names = path.split("::");
            let (other, subject) = (names.next().unwrap(), names.next());
            let is_room = |name: &str| ROOMS.iter().any(|(room, _)| *room == name);
            if is_room(own) && is_room(other) && own != other && !allowed(ROOMS, own).contains(&other) {
                faults.push(format!("{file} uses {path}: {own} may not know {other}, see ROOMS"));
            }
            if let ("api", "api", Some(from), Some(to)) = (own, other, own_subject, subject)
                && from != to
                && !allowed(API, from).contains(&to)
            {
                faults.push(format!("{file} uses {path}: {from} may not know {to}, see API"));
            }
        }
    }
    faults
}

/// Files that are too long.
fn lengths(files: &Files) -> Vec<String> {
    let lines = |text: &String| text.lines().count();
    let long = files.iter().filter(|(file, text)| !TABLES.contains(&file.as_str()) && lines(text) > MAX_LINES);
    long.map(|(file, text)| format!("{file} has {} lines; {MAX_LINES} is the most: it has two reasons", lines(text)))
        .collect()
}

/// Ways to read a query that note no mistakes and document nothing. The extractor itself, and what looks for keys in any
/// request, know them.
fn queries(files: &Files) -> Vec<String> {
    const KNOW: [&str; 2] = ["src/http/extract/parameters.rs", "src/http/auth/credentials.rs"];
    let own = files.iter().filter(|(file, _)| file.starts_with("src/http/") && !KNOW.contains(&file.as_str()));
    let old = own.filter(|(_, text)| text.contains("web::Query"));
    old.map(|(file, _)| format!("{file} uses web::Query; take what it asks with extract::parameters::Query")).collect()
}

/// What knows itself by way of others.
fn circles(arrows: Arrows) -> Vec<String> {
    fn reaches(arrows: Arrows, from: &str, to: &str, seen: &mut BTreeSet<&'static str>) -> bool {
        allowed(arrows, from).iter().any(|next| *next == to || (seen.insert(next) && reaches(arrows, next, to, seen)))
    }
    let found = arrows.iter().filter(|(name, _)| reaches(arrows, name, name, &mut BTreeSet::new()));
    found.map(|(name, _)| format!("{name} knows itself by way of others")).collect()
}

fn manifests() -> Vec<(&'static str, toml::Table)> {
    let read = |name: &&'static str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("Cargo.toml");
        (*name, fs::read_to_string(path).unwrap().parse().unwrap())
    };
    CRATES.iter().map(|(name, _)| name).map(read).collect()
}

#[test]
fn crates_know_only_those_below_them() {
    assert_eq!(crates(&manifests()), [""; 0]);
}

#[test]
fn subjects_know_only_those_they_may() {
    assert_eq!(subjects(&code()), [""; 0]);
}

#[test]
fn rooms_of_the_facade_know_only_those_they_may() {
    assert_eq!(rooms(&code()), [""; 0]);
}

#[test]
fn queries_are_read_in_one_way() {
    assert_eq!(queries(&code()), [""; 0]);
}

#[test]
fn no_file_is_too_long() {
    assert_eq!(lengths(&code()), [""; 0]);
}

#[test]
fn no_circle() {
    for arrows in [CRATES, SUBJECTS, ROOMS, API] {
        assert_eq!(circles(arrows), [""; 0]);
    }
    assert_eq!(circles(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])]).len(), 3);
}

#[test]
fn the_containers_build_gets_every_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ignored = fs::read_to_string(root.join("deploy/Dockerfile.dockerignore")).unwrap();
    for (name, _) in CRATES {
        assert!(
            ignored.lines().any(|line| line == format!("!{name}")),
            "deploy/Dockerfile.dockerignore leaves out {name}"
        );
    }
}

/// Each rule finds what breaks it, and nothing else.
#[test]
fn a_planted_fault_is_found_by_its_rule() {
    let file = |path: &str, text: &str| Files::from([(path.to_owned(), stripped(text))]);
    let of_one = |faults: Vec<String>, word: &str| {
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains(word), "{faults:?}");
    };
    of_one(subjects(&file("actors/config/mod.rs", "use crate::runs::RunView;")), "config may not know runs");
    of_one(subjects(&file("actors/config/mod.rs", "use crate::{runs::RunView};")), "config may not know runs");
    of_one(subjects(&file("actors/notify/mod.rs", "use crate::runs::queue::Queue;")), "a private part of runs");
    assert_eq!(subjects(&file("actors/config/mod.rs", "// crate::runs::RunView\nuse crate::store::Store;")), [""; 0]);
    of_one(rooms(&file("src/http/extract/query.rs", "use crate::http::api::runs::start;")), "extract may not know api");
    of_one(
        rooms(&file("src/http/api/runs/mod.rs", "use crate::http::api::history::page;")),
        "runs may not know history",
    );
    of_one(queries(&file("src/http/api/a.rs", "fn a(query: web::Query<A>)")), "extract::parameters::Query");
    of_one(lengths(&file("base/x.rs", &"x\n".repeat(MAX_LINES + 1))), "it has two reasons");
    assert_eq!(
        lengths(&file("base/x.rs", &format!("x\n#[cfg(test)]\nmod tests {{\n{}", "x\n".repeat(MAX_LINES)))),
        [""; 0]
    );
    let manifest =
        |name, dependency: &str| vec![(name, format!("[dependencies]\n{dependency} = \"1\"").parse().unwrap())];
    of_one(crates(&manifest("media", "posterizarr-engine")), "media/Cargo.toml depends on engine");
    of_one(crates(&manifest("render", "tokio")), "render is pure");
}
