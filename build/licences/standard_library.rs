//! Rust's standard library, which is linked but is no crate of the lock file. The compiler comes with its notices.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Part, cargo};

/// The notices below the compiler's own folder, with those of what the library is made from.
const NOTICES: &str = "share/doc/rust/COPYRIGHT-library.html";

pub fn part() -> Result<Vec<Part>, Box<dyn Error>> {
    let sysroot = rustc(&["--print", "sysroot"])?;
    let version = rustc(&["--version"])?;
    // `rustc 1.95.0 (f2d3ce0bd 2026-03-21)`
    let version = version.split(' ').nth(1).ok_or("the compiler does not tell its version")?;
    // Some distributions leave it out.
    let notices = fs::read_to_string(Path::new(sysroot.trim()).join(NOTICES)).ok();
    Ok(vec![Part {
        name: "std".to_owned(),
        version: version.to_owned(),
        licence: "MIT OR Apache-2.0".to_owned(),
        kind: cargo::KIND,
        repository: Some("https://github.com/rust-lang/rust".to_owned()),
        texts: notices.iter().map(|html| plain(html)).collect(),
    }])
}

fn rustc(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    Ok(String::from_utf8(Command::new(compiler).args(arguments).output()?.stdout)?)
}

/// HTML as text: without tags, and with one empty line where there are many.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
    }
    for (entity, letter) in [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&amp;", "&")] {
        text = text.replace(entity, letter);
    }
    let mut lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n")
}
