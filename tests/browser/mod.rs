//! The web UI in headless Chromium: the files that end in `.test.mjs`, run by Node's own test runner against the built binary.

use std::path::Path;
use std::process::Command;

/// What the tests need beside the binary.
const NEEDED: [&str; 2] = ["node", "chromium"];

const TESTS: [&str; 31] = [
    "accessible",
    "blueprint",
    "daemonsettings",
    "dashboard",
    "examples",
    "fields",
    "help",
    "hold",
    "install",
    "keyboard",
    "languages",
    "library",
    "logs",
    "machine",
    "manual",
    "notices",
    "oddities",
    "parts",
    "replace",
    "runpage",
    "runs",
    "schedules",
    "settings",
    "setup",
    "shortcuts",
    "streams",
    "subjects",
    "times",
    "titles",
    "ui",
    "unable",
];

#[test]
fn the_web_ui_works_in_a_real_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some(missing) = NEEDED.into_iter().find(|program| !runs(program)) {
        eprintln!("LEFT OUT: the browser tests need {missing}");
        return;
    }
    if !root.join("web/dist/index.html").is_file() {
        eprintln!("LEFT OUT: the browser tests need the web UI, which was not built");
        return;
    }
    let output = Command::new("node")
        .args(["--test", "--test-reporter=spec", "--test-concurrency=2", "--test-force-exit"])
        .args(TESTS.map(|name| format!("tests/browser/{name}.test.mjs")))
        .current_dir(root)
        .env("POSTERIZARRD", env!("CARGO_BIN_EXE_posterizarrd"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
