//! The crates that are linked, and where their sources are.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Part, texts};

pub const KIND: &str = "crate";
/// Name, version and path, licence, repository.
const FORMAT: &str = "{p}\t{l}\t{r}";

/// Folders by name and version.
pub type Folders = HashMap<(String, String), PathBuf>;

/// All crates that end up in the binary: no macros, and nothing that only builds or tests need.
pub fn linked(folders: &Folders) -> Result<Vec<Part>, Box<dyn Error>> {
    let (package, target) = (env::var("CARGO_PKG_NAME")?, env::var("TARGET")?);
    // Whatever it asks for was downloaded for this build.
    let told = cargo(&[
        "tree",
        "--locked",
        "--offline",
        "--package",
        &package,
        "--target",
        &target,
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        FORMAT,
    ])?;
    let mut lines: Vec<_> = told.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    lines.sort_unstable();
    lines.dedup();
    Ok(lines.into_iter().filter_map(|line| part(line, folders)).collect())
}

/// A crate from its line; none for those of this workspace, which have a path.
fn part(line: &str, folders: &Folders) -> Option<Part> {
    let mut fields = line.split('\t');
    let (name, version) = fields.next()?.split_once(" v").filter(|(_, version)| !version.ends_with(')'))?;
    let folder = folders.get(&(name.to_owned(), version.to_owned()));
    Some(Part {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: spdx(fields.next()?),
        kind: KIND,
        repository: fields.next().filter(|address| address.starts_with("http")).map(str::to_owned),
        texts: folder.map(|folder| texts::below(folder)).unwrap_or_default(),
    })
}

/// Older crates write a slash where SPDX has OR.
fn spdx(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

/// Where cargo keeps the sources of each crate, be it a registry's cache or a folder of vendored ones. It tells of all that
/// this workspace may need on this target, and so may download what only tests need.
pub fn folders() -> Result<Folders, Box<dyn Error>> {
    let target = env::var("TARGET")?;
    let told = cargo(&["metadata", "--locked", "--format-version", "1", "--filter-platform", &target])?;
    let told: Value = serde_json::from_str(&told)?;
    let packages = told.get("packages").and_then(Value::as_array).ok_or("cargo tells no packages")?;
    Ok(packages.iter().filter_map(folder).collect())
}

fn folder(package: &Value) -> Option<((String, String), PathBuf)> {
    let text = |field: &str| package.get(field)?.as_str();
    let folder = Path::new(text("manifest_path")?).parent()?;
    Some(((text("name")?.to_owned(), text("version")?.to_owned()), folder.to_owned()))
}

fn cargo(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(env::var("CARGO")?).args(arguments).output()?;
    if !output.status.success() {
        // A warning has one line.
        return Err(String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
