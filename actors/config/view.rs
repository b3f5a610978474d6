//! What the ConfigKeeper shows to everybody else.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use posterizarr_base::artwork::Root;
use posterizarr_base::files::short_hex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::document::{self, Document, Switch};
use super::keys;
use super::password::Password;
use super::webui::WebUiSettings;
use crate::config::{ConfigFault, asset_root};
use crate::runtime::data_dir::DataDir;

/// What is shown in a secret's place. A client that sends it back means the stored value.
pub const MASK: &str = "********";
const SECTION: &str = "WebUI";
const SWITCH: &str = "basicAuthEnabled";
const PASSWORD: &str = "basicAuthPassword";
/// The digest of a document that was not read from a file.
pub const NOWHERE: [u8; 32] = [0; 32];

/// The configuration as it is in force.
#[derive(Clone)]
pub struct ConfigView {
    /// Counts up with each change since the daemon started.
    pub generation: u64,
    /// The last good content of `config.json`, in its own order and types.
    pub document: Arc<Document>,
    /// SHA-256 of the text the document was read from; [`NOWHERE`] for defaults that no file holds.
    pub digest: [u8; 32],
    /// When the document was read.
    pub read: DateTime<Utc>,
    /// What is wrong with the file now; while it is, `document` is the last good one.
    pub problem: Option<String>,
    /// What the file says and cannot be followed, each with the way out; another value holds instead.
    pub warnings: Vec<String>,
    /// Whether a login is needed, and which.
    pub web_auth: WebAuth,
    /// Where the images are.
    pub asset_paths: AssetPaths,
    /// The web UI's own settings.
    pub webui: WebUiSettings,
}

impl Default for ConfigView {
    /// Until a configuration is read, the door is locked.
    fn default() -> Self {
        Self {
            generation: 0,
            document: Arc::new(keys::defaults()),
            digest: NOWHERE,
            read: DateTime::default(),
            problem: None,
            warnings: Vec::new(),
            web_auth: WebAuth::locked(),
            asset_paths: AssetPaths::default(),
            webui: WebUiSettings::default(),
        }
    }
}

impl fmt::Debug for ConfigView {
    /// Without the document: it is full of secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ConfigView")
            .field("generation", &self.generation)
            .field("problem", &self.problem)
            .field("web_auth", &self.web_auth)
            .finish_non_exhaustive()
    }
}

impl ConfigView {
    /// Names this content of the file: another content has another revision.
    pub fn revision(&self) -> String {
        short_hex(&self.digest)
    }

    /// The value as text (switches and numbers are text in this file); where it is missing, the key's default.
    /// `None` for a list and for a key nobody knows.
    pub fn text(&self, section: &str, key: &str) -> Option<String> {
        match document::find(&self.document, section, key) {
            Some(value) => document::scalar(value),
            None => document::scalar(&keys::find(section, key)?.default.value()),
        }
    }

    /// Whether a switch is on: `true` in any letter case, or the JSON boolean.
    pub fn flag(&self, section: &str, key: &str) -> bool {
        self.text(section, key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// What a client means by this value of a key: the stored value where it is the [`MASK`], else what it says.
    pub fn revealed(&self, section: &str, key: &str, posted: &str) -> String {
        if posted == MASK { self.text(section, key).unwrap_or_default() } else { posted.to_owned() }
    }

    /// Whether the file is one of version 3 of the script: it has keys that version 2 does not know.
    pub fn is_of_3(&self) -> bool {
        keys::all().any(|key| key.is_3x && document::find(&self.document, key.section, key.name).is_some())
    }

    /// The values of all secret keys that the user has set; they must not reach logs or bundles.
    pub fn secrets(&self) -> Vec<String> {
        document::secrets(&self.document)
    }
}

/// The login that the WebUI section asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAuth {
    /// Whether a login is needed at all.
    pub enabled: bool,
    /// The user's name.
    pub username: String,
    /// What is wrong with the `WebUI` section; until it is mended, the login stays on. Names no secret and no path.
    pub problem: Option<String>,
    /// The stored password; `None` if no password can be right.
    password: Option<Password>,
    /// Whether the password is the one that every installation begins with.
    shipped: bool,
    /// Changes with the user's name or password; sessions are bound to it.
    pub fingerprint: [u8; 32],
}

impl fmt::Debug for WebAuth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebAuth").field("enabled", &self.enabled).finish_non_exhaustive()
    }
}

impl WebAuth {
    /// Closed to every password: only API keys and the local socket open it.
    pub fn locked() -> Self {
        Self {
            enabled: true,
            username: String::new(),
            problem: None,
            password: None,
            shipped: false,
            fingerprint: [0; 32],
        }
    }

    /// What the first document says: see [`Self::after`].
    pub fn of(document: &Document) -> Self {
        Self::after(document, None)
    }

    /// What a document says, where `before` was in force until now.
    ///
    /// Only a clear `false` turns off a login that is on; a section, switch or password that went missing or became
    /// something odd leaves what was in force, and is a [`Self::problem`]. Where nothing was in force, upstream's rules
    /// hold: a missing section or switch means no login, a missing name or password the shipped one. An odd switch means
    /// that a login is needed; a section that is none, or a password that is no text, that no password is right.
    pub fn after(document: &Document, before: Option<&Self>) -> Self {
        let before = before.filter(|before| before.enabled);
        let section = document::section(document, SECTION);
        match (section.map(|section| (section, section.is_object())), before) {
            (None, Some(before)) => before.kept("config.json has no WebUI section"),
            (Some((_, false)), Some(before)) => before.kept("WebUI in config.json is not an object"),
            (Some((_, false)), None) => {
                Self::locked().kept("WebUI in config.json is not an object, and no password is known")
            }
            _ => Self::of_section(document, before),
        }
    }

    fn of_section(document: &Document, before: Option<&Self>) -> Self {
        let value = |key| document::find(document, SECTION, key);
        let shipped = |key| keys::find(SECTION, key).and_then(|key| document::scalar(&key.default.value()));
        let text = |key| value(key).map_or_else(|| shipped(key), document::scalar);
        let unclear = match value(SWITCH).map(document::switch) {
            Some(Switch::On) => None,
            Some(Switch::Off) => Some(false),
            None if before.is_none() => Some(false),
            None | Some(Switch::Unclear) => Some(true),
        };
        let enabled = unclear.unwrap_or(true);
        let username = text("basicAuthUsername").unwrap_or_default();
        let password = text(PASSWORD);
        let found = Self {
            enabled,
            problem: None,
            shipped: password.is_some() && password == shipped(PASSWORD),
            fingerprint: fingerprint(&username, password.as_deref().unwrap_or_default()),
            password: password.as_deref().map(Password::of),
            username,
        };
        if !enabled {
            return found;
        }
        let is_text = value(PASSWORD).and_then(document::scalar).is_some();
        match before {
            Some(before) if !is_text => before.kept("WebUI.basicAuthPassword in config.json is missing or not text"),
            None if value(PASSWORD).is_some() && !is_text => {
                found.kept("WebUI.basicAuthPassword in config.json is not text, so no password is right")
            }
            _ if unclear.is_some() => found.kept("WebUI.basicAuthEnabled in config.json is neither true nor false"),
            _ => found,
        }
    }

    /// This login goes on, although the file does not say so.
    fn kept(&self, wrong: &str) -> Self {
        Self { problem: Some(format!("{wrong}; the login stays on until that is repaired")), ..self.clone() }
    }

    /// Whether a login is needed whose password is the one that every installation begins with, which everybody knows.
    pub fn has_shipped_password(&self) -> bool {
        self.enabled && self.shipped
    }

    /// Whether no password can be right, so that nobody can sign in.
    pub fn is_locked(&self) -> bool {
        self.enabled && self.password.is_none()
    }

    /// Whether [`WebAuth::accepts`] takes so long that no HTTP worker may ask: the password is stored as a hash.
    pub fn is_slow(&self) -> bool {
        self.password.as_ref().is_some_and(Password::is_slow)
    }

    /// Whether this name and password are the stored ones; takes the same time for every wrong guess.
    pub fn accepts(&self, username: &str, password: &str) -> bool {
        let same_name = Sha256::digest(username).as_slice().ct_eq(Sha256::digest(&self.username).as_slice());
        let same_password = self.password.as_ref().is_some_and(|stored| stored.matches(password));
        bool::from(same_name) & same_password
    }
}

fn fingerprint(username: &str, password: &str) -> [u8; 32] {
    let length = u64::try_from(username.len()).unwrap_or(u64::MAX);
    let hash = Sha256::new().chain_update(length.to_be_bytes()).chain_update(username).chain_update(password);
    hash.finalize().into()
}

/// The keys that name the folders, and their places in the data folder where they name none.
const ROOTS: [(&str, &str); 3] =
    [("AssetPath", "assets"), ("ManualAssetPath", "manualassets"), ("BackupPath", "assetsbackup")];

/// The folders the images are in, absolute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetPaths {
    /// Finished images.
    pub assets: PathBuf,
    /// Images the user made.
    pub manual_assets: PathBuf,
    /// Where the backup mode puts the media server's artwork.
    pub backup: PathBuf,
}

impl AssetPaths {
    /// The folder of a root.
    pub fn of_root(&self, root: Root) -> &PathBuf {
        match root {
            Root::Assets => &self.assets,
            Root::Manual => &self.manual_assets,
            Root::Backup => &self.backup,
        }
    }

    /// In a container the mounts of upstream's image where they are there, else what the document says. There an empty value
    /// means a folder in the data folder, and a relative one is relative to it: the daemon's working directory means
    /// nothing to a user.
    pub fn of(document: &Document, data: &DataDir, container: bool) -> Self {
        Self::among(document, data, container, Path::is_dir)
    }

    fn among(document: &Document, data: &DataDir, container: bool, is_there: impl Fn(&Path) -> bool) -> Self {
        let path = |key: &str, default: &str| {
            let given = document::find(document, "PrerequisitePart", key).and_then(serde_json::Value::as_str);
            data.root().join(given.filter(|path| !path.is_empty()).map_or(Path::new(default), Path::new))
        };
        let mount = |path: &str| container.then(|| PathBuf::from(path)).filter(|path| is_there(path));
        Self {
            assets: mount("/assets").unwrap_or_else(|| path("AssetPath", "assets")),
            manual_assets: mount("/manualassets").unwrap_or_else(|| path("ManualAssetPath", "manualassets")),
            backup: mount("/assetsbackup").unwrap_or_else(|| path("BackupPath", "assetsbackup")),
        }
    }

    /// The paths without those that cannot hold assets ([`asset_root`]), each of which gives way to its default in the
    /// data folder; and what is wrong with those.
    pub fn in_their_rooms(self, data: &DataDir) -> (Self, Vec<String>) {
        let mut warnings = Vec::new();
        let mut room = |root: PathBuf, (key, default): (&str, &str)| match asset_root::refusal(&root, data.root()) {
            None => root,
            Some(wrong) => {
                let instead = data.root().join(default);
                warnings.push(format!("{key} of config.json: {wrong}; {} is used until then", instead.display()));
                instead
            }
        };
        let Self { assets, manual_assets, backup } = self;
        let [one, two, three] = ROOTS;
        let rooms =
            Self { assets: room(assets, one), manual_assets: room(manual_assets, two), backup: room(backup, three) };
        (rooms, warnings)
    }

    /// What is wrong with the folder that a key of the PrerequisitePart names; none for what may be, and for other keys.
    pub fn refusal(key: &str, value: &str, data: &DataDir) -> Option<ConfigFault> {
        if value.is_empty() || !ROOTS.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
            return None;
        }
        // A hand-written file may have one below the data folder, which stays in force.
        if !Path::new(value).is_absolute() {
            return Some(ConfigFault::NotWhole { path: value.to_owned() });
        }
        asset_root::refusal(Path::new(value), data.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view(document: serde_json::Value) -> ConfigView {
        let document = document.as_object().unwrap().clone();
        ConfigView { web_auth: WebAuth::of(&document), document: Arc::new(document), ..ConfigView::default() }
    }

    #[test]
    fn values_are_text_and_a_missing_one_is_the_default() {
        let view = view(json!({"ApiPart": {"PosterMinWidth": 1000, "widthheightfilter": "TRUE"}}));
        assert_eq!(view.text("ApiPart", "PosterMinWidth").as_deref(), Some("1000"));
        assert_eq!(view.text("ApiPart", "PosterMinHeight").as_deref(), Some("3000"));
        assert_eq!(view.text("ApiPart", "Nope"), None);
        assert!(view.flag("ApiPart", "WidthHeightFilter"));
        assert!(view.flag("PlexPart", "UsePlex"), "the default is on");
        assert!(!view.flag("EmbyPart", "UseEmby"));
    }

    #[test]
    fn the_mask_means_the_stored_value_and_anything_else_itself() {
        let view = view(json!({"ApiPart": {"tmdbtoken": "eyJ.abc"}}));
        assert_eq!(view.revealed("ApiPart", "tmdbtoken", MASK), "eyJ.abc");
        assert_eq!(view.revealed("ApiPart", "tmdbtoken", "other"), "other");
        assert_eq!(view.revealed("ApiPart", "PlexToken", MASK), "", "none is stored");
        assert_eq!(view.revealed("Nope", "nope", MASK), "");
    }

    #[test]
    fn only_the_stored_pair_opens_the_door() {
        let auth = view(
            json!({"WebUI": {"basicAuthEnabled": "yes", "basicAuthUsername": "zoë", "basicAuthPassword": "pä:ss"}}),
        );
        let auth = auth.web_auth;
        assert!(auth.enabled);
        assert!(auth.accepts("zoë", "pä:ss"));
        for (user, password) in [("zoë", ""), ("", "pä:ss"), ("zoë", "pä:s"), ("Zoë", "pä:ss"), ("", "")] {
            assert!(!auth.accepts(user, password), "{user}:{password}");
        }
    }

    #[test]
    fn missing_names_are_upstreams_defaults_and_odd_passwords_are_never_right() {
        assert!(!view(json!({})).web_auth.enabled);
        assert!(view(json!({"WebUI": {"basicAuthEnabled": true}})).web_auth.accepts("admin", "posterizarr"));
        assert!(view(json!({"WebUI": {"basicAuthPassword": 1234}})).web_auth.accepts("admin", "1234"));
        let odd = view(json!({"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": []}})).web_auth;
        assert!(odd.enabled && !odd.accepts("admin", "") && !odd.accepts("admin", "posterizarr"));
        assert!(odd.is_locked() && odd.problem.is_some());
        assert!(!WebAuth::locked().accepts("", ""));
    }

    fn after(before: &serde_json::Value, now: &serde_json::Value) -> WebAuth {
        let before = WebAuth::of(before.as_object().unwrap());
        WebAuth::after(now.as_object().unwrap(), Some(&before))
    }

    /// `WebUI` sections that are odd, or say nothing of the login.
    fn odd_sections() -> Vec<serde_json::Value> {
        let whole = [json!(null), json!("x"), json!([]), json!(["basicAuthEnabled"]), json!(5), json!(true)];
        let switches =
            [json!(null), json!("maybe"), json!("ture"), json!(""), json!(0), json!(1), json!([]), json!({})];
        let with_switch = switches.map(|switch| json!({"basicAuthEnabled": switch, "basicAuthPassword": "hunter22"}));
        whole.into_iter().chain(with_switch).collect()
    }

    #[test]
    fn what_is_neither_true_nor_false_keeps_the_login_on_with_its_password() {
        let on = json!({"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": "hunter22"}});
        let missing = [json!({}), json!({"WebUI": {}}), json!({"WebUI": {"basicAuthPassword": "hunter22"}})];
        let passwords = [json!(null), json!([]), json!({})];
        let passwords = passwords.map(|odd| json!({"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": odd}}));
        let odd = odd_sections().into_iter().map(|section| json!({ "WebUI": section }));
        for odd in odd.chain(missing).chain(passwords) {
            let auth = after(&on, &odd);
            assert!(auth.enabled && auth.accepts("admin", "hunter22"), "{odd}");
            assert!(!auth.accepts("admin", "posterizarr"), "{odd}");
            assert!(auth.problem.as_ref().is_some_and(|wrong| !wrong.contains("hunter")), "{odd}");
        }
        let off = json!({"WebUI": {"basicAuthEnabled": "False", "basicAuthPassword": "hunter22"}});
        assert!(!after(&on, &off).enabled, "a clear no is obeyed");
        assert_eq!(after(&on, &off).problem, None);
    }

    #[test]
    fn what_is_odd_asks_for_a_login_also_where_none_was_needed() {
        let off = json!({"WebUI": {"basicAuthEnabled": false, "basicAuthPassword": "hunter22"}});
        for odd in odd_sections() {
            let document = json!({ "WebUI": odd });
            for auth in [after(&off, &document), WebAuth::of(document.as_object().unwrap())] {
                assert!(auth.enabled && auth.problem.is_some(), "{odd}");
                assert_eq!(auth.accepts("admin", "hunter22"), odd.is_object(), "{odd}");
            }
        }
        assert!(!after(&off, &json!({})).enabled, "nothing is odd about defaults");
    }

    #[test]
    fn the_shipped_password_is_known_as_such_only_while_it_opens_the_door() {
        let auth = |section: serde_json::Value| view(json!({ "WebUI": section })).web_auth;
        assert!(auth(json!({"basicAuthEnabled": true})).has_shipped_password());
        assert!(auth(json!({"basicAuthEnabled": "ture", "basicAuthPassword": "posterizarr"})).has_shipped_password());
        assert!(!auth(json!({"basicAuthEnabled": true, "basicAuthPassword": "Posterizarr"})).has_shipped_password());
        assert!(!auth(json!({"basicAuthPassword": "posterizarr"})).has_shipped_password());
    }

    #[test]
    fn the_fingerprint_changes_with_the_name_and_the_password() {
        let of = |user: &str, password: &str| {
            view(json!({"WebUI": {"basicAuthUsername": user, "basicAuthPassword": password}})).web_auth.fingerprint
        };
        assert_eq!(of("a", "bc"), of("a", "bc"));
        assert_ne!(of("a", "bc"), of("ab", "c"));
        assert_ne!(of("a", "bc"), of("a", "bd"));
    }

    #[test]
    fn asset_paths_are_the_mounts_in_a_container_and_the_users_elsewhere() {
        let data = DataDir::new("/data").unwrap();
        let document = json!({"PrerequisitePart": {"AssetPath": "/mnt/a", "ManualAssetPath": "own", "BackupPath": ""}});
        let document = document.as_object().unwrap();
        let outside = AssetPaths::of(document, &data, false);
        assert_eq!(outside.assets, Path::new("/mnt/a"));
        assert_eq!(outside.manual_assets, Path::new("/data/own"));
        assert_eq!(outside.backup, Path::new("/data/assetsbackup"));
        let inside = AssetPaths::among(document, &data, true, |mount| mount == Path::new("/assets"));
        assert_eq!(inside.assets, Path::new("/assets"));
        assert_eq!(inside.manual_assets, Path::new("/data/own"), "nothing is mounted there");
        assert_eq!(inside.backup, Path::new("/data/assetsbackup"));
        let mounted = AssetPaths::among(document, &data, true, |mount| mount == Path::new("/assetsbackup"));
        assert_eq!(mounted.backup, Path::new("/assetsbackup"));
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let view = view(json!({"WebUI": {"basicAuthPassword": "hunter22"}}));
        assert!(!format!("{view:?}").contains("hunter22"));
    }
}
