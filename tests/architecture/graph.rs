//! Which file knows which: paths as they are written, and the files that define what they name.

use std::collections::{BTreeMap, BTreeSet};

use super::Files;
use super::source::Source;

/// A path from its crate on: `actors`, `runs`, `RunId`.
pub type Path = Vec<String>;

/// How often an item may be shown on by others until it is found.
const HOPS: usize = 16;

#[derive(Debug, Default)]
pub struct Graph {
    /// By module, its file.
    modules: BTreeMap<Path, (String, Source)>,
}

impl Graph {
    pub fn of(files: &Files) -> Self {
        let read = files.iter().map(|(file, text)| (module(file), (file.clone(), Source::read(text))));
        let mut graph = Self { modules: read.collect() };
        let of_tests: Vec<_> = graph.modules.keys().filter(|path| graph.is_test(path)).cloned().collect();
        for path in of_tests {
            graph.modules.remove(&path);
        }
        graph
    }

    /// Whether a parent knows the module in its tests only.
    fn is_test(&self, path: &Path) -> bool {
        (1..path.len()).any(|end| {
            let parent = self.modules.get(&path[..end]);
            path[end] != "main" && parent.is_some_and(|(_, parent)| !parent.children.contains(&path[end]))
        })
    }

    /// What each file names of our crates, as it is written there.
    pub fn named(&self) -> BTreeMap<&str, BTreeSet<Path>> {
        let mut named = BTreeMap::new();
        for (own, (file, source)) in &self.modules {
            let imports = source.imports.iter().map(|import| &import.path);
            let paths = imports.chain(&source.paths).filter_map(|path| self.written(own, path, 0));
            let paths = paths.map(|path| self.beyond_aliases(path));
            named.insert(file.as_str(), paths.collect());
        }
        named
    }

    /// With the true names of modules that others show under their own.
    fn beyond_aliases(&self, path: Path) -> Path {
        let modules = self.modules_of(&path);
        let named = self.modules.get(modules).zip(path.get(modules.len()));
        let alias = named.and_then(|((_, source), name)| source.imports.iter().find(|import| import.name == *name));
        let meant = alias.and_then(|alias| self.written(&modules.to_vec(), &alias.path, 0));
        match meant.filter(|meant| self.modules.contains_key(meant)) {
            Some(meant) => self.beyond_aliases([meant.as_slice(), &path[modules.len() + 1..]].concat()),
            None => path,
        }
    }

    /// How far a path names modules that are files.
    pub fn modules_of<'a>(&self, path: &'a [String]) -> &'a [String] {
        let deepest = (1..=path.len()).rev().find(|end| self.modules.contains_key(&path[..*end]));
        &path[..deepest.unwrap_or(0)]
    }

    /// Of a path as it is written in a module, the one from its crate on. None for what is not ours.
    fn written(&self, own: &Path, path: &[String], hops: usize) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let (_, source) = self.modules.get(own)?;
        let mut stem = match first.as_str() {
            "crate" => own[..1].to_vec(),
            "self" => own.clone(),
            "super" => own[..own.len().saturating_sub(1)].to_vec(),
            "posterizarrd" => vec!["src".to_owned()],
            name if name.starts_with("posterizarr_") => vec![name.trim_start_matches("posterizarr_").to_owned()],
            name if source.children.contains(name) => [own.as_slice(), &[name.to_owned()]].concat(),
            name => {
                let import = source.imports.iter().find(|import| import.name == name && import.path != path)?;
                if hops > HOPS {
                    return None;
                }
                self.written(own, &import.path, hops + 1)?
            }
        };
        for name in rest {
            match name.as_str() {
                "super" => drop(stem.pop()),
                _ => stem.push(name.clone()),
            }
        }
        Some(stem)
    }

    /// The file that defines what a path names, by way of those that show it on. None for a mere module.
    fn defining(&self, path: &[String], hops: usize) -> Option<&Path> {
        let modules = self.modules_of(path);
        let (own, (_, source)) = self.modules.get_key_value(modules)?;
        let (item, rest) = path[modules.len()..].split_first()?;
        if item == "*" || source.items.contains(item) || hops > HOPS {
            return Some(own);
        }
        if let Some(import) = source.imports.iter().find(|import| import.name == *item) {
            let shown = self.written(own, &import.path, 0)?;
            return self.defining(&[shown.as_slice(), rest].concat(), hops + 1);
        }
        let all = source.imports.iter().filter(|import| import.is_shown && import.name == "*");
        for import in all {
            let stem = self.written(own, &import.path[..import.path.len() - 1], 0)?;
            let there = self.modules.get(&stem).is_some_and(|(_, source)| source.items.contains(item));
            if there {
                return self.defining(&[stem.as_slice(), &path[modules.len()..]].concat(), hops + 1);
            }
        }
        Some(own)
    }

    /// The modules whose items a module takes. What it only shows on it does not take.
    fn taken(&self, own: &Path, source: &Source) -> BTreeSet<&Path> {
        let used = source.imports.iter().filter(|import| !import.is_shown || source.words.contains(&import.name));
        let paths = used.map(|import| &import.path).chain(&source.paths);
        let files = paths.filter_map(|path| self.written(own, path, 0));
        let files = files.filter_map(|path| self.defining(&path, 0));
        files.filter(|other| *other != own && other[0] == own[0]).collect()
    }

    /// Files of one crate that reach one another.
    pub fn circles(&self) -> Vec<Vec<&str>> {
        let arrows: BTreeMap<_, _> =
            self.modules.iter().map(|(own, (_, source))| (own, self.taken(own, source))).collect();
        let reached: BTreeMap<_, _> = arrows.keys().map(|own| (*own, reach(&arrows, own))).collect();
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for (own, others) in &reached {
            let circle: Vec<_> = others.iter().filter(|other| reached[**other].contains(*own)).copied().collect();
            if circle.len() > 1 && circle.iter().all(|module| seen.insert(*module)) {
                found.push(circle.iter().map(|module| self.modules[*module].0.as_str()).collect());
            }
        }
        found
    }

    /// What a file takes, by file; to see why a circle is one.
    pub fn arrows_within(&self, circle: &[&str]) -> Vec<String> {
        let own = self.modules.iter().filter(|(_, (file, _))| circle.contains(&file.as_str()));
        let arrows = own.flat_map(|(own, (file, source))| {
            let others = self.taken(own, source).into_iter().map(|other| self.modules[other].0.as_str());
            others.filter(|other| circle.contains(other)).map(move |other| format!("{file} → {other}"))
        });
        arrows.collect()
    }
}

fn reach<'a>(arrows: &BTreeMap<&'a Path, BTreeSet<&'a Path>>, from: &'a Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<_> = arrows[from].iter().copied().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(arrows[module].iter().copied());
        }
    }
    reached
}

/// The path of the module that a file is.
fn module(file: &str) -> Path {
    let mut names: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}
