//! `check-config`: every mistake in the settings and in `config.json` at once.
//!
//! What keeps the daemon or the script from working is a problem; what either of them gets along with is a warning.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use posterizarr_base::bounded;
use serde_json::{Map, Value};

use super::exit::{MISCONFIGURED, report};
use super::identity;
use crate::actors::config::keys::{Default, Key, SECTIONS, Section};
use crate::actors::config::{AssetPaths, contradictions, document};
use crate::actors::runs::{Reader, Runner};
use crate::actors::runtime::data_dir::DataDir;
use crate::settings::saved;
use crate::settings::{Environment, Flags, Problem, Settings, load_what_is_right};

/// A larger config.json is none.
const MAX_SIZE: u64 = 16 * 1024 * 1024;

/// Exit code 0 if the daemon and the script would work with this, else 78.
pub fn main(flags: &Flags) -> ExitCode {
    let environment = Environment::of_process();
    let mut warnings = identity::assume(&environment);
    let (loaded, mut problems) = load_what_is_right(flags, &environment);
    warnings.extend(loaded.warnings);
    let reader = reader(&loaded.settings);
    let mut findings = Findings { warnings, reader, ..Findings::default() };
    let Ok(data) = DataDir::new(&loaded.settings.data_dir) else { return ExitCode::from(MISCONFIGURED) };
    findings.look_at(&data.config());
    findings.rooms(&data, loaded.settings.container);
    findings.modes(&data, loaded.file.as_deref());
    problems.append(&mut findings.problems);
    findings.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    if problems.is_empty() {
        println!("the settings and {} are in order", data.config().display());
        return ExitCode::SUCCESS;
    }
    report(&problems);
    ExitCode::from(MISCONFIGURED)
}

/// Who reads `config.json` in a run.
fn reader(settings: &Settings) -> Reader {
    Runner::new(settings.runner, settings.runner_command.clone(), settings.script(), Vec::new().into()).reader()
}

/// What was found in a `config.json`.
#[derive(Debug, Default)]
struct Findings {
    problems: Vec<Problem>,
    warnings: Vec<String>,
    origin: String,
    reader: Reader,
}

impl Findings {
    fn look_at(&mut self, path: &Path) {
        self.origin = path.display().to_string();
        match bounded::read(path, document::MAX_SIZE) {
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

    /// Asset folders that are not used, because they would open the system or the data folder to everybody.
    fn rooms(&mut self, data: &DataDir, container: bool) {
        let Some(document) = bounded::read(&data.config(), MAX_SIZE).ok().and_then(|text| document::parse(&text).ok())
        else {
            return;
        };
        let (_, warnings) = AssetPaths::of(&document, data, container).in_their_rooms(data);
        self.warnings.extend(warnings);
    }

    /// Files full of secrets that others on this machine may read.
    fn modes(&mut self, data: &DataDir, settings: Option<&Path>) {
        let backups =
            std::fs::read_dir(data.config_backups()).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = [data.config(), data.store(), saved::path(data.root())]
            .into_iter()
            .chain(settings.map(Path::to_owned))
            .chain(backups);
        for file in files {
            let Ok(found) = std::fs::metadata(&file) else { continue };
            let others = found.mode() & 0o077;
            if others != 0 {
                let (file, mode) = (file.display(), found.mode() & 0o777);
                let only = if found.is_dir() { "0700" } else { "0600" };
                self.warnings.push(format!(
                    "{file}: holds secrets, and others on this machine may read it (mode {mode:04o}); chmod {only} {file}"
                ));
            }
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
        let (mut missing, mut idle) = (Vec::new(), Vec::new());
        for key in &section.keys {
            match member(members, key.name) {
                // A file of version 2 of the script lacks nothing.
                None if key.is_3x && self.reader != Reader::Script3 => {}
                None => missing.push(key.name),
                Some((name, value)) => {
                    if key.is_3x && self.reader == Reader::Script2 {
                        idle.push(key.name);
                    }
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
        if !idle.is_empty() {
            let why = "version 2 of the script does the runs here; version 3 and the built-in engine know them";
            self.warn(section.name, &format!("{} without effect, because {why}", idle.join(", ")));
        }
        for name in strangers(members, section.keys.iter().map(|key| key.name)) {
            self.warn(&place(name), "there is no such key; it does nothing");
        }
    }

    /// The value, by the rules that a post to the API has to keep to. The script gets along with much of what they refuse.
    fn value(&mut self, place: &str, key: &Key, value: &Value) {
        match key.kind.accept(value) {
            Err(wrong) => self.warn(place, &wrong.english()),
            Ok(right) if right != *value && value.is_string() && right.is_string() => {
                // Of a secret only the spaces around it are changed, and it is not repeated.
                let right = if key.secret { "without spaces around it".to_owned() } else { right.to_string() };
                self.warn(place, &format!("should be written {right}"));
            }
            Ok(_) => {}
        }
    }

    fn contradictions(&mut self, document: &Map<String, Value>) {
        for found in contradictions::contradictions(document) {
            let keys = found.keys.join(" and ");
            let wrong = found.wrong.english();
            if found.stops_script { self.problem(&keys, &wrong) } else { self.warn(&keys, &wrong) }
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
        Default::Map(_) => (!value.is_object()).then_some("an object"),
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
    use crate::actors::config::keys;

    fn findings(content: &str) -> (Vec<String>, Vec<String>) {
        findings_for(Reader::Other, content)
    }

    fn findings_for(reader: Reader, content: &str) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, content).unwrap();
        let mut findings = Findings { reader, ..Findings::default() };
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
    fn files_with_secrets_that_others_may_read_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path()).unwrap();
        data.create().unwrap();
        std::fs::create_dir_all(data.config_backups()).unwrap();
        let settings = folder.path().join("posterizarrd.toml");
        let told = |mode: u32| {
            for path in [data.config(), settings.clone(), data.config_backups().join("a.json")] {
                std::fs::write(&path, "{}").unwrap();
                std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
            }
            let mut findings = Findings::default();
            findings.modes(&data, Some(&settings));
            findings.warnings
        };
        for loose in [0o640, 0o604, 0o664, 0o620] {
            let warnings = told(loose);
            let about =
                |name: &str| warnings.iter().any(|warning| warning.contains(name) && warning.contains("chmod 0600"));
            assert!(["config.json", "posterizarrd.toml", "a.json"].into_iter().all(about), "{loose:o}: {warnings:#?}");
        }
        assert_eq!(told(0o600), Vec::<String>::new());
        assert_eq!(told(0o400), Vec::<String>::new());
    }

    #[test]
    fn an_asset_folder_that_cannot_be_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path()).unwrap();
        std::fs::write(data.config(), r#"{"PrerequisitePart": {"AssetPath": "/etc"}}"#).unwrap();
        let mut findings = Findings::default();
        findings.rooms(&data, false);
        assert_eq!(findings.warnings.len(), 1);
        assert!(findings.warnings[0].contains("AssetPath") && findings.warnings[0].contains("/etc cannot hold assets"));
    }

    #[test]
    fn a_fresh_configuration_is_in_order() {
        assert_eq!(changed(|_| {}), (vec![], vec![]));
    }

    #[test]
    fn a_login_with_the_password_that_everybody_knows_is_a_warning() {
        let (problems, warnings) = changed(|document| document["WebUI"]["basicAuthEnabled"] = true.into());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("basicAuthPassword") && warnings[0].contains("everybody knows"), "{warnings:?}");
    }

    #[test]
    fn keys_of_version_3_are_judged_by_the_script_that_does_the_runs() {
        let fresh = Value::Object(keys::defaults()).to_string();
        let (problems, warnings) = findings_for(Reader::Script2, &fresh);
        assert!(problems.is_empty(), "{problems:?}");
        let about: Vec<_> = warnings.iter().filter_map(|warning| warning.split_once(' ')).map(|pair| pair.0).collect();
        assert_eq!(
            about,
            ["ApiPart", "Notification", "PrerequisitePart", "SeasonPosterOverlayPart", "TitleCardOverlayPart"]
        );
        assert!(warnings[2].contains("ParallelJobs") && warnings[2].contains("version 2"), "{warnings:?}");
        assert_eq!(findings_for(Reader::Script3, &fresh), (vec![], vec![]));
        let mut old = keys::defaults();
        old["PrerequisitePart"].as_object_mut().unwrap().shift_remove("ParallelJobs");
        let old = Value::Object(old).to_string();
        assert_eq!(findings_for(Reader::Other, &old), (vec![], vec![]), "the engine takes its absence for version 2");
        let (_, warnings) = findings_for(Reader::Script3, &old);
        assert!(warnings[0].contains("ParallelJobs missing"), "{warnings:?}");
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
            document["WebUI"]["basicAuthPassword"] = "one of my own".into();
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
                "PosterMinPointSize and PosterMaxPointSize (config.json): makes the smallest font size, 301, larger than the largest, 300",
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
