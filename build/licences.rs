//! Writes what `/api/licences` serves: what is built into the binary with its licences, and their texts.
//!
//! Also for `cargo check`, which gets no web UI: check and build share one run of this script, and what it left out for a
//! check would be missing in the build after it. A source that cannot be read is a warning, never a failed build.

mod cargo;
mod npm;
mod standard_library;
mod swagger_ui;
mod texts;

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::display_font;

const LOCK: &str = "Cargo.lock";
const OWN: &str = "LICENSE";

/// Something that is built in.
pub struct Part {
    pub name: String,
    pub version: String,
    /// As an SPDX expression.
    pub licence: String,
    pub kind: &'static str,
    pub repository: Option<String>,
    /// Licences and notices, as its package carries them.
    pub texts: Vec<String>,
}

/// Writes both files, unless they are newer than what they are made from: this script runs for each change of the web UI.
pub fn write() {
    for source in [LOCK, OWN] {
        println!("cargo:rerun-if-changed={source}");
    }
    if let Err(error) = write_to(&PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default())) {
        println!("cargo:error=the licences cannot be written: {error}");
    }
}

fn write_to(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (list, texts) = (folder.join("licences.json.gz"), folder.join("licences.txt.gz"));
    if is_up_to_date(&texts)? {
        return Ok(());
    }
    let mut parts = parts()?;
    parts.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    compress(&list, list_of(&parts).as_bytes())?;
    // Whoever reads them all wants to know first what holds for the whole.
    let own = env::var("CARGO_PKG_NAME")?;
    parts.sort_by_key(|part| part.name != own);
    compress(&texts, texts::document(&parts).as_bytes())?;
    Ok(())
}

fn is_up_to_date(made: &Path) -> io::Result<bool> {
    let script = env::current_exe()?;
    let font = display_font::path();
    let sources = [Path::new(LOCK), Path::new(OWN), Path::new(npm::BUNDLED), &font, &script];
    let newest = sources.into_iter().filter_map(modified).max();
    Ok(modified(made) > newest)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// Everything that is built in.
fn parts() -> Result<Vec<Part>, Box<dyn Error>> {
    let folders = told("texts of crates", cargo::folders());
    let sources = [
        told("crates", cargo::linked(&folders)),
        told("the web UI", npm::bundled()),
        told("the display font", npm::display_font()),
        told("the API's viewer", swagger_ui::part(&folders)),
        told("Rust's standard library", standard_library::part()),
        vec![ourselves()?],
    ];
    Ok(sources.into_iter().flatten().collect())
}

/// What was found; nothing and a warning where that failed.
fn told<T: Default>(what: &str, found: Result<T, Box<dyn Error>>) -> T {
    found.unwrap_or_else(|error| {
        println!("cargo:warning=licences of {what} are left out: {error}");
        T::default()
    })
}

fn ourselves() -> Result<Part, Box<dyn Error>> {
    Ok(Part {
        name: env::var("CARGO_PKG_NAME")?,
        version: env::var("CARGO_PKG_VERSION")?,
        licence: env::var("CARGO_PKG_LICENSE")?,
        kind: cargo::KIND,
        repository: None,
        texts: vec![fs::read_to_string(OWN)?],
    })
}

fn list_of(parts: &[Part]) -> String {
    let packages = parts.iter().map(|part| {
        json!({"name": part.name, "version": part.version, "licence": part.licence, "kind": part.kind,
            "repository": part.repository})
    });
    json!({"packages": packages.collect::<Vec<_>>()}).to_string()
}

fn compress(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = GzEncoder::new(File::create(path)?, Compression::best());
    file.write_all(content)?;
    file.finish()?;
    Ok(())
}
