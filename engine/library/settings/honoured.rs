//! Which keys of `config.json` runs go by: found by changing each and looking whether a run is told anything else. What is
//! read and then used by nobody does not compile, so that what a run is told is what it goes by.
//!
//! `POSTERIZARRD_DOCS=write cargo test --workspace --lib keys_are_documented` writes `docs/config-keys.md` anew.

use std::fmt::Write;
use std::path::Path;

use posterizarr_base::config::keys::{self, Key, SECTIONS};
use posterizarr_base::config::validation::ValueKind;
use posterizarr_base::servers::Dialect;
use posterizarr_render::config::Config;
use posterizarr_render::design::ArtworkKind;
use serde_json::{Value, json};

use super::{Document, LibrarySettings};
use crate::request::Task;

/// Keys that no run goes by, and why.
const NOT_APPLICABLE: [(&str, &str); 4] = [
    ("magickinstalllocation", "no ImageMagick is needed"),
    ("AutoUpdateIM", "no ImageMagick is needed"),
    ("AutoUpdatePosterizarr", "the program does not replace itself; see [upgrading](upgrade.md)"),
    ("telemetry", "nothing is ever reported to anybody"),
];

/// All that a run may be told: by the document as it is, and for the tasks that read it otherwise.
struct ReadSettings {
    config: Config,
    library: Vec<Result<LibrarySettings, String>>,
}

impl ReadSettings {
    fn by(document: &Document) -> Self {
        let tasks = [Task::Create, Task::Sync(Dialect::Jellyfin), Task::Sync(Dialect::Emby)];
        let library = tasks.map(|task| LibrarySettings::read_for(document, &task)).into();
        Self { config: Config::read(document).unwrap(), library }
    }

    /// What is told otherwise, in words.
    fn differences(&self, other: &Self) -> Vec<&'static str> {
        let (one, two) = (&self.config, &other.config);
        let (look, other_look) = (&one.look, &two.look);
        let with_look = Config { look: other_look.clone(), ..one.clone() };
        let design = |kind| look.design(kind) != other_look.design(kind);
        let found = [
            ("all runs", with_look != *two),
            ("all artwork", (look.processing, look.quality) != (other_look.processing, other_look.quality)),
            ("posters", design(ArtworkKind::Poster)),
            ("season posters", design(ArtworkKind::Season) || look.season_names != other_look.season_names),
            ("backgrounds", design(ArtworkKind::Background)),
            (
                "title cards",
                design(ArtworkKind::TitleCard)
                    || (&look.season_word, &look.episode_word) != (&other_look.season_word, &other_look.episode_word),
            ),
            ("collections", design(ArtworkKind::Collection) || look.collection_word != other_look.collection_word),
            ("logos", look.logo_colour != other_look.logo_colour),
            ("runs over a library", self.library != other.library),
        ];
        found.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
    }
}

/// Configurations in which nothing is passed over: with every switch on and with none but those that are on by default, since
/// some switches take the place of other settings; and with each of the servers in use.
fn bases() -> Vec<(Document, ReadSettings)> {
    let documents = [keys::defaults(), everything_on()].into_iter().flat_map(with_each_server);
    documents.map(|document| (document.clone(), ReadSettings::by(&document))).collect()
}

fn everything_on() -> Document {
    let mut document = keys::defaults();
    for key in keys::all() {
        let on = match key.default {
            keys::Default::Flag(_) => true.into(),
            _ if key.kind == ValueKind::Switch => "true".into(),
            _ => continue,
        };
        document[key.section][key.name] = on;
    }
    document
}

/// Each of the servers in use once, with the keys of all.
fn with_each_server(mut document: Document) -> [Document; 3] {
    let secrets = ["tmdbtoken", "tvdbapi", "FanartTvAPIKey", "PlexToken", "JellyfinAPIKey", "EmbyAPIKey"];
    for key in secrets {
        document["ApiPart"][key] = "a key".into();
    }
    let servers = ["Plex", "Jellyfin", "Emby"];
    servers.map(|used| {
        let mut document = document.clone();
        for server in servers {
            document[&format!("{server}Part")][format!("Use{server}")] = (server == used).to_string().into();
        }
        document
    })
}

/// What a key decides, in words; nothing where no run goes by it.
fn decides(key: &Key, bases: &[(Document, ReadSettings)]) -> Vec<&'static str> {
    let mut values = key.kind.samples();
    values.extend([json!(false), json!("false"), json!("A value that nobody has"), json!(["fr"])]);
    let mut found: Vec<&'static str> = Vec::new();
    for (base, told) in bases {
        for value in values.iter().filter(|value| key.kind.accept(value).is_ok()) {
            let mut changed = base.clone();
            changed[key.section][key.name] = key.kind.accept(value).unwrap();
            found.extend(told.differences(&ReadSettings::by(&changed)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn row(key: &Key, bases: &[(Document, ReadSettings)]) -> String {
    let decides = decides(key, bases);
    let reason = NOT_APPLICABLE.iter().find(|(name, _)| *name == key.name).map(|(_, why)| *why);
    let honoured = match (decides.as_slice(), reason) {
        // The one section that runs have nothing to do with: the daemon's login goes by it.
        ([], None) if key.section == "WebUI" => "yes: the login of the daemon".to_owned(),
        ([], Some(why)) => format!("not applicable: {why}"),
        ([], None) => panic!("no run goes by {}.{}, and nobody says why", key.section, key.name),
        (_, Some(_)) => panic!("{}.{} is said not to be applicable, and runs go by it", key.section, key.name),
        (decides, None) => format!("yes: {}", decides.join(", ")),
    };
    let default = match (key.secret, key.default.value()) {
        (true, _) => String::new(),
        (false, Value::String(text)) => text,
        (false, value) => value.to_string(),
    };
    let shown = if default.is_empty() { String::new() } else { format!("`{default}`") };
    let since = match (key.is_later, key.is_3x) {
        (true, _) => "after 3.1.3",
        (false, true) => "3.0",
        (false, false) => "",
    };
    format!("| `{}` | {shown} | {since} | {honoured} |", key.name)
}

fn page() -> String {
    let bases = bases();
    let mut page = String::from(
        "# The keys of config.json\n\nEach of the 259 keys of Posterizarr 3.1.3 and the four that came after it for Agregarr, and what goes by it here. A test makes this page from the code: it changes each key\nand looks for what is done otherwise then. A key of 3.0 that a file does not have means what it meant before there was one.\n",
    );
    for section in SECTIONS.iter() {
        write!(page, "\n## {}\n\n| key | default | since | honoured |\n|---|---|---|---|\n", section.name).unwrap();
        for key in &section.keys {
            writeln!(page, "{}", row(key, &bases)).unwrap();
        }
    }
    page
}

#[test]
fn keys_are_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/config-keys.md");
    let page = page();
    if std::env::var("POSTERIZARRD_DOCS").is_ok_and(|how| how == "write") {
        std::fs::write(&path, &page).unwrap();
    }
    // unbounded: a page of the project itself, for a test
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/config-keys.md is not what the code does; POSTERIZARRD_DOCS=write makes it anew");
}
