//! The shape of the code: which crate, which subject and which layer may know which, and how long a file may be.
//!
//! What is found names the file, what is wrong with it, and the rule. A new arrow goes into the tables below, where a
//! reviewer sees it; [`no_circle`] looks that the tables stay one-way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use regex::Regex;

use graph::Graph;

mod graph;
mod source;

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
const IMPURE: [&str; 9] =
    ["actix", "actix-web", "futures-util", "hyper", "reqwest", "rusqlite", "rustls", "sled", "tokio"];
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

/// Subjects that are folders of parts: each part shows things by itself. Of all others only what their `mod.rs` shows.
const OF_PARTS: [&str; 3] = ["library", "runtime", "servers"];

/// Modules that a `mod.rs` shows whole, because their functions are read with the module's name.
const SHOWN: &[&str] = &[
    "access::old_keys",
    "config::asset_root",
    "config::contradictions",
    "config::document",
    "config::flat",
    "config::portable",
    "config::schema",
    "exports::export_store",
    "history::database",
    "history::query",
    "library::assets::left_out",
    "library::assets::query",
    "library::assets::scan",
    "logs::parse",
    "notify::kuma",
    "recovery::backups",
    "recovery::records",
    "runs::shim",
    "servers::libraries::old_libraries",
    "store::old_database",
    "store::swap",
];

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
    ("triggers", &[]),
    // A run's log is a page of lines like any other.
    ("runs", &["logs"]),
    // "Run now" is refused as runs are.
    ("schedule", &["runs"]),
    // The last run tells when the next one is.
    ("history", &["schedule"]),
    // What is taken in two ways is told once.
    ("system", &["triggers"]),
    // Several answers in one.
    ("dashboard", &["runs", "schedule", "system"]),
];

/// Files that may know one another: a type and its one helper.
const MAX_CIRCLE: usize = 2;
/// Where it is not so yet, with the largest circle there: it may shrink only. A line goes when its circles are gone.
const LARGER_CIRCLES: &[(&str, usize)] = &[];

/// Lines of a file, without its tests.
const MAX_LINES: usize = 500;
/// Tables, which are read row by row.
const TABLES: [&str; 1] = ["src/settings/table.rs"];

/// All sources of the crates, by path, as they are.
fn sources() -> &'static Files {
    static SOURCES: OnceLock<Files> = OnceLock::new();
    SOURCES.get_or_init(|| read(&["actors", "base", "engine", "media", "render", "src"], &[".rs"]))
}

/// The files in these folders whose names end so.
fn read(folders: &[&str], ends: &[&str]) -> Files {
    let mut files = Files::new();
    for folder in folders {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), folder, ends, &mut files);
    }
    files
}

/// The code of the crates, by path, without comments and tests.
fn code() -> &'static Files {
    static CODE: OnceLock<Files> = OnceLock::new();
    CODE.get_or_init(|| {
        let code = sources().iter().filter(|(path, _)| !is_of_tests(path));
        let files: Files = code.map(|(path, text)| (path.clone(), stripped(text))).collect();
        assert!(files.len() > 300, "{} files were found", files.len());
        files
    })
}

fn graph() -> &'static Graph {
    static GRAPH: OnceLock<Graph> = OnceLock::new();
    GRAPH.get_or_init(|| Graph::of(code()))
}

fn is_of_tests(path: &str) -> bool {
    let is_folder = |name: &str| ["tests", "benches"].contains(&name);
    path.split('/').any(|name| is_folder(name) || name == "tests.rs" || name == "testing.rs")
}

fn collect(folder: &Path, name: &str, ends: &[&str], files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let file = entry.file_name().into_string().unwrap();
        let path = format!("{name}/{file}");
        if entry.path().is_dir() {
            collect(&entry.path(), &path, ends, files);
        } else if ends.iter().any(|end| file.ends_with(end)) {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
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

/// The part of `actors/` that a path or a file is in: the subject, or its part where it has such. None for what is elsewhere.
fn part(path: &[String]) -> Option<&[String]> {
    let subject = path.get(1).filter(|name| path[0] == "actors" && SUBJECTS.iter().any(|(own, _)| own == name))?;
    let names = if OF_PARTS.contains(&subject.as_str()) { 3 } else { 2 };
    Some(&path[..names.min(path.len())])
}

fn names(file: &str) -> Vec<String> {
    file.trim_end_matches(".rs").split('/').filter(|name| *name != "mod").map(str::to_owned).collect()
}

/// Faults between subjects of the actors.
fn subjects(graph: &Graph) -> Vec<String> {
    let mut faults = Vec::new();
    for (file, paths) in graph.named() {
        let own = names(file);
        let own_subject = part(&own).map(|part| part[1].as_str());
        for path in &paths {
            let Some(other) = part(path) else { continue };
            let (subject, written) = (other[1].as_str(), path[1..].join("::"));
            if own_subject.is_some_and(|own| own != subject && !allowed(SUBJECTS, own).contains(&subject)) {
                faults.push(format!("{file} uses {written}: {} may not know {subject}, see SUBJECTS", own[1]));
            }
            let modules = graph.modules_of(path);
            let is_deep = modules.len() > other.len() && !SHOWN.contains(&modules[1..].join("::").as_str());
            // Who keeps the records of all reads them where they are.
            if is_deep && part(&own) != Some(other) && own_subject != Some("recovery") {
                let other = other[1..].join("::");
                faults.push(format!("{file} uses {written}: a private part of {other}; take what its mod.rs shows"));
            }
        }
    }
    faults
}

/// Faults between rooms of the facade.
fn rooms(graph: &Graph) -> Vec<String> {
    fn room(path: &[String]) -> Option<(&str, Option<&str>)> {
        let inner = path.strip_prefix(["src".to_owned(), "http".to_owned()].as_slice())?;
        let (room, rest) = inner.split_first().filter(|(room, _)| ROOMS.iter().any(|(own, _)| own == room))?;
        Some((room, rest.first().map(String::as_str).filter(|_| room == "api")))
    }
    let mut faults = Vec::new();
    for (file, paths) in graph.named() {
        let own = names(file);
        let Some((own_room, own_subject)) = room(&own) else { continue };
        for path in &paths {
            let Some((other, subject)) = room(graph.modules_of(path)) else { continue };
            let written = path[1..].join("::");
            if own_room != other && !allowed(ROOMS, own_room).contains(&other) {
                faults.push(format!("{file} uses {written}: {own_room} may not know {other}, see ROOMS"));
            }
            if let (Some(from), Some(to)) = (own_subject, subject)
                && from != to
                && !allowed(API, from).contains(&to)
            {
                faults.push(format!("{file} uses {written}: {from} may not know {to}, see API"));
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

/// Threads of actors that nobody waits for: a panic on one must reach who asked, see `runtime::offload`.
fn threads(files: &Files) -> Vec<String> {
    let own = files.iter().filter(|(file, _)| file.starts_with("actors/") && !file.starts_with("actors/runtime/"));
    let raw = own.filter(|(_, text)| text.contains("spawn_blocking"));
    raw.map(|(file, _)| format!("{file} uses spawn_blocking; take runtime::offload, which passes panics on")).collect()
}

/// Documentation that says what the name says.
fn docs(files: &Files) -> Vec<String> {
    let empty = Regex::new(r"(?m)^\s*/// (The actor|The actor's own|Its (name|number|value|id))\.").unwrap();
    let found =
        files.iter().flat_map(|(file, text)| empty.find_iter(text).map(move |line| (file, line.as_str().trim())));
    found
        .map(|(file, line)| format!("{file} says \"{line}\", as the name does; tell shape, unit or source, or nothing"))
        .collect()
}

/// What knows itself by way of others.
fn circles(table: &str, arrows: Arrows) -> Vec<String> {
    fn reaches(arrows: Arrows, from: &str, to: &str, seen: &mut BTreeSet<&'static str>) -> bool {
        allowed(arrows, from).iter().any(|next| *next == to || (seen.insert(next) && reaches(arrows, next, to, seen)))
    }
    let found = arrows.iter().filter(|(name, _)| reaches(arrows, name, name, &mut BTreeSet::new()));
    found.map(|(name, _)| format!("{name} knows itself by way of others, see {table}")).collect()
}

/// Files of one crate that reach one another, more than [`MAX_CIRCLE`] of them.
fn file_circles(graph: &Graph, exceptions: &[(&str, usize)]) -> Vec<String> {
    let mut faults = Vec::new();
    for circle in graph.circles() {
        let is_in = |folder: &str| circle.iter().all(|file| file.starts_with(folder));
        let most = exceptions.iter().find(|(folder, _)| is_in(folder)).map_or(MAX_CIRCLE, |(_, most)| *most);
        if circle.len() > most {
            faults.push(format!(
                "{} reach one another; {most} files is the most: move what both need into a file below them ({})",
                circle.join(", "),
                graph.arrows_within(&circle).join(", ")
            ));
        }
    }
    faults
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
    assert_eq!(subjects(graph()), [""; 0]);
}

#[test]
fn rooms_of_the_facade_know_only_those_they_may() {
    assert_eq!(rooms(graph()), [""; 0]);
}

#[test]
fn queries_are_read_in_one_way() {
    assert_eq!(queries(code()), [""; 0]);
}

#[test]
fn files_know_one_another_only_in_pairs() {
    assert_eq!(file_circles(graph(), LARGER_CIRCLES), [""; 0]);
}

#[test]
fn no_file_is_too_long() {
    assert_eq!(lengths(code()), [""; 0]);
}

#[test]
fn no_file_of_tests_and_of_the_web_ui_is_too_long() {
    let mut files = read(&["tests", "benches", "build"], &[".rs"]);
    files.extend(read(&["web/src"], &[".ts", ".tsx"]));
    let of_units = sources().iter().filter(|(path, _)| is_of_tests(path));
    files.extend(of_units.map(|(path, text)| (path.clone(), text.clone())));
    assert!(files.len() > 300, "{} files were found", files.len());
    assert_eq!(lengths(&files), [""; 0]);
}

#[test]
fn actors_pass_panics_of_their_threads_on() {
    assert_eq!(threads(code()), [""; 0]);
}

#[test]
fn docs_do_not_repeat_names() {
    let actors = sources().iter().filter(|(path, _)| path.starts_with("actors/"));
    assert_eq!(docs(&actors.map(|(path, text)| (path.clone(), text.clone())).collect()), [""; 0]);
}

#[test]
fn no_circle() {
    for (table, arrows) in [("CRATES", CRATES), ("SUBJECTS", SUBJECTS), ("ROOMS", ROOMS), ("API", API)] {
        assert_eq!(circles(table, arrows), [""; 0]);
    }
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
    let files = |files: &[(&str, &str)]| {
        Files::from_iter(files.iter().map(|(path, text)| ((*path).to_owned(), stripped(text))))
    };
    let of_one = |faults: Vec<String>, word: &str| {
        assert_eq!(faults.len(), 1, "of {word}: {faults:?}");
        assert!(faults[0].contains(word), "{faults:?}");
    };
    let actors = |file: &str, text: &str| {
        let known = [
            ("actors/lib.rs", "pub mod config; pub mod library; pub mod notify; pub mod runs;"),
            ("actors/runs/queue.rs", "pub struct Queue;"),
            ("actors/runs/mod.rs", "pub mod queue;\npub use queue::Queue;"),
            ("actors/library/assets/index.rs", "pub struct Index;"),
            ("actors/library/assets/mod.rs", "pub mod index;"),
            ("src/lib.rs", "mod http;\npub use posterizarr_actors as actors;"),
        ];
        subjects(&Graph::of(&files(&[&known[..], &[(file, text)]].concat())))
    };
    for use_of_runs in [
        "use crate::runs::RunView;",
        "use crate::{runs::RunView};",
        "use crate::{store::{Store, Table}, runs::RunView};",
        "use super::super::runs::RunView;",
        "fn a() -> crate::runs::RunView {}",
    ] {
        of_one(actors("actors/config/view.rs", use_of_runs), "config may not know runs");
    }
    for use_of_a_part in [
        "use crate::runs::queue::Queue;",
        "use crate::runs;\nfn a(queue: runs::queue::Queue) {}",
        "use crate::runs::{queue::Queue};",
        "use crate::{runtime::{A, B}, runs::{queue::{Queue}}};",
    ] {
        of_one(actors("actors/notify/mod.rs", use_of_a_part), "a private part of runs");
    }
    for use_of_the_facade in ["use crate::actors::runs::queue::Queue;", "use posterizarr_actors::runs::{queue::Queue};"]
    {
        of_one(actors("src/http/app.rs", use_of_the_facade), "a private part of runs");
    }
    of_one(
        actors("actors/library/trash/bin.rs", "use crate::library::assets::index::Index;"),
        "part of library::assets",
    );
    let allowed =
        "// crate::runs::RunView\nuse crate::store::Store;\n#[cfg(test)]\nmod tests { use crate::runs::RunView; }";
    assert_eq!(actors("actors/config/mod.rs", allowed), [""; 0]);
    assert_eq!(actors("src/http/app.rs", "use crate::actors::runs::Queue;"), [""; 0]);

    let facade = |file: &str, text: &str| {
        let known = [("src/http/api/runs/mod.rs", "mod stop;"), ("src/http/api/history/mod.rs", "")];
        rooms(&Graph::of(&files(&[&known[..], &[(file, text)]].concat())))
    };
    of_one(facade("src/http/extract/query.rs", "use crate::http::{api::runs::start};"), "extract may not know api");
    of_one(facade("src/http/api/runs/stop.rs", "use super::super::history::page;"), "runs may not know history");

    let circle = |last: &str| {
        let known = [("media/a.rs", "use crate::b::{self, B};"), ("media/b.rs", "use crate::all::C;")];
        let shown = [("media/all.rs", "pub use crate::c::C;"), ("media/c.rs", last)];
        file_circles(&Graph::of(&files(&[known, shown].concat())), &[])
    };
    of_one(circle("use crate::a::A;\npub struct C;"), "media/a.rs, media/b.rs, media/c.rs reach one another");
    assert_eq!(circle("use crate::b::B;\npub struct C;"), [""; 0], "two files may");
    of_one(circles("CRATES", &[("a", &["b"]), ("b", &["a"]), ("c", &["a"])]).split_off(1), "see CRATES");

    of_one(queries(&files(&[("src/http/api/a.rs", "fn a(query: web::Query<A>)")])), "extract::parameters::Query");
    of_one(threads(&files(&[("actors/runs/a.rs", "tokio::task::spawn_blocking(a)")])), "runtime::offload");
    let documented = "/// The actor.\nstruct A;\n/// Its name as the server has it.\nname: String;";
    of_one(docs(&Files::from([("actors/a.rs".to_owned(), documented.to_owned())])), "The actor.");
    of_one(lengths(&files(&[("base/x.rs", &"x\n".repeat(MAX_LINES + 1))])), "it has two reasons");
    let long_tests = format!("x\n#[cfg(test)]\nmod tests {{\n{}", "x\n".repeat(MAX_LINES));
    assert_eq!(lengths(&files(&[("base/x.rs", &long_tests)])), [""; 0]);
    let manifest =
        |name, dependency: &str| vec![(name, format!("[dependencies]\n{dependency} = \"1\"").parse().unwrap())];
    of_one(crates(&manifest("media", "posterizarr-engine")), "media/Cargo.toml depends on engine");
    for impure in ["tokio", "rusqlite", "sled", "hyper", "rustls", "futures-util"] {
        of_one(crates(&manifest("render", impure)), "render is pure");
    }
}
