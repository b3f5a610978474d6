//! What a run over the library needs, looked at before one is started. Nobody is asked over the network here.

use std::path::Path;

use posterizarr_base::said::Said;
use posterizarr_base::servers::ServerKind;
use posterizarr_render::config::{Config, Document};
use posterizarr_render::design::{ArtworkKind, Design};
use posterizarr_render::overlays;
use posterizarr_render::prepared::AssetCache;

use super::settings::LibrarySettings;

/// Whether a need is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    Yes,
    /// Runs work, but not as somebody may want.
    Partly,
    /// No run can work.
    No,
}

/// Something that a run needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// A word for programs, such as `assets_folder`.
    pub id: &'static str,
    pub met: Met,
    /// How it is, in a sentence.
    pub message: String,
    /// The same for programs, where the sentence is one of ours and not that of what went wrong.
    pub said: Option<Said>,
    /// What to do about it; none where it is met.
    pub mend: Option<String>,
    /// Settings of `config.json` by which it is mended, such as `PrerequisitePart.AssetPath`.
    pub keys: Vec<&'static str>,
}

/// The media server that is in use.
#[derive(Clone, PartialEq, Eq)]
pub struct InUse {
    pub kind: ServerKind,
    pub url: String,
    pub key: String,
    /// Libraries that are left out.
    pub excluded: Vec<String>,
}

/// Keys of the providers, where they were entered.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keys {
    pub tmdb: Option<String>,
    pub tvdb: Option<String>,
    pub fanart: Option<String>,
}

/// What was found without asking anybody.
pub struct Needs {
    pub found: Vec<Need>,
    /// Who is to be asked; none where the settings do not tell.
    pub server: Option<InUse>,
    pub keys: Keys,
    /// Whether runs take pictures from providers at all.
    pub online: bool,
}

/// All that tells which media server it is, and where.
const SERVER_KEYS: [&str; 9] = [
    "PlexPart.UsePlex",
    "JellyfinPart.UseJellyfin",
    "EmbyPart.UseEmby",
    "PlexPart.PlexUrl",
    "ApiPart.PlexToken",
    "JellyfinPart.JellyfinUrl",
    "ApiPart.JellyfinAPIKey",
    "EmbyPart.EmbyUrl",
    "ApiPart.EmbyAPIKey",
];
const ASSET_KEYS: &[&str] = &["PrerequisitePart.AssetPath"];
const KIND_KEYS: &[&str] = &[
    "PrerequisitePart.Posters",
    "PrerequisitePart.SeasonPosters",
    "PrerequisitePart.BackgroundPosters",
    "PrerequisitePart.TitleCards",
];

impl Need {
    /// The name for people.
    pub fn name(&self) -> &'static str {
        match self.id {
            "server" => "media server",
            "artwork" => "kinds of artwork",
            "assets_folder" => "folder for artwork",
            "fonts_and_overlays" => "fonts and overlays",
            _ => "settings",
        }
    }

    /// What is well.
    fn met(id: &'static str, message: impl Into<String>, keys: &[&'static str]) -> Self {
        Self { id, met: Met::Yes, message: message.into(), said: None, mend: None, keys: keys.to_vec() }
    }

    /// What keeps runs from working: `problem` is what is wrong, and after a semicolon what to do about it.
    fn missing(id: &'static str, problem: &str, keys: &[&'static str]) -> Self {
        let (message, mend) = problem.split_once("; ").unwrap_or((problem, "change it in the settings"));
        let (message, mend) = (message.to_owned(), Some(mend.to_owned()));
        Self { id, met: Met::No, message, said: None, mend, keys: keys.to_vec() }
    }

    fn said(self, said: Said) -> Self {
        Self { said: Some(said), ..self }
    }
}

/// Looks at the settings, the folders, the fonts and the overlays. `folder` is the data folder. Reads files, and writes one
/// for a moment to see that it can.
pub fn needs(document: &Document, folder: &Path) -> Needs {
    let mut needs = Needs { found: Vec::new(), server: None, keys: Keys::default(), online: true };
    let config = Config::read(document).map_err(|problem| problem.to_string());
    match &config {
        Ok(config) => needs.found.push(assets_folder(&config.asset_path)),
        Err(problem) => needs.found.push(Need::missing("configuration", problem, &[])),
    }
    match LibrarySettings::read(document) {
        Ok(settings) => {
            needs.found.push(artwork(&settings.kinds));
            needs.online = settings.kinds.iter().any(|kind| !settings.offline.contains(kind));
            if let Ok(config) = &config {
                needs.found.extend(looks(config, &settings.kinds, &folder.join("Overlayfiles")));
            }
            needs.server = Some(in_use(&settings));
            needs.keys = Keys { tmdb: settings.tmdb_token, tvdb: settings.tvdb_key, fanart: settings.fanart_key };
        }
        Err(problem) => {
            let keys = named_in(&problem);
            let need = Need::missing("server", &problem, &keys);
            // What a new installation begins with.
            let names = || Said::new("server_not_set", [("settings", &keys.join(", "))]);
            needs.found.push(if keys.is_empty() { need } else { need.said(names()) });
        }
    }
    needs
}

/// The settings of the media server that a text names, with their section or without.
fn named_in(problem: &str) -> Vec<&'static str> {
    let is_named = |key: &&&str| key.rsplit('.').next().is_some_and(|name| problem.contains(name));
    SERVER_KEYS.iter().filter(is_named).copied().collect()
}

fn in_use(settings: &LibrarySettings) -> InUse {
    let (url, key) = (settings.account.url.clone(), settings.account.key.clone());
    InUse { kind: settings.server, url, key, excluded: settings.excluded.clone() }
}

fn assets_folder(path: &Path) -> Need {
    let missing = |problem: &str| Need::missing("assets_folder", problem, ASSET_KEYS);
    let shown = path.display();
    if path.as_os_str().is_empty() {
        return missing("no folder for finished artwork is set; set AssetPath").said(Said::new("folder_not_set", []));
    }
    if !path.is_dir() {
        let said = Said::new("folder_missing", [("folder", &shown)]);
        return missing(
            &said.english("the folder {folder} does not exist; create it, or set AssetPath to another one"),
        )
        .said(said);
    }
    match tempfile::tempfile_in(path) {
        Ok(_) => {
            let said = Said::new("folder_ok", [("folder", &shown)]);
            Need::met("assets_folder", said.english("artwork is kept in {folder}"), ASSET_KEYS).said(said)
        }
        Err(error) => {
            let said = Said::new("folder_not_writable", [("folder", &shown), ("error", &error)]);
            let problem =
                "the folder {folder} cannot be written ({error}); let the user write there that the daemon runs as";
            missing(&said.english(problem)).said(said)
        }
    }
}

fn artwork(kinds: &[ArtworkKind]) -> Need {
    if kinds.is_empty() {
        let problem =
            "no kind of artwork is switched on; switch on Posters, SeasonPosters, BackgroundPosters or TitleCards";
        return Need::missing("artwork", problem, KIND_KEYS).said(Said::new("artwork_none", []));
    }
    let word = |kind: &ArtworkKind| match kind {
        ArtworkKind::Poster => "posters",
        ArtworkKind::Season => "season posters",
        ArtworkKind::Background => "backgrounds",
        ArtworkKind::TitleCard => "title cards",
        ArtworkKind::Collection => "collections",
    };
    let words: Vec<&str> = kinds.iter().map(word).collect();
    let said = Said::new("artwork_ok", [("n", &kinds.len())]);
    Need::met("artwork", format!("runs make {}", words.join(", ")), KIND_KEYS).said(said)
}

/// Fonts and overlays of the kinds that are made.
fn looks(config: &Config, kinds: &[ArtworkKind], files: &Path) -> Vec<Need> {
    const ID: &str = "fonts_and_overlays";
    if !config.look.processing {
        return Vec::new();
    }
    let mut cache = AssetCache::new(files);
    let mut found = Vec::new();
    for kind in kinds {
        let problem = match config.look.design(*kind) {
            Ok(design) => {
                let missing = |mut design: Design| {
                    // A run puts it there.
                    design.overlay = design.overlay.filter(|name| !overlays::is_made_when_missing(files, name));
                    cache.prepared(&design).err().map(|problem| problem.to_string())
                };
                [design.clone(), design.clone().of_show()].into_iter().find_map(missing)
            }
            Err(problem) => Some(problem.to_string()),
        };
        found.extend(problem.map(|problem| Need::missing(ID, &problem, &[])));
    }
    found.dedup();
    for warning in cache.take_warnings() {
        let mend = Some(format!("put the file into {}, or choose another one in the settings", files.display()));
        let need = Need { id: ID, met: Met::Partly, message: warning, said: None, mend, keys: Vec::new() };
        if !found.contains(&need) {
            found.push(need);
        }
    }
    if found.is_empty() {
        found.push(Need::met(ID, "all fonts and overlays are there", &[]).said(Said::new("fonts_ok", [])));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(changes: &serde_json::Value, folder: &Path) -> Vec<(&'static str, Met, String)> {
        let words = |need: Need| format!("{}; {}", need.message, need.mend.unwrap_or_default());
        let mut document = posterizarr_base::config::keys::defaults();
        for (section, values) in changes.as_object().unwrap() {
            let part = document.entry(section).or_insert_with(|| json!({}));
            part.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
        }
        needs(&document, folder).found.into_iter().map(|need| (need.id, need.met, words(need))).collect()
    }

    fn worst(found: &[(&'static str, Met, String)], id: &str) -> (Met, String) {
        let of_id = found.iter().filter(|need| need.0 == id);
        of_id.map(|need| (need.1, need.2.clone())).max_by_key(|need| need.0).unwrap()
    }

    #[test]
    fn a_problem_leads_to_the_settings_that_it_names() {
        let still = "PlexPart.PlexUrl is still the example; enter your address, and its key in ApiPart.PlexToken";
        assert_eq!(named_in(still), ["PlexPart.PlexUrl", "ApiPart.PlexToken"]);
        assert_eq!(named_in("set UsePlex, UseJellyfin or UseEmby"), SERVER_KEYS[..3]);
    }

    #[test]
    fn each_need_is_told_with_what_is_to_be_done() {
        let folder = tempfile::tempdir().unwrap();
        let fresh = found(
            &json!({"PlexPart": {"UsePlex": "false"}, "PrerequisitePart": {"AssetPath": "/not/there"}}),
            folder.path(),
        );
        assert!(matches!(worst(&fresh, "server"), (Met::No, text) if text.contains("set UsePlex")));
        assert!(
            matches!(worst(&fresh, "assets_folder"), (Met::No, text) if text.contains("/not/there does not exist; create it"))
        );
        let assets = folder.path().to_str().unwrap();
        let plex = json!({"UsePlex": "true", "PlexUrl": "http://plex:32400"});
        let switches = |on: &str| json!({"AssetPath": assets, "Posters": on, "SeasonPosters": "false", "BackgroundPosters": "false", "TitleCards": "false"});
        let none = found(&json!({"PlexPart": plex, "PrerequisitePart": switches("false")}), folder.path());
        assert!(matches!(worst(&none, "artwork"), (Met::No, text) if text.contains("switch on Posters")));
        assert_eq!(worst(&none, "assets_folder"), (Met::Yes, format!("artwork is kept in {assets}; ")));
        let posters = found(&json!({"PlexPart": plex, "PrerequisitePart": switches("true")}), folder.path());
        assert_eq!(worst(&posters, "artwork"), (Met::Yes, "runs make posters; ".to_owned()));
        // The font of a new configuration is not part of the program.
        assert!(
            matches!(worst(&posters, "fonts_and_overlays"), (Met::Partly, text) if text.contains("stands in for it"))
        );
        let mut odd = switches("true");
        odd["overlayfile"] = "mine.png".into();
        let odd = found(&json!({"PlexPart": plex, "PrerequisitePart": odd}), folder.path());
        assert!(matches!(worst(&odd, "fonts_and_overlays"), (Met::No, text) if text.contains("mine.png")));
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is left behind");
    }
}
