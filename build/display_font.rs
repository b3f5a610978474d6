//! The font that stands in for title fonts that are missing: a display face out of a package of the web UI's.
//!
//! Without Node.js there is none; the program has DejaVu then.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The package with it, below `web/`. Its licence lies beside it.
pub const PACKAGE: &str = "node_modules/@expo-google-fonts/oswald";
const FILE: &str = "600SemiBold/Oswald_600SemiBold.ttf";

/// Where it is, whether it is there or not.
pub fn path() -> PathBuf {
    Path::new("web").join(PACKAGE).join(FILE)
}

/// Leaves it where the program embeds it from; an empty file where it is not there.
pub fn write() {
    let path = path();
    // Missing counts as changed: until it is there, each build looks again.
    println!("cargo:rerun-if-changed={}", path.display());
    let font = fs::read(path).unwrap_or_default();
    let to = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("display.ttf");
    if let Err(error) = fs::write(to, font) {
        println!("cargo:error=the display font cannot be written: {error}");
    }
}
