//! `check-config`: every mistake in the settings and in `config.json` at once.
//!
//! What keeps the daemon or the script from working is a problem; what either of them gets along with is a warning.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value};

use super::{MISCONFIGURED, report};
use crate::actors::config_keeper::keys::{Default, Key, SECTIONS, Section};
use crate::actors::config_keeper::{document, rules};
use crate::actors::data_dir::DataDir;
use crate::settings::{Flags, Problem, Surroundings, load_what_is_right};

/// Exit code 0 if the daemon and the script would work with this, else 78.
pub fn main(flags: &Flags) -> ExitCode {
    let (loaded, mut problems) = load_what_is_right(flags, &Surroundings::of_process());
    let mut findings = Findings { problems: Vec::new(), warnings: loaded.warnings, origin: String::new() };
    let Ok(data) = DataDir::new(&loaded.settings.data_dir) else { return ExitCode::from(MISCONFIGURED) };
    findings.look_at(&data.config());
    problems.append(&mut findings.problems);
    findings.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    if problems.is_empty() {
        println!("the settings and {} are in order", data.config().display());
        return ExitCode::SUCCESS;
    }
    report(&problems);
    ExitCode::from(MISCONFIGURED)
}

/// What was found in a `config.json`.
#[derive(Debug, Default)]
struct Findings {
    problems: Vec<Problem>,
    warnings: Vec<String>,
    origin: String,
}

impl Findings {
    fn look_at(&mut self, path: &Path) {
        self.origin = path.display().to_string();
        match std::fs::read(path) {
            Ok(content) => match document::parse(&content) {
                Ok(document) => self.document(&document),
                Err(wrong) => self.problem("", &wrong),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.warnings
                    .push(format!("{}: is not there yet; the daemon makes one with the defaults", self.origin));
            }
            Err(error) => self.problem("", &format!("cannot be read: {error}")),
        }
    }

    fn document(&mut self, document: &Map<String, Value>) {
        for section in SECTIONS.iter() {
            match member(document, section.name) {
                None => self.warn(section.name, "the section is missing; its defaults hold"),
                Some((name, value)) => {
                    self.spelling(name, section.name);
                    match value.as_object() {
                        Some(members) => self.section(section, members),
                        None => self.problem(section.name, &format!("is {}; it must be an object", kind(value))),
                    }
                }
            }
        }
        for name in strangers(document, SECTIONS.iter().map(|section| section.name)) {
            self.warn(name, "there is no such section; it does nothing");
        }
        self.contradictions(document);
    }

    fn section(&mut self, section: &Section, members: &Map<String, Value>) {
        let place = |name: &str| format!("{}.{name}", section.name);
        let mut missing = Vec::new();
        for key in &section.keys {
            match member(members, key.name) {
                None => missing.push(key.name),
                Some((name, value)) => {
                    self.spelling(&place(name), &place(key.name));
                    match mistyped(key, value) {
                        Some(expected) => {
                            self.problem(&place(key.name), &format!("is {}; it must be {expected}", kind(value)));
                        }
                        None => self.value(&place(key.name), key, value),
                    }
                }
            }
        }
        if !missing.is_empty() {
            self.warn(section.name, &format!("{} missing; the defaults hold", missing.join(", ")));
        }
        for name in strangers(members, section.keys.iter().map(|key| key.name)) {
            self.warn(&place(name), "there is no such key; it does nothing");
        }
    }

    /// The value, by the rules that a post to the API has to keep to. The script gets along with much of what they refuse.
    fn value(&mut self, place: &str, key: &Key, value: &Value) {
        match key.kind.accept(value) {
            Err(wrong) => self.warn(place, &wrong),
            Ok(right) if right != *value && value.is_string() && right.is_string() => {
                // Of a secret only the spaces around it are changed, and it is not repeated.
                let right = if key.secret { "without spaces around it".to_owned() } else { right.to_string() };
                self.warn(place, &format!("should be written {right}"));
            }
            Ok(_) => {}
        }
    }

    fn contradictions(&mut self, document: &Map<String, Value>) {
        for found in rules::contradictions(document) {
            let keys = found.keys.join(" and ");
            if found.stops_script { self.problem(&keys, &found.wrong) } else { self.warn(&keys, &found.wrong) }
        }
    }

    fn spelling(&mut self, found: &str, right: &str) {
        if found != right {
            self.warn(found, &format!("must be written {right}; the script stops over the letter case"));
        }
    }

    fn problem(&mut self, key: &str, wrong: &str) {
        self.problems.push(Problem { key: key.to_owned(), origin: self.origin.clone(), wrong: wrong.to_owned() });
    }

    fn warn(&mut self, key: &str, what: &str) {
        self.warnings.push(format!("{key} ({}): {what}", self.origin));
    }
}

/// The member of this name, the exact spelling first.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<(&'a str, &'a Value)> {
    let exact = object.get_key_value(name);
    let found = exact.or_else(|| object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)));
    found.map(|(name, value)| (name.as_str(), value))
}

/// The members that are none of the known ones, nor one in other letters.
fn strangers<'a>(object: &'a Map<String, Value>, known: impl Iterator<Item = &'a str> + Clone) -> Vec<&'a str> {
    let is_known = |name: &str| known.clone().any(|known| known.eq_ignore_ascii_case(name));
    object.keys().map(String::as_str).filter(|name| !is_known(name)).collect()
}

/// What the value should be, if it is something else.
fn mistyped(key: &Key, value: &Value) -> Option<&'static str> {
    let texts = |items: &Vec<Value>| items.iter().all(Value::is_string);
    match key.default {
        // The old backend also took texts for yes and no.
        Default::Flag(_) => (!value.is_boolean() && !value.is_string()).then_some("true or false"),
        Default::Text(_) => (!value.is_string()).then_some("a text in quotes"),
        Default::List(_) => (!value.as_array().is_some_and(texts)).then_some("a list of texts in quotes"),
    }
}

/// What a value is, in words. Never the value itself: it may be a secret.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false without quotes",
        Value::Number(_) => "a number without quotes",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::config_keeper::keys;

    fn findings(content: &str) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, content).unwrap();
        let mut findings = Findings::default();
        findings.look_at(&path);
        let plain = |text: String| text.replace(&findings.origin, "config.json");
        let problems = findings.problems.iter().map(|problem| plain(problem.to_string())).collect();
        (problems, findings.warnings.iter().cloned().map(plain).collect())
    }

    fn changed(change: impl FnOnce(&mut Map<String, Value>)) -> (Vec<String>, Vec<String>) {
        let mut document = keys::defaults();
        change(&mut document);
        findings(&Value::Object(document).to_string())
    }

    #[test]
    fn a_fresh_configuration_is_in_order() {
        assert_eq!(changed(|_| {}), (vec![], vec![]));
    }

    #[test]
    fn a_syntax_error_is_told_with_line_and_column() {
        let (problems, _) = findings("{\n  \"WebUI\": {\n}");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("line 3 column 1"), "{problems:?}");
    }

    #[test]
    fn every_wrong_type_is_a_problem_and_no_value_is_shown() {
        let (problems, warnings) = changed(|document| {
            document["ApiPart"]["tmdbtoken"] = 424_242.into();
            document["ApiPart"]["PreferredLanguageOrder"] = serde_json::json!(["en", 5]);
            document["WebUI"]["basicAuthEnabled"] = 1.into();
            document["PlexPart"] = Value::from("no");
        });
        let mut problems = problems;
        problems.sort();
        assert_eq!(
            problems,
            [
                "ApiPart.PreferredLanguageOrder (config.json): is a list; it must be a list of texts in quotes",
                "ApiPart.tmdbtoken (config.json): is a number without quotes; it must be a text in quotes",
                "PlexPart (config.json): is a text; it must be an object",
                "WebUI.basicAuthEnabled (config.json): is a number without quotes; it must be true or false",
            ]
        );
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn values_are_held_to_the_rules_of_the_api() {
        let (problems, warnings) = changed(|document| {
            document["PosterOverlayPart"]["text_offset"] = "430".into();
            document["PosterOverlayPart"]["minPointSize"] = "301".into();
            document["ApiPart"]["FavProvider"] = "imdb".into();
            document["Notification"]["UptimeKumaUrl"] = "s3cret".into();
            document["EmbyPart"]["UseEmby"] = "true".into();
        });
        assert_eq!(
            problems,
            ["UsePlex and UseEmby (config.json): must be the only one of UsePlex, UseJellyfin and UseEmby that is on"]
        );
        assert_eq!(
            warnings,
            [
                "ApiPart.FavProvider (config.json): must be one of tmdb, tvdb, fanart, plex",
                "Notification.UptimeKumaUrl (config.json): must be an address that begins with http:// or https://",
                "PosterOverlayPart.text_offset (config.json): should be written \"+430\"",
                "PosterMinPointSize and PosterMaxPointSize (config.json): leaves the smallest font size, 301, above the largest, 300",
            ]
        );
    }

    #[test]
    fn what_is_unknown_misspelt_or_missing_is_a_warning() {
        let (problems, warnings) = changed(|document| {
            document.shift_remove("OverlayPart");
            document.insert("Extra".to_owned(), Value::Null);
            let web = document["WebUI"].as_object_mut().unwrap();
            web.shift_remove("basicAuthUsername");
            let password = web.shift_remove("basicAuthPassword").unwrap();
            web.insert("BasicAuthPassword".to_owned(), password);
            web.insert("theme".to_owned(), "dark".into());
        });
        assert!(problems.is_empty(), "{problems:?}");
        for part in [
            "OverlayPart (config.json): the section is missing",
            "Extra (config.json): there is no such section",
            "WebUI (config.json): basicAuthUsername missing",
            "WebUI.BasicAuthPassword (config.json): must be written WebUI.basicAuthPassword",
            "WebUI.theme (config.json): there is no such key",
        ] {
            assert!(warnings.iter().any(|warning| warning.starts_with(part)), "{part}: {warnings:#?}");
        }
        assert_eq!(warnings.len(), 5);
    }
}
