//! Licences and notices as text: found in a package's folder, and all of them in one document.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Part;

/// How the names of such files begin, whatever their case.
const NAMES: [&str; 6] = ["licence", "license", "copying", "copyright", "notice", "unlicense"];
const RULE: &str = "================================================================================";

/// The texts in a folder and below it, where fonts, tables and libraries in C have theirs.
pub fn below(folder: &Path) -> Vec<String> {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut texts = Vec::new();
    for entry in entries {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            texts.extend(below(&entry.path()));
        } else if is_text(&entry.path()) {
            texts.extend(read(&entry.path()));
        }
    }
    texts
}

fn is_text(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    NAMES.iter().any(|beginning| name.starts_with(beginning))
}

/// A few are older than UTF-8.
fn read(path: &PathBuf) -> Option<String> {
    Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())
}

/// All texts, each once, below the names of the parts that carry it; then the parts that carry none.
pub fn document(parts: &[Part]) -> String {
    let mut document = String::new();
    for (text, carriers) in by_text(parts) {
        let heading: String = carriers.into_iter().map(heading).collect();
        document += &format!("{RULE}\n{heading}{RULE}\n\n{text}\n\n");
    }
    let without: String = parts.iter().filter(|part| part.texts.is_empty()).map(heading).collect();
    document + &format!("{RULE}\nThe packages of these carry no text:\n\n{without}")
}

/// The texts in the order of their first parts.
fn by_text(parts: &[Part]) -> Vec<(String, Vec<&Part>)> {
    let mut texts: Vec<(String, Vec<&Part>)> = Vec::new();
    let mut known = HashMap::new();
    for part in parts {
        for text in &part.texts {
            let text = text.replace('\r', "").trim_matches('\n').trim_end().to_owned();
            let at = *known.entry(text.clone()).or_insert(texts.len());
            match texts.get_mut(at) {
                Some((_, carriers)) if carriers.last().is_some_and(|last| std::ptr::eq(*last, part)) => {}
                Some((_, carriers)) => carriers.push(part),
                None => texts.push((text, vec![part])),
            }
        }
    }
    texts
}

fn heading(part: &Part) -> String {
    let repository = part.repository.as_deref().unwrap_or_default();
    format!("{} {} ({}) {repository}", part.name, part.version, part.licence).trim_end().to_owned() + "\n"
}
