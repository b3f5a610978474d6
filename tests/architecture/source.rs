//! What a source file says of others: its modules, its imports and the paths in its code, without comments and tests.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Colons,
    Mark(char),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }
}

/// One name that a file imports.
#[derive(Debug)]
pub struct Import {
    /// As it is written, braces resolved: `super::a::B`. Ends with `*` where all is imported.
    pub path: Vec<String>,
    pub name: String,
    /// Whether others may import it from here.
    pub is_shown: bool,
}

#[derive(Debug, Default)]
pub struct Source {
    /// Modules that are files of their own.
    pub children: BTreeSet<String>,
    /// Items that the file defines outside of all braces.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Paths of two names and more, outside of imports.
    pub paths: BTreeSet<Vec<String>>,
    /// Every word outside of imports.
    pub words: BTreeSet<String>,
}

impl Source {
    pub fn read(text: &str) -> Self {
        let tokens = without_tests(&tokens(text));
        let mut source = Self::default();
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(token) = tokens.get(at) {
            at = match token {
                Token::Word(word) if word == "use" && tokens.get(at + 1) != Some(&Token::Mark('<')) => {
                    source.import(&tokens, at)
                }
                Token::Word(_) => source.word(&tokens, at, depth),
                Token::Mark('{') => {
                    depth += 1;
                    at + 1
                }
                Token::Mark('}') => {
                    depth = depth.saturating_sub(1);
                    at + 1
                }
                _ => at + 1,
            };
        }
        source
    }

    fn import(&mut self, tokens: &[Token], at: usize) -> usize {
        let is_shown = match tokens.get(at.wrapping_sub(1)) {
            Some(Token::Mark(')')) => tokens[..at].iter().rev().take(6).any(|token| token.is("pub")),
            before => before.is_some_and(|token| token.is("pub")),
        };
        let end = tokens[at..].iter().position(|token| *token == Token::Mark(';')).map_or(tokens.len(), |end| at + end);
        let mut paths = Vec::new();
        branches(&tokens[at + 1..end], &[], &mut paths);
        let imports = paths.into_iter().map(|(path, name)| Import { path, name, is_shown });
        self.imports.extend(imports);
        end + 1
    }

    fn word(&mut self, tokens: &[Token], at: usize, depth: usize) -> usize {
        const DEFINING: [&str; 8] = ["const", "enum", "fn", "static", "struct", "trait", "type", "union"];
        let mut path = Vec::new();
        let mut next = at;
        while let Some(Token::Word(word)) = tokens.get(next) {
            self.words.insert(word.clone());
            path.push(word.clone());
            next += 1;
            if tokens.get(next) != Some(&Token::Colons) {
                break;
            }
            next += 1;
        }
        if let ([word], Some(Token::Word(name))) = (path.as_slice(), tokens.get(next)) {
            if word == "mod" && tokens.get(next + 1) == Some(&Token::Mark(';')) {
                self.children.insert(name.clone());
            }
            if depth == 0 && DEFINING.contains(&word.as_str()) {
                self.items.insert(name.clone());
            }
        }
        if path.len() > 1 {
            self.paths.insert(path);
        }
        next
    }
}

/// The paths of an import's tree, each with the name it gets here.
fn branches(tokens: &[Token], stem: &[String], found: &mut Vec<(Vec<String>, String)>) {
    for branch in listed(tokens) {
        let mut path = stem.to_vec();
        let mut name = None;
        let mut at = 0;
        while let Some(token) = branch.get(at) {
            match token {
                Token::Word(word) if word == "as" => {
                    name = branch.get(at + 1).and_then(|token| match token {
                        Token::Word(name) => Some(name.clone()),
                        _ => None,
                    });
                    break;
                }
                Token::Word(word) if word == "self" && !path.is_empty() => {}
                Token::Word(word) => path.push(word.clone()),
                Token::Mark('*') => path.push("*".to_owned()),
                Token::Mark('{') => {
                    branches(&branch[at + 1..branch.len() - 1], &path, found);
                    path.clear();
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        if let Some(last) = path.last().cloned() {
            found.push((path, name.unwrap_or(last)));
        }
    }
}

/// What stands between the commas outside of inner braces.
fn listed(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0_usize;
    let parts = tokens.split(|token| {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => depth -= 1,
            _ => {}
        }
        depth == 0 && *token == Token::Mark(',')
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Without the items under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mark = self::tokens("#[cfg(test)]");
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&mark) {
            at = end_of_item(tokens, at + mark.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where the item ends: with its first `;` or `,` outside of all brackets, or with the brace that closes its block.
fn end_of_item(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark('}') if depth <= 1 => return at + depth,
            Token::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Token::Mark(';' | ',') if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Words and marks, without comments and without what stands in quotes.
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if let Some(end) = silent(rest) {
            end
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            end
        } else if rest.starts_with("::") {
            found.push(Token::Colons);
            2
        } else {
            if !first.is_whitespace() {
                found.push(Token::Mark(first));
            }
            first.len_utf8()
        };
        rest = &rest[end..];
    }
    found
}

/// The length of the comment, text or character that begins here.
fn silent(text: &str) -> Option<usize> {
    let until = |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("//") {
        return Some(until(0, "\n"));
    }
    if text.starts_with("/*") {
        return Some(until(2, "*/"));
    }
    let raw = text.strip_prefix("br").or_else(|| text.strip_prefix('r')).filter(|rest| rest.starts_with(['#', '"']));
    if let Some(rest) = raw {
        let fences = rest.len() - rest.trim_start_matches('#').len();
        if rest[fences..].starts_with('"') {
            let from = text.len() - rest.len() + fences + 1;
            return Some(until(from, &format!("\"{}", "#".repeat(fences))));
        }
    }
    let quoted = text.strip_prefix(['b', 'c']).filter(|rest| rest.starts_with(['"', '\''])).unwrap_or(text);
    let before = text.len() - quoted.len();
    match quoted.chars().next()? {
        '"' => Some(before + closing(quoted, '"')),
        // A lifetime has no second quote at once.
        '\'' if quoted[1..].starts_with('\\') => Some(before + closing(quoted, '\'')),
        '\'' => {
            let inner = quoted[1..].chars().next()?;
            quoted[1 + inner.len_utf8()..].starts_with('\'').then(|| before + inner.len_utf8() + 2)
        }
        _ => None,
    }
}

fn closing(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, next) in text.char_indices().skip(1) {
        match next {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if next == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn a_file_is_read_as_the_compiler_reads_it() {
    let text = r##"
        // use crate::commented::A;
        mod child;
        pub use child::{Shown, deep::{self, More as Other}};
        use crate::{config::{A, B}, runs::C};
        use super::super::far::*;
        #[cfg(test)]
        mod tests { use crate::of_tests::T; }
        const TEXT: &str = r#"use crate::quoted::Q;"#;
        fn of<'a>(text: &'a str) -> impl Iterator + use<'a> { runs::start('{', "crate::text::X", b'\'') }
        #[cfg(test)]
        use crate::only::Tests;
        struct Last;
    "##;
    let source = Source::read(text);
    let imports: BTreeMap<_, _> = source.imports.iter().map(|import| (import.path.join("::"), import)).collect();
    let wanted = [
        "child::Shown",
        "child::deep",
        "child::deep::More",
        "crate::config::A",
        "crate::config::B",
        "crate::runs::C",
        "super::super::far::*",
    ];
    assert_eq!(imports.keys().collect::<Vec<_>>(), wanted.iter().collect::<Vec<_>>());
    assert_eq!(imports["child::deep::More"].name, "Other");
    assert!(imports["child::Shown"].is_shown && !imports["crate::runs::C"].is_shown);
    assert_eq!(source.children, BTreeSet::from(["child".to_owned()]));
    assert_eq!(source.items, ["Last", "TEXT", "of"].map(str::to_owned).into());
    assert_eq!(source.paths, BTreeSet::from([["runs", "start"].map(str::to_owned).to_vec()]));
}
