//! What the daemon tells by a code, the web UI says in each of its languages: no code without its text, and no text without
//! its code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use posterizarr_base::config::validation::Wrong;
use posterizarr_base::said::Values;
use posterizarr_engine::library::Why;
use posterizarr_media::http::HttpError;
use posterizarrd::actors::config::ConfigFault;
use posterizarrd::actors::library::replacing::ReplaceFault;
use posterizarrd::actors::runs::RunReason;
use posterizarrd::actors::schedule::MISSED;
use posterizarrd::actors::schedule::{EntryError, TimetableFault};
use posterizarrd::actors::servers::checks::Finding;
use posterizarrd::actors::triggers::IngestReason;
use posterizarrd::settings::SettingFault;
use regex::Regex;

/// What is told by a code, as the web UI calls it: its code, and the names of its values where these are known.
type Codes = BTreeMap<String, Option<&'static [&'static str]>>;

fn codes() -> Codes {
    let mut codes = Codes::new();
    for (family, all) in [
        ("because", Why::ALL),
        ("run_reason", RunReason::ALL),
        ("trigger_reason", IngestReason::ALL),
        ("verdict", Finding::ALL),
        ("wrong", EntryError::ALL),
        ("wrong", TimetableFault::ALL),
        ("wrong", ReplaceFault::ALL),
        ("wrong", Wrong::ALL),
        ("wrong", ConfigFault::ALL),
        ("wrong", SettingFault::ALL),
    ] {
        for (code, values) in all {
            let before = codes.insert(format!("{family}.{code}"), Some(*values));
            // What says anything says it everywhere in the same way.
            assert!(before.is_none() || *code == "told", "{family}.{code} is two sentences");
        }
    }
    codes.extend(HttpError::CODES.iter().map(|code| (format!("trouble.{code}"), None)));
    codes.extend(MISSED.iter().map(|code| (format!("missed.{code}"), Some(&[] as &[&str]))));
    codes
}

/// The languages of the web UI but English, which the daemon speaks itself.
fn languages() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/texts");
    let folders = fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).filter(|language| language != "en").collect()
}

/// What the web UI says in a language, by its codes.
fn texts(language: &str) -> BTreeMap<String, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("web/src/reasons/{language}.json"));
    serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()
}

/// The names of the values in a text.
fn used(text: &str) -> BTreeSet<&str> {
    let value = Regex::new(r"\{(\w+)").unwrap();
    value.captures_iter(text).map(|found| found.extract::<1>().1[0]).collect()
}

#[test]
fn every_code_has_a_text_in_every_language_and_the_texts_use_only_its_values() {
    let (languages, codes) = (languages(), codes());
    assert_eq!(languages.len(), 5, "{languages:?}");
    for language in &languages {
        let texts = texts(language);
        let (there, wanted): (BTreeSet<_>, BTreeSet<_>) = (texts.keys().collect(), codes.keys().collect());
        assert_eq!(there, wanted, "{language}");
        for (code, values) in &codes {
            let is_unknown = |name: &&str| values.is_some_and(|values| !values.contains(name));
            let unknown: Vec<_> = used(&texts[code]).into_iter().filter(is_unknown).collect();
            assert!(unknown.is_empty(), "{language}, {code}: {unknown:?}");
        }
    }
}

#[test]
fn every_trouble_of_a_call_has_its_code() {
    let text = |text: &str| text.to_owned();
    let all = [
        HttpError::NoProtocol,
        HttpError::NotUrl(text("x")),
        HttpError::NotSendable,
        HttpError::UnknownHost(text("h")),
        HttpError::Refused(text("h")),
        HttpError::Unreachable(text("h")),
        HttpError::TimedOut,
        HttpError::NotTrusted { host: text("h"), reason: text("r") },
        HttpError::NotTls(text("h")),
        HttpError::Broken(text("h")),
        HttpError::TooLarge(text("1 MiB")),
        HttpError::Redirected(text("h")),
        HttpError::TooManyRedirects,
        HttpError::Private(text("h")),
        HttpError::NotUnderstood("Plex"),
        HttpError::NotPicture(text("r")),
        HttpError::NotStored(text("r")),
        HttpError::NoClient(text("r")),
    ];
    assert_eq!(all.each_ref().map(|error| error.said().code), HttpError::CODES);
    // An answer that refuses something because of it calls its values as the texts do.
    for (language, error) in languages().iter().flat_map(|language| all.iter().map(move |error| (language, error))) {
        let text = texts(language).remove(&format!("trouble.{}", error.said().code)).unwrap();
        let values: BTreeSet<_> = error.values().into_keys().collect();
        assert!(used(&text).is_subset(&values), "{language}: {text} with {values:?}");
    }
}
