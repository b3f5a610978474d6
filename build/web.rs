//! Builds the web UI, which is embedded: `cargo build` alone gives the whole product where Node.js is installed.
//!
//! The output in `web/dist` is made when it is missing or older than its sources. Without Node.js the build says so, and
//! the daemon shows its small page instead. `POSTERIZARRD_WITHOUT_WEB=1` leaves it out on purpose.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::display_font;

/// What the output is made from, below `web/`.
const SOURCES: [&str; 9] = [
    "src",
    "tools",
    "index.html",
    "openapi.json",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
    "../docs",
];
const WITHOUT: &str = "POSTERIZARRD_WITHOUT_WEB";

/// Builds it where that is needed.
pub fn build() {
    let web = Path::new("web");
    let page = web.join("dist/index.html");
    println!("cargo:rerun-if-env-changed={WITHOUT}");
    // Missing counts as changed: until there is an output, each build looks again.
    println!("cargo:rerun-if-changed={}", page.display());
    for source in SOURCES {
        println!("cargo:rerun-if-changed={}", web.join(source).display());
    }
    let newest = SOURCES.iter().filter_map(|source| newest_in(&web.join(source))).max();
    let is_there = modified(&page).is_some_and(|made| Some(made) >= newest);
    let up_to_date = is_there && display_font::path().is_file();
    if up_to_date || std::env::var_os(WITHOUT).is_some() || only_reads_code() {
        return;
    }
    if !runs("node") || !runs("npm") {
        println!(
            "cargo:warning=Node.js is not installed: the web UI is left out, and a small page stands in for it; so is the display font, and DejaVu stands in for that"
        );
        return;
    }
    if let Err(error) = build_in(web, &page, newest) {
        println!("cargo:error=the web UI cannot be built: {error}; set {WITHOUT}=1 to leave it out");
    }
}

/// Whether cargo was asked to check or to document only, which needs no web UI. Cargo does not tell its build scripts;
/// its own command line does.
fn only_reads_code() -> bool {
    let Ok(command) = fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())) else { return false };
    let words = command.split(|byte| *byte == 0);
    words.skip(1).take(2).any(|word| [&b"check"[..], b"clippy", b"doc"].contains(&word))
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn build_in(web: &Path, page: &Path, newest: Option<SystemTime>) -> io::Result<()> {
    npm(web, &["ci", "--no-audit", "--no-fund", "--ignore-scripts"])?;
    npm(web, &["run", "build"])?;
    // As old as its sources: a file that is newer than this script's start would have cargo run it once more.
    match newest {
        Some(newest) => File::options().write(true).open(page)?.set_modified(newest),
        None => Ok(()),
    }
}

fn npm(web: &Path, arguments: &[&str]) -> io::Result<()> {
    let output = Command::new("npm").args(arguments).current_dir(web).output()?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    Err(io::Error::other(format!("npm {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&told))))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// When a file, or the newest file below a folder, was changed.
fn newest_in(path: &Path) -> Option<SystemTime> {
    let Ok(entries) = fs::read_dir(path) else { return modified(path) };
    let below: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    below.iter().filter_map(|entry| newest_in(entry)).max()
}
