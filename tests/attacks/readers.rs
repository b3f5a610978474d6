//! Nothing reads a file without a bound: the whole code is looked through for calls that do.
//!
//! `posterizarr_base::bounded` opens regular files only and reads no more than it is told. Where another way is right (the
//! system's own files, folders that are synced, what was opened before), the line or the one above says why, after
//! `unbounded:`.

use std::path::{Path, PathBuf};

/// Calls that wait for a pipe, follow a link to an endless device, or read whatever is there.
const CALLS: [&str; 5] = ["fs::read(", "fs::read_to_string(", "File::open(", ".read_to_end(", ".read_to_string("];
/// The crates of the daemon.
const CRATES: [&str; 6] = ["src", "actors", "render", "engine", "media", "base"];
/// What proves a bound on the same line, or that nothing is read from a disk.
const BOUNDED: [&str; 4] = [".take(", "NamedFile::open(", ".sync_all()", ".sync_data()"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() && !["tests", "benches", "examples", "target"].contains(&name.as_str()) {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

#[test]
fn every_reader_has_a_bound_or_says_why_it_needs_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    CRATES.iter().for_each(|folder| sources(&root.join(folder), &mut files));
    assert!(files.len() > 100, "{files:?}");
    let mut unbounded = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("base/bounded.rs")) {
        let code = std::fs::read_to_string(file).unwrap();
        // Tests are the last thing in a file.
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines: Vec<_> = code.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let reads = CALLS.iter().any(|call| line.contains(call)) && !line.trim_start().starts_with("//");
            let told = line.contains("unbounded:") || number > 0 && lines[number - 1].contains("unbounded:");
            if reads && !told && !BOUNDED.iter().any(|bound| line.contains(bound)) {
                let place = file.strip_prefix(root).unwrap().display();
                unbounded.push(format!("{place}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(
        unbounded.is_empty(),
        "use posterizarr_base::bounded, or say why not after `// unbounded: `\n{}",
        unbounded.join("\n")
    );
}
