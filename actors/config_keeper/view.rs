//! What the ConfigKeeper shows to everybody else.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::document::{self, Document};
use super::keys;
use super::password::Password;
use super::webui::WebUiSettings;
use crate::data_dir::DataDir;

/// What is shown in a secret's place. A client that sends it back means the stored value.
pub const MASK: &str = "********";
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
        self.digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
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
    /// The stored password; `None` if no password can be right.
    password: Option<Password>,
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
        Self { enabled: true, username: String::new(), password: None, fingerprint: [0; 32] }
    }

    /// What a document says. A missing section means no login, a missing name or password upstream's default; a password
    /// that is no text cannot be right.
    pub fn of(document: &Document) -> Self {
        let value = |key| document::find(document, "WebUI", key).filter(|value| !value.is_null());
        let or_default = |key, default: &str| value(key).map_or(Some(default.to_owned()), document::scalar);
        let username = or_default("basicAuthUsername", "admin").unwrap_or_default();
        let password = or_default("basicAuthPassword", "posterizarr");
        let enabled = value("basicAuthEnabled").is_some_and(document::switched_on);
        let fingerprint = fingerprint(&username, password.as_deref().unwrap_or_default());
        Self { enabled, username, password: password.as_deref().map(Password::of), fingerprint }
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
            backup: if container { data.root().join("assetsbackup") } else { path("BackupPath", "assetsbackup") },
        }
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
        assert!(!WebAuth::locked().accepts("", ""));
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
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let view = view(json!({"WebUI": {"basicAuthPassword": "hunter22"}}));
        assert!(!format!("{view:?}").contains("hunter22"));
    }
}
