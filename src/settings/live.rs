//! The settings while the daemon runs: how they were at its start, how they are now, and how some of them are changed.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::{Invalid, SettingFault};
use super::layers::load_with;
use super::parse::{self, Parsed, RawValue};
use super::saved;
use super::table::{CONFIG_FILE, DATA_DIR, SETTINGS};
use super::toml_file::{self, Values};
use super::{Origin, Settings};
use crate::actors::runtime::view::View;

/// Why a value cannot be saved: [`SettingFault`]s, in English and by their codes.
pub type Refusal = Invalid;

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Values that cannot be saved, by their keys.
    #[error("{}", told(.0))]
    Refused(Vec<(String, Refusal)>),
    /// The file that people write, or the one with what was saved, is broken.
    #[error("fix the settings file first: {0}")]
    Broken(String),
    /// The disk.
    #[error("{0} cannot be written: {1}")]
    Write(String, io::Error),
}

fn told(refused: &[(String, Refusal)]) -> String {
    refused.iter().map(|(key, refusal)| format!("{key}: {refusal}")).collect::<Vec<_>>().join("; ")
}

/// The settings as they are now; those that hold from the next start on are as they will be.
#[derive(Debug)]
pub struct LiveSettings {
    now: View<Settings>,
    engine_flags: View<Vec<String>>,
    turn: Mutex<()>,
}

impl LiveSettings {
    /// As they are at the start.
    pub fn new(settings: &Settings) -> Self {
        Self {
            now: View::new(settings.clone()),
            engine_flags: View::new(settings.engine_flags()),
            turn: Mutex::new(()),
        }
    }

    /// How they are now.
    pub fn get(&self) -> Arc<Settings> {
        self.now.get()
    }

    /// What runs of the engine are told.
    pub fn engine_flags(&self) -> View<Vec<String>> {
        self.engine_flags.clone()
    }

    /// Saves values by their keys, all or none; none in the place of a value brings back what holds without it. Blocks for the disk.
    pub fn save(&self, changes: Vec<Change>) -> Result<(), SaveError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now.get();
        let (values, next) = changed(&now, changes)?;
        let path = saved::path(&now.data_dir);
        let sound: BTreeMap<_, _> = values.into_iter().filter_map(|(key, value)| Some((key, value.ok()?))).collect();
        toml_file::write(&path, saved::COMMENT, &sound)
            .map_err(|error| SaveError::Write(path.display().to_string(), error))?;
        self.engine_flags.publish(next.engine_flags());
        self.now.publish(next);
        Ok(())
    }

    /// How the settings would be with these changes, which are not saved. Blocks for the disk.
    pub fn with(&self, changes: Vec<Change>) -> Result<Settings, SaveError> {
        changed(&self.now.get(), changes).map(|(_, next)| next)
    }
}

/// A key, and its new value; none takes back what was saved, and an error tells why what came is no value at all.
pub type Change = (String, Parsed<Option<RawValue>>);

/// All saved values with these changes, those of other versions included, and the settings that come of them.
fn changed(now: &Settings, changes: Vec<Change>) -> Result<(Values, Settings), SaveError> {
    let mut values = saved::read(&now.data_dir).map_err(SaveError::Broken)?;
    let mut refused = Vec::new();
    for (key, value) in changes {
        match value.and_then(|value| checked(now, &key, value.as_ref()).map(|()| value)) {
            Ok(Some(given)) => drop(values.insert(key, Ok(given))),
            Ok(None) => drop(values.remove(&key)),
            Err(refusal) => refused.push((key, refusal)),
        }
    }
    if !refused.is_empty() {
        return Err(SaveError::Refused(refused));
    }
    let counted = values.clone().into_iter().filter(|(key, _)| saved::is_savable(key)).collect();
    let next = reloaded(now, counted)?;
    Ok((values, next))
}

/// Whether a value would count if it was saved. What was saved can be taken back, whatever else sets it.
fn checked(now: &Settings, key: &str, value: Option<&RawValue>) -> Result<(), Refusal> {
    let setting = SETTINGS.iter().find(|setting| setting.key == key).ok_or(SettingFault::Unknown)?;
    if setting.takes_effect().is_none() {
        return Err(SettingFault::ByHand { file: now.file().display().to_string() }.into());
    }
    let Some(given) = value else { return Ok(()) };
    match now.origins.given.get(setting.key) {
        Some((_, Origin::Variable(name))) => Err(SettingFault::ByVariable { name: name.clone() }.into()),
        Some((_, Origin::Flag(name))) => Err(SettingFault::ByFlag { name: name.clone() }.into()),
        _ => parse::sound(given).and_then(|()| (setting.store)(&mut now.clone(), given)),
    }
}

/// All layers once more, with these saved values.
fn reloaded(now: &Settings, saved: Values) -> Result<Settings, SaveError> {
    let sources = &now.origins.sources;
    let mut flags = sources.flags.clone();
    // Where the daemon found these at its start must not be asked again: it may have become another user since.
    let places = [(DATA_DIR, Some(&now.data_dir)), (CONFIG_FILE, now.origins.file.as_ref())];
    for (key, path) in places {
        if let Some(path) = path.and_then(|path| path.to_str()) {
            flags.insert(key, path.to_owned());
        }
    }
    let (loaded, problems) = load_with(&flags, &sources.environment, Some(saved));
    if let Some(problem) = problems.first() {
        return Err(SaveError::Broken(problem.to_string()));
    }
    let mut next = loaded.settings;
    // What is only set by hand counts from the next start on, also where runs are told of it.
    next.fetch = now.fetch.clone();
    next.providers = now.providers.clone();
    next.sets.clone_from(&now.sets);
    next.origins.sources = sources.clone();
    next.origins.file.clone_from(&now.origins.file);
    for key in [DATA_DIR, CONFIG_FILE] {
        match now.origins.given.get(key) {
            Some(given) => drop(next.origins.given.insert(key, given.clone())),
            None => drop(next.origins.given.remove(key)),
        }
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, load};

    struct Home {
        folder: tempfile::TempDir,
    }

    impl Home {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn settings(&self, variables: &[(&str, &str)]) -> Settings {
            let folder = self.folder.path().to_str().unwrap();
            let own = [("STATE_DIRECTORY", folder)];
            let variables = variables.iter().chain(&own).map(|(name, value)| (name.into(), value.into()));
            load(&Default::default(), &Environment::new(variables, self.folder.path())).unwrap().settings
        }
    }

    fn text(key: &str, value: &str) -> Change {
        (key.to_owned(), Ok(Some(RawValue::Text(value.to_owned()))))
    }

    #[test]
    fn what_is_saved_counts_at_once_and_at_the_next_start_and_can_be_taken_back() {
        let home = Home::new();
        let file = home.folder.path().join("posterizarrd.toml");
        std::fs::write(&file, "# mine\n[runner]\nkeep_runs = 3\n").unwrap();
        let live = LiveSettings::new(&home.settings(&[]));
        live.save(vec![text("drawing.balanced_lines", "true"), text("runner.keep_runs", "7")]).unwrap();
        for settings in [live.get().as_ref(), &home.settings(&[])] {
            assert!(settings.drawing.finish.typography.balanced_lines);
            assert_eq!(settings.keep_runs, 7);
            assert_eq!(settings.origins.given["runner.keep_runs"], ("7".to_owned(), Origin::Saved));
        }
        assert!(live.engine_flags().get().windows(2).any(|pair| pair == ["--drawing-balanced-lines", "true"]));
        live.save(vec![("runner.keep_runs".to_owned(), Ok(None))]).unwrap();
        assert_eq!(live.get().keep_runs, 3, "what the file says holds again");
        assert_eq!(std::fs::read_to_string(file).unwrap(), "# mine\n[runner]\nkeep_runs = 3\n");
    }

    #[test]
    fn a_refusal_saves_nothing() {
        let home = Home::new();
        let live = LiveSettings::new(&home.settings(&[("POSTERIZARRD_TRASH_MAX_AGE", "1d")]));
        let refused = |changes| live.save(changes).unwrap_err().to_string();
        let good = || text("drawing.legibility", "on");
        assert!(refused(vec![good(), text("trash.max_age", "2d")]).contains("POSTERIZARRD_TRASH_MAX_AGE"));
        assert!(refused(vec![good(), text("bind", "0.0.0.0:1")]).contains("posterizarrd.toml"));
        assert!(refused(vec![good(), text("runner.command", "sh")]).contains("posterizarrd.toml"));
        let both = refused(vec![good(), text("drawing.legibility", "loud"), text("drawing.x", "1")]);
        assert!(
            both.starts_with("drawing.legibility: ") && both.ends_with("; drawing.x: there is no such setting"),
            "{both}"
        );
        std::fs::write(home.folder.path().join("posterizarrd.toml"), "[").unwrap();
        live.save(vec![]).unwrap_err();
        assert!(!std::fs::exists(home.folder.path().join(saved::FILE_NAME)).unwrap());
    }

    #[test]
    fn what_is_wrong_with_saved_values_keeps_nobody_from_starting() {
        let home = Home::new();
        let path = home.folder.path().join(saved::FILE_NAME);
        let warnings = || {
            let folder = home.folder.path().to_str().unwrap();
            let environment = Environment::new([("STATE_DIRECTORY".into(), folder.into())], home.folder.path());
            load(&Default::default(), &environment).unwrap().warnings
        };
        std::fs::write(&path, "bind = \"x\"\nold = 1\n[drawing]\nlegibility = \"loud\"\n").unwrap();
        let told = warnings();
        assert_eq!(told.len(), 3, "{told:?}");
        std::fs::write(&path, "[").unwrap();
        assert!(warnings()[0].contains("is not TOML"));
    }

    #[test]
    fn what_is_in_the_file_stays_there() {
        let home = Home::new();
        let path = home.folder.path().join(saved::FILE_NAME);
        let live = LiveSettings::new(&home.settings(&[]));
        std::fs::write(&path, "[drawing]\nof_the_future = \"x\"\n").unwrap();
        live.save(vec![text("drawing.legibility", "on")]).unwrap();
        let content = std::fs::read_to_string(&path).unwrap();
        assert!(content.contains("of_the_future = \"x\"") && content.contains("legibility = \"on\""), "{content}");
        std::fs::write(&path, "half a file [").unwrap();
        assert!(matches!(live.save(vec![text("drawing.legibility", "off")]), Err(SaveError::Broken(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "half a file [");
    }

    #[test]
    fn what_no_program_can_be_told_is_refused() {
        let home = Home::new();
        let live = LiveSettings::new(&home.settings(&[]));
        for (key, value) in [
            ("drawing.watched_by", "a\0b".to_owned()),
            ("drawing.watched_by", "a".repeat(20_000)),
            ("runner.stop_grace", u64::MAX.to_string()),
            ("notify.heartbeat_every", "0".to_owned()),
            ("assets.scan_every", "0s".to_owned()),
        ] {
            assert!(matches!(live.save(vec![text(key, &value)]), Err(SaveError::Refused(_))), "{key}");
        }
    }

    #[test]
    fn what_is_set_by_hand_waits_for_the_next_start() {
        let home = Home::new();
        let file = home.folder.path().join("posterizarrd.toml");
        std::fs::write(&file, "").unwrap();
        let live = LiveSettings::new(&home.settings(&[]));
        std::fs::write(&file, "providers.tmdb_url = \"http://127.0.0.1:1\"\nfetch.allow_private = true\n").unwrap();
        live.save(vec![text("drawing.legibility", "on")]).unwrap();
        let flags = live.engine_flags().get().join(" ");
        assert!(flags.contains("--drawing-legibility on") && flags.contains("--fetch-allow-private false"), "{flags}");
        assert!(!flags.contains("127.0.0.1:1"), "{flags}");
    }

    #[test]
    fn what_is_tried_is_not_saved() {
        let home = Home::new();
        let live = LiveSettings::new(&home.settings(&[]));
        let tried = live.with(vec![text("drawing.balanced_lines", "true")]).unwrap();
        assert!(tried.drawing.finish.typography.balanced_lines);
        assert!(!live.get().drawing.finish.typography.balanced_lines);
        assert!(!std::fs::exists(home.folder.path().join(saved::FILE_NAME)).unwrap());
    }
}
