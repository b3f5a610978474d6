//! The table against the help, the README, the example file and the texts of the web UI.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Environment, Flags, load};
use super::*;

const TABLE_BEGINS: &str = "<!-- settings: begin -->\n";
const TABLE_ENDS: &str = "<!-- settings: end -->";

fn defaults() -> Settings {
    let root = tempfile::tempdir().unwrap();
    load(&Flags::new(), &Environment::new([], root.path())).unwrap().settings
}

fn readme_table() -> String {
    let mut table = "| TOML key and flag | environment | default | what it does |\n|---|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let upstream: String = setting.also.iter().map(|(name, _)| format!(", `{name}`")).collect();
        let (key, flag, variable) = (setting.key, setting.flag(), setting.variable());
        let default = match setting.default {
            "" => String::new(),
            default if setting.note.is_empty() => format!("`{default}`"),
            default => format!("`{default}` "),
        };
        let (note, help) = (setting.note, setting.help.replace('|', "\\|"));
        table += &format!("| `{key}` `--{flag}` | `{variable}`{upstream} | {default}{note} | {help} |\n");
    }
    table
}

#[test]
fn the_defaults_that_are_shown_are_those_that_hold() {
    let defaults = defaults();
    for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
        let mut settings = defaults.clone();
        (setting.store)(&mut settings, &RawValue::Text(setting.default.to_owned())).unwrap();
        assert_eq!(settings, defaults, "{}", setting.key);
    }
}

#[test]
fn flags_and_variables_derive_from_the_key() {
    let grace = SETTINGS.iter().find(|setting| setting.key == "runner.stop_grace").unwrap();
    assert_eq!(
        (grace.flag().as_str(), grace.variable().as_str()),
        ("runner-stop-grace", "POSTERIZARRD_RUNNER_STOP_GRACE")
    );
}

#[test]
fn the_readme_has_the_table_of_settings() {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once(TABLE_BEGINS).expect("the table's first marker");
    let (table, _) = rest.split_once(TABLE_ENDS).expect("the table's last marker");
    assert_eq!(table, readme_table(), "the README's table is out of date; it should be:\n{}", readme_table());
}

#[test]
fn the_example_file_names_every_setting_with_its_default() {
    let example = include_str!("../../../deploy/config.example.toml");
    // A commented line with a value is a setting; prose never has ` = `.
    let uncommented: String = example
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posterizarrd.toml");
    std::fs::write(&path, &uncommented).unwrap();
    let flags = Flags::from([(CONFIG_FILE, path.to_string_lossy().into_owned())]);
    let environment = Environment::new([("STATE_DIRECTORY".into(), "/var/lib/posterizarrd".into())], folder.path());
    let from_example = load(&flags, &environment).unwrap().settings;
    let mut expected = load(&Flags::new(), &environment).unwrap().settings;
    expected.executable.clone_from(&from_example.executable);
    // Where they come from is all that differs.
    expected.origins.clone_from(&from_example.origins);
    assert_eq!(from_example, expected);
    for setting in SETTINGS.iter().filter(|setting| setting.key != CONFIG_FILE) {
        let name = setting.key.rsplit('.').next().unwrap();
        let named = ["# ", "#"].iter().any(|mark| example.contains(&format!("\n{mark}{name} = ")));
        assert!(named, "{} is missing", setting.key);
    }
}

#[test]
fn every_setting_is_explained_in_each_language_of_the_web_ui() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/pages/settings/texts");
    let keys: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
    for language in ["de", "es", "fr", "it", "pt"] {
        let file = std::fs::read(format!("{folder}/{language}.json")).unwrap();
        let texts: BTreeMap<String, String> = serde_json::from_slice(&file).unwrap();
        let told: BTreeSet<&str> = texts.keys().filter_map(|key| key.strip_prefix("daemon.")).collect();
        let (missing, unknown) =
            (keys.difference(&told).collect::<Vec<_>>(), told.difference(&keys).collect::<Vec<_>>());
        assert!(missing.is_empty(), "{language}.json has no daemon.… text for {missing:?}");
        assert!(unknown.is_empty(), "{language}.json has daemon.… texts for no setting: {unknown:?}");
    }
}
