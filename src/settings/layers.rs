//! Lays the layers over each other and collects every problem on the way, not just the first.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use posterizarr_engine::Drawing;
use posterizarr_engine::library::SaveFirst;
use posterizarr_media::service::HostLimits;

use super::fault::Invalid;
use super::origin::{Flags, Origin, Origins, Sources};
use super::parse::{self, RawValue};
use super::saved;
use super::table::{CONFIG_FILE, DATA_DIR, PREFIX, SETTINGS, Setting, Store};
use super::toml_file::{self, Values};
use super::values::FILE_NAME;
use super::{Environment, LogFormat, Settings};
use crate::actors::library::assets::IndexSettings;
use crate::actors::library::trash::TrashSettings;
use crate::actors::notify::NotifierSettings;
use crate::actors::runs::RunnerChoice;
use crate::actors::servers::checks::Providers;
use crate::actors::updates::{RELEASE_URL, RELEASES_URL};
use posterizarr_media::http::HttpSettings;

const SYSTEM_FILE: &str = "/etc/posterizarrd/posterizarrd.toml";
/// How alike two keys must be for one to be proposed for the other, from 0 to 1.
const ALIKE: f64 = 0.75;

/// The settings, and what the user should know about how they came about.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The TOML file that was read, where there was one.
    pub file: Option<PathBuf>,
    /// What is odd, but does no harm.
    pub warnings: Vec<String>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting.
    pub key: String,
    /// Where it came from.
    pub origin: String,
    /// What is wrong, and what would be right.
    pub wrong: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            return write!(formatter, "{}: {}", self.origin, self.wrong);
        }
        write!(formatter, "{} ({}): {}", self.key, self.origin, self.wrong)
    }
}

/// Reads all layers. Without any problem gives the settings, else every problem.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, Vec<Problem>> {
    let (loaded, problems) = load_what_is_right(flags, environment);
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

/// Reads all layers: the settings as far as they are right, and every problem.
pub fn load_what_is_right(flags: &Flags, environment: &Environment) -> (Loaded, Vec<Problem>) {
    load_with(flags, environment, None)
}

/// The same, with these values in the place of those that were saved over the API.
pub(super) fn load_with(flags: &Flags, environment: &Environment, saved: Option<Values>) -> (Loaded, Vec<Problem>) {
    let mut settings = defaults(environment);
    let mut problems = Vec::new();
    let mut warnings = unknown_variables(environment);
    let mut layers = Layers { flags, environment, file: None, values: Values::new(), saved: Values::new() };
    let path = layers.file_path();
    if let Some(path) = &path {
        layers.file = Some(path.clone());
        match toml_file::read(path) {
            Ok(values) => layers.values = values,
            Err(wrong) => problems.push(Problem { key: String::new(), origin: path.display().to_string(), wrong }),
        }
        problems.extend(layers.unknown_keys());
    }
    layers.saved = saved.unwrap_or_else(|| saved::counted(&layers.data_dir(), &mut warnings));
    for setting in SETTINGS {
        layers.apply(setting, &mut settings, &mut problems, &mut warnings);
    }
    settings.origins.file.clone_from(&path);
    settings.origins.sources = Sources { flags: flags.clone(), environment: environment.clone() };
    fill_in(&mut settings, environment);
    (Loaded { settings, file: path, warnings }, problems)
}

impl Settings {
    /// The defaults for this data folder, where the script is, too; whatever the environment says.
    pub fn default_in(folder: &Path) -> Self {
        let defaults = defaults(&Environment::new([], folder));
        Self { data_dir: folder.to_owned(), app_dir: folder.to_owned(), ..defaults }
    }
}

fn defaults(environment: &Environment) -> Settings {
    let container = environment.container();
    let host = if container { [0, 0, 0, 0] } else { [127, 0, 0, 1] };
    Settings {
        data_dir: environment.data_dir(),
        app_dir: PathBuf::new(),
        bind: (host, 8000).into(),
        base_url: String::new(),
        public_origin: None,
        frontend_dir: None,
        disable_ui: false,
        container,
        umask: 0o002,
        log_format: LogFormat::Human,
        log_level: "info".to_owned(),
        access_log: false,
        executable: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe")),
        runner: RunnerChoice::Auto,
        runner_command: ["pwsh", "-File", "{script}"].map(str::to_owned).to_vec(),
        stop_grace: Duration::from_secs(10),
        max_duration: None,
        silence_limit: None,
        keep_runs: 20,
        trusted_proxies: Vec::new(),
        trusted_hosts: Vec::new(),
        cors_origins: Vec::new(),
        frame_ancestors: Vec::new(),
        container_tz: environment.variable("TZ").filter(|_| container).map(str::to_owned),
        host_tz: environment.variable("TZ").map(str::to_owned),
        run_time: None,
        schedule_grace: Duration::from_secs(60 * 60),
        arr_delay: Duration::from_secs(5 * 60),
        webhook_delays: BTreeMap::new(),
        webhook_networks: Vec::new(),
        trash: TrashSettings {
            enabled: true,
            max_size: 2 * 1024 * 1024 * 1024,
            max_age: Some(Duration::from_secs(30 * 24 * 60 * 60)),
        },
        mask_secrets: false,
        thumbnail_cache: 512 * 1024 * 1024,
        assets: IndexSettings::default(),
        updates: true,
        release_url: RELEASE_URL.to_owned(),
        releases_url: RELEASES_URL.to_owned(),
        fetch: HttpSettings::default(),
        providers: Providers::default(),
        limits: HostLimits::default(),
        save_first: SaveFirst::default(),
        collections: false,
        sets: None,
        drawing: Drawing::default(),
        drop_overlay_label: false,
        notify: NotifierSettings { heartbeat_every: Duration::from_secs(60), ..NotifierSettings::default() },
        metrics: true,
        metrics_bind: None,
        origins: Origins::default(),
    }
}

/// What depends on other settings: folders become absolute, the script's folder and the web UI are looked for.
fn fill_in(settings: &mut Settings, environment: &Environment) {
    let absolute = |folder: &Path| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    settings.data_dir = absolute(&settings.data_dir);
    if settings.app_dir.as_os_str().is_empty() {
        settings.app_dir = environment.app_dir(&settings.data_dir);
    }
    settings.app_dir = absolute(&settings.app_dir);
    // As runs see it, which work in the data folder.
    settings.sets = settings.sets.take().map(|folder| settings.data_dir.join(folder));
    if settings.frontend_dir.is_none() {
        let beside = ["frontend/dist", "webui/frontend/dist"].map(|folder| settings.app_dir.join(folder));
        settings.frontend_dir =
            beside.into_iter().find(|folder| std::fs::exists(folder.join("index.html")).unwrap_or(false));
    }
    settings.frontend_dir = settings.frontend_dir.as_deref().map(absolute);
}

struct Layers<'a> {
    flags: &'a Flags,
    environment: &'a Environment,
    file: Option<PathBuf>,
    values: Values,
    saved: Values,
}

impl Layers<'_> {
    /// Takes the setting from each layer that has it, the weakest first, so that a mistake in any of them is seen.
    fn apply(
        &self,
        setting: &Setting,
        settings: &mut Settings,
        problems: &mut Vec<Problem>,
        warnings: &mut Vec<String>,
    ) {
        for (origin, store, given) in self.given(setting) {
            let stored = given.map_err(Invalid::from);
            let stored =
                stored.and_then(|given| parse::sound(&given).and_then(|()| store(settings, &given)).map(|()| given));
            match stored {
                Ok(given) => drop(settings.origins.given.insert(setting.key, (setting.as_written(&given), origin))),
                Err(wrong) => {
                    let (key, wrong) = (setting.key.to_owned(), wrong.to_string());
                    let problem = Problem { key, origin: origin.to_string(), wrong };
                    // Nobody who saves in the web UI must be kept from it by that, as after a change of version.
                    match origin {
                        Origin::Saved => warnings.push(problem.to_string()),
                        _ => problems.push(problem),
                    }
                }
            }
        }
    }

    fn given(&self, setting: &Setting) -> Vec<(Origin, Store, Result<RawValue, String>)> {
        let mut given = Vec::new();
        if let (Some(value), Some(file)) = (self.values.get(setting.key), &self.file) {
            given.push((Origin::File(file.clone()), setting.store, value.clone()));
        }
        if let Some(value) = self.saved.get(setting.key) {
            given.push((Origin::Saved, setting.store, value.clone()));
        }
        let upstream = setting.also.iter().map(|(name, store)| ((*name).to_owned(), *store));
        for (name, store) in upstream.chain([(setting.variable(), setting.store)]) {
            if let Some(value) = self.variable(&name) {
                given.push((Origin::Variable(name), store, value));
            }
        }
        if let Some(text) = self.flags.get(setting.key) {
            given.push((Origin::Flag(setting.flag()), setting.store, Ok(RawValue::Text(text.clone()))));
        }
        given
    }

    fn variable(&self, name: &str) -> Option<Result<RawValue, String>> {
        if self.environment.is_unreadable(name) {
            return Some(Err("is not UTF-8".to_owned()));
        }
        self.environment.variable(name).map(|value| Ok(RawValue::Text(value.to_owned())))
    }

    /// The text of a setting that is needed before the file is read; mistakes in it are told later, by [`Self::apply`].
    fn early(&self, key: &str) -> Option<String> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key)?;
        match self.given(setting).pop()?.2 {
            Ok(RawValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn data_dir(&self) -> PathBuf {
        self.early(DATA_DIR).map_or_else(|| self.environment.data_dir(), PathBuf::from)
    }

    /// The file that was named, or the first of the default ones that is there.
    fn file_path(&self) -> Option<PathBuf> {
        if let Some(named) = self.early(CONFIG_FILE) {
            return Some(named.into());
        }
        let usual = [self.data_dir().join(FILE_NAME), self.environment.below_root(SYSTEM_FILE)];
        // What may not be looked at, or is a link that leads nowhere, counts as there: reading it tells what is wrong.
        let is_there = |path: &PathBuf| {
            std::fs::symlink_metadata(path)
                .map_or_else(|error| error.kind() == std::io::ErrorKind::PermissionDenied, |_| true)
        };
        usual.into_iter().find(is_there)
    }

    fn unknown_keys(&self) -> Vec<Problem> {
        let known = |key: &str| SETTINGS.iter().any(|setting| setting.key == key && key != CONFIG_FILE);
        let origin = self.file.as_deref().unwrap_or(Path::new("")).display().to_string();
        let problem = |key: &String| Problem { key: key.clone(), origin: origin.clone(), wrong: unknown(key) };
        self.values.keys().filter(|key| !known(key)).map(problem).collect()
    }
}

fn unknown(key: &str) -> String {
    if key == CONFIG_FILE {
        return "cannot be set in the file it names; use --config or POSTERIZARRD_CONFIG".to_owned();
    }
    match most_alike(key, SETTINGS.iter().map(|setting| setting.key.to_owned())) {
        Some(known) => format!("there is no such setting; did you mean {known}?"),
        None => "there is no such setting; posterizarrd --help names them all".to_owned(),
    }
}

fn most_alike(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|known| (strsim::jaro_winkler(name, &known), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, known)| known)
}

/// A misspelt variable of ours does nothing, so it is told; but a newer version's must not keep us from starting.
fn unknown_variables(environment: &Environment) -> Vec<String> {
    let known = |name: &str| SETTINGS.iter().any(|setting| setting.variable() == name);
    let warning = |name: &str| {
        let alike = most_alike(name, SETTINGS.iter().map(Setting::variable));
        let hint = alike.map_or_else(String::new, |known| format!("; did you mean {known}?"));
        format!("the environment variable {name} is not known and does nothing{hint}")
    };
    environment.names().filter(|name| name.starts_with(PREFIX) && !known(name)).map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        root: tempfile::TempDir,
        variables: Vec<(String, String)>,
        flags: Flags,
    }

    impl Case {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let data = root.path().join("data");
            std::fs::create_dir(&data).unwrap();
            let variables = vec![("STATE_DIRECTORY".to_owned(), data.to_string_lossy().into_owned())];
            Self { root, variables, flags: Flags::new() }
        }

        fn file(self, name: &str, text: &str) -> Self {
            let path = self.root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
            self
        }

        fn variable(mut self, name: &str, value: &str) -> Self {
            self.variables.push((name.to_owned(), value.to_owned()));
            self
        }

        fn flag(mut self, key: &'static str, value: &str) -> Self {
            self.flags.insert(key, value.to_owned());
            self
        }

        fn load(&self) -> Result<Loaded, Vec<Problem>> {
            let variables = self.variables.iter().map(|(name, value)| (name.into(), value.into()));
            load(&self.flags, &Environment::new(variables, self.root.path()))
        }

        fn settings(&self) -> Settings {
            self.load().unwrap().settings
        }
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
        let case = Case::new();
        assert_eq!(case.settings().keep_runs, 20);
        let case = case.file("data/posterizarrd.toml", "[runner]\nkeep_runs = 3\nstop_grace = 4\n");
        assert_eq!(case.settings().keep_runs, 3);
        assert_eq!(case.settings().stop_grace, Duration::from_secs(4));
        let case = case.variable("POSTERIZARRD_RUNNER_KEEP_RUNS", "5");
        assert_eq!(case.settings().keep_runs, 5);
        assert_eq!(case.flag("runner.keep_runs", "7").settings().keep_runs, 7);
    }

    #[test]
    fn upstreams_variables_count_less_than_ours_and_set_parts_of_the_address() {
        let case = Case::new().variable("APP_PORT", "9000");
        assert_eq!(case.settings().bind.to_string(), "127.0.0.1:9000");
        assert_eq!(case.variable("PORT", "9001").settings().bind.port(), 9001, "as version 3 has it");
        let case = Case::new().variable("APP_PORT", "9000").variable("APP_HOST", "0.0.0.0");
        assert_eq!(case.settings().bind.to_string(), "0.0.0.0:9000");
        let case = case.variable("POSTERIZARRD_BIND", "[::1]:1");
        assert_eq!(case.settings().bind.to_string(), "[::1]:1");
        let empty = Case::new().variable("APP_PORT", "").variable("DISABLE_UI", "TRUE").settings();
        assert_eq!(empty.bind.port(), 8000);
        assert!(empty.disable_ui);
    }

    #[test]
    fn in_a_container_the_daemon_listens_on_every_address() {
        assert_eq!(Case::new().variable("DOCKER_ENV", "true").settings().bind.to_string(), "0.0.0.0:8000");
    }

    #[test]
    fn the_file_in_the_data_folder_comes_before_that_of_the_system_and_a_named_one_before_both() {
        let case = Case::new().file("etc/posterizarrd/posterizarrd.toml", "base_url = \"/system\"");
        assert_eq!(case.settings().base_url, "/system");
        let case = case.file("data/posterizarrd.toml", "base_url = \"/data\"");
        assert_eq!(case.settings().base_url, "/data");
        let case = case.file("named.toml", "base_url = \"/named\"");
        let named = case.root.path().join("named.toml");
        let case = case.variable("POSTERIZARRD_CONFIG", &named.to_string_lossy());
        assert_eq!(case.settings().base_url, "/named");
        assert_eq!(case.load().unwrap().file, Some(named));
    }

    #[test]
    fn every_problem_is_told_with_its_key_its_origin_and_what_would_be_right() {
        let case = Case::new()
            .file(
                "data/posterizarrd.toml",
                "bnid = \"x\"\nconfig = \"y\"\nbase_url = \"no path\"\n[runner]\nkeep_runs = 0\ncommand = [[1]]\n",
            )
            .variable("APP_PORT", "eighty")
            .flag("log.level", "loud");
        let problems: Vec<_> = case.load().unwrap_err().iter().map(ToString::to_string).collect();
        let told = |parts: [&str; 3]| problems.iter().any(|text| parts.iter().all(|part| text.contains(part)));
        assert_eq!(problems.len(), 7, "{problems:#?}");
        assert!(told(["bnid", "posterizarrd.toml", "did you mean bind?"]), "{problems:#?}");
        assert!(told(["config", "posterizarrd.toml", "--config"]));
        assert!(told(["base_url", "posterizarrd.toml", "like /posterizarr"]));
        assert!(told(["runner.keep_runs", "posterizarrd.toml", "at least 1"]));
        assert!(told(["runner.command", "posterizarrd.toml", "list of lists"]));
        assert!(told(["bind", "APP_PORT", "0 to 65535"]));
        assert!(told(["log.level", "flag --log-level", "error, warn"]));
    }

    #[test]
    fn a_value_that_a_stronger_layer_replaces_is_still_checked() {
        let case = Case::new().variable("POSTERIZARRD_BIND", "nonsense").flag("bind", "127.0.0.1:1");
        assert_eq!(case.load().unwrap_err().len(), 1);
    }

    #[test]
    fn a_broken_or_missing_file_is_told_with_its_place() {
        let problems = Case::new().file("data/posterizarrd.toml", "bind = \"x\"\n[runner\n").load().unwrap_err();
        assert!(problems[0].to_string().contains("line 2, column"), "{}", problems[0]);
        let problems = Case::new().flag("config", "/nowhere/x.toml").load().unwrap_err();
        assert!(problems[0].to_string().starts_with("/nowhere/x.toml: cannot be read"), "{}", problems[0]);
    }

    #[test]
    fn an_unknown_variable_of_ours_is_a_warning() {
        let case = Case::new().variable("POSTERIZARRD_BNID", "x").variable("OTHER", "x");
        let warnings = case.load().unwrap().warnings;
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].contains("POSTERIZARRD_BNID") && warnings[0].contains("POSTERIZARRD_BIND?"),
            "{warnings:?}"
        );
    }

    #[test]
    fn a_variable_that_is_not_text_is_a_problem_of_its_setting() {
        use std::os::unix::ffi::OsStringExt;
        let bad = std::ffi::OsString::from_vec(vec![b'/', 0xff]);
        let root = tempfile::tempdir().unwrap();
        let problems = load(&Flags::new(), &Environment::new([("APP_DATA".into(), bad)], root.path())).unwrap_err();
        assert_eq!(problems[0].to_string(), "data_dir (environment variable APP_DATA): is not UTF-8");
    }

    #[test]
    fn a_built_web_ui_beside_the_script_is_found() {
        let case = Case::new().file("data/webui/frontend/dist/index.html", "");
        assert_eq!(case.settings().frontend_dir, Some(case.root.path().join("data/webui/frontend/dist")));
        let named = case.flag("frontend_dir", "/elsewhere").settings();
        assert_eq!(named.frontend_dir.as_deref(), Some(Path::new("/elsewhere")));
    }
}
