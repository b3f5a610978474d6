//! From the file on disk to the view: what is in force when the file is good, broken, missing or new.
//!
//! A broken or missing file keeps the last good document, which is also kept in the store, so that a restart does not
//! open the door. Only where there never was a good one do the defaults hold, behind a locked door.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use posterizarr_base::bounded;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::document::{self, Document};
use super::keys;
use super::view::{AssetPaths, ConfigView, NOWHERE, WebAuth};
use super::webui::WebUiSettings;
use crate::files;
use crate::runtime::data_dir::DataDir;
use crate::store::{Record, Store, StoreError, Table};

/// The name of an example configuration that an installation may bring along.
const EXAMPLE: &str = "config.example.json";
/// The key of the one record in its table.
const ONLY: &[u8] = b"config";

/// The last good `config.json`, kept so that a broken one never opens the door, not even over a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastGood {
    document: Document,
    digest: [u8; 32],
}

impl Record for LastGood {
    const TABLE: &'static str = "last_good_config";
    const VERSION: u8 = 1;
}

/// Where configurations come from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The data folder.
    pub data: DataDir,
    /// Whether we run in a container.
    pub container: bool,
}

/// What tells an untouched file from a changed one without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    // Also moves when the time of modification is set back, as copying programs do.
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of a file; `None` if it cannot be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

impl Source {
    /// The view as of the file's content now, and as `before` where the content is not usable.
    pub fn read(&self, before: &ConfigView) -> ConfigView {
        let path = self.data.config();
        let good = bounded::read(&path, document::MAX_SIZE).map_err(|error| unreadable(&error)).and_then(|content| {
            document::parse(&content).map(|document| (document, content)).map_err(|error| format!("is broken: {error}"))
        });
        match good {
            Ok((document, content)) => self.view(document, Sha256::digest(content).into(), before),
            Err(problem) => {
                let instead = if before.digest == NOWHERE {
                    "there is no earlier one, so every password is refused until it is corrected"
                } else {
                    "the last good one stays in force until it is corrected"
                };
                let problem = format!("{} {problem}; {instead}", path.display());
                ConfigView { problem: Some(problem), ..before.clone() }
            }
        }
    }

    fn view(&self, document: Document, digest: [u8; 32], before: &ConfigView) -> ConfigView {
        let (asset_paths, warnings) = AssetPaths::of(&document, &self.data, self.container).in_their_rooms(&self.data);
        warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        ConfigView {
            generation: before.generation,
            web_auth: WebAuth::after(&document, Some(&before.web_auth).filter(|_| before.digest != NOWHERE)),
            asset_paths,
            warnings,
            document: Arc::new(document),
            digest,
            read: Utc::now(),
            problem: None,
            webui: before.webui.clone(),
        }
    }

    /// The view before the first request is served: from the last good document, a new file, or locked; then as of the
    /// file's content. `fallback_level` is the log level where the web UI's settings name none.
    pub fn first(&self, store: &Store, fallback_level: Option<&str>) -> ConfigView {
        let last_good = stored(store).unwrap_or_else(|error| {
            tracing::error!(%error, "the last good configuration cannot be read");
            None
        });
        let nothing = ConfigView {
            webui: WebUiSettings::read(&self.data.webui_settings(), fallback_level),
            asset_paths: AssetPaths::of(&keys::defaults(), &self.data, self.container),
            ..ConfigView::default()
        };
        let before = match &last_good {
            Some(good) => self.view(good.document.clone(), good.digest, &nothing),
            None => nothing,
        };
        if let Err(error) = self.provide(last_good.as_ref()) {
            tracing::error!(%error, path = %self.data.config().display(), "config.json cannot be created");
        }
        let view = self.read(&before);
        if let Err(error) = remember(store, &view) {
            tracing::error!(%error, "the configuration cannot be kept as the last good one");
        }
        view
    }

    /// Makes a missing `config.json`: the last good one, else a copy of the example, else the defaults.
    fn provide(&self, last_good: Option<&LastGood>) -> io::Result<()> {
        let path = self.data.config();
        if std::fs::symlink_metadata(&path).is_ok() {
            return Ok(());
        }
        if let Some(good) = last_good {
            tracing::warn!(path = %path.display(), "config.json was missing and is restored from its last good content");
            return files::write_private(&path, document::write(&good.document)?.as_bytes());
        }
        if let Ok(example) = bounded::read(&self.data.root().join(EXAMPLE), document::MAX_SIZE)
            && document::parse(&example).is_ok()
        {
            tracing::info!(path = %path.display(), "config.json is a copy of {EXAMPLE}");
            return files::write_private(&path, &example);
        }
        tracing::info!(path = %path.display(), "config.json is new, with default values");
        let fresh = with_folders_that_are_there(keys::defaults(), &self.data)?;
        files::write_private(&path, document::write(&fresh)?.as_bytes())
    }
}

/// A new configuration whose folders for artwork can be used. The defaults are what the image mounts; where there is no such
/// folder, one in the data folder is made: who starts from nothing should not have to know of folders first.
fn with_folders_that_are_there(mut document: Document, data: &DataDir) -> io::Result<Document> {
    let Some(Value::Object(section)) = document.get_mut("PrerequisitePart") else { return Ok(document) };
    for key in ["AssetPath", "ManualAssetPath", "BackupPath"] {
        let Some(folder) = section.get(key).and_then(Value::as_str).map(PathBuf::from) else { continue };
        let Some(name) = folder.file_name().filter(|_| !folder.is_dir()) else { continue };
        let own = data.root().join(name);
        std::fs::create_dir_all(&own)?;
        section.insert(key.to_owned(), Value::from(own.to_string_lossy()));
    }
    Ok(document)
}

fn unreadable(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound { "is missing".to_owned() } else { format!("cannot be read: {error}") }
}

fn table(store: &Store) -> Result<Table<LastGood>, StoreError> {
    store.table()
}

fn stored(store: &Store) -> Result<Option<LastGood>, StoreError> {
    table(store)?.get(ONLY)
}

/// Keeps a good view as the last good one; one with a problem, or that is kept already, changes nothing. The last good one
/// is what the door goes by after a restart, so that an odd login section does not become it either.
pub fn remember(store: &Store, view: &ConfigView) -> Result<(), StoreError> {
    let table = table(store)?;
    let kept = table.get(ONLY).ok().flatten().map(|good| good.digest);
    if view.problem.is_some() || view.web_auth.problem.is_some() || kept == Some(view.digest) {
        return Ok(());
    }
    table.put(ONLY, &LastGood { document: view.document.as_ref().clone(), digest: view.digest })
}
